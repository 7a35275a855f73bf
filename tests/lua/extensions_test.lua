-- What later RFCs added to servers: rapid commit, offers of no address, classless routes, full names, what relays may
-- ask for, probing, BOOTP.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local ANY <const>, SERVER <const>, RELAY <const> = "0.0.0.0", "192.168.1.2", "10.9.0.1"
local FIRST <const>, SECOND <const> = "192.168.1.100", "192.168.1.101"
local POOL <const> = FIRST .. "-192.168.1.103"
local test = lab.test

local function server_with(dhcp, settings)
  settings.pool = settings.pool or POOL
  return dhcp.server(settings)
end

local function asking(codes, more)
  local options = { parameter_request_list = codes }
  for name, value in pairs(more or {}) do options[name] = value end
  return lab.discover { options = options }
end

-- ---- rapid commit (RFC 4039)

test("a DISCOVER with rapid commit gets an ACK with it, and the binding is committed at once [E-10]", function(dhcp)
  local server = server_with(dhcp, { rapid_commit = true })
  local ack = lab.bare():ask(lab.discover { options = { rapid_commit = true } })
  t.equal({ ack.type, ack.yiaddr, ack.options:has(80), ack.options.lease_time }, { "ack", FIRST, true, 3600 })
  t.equal(lab.state(server, FIRST), "bound")
end)

test("without the option, or without the setting, there is an OFFER without it [E-10]", function(dhcp)
  server_with(dhcp, { rapid_commit = true })
  local offer = lab.bare():ask(lab.discover())
  t.equal({ offer.type, offer.options:has(80) }, { "offer", false })
end)

test("a server that was not told to commit rapidly offers [E-10]", function(dhcp)
  local server = server_with(dhcp, {})
  local offer = lab.bare():ask(lab.discover { options = { rapid_commit = true } })
  t.equal({ offer.type, offer.options:has(80), (lab.state(server, FIRST)) }, { "offer", false, "offered" })
end)

-- ---- doing without IPv4 (RFC 8925)

