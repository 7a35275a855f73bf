-- gets: catches your colleague's server | an address that another client has now
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

-- There are nine more addresses: nobody needs the first client's.
dhcp.test("a client that comes back does not get an address that another has now", function()
  make_server { pool = "192.168.1.100-192.168.1.109", lease_time = "1h" }
  local first, second = dhcp.client {}, dhcp.client {}
  dhcp.expect(first:acquire(), "an address")
  first:release()
  dhcp.sleep("1s")
  dhcp.expect(second:acquire(), "an address")
  local offer = dhcp.expect(first:discover(), "an offer")
  dhcp.expect.differ(offer.yiaddr, second.lease.address)
end)

return {
  invariant = "server outlasts client", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "2",   -- 2 how many clients does it take?
  addresses = "1", -- 3 how many addresses are in the pool?
}
