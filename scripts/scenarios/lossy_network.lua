-- Three packets in ten get lost: retransmission brings everybody an address all the same (RFC 2131 4.1).
local dhcp = require "dhcplab"

local pause = dhcp.param.pause or 0.25 -- seconds between tries; with 0 the RFC's: 4, 8, 16 ...
dhcp.lan:set { loss = dhcp.param.loss or 0.3, latency = "2ms", jitter = "3ms", duplicate = 0.05 }

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
local tasks = {}
for i = 1, dhcp.param.clients or 5 do
  local client = dhcp.client { mac = ("02:00:00:00:22:%02x"):format(i), timeout = "1h" }
  if pause > 0 then
    function client:retransmission_delay() return pause end
  end
  tasks[i] = dhcp.spawn(function() return client:acquire() end)
end

local seen = {}
for _, task in ipairs(tasks) do
  local lease = dhcp.expect(task:join(), "a lease for everyone")
  dhcp.expect(not seen[lease.address], "each address once")
  seen[lease.address] = true
end
dhcp.expect(#server:leases() == #tasks, "one record each")
print(("bound: %d; packets lost: %d"):format(#tasks, dhcp.trace:count { cause = "loss" }))
