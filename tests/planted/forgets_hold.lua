-- A server that forgets its offers: nothing is held for a client until its REQUEST.
local dhcp = require "dhcplab"

local discover = dhcp.server.discover

function dhcp.server:discover(request)
  local reply = discover(self, request)
  local lease = self:subnet_of(request).leases:by_client(request.client_key)
  if lease and lease.state == "offered" then lease.state = "free" end
  return reply
end
