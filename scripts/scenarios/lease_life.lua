-- The life of a lease: acquired, renewed at T1, rebound at T2 with another server, expired, begun again.
-- Real time: dhcplab run scenarios/lease_life.lua --set lease_time=10s
local dhcp = require "dhcplab"

local seconds = dhcp.param.lease_time or "8h"
local pool = { pool = "192.168.1.100-192.168.1.200", lease_time = seconds, authoritative = true }
local first = dhcp.server { name = "first", pool = pool.pool, lease_time = seconds }
local client = dhcp.client { mac = "02:00:00:00:00:21" }

local lease = dhcp.expect(client:acquire(), "a lease")
local length = lease.expires - lease.obtained
local life = dhcp.spawn(function() client:run(length * 3) end)

dhcp.sleep(length * 0.75) -- renewed once by now
dhcp.expect(client.lease.obtained > lease.obtained, "a renewal at T1")
first:stop()
local second = dhcp.server { name = "second", pool = pool.pool, lease_time = seconds, authoritative = true }
dhcp.sleep(length * 0.75) -- T2 of the renewed lease is over
dhcp.expect(client.state == "BOUND" and client.lease.server ~= lease.server, "another server at T2")
second:stop()
local third = dhcp.server { name = "third", pool = pool.pool, lease_time = seconds } -- extends no stranger's lease
dhcp.sleep(client.lease.expires - dhcp.now() - length * 0.1)
dhcp.expect(client.state == "REBINDING", "nobody to extend the lease")
life:join()
dhcp.expect(dhcp.trace:count { type = "discover", fate = "delivered" } >= 2, "a new beginning after the lease")
dhcp.expect(client.state == "BOUND" and third:leases()[1].state == "bound", "a lease of the third server")
print("lived through it all: " .. client.state)
