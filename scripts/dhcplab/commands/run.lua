-- dhcplab run SCRIPT: plays a scenario.

local session = require "dhcplab.session"

local run = { summary = "run a scenario script (a bare FILE.lua is the same)" }

function run.define(command, types)
  command:argument("script", "the Lua file; - for standard input")
  command:argument("arguments", "what the script gets as ..."):args("*")
  command:option("--until", "end the run at this time"):argname("DUR"):convert(types.duration):target("limit")
end

function run.run(flags)
  local main = session.load(flags.script)
  flags.title, flags.ladder = flags.script:match("[^/]+$"), true
  return session.run(flags, function() return main(table.unpack(flags.arguments)) end)
end

return run
