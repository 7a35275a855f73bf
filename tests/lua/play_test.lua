-- One test in one world: verdicts, fresh names, what scripts may change and what of it stays (scripts/dhcplab/play.lua,
-- sandbox.lua, script.lua, scripts/dhcplab/declare.lua, seeds.lua, and scripts/dhcplab/strict.lua as it is used there).

local t = require "harness"
local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local play = require "dhcplab.play"
local sandbox = require "dhcplab.sandbox"
local scripts = require "dhcplab.script"
local seeds = require "dhcplab.seeds"
local worlds = require "dhcplab.world"

sandbox.remember()

local function settings(changes)
  local made = { world = { virtual = true, seed = 1 } }
  for key, value in pairs(changes or {}) do made[key] = value end
  return made
end

local function script_of(text) return scripts.read(t.write(t.path("s.lua"), text)) end

-- Plays a text as a script that is one test.
local function play_text(text, changes)
  local script = script_of('local dhcp = require "dhcplab"\n' .. text)
  return play.test(script, { name = "s", options = { tags = {} } }, settings(changes))
end

local function verdict(text, changes)
  local result = play_text(text, changes)
  return { result.status, result.kind }
end

-- ---- verdicts

t.test("a script that runs to its end passes, and says what it did", function()
  local result = play_text('dhcp.server {} dhcp.client {}:acquire() dhcp.sleep(5)')
  t.equal({ result.status, result.message, result.report }, { "pass" })
  t.equal({ result.virtual_seconds, result.handshakes, result.packets, result.faults }, { 5, 1, 4, 0 })
  t.match(result.digest, "^%x+$")
  t.ok(result.events > 4)
end)

t.test("the same seed gives the same digest, another seed another one", function()
  local text = 'dhcp.server {} dhcp.client {}:acquire()'
  local one, same = play_text(text), play_text(text)
  t.equal(one.digest, same.digest)
  t.ok(play_text(text, { world = { virtual = true, seed = 2 } }).digest ~= one.digest)
end)

t.test("each way to fail has its kind", function()
  t.equal(verdict('dhcp.expect(nil, "x")'), { "fail", "expectation" })
  t.equal(verdict('dhcp.fail "x"'), { "fail", "expectation" })
  t.equal(verdict("return false"), { "fail", "expectation" })
  t.equal(verdict('dhcp.check(nil, "x") dhcp.check(nil, "y")'), { "fail", "expectation" })
  t.equal(verdict("local x; x.y = 1"), { "fail", "error" })
  t.equal(verdict("error()"), { "fail", "error" })
  t.equal(verdict("dhcp.server { pol = 1 }"), { "fail", "error" })
  t.equal(verdict('dhcp.client {}:receive { timeout = "infinite" }'), { "fail", "deadlock" })
  t.equal(verdict("while true do dhcp.sleep(3600) end"), { "fail", "endless" })
  t.equal(verdict('dhcp.skip "no root"'), { "skip" })
end)

t.test("a task beside the main one fails the test at the moment it fails", function()
  local result = play_text('dhcp.spawn(function() dhcp.sleep(1) dhcp.fail "beside" end) dhcp.sleep(9)')
  t.equal({ result.status, result.kind, result.virtual_seconds }, { "fail", "expectation", 1 })
  t.match(result.report, "s.lua:2: beside")
end)

t.test("a handler that raises fails the test", function()
  local result = play_text([[
    local server = dhcp.server {}
    function server:discover() error "broken handler" end
    dhcp.client {}:discover()]])
  t.equal({ result.status, result.kind }, { "fail", "error" })
  t.match(result.message, "broken handler")
end)

t.test("a breach of a MUST fails the test unless it is tolerated or nobody looks", function()
  local text = [[
    %s
    local server = dhcp.server {}
    function server:discover(request)
      local offer = self:offer(request)
      offer.options.server_id = nil
      return offer
    end
    dhcp.client { timeout = 1, retries = 0 }:discover()]]
  local result = play_text(text:format(""))
  t.equal({ result.status, result.kind }, { "fail", "breach" })
  local rule = result.message:match("%u%-%d+")
  t.ok(rule, result.message)
  t.equal(verdict(text:format(('dhcp.tolerate "%s"'):format(rule))), { "pass" })
  t.equal(verdict(text:format(""), { strict = false }), { "pass" })
end)

t.test("a limit stops a test and says who waits for what", function()
  local result = play_text("dhcp.client {}:run()", { limit = 100 })
  t.equal({ result.status, result.kind, result.virtual_seconds }, { "fail", "endless", 100 })
  t.match(result.message, "still running after 100 s of virtual time")
  t.match(result.report, "task main waits for ")
end)

