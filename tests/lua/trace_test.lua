-- What happened, in order: records and their fates, queries, notes, and the trace file.
local t = require "harness"
local json = require "dkjson"
local lab = require "lab"
local tracefile = require "dhcplab.tracefile"

local POOL <const> = "192.168.1.100-192.168.1.110"
local function test(name, f, options) lab.test(name, f, options or { lax = true }) end

test("a handshake is four records, in order, with who and what", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC }:acquire()
  local seen = {}
  for _, r in ipairs(dhcp.trace:find()) do seen[#seen + 1] = ("%s %s>%s %s"):format(r.type, r.from, r.to, r.fate) end
  t.equal(seen, { "discover client>* delivered", "offer server>client delivered", "request client>* delivered",
    "ack server>client delivered" })
  local last = 0
  for _, r in ipairs(dhcp.trace:find()) do
    t.ok(r.seq > last)
    last = r.seq
  end
end)

test("a record has both addresses: the RFC's destination and the one used [X-08]", function(dhcp)
  local world = lab.world { virtual = false, listen = "127.0.0.1:0" }
  local server = dhcp.server { pool = POOL }
  local client = dhcp.client { mac = lab.MAC, server = server.endpoint }
  t.ok(client:acquire())
  local discover, offer = world.trace:find { type = "discover" }[1], world.trace:find { type = "offer" }[1]
  t.equal({ discover.rfc_dst, discover.dst, discover.src }, { "255.255.255.255:67", server.endpoint, client.endpoint })
  t.equal({ offer.rfc_dst, offer.dst, offer.src }, { "192.168.1.100:68", client.endpoint, server.endpoint })
end)

test("a packet that is changed before a relay and behind it is known again; so is the twin of one that is cut short",
  function(dhcp)
    local far = dhcp.network { name = "far" }
    dhcp.server { subnets = { { pool = POOL }, { pool = "10.0.0.10-10.0.0.11" } } }
    dhcp.relay { from = far, to = dhcp.lan, address = "10.0.0.1", server_address = "192.168.1.1" }
    local client = dhcp.client { network = far }
    t.ok(client:acquire())
    for _, network in ipairs { far, dhcp.lan } do network:set { corrupt = 1 } end
    client:renew() -- by unicast: the relay passes it on as it is
    for _, network in ipairs { far, dhcp.lan } do network:set { corrupt = 0, truncate = 1 } end
    client.lease.ack.xid = 5
    client:send(client.lease.ack, "192.168.1.2")
    client:send(client.lease.ack, "192.168.1.2")
    dhcp.sleep(1)
    for _, record in ipairs(dhcp.trace:find()) do t.ok(record.fate ~= "in flight", tostring(record.message)) end
  end)

test("a relay's packet with the same octets as the server's is known again, whatever the server's suffer meanwhile",
  function(dhcp)
    local far = dhcp.network { name = "far", latency = "1s" }
    local server = dhcp.server { subnets = { { pool = POOL }, { pool = "10.0.0.10-10.0.0.11" } } }
    dhcp.relay { from = far, to = dhcp.lan, address = "10.0.0.1", server_address = "192.168.1.1" }
    local client = dhcp.client { network = far }
    local discover = client:discover_message()
    for _ = 1, 3 do client:send(discover) end -- the same answer three times
    dhcp.lan:drop { type = "offer", nth = 2, count = 2 }
    dhcp.sleep(5)
    t.equal(server.counts.discover, 3)
    t.equal(dhcp.trace:count { type = "offer", from = "relay", fate = "delivered" }, 1)
    t.equal(dhcp.trace:count { type = "offer", from = "server", fate = "delivered" }, 1)
    t.equal(dhcp.trace:count { type = "offer", from = "server", fate = "dropped" }, 2)
  end)

test("find and count query by what a record or its message has", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC }:acquire()
  dhcp.client { mac = lab.OTHER }:acquire()
  local trace = dhcp.trace
  t.equal({ trace:count(), trace:count { type = "discover" }, trace:count { from = "server" } }, { 8, 2, 4 })
  t.equal(trace:count { type = "ack", yiaddr = "192.168.1.101" }, 1)
  t.equal(trace:count { mac = lab.OTHER, op = 1 }, 2)
  t.equal(trace:count { type = "nak" }, 0)
  t.equal(trace:find { type = "request" }[2].message.options.requested_ip, "192.168.1.101")
  t.equal(trace:count { fate = "dropped" }, 0)
end)

test("a record keeps the message as it was sent, whatever becomes of it later", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local sent
  function server:discover(request)
    sent = dhcp.server.discover(self, request)
    return sent
  end
  dhcp.client {}:discover()
  sent.yiaddr = "9.9.9.9"
  t.equal(dhcp.trace:find { type = "offer" }[1].message.yiaddr, "192.168.1.100")
end)

