-- The network is parted, both ways and then one way: what a client and its server believe of a lease meanwhile.
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", lease_time = 60 }
local client = dhcp.client { mac = "02:00:00:00:00:23", timeout = "300ms", retries = 0 }

local lease = dhcp.expect(client:acquire(), "a lease")
local before = server:leases()[1].expires

dhcp.lan:cut(client, server)
local ack, why = client:renew()
dhcp.expect(not ack and why == "timeout", "no answer through a cut")
dhcp.expect(server:leases()[1].expires == before, "the server knows nothing of it")

dhcp.lan:heal()
dhcp.lan:cut(server, client, "one-way")
dhcp.expect(not client:renew(), "the answer gets lost")
dhcp.expect(server:leases()[1].expires > before, "but the server has extended the lease")
dhcp.expect(client.lease.expires == lease.expires, "and the client cannot know: its end is the earlier one")

dhcp.lan:heal()
dhcp.expect(client:renew(), "the renewal, once the network is whole")
dhcp.expect(client.lease.expires > lease.expires, "the new end")
print(("%s kept through two cuts; lost: %d"):format(lease.address, dhcp.trace:count { cause = "cut" }))
