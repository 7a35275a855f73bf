-- scripts/dhcplab/search.lua, scene.lua, scene_text.lua and swarm.lua: scenes made by chance, the liveness phase, all
-- cases of a few packets; and the command `dhcplab search`, scripts/dhcplab/commands/search.lua.

local t = require "harness"
local json = require "dkjson"
local play = require "dhcplab.play"
local sandbox = require "dhcplab.sandbox"
local scene = require "dhcplab.scene"
local scene_text = require "dhcplab.scene_text"
local search = require "dhcplab.search"
require "dhcplab.swarm"

-- Drawing -------------------------------------------------------------------------------------------------------------

t.test("the same seed draws the same scene, another seed another", function()
  t.equal(scene_text(scene.draw(7)), scene_text(scene.draw(7)))
  t.ok(scene_text(scene.draw(7)) ~= scene_text(scene.draw(8)))
end)

local function some(list, key)
  for _, each in ipairs(list) do
    if each[key] ~= nil then return each[key] end
  end
end

t.test("over many seeds each kind of fault and of node is there and is missing", function()
  local with, clients, leases, whats = {}, {}, {}, {}
  local function note(what, is_there) with[what] = (with[what] or 0) + (is_there and 1 or 0) end
  for seed = 1, 200 do
    local made = scene.draw(seed)
    clients[#made.clients], leases[made.servers[1].lease_time] = true, true
    for _, kind in ipairs { "loss", "duplicate", "reorder", "jitter", "corrupt", "truncate", "capacity" } do
      note(kind, made.faults[kind])
    end
    note("second server", made.servers[2])
    note("relay", made.relay)
    note("far clients", some(made.clients, "far"))
    note("far pools", some(made.servers, "far_pool"))
    note("skew", some(made.clients, "skew") or some(made.servers, "skew"))
    for _, event in ipairs(made.events) do
      local who = event.who and not event.who:find("^client") and " " .. event.who or ""
      whats[event.what .. who .. (event.way == "forget" and " forget" or "")] = true
    end
  end
  for kind, count in pairs(with) do t.ok(count > 0 and count < 200, kind) end
  t.equal(clients, { true, true, true, true, true, true, true, true })
  t.ok(leases[2] and leases[3600])
  t.equal(whats, { ["crash"] = true, ["crash server"] = true, ["crash server forget"] = true, ["crash server2"] = true,
                   ["crash server2 forget"] = true, leave = true, cut = true, ["cut relay"] = true,
                   ["crash relay"] = true, squat = true })
end)

t.test("no server's clock is faster, no client's slower than the world's", function()
  for seed = 1, 200 do
    local made = scene.draw(seed)
    for _, server in ipairs(made.servers) do t.ok((server.skew or 1) >= 0.9 and (server.skew or 1) <= 1) end
    for _, client in ipairs(made.clients) do t.ok((client.skew or 1) >= 1 and (client.skew or 1) <= 1.1) end
  end
end)

t.test("what happens to one node does not overlap", function()
  for seed = 1, 200 do
    local busy = {}
    for _, event in ipairs(scene.draw(seed).events) do
      local key = event.what == "cut" and "cut" or event.who or event.address
      t.ok(event.at > (busy[key] or 0), ("seed %d"):format(seed))
      busy[key] = event.at + event.seconds
    end
  end
end)

-- Playing -------------------------------------------------------------------------------------------------------------

t.test("a scene played twice is the same run", function()
  sandbox.remember()
  for _, seed in ipairs { 3, 11, 29 } do
    local one, other = search.play(scene.draw(seed)), search.play(scene.draw(seed))
    t.equal(one.digest, other.digest)
    t.ok(one.events > 0)
  end
end)

local function small(changes)
  local made = { seed = 1, clients = { { name = "client1", mac = "02:00:00:00:00:01", start = 0 } }, events = {},
                 servers = { { name = "server", pool = "192.168.1.100-192.168.1.101", lease_time = 20 } }, faults = {},
                 length = 30, patience = 100 }
  for key, value in pairs(changes or {}) do made[key] = value end
  return made
end

t.test("faults that end with the safety phase do not hinder the liveness phase", function()
  sandbox.remember()
  local result = search.play(small { faults = { loss = 1 } })
  t.equal(result.status, "pass", result.report)
  t.ok(result.faults > 0)
  t.equal(result.handshakes, 1)
end)

t.test("a client without an address at the end is named, with what it waits for and what the server has", function()
  sandbox.remember()
  local path = t.write(t.path("silent.lua"), 'local dhcp = require "dhcplab"\nfunction dhcp.server:discover() end\n')
  local result = search.play(small { script = path })
  t.equal(result.key, "liveness")
  t.match(result.report, "0 of 1 clients have an address 100 s after the last fault, 1 could")
  t.match(result.report, "client1 is in %u+, its last message: discover at")
end)

t.test("clients beyond the size of the pool need no address", function()
  sandbox.remember()
  local clients = {}
  for i = 1, 4 do clients[i] = { name = "client" .. i, mac = ("02:00:00:00:00:%02x"):format(i), start = 0 } end
  local result = search.play(small { clients = clients })
  t.equal(result.status, "pass", result.report)
  t.equal(result.handshakes, 2)
end)

t.test("a script under search may make the server", function()
  sandbox.remember()
  local path = t.write(t.path("own.lua"), [[
local dhcp = require "dhcplab"
local server = dhcp.server { name = "mine", pool = "10.0.0.10-10.0.0.12", lease_time = 40 }
function server:discover(request)
  dhcp.sleep(0.2)
  return self:offer(request)
end
]])
  local crash = { what = "crash", who = "server", at = 5, seconds = 3 }
  local cut = { what = "cut", who = "client1", at = 15, seconds = 3, way = "one-way" }
  local result = search.play(small { script = path, events = { crash, cut } })
  t.equal(result.status, "pass", result.report)
  t.equal(result.handshakes, 1)
end)

t.test("faults of a run, replayed as a list, are the same run", function()
  sandbox.remember()
  local count = 0
  for seed = 1, 12 do
    local made = scene.draw(seed)
    made.patience = nil
    local one = search.play(made, { faults = true })
    made.replay, made.faults = one.fired, { latency = made.faults.latency, capacity = made.faults.capacity }
    local other = search.play(made, { faults = true })
    t.equal(other.digest, one.digest, ("seed %d"):format(seed))
    count = count + #one.fired
  end
  t.ok(count > 100, "faults at all")
end)

-- All cases -----------------------------------------------------------------------------------------------------------

t.test("the numbers of the cases count through all choices", function()
  local seen, count = {}, 0
  for number = 0, 4 ^ 3 - 1 do
    local key = table.concat(scene.choices(number, 3).choices, " ")
    t.ok(not seen[key], key)
    seen[key], count = true, count + 1
  end
  t.equal(count, 64)
  t.ok(seen["deliver deliver deliver"] and seen["delay duplicate drop"])
end)

t.test("whatever happens to the first six packets, the client gets its lease, and keeps it (4096 cases)", function()
  sandbox.remember()
  local faults, handshakes = 0, 0
  for number = 0, 4 ^ 6 - 1 do
    local result = search.play(scene.choices(number, 6))
    if result.status ~= "pass" then t.equal(result.report, nil, ("case %d"):format(number)) end
    faults, handshakes = faults + result.faults, handshakes + result.handshakes
  end
  t.equal(faults, 6 * 4096 * 3 // 4, "each packet suffers three of the four")
  t.ok(handshakes >= 4096)
end)

-- What the search has found in the library itself ---------------------------------------------------------------------

-- Plays f(dhcp) in virtual time; it must pass, every packet lawful and every invariant kept.
local function kept(f)
  sandbox.remember()
  local result = play.run({ world = { virtual = true, seed = 1 }, limit = 86400, invariants = true },
    function() return f(require "dhcplab") end)
  sandbox.restore()
  t.equal(result.status, "pass", result.report)
end

t.test("scenarios that failed once, for a mistake of judge, trace or search, pass", function()
  sandbox.remember()
  local seeds <const> = { 94, 157, 187, 254, 271, 389, 482, 520, 674, 779, 840, 1367, 1544, 1581, 1746, 10665, 24565,
                          26811 }
  for _, seed in ipairs(seeds) do
    local result = search.play(scene.draw(seed))
    t.equal(result.status, "pass", result.report)
  end
end)

local POOL <const> = "192.168.1.100-192.168.1.120"

t.test("a client with new_xid keeps the offer's xid when it sends its REQUEST again", function()
  kept(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.lan:drop { type = "ack", nth = 1 }
    t.ok(dhcp.client { new_xid = true }:acquire())
    local xids, count = {}, dhcp.trace:count { type = "request" }
    for _, record in ipairs(dhcp.trace:find { type = "request" }) do xids[record.xid] = true end
    t.equal(count, 2)
    t.ok(next(xids, next(xids)) == nil, "one xid")
  end)
end)

t.test("a lease counts from the first REQUEST of its xid: the ACK may answer that one", function()
  kept(function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 60 }
    local client = dhcp.client {}
    dhcp.lan:delay { type = "ack", nth = 1, by = 5 }
    dhcp.lan:drop { type = "request", nth = 2 }
    local lease = t.ok(client:acquire())
    t.near(lease.expires, server:leases()[1].expires, 1e-6)
  end)
end)

t.test("an ACK that comes after the end of its lease is not taken", function()
  kept(function(dhcp)
    dhcp.server { pool = POOL, lease_time = 3 }
    local client = dhcp.client { retries = 0, timeout = 30 }
    dhcp.lan:delay { type = "ack", nth = 1, by = 4 }
    local ack, why = client:request(t.ok(client:discover()))
    t.equal(ack, nil)
    t.equal(why, "expired")
    t.equal(client.lease, nil)
    t.equal(client.state, "INIT")
    t.ok(client:acquire(), "the next one is in time")
  end)
end)

t.test("an offer of an address that the client has still bound holds beyond that lease", function()
  kept(function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 20, offer_hold = 60 }
    local client = dhcp.client {}
    t.ok(client:acquire())
    dhcp.sleep(15)
    client:stop()
    client:start { forget = true }
    t.ok(client:discover())
    t.near(server:leases()[1].expires, dhcp.now() + 60, 0.1)
  end)
end)

