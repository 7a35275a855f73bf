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

-- A script as a function: it runs in the present world, with global names of its own.
function session.load(path)
  local script = scripts.read(path)
  return function(...) return scripts.start(script, worlds.current(), nil, ...) end
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

-- The end of a run: what the world still has to say, and its exit status.
local function conclude(world, how, state, limit)
  if core.interrupted() then return 130 end
  if state.main_error then return problem.is(state.main_error) and state.main_error.exit or 4 end
  if how == "standstill" then return stuck(world, "time stands still, and events go on and on:") end
  if how == "limit" and limit == VIRTUAL_LIMIT then
    return stuck(world, "still running after 30 days of virtual time (--until allows more):")
  end
  if how == "quiet" and world.loop.alive > 0 then return stuck(world) end
  if world.failures > 0 then return state.worst end
  return (state.result == false or world.checks[1]) and 1 or 0
end

-- Plays main() in a new world. flags: those of the command line (virtual, seed, pcap, trace,
-- params, listen, server, interface, quiet, verbose, ascii, color, until), and title, story,
-- ladder, on_ready(world), before_end(world, status).
function session.run(flags, main)
  local t = term.new { color = flags.color, ascii = flags.ascii }
  local state = {}
  local made, world = pcall(worlds.new, flags)
  if not made then
    if not problem.is(world) then error(world, 0) end
    say("dhcplab: " .. tostring(world))
    return world.exit
  end
  world.term = t
  world.tests = flags.tests
  world.on_fail = function(message, traceback)
    state.worst = math.max(state.worst or 0, problem.is(message) and message.exit or 4)
    report_error(world, message, traceback)
  end
  world.on_check = function(message) report_error(world, message) end
  if flags.title and not flags.quiet then print(heading(world, flags.title)) end
  world.show = show.attach(world, { term = t, story = flags.story, notes = flags.verbose, off = flags.quiet })
  local tally = flags.strict and require("dhcplab.strict").attach(world, io.stderr)
  if flags.invariants then require("dhcplab.invariants").attach(world, { tally = tally }) end
  local trace_file
  if flags.trace_file then
    local ok
    ok, trace_file = pcall(require("dhcplab.tracefile").attach, world, flags.trace_file, flags.verbose)
    if not ok then
      say("dhcplab: " .. tostring(trace_file))
      world:close()
      return 3
    end
  end
  local drawn, write_pictures = pcall(require("dhcplab.pictures").attach, world, flags)
  if not drawn then
    say("dhcplab: " .. tostring(write_pictures))
    world:close()
    return 3
  end
  world.core:guard(true, flags.budget or "10s")
  local task = world.loop:spawn("main", main)
  task.quiet = true
  local loop = world.loop
  local enough = function()
    if task.ended and not task.ok and not state.main_error then
      state.main_error = task.error or tostring(task.error) -- error(nil) is one too
      report_error(world, task.error, task.traceback)
    end
    if state.main_error or world.stopping then return true end
    return loop.alive <= 0 and not goes_on(world)
  end
  local limit = flags.limit or world.virtual and VIRTUAL_LIMIT or nil
  local how = loop:drive(enough, limit)
  if task.ended and task.ok then state.result = task.results[1] end
  world.core:guard(false)
  local status = conclude(world, how, state, limit)
  if flags.before_end then flags.before_end(world, status) end
  if flags.ladder and not flags.quiet and not world.show.off then
    local picture = show.ladder(world, t)
    if picture then print("\n" .. picture) end
  end
  if status == 0 then warn_unread(world) end
  if tally then
    say(require("dhcplab.strict").summary(tally))
    if status == 0 and tally.breaches > 0 then status = 1 end
  end
  if how == "interrupted" then say("dhcplab: interrupted") end
  if write_pictures then
    local ok, path, why = write_pictures(status)
    if not ok then
      say(("dhcplab: the picture %s is incomplete: %s"):format(path, why))
      status = status == 0 and 3 or status
    end
  end
  return session.close(world, trace_file, flags, status)
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
