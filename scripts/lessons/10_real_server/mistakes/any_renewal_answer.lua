-- gets: catches: no renewal | heard nothing
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

-- The answer is not looked at: nil is what client:renew() gives where none came.
dhcp.test("a lease is renewed", function()
  local client = new_client()
  dhcp.expect(client:acquire(), "a lease")
  client:renew()
  dhcp.expect(client.lease, "a lease")
end)
