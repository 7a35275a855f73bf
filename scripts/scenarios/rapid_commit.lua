-- Two messages instead of four: DISCOVER with rapid commit, answered by an ACK (RFC 4039).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", rapid_commit = true }
local quick = dhcp.client { name = "quick", mac = "02:00:00:00:00:1f", rapid_commit = true }
local usual = dhcp.client { name = "usual", mac = "02:00:00:00:00:20" }

local lease = dhcp.expect(quick:acquire(), "a lease at once")
dhcp.expect(lease.options.rapid_commit, "option 80 in the ACK")
dhcp.expect(dhcp.trace:count { type = "request" } == 0, "no REQUEST")
dhcp.expect(usual:acquire(), "the usual four messages for who does not ask")
dhcp.expect(dhcp.trace:count { type = "request" } == 1, "a REQUEST")
print(("%s in two messages; %d leases"):format(lease.address, #server:leases()))
