-- What later RFCs added to clients: rapid commit, doing without IPv4, auto-configuration, classless routes, full names;
-- and which ACKs a client does not take.
local t = require "harness"
local lab = require "lab"

local FIRST <const>, SECOND <const> = "192.168.1.100", "192.168.1.101"
local POOL <const> = FIRST .. "-192.168.1.103"
local test = lab.test

local function server_with(dhcp, settings)
  settings.pool = settings.pool or POOL
  return dhcp.server(settings)
end

-- ---- rapid commit (RFC 4039)

test("a REQUEST and its ACK never carry rapid commit [E-10]", function(dhcp)
  server_with(dhcp, {})
  local client = dhcp.client { rapid_commit = true }
  local lease = t.ok(client:acquire())
  t.equal(dhcp.trace:find { type = "discover" }[1].message.options:has(80), true)
  t.equal(dhcp.trace:find { type = "request" }[1].message.options:has(80), false)
  t.equal(lease.ack.options:has(80), false)
end, { client = true })

test("an OFFER that comes before the ACK is taken the usual way; the other address was committed in vain [E-10]",
  function(dhcp)
    local slow = server_with(dhcp, { name = "slow", rapid_commit = true })
    function slow.discover(self, request)
      dhcp.sleep(0.2)
      return dhcp.server.discover(self, request)
    end
    server_with(dhcp, { name = "usual", pool = "192.168.1.120-192.168.1.130" })
    local lease = t.ok(dhcp.client { rapid_commit = true }:acquire())
    t.equal(lease.address, "192.168.1.120")
    dhcp.sleep(1)
    t.equal(lab.state(slow, FIRST), "bound")
  end, { lax = true })

test("a rapid ACK that comes after the REQUEST is not taken for its answer [E-10]", function(dhcp)
  local slow = server_with(dhcp, { name = "slow", rapid_commit = true })
  function slow.discover(self, request)
    dhcp.sleep(0.2)
    return dhcp.server.discover(self, request)
  end
  local usual = server_with(dhcp, { name = "usual", pool = "192.168.1.120-192.168.1.130" })
  function usual.request(self, request)
    dhcp.sleep(0.4)
    return dhcp.server.request(self, request)
  end
  t.equal(t.ok(dhcp.client { rapid_commit = true }:acquire()).address, "192.168.1.120")
end, { lax = true })

test("a client takes no ACK to its DISCOVER that lacks rapid commit [E-10]", function(dhcp)
  local server = server_with(dhcp, { rapid_commit = true })
  function server.discover(self, request)
    local ack = dhcp.server.discover(self, request)
    ack.options.rapid_commit = nil
    return ack
  end
  t.equal({ dhcp.client { rapid_commit = true, timeout = 3 }:acquire() }, { nil, "timeout" })
end, { lax = true })

test("a rapidly committed address in use is declined, and another one taken [E-10]", function(dhcp)
  local server = server_with(dhcp, { rapid_commit = true })
  dhcp.host { address = FIRST }
  local client = dhcp.client { rapid_commit = true, probe = true, timeout = 60 }
  t.equal(t.ok(client:acquire()).address, SECOND)
  t.equal(lab.state(server, FIRST), "declined")
end)

-- ---- doing without IPv4 (RFC 8925)

test("a client that can do without stops, for the time it is told but never under 300 s [E-12]", function(dhcp)
  local server = server_with(dhcp, { ipv6_only = 20 })
  local client = dhcp.client { ipv6_only = true }
  t.equal({ client:acquire() }, { nil, "ipv6-only" })
  t.near(client.without_until, dhcp.now() + 300, 1)
  t.equal({ client.state, client.lease, dhcp.trace:count { type = "request" } }, { "INIT", nil, 0 })
  server:stop()
  server_with(dhcp, { ipv6_only = 1000 })
  client:acquire()
  t.near(client.without_until, dhcp.now() + 1000, 1)
end, { client = true })

test("a living client is silent for that time and then starts again [E-12]", function(dhcp)
  server_with(dhcp, { ipv6_only = 600 })
  local client = dhcp.client { ipv6_only = true }
  client:run(599)
  t.equal(dhcp.trace:count { type = "discover" }, 1)
  client:run(2)
  t.equal(dhcp.trace:count { type = "discover" }, 2)
end)

