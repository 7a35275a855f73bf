-- Lesson 6: two servers, NAK and DECLINE. A model answer.
local dhcp = require "dhcplab"

dhcp.show "story"

dhcp.server { name = "short", pool = "192.168.1.10-192.168.1.19", lease_time = "10m" }
dhcp.server { name = "long", pool = "192.168.1.20-192.168.1.29", lease_time = "8h" }
dhcp.host { name = "printer", address = "192.168.1.20" } -- somebody typed that address into it, years ago

local client = dhcp.client { name = "laptop", mac = "02:00:00:00:00:01", probe = true, timeout = "5m" }

function client:choose(offers)
  local best = offers[1]
  for _, offer in ipairs(offers) do
    if offer.options.lease_time > best.options.lease_time then best = offer end
  end
  return best
end

client:reboot("10.0.0.7") -- nil, "nak": not an address of this network

local lease, why = client:acquire() -- declines, waits and begins anew as often as it takes
print("the laptop has " .. (lease and lease.address or "no address: " .. why))

return {
  server_option = "54", -- 1 which option (its number) of the REQUEST names the server that was chosen?
  after_nak = "INIT",   -- 2 in which state (capital letters) is a client that got a NAK?
  declined = "600",     -- 3 how many seconds does a server here keep a declined address aside?
}
