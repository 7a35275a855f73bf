-- A host that has an address and speaks no DHCP: it answers ARP, and that is all.
local t = require "harness"
local lab = require "lab"

local function test(name, f) lab.test(name, f, { lax = true }) end

test("a host answers for its address, and is silent to everything else", function(dhcp)
  dhcp.host { address = "192.168.1.50" }
  local client = dhcp.client { probe = true, timeout = 2 }
  t.equal({ client:is_in_use("192.168.1.50"), client:is_in_use("192.168.1.51") }, { true, false })
  t.equal(client:discover(), nil)
end)

test("a host that goes away leaves its address free", function(dhcp)
  local host = dhcp.host { address = "192.168.1.50" }
  host:stop()
  host:stop()
  t.equal(dhcp.client { probe = true }:is_in_use("192.168.1.50"), false)
end)

test("a host is on the segment that it was put on", function(dhcp)
  local other = dhcp.network { name = "other" }
  dhcp.host { address = "192.168.1.50", network = other, mac = lab.OTHER }
  t.equal(dhcp.client { probe = true }:is_in_use("192.168.1.50"), false)
  t.equal(dhcp.client { probe = true, network = other }:is_in_use("192.168.1.50"), true)
end)

test("the settings of a host are checked", function(dhcp)
  t.error(function() dhcp.host {} end, "host_test.lua:%d+: dhcp.host needs an address")
  t.error(function() dhcp.host { address = "here" } end, "host_test.lua:%d+: dhcp.host needs an address")
  t.error(function() dhcp.host { adress = "10.0.0.1" } end, 'host_test.lua:%d+: .*did you mean "address"')
  t.error(function() dhcp.host { address = "10.0.0.1", mac = "x" } end, "host_test.lua:%d+: .*MAC")
end)

t.done()
