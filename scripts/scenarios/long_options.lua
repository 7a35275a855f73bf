-- A value of 400 octets: split into instances of at most 255 on the wire, one value for whoever asks (RFC 3396).
local dhcp = require "dhcplab"

local path = ("long/"):rep(80)
dhcp.server { pool = "192.168.1.100-192.168.1.200", options = { root_path = path } }
local client = dhcp.client { mac = "02:00:00:00:00:1b", requested_options = { "root_path" },
                             options = { max_message_size = 1500 } }

local offer = dhcp.expect(client:discover(), "an offer")
local lengths = {}
for _, option in ipairs(offer:instances()) do
  if option.name == "root_path" then lengths[#lengths + 1] = option.length end
end
dhcp.expect(#lengths == 2 and lengths[1] + lengths[2] == 400, "two instances, 400 octets together")
dhcp.expect(offer.options.root_path == path, "one value")
dhcp.expect(client:request(offer), "an ack")
print(("root_path of %d octets came as %s"):format(#path, table.concat(lengths, " + ")))
