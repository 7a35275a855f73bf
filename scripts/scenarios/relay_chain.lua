-- Two relays in a row: the first one's giaddr stays, hops counts both (RFC 1542 4.1.1).
local dhcp = require "dhcplab"

local floor, building, center = dhcp.network { name = "floor" }, dhcp.network { name = "building" },
  dhcp.network { name = "center" }
local server = dhcp.server { network = center, address = "10.0.9.2",
                             subnets = { { subnet = "10.0.9.0/24" }, { subnet = "10.0.1.0/24" } } }
dhcp.relay { name = "inner", from = building, to = center, address = "10.0.5.1", server_address = "10.0.9.1" }
dhcp.relay { name = "outer", from = floor, to = building, address = "10.0.1.1", server_address = "10.0.5.2" }
local client = dhcp.client { network = floor, mac = "02:00:00:00:00:19" }

local hops, giaddr
function server:discover(request)
  hops, giaddr = request.hops, request.giaddr
  return dhcp.server.discover(self, request)
end

local lease = dhcp.expect(client:acquire(), "a lease through both relays")
dhcp.expect(hops == 2, "two hops")
dhcp.expect(giaddr == "10.0.1.1", "the giaddr of the first relay")
print(("%s after %d hops"):format(lease.address, hops))
