-- gets: passes a right server | expected: a NAK
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

-- A server that has no record of a client must remain silent.
dhcp.test("a stranger is refused", function()
  local known = new_client()
  local address = dhcp.expect(known:acquire(), "a lease").address
  known:release()
  dhcp.sleep("1s")
  local _, why = new_client():reboot(address)
  dhcp.expect.equal(why, "nak", "a NAK")
end)
