-- scripts/dhcplab/shrink.lua and the command: what the search finds in the broken nodes of tests/planted is made small,
-- and the scenario that is written fails in the same way.

local t = require "harness"
local sandbox = require "dhcplab.sandbox"
local scene = require "dhcplab.scene"
local search = require "dhcplab.search"
local shrink = require "dhcplab.shrink"

local function first_failing(script, from)
  for seed = from, from + 50 do
    local made = scene.draw(seed, script)
    local result = search.play(made)
    if result.status ~= "pass" then return seed, made, result end
  end
end

-- script; the seed to begin with, for speed; at most so many clients, events, faults and lines
local limits <const> = {
  { "offers_twice", 1, 2, 0, 0, 16 },
  { "ignores_decline", 34, 3, 1, 1, 18 },
  { "forgets_hold", 1, 2, 0, 0, 16 },
  { "reuses_early", 1, 1, 0, 0, 16 },
  { "keeps_after_expiry", 2, 1, 1, 2, 18 },
  { "answers_anothers_xid", 3, 2, 0, 0, 16 },
  { "nak_loop", 1, 1, 0, 0, 16 },
  { "refuses_anothers", 1, 1, 0, 0, 16 },
}

for _, row in ipairs(limits) do
  local name, from, clients, events, faults, lines = table.unpack(row)
  t.test(("what is found in %s shrinks to %d client%s, %d events and %d faults at most"):format(name, clients,
    clients == 1 and "" or "s", events, faults), function()
    sandbox.remember()
    local script = ("tests/planted/%s.lua"):format(name)
    local seed, made, result = first_failing(script, from)
    local small = t.ok(shrink.run(made))
    t.equal(small.key, result.key, "the same failure")
    t.ok(small.after.clients <= clients, small.after.clients .. " clients")
    t.ok(small.after.events <= events, small.after.events .. " events")
    t.ok(small.after.faults <= faults, small.after.faults .. " faults")
    t.ok(small.after.seconds <= small.before.seconds)
    t.ok(small.tries < 1000, small.tries .. " runs")
    local text = require("dhcplab.commands.shrink").text(small, ("dhcplab search %s --seed %d"):format(script, seed))
    t.ok(select(2, text:gsub("\n", "")) <= lines, text)
    local path = t.write(t.path(name .. "_small.lua"), text)
    local out, _, status = t.run { t.exe, "test", path }
    t.equal(status, 1, "the written scenario fails")
    t.match(out, small.key == "liveness" and "liveness: " or "invariant broken: " .. small.key)
  end)
end

t.test("a failure that needs faults keeps those, and only those, that it needs", function()
  sandbox.remember()
  local path = t.write(t.path("two_losses.lua"), [[
local dhcp = require "dhcplab"
dhcp.invariant("not twice", function()
  return dhcp.trace:count { fate = "dropped", cause = "loss", type = "offer" } < 2
end)
]])
  local made
  for seed = 1, 50 do
    made = scene.draw(seed, path)
    if not made.relay and search.play(made).key == "not twice" then break end
  end
  local small = t.ok(shrink.run(made))
  t.equal(small.key, "not twice")
  t.ok(small.before.faults > 2, "more of them at first")
  t.equal(small.after.faults, 2)
  for _, fault in ipairs(small.scene.replay) do t.equal(fault.kind, "loss") end
end)

