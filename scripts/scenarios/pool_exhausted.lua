-- Two addresses for three clients: the third waits until one is given back.
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.101" }
local clients = {}
for i = 1, 3 do
  clients[i] = dhcp.client { name = "c" .. i, mac = "02:00:00:00:01:0" .. i, retries = 0, timeout = "1s" }
end

dhcp.expect(clients[1]:acquire(), "a lease for the first")
dhcp.expect(clients[2]:acquire(), "a lease for the second")
local lease, why = clients[3]:acquire()
dhcp.expect(not lease and why == "timeout", "silence for the third: nothing is left")
print("the pool is exhausted: " .. why)

clients[1]:release()
dhcp.sleep("100ms")
print("recovered: " .. dhcp.expect(clients[3]:acquire(), "the address that came back").address)
dhcp.expect(#server:leases() == 2, "two records")
