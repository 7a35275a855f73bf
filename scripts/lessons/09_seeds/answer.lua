-- Lesson 9: find the bug by seeds. A model answer.
local dhcp = require "dhcplab"

local make_server = ... or dhcp.server               -- when it is marked, it is given a server to test
if dhcp.param.improved then require "server" end     -- your colleague's changes: server.lua

-- A server with one address only, and a client that has it.
local function one_address()
  make_server { pool = "192.168.1.100-192.168.1.100", lease_time = "1h" }
  local holder = dhcp.client { name = "holder" }
  dhcp.expect(holder:acquire(), "the only address")
  return holder
end

local function expect_nothing_for(client)
  dhcp.expect.none(client:discover(), "no offer: somebody has the only address, or it is set aside")
end

dhcp.test("a client that comes back does not get an address that another has now", function()
  local first, second = one_address(), dhcp.client { name = "second" }
  first:release()
  dhcp.sleep("1s")
  dhcp.expect(second:acquire(), "the address that was given back")
  expect_nothing_for(first)
end)

dhcp.test("who asks for an address that another has does not get it", function()
  local address = one_address().lease.address
  expect_nothing_for(dhcp.client { name = "wishes", requested_address = address })
end)

dhcp.test("a lease lasts as long as the client was told", function()
  one_address()
  dhcp.sleep("55m")
  expect_nothing_for(dhcp.client { name = "other" })
end)

dhcp.test("a renewed lease lasts longer", function()
  local holder = one_address()
  dhcp.sleep("30m")
  dhcp.expect(holder:renew(), "an ACK")
  dhcp.sleep("45m")
  expect_nothing_for(dhcp.client { name = "other" })
end)

dhcp.test("a declined address is set aside", function()
  one_address():decline("somebody answers there")
  dhcp.sleep("1s")
  expect_nothing_for(dhcp.client { name = "other" })
end)

dhcp.test("a released address is there for others", function()
  one_address():release()
  dhcp.sleep("1s")
  dhcp.expect(dhcp.client { name = "other" }:acquire(), "the address that was given back")
end)

return {
  invariant = "server outlasts client", -- 1 what is broken? The words of the report behind "invariant broken:"
  clients = "2",   -- 2 how many clients does it take?
  addresses = "1", -- 3 how many addresses are in the pool?
}
