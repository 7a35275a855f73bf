-- One client takes one lease; what `dhcplab client` runs.
-- The command's flags arrive as parameters: --mac, --hostname, --renew, --release, --decline, --inform,
-- --reboot ...

local dhcp = require "dhcplab"
local param = dhcp.param

local client = dhcp.client {
  mac = param.mac,
  hostname = param.hostname,
  requested_address = param.requested_address,
  lease_time = param.lease_time,
  client_id = param.client_id and { hex = param.client_id },
  broadcast = param.broadcast,
  timeout = param.timeout,
  relay = param.relay,
}

if param.inform then return dhcp.report(client, client:inform(param.inform)) end

local lease, why
if param.reboot then
  local ack
  ack, why = client:reboot(param.reboot)
  lease = ack and client.lease
else
  lease, why = client:acquire()
end
if not dhcp.report(client, lease, why) then return false end

if param.renew then
  local ack
  ack, why = client:renew()
  if not dhcp.report(client, ack and client.lease, why) then return false end
end
if param.decline then client:decline("declined by hand") end
if param.release then client:release() end
