-- gets: what is given back is free again | a number that only grows
local dhcp = require "dhcplab"

dhcp.show "none"

-- Two rooms, each behind a switch that names its room in option 82; one server for both, with twelve addresses.
local room1, room2 = dhcp.network { name = "room1" }, dhcp.network { name = "room2" }
local center = dhcp.network { name = "center" }
local server = dhcp.server {
  name = "server", network = center, address = "10.0.9.2", subnets = {
    { subnet = "10.0.1.0/24", pool = "10.0.1.100-10.0.1.111", options = { routers = "10.0.1.1" } },
  },
}
dhcp.relay { name = "switch1", from = room1, to = center, address = "10.0.1.1", server_address = "10.0.9.3",
             circuit_id = "room 1" }
dhcp.relay { name = "switch2", from = room2, to = center, address = "10.0.1.2", server_address = "10.0.9.4",
             circuit_id = "room 2" }

-- Defence 1: at most three computers of one room.
local known, count = {}, {}

function server:discover(request)
  local agent = request.options.relay_agent_information
  local room = agent and agent.circuit_id or "none"
  if not known[request.client_key] then
    if (count[room] or 0) >= 3 then return end
    known[request.client_key] = true
    count[room] = (count[room] or 0) + 1
  end
  return dhcp.server.discover(self, request)
end

-- Defence 2: in a room only its switch speaks as a server.
local from_servers <const> = { offer = true, ack = true, nak = true }

local function guard(room, switch)
  room:tap(function(packet)
    if from_servers[packet.type] and packet.from ~= switch then return false end
  end)
end
guard(room1, "switch1")
guard(room2, "switch2")

-- The attacks. In room 2 somebody asks for address after address, as a new computer each time.
local taken = 0
for i = 1, 20 do
  local fake = dhcp.client { name = "fake" .. i, network = room2, timeout = 0.1 }
  if fake:acquire() then taken = taken + 1 end
end
print(("the attacker has %d of 12 addresses"):format(taken))

-- In room 1 somebody runs a server of his own, and names himself as the router.
dhcp.server { name = "rogue", network = room1, address = "10.0.1.66", subnet = "10.0.1.0/24",
              pool = "10.0.1.200-10.0.1.250", options = { routers = "10.0.1.66" } }

-- And an honest computer comes into room 1.
local client = dhcp.client { name = "honest", network = room1, mac = "02:00:00:00:00:01" }
local lease, why = client:acquire()
print("honest has " .. (lease and lease.address or "no address: " .. why))
if lease then print("what it says to other networks goes through " .. lease.options.routers[1]) end

return {
  new_each_time = "chaddr", -- 1 which header field is another one in each request of the attacker?
  router_option = "3",      -- 2 by which option (its number) does the rogue get to see what honest says?
}
