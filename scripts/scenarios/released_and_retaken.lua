-- A client releases its address and finds it again later (RFC 2131 4.3.1, second choice).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local alice = dhcp.client { name = "alice", mac = "02:00:00:00:00:0a" }
local bob = dhcp.client { name = "bob", mac = "02:00:00:00:00:0b" }

local first = dhcp.expect(alice:acquire(), "a lease").address
alice:release()
dhcp.sleep("100ms")
dhcp.expect(server:leases()[1].state == "released", "the address to be free")

local other = dhcp.expect(bob:acquire(), "a lease for bob").address
dhcp.expect(other ~= first, "a fresh address for bob while there are some")
local again = dhcp.expect(alice:acquire(), "a lease again").address
dhcp.expect(again == first, first .. " again")
print("alice has " .. again .. " again")
