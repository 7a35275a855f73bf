-- require "dhcplab": the interface for scripts. What each name does is told by `dhcplab help scripts`.

local core = require "dhcplab.core"
local client = require "dhcplab.client"
local expect = require "dhcplab.expect"
local failure = require "dhcplab.failure"
local host = require "dhcplab.host"
local message = require "dhcplab.message"
local network = require "dhcplab.network"
local problem = require "dhcplab.problem"
local relay = require "dhcplab.relay"
local server = require "dhcplab.server"
local worlds = require "dhcplab.world"

local dhcp = { version = core.version, client = client, server = server, relay = relay, host = host, expect = expect,
               message = message.new, decode = message.decode }

function dhcp.network(options) return network.new(worlds.current(), options) end

-- dhcp.param.NAME: what --set NAME=VALUE gave, as number, boolean or text; nil when it was not given.
local param = setmetatable({}, {
  __index = function(_, name)
    local world = worlds.current()
    world.params_read[name] = true
    return world.params[name]
  end,
  __newindex = function() problem.blame("parameters come from the command line: --set NAME=VALUE", "E116") end,
})

-- Seconds since the world began.
function dhcp.now() return worlds.current().core:now() end

local function check_duration(value)
  if not core.duration(value) then
    problem.blame(("a time such as 2, \"250ms\" or \"1h30m\" expected, got %s"):format(tostring(value)), "E111")
  end
  return value
end

function dhcp.sleep(duration) return worlds.current().loop:sleep(check_duration(duration)) end

-- Runs f(...) as a task beside this one; task:join([timeout]), task:cancel().
function dhcp.spawn(f, ...)
  if type(f) ~= "function" then problem.blame("dhcp.spawn takes a function and its arguments, got " .. type(f),
    "E108") end
  return worlds.current().loop:spawn("task", f, ...)
end

-- As math.random, from the script's own seeded stream.
function dhcp.random(...) return worlds.current().stream(...) end

-- Keeps the world going until it has ended by itself, `duration` has passed, or Ctrl-C. For plain lua5.4.
function dhcp.run(duration)
  local world = worlds.current()
  local limit = duration and world.core:now() + core.duration(check_duration(duration))
  return world.loop:drive(function() return false end, limit)
end

-- Ends the run with exit status 1 and this message: what was expected did not come.
function dhcp.fail(text) failure.raise(tostring(text), nil, nil, "E403") end

-- As dhcp.expect, but the run goes on; it ends with exit status 1 all the same. Returns the value.
function dhcp.check(value, text)
  if value then return value end
  local world = worlds.current()
  local made = failure.new("checked: " .. (text or "a value"), failure.row(text or "a value", value), nil, "E402")
  made.rows[1][2] = text and tostring(text) or "a value"
  made.at = world.core:now()
  world.checks[#world.checks + 1] = made
  if world.on_check then world.on_check(made) end
  return value
end

-- Ends a test without a verdict: it cannot be had here.
function dhcp.skip(reason)
  local made = problem.new(0, "skipped: " .. tostring(reason))
  made.skip = tostring(reason)
  error(made, 0)
end

-- dhcp.invariant(name, f): must hold after every event: f() returns false, or raises, when it does not
-- (invariants.lua).
function dhcp.invariant(name, f) return require("dhcplab.invariants").declare(worlds.current(), name, f) end

-- dhcp.test(name[, options], f): declares a test, which is played in a world of its own (declare.lua).
function dhcp.test(...) return require("dhcplab.declare")(...) end

-- Under --strict: this rule may be broken on purpose, such as dhcp.tolerate "S-31".
function dhcp.tolerate(rule)
  if not require("dhcplab.requirements")[rule] then
    problem.blame(("dhcp.tolerate: there is no rule \"%s\"; they are called S-31, X-06 and so on"):format(
      tostring(rule)), "E107")
  end
  local world = worlds.current()
  world.tolerated = world.tolerated or {}
  world.tolerated[rule] = true
end

-- dhcp.define{ code = 224, name = "site_color", type = "text" }: an option of one's own, by name from then on.
function dhcp.define(option)
  problem.check_keys("dhcp.define", option, { "code", "name", "type", "text" })
  core.define_option(option.code, option.name, option.type, option.text)
end

-- dhcp.show "story", "transcript" or "none": what is printed as it happens.
function dhcp.show(mode)
  local modes = { story = true, transcript = true, none = true }
  if not modes[mode] then
    problem.blame(("dhcp.show takes \"story\", \"transcript\" or \"none\", got \"%s\"%s"):format(tostring(mode),
      problem.hint(mode, { "story", "transcript", "none" })), "E107")
  end
  local world = worlds.current()
  if not world.show then world.show = require("dhcplab.show").attach(world, {}) end
  world.show.story = mode == "story"
  if mode == "none" then world.show.off = true end
end

-- Prints what a client got, as text or as one JSON object (dhcp.param.format); false when it got nothing.
function dhcp.report(of, lease, why)
  return require("dhcplab.report").client(worlds.current(), of, lease, why, param.format)
end

local live = {
  param = function() return param end,
  lan = function() return worlds.current():default_network() end,
  trace = function() return worlds.current().trace end,
  seed = function() return worlds.current().seed end,
}

local names
return setmetatable(dhcp, {
  live = live, -- for those who list what there is
  __index = function(_, key)
    if live[key] then return live[key]() end
    if not names then
      names = {}
      for name in pairs(dhcp) do names[#names + 1] = name end
      for name in pairs(live) do names[#names + 1] = name end
      table.sort(names)
    end
    problem.blame(("dhcp has nothing called \"%s\"%s"):format(tostring(key), problem.hint(key, names)), "E104")
  end,
})
