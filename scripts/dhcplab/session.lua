-- One run from the command line: makes the world that the flags describe, plays a script in it, shows it, ends it cleanly.
--
-- The exit status: 0 done; 1 an expectation failed; 3 the environment refused; 4 the script has an error; 130 Ctrl-C.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local show = require "dhcplab.show"
local term = require "dhcplab.term"
local worlds = require "dhcplab.world"

local session = {}

local function say(text) io.stderr:write(text, "\n") end
session.say = say

-- A script's text made into a function; wrong syntax is a problem with exit status 4.
function session.load(path)
  local text, chunk
  if path == "-" then
    text, chunk = io.read("a"), "@stdin"
  else
    local file, why = io.open(path, "r")
    if not file then
      local bundled = core.embedded and core.embedded(path:gsub("^scripts/", ""))
      if not bundled then
        error(problem.new(2, ("cannot open %s"):format(why), "dhcplab list names the bundled scripts"))
      end
      text, chunk = bundled, "@" .. path
    else
      text, why = file:read("a")
      file:close()
      if not text then error(problem.new(2, ("cannot read %s: %s"):format(path, why))) end
      chunk = "@" .. path
    end
  end
  text = text:gsub("^#[^\n]*", "")
  local f, message = load(text, chunk, "t")
  if not f then error(problem.new(4, "the script has a syntax error: " .. message)) end
  return f
end

-- A script's own names may be made; reading one that nobody made is a mistake, told with the nearest name.
local function be_strict()
  setmetatable(_G, {
    __index = function(_, name)
      local known = {}
      for key in pairs(_G) do known[#known + 1] = key end
      table.sort(known)
      local near = require "dhcplab.suggest"(tostring(name), known)
      error(("nothing is called \"%s\" here%s"):format(tostring(name),
        near and ("; did you mean \"%s\"?"):format(near) or ""), 2)
    end,
  })
end

-- In a lab script randomness and time are the lab's own (the same seed, the same run).
local function tame(world)
  math.random = function(...) return world.stream(...) end
  math.randomseed = function() end
  local wall = os.time
  os.time = function(when)
    if when then return wall(when) end
    return math.floor(world.core:epoch() + world.core:now())
  end
  os.clock = function() return world.core:now() end
end

-- Positions inside the library say nothing to the script's author: only the script's own lines are kept.
local function script_lines(traceback)
  local lines = {}
  for line in (traceback or ""):gmatch("[^\n]+") do
    if line:find(":%d+:") and not problem.is_library_line(line) and not line:find("[C]", 1, true) then
      lines[#lines + 1] = "   called from" .. line:gsub("^%s*", " "):gsub(": in .*", "")
    end
  end
  table.remove(lines, 1) -- the message names that place
  return lines
end

local function report_error(world, message, traceback)
  if problem.is(message) then
    say("dhcplab: " .. tostring(message))
    return
  end
  say(("dhcplab: error at %.6f s, seed %d: %s"):format(world.core:now(), world.seed, tostring(message)))
  for _, line in ipairs(script_lines(traceback)) do say(line) end
end

local function heading(world, title)
  local where = world.virtual and "virtual time, simulated Ethernet, ports 67 and 68"
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

-- The end of a run: what the world still has to say, and its exit status.
local function conclude(world, how, state)
  if state.main_error then
    return problem.is(state.main_error) and state.main_error.exit or 4
  end
  if how == "interrupted" then return 130 end
  if how == "quiet" and world.loop.alive > 0 then
    say("dhcplab: " .. world.loop:deadlock_report())
    say(("replay: --seed %d"):format(world.seed))
    return 4
  end
  if world.failures > 0 then return 4 end
  if state.result == false then return 1 end
  return 0
end

-- Plays main() in a new world. flags: those of the command line (virtual, seed, pcap, trace, params, listen, server,
-- interface, quiet, verbose, ascii, color, until), and title, story, ladder, on_ready(world), before_end(world, status).
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
  world.on_fail = function(message, traceback) report_error(world, message, traceback) end
  be_strict()
  tame(world)
  if flags.title and not flags.quiet then print(heading(world, flags.title)) end
  world.show = show.attach(world, { term = t, story = flags.story, notes = flags.verbose, off = flags.quiet })
  local tally = flags.strict and require("dhcplab.strict").attach(world, io.stderr)
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
  world.core:catch_interrupt(true)
  local task = world.loop:spawn("main", main)
  task.quiet = true
  local loop = world.loop
  local enough = function()
    if task.ended and not task.ok and not state.main_error then
      state.main_error = task.error
      report_error(world, task.error, task.traceback)
    end
    if state.main_error or world.stopping then return true end
    return loop.alive <= 0 and not goes_on(world)
  end
  local how = loop:drive(enough, flags.limit)
  if task.ended and task.ok then state.result = task.results[1] end
  world.core:catch_interrupt(false)
  local status = conclude(world, how, state)
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
  return session.close(world, trace_file, flags, status)
end

-- Closes files and sockets; a capture or trace that could not be written is exit status 3.
function session.close(world, trace_file, flags, status)
  if flags.virtual and not flags.quiet and flags.title then
    print(("digest %s after %d events"):format(world.core:digest(), world.core:events()))
  end
  local ok, why = world:close()
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
  return status
end

return session
