-- gets: sends the DISCOVER again | they send again by themselves
local dhcp = require "dhcplab"

dhcp.lan:set { loss = dhcp.param.loss or 0 }
dhcp.server { name = "server", pool = "192.168.1.100-192.168.1.200" }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01", timeout = "1h" }

local lease = dhcp.expect(client:acquire(), "a lease")
print(("%s, after %.1f s"):format(lease.address, dhcp.now()))

return { percent = "24", fourth = "28", again = "request" }
