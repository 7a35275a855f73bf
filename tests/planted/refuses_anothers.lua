-- A server that takes a REQUEST that names another server for its own, and refuses it.
local dhcp = require "dhcplab"

local original = dhcp.server.request

function dhcp.server:request(request)
  local named = request.options.server_id
  if named and named ~= self.address then return self:nak(request, "not the address that was offered") end
  return original(self, request)
end
