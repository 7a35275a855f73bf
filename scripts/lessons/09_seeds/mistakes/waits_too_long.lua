-- gets: passes a right server | expected: no offer
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

-- After an hour the lease is over, and the address may go to another client.
dhcp.test("an address that a client has is not offered to another", function()
  make_server { pool = "192.168.1.100-192.168.1.100", lease_time = "1h" }
  local first, second = dhcp.client {}, dhcp.client {}
  dhcp.expect(first:acquire(), "an address")
  dhcp.sleep("61m")
  dhcp.expect.none(second:discover(), "no offer")
end)

return {
  invariant = "server outlasts client", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "2",   -- 2 how many clients does it take?
  addresses = "1", -- 3 how many addresses are in the pool?
}
