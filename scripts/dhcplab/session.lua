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
    local message, code = problem.split(result:gsub(place, ""))
    local made = problem.new(code or "E203", message)
    made.exit = 2
    error(made, 0)
  end
end

-- Tells what was raised: whole the first time, in one line when a handler raises it for each message. Its exit status.
local function report_error(run, message, traceback)
  local world, told = run.world, run.told
  local made = failure.of_error(message, traceback)
  local text = failure.describe(made, world)
  if told[made.message] then text = ("%s (again, at %.6f s)"):format(text:match("[^\n]*"), world.core:now()) end
  told[made.message] = true
  say("dhcplab: " .. text)
  return made.exit
end

-- The same for what goes wrong before the run begins or after it has ended: the exit status.
local function refuse(what)
  if not problem.is(what) then error(what, 0) end
  say("dhcplab: " .. failure.describe(what))
  return what.exit
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
    say(("dhcplab: --set %s: the script never asks for it%s%s"):format(name,
      read[1] and "; it asks for " .. table.concat(read, ", ") or "", problem.hint(name, read)))
  end
end

-- A handler with a slip in its name is a function that nobody calls, and the usual behaviour goes on.
local function warn_misnamed(world)
  local handlers = { server = { "discover", "request", "decline", "release", "inform" },
                     client = { "choose", "accept" } }
  for _, node in ipairs(world.nodes) do
    for _, key in ipairs(order.keys(node)) do
      local f = type(key) == "string" and rawget(node, key)
      local is_scripts = type(f) == "function" and not (getmetatable(node) or {})[key]
        and not problem.is_library_line(debug.getinfo(f, "S").source)
      local hint = is_scripts and problem.hint(key, handlers[node.role] or {}) or ""
      if hint ~= "" then say(("dhcplab: nothing but the script calls %s:%s%s"):format(node.name, key, hint)) end
    end
  end
end

-- Who was still waiting when the world went quiet.
local function goes_on(world)
  return world.clients == 0 and world.servers > 0
end

local function stuck(world, code, headline)
  return refuse(problem.new(code, world.loop:deadlock_report(headline)))
end

-- A file that could not be written whole: the exit status after that.
local function incomplete(status, text, ...)
  local exit = refuse(problem.new("E306", text:format(...)))
  return status == 0 and exit or status
end

-- Makes the world of a run, and all that listens to it. flags: those of the command line (virtual, seed, pcap, trace,
-- params, listen, server, interface, quiet, verbose, explain, ascii, color, until), and title, ladder, replayable,
-- tests, out (for the transcript), show (false: no transcript), is_again (no heading), before_end(world, status).
-- Returns a run; or nil and the exit status.
function session.open(flags)
  local made, world = pcall(worlds.new, flags)
  if not made then
    return nil, refuse(world)
  end
  local run = { told = {}, flags = flags, world = world, term = term.new { color = flags.color, ascii = flags.ascii } }
  world.term, world.tests = run.term, flags.tests
  world.on_fail = function(message, traceback)
    run.worst = math.max(run.worst or 0, report_error(run, message, traceback))
  end
  world.on_check = function(message) report_error(run, message) end
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
  world:close()
  return nil, refuse(why)
end

-- Plays main() in the run's world until it and its tasks have ended, or nothing can happen any more: how it ended.
function session.play(run, main)
  local world = run.world
  local loop, flags = world.loop, run.flags
  world.core:guard(true, flags.budget or "10s")
  local task = loop:spawn("main", main)
  task.quiet = true
  local function is_enough()
    if task.ended and not task.ok and not run.main_status then
      run.main_status = report_error(run, task.error, task.traceback)
    end
    if run.main_status or world.stopping then return true end
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
  local world = run.world
  if core.interrupted() or how == "interrupted" then return 130 end
  if run.main_status then return run.main_status end
  if how == "standstill" then return stuck(world, "E409", "time stands still, and events go on and on:") end
  if how == "limit" and run.limit == VIRTUAL_LIMIT then
    return stuck(world, "E410", "still running after 30 days of virtual time (--until allows more):")
  end
  if how == "quiet" and world.loop.alive > 0 then return stuck(world, "E408") end
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
  warn_misnamed(world)
  if run.tally then
    say(require("dhcplab.strict").summary(run.tally))
    if status == 0 and run.tally.breaches > 0 then
      status = refuse(problem.new("E406", "a packet breaks a MUST of the RFCs: see the lines that begin with strict"))
    end
  end
  if world.loop.interrupted == "interrupted" then say("dhcplab: interrupted") end
  if run.write_pictures then
    local ok, path, why = run.write_pictures(status)
    if not ok then
      status = incomplete(status, "the picture %s is incomplete: %s", path, why)
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
    status = incomplete(status, "the faults could not be written: %s", why)
  end
  local unmet = faultfile.unmet(world)
  if unmet > 0 then
    say(("dhcplab: %d of the faults in %s never came up: another script, seed or world?"):format(unmet,
      flags.replay_faults))
  end
  ok, why = world:close()
  if not ok then
    status = incomplete(status, "the capture %s is incomplete: %s", flags.pcap, why)
  end
  if trace_file then
    ok, why = trace_file()
    if not ok then
      status = incomplete(status, "the trace %s is incomplete: %s", flags.trace_file, why)
    end
  end
  ok, why = core.flush()
  if not ok then
    status = incomplete(status, "standard output: %s", why)
  end
  if flags.replayable and (status == 1 or status == 4) then
    say("replay: " .. replay.command(flags.program, flags.words, world.seed))
  end
  return status
end

return session
