-- Tests of the tests: that tests/run.lua counts right and lets no failure pass, that the harness fails
-- when it should, and that bindings/embed.lua writes what embedded.h says.

local t = require "harness"

local root = io.popen("exec env -u LD_PRELOAD pwd"):read("l")
local lua = os.getenv("LUA") or "lua5.4"

-- Runs test files, given as { name = text }, in a repository of their own: what was printed, the last line, the
-- status.
local function run_files(name, files, environment)
  local folder = t.path(name)
  t.run { "mkdir", "-p", folder .. "/tests/lua" }
  for file, text in pairs(files) do t.write(folder .. "/tests/lua/" .. file, text) end
  local command = "cd %s && env -u CI -u BROKEN -u JOBS %s LUA=%s %s %s/tests/run.lua --tree build"
  local out, err, status = t.run(command:format(t.quote(folder), environment or "", lua, lua, t.quote(root)))
  t.equal(err, "")
  return out, out:match("([^\n]*)\n$"), status
end

-- Runs a test file that uses the harness.
local function run_with_harness(body)
  local file = t.write(t.path("one.lua"), 'local t = require "harness"\n' .. body .. "\nt.done()\n")
  return t.run { "env", "-u", "GOLDEN_UPDATE", lua, file }
end

t.test("passes, failures and skips are added up over all files", function()
  local _, last, status = run_files("sum", {
    ["a_test.lua"] = "print('ok 1 - a\\nok 2 - b # SKIP no namespaces\\nnot ok 3 - c\\n1..3') os.exit(1)",
    ["b_test.lua"] = "print('ok 1 - a\\n1..1')",
  })
  t.equal(last, "2 passed, 1 failed, 1 skipped")
  t.equal(status, 1)
end)

t.test("all passing ends with status 0", function()
  local _, last, status = run_files("good", { ["a_test.lua"] = "print('ok 1 - a\\n1..1')" })
  t.equal({ last, status }, { "1 passed, 0 failed", 0 })
end)

t.test("nothing to run is not a success", function()
  local _, last, status = run_files("none", {})
  t.equal({ last, status }, { "0 passed, 0 failed", 1 })
end)

t.test("a program that stops before its plan has failed, even with status 0", function()
  local out, last, status = run_files("short", { ["a_test.lua"] = "print('ok 1 - a')" })
  t.equal({ last, status }, { "1 passed, 1 failed", 1 })
  t.match(out, "problem: stopped early")
end)

t.test("a plan that was not kept is a failure", function()
  local out, last = run_files("plan", { ["a_test.lua"] = "print('1..3\\nok 1 - a')" })
  t.equal(last, "1 passed, 1 failed")
  t.match(out, "planned 3 tests, ran 1")
end)

t.test("a program that passes its tests and then dies has failed", function()
  local out, last = run_files("dies", { ["a_test.lua"] = "print('ok 1 - a\\n1..1') os.exit(3)" })
  t.equal(last, "1 passed, 1 failed")
  t.match(out, "ended with status 3")
end)

t.test("a file that takes too long is ended and counted", function()
  local out, last = run_files("slow", { ["a_test.lua"] = "while true do end" }, "TEST_SECONDS=1")
  t.equal(last, "0 passed, 1 failed")
  t.match(out, "still running after 1 s")
end)

t.test("a missing tool is a skip, and a failure in CI", function()
  local files = { ["a_test.lua"] = "print('ok 1 - a # SKIP missing: tshark\\nok 2 - b\\n1..2')" }
  local _, last, status = run_files("missing", files)
  t.equal({ last, status }, { "1 passed, 0 failed, 1 skipped", 0 })
  _, last, status = run_files("missing_ci", files, "CI=1")
  t.equal({ last, status }, { "1 passed, 1 failed", 1 })
end)

t.test("a tree that did not build is a failure", function()
  local out, last = run_files("broken", { ["a_test.lua"] = "print('ok 1 - a\\n1..1')" }, "BROKEN=build/clang")
  t.equal(last, "1 passed, 1 failed")
  t.match(out, "build/clang did not build")
end)

t.test("a failure shows what was printed and the command that replays it", function()
  local out = run_files("replay", { ["a_test.lua"] = "print('not ok 1 - it is\\n# why\\n1..1') os.exit(1)" })
  t.match(out, "# why")
  t.match(out, "replay: .*tests/lua/a_test.lua 'it is'")
end)

