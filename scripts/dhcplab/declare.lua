-- dhcp.test(name[, options], f): declares a test.
--
-- Under `dhcplab test` (and `run`) each is played in a fresh world: the script runs from its top, so that what it makes
-- outside its tests is there for each of them anew, and then f. Under plain lua5.4 a test is played at once, in the
-- present world.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local seeds = require "dhcplab.seeds"
local worlds = require "dhcplab.world"

local options_known <const> = { "seeds", "tags", "only", "params", "timeout", "known_failing" }

local function check_tags(tags)
  local list = {}
  if type(tags) == "string" then
    for word in tags:gmatch("[^%s,]+") do list[#list + 1] = word end
    return list
  end
  for _, word in ipairs(tags or {}) do list[#list + 1] = tostring(word) end
  return list
end

-- The options as the runner wants them.
local function check(options)
  problem.check_keys("dhcp.test", options, options_known)
  local made = { tags = check_tags(options.tags), params = options.params, only = options.only }
  if options.seeds ~= nil then
    local set, why = seeds.new(options.seeds)
    made.seeds = set or problem.blame("dhcp.test: seeds: " .. why, "E109")
  end
  if options.only ~= nil and options.only ~= "virtual" and options.only ~= "real" then
    problem.blame("dhcp.test: only is \"virtual\" or \"real\"", "E107")
  end
  if options.timeout ~= nil then
    made.timeout = core.duration(options.timeout) or problem.blame("dhcp.test: timeout is a time such as 30 or \"1h\"",
      "E111")
  end
  if options.params ~= nil and type(options.params) ~= "table" then
    problem.blame("dhcp.test: params is a table, such as { clients = 5 }", "E108")
  end
  local why = options.known_failing
  if why ~= nil and why ~= false then made.known_failing = why == true and "no reason given" or tostring(why) end
  return made
end

-- Plain lua5.4: there is no runner, and what the script made outside its tests is in the present world.
local function play_at_once(test)
  local ok, why = pcall(test.f)
  if ok then return print("ok - " .. test.name) end
  if problem.is(why) and why.skip then return print("skipped - " .. test.name .. ": " .. why.skip) end
  print("not ok - " .. test.name)
  error(why, 0)
end

return function(name, options, f)
  if f == nil and type(options) == "function" then options, f = {}, options end
  if type(name) ~= "string" or name == "" or type(options) ~= "table" or type(f) ~= "function" then
    problem.blame("dhcp.test takes a name, perhaps a table of options, and a function", "E108")
  end
  local file, line = problem.place()
  local test = { name = name, options = check(options), f = f, file = file, line = line }
  local world = worlds.peek()
  if not world or not world.tests then return play_at_once(test) end
  for _, other in ipairs(world.tests) do
    if other.name == name then problem.blame(("there is a test called \"%s\" already"):format(name), "E114") end
  end
  table.insert(world.tests, test)
end
