-- The lessons that come with the program: where they are, what is in them, and a student's own folder of one.
--
-- They lie in scripts/lessons/NN_name/, inside the executable or, under --scripts, in that folder. A student's folder
-- has a file ".lesson" that says which lesson it is and how many hints were given.

local checks = require "dhcplab.marking.checks"
local core = require "dhcplab.core"
local files = require "dhcplab.files"
local problem = require "dhcplab.problem"
local suggest = require "dhcplab.suggest"

local lessons = {}

local STATE <const> = ".lesson"
local given <const> = { "README.md", "start.lua", "server.lua" } -- what a student gets; few lessons have a server
local kept <const> = { "answer.lua", "marks.lua" } -- what a teacher has beside

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("a")
  if file then file:close() end
  return text
end

-- The text of a file of the lessons, "03_first_server/start.lua"; nil when it is not there.
local function text_of(scripts, name)
  if scripts then return read(scripts .. "/lessons/" .. name) end
  return core.embedded and core.embedded("lessons/" .. name) or read("scripts/lessons/" .. name)
end

local function folders(scripts)
  local found, seen = {}, {}
  local names = scripts and (core.folder(scripts .. "/lessons") or {}) or core.embedded and core.embedded()
    or core.folder("scripts/lessons") or {}
  for _, name in ipairs(names) do
    name = scripts and name or name:gsub("^lessons/", "")
    local folder = name:match("^(%d%d_[%w_]+)")
    if folder and not seen[folder] then
      seen[folder] = true
      found[#found + 1] = folder
    end
  end
  return found
end

-- All lessons in order: number, name (its folder's), title, minutes, gist.
function lessons.list(scripts)
  local list = {}
  for _, folder in ipairs(folders(scripts)) do
    local text = text_of(scripts, folder .. "/README.md") or ""
    local title = text:match("^# Lesson %d+: ([^\n]+)")
    local minutes, gist = text:match("\n(%d+) minutes%.%s+([^\n]+)")
    list[#list + 1] = { number = math.tointeger(tonumber(folder:sub(1, 2))), name = folder, title = title or folder,
                        minutes = math.tointeger(tonumber(minutes)), gist = gist, scripts = scripts }
  end
  return list
end

-- The lesson of that number or name.
function lessons.find(word, scripts)
  local list, words = lessons.list(scripts), {}
  for _, lesson in ipairs(list) do
    local short = lesson.name:match("^%d+_(.+)")
    if tostring(lesson.number) == word or lesson.name == word or short == word then return lesson end
    words[#words + 1] = short
  end
  local near = suggest(word, words)
  error(problem.new("E211", ("there is no lesson \"%s\"%s"):format(word,
    near and ("; did you mean \"%s\"?"):format(near) or ""), "dhcplab lesson lists them"))
end

-- A file of a lesson: "start.lua".
function lessons.text(lesson, file) return text_of(lesson.scripts, lesson.name .. "/" .. file) end

-- The checks of a lesson (marking/checks.lua).
function lessons.checks(lesson)
  local text = lessons.text(lesson, "marks.lua") or error(("lesson %s has no marks.lua"):format(lesson.name), 0)
  local main = assert(load(text, ("@lessons/%s/marks.lua"):format(lesson.name), "t"))
  return checks.read(lesson, main())
end

-- A student's folder -----------------------------------------------------------------------------------------------

local ELSEWHERE <const> = "choose another folder"

local function make_folder(path)
  local ok, why = core.make_folder(path)
  if not ok then
    error(problem.new("E305", ("cannot make the folder %s: %s"):format(path, why), ELSEWHERE))
  end
end

-- Makes the folder of a lesson, which must not be there yet; teacher: with the answer and the marks.
function lessons.make(lesson, path, teacher)
  if core.folder(path) or read(path) then
    error(problem.new("E210", path .. " is there already, and is left as it is",
      "work there, or move it away to begin anew"))
  end
  make_folder(path)
  for _, file in ipairs(given) do
    local text = lessons.text(lesson, file)
    if text then files.write(path .. "/" .. file, text, ELSEWHERE) end
  end
  for _, file in ipairs(teacher and kept or {}) do
    files.write(path .. "/" .. file, lessons.text(lesson, file), ELSEWHERE)
  end
  files.write(path .. "/" .. STATE, ("lesson = %d\n"):format(lesson.number), ELSEWHERE)
end

-- What is known of a student's folder: lesson (a number), hints (check -> how many were given); nil when it is none.
function lessons.state(path)
  local text = read(path .. "/" .. STATE)
  local number = text and math.tointeger(tonumber(text:match("^lesson = (%d+)")))
  if not number then return nil end
  local state = { lesson = number, hints = {} }
  for count, name in text:gmatch("\nhints = (%d+) ([^\n]+)") do state.hints[name] = math.tointeger(tonumber(count)) end
  return state
end

function lessons.save(path, state)
  local lines, names = { ("lesson = %d\n"):format(state.lesson) }, {}
  for name in pairs(state.hints) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do lines[#lines + 1] = ("hints = %d %s\n"):format(state.hints[name], name) end
  files.write(path .. "/" .. STATE, table.concat(lines), ELSEWHERE)
end

-- Makes the folders of all lessons inside one, lesson-1, lesson-2 ...
function lessons.export(folder, scripts, teacher)
  if not core.folder(folder) then make_folder(folder) end
  local list = lessons.list(scripts)
  for _, lesson in ipairs(list) do
    local path = ("%s/lesson-%d"):format(folder, lesson.number)
    if core.folder(path) then
      error(problem.new("E210", path .. " is there already, and is left as it is",
        "give a folder that is empty or new"))
    end
  end
  for _, lesson in ipairs(list) do lessons.make(lesson, ("%s/lesson-%d"):format(folder, lesson.number), teacher) end
  return #list
end

return lessons
