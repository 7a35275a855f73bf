-- dhcplab meta: what editors are told about the interface for scripts (LuaCATS annotations).

local editor = require "dhcplab.editor"
local files = require "dhcplab.files"
local problem = require "dhcplab.problem"

local meta = { summary = "print the interface for scripts as annotations for editors", common = false }

function meta.define(command)
  command:mutex(
    command:flag("--path", "print the folder of the installed file, for \"workspace.library\""),
    command:flag("--setup", "write the settings of lua-language-server into this folder"))
end

local function insist_on_new(name)
  if not files.exists(name) then return end
  error(problem.new("E210", name .. " is there already",
    "remove it first, or add to it what `dhcplab meta --path` prints"))
end

function meta.run(flags)
  if flags.setup then
    local list = editor.files(flags.program)
    for _, file in ipairs(list) do insist_on_new(file.name) end
    for _, file in ipairs(list) do
      files.write(file.name, file.text, "go to a folder of your own")
      print("wrote " .. file.name)
    end
  elseif flags.path then
    print(editor.folder(flags.program)
      or error(problem.new("E307", "there is no installed file beside this program (make install puts it there)",
        "dhcplab meta --setup writes the annotations into a folder of scripts")))
  else
    io.write(editor.meta())
  end
  return 0
end

return meta
