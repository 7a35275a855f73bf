-- A second server refuses what is not its business; the client heeds its own server only.
local dhcp = require "dhcplab"

local good = dhcp.server { name = "good", pool = "192.168.1.100-192.168.1.200" }
local rogue = dhcp.server { name = "rogue", pool = "192.168.1.100-192.168.1.200" }
local client = dhcp.client { mac = "02:00:00:00:00:0f" }

function good:request(request)
  dhcp.sleep("100ms") -- the rogue is faster
  return dhcp.server.request(self, request)
end
dhcp.tolerate "S-31" -- what the rogue does is wrong, and that is the point
function rogue:discover() end
function rogue:request(request) return self:nak(request, "not while I am here") end

local lease = dhcp.expect(client:acquire(), "a lease in spite of the NAK")
dhcp.expect(dhcp.trace:count { type = "nak" } == 1, "a NAK")
dhcp.expect(good:leases()[1].state == "bound", "bound at the good server")
print("bound to " .. lease.address .. " although a stranger said no")
