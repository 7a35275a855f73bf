-- What `dhcplab new NAME` writes: a list of { path, text }. The script shows each thing once, so that one can begin by
-- changing it.

local SCRIPT <const> = [[
-- NAME: one server, one client, and what must be true of them.
--
--   dhcplab run NAME.lua --virtual             play it, in virtual time: no socket, no waiting
--   dhcplab run NAME.lua --virtual --explain   the same, told in words
--   dhcplab run NAME.lua --virtual --step      the same, one event at a time
--   dhcplab test NAME.lua --seeds 1..100       only the tests at the end, with a hundred seeds
--
-- Without --virtual it runs in real time, over UDP on 127.0.0.1:6767.

local dhcp = require "dhcplab"

-- The server: which addresses it gives out, for how long, and what it tells its clients besides.
local server = dhcp.server {
  subnet = "192.168.1.0/24",
  pool = "192.168.1.100-192.168.1.110",
  lease_time = "1h",
  options = { routers = "192.168.1.1", domain_name_servers = "192.168.1.1" },
}

-- Its policy: what it does when a DISCOVER comes (RFC 2131 4.3.1). It returns an OFFER, or nothing for silence.
-- request, decline, release and inform can be replaced in the same way.
function server:discover(request)
  if request.options.host_name == "guest" then return end -- no guests here
  return dhcp.server.discover(self, request)              -- else the usual policy
end

-- A client that asks for an address. acquire() plays DISCOVER, OFFER, REQUEST, ACK.
local client = dhcp.client { mac = "02:00:00:00:00:01", hostname = "student" }

local lease = dhcp.expect(client:acquire(), "a lease")
print(("%s has %s for %d s"):format(client.name, lease.address, lease.options.lease_time))

-- Tests: each is played in a world of its own, in which all of the above has happened already.

dhcp.test("a student gets an address of the pool, and the router", function()
  dhcp.expect.lease(client, { address = "192.168.1.0/24", lease_time = 3600 })
  dhcp.expect.equal(client.lease.options.routers[1], "192.168.1.1")
end)

dhcp.test("a guest gets no answer", function()
  local guest = dhcp.client { mac = "02:00:00:00:00:02", hostname = "guest", timeout = "3s" }
  local offer, why = guest:discover()
  dhcp.expect.equal(offer, nil)
  dhcp.expect.equal(why, "timeout")
end)
]]

-- `path` is where the script goes, without ".lua".
return function(path)
  local name = path:match("[^/]+$")
  return { { path = path .. ".lua", text = (SCRIPT:gsub("NAME", (name:gsub("%%", "%%%%")))) } }
end
