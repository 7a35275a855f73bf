-- A client declines its address; the server keeps that one out of the pool (RFC 2131 4.3.3).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", decline_hold = "10m" }
local client = dhcp.client { mac = "02:00:00:00:00:08" }

local first = dhcp.expect(client:acquire(), "a lease").address
client:decline("somebody answers there")
dhcp.sleep("100ms") -- nobody acknowledges a DECLINE

local second = dhcp.expect(client:acquire(), "another lease").address
dhcp.expect(second ~= first, "another address than " .. first)
local record = server:leases()[1]
dhcp.expect(record.address == first and record.state == "declined", first .. " in quarantine")
print(("declined %s, got %s instead"):format(first, second))
