-- The schema of --trace: every key of every kind of event, in its order; the leases that servers write down.
local t = require "harness"
local json = require "dkjson"
local lab = require "lab"
local help = require "dhcplab.help"
local tracefile = require "dhcplab.tracefile"

local POOL <const> = "192.168.1.100-192.168.1.101"
local function test(name, f) lab.test(name, f, { lax = true }) end

-- Everything that happens in f(dhcp, world) as lines of the trace.
local function traced(f, options)
  local world = lab.world(options and options.world)
  local path = t.path("trace.jsonl")
  local close = tracefile.attach(world, path, options and options.hex)
  f(require "dhcplab", world)
  t.equal({ close() }, { true })
  local lines = {}
  for line in t.read(path):gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  return lines
end

local function keys_of(line)
  local keys = {}
  for key in line:gsub('"[^"]*"([,}])', "0%1"):gmatch('"([%w_]+)":') do keys[#keys + 1] = key end
  return keys
end

local function first(lines, event)
  for _, line in ipairs(lines) do
    if json.decode(line).event == event then return line, json.decode(line) end
  end
  t.fail("no " .. event)
end

local function lease_events(lines)
  local out = {}
  for _, line in ipairs(lines) do
    local one = json.decode(line)
    if one.event == "lease" then out[#out + 1] = ("%g %s %s %s"):format(one.at, one.address, one.state,
      one.client or "-") end
  end
  return out
end

test("each kind of event has its keys, in the order of the schema", function()
  local lines = traced(function(dhcp)
    local server = dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    client:send(lab.request { options = { server_id = "192.168.1.77" } }, "192.168.1.77")
    client:send(lab.discover { op = 2 })
    dhcp.sleep(5)
    server:note("a remark")
  end, { hex = true })
  t.equal(keys_of(first(lines, "send")), { "at", "seq", "event", "from", "to", "src", "dst", "rfc_dst", "type",
    "xid", "hex" })
  t.equal(keys_of(first(lines, "deliver")),
    { "at", "seq", "event", "from", "to", "src", "dst", "rfc_dst", "type", "xid", "hex" })
  t.equal(keys_of(first(lines, "state")), { "at", "seq", "event", "from", "text", "state", "before" })
  t.equal(keys_of(first(lines, "lease")), { "at", "seq", "event", "from", "text", "state", "address", "client",
    "expires" })
  t.equal(keys_of(first(lines, "note")), { "at", "seq", "event", "from", "text" })
  t.equal(keys_of(first(lines, "drop")),
    { "at", "seq", "event", "from", "to", "src", "dst", "rfc_dst", "type", "xid", "cause", "hex" })
  local rank = {}
  for i, key in ipairs(tracefile.KEYS) do rank[key] = i end
  for _, line in ipairs(lines) do
    local last = 0
    for _, key in ipairs(keys_of(line)) do
      t.ok(rank[key] and rank[key] > last, line)
      last = rank[key]
    end
  end
end)

test("every key of the schema is explained by the help", function()
  local page = help.topic("trace")
  for _, key in ipairs(tracefile.KEYS) do t.match(page, "%f[%w]" .. key .. "%f[^%w_]", key) end
end)

test("a send says which addresses its packet has on the wire", function()
  local lines = traced(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    client:renew()
  end)
  local seen = {}
  for _, line in ipairs(lines) do
    local one = json.decode(line)
    if one.event == "send" then seen[#seen + 1] = ("%s %s %s"):format(one.type, one.src, one.dst) end
  end
  t.equal(seen, { "discover 0.0.0.0:68 255.255.255.255:67", "offer 192.168.1.2:67 192.168.1.100:68",
    "request 0.0.0.0:68 255.255.255.255:67", "ack 192.168.1.2:67 192.168.1.100:68",
    "request 192.168.1.100:68 192.168.1.2:67", "ack 192.168.1.2:67 192.168.1.100:68" })
end)

test("a server's leases are told as they change: offered, bound, released, given again, declined, expired", function()
  local lines = traced(function(dhcp)
    dhcp.server { pool = POOL, lease_time = 60 }
    local one = dhcp.client { mac = lab.MAC }
    one:acquire()
    one:release()
    one:acquire()
    one:decline()
    dhcp.sleep(100)
    local two = dhcp.client { mac = lab.OTHER }
    two:acquire()
    dhcp.sleep(100)
    dhcp.client { mac = "02:00:00:00:00:03" }:discover()
  end)
  t.equal(lease_events(lines), {
    "0 192.168.1.100 offered 02:00:00:00:00:01", "0 192.168.1.100 bound 02:00:00:00:00:01",
    "0 192.168.1.100 released 02:00:00:00:00:01", "0 192.168.1.100 offered 02:00:00:00:00:01",
    "0 192.168.1.100 bound 02:00:00:00:00:01", "0 192.168.1.100 declined -",
    "100 192.168.1.101 offered 02:00:00:00:00:02", "100 192.168.1.101 bound 02:00:00:00:00:02",
    "200 192.168.1.101 expired 02:00:00:00:00:02", "200 192.168.1.101 offered 02:00:00:00:00:03" })
end)

test("an offer that the client did not take, and one that ran out, are told as free", function()
  local lines = traced(function(dhcp)
    dhcp.server { name = "one", pool = POOL }
    dhcp.server { name = "two", pool = "192.168.1.150-192.168.1.151" }
    dhcp.client { mac = lab.MAC }:acquire()
    dhcp.client { mac = lab.OTHER }:discover()
    dhcp.sleep(100)
    dhcp.client { mac = "02:00:00:00:00:03" }:discover()
  end)
  local free = {}
  for _, event in ipairs(lease_events(lines)) do
    if event:find(" free ") then free[#free + 1] = event end
  end
  t.equal(free, { "0 192.168.1.150 free 02:00:00:00:00:01", "100 192.168.1.101 free 02:00:00:00:00:02",
    "100 192.168.1.151 free 02:00:00:00:00:02" })
end)

test("expires is the end of the hold, null for never, and absent where nothing is held", function()
  local function expires(lease_time, act)
    local lines = traced(function(dhcp)
      dhcp.server { pool = POOL, lease_time = lease_time }
      local client = dhcp.client { mac = lab.MAC, client_id = { hex = "00:61:62" } }
      client:acquire()
      if act then act(client) end
      dhcp.sleep(1)
    end)
    local last
    for _, line in ipairs(lines) do
      if line:find('"event":"lease"', 1, true) then last = line end
    end
    return last
  end
  t.match(expires("1h"), '"client":"00:61:62","expires":3600}$')
  t.match(expires("infinite"), '"expires":null}$')
  t.ok(not expires("1h", function(client) client:release() end):find("expires", 1, true))
end)

test("leases are told only to those who ask for them", function(dhcp, world)
  local events = {}
  world.trace:add_sink(function(event) events[event] = true end)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC }:acquire()
  t.equal({ events.lease, events.state }, { nil, true })
end)

test("texts that need quoting are quoted", function()
  local lines = traced(function(dhcp)
    local server = dhcp.server { pool = POOL, name = 'a "name" \\ with\nlines' }
    server:note("tab\tand \1")
  end)
  local _, note = first(lines, "note")
  t.equal({ note.from, note.text }, { 'a "name" \\ with\nlines', "tab\tand \1" })
end)

test("of two equal packets under way the first to arrive is the first that was sent", function(dhcp, world)
  local net = dhcp.network { name = "slow", latency = "1s" }
  dhcp.server { network = net, pool = POOL }
  local client = dhcp.client { network = net, mac = lab.MAC }
  local fates = {}
  client:send(lab.discover {})
  dhcp.sleep(0.25)
  client:send(lab.discover {})
  dhcp.sleep(0.9)
  for i, record in ipairs(world.trace:find { type = "discover" }) do fates[i] = record.fate end
  t.equal(fates, { "delivered", "in flight" })
end)

t.done()
