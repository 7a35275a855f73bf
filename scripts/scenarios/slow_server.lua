-- A server thinks for two seconds before it offers; others are served meanwhile.
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local slow = dhcp.client { name = "slow", mac = "02:00:00:00:00:05" }
local quick = dhcp.client { name = "quick", mac = "02:00:00:00:00:06" }

function server:discover(request)
  if request.mac == slow.mac then dhcp.sleep(dhcp.param.delay or "2s") end
  return dhcp.server.discover(self, request)
end

local waiting = dhcp.spawn(function() return slow:acquire() end)
print("quick: " .. dhcp.expect(quick:acquire(), "a lease for the quick client").address)
print("slow: " .. dhcp.expect(waiting:join(), "patience of the slow client").address)
