-- dhcplab test: which tests, which seeds, in how many processes, and what is printed (commands/test.lua, and
-- scripts/dhcplab/runner.lua, results.lua, replay.lua).

local t = require "harness"
local json = require "dkjson"
local replay = require "dhcplab.replay"
local results = require "dhcplab.results"
local runner = require "dhcplab.runner"

local folder = t.path("tests")
t.run { "mkdir", "-p", folder .. "/more", folder .. "/.hidden" }

local function write(name, text) return t.write(folder .. "/" .. name, 'local dhcp = require "dhcplab"\n' .. text) end

write("a.lua", [[
dhcp.test("draws", function()
  dhcp.server {}
  dhcp.client {}:acquire()
  dhcp.sleep(dhcp.random())
end)
dhcp.test("fails with some seeds", { tags = "flaky" }, function()
  local n = dhcp.random(1, 4)
  dhcp.server {}
  dhcp.client {}:acquire()
  dhcp.expect(n > 1, "luck")
end)
dhcp.test("known", { known_failing = "#7", tags = "flaky slow" }, function() dhcp.fail "still" end)
]])
write("more/b.lua", "dhcp.server {} dhcp.expect(dhcp.client {}:acquire(), 'a lease') print 'not to be seen'")
write("more/notes.txt", "no Lua")
write(".hidden/c.lua", "dhcp.fail 'never played'")
local broken = t.write(t.path("broken.lua"), "return (")
local crash = t.write(t.path("crash.lua"), 'local x = nil\nreturn x.y\n')

local function test(...) return t.run { t.exe, "test", ... } end

local function elapsed_out(text) return (text:gsub(" in %d+%.%d s", " in T s")) end

-- ---- what is played

t.test("files and folders are taken in order of their names, hidden folders are not", function()
  local out, err, status = test(folder, "--list")
  t.equal({ err, status }, { "", 0 })
  t.equal(out, (([[
DIR/a.lua:2: draws
DIR/a.lua:7: fails with some seeds  [flaky]
DIR/a.lua:13: known  [flaky slow]
DIR/more/b.lua:1: b
]]):gsub("DIR", folder)))
end)

t.test("--filter and --tags choose, !TAG leaves out", function()
  local function names(...)
    return (test(folder, "--list", ...):gsub("[^\n]*:%d+: (%l+)[^\n]*\n", "%1 "))
  end
  t.equal(names("--filter", "some seeds"), "fails ")
  t.equal(names("--filter", "more/b.lua"), "b ")
  t.equal(names("--tags", "flaky"), "fails known ")
  t.equal(names("--tags", "flaky,!slow"), "fails ")
  t.equal(names("--tags", "!flaky"), "draws b ")
end)

t.test("a bundled folder is there from anywhere", function()
  local exe = io.popen("exec env -u LD_PRELOAD realpath " .. t.exe):read("l")
  local out, _, status = t.run { "sh", "-c", ("cd %s && exec %s test scenarios --list"):format(t.path(""), exe) }
  t.equal(status, 0)
  t.match(out, "scripts/scenarios/slow_server.lua:1: slow_server\n")
end)

t.test("wrong usage is exit status 2 and says what is wrong", function()
  local cases = {
    [{ folder, "--seeds", "9..1" }] = "not a set of seeds", [{ folder, "--jobs", "0" }] = "whole number from 1",
    [{ folder, "--shard", "1/2", "--shuffle" }] = "the same order: %-%-order N",
    [{ folder, "--shard", "3/2" }] = "not K/N", [{ folder, "--seed", "1", "--seeds", "1..2" }] = "one of them",
    [{ folder, "--filter", "zzz" }] = "no test is left", [{ t.path("nothing.lua") }] = "cannot open",
    [{ folder, "--seeds", "1..2", "--pcap", t.path("x.pcap") }] = "these are 8", [{}] = "paths",
    [{ folder, "--trace", t.path("x.jsonl") }] = "for one run", [{ folder .. "/.empty" }] = "cannot open",
  }
  for arguments, wanted in pairs(cases) do
    local out, err, status = test(table.unpack(arguments))
    t.equal({ out, status }, { "", 2 }, wanted)
    t.match(err, wanted)
  end
end)

-- ---- verdicts and text

t.test("all tests passing is exit status 0, and the summary says what was run", function()
  local out, err, status = test(folder .. "/more", "--seeds", "1..10")
  t.equal({ err, status }, { "", 0 })
  t.equal(elapsed_out(out), "ok    " .. folder .. "/more/b.lua  10 runs\n"
    .. "1 test, 10 runs: 10 passed, 0 failed\n"
    .. "10 handshakes, 40 packets, 0 faults, 50 events\n0 s of virtual time in T s\n")
end)

