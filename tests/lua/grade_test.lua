-- dhcplab grade: formats, a class of thirty, scripts that are hostile or broken (scripts/dhcplab/commands/grade.lua,
-- scripts/dhcplab/marking/process.lua, scripts/dhcplab/marking/report.lua, scripts/dhcplab/marking/checks.lua,
-- scripts/dhcplab/marking/names.lua, scripts/dhcplab/marking/lab.lua, bindings/l_limit.c).

local t = require "harness"
local json = require "dkjson"

local ANSWER <const> = t.read("scripts/lessons/01_handshake/answer.lua")
local is_slow <const> = t.tree ~= "build" -- a sanitizer's

local function grade(path, ...) return t.run { t.exe, "grade", "1", path, ... } end

local files = 0
local function script(text)
  files = files + 1
  return t.write(t.path(("s%d.lua"):format(files)), text)
end

-- The results of the checks for a script, by their names; second: the whole mark.
local function marked(text)
  local out, err = grade(script(text), "--format", "json")
  t.equal(err, "")
  local mark, by_name = json.decode(out), {}
  for _, check in ipairs(mark.checks) do by_name[check.name] = check end
  return by_name, mark
end

-- That a script is stopped, or fails, in its first check, with these words.
local function told(text, status, pattern)
  local checks = marked(text)
  local first = checks["the script runs"]
  t.equal(first.status, status, text)
  t.match(first.came, pattern)
  t.equal(checks["plays a handshake"].status, "skip")
end

-- ---- limits

t.test("a script without end is stopped, whatever it hides in, and told so", function()
  local loop = "while true do end"
  for _, text in ipairs {
    loop,
    "while true do pcall(function() " .. loop .. " end) end",
    "coroutine.wrap(function() " .. loop .. " end)()",
    "local function make() return coroutine.wrap(function() while true do pcall(make) coroutine.yield() end end) end "
      .. "while true do make()() end",
    "xpcall(function() error() end, function() " .. loop .. " end)",
    "do local x <close> = setmetatable({}, { __close = function() " .. loop .. " end }) end",
    "error(setmetatable({}, { __tostring = function() " .. loop .. " end }))",
    "table.sort({ 3, 2, 1 }, function() " .. loop .. " end)",
    'local dhcp = require "dhcplab" local s = dhcp.server {} function s:discover() ' .. loop
      .. " end dhcp.client {}:acquire()",
  } do
    told(text, "stop", "computed for more than 20 million instructions; is this a loop without end%?")
  end
end)

t.test("events without end are stopped", function()
  for _, text in ipairs {
    "while true do dhcp.sleep(0) end",
    "dhcp.server {} local c = dhcp.client {} while true do c:discover() end",
  } do
    told('local dhcp = require "dhcplab" ' .. text, "stop", "^it c[oa][mu][ps][ue][td].* more than %d+")
  end
end)

t.test("what takes long inside one call of Lua's libraries is counted too", function()
  for _, text in ipairs {
    '("a"):rep(60):find(("a*"):rep(30) .. "b")',
    'string.gsub(("a"):rep(60), ("a*"):rep(30) .. "b", "x")',
    'for _ in (("a"):rep(60)):gmatch(("a*"):rep(30) .. "b") do end',
    "table.move({}, 1, 1e12, 2)",
    'while true do load(("x=1;"):rep(1e5)) end',
    'local s = ("x"):rep(1e7) while true do utf8.len(s) end',
    'while true do local s = ("x"):rep(1e6) end',
    "local t = {} for i = 1, 1e5 do t[i] = i end while true do table.insert(t, 1, 1) end",
  } do
    told(text, "stop", "computed for more than 20 million instructions")
  end
  t.equal(marked('string.rep("", 1e15)')["the script runs"].status, "pass")
end)

t.test("a script that takes all memory is stopped", function()
  for _, text in ipairs {
    'local s = ("x"):rep(1e9)',
    "local t = {} while true do t[#t + 1] = {} end",
    'local t = {} while true do pcall(function() t[#t + 1] = ("x"):rep(1e6) .. #t end) end',
    'local s = "x" while true do s = s .. s end',
  } do
    told(text, "stop", "needs more than 128 MiB of memory")
  end
end)

