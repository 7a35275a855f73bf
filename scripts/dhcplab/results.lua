-- The results of many tests: counted, and written as text, TAP, JUnit XML or JSON Lines.
--
-- A reporter has add(result, k) and finish(summary); text shows one line per test, the others one record per test and
-- seed. Failing seeds are listed with the command that replays each.

local failure = require "dhcplab.failure"
local layout = require "dhcplab.layout"
local problem = require "dhcplab.problem"
local runner = require "dhcplab.runner"

local is_verdict <const> = { expectation = true, breach = true, invariant = true, liveness = true } -- else an error

local results = {}

local MESSAGES <const> = 10 -- different failures of one test that are told
local SEEDS <const> = 1000 -- failing seeds that are listed for each of them

-- Counting -----------------------------------------------------------------------------------------------------------

local sums <const> = { "virtual_seconds", "events", "packets", "handshakes", "faults" }

function results.tally()
  local tally = { pass = 0, fail = 0, skip = 0, errors = 0, tests = {}, by_test = {}, failing = {}, order = {} }
  for _, key in ipairs(sums) do tally[key] = 0 end
  return tally
end

-- Failures of a test, those with the same message together: { result (the first), seeds, count }.
local function note_failure(group, result)
  local same = group.by_message[result.message]
  if not same then
    if #group.failing >= MESSAGES then
      group.others = (group.others or 0) + 1
      return
    end
    same = { result = result, seeds = {}, count = 0 }
    group.by_message[result.message] = same
    group.failing[#group.failing + 1] = same
  end
  same.count = same.count + 1
  if #same.seeds < SEEDS then same.seeds[#same.seeds + 1] = result.seed end
end

-- Counts a result; the group of all results of its test.
function results.count(tally, result)
  local key = result.file .. "\0" .. result.name
  local group = tally.by_test[key]
  if not group then
    group = { file = result.file, name = result.name, line = result.line, pass = 0, fail = 0, skip = 0, failing = {},
              by_message = {} }
    tally.by_test[key] = group
    tally.tests[#tally.tests + 1] = group
  end
  group[result.status] = group[result.status] + 1
  tally[result.status] = tally[result.status] + 1
  for _, name in ipairs(sums) do tally[name] = tally[name] + result[name] end
  if result.status == "skip" then group.why = result.message end
  if result.status == "fail" then
    if not is_verdict[result.kind] then tally.errors = tally.errors + 1 end
    note_failure(group, result)
  end
  return group
end

-- What the process ends with.
function results.status(tally)
  if tally.fail == 0 then return 0 end
  return tally.errors > 0 and 4 or 1
end

local function plural(n, word) return ("%s %s"):format(results.number(n), n == 1 and word or word .. "s") end

-- 1234567 -> "1,234,567"
function results.number(n)
  local text = ("%d"):format(n):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

-- 93784.5 -> "1 d 2 h 3 min"
local function span(seconds)
  local parts, left = {}, math.floor(seconds)
  for _, unit in ipairs { { 365 * 86400, "years" }, { 86400, "d" }, { 3600, "h" }, { 60, "min" } } do
    if left >= unit[1] and #parts < 2 then
      parts[#parts + 1] = ("%s %s"):format(results.number(left // unit[1]), unit[2])
      left = left % unit[1]
    end
  end
  if #parts < 2 and (left > 0 or not parts[1]) then
    parts[#parts + 1] = parts[1] and ("%d s"):format(left) or ("%.3g s"):format(seconds)
  end
  return table.concat(parts, " ")
end

-- What is said at the end, in two or three lines.
function results.summary(tally, elapsed, is_virtual)
  local lines = { ("%s, %s: %s passed, %s failed%s"):format(plural(#tally.tests, "test"),
    plural(tally.pass + tally.fail + tally.skip, "run"), results.number(tally.pass), results.number(tally.fail),
    tally.skip > 0 and (", %s skipped"):format(results.number(tally.skip)) or "") }
  lines[2] = ("%s, %s, %s, %s\n%s of %s time in %.1f s"):format(plural(tally.handshakes, "handshake"),
    plural(tally.packets, "packet"), plural(tally.faults, "fault"), plural(tally.events, "event"),
    span(tally.virtual_seconds), is_virtual and "virtual" or "real", elapsed)
  return table.concat(lines, "\n")
end

-- Text -----------------------------------------------------------------------------------------------------------

local function title(of) -- a script that is one test is called like its file
  return of.file:match("([^/]+)%.lua$") == of.name and of.file or of.file .. ": " .. of.name
end

local function write_group(out, term, group)
  local runs = group.pass + group.fail + group.skip
  local word, style = "ok  ", "good"
  if group.fail > 0 then word, style = "FAIL", "bad" elseif group.pass == 0 then word, style = "skip", "warn" end
  local counts = runs == 1 and "" or group.fail > 0 and ("  %s of %s"):format(results.number(group.fail),
    plural(runs, "run")) or ("  %s"):format(plural(runs, "run"))
  out:write(("%s  %s%s%s\n"):format(term:paint(style, word), title(group), counts,
    group.pass == 0 and group.fail == 0 and "  (" .. group.why .. ")" or ""))
end

-- 1, 2, 3, 7 -> "1..3, 7"; ten at most.
local function seed_list(same)
  local parts, list, i = {}, same.seeds, 1
  table.sort(list)
  while list[i] and #parts < 10 do
    local last = i
    while list[last + 1] == list[last] + 1 do last = last + 1 end
    parts[#parts + 1] = last == i and tostring(list[i]) or ("%d..%d"):format(list[i], list[last])
    i = last + 1
  end
  local left = same.count - i + 1
  return table.concat(parts, ", ") .. (left > 0 and (" and %s more"):format(results.number(left)) or "")
end

-- The first failure of a test whole, the others by message; for each the seeds and the command that replays it.
local function write_failures(out, group, runs)
  for i, same in ipairs(group.failing) do
    local result = same.result
    local report = i == 1 and result.report or i == 1 and result.message or "another failure: " .. result.message
    out:write(layout.indent(report), "\n")
    if runs > 1 then
      out:write(layout.indent(("%s: seed%s %s"):format(same.count == 1 and "once"
        or results.number(same.count) .. " times", same.count == 1 and "" or "s", seed_list(same))), "\n")
    end
    out:write("  replay: ", result.replay, "\n")
  end
  if group.others then out:write(("  and %s of other kinds\n"):format(plural(group.others, "failure"))) end
end

local text = {}
text.__index = text

-- A test's line is written when the next one begins; in shuffled order, all at the end.
local function close_group(self)
  local group = self.open
  self.open = nil
  if not group or self.quiet and group.fail == 0 then return end
  write_group(self.out, self.term, group)
  if group.fail > 0 then write_failures(self.out, group, group.pass + group.fail + group.skip) end
  self.out:flush()
end

function text:add(result, _, group)
  if self.verbose then
    self.out:write(("%s  %s  seed %d%s\n"):format(result.status, title(result), result.seed,
      result.status ~= "pass" and "  " .. result.message or ""))
  end
  if self.shuffled or self.open == group then return end
  close_group(self)
  self.open = group
end

function text:finish(tally, summary)
  if self.shuffled then
    table.sort(tally.tests, function(a, b)
      if a.file ~= b.file then return a.file < b.file end
      if a.line ~= b.line then return a.line < b.line end
      return a.name < b.name
    end)
    for _, group in ipairs(tally.tests) do
      self.open = group
      close_group(self)
    end
  end
  close_group(self)
  self.out:write(summary, "\n")
end

-- TAP ------------------------------------------------------------------------------------------------------------

local known_mark <const> = " # TO" .. "DO " -- TAP's word for a failure that is known

local tap = {}
tap.__index = tap

local function tap_text(s) return (s:gsub("\n", " "):gsub("#", "\\#")) end

function tap:add(result)
  self.count = self.count + 1
  local fine = result.status == "pass" or result.status == "skip" and not result.known
  local directive = result.known and known_mark .. tap_text(result.message)
    or result.status == "skip" and " # SKIP " .. tap_text(result.message) or ""
  self.out:write(("%s %d - %s, seed %d%s\n"):format(fine and "ok" or "not ok", self.count, tap_text(title(result)),
    result.seed, directive))
  if result.status ~= "fail" then return end
  for line in ((result.report or result.message) .. "\nreplay: " .. result.replay .. "\n"):gmatch("(.-)\n") do
    self.out:write("# ", line, "\n")
  end
end

function tap:finish(_, summary)
  self.out:write("1..", self.count, "\n", "# ", (summary:gsub("\n", "\n# ")), "\n")
end

-- JUnit ----------------------------------------------------------------------------------------------------------

local junit = {}
junit.__index = junit

local escapes <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\n"] = "&#10;" }

local function xml(s) return (s:gsub('[&<>"\n]', escapes):gsub("[%z\1-\8\11-\31\127-\255]", "?")) end
local function xml_body(s) return (s:gsub("[&<>]", escapes):gsub("[%z\1-\8\11-\31\127-\255]", "?")) end

function junit:add(result)
  local suite = self.suites[result.file]
  if not suite then
    suite = { file = result.file, cases = {}, fail = 0, skip = 0, errors = 0 }
    self.suites[result.file] = suite
    self.suites[#self.suites + 1] = suite
  end
  local body = "/>"
  if result.status == "fail" then
    local is_error = not is_verdict[result.kind]
    local tag = is_error and "error" or "failure"
    suite[is_error and "errors" or "fail"] = suite[is_error and "errors" or "fail"] + 1
    body = ("><%s message=\"%s\"%s>%s</%s></testcase>"):format(tag, xml(result.message),
      result.code and (" type=\"%s\""):format(result.code) or "",
      xml_body((result.report or "") .. "\nreplay: " .. result.replay), tag)
  elseif result.status == "skip" then
    suite.skip = suite.skip + 1
    body = ("><skipped message=\"%s\"/></testcase>"):format(xml(result.message))
  end
  suite.cases[#suite.cases + 1] = ("    <testcase classname=\"%s\" name=\"%s, seed %d\" file=\"%s\" line=\"%d\""
    .. " time=\"%.6f\"%s\n"):format(xml(result.file), xml(result.name), result.seed, xml(result.file), result.line,
    result.virtual_seconds, body)
end

function junit:finish(tally)
  local out = self.out
  out:write('<?xml version="1.0" encoding="UTF-8"?>\n',
    ('<testsuites name="dhcplab" tests="%d" failures="%d" errors="%d" skipped="%d">\n'):format(
      tally.pass + tally.fail + tally.skip, tally.fail - tally.errors, tally.errors, tally.skip))
  for _, suite in ipairs(self.suites) do
    out:write(('  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d">\n'):format(xml(suite.file),
      #suite.cases, suite.fail, suite.errors, suite.skip), table.concat(suite.cases), "  </testsuite>\n")
  end
  out:write("</testsuites>\n")
end

-- JSON Lines -------------------------------------------------------------------------------------------------------

local lines = {}
lines.__index = lines

function lines:add(result) self.out:write(runner.encode(result), "\n") end

function lines:finish(tally, _, elapsed)
  local failing = {}
  for _, group in ipairs(tally.tests) do
    for _, same in ipairs(group.failing) do
      local result = same.result
      failing[#failing + 1] = { name = result.name, file = result.file, count = same.count, message = result.message,
                                seeds = same.seeds, replay = result.replay }
    end
  end
  self.out:write(require("dkjson").encode({ summary = true, tests = #tally.tests, passed = tally.pass,
    failed = tally.fail, skipped = tally.skip, handshakes = tally.handshakes, packets = tally.packets,
    faults = tally.faults, events = tally.events, virtual_seconds = tally.virtual_seconds, seconds = elapsed,
    failing = setmetatable(failing, { __jsontype = "array" }) },
    { keyorder = { "summary", "tests", "passed", "failed", "skipped", "handshakes", "packets", "faults", "events",
                   "virtual_seconds", "seconds", "failing", "name", "file", "count", "message", "seeds",
                   "replay" } }), "\n")
end

local formats <const> = { text = text, tap = tap, junit = junit, json = lines }

-- options: out, term, verbose, quiet, shuffled.
function results.reporter(format, options)
  return setmetatable({ out = options.out, term = options.term, verbose = options.verbose, quiet = options.quiet,
                        shuffled = options.shuffled, count = 0, suites = {} }, formats[format])
end

-- Two runs of one test with one seed that are not the same: a failure of its own.
function results.differing(result, before, replay)
  local message = ("the same seed gave another run: digest %s, before %s"):format(result.digest, before)
  result.status, result.kind, result.message, result.replay = "fail", "error", message, replay
  local made = problem.new("E413", message)
  result.code, result.report = made.code, failure.describe(made)
  return result
end

return results
