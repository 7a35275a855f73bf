-- A server whose leases end too early in its own table: at half of the time that it told the client.
local dhcp = require "dhcplab"

local ack = dhcp.server.ack

function dhcp.server:ack(request, address)
  local reply = ack(self, request, address)
  local lease = self:subnet_of(request).leases:by_client(request.client_key)
  if lease and lease.state == "bound" then lease.expires = dhcp.now() + (lease.expires - dhcp.now()) / 2 end
  return reply
end