t.test("failing seeds are listed, and the line that replays one fails again", function()
  local out, _, status = test(folder, "--seeds", "1..40")
  t.equal(status, 1)
  local report = out:match("FAIL  [^\n]*fails with some seeds  (%d+ of 40 runs\n.-)\nskip")
  t.match(report, "a.lua:11: expected: luck\n    11 | dhcp.expect%(n > 1, \"luck\"%)\n"
    .. "    expected  luck\n    got       false\n")
  t.match(report, "packets:\n.-DISCOVER.-ACK.-\n  at 0.000000 s of virtual time, seed %d+\n")
  local seeds = report:match("times: seeds ([^\n]*)")
  t.match(seeds, "^%d+[%d,. ]+")
  local command = report:match("replay: ([^\n]*)$")
  local seed = command:match("(%d+)$")
  t.equal(command, ("%s test %s/a.lua --filter 'fails with some seeds' --seed %s"):format(t.exe, folder, seed))
  local again, _, again_status = t.run(command)
  t.equal(again_status, 1)
  t.match(again, "expected: luck")
  t.match(again, "1 test, 1 run: 0 passed, 1 failed")
end)

t.test("a known failure fails nothing and is told", function()
  local out, _, status = test(folder, "--filter", "known", "--seed", "1")
  t.equal(status, 0)
  t.match(out, "skip  [^\n]*known  %(known failing %(#7%): [^\n]*still%)")
end)

t.test("a script with an error is exit status 4", function()
  local out, _, status = test(crash, "--seed", "1")
  t.equal(status, 4)
  t.match(out, "crash.lua:2: attempt to index a nil value")
  t.match(out, "2 | return x.y")
end)

t.test("a script that is no Lua fails alone; the others are played", function()
  local out, _, status = test(broken, folder .. "/more", "--seed", "1")
  t.equal(status, 4)
  t.match(out, "the script has a syntax error:.*broken.lua:1:")
  t.match(out, "2 tests, 2 runs: 1 passed, 1 failed")
end)

t.test("a seed that was drawn is printed, and options of the run are in the replay line", function()
  local out = test(crash, "--lax", "--set", "a=b c", "--until", "5s")
  local seed = out:match("^seed (%d+)\n")
  t.match(out, "replay: [^\n]*crash.lua %-%-lax %-%-until 5 %-%-set 'a=b c' %-%-seed " .. seed)
end)

t.test("parameters come from --set first, then from the test", function()
  local path = write("../params.lua", [[
    dhcp.test("p", { params = { a = 1, b = 2 } }, function()
      dhcp.expect.equal({ dhcp.param.a, dhcp.param.b }, { 1, 5 })
    end)]])
  t.equal(select(3, test(path, "--set", "b=5", "--seeds", "1..2")), 0)
end)

t.test("--fail-fast stops at the first failure", function()
  local out, _, status = test(folder, "--seeds", "1..40", "--fail-fast")
  t.equal(status, 1)
  t.match(out, "2 tests, %d+ runs: %d+ passed, 1 failed")
end)

t.test("-q prints failures only, -v each run", function()
  t.match(test(folder .. "/more", "--seed", "1", "-q"), "^1 test, 1 run: 1 passed, 0 failed\n")
  t.match(test(folder .. "/more", "--seeds", "1..2", "-v"), "pass  [^\n]*b.lua  seed 1\npass  [^\n]*b.lua  seed 2\n")
end)

-- ---- order, processes, shares

t.test("any number of processes gives the same output", function()
  local one = elapsed_out(test(folder, "--seeds", "1..30"))
  for _, jobs in ipairs { "2", "3", "50" } do
    t.equal(elapsed_out(test(folder, "--seeds", "1..30", "--jobs", jobs)), one, jobs)
  end
end)

t.test("a shuffled run has an order of its own, which can be asked for again", function()
  local plain = test(folder, "--seeds", "1..10", "--format", "json")
  local one = test(folder, "--seeds", "1..10", "--format", "json", "--order", "5")
  t.ok(plain ~= one)
  local function sorted(text)
    local lines = {}
    for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line:gsub('"seconds":[%d.e-]+', "") end
    table.sort(lines)
    return lines
  end
  t.equal(sorted(one), sorted(plain))
  t.equal(sorted(test(folder, "--seeds", "1..10", "--format", "json", "--order", "5", "--jobs", "2")), sorted(one))
  local order = test(folder, "--seeds", "1..2", "--shuffle"):match("^%-%-order (%d+)\n")
  t.ok(order)
end)

