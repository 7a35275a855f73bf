-- Handshakes in virtual time, Lua on both sides; and the memory of clients. Called by virtual_bench.sh.
--
--   speed COUNT [LOOKER]   one server, so many clients at once: handshakes per second of one core. Each is four
--                          packets, two handlers and a client's task. The time is the wall clock's: nothing waits
--                          here. LOOKER is what looks on, then one handshake each: record (dhcp.trace), trace
--                          (--trace), judge (--strict), invariants.
--   memory COUNT           so many clients, each living in BOUND with a task of its own: octets of Lua, where they can
--                          be counted (stock lua5.4), and of the process, which has the core's share and the server's
--                          leases too, and what the garbage collector has not given back.

local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local worlds = require "dhcplab.world"

local stopwatch = core.world { virtual = false, seed = 0 } -- real time, which a script does not see otherwise
local HANDSHAKES <const> = 20000 -- at least so many are timed, so that few clients take several each
local SPACING <const> = 0.01 -- seconds of virtual time between the starts of two clients, for memory

local function mac_of(i)
  return ("02:00:00:%02x:%02x:%02x"):format(i >> 16 & 255, i >> 8 & 255, i & 255)
end

local lookers = {
  record = function() end,
  trace = function(world) require("dhcplab.tracefile").attach(world, "/dev/null") end,
  judge = function(world) require("dhcplab.strict").attach(world, { write = function() end }) end,
  invariants = function(world) require("dhcplab.invariants").attach(world, {}) end,
}

local function make_world(looker)
  local world = worlds.new { virtual = true, seed = 1, trace = looker == "record" }
  if looker then lookers[looker](world) end
  dhcp.server { subnet = "10.0.0.0/8", pool = "10.1.0.0-10.255.255.0", lease_time = "1d" }
  return world
end

local function measure_speed(count, looker)
  local world = make_world(looker)
  local rounds = looker and 1 or math.max(1, HANDSHAKES // count)
  local done, started = 0, stopwatch:now()
  for i = 1, count do
    local client = dhcp.client { mac = mac_of(i), timeout = 60 }
    dhcp.spawn(function()
      for _ = 1, rounds do
        assert(client:acquire())
        done = done + 1
      end
    end)
  end
  local made = stopwatch:now()
  local how = world.loop:run()
  local took = stopwatch:now() - made
  assert(how == "enough" and done == count * rounds, "not every client has its lease")
  print(("%7d clients%s: %d handshakes in %.2f s, %.0f/s (made in %.2f s)"):format(count,
    looker and " and " .. looker or "", done, took, done / took, made - started))
  assert(world:close())
end

-- Resident octets; nil where there is no /proc.
local function resident()
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local kib = file:read("a"):match("VmRSS:%s*(%d+)")
  file:close()
  return tonumber(kib) * 1024
end

local function octets()
  collectgarbage()
  collectgarbage()
  return collectgarbage("count") * 1024, resident()
end

local function measure_memory(count)
  local world = make_world()
  local lua, all = octets()
  for i = 1, count do
    local client = dhcp.client { mac = mac_of(i) }
    dhcp.spawn(function()
      dhcp.sleep(i * SPACING)
      client:run()
    end)
  end
  world.loop:drive(function() return false end, count * SPACING + 10)
  local lua_now, all_now = octets()
  for _, node in ipairs(world.nodes) do assert(node.role ~= "client" or node.state == "BOUND") end
  print(("%7d clients in BOUND: %.1f KiB of Lua each%s"):format(count, (lua_now - lua) / count / 1024,
    all and (", %.1f KiB resident"):format((all_now - all) / count / 1024) or ""))
  assert(world:close())
end

local what, count, looker = ...
count = assert(math.tointeger(tonumber(count)), "how many clients?")
if what == "speed" then measure_speed(count, looker) else measure_memory(count) end
