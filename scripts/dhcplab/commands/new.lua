-- dhcplab new NAME: writes a scenario to start from, with the settings by which an editor knows the interface, and says
-- what to do with it. Nothing that is there is touched.

local layout = require "dhcplab.layout"
local problem = require "dhcplab.problem"
local quote = require("dhcplab.replay").quote

local new = { summary = "write a commented scenario to start from", common = false }

function new.define(command)
  command:argument("name", "what it is called: NAME.lua is written here, or in the folder that it names")
end

local function is_there(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

local function write(path, text)
  local file, why = io.open(path, "w")
  local ok = file and file:write(text)
  if file and not file:close() then ok = nil end
  if not ok then
    error(problem.new("E305", ("cannot write %s"):format(why or path .. ": the disk is full?"),
      "give a name in a folder that is there, and in which you may write"))
  end
end

function new.run(flags)
  local path = flags.name:gsub("%.lua$", "")
  if not path:find("[^/]$") or path:find("%c") then
    error(problem.new("E203", ("\"%s\" is no name for a script"):format(layout.printable(flags.name)),
      "try: dhcplab new mine"))
  end
  local files = require "dhcplab.template"(path)
  for _, file in ipairs(files) do
    if is_there(file.path) then
      error(problem.new("E210", ("%s is there already, and stays as it is"):format(file.path), "take another name"))
    end
  end
  for _, file in ipairs(files) do
    write(file.path, file.text)
    print("wrote " .. file.path)
  end
  local folder = path:match("^(.*/)") or ""
  for _, file in ipairs(require("dhcplab.editor").files(flags.program or "dhcplab")) do
    if not is_there(folder .. file.name) then -- the scenarios of a folder share it
      write(folder .. file.name, file.text)
      print(("wrote %s, for editors"):format(folder .. file.name))
    end
  end
  local program, script = quote(flags.program or "dhcplab"), quote(files[1].path)
  print(("\nNext:\n  %s run %s --virtual --explain\n  %s test %s\nthen change it: %s help scripts"):format(program,
    script, program, script, program))
  return 0
end

return new
