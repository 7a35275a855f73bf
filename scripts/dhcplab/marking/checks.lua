-- Plays the checks of a lesson against one script, one after another, each in a fresh virtual world with the check's
-- own seeds; what comes of it is data.
--
-- A result: name, points (what there is to have), got, status ("pass", "fail", "skip", "stop"), and unless it passed
-- expected, came, why, rfc, hints. "stop" is a script that went beyond its limits (bindings/l_limit.c); what comes
-- behind it is skipped, as is what depends on a check that did not pass.

local core = require "dhcplab.core"
local lab = require "dhcplab.marking.lab"
local play = require "dhcplab.play"
local problem = require "dhcplab.problem"
local sandbox = require "dhcplab.sandbox"
local scripts = require "dhcplab.script"
local values = require "dhcplab.values"

local checks = {}

-- What one play of a script may use. Counted, not timed: the same on every machine.
local INSTRUCTIONS <const>, OCTETS <const>, EVENTS <const> = 20000000, 128 << 20, 100000
local PROCESSOR <const> = "4s" -- without an event: for what slips through the count
local LIMIT <const> = 3600 -- seconds of virtual time

checks.first = "the script runs"

-- Reading a lesson's checks ----------------------------------------------------------------------------------------

local keys <const> = { "name", "points", "after", "rfc", "why", "hints", "seeds", "run", "answer", "is", "wrong",
                       "accepts", "catches", "lawful", "params", "limit" }

local function fault(lesson, text) error(("lesson %s: %s"):format(lesson.name or "?", text), 0) end

