-- gets: room 2 has addresses | writes its address into giaddr
local dhcp = require "dhcplab"

dhcp.show "story"

-- Three networks: the rooms 1 and 2, and the machine room, where the server is.
local room1, room2 = dhcp.network { name = "room1" }, dhcp.network { name = "room2" }
local center = dhcp.network { name = "center" }

local server = dhcp.server { name = "server", network = center, address = "10.0.9.2", subnets = {
  { subnet = "10.0.9.0/24" },
  { subnet = "10.0.1.0/24", options = { routers = "10.0.1.1" } }, -- it gives out 10.0.1.100 to 10.0.1.200
  { subnet = "10.0.2.0/24", options = { routers = "10.0.2.1" } },
} }

dhcp.relay { name = "relay1", from = room1, to = center, address = "10.0.1.1", server_address = "10.0.9.3",
             circuit_id = "socket 1.7" }
dhcp.relay { name = "relay2", from = room2, to = center, address = "10.0.1.2", server_address = "10.0.9.4",
             circuit_id = "socket 2.7" }

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
  local agent = request.options.relay_agent_information -- nil where no relay has put it in
  local address = agent and address_of[agent.circuit_id]
  if address and not self:is_taken(address, request) then return self:offer(request, address) end
  return dhcp.server.discover(self, request)
end

for i, room in ipairs { room1, room2 } do
  local client = dhcp.client { name = "pc" .. i, network = room, mac = "02:00:00:00:00:0" .. i }
  local lease, why = client:acquire()
  print(client.name .. " has " .. (lease and lease.address or "no address: " .. why))
end

return {
  giaddr = "10.0.1.1",  -- 1 what is in the field giaddr of a DISCOVER from room 1 when it reaches the server?
  hops = "1",           -- 2 and in its field hops?
  offer_to = "10.0.1.1", -- 3 to which IP address does the server send its OFFER for pc1?
}
