-- One run from the command line: makes the world that the flags describe, plays a script in it, shows it, ends
-- it cleanly.
--
-- The exit status: 0 done; 1 an expectation failed; 3 the environment refused; 4 the script has an error; 130
-- Ctrl-C.

local core = require "dhcplab.core"
local faultfile = require "dhcplab.faultfile"
local failure = require "dhcplab.failure"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"
local replay = require "dhcplab.replay"
local scripts = require "dhcplab.script"
local show = require "dhcplab.show"
local term = require "dhcplab.term"
local worlds = require "dhcplab.world"

local session = {}

local VIRTUAL_LIMIT <const> = 30 * 86400 -- seconds: a run in virtual time that goes on for longer never ends

local function say(text) io.stderr:write(text, "\n") end
session.say = say

-- The flag of all commands that show a run as it happens.
function session.define(command)
  command:flag("--explain", "tell in words what each packet, state and fault means, with the RFC's section")
end

-- A script as a function: it runs in the present world, with global names of its own. `captured` takes what it prints.
function session.load(path, captured)
  local script = scripts.read(path)
  return function(...) return scripts.start(script, worlds.current(), captured, ...) end
end

-- The same for a bundled script whose settings are the flags: a mistake in them is wrong usage, and told without a line
-- of a script that the user never saw.
function session.load_bundled(name)
  local main = session.load(name)
  local place = "^" .. name:gsub("%.", "%%.") .. ":%d+: "
  return function()
    local ok, result = pcall(main)
    if ok then return result end
    if type(result) ~= "string" or not result:find(place) then error(result, 0) end
    error(problem.new(2, (result:gsub(place, ""))), 0)
  end
end

local function report_error(world, message, traceback)
  if problem.is(message) then
    say("dhcplab: " .. ((message.place or message.notes) and failure.describe(message, world) or tostring(message)))
    return
  end
  say(("dhcplab: error at %.6f s, seed %d: %s"):format(world.core:now(), world.seed,
    order.tostring(message)))
  for _, line in ipairs(failure.script_lines(traceback)) do say("  " .. line) end
end

local function heading(world, title)
  local where = world.virtual and "virtual time, ports 67 and 68"
    or ("real time, UDP on %s"):format(world.listen)
  return ("%s: %s; seed %d"):format(title, where, world.seed)
end

