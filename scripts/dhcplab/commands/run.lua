-- dhcplab run SCRIPT: plays a scenario. A script that declares tests (dhcp.test) has them played after it, as
-- `dhcplab test` does.

local session = require "dhcplab.session"

local run = { summary = "run a scenario script (a bare FILE.lua is the same)" }

function run.define(command, types)
  command:argument("script", "the Lua file; - for standard input")
  command:argument("arguments", "what the script gets as ..."):args("*")
  command:flag("--invariants", "stop when one of the lab's invariants does not hold (test does so anyway)")
  command:option("--until", "end the run at this time (else 30 days of virtual time)"):argname("DUR")
    :convert(types.duration):target("limit")
  command:option("--budget", "the script may compute for so long without waiting (10s of processor time)")
    :argname("DUR"):convert(types.duration)
end

function run.run(flags)
  local main = session.load(flags.script)
  flags.title, flags.ladder, flags.replayable = flags.script:match("[^/]+$"), true, true
  flags.tests = {}
  local status = session.run(flags, function() return main(table.unpack(flags.arguments)) end)
  if status ~= 0 or not flags.tests[1] then return status end
  flags.paths, flags.real = { flags.script }, not flags.virtual
  return require("dhcplab.commands.test").run(flags)
end

return run
