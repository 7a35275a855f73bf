-- dhcplab new NAME: writes a scenario to start from, with the settings by which an editor knows the interface, and says
-- what to do with it. Nothing that is there is touched.

local files = require "dhcplab.files"
local layout = require "dhcplab.layout"
local problem = require "dhcplab.problem"
local quote = require("dhcplab.replay").quote

local new = { summary = "write a commented scenario to start from", common = false }

function new.define(command)
  command:argument("name", "what it is called: NAME.lua is written here, or in the folder that it names")
end

local FIX <const> = "give a name in a folder that is there, and in which you may write"

function new.run(flags)
  local path = flags.name:gsub("%.lua$", "")
  if not path:find("[^/]$") or path:find("%c") then
    error(problem.new("E203", ("\"%s\" is no name for a script"):format(layout.printable(flags.name)),
      "try: dhcplab new mine"))
  end
  local parts = require "dhcplab.template"(path)
  for _, file in ipairs(parts) do
    if files.exists(file.path) then
      error(problem.new("E210", ("%s is there already, and stays as it is"):format(file.path), "take another name"))
    end
  end
  for _, file in ipairs(parts) do
    files.write(file.path, file.text, FIX)
    print("wrote " .. file.path)
  end
  local folder = path:match("^(.*/)") or ""
  for _, file in ipairs(require("dhcplab.editor").files(flags.program or "dhcplab")) do
    if not files.exists(folder .. file.name) then -- the scenarios of a folder share it
      files.write(folder .. file.name, file.text, FIX)
      print(("wrote %s, for editors"):format(folder .. file.name))
    end
  end
  local program, script = quote(flags.program or "dhcplab"), quote(parts[1].path)
  print(("\nNext:\n  %s run %s --virtual --explain\n  %s test %s\nthen change it: %s help scripts"):format(program,
    script, program, script, program))
  return 0
end

return new
