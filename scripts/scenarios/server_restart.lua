-- A server loses its memory: whoever renews is trusted by its address (RFC 2131 4.3.2), and no address is given
-- twice.
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local old = dhcp.client { name = "old", mac = "02:00:00:00:00:1d" }
local new = dhcp.client { name = "new", mac = "02:00:00:00:00:1e" }

local lease = dhcp.expect(old:acquire(), "a lease")
server:restart { forget = true }
dhcp.expect(#server:leases() == 0, "nothing remembered")

dhcp.expect(old:renew(), "the renewal of an address that is free")
local other = dhcp.expect(new:acquire(), "a lease for a new client")
dhcp.expect(other.address ~= lease.address, "another address")
print(("old keeps %s, new has %s"):format(old.lease.address, other.address))
