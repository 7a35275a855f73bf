-- One script, or one test of it, in one world from beginning to end; nothing is printed. What runs thousands of them
-- is runner.lua.
--
-- A result: status ("pass", "fail", "skip"), kind (what sort of failure: see verdict), message (one line), report
-- (all of it), seed, virtual_seconds, events, packets, handshakes, faults, digest.

local failure = require "dhcplab.failure"
local invariants = require "dhcplab.invariants"
local problem = require "dhcplab.problem"
local sandbox = require "dhcplab.sandbox"
local scripts = require "dhcplab.script"
local strict = require "dhcplab.strict"
local worlds = require "dhcplab.world"

local play = {}

local VIRTUAL_LIMIT <const>, REAL_LIMIT <const> = 30 * 86400, 60
local PRINTED <const> = 20 -- lines of a script's own output in a report

-- Whether a script may declare tests: whether its text, or that of a module of its own, could call dhcp.test.
local function may_declare(script)
  if script.text:find("%f[%w_]test%f[^%w_]") then return true end
  for name in script.text:gmatch("require%s*%(?%s*[\"']([^\"']+)") do
    if name ~= "dhcplab" then return true end
  end
  return false
end

-- What the run did ---------------------------------------------------------------------------------------------------

local function count(world)
  local counts = { packets = 0, handshakes = 0 }
  world.trace:add_sink(function(event, record)
    if event == "send" then
      counts.packets = counts.packets + 1
    elseif event == "state" then
      local before = record.before
      if record.text == "BOUND" and (before == "REQUESTING" or before == "SELECTING") then
        counts.handshakes = counts.handshakes + 1
      end
    end
  end)
  return counts
end

