-- The library under a stock lua5.4, without the executable: the same scripts, by LUA_PATH and LUA_CPATH.
local t = require "harness"

local lua = "lua5.4"
if not os.execute("command -v lua5.4 >/dev/null 2>&1") then lua = "lua" end

-- This process's own environment has the paths, and the library of a sanitizer where there is one.
local function run(arguments, options)
  local preload = os.getenv("LD_PRELOAD")
  local words = {}
  for i, word in ipairs(arguments) do words[i] = t.quote(word) end
  return t.run((preload and "LD_PRELOAD=" .. t.quote(preload) .. " " or "") .. lua .. " " .. table.concat(words, " "),
    options)
end

-- A script that listens where nobody else does.
local function script(text)
  local port = 20000 + (tonumber(tostring({}):match("0x(%x+)"), 16) // 16) % 30000
  return t.write(t.path("stock.lua"), ([[
local worlds = require "dhcplab.world"
worlds.new { listen = "127.0.98.1:%d", seed = 7 }
]]):format(port) .. text)
end

t.test("handshake.lua runs under a stock Lua, in real time", function()
  local path = t.path("handshake.lua")
  t.write(path, t.read(script("")) .. t.read("scripts/handshake.lua"))
  local out, err, status = run { path }
  t.equal({ err, status }, { "", 0 })
  local at = 1
  for _, word in ipairs { "DISCOVER", "OFFER", "REQUEST", "ACK", "assigned 192%.168%.1%.100 for 3600 s" } do
    at = t.ok(select(2, out:find(word, at)), word)
  end
end)

t.test("the file itself runs too, on the usual port where that is free", function()
  local out, err, status = run { "scripts/handshake.lua" }
  if err:find("port is in use") then t.skip("127.0.0.1:6767 is in use") end
  t.equal(status, 0, err)
  t.match(out, "assigned 192%.168%.1%.100 for 3600 s\n$")
end)

t.test("a call that waits drives the world itself", function()
  local out, err, status = run { script [[
local dhcp = require "dhcplab"
dhcp.server { pool = "192.168.1.50-192.168.1.60" }
local client = dhcp.client {}
local other = dhcp.spawn(function() return dhcp.client {}:acquire().address end)
print(client:acquire().address, other:join())
dhcp.sleep("10ms")
print(dhcp.now() > 0.01)]] }
  t.equal({ err, status }, { "", 0 })
  t.match(out, "^192.168.1.5[01]\t192.168.1.5[01]\ntrue\n$")
end)

t.test("dhcp.run serves until its time is over", function()
  local out, err, status = run { script [[
local dhcp = require "dhcplab"
dhcp.server { pool = "192.168.1.50" }
print(dhcp.run("50ms"))]] }
  t.equal({ out, err, status }, { "limit\n", "", 0 })
end)

t.test("mistakes are told with the script's line, not the library's", function()
  local _, err, status = run { script 'local dhcp = require "dhcplab"\ndhcp.client { hostnam = "x" }' }
  t.equal(status, 1)
  t.match(err, 'stock.lua:4: dhcp.client has no setting called "hostnam"; did you mean "hostname"')
  _, err = run { script [[
local dhcp = require "dhcplab"
local client = dhcp.client { timeout = 0.1 }
local offer = client:discover()
client:request(offer)]] }
  t.match(err, "stock.lua:6: client:request needs an offer")
end)

t.test("dhcp.fail ends a script with a status other than 0", function()
  local _, err, status = run { script 'require("dhcplab").fail("nothing came")' }
  t.ok(status ~= 0)
  t.match(err, "nothing came")
end)

t.test("a script may make a world in virtual time", function()
  local out, err, status = run { t.write(t.path("virtual.lua"), [[
require("dhcplab.world").new { virtual = true, seed = 7 }
local dhcp = require "dhcplab"
dhcp.server { pool = "192.168.1.50" }
local client = dhcp.client {}
client:run("30d")
print(dhcp.now(), client.state)]]) }
  t.equal({ out, err, status }, { "2592000.0\tBOUND\n", "", 0 })
end)

t.done()
