-- A server ignores one client: silence is a verdict too (RFC 2131 4.2).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local stranger = dhcp.client { name = "stranger", mac = "02:00:00:00:00:66", timeout = dhcp.param.timeout or "2s" }
local student = dhcp.client { name = "student", mac = "02:00:00:00:00:01" }

function server:discover(request)
  if request.mac == stranger.mac then return end -- no reply at all
  return dhcp.server.discover(self, request)
end

local offer, why = stranger:discover()
dhcp.expect(not offer, "silence for the stranger")
print("the stranger: " .. why)

local lease = dhcp.expect(student:acquire(), "a lease for the student")
print("the student: " .. lease.address)
