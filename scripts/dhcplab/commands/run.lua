-- dhcplab run SCRIPT: plays a scenario. A script that declares tests (dhcp.test) has them played after it, as
-- `dhcplab test` does.

local problem = require "dhcplab.problem"
local session = require "dhcplab.session"

local run = { summary = "run a scenario script (a bare FILE.lua is the same)" }

function run.define(command, types)
  command:argument("script", "the Lua file; - for standard input")
  command:argument("arguments", "what the script gets as ..."):args("*")
  session.define(command)
  command:flag("--step", "wait at each event for a key: Enter the next one, b its bytes, p back, h help")
  command:flag("--invariants", "stop when one of the lab's invariants does not hold (test does so anyway)")
  command:option("--until", "end the run at this time (else 30 days of virtual time)"):argname("DUR")
    :convert(types.duration):target("limit")
  command:option("--budget", "the script may compute for so long without waiting (10s of processor time)")
    :argname("DUR"):convert(types.duration)
end

-- The script as a function, and what plays it.
local function prepare(flags)
  if not flags.step then return session.load(flags.script), session.run end
  if flags.script == "-" then
    error(problem.new("E205", "--step reads its keys from standard input: give the script as a file"))
  end
  local stepper = require("dhcplab.step").new()
  local main = session.load(flags.script, function(text) stepper:print(text) end)
  return main, function(...) return stepper:play(...) end
end

function run.run(flags)
  local main, play = prepare(flags)
  flags.title, flags.ladder, flags.replayable = flags.script:match("[^/]+$"), true, true
  flags.tests = {}
  local status = play(flags, function() return main(table.unpack(flags.arguments)) end)
  if status ~= 0 or not flags.tests[1] then return status end
  flags.paths, flags.real = { flags.script }, not flags.virtual
  return require("dhcplab.commands.test").run(flags)
end

return run