t.test("relays, second servers, wrong clocks and lost leases go when the failure does not need them", function()
  sandbox.remember()
  local path = t.write(t.path("no_ack.lua"), [[
local dhcp = require "dhcplab"
dhcp.invariant("no lease", function() return dhcp.trace:count { type = "ack" } == 0 end)
]])
  local function has(list, key, value)
    for _, each in ipairs(list) do
      if value == nil and each[key] ~= nil or value ~= nil and each[key] == value then return true end
    end
    return false
  end
  local made
  for seed = 1, 400 do
    made = scene.draw(seed, path)
    if made.relay and made.servers[2] and has(made.clients, "skew") and has(made.clients, "far")
      and has(made.events, "way", "forget") and search.play(made).key == "no lease" then break end
  end
  local small = t.ok(shrink.run(made), "such a scene")
  t.equal({ small.scene.relay, #small.scene.servers, #small.scene.clients }, { nil, 1, 1 })
  t.ok(not has(small.scene.clients, "skew") and not has(small.scene.clients, "far"))
  t.equal(#small.scene.events, 0)
end)

t.test("a relay and a second server stay when the failure needs them", function()
  sandbox.remember()
  local path = t.write(t.path("both.lua"), [[
local dhcp = require "dhcplab"
dhcp.invariant("no second offer", function()
  return dhcp.trace:count { type = "offer", from = "server2", to = "relay", fate = "delivered" } == 0
end)
]])
  local made
  for seed = 1, 400 do
    made = scene.draw(seed, path)
    if made.relay and made.servers[2] and search.play(made).key == "no second offer" then break end
  end
  local small = t.ok(shrink.run(made), "such a scene")
  t.ok(small.scene.relay ~= nil)
  t.equal({ #small.scene.clients, small.scene.clients[1].far, small.after.events }, { 1, true, 0 })
  t.equal(small.scene.servers[#small.scene.servers].name, "server2")
end)

t.test("a scene that does not fail cannot be shrunk", function()
  sandbox.remember()
  t.equal(shrink.run(scene.draw(1)), nil)
  local _, err, status = t.run { t.exe, "shrink", "--seed", "1" }
  t.equal(status, 1)
  t.match(err, "nothing to make small: dhcplab search %-%-seed 1 does not fail")
end)

t.test("a failing case of the exhaustive search can be shrunk too", function()
  sandbox.remember()
  local path = t.write(t.path("no_second.lua"), [[
local dhcp = require "dhcplab"
dhcp.invariant("one REQUEST", function() return dhcp.trace:count { type = "request", before = 20 } < 2 end)
]])
  local out, err, status = t.run { t.exe, "search", path, "--exhaustive", "3", "--fail-fast" }
  t.equal(status, 1, out .. err)
  local seed = out:match("FAIL  seed (%d+)")
  out, err, status = t.run { t.exe, "shrink", path, "--exhaustive", "3", "--seed", seed, "-o", t.path("case.lua") }
  t.equal(status, 0, out .. err)
  t.match(out, "left: 1 client %(of 1%), 0 events %(of 0%), 1 fault %(of %d%)")
  out, err, status = t.run { t.exe, "test", t.path("case.lua") }
  t.equal(status, 1, out .. err)
end)

t.test("the command writes the file, says how small it is and how to play it", function()
  local path = t.path("small.lua")
  local out, err, status = t.run { t.exe, "shrink", "tests/planted/reuses_early.lua", "--seed", "1", "-o", path }
  t.equal(status, 0, out .. err)
  t.match(out, "^invariant broken: ")
  t.match(out, "\nleft: 1 client %(of %d%), 1 server %(of 2%), 0 relays %(of 1%), 0 events %(of %d+%), "
    .. "0 faults %(of %d+%), [%d.]+ seconds %(of [%d.]+%), %d+ lines")
  t.match(out, "\nreplay: [^\n]* test [^\n]*small.lua\n$")
  t.match(t.read(path), "^%-%- Found by: dhcplab search tests/planted/reuses_early.lua %-%-seed 1\n%-%- Made small: ")
  out, err, status = t.run { t.exe, "shrink", "tests/planted/reuses_early.lua", "--seed", "1" }
  t.equal(status, 0, err)
  t.equal(out, t.read(path), "without -o the same on standard output")
end)

t.test("wrong usage of shrink is exit status 2, a file that cannot be written 3", function()
  local _, err, status = t.run { t.exe, "shrink", "tests/planted/reuses_early.lua" }
  t.equal(status, 2, err)
  t.match(err, "needs the seed")
  _, err, status = t.run { t.exe, "shrink", "tests/planted/reuses_early.lua", "--seed", "1", "-o", "/nowhere/x.lua" }
  t.equal(status, 3, err)
end)

t.done()