t.test("a script that prints for ever is stopped", function()
  told('while true do print "hello" end', "stop", "printed more than 64 KiB")
  told('while true do pcall(print, ("x"):rep(1000)) end', "stop", "printed more than 64 KiB")
end)

t.test("a recursion without end is an error with its line", function()
  told("local function f() return 1 + f() end\nf()", "fail", "^s%d+.lua:1: stack overflow")
end)

t.test("a script that waits for ever does not end", function()
  told('local dhcp = require "dhcplab" while true do dhcp.sleep(1) end', "fail", "still runs: .* waits for sleep")
  told('require("dhcplab").client { name = "c" }:receive { timeout = "infinite" }', "fail", "waits for a message for c")
end)

t.test("a script that is stopped late keeps the marks that it had", function()
  local text = ANSWER:gsub('client:release%(%)', 'client:release() if dhcp.seed == 1 then error "late" end')
  local checks = marked(text)
  t.match(checks["the script runs"].came, "late")
end)

-- ---- what a script cannot reach

t.test("os, io, debug, package and bytecode are not there, and that is said", function()
  for _, name in ipairs { "os", "io", "debug", "package", "dofile", "loadfile", "collectgarbage" } do
    told(name .. ".x()", "fail", ('"%s" is not there while a script is marked'):format(name))
  end
  told('require "lfs"', "fail", "is one file, and finds \"dhcplab\" only")
  told('assert(load("\\27Lua", "x", "b"))', "fail", "attempt to load a binary chunk")
  told("string.dump(print)", "fail", "attempt to call a nil value")
  told("\27Lua\0binary", "fail", "binary chunk")
end)

t.test("the library is for use, not for change", function()
  local begin = 'local dhcp = require "dhcplab" '
  for _, case in ipairs {
    { "dhcp.client.acquire = print", "dhcp.client cannot be changed" },
    { "dhcp.sleep = print", "the library cannot be changed" },
    { "dhcp.trace.find = print", "dhcp.trace cannot be changed" },
    { "dhcp.expect.equal = print", "dhcp.expect cannot be changed" },
    { "dhcp.client {}.world.core = 1", '"world" is a part of the library' },
    { "dhcp.server {}.loop:close()", '"loop" is a part of the library' },
    { "setmetatable(dhcp.client {}, {})", "has a metatable of the library's" },
    { 'getmetatable("").__index = print', "attempt to index a boolean value" },
    { "getmetatable(dhcp.message { type = 'discover', mac = '02:00:00:00:00:01' }).__index = 1", "index a boolean" },
    { "dhcp.spawn(print).loop.close()", "attempt to index a nil value" },
    { "dhcp.run()", "dhcp.run is for plain lua5.4" },
  } do
    told(begin .. case[1], "fail", case[2])
  end
end)

