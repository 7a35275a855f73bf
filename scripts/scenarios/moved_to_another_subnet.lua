-- A laptop wakes up in another subnet: its old address is refused, and it gets a new one.
local dhcp = require "dhcplab"

local server = dhcp.server { subnet = "10.2.0.0/24", pool = "10.2.0.100-10.2.0.200" }
local laptop = dhcp.client { name = "laptop", mac = "02:00:00:00:00:10" }

local ack, why, nak = laptop:reboot("10.1.0.77") -- what it had at home
dhcp.expect(not ack and why == "nak", "a NAK (RFC 2131 4.3.2, INIT-REBOOT)")
print("the server: " .. nak.options.message)

local lease = dhcp.expect(laptop:acquire(), "an address of this subnet")
dhcp.expect(lease.address:match("^10%.2%.0%."), "an address of 10.2.0.0/24")
print("now " .. lease.address .. "; leases: " .. #server:leases())
