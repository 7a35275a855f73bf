-- A server with one pool; what `dhcplab server` runs. Its flags arrive as parameters.

local dhcp = require "dhcplab"
local param = dhcp.param

local function list(text)
  local items = {}
  for item in tostring(text or ""):gmatch("[^,%s]+") do items[#items + 1] = item end
  return items[1] and items or nil
end

dhcp.server {
  subnet = param.subnet,
  pool = param.pool,
  lease_time = param.lease_time,
  authoritative = param.authoritative,
  options = { routers = list(param.router), domain_name_servers = list(param.dns), domain_name = param.domain },
}
