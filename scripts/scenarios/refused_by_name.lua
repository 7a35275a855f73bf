-- A host is refused by its name: its REQUEST gets a NAK (RFC 2131 4.3.2).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local guest = dhcp.client { name = "guest", hostname = "guest", mac = "02:00:00:00:00:07" }

function server:request(request)
  if request.options.host_name == "guest" then return self:nak(request, "no guests") end
  return dhcp.server.request(self, request)
end

local offer = dhcp.expect(guest:discover(), "an offer")
local ack, why, nak = guest:request(offer)
dhcp.expect(not ack and why == "nak", "a refusal")
print("refused: " .. nak.options.message)
