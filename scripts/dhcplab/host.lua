-- A host that has an address and speaks no DHCP: it answers ARP, and that is all. For squatters and static
-- addresses.

local problem = require "dhcplab.problem"
local worlds = require "dhcplab.world"
local core = require "dhcplab.core"

local Host = {}
Host.__index = Host

local function new(_, options)
  options = options or {}
  problem.check_keys("dhcp.host", options, { "name", "network", "mac", "address" })
  local world = worlds.current()
  if not options.address or not core.ip_number(options.address) then
    problem.blame("dhcp.host needs an address: dhcp.host{ address = \"192.168.1.100\" }", "E112")
  end
  if options.mac and not core.mac(options.mac) then
    problem.blame(("mac: \"%s\" is not a MAC address such as \"02:00:00:00:00:01\""):format(tostring(options.mac)),
      "E110")
  end
  local name = world:name("host", options.name)
  local self = setmetatable({
    world = world,
    name = name,
    mac = options.mac and core.mac(options.mac) or world:draw_mac(name),
    address = options.address,
  }, Host)
  self.number = world:add(self)
  local network = options.network or world:default_network()
  network:join(self, "host")
  network:add_address(self, self.address)
  return self
end

function Host:deliver() end
function Host:malformed() end

-- Goes away: the address is free again.
function Host:stop()
  if not self.network then return end
  self.network:remove_address(self, self.address)
  self.network:leave(self)
  self.network = nil
end

return setmetatable(Host, { __call = new })