test("who asks for it in an IPv6-only subnet is offered no address, and none is held [E-12]", function(dhcp)
  local server = server_with(dhcp, { ipv6_only = "30m" })
  local offer = lab.bare():ask(asking { 1, 3, 108 })
  t.equal({ offer.type, offer.yiaddr, offer.options:raw(108) }, { "offer", ANY, "\0\0\7\8" })
  t.equal({ offer.options:has(51), #server:leases() }, { false, 0 })
end)

test("who does not ask gets an address and no option 108 [E-12]", function(dhcp)
  server_with(dhcp, { ipv6_only = "30m" })
  local bare = lab.bare()
  local offer = bare:ask(asking { 1, 3 })
  t.equal({ offer.yiaddr, offer.options:has(108) }, { FIRST, false })
  t.equal(bare:ask(lab.discover()).options:has(108), false, "nor without a list")
end)

test("where it is not configured, asking for it changes nothing [E-12]", function(dhcp)
  server_with(dhcp, {})
  local offer = lab.bare():ask(asking { 108 })
  t.equal({ offer.yiaddr, offer.options:has(108) }, { FIRST, false })
end)

test("ipv6_only = true leaves the time to the client: 0 [E-12]", function(dhcp)
  server_with(dhcp, { ipv6_only = true })
  t.equal(lab.bare():ask(asking { 108 }).options:raw(108), "\0\0\0\0")
end)

test("ipv6_only is a matter of each subnet [E-12]", function(dhcp)
  dhcp.server { subnets = { { subnet = "192.168.1.0/24" }, { subnet = "10.9.0.0/24", ipv6_only = 600 } } }
  t.equal(lab.bare():ask(asking { 108 }).yiaddr, FIRST)
  local relay = lab.bare { role = "relay", addresses = { RELAY }, mac = lab.OTHER }
  local m = asking { 108 }
  m.giaddr = RELAY
  t.equal(relay:ask(m, SERVER, RELAY).yiaddr, ANY)
end)

test("a REQUEST is served as ever, with option 108 for who asked [E-12]", function(dhcp)
  server_with(dhcp, { ipv6_only = 600 })
  local ack = lab.bare():lease { options = { parameter_request_list = { 1 } } }
  t.equal(ack.options:has(108), false)
  local again = lab.request { options = { requested_ip = ack.yiaddr, parameter_request_list = { 108 } } }
  local second = lab.bare { mac = lab.OTHER } -- hears broadcasts only
  again.broadcast = true
  local reply = second:ask(again)
  t.equal({ reply.type, reply.yiaddr, reply.options.ipv6_only_preferred }, { "ack", FIRST, 600 })
end)

test("rapid commit is not honoured for a client that goes without [E-12]", function(dhcp)
  local server = server_with(dhcp, { ipv6_only = 600, rapid_commit = true })
  local offer = lab.bare():ask(asking({ 108 }, { rapid_commit = true }))
  t.equal({ offer.type, offer.yiaddr, #server:leases() }, { "offer", ANY, 0 })
end)

-- ---- auto-configuration (RFC 2563)

local function exhausted(dhcp, auto_configure)
  local server = server_with(dhcp, { pool = FIRST .. "-" .. FIRST, auto_configure = auto_configure })
  t.ok(dhcp.client { mac = lab.OTHER }:acquire())
  return server, lab.bare()
end

test("without an address left, who asks is offered 0.0.0.0 and told not to make one up [E-15]", function(dhcp)
  local server, bare = exhausted(dhcp, false)
  local offer = bare:ask(lab.discover { options = { auto_configure = 1 } })
  t.equal({ offer.type, offer.yiaddr, offer.options.auto_configure }, { "offer", ANY, 0 })
  t.equal({ offer.options.server_id, offer.options:has(51) }, { SERVER, false })
  t.equal(#server:leases(), 1)
end)

test("who does not ask gets no answer [E-15]", function(dhcp)
  local _, bare = exhausted(dhcp, false)
  t.equal(bare:ask(lab.discover()), nil)
end)

for _, allowed in ipairs { true, "no opinion" } do
  test(("a server is silent that allows self-assigned addresses: %s [E-15]"):format(allowed), function(dhcp)
    local _, bare = exhausted(dhcp, allowed == true or nil)
    t.equal(bare:ask(lab.discover { options = { auto_configure = 1 } }), nil)
  end)
end

test("with an address to offer, the option changes nothing [E-15]", function(dhcp)
  server_with(dhcp, { auto_configure = false })
  local offer = lab.bare():ask(lab.discover { options = { auto_configure = 1 } })
  t.equal({ offer.yiaddr, offer.options:has(116) }, { FIRST, false })
end)

test("a client that goes without IPv4 and sent the option is told not to make one up either [E-12, E-15]",
  function(dhcp)
    server_with(dhcp, { ipv6_only = 600 })
    local bare = lab.bare()
    local offer = bare:ask(asking({ 108 }, { auto_configure = 1 }))
    t.equal({ offer.yiaddr, offer.options.auto_configure, offer.options.ipv6_only_preferred }, { ANY, 0, 600 })
    t.equal(bare:ask(asking { 108 }).options:has(116), false, "only who sent it")
  end)

-- ---- classless routes (RFC 3442)

local routes <const> = { { destination = "10.0.0.0/8", router = "192.168.1.9" },
                         { destination = "0.0.0.0/0", router = "192.168.1.1" } }
local both <const> = { classless_static_routes = routes, routers = "192.168.1.1",
                       static_routes = { { destination = "172.16.0.0", router = "192.168.1.8" } } }

test("with classless routes asked for and sent, routers and static routes are left out [E-16]", function(dhcp)
  server_with(dhcp, { options = both })
  local bare = lab.bare()
  local offer = bare:ask(asking { 1, 121, 3, 33 })
  t.equal({ offer.options:has(121), offer.options:has(3), offer.options:has(33) }, { true, false, false })
  offer = bare:ask(asking { 1, 3, 33 })
  t.equal({ offer.options:has(121), offer.options:has(3), offer.options:has(33) }, { false, true, true })
end)

test("a server without classless routes sends the others [E-16]", function(dhcp)
  server_with(dhcp, { options = { routers = "192.168.1.1" } })
  t.equal(lab.bare():ask(asking { 121, 3 }).options.routers, { "192.168.1.1" })
end)

-- ---- full names (RFC 4702)

local function named(dhcp, settings, fqdn, more)
  local server = server_with(dhcp, settings)
  local options = { client_fqdn = fqdn }
  for name, value in pairs(more or {}) do options[name] = value end
  return lab.bare():ask(lab.discover { options = options }), server
end

test("a server that updates no DNS answers N, not S, and O where S was wanted; E stays; rcodes are 255 [E-17]",
  function(dhcp)
    local bare = lab.bare()
    server_with(dhcp, {})
    local function flags_for(flags)
      local got = bare:ask(lab.discover { options = { client_fqdn = { flags = flags, name = "host.example" } } })
      t.equal({ got.options.client_fqdn.rcode1, got.options.client_fqdn.rcode2 }, { 255, 255 })
      t.equal(got.options.client_fqdn.name, "host.example")
      return got.options.client_fqdn.flags
    end
    t.equal({ flags_for(5), flags_for(4), flags_for(12) }, { 14, 12, 12 })
    t.equal({ flags_for(1), flags_for(0), flags_for(8) }, { 10, 8, 8 }, "ASCII stays ASCII")
  end)

test("who sends no full name gets none [E-17]", function(dhcp)
  server_with(dhcp, {})
  t.equal(lab.bare():ask(lab.discover { options = { host_name = "host" } }).options:has(81), false)
end)

test("a partial name is completed by the domain, a whole one is not [E-17]", function(dhcp)
  local settings = { options = { domain_name = "example.net" } }
  local offer = named(dhcp, settings, { flags = 4, name = "host", partial = true })
  t.equal(offer.options.client_fqdn, { flags = 12, rcode1 = 255, rcode2 = 255, name = "host.example.net" })
  offer = lab.bare():ask(lab.discover { options = { client_fqdn = { flags = 4, name = "host" } } })
  t.equal(offer.options.client_fqdn.name, "host")
end)

test("a reservation's name is the one answered [E-17]", function(dhcp)
  local hosts = { [lab.MAC] = { hostname = "printer" } }
  local offer = named(dhcp, { hosts = hosts, options = { domain_name = "example.net" } },
    { flags = 5, name = "whatever.example.org" })
  t.equal(offer.options.client_fqdn.name, "printer.example.net")
end)

test("a malformed full name is not answered [E-17]", function(dhcp)
  server_with(dhcp, {})
  local m = lab.discover()
  m.options:set_raw(81, "\4\0\0\63x")
  local offer = lab.bare():ask(m)
  t.equal({ offer.type, offer.options:has(81) }, { "offer", false })
end)

test("beside a full name, the host name does not count [E-17]", function(dhcp)
  local _, server = named(dhcp, {}, { flags = 4, name = "full.example" })
  t.equal(server:name_of(lab.discover { options = { client_fqdn = { flags = 4, name = "full.example" },
    host_name = "short" } }), "full.example")
  t.equal(server:name_of(lab.discover { options = { host_name = "short" } }), "short")
end)

-- ---- what relays may ask for (RFC 5107, RFC 3011)

local function relayed(message, giaddr, agent)
  message.giaddr, message.hops = giaddr, 1
  if agent then message.options.relay_agent_information = agent end
  return message
end

local two_subnets <const> = { { subnet = "192.168.1.0/24" }, { subnet = "10.9.0.0/24" }, { subnet = "10.8.0.0/24" } }

local function relay_bare() return lab.bare { role = "relay", addresses = { RELAY }, mac = lab.OTHER } end

test("a relay's server identifier is used, and taken for ours when it comes back [E-03]", function(dhcp)
  local server = dhcp.server { subnets = two_subnets }
  local relay = relay_bare()
  local agent = { server_id_override = RELAY }
  local discover = relayed(lab.discover(), RELAY, agent)
  local offer = relay:ask(discover, SERVER, RELAY)
  t.equal(offer.options.server_id, RELAY)
  local ack = relay:ask(lab.take(discover, offer), SERVER, RELAY)
  t.equal({ ack.type, ack.options.server_id }, { "ack", RELAY })
  local release = relayed(lab.release { ciaddr = ack.yiaddr, options = { server_id = RELAY } }, RELAY, agent)
  relay:ask(release, SERVER, RELAY)
  t.equal(lab.state(server, ack.yiaddr), "released")
end)

test("the identifier is remembered: a REQUEST that names it counts without option 82 [E-03]", function(dhcp)
  dhcp.server { subnets = two_subnets }
  local relay = relay_bare()
  local discover = relayed(lab.discover(), RELAY, { server_id_override = RELAY })
  local offer = relay:ask(discover, SERVER, RELAY)
  local request = lab.take(discover, offer)
  request.options.relay_agent_information = nil
  local ack = relay:ask(request, SERVER, RELAY)
  t.equal({ ack.type, ack.options.server_id }, { "ack", RELAY })
end)

test("a stranger's identifier is no relay's, and where the offer was not ours there is no NAK [E-03]", function(dhcp)
  dhcp.server { subnets = two_subnets }
  local relay = relay_bare()
  local discover = relayed(lab.discover(), RELAY, { server_id_override = RELAY })
  local offer = relay:ask(discover, SERVER, RELAY)
  t.equal(relay:ask(lab.take(discover, offer, { options = { server_id = "10.9.0.99",
    relay_agent_information = { circuit_id = "x" } } }), SERVER, RELAY), nil)
  local other = lab.take(discover, offer, { options = { requested_ip = "10.9.0.77" } })
  t.equal(relay:ask(other, SERVER, RELAY), nil)
end)

test("subnet selection is off unless switched on, and then decides and comes back [E-04]", function(dhcp)
  dhcp.server { subnets = two_subnets }
  local m = lab.discover { options = { subnet_selection = "10.9.0.0" } }
  local offer = lab.bare():ask(m)
  t.equal({ offer.yiaddr, offer.options:has(118) }, { FIRST, false })
  lab.world {}
  dhcp.server { subnets = two_subnets, subnet_selection = true }
  offer = lab.bare():ask(m)
  t.equal({ offer.yiaddr, offer.options.subnet_selection }, { "10.9.0.100", "10.9.0.0" })
end, { lax = true })

test("it goes before giaddr, and link selection before it [E-04, E-02]", function(dhcp)
  dhcp.server { subnets = two_subnets, subnet_selection = true }
  local relay = relay_bare()
  local function from(agent)
    local m = relayed(lab.discover { options = { subnet_selection = "10.8.0.0" } }, RELAY, agent)
    local offer = relay:ask(m, SERVER, RELAY)
    t.equal(offer.options.subnet_selection, "10.8.0.0")
    return offer.yiaddr
  end
  t.equal(from(nil), "10.8.0.100")
  t.equal(from { link_selection = "192.168.1.0" }, FIRST)
end)

test("a subnet that is not ours gets no address [E-04]", function(dhcp)
  dhcp.server { subnets = two_subnets, subnet_selection = true }
  t.equal(lab.bare():ask(lab.discover { options = { subnet_selection = "10.7.0.0" } }), nil)
end)

-- ---- probing (RFC 2131 2.2)

test("an address in use is not offered but put into quarantine, and the next one is [S-27]", function(dhcp)
  local server = server_with(dhcp, { probe = true })
  dhcp.host { address = FIRST }
  local client = dhcp.client { timeout = 10 }
  t.equal(t.ok(client:acquire()).address, SECOND)
  t.equal({ lab.state(server, FIRST), (lab.state(server, SECOND)) }, { "declined", "bound" })
end)

test("without the setting it is offered [S-27]", function(dhcp)
  server_with(dhcp, {})
  dhcp.host { address = FIRST }
  t.equal(t.ok(dhcp.client {}:acquire()).address, FIRST)
end)

test("probing takes a second at DISCOVER, and no time at REQUEST or for the lease's own client [S-27]", function(dhcp)
  server_with(dhcp, { probe = true })
  local client = dhcp.client {}
  local before = dhcp.now()
  local offer = t.ok(client:discover())
  t.near(dhcp.now() - before, 1, 0.1)
  before = dhcp.now()
  t.ok(client:request(offer))
  t.ok(client:renew())
  t.ok(client:reboot(client.lease.address))
  t.ok(client:acquire())
  t.near(dhcp.now() - before, 0, 0.1)
end)

test("a client that still uses its old address is no stranger to it [S-27]", function(dhcp)
  local server = server_with(dhcp, { probe = true })
  dhcp.host { address = FIRST, mac = lab.MAC }
  local offer = t.ok(dhcp.client { mac = lab.MAC }:discover())
  t.equal({ offer.yiaddr, (lab.state(server, FIRST)) }, { FIRST, "offered" })
end)

test("two clients at once are probed for side by side; a repeated DISCOVER waits for its probe [S-27]", function(dhcp)
  server_with(dhcp, { probe = true })
  local bare = lab.bare()
  bare:send(lab.discover { broadcast = true })
  bare:send(lab.discover { broadcast = true })
  bare:send(lab.discover { broadcast = true, mac = lab.OTHER })
  dhcp.sleep(1.5)
  local got = {}
  for i, offer in ipairs(bare.heard) do got[i] = offer.mac .. " " .. offer.yiaddr end
  t.equal(got, { lab.MAC .. " " .. FIRST, lab.OTHER .. " " .. SECOND })
end)

test("with every address in use, the client hears nothing and the operator does [S-27]", function(dhcp)
  local server = server_with(dhcp, { probe = true, pool = FIRST .. "-" .. SECOND })
  dhcp.host { address = FIRST }
  dhcp.host { address = SECOND }
  t.equal(lab.bare():ask(lab.discover()), nil)
  dhcp.sleep(3)
  t.equal({ lab.state(server, FIRST), (lab.state(server, SECOND)) }, { "declined", "declined" })
  t.equal(server.drops["no address left"], 1)
end)

-- ---- BOOTP (RFC 1534)

local function bootp_request(fields)
  local made = { op = 1, mac = lab.MAC, xid = 9 }
  for key, value in pairs(fields or {}) do made[key] = value end
  return core.message(made)
end

local with_bootp <const> = { [lab.MAC] = { address = "192.168.1.50" } }

test("a BOOTP request is ignored and counted [S-57]", function(dhcp)
  local server = server_with(dhcp, { hosts = with_bootp })
  t.equal(lab.bare():ask(bootp_request()), nil)
  t.equal(server.drops["BOOTP, no message type"], 1)
end)

test("with bootp = true a reserved host gets its address for ever, in 300 octets and without DHCP's options [S-57]",
  function(dhcp)
    local server = server_with(dhcp, { bootp = true, hosts = with_bootp, file = "kernel",
      options = { routers = "192.168.1.1", root_path = ("/path"):rep(20), domain_name_servers = "192.168.1.1" } })
    local reply = lab.bare():ask(bootp_request { broadcast = true })
    t.equal({ reply.op, reply.type, reply.yiaddr, #reply, reply.file }, { 2, nil, "192.168.1.50", 300, "kernel" })
    for _, code in ipairs { 51, 52, 53, 54, 58, 59, 61 } do t.equal(reply.options:has(code), false, code) end
    t.equal({ reply.options.routers, reply.options:has(17) }, { { "192.168.1.1" }, false })
    local state, lease = lab.state(server, "192.168.1.50")
    t.equal({ state, lease.expires }, { "bound", math.huge })
  end)

test("others get none of the pool [S-57]", function(dhcp)
  local server = server_with(dhcp, { bootp = true, hosts = with_bootp })
  t.equal(lab.bare { mac = lab.OTHER }:ask(bootp_request { mac = lab.OTHER }), nil)
  t.equal(server.drops["BOOTP without a reservation"], 1)
end)

t.done()
