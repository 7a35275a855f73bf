-- Lua's own sources of disorder are closed for scripts (scripts/dhcplab/order.lua, sandbox.lua): each script here runs
-- in several processes, whose addresses and string hashes differ, plainly and with everything written that can be.
local t = require "harness"

local function command_of(path, ...)
  return table.move({ ... }, 1, select("#", ...), 8, { t.exe, "run", path, "--virtual", "--seed", "1", "--quiet" })
end

-- Runs the script in four processes; what it printed, which must be the same each time.
local function run_everywhere(text)
  local path = t.write(t.path("script.lua"), text)
  local out, err, status = t.run(command_of(path))
  t.equal({ err, status }, { "", 0 })
  t.equal((t.run(command_of(path))), out, "the same in another process")
  local large = { "env", "LARGE=" .. ("x"):rep(5000), "TZ=Asia/Tokyo", "LC_ALL=C.UTF-8" }
  t.equal((t.run(table.move(command_of(path), 1, 7, #large + 1, large))), out, "the same in another environment")
  t.equal((t.run(command_of(path, "--trace", t.path("trace.jsonl"), "--pcap", t.path("run.pcapng"), "--html",
    t.path("run.html"), "--strict"))), out, "the same with all that can be written")
  return out
end

local function prints(text, want) t.equal(run_everywhere(text), want) end

-- ---- order of keys

t.test("pairs gives whole numbers, other numbers, texts, false and true, each rising", function()
  prints([[
    local t = { z = 1, b = 2, ["b\0"] = 3, ["\xff"] = 4, a = 5, [true] = 6, [false] = 7, [-1] = 8, [0] = 9, [2^53] = 10,
                [0.5] = 11, [7] = 12, [math.huge] = 13, "one", "two" }
    for key, value in pairs(t) do print(("%q"):format(key), value) end
  ]], '1\tone\n2\ttwo\n7\t12\n9007199254740992\t10\n-1\t8\n0\t9\n0x1p-1\t11\n1e9999\t13\n"a"\t5\n"b"\t2\n"b\\0"\t3\n'
    .. '"z"\t1\n"\xff"\t4\nfalse\t7\ntrue\t6\n')
end)

t.test("a thousand texts as keys come in the same order, by pairs and by next", function()
  local out = run_everywhere [[
    local t = {}
    for i = 1, 1000 do t["key " .. i * 7919 % 1000] = i end
    local by_pairs, by_next = {}, {}
    for key in pairs(t) do by_pairs[#by_pairs + 1] = key end
    for key in next, t do by_next[#by_next + 1] = key end
    print(#by_pairs, table.concat(by_pairs) == table.concat(by_next))
    print(table.concat(by_next, ","))
  ]]
  t.match(out, "^1000\ttrue\nkey 0,key 1,key 10,key 100,key 101,")
end)

t.test("tables, functions and threads as keys come in the order in which they were made", function()
  prints([[
    local made, t = {}, {}
    for i = 1, 300 do
      local kind = i % 3
      made[i] = kind == 0 and {} or kind == 1 and function() return i end or coroutine.create(print)
    end
    for i = 1, 300 do t[made[i * 7 % 300 + 1] ] = i * 7 % 300 + 1 end
    local last, rising = 0, true
    for _, number in pairs(t) do rising, last = rising and number == last + 1, number end
    print(last, rising)
    local count = 0
    for key, number in next, t do count = count + 1; rising = rising and made[count] == key and number == count end
    print(count, rising)
  ]], "300\ttrue\n300\ttrue\n")
end)

t.test("tables that are made where others have died come in the order of their making as well", function()
  prints([[
    local order, t = {}, {}
    for round = 1, 20 do
      for _ = 1, 500 do local _ = { {}, function() return round end } end
      collectgarbage()
      local key = {}
      order[key], t[key] = round, true
    end
    local out = {}
    for key in pairs(t) do out[#out + 1] = order[key] end
    print(table.concat(out, " "))
  ]], "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n")
end)

t.test("functions of Lua's libraries as keys come in the order of their names", function()
  prints([[
    local names, t = {}, {}
    for _, name in ipairs { "rep", "byte", "upper", "char", "gsub" } do t[string[name] ] = name end
    t[math.sin], t[rawget], t[coroutine.yield] = "sin", "rawget", "yield"
    for _, name in pairs(t) do names[#names + 1] = name end
    print(table.concat(names, " "))
  ]], "yield sin byte char gsub rep upper rawget\n")
end)

t.test("messages as keys come in the same order", function()
  if t.tree:find("address", 1, true) then t.skip("under the sanitizer userdata are not numbered") end
  prints([[
    local dhcp = require "dhcplab"
    local t, out = {}, {}
    for i = 1, 50 do t[dhcp.message { type = "discover", xid = i }] = i end
    for message, i in pairs(t) do out[#out + 1] = i == message.xid and i or "wrong" end
    print(table.concat(out, " ", 1, 5), #out)
  ]], "1 2 3 4 5\t50\n")
end)

t.test("while pairs and next go on, keys may be taken out and changed", function()
  prints([[
    for _, way in ipairs { pairs, function(t) return next, t end } do
      local t, seen = {}, {}
      for i = 1, 5 do t[i], t["k" .. i] = i, i end
      for key, value in way(t) do
        seen[#seen + 1] = key .. "=" .. value
        t[key] = nil
        t.k3 = nil
        if t.k5 then t.k5 = 50 end
      end
      print(table.concat(seen, " "), next(t))
    end
  ]], ("1=1 2=2 3=3 4=4 5=5 k1=1 k2=2 k4=4 k5=50\tnil\n"):rep(2))
end)

t.test("next begins anew, goes on from any key, and says when a table is empty", function()
  prints([[
    local t = { 10, 20, x = 1, y = 2 }
    print(next({}), next(t))
    print(next(t, 1))
    print(next(t, 2))
    print(next(t, "x"))
    print(next(t, "y"))
    for key in next, t do if key == 2 then break end end
    t.a = 0
    print(next(t))
    print(next(t, 2))
    while next(t) do t[next(t)] = nil end
    print(next(t), pcall(next, 1))
  ]], "nil\t1\t10\n2\t20\nx\t1\ny\t2\nnil\n1\t10\na\t0\n"
    .. "nil\tfalse\tbad argument #1 to 'next' (table expected, got number)\n")
end)

t.test("traversals inside each other do not disturb each other", function()
  prints([[
    local t, out = { a = 1, b = 2, c = 3 }, {}
    for x in pairs(t) do for y in pairs(t) do out[#out + 1] = x .. y end end
    print(table.concat(out, " "))
  ]], "aa ab ac ba bb bc ca cb cc\n")
end)

t.test("__pairs is respected, and the options of a message keep the order of the wire", function()
  prints([[
    local dhcp = require "dhcplab"
    local function once(_, key) if not key then return "own", 1 end end
    local t = setmetatable({ 1 }, { __pairs = function() return once end })
    for key, value in pairs(t) do print(key, value) end
    local m = dhcp.message { type = "discover" }
    m.options.host_name = "h"
    m.options.lease_time = 7
    for key in pairs(m.options) do print(key) end
    print(pcall(pairs, nil))
  ]], "own\t1\nmessage_type\nhost_name\nlease_time\nfalse\tbad argument #1 to 'pairs' (table expected, got nil)\n")
end)

-- ---- sorting

t.test("table.sort keeps equals in their order, however many there are", function()
  prints([[
    local list = {}
    for i = 1, 2000 do list[i] = { key = i * 31 % 7, place = i } end
    table.sort(list, function(a, b) return a.key < b.key end)
    local stable = true
    for i = 2, #list do
      local a, b = list[i - 1], list[i]
      stable = stable and (a.key < b.key or a.key == b.key and a.place < b.place)
    end
    print(#list, stable)
    local words = { "b", "C", "a", "B", "" }
    table.sort(words)
    print(table.concat(words, " "))
    for n = 0, 9 do
      local numbers = {}
      for i = 1, n do numbers[i] = i * 7 % 10 end
      table.sort(numbers, function(a, b) return a > b end)
      io.write(table.concat(numbers), ";")
    end
    print()
  ]], "2000\ttrue\n B C a b\n;7;74;741;8741;87541;875421;9875421;98765421;987654321;\n")
end)

t.test("an order that contradicts itself gives the same result each time, and no error by chance", function()
  local out = run_everywhere [[
    local list = {}
    for i = 1, 500 do list[i] = i end
    table.sort(list, function() return math.random() < 0.5 end)
    print(table.concat(list, " "))
    table.sort(list, function() return true end)
    print(table.concat(list, " "))
  ]]
  local numbers = 0
  for _ in out:gmatch("%d+") do numbers = numbers + 1 end
  t.equal(numbers, 1000)
end)

t.test("table.sort refuses what it cannot sort", function()
  prints([[
    print(pcall(table.sort, { 1, "a" }))
    print(pcall(table.sort, 1))
    print(pcall(table.sort, {}, 1))
  ]], "false\tattempt to compare string with number\n"
    .. "false\tbad argument #1 to 'sort' (table expected, got number)\n"
    .. "false\tbad argument #2 to 'sort' (function expected, got number)\n")
end)

-- ---- names in the place of addresses

t.test("tables, functions, threads and files are told with numbers, by tostring, print and format", function()
  prints([[
    local a, b = {}, {}
    print(b, a, b)
    print(tostring(a), ("%s|%10s|%-10s|%d%%"):format(b, a, function() end, 5))
    print(coroutine.create(print), io.stdout, print, string.format("%s", setmetatable({}, { __name = "Thing" })))
    print(setmetatable({}, { __tostring = function() return "as it says" end }), nil, 1, 1.0, "x")
    print(("%p %p %p"):format(a, b, a), ("%p"):format(1), ("%p"):format("text") == ("%p"):format("te" .. "xt"))
    print(pcall(string.format, "%d", a))
    print(pcall(tostring))
  ]], "table: 1\ttable: 2\ttable: 1\n"
    .. "table: 2\ttable: 1|  table: 2|function: 1|5%\n"
    .. "thread: 1\tfile (1)\tfunction: 2\tThing: 1\n"
    .. "as it says\tnil\t1\t1.0\tx\n"
    .. "0x00000001 0x00000002 0x00000001\t(null)\ttrue\n"
    .. "false\tbad argument #2 to 'format' (number expected, got table)\n"
    .. "false\tbad argument #1 to 'tostring' (value expected)\n")
end)

t.test("an error that is a table is reported without its address", function()
  local path = t.write(t.path("script.lua"), "error({})")
  local _, err, status = t.run(command_of(path))
  t.equal(status, 4)
  t.match(err, "script.lua:1: table: 1\n")
end)

t.test("a traceback has the same names each time", function()
  local out = run_everywhere [[
    local dhcp = require "dhcplab"
    local function inner() local text = debug.traceback("why") return text end
    local net = dhcp.lan
    net:tap(function() print(inner()) end)
    dhcp.server {}
    dhcp.client {}:acquire()
    print(select(2, xpcall(function() error "here" end, debug.traceback)))
    print(debug.traceback(coroutine.create(print), "in it"), debug.traceback(7))
  ]]
  t.match(out, "^why\nstack traceback:\n\t[^\n]*script.lua:2: in upvalue 'inner'\n")
  t.match(out, "\n[^\n]*script.lua:7: here\nstack traceback:\n\t%[C%]: in function 'error'\n")
  t.match(out, "\nin it\nstack traceback:\t7\n$")
  t.ok(not out:find("in function '%w+%."), out)
end)

-- ---- time and chance

t.test("the clock of scripts is the lab's, in UTC whatever the time zone", function()
  prints([[
    local dhcp = require "dhcplab"
    dhcp.sleep(90.5)
    print(os.time(), os.clock(), os.date("%Y-%m-%d %H:%M:%S"), os.date("!%H:%M"), os.date())
    local fields = { year = 2024, month = 14, day = -3, hour = 25, min = 61, sec = 1 }
    print(os.time(fields), fields.year, fields.month, fields.day, fields.hour, fields.isdst)
    print(os.time { year = 1970, month = 1, day = 1, hour = 0 }, os.time { year = 2000, month = 2, day = 29 })
    print(os.date("*t", 951868799).day, os.date("*t", 951868800).day, os.setlocale(), os.setlocale("C.UTF-8"))
    print(pcall(os.time, { year = 2024 }))
  ]], "946684890\t90.5\t2000-01-01 00:01:30\t00:01\tSat Jan  1 00:01:30 2000\n"
    .. "1738116061\t2025\t1\t29\t2\tfalse\n0\t951825600\n29\t1\tC\tnil\n"
    .. "false\tfield 'month' missing in date table\n")
end)

t.test("math.random comes from the seed, and math.randomseed does not change that", function()
  local out = run_everywhere [[
    math.randomseed(os.time(), os.clock() * 1e9 // 1)
    print(math.random(1000000), math.random(1000000), math.random())
  ]]
  t.equal(out, run_everywhere "math.randomseed(7) print(math.random(1000000), math.random(1000000), math.random())")
  t.ok(out ~= t.run { t.exe, "run", t.path("script.lua"), "--virtual", "--seed", "2", "--quiet" })
end)

-- ---- the garbage collector

t.test("scripts see nothing of the garbage collector", function()
  prints([[
    local called, weak = 0, setmetatable({}, { __mode = "kv" })
    for i = 1, 20000 do
      setmetatable({}, { __gc = function() called = called + 1 end })
      if i <= 10 then weak[i] = {} end
    end
    collectgarbage()
    print(called, #weak, collectgarbage("count"), collectgarbage("step"), collectgarbage "incremental")
    print(pcall(collectgarbage, "nonsense"))
    local meta = { __gc = true }
    print(setmetatable({}, meta) ~= nil, meta.__gc)
    print(pcall(setmetatable, setmetatable({}, { __metatable = 1 }), { __gc = true }))
  ]], "0\t10\t0.0\ttrue\tgenerational\nfalse\tbad argument #1 to 'collectgarbage' (invalid option 'nonsense')\n"
    .. "true\ttrue\nfalse\tcannot change a protected metatable\n")
end)

-- ---- what a script loads

t.test("load, dofile and modules see the same names: their own pairs, their own math", function()
  t.write(t.path("other.lua"), "return { next = next, random = math.random, pairs = pairs }")
  prints([[
    local other = require "other"
    print(load("return pairs")() == pairs, other.pairs == pairs, other.next == next, other.random == math.random)
    print(require "math" == math, require "table".sort == table.sort, require "_G" == _G)
    print(require "dkjson".encode { d = 1, c = 2, b = { z = 1, y = 2 }, a = 3 })
  ]], 'true\ttrue\ttrue\ttrue\ntrue\ttrue\ttrue\n{"a":3,"b":{"y":2,"z":1},"c":2,"d":1}\n')
end)

t.test("names begin anew with each test of a process", function()
  local path = t.write(t.path("two.lua"), [[
    local dhcp = require "dhcplab"
    for _, name in ipairs { "one", "two" } do
      dhcp.test(name, function() dhcp.expect(tostring({}) == "table: 1", tostring({})) end)
    end
  ]])
  local out, _, status = t.run { t.exe, "test", path }
  t.equal(status, 0, out)
end)

-- ---- the digest

-- The last line of a run.
local function digest_of(path, seed, ...)
  local words = { t.exe, "run", path, "--virtual", "--seed", seed, ... }
  return t.ok(t.run(words):match("(digest %x+ after %d+ events)\n$"))
end

t.test("the digest is the same whatever is watched, judged and written", function()
  local path = "scripts/scenarios/lossy_network.lua"
  local want = digest_of(path, "5")
  t.equal(digest_of(path, "5", "--trace", t.path("a.jsonl")), want)
  t.equal(digest_of(path, "5", "--pcap", t.path("a.pcapng"), "-v"), want)
  t.equal(digest_of(path, "5", "--html", t.path("a.html"), "--mermaid", t.path("a.mmd"), "--strict"), want)
  t.ok(digest_of(path, "6") ~= want)
end)

t.test("a world that keeps no record has the digest of one that does", function()
  local dhcp, worlds = require "dhcplab", require "dhcplab.world"
  local function play(keep, sink)
    local world = worlds.new { virtual = true, seed = 3, trace = keep }
    if sink then world.trace:add_sink(sink) end
    dhcp.lan:set { loss = 0.3, duplicate = 0.2 }
    dhcp.server { pool = "192.168.1.100-192.168.1.110" }
    for _ = 1, 5 do dhcp.spawn(function() dhcp.client { timeout = 60 }:acquire() end) end
    world.loop:run()
    local digest, events = world.core:digest(), world.core:events()
    world:close()
    return { digest, events }
  end
  local want = play(true)
  t.ok(want[2] > 40)
  t.equal(play(false), want)
  local drops = 0
  t.equal(play(false, function(event) drops = drops + (event == "drop" and 1 or 0) end), want)
  t.ok(drops > 0)
end)

t.test("what waits for any event is asked as often with a record as without", function()
  local dhcp, worlds = require "dhcplab", require "dhcplab.world"
  local function count_events(keep)
    local world, count = worlds.new { virtual = true, seed = 3, trace = keep }, 0
    dhcp.lan:set { loss = 1 }
    world.loop:spawn_daemon("curious", function()
      while true do
        count = count + 1
        world.loop:wait_for_event("anything")
      end
    end)
    dhcp.server {}
    dhcp.spawn(function() dhcp.client { timeout = 30 }:acquire() end)
    world.loop:run()
    world:close()
    return count
  end
  local count = count_events(true)
  t.ok(count > 4)
  t.equal(count_events(false), count)
end)

-- ---- named streams

t.test("nodes that have nothing to do with the others change nothing of what these send", function()
  local function sent_by_first(more)
    local trace = t.path("streams.jsonl")
    local path = t.write(t.path("streams.lua"), [[
      local dhcp = require "dhcplab"
      local net = dhcp.network { name = "first", loss = 0.2, jitter = "30ms", duplicate = 0.1 }
      dhcp.server { network = net, pool = "192.168.1.100-192.168.1.110" }
      for i = 1, 3 do
        dhcp.spawn(function() dhcp.client { network = net, name = "c" .. i, timeout = 300 }:acquire() end)
      end
    ]] .. more)
    local _, err, status = t.run(command_of(path, "--trace", trace))
    t.equal(status, 0, err)
    local lines = {}
    for line in io.lines(trace) do
      if not line:find('"other', 1, true) and line:find('"event":"[sd]') then
        lines[#lines + 1] = line:gsub('"seq":%d+,', "")
      end
    end
    t.ok(#lines > 12)
    return table.concat(lines, "\n")
  end
  local wait = "\n dhcp.sleep(20)"
  local alone = sent_by_first(wait)
  t.equal(sent_by_first([[
    local far = dhcp.network { name = "second", loss = 0.5 }
    dhcp.server { network = far, name = "other server", pool = "192.168.1.100-192.168.1.110" }
    for i = 1, 4 do
      dhcp.spawn(function() dhcp.client { network = far, name = "other" .. i, timeout = 300 }:acquire() end)
    end
  ]] .. wait), alone)
  t.equal(sent_by_first([[
    dhcp.host { network = net, name = "other host", address = "192.168.1.200" }
    dhcp.client { network = net, name = "other client" }
  ]] .. wait), alone, "on the same network")
end)

t.done()
