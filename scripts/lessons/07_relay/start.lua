-- Lesson 7: a relay and option 82. Play it: dhcplab run start.lua --virtual
local dhcp = require "dhcplab"

dhcp.show "story"

-- Three networks: the rooms 1 and 2, and the machine room, where the server is.
local room1, room2 = dhcp.network { name = "room1" }, dhcp.network { name = "room2" }
local center = dhcp.network { name = "center" }

local server = dhcp.server { name = "server", network = center, address = "10.0.9.2", subnets = {
  { subnet = "10.0.9.0/24" },
  { subnet = "10.0.1.0/24", options = { routers = "10.0.1.1" } }, -- it gives out 10.0.1.100 to 10.0.1.200
} }

dhcp.relay { name = "relay1", from = room1, to = center, address = "10.0.1.1", server_address = "10.0.9.3" }

-- Task 1: a relay for room 2, with the address 10.0.2.1; what else must be there for 10.0.2.0/24?

-- Task 2: both relays say by option 82 from which socket a request comes: "socket 1.7", "socket 2.7".

-- Task 3: whoever is plugged into one of these sockets gets its address, if nobody else has it.
local address_of = {
  ["socket 1.7"] = "10.0.1.7",
  ["socket 1.8"] = "10.0.1.8",
  ["socket 2.7"] = "10.0.2.7",
}

-- Whether somebody else than the sender of this request has the address.
function server:is_taken(address, request)
  for _, lease in ipairs(self:leases()) do
    local is_held = lease.state == "offered" or lease.state == "bound" or lease.state == "declined"
    if lease.address == address and is_held and lease.client ~= request.client_key then return true end
  end
  return false
end

function server:discover(request)
  local socket = "?" -- which one does this request come from?
  local address = address_of[socket]
  if address then return self:offer(request, address) end -- is it free?
  return dhcp.server.discover(self, request)              -- the usual way: the next address of the pool
end

for i, room in ipairs { room1, room2 } do
  local client = dhcp.client { name = "pc" .. i, network = room, mac = "02:00:00:00:00:0" .. i }
  local lease, why = client:acquire()
  print(client.name .. " has " .. (lease and lease.address or "no address: " .. why))
end

-- Your answers, each between its quotation marks.
return {
  giaddr = "",  -- 1 what is in the field giaddr of a DISCOVER from room 1 when it reaches the server?
  hops = "",    -- 2 and in its field hops?
  offer_to = "", -- 3 to which IP address does the server send its OFFER for pc1?
}