local function warn_unread(world)
  local names = {}
  for name in pairs(world.params) do
    if not world.params_read[name] then names[#names + 1] = name end
  end
  table.sort(names)
  local read = {}
  for name in pairs(world.params_read) do read[#read + 1] = name end
  table.sort(read)
  for _, name in ipairs(names) do
    say(("dhcplab: --set %s: the script never asks for it%s"):format(name,
      read[1] and "; it asks for " .. table.concat(read, ", ") or ""))
  end
end

-- Who was still waiting when the world went quiet.
local function goes_on(world)
  return world.clients == 0 and world.servers > 0
end

local function stuck(world, headline)
  say("dhcplab: " .. world.loop:deadlock_report(headline))
  return 4
end

-- Makes the world of a run, and all that listens to it. flags: those of the command line (virtual, seed, pcap, trace,
-- params, listen, server, interface, quiet, verbose, explain, ascii, color, until), and title, ladder, replayable,
-- tests, out (for the transcript), show (false: no transcript), is_again (no heading), before_end(world, status).
-- Returns a run; or nil and the exit status.
function session.open(flags)
  local made, world = pcall(worlds.new, flags)
  if not made then
    if not problem.is(world) then error(world, 0) end
    say("dhcplab: " .. tostring(world))
    return nil, world.exit
  end
  local run = { flags = flags, world = world, term = term.new { color = flags.color, ascii = flags.ascii } }
  world.term, world.tests = run.term, flags.tests
  world.on_fail = function(message, traceback)
    run.worst = math.max(run.worst or 0, problem.is(message) and message.exit or 4)
    report_error(world, message, traceback)
  end
  world.on_check = function(message) report_error(world, message) end
  if flags.title and not flags.quiet and not flags.is_again then print(heading(world, flags.title)) end
  world.show = show.attach(world, { out = flags.out, term = run.term, explain = flags.explain, notes = flags.verbose,
    off = flags.quiet or flags.show == false })
  run.tally = flags.strict and require("dhcplab.strict").attach(world, io.stderr)
  if flags.invariants then require("dhcplab.invariants").attach(world, { tally = run.tally }) end
  local ok, why = pcall(function()
    if flags.trace_file then
      run.close_trace = require("dhcplab.tracefile").attach(world, flags.trace_file, flags.verbose)
    end
    run.write_pictures = require("dhcplab.pictures").attach(world, flags)
  end)
  if ok then return run end
  say("dhcplab: " .. tostring(why))
  world:close()
  return nil, 3
end

-- Plays main() in the run's world until it and its tasks have ended, or nothing can happen any more: how it ended.
function session.play(run, main)
  local world = run.world
  local loop, flags = world.loop, run.flags
  world.core:guard(true, flags.budget or "10s")
  local task = loop:spawn("main", main)
  task.quiet = true
  local function is_enough()
    if task.ended and not task.ok and not run.main_error then
      run.main_error = task.error or tostring(task.error) -- error(nil) is one too
      report_error(world, task.error, task.traceback)
    end
    if run.main_error or world.stopping then return true end
    return loop.alive <= 0 and not goes_on(world)
  end
  run.limit = flags.limit or world.virtual and VIRTUAL_LIMIT or nil
  local how = loop:drive(is_enough, run.limit)
  if task.ended and task.ok then run.result = task.results[1] end
  world.core:guard(false)
  return how
end

-- The exit status of what has been played, after what the world still has to say.
function session.conclude(run, how)
  local world, raised = run.world, run.main_error
  if core.interrupted() or how == "interrupted" then return 130 end
  if raised then return problem.is(raised) and raised.exit or 4 end
  if how == "standstill" then return stuck(world, "time stands still, and events go on and on:") end
  if how == "limit" and run.limit == VIRTUAL_LIMIT then
    return stuck(world, "still running after 30 days of virtual time (--until allows more):")
  end
  if how == "quiet" and world.loop.alive > 0 then return stuck(world) end
  if world.failures > 0 then return run.worst end
  return (run.result == false or world.checks[1]) and 1 or 0
end

-- Ends a run: what it shows at its end, then its files. The exit status.
function session.finish(run, status)
  local flags, world = run.flags, run.world
  if flags.before_end then flags.before_end(world, status) end
  if flags.ladder and not flags.quiet and not world.show.off then
    local picture = show.ladder(world, run.term)
    if picture then print("\n" .. picture) end
  end
  if status == 0 then warn_unread(world) end
  if run.tally then
    say(require("dhcplab.strict").summary(run.tally))
    if status == 0 and run.tally.breaches > 0 then status = 1 end
  end
  if world.loop.interrupted == "interrupted" then say("dhcplab: interrupted") end
  if run.write_pictures then
    local ok, path, why = run.write_pictures(status)
    if not ok then
      say(("dhcplab: the picture %s is incomplete: %s"):format(path, why))
      status = status == 0 and 3 or status
    end
  end
  return session.close(world, run.close_trace, flags, status)
end

-- Plays main() in a new world from start to end: the exit status.
function session.run(flags, main)
  local run, refused = session.open(flags)
  if not run then return refused end
  local how = session.play(run, main)
  return session.finish(run, session.conclude(run, how))
end

-- Closes files and sockets; a capture or trace that could not be written is exit status 3.
function session.close(world, trace_file, flags, status)
  if flags.virtual and not flags.quiet and flags.title then
    print(("digest %s after %d events"):format(world.core:digest(), world.core:events()))
  end
  local ok, why = true, nil
  if flags.faults then ok, why = faultfile.write(world, flags.faults) end
  if not ok then
    say(("dhcplab: the faults could not be written: %s"):format(why))
    status = status == 0 and 3 or status
  end
  local unmet = faultfile.unmet(world)
  if unmet > 0 then
    say(("dhcplab: %d of the faults in %s never came up: another script, seed or world?"):format(unmet,
      flags.replay_faults))
  end
  ok, why = world:close()
  if not ok then
    say(("dhcplab: the capture %s is incomplete: %s"):format(flags.pcap, why))
    status = status == 0 and 3 or status
  end
  if trace_file then
    ok, why = trace_file()
    if not ok then
      say(("dhcplab: the trace %s is incomplete: %s"):format(flags.trace_file, why))
      status = status == 0 and 3 or status
    end
  end
  ok, why = core.flush()
  if not ok then
    say("dhcplab: standard output: " .. why)
    status = status == 0 and 3 or status
  end
  if flags.replayable and (status == 1 or status == 4) then
    say("replay: " .. replay.command(flags.program, flags.words, world.seed))
  end
  return status
end

return session
