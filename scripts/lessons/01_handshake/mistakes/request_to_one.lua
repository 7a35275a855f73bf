-- gets: question 6: where the REQUEST goes | take their offers back
local dhcp = require "dhcplab"

dhcp.show "story"

dhcp.server { name = "server", subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.200", lease_time = "1h" }
local client = dhcp.client { name = "client", mac = "02:00:00:00:00:01", hostname = "student" }

dhcp.expect(client:acquire(), "a lease")

dhcp.sleep("1m")
client:release()

return {
  messages = "4",      -- 1 how many messages are there until the client may use its address?
  discover_to = "255.255.255.255",   -- 2 to which IP address is the DISCOVER sent?
  discover_from = "0.0.0.0", -- 3 from which IP address is it sent?
  address_field = "yiaddr", -- 4 which header field of the OFFER has the address that is offered?
  type_option = "53",   -- 5 which option (its number) says which message it is?
  request_to = "192.168.1.2",    -- 6 to which IP address is the REQUEST sent?
  renewal = "1800",       -- 7 how many seconds after the ACK should the client ask for more time?
}
