-- dhcplab repl [SCRIPT]: Lua a line at a time; a script's global names are there.

local repl = { summary = "try the interface one line at a time" }

local session = require "dhcplab.session"

function repl.define(command, types)
  command:argument("script", "a Lua file that is run first; its global names are there at the prompt"):args("?")
  session.define(command)
  command:option("--budget", "a line may compute for so long without waiting (10s of processor time)")
    :argname("DUR"):convert(types.duration)
end

function repl.run(flags)
  local script = flags.script and require("dhcplab.script").read(flags.script)
  return require("dhcplab.repl").run(flags, script)
end

return repl
