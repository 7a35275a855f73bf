-- A printer always gets the address, the name and the options reserved for it.
local dhcp = require "dhcplab"

dhcp.server {
  pool = "192.168.1.100-192.168.1.200",
  options = { routers = "192.168.1.1" },
  hosts = { ["02:00:00:00:00:11"] = { address = "192.168.1.50", hostname = "printer",
                                      options = { routers = "192.168.1.254" } } },
}
local asks = { "subnet_mask", "routers", "host_name" }
local printer = dhcp.client { name = "printer", mac = "02:00:00:00:00:11", requested_options = asks }
local other = dhcp.client { name = "other", mac = "02:00:00:00:00:12", requested_options = asks,
                            requested_address = "192.168.1.50" }

local taken = dhcp.expect(other:acquire(), "a lease for the other")
dhcp.expect(taken.address ~= "192.168.1.50", "another address: that one is reserved")
local lease = dhcp.expect(printer:acquire(), "a lease for the printer")
dhcp.expect(lease.address == "192.168.1.50", "the reserved address")
dhcp.expect(lease.options.host_name == "printer", "the reserved name")
dhcp.expect(lease.options.routers[1] == "192.168.1.254", "the printer's own router")
print(("printer %s, other %s"):format(lease.address, taken.address))
