-- Somebody uses an address without asking; the server finds out before it offers it (RFC 2131 2.2).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", probe = true }
dhcp.host { name = "squatter", address = "192.168.1.100" }
local client = dhcp.client { mac = "02:00:00:00:00:34" }

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.expect(lease.address == "192.168.1.101", "the next address")
dhcp.expect(dhcp.trace:count { type = "decline" } == 0, "nothing for the client to decline")
dhcp.expect(server:leases()[1].state == "declined", "the squatted one in quarantine")
print("192.168.1.100 is in use, so " .. lease.address)
