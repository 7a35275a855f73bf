-- Lesson 6: two servers, NAK and DECLINE. Play it: dhcplab run start.lua --virtual
local dhcp = require "dhcplab"

dhcp.show "story"

dhcp.server { name = "short", pool = "192.168.1.10-192.168.1.19", lease_time = "10m" }
dhcp.server { name = "long", pool = "192.168.1.20-192.168.1.29", lease_time = "8h" }
dhcp.host { name = "printer", address = "192.168.1.20" } -- somebody typed that address into it, years ago

local client = dhcp.client { name = "laptop", mac = "02:00:00:00:00:01" }

-- Task 1: take the OFFER with the longest lease. This takes the first one that came.
function client:choose(offers)
  return offers[1]
end

-- Task 2: ask for the address from home, 10.0.0.7, before anything else. Write it here.

-- Task 3: do not use an address that somebody has. What must change, above and here?
local lease, why = client:acquire()
print("the laptop has " .. (lease and lease.address or "no address: " .. why))

-- Your answers, each between its quotation marks.
return {
  server_option = "", -- 1 which option (its number) of the REQUEST names the server that was chosen?
  after_nak = "",     -- 2 in which state (capital letters) is a client that got a NAK?
  declined = "",      -- 3 how many seconds does a server here keep a declined address aside?
}
