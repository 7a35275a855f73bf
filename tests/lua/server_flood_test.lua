-- Datagrams of any octets and any length (0 to 65,507) never stop a server: they are dropped, counted by reason, and
-- shown with -v.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local seed = 20240229
local function random(n)
  seed = (seed * 6364136223846793005 + 1442695040888963407)
  return (seed >> 33) % n
end

local function noise(length)
  local parts = {}
  for i = 1, length do parts[i] = string.char(random(256)) end
  return table.concat(parts)
end
local block = noise(65507)

-- A datagram of some kind: nothing, noise, a header with noise for options, a real message with a few octets spoiled.
local function datagram()
  local kind = random(6)
  if kind == 0 then return "" end
  if kind == 1 then return block:sub(1, random(300)) end
  if kind == 2 then return block:sub(1, random(65508)) end
  local m = lab.discover { mac = ("02:00:%02x:%02x:%02x:%02x"):format(random(256), random(256), random(256),
    random(256)),
    giaddr = random(3) == 0 and ("%d.%d.%d.%d"):format(random(256), random(256), random(256), random(256)) or nil }
  m.type = random(3) == 0 and random(256) or ({ "request", "decline", "release", "inform", "discover" })[random(5) + 1]
  if kind == 3 then return m:bytes():sub(1, 240) .. block:sub(1, random(400)) end
  for _ = 1, random(5) do m.options:set_raw(random(254) + 1, block:sub(1, random(40))) end
  local bytes = m:bytes(1472) or m:bytes(65000)
  for _ = 1, kind == 4 and random(8) or 0 do
    local at = random(#bytes) + 1
    bytes = bytes:sub(1, at - 1) .. string.char(random(256)) .. bytes:sub(at + 1)
  end
  return bytes
end

-- Sends to a server from a socket of this process, slowly enough that no buffer runs over.
local function flood(address, count, make)
  local world = lab.world { virtual = false }
  local node = { world = world, mac = lab.MAC, name = "noise", deliver = function() end, malformed = function() end }
  node.number = world:add(node)
  world:default_network():join(node, "client", { listen = "127.0.0.1:0" })
  local dhcp = require "dhcplab"
  for i = 1, count do
    assert(node.port:send(make(i), address))
    if i % 10 == 0 then dhcp.sleep("4ms") end
  end
  dhcp.sleep("100ms")
  world:close()
end

-- The counts of a server's last words: of messages heard, and by reason dropped.
local function counts_of(err)
  local heard, dropped, reasons = 0, 0, {}
  for number in (err:match("heard ([^;]*);") or ""):gmatch("(%d+) %a+") do heard = heard + tonumber(number) end
  local text = err:match("dropped ([^\n]*)") or ""
  for number, reason in text:gmatch("(%d+) ([^,]*)") do
    dropped, reasons[reason] = dropped + tonumber(number), tonumber(number)
  end
  return heard, dropped, reasons
end

t.test("every length from 0 to 65507, in steps, is dropped and counted [M-02]", function()
  local server = t.start { t.exe, "server", "--listen", "127.0.0.1:0" }
  local address = server:wait_for("listening on (%S+)")
  local lengths = { 0, 1, 2, 235, 236, 239, 240, 241, 299, 300, 547, 548, 549, 575, 576, 1471, 1472, 1473, 1499, 1500,
    1501,
    2047, 2048, 2049, 4096, 9000, 16384, 32768, 65506, 65507 }
  flood(address, #lengths, function(i) return ("\0"):rep(lengths[i]) end)
  local _, err, status = server:stop("INT")
  t.equal(status, 130, err)
  local heard, dropped, reasons = counts_of(err)
  t.equal({ heard, dropped }, { 0, #lengths }, err)
  t.ok(reasons["malformed: short"] and reasons["malformed: format"], err)
end)

t.test("two thousand datagrams of any kind: the server lives, serves, and has counted each", function()
  local server = t.start { t.exe, "server", "--listen", "127.0.0.1:0", "--pool", "192.168.0.1-192.168.255.254",
    "--subnet", "192.168.0.0/16" }
  local address = server:wait_for("listening on (%S+)")
  flood(address, 2000, datagram)
  local out, err, status = t.run { t.exe, "client", "--server", address, "--timeout", "5s" }
  t.equal(status, 0, err)
  t.match(out, "assigned 192.168.")
  local _, said, ended = server:stop("INT")
  t.equal(ended, 130, said)
  for _, word in ipairs { "traceback", "error at", "%.lua:", "Sanitizer" } do t.ok(not said:find(word), said) end
  local heard, dropped, reasons = counts_of(said)
  local names = 0
  for _ in pairs(reasons) do names = names + 1 end
  t.ok(names < 30, "reasons are few: " .. said)
  t.ok(heard + dropped >= 2002, ("%d heard, %d dropped"):format(heard, dropped))
end)

t.test("with -v each drop is a line that says why, and from whom", function()
  local server = t.start { t.exe, "server", "--listen", "127.0.0.1:0", "-v" }
  local address = server:wait_for("listening on (%S+)")
  flood(address, 3, function(i) return ({ "", ("x"):rep(300), lab.discover { giaddr = "9.9.9.9" }:bytes() })[i] end)
  local out, err = server:stop("INT")
  t.match(out .. err, "dropped: malformed: short, 0 octets from 127.0.0.1:%d+")
  t.match(out .. err, "dropped: malformed: format, 300 octets from 127.0.0.1:%d+")
  t.match(out .. err, "dropped: no subnet for this giaddr, 9.9.9.9")
end)

t.test("a client, too, survives any datagram from its server [M-15]", function()
  local world = lab.world { virtual = false, listen = "127.0.0.1:0" }
  local dhcp = require "dhcplab"
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
  world.server = server.endpoint
  local kept = server.deliver
  function server:deliver(request)
    for _ = 1, 30 do
      local bytes = datagram()
      if #bytes > 240 and random(2) == 0 then -- a reply to this very client
        bytes = "\2\1\6\0" .. core.message { xid = request.xid }:bytes():sub(5, 8) .. bytes:sub(9, 28)
          .. request:bytes():sub(29, 44) .. bytes:sub(45)
      end
      self.port:send(bytes, request.source)
    end
    return kept(self, request)
  end
  local client = dhcp.client { timeout = 5 }
  for _ = 1, 20 do client:acquire() end
  t.equal(table.concat(lab.failures, "\n"), "")
  server.deliver = nil
  t.ok(client:acquire(), "it still can")
  world:close()
end)

t.done()
