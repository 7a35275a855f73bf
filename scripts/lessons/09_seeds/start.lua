-- Lesson 9: find the bug by seeds. Try it: dhcplab test start.lua, then: dhcplab test start.lua --set improved=yes
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

dhcp.test("a client gets an address of the pool", function()
  make_server { pool = "192.168.1.100-192.168.1.109", lease_time = "1h" }
  local client = dhcp.client {}
  client:acquire()
  dhcp.expect.lease(client, { address = "192.168.1.0/24" })
end)

-- The task: tests that fail with your colleague's server, and with others that break a promise. Write them here.

-- What the search found, with seed 74, when it is made small; each answer between its quotation marks.
return {
  invariant = "", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "",   -- 2 how many clients does it take?
  addresses = "", -- 3 how many addresses are in the pool?
}
