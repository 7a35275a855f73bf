-- Handshakes in virtual time, Lua on both sides, nothing traced: one server and 10, 1,000 or 100,000 clients at
-- once.
--
-- Told are handshakes per second of CPU time (each is four packets, two handlers and a client's task), and what one
-- bound client costs in memory: Lua's own count, and the process's resident set, which includes the core's share.
-- usage: virtual_bench.lua [CLIENTS...]

local dhcp = require "dhcplab"
local worlds = require "dhcplab.world"

local clock = os.clock
local HANDSHAKES <const> = 20000 -- at least so many are timed, so that few clients take several each

-- Resident octets; nil where there is no /proc.
local function resident()
  local file = io.open("/proc/self/status")
  if not file then return nil end
  local kib = file:read("a"):match("VmRSS:%s*(%d+)")
  file:close()
  return tonumber(kib) * 1024
end

local function measure_memory()
  collectgarbage()
  collectgarbage()
  return collectgarbage("count") * 1024, resident()
end

local function mac_of(i)
  return ("02:00:00:%02x:%02x:%02x"):format(i >> 16 & 255, i >> 8 & 255, i & 255)
end

local function run(count)
  local world = worlds.new { virtual = true, seed = 1, trace = false }
  dhcp.server { subnet = "10.0.0.0/8", pool = "10.1.0.0-10.255.255.0", lease_time = "1d" }
  local rounds = math.max(1, HANDSHAKES // count)
  local lua_before, resident_before = measure_memory()
  local done, started = 0, clock()
  for i = 1, count do
    local client = dhcp.client { mac = mac_of(i), timeout = 60 }
    dhcp.spawn(function()
      for _ = 1, rounds do
        assert(client:acquire())
        done = done + 1
      end
    end)
  end
  local made = clock()
  local how = world.loop:run()
  local took = clock() - made
  assert(how == "enough" and done == count * rounds, "not every client has its lease")
  local lua_after, resident_after = measure_memory()
  print(("%7d clients, made in %.2f s: %d handshakes in %.2f s, %.0f/s; %.3f s of virtual time"):format(count,
    made - started, done, took, done / took, dhcp.now()))
  print(("%7d clients bound: %.1f KiB of Lua%s each"):format(count, (lua_after - lua_before) / count / 1024,
    resident_before and (", %.1f KiB resident"):format((resident_after - resident_before) / count / 1024) or ""))
  assert(world:close())
end

local counts = { 10, 1000, 100000 }
if arg and arg[1] then
  counts = {}
  for i, text in ipairs(arg) do counts[i] = assert(math.tointeger(tonumber(text)), "how many clients?") end
end
for _, count in ipairs(counts) do run(count) end
