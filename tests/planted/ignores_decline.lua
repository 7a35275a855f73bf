-- A server that does not listen to DECLINE: the address goes to the next client.
local dhcp = require "dhcplab"

function dhcp.server:decline(request)
  local lease = self:subnet_of(request).leases:by_client(request.client_key)
  if lease then lease.state = "free" end
end
