-- The judge on replies: held against the request, the offer before it, the limits of the client,
-- later RFCs. The ids in these names say which rule is meant; none is claimed (no brackets), as
-- nothing here shows that a server or a client of ours keeps to it.
local t = require "harness"
local x = require "exchange"
local make, clean, breaks, case, correct = x.make, x.clean, x.breaks, x.case, x.correct
local SERVER, ADDRESS, RELAY, ALL, NONE = x.SERVER, x.ADDRESS, x.RELAY, x.ALL, x.NONE

case("another xid, when everything was seen", "S-01", "xid", "offer", function(m) m.xid = 99 end, nil,
  { complete = true })
correct("another xid, when the beginning may be missing", "offer", function(m) m.xid = 99 end)
case("another chaddr", "S-05", "chaddr", "offer", function(m) m.mac = "02:00:00:00:00:ff" end)
case("client_id left out", "S-14", "options.client_id", "offer", function(m) m.options.client_id = nil end)
case("client_id changed", "S-14", "options.client_id", "ack", function(m) m.options:set_raw(61, "\0x") end)
t.test("S-14: client_id that nobody sent", function()
  local function strip(m) m.options.client_id = nil end
  breaks("S-14", "options.client_id", { make.discover(strip), make.offer() })
  clean { make.discover(strip), make.offer(strip) }
end)
t.test("S-14: RFC 2131's own rule for client_id, on demand", function()
  local old = { client_id_2131 = true }
  breaks("S-14", "options.client_id", { make.discover(), make.offer() }, old)
  clean({ make.discover(), make.offer(function(m) m.options.client_id = nil end) }, old)
end)
case("an ACK for another address", "S-32", "yiaddr", "ack", function(m) m.yiaddr = "10.0.0.8" end,
  function(p) p.dst = "10.0.0.8:68" end)