test("a client asks for option 108 and never sends it [E-12]", function(dhcp)
  server_with(dhcp, {})
  t.ok(dhcp.client { ipv6_only = true }:acquire())
  for _, kind in ipairs { "discover", "request" } do
    local m = dhcp.trace:find { type = kind }[1].message
    t.equal({ m.options:raw(55):find("\108", 1, true) ~= nil, m.options:has(108) }, { true, false })
  end
end)

test("an option 108 of another length than 4 is ignored, and so is one not asked for [E-12]", function(dhcp)
  local server = server_with(dhcp, {})
  function server.discover(self, request)
    local offer = self:offer(request)
    offer.options:set_raw(108, request.mac == lab.MAC and "\0\0\7" or "\0\0\7\8")
    return offer
  end
  t.ok(dhcp.client { mac = lab.MAC, ipv6_only = true }:acquire(), "wrong length")
  t.ok(dhcp.client { mac = lab.OTHER }:acquire(), "not asked for")
  local options = { parameter_request_list = { 1, 3 } }
  t.ok(dhcp.client { ipv6_only = true, options = options }:acquire(), "not in the list that was forced")
end, { lax = true })

test("an OFFER with an address and option 108 ends the search too [E-12]", function(dhcp)
  local server = server_with(dhcp, {})
  function server.discover(self, request)
    local offer = self:offer(request)
    offer.options.ipv6_only_preferred = 900
    return offer
  end
  t.equal({ dhcp.client { ipv6_only = true }:acquire() }, { nil, "ipv6-only" })
end)

test("after INIT-REBOOT an ACK with option 108 makes the client go without, in BOUND it does not [E-12]", function(dhcp)
  local server = server_with(dhcp, {})
  local client = dhcp.client { ipv6_only = true }
  local lease = t.ok(client:acquire())
  function server.request(self, request)
    local ack = dhcp.server.request(self, request)
    ack.options.ipv6_only_preferred = 400
    return ack
  end
  t.ok(client:renew(), "RENEWING goes on")
  t.equal(client.lease.address, lease.address)
  local ack, why = client:reboot(lease.address)
  t.equal({ ack, why, client.lease, client.state }, { nil, "ipv6-only", nil, "INIT" })
end)

test("an OFFER of no address is of no use to a client that asked for nothing of the kind [E-12]", function(dhcp)
  local server = server_with(dhcp, { ipv6_only = 600 })
  function server.discover(self, request) return self:offer_nothing(request, self.subnets[1]) end
  local client = dhcp.client { timeout = 3, requested_options = { 1, 108 } }
  t.equal({ client:acquire() }, { nil, "timeout" })
  t.ok(client.dropped["an OFFER of no address"])
end, { lax = true })

-- ---- auto-configuration (RFC 2563)

test("a client notes that it must not assign itself an address, and goes on asking [E-15]", function(dhcp)
  server_with(dhcp, { pool = FIRST .. "-" .. FIRST, auto_configure = false })
  t.ok(dhcp.client {}:acquire())
  local client = dhcp.client { auto_configure = true, timeout = 3 }
  t.equal({ client:acquire() }, { nil, "timeout" })
  t.equal(client.must_not_self_assign, true)
end)

-- ---- classless routes (RFC 3442)

local routes <const> = { { destination = "10.0.0.0/8", router = "192.168.1.9" },
                         { destination = "0.0.0.0/0", router = "192.168.1.1" } }
local both <const> = { classless_static_routes = routes, routers = "192.168.1.1",
                       static_routes = { { destination = "172.16.0.0", router = "192.168.1.8" } } }

test("a client asks for classless routes before routers, and for routers too [E-16]", function(dhcp)
  local function asked(list) return dhcp.client { requested_options = list }.base.options:raw(55) end
  t.equal(asked { "routers", "static_routes", "classless_static_routes" }, "\121\3\33")
  t.equal(asked { "subnet_mask", 33, 121 }, "\1\121\33\3")
  t.equal(asked { 121 }, "\121\3")
  t.equal(asked { "subnet_mask", "classless_static_routes", "routers" }, "\1\121\3")
  t.equal(asked { "routers", "subnet_mask" }, "\3\1")
end)

