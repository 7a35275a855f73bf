-- gets: catches one that forgets renewals | the server counted the old time
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

dhcp.test("a lease lasts as long as the client was told", function()
  make_server { pool = "192.168.1.100-192.168.1.100", lease_time = "1h" }
  local first, second = dhcp.client {}, dhcp.client {}
  dhcp.expect(first:acquire(), "an address")
  dhcp.sleep("30m")
  dhcp.expect(first:renew(), "an ACK")
  dhcp.sleep("29m") -- the first hour is not over yet
  dhcp.expect.none(second:discover(), "no offer")
end)

return {
  invariant = "server outlasts client", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "2",   -- 2 how many clients does it take?
  addresses = "1", -- 3 how many addresses are in the pool?
}
