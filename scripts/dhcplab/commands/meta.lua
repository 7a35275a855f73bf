-- dhcplab meta: what editors are told about the interface for scripts (LuaCATS annotations).

local editor = require "dhcplab.editor"
local problem = require "dhcplab.problem"

local meta = { summary = "print the interface for scripts as annotations for editors", common = false }

function meta.define(command)
  command:mutex(
    command:flag("--path", "print the folder of the installed file, for \"workspace.library\""),
    command:flag("--setup", "write the settings of lua-language-server into this folder"))
end

local function insist_on_new(name)
  local there = io.open(name, "r")
  if not there then return end
  there:close()
  error(problem.new("E210", name .. " is there already",
    "remove it first, or add to it what `dhcplab meta --path` prints"))
end

local function write(name, text)
  local file, why = io.open(name, "w")
  if file then
    local written, cause = file:write(text)
    local closed, last = file:close()
    why = not written and cause or not closed and last or nil
  end
  if why then error(problem.new("E305", ("cannot write %s"):format(why), "go to a folder of your own")) end
  print("wrote " .. name)
end

function meta.run(flags)
  if flags.setup then
    local files = editor.files(flags.program)
    for _, file in ipairs(files) do insist_on_new(file.name) end
    for _, file in ipairs(files) do write(file.name, file.text) end
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
