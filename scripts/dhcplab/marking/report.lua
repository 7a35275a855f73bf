-- The marks of submissions, written as text, CSV, JSON Lines or JUnit XML.
--
-- A mark: name (of the submission), file, results (marking/checks.lua), got, points. A reporter has add(mark) and
-- finish().

local json = require "dkjson"
local layout = require "dhcplab.layout"

local report = {}

-- A mark of these results.
function report.mark(name, file, results)
  local mark = { name = name, file = file, results = results, got = 0, points = 0 }
  for _, result in ipairs(results) do
    mark.got, mark.points = mark.got + result.got, mark.points + result.points
  end
  return mark
end

-- The first thing that is wrong, in a line; nil where nothing is.
local function remark(mark)
  for _, result in ipairs(mark.results) do
    if result.status == "stop" then return "stopped: " .. result.came end
  end
  for _, result in ipairs(mark.results) do
    if result.status == "fail" then return ("%s: %s"):format(result.name, result.came) end
  end
end

local function one_line(text) return layout.printable(tostring(text):gsub("%s+", " "), true) end

-- Text, one submission: each check with what was expected, what came, why ---------------------------------------------

local words <const> = { pass = { "ok  ", "good" }, fail = { "FAIL", "bad" }, stop = { "STOP", "bad" },
                        skip = { "skip", "warn" } }

