-- A lease of two seconds: T1 and T2 follow each other at once, and it still works.
local dhcp = require "dhcplab"

dhcp.server { pool = "192.168.1.100-192.168.1.200", lease_time = 2 }
local client = dhcp.client { mac = "02:00:00:00:00:17" }

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.expect(lease.renewal < lease.rebinding and lease.rebinding < lease.expires, "T1 < T2 < the end")
client:run("2.5s") -- past two of them
dhcp.expect(client.lease, "the lease kept alive")
dhcp.expect(client.lease.address == lease.address, "the same address")
dhcp.expect(dhcp.trace:count { type = "request", fate = "delivered" } >= 3, "renewals, one a second")
print("kept " .. client.lease.address)
