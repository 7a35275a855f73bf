-- Searching for runs that go wrong: each seed draws a scene (scene.lua), which is played with the lab's invariants on,
-- under faults first, then without, when every client must get what it can.

local core = require "dhcplab.core"
local faultfile = require "dhcplab.faultfile"
local play = require "dhcplab.play"
local sandbox = require "dhcplab.sandbox"
local scene_text = require "dhcplab.scene_text"

local search = {}

local LIMIT <const> = 86400 -- seconds of virtual time for one run

-- Plays a scene: a result as play.lua gives it, with `key` (what sort of failure it is, the same for the same cause)
-- and `fired` (the faults, as a fault file has them). options: budget.
function search.play(made, options)
  options = options or {}
  local chunk = scene_text(made)
  local fired
  local settings = {
    world = { virtual = true, seed = made.seed, faults = options.faults, params = options.params },
    limit = LIMIT, budget = options.budget or "10s", invariants = true,
    finish = function(world)
      if not options.faults then return end
      faultfile.collect(world)
      fired = world.fault_log
    end,
  }
  local result = play.run(settings, function(world, captured)
    local folder = made.script and made.script:match("^(.*)/[^/]*$") or "."
    local env = sandbox.new(world, { folder = folder, captured = captured })
    return assert(load(chunk, "=scene", "t", env))()
  end)
  sandbox.restore()
  result.fired = fired
  if result.status == "fail" then
    result.key = result.invariant or result.kind
  end
  return result
end

local sums <const> = { "handshakes", "packets", "faults", "events", "virtual_seconds" }

-- A tally over many runs.
function search.tally()
  local tally = { runs = 0, failed = 0 }
  for _, key in ipairs(sums) do tally[key] = 0 end
  return tally
end

local function count(tally, result)
  tally.runs = tally.runs + 1
  if result.status == "fail" then tally.failed = tally.failed + 1 end
  for _, key in ipairs(sums) do tally[key] = tally[key] + result[key] end
end

-- Plays make(k) for k = first .. last into the tally until on_failure(k, result) returns false or Ctrl-C. True when it
-- went to the end.
function search.run(first, last, make, tally, on_failure)
  sandbox.remember()
  for k = first, last do
    local result = search.play(make(k))
    if core.interrupted() or result.kind == "interrupted" then return false end
    count(tally, result)
    if result.status == "fail" and on_failure(k, result) == false then return false end
  end
  return true
end

return search
