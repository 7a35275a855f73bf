-- A client asks for an address it likes, and gets it if it is free (RFC 2131 4.3.1, third choice).
local dhcp = require "dhcplab"

dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local first = dhcp.client { name = "first", mac = "02:00:00:00:00:13", requested_address = "192.168.1.150" }
local second = dhcp.client { name = "second", mac = "02:00:00:00:00:14", requested_address = "192.168.1.150" }
local third = dhcp.client { name = "third", mac = "02:00:00:00:00:15", requested_address = "10.9.9.9" }

dhcp.expect(dhcp.expect(first:acquire(), "a lease").address == "192.168.1.150", "what it asked for")
dhcp.expect(dhcp.expect(second:acquire(), "a lease").address ~= "192.168.1.150", "another: that one is taken")
local lease = dhcp.expect(third:acquire(), "a lease")
dhcp.expect(lease.address:match("^192%.168%.1%."), "an address of the pool: the wish is outside")
print("third asked for 10.9.9.9 and got " .. lease.address)