t.test("a server that probes for an offer does not forget what it has bound meanwhile", function()
  kept(function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 600, offer_hold = 2, probe = true }
    local client = dhcp.client {}
    local offer = t.ok(client:discover())
    dhcp.sleep(2.5) -- the offer is not held any more
    client:send(client.last_discover)
    dhcp.sleep(0.5) -- probing again
    t.ok(client:request(offer))
    dhcp.sleep(2)
    t.equal(server:leases()[1].state, "bound")
  end)
end)

t.test("a client may be stopped before its first probe", function()
  kept(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { probe = true }
    local task = dhcp.spawn(function() return client:acquire() end)
    dhcp.sleep(1e-4)
    client:stop()
    local lease, why = task:join()
    t.equal(lease, nil)
    t.equal(why, "stopped")
  end)
end)

t.test("a client that is stopped and started while it probes does not take the ACK of its life before", function()
  kept(function(dhcp)
    dhcp.server { pool = POOL, lease_time = 600 }
    local client = dhcp.client { probe = true }
    local task = dhcp.spawn(function() return client:acquire() end)
    dhcp.sleep(0.5)
    client:stop()
    client:start()
    local lease, why = task:join()
    t.equal(lease, nil)
    t.equal(why, "stopped")
    t.equal(client.lease, nil)
  end)
end)