test("what is lost has the fate dropped and a cause", function(dhcp)
  local net = dhcp.network { name = "bad", loss = 1 }
  local client = dhcp.client { network = net, timeout = 2 }
  dhcp.server { network = net, pool = POOL }
  t.equal(client:discover(), nil)
  local r = dhcp.trace:find { type = "discover" }[1]
  t.equal({ r.fate, r.cause ~= nil }, { "dropped", true })
end)

test("a unicast to nobody is dropped, and says why", function(dhcp)
  local client = dhcp.client {}
  client:send(lab.discover {}, "192.168.1.77")
  dhcp.sleep(5)
  local r = dhcp.trace:find { type = "discover" }[1]
  t.equal(r.fate, "dropped")
  t.ok(r.cause)
end)

test("what others send is a record too: foreign, when it arrives", function(dhcp)
  dhcp.server { pool = POOL }
  lab.bare():ask(lab.discover {})
  local r = dhcp.trace:find { type = "discover" }[1]
  t.equal({ dhcp.trace:count { foreign = true }, dhcp.trace:count { cause = "none" } }, { 1, 0 })
  t.error(function() dhcp.trace:count { tpe = "offer" } end, 'trace_test.lua:%d+: .*"tpe"')
  t.equal({ r.foreign, r.from, r.to, r.fate }, { true, "0.0.0.0:68", "server", "delivered" })
end)

test("states and remarks are notes, not packets", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.client {}:acquire()
  local states = {}
  for _, note in ipairs(dhcp.trace.notes) do
    if note.event == "state" then states[#states + 1] = ("%s>%s"):format(note.before, note.text) end
  end
  t.equal(states, { "INIT>SELECTING", "SELECTING>REQUESTING", "REQUESTING>BOUND" })
  t.equal(dhcp.trace:count(), 4)
end)

test("a trace that is not kept has sinks all the same", function(dhcp)
  local world = lab.world { trace = false }
  local events = {}
  world.trace:add_sink(function(event, record) events[#events + 1] = event .. " " .. (record.type or record.text) end)
  dhcp.server { pool = POOL }
  dhcp.client {}:discover()
  t.equal(events, { "state SELECTING", "send discover", "deliver discover", "send offer", "deliver offer" })
  t.equal(dhcp.trace:count(), 0)
end)

-- ---- the file

local function traced(dhcp, verbose)
  local path = t.path("events.jsonl")
  local world = lab.world {}
  local close = tracefile.attach(world, path, verbose)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC }:acquire()
  t.equal({ close() }, { true })
  local list = {}
  for line in t.read(path):gmatch("([^\n]*)\n") do list[#list + 1] = line end
  return list
end

test("the trace file has one JSON object a line, with at, seq and event first", function(dhcp)
  local lines = traced(dhcp)
  local last = 0
  for _, line in ipairs(lines) do
    local object = t.ok(json.decode(line), line)
    t.match(line, '^{"at":[%d.]+,"seq":%d+,"event":"%a+"')
    t.ok(object.seq > last, line)
    last = object.seq
    t.equal(object.hex, nil)
  end
  local send = json.decode(lines[2])
  t.equal({ send.event, send.from, send.to, send.type, send.dst, send.xid:match("^0x%x%x%x%x%x%x%x%x$") ~= nil },
    { "send", "client", "*", "discover", "255.255.255.255:67", true })
end)

test("with -v the file has the octets of each message", function(dhcp)
  local count = 0
  for _, line in ipairs(traced(dhcp, true)) do
    local object = json.decode(line)
    if object.event == "send" then
      count = count + 1
      local bytes = object.hex:gsub("%x%x", function(x) return string.char(tonumber(x, 16)) end)
      t.equal(dhcp.decode(bytes).type, object.type)
    end
  end
  t.equal(count, 4)
end)

test("the same seed gives the same trace file", function(dhcp)
  local one = table.concat(traced(dhcp, true), "\n")
  t.equal(table.concat(traced(dhcp, true), "\n"), one)
end)

test("a trace file that cannot be written says so at its beginning or at its end", function(dhcp)
  local world = lab.world {}
  local ok, why = pcall(tracefile.attach, world, "/no/such/folder/x", false)
  t.ok(not ok)
  t.equal(why.exit, 3)
  if not os.execute("test -c /dev/full") then t.skip("no /dev/full here") end
  local close = tracefile.attach(world, "/dev/full", false)
  dhcp.client { timeout = 1 }:discover()
  local closed, text = close()
  t.equal(closed, nil)
  t.match(text, "No space")
end)

t.done()
