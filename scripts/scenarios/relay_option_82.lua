-- A relay carries requests to a server elsewhere, and says by option 82 where they came from (RFC 3046).
local dhcp = require "dhcplab"

local clients, servers = dhcp.network { name = "clients" }, dhcp.network { name = "servers" }
local server = dhcp.server { network = servers, address = "10.0.9.2",
                             subnets = { { subnet = "10.0.9.0/24" }, { subnet = "10.0.1.0/24" } } }
dhcp.relay { from = clients, to = servers, address = "10.0.1.1", server_address = "10.0.9.1",
             circuit_id = "port 7", remote_id = "switch 3" }
local client = dhcp.client { network = clients, mac = "02:00:00:00:00:18" }

local heard
function server:discover(request)
  heard = request.options.relay_agent_information
  return dhcp.server.discover(self, request)
end

local lease = dhcp.expect(client:acquire(), "a lease through the relay")
dhcp.expect(lease.address:match("^10%.0%.1%."), "an address of the relay's subnet")
dhcp.expect(heard.circuit_id == "port 7" and heard.remote_id == "switch 3", "option 82 at the server")
dhcp.expect(not lease.options:has(82), "no option 82 at the client")
local renewed = dhcp.expect(client:renew(), "a renewal by unicast, past the relay")
print(renewed.yiaddr .. " through " .. heard.circuit_id)
