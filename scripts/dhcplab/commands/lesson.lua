-- dhcplab lesson: lists the lessons; dhcplab lesson N: makes a folder of one's own to do it in; dhcplab lesson export:
-- all of them for a class.

local problem = require "dhcplab.problem"

local lesson = { summary = "list the lessons, or start one: dhcplab lesson 3", common = false }

function lesson.define(command)
  command:argument("what", "a lesson's number or name; or: export"):args("?")
  command:argument("folder", "where to (lesson-3 in this folder)"):args("?")
  command:flag("--student", "export without answers and marks")
end

local function list(lessons, flags)
  local layout, term = require "dhcplab.layout", require "dhcplab.term"
  local width = term.new({}).width
  for _, one in ipairs(lessons.list(flags.scripts)) do
    print(("%2d  %s%s"):format(one.number, one.title, one.minutes and (" (%d minutes)"):format(one.minutes) or ""))
    for _, line in ipairs(layout.wrap(one.gist or "", width - 4)) do print("    " .. line) end
  end
  print("\nStart one: dhcplab lesson 1")
  return 0
end

local function start(lessons, flags)
  local one = lessons.find(flags.what, flags.scripts)
  local folder = flags.folder or ("lesson-%d"):format(one.number)
  lessons.make(one, folder)
  print(("Lesson %d, %s, is in %s. Next:\n"):format(one.number, one.title, folder))
  local enter = folder:find("^[%w%-_./]+$") and folder or require("dhcplab.replay").quote(folder)
  for _, line in ipairs {
    { "cd " .. enter, "" },
    { "read README.md", "what to see, and what to do" },
    { "dhcplab run start.lua --virtual", "play it; then change start.lua" },
    { ("dhcplab grade %d start.lua"):format(one.number), "see how far you are" },
    { "dhcplab hint", "when you are stuck: a hint more each time" },
  } do
    print((("    %-34s%s"):format(line[1], line[2]):gsub("%s+$", "")))
  end
  return 0
end

function lesson.run(flags)
  local lessons = require "dhcplab.lessons"
  if not flags.what then return list(lessons, flags) end
  if flags.what ~= "export" then
    if flags.student then
      error(problem.new("E205", "--student is for an export", "dhcplab lesson export --student FOLDER"))
    end
    return start(lessons, flags)
  end
  if not flags.folder then
    error(problem.new("E204", "where to? name a folder that is new", "dhcplab lesson export --student FOLDER"))
  end
  local count = lessons.export(flags.folder, flags.scripts, not flags.student)
  print(("%d lessons are in %s, %s"):format(count, flags.folder,
    flags.student and "without answers and marks" or "with answers and marks"))
  return 0
end

return lesson