t.test("shards are disjoint and make up the whole", function()
  local seen, count = {}, 0
  for k = 1, 3 do
    for line in test(folder, "--seeds", "1..7", "--format", "json", "--shard", k .. "/3"):gmatch("[^\n]+") do
      local result = json.decode(line)
      if not result.summary then
        local key = result.name .. result.seed
        t.ok(not seen[key], key)
        seen[key], count = true, count + 1
      end
    end
  end
  t.equal(count, 28)
end)

t.test("a process that dies under a test fails that test alone", function()
  local path = write("../dies.lua", [[
    if dhcp.seed == 3 then ("a"):rep(60):find(("a*"):rep(30) .. "b") end -- inside one call for ever]])
  local out, _, status = test(path, "--seeds", "1..6", "--jobs", "2", "--budget", "300ms")
  t.equal(status, 4)
  t.match(out, "the process that ran this ended: status 4")
  t.match(out, "1 test, 6 runs: 5 passed, 1 failed")
  t.match(out, "replay: .*%-%-seed 3\n")
end)

t.test("a test that differs from run to run with one seed is found by --repeat", function()
  local path = write("../differs.lua", [[
    local file = io.open("COUNT", "r")
    local n = file and tonumber(file:read("a")) or 0
    if file then file:close() end
    io.open("COUNT", "w"):write(n + 1):close()
    for _ = 1, n do dhcp.sleep(1) end]])
  t.write(path, (t.read(path):gsub("COUNT", t.path("count"))))
  local out, _, status = test(path, "--seed", "1", "--repeat", "3")
  t.equal(status, 4)
  t.match(out, "the same seed gave another run: digest %x+, before%s+%x+\n")
  t.match(out, "replay: [^\n]*differs.lua %-%-seed 1 %-%-repeat 2\n")
  t.match(out, "1 test, 3 runs: 1 passed, 2 failed")
  t.equal(select(3, test(folder .. "/more", "--seeds", "1..5", "--repeat", "3", "--jobs", "2")), 0)
end)

t.test("Ctrl-C ends with status 130 and the summary so far, and leaves no process", function()
  for _, jobs in ipairs { "1", "2" } do
    local program = t.start { t.exe, "test", folder .. "/more", "--seeds", "1..100000000", "--jobs", jobs }
    t.run("sleep 0.5")
    local out, err, status = program:stop("INT")
    t.equal(status, 130)
    t.match(out, "1 test, [%d,]+ runs: [%d,]+ passed, 0 failed")
    t.match(err, "interrupted")
    t.equal((t.run("ps ax -o args | grep -c '[1]..100000000'")), "0\n")
  end
end)

-- ---- other formats

t.test("TAP has one line per run, failures as comments with their replay line", function()
  local out, _, status = test(folder, "--seeds", "1..4", "--format", "tap")
  t.match(out, "^ok 1 %- [^\n]*a.lua: draws, seed 1\nok 2 ")
  t.match(out, "\nnot ok %d+ %- [^\n]*fails with some seeds, seed %d\n# [^\n]*expected: luck\n.-\n# replay: ")
  t.match(out, "\nnot ok 9 %- [^\n]*known, seed 1 # TO" .. "DO known failing %(\\#7%)")
  t.match(out, "\nok 16 %- [^\n]*more/b.lua, seed 4\n1..16\n")
  t.equal(status, 1)
end)

t.test("JUnit has one suite per file and escapes what XML wants escaped", function()
  local path = write("../odd.lua", [[dhcp.test("a < b & \"c\"", function() dhcp.fail("<&>\1") end)]])
  local out = test(path, "--seed", "1", "--format", "junit")
  t.match(out, '<testsuite name="[^"]*odd.lua" tests="1" failures="1" errors="0" skipped="0">')
  t.match(out, 'name="a &lt; b &amp; &quot;c&quot;, seed 1"')
  t.match(out, '<failure message="[^"]*&lt;&amp;&gt;%?" type="E403">')
  t.need("python3")
  local _, err, status = t.run({ "python3", "-c", "import sys, xml.dom.minidom as m; m.parse(sys.stdin)" },
    { stdin = test(folder, path, "--seeds", "1..5", "--format", "junit") })
  t.equal({ err, status }, { "", 0 })
end)

