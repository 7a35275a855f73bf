-- Lesson 4: loss and retransmission. Play it: dhcplab run start.lua --virtual --set loss=0.3
local dhcp = require "dhcplab"

dhcp.lan:set { loss = dhcp.param.loss or 0 }
dhcp.server { name = "server", pool = "192.168.1.100-192.168.1.200" }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01" }

-- Sends the message, and gives the answer: a message of one of these types, or nil. Change it: it must send again.
local function ask(message, ...)
  client:send(message)
  return client:receive { type = { ... }, xid = message.xid, timeout = 4 }
end

local xid = math.random(0xffffffff)
local discover = dhcp.message { type = "discover", mac = client.mac, xid = xid }
local offer = dhcp.expect(ask(discover, "offer"), "an OFFER")

local request = dhcp.message { type = "request", mac = client.mac, xid = xid,
                               options = { requested_ip = offer.yiaddr, server_id = offer.options.server_id } }
local answer = dhcp.expect(ask(request, "ack", "nak"), "an ACK")
print(("%s for %s, after %.1f s"):format(answer.type, answer.yiaddr, dhcp.now()))

-- Your answers, each between its quotation marks.
return {
  percent = "",  -- 1 three packets of ten get lost, and none is sent again: how many handshakes of 100 succeed?
  fourth = "",   -- 2 no answer ever comes: about how many seconds after the first DISCOVER is the fourth one sent?
  again = "",    -- 3 the ACK got lost: which message does the client send again?
}
