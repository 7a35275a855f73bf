-- scripts/dhcplab/faults.lua: chances, cuts, rules and taps, the same in virtual time and on real sockets; and fault
-- files, scripts/dhcplab/faultfile.lua.

local lab = require "lab"
local t = require "harness"

-- A test in each world: f(dhcp, world). Nothing is judged, since much is broken on purpose.
local function both(name, f)
  for _, virtual in ipairs { true, false } do
    t.test(("%s, in %s time"):format(name, virtual and "virtual" or "real"), function()
      local world = lab.world { virtual = virtual, seed = 4, faults = true, listen = "127.0.0.1:0" }
      f(require "dhcplab", world)
      world:close()
      t.equal(table.concat(lab.failures, "\n"), "", "what raised meanwhile")
    end)
  end
end

local function test(name, f)
  lab.test(name, f, { lax = true, world = { seed = 4, faults = true } })
end

local POOL <const> = "192.168.1.100-192.168.1.120"

-- A client that tries again after a moment.
local function quick(dhcp, options)
  options = options or {}
  options.timeout = options.timeout or "1s"
  local client = dhcp.client(options)
  function client:retransmission_delay() return 0.05 end
  return client
end

-- Settings ----------------------------------------------------------------------------------------------------

both("a wrong setting is refused with what would be right", function(dhcp)
  local wrong = {
    { { loss = 1.5 }, "loss: a chance from 0 to 1 expected, got 1.5" },
    { { duplicate = -0.1 }, "duplicate: a chance from 0 to 1 expected, got %-0.1" },
    { { corrupt = "often" }, "corrupt: a chance from 0 to 1 expected, got often" },
    { { truncate = 0 / 0 }, "truncate: a chance" },
    { { latency = "soon" }, "latency: a time such as .* expected, got soon" },
    { { jitter = -1 }, "jitter: a time" },
    { { latency = math.huge }, "latency: a time" },
    { { capacity = 0.5 }, "capacity: bits per second expected, got 0.5" },
    { { lost = 0.1 }, 'net:set has no setting called "lost"; did you mean "loss"%?' },
  }
  for _, row in ipairs(wrong) do
    t.error(function() dhcp.lan:set(row[1]) end, row[2])
  end
  t.error(function() dhcp.network { los = 0.1 } end, 'dhcp.network has no setting called "los"; did you mean "loss"%?')
  t.error(function() dhcp.network { reorder = 2 } end, "reorder: a chance")
  t.error(function() dhcp.network { name = "lan" } end, 'there is a network called "lan" already')
  t.error(function() dhcp.lan:set(0.1) end, "net:set takes a table")
  for _, good in ipairs { { loss = 0 }, { loss = 1 }, { latency = "20ms", capacity = 64000 }, { capacity = 0 } } do
    dhcp.lan:set(good)
  end
end)

test("what set() does not name stays as it was", function(dhcp)
  local net = dhcp.network { latency = "50ms", loss = 0.5 }
  net:set { loss = 0 }
  dhcp.server { network = net, pool = POOL }
  local client = dhcp.client { network = net }
  t.ok(client:acquire())
  t.near(dhcp.now(), 0.2, 1e-9, "four packets of 50 ms each")
end)

both("latency is waited for", function(dhcp)
  dhcp.lan:set { latency = "20ms" }
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local begun = dhcp.now()
  t.ok(client:acquire())
  t.ok(dhcp.now() - begun >= 0.08, "four packets of 20 ms each")
end)

-- Luck --------------------------------------------------------------------------------------------------------

-- What fired in a run with two servers and four clients, one line each, sorted. The first messages, broadcast replies
-- among them, are sent before anything can happen.
local function play(virtual, settings, seed)
  local world = lab.world { virtual = virtual, seed = seed, faults = true, listen = "127.0.0.1:0" }
  local dhcp = require "dhcplab"
  dhcp.server { name = "a", pool = POOL }
  dhcp.server { name = "b", pool = "192.168.1.130-192.168.1.140" }
  local clients = {}
  for i = 1, 4 do
    clients[i] = dhcp.client { retries = 0, timeout = "60ms", mac = "02:00:00:00:00:0" .. i }
  end
  dhcp.client { retries = 0, timeout = "60ms", broadcast = true }:discover()
  clients[1]:acquire()
  dhcp.sleep(0.03)
  dhcp.lan:set(settings)
  for i = 1, 4 do
    for _ = 1, 3 do
      clients[i]:discover()
      dhcp.sleep(0.03) -- what is late comes before the next one
    end
  end
  require("dhcplab.faultfile").collect(world)
  local lines = {}
  for i, fault in ipairs(world.fault_log) do
    lines[i] = ("%s %d %s %s"):format(fault.link, fault.k, fault.kind, fault.detail)
  end
  table.sort(lines)
  world:close()
  return table.concat(lines, "\n")