t.test("what a script prints is kept for the report of a failure", function()
  local result = play_text('print("a", 1) io.write("b", 2, "\\n") io.stdout:write("c\\n") dhcp.fail "x"')
  t.match(result.report, "printed:\n  a\t1\n  b2\n  c$")
end)

t.test("a world that cannot be made is a failure of the environment", function()
  local result = play_text("", { world = { virtual = true, seed = 1, pcap = "/no/such/folder/x.pcap" } })
  t.equal({ result.status, result.kind }, { "fail", "environment" })
end)

t.test("nothing of a world stays: no present world, no timers, no names", function()
  play_text([[
    dhcp.server { name = "x" }
    dhcp.client {}:acquire()
    dhcp.spawn(function() dhcp.sleep(1e6) end)
    dhcp.fail "x"]])
  t.equal(worlds.peek(), nil)
  t.equal(verdict('dhcp.server { name = "x" }'), { "pass" })
end)

t.test("what a task has to close is closed when its world ends", function()
  local closed = {}
  local function holder(name, wait)
    local _ <close> = setmetatable({}, { __close = function() closed[#closed + 1] = name end })
    wait()
  end
  local result = play.run(settings(), function()
    local server, client = dhcp.server {}, dhcp.client {}
    function server:discover() holder("handler", function() dhcp.sleep(1e6) end) end
    dhcp.spawn(holder, "task", function() dhcp.sleep(1e6) end)
    client:send(client:discover_message())
    dhcp.sleep(1)
    holder("main", function() dhcp.fail "x" end)
  end)
  t.equal(result.status, "fail")
  table.sort(closed)
  t.equal(closed, { "handler", "main", "task" })
end)

t.test("a thousand worlds leave no memory behind", function()
  local text = "dhcp.server {} for i = 1, 5 do dhcp.client {}:acquire() end"
  for _ = 1, 50 do play_text(text) end
  collectgarbage()
  collectgarbage()
  local before = collectgarbage("count")
  for _ = 1, 500 do play_text(text) end
  collectgarbage()
  collectgarbage()
  t.ok(collectgarbage("count") - before < 100, ("%.0f KiB more"):format(collectgarbage("count") - before))
end)

-- ---- names

t.test("global names of one test are not there in the next", function()
  t.equal(verdict("mine = 1 dhcp.expect(mine == 1)"), { "pass" })
  local result = play_text("return mine")
  t.match(result.message, 's.lua:2: nothing is called "mine" here')
  t.equal(rawget(_G, "mine"), nil)
end)

t.test("a name with a slip is told with the nearest one", function()
  t.match(play_text("prin(1)").message, 'nothing is called "prin" here; did you mean "print"')
end)

t.test("changes to the library and to strings are undone", function()
  local before = dhcp.server.discover
  t.equal(verdict([[
    function dhcp.server:discover() end
    function dhcp.client:shout() return "hey" end
    string.upper = nil
    string.shout = function() return "!" end
    math.floor, table.sort, os.getenv = nil, nil, nil
    dhcp.sleep = nil
    dhcp.expect.tolerance = "9s"
    dhcp.expect(("a"):shout() == "!")]]), { "pass" })
  t.ok(dhcp.server.discover == before)
  t.equal({ rawget(dhcp.client, "shout"), rawget(string, "shout"), ("a"):upper() }, { nil, nil, "A" })
  t.equal({ math.floor(1.5), type(table.sort), type(os.getenv), type(dhcp.sleep) },
    { 1, "function", "function", "function" })
  t.equal(dhcp.expect.tolerance, "50ms")
end)

t.test("options that a test defines are gone in the next", function()
  t.equal(verdict('dhcp.define { code = 224, name = "site_color", type = "text" }'), { "pass" })
  t.equal(core.option("site_color"), nil)
end)

t.test("time and randomness are the lab's own", function()
  local result = play_text([[
    print(os.time(), os.date("!%Y"), os.clock(), math.random(1, 1000000))
    math.randomseed(5)
    dhcp.sleep(3)
    dhcp.fail(("%d %g %s"):format(os.time(), os.clock(), os.date("!%H:%M:%S")))]])
  t.match(result.message, "946684803 3 00:00:03$")
  t.match(result.report, "946684800\t2000\t0%.0\t%d+")
end)

t.test("a module beside the script is found, and loaded anew for each test", function()
  t.write(t.path("beside.lua"), "local n = 0 return { next = function() n = n + 1 return n end }")
  local text = 'local m = require "beside" dhcp.expect.equal(m.next(), 1) dhcp.expect(require "beside" == m)'
  t.equal({ verdict(text), verdict(text) }, { { "pass" }, { "pass" } })
  t.equal(package.loaded.beside, nil)
end)

t.test("text that is loaded sees the script's own names", function()
  t.equal(verdict('own = 4 dhcp.expect.equal(load("return own")(), 4)'), { "pass" })
end)

t.test("coroutines of the script's own pass values and errors on", function()
  t.equal(verdict([[
    local f = coroutine.wrap(function(a) local b = coroutine.yield(a + 1) error("got " .. b) end)
    dhcp.expect.equal(f(1), 2)
    dhcp.expect.error(function() f(3) end, "got 3")
    local co = coroutine.create(function(...) return select("#", ...) end)
    dhcp.expect.equal({ coroutine.resume(co, nil, nil) }, { true, 2 })
    dhcp.expect.equal({ coroutine.resume(co) }, { false, "cannot resume dead coroutine" })]]), { "pass" })
end)

t.test("a script cannot end the process of all tests", function()
  t.match(play_text("os.exit(0)").message, "os.exit would end all tests")
end)

-- ---- declared tests

t.test("the tests of a script are found, without what they do", function()
  local script = script_of([[
    local dhcp = require "dhcplab"
    dhcp.test("one", function() error "never here" end)
    dhcp.test("two", { tags = "slow big", timeout = "1m", seeds = "1..3", only = "real", known_failing = "#7" },
      function() end)]])
  local tests = play.tests(script, settings())
  t.equal({ #tests, tests[1].name, tests[2].name, tests[2].line }, { 2, "one", "two", 3 })
  local options = tests[2].options
  t.equal({ options.tags, options.timeout, options.seeds.count, options.only, options.known_failing },
    { { "slow", "big" }, 60, 3, "real", "#7" })
end)

t.test("a script without tests is one test, named after its file, and does not run to be found", function()
  local tests = play.tests(script_of('error "never here"'), settings())
  t.equal({ #tests, tests[1].name, tests[1].index }, { 1, "s", nil })
end)

t.test("what a script makes outside its tests is there for each of them anew", function()
  local script = script_of([[
    local dhcp = require "dhcplab"
    local server, client = dhcp.server {}, dhcp.client {}
    for _, name in ipairs { "one", "two" } do
      dhcp.test(name, function()
        dhcp.expect.equal(#server:leases(), 0)
        client:acquire()
        dhcp.expect.equal(#server:leases(), 1)
      end)
    end]])
  local tests = play.tests(script, settings())
  for i = 1, 2 do t.equal(play.test(script, tests[i], settings()).status, "pass") end
end)

t.test("mistakes in a declaration are told with their line", function()
  local function message(text) return select(2, play.tests(script_of('local dhcp = require "dhcplab"\n'
    .. 'dhcp.test("fine", print)\n' .. text), settings())).message end
  t.match(message('dhcp.test("x")'), "s.lua:3: dhcp.test takes a name")
  t.match(message('dhcp.test("x", { tag = "y" }, print)'), 's.lua:3: dhcp.test .*"tag"; did you mean "tags"')
  t.match(message('dhcp.test("x", { seeds = "a" }, print)'), "not a set of seeds")
  t.match(message('dhcp.test("x", { only = "fast" }, print)'), 'only is "virtual" or "real"')
  t.match(message('dhcp.test("fine", print)'), 'there is a test called "fine" already')
end)

t.test("without a runner, as under plain lua5.4, a test is played at once, in the present world", function()
  local printed, keep = {}, print
  _G.print = function(line) printed[#printed + 1] = line end -- luacheck: ignore 122
  local world = worlds.new { virtual = true, seed = 1 }
  local client = dhcp.client {}
  local ok, why = pcall(function()
    dhcp.test("good", function() dhcp.expect(client.state == "INIT") end)
    dhcp.test("not here", function() dhcp.skip "no root" end)
    dhcp.test("bad", function() dhcp.fail "no" end)
  end)
  _G.print = keep -- luacheck: ignore 122
  world:close()
  t.equal(printed, { "ok - good", "skipped - not here: no root", "not ok - bad" })
  t.equal(ok, false)
  t.match(tostring(why), "play_test.lua:%d+: no")
end)

-- ---- seeds

t.test("sets of seeds are ranges and lists, never written out", function()
  local set = seeds.new("1..3,7, -2..-1")
  local list = {}
  for i = 1, set.count do list[i] = set:at(i) end
  t.equal(list, { 1, 2, 3, 7, -2, -1 })
  t.equal({ tostring(set), set:at(7) }, { "1..3,7,-2..-1", nil })
  t.equal({ seeds.new("1..1000000000").count, seeds.new { 5, 6 }.count, seeds.new(9):at(1) }, { 1000000000, 2, 9 })
end)

t.test("what is no set of seeds is refused", function()
  for _, text in ipairs { "", "x", "3..1", "1..", "..2", "1,,2", "1.5", "1...3", {} } do
    local set, why = seeds.new(text)
    t.equal(set, nil)
    t.match(why, "is not a set of seeds")
  end
end)

t.done()
