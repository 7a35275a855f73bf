-- Segments: who hears what, in virtual time (an Ethernet with ARP) and in real time (sockets on loopback).
local t = require "harness"
local lab = require "lab"

local POOL <const> = "192.168.1.100-192.168.1.110"
local function test(name, f, options) lab.test(name, f, options or {}) end

-- A world in real time whose server listens where the system says.
local function real(dhcp)
  local world = lab.world { virtual = false, listen = "127.0.0.1:0" }
  local server = dhcp.server { pool = POOL }
  world.server = server.endpoint
  return world, server
end

test("a broadcast reaches every member of its segment, and no other segment", function(dhcp)
  local one, two = dhcp.network { name = "one" }, dhcp.network { name = "two" }
  local a, b = lab.bare { network = one }, lab.bare { network = one, mac = lab.OTHER }
  local c = lab.bare { network = two, mac = "02:00:00:00:00:03" }
  a.port:send(lab.discover {}, "255.255.255.255:68")
  dhcp.sleep(1)
  t.equal({ #a.heard, #b.heard, #c.heard }, { 0, 1, 0 })
end)

test("a unicast reaches who has the address, by ARP", function(dhcp)
  local a = lab.bare {}
  local b = lab.bare { mac = lab.OTHER, addresses = { "192.168.1.5", "192.168.1.6" } }
  local c = lab.bare { mac = "02:00:00:00:00:03", addresses = { "192.168.1.7" } }
  a.port:send(lab.discover {}, "192.168.1.6:68")
  dhcp.sleep(1)
  t.equal({ #b.heard, #c.heard, b.heard[1] and b.heard[1].destination }, { 1, 0, "192.168.1.6:68" })
end)

test("latency delays, jitter varies, loss loses, duplicate doubles", function(dhcp)
  local net = dhcp.network { name = "slow", latency = "250ms" }
  local a, b = lab.bare { network = net }, lab.bare { network = net, mac = lab.OTHER }
  a.port:send(lab.discover {}, "255.255.255.255:68")
  dhcp.sleep(0.2499)
  t.equal(#b.heard, 0)
  dhcp.sleep(0.0002)
  t.equal(#b.heard, 1)
  local twice = dhcp.network { name = "twice", duplicate = 1 }
  local c, d = lab.bare { network = twice, mac = "02:00:00:00:00:03" }, lab.bare { network = twice,
    mac = "02:00:00:00:00:04" }
  c.port:send(lab.discover {}, "255.255.255.255:68")
  dhcp.sleep(1)
  t.equal(#d.heard, 2)
  local half = dhcp.network { name = "half", loss = 0.5 }
  local e, f = lab.bare { network = half, mac = "02:00:00:00:00:05" }, lab.bare { network = half,
    mac = "02:00:00:00:00:06" }
  for _ = 1, 400 do e.port:send(lab.discover {}, "255.255.255.255:68") end
  dhcp.sleep(1)
  t.near(#f.heard, 200, 50)
end)

test("settings of a network are checked", function(dhcp)
  t.error(function() dhcp.network { latncy = 1 } end, 'network_test.lua:%d+: .*did you mean "latency"')
  t.error(function() dhcp.network { loss = 2 } end, "network_test.lua:%d+: loss.*chance from 0 to 1")
  t.error(function() dhcp.network { latency = "soon" } end, "network_test.lua:%d+: .*a time such as")
end)

test("dhcp.lan is there without asking, and the same each time", function(dhcp)
  t.ok(dhcp.lan == dhcp.lan)
  t.equal(dhcp.lan.name, "lan")
end)

test("who leaves hears nothing any more, and its name stays in the trace", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = 1 }
  server:stop()
  server:stop()
  t.equal(client:discover(), nil)
  server:restart()
  t.ok(client:acquire())
end)

test("a client that was stopped gets nothing, and can be started again", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  client:stop()
  t.equal({ client:discover() }, { nil, "stopped" })
  t.error(function() client:send(lab.discover {}) end, "network_test.lua:%d+: .*client.*stopped")
  client:start()
  t.ok(client:acquire())
end)

test("who waits for an answer while its client goes down is told so at once", function(dhcp)
  local client = dhcp.client {}
  local task = dhcp.spawn(function() return client:acquire() end)
  dhcp.sleep(1)
  client:stop()
  t.equal({ task:join() }, { nil, "stopped" })
  t.equal(dhcp.now(), 1.0)
end)

-- ---- real time

test("the handshake over real UDP, and replies back to the sender [X-08]", function(dhcp)
  local _, server = real(dhcp)
  local client = dhcp.client {}
  local lease = t.ok(client:acquire())
  t.equal({ lease.address, lease.server }, { "192.168.1.100", "127.0.0.1" })
  t.match(client.endpoint, "^127.0.0.1:%d+$")
  t.equal({ server.counts.discover, server.counts.request }, { 1, 1 })
end)

test("renew, rebind, inform, release and decline over real UDP", function(dhcp)
  local _, server = real(dhcp)
  local client = dhcp.client { timeout = 2 }
  local lease = t.ok(client:acquire())
  t.ok(client:renew(), "renew")
  t.ok(client:rebind(), "rebind")
  t.ok(client:inform(), "inform")
  client:release()
  dhcp.sleep("20ms")
  t.equal(lab.state(server, lease.address), "released")
  t.ok(client:reboot(), "reboot")
  client:decline()
  dhcp.sleep("20ms")
  t.equal(lab.state(server, lease.address), "declined")
end)

test("a broadcast is handed to each server of the segment", function(dhcp)
  local world = lab.world { virtual = false }
  local one = dhcp.server { pool = POOL, listen = "127.0.0.1:0" }
  local two = dhcp.server { pool = "192.168.1.150-192.168.1.160", listen = "127.0.0.2:0" }
  world.server = one.endpoint
  local client = dhcp.client {}
  local offers = client:offers("100ms")
  table.sort(offers, function(a, b) return a.yiaddr < b.yiaddr end)
  t.equal({ #offers, offers[1].yiaddr, offers[2].yiaddr }, { 2, "192.168.1.100", "192.168.1.150" })
  t.ok(client:request(offers[2]))
  dhcp.sleep("20ms")
  t.equal({ (lab.state(one, "192.168.1.100")), (lab.state(two, "192.168.1.150")) }, { "free", "bound" })
end)

test("a client that nobody hears is told that nobody listens there", function(dhcp)
  local world, server = real(dhcp)
  local endpoint = server.endpoint
  server:stop()
  world.server = endpoint
  local client = dhcp.client { timeout = "100ms", server = endpoint }
  t.equal({ client:discover() }, { nil, "timeout" })
  t.ok(client.port:stats().refused > 0)
end)

test("a squatter on loopback is known to the segment", function(dhcp)
  real(dhcp)
  dhcp.host { address = "192.168.1.100" }
  local client = dhcp.client { probe = true, timeout = "500ms" }
  local lease, why = client:acquire()
  t.equal({ lease, why }, { nil, "declined" })
end)

test("datagrams of no and of greatest length pass a socket", function(dhcp)
  local _, server = real(dhcp)
  local client = dhcp.client {}
  for _, length in ipairs { 0, 1, 240, 1500, 65507 } do
    t.equal(client.port:send(("x"):rep(length), server.endpoint), length)
  end
  t.equal({ client.port:send(("x"):rep(65508), server.endpoint) }, { nil, "too big" })
  dhcp.sleep("50ms")
  local count = 0
  for reason, n in pairs(server.drops) do
    t.match(reason, "^malformed")
    count = count + n
  end
  t.equal(count, 5)
  t.ok(client:acquire(), "the server still serves")
end)

t.done()
