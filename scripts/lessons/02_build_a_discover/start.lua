-- Lesson 2: build a DISCOVER byte by byte. Play it: dhcplab run start.lua --virtual
local dhcp = require "dhcplab"

-- How to write bytes:
--   string.char(1, 255)       two bytes, 1 and 255
--   string.pack(">I4", 258)   a number as four bytes, its larger part first: 0, 0, 1, 2; ">I2" for two bytes
--   string.rep("\0", 10)      ten bytes, all 0
--   "abc"                     three bytes, the letters
local message = table.concat {
  string.char(1),          -- at 0  op
  string.char(1),          -- at 1  htype
  -- All that follows, from hlen on, is yours to write. Each line ends with a comma.
}

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
