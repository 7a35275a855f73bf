-- Somebody uses an address without asking; the client finds out (ARP), declines and takes another (RFC 2131
-- 3.1 step 5).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
dhcp.host { name = "squatter", address = "192.168.1.100" }
local client = dhcp.client { mac = "02:00:00:00:00:1c", probe = true, timeout = "1m" }

local offer = dhcp.expect(client:discover(), "an offer")
dhcp.expect(offer.yiaddr == "192.168.1.100", "the squatted address: the server does not know")
local ack, why = client:request(offer)
dhcp.expect(not ack and why == "declined", "a DECLINE")
dhcp.sleep("100ms")
dhcp.expect(server:leases()[1].state == "declined", "the address in quarantine")

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.expect(lease.address ~= "192.168.1.100", "another address")
print("declined 192.168.1.100, took " .. lease.address)
