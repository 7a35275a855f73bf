-- Lesson 2: build a DISCOVER byte by byte. A model answer.
local dhcp = require "dhcplab"

local message = table.concat {
  string.char(1),          -- at 0  op
  string.char(1),          -- at 1  htype
  string.char(6),          -- at 2  hlen
  string.char(0),          -- at 3  hops
  string.pack(">I4", 0x3903f326), -- at 4  xid
  string.pack(">I2", 0),   -- at 8  secs
  string.pack(">I2", 0x8000), -- at 10  flags
  string.rep("\0", 16),    -- at 12  ciaddr, yiaddr, siaddr, giaddr
  string.char(0x02, 0x00, 0x5e, 0x10, 0x00, 0x2a), string.rep("\0", 10), -- at 28  chaddr
  string.rep("\0", 64),    -- at 44  sname
  string.rep("\0", 128),   -- at 108  file
  string.char(0x63, 0x82, 0x53, 0x63), -- at 236  cookie
  string.char(53, 1, 1),   -- message type: DISCOVER
  string.char(12, #"student"), "student", -- host name
  string.char(55, 3, 1, 3, 6), -- what it would like to be told
  string.char(255),        -- end
}
message = message .. string.rep("\0", 300 - #message)

-- What a reader finds in it, and what a server answers.
local read, _, why = dhcp.decode(message)
if read then
  dhcp.server { pool = "192.168.1.100-192.168.1.200" }
  local client = dhcp.client { mac = "02:00:5e:10:00:2a" }
  print(read:explain())
  client:send(read)
  print(client:receive { type = "offer" } or "no answer")
else
  print(#message .. " bytes so far, and no message yet:\n" .. why:match("[^(]+"))
end

return message