-- Makes sure that marks.lua is in order, and gives its checks, the first one before them.
function checks.read(lesson, marks)
  local list = { { name = checks.first, points = marks.runs or 1, after = {}, hints = { "Run it yourself, and read the "
    .. "first line of what it says: it names the place." }, seeds = { 1 }, run = function(l) l:play() end,
    is_first = true } }
  local known = { [checks.first] = true }
  for i, check in ipairs(marks.checks or fault(lesson, "marks.lua returns { checks = { ... } }")) do
    problem.check_keys(("check %d of lesson %s"):format(i, lesson.name), check, keys)
    local after = type(check.after) == "string" and { check.after } or check.after or {}
    if not check.name or not check.points then fault(lesson, ("check %d has a name and points"):format(i)) end
    if known[check.name] then fault(lesson, ("two checks are called \"%s\""):format(check.name)) end
    for _, name in ipairs(after) do
      if not known[name] then fault(lesson, ("\"%s\": \"%s\" is not above it"):format(check.name, name)) end
    end
    if not (check.run or check.answer or check.accepts or check.catches) then
      fault(lesson, ("\"%s\" needs run, answer, accepts or catches"):format(check.name))
    end
    known[check.name] = true
    local made = { hints = {}, seeds = { 1 } }
    for key, value in pairs(check) do made[key] = value end
    made.after = after
    list[#list + 1] = made
  end
  return list
end

-- One play ---------------------------------------------------------------------------------------------------------

-- main(lab, world, captured) in a fresh world: "pass", "fail" with what failed, or "stop" with why.
local function play_once(script, settings, main)
  local made, returned
  core.limit(INSTRUCTIONS, OCTETS, EVENTS)
  local ok, result = pcall(play.run, {
    world = { virtual = true, seed = settings.seed, params = settings.params }, budget = PROCESSOR,
    strict = settings.lawful or false,
  }, function(world, captured)
    world.tests = {} -- tests are declared, and not played in the script's own world
    made = lab.new(world, script, captured, settings.limit or LIMIT)
    returned = main(made, world, captured)
    world.stopping = true
  end)
  local stopped = core.limit()
  sandbox.restore()
  local message = result and ok and result.message
  if message and message:find("not enough memory$") then
    stopped = ("it needs more than %d MiB of memory"):format(OCTETS >> 20)
  end
  if stopped then return "stop", { expected = "a script that comes to an end", came = stopped } end
  if not ok then error(result, 0) end
  if made and made.failed then return "fail", made.failed end
  if result.status == "pass" then return "pass", returned end
  local came = result.message or "it failed"
  if result.kind == "interrupted" then error(problem.interrupted()) end
  local expected = result.kind == "breach" and "messages as the RFCs have them" or "a script that runs without an error"
  return "fail", { expected = expected, came = came, is_script = result.kind ~= "breach" }
end

-- The kinds of check -----------------------------------------------------------------------------------------------

local function plain(value)
  if type(value) ~= "string" then return value end
  local text = value:lower():match("^%s*(.-)%s*$")
  return math.tointeger(tonumber(text)) or tonumber(text) or text
end

local function is_right(check, value, l)
  if type(check.is) == "function" then return check.is(value, l) end
  for _, one in ipairs(type(check.is) == "table" and check.is or { check.is }) do
    if plain(one) == plain(value) then return true end
  end
  return false
end

-- An answer is a value of the table that the script returns.
local function check_answer(check, l)
  local answers = l:play()
  if type(answers) ~= "table" then
    l:fail("a script that returns its answers: return { ... }", "it returns " .. values.show(answers))
  end
  local value = answers[check.answer]
  if value == nil or value == "" then l:fail(("an answer to \"%s\""):format(check.answer), "none yet") end
  if is_right(check, value, l) then return end
  local why = check.wrong and (check.wrong[plain(value)] or check.wrong.other)
  l:fail(("the right answer to \"%s\""):format(check.answer), values.show(value), why)
end

-- Plays the tests that a script declares, or the script itself where it declares none, against what make() makes:
-- "pass" when all do; "fail" with what the first that does not says.
local function play_tests(script, settings, make)
  local declared, failed = {}, nil
  local status, what = play_once(script, settings, function(_, world, captured)
    world.tests = declared
    scripts.start(script, world, captured, make)
  end)
  if status ~= "pass" then return status, what end
  for i = 1, #declared do
    status, what = play_once(script, settings, function(_, world, captured)
      world.tests = {}
      scripts.start(script, world, captured, make)
      if world.tests[i].f() == false then error(problem.new("E404", "the test returned false"), 0) end
    end)
    if status == "stop" then return status, what end
    if status == "fail" and not failed then failed = { name = declared[i].name, came = what.came } end
  end
  if failed then return "fail", { came = ("\"%s\": %s"):format(failed.name, failed.came) } end
  return "pass"
end

local function check_tests(check, script, settings)
  local status, what = play_tests(script, settings, check.accepts or check.catches)
  if status == "stop" then return status, what end
  if check.accepts then
    if status == "pass" then return "pass" end
    return "fail", { expected = "all tests pass where nothing is wrong", came = what.came }
  end
  if status == "fail" then return "pass" end
  return "fail", { expected = "a test that fails", came = "all tests pass" }
end

local function play_check(check, script, seed)
  local settings = { seed = seed, params = check.params, lawful = check.lawful, limit = check.limit }
  if check.accepts or check.catches then return check_tests(check, script, settings) end
  return play_once(script, settings, check.answer and function(l) check_answer(check, l) end or check.run)
end

-- All of them ------------------------------------------------------------------------------------------------------

local function judged(check, status, what)
  what = what or {}
  local result = { name = check.name, points = check.points, got = status == "pass" and check.points or 0,
                   status = status, expected = what.expected, came = what.came, hints = {} }
  if status == "fail" and not what.is_script then result.why, result.rfc = what.why or check.why, check.rfc end
  if status == "fail" then result.hints = check.hints end
  return result
end

local function skipped(check, reason)
  return { name = check.name, points = check.points, got = 0, status = "skip", came = reason, hints = {} }
end

-- Plays one check with each of its seeds, until one fails.
local function run(check, script)
  for _, seed in ipairs(check.seeds) do
    local status, what = play_check(check, script, seed)
    if status ~= "pass" then return judged(check, status, what) end
  end
  return judged(check, "pass")
end

-- Plays them all; on_result(result) is called with each, as it comes.
function checks.run(list, script, on_result)
  local status, stopped, broken = {}, false, false
  for _, check in ipairs(list) do
    local missing
    for _, name in ipairs(check.after) do
      if status[name] ~= "pass" then missing = missing or name end
    end
    local result
    if stopped then
      result = skipped(check, "the script had to be stopped before")
    elseif broken then
      result = skipped(check, ("needs \"%s\" first"):format(checks.first))
    elseif missing then
      result = skipped(check, ("needs \"%s\" first"):format(missing))
    else
      result = run(check, script)
    end
    status[check.name] = result.status
    stopped = stopped or result.status == "stop"
    broken = broken or check.is_first and result.status ~= "pass"
    on_result(result)
  end
end

-- The results of a script that cannot be played at all.
function checks.refuse(list, message, on_result)
  for i, check in ipairs(list) do
    on_result(i == 1 and judged(check, "fail", { expected = "a Lua script that can be read", came = message })
      or skipped(check, ("needs \"%s\" first"):format(checks.first)))
  end
end

return checks