t.test("a packet that overtakes what its sender said before is judged after it", function()
  kept(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.lan:delay { type = "discover", by = 5 }
    t.ok(dhcp.client { timeout = "1m" }:acquire())
  end)
end)

-- The command ---------------------------------------------------------------------------------------------------------

local function exe(...) return t.run({ t.exe, ... }, { timeout = 60 }) end

t.test("search plays its seeds and says how much that was", function()
  local out, err, status = exe("search", "--seeds", "1..10")
  t.equal(status, 0, out .. err)
  t.match(out, "10 scenarios: 10 passed, 0 failed\n")
  t.match(out, "\n[%d,]+ handshakes, [%d,]+ packets, [%d,]+ faults, [%d,]+ events\n[%d.]+ days of virtual time in")
end)

t.test("a failing seed is exit status 1, with the lines that replay and shrink it", function()
  local out, _, status = exe("search", "tests/planted/nak_loop.lua", "--seeds", "1..3", "--fail-fast")
  t.equal(status, 1)
  local line = out:match("\n  replay: ([^\n]+)")
  t.ok(line, out)
  t.match(out, "\n  smaller: [^\n]+ shrink tests/planted/nak_loop.lua %-%-seed %d+\n")
  local again, _, same = t.run(line, { timeout = 60 })
  t.equal(same, 1)
  t.equal(again:match("FAIL.-\n  replay"), out:match("FAIL.-\n  replay"))
end)

