-- gets: catches: a declined address comes again | the same trouble
local dhcp = require "dhcplab"

-- Whom to judge: the server that marking gives; with --set real=yes one that runs already; else our own.
local make_server = ... or not dhcp.param.real and dhcp.server
if make_server then
  make_server { subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.199", lease_time = "1h" }
end

-- A new client. --set relay=ADDRESS is for real servers on port 67: see README.md.
local function new_client(settings)
  settings = settings or {}
  settings.relay = dhcp.param.relay
  return dhcp.client(settings)
end

-- What no client should do, and two of your tests may do on purpose: hops that is not 0, a server that offered nothing.
dhcp.tolerate "C-05"
dhcp.tolerate "C-02"

-- A new client gets a new address anyway, while there are some.
dhcp.test("a declined address is set aside", function()
  local client = new_client()
  local address = dhcp.expect(client:acquire(), "a lease").address
  client:decline("somebody answers there")
  dhcp.sleep("1s")
  dhcp.expect.differ(dhcp.expect(new_client():acquire(), "a lease").address, address)
end)
