-- gets: question 1: how many messages | it returns nil
local dhcp = require "dhcplab"

dhcp.show "story"

dhcp.server { name = "server", subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.200", lease_time = "1h" }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01", hostname = "student" }

dhcp.expect(client:acquire(), "a lease")

dhcp.sleep("1m")
client:release()
