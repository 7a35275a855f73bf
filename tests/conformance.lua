-- The conformance table: every requirement of scripts/dhcplab/requirements.lua beside the tests that prove it.
--
--   lua5.4 tests/conformance.lua [--results DIR] [--strict] [--open] [ID...]
--
-- A test names the requirements it proves: a Lua or shell test in brackets in its name, as in "a
-- NAK is broadcast when giaddr is zero [X-06 S-46]"; a C test in the comment directly above its
-- function, as in "/* M-15, O-01 */". A row may also name tests itself, a whole file or one test:
-- tests = { "tests/fuzz/decode_fuzz.c", "tests/core/x_test.c:name" }.  What came of them is read
-- from DIR (build/results), where the test runner leaves what each program printed (TAP), in a file
-- named like the program's source with "+" for "/": tests+core+decode_test.c.tap.
--
-- A row passes when at least one of its tests passed and none failed.  --open shows only rows that
-- do not, ID... only these rows.  --strict ends with status 1 when a MUST row does not pass, any
-- row fails, or a test names an id that is not there; without it the table is a report.

local requirements = require "dhcplab.requirements"

local results_folder, strict, open_only, wanted = (os.getenv("LAB_TREE") or "build") .. "/results", false, false, {}
do
  local place = 1
  while arg[place] do
    local word = arg[place]
    if word == "--results" then
      place = place + 1
      results_folder = arg[place]
    elseif word == "--strict" then
      strict = true
    elseif word == "--open" then
      open_only = true
    elseif word:find("^[MXSCREO]%-%d%d$") then
      wanted[word] = true
    else
      io.stderr:write("usage: lua5.4 tests/conformance.lua [--results DIR] [--strict] [--open] [ID...]\n")
      os.exit(2)
    end
    place = place + 1
  end
end

local function lines_of(command)
  local lines = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  return lines
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

