-- gets: question 1: handshakes of 100 | a handshake is four
local dhcp = require "dhcplab"

dhcp.lan:set { loss = dhcp.param.loss or 0 }
dhcp.server { name = "server", pool = "192.168.1.100-192.168.1.200" }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01" }

-- Sends the message until there is an answer of one of these types, at the intervals of RFC 2131 4.1.
local function ask(message, ...)
  local wait = 4
  while true do
    client:send(message)
    local answer = client:receive { type = { ... }, xid = message.xid, timeout = wait + math.random() * 2 - 1 }
    if answer then return answer end
    wait = math.min(wait * 2, 64)
  end
end

local xid = math.random(0xffffffff)
local discover = dhcp.message { type = "discover", mac = client.mac, xid = xid }
local offer = dhcp.expect(ask(discover, "offer"), "an OFFER")

local request = dhcp.message { type = "request", mac = client.mac, xid = xid,
                               options = { requested_ip = offer.yiaddr, server_id = offer.options.server_id } }
local answer = dhcp.expect(ask(request, "ack", "nak"), "an ACK")
print(("%s for %s, after %.1f s"):format(answer.type, answer.yiaddr, dhcp.now()))

return {
  percent = "70",    -- 1 three packets of ten get lost, and none is sent again: how many handshakes of 100 succeed?
  fourth = "28",     -- 2 no answer ever comes: about how many seconds after the first DISCOVER is the fourth one sent?
  again = "request", -- 3 the ACK got lost: which message does the client send again?
}
