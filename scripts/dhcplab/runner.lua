-- Many tests, each with many seeds, each in a world of its own: what to play, and in which order.
--
-- A plan numbers its units (a test with a seed); batch.lua has them played, perhaps in several processes.

local batch = require "dhcplab.batch"
local core = require "dhcplab.core"
local failure = require "dhcplab.failure"
local json = require "dkjson"
local play = require "dhcplab.play"
local problem = require "dhcplab.problem"
local replay = require "dhcplab.replay"
local sandbox = require "dhcplab.sandbox"
local scripts = require "dhcplab.script"
local seeds = require "dhcplab.seeds"

local runner = {}

-- What to play -----------------------------------------------------------------------------------------------------

local function embedded_below(folder)
  local found = {}
  local prefix = folder:gsub("^scripts/", ""):gsub("/*$", "") .. "/"
  for _, name in ipairs(core.embedded and core.embedded() or {}) do
    if name:sub(1, #prefix) == prefix and name:find("%.lua$") then found[#found + 1] = "scripts/" .. name end
  end
  return found
end

local function add_folder(folder, list)
  local names, why = core.folder(folder)
  if not names then error(problem.new("E206", ("cannot read the folder %s: %s"):format(folder, why))) end
  for _, name in ipairs(names) do
    local path = folder:gsub("/*$", "") .. "/" .. name
    if core.folder(path) then
      if not name:find("^%.") then add_folder(path, list) end
    elseif name:find("%.lua$") and not name:find("%.d%.lua$") then -- .d.lua: annotations for editors
      list[#list + 1] = path
    end
  end
end

-- The scripts that the paths name: files, and all .lua files in folders, in order of their names.
function runner.files(paths)
  local list = {}
  for _, path in ipairs(paths) do
    if core.folder(path) then
      add_folder(path, list)
    else
      local file = io.open(path, "r")
      local below = not file and embedded_below(path) or {}
      if file then file:close() end
      if below[1] then table.move(below, 1, #below, #list + 1, list) else list[#list + 1] = path end
    end
  end
  if not list[1] then error(problem.new("E208", "there is no .lua file in " .. table.concat(paths, ", "))) end
  return list
end

local function is_chosen(test, file, options)
  if options.filter and not (file .. ": " .. test.name):find(options.filter, 1, true) then return false end
  local wanted, any = options.tags or {}, false
  local has = {}
  for _, tag in ipairs(test.options.tags) do has[tag] = true end
  local asked = false
  for _, tag in ipairs(wanted) do
    local without = tag:match("^!(.+)")
    if without and has[without] then return false end
    if not without then asked, any = true, any or has[tag] or false end
  end
  return any or not asked
end

local function world_options(options, test)
  local made = {}
  for key, value in pairs(options.world) do made[key] = value end
  made.params = {}
  for key, value in pairs(test and test.options.params or {}) do made.params[key] = value end
  for key, value in pairs(options.world.params or {}) do made.params[key] = value end
  return made
end

-- One entry per test: script, test, seeds; or, for a script that cannot be played, broken (a result).
local function entries_of(path, options)
  local ok, script = pcall(scripts.read, path)
  if not ok then
    if not problem.is(script) then error(script, 0) end
    if script.exit == 2 then error(script, 0) end
    local broken = { status = "fail", kind = "error", code = script.code, message = script.message,
                     report = failure.describe(script) }
    return { { file = path, test = { name = path:match("([^/]+)%.lua$") or path, options = { tags = {} }, line = 1 },
               broken = broken, seeds = options.seeds or seeds.new(options.seed) } }
  end
  local made = world_options(options)
  made.virtual, made.seed, made.pcap = true, options.seeds and options.seeds:at(1) or options.seed, nil
  local tests, failed = play.tests(script, { world = made, limit = options.limit, budget = options.budget })
  local entries = {}
  for i, test in ipairs(tests) do
    entries[i] = { file = path, script = script, test = test,
                   seeds = options.seeds or not options.seed_given and test.options.seeds or seeds.new(options.seed) }
  end
  if failed then
    entries[#entries + 1] = { file = path, test = { name = "all of " .. path, options = { tags = {} }, line = 1 },
                              broken = failed, seeds = seeds.new(made.seed) }
  end
  return entries
end

local function shuffled(count, order)
  local world = core.world { virtual = true, seed = order }
  local draw = world:stream("order")
  local numbers = {}
  for i = 1, count do
    local j = draw(1, i)
    numbers[i] = numbers[j]
    numbers[j] = i
  end
  world:close()
  return numbers
end

-- options: files, seed (drawn), seed_given, seeds (a set), filter, tags, times, order (shuffles), share ({ k, n }),
-- world (for worlds.new), limit, budget, strict. A plan: entries, count, at(k) giving { entry, seed, round }.
function runner.plan(options)
  sandbox.remember()
  local plan = { entries = {}, options = options, total = 0 }
  for _, path in ipairs(options.files) do
    for _, entry in ipairs(entries_of(path, options)) do
      if is_chosen(entry.test, path, options) then
        entry.from = plan.total
        entry.count = entry.broken and 1 or entry.seeds.count * options.times
        plan.total = plan.total + entry.count
        plan.entries[#plan.entries + 1] = entry
      end
    end
  end
  plan.numbers = options.order and shuffled(plan.total, options.order)
  local count, number_of = batch.part(plan.total, options.share)
  plan.count = count
  plan.number = function(k) -- of the k-th unit of this share, in the order of all
    local number = number_of(k)
    return plan.numbers and plan.numbers[number] or number
  end
  return plan
end

-- The k-th unit: entry, seed, round.
function runner.unit(plan, k)
  local number, entries = plan.number(k) - 1, plan.entries
  local low, high = 1, #entries
  while low < high do
    local middle = (low + high + 1) // 2
    if entries[middle].from <= number then low = middle else high = middle - 1 end
  end
  local entry = entries[low]
  local place, times = number - entry.from, plan.options.times
  return entry, entry.seeds:at(place // times + 1), place % times + 1
end

-- Playing -----------------------------------------------------------------------------------------------------------

-- The command that plays a unit again.
local function replay_line(options, entry, seed)
  local words = { "test", entry.file }
  if entry.test.index then table.move({ "--filter", entry.test.name }, 1, 2, #words + 1, words) end
  table.move(options.kept, 1, #options.kept, #words + 1, words)
  return replay.command(options.program, words, seed)
end

-- The same for the k-th unit of a plan.
function runner.replay_line(plan, k)
  local entry, seed = runner.unit(plan, k)
  return replay_line(plan.options, entry, seed)
end

local function complete(result, options, entry, seed)
  result.name, result.file, result.line, result.seed = entry.test.name, entry.file, entry.test.line, seed
  for _, key in ipairs { "virtual_seconds", "events", "packets", "handshakes", "faults" } do
    result[key] = result[key] or 0
  end
  if result.status == "fail" then result.replay = replay_line(options, entry, seed) end
  local known = entry.test.options.known_failing
  if known and result.status == "fail" and result.kind ~= "interrupted" then
    result.status, result.known = "skip", true
    result.message = ("known failing (%s): %s"):format(known, result.message)
  end
  return result
end

-- Plays the k-th unit of the plan: its result.
function runner.play(plan, k)
  local options = plan.options
  local entry, seed = runner.unit(plan, k)
  if entry.broken then
    local result = {}
    for key, value in pairs(entry.broken) do result[key] = value end
    return complete(result, options, entry, seed)
  end
  local world = world_options(options, entry.test)
  world.seed = seed
  local only = entry.test.options.only
  if only and only ~= (world.virtual and "virtual" or "real") then
    return complete({ status = "skip", message = ("only in %s time"):format(only) }, options, entry, seed)
  end
  local result = play.test(entry.script, entry.test, { world = world, budget = options.budget, strict = options.strict,
    invariants = options.invariants,
    limit = entry.test.options.timeout or options.limit, prepare = options.prepare })
  return complete(result, options, entry, seed)
end

-- The result as one line of JSON.
local keys <const> = { "name", "file", "line", "seed", "status", "message", "replay", "virtual_seconds", "events",
                       "packets", "handshakes", "faults", "kind", "code", "known", "digest", "report" }

function runner.encode(result) return json.encode(result, { keyorder = keys }) end

-- The plan for batch.lua.
function runner.job(plan)
  return {
    count = plan.count, words = plan.options.worker_words,
    play = function(k) return runner.play(plan, k) end,
    died = function(k, message)
      local entry, seed = runner.unit(plan, k)
      return complete({ status = "fail", kind = "error", message = message, report = message }, plan.options, entry,
        seed)
    end,
  }
end

return runner
