-- A server that mixes up its clients: when two ask within a second, the second gets a reply with the first one's xid.
local dhcp = require "dhcplab"

local offer = dhcp.server.offer
local xid, at

function dhcp.server:offer(request, address)
  local reply = offer(self, request, address)
  if reply and xid and dhcp.now() - at < 1 then reply.xid = xid end
  xid, at = request.xid, dhcp.now()
  return reply
end