test("a client uses classless routes and ignores routers and static routes beside them [E-16]", function(dhcp)
  local server = server_with(dhcp, { options = both })
  function server.request(self, request)
    local ack = dhcp.server.request(self, request)
    ack.options.routers = { "192.168.1.66" } -- wrong: beside 121
    return ack
  end
  local client = dhcp.client { requested_options = { "classless_static_routes", "routers" } }
  t.equal(t.ok(client:acquire()).routes, routes)
end, { lax = true })

test("without them it uses static routes, classful, and routers [E-16]", function(dhcp)
  local server = server_with(dhcp, {
    options = { routers = { "192.168.1.1", "192.168.1.2" }, static_routes = {
      { destination = "10.0.0.0", router = "192.168.1.7" }, { destination = "172.16.0.0", router = "192.168.1.8" },
      { destination = "192.0.2.0", router = "192.168.1.9" }, { destination = "10.1.2.3", router = "192.168.1.9" } } },
  })
  local lease = t.ok(dhcp.client { requested_options = { "routers", "static_routes" } }:acquire())
  local list = {}
  for _, route in ipairs(lease.routes) do list[#list + 1] = route.destination .. " " .. route.router end
  t.equal(list, { "10.0.0.0/8 192.168.1.7", "172.16.0.0/16 192.168.1.8", "192.0.2.0/24 192.168.1.9",
                  "10.1.2.3/32 192.168.1.9", "0.0.0.0/0 192.168.1.1", "0.0.0.0/0 192.168.1.2" })
  t.ok(server)
end)

test("malformed classless routes do not count [E-16]", function(dhcp)
  local server = server_with(dhcp, { options = { routers = "192.168.1.1" } })
  function server.request(self, request)
    local ack = dhcp.server.request(self, request)
    ack.options:set_raw(121, "\33\10\0\0\0\1")
    return ack
  end
  local lease = t.ok(dhcp.client { requested_options = { "classless_static_routes" } }:acquire())
  t.equal(lease.routes, { { destination = "0.0.0.0/0", router = "192.168.1.1" } })
end, { lax = true })

-- ---- full names (RFC 4702)

test("a client with a full name sends it in DISCOVER and REQUEST, and no host name [E-17]", function(dhcp)
  server_with(dhcp, { options = { domain_name = "example.net" } })
  local client = dhcp.client { fqdn = "host.example.", hostname = "host" }
  t.ok(client:acquire())
  t.ok(client:renew())
  t.equal(dhcp.trace:count { type = "request" }, 2)
  for _, kind in ipairs { "discover", "request" } do
    for _, record in ipairs(dhcp.trace:find { type = kind }) do
      local options = record.message.options
      t.equal({ options:raw(81), options:has(12) }, { "\5\0\0\4host\7example\0", false })
    end
  end
  t.equal(dhcp.client { fqdn = "host" }.base.options:raw(81), "\5\0\0\4host", "a partial name")
end, { client = true })

-- ---- what a client does not take

test("an infinite lease has no T1, no T2 and no end [C-35]", function(dhcp)
  server_with(dhcp, { lease_time = "infinite" })
  local client = dhcp.client {}
  client:run("400d")
  t.equal({ client.lease.renewal, client.lease.rebinding, client.lease.expires }, { math.huge, math.huge, math.huge })
  t.equal({ client.state, dhcp.trace:count { type = "request" } }, { "BOUND", 1 })
end)

test("an ACK without lease time, with 0 s or with a malformed one is not taken [C-36]", function(dhcp)
  local server = server_with(dhcp, {})
  local wrong
  function server.request(self, request)
    local ack = dhcp.server.request(self, request)
    wrong(ack.options)
    return ack
  end
  for _, change in ipairs {
    function(options) options.lease_time = nil end,
    function(options) options.lease_time = 0 end,
    function(options) options:set_raw(51, "\0\0\14") end,
  } do
    wrong = change
    local client = dhcp.client { timeout = 2 }
    t.equal({ client:acquire() }, { nil, "timeout" })
    t.equal(client.lease, nil)
  end
end, { lax = true })

t.done()
