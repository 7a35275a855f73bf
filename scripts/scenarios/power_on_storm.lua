-- The power comes back: many clients at once, each after its own random pause (RFC 2131 4.4.1).
local dhcp = require "dhcplab"

local count = dhcp.param.clients or 50
local server = dhcp.server { subnet = "10.0.0.0/16", pool = "10.0.1.0-10.0.255.0" }
local clients, tasks = {}, {}
for i = 1, count do
  clients[i] = dhcp.client { name = "c" .. i, mac = ("02:00:00:01:%02x:%02x"):format(i >> 8, i & 255) }
end
for i, client in ipairs(clients) do
  tasks[i] = dhcp.spawn(function()
    dhcp.sleep(dhcp.random() * (dhcp.param.spread or 1))
    return client:acquire()
  end)
end

local seen, bound = {}, 0
for _, task in ipairs(tasks) do
  local lease = dhcp.expect(task:join(), "a lease for everyone")
  dhcp.expect(not seen[lease.address], "each address once")
  seen[lease.address], bound = true, bound + 1
end
dhcp.expect(#server:leases() == count, "one record each")
print(bound .. " clients bound")
