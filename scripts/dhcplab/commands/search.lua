-- dhcplab search [SCRIPT] --seeds A..B: plays scenarios that chance makes up until one goes wrong. With --exhaustive N:
-- every choice of deliver, drop, duplicate and delay for the first N packets.
--
-- SCRIPT is played first in each world: it may make the server, make clients of its own, or change how the library's
-- own behave.

local batch = require "dhcplab.batch"
local core = require "dhcplab.core"
local layout = require "dhcplab.layout"
local problem = require "dhcplab.problem"

local search = { summary = "try scenarios made by chance, under faults, until one breaks a rule", common = false }

local SHOWN <const> = 5 -- failures told in full
local MANY <const> = 100 -- scenarios for which more processes are worth their start

local function packets(text)
  local n = math.tointeger(tonumber(text))
  if n and n >= 1 and n <= 10 then return n end
  return nil, ("\"%s\" is not a whole number from 1 to 10"):format(text)
end

function search.define(command, types)
  command:argument("script", "a Lua file with a server, or with changes to the library's own"):args("?")
  command:option("--server-script", "the same"):argname("FILE")
  command:option("--seeds", "one scenario for each of these: 1..1000, or 1..10,42 (1..100)"):argname("SET")
    :convert(function(text) return require("dhcplab.seeds").new(text) end)
  command:option("--seed", "this scenario only"):argname("N"):convert(types.whole)
  command:option("--exhaustive", "every choice of deliver, drop, duplicate, delay for the first N packets")
    :argname("N"):convert(packets)
  command:flag("--show", "print the scenario of --seed as a script, play nothing")
  command:flag("--fail-fast", "stop at the first failure")
  batch.define(command, "scenarios", "one per processor")
  command:option("--format", "text, tap, junit or json"):choices { "text", "tap", "junit", "json" }
  command:flag("-q --quiet", "results only")
end


local function script_of(flags) return flags.script or flags.server_script end

local function command_line(flags, name, seed)
  local words = { name, script_of(flags) }
  if flags.exhaustive then table.move({ "--exhaustive", tostring(flags.exhaustive) }, 1, 2, #words + 1, words) end
  return require("dhcplab.replay").command(flags.program, words, seed)
end

-- The scenes to play: how many, and the k-th of them.
local function scenes(flags)
  local scene, script = require "dhcplab.scene", script_of(flags)
  local total, make
  if flags.exhaustive then
    total = flags.seed and 1 or 4 ^ flags.exhaustive // 1 | 0
    make = function(k) return scene.choices(flags.seed or k - 1, flags.exhaustive, script) end
  else
    local seeds = flags.seeds or require("dhcplab.seeds").new(flags.seed or "1..100")
    total, make = seeds.count, function(k) return scene.draw(seeds:at(k), script) end
  end
  local count, number_of = batch.part(total, flags.shard)
  return count, function(k) return make(number_of(k)) end
end

-- The scenes for batch.lua; results are what results.lua takes.
local function job_of(flags)
  local total, make = scenes(flags)
  local engine = require "dhcplab.search"
  require("dhcplab.sandbox").remember()
  local function complete(result, seed)
    result.name, result.file, result.line, result.seed = "search", script_of(flags) or "search", 1, seed
    if result.status == "fail" then result.replay = command_line(flags, "search", seed) end
    return result
  end
  return {
    count = total, words = batch.words(flags),
    play = function(k)
      local made = make(k)
      return complete(engine.play(made), made.seed)
    end,
    died = function(k, message)
      return complete({ status = "fail", kind = "error", message = message, report = message, virtual_seconds = 0,
        events = 0, packets = 0, handshakes = 0, faults = 0 }, make(k).seed)
    end,
  }, make
end

-- Text: failures as they come, the sums at the end.
local function text_reporter(flags, number)
  local failing, reporter = {}, {}
  function reporter.add(_, result)
    if result.status ~= "fail" then return end
    failing[#failing + 1] = result.seed
    if #failing > SHOWN then return end
    print(("FAIL  seed %d"):format(result.seed))
    print(layout.indent(result.report))
    print("  replay: " .. result.replay)
    print("  smaller: " .. command_line(flags, "shrink", result.seed))
  end
  function reporter.finish(_, tally, _, elapsed)
    if #failing > SHOWN then
      print(("and %d more: seeds %s"):format(#failing - SHOWN, table.concat(failing, ", ", SHOWN + 1,
        math.min(#failing, SHOWN + 20))))
    end
    local runs = tally.pass + tally.fail
    print(("%s %s%s: %s passed, %s failed"):format(number(runs), flags.exhaustive and "case" or "scenario",
      runs == 1 and "" or "s", number(tally.pass), number(tally.fail)))
    print(("%s handshakes, %s packets, %s faults, %s events\n%.1f days of virtual time in %.1f s"):format(
      number(tally.handshakes), number(tally.packets), number(tally.faults), number(tally.events),
      tally.virtual_seconds / 86400, elapsed))
  end
  return reporter
end

local function reporter_of(flags)
  local results = require "dhcplab.results"
  if (flags.format or "text") == "text" then return text_reporter(flags, results.number) end
  return results.reporter(flags.format, { out = io.stdout, quiet = flags.quiet })
end

local function run_all(flags, job)
  local results = require "dhcplab.results"
  local reporter, tally, interrupted = reporter_of(flags), results.tally(), false
  local clock <close> = core.world { virtual = false, seed = 0 }
  local tell, wipe = batch.progress(clock, job.count)
  clock:guard(true)
  batch.run(job, flags.jobs or job.count >= MANY and core.processors() or 1, function(k, result)
    if result.kind == "interrupted" then
      interrupted = true
      return false
    end
    local group = results.count(tally, result)
    if result.status == "fail" then wipe() end
    reporter:add(result, k, group)
    tell(k, tally.fail)
    return not (flags.fail_fast and result.status == "fail")
  end)
  interrupted = interrupted or core.interrupted()
  clock:guard(false)
  wipe()
  local elapsed = clock:now()
  reporter:finish(tally, results.summary(tally, elapsed, true), elapsed)
  return tally, interrupted
end

function search.run(flags)
  if flags.seed and flags.seeds then error(problem.new("E205", "--seed and --seeds: one of them")) end
  if flags.exhaustive and flags.seeds then
    error(problem.new("E205", "--exhaustive plays all cases, or one: --seed"))
  end
  if flags.script and flags.server_script then error(problem.new("E205", "SCRIPT and --server-script: one of them")) end
  local script = script_of(flags)
  if script then require("dhcplab.script").read(script) end -- a mistake in it is told before the first run
  local job, make = job_of(flags)
  if flags.show then
    io.stdout:write(require("dhcplab.scene_text")(make(1)))
    return 0
  end
  if flags.worker then return batch.work(job, table.unpack(flags.worker)) end
  local tally, interrupted = run_all(flags, job)
  if interrupted then
    io.stderr:write("dhcplab: interrupted\n")
    return 130
  end
  return require("dhcplab.results").status(tally)
end

return search