t.test("JSON Lines have the keys of the design in order, and a summary at the end", function()
  local out = test(folder, "--seeds", "1..20", "--format", "json")
  local last, count
  count = 0
  for line in out:gmatch("[^\n]+") do
    last = json.decode(line)
    count = count + 1
    if not last.summary then
      t.match(line, '^{"name":.*,"file":.*,"line":%d+,"seed":%d+,"status":"%l+"')
      t.match(line, '"virtual_seconds":[%d.e-]+,"events":%d+')
      t.equal(last.code ~= nil, last.status == "fail" or last.known == true, line)
    end
  end
  t.equal(count, 81)
  t.equal({ last.tests, last.passed + last.failed + last.skipped, last.skipped }, { 4, 80, 20 })
  t.equal(#last.failing, 1)
  t.equal({ #last.failing[1].seeds, last.failing[1].message:match("luck") }, { last.failed, "luck" })
end)

-- ---- run

t.test("dhcplab run plays the tests that a script declares, and a failure of a run has its replay line", function()
  local out, _, status = t.run { t.exe, "run", folder .. "/a.lua", "--virtual", "--seed", "1" }
  t.equal(status, 0)
  t.match(out, "3 tests, 3 runs: ")
  local fails = write("../fails.lua", "dhcp.sleep(1)\ndhcp.expect(nil, 'an answer')")
  local _, err
  _, err, status = t.run { t.exe, "run", fails, "--virtual", "--set", "a=1" }
  t.equal(status, 1)
  t.match(err, "fails.lua:3: expected: an answer\n  3 | dhcp.expect%(nil, 'an answer'%)\n  expected  an answer\n"
    .. "  got       nil\n  more: dhcplab help E401\n"
    .. "no packet was sent\nat 1.000000 s of virtual time, seed %d+\nreplay: [^\n]*\n$")
  local command = err:match("replay: ([^\n]*)\n$")
  t.match(command, "run [^\n]*fails.lua %-%-virtual %-%-set a=1 %-%-seed %d+$")
  t.equal(select(3, t.run(command)), 1)
end)

-- ---- parts

t.test("a terminal is told how far it is, and every result still has a line of its own", function()
  t.need_terminal()
  local path = t.write(t.path("busy.lua"), "local x = 0 for i = 1, 6000000 do x = x + i end")
  local line = ("env TERM=dumb %s test %s --seeds 1..96 --jobs 1"):format(t.exe, t.quote(path))
  local out, _, status = t.run { "script", "-qec", line, "/dev/null" }
  t.equal(status, 0, out)
  if tonumber(out:match("time in ([%d.]+) s")) < 1.3 then t.skip("this machine is too fast for it") end
  t.match(out, "\r%d+ of 96\r +\rok  ")
  t.ok(not out:find("\27"), "a dumb terminal knows no control sequences")
end)

t.test("a replay line has the seed once, at its end, and words quoted for the shell", function()
  t.equal(replay.command("d", { "run", "a b.lua", "--seed", "1", "-q", "--seed=2" }, 9), "d run 'a b.lua' -q --seed 9")
  t.equal(replay.quote("it's"), "'it'\\''s'")
end)

t.test("numbers are grouped by thousands", function()
  t.equal({ results.number(0), results.number(999), results.number(1000), results.number(1234567) },
    { "0", "999", "1,000", "1,234,567" })
end)

t.test("a plan of a billion runs takes no room, and each has its place", function()
  local plan = runner.plan { files = { folder .. "/more/b.lua", folder .. "/a.lua" }, seed = 1, times = 2, kept = {},
                             seeds = require("dhcplab.seeds").new("1..1000000000"), world = { virtual = true } }
  t.equal(plan.count, 8000000000)
  local entry, seed, round = runner.unit(plan, 2000000001)
  t.equal({ entry.test.name, seed, round }, { "draws", 1, 1 })
  entry, seed, round = runner.unit(plan, 2000000000)
  t.equal({ entry.test.name, seed, round }, { "b", 1000000000, 2 })
end)

-- ---- the bundled scenarios

t.test("every bundled scenario passes with the seeds 1 to 20, and every packet is lawful", function()
  local out, err, status = t.run({ t.exe, "test", "scripts/scenarios", "--seeds", "1..20", "--strict" },
    { timeout = 100 })
  if status ~= 0 then t.fail(out .. err) end
  t.match(out, "tests, [%d,]+ runs: [%d,]+ passed, 0 failed\n")
end)

t.done()