end

t.test("the same seed drops, delays and doubles the same packets in virtual and in real time", function()
  local settings = { loss = 0.3, duplicate = 0.2, jitter = "2ms", latency = "1ms", corrupt = 0.1, truncate = 0.05 }
  local virtual = play(true, settings, 11)
  t.equal(play(false, settings, 11), virtual)
  for _, kind in ipairs { "loss", "duplicate", "jitter", "corrupt" } do t.match(virtual, kind) end
  t.ok(play(true, settings, 12) ~= virtual, "another seed, other luck")
end)

t.test("one kind switched off moves no other", function()
  local with = play(true, { loss = 0.3, jitter = "2ms" }, 5)
  local without = play(true, { jitter = "2ms" }, 5)
  local count = 0
  for line in with:gmatch("client%d?>[ab] %d+ jitter [^\n]+") do -- what the clients sent is the same in both
    t.ok(without:find(line, 1, true), line)
    count = count + 1
  end
  t.ok(count > 5 and with:find("client%d?>[ab] %d+ loss") and not without:find("loss"))
end)

both("a chance of 1 loses everything, and the trace says why", function(dhcp)
  dhcp.lan:set { loss = 1 }
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "100ms", retries = 0 }
  t.equal({ client:discover() }, { nil, "timeout" })
  t.equal(dhcp.trace:count { type = "discover", fate = "dropped", cause = "loss", from = "client" }, 1)
  t.equal(dhcp.trace:count { type = "offer" }, 0)
end)

both("corrupted and truncated messages are known again in the trace", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "100ms", retries = 0 }
  dhcp.lan:set { truncate = 1 }
  t.ok(not client:discover())
  dhcp.lan:set { truncate = 0, corrupt = 1 }
  client:discover()
  t.equal(#dhcp.trace:find { fate = "in flight" }, 0)
  t.equal(dhcp.trace:count { foreign = true }, 0)
end)

test("a slow line takes its time, and has no room for too much", function(dhcp)
  dhcp.lan:set { capacity = 8 * 342 } -- a packet a second
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  t.ok(client:discover())
  t.ok(dhcp.now() >= 2 and dhcp.now() < 3, "one second there, one back")
  for _ = 1, 5 do client:send(client:discover_message()) end
  dhcp.sleep(10)
  t.equal(dhcp.trace:count { cause = "full" }, 3)
end)

test("a packet that is held back is overtaken", function(dhcp)
  dhcp.lan:set { reorder = 1, reorder_by = "50ms" }
  local server, client = dhcp.server { pool = POOL }, dhcp.client {}
  local heard = {}
  function server:discover(request) heard[#heard + 1] = request.secs end -- luacheck: ignore self
  client:send(client:discover_message { secs = 1 })
  dhcp.lan:set { reorder = 0 }
  client:send(client:discover_message { secs = 2 })
  dhcp.sleep(1)
  t.equal(heard, { 2, 1 })
end)

-- Rules -------------------------------------------------------------------------------------------------------

both("the second OFFER alone can be dropped", function(dhcp)
  dhcp.server { pool = POOL }
  local rule = dhcp.lan:drop { type = "offer", nth = 2 }
  local client = dhcp.client { timeout = "100ms", retries = 0 }
  t.equal({ client:discover() ~= nil, client:discover() ~= nil, client:discover() ~= nil }, { true, false, true })
  t.equal({ rule.hits, rule.seen }, { 1, 3 })
  t.equal(dhcp.trace:count { type = "offer", fate = "dropped", cause = "rule" }, 1)
end)

both("count says how many, nth which is the first of them", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "60ms", retries = 0 }
  dhcp.lan:drop { type = "discover", nth = 2, count = 2 }
  local got = {}
  for i = 1, 5 do got[i] = client:discover() ~= nil end
  t.equal(got, { true, false, false, true, true })
end)

both("every ACK to one MAC can be dropped, and to no other", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.lan:drop { type = "ack", mac = "02:00:00:00:00:01" }
  local one = dhcp.client { mac = "02:00:00:00:00:01", timeout = "150ms", retries = 0 }
  local two = dhcp.client { mac = "02:00:00:00:00:02", timeout = "150ms" }
  t.equal({ one:acquire() }, { nil, "timeout" })
  t.ok(two:acquire())
end)

