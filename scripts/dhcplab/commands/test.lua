-- dhcplab test PATH...: plays scripts as tests, in virtual time unless asked, with as many seeds as asked.

local batch = require "dhcplab.batch"
local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local test = { summary = "run scenarios as tests", formats = { "text", "tap", "junit", "json" } }

local MANY <const> = 500 -- runs for which more processes are worth their start

-- What the other commands do without is loaded when this one runs.
local results, runner

local function seed_set(text) return require("dhcplab.seeds").new(text) end

function test.define(command, types)
  command:argument("paths", "Lua files, or folders of them"):args("+")
  command:flag("--real", "real time and sockets instead of virtual time")
  command:option("--seeds", "each test with each of these seeds: 1..1000, or 1..10,42"):argname("SET"):convert(seed_set)
  batch.define(command, "tests", "many runs: one per processor; in real time: 1")
  command:option("--filter", "only tests whose file and name contain this"):argname("TEXT")
  command:option("--tags", "only tests with one of these tags; !TAG leaves out"):argname("TAGS")
  command:flag("--list", "name the tests, run none")
  command:flag("--shuffle", "in an order of chance")
  command:option("--order", "decides that order (drawn and printed unless given)"):argname("N"):convert(types.whole)
  command:option("--repeat", "each test so often with each seed; in virtual time all runs must be the same")
    :argname("N"):convert(batch.count):target("times")
  command:flag("--fail-fast", "stop at the first failure")
  command:flag("--lax", "do not hold the packets against the RFCs")
  command:flag("--no-invariants", "do not look after every event whether the lab's invariants hold")
  command:option("--until", "a test may run for so long (30 days of virtual, 60 s of real time)"):argname("DUR")
    :convert(types.duration):target("limit")
  command:option("--budget", "a script may compute for so long without waiting (10s of processor time)")
    :argname("DUR"):convert(types.duration)
end

local function list(plan)
  for _, entry in ipairs(plan.entries) do
    local tags = entry.test.options.tags
    print(("%s:%d: %s%s"):format(entry.file, entry.test.line, entry.test.name,
      tags[1] and "  [" .. table.concat(tags, " ") .. "]" or ""))
  end
  return 0
end

