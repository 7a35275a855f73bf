-- A server that offers an address twice: whoever asks within a second of another is offered the same one.
local dhcp = require "dhcplab"

local offer = dhcp.server.offer
local last, at

function dhcp.server:offer(request, address)
  local recent = last and dhcp.now() - at < 1 and last
  local reply = offer(self, request, address or recent or nil)
  if reply then last, at = reply.yiaddr, dhcp.now() end
  return reply
end
