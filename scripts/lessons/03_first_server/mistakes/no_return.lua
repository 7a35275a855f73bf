-- gets: offers an address of the pool | is there a `return`
local dhcp = require "dhcplab"

local server = dhcp.server {
  subnet = "10.0.5.0/24", pool = "10.0.5.10-10.0.5.19", lease_time = "30m", options = { routers = "10.0.5.1" },
  hosts = { ["02:00:00:00:00:aa"] = { address = "10.0.5.5" } },
}

-- Five minutes for a guest, in every reply that grants a lease; T1 and T2 must fit in.
local function shorten(request, reply)
  if reply and reply.type ~= "nak" and request.options.host_name == "guest" then
    reply.options.lease_time = 300
    reply.options.renewal_time = 150
    reply.options.rebinding_time = 262
  end
  return reply
end

function server:discover(request)
  if request.mac == "02:00:00:00:00:66" then return end
  shorten(request, dhcp.server.discover(self, request))
end

function server:request(request)
  return shorten(request, dhcp.server.request(self, request))
end

local client = dhcp.client { mac = "02:00:00:00:00:01", hostname = "laptop" }
print(client:acquire())