-- The ids in a text, with ranges such as C-01..C-04 written out.
local function ids_in(text)
  local ids = {}
  text = text:gsub("(%u%-)(%d%d)%.%.%u%-(%d%d)", function(letter, first, last)
    local list = {}
    for number = tonumber(first), tonumber(last) do list[#list + 1] = letter .. ("%02d"):format(number) end
    return table.concat(list, " ")
  end)
  for id in text:gmatch("%f[%w][MXSCREO]%-%d%d%f[%D]") do ids[#ids + 1] = id end
  return ids
end

-- Brackets that hold ids and nothing else.
local function ids_in_brackets(text)
  local ids = {}
  for inside in text:gmatch("%[([^%[%]]*)%]") do
    if inside:find("^[MXSCREO%-%d%s,%.]+$") then
      for _, id in ipairs(ids_in(inside)) do ids[#ids + 1] = id end
    end
  end
  return ids
end

-- ---- claims: which test speaks for which id; claims[id] = list of { file, name }, name nil where only a run
-- tells it

local claims, strangers = {}, {}

local function claim(id, file, name)
  if not requirements[id] then
    strangers[#strangers + 1] = ("%s, which %s names"):format(id, name and file .. ": " .. name or file)
    return
  end
  claims[id] = claims[id] or {}
  table.insert(claims[id], { file = file, name = name })
end

-- /* M-15 */ directly above static void name(void **state).
local function read_c_claims(path)
  local ids = {}
  for line in (read(path) .. "\n"):gmatch("(.-)\n") do
    local name = line:match("^static void ([%w_]+)%(void %*%*")
    local is_comment = line:find("^/%*") or line:find("^ %*")
    if name then
      for _, id in ipairs(ids) do claim(id, path, name) end
    end
    if not is_comment then
      ids = {}
    elseif line:find("^/%*") then
      ids = ids_in(line)
    else
      table.move(ids_in(line), 1, 99, #ids + 1, ids)
    end
  end
end

-- Lines that declare a test; a name that is put together at run time is known when it has run.
local function read_bracket_claims(path)
  local seen = {}
  for line in read(path):gmatch("[^\n]+") do
    for _, id in ipairs(line:find("test[ (]") and ids_in_brackets(line) or {}) do
      if not seen[id] then claim(id, path) end
      seen[id] = true
    end
  end
end

for _, path in ipairs(lines_of("find tests -name '*_test.c' | LC_ALL=C sort")) do read_c_claims(path) end
for _, path in ipairs(lines_of("find tests scripts/scenarios -name '*_test.lua' -o -name '*_test.sh' "
  .. "-o -name '*_test.py' -o -path 'scripts/scenarios/*.lua' | LC_ALL=C sort")) do
  read_bracket_claims(path)
end
for _, row in ipairs(requirements) do
  for _, test in ipairs(row.tests or {}) do
    local file, name = test:match("^(.-):(.*)$")
    claim(row.id, file or test, name)
  end
end

-- ---- results: what came of each test; results[file] = list of { name, outcome }

local results, by_name, by_id = {}, {}, {}

local function read_results(path)
  local file = path:match("([^/]+)%.tap$"):gsub("%+", "/")
  results[file] = {}
  for line in read(path):gmatch("[^\n]+") do
    local bad, name = line:match("^%s*(n?o?t? ?)ok%f[%A]%s*%d*%s*%-?%s*(.*)")
    if name then
      local outcome = bad == "not " and "fail" or name:find("#%s*[Ss][Kk][Ii][Pp]") and "skip" or "pass"
      name = name:gsub("%s*#%s*[Ss][Kk][Ii][Pp].*", "")
      local result = { name = name, file = file, outcome = outcome }
      table.insert(results[file], result)
      by_name[file .. ":" .. name] = result
    end
  end
end

for _, path in ipairs(lines_of(("find '%s' -name '*.tap' 2>/dev/null | LC_ALL=C sort"):format(results_folder))) do
  read_results(path)
end

-- All results that speak for an id, each once.
local function results_of(id)
  local list, seen = {}, {}
  local function add(result)
    if result and not seen[result] then
      seen[result] = true
      list[#list + 1] = result
    end
  end
  for _, one in ipairs(claims[id] or {}) do
    if one.name then
      add(by_name[one.file .. ":" .. one.name])
    else
      local all = requirements[id].tests and table.concat(requirements[id].tests, "\n"):find(one.file, 1, true)
      for _, result in ipairs(results[one.file] or {}) do
        if all then add(result) end
      end
    end
  end
  for _, result in ipairs(by_id[id] or {}) do add(result) end
  return list
end

-- Names printed at run time count even where the source builds them.
do
  local files = {}
  for file in pairs(results) do files[#files + 1] = file end
  table.sort(files)
  for _, file in ipairs(files) do
    for _, result in ipairs(results[file]) do
      for _, id in ipairs(ids_in_brackets(result.name)) do
        if not requirements[id] then
          strangers[#strangers + 1] = ("%s, which %s: %s names"):format(id, file, result.name)
        end
        by_id[id] = by_id[id] or {}
        table.insert(by_id[id], result)
      end
    end
  end
end

-- ---- joining

local function judge_row(row)
  if row.na then return "n/a", {} end
  local list = results_of(row.id)
  local count = { pass = 0, fail = 0, skip = 0 }
  for _, result in ipairs(list) do count[result.outcome] = count[result.outcome] + 1 end
  if count.fail > 0 then return "FAIL", list end
  if count.pass > 0 then return "pass", list end
  if count.skip > 0 then return "skipped", list end
  return claims[row.id] and "not run" or "untested", list
end

local states = { "pass", "FAIL", "skipped", "not run", "untested", "n/a" }
local levels = { "MUST", "SHOULD", "MAY", "LAB" }
local totals, open, failures = {}, {}, {}
for _, level in ipairs(levels) do totals[level] = { all = 0 } end

local has_wish = next(wanted) ~= nil
print(("%-5s %-6s %-9s %-8s %5s  %s"):format("id", "level", "role", "state", "tests", "requirement"))
for _, row in ipairs(requirements) do
  local state, list = judge_row(row)
  local total = totals[row.level]
  total.all = total.all + 1
  total[state] = (total[state] or 0) + 1
  if row.level == "MUST" and state ~= "pass" and state ~= "n/a" then open[#open + 1] = row.id end
  for _, result in ipairs(list) do
    if result.outcome == "fail" then
      failures[#failures + 1] = ("%s: %s: %s"):format(row.id, result.file, result.name)
    end
  end
  local is_open = state ~= "pass" and state ~= "n/a"
  if (not has_wish or wanted[row.id]) and (not open_only or is_open) then
    print(("%-5s %-6s %-9s %-8s %5d  %s (%s)"):format(row.id, row.level, row.role, state, #list, row.text, row.source))
    if row.na then print("      not applicable: " .. row.na) end
    if has_wish then
      for _, result in ipairs(list) do print(("      %-7s %s: %s"):format(result.outcome, result.file, result.name)) end
      for _, one in ipairs(#list == 0 and claims[row.id] or {}) do
        print(("      not run %s%s"):format(one.file, one.name and ": " .. one.name or ""))
      end
    end
  end
end

print()
for _, level in ipairs(levels) do
  local parts = {}
  for _, state in ipairs(states) do
    if totals[level][state] then parts[#parts + 1] = ("%d %s"):format(totals[level][state], state) end
  end
  print(("%-6s %3d rows: %s"):format(level, totals[level].all, table.concat(parts, ", ")))
end
for _, failure in ipairs(failures) do print("failed: " .. failure) end
for _, stranger in ipairs(strangers) do print("there is no " .. stranger) end
if #open > 0 then print("MUST rows that do not pass: " .. table.concat(open, " ")) end

os.exit((strict and (#open > 0 or #failures > 0 or #strangers > 0)) and 1 or 0)
