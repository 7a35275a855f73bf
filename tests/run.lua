-- The test runner: finds the test programs, runs them side by side, adds up what they print (TAP) and
-- shows failures whole.
--
--   lua5.4 tests/run.lua --tree build [--tree OTHER] [--lint] [--only KIND] [--slow] [PATTERN]
--
-- KIND is core, lua, fuzz, interop, lint, golden or conformance; PATTERN is a part of a file's name.
-- Environment: JOBS (2), TEST_SECONDS (120, for one file), CI (a missing tool is a failure), CC and
-- SECOND_CC (the compilers of the trees), BROKEN (trees that did not build), LUA.  tests/README.md tells
-- how to add a test.  Ends with 'N passed, N failed'; the exit status is 1 if any failed, or if there
-- was nothing to run.

local limit_seconds = tonumber(os.getenv("TEST_SECONDS")) or 120
local lua = os.getenv("LUA") or "lua5.4"
local in_ci = (os.getenv("CI") or "") ~= ""

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function lines_of(command)
  local lines = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

-- ---- the command line

local trees, only, pattern, with_lint, slow = {}, nil, "", false, false
do
  local i = 1
  while arg[i] do
    local word = arg[i]
    if word == "--tree" then
      i = i + 1
      trees[#trees + 1] = { path = arg[i] }
    elseif word == "--only" then
      i = i + 1
      only = arg[i]
    elseif word == "--lint" then
      with_lint = true
    elseif word == "--slow" then
      slow = true
    else
      pattern = word
    end
    i = i + 1
  end
end

local function find(where, name)
  return lines_of(("find %s -name %s 2>/dev/null | LC_ALL=C sort"):format(where, quote(name)))
end

-- ---- the build trees

-- A stock Lua knows nothing of a sanitizer: its library must be in the process before the module is loaded.
local function preload(tree, compiler)
  if not tree.path:find("address", 1, true) then return "" end
  local names = { "libclang_rt.asan-" .. lines_of("uname -m")[1] .. ".so", "libclang_rt.asan.so", "libasan.so" }
  for _, name in ipairs(names) do
    local path = lines_of(compiler .. " -print-file-name=" .. name)[1]
    if path and path:find("/", 1, true) and read(path) then return "LD_PRELOAD=" .. path .. " " end
  end
  return ""
end

for i, tree in ipairs(trees) do
  tree.preload = preload(tree, i > 1 and os.getenv("SECOND_CC") or os.getenv("CC") or "cc")
  tree.env = ("LAB_TREE=%s LUA_PATH='scripts/?.lua;scripts/?/init.lua;tests/lua/?.lua;;' LUA_CPATH='%s/lua/?.so;;' ")
    :format(quote(tree.path), tree.path)
  if tree.path:find("undefined", 1, true) then
    tree.env = tree.env .. "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 "
  end
end

-- ---- finding jobs

local jobs = {}

-- kind, file (its name for people), command, tree.  planned: must print a plan; named: takes a test's name;
-- status_only: one test, decided by the exit status; tool: without it a failure is a skip (`have` tells
-- whether it is there).
local function add(job)
  local wanted
  if only == "golden" then
    wanted = job.kind == "lua" and read(job.file):find("%.golden%(")
  elseif only == "conformance" then
    wanted = job.kind ~= "lint" and job.file:find("conformance", 1, true)
  elseif only then
    wanted = job.kind == only
  else
    wanted = job.kind ~= "lint" or with_lint
  end
  if wanted and job.file:find(pattern, 1, true) then jobs[#jobs + 1] = job end
end

local function add_lint()
  local env = "LUA_PATH='tests/lua/?.lua;;' "
  add { kind = "lint", file = "tests/tidy.lua", command = env .. lua .. " tests/tidy.lua", planned = true }
  add { kind = "lint", file = "luacheck", status_only = true, tool = "luacheck",
    command = "luacheck -q --no-color scripts tests bindings" }
  add { kind = "lint", file = "clang-format", status_only = true, tool = "clang-format", hint = "make format",
    command = "bad=0; for f in $(find core bindings tests -name '*.[ch]' | LC_ALL=C sort); do "
      .. 'clang-format "$f" | cmp -s - "$f" || { echo "$f is not laid out by clang-format"; bad=1; }; done; exit $bad' }
  local flags = "-std=c11 -D_GNU_SOURCE -DLAB_VERSION='\"0\"' -Icore -Ibindings -Itests/core -Ibuild "
    .. "$(pkg-config --cflags lua5.4 2>/dev/null || pkg-config --cflags lua)"
  add { kind = "lint", file = "headers", status_only = true, hint = "each header includes what it needs",
    command = "for h in core/*.h bindings/*.h; do " .. (os.getenv("CC") or "cc") .. " -fsyntax-only -xc " .. flags
      .. " \"$h\" || exit 1; done" }
  if slow then
    for _, file in ipairs(find("core bindings", "*.c")) do
      add { kind = "lint", file = "clang-tidy " .. file, status_only = true, tool = "clang-tidy",
        command = ("clang-tidy --quiet %s -- %s"):format(file, flags) }
    end
  end
end

local function add_tree(tree, first)
  for _, file in ipairs(find("tests/core tests/lua", "*_test.c")) do
    add { kind = file:match("^tests/(%w+)/"), file = file, tree = tree, tool = "cmocka",
      have = "pkg-config --exists cmocka",
      command = tree.env .. "CMOCKA_MESSAGE_OUTPUT=tap " .. tree.path .. "/" .. file:gsub("%.c$", "") }
  end
  for _, file in ipairs(find("tests/lua", "*_test.lua")) do
    add { kind = "lua", file = file, tree = tree, planned = true, named = true,
      command = tree.env .. tree.preload .. lua .. " " .. file }
  end
  for _, file in ipairs(find("tests/fuzz", "*_fuzz.c")) do
    local name = file:match("([%w_]+)_fuzz%.c$")
    add { kind = "fuzz", file = file, tree = tree, planned = true,
      command = ("%s/tests/fuzz/%s_replay tests/fuzz/corpus/%s"):format(tree.path, name, name) }
  end
  if not first then return end
  for language, ending in pairs { sh = "*_test.sh", [lua] = "*_test.lua", python3 = "*_test.py" } do
    for _, file in ipairs(find("tests/interop tests/conformance", ending)) do
      add { kind = "interop", file = file, tree = tree, planned = true, tool = language == "python3" and language,
        command = tree.env .. language .. " " .. file }
    end
  end
end

add_lint()
for i, tree in ipairs(trees) do add_tree(tree, i == 1) end
table.sort(jobs, function(a, b)
  if a.kind ~= b.kind then return a.kind > b.kind end
  if a.file ~= b.file then return a.file < b.file end
  return (a.tree and a.tree.path or "") < (b.tree and b.tree.path or "")
end)

-- ---- running

local scratch = lines_of("mktemp -d")[1]

-- Each job is a small script that reports "number status milliseconds" when it is done.  `timeout` makes
-- the test's processes a group of their own and ends that group when time is up; the trap does the same
-- on Ctrl-C.
local function prepare(number, job)
  local base = scratch .. "/" .. number
  write(base .. ".sh", ([[
begin=$(date +%%s%%N)
timeout -k 5 %d sh -c %s >%s.out 2>%s.err </dev/null &
trap 'kill -TERM $!; wait $!; exit 1' INT TERM
wait $!
status=$?
end=$(date +%%s%%N)
echo %d $status $(( (end - begin) / 1000000 ))
]]):format(limit_seconds, quote(job.command), base, base, number))
end

-- ---- reading results

local function parse(job, text, status)
  local result = { passed = 0, failed = 0, skipped = 0, problems = {}, skips = {}, failures = {} }
  local planned, seen = nil, 0
  local function problem(what)
    result.failed = result.failed + 1
    result.problems[#result.problems + 1] = what
  end
  for line in text:gmatch("[^\n]+") do
    local verdict = line:match("^%s*ok%f[%A]") or line:match("^%s*not ok%f[%A]")
    local rest = verdict and line:sub(#verdict + 1):match("^%s*%d*%s*%-?%s*(.*)")
    local plan = line:match("^%s*1%.%.(%d+)")
    local reason = (rest or plan == "0") and line:match("#%s*[Ss][Kk][Ii][Pp]%w*%s*(.*)")
    if plan then planned = (planned or 0) + tonumber(plan) end
    if rest then seen = seen + 1 end
    if reason then
      if in_ci and reason:find("^missing:") then problem((rest or reason) .. ": in CI nothing may be missing")
      else
        result.skipped = result.skipped + 1
        result.skips[#result.skips + 1] = (rest or ""):gsub("%s*#.*", "") .. " (" .. reason .. ")"
      end
    elseif verdict and verdict:find("not", 1, true) then
      result.failed = result.failed + 1
      result.failures[#result.failures + 1] = rest
    elseif rest then
      result.passed = result.passed + 1
    end
  end
  if status == 124 or status == 137 then
    problem(("still running after %d s, ended"):format(limit_seconds))
  elseif status ~= 0 and result.failed == 0 then
    problem("ended with status " .. status)
  elseif planned and planned ~= seen then
    problem(("planned %d tests, ran %d"):format(planned, seen))
  elseif job.planned and not planned then
    problem("stopped early: no plan (1..N) was printed")
  elseif seen == 0 and planned ~= 0 then
    problem("printed no result")
  end
  return result
end

local function judge(job, base, status)
  local out, err = read(base .. ".out") or "", read(base .. ".err") or ""
  local result
  if status ~= 0 and job.tool and not os.execute(job.have or "command -v " .. job.tool .. " >/dev/null") then
    result = parse(job, "1..0 # SKIP missing: " .. job.tool, 0)
  elseif job.status_only then
    result = parse(job, status == 0 and "ok 1" or "not ok 1 - " .. job.file .. (job.hint and ": " .. job.hint or ""), 0)
  else
    result = parse(job, out, status)
    if job.tree then -- for tests/conformance.lua
      local folder = job.tree.path .. "/results"
      os.execute("mkdir -p " .. quote(folder))
      write(folder .. "/" .. job.file:gsub("/", "+") .. ".tap", out)
    end
  end
  result.output = out .. (err ~= "" and "--- stderr\n" .. err or "")
  return result
end

local totals = { passed = 0, failed = 0, skipped = 0 }
local all_skips, seen_skip = {}, {}

local function report(job, result, milliseconds)
  local word = result.failed > 0 and "FAIL" or result.passed == 0 and "skip" or "ok"
  local where = job.tree and job.tree.path ~= "build" and " [" .. job.tree.path:gsub("^build/", "") .. "]" or ""
  local counts = ("%d passed"):format(result.passed)
  if result.failed > 0 then counts = counts .. (", %d failed"):format(result.failed) end
  if result.skipped > 0 then counts = counts .. (", %d skipped"):format(result.skipped) end
  print(("%-4s %6.2f s  %s%s  %s"):format(word, milliseconds / 1000, job.file, where, counts))
  for _, skip in ipairs(result.skips) do
    local text = job.file .. ": " .. skip
    if not seen_skip[text] then
      seen_skip[text] = true
      all_skips[#all_skips + 1] = text
    end
  end
  for name in pairs(totals) do totals[name] = totals[name] + result[name] end
  if result.failed == 0 then return end
  print("  | " .. result.output:gsub("\n$", ""):gsub("\n", "\n  | "))
  for _, problem in ipairs(result.problems) do print("  problem: " .. problem) end
  if job.named and #result.failures > 0 then
    for _, name in ipairs(result.failures) do print(("  replay: %s %s"):format(job.command, quote(name))) end
  else
    print("  replay: " .. job.command)
  end
end

local numbers = {}
for i, job in ipairs(jobs) do
  prepare(i, job)
  numbers[i] = i
end
write(scratch .. "/numbers", table.concat(numbers, "\n") .. "\n")

local finished = 0
if #jobs > 0 then
  local side_by_side = tonumber(os.getenv("JOBS")) or 2
  local pipe = assert(io.popen(("xargs -P %d -I {} sh %s/{}.sh <%s/numbers"):format(side_by_side, scratch, scratch)))
  for line in pipe:lines() do
    local number, status, milliseconds = line:match("^(%d+) (%d+) (%d+)$")
    local job = jobs[tonumber(number)]
    report(job, judge(job, scratch .. "/" .. number, tonumber(status)), tonumber(milliseconds))
    finished = finished + 1
  end
  pipe:close()
end
os.execute("rm -rf " .. quote(scratch))

for _, skip in ipairs(all_skips) do print("skipped: " .. skip) end
for tree in (os.getenv("BROKEN") or ""):gmatch("%S+") do
  print("FAIL  " .. tree .. " did not build: the first error above says why")
  totals.failed = totals.failed + 1
end
if finished < #jobs then
  print(("%d of %d files were not run to their end"):format(#jobs - finished, #jobs))
  totals.failed = totals.failed + (#jobs - finished)
end
-- Whole runs end with the requirements: a MUST of an RFC that no passing test proves is a failure of its own.
if pattern == "" and not only and trees[1] and read("tests/conformance.lua") then
  local tree = trees[1]
  local lines = lines_of(tree.env:gsub("LD_PRELOAD=%S+", "") .. lua
    .. " tests/conformance.lua --strict --open; echo $?")
  local status = table.remove(lines)
  for _, line in ipairs(lines) do print(line) end
  totals[status == "0" and "passed" or "failed"] = totals[status == "0" and "passed" or "failed"] + 1
  print((status == "0" and "ok   " or "FAIL ") .. "requirements of the RFCs (make conformance shows all)")
end
print(("%d passed, %d failed%s"):format(totals.passed, totals.failed,
  totals.skipped > 0 and (", %d skipped"):format(totals.skipped) or ""))
os.exit(totals.failed == 0 and totals.passed > 0)
