-- A server that a colleague has improved: whoever comes back gets the address that he or she had before.
-- It changes what every dhcp.server { ... } does; the rest is as it was.
local dhcp = require "dhcplab"

local usual_discover, usual_request, usual_decline = dhcp.server.discover, dhcp.server.request, dhcp.server.decline

-- What this server remembers: the hardware address of a client -> the address that it had.
local function memory(server)
  server.had = server.had or {}
  return server.had
end

function dhcp.server:discover(request)
  local address = memory(self)[request.mac]
  if address then return self:offer(request, address) end
  return usual_discover(self, request)
end

function dhcp.server:request(request)
  local reply = usual_request(self, request)
  if reply and reply.type == "ack" then memory(self)[request.mac] = reply.yiaddr end
  return reply
end

function dhcp.server:decline(request)
  memory(self)[request.mac] = nil -- somebody else uses that one
  return usual_decline(self, request)
end
