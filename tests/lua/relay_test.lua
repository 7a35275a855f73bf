-- A relay between two segments: RFC 1542 4.1, RFC 3046; and what a server makes of option 82.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local RELAY <const> = "10.5.0.1" -- giaddr
local UPPER <const> = "192.168.1.9"
local SERVER <const> = "192.168.1.2"
local ANY <const> = "0.0.0.0"

local function test(name, f, options) lab.test(name, f, options or {}) end

-- Two segments, a server for both on the upper one, a relay between them, a bare node below.
local function two_segments(dhcp, options, server_options)
  local below, above = dhcp.network { name = "below" }, dhcp.network { name = "above" }
  local settings = { network = above, subnets = {
    { subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.110" },
    { subnet = "10.5.0.0/16", pool = "10.5.1.1-10.5.1.9", options = { routers = RELAY } },
    { subnet = "10.6.0.0/16", pool = "10.6.1.1-10.6.1.9" },
  } }
  for key, value in pairs(server_options or {}) do settings[key] = value end
  local server = dhcp.server(settings)
  local made = { name = "relay", from = below, to = above, address = RELAY, server_address = UPPER }
  for key, value in pairs(options or {}) do made[key] = value end
  return dhcp.relay(made), server, below, above
end

-- What reached the server, in order.
local function watch(server)
  local heard = {}
  local deliver = server.deliver
  function server:deliver(m)
    heard[#heard + 1] = m
    return deliver(self, m)
  end
  return heard
end

local function drops_of(relay, pattern) return lab.drops_of(relay, pattern) end

test("a client behind a relay gets an address of its own subnet, and renews past the relay [R-01] [R-03]",
  function(dhcp, world)
  local _, _, below = two_segments(dhcp)
  local client = dhcp.client { network = below }
  local lease = t.ok(client:acquire())
  t.equal({ lease.address, lease.server, lease.options.routers }, { "10.5.1.1", SERVER, { RELAY } })
  t.ok(client:renew(), "unicast through the router")
  client:release()
  dhcp.sleep(1)
  t.equal(world.trace:count { type = "release", fate = "delivered" }, 1)
end, { client = true })

test("giaddr and hops are all that a relay changes in a request [R-03] [R-04]", function(dhcp)
  local _, server, below = two_segments(dhcp)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  local m = lab.discover { secs = 77, flags = 0x8000, sname = "s", file = "f", options = { host_name = "x",
    [224] = "\1\2" } }
  bare:ask(m)
  t.equal(#heard, 1)
  local got = heard[1]:copy()
  t.equal({ got.giaddr, got.hops, got.source, got.destination }, { RELAY, 1, RELAY .. ":67", SERVER .. ":67" })
  got.giaddr, got.hops = ANY, 0
  t.equal(got:bytes(), m:bytes())
end)

test("a giaddr that is set already stays, hops count on [R-03] [R-02]", function(dhcp)
  local relay, server, below = two_segments(dhcp)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { giaddr = "10.6.0.1", hops = 2 })
  t.equal({ heard[1].giaddr, heard[1].hops }, { "10.6.0.1", 3 })
  t.equal(relay.drops, {})
end, { lax = true })

test("a request with hops over the threshold is dropped: 4, or as set up to 16 [R-02]", function(dhcp)
  for _, case in ipairs { { nil, 4 }, { 1, 1 }, { 16, 16 } } do
    lab.world()
    local relay, server, below = two_segments(dhcp, { max_hops = case[1] })
    local heard = watch(server)
    local bare = lab.bare { network = below }
    bare:ask(lab.discover { hops = case[2], giaddr = "10.6.0.1" })
    t.equal({ #heard, heard[1] and heard[1].hops }, { 1, case[2] + 1 }, "at the threshold")
    bare:ask(lab.discover { hops = case[2] + 1, giaddr = "10.6.0.1" })
    t.equal({ #heard, drops_of(relay, "hops") }, { 1, 1 }, "over it")
  end
  lab.world()
  t.error(function() two_segments(dhcp, { max_hops = 17 }) end,
    "relay_test.lua:%d+: max_hops is a whole number from 1 to 16")
end, { lax = true })

test("secs under a threshold are not forwarded yet, when one is set [R-05]", function(dhcp)
  local relay, server, below = two_segments(dhcp, { min_secs = 3 })
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { secs = 2 })
  t.equal({ #heard, drops_of(relay, "secs") }, { 0, 1 })
  bare:ask(lab.discover { secs = 3 })
  t.equal(#heard, 1)
end, { lax = true })

test("replies are no requests and requests no replies: by op, not by side [R-01]", function(dhcp)
  local relay, _, below, above = two_segments(dhcp)
  local low, high = lab.bare { network = below }, lab.bare { network = above, mac = lab.OTHER,
    addresses = { "192.168.1.60" } }
  low:ask(lab.discover { op = 2, type = "offer", giaddr = "10.99.0.1" })
  high.port:send(lab.discover { mac = lab.OTHER }, UPPER .. ":67", nil, "192.168.1.60")
  low:ask(lab.discover { op = 3 })
  dhcp.sleep(1)
  t.equal({ drops_of(relay, "giaddr is not ours"), drops_of(relay, "servers' side"), drops_of(relay, "op") }, { 1, 1,
    1 })
end, { lax = true })

test("a reply whose giaddr is not the relay's is dropped [R-06]", function(dhcp)
  local relay, _, below, above = two_segments(dhcp)
  local bare = lab.bare { network = below }
  local high = lab.bare { network = above, mac = lab.OTHER, addresses = { "192.168.1.60" } }
  high.port:send(dhcp.message { op = 2, type = "offer", mac = lab.MAC, giaddr = "10.5.0.2", yiaddr = "10.5.1.1" },
    UPPER .. ":67", nil, "192.168.1.60")
  dhcp.sleep(1)
  t.equal({ #bare.heard, drops_of(relay, "giaddr is not ours") }, { 0, 1 })
end, { lax = true })

test("a reply goes to yiaddr and chaddr, or to all where the broadcast bit is set [R-06]", function(dhcp)
  local _, _, below = two_segments(dhcp)
  local bare = lab.bare { network = below }
  local other = lab.bare { network = below, mac = lab.OTHER }
  local offer = bare:ask(lab.discover {})
  t.equal({ offer.destination, #other.heard }, { "10.5.1.1:68", 0 })
  offer = bare:ask(lab.discover { broadcast = true })
  t.equal({ offer.destination, #other.heard }, { "255.255.255.255:68", 1 })
end)

test("a NAK reaches a client behind a relay by broadcast [R-06] [S-46]", function(dhcp)
  local _, _, below = two_segments(dhcp)
  local bare = lab.bare { network = below }
  local nak = bare:ask(lab.request { options = { requested_ip = "172.16.0.5" } })
  t.equal({ nak.type, nak.broadcast, nak.destination }, { "nak", true, "255.255.255.255:68" })
end)

test("a request whose giaddr is the relay's own is forged: dropped [R-07]", function(dhcp)
  local relay, server, below = two_segments(dhcp)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { giaddr = RELAY })
  bare:ask(lab.discover { giaddr = UPPER })
  t.equal({ #heard, drops_of(relay, "forged") }, { 0, 2 })
end, { lax = true })

-- ---- option 82

local agent <const> = { circuit_id = "port 7", remote_id = "\0switch" }

test("option 82 is the last option of what goes up, and gone from what comes down [R-07] [R-10] [E-01]", function(dhcp)
  local _, server, below = two_segments(dhcp, agent)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  local offer = bare:ask(lab.discover { options = { client_id = "\0me", host_name = "x" } })
  t.equal(heard[1].options.relay_agent_information, agent)
  local codes = heard[1].options:codes()
  t.equal(codes[#codes], 82)
  t.ok(not offer.options:has(82))
  t.equal({ offer.options:raw(61), offer.options.routers }, { "\0me", { RELAY } })
end)

test("a message with option 82 and giaddr 0 from an untrusted side is dropped [R-08]", function(dhcp)
  local relay, server, below = two_segments(dhcp, agent)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { options = { relay_agent_information = { circuit_id = "forged" } } })
  t.equal({ #heard, drops_of(relay, "untrusted") }, { 0, 1 })
end, { lax = true })

test("from a trusted side it is forwarded, with that option 82 alone [R-08] [R-09]", function(dhcp)
  local _, server, below = two_segments(dhcp, { trust = true, circuit_id = "own" })
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { options = { relay_agent_information = { circuit_id = "switch" } } })
  t.equal(#heard, 1)
  local count = 0
  for _, instance in ipairs(heard[1]:instances()) do count = count + (instance.code == 82 and 1 or 0) end
  t.equal({ count, heard[1].options.relay_agent_information }, { 1, { circuit_id = "switch" } })
end, { lax = true })

test("a message that another relay has been at gets no second option 82 [R-09]", function(dhcp)
  local _, server, below = two_segments(dhcp, agent)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { giaddr = "10.6.0.1", hops = 1,
    options = { relay_agent_information = { circuit_id = "first" } } })
  bare:ask(lab.discover { giaddr = "10.6.0.1", hops = 1, xid = 9 })
  t.equal({ heard[1].options.relay_agent_information, heard[2].options:has(82) }, { { circuit_id = "first" }, false })
end, { lax = true })

test("without room for option 82 a message goes up without it, and that is counted [R-11]", function(dhcp)
  local relay, server, below = two_segments(dhcp, agent)
  local heard = watch(server)
  local bare = lab.bare { network = below }
  bare:ask(lab.discover { options = { [224] = ("x"):rep(1000) } })
  t.ok(heard[1].options:has(82), "there is room still")
  t.equal(#heard[1].options:raw(224), 1000)
  bare:ask(lab.discover { xid = 2, options = { [224] = ("x"):rep(1205) } })
  t.equal({ #heard, heard[2].options:has(82), drops_of(relay, "no room") }, { 2, false, 1 })
  t.ok(#heard[2]:bytes() <= 1472)
end, { lax = true })

test("a server returns option 82 whole and last in every reply to a message that has it [E-01]", function(dhcp)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.110" }
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.50" } }
  local raw = "\1\3abc\2\2xy\151\0\200\1z" -- with suboptions that nobody knows
  local m = lab.discover { giaddr = "192.168.1.50", hops = 1, options = { client_id = "\0me" } }
  m.options:append(82, raw)
  local offer = t.ok(relay:ask(m, SERVER, "192.168.1.50"))
  local request = lab.take(m, offer)
  local ack = t.ok(relay:ask(request, SERVER, "192.168.1.50"))
  request.options.requested_ip = "192.168.1.109"
  local nak = t.ok(relay:ask(request, SERVER, "192.168.1.50"))
  for _, reply in ipairs { offer, ack, nak } do
    t.equal(reply.options:raw(82), raw, reply.type)
    local codes = reply.options:codes()
    t.equal(codes[#codes], 82, reply.type)
    for _, instance in ipairs(reply:instances()) do
      if instance.code == 82 then t.equal(instance.place, "options", reply.type) end
    end
  end
  t.equal({ offer.type, ack.type, nak.type, lab.drops_of(server, ".") }, { "offer", "ack", "nak", 0 })
end, { lax = true })

test("a server that echoes option 82 never puts it into file or sname, however full the reply [E-01]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.110",
    options = { root_path = ("r"):rep(120), domain_name = ("d"):rep(100), nis_domain = ("n"):rep(60) } }
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.50" } }
  local m = lab.discover { giaddr = "192.168.1.50", hops = 1, options = { parameter_request_list = { 15, 17, 40 } } }
  m.options:append(82, "\1\80" .. ("c"):rep(80))
  local offer = t.ok(relay:ask(m, SERVER, "192.168.1.50"))
  t.equal(#offer.options:raw(82), 82)
  for _, instance in ipairs(offer:instances()) do
    if instance.code == 82 then t.equal(instance.place, "options") end
  end
end, { lax = true })

test("no option 82 is made up where the request has none [E-01]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.110" }
  t.ok(not lab.bare():ask(lab.discover {}).options:has(82))
end)

test("link selection chooses the subnet; the reply still goes to giaddr [E-02]", function(dhcp)
  local _, server, below = two_segments(dhcp, { circuit_id = "x", link_selection = "10.6.0.0" })
  local heard = watch(server)
  local offer = lab.bare { network = below }:ask(lab.discover {})
  t.equal({ offer.yiaddr, offer.giaddr, offer.options.subnet_mask }, { "10.6.1.1", RELAY, "255.255.0.0" })
  t.equal(heard[1].options.relay_agent_information.link_selection, "10.6.0.0")
end, { lax = true })

test("the server identifier override is used as option 54, and accepted when it comes back [E-03]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.110" }
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.50" } }
  local m = lab.discover { giaddr = "192.168.1.50", hops = 1,
    options = { relay_agent_information = { server_id_override = "192.168.1.50" } } }
  local offer = t.ok(relay:ask(m, SERVER, "192.168.1.50"))
  t.equal(offer.options.server_id, "192.168.1.50")
  local ack = t.ok(relay:ask(lab.take(m, offer), SERVER, "192.168.1.50"))
  t.equal({ ack.type, ack.options.server_id }, { "ack", "192.168.1.50" })
end, { lax = true })

test("malformed option 82 never breaks a relay or a server [E-01] [M-15]", function(dhcp)
  local relay, server, below = two_segments(dhcp, { trust = true, circuit_id = "x" })
  local bare = lab.bare { network = below }
  for _, raw in ipairs { "", "\1", "\1\9ab", "\5\3abc", "\5\4\255\255\255\255", "\11\2ab", ("\1\1a"):rep(80),
    ("x"):rep(255) } do
    local m = lab.discover { giaddr = "10.6.0.1", hops = 1 }
    m.options:append(82, raw)
    bare:ask(m)
    m.giaddr = ANY
    bare:ask(m)
  end
  t.ok(server and relay)
  t.ok(bare:ask(lab.discover { xid = 99 }), "both still work")
end, { lax = true })

-- ---- settings, chains, real time

test("the settings of a relay are checked", function(dhcp)
  local net = dhcp.lan
  t.error(function() dhcp.relay { from = net, address = RELAY } end,
    "relay_test.lua:%d+: dhcp.relay needs two networks")
  t.error(function() dhcp.relay { from = net, to = net } end, "relay_test.lua:%d+: dhcp.relay needs its address")
  t.error(function() dhcp.relay { from = net, to = net, adress = RELAY } end, 'did you mean "address"')
end)

test("two relays in a row: giaddr is the first one's, hops are two [R-03] [R-02]", function(dhcp)
  local far, middle, near = dhcp.network { name = "far" }, dhcp.network { name = "middle" },
    dhcp.network { name = "near" }
  local server = dhcp.server { network = near, subnets = { { subnet = "192.168.1.0/24" },
    { subnet = "10.7.0.0/16", pool = "10.7.1.1-10.7.1.9" } } }
  local heard = watch(server)
  dhcp.relay { name = "second", from = middle, to = near, address = "10.6.0.1", server_address = UPPER }
  dhcp.relay { name = "first", from = far, to = middle, address = "10.7.0.1", server_address = "10.6.0.2" }
  local client = dhcp.client { network = far }
  t.equal(t.ok(client:acquire()).address, "10.7.1.1")
  t.equal({ heard[1].giaddr, heard[1].hops }, { "10.7.0.1", 2 })
  t.ok(client:renew(), "past both relays")
end, { lax = true })

test("of two relays side by side each is the way to its own segment", function(dhcp)
  local _, _, below, above = two_segments(dhcp)
  local other = dhcp.network { name = "other" }
  dhcp.relay { from = other, to = above, address = "10.6.0.1", server_address = "192.168.1.8" }
  for _, network in ipairs { other, below } do
    local client = dhcp.client { network = network }
    t.ok(client:acquire())
    t.ok(client:renew(), "past its relay")
  end
end)

test("a relay that is down relays and routes nothing; up again it does both", function(dhcp)
  local relay, server, below = two_segments(dhcp)
  local client = dhcp.client { network = below, timeout = "3s" }
  t.ok(client:acquire())
  relay:stop()
  relay:stop()
  t.equal(dhcp.client({ network = below, timeout = "1s" }):discover(), nil)
  t.equal({ client:renew(nil, { seconds = 2 }) }, { nil, "timeout" })
  t.equal(server.counts, { discover = 1, request = 1, decline = 0, release = 0, inform = 0 })
  relay:restart()
  t.ok(client:renew(), "past the relay")
  t.ok(dhcp.client({ network = below }):acquire(), "through it")
end)

t.test("the same over real sockets [R-01] [R-03] [R-10]", function()
  local dhcp = require "dhcplab"
  local function free(k) return ("127.0.%d.%d:%d"):format(40 + core.draw_seed() % 150, k,
    20000 + core.draw_seed() % 30000) end
  lab.world { virtual = false, listen = free(1) }
  local relay, _, below = two_segments(dhcp, agent)
  local client = dhcp.client { network = below, timeout = 3 }
  local lease = t.ok(client:acquire())
  t.equal({ lease.address, lease.ack.giaddr, lease.options:has(82) }, { "10.5.1.1", RELAY, false })
  t.ok(client:renew(), "renewal")
  relay:stop()
  relay:restart()
  t.ok(client:acquire(), "after a crash")
end)

t.done()
