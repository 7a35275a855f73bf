-- gets: passes a right server | expected: the first address
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

-- Which address a new client gets is the server's own affair.
dhcp.test("a new client gets the first address of the pool", function()
  local lease = dhcp.expect(new_client():acquire(), "a lease")
  dhcp.expect.equal(lease.address, "192.168.1.1", "the first address")
end)
