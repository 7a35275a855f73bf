-- More options than the option field may hold: file and sname carry the rest (option 52, RFC 2131 4.1).
local dhcp = require "dhcplab"

local names, paths = {}, ("/srv/"):rep(20)
for i = 1, 20 do names[i] = ("10.0.0.%d"):format(i) end
dhcp.server { pool = "192.168.1.100-192.168.1.200",
              options = { domain_name_servers = names, log_servers = names, ntp_servers = names, root_path = paths } }
local asks = { "domain_name_servers", "log_servers", "ntp_servers", "root_path" }
local client = dhcp.client { mac = "02:00:00:00:00:1a", requested_options = asks, options = { max_message_size = 576 } }

local offer = dhcp.expect(client:discover(), "an offer")
dhcp.expect(#offer <= 548, "no more than the client takes")
dhcp.expect(offer.options.overload, "option 52")
for _, name in ipairs(asks) do dhcp.expect(offer.options[name], name) end
dhcp.expect(#offer.options.ntp_servers == 20 and offer.options.root_path == paths, "every value whole")
local places = {}
for _, option in ipairs(offer:instances()) do places[option.place] = (places[option.place] or 0) + 1 end
print(("%d options in the field, %d in file, %d in sname"):format(places.options, places.file or 0, places.sname or 0))