-- "  label     text", wrapped.
local function add_row(lines, self, label, text)
  if not text then return end
  local width, first = math.max(self.term.width, 60) - 24, true
  local plain = tostring(text):gsub("[ \t]+", " "):gsub("\n", " / ")
  for _, line in ipairs(layout.wrap(layout.printable(plain, self.term.utf8), width)) do
    lines[#lines + 1] = ("            %-10s  %s"):format(first and label or "", line)
    first = false
  end
end

local function reason(result)
  if not result.why then return result.rfc and "see " .. result.rfc end
  return result.why .. (result.rfc and not result.why:find("RFC") and (" (%s)"):format(result.rfc) or "")
end

local function add_check(lines, self, result)
  local word = words[result.status]
  lines[#lines + 1] = ("  %s %2d/%-2d  %s"):format(self.term:paint(word[2], word[1]), result.got, result.points,
    result.name)
  if result.status == "pass" then return end
  if result.status == "skip" then return add_row(lines, self, "skipped", result.came) end
  add_row(lines, self, "expected", result.expected)
  add_row(lines, self, "came", result.came)
  add_row(lines, self, "why", reason(result))
  for _, hint in ipairs(self.hints and result.hints or {}) do add_row(lines, self, "hint", hint) end
end

local text = {}
text.__index = text

function text:add(mark)
  local width = math.max(self.term.width, 60)
  local lines = { ("Lesson %d: %s"):format(self.lesson.number, self.lesson.title),
                  layout.clip(layout.printable(mark.name, self.term.utf8), width, self.term.utf8), "" }
  for _, result in ipairs(mark.results) do add_check(lines, self, result) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("%d of %d points"):format(mark.got, mark.points)
  self.out:write(table.concat(lines, "\n"), "\n")
end

function text:finish() end

-- Text, a class: one line each ----------------------------------------------------------------------------------------

local class = {}
class.__index = class

function class:add(mark)
  self.count, self.sum, self.points = self.count + 1, self.sum + mark.got, mark.points
  local what = remark(mark)
  local line = ("%s  %3d/%d  %s"):format(layout.pad(layout.clip(one_line(mark.name), 24), 24), mark.got, mark.points,
    what and one_line(what) or "all right")
  self.out:write(layout.clip(line, math.max(self.term.width, 60), self.term.utf8), "\n")
  self.out:flush()
end

function class:finish()
  self.out:write(("\n%d submission%s, %.1f of %d points on average\n"):format(self.count,
    self.count == 1 and "" or "s", self.count > 0 and self.sum / self.count or 0, self.points))
end

-- CSV: a line each, a column for each check; what a spreadsheet would take for a formula gets a "'" in front ----------

local csv = {}
csv.__index = csv

local function cell(value)
  local plain = tostring(value):gsub("[%s%c]+", " ")
  if type(value) == "string" and plain:find("^[=+%-@]") then plain = "'" .. plain end
  if not plain:find('[",]') then return plain end
  return '"' .. plain:gsub('"', '""') .. '"'
end

local function row(self, cells)
  for i, value in ipairs(cells) do cells[i] = cell(value) end
  self.out:write(table.concat(cells, ","), "\n")
end

function csv:add(mark)
  if self.count == 0 then
    local head = { "submission", "points", "of" }
    for _, result in ipairs(mark.results) do head[#head + 1] = result.name end
    head[#head + 1] = "remark"
    row(self, head)
  end
  self.count = self.count + 1
  local cells = { mark.name, mark.got, mark.points }
  for _, result in ipairs(mark.results) do cells[#cells + 1] = result.got end
  cells[#cells + 1] = remark(mark) or ""
  row(self, cells)
end

function csv:finish() end

-- JSON Lines: an object each ------------------------------------------------------------------------------------------

local lines = {}
lines.__index = lines

local order <const> = { keyorder = { "submission", "lesson", "points", "of", "checks", "name", "status", "got",
                                     "expected", "came", "why", "rfc", "hints" } }

function lines:add(mark)
  local made = {}
  for i, result in ipairs(mark.results) do
    local hints = setmetatable(self.hints and result.hints or {}, { __jsontype = "array" })
    made[i] = { name = result.name, status = result.status, got = result.got, of = result.points,
                expected = result.expected, came = result.came, why = result.why, rfc = result.rfc,
                hints = self.hints and hints or nil }
  end
  self.out:write(json.encode({ submission = mark.name, lesson = self.lesson.number, points = mark.got,
    of = mark.points, checks = made }, order), "\n")
end

function lines:finish() end

-- JUnit XML: a suite each, a case for each check ----------------------------------------------------------------------

local junit = {}
junit.__index = junit

local escapes <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\n"] = "&#10;" }

local function xml(s)
  if not utf8.len(s) then s = s:gsub("[\128-\255]", "?") end
  return (s:gsub('[&<>"\n]', escapes):gsub("[%z\1-\8\11-\31\127]", "?"))
end

function junit:add(mark)
  if self.count == 0 then
    self.out:write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="dhcplab grade">\n')
  end
  self.count = self.count + 1
  local counts, cases = { pass = 0, fail = 0, skip = 0, stop = 0 }, {}
  for _, result in ipairs(mark.results) do
    counts[result.status] = counts[result.status] + 1
    local body = "/>"
    if result.status == "skip" then
      body = ('><skipped message="%s"/></testcase>'):format(xml(result.came))
    elseif result.status ~= "pass" then
      local tag = result.status == "stop" and "error" or "failure"
      body = ('><%s message="%s">%s</%s></testcase>'):format(tag, xml(("expected %s; came %s"):format(result.expected,
        result.came)), xml(reason(result) or ""), tag)
    end
    cases[#cases + 1] = ('    <testcase classname="%s" name="%s"%s\n'):format(xml(mark.name), xml(result.name), body)
  end
  local head = '  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d">\n'
  self.out:write(head:format(xml(mark.name), #mark.results, counts.fail, counts.stop, counts.skip),
    table.concat(cases), "  </testsuite>\n")
end

function junit:finish() self.out:write("</testsuites>\n") end

local formats <const> = { text = text, class = class, csv = csv, json = lines, junit = junit }

-- format: text, class (text for many), csv, json or junit. options: out, term, lesson, hints (whether they are told).
function report.reporter(format, options)
  return setmetatable({ out = options.out, term = options.term, lesson = options.lesson, hints = options.hints,
                        count = 0, sum = 0, points = 0 }, formats[format])
end

return report
