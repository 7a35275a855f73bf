-- Searching for runs that go wrong: each seed draws a scene (scene.lua), which is played with the lab's invariants on,
-- under faults first, then without, when every client must get what it can.

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

return search
