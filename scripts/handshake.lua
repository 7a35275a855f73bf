-- The classic four-step handshake: DISCOVER, OFFER, REQUEST, ACK.
-- Run it: dhcplab handshake. In virtual time: dhcplab run handshake.lua --virtual --seed 7

local dhcp = require "dhcplab"

dhcp.show "story"

dhcp.server {
  subnet = "192.168.1.0/24",
  pool = "192.168.1.100-192.168.1.200",
  lease_time = "1h",
  options = { routers = "192.168.1.1", domain_name_servers = "192.168.1.1" },
}
local client = dhcp.client { hostname = "student", timeout = dhcp.param.timeout }

local offer, why = client:discover()
if not offer then dhcp.fail("no OFFER came: " .. why) end

dhcp.sleep(dhcp.param.pause or "1s") -- so that one can watch; --set pause=0 leaves it out

local ack
ack, why = client:request(offer)
if not ack then dhcp.fail("no ACK came: " .. why) end

print(("\nassigned %s for %d s"):format(ack.yiaddr, ack.options.lease_time))
