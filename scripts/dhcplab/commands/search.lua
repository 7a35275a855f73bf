-- dhcplab search [SCRIPT] --seeds A..B: plays scenarios that chance makes up until one goes wrong. With --exhaustive N:
-- every choice of deliver, drop, duplicate and delay for the first N packets.
--
-- SCRIPT is played first in each world: it may make the server, make clients of its own, or change how the library's
-- own behave.

local core = require "dhcplab.core"
local layout = require "dhcplab.layout"
local problem = require "dhcplab.problem"

local search = { summary = "try scenarios made by chance, under faults, until one breaks a rule", common = false }

local SHOWN <const> = 5 -- failures told in full

local function whole(text)
  local n = math.tointeger(tonumber(text))
  if n then return n end
  return nil, ("\"%s\" is not a whole number"):format(text)
end

local function packets(text)
  local n = math.tointeger(tonumber(text))
  if n and n >= 1 and n <= 10 then return n end
  return nil, ("\"%s\" is not a whole number from 1 to 10"):format(text)
end

function search.define(command)
  command:argument("script", "a Lua file with a server, or with changes to the library's own"):args("?")
  command:option("--server-script", "the same"):argname("FILE")
  command:option("--seeds", "one scenario for each of these: 1..1000, or 1..10,42 (1..100)"):argname("SET")
    :convert(function(text) return require("dhcplab.seeds").new(text) end)
  command:option("--seed", "this scenario only"):argname("N"):convert(whole)
  command:option("--exhaustive", "every choice of deliver, drop, duplicate, delay for the first N packets")
    :argname("N"):convert(packets)
  command:flag("--show", "print the scenario of --seed as a script, play nothing")
  command:flag("--fail-fast", "stop at the first failure")
  command:flag("-q --quiet", "results only")
end


local function command_line(flags, name, seed)
  local script = flags.script or flags.server_script
  local words = { name }
  if script then words[2] = script end
  if flags.exhaustive then table.move({ "--exhaustive", tostring(flags.exhaustive) }, 1, 2, #words + 1, words) end
  return require("dhcplab.replay").command(flags.program, words, seed)
end

-- The scenes to play: how many, and the k-th of them.
local function scenes(flags)
  local scene = require "dhcplab.scene"
  local script = flags.script or flags.server_script
  if flags.exhaustive then
    local total = 4 ^ flags.exhaustive // 1 | 0
    if flags.seed then return 1, function() return scene.choices(flags.seed, flags.exhaustive, script) end end
    return total, function(k) return scene.choices(k - 1, flags.exhaustive, script) end
  end
  local seeds = flags.seeds or require("dhcplab.seeds").new(flags.seed or "1..100")
  return seeds.count, function(k) return scene.draw(seeds:at(k), script) end
end

local function tell_failure(flags, seed, result)
  print(("FAIL  seed %d"):format(seed))
  print(layout.indent(result.report))
  print("  replay: " .. command_line(flags, "search", seed))
  print("  smaller: " .. command_line(flags, "shrink", seed))
end

local function summary(tally, flags, elapsed)
  local number = require("dhcplab.results").number
  print(("%s %s: %s passed, %s failed"):format(number(tally.runs), flags.exhaustive and "cases" or "scenarios",
    number(tally.runs - tally.failed), number(tally.failed)))
  print(("%s handshakes, %s packets, %s faults, %s events\n%.1f days of virtual time in %.1f s"):format(
    number(tally.handshakes), number(tally.packets), number(tally.faults), number(tally.events),
    tally.virtual_seconds / 86400, elapsed))
end

function search.run(flags)
  if flags.seed and flags.seeds then error(problem.new(2, "--seed and --seeds: one of them")) end
  if flags.script and flags.server_script then error(problem.new(2, "SCRIPT and --server-script: one of them")) end
  local script = flags.script or flags.server_script
  if script then require("dhcplab.script").read(script) end -- a mistake in it is told before the first run
  local total, make = scenes(flags)
  if flags.show then
    io.stdout:write(require("dhcplab.scene").text(make(1)))
    return 0
  end
  local engine = require "dhcplab.search"
  local clock <close> = core.world { virtual = false, seed = 0 }
  local tally, failing = engine.tally(), {}
  clock:guard(true)
  local whole_way = engine.run(1, total, make, tally, function(k, result)
    failing[#failing + 1] = make(k).seed
    if #failing <= SHOWN then tell_failure(flags, failing[#failing], result) end
    return not flags.fail_fast
  end)
  local interrupted = not whole_way and core.interrupted()
  clock:guard(false)
  if #failing > SHOWN then
    print(("and %d more: seeds %s"):format(#failing - SHOWN, table.concat(failing, ", ", SHOWN + 1,
      math.min(#failing, SHOWN + 20))))
  end
  summary(tally, flags, clock:now())
  if interrupted then
    io.stderr:write("dhcplab: interrupted\n")
    return 130
  end
  return tally.failed > 0 and 1 or 0
end

return search