both("a broadcast can be kept from one of its receivers", function(dhcp)
  local deaf, other = dhcp.server { name = "deaf", pool = POOL }, dhcp.server { name = "other", pool = POOL }
  dhcp.lan:drop { type = "discover", to = deaf }
  local client = dhcp.client { timeout = "150ms", retries = 0 }
  t.equal(client:discover().options.server_id, other.address)
  t.equal(deaf.counts.discover or 0, 0)
  t.equal(dhcp.trace:find { type = "discover" }[1].fate, "delivered")
end)

both("a rule may begin later, and end", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "60ms", retries = 0 }
  local rule = dhcp.lan:drop { type = "offer", after = "200ms" }
  t.ok(client:discover())
  dhcp.sleep(0.2)
  t.ok(not client:discover())
  rule:stop()
  t.ok(client:discover())
end)

both("an ACK can be delayed by a rule", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.lan:delay { type = "ack", by = "120ms" }
  local client = dhcp.client { retries = 0 }
  local offer = t.ok(client:discover())
  local begun = dhcp.now()
  t.ok(client:request(offer))
  t.ok(dhcp.now() - begun >= 0.12)
end)

both("two delays for one packet add up", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.lan:delay { type = "offer", by = "60ms" }
  dhcp.lan:tap(function(packet) if packet.type == "offer" then return "60ms" end end)
  local begun = dhcp.now()
  t.ok(dhcp.client {}:discover())
  t.ok(dhcp.now() - begun >= 0.12)
end)