-- What of the command line a replay of one test needs.
local function kept_words(flags)
  local words = {}
  local function add(...) for _, word in ipairs { ... } do words[#words + 1] = word end end
  if flags.real then add("--real") end
  if flags.lax then add("--lax") end
  if flags.no_invariants then add("--no-invariants") end
  local function add_time(name, seconds)
    if seconds then add(name, seconds == math.huge and "infinite" or ("%.14g"):format(seconds)) end
  end
  add_time("--until", flags.limit)
  add_time("--budget", flags.budget)
  for _, pair in ipairs(flags.set or {}) do add("--set", pair[1] .. "=" .. tostring(pair[2])) end
  if flags.listen then add("--listen", flags.listen) end
  return words
end

-- What a worker is told beside the command line: what was drawn.
local function worker_words(flags, seed, order)
  local drawn = not flags.seed and not flags.seeds and { "--seed", tostring(seed) } or {}
  if order then table.move({ "--order", tostring(order) }, 1, 2, #drawn + 1, drawn) end
  return batch.words(flags, table.unpack(drawn))
end

-- In real time each process needs ports of its own.
local function listen_of(flags)
  local address, port = core.endpoint(flags.listen or "127.0.0.1:6767")
  return ("%s:%d"):format(address, port + (flags.worker and (flags.worker[1] - 1) % flags.worker[2] or 0))
end

local function options_of(flags)
  local seed = flags.seed or core.draw_seed()
  local order = (flags.shuffle or flags.order) and (flags.order or core.draw_seed()) or nil
  local tags = {}
  for word in (flags.tags or ""):gmatch("[^,%s]+") do tags[#tags + 1] = word end
  return {
    files = runner.files(flags.paths), seed = seed, seed_given = flags.seed ~= nil, seeds = flags.seeds,
    filter = flags.filter, tags = tags, times = flags.times or 1, order = order, share = flags.shard,
    limit = flags.limit, budget = flags.budget, strict = not flags.lax,
    invariants = not flags.no_invariants, kept = kept_words(flags),
    program = flags.program, worker_words = worker_words(flags, seed, order),
    world = { virtual = not flags.real, params = flags.params, listen = flags.real and listen_of(flags) or nil,
              server = flags.server, interface = flags.interface, pcap = flags.pcap,
              replay_faults = flags.replay_faults },
  }
end

local function run_all(flags, plan)
  local options = plan.options
  local jobs = flags.jobs or not flags.real and plan.count >= MANY and core.processors() or 1
  local clock <close> = core.world { virtual = false, seed = 0 }
  local tell, wipe = batch.progress(clock, plan.count)
  local out = { write = function(_, ...)
    wipe()
    return io.stdout:write(...)
  end, flush = function() return io.stdout:flush() end }
  local reporter = results.reporter(flags.format or "text", { out = out, verbose = flags.verbose,
    quiet = flags.quiet, shuffled = options.order ~= nil,
    term = require("dhcplab.term").new { color = flags.color, ascii = flags.ascii } })
  local tally, digests, interrupted = results.tally(), {}, false
  clock:guard(true)
  batch.run(runner.job(plan), jobs, function(k, result)
    if result.kind == "interrupted" then
      interrupted = true
      return false
    end
    if options.times > 1 and options.world.virtual and result.status == "pass" then
      local key = ("%s\0%s\0%d"):format(result.file, result.name, result.seed)
      if digests[key] and digests[key] ~= result.digest then
        results.differing(result, digests[key], runner.replay_line(plan, k) .. " --repeat 2")
      end
      digests[key] = digests[key] or result.digest
    end
    local group = results.count(tally, result)
    reporter:add(result, k, group)
    tell(k, tally.fail)
    return not (flags.fail_fast and result.status == "fail")
  end)
  interrupted = interrupted or core.interrupted()
  clock:guard(false)
  wipe()
  local elapsed = clock:now()
  reporter:finish(tally, results.summary(tally, elapsed, options.world.virtual), elapsed)
  return tally, interrupted
end

function test.run(flags)
  if flags.virtual and flags.real then error(problem.new("E205", "--virtual and --real: one of them")) end
  if flags.shard and flags.shuffle and not flags.order then
    error(problem.new("E205", "--shard with --shuffle: all parts need the same order: --order N"))
  end
  if flags.seed and flags.seeds then error(problem.new("E205", "--seed and --seeds: one of them")) end
  for _, name in ipairs { "trace", "html", "mermaid", "faults" } do
    if flags[name == "trace" and "trace_file" or name] then
      error(problem.new("E205", ("--%s is for one run: dhcplab run FILE --virtual --%s FILE"):format(name, name)))
    end
  end
  results, runner = require "dhcplab.results", require "dhcplab.runner"
  local options = options_of(flags)
  local plan = runner.plan(options)
  if flags.list then return list(plan) end
  if #plan.entries == 0 then
    error(problem.new("E208", "no test is left: --filter and --tags leave out all of them"))
  end
  if (flags.pcap or flags.replay_faults) and plan.count ~= 1 then
    error(problem.new("E205", ("--%s is for one run, these are %d: choose one by --filter and --seed"):format(
      flags.pcap and "pcap" or "replay-faults", plan.count)))
  end
  if flags.worker then return batch.work(runner.job(plan), table.unpack(flags.worker)) end
  if not flags.quiet and (flags.format or "text") == "text" then
    local drawn = not flags.seed and not flags.seeds and ("seed %d"):format(options.seed) or nil
    local order = options.order and ("--order %d"):format(options.order) or nil
    if drawn or order then print(table.concat({ drawn or order, drawn and order }, ", ")) end
  end
  local tally, interrupted = run_all(flags, plan)
  if interrupted then io.stderr:write("dhcplab: interrupted\n") end
  return interrupted and 130 or results.status(tally)
end

return test
