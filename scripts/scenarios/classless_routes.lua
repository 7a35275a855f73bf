-- Routes with any prefix length take the place of default routers and classful routes (RFC 3442).
local dhcp = require "dhcplab"

dhcp.server { pool = "192.168.1.100-192.168.1.200", options = {
  routers = "192.168.1.1",
  classless_static_routes = { { destination = "0.0.0.0/0", router = "192.168.1.1" },
                              { destination = "10.20.0.0/14", router = "192.168.1.9" } },
} }
local old = dhcp.client { name = "old", mac = "02:00:00:00:00:35" }
local new = dhcp.client { name = "new", mac = "02:00:00:00:00:36",
                          requested_options = { "subnet_mask", "routers", "classless_static_routes" } }

local routes = dhcp.expect(old:acquire(), "a lease").routes
dhcp.expect(#routes == 1 and routes[1].router == "192.168.1.1", "the default router")
local lease = dhcp.expect(new:acquire(), "a lease")
dhcp.expect(not lease.options.routers, "no routers (3) beside the classless routes (121)")
for _, route in ipairs(lease.routes) do print(("%-13s by %s"):format(route.destination, route.router)) end
dhcp.expect(#lease.routes == 2, "two routes")
