-- A lease runs out unrenewed, and its address goes to somebody else.
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100", lease_time = dhcp.param.lease_time or 2 }
local gone = dhcp.client { name = "gone", mac = "02:00:00:00:00:0c" }
local heir = dhcp.client { name = "heir", mac = "02:00:00:00:00:0d", retries = 0, timeout = "500ms" }

local lease = dhcp.expect(gone:acquire(), "a lease")
dhcp.expect(not heir:acquire(), "no address for the heir yet")

local left = lease.expires - dhcp.now()
dhcp.sleep(left + 0.1) -- "gone" never renews
local taken = dhcp.expect(heir:acquire(), "the address once it is free")
dhcp.expect(taken.address == lease.address, "the same address")
print(("%s: first %s, now %s; %d record"):format(taken.address, gone.name, heir.name, #server:leases()))
