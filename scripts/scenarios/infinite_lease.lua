-- A lease for ever: 0xffffffff seconds, no renewal (RFC 2131 3.3).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", lease_time = "infinite" }
local client = dhcp.client { mac = "02:00:00:00:00:16" }

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.expect(lease.options.lease_time == 0xffffffff, "infinity on the wire")
dhcp.expect(lease.renewal == math.huge and lease.expires == math.huge, "no timers")
client:run(dhcp.param.duration or "1s")
dhcp.expect(client.state == "BOUND", "BOUND for ever")
dhcp.expect(dhcp.trace:count { type = "request" } == 1, "no renewal")
dhcp.expect(server:leases()[1].expires == math.huge, "no end in the server's table")
print(lease.address .. " for ever")