both("a DISCOVER can be doubled", function(dhcp)
  local server = dhcp.server { pool = POOL }
  dhcp.lan:duplicate { type = "discover" }
  local client = dhcp.client { retries = 0 }
  t.equal(#client:offers("100ms"), 2)
  t.equal(server.counts.discover, 2)
end)

both("one bit of a message can be flipped", function(dhcp)
  local server = dhcp.server { pool = POOL }
  dhcp.lan:corrupt { type = "discover", bit = 28 * 8 } -- the first octet of chaddr
  local client = dhcp.client { mac = "02:00:00:00:00:07", timeout = "100ms", retries = 0 }
  local seen
  function server:discover(request) seen = request.mac end -- luacheck: ignore self
  t.ok(not client:discover())
  t.equal(seen, "82:00:00:00:00:07")
end)

test("rules say what is wrong with them", function(dhcp)
  dhcp.server { pool = POOL }
  local lan = dhcp.lan
  local wrong = {
    { function() lan:drop { typ = "offer" } end, 'net:drop has no setting called "typ"; did you mean "type"%?' },
    { function() lan:drop { type = "ofer" } end, 'no message type is called "ofer"' },
    { function() lan:drop { nth = 0 } end, "nth: a whole number from 1 expected, got 0" },
    { function() lan:drop { count = 1.5 } end, "count: a whole number" },
    { function() lan:drop { from = "severr" } end, 'no node is called "severr"; did you mean "server"%?' },
    { function() lan:drop { to = 7 } end, "net:drop: to: a node or its name expected, got 7" },
    { function() lan:drop { mac = "02" } end, "not a MAC address: 02" },
    { function() lan:drop { after = "later" } end, "after: a time" },
    { function() lan:drop "offer" end, "net:drop takes a table" },
    { function() lan:delay { type = "ack" } end, 'net:delay needs a time: by = "3s"' },
    { function() lan:delay { by = "often" } end, "by: a time" },
    { function() lan:corrupt { bit = -1 } end, "bit: the number of a bit" },
    { function() lan:drop { by = 1 } end, 'no setting called "by"' },
    { function() lan:tap "offer" end, "net:tap takes a function, got string" },
    { function() lan:cut() end, "net:cut takes one or two nodes" },
    { function() lan:cut("server", "server", "both") end, 'the third argument is "one%-way" or nothing, got both' },
    { function() lan:cut("sever") end, 'net:cut: no node is called "sever"; did you mean "server"%?' },
  }
  for _, row in ipairs(wrong) do t.error(row[1], row[2]) end
end)

-- Taps --------------------------------------------------------------------------------------------------------

both("a tap sees each packet once, and decides", function(dhcp)
  dhcp.server { name = "a", pool = POOL }
  dhcp.server { name = "b", pool = POOL }
  local seen = {}
  local stop = dhcp.lan:tap(function(packet)
    seen[#seen + 1] = ("%s %s>%s"):format(packet.type, packet.from, packet.to)
    t.equal(packet.message.type, packet.type)
    if packet.from == "b" then return false end
    if packet.type == "offer" then return 0.05 end
  end)
  local client = dhcp.client { retries = 0 }
  local begun = dhcp.now()
  t.ok(client:discover())
  t.ok(dhcp.now() - begun >= 0.05)
  table.sort(seen)
  t.equal(seen, { "discover client>*", "offer a>client", "offer b>client" })
  t.equal(dhcp.trace:count { from = "b", fate = "dropped", cause = "tap" }, 1)
  stop()
  t.ok(client:discover())
  t.equal(#seen, 3)
end)

test("a tap that returns something else is told so", function(dhcp)
  dhcp.server { pool = POOL }
  dhcp.lan:tap(function() return true end)
  t.error(function() dhcp.client {}:discover() end, "the function returns nothing, false or a time, got true")
end)

-- Partitions --------------------------------------------------------------------------------------------------

both("a cut parts two nodes until it is healed", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local one = dhcp.client { timeout = "60ms", retries = 0 }
  local two = dhcp.client { timeout = "60ms", retries = 0 }
  dhcp.lan:cut(one, "server")
  t.ok(not one:discover())
  t.ok(two:discover())
  t.equal(dhcp.trace:count { fate = "dropped", cause = "cut", from = one.name }, 1)
  dhcp.lan:heal()
  t.ok(one:discover())
  dhcp.lan:cut({ one, two }, server)
  t.ok(not one:discover() and not two:discover())
  dhcp.lan:heal(one, server)
  t.ok(one:discover() and not two:discover())
end)

both("a one-way cut lets the other way pass", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "60ms", retries = 0 }
  dhcp.lan:cut(server, client, "one-way")
  t.ok(not client:discover())
  t.equal(server.counts.discover, 1)
end)

both("a node that is cut off is alone", function(dhcp)
  dhcp.server { name = "a", pool = POOL }
  dhcp.server { name = "b", pool = POOL }
  local client = dhcp.client { timeout = "60ms", retries = 0 }
  dhcp.lan:cut(client)
  t.ok(not client:discover())
  dhcp.lan:heal()
  dhcp.lan:cut("a")
  t.equal(#client:offers("60ms"), 1)
end)

-- Networks of their own ---------------------------------------------------------------------------------------

test("each network has its own faults", function(dhcp)
  local floor, center = dhcp.network { name = "floor" }, dhcp.network { name = "center" }
  dhcp.server { network = center, address = "10.0.9.2",
                subnets = { { subnet = "10.0.9.0/24" }, { subnet = "10.0.1.0/24" } } }
  dhcp.relay { from = floor, to = center, address = "10.0.1.1", server_address = "10.0.9.1" }
  local on_center = center:drop { type = "discover", nth = 1 }
  local on_floor = floor:drop { type = "ack" }
  local client = quick(dhcp, { network = floor })
  t.ok(client:discover())
  t.equal({ on_center.hits, on_floor.hits }, { 1, 0 })
  t.ok(not client:acquire())
  t.ok(on_floor.hits > 0)
end)

-- Fault files -------------------------------------------------------------------------------------------------

local script = [[
local dhcp = require "dhcplab"
dhcp.lan:set { loss = 0.3, duplicate = 0.2, jitter = "5ms", corrupt = 0.1, truncate = 0.05, latency = "1ms" }
dhcp.lan:delay { type = "ack", by = "3ms" }
dhcp.lan:tap(function(packet) if packet.type == "offer" and dhcp.random() < 0.7 then return false end end)
local server = dhcp.server { pool = "192.168.1.100-192.168.1.120" }
local gone = dhcp.client { name = "gone", timeout = "1s" }
dhcp.lan:cut(gone, server)
for i = 1, 4 do dhcp.client { name = "c" .. i, timeout = "3m", probe = true }:acquire() end
gone:acquire()
]]

t.test("a run is played again from the faults that fired, with all chances at zero", function()
  local path, first, second = t.write(t.path("script.lua"), script), t.path("first"), t.path("second")
  local run = { t.exe, "run", path, "--virtual", "--seed", "9", "-v" }
  local function with(...)
    local command = { table.unpack(run) }
    for _, word in ipairs { ... } do command[#command + 1] = word end
    local out, err, status = t.run(command)
    t.equal(err, "")
    t.equal(status, 0)
    return out
  end
  local plain = with()
  t.equal(with("--faults", first), plain, "recording changes nothing")
  t.equal(with("--replay-faults", first, "--faults", second), plain, "the same transcript and digest")
  t.equal(t.read(second), t.read(first))
  for _, kind in ipairs { "loss", "cut", "tap", "delay", "jitter", "duplicate", "corrupt" } do
    t.match(t.read(first), '"kind":"' .. kind .. '"')
  end
end)

t.test("a fault taken out of the file does not happen, and the others do", function()
  local path = t.write(t.path("plain.lua"), [[
    local dhcp = require "dhcplab"
    dhcp.server { pool = "192.168.1.100-192.168.1.120" }
    local client = dhcp.client { timeout = "1s", retries = 0 }
    local offers = {}
    for i = 1, 3 do offers[i] = client:discover() and "yes" or "no" end
    print("offers: " .. table.concat(offers, " "))]])
  local file = t.write(t.path("faults"), '{"link":"server>client","k":2,"kind":"loss"}\n\n'
    .. '{"at":0,"net":"lan","link":"client>*","k":3,"kind":"rule"}\n')
  local command = { t.exe, "run", path, "--virtual", "-q", "--seed", "1" }
  t.equal((t.run(command)), "offers: yes yes yes\n")
  for _, word in ipairs { "--replay-faults", file } do command[#command + 1] = word end
  t.equal((t.run(command)), "offers: yes no no\n")
  t.write(file, '{"link":"client>server","k":9,"kind":"loss"}\n')
  local out, err = t.run(command)
  t.equal(out, "offers: yes yes yes\n")
  t.match(err, "1 of the faults in .* never came up")
end)

t.test("a file of faults that is none is refused with its line", function()
  local wrong = {
    { "loss", ":1: not a JSON object" },
    { '{"link":"client>server","k":1,"kind":"loss"}\n{"link":"client","k":1,"kind":"loss"}', ":2: a fault has a link" },
    { '{"link":"client>server","k":0,"kind":"loss"}', ":1: a fault has a link" },
    { '{"link":"client>server","k":1,"kind":"fire"}', ":1: a fault has a link" },
    { '{"link":"client>server","k":1,"kind":"delay","detail":"long"}', ":1: detail is a number from 0" },
    { '{"link":"client>server","k":1,"kind":"delay","detail":-1}', ":1: detail is a number from 0" },
  }
  for _, row in ipairs(wrong) do
    local _, err, status = t.run { t.exe, "--virtual", "--replay-faults", t.write(t.path("wrong"), row[1]) }
    t.match(err, row[2])
    t.equal(status, 2)
  end
  local _, err, status = t.run { t.exe, "--virtual", "--replay-faults", "/no/such/file" }
  t.match(err, "/no/such/file: No such file")
  t.equal(status, 2)
  _, err, status = t.run { t.exe, "--virtual", "--faults", "/no/such/folder/file" }
  t.match(err, "the faults could not be written")
  t.equal(status, 3)
end)

-- Scenarios ---------------------------------------------------------------------------------------------------

-- Packets without times, sorted: what was sent, and what was lost.
local function packets(out)
  local lines = {}
  for line in out:gmatch("[^\n]+") do
    local packet = line:match("^ *%d+%.%d+  (%S+ %-> %S+ .*)")
    if packet then lines[#lines + 1] = packet:gsub("  +", " ") end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- Several clients at once may come in another order on sockets: one of them will do.
for _, name in ipairs { "lost_offer", "lossy_network", "partition" } do
  t.test(("the scenario %s gives the same packets in both worlds"):format(name), function()
    local transcripts = {}
    for i, world in ipairs { "--virtual", "--ascii" } do
      local command = { t.exe, "run", "scenarios/" .. name .. ".lua", world, "--seed", "8", "--listen", "127.0.0.1:0",
                        "--server", "127.0.0.1:0" }
      if name == "lossy_network" then
        command[#command + 1] = "--set"
        command[#command + 1] = "clients=1"
      end
      local out, err, status = t.run(command)
      t.equal(err, "")
      t.equal(status, 0)
      transcripts[i] = packets(out)
    end
    t.equal(transcripts[2], transcripts[1])
    t.match(transcripts[1], "LOST")
  end)
end

t.test("the scenario lossy_network ends well with the RFC's own intervals", function()
  for seed = 1, 5 do
    local _, err, status = t.run { t.exe, "run", "scenarios/lossy_network.lua", "--virtual", "-q", "--set", "pause=0",
                                   "--seed", tostring(seed) }
    t.equal(err, "")
    t.equal(status, 0)
  end
end)

t.done()
