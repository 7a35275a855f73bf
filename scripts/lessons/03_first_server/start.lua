-- Lesson 3: your first server. Play it: dhcplab run start.lua --virtual
local dhcp = require "dhcplab"

local server = dhcp.server { subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.109", lease_time = "1h" }

-- What is done with a DISCOVER, and with a REQUEST: the reply that is returned is sent; to return nothing is silence.
function server:discover(request)
  return dhcp.server.discover(self, request) -- the usual policy
end

function server:request(request)
  return dhcp.server.request(self, request)
end

-- Somebody to try it with. Change the MAC address and the host name as you like.
local client = dhcp.client { mac = "02:00:00:00:00:01", hostname = "laptop" }
print(client:acquire())
