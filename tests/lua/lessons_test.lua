-- Every lesson: its model answer has full marks, its beginning few and hints to go on with, and each typical mistake is
-- told what fits it. And the commands around them: dhcplab lesson, dhcplab hint (scripts/dhcplab/lessons.lua,
-- scripts/dhcplab/commands/lesson.lua, scripts/dhcplab/commands/hint.lua).

local t = require "harness"
local core = require "dhcplab.core"
local json = require "dkjson"
local lessons = require "dhcplab.lessons"

local function folder(name)
  local path = t.path(name)
  os.execute("mkdir -p " .. path)
  return path
end

-- The marks of all files of a lesson, by their names.
local function marks_of(lesson)
  local all = folder("all-" .. lesson.number)
  local from = "scripts/lessons/" .. lesson.name
  for _, name in ipairs { "answer.lua", "start.lua" } do t.write(all .. "/" .. name, t.read(from .. "/" .. name)) end
  for _, name in ipairs(core.folder(from .. "/mistakes") or {}) do
    t.write(all .. "/mistake-" .. name, t.read(from .. "/mistakes/" .. name))
  end
  local out, err, status = t.run { t.exe, "grade", lesson.number, "--all", all, "--format", "json", "--hints" }
  t.equal({ err, status }, { "", 0 })
  local marks = {}
  for line in out:gmatch("[^\n]+") do
    local mark = json.decode(line)
    marks[mark.submission] = mark
  end
  return marks
end

