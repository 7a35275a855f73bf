-- dhcplab grade LESSON FILE: marks a student's script; --all marks a class.

local batch = require "dhcplab.batch"
local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local grade = { summary = "mark a student's script, or all of a class", common = false }

function grade.define(command)
  command:argument("lesson", "its number or name: dhcplab lesson lists them")
  command:argument("submission", "the script, or the folder that it is in"):args("?")
  command:option("--all", "mark every script and folder in this one; a line for each"):argname("FOLDER")
  command:option("--format", "text, json, junit or csv"):choices { "text", "json", "junit", "csv" }
  command:flag("--csv", "the same as --format csv")
  command:flag("--hints", "tell hints for what is not right yet")
  command:option("--jobs", "so many processes side by side (one per processor)"):argname("N"):convert(batch.count)
  command:option("--color", "auto, always or never"):choices { "auto", "always", "never" }
  command:flag("--ascii", "no characters beyond ASCII")
  command:flag("--worker"):hidden(true)
end

-- The script in a student's folder: start.lua, or the only one there is; or nil and why.
local function script_in(folder)
  local found = {}
  for _, name in ipairs(core.folder(folder)) do
    if name == "start.lua" then return folder .. "/" .. name end
    if name:find("%.lua$") then found[#found + 1] = folder .. "/" .. name end
  end
  if found[2] then return nil, ("%s has several .lua files, and none is called start.lua"):format(folder) end
  if not found[1] then return nil, ("there is no .lua file in %s"):format(folder) end
  return found[1]
end

-- The file of one submission, given as a file or a folder.
local function submission(path)
  path = #path > 1 and path:gsub("/+$", "") or path
  local file, why = path, nil
  if core.folder(path) then file, why = script_in(path) end
  if not file then error(problem.new("E206", why, "name the file")) end
  local handle
  handle, why = io.open(file, "rb")
  if not handle then error(problem.new("E206", "cannot open " .. why, "check the path")) end
  handle:close()
  return { name = path, file = file }
end

-- The submissions in a folder: every .lua file and every folder, in order of their names; and what else is there.
local function all_in(folder)
  local names, why = core.folder(folder)
  if not names then
    error(problem.new("E206", ("cannot read the folder %s: %s"):format(folder, why), "check the path"))
  end
  local list, others = {}, {}
  for _, name in ipairs(names) do
    local path = folder:gsub("/+$", "") .. "/" .. name
    local is_hidden, is_folder = name:find("^%."), core.folder(path) ~= nil
    if not is_hidden and (is_folder or name:find("%.lua$")) then
      list[#list + 1] = { name = name, file = is_folder and script_in(path) or path }
    elseif not is_hidden then
      others[#others + 1] = name
    end
  end
  if not list[1] then error(problem.new("E208", "there is no .lua file and no folder in " .. folder)) end
  if others[1] then io.stderr:write("dhcplab: not marked, since no Lua files: ", table.concat(others, ", "), "\n") end
  return list
end

local function worker_words(flags)
  local words = { flags.program }
  if flags.scripts then table.move({ "--scripts", flags.scripts }, 1, 2, 2, words) end
  table.move({ "grade", flags.lesson }, 1, 2, #words + 1, words)
  return words
end

-- Marks the submissions: on_mark(mark) for each, in order.
function grade.mark(flags, lesson, list, on_mark)
  local process, report = require "dhcplab.marking.process", require "dhcplab.marking.report"
  local checks = require("dhcplab.lessons").checks(lesson)
  local paths = {}
  for i, one in ipairs(list) do paths[i] = one.file end
  process.run(checks, worker_words(flags), paths, flags.jobs or core.processors(), function(i, results)
    on_mark(report.mark(list[i].name, list[i].file, results))
  end)
end

function grade.run(flags)
  local lessons = require "dhcplab.lessons"
  local lesson = lessons.find(flags.lesson, flags.scripts)
  if flags.worker then
    return require("dhcplab.marking.process").work(lessons.checks(lesson), flags.submission)
  end
  if (flags.all == nil) == (flags.submission == nil) then
    error(problem.new("E204", "name one script or folder, or --all FOLDER for a class",
      "dhcplab grade 3 start.lua; dhcplab grade 3 --all submissions"))
  end
  local format = flags.csv and "csv" or flags.format or "text"
  local list = flags.all and all_in(flags.all) or { submission(flags.submission) }
  local reporter = require("dhcplab.marking.report").reporter(flags.all and format == "text" and "class" or format, {
    out = io.stdout, lesson = lesson, hints = flags.hints,
    term = require("dhcplab.term").new { color = flags.color, ascii = flags.ascii } })
  local full = true
  grade.mark(flags, lesson, list, function(mark)
    reporter:add(mark)
    full = full and mark.got == mark.points
  end)
  reporter:finish()
  if flags.all or full then return 0 end
  if format == "text" and not flags.hints then print("hints: dhcplab hint in the lesson's folder, or --hints here") end
  return 1
end

grade.submission = submission

return grade
