-- One client without a relay on a real interface: it takes an address by broadcast, uses it, renews by unicast, informs
-- itself and gives the address back.  Its interface must have no address yet, and its MAC is the interface's.
--
--   dhcplab run tests/interop/plain_life.lua --set interface=eth0 --set mac=02:00:00:00:00:01   (root, port 68)

local dhcp = require "dhcplab"
local param = dhcp.param

local client = dhcp.client { mac = param.mac, listen = "0.0.0.0:68", server = "255.255.255.255:67", broadcast = true,
  timeout = 12 }

local function must(what, answer, why)
  if not answer then error(("%s: %s"):format(what, why), 0) end
  print(what .. " " .. client.lease.address)
end

local function configure(verb, address)
  assert(os.execute(("ip address %s %s/24 dev %s"):format(verb, address, param.interface)))
end

must("assigned", client:acquire())
local address = client.lease.address
configure("add", address)
must("renewed", client:renew())
local answer, why = client:inform()
print(answer and "informed " .. address or "not informed: " .. why)
client:release()
configure("del", address)
