-- A network that can do without IPv4: who can too is told so and gets no address; the others get theirs (RFC 8925).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", ipv6_only = "30m" }
local modern = dhcp.client { name = "modern", mac = "02:00:00:00:00:31", ipv6_only = true }
local printer = dhcp.client { name = "printer", mac = "02:00:00:00:00:32" }

local lease, why = modern:acquire()
dhcp.expect(not lease and why == "ipv6-only", "no address for who needs none")
dhcp.expect(math.abs(modern.without_until - dhcp.now() - 1800) < 1, "half an hour without IPv4")
dhcp.expect(#server:leases() == 0, "nothing held for it")
dhcp.expect(printer:acquire(), "an address for who needs one")
print(("modern does without; the printer has %s"):format(printer.lease.address))
