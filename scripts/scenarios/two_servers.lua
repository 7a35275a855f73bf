-- Two servers offer; the client takes the longer lease, and the other server takes its offer back.
local dhcp = require "dhcplab"

local short = dhcp.server { name = "short", pool = "192.168.1.10-192.168.1.19", lease_time = "10m" }
local long = dhcp.server { name = "long", pool = "192.168.1.20-192.168.1.29", lease_time = "8h" }
local client = dhcp.client { mac = "02:00:00:00:00:0e", window = "300ms" }

function client:choose(offers)
  local best = offers[1]
  for _, offer in ipairs(offers) do
    if offer.options.lease_time > best.options.lease_time then best = offer end
  end
  return best
end

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.sleep("100ms")
dhcp.expect(lease.options.lease_time == 28800, "the longer lease")
dhcp.expect(long:leases()[1].state == "bound", "bound at the chosen server")
dhcp.expect(short:leases()[1].state == "free", "free again at the other (RFC 2131 4.3.2)")
print("took " .. lease.address .. " from the server with the longer lease")
