-- Replies that are too large for their client, and handlers that raise: what a server leaves out, and what it survives.
local t = require "harness"
local lab = require "lab"

local test = lab.test
local SERVER <const> = "192.168.1.2"

-- Options of about 250 octets each; overload gives 548 octets about 190 more.
local function large(dhcp, more)
  local options = { root_path = ("r"):rep(250), tftp_server_name = ("t"):rep(250), bootfile_name = ("b"):rep(250),
                    routers = "192.168.1.1" }
  for key, value in pairs(more or {}) do options[key] = value end
  return dhcp.server { pool = "192.168.1.100-192.168.1.110", options = options }
end

local function ask(wanted, size, more)
  local options = { parameter_request_list = wanted, max_message_size = size }
  for key, value in pairs(more or {}) do options[key] = value end
  return lab.bare():ask(lab.discover { options = options })
end

local function notes_of(dhcp, pattern)
  local found = {}
  for _, note in ipairs(dhcp.trace.notes or {}) do
    if note.text:find(pattern) then found[#found + 1] = note.text end
  end
  return found
end

local function has(reply, codes)
  local list = {}
  for _, code in ipairs(codes) do list[#list + 1] = reply.options:has(code) end
  return list
end

test("what fits is sent whole [M-09]", function(dhcp)
  local server = large(dhcp)
  local offer = ask({ 17, 66, 67, 3 }, 1500)
  t.equal(has(offer, { 17, 66, 67, 3 }), { true, true, true, true })
  t.equal({ server.drops["options left out of a reply"], #notes_of(dhcp, "left out") }, { nil, 0 })
end)

test("what the client asked for last goes first, until the rest fits, and that is said and counted [M-09]",
  function(dhcp)
    local server = large(dhcp)
    local offer = ask({ 3, 66, 17, 67 }, 576)
    t.ok(#offer <= 548, #offer)
    t.equal(has(offer, { 3, 66, 17, 67 }), { true, true, false, false })
    t.equal(server.drops["options left out of a reply"], 4, "T1, T2 and two others")
    t.match(notes_of(dhcp, "left out")[1], "548 octets: .*bootfile_name, root_path$")
  end)

test("the order of the list decides, not that of the codes [M-09]", function(dhcp)
  large(dhcp)
  t.equal(has(ask({ 67, 17, 66, 3 }, 576), { 67, 17, 66, 3 }), { true, false, false, false })
end)

test("what nobody asked for goes before what was asked for [M-09]", function(dhcp)
  local server = large(dhcp)
  function server.discover(self, request)
    local offer = self:offer(request)
    offer.options.merit_dump_file = ("m"):rep(200)
    return offer
  end
  local offer = ask({ 3, 66 }, 576)
  t.equal(has(offer, { 3, 66, 14 }), { true, true, false })
end)

test("message type, address, lease time, server and client identifier always stay [M-09]", function(dhcp)
  large(dhcp, { extensions_path = ("x"):rep(250) })
  local offer = ask({ 17, 66, 67, 18, 3, 1 }, 576, { client_id = "\0" .. ("i"):rep(250) })
  t.ok(#offer <= 548, #offer)
  t.equal({ offer.type, offer.yiaddr, offer.options.lease_time }, { "offer", "192.168.1.100", 3600 })
  t.equal(has(offer, { 54, 61 }), { true, true })
end)

test("option 82 comes back whole as long as anything else can go, and else not at all [E-01, M-09]", function(dhcp)
  local server = large(dhcp)
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.9" }, mac = lab.OTHER }
  local function through(length, id)
    local agent = { circuit_id = ("c"):rep(length) }
    return relay:ask(lab.discover { giaddr = "192.168.1.9", hops = 1, options = { relay_agent_information = agent,
      parameter_request_list = { 1, 17, 66, 67 }, client_id = id } }, SERVER, "192.168.1.9"), agent
  end
  local offer, agent = through(240)
  t.equal(offer.options.relay_agent_information, agent)
  t.equal(offer.options:codes()[#offer.options:codes()], 82)
  offer = through(253, "\0" .. ("i"):rep(250))
  t.ok(#offer <= 548, #offer)
  t.equal({ offer.options:has(82), offer.options:has(61), offer.options.lease_time }, { false, true, 3600 })
  t.ok(server.drops["options left out of a reply"])
end)

test("a client may ask for less than 576 octets, but gets 548 all the same [M-09]", function(dhcp)
  large(dhcp)
  local m = lab.discover { options = { parameter_request_list = { 17, 66 } } }
  m.options:set_raw(57, "\0\100")
  local offer = lab.bare():ask(m)
  t.ok(#offer > 300 and #offer <= 548, #offer)
end)

test("an ACK is cut like the OFFER before it [M-09, S-29]", function(dhcp)
  large(dhcp)
  local ack, offer = lab.bare():lease { options = { parameter_request_list = { 3, 66, 17 }, max_message_size = 576 } }
  t.equal(has(ack, { 3, 66, 17 }), has(offer, { 3, 66, 17 }))
end)

test("a reply that cannot be made to fit is not sent, and that is counted [M-09]", function(dhcp)
  local server = large(dhcp)
  function server.discover(self, request)
    local offer = self:offer(request)
    offer.options:set_raw(61, ("i"):rep(900))
    return offer
  end
  t.equal(ask({ 3 }, 576), nil)
  t.equal(server.drops["reply not sent: space"], 1)
end)

-- ---- what comes from the network never raises

local types <const> = { "discover", "request", "decline", "release", "inform", "leasequery" }
local codes <const> = { 50, 51, 52, 54, 55, 57, 61, 80, 81, 82, 90, 108, 116, 118, 121, 145, 12, 60 }
local addresses <const> = { "0.0.0.0", "192.168.1.100", "192.168.1.9", "10.1.2.3", "255.255.255.255" }

-- A message with options of any length and content, some of which fit together by chance.
local function wild(dhcp, type)
  local m = dhcp.message { type = type, mac = lab.MAC, strict = false }
  for _, field in ipairs { "ciaddr", "giaddr", "yiaddr" } do
    if dhcp.random() < 0.3 then m[field] = addresses[dhcp.random(#addresses)] end
  end
  if dhcp.random() < 0.2 then m.htype, m.hlen = dhcp.random(0, 255), dhcp.random(0, 16) end
  for _ = 1, dhcp.random(0, 6) do
    local bytes = {}
    for i = 1, dhcp.random() < 0.5 and 4 or dhcp.random(0, 30) do bytes[i] = string.char(dhcp.random(0, 255)) end
    local value = dhcp.random() < 0.2 and "\192\168\1\100" or table.concat(bytes)
    m.options:append(codes[dhcp.random(#codes)], dhcp.random() < 0.02 and value:rep(40) or value)
  end
  return m
end

test("no request, however wild, makes a server with everything switched on raise", function(dhcp)
  local server = large(dhcp, { classless_static_routes = { { destination = "10.0.0.0/8", router = "192.168.1.1" } } })
  local settings = { forcerenew = true, leasequery = true, probe = true, bootp = true, rapid_commit = true }
  server:stop()
  settings.address, settings.subnet_selection, settings.auto_configure, settings.ipv6_only = SERVER, true, false, 600
  settings.hosts = { [lab.OTHER] = { address = "192.168.1.50", hostname = "x" } }
  server = dhcp.server(settings)
  local bare = lab.bare()
  for _ = 1, 4000 do
    local m = wild(dhcp, types[dhcp.random(#types)])
    if dhcp.random() < 0.05 then m.type = nil end
    bare.port:send(m, "255.255.255.255:67")
    if dhcp.random() < 0.1 then dhcp.sleep(1) end
  end
  dhcp.sleep(5)
  t.ok(server.counts.discover > 100)
  t.equal(table.concat(lab.failures, "\n"), "")
end, { lax = true })

test("no reply, however wild, makes a client raise", function(dhcp)
  local bare = lab.bare { role = "relay", addresses = { SERVER }, mac = lab.OTHER }
  local replies <const> = { "offer", "ack", "nak", "forcerenew" }
  local client = dhcp.client { mac = lab.MAC, ipv6_only = true, auto_configure = true, forcerenew = true, fqdn = "a.b.",
                               rapid_commit = true, timeout = 3 }
  dhcp.spawn(function() client:run("1h") end)
  for _ = 1, 4000 do
    local m = wild(dhcp, replies[dhcp.random(#replies)])
    m.op, m.hlen, m.mac, m.xid = 2, 6, lab.MAC, client.xid or 0
    if dhcp.random() < 0.7 then m.options:append(54, "\192\168\1\2") end
    bare.port:send(m, "255.255.255.255:68")
    if dhcp.random() < 0.3 then dhcp.sleep(1) end
  end
  t.equal(table.concat(lab.failures, "\n"), "")
end, { lax = true })

test("no packet, however wild, makes a relay raise", function(dhcp)
  local below, above = dhcp.network { name = "below" }, dhcp.network { name = "above" }
  local relay = dhcp.relay { from = below, to = above, address = "192.168.1.1", server_address = "10.0.0.1",
                             circuit_id = "port 1", server = "10.0.0.2" }
  local client = lab.bare { network = below }
  local server = lab.bare { network = above, role = "relay", addresses = { "10.0.0.2" }, mac = lab.OTHER }
  for _ = 1, 2000 do
    client.port:send(wild(dhcp, types[dhcp.random(#types)]), "255.255.255.255:67")
    local m = wild(dhcp, "ack")
    m.op = 2
    if dhcp.random() < 0.7 then m.giaddr = "192.168.1.1" end
    server.port:send(m, "10.0.0.1:67")
    if dhcp.random() < 0.1 then dhcp.sleep(1) end
  end
  dhcp.sleep(1)
  t.ok(#client.heard > 100 and #server.heard > 100, "both directions")
  t.ok(next(relay.drops), "and some dropped")
end, { lax = true })

-- ---- handlers that raise

local SCRIPT <const> = [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover(request)
  if request.mac == "02:00:00:00:00:66" then
    local nothing
    return nothing.field
  end
  return dhcp.server.discover(self, request)
end
local bad = dhcp.client { mac = "02:00:00:00:00:66", timeout = "100ms" }
local good = dhcp.client { mac = "02:00:00:00:00:01" }
assert(not bad:acquire())
print("lease", good:acquire().address)
]]

for _, world in ipairs { "--virtual", "--listen=127.0.0.1:0" } do
  t.test(("a handler that raises costs one reply, is shown with script, line, time and seed, and sets the status: %s")
    :format(world), function()
      local script = t.write(t.path("raises.lua"), SCRIPT)
      local out, err, status = t.run { t.exe, "run", script, world, "--seed", "77" }
      t.match(out, "lease%s+192%.168%.1%.%d+")
      t.match(err, "raises%.lua:6: attempt to index a nil value")
      t.match(err, "\nat %d+%.%d+ s of %l+ time, seed 77")
      t.equal(status, 4)
    end)
end

test("other requests are served while a handler sleeps, and after one has raised", function(dhcp)
  local server = dhcp.server {}
  function server.discover(self, request)
    if request.mac == lab.OTHER then
      dhcp.sleep(3)
      error("on purpose")
    end
    return dhcp.server.discover(self, request)
  end
  local bare = lab.bare()
  bare:send(lab.discover { mac = lab.OTHER })
  t.equal(bare:ask(lab.discover()).type, "offer")
  dhcp.sleep(4)
  t.equal(#lab.failures, 1)
  t.match(lab.failures[1], "limit_test.lua:%d+: on purpose")
  t.equal(bare:ask(lab.discover()).type, "offer")
  lab.failures = {}
end)

t.done()
