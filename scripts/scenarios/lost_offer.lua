-- The first OFFER gets lost: the client sends its DISCOVER again, and holds the same address in the end (RFC 2131 4.1).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local client = dhcp.client { mac = "02:00:00:00:00:21" }
local pause = dhcp.param.pause or 0.25 -- seconds between tries; with 0 the RFC's: 4, 8, 16 ...

if pause > 0 then
  function client:retransmission_delay() return pause end
end

local rule = dhcp.lan:drop { type = "offer", nth = 1, to = client }

local lease = dhcp.expect(client:acquire(), "a lease all the same")
dhcp.expect(rule.hits == 1, "one OFFER lost")
dhcp.expect(dhcp.trace:count { type = "discover" } == 2, "a second DISCOVER")
dhcp.expect(dhcp.trace:count { type = "offer", fate = "dropped", cause = "rule" } == 1, "the loss in the trace")
dhcp.expect(#server:leases() == 1, "the address on hold was the client's own")
print(("%s at the second try"):format(lease.address))
