-- gets: passes a right server that is slow | a lease
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

dhcp.test("a released address is there for others", function()
  make_server { pool = "192.168.1.100-192.168.1.100", lease_time = "1h" }
  local first, second = dhcp.client { timeout = "200ms" }, dhcp.client { timeout = "200ms" }
  dhcp.expect(first:acquire(), "a lease")
  first:release()
  dhcp.sleep("1s")
  dhcp.expect(second:acquire(), "a lease")
end)

return {
  invariant = "server outlasts client", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "2",   -- 2 how many clients does it take?
  addresses = "1", -- 3 how many addresses are in the pool?
}
