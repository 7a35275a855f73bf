-- A client's messages: RFC 2131 tables 4 and 5; its leases and choices; DECLINE, RELEASE, INFORM;
-- misuse.  What it takes for an answer is in client_answers_test.lua.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local POOL <const> = "192.168.1.100-192.168.1.110"
local SERVER <const> = "192.168.1.2"
local ALL <const>, ANY <const> = "255.255.255.255:67", "0.0.0.0"

local function test(name, f, options)
  options = options or {}
  if options.client == nil then options.client = true end
  lab.test(name, f, options)
end

-- What was sent of a type, in order.
local function sent(world, type)
  local list = {}
  for _, record in ipairs(world.trace:find { type = type }) do
    if record.message.op == 1 then list[#list + 1] = record.message end
  end
  return list
end

local function codes(m)
  local list = m.options:codes()
  table.sort(list)
  return list
end

-- ---- table 4: four kinds of REQUEST

test("SELECTING: broadcast, options 54 and 50, ciaddr 0 [C-02] [X-07]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local offer = client:discover()
  t.ok(client:request(offer))
  local m = sent(world, "request")[1]
  t.equal({ m.destination, m.options.server_id, m.options.requested_ip, m.ciaddr },
    { ALL, SERVER, offer.yiaddr, ANY })
end)

test("INIT-REBOOT: broadcast, no option 54, option 50, ciaddr 0 [C-01]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = 2 }
  client:reboot("192.168.1.105")
  local m = sent(world, "request")[1]
  t.equal({ m.destination, m.options:has(54), m.options.requested_ip, m.ciaddr, m.kind },
    { ALL, false, "192.168.1.105", ANY, "init-reboot" })
end)

test("RENEWING: unicast to the server, neither 54 nor 50, ciaddr the own address [C-03]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local lease = client:acquire()
  t.ok(client:renew())
  local m = sent(world, "request")[2]
  t.equal({ m.destination, m.options:has(54), m.options:has(50), m.ciaddr },
    { SERVER .. ":67", false, false, lease.address })
end)

test("REBINDING: broadcast, neither 54 nor 50, ciaddr the own address [C-04]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local lease = client:acquire()
  t.ok(client:rebind())
  local m = sent(world, "request")[2]
  t.equal({ m.destination, m.options:has(54), m.options:has(50), m.ciaddr }, { ALL, false, false, lease.address })
end)

-- ---- table 5

-- A client that sends one of everything.
local function live_a_little(dhcp, options)
  dhcp.server { pool = POOL }
  local settings = { hostname = "student", lease_time = 900, requested_address = "192.168.1.107" }
  for key, value in pairs(options or {}) do settings[key] = value end
  local client = dhcp.client(settings)
  t.ok(client:acquire())
  t.ok(client:renew())
  t.ok(client:rebind())
  t.ok(client:inform())
  client:release()
  client:reboot()
  client:decline("in use")
  dhcp.sleep(1)
  return client
end

test("op 1, hops 0, yiaddr, siaddr and giaddr 0 in every message of a client [C-05]", function(dhcp, world)
  live_a_little(dhcp)
  local count = 0
  for _, record in ipairs(world.trace:find { from = "client" }) do
    local m = record.message
    t.equal({ m.op, m.hops, m.yiaddr, m.siaddr, m.giaddr, m.htype, m.hlen }, { 1, 0, ANY, ANY, ANY, 1, 6 }, m.type)
    count = count + 1
  end
  t.equal(count, 8)
end)

test("a REQUEST has the xid of its OFFER [C-06]", function(dhcp, world)
  dhcp.server { pool = POOL }
  dhcp.client {}:acquire()
  t.equal(sent(world, "request")[1].xid, sent(world, "discover")[1].xid)
end)

test("DECLINE and RELEASE have secs 0 and flags 0, also for a client that wants broadcasts [C-07]", function(dhcp,
  world)
  live_a_little(dhcp, { broadcast = true })
  for _, type in ipairs { "decline", "release" } do
    local m = sent(world, type)[1]
    t.equal({ m.secs, m.flags }, { 0, 0 }, type)
  end
end)

test("ciaddr: 0 in DISCOVER and DECLINE, the own address in INFORM and RELEASE [C-08]", function(dhcp, world)
  live_a_little(dhcp)
  local own = "192.168.1.107"
  t.equal({ sent(world, "discover")[1].ciaddr, sent(world, "decline")[1].ciaddr, sent(world, "inform")[1].ciaddr,
    sent(world, "release")[1].ciaddr }, { ANY, ANY, own, own })
end)

test("option 50: may be in DISCOVER, must be in DECLINE, not in INFORM and RELEASE [C-09]", function(dhcp, world)
  live_a_little(dhcp)
  local own = "192.168.1.107"
  t.equal({ sent(world, "discover")[1].options.requested_ip, sent(world, "decline")[1].options.requested_ip }, { own,
    own })
  t.ok(not sent(world, "inform")[1].options:has(50) and not sent(world, "release")[1].options:has(50))
end)

test("option 51 is in DISCOVER and REQUEST when wanted, not in INFORM, DECLINE, RELEASE [C-10]", function(dhcp, world)
  live_a_little(dhcp)
  t.equal({ sent(world, "discover")[1].options.lease_time, sent(world, "request")[1].options.lease_time }, { 900, 900 })
  for _, type in ipairs { "inform", "decline", "release" } do t.ok(not sent(world, type)[1].options:has(51), type) end
end)

test("option 54: not in DISCOVER and INFORM, in DECLINE and RELEASE [C-11]", function(dhcp, world)
  live_a_little(dhcp)
  for _, type in ipairs { "discover", "inform" } do t.ok(not sent(world, type)[1].options:has(54), type) end
  for _, type in ipairs { "decline", "release" } do t.equal(sent(world, type)[1].options.server_id, SERVER, type) end
end)

test("DECLINE and RELEASE carry what identifies, a reason, and nothing else [C-12]", function(dhcp, world)
  live_a_little(dhcp, { client_id = "\0me" })
  t.equal(codes(sent(world, "decline")[1]), { 50, 53, 54, 56, 61 })
  t.equal(codes(sent(world, "release")[1]), { 53, 54, 56, 61 })
end)

test("option 61 is in all messages, and 55 the same in all that ask [C-13]", function(dhcp, world)
  live_a_little(dhcp, { client_id = "\255\0\0\0\1duid" })
  local list = sent(world, "discover")[1].options:raw(55)
  for _, record in ipairs(world.trace:find { from = "client" }) do
    local m = record.message
    t.equal(m.options:raw(61), "\255\0\0\0\1duid", m.type)
    if m.type ~= "decline" and m.type ~= "release" then t.equal(m.options:raw(55), list, m.type) end
  end
end)

test("a client says how large a message it takes [C-14]", function(dhcp, world)
  live_a_little(dhcp)
  for _, type in ipairs { "discover", "request", "inform" } do
    t.equal(sent(world, type)[1].options.max_message_size, 1500, type)
  end
end)

test("the broadcast bit is set only when asked for [C-15]", function(dhcp, world)
  dhcp.server { pool = POOL }
  dhcp.client {}:acquire()
  dhcp.client { broadcast = true }:acquire()
  local flags = {}
  for i, m in ipairs(sent(world, "discover")) do flags[i] = m.flags end
  for _, m in ipairs(sent(world, "request")) do flags[#flags + 1] = m.flags end
  t.equal(flags, { 0, 0x8000, 0, 0x8000 })
end)

local lax <const> = { lax = true }

-- ---- leases and choices

test("a lease counts from when its REQUEST was sent [C-23]", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  function server:request(request)
    dhcp.sleep(2)
    return dhcp.server.request(self, request)
  end
  local client = dhcp.client {}
  local offer = client:discover()
  dhcp.sleep(1)
  client:request(offer)
  local lease = client.lease
  t.equal({ dhcp.now(), lease.obtained, lease.renewal, lease.rebinding, lease.expires }, { 3.0, 1.0, 501.0, 876.0,
    1001.0 })
end)

test("T1 and T2 of the server count when they make sense, else the defaults [C-24]", function(dhcp)
  local given
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  function server:request(request)
    local ack = dhcp.server.request(self, request)
    ack.options.renewal_time, ack.options.rebinding_time = given[1], given[2]
    return ack
  end
  for _, case in ipairs {
    { { 100, 200 }, 100, 200 }, { {}, 500, 875 }, { { 600, 500 }, 500, 875 }, { { 500, 1000 }, 500, 875 },
    { { 500, 2000 }, 500, 875 }, { { 100 }, 100, 875 }, { { nil, 900 }, 500, 900 }, { { 900 }, 500, 875 },
    { { 0xffffffff, 0xffffffff }, 500, 875 },
  } do
    given = case[1]
    local lease = t.ok(dhcp.client {}:acquire())
    t.equal({ lease.renewal - lease.obtained, lease.rebinding - lease.obtained }, { case[2] + 0.0, case[3] + 0.0 })
  end
end, lax)

test("an infinite lease has no timers [C-35] [M-18]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = "infinite" }
  local lease = dhcp.client {}:acquire()
  t.equal({ lease.renewal, lease.rebinding, lease.expires }, { math.huge, math.huge, math.huge })
end)

test("offers are collected for a window, and choose picks one [C-21]", function(dhcp, world)
  local slow = dhcp.server { name = "slow", pool = POOL }
  function slow:discover(request)
    dhcp.sleep(0.5)
    return dhcp.server.discover(self, request)
  end
  dhcp.server { name = "quick", pool = "192.168.1.150-192.168.1.160" }
  local late = dhcp.server { name = "late", pool = "192.168.1.170-192.168.1.180" }
  function late:discover(request)
    dhcp.sleep(2)
    return dhcp.server.discover(self, request)
  end
  local client = dhcp.client { window = 1 }
  function client:choose(offers) -- luacheck: ignore self
    t.equal(#offers, 2)
    return offers[2]
  end
  t.equal(client:acquire().address, "192.168.1.100")
  t.equal(world.trace:count { type = "offer" }, 2, "the late one comes later")
  t.equal(#dhcp.client {}:offers(1), 2)
end)

test("with a window, too, a lost DISCOVER is sent again [C-21] [X-10]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local count = 0
  function server:discover(request)
    count = count + 1
    return count > 1 and dhcp.server.discover(self, request) or nil
  end
  t.ok(dhcp.client { window = 1 }:acquire())
end)

test("choose may refuse all offers [C-21]", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  function client:choose() end -- luacheck: ignore
  local lease, why = client:acquire()
  t.equal({ lease, why, client.state }, { nil, "refused", "INIT" })
end)

test("the first OFFER is taken when nothing is said [C-21]", function(dhcp)
  local slow = dhcp.server { pool = POOL }
  function slow:discover(request)
    dhcp.sleep(0.1)
    return dhcp.server.discover(self, request)
  end
  dhcp.server { pool = "192.168.1.150-192.168.1.160" }
  t.equal(dhcp.client {}:acquire().address, "192.168.1.150")
end)

-- ---- DECLINE, RELEASE, INFORM

test("an address that somebody answers for is declined by broadcast, and another taken after 10 s [C-32]",
  function(dhcp, world)
  dhcp.server { pool = POOL }
  dhcp.host { address = "192.168.1.100" }
  local client = dhcp.client { probe = true, timeout = 60 }
  t.equal(client:acquire().address, "192.168.1.101")
  local declines, discovers = world.trace:find { type = "decline" }, world.trace:find { type = "discover" }
  t.equal({ #declines, declines[1].message.destination, declines[1].message.options.requested_ip },
    { 1, ALL, "192.168.1.100" })
  t.ok(discovers[2].at - declines[1].at >= 10, "ten seconds")
end)

test("a free address is kept after three probes [C-32] [C-39]", function(dhcp)
  dhcp.server { pool = POOL }
  local begin = dhcp.now()
  t.equal(dhcp.client { probe = true, timeout = 60 }:acquire().address, "192.168.1.100")
  local took = dhcp.now() - begin
  t.ok(took >= 4 and took <= 1 + 2 * 2 + 2, ("probing took %g s"):format(took))
end)

test("two clients that probe one address at once both see the conflict [C-39]", function(dhcp)
  local a = dhcp.client { probe = true }
  local b = dhcp.client { probe = true }
  local one = dhcp.spawn(function() return a:is_in_use("192.168.1.50") end)
  local two = dhcp.spawn(function() return b:is_in_use("192.168.1.50") end)
  t.equal({ (one:join()), (two:join()) }, { true, true })
end)

test("accept may decline what a script does not like [C-32]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = 60 }
  function client:accept(ack) return ack.yiaddr ~= "192.168.1.100" end -- luacheck: ignore self
  t.equal(client:acquire().address, "192.168.1.101")
  t.equal(world.trace:count { type = "decline" }, 1)
end)

test("RELEASE is unicast to the server and needs no answer [C-33]", function(dhcp, world)
  local server = dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local lease = client:acquire()
  client:release()
  t.equal({ client.state, client.lease }, { "INIT", nil })
  t.equal(sent(world, "release")[1].destination, SERVER .. ":67")
  dhcp.sleep(1)
  t.equal(lab.state(server, lease.address), "released")
end)

test("INFORM of a client without server is broadcast; with one, unicast [C-34]", function(dhcp, world)
  dhcp.server { pool = POOL, options = { domain_name = "x.example" } }
  local client = dhcp.client { requested_options = { "domain_name" } }
  t.equal(client:inform("192.168.1.20").options.domain_name, "x.example")
  client:acquire()
  t.ok(client:inform())
  local list = sent(world, "inform")
  t.equal({ list[1].destination, list[2].destination }, { ALL, SERVER .. ":67" })
end)

test("INFORM without an answer ends after the timeout [C-34]", function(dhcp, world)
  local ack, why = dhcp.client { timeout = 60 }:inform("192.168.1.20")
  t.equal({ ack, why }, { nil, "timeout" })
  t.equal(#sent(world, "inform"), 4 + 1, "60 s have room for five")
end)

-- ---- misuse, cancelling, receiving

test("what needs a lease or an offer says so, at the script's line", function(dhcp)
  local client = dhcp.client {}
  t.error(function() client:renew() end, "client_test.lua:%d+: .*needs a lease")
  t.error(function() client:release() end, "client_test.lua:%d+: .*needs a lease")
  t.error(function() client:decline() end, "client_test.lua:%d+: .*needs a lease")
  t.error(function() client:request(nil) end, "client_test.lua:%d+: .*needs an offer")
  t.error(function() client:reboot() end, "client_test.lua:%d+: .*needs an address")
  t.error(function() client:inform() end, "client_test.lua:%d+: .*needs an address")
end)

test("settings are checked when the client is made", function(dhcp)
  t.error(function() dhcp.client { hostnam = "x" } end, 'client_test.lua:%d+: .*did you mean "hostname"')
  t.error(function() dhcp.client { mac = "nonsense" } end, "client_test.lua:%d+: mac")
  t.error(function() dhcp.client { timeout = "soon" } end, "client_test.lua:%d+: timeout")
  t.error(function() dhcp.client { options = { host_nam = "x" } } end,
    'client_test.lua:%d+: .*did you mean "host_name"')
  t.error(function() dhcp.client { requested_address = "192.168.1" } end, "client_test.lua:%d+: .*192.168.1")
  t.error(function() dhcp.client { hostname = {} } end, "client_test.lua:%d+: ")
end)

test("receive takes by type and xid, and ends with timeout", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client { mac = lab.MAC }
  client:send(lab.discover { xid = 5 })
  local m, why = client:receive { type = "ack", timeout = "1s" }
  t.equal({ m, why }, { nil, "timeout" })
  m = client:receive { type = { "nak", "offer" }, xid = 5, timeout = 0 }
  t.equal(m.type, "offer")
  t.error(function() client:receive { type = "offr" } end, "client_test.lua:%d+: .*offr")
  t.error(function() client:receive { tpye = "offer" } end, 'client_test.lua:%d+: .*did you mean "type"')
end, { client = false })

test("one field or option can be forced onto a message, right or wrong", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = 1 }
  client:discover { secs = 7, options = { vendor_class_id = "forced" } }
  local m = sent(world, "discover")[1]
  t.equal({ m.secs, m.options.vendor_class_id }, { 7, "forced" })
end, { client = false })

test("a cancelled task does not keep its client busy, and late answers do not break the loop", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    dhcp.sleep(2)
    return dhcp.server.discover(self, request)
  end
  local client = dhcp.client {}
  local task = dhcp.spawn(function() client:acquire() end)
  dhcp.sleep(1)
  task:cancel()
  dhcp.sleep(3)
  server.discover = nil
  t.ok(client:acquire())
end)

test("two tasks cannot wait for messages of one client", function(dhcp)
  local client = dhcp.client {}
  dhcp.spawn(function() client:receive { timeout = 5 } end)
  dhcp.sleep(1)
  t.error(function() client:receive { timeout = 1 } end, "client_test.lua:%d+: .*waiting for a message already")
end)

test("the inbox has an end [C-19]", function(dhcp)
  local client = dhcp.client { mac = lab.MAC }
  local bare = lab.bare { mac = lab.OTHER }
  for i = 1, 100 do
    bare.port:send(core.message { op = 2, type = "offer", mac = lab.MAC, xid = i }, "255.255.255.255:68")
  end
  dhcp.sleep(1)
  t.equal({ #client.inbox, client.dropped["nobody asked"] }, { 64, 36 })
end, lax)

t.done()
