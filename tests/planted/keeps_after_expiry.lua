-- A client that goes on with its address for a minute when no server has renewed the lease in time.
local dhcp = require "dhcplab"

local rebinding = dhcp.client.states.REBINDING

function dhcp.client.states.REBINDING(self)
  local lease = self.lease
  local following, why = rebinding(self)
  if following == "INIT" and not why then
    self.lease = lease
    dhcp.sleep(60)
    self.lease = nil
  end
  return following, why
end
