-- Scripts that never end are stopped with a report: loops that compute, time that stands still, waiting for ever,
-- Ctrl-C in the middle of it (bindings/l_watch.c and what uses it).

local t = require "harness"

local function script(text) return t.write(t.path("runaway.lua"), 'local dhcp = require "dhcplab"\n' .. text) end

local function run(text, ...)
  return t.run { t.exe, "run", script(text), "--virtual", "--seed", "1", "--budget", "300ms", ... }
end

t.test("a loop that never waits is stopped, and its line is named", function()
  local _, err, status = run("dhcp.sleep(1)\nlocal n = 0\nwhile true do\n  n = n + 1\nend")
  t.equal(status, 4)
  t.match(err, "error%[E407%]: [^\n]*runaway.lua:[45]: computed for 0.3 s without waiting.*\nat 1.000000 s .*seed 1")
  t.match(err, "replay: [^\n]*%-%-seed 1\n$")
end)

t.test("a loop is stopped whatever it hides in: pcall, a coroutine, a handler, a task beside", function()
  for _, text in ipairs {
    "while true do pcall(function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "local co = coroutine.create(function() while true do end end) coroutine.resume(co) while true do end",
    "dhcp.spawn(function() repeat until false end)",
    "local s = dhcp.server {} function s:discover() while true do end end dhcp.client { timeout = 1 }:discover()",
    "dhcp.expect.within(1, function() while true do end end)",
    "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "setmetatable({}, { __index = function() while true do end end }).x()",
  } do
    local _, err, status = run(text)
    t.equal(status, 4, text)
    t.match(err, "runaway.lua:2: computed for 0.3 s", text)
  end
end)

t.test("a call that never comes back ends the process, and says so", function()
  local _, err, status = run('print "off" ; ("a"):rep(60):find(("a*"):rep(30) .. "b")')
  t.equal(status, 4)
  t.match(err, "stuck inside one call of a library function")
end)

t.test("events without end at one moment are found: virtual time stands still", function()
  local _, err, status = run('dhcp.client {}\ndhcp.spawn(function() while true do dhcp.sleep(0) end end):join()')
  t.equal(status, 4)
  t.match(err, "time stands still, and events go on and on:\n  task main waits for join task\n.*runaway.lua:3")
end)

t.test("what takes long but waits in between is left alone", function()
  local _, err, status = run("for _ = 1, 40 do local s = 0 for i = 1, 1e6 do s = s + i end dhcp.sleep(1) end")
  t.equal({ err, status }, { "", 0 })
end)

t.test("--budget infinite lets a script compute", function()
  local _, err, status = t.run { t.exe, "run", script("local t0 = 0 for i = 1, 4e7 do t0 = t0 + i end"), "--virtual",
    "--budget", "infinite", "--seed", "1" }
  t.equal({ err, status }, { "", 0 })
end)

t.test("virtual time that never ends is stopped after 30 days, with who waits for what", function()
  local path = script("while true do\n  dhcp.sleep(3600)\nend")
  local _, err, status = t.run { t.exe, "run", path, "--virtual", "--seed", "1" }
  t.equal(status, 4)
  t.match(err, "still running after 30 days of virtual time %(%-%-until allows more%):\n  task main waits for sleep\n"
    .. "    [^\n]*runaway.lua:3: in main chunk\n")
end)

t.test("--until ends a run as asked, without complaint", function()
  local path = script("while true do dhcp.sleep(3600) end")
  local out, err, status = t.run { t.exe, "run", path, "--virtual", "--seed", "1", "--until", "1440h" }
  t.equal({ err, status }, { "", 0 })
  t.match(out, "after 1441 events")
end)

t.test("a deadlock is told with who waits for what, and where", function()
  local _, err, status = run('dhcp.client { name = "c" }:receive { timeout = "infinite" }')
  t.equal(status, 4)
  t.match(err, "nothing can happen any more, and somebody still waits:\n  task main waits for a message for c\n"
    .. "    [^\n]*runaway.lua:2: in main chunk\n")
end)

t.test("under dhcplab test a runaway fails its test alone", function()
  local path = script('if dhcp.seed == 2 then while true do end end')
  local out, _, status = t.run { t.exe, "test", path, "--seeds", "1..3", "--budget", "300ms" }
  t.equal(status, 4)
  t.match(out, "FAIL  [^\n]*  1 of 3 runs\n  [^\n]*runaway.lua:2: computed for 0.3 s")
  t.match(out, "replay: [^\n]*%-%-budget 0.3 %-%-seed 2\n")
end)

t.test("Ctrl-C stops a loop that never waits: status 130 and its line", function()
  for _, world in ipairs { "--virtual", "--ascii" } do -- and in real time
    local path = script('io.stderr:write("off\\n")\nwhile true do end')
    local program = t.start { t.exe, "run", path, world, "--seed", "1", "--listen", "127.0.0.1:16799" }
    program:wait_for("off")
    t.run("sleep 0.1")
    local _, err, status = program:stop("INT")
    t.equal(status, 130)
    t.match(err, "runaway.lua:3: interrupted while computing")
  end
end)

t.test("Ctrl-C while waiting ends at once: status 130", function()
  local path = script('io.stderr:write("off\\n")\ndhcp.sleep(100)')
  local program = t.start { t.exe, "run", path, "--seed", "1" }
  program:wait_for("off")
  local _, err, status = program:stop("INT", 3)
  t.equal(status, 130)
  t.match(err, "dhcplab: interrupted")
  t.ok(not err:find("while computing"))
end)

t.done()