-- The last lines of what the script printed.
local function printed(output)
  local lines = {}
  for line in table.concat(output):gmatch("[^\n]+") do lines[#lines + 1] = "  " .. line end
  if not lines[1] then return "" end
  local from = math.max(1, #lines - PRINTED + 1)
  return "\nprinted:\n" .. table.concat(lines, "\n", from)
end

-- Verdicts -----------------------------------------------------------------------------------------------------------

-- What was raised, as a verdict: kind, message, report.
local function of_error(world, raised, traceback)
  if problem.is(raised) and raised.skip then return { status = "skip", message = raised.skip } end
  local made = failure.of_error(raised, traceback)
  local kind = made.kind or made.exit == 1 and "expectation" or made.exit == 3 and "environment" or "error"
  return { status = "fail", kind = kind, code = made.code, invariant = made.invariant, message = made.message,
           report = failure.describe(made, world) }
end

local function fail(world, kind, code, message, notes)
  local made = problem.new(code, message)
  made.notes = notes
  return { status = "fail", kind = kind, code = made.code, message = message:match("[^\n]*"),
           report = failure.describe(made, world) }
end

local function of_end(world, how, limit)
  if how == "interrupted" then return fail(world, "interrupted", 130, "interrupted") end
  if how == "standstill" then
    return fail(world, "endless", "E409", world.loop:deadlock_report("time stands still, and events go on and on:"))
  end
  if how == "limit" then
    return fail(world, "endless", "E410", world.loop:deadlock_report(("still running after %g s of %s time:"):format(
      limit, world.virtual and "virtual" or "real")))
  end
  if how == "quiet" and world.loop.alive > 0 then
    return fail(world, "deadlock", "E408", world.loop:deadlock_report())
  end
end

local function of_rules(world, tally)
  if not tally or tally.breaches == 0 then return nil end
  if world.invariants and world.invariants.off["lawful packets"] then return nil end
  local first
  for _, line in ipairs(tally.lines) do
    if not first and not line:find("^tolerated: ") then first = line end
  end
  return fail(world, "breach", "E406", ("%d breach%s of a MUST of the RFCs: %s"):format(tally.breaches,
    tally.breaches == 1 and "" or "es", first), tally.lines)
end

local function of_checks(world)
  local first = world.checks[1]
  if not first then return nil end
  local reports = {}
  for i, made in ipairs(world.checks) do reports[i] = failure.describe(made, i == #world.checks and world or nil) end
  return { status = "fail", kind = "expectation", code = first.code, message = first.message,
           report = table.concat(reports, "\n") }
end

local function verdict(world, task, how, settings, tally, errors)
  if task.ended and not task.ok then return of_error(world, task.error, task.traceback) end
  if errors[1] then return errors[1] end
  local found = of_end(world, how, settings.limit) or of_rules(world, tally) or of_checks(world)
  if found then return found end
  if task.ok and task.results[1] == false then
    return fail(world, "expectation", "E404", "the script returned false")
  end
  return { status = "pass" }
end

-- Playing --------------------------------------------------------------------------------------------------------

local deaf = { write = function() end }

local function make_world(settings)
  local ok, world = pcall(worlds.new, settings.world)
  if ok then return world end
  if not problem.is(world) then error(world, 0) end
  return nil, { status = "fail", kind = "environment", code = world.code, message = world.message,
                report = failure.describe(world),
                seed = settings.world.seed, virtual_seconds = 0, events = 0, packets = 0, handshakes = 0, faults = 0 }
end

-- Plays main(world, captured) in a new world. settings: world (what worlds.new takes), limit (seconds), budget,
-- strict (false: the judge does not look), invariants (true: the lab's own must hold), prepare(world) before the script
-- begins, finish(world, result) before the world is closed.
function play.run(settings, main)
  local world, refused = make_world(settings)
  if not world then return refused end
  settings.limit = settings.limit or world.virtual and VIRTUAL_LIMIT or REAL_LIMIT
  local output, errors = {}, {}
  world.on_fail = function(message, traceback) errors[#errors + 1] = of_error(world, message, traceback) end
  world.show = { off = true }
  local tally = settings.strict ~= false and strict.attach(world, deaf) or nil
  if settings.invariants then invariants.attach(world, { tally = tally, judge = settings.strict ~= false }) end
  local counts = count(world)
  if settings.prepare then settings.prepare(world) end
  local loop = world.loop
  world.core:guard(true, settings.budget or "10s")
  local task = loop:spawn("main", main, world, function(text) output[#output + 1] = text end)
  task.quiet = true
  local how = loop:drive(function()
    return loop.alive <= 0 or errors[1] ~= nil or task.ended and not task.ok or world.stopping
  end, settings.limit)
  world.core:guard(false)
  local result = verdict(world, task, how, settings, tally, errors)
  if result.report then result.report = result.report .. printed(output) end
  result.seed, result.digest = world.seed, world.core:digest()
  result.virtual_seconds, result.events = world.core:now(), world.core:events()
  result.packets, result.handshakes = counts.packets, counts.handshakes
  result.faults = world.fault_count
  if settings.finish then settings.finish(world, result) end
  local closed, why = world:close()
  if not closed and result.status == "pass" then
    result.status, result.kind, result.message = "fail", "environment", "the capture is incomplete: " .. tostring(why)
    result.report = result.message
  end
  return result
end

-- The tests that a script declares: a list of { name, options, line, index }; the script itself, without an index, when
-- it declares none. Second: the result, when the script failed before it was through.
function play.tests(script, settings)
  local alone = { { name = script.name, options = { tags = {} }, line = 1 } }
  if not may_declare(script) then return alone end
  local declared = {}
  local result = play.run({ world = settings.world, limit = settings.limit, budget = settings.budget, strict = false },
    function(world, captured)
      world.tests = declared
      scripts.start(script, world, captured)
    end)
  sandbox.restore()
  if not declared[1] then return alone end
  local tests = {}
  for i, test in ipairs(declared) do
    tests[i] = { name = test.name, options = test.options, line = test.line, index = i }
  end
  return tests, result.status == "fail" and result or nil
end

-- Plays one test of a script in a new world.
function play.test(script, test, settings)
  local result = play.run(settings, function(world, captured)
    world.tests = {}
    local value = scripts.start(script, world, captured)
    if not test.index then return value end
    return world.tests[test.index].f()
  end)
  sandbox.restore()
  return result
end

return play
