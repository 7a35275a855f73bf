-- gets: gives the address back | DECLINE says that somebody else uses
local dhcp = require "dhcplab"

local pool, lease_time = "192.168.1.100-192.168.1.200", "20m"
local server = dhcp.server { name = "server", pool = pool, lease_time = lease_time }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01", retries = 0 } -- each call sends one message

-- What goes wrong, if you want it: --set crash=5m stops the server then, for good; --set other=15m starts another one.
local param = dhcp.param
if param.crash then dhcp.spawn(function() dhcp.sleep(param.crash) server:stop() end) end
if param.other then
  dhcp.spawn(function()
    dhcp.sleep(param.other)
    dhcp.server { name = "other", pool = pool, lease_time = lease_time, authoritative = true }
  end)
end

local function sleep_until(moment) dhcp.sleep(math.max(moment - dhcp.now(), 0)) end

-- From one lease to the next one (RFC 2131 4.4.5).
local function next_lease()
  local lease = client.lease
  sleep_until(lease.renewal)
  local ack, why = client:renew()
  if not ack and why == "timeout" then
    sleep_until(lease.rebinding)
    ack, why = client:rebind()
  end
  if ack then return end
  if why == "timeout" then sleep_until(lease.expires) end -- after a NAK there is no lease any more
  repeat local new = client:acquire() until new
end

-- A computer that is on for 55 minutes.
dhcp.expect(client:acquire(), "a lease")
local life = dhcp.spawn(function() while true do next_lease() end end)
dhcp.sleep("55m")
life:cancel()
if client.lease then client:decline() end

return {
  field = "ciaddr", -- 1 which header field of a REQUEST that renews has the client's address?
  t1 = "12",    -- 2 a lease of 24 hours: after how many hours does the client renew?
  t2 = "21",    -- 3 and after how many does it ask all servers?
}