local function wrongs(mark)
  local list = {}
  for _, check in ipairs(mark.checks) do
    if check.status == "fail" or check.status == "stop" then list[#list + 1] = check end
  end
  return list
end

local function summary(mark)
  local lines = {}
  for _, check in ipairs(mark.checks) do
    lines[#lines + 1] = ("%s %s: expected %s; came %s; %s"):format(check.status, check.name, check.expected,
      check.came, check.why)
  end
  return table.concat(lines, "\n")
end

-- What the first line of a mistake says: which check, what is told.
local function check_mistake(lesson, name, mark)
  local text = t.read(("scripts/lessons/%s/mistakes/%s"):format(lesson.name, name))
  local check, told = text:match("^%-%- gets: ([^|\n]-) | ([^\n]+)\n")
  t.ok(check, name .. " begins with \"-- gets: CHECK | WORDS\"")
  for _, one in ipairs(mark.checks) do
    if one.name == check then
      local words = table.concat({ one.expected or "", one.came or "", one.why or "" }, "\n")
      if one.status ~= "pass" and one.status ~= "skip" and words:find(told, 1, true) then return end
    end
  end
  t.fail(("%s: nothing says \"%s\" at \"%s\":\n%s"):format(name, told, check, summary(mark)))
end

local list = lessons.list("scripts")

t.test("there are lessons, each with a title, a time and a sentence about it", function()
  t.ok(#list >= 2)
  for _, lesson in ipairs(list) do
    local readme = t.read(("scripts/lessons/%s/README.md"):format(lesson.name))
    t.match(readme, "^# Lesson " .. lesson.number .. ": ")
    t.ok(lesson.minutes and lesson.minutes >= 10 and lesson.minutes <= 25, lesson.name .. " takes 10 to 25 minutes")
    t.ok(lesson.gist and #lesson.gist > 20, lesson.name .. " says what it is about")
  end
end)

for _, lesson in ipairs(list) do
  local name = "lesson %d: the answer is right, the beginning is not, each mistake is told what it is"
  t.test(name:format(lesson.number), function()
    local marks = marks_of(lesson)
    local answer, start = marks["answer.lua"], marks["start.lua"]
    t.ok(answer.points == answer.of, "the answer has full marks:\n" .. summary(answer))
    t.ok(start.points <= start.of / 2, "start.lua has at most half of the marks")
    t.ok(wrongs(start)[1], "start.lua fails something")
    for _, check in ipairs(wrongs(start)) do t.ok(check.hints and check.hints[1], check.name .. " has a hint") end
    local mistakes = 0
    for _, file in ipairs(core.folder(("scripts/lessons/%s/mistakes"):format(lesson.name)) or {}) do
      mistakes = mistakes + 1
      check_mistake(lesson, file, marks["mistake-" .. file])
    end
    t.ok(mistakes >= 3, "there are three mistakes at least")
  end)
end

-- ---- dhcplab lesson

t.test("dhcplab lesson lists the lessons, within 80 columns", function()
  local out, err, status = t.run { t.exe, "lesson" }
  t.equal({ err, status }, { "", 0 })
  for _, lesson in ipairs(list) do t.ok(out:find(("%2d  %s"):format(lesson.number, lesson.title), 1, true)) end
  for line in out:gmatch("[^\n]+") do t.ok(#line <= 80, line) end
end)

t.test("dhcplab lesson 1 makes a folder to work in, once", function()
  local path = t.path("mine")
  local out, err, status = t.run { t.exe, "lesson", "1", path }
  t.equal({ err, status }, { "", 0 })
  t.match(out, "dhcplab hint")
  t.equal(core.folder(path), { ".lesson", "README.md", "start.lua" })
  t.equal(t.read(path .. "/start.lua"), t.read("scripts/lessons/01_handshake/start.lua"))
  t.write(path .. "/start.lua", "-- work\n")
  out, err, status = t.run { t.exe, "lesson", "1", path }
  t.equal({ out, status }, { "", 2 })
  t.match(err, "is there already, and is left as it is")
  t.equal(t.read(path .. "/start.lua"), "-- work\n")
end)

t.test("a lesson that is not there is told with the nearest, a folder that cannot be made with the reason", function()
  local _, err, status = t.run { t.exe, "lesson", "first_servr" }
  t.equal(status, 2)
  t.match(err, 'there is no lesson "first_servr"; did you mean "first_server"%?')
  _, err, status = t.run { t.exe, "lesson", "1", t.path("no/such/folder") }
  t.equal(status, 3)
  t.match(err, "cannot make the folder")
end)

t.test("an export for students has no answers and no marks; one for teachers has", function()
  for _, case in ipairs { { "--student", { ".lesson", "README.md", "start.lua" } },
                          { nil, { ".lesson", "README.md", "answer.lua", "marks.lua", "start.lua" } } } do
    local path = t.path("export" .. (case[1] or ""))
    local _, err, status = t.run { t.exe, "lesson", "export", path, case[1] }
    t.equal({ err, status }, { "", 0 })
    t.equal(#core.folder(path), #list)
    t.equal(core.folder(path .. "/lesson-1"), case[2])
    _, err, status = t.run { t.exe, "lesson", "export", path, case[1] }
    t.equal(status, 2, err)
  end
end)

-- ---- dhcplab hint

local exe = t.exe:find("^/") and t.exe or io.popen("pwd"):read("l") .. "/" .. t.exe

local function hint(path)
  local out, err, status = t.run(("cd %s && %s hint"):format(path, exe))
  t.equal({ err, status }, { "", 0 })
  return out
end

t.test("dhcplab hint gives one more hint each time, until there is none; then it repeats the last", function()
  local path = t.path("hints")
  t.run { t.exe, "lesson", "1", path }
  t.match(hint(path), "2 of 12 points so far.\nNot yet: question 1")
  local answer = t.read("scripts/lessons/01_handshake/answer.lua")
  t.write(path .. "/start.lua", (answer:gsub("yiaddr", "siaddr")))
  t.match(hint(path), "Hint 1 of 2: Find 192.168.1.100")
  t.match(hint(path), "Hint 2 of 2: The name says")
  t.match(hint(path), "Hint 2 of 2: The name says")
  t.write(path .. "/start.lua", answer)
  t.match(hint(path), "^All right: 12 of 12 points")
end)

t.test("dhcplab hint outside a lesson says how to begin one", function()
  local out, err, status = t.run(("cd %s && %s hint"):format(folder("empty"), exe))
  t.equal({ out, status }, { "", 2 })
  t.match(err, "this is no folder of a lesson\nbegin one with: dhcplab lesson 1")
end)

t.done()
