-- A server tells its client to renew now; an order signed with another nonce is not obeyed (RFC 3203, RFC 6704).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", forcerenew = true }
local client = dhcp.client { mac = "02:00:00:00:00:33", forcerenew = true }
dhcp.spawn(function() client:run("1s") end)
dhcp.sleep("300ms")
dhcp.expect(client.state == "BOUND", "a lease")

server:forcerenew(client, { nonce = "not a secret, no" })
dhcp.sleep("100ms")
dhcp.expect(dhcp.trace:count { type = "request" } == 1, "no renewal: anybody could have said that")
dhcp.expect(client.dropped["FORCERENEW with a wrong digest"] == 1, "it was counted")

dhcp.expect(server:forcerenew(client), "an order that is signed")
dhcp.sleep("100ms")
dhcp.expect(dhcp.trace:count { type = "request" } == 2, "a renewal, long before T1")
dhcp.expect(client.state == "BOUND", "and all is well")
print("renewed when told, not when fooled")
