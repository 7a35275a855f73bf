-- Lesson 9 asks what the search finds with seed 74: that this is still what the answer says.

local t = require "harness"
local sandbox = require "dhcplab.sandbox"
local scene = require "dhcplab.scene"
local shrink = require "dhcplab.shrink"

local FOLDER <const> = "scripts/lessons/09_seeds/"

t.test("the small scenario of lesson 9 has what its model answer says", function()
  local answer = t.read(FOLDER .. "answer.lua")
  sandbox.remember()
  local small = shrink.run(scene.draw(74, FOLDER .. "server.lua"))
  t.ok(small, "seed 74 fails")
  t.equal(small.key, answer:match('invariant = "([^"]+)"'))
  t.equal(tostring(#small.scene.clients), answer:match('clients = "(%d+)"'))
  t.equal(small.scene.servers[2], nil)
  t.equal(small.scene.servers[1].pool, "192.168.1.100-192.168.1.100", "one address, as it says: "
    .. answer:match('addresses = "(%d+)"'))
end)

t.done()