t.test("search --show prints the scenario as a script, which a test plays", function()
  local out, _, status = exe("search", "--seed", "5", "--show")
  t.equal(status, 0)
  t.match(out, "swarm.server {")
  local path = t.write(t.path("shown.lua"), out)
  local said, err
  said, err, status = exe("test", path, "--seed", "5")
  t.equal(status, 0, said .. err)
end)

t.test("search says the same with any number of processes, but for the time that it took", function()
  local function said(...)
    local out, err, status = exe("search", "tests/planted/nak_loop.lua", "--seeds", "1..12", ...)
    t.equal({ err, status }, { "", 1 })
    return (out:gsub(" in [%d.]+ s\n", "\n"))
  end
  local one = said("--jobs", "1")
  t.match(one, "12 scenarios: %d passed, %d+ failed\n")
  t.equal(said("--jobs", "2"), one)
  t.equal(said("--jobs", "5"), one)
end)

local function json_lines(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do list[#list + 1] = assert(json.decode(line), line) end
  return list
end

t.test("shards of a search are all of it together: their JSON Lines merge by concatenation", function()
  local function seeds_of(...)
    local seeds = {}
    for _, object in ipairs(json_lines((exe("search", "--seeds", "1..10", "--format", "json", ...)))) do
      if not object.summary then seeds[#seeds + 1] = ("%d %s %s"):format(object.seed, object.status, object.digest) end
    end
    return seeds
  end
  local all, parts = seeds_of(), {}
  for k = 1, 3 do
    for _, one in ipairs(seeds_of("--shard", k .. "/3")) do parts[#parts + 1] = one end
  end
  t.equal(#all, 10)
  table.sort(all)
  table.sort(parts)
  t.equal(parts, all)
end)

t.test("search knows TAP and JUnit too", function()
  t.match((exe("search", "--seeds", "1..3", "--format", "tap")), "^ok 1 %- search: search, seed 1\n.*\n1%.%.3\n")
  t.match((exe("search", "--seeds", "1..3", "--format", "junit")), '<testsuite name="search" tests="3" failures="0"')
end)

t.test("wrong usage of search is exit status 2", function()
  for _, words in ipairs { { "--seeds", "x" }, { "--exhaustive", "0" }, { "--exhaustive", "11" },
                           { "--seed", "1", "--seeds", "1..2" }, { "not_there.lua" }, { "--jobs", "0" },
                           { "--shard", "3/2" }, { "--exhaustive", "2", "--seeds", "1..2" } } do
    local _, err, status = exe("search", table.unpack(words))
    t.equal(status, 2, err)
  end
end)

t.done()
