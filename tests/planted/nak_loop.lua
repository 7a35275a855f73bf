-- A server that refuses every REQUEST of a client that takes its offer: NAK, DISCOVER, OFFER, REQUEST, NAK ...
local dhcp = require "dhcplab"

function dhcp.server:request(request)
  if self:is_meant(request) then return self:nak(request, "no") end
end
