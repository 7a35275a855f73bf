-- dhcplab hint: marks the script in a lesson's folder, and gives one hint more for the first thing that is not right.
-- Which hints were given is kept in the folder.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local hint = { summary = "one more hint for the lesson in this folder", common = false }

function hint.define(command)
  command:argument("lesson", "its number, where there are several folders here"):args("?")
end

-- The lesson's folder: this one, or the only lesson-N in it, or the one asked for.
local function folder_of(lessons, word)
  local here = lessons.state(".")
  if here and (not word or tostring(here.lesson) == word) then return "." end
  if word then
    local folder = "lesson-" .. word
    if lessons.state(folder) then return folder end
    error(problem.new("E212", ("there is no folder %s here that dhcplab lesson made"):format(folder),
      "begin it with: dhcplab lesson " .. word))
  end
  local found = {}
  for _, name in ipairs(core.folder(".") or {}) do
    if lessons.state(name) then found[#found + 1] = name end
  end
  if #found == 1 then return found[1] end
  error(problem.new("E212", found[1] and "there are several lessons here: " .. table.concat(found, ", ")
    or "this is no folder of a lesson", found[1] and "name one: dhcplab hint N" or "begin one with: dhcplab lesson 1"))
end

-- The first check that did not pass for a reason of its own.
local function first_wrong(mark)
  for _, result in ipairs(mark.results) do
    if result.status == "fail" or result.status == "stop" then return result end
  end
end

function hint.run(flags)
  local lessons, grade = require "dhcplab.lessons", require "dhcplab.commands.grade"
  local folder = folder_of(lessons, flags.lesson)
  local state = lessons.state(folder)
  local lesson = lessons.find(tostring(state.lesson), flags.scripts)
  flags.lesson = tostring(lesson.number)
  local mark
  grade.mark(flags, lesson, { grade.submission(folder) }, function(made) mark = made end)
  local wrong = first_wrong(mark)
  if not wrong then
    print(("All right: %d of %d points. On to the next: dhcplab lesson"):format(mark.got, mark.points))
    return 0
  end
  local layout = require "dhcplab.layout"
  local width = require("dhcplab.term").new({}).width - 2
  local function say(text)
    print(table.concat(layout.wrap(layout.printable(text:gsub("\n", " "), true), width), "\n"))
  end
  print(("%d of %d points so far."):format(mark.got, mark.points))
  say(("Not yet: %s. Expected %s; came %s."):format(wrong.name, wrong.expected, wrong.came))
  local given = math.min((state.hints[wrong.name] or 0) + 1, #wrong.hints)
  if given == 0 then return 0 end
  say(("Hint %d of %d: %s"):format(given, #wrong.hints, wrong.hints[given]))
  state.hints[wrong.name] = given
  lessons.save(folder, state)
  return 0
end

return hint