t.test("S-44: an ACK to a renewal for another address", function()
  local list = x.history("renewing")
  list[#list + 1] = make.renewing()
  list[#list + 1] = make.ack(function(m) m.xid, m.ciaddr, m.yiaddr = 8, ADDRESS, "10.0.0.8" end)
  breaks("S-44", "yiaddr", list)
end)
t.test("S-31: an answer of a server that was not selected", function()
  local function other(m) m.options.server_id = "10.0.0.2" end
  breaks("S-31", "options.server_id", { make.discover(), make.offer(), make.selecting(), make.ack(other) })
  breaks("S-31", "options.server_id", { make.discover(), make.offer(), make.selecting(), make.nak(other) })
end)
case("an ACK that contradicts the OFFER", "S-29", "options.routers", "ack",
  function(m) m.options.routers = { "10.0.0.254" } end)
case("an ACK with a shorter lease", "S-29", "options.lease_time", "ack", function(m)
  m.options.lease_time, m.options.renewal_time, m.options.rebinding_time = 600, 300, 500
end)
case("routers before subnet_mask", "S-25", "options.subnet_mask", "offer", function(m)
  m.options.subnet_mask = nil
  m.options.subnet_mask = "255.255.255.0"
end)
case("T1 after T2", "C-24", "options.renewal_time", "ack", function(m) m.options.renewal_time = 3200 end)
case("T2 after the lease", "C-24", "options.rebinding_time", "ack", function(m) m.options.rebinding_time = 3600 end)
correct("an infinite lease has no order of times", "ack", function(m)
  m.options.lease_time, m.options.renewal_time, m.options.rebinding_time = 0xffffffff, 0xffffffff, 0xffffffff
end)
correct("an ACK with 58 alone, earlier than the lease", "ack", function(m) m.options.rebinding_time = nil end)

t.test("M-09: a reply larger than the client takes", function()
  local function small(m) m.options.max_message_size = 576 end
  local function large(m)
    m.limit = 2000
    m.options:set_raw(43, ("x"):rep(250))
    m.options:set_raw(17, ("y"):rep(250))
  end
  local breach = breaks("M-09", "size", { make.discover(small), make.offer(large) })
  t.match(breach.what, "548 octets")
  clean { make.discover(), make.offer(large) }
end)

-- The same option twice in the option field.
local function twice(code, value)
  return function(p)
    local bytes = p.message:bytes()
    local stop = bytes:find("\255\0*$")
    p.bytes = bytes:sub(1, stop - 1) .. string.char(code, #value) .. value .. "\255" .. bytes:sub(stop + 1)
  end
end
case("a requested option twice", "S-24", "options.domain_name_servers", "offer", nil, twice(6, "\10\0\0\2"))
case("an option split for nothing", "M-14", "options.domain_name", "offer",
  function(m) m.options.domain_name = "a" end, twice(15, "b"))
correct("a long option in two instances", "offer", function(m)
  m.limit = 1472
  m.options:set_raw(43, ("x"):rep(300))
end)

-- ---- extensions

t.test("E-10: rapid_commit in an ACK to a DISCOVER that had it, and nowhere else", function()
  local function rapid(m) m.options:set_raw(80, "") end
  clean({ make.discover(rapid), make.ack(rapid) }, { complete = true })
  breaks("E-10", "options.rapid_commit", { make.discover(), make.ack(rapid) })
  breaks("E-10", "options.rapid_commit", { make.discover(rapid), make.ack() }, { complete = true })
  breaks("E-10", "options.rapid_commit", { make.discover(rapid), make.offer(), make.selecting(), make.ack(rapid) })
end)
t.test("no breach: another server's late ACK with rapid_commit, after the client went on (search, seed 94)", function()
  clean({ make.discover(function(m) m.options:set_raw(80, "") end), make.offer(), make.selecting(), make.ack(),
    make.ack(function(m)
      m.options:set_raw(80, "")
      m.options.server_id = "192.168.1.9"
    end) }, { complete = true })
end)
case("ipv6_only_preferred unasked", "E-12", "options.ipv6_only_preferred", "offer",
  function(m) m.options.ipv6_only_preferred = 300 end)
t.test("no breach: ipv6_only_preferred to a client that asked", function()
  clean { make.discover(function(m) m.options.parameter_request_list = { 1, 108 } end), make.offer(function(m)
    m.options.ipv6_only_preferred = 300
  end) }
end)
t.test("E-15: no address and auto_configure", function()
  local function auto(m) m.options.auto_configure = 1 end
  local function nothing(value)
    return function(m)
      m.yiaddr, m.options.auto_configure = NONE, value
    end
  end
  local function offer(value)
    local p = make.offer(nothing(value))
    p.dst = ALL .. ":68"
    return p
  end
  clean { make.discover(auto), offer(0) }
  breaks("E-15", "options.auto_configure", { make.discover(), offer(0) })
  breaks("E-15", "options.auto_configure", { make.discover(auto), offer(1) })
end)
t.test("E-16: routers beside classless routes that were asked for is a warning", function()
  local function ask(m) m.options.parameter_request_list = { 121, 3 } end
  local function routes(m) m.options:set_raw(121, "\0\10\0\0\1") end
  local breach = breaks("E-16", "options.routers", { make.discover(ask), make.offer(routes) })
  t.equal(breach.level, "SHOULD")
  clean { make.discover(ask), make.offer(x.both(routes, function(m) m.options.routers = nil end)) }
end)
t.test("E-17: client_fqdn in a reply", function()
  local function fqdn(value) return function(m) m.options:set_raw(81, value) end end
  clean { make.discover(fqdn "\5\0\0\1a\0"), make.offer(fqdn "\5\255\255\1a\0") }
  breaks("E-17", "options.client_fqdn", { make.discover(fqdn "\5\0\0\1a\0"), make.offer(fqdn "\1\255\255\1a\0") })
  breaks("E-17", "options.client_fqdn", { make.discover(fqdn "\5\0\0\1a\0"), make.offer(fqdn "\4\255\255\1a\0") })
  local breach = breaks("E-17", "options.client_fqdn", { make.discover(fqdn "\5\0\0\1a\0"),
    make.offer(fqdn "\5\0\0\1a\0") })
  t.equal(breach.level, "SHOULD")
  breaks("E-17", "options.client_fqdn", { make.discover(fqdn "\5\0\0\1a\0"), make.offer(), make.selecting() })
end)
case("subnet_selection that was not sent", "E-04", "options.subnet_selection", "offer",
  function(m) m.options.subnet_selection = "10.0.0.0" end)
t.test("E-13: FORCERENEW without authentication, or by broadcast", function()
  local function renew(change, dst)
    return x.packet(x.build({ type = "forcerenew", op = 2, options = { server_id = SERVER } }, change), SERVER .. ":67",
      dst)
  end
  local function signed(m) m.options:set_raw(90, "\3\1\0" .. ("\0"):rep(8) .. "\2" .. ("x"):rep(16)) end
  clean { renew(signed, ADDRESS .. ":68") }
  breaks("E-13", "options.authentication", { renew(nil, ADDRESS .. ":68") })
  breaks("E-13", "destination", { renew(signed, ALL .. ":68") })
end)
t.test("E-14: a lease query asks for one thing, and says where it is", function()
  local function query(change)
    return x.packet(x.build({ type = "leasequery", giaddr = RELAY, ciaddr = ADDRESS, mac = "00:00:00:00:00:00",
      options = {} }, change), RELAY .. ":67", SERVER .. ":67")
  end
  clean { query(function(m) m.htype, m.hlen = 0, 0 end) }
  breaks("E-14", "ciaddr", { query(function(m) m.htype, m.hlen, m.ciaddr = 0, 0, NONE end) })
  breaks("E-14", "giaddr", { query(function(m) m.htype, m.hlen, m.giaddr = 0, 0, NONE end) })
end)

t.done()
