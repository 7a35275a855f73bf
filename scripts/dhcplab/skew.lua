-- Clock skew: a node whose clock runs faster or slower than the world's.
--
-- `skew = 1.001` on a client or server: its clock gains one second in a thousand, so that what it takes for 1000 s are
-- 999 of the world's. All of its timers go by its own clock: leases, T1 and T2, retransmission, holds, timeouts. What a
-- script reads stays on dhcp.now()'s clock. There is no offset to set: DHCP sends durations only, so that a clock that
-- is wrong by a fixed amount changes nothing.

local problem = require "dhcplab.problem"

-- The rate of a node's clock: how many of its seconds pass in one of the world's.
return function(value)
  if value == nil then return 1 end
  if type(value) ~= "number" or not (value >= 0.01 and value <= 100) then
    problem.blame(("skew: the rate of a clock from 0.01 to 100 expected, 1 is right, got %s"):format(tostring(value)),
      "E109")
  end
  return value
end
