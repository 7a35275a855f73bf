-- A client that takes 576 octets asks for more than fits: what it asked for last is left out (RFC 2131 2, 3.5).
local dhcp = require "dhcplab"

local server = dhcp.server { pool = "192.168.1.100-192.168.1.200", options = {
  routers = "192.168.1.1", root_path = ("r"):rep(250), tftp_server_name = ("t"):rep(250),
  bootfile_name = ("b"):rep(250) } }
local client = dhcp.client { mac = "02:00:00:00:00:37", options = { max_message_size = 576 },
                             requested_options = { "routers", "tftp_server_name", "root_path", "bootfile_name" } }

local lease = dhcp.expect(client:acquire(), "a lease")
dhcp.expect(#lease.ack <= 548, "no more than the client takes")
dhcp.expect(lease.options.routers and lease.options.tftp_server_name, "what it wanted first")
dhcp.expect(not lease.options.bootfile_name, "not what it wanted last")
dhcp.expect(server.drops["options left out of a reply"], "and the server says so")
print(("an ACK of %d octets; options left out: %d"):format(#lease.ack, server.drops["options left out of a reply"]))
