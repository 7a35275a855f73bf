-- Nodes in a line each, as they stand now; and looking changes nothing.
local t = require "harness"
local lab = require "lab"
local inspect = require "dhcplab.inspect"

local POOL <const> = "192.168.1.100-192.168.1.110"

lab.test("a client is its state, and its lease with what comes next", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 100 }
  local client = dhcp.client { name = "ada", mac = lab.MAC }
  t.equal(inspect.client(client), "ada INIT")
  client:acquire()
  t.equal(inspect.client(client), "ada BOUND 192.168.1.100 (renews at 50 s, ends at 100 s)")
  t.equal(inspect.node(client), "client ada BOUND 192.168.1.100 (renews at 50 s, ends at 100 s), mac " .. lab.MAC)
end)

lab.test("a lease without end never ends", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = "infinite" }
  local client = dhcp.client { mac = lab.MAC }
  client:acquire()
  t.match(inspect.client(client), "%(renews never, ends never%)$")
  t.equal(inspect.leases(server), { "192.168.1.100 bound to 02:00:00:00:00:01 (ends never)" })
end)

lab.test("a server's records are shown as they are now, and stay as they were", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 100 }
  t.equal(inspect.leases(server), {})
  dhcp.client { mac = lab.MAC }:acquire()
  dhcp.client { mac = lab.OTHER }:discover()
  t.equal(inspect.leases(server), { "192.168.1.100 bound to 02:00:00:00:00:01 (ends at 100 s)",
                                    "192.168.1.101 offered to 02:00:00:00:00:02 (ends at 60 s)" })
  dhcp.sleep(200)
  t.equal(inspect.leases(server), { "192.168.1.100 expired, last of 02:00:00:00:00:01",
                                    "192.168.1.101 free, last of 02:00:00:00:00:02" })
  t.equal(server:records()[1].state, "bound")
  t.equal(server:leases()[1].state, "expired")
end)

lab.test("every node has its line, and nothing else has", function(dhcp)
  local floor = dhcp.network { name = "floor" }
  t.equal(inspect.node(dhcp.server { pool = POOL }),
    "server at 192.168.1.2, gives out 192.168.1.100-192.168.1.110, 0 records")
  t.equal(inspect.node(dhcp.relay { from = floor, to = dhcp.lan, address = "10.0.1.1" }), "relay at 10.0.1.1")
  t.equal(inspect.node(dhcp.host { address = "192.168.1.7" }), "host at 192.168.1.7")
  for _, other in ipairs { 7, "client", {}, { name = "x" }, dhcp.message { type = "discover" } } do
    t.equal(inspect.node(other), nil)
  end
end)

t.done()