t.test("each verdict of the harness fails when it should, and the rest still runs", function()
  local bodies = { "t.equal(1, 2)", "t.equal({ 1, { 2 } }, { 1, { 3 } })", "t.equal({ 1 }, { 1, 2 })", "t.ok(nil)",
    "t.near(1, 2, 0.5)", "t.match('a', 'b')", "t.error(function() end, 'x')",
    "t.error(function() error('y') end, '^n$')", "t.fail('no')", "error('raised')", "local x; return x.y",
    "t.golden('no such file', '')" }
  for _, body in ipairs(bodies) do
    local out, _, status = run_with_harness("t.test('a', function() " .. body .. " end) t.test('b', function() end)")
    t.match(out, "^not ok 1 %- a\n# .*\nok 2 %- b\n1%.%.2\n$", body)
    t.equal(status, 1, body)
  end
end)

t.test("each verdict of the harness passes when it should", function()
  local out, err, status = run_with_harness([[
    t.test("a", function()
      t.equal({ 1, { a = "x" } }, { 1, { a = "x" } })
      t.equal(1, 1.0)
      t.ok(0)
      t.near(1, 1.5, 0.5)
      t.match("abc", "b")
      t.match(t.error(function() error("boo") end, "boo"), "boo")
    end)
    t.test("b", function() t.skip("why not") end)
    t.test("c", function() t.need("no-such-program") end)]])
  t.equal(out, "ok 1 - a\nok 2 - b # SKIP why not\nok 3 - c # SKIP missing: no-such-program\n1..3\n")
  t.equal({ err, status }, { "", 0 })
end)

t.test("a program's output, status, signal and time limit come back", function()
  local out, err, status = t.run({ "sh", "-c", "cat; echo err >&2; exit 3" }, { stdin = "it's" })
  t.equal({ out, err, status }, { "it's", "err\n", 3 })
  t.equal(select(3, t.run("kill -9 $$")), 137)
  t.equal(select(3, t.run("sleep 5", { timeout = 0.2 })), 124)
end)

t.test("a program that goes on is waited for and stopped", function()
  local program = t.start([[sh -c 'trap "echo bye; exit 7" INT; echo ready 42; while :; do sleep 0.05; done']])
  t.equal(program:wait_for("ready (%d+)"), "42")
  local out, _, status = program:stop("INT")
  t.equal({ out, status }, { "ready 42\nbye\n", 7 })
end)

t.test("a test that forgets its program leaves none behind", function()
  local beats = t.path("beats")
  t.write(t.path("beat.sh"), "while :; do echo beat >>" .. beats .. "; sleep 0.05; done\n")
  run_with_harness(("t.test('a', function() t.start('sh %s; true'):wait(0.3) end)"):format(t.path("beat.sh")))
  local count = #t.read(beats)
  t.ok(count > 0)
  t.run("sleep 0.3")
  t.equal(#t.read(beats), count)
end)

t.test("embedded files are sorted by name, whole, and named below the prefix", function()
  t.run { "mkdir", "-p", t.path("s/dhcplab") }
  t.write(t.path("s/dhcplab/z.lua"), "return 1\n")
  t.write(t.path("s/a.lua"), "#!/usr/bin/env lua\nreturn '\\\\'\n")
  local _, err, status = t.run { lua, "bindings/embed.lua", t.path("out.c"), t.path("s/"), t.path("s/dhcplab/z.lua"),
    t.path("s/a.lua"), "dkjson" }
  t.equal({ err, status }, { "", 0 })
  local text = t.read(t.path("out.c"))
  t.match(text, '{ "a.lua", text_1, 31, code_1, 0 },\n  { "dhcplab/z.lua", text_2, 9, code_2, [1-9]%d* },\n'
    .. '  { "dkjson.lua", text_3, %d+, code_3, [1-9]%d* },')
  t.match(text, "text_2%[%] = {\n  114,101,116,117,114,110,32,49,10,\n  0\n};")
  t.match(text, "lab_embedded_count = 3;")
end)

t.test("a script with a mistake stops the build and is named", function()
  t.write(t.path("bad.lua"), "return (")
  local _, err, status = t.run { lua, "bindings/embed.lua", t.path("out.c"), t.path(""),
    t.path("bad.lua") }
  t.match(err, "embed.lua: .*bad.lua:1:")
  t.equal(status, 1)
end)

t.done()