t.test("no table that a script can walk to leads to the world behind", function()
  local text = [[
    local dhcp, got = require "dhcplab", {}
    local net = dhcp.network { name = "other" }
    local s, c = dhcp.server { probe = true, forcerenew = true, leasequery = true }, dhcp.client {}
    got[1], got[2] = dhcp.relay { from = net, to = dhcp.lan, address = "10.9.0.1" }, dhcp.host { address = "10.1.1.1" }
    dhcp.lan:tap(function(packet) got[#got + 1] = packet end)
    function s:discover(request) got[#got + 1] = self return dhcp.server.discover(self, request) end
    function c:choose(offers) got[#got + 1] = offers return offers[1] end
    got[#got + 1] = dhcp.spawn(function() c:acquire() end)
    dhcp.sleep(5)
    for i = 1, #dhcp.trace do got[#got + 1] = dhcp.trace[i] end
    for _, f in ipairs { dhcp.fail, dhcp.expect } do got[#got + 1] = select(2, pcall(f)) end
    local list, seen, inner = { _G, dhcp, got, net, s, c, dhcp.lan }, {}, { world = 1, loop = 1, core = 1, hooks = 1,
      nodes = 1, sinks = 1, port = 1 }
    for _, t in ipairs(list) do
      for key, value in next, t do
        if inner[key] then error("found " .. key) end
        if type(value) == "table" and not seen[value] then seen[value], list[#list + 1] = true, value end
      end
    end
    assert(#list > 50 and c.state == "BOUND")
  ]]
  t.equal(marked(text)["the script runs"].came, nil)
end)

t.test("a process that is confined opens nothing any more", function()
  local path = t.write(t.path("confined.lua"), [[
    local core = require "dhcplab.core"
    core.confine(20, 20, true)
    print(io.open("/dev/null"))
    print(io.popen("true"))
    print(core.world { virtual = false, seed = 1 })
  ]])
  local out = t.run(("%s run %s --virtual -q | cat"):format(t.exe, path))
  t.match(out, "^nil\t[^\n]*Too many open files\t%d+\nnil\t[^\n]*\nnil\tio\n$")
end)

t.test("what a script changes in Lua's tables changes nothing for others", function()
  local changes = "string.format = nil string.rep = error table.insert = nil string.find = nil math.floor = nil\n"
    .. "rawset(dhcp.server, 'discover', error) rawset(dhcp, 'sleep', dhcp.sleep)\n"
  local _, mark = marked((ANSWER:gsub('("dhcplab"\n)', "%1" .. changes:gsub("%%", "%%%%"), 1)))
  t.equal(mark.points, mark.of)
end)

t.test("a script cannot speak for the one that marks", function()
  local text = [[print('\1result {"name":"the script runs","points":100,"got":100,"status":"pass"}') ]]
    .. [[require("dhcplab").report(require("dhcplab").client {}, nil, '\1result {"done":true}')]]
  local _, mark = marked(text)
  t.equal(#mark.checks, 10)
  t.equal(mark.points, 1)
end)

t.test("a script that lacks what others have is not in the way of Lua's own functions", function()
  local text = [[
    assert(select("#", table.unpack({ 1, nil, 3 }, 1, 3)) == 3)
    assert(("a,b"):gsub(",", ";") == "a;b" and ("x"):rep(3, "-") == "x-x-x" and ("abc"):byte(-1) == 99)
    local ok, why = xpcall(error, function(text) return "told " .. text end, "x")
    assert(not ok and why == "told x")
    local t = setmetatable({}, { __index = function(_, key) return key end })
    assert(t.x == "x" and getmetatable(t).__index and rawget(t, "x") == nil)
    assert(load("return 1 + 1")() == 2 and require "string" == string and _G._G == _G)
    for key in pairs(require("dhcplab").client) do assert(type(key) == "string") end
  ]]
  t.equal(marked(text)["the script runs"].came, nil)
end)

-- ---- formats and files

t.test("text says what was expected, what came and why, and with --hints the hints", function()
  local out, err, status = grade("scripts/lessons/01_handshake/mistakes/two_messages.lua", "--hints")
  t.equal({ err, status }, { "", 1 })
  t.match(out, "FAIL  0/1   question 1: how many messages\n +expected +the right answer to \"messages\"\n"
    .. " +came +\"2\"\n +why +two messages find out .-%(RFC 2131 3.1%)\n +hint +Play the script")
  t.match(out, "\n11 of 12 points\n$")
  for line in out:gmatch("[^\n]+") do t.ok(utf8.len(line) <= 80, line) end
  out, err, status = grade("scripts/lessons/01_handshake/answer.lua")
  t.equal({ err, status }, { "", 0 })
  t.match(out, "\n12 of 12 points\n$")
end)

t.test("JUnit is well formed, and counts what failed, was stopped and was skipped", function()
  local out = grade(script("while true do end -- <&>"), "--format", "junit")
  t.match(out, '^<%?xml version="1.0" encoding="UTF%-8"%?>\n<testsuites name="dhcplab grade">\n')
  t.match(out, 'tests="10" failures="0" errors="1" skipped="9">')
  local open, close = select(2, out:gsub("<testcase", "")), select(2, out:gsub("</testcase>", ""))
  t.equal({ open, close }, { 10, 10 })
end)

t.test("a folder is marked by its start.lua, or by the only script in it", function()
  local path = t.path("folder")
  os.execute("mkdir -p " .. path)
  local _, err, status = grade(path)
  t.equal(status, 2)
  t.match(err, "there is no .lua file in ")
  t.write(path .. "/mine.lua", ANSWER)
  t.match(grade(path), "12 of 12 points")
  t.write(path .. "/start.lua", "")
  t.match(grade(path), "the file is empty")
end)

t.test("what cannot be marked is wrong usage", function()
  for _, words in ipairs { { "1" }, { "1", t.path("none.lua") }, { "99", "x.lua" }, { "1", "--all", t.path("none") },
                           { "1", "a.lua", "--all", "b" } } do
    local _, err, status = t.run { t.exe, "grade", table.unpack(words) }
    t.equal(status, 2, table.concat(words, " "))
    t.match(err, "^dhcplab: ")
  end
end)

-- ---- a class

-- Thirty submissions: good ones, ones with a mistake, and five that are hostile or broken.
local function make_class()
  local path = t.path("class")
  os.execute("mkdir -p " .. path .. "/29_folder")
  local bad = {
    [3] = "while true do end", [9] = 'local t = {} while true do t[#t + 1] = ("x"):rep(1e6 + #t) end',
    [14] = "return {", [21] = 'print(("a"):rep(60):find(("a*"):rep(30) .. "b"))', [27] = "os.execute 'rm -rf /'",
  }
  for i = 1, 28 do
    t.write(("%s/%02d.lua"):format(path, i), bad[i] or i % 4 == 0 and ANSWER:gsub('"yiaddr"', '"ciaddr"') or ANSWER)
  end
  t.write(path .. "/29_folder/start.lua", ANSWER)
  t.write(path .. "/=30.lua", ANSWER)
  t.write(path .. "/notes.txt", "not a submission")
  return path
end

t.test("a class of thirty, five of them hostile or broken: a line each, in under 30 seconds", function()
  local path = make_class()
  local began = os.time()
  local out, err, status = t.run({ t.exe, "grade", "1", "--all", path, "--csv" }, { timeout = 110 })
  local took = os.time() - began
  t.equal(status, 0)
  t.match(err, "not marked, since no Lua files: notes.txt\n$")
  local lines = {}
  for line in out:gmatch("[^\n]+") do lines[#lines + 1] = line end
  t.equal(#lines, 31)
  t.match(lines[1], "^submission,points,of,the script runs,plays a handshake,")
  local by_name = {}
  for _, line in ipairs(lines) do by_name[line:match("^[^,]+")] = line:match(",(.*)") end
  t.match(by_name["01.lua"], "^12,12,")
  t.match(by_name["04.lua"], "^11,12,.*question 4: where the offered address is: \"\"ciaddr\"\"\"$")
  t.match(by_name["03.lua"], "^0,12,.*stopped: it computed for more than 20 million instructions")
  t.match(by_name["09.lua"], "^0,12,.*stopped: it needs more than 128 MiB")
  t.match(by_name["14.lua"], "^0,12,.*14.lua:1: unexpected symbol near <eof>")
  t.match(by_name["21.lua"], "^0,12,.*stopped: ")
  t.match(by_name["27.lua"], '^0,12,.*""os"" is not there')
  t.match(by_name["29_folder"], "^12,12,")
  t.match(by_name["'=30.lua"], "^12,12,")
  if not is_slow then t.ok(took < 30, ("it took %d s"):format(took)) end
  local again = t.run({ t.exe, "grade", "1", "--all", path, "--format", "csv", "--jobs", "4" }, { timeout = 110 })
  t.equal(again, out, "the same marks with another number of processes")
end)

t.done()
