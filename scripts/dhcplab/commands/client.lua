-- dhcplab client: one client, one lease. The bundled script is client.lua; the flags become its parameters.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local session = require "dhcplab.session"

local client = { summary = "one client takes one lease and prints its address" }

function client.define(command)
  command:option("--mac", "the client's hardware address (drawn unless given)"):argname("MAC")
  command:option("--hostname", "the name it tells the server"):argname("NAME")
  command:option("--requested-address", "an address it would like"):argname("ADDR")
  command:option("--lease-time", "for how long it would like it"):argname("DUR")
  command:option("--client-id", "its client identifier, as hex octets"):argname("HEX")
  command:flag("--broadcast", "ask for broadcast replies")
  command:flag("--renew", "renew the lease once it is there")
  command:flag("--release", "give the address back at the end")
  command:flag("--decline", "refuse the address at the end, as if somebody else had it")
  command:option("--reboot", "ask whether a remembered address is still right, instead of a new one"):argname("ADDR")
  command:option("--inform", "ask for options only, for an address that one has"):argname("ADDR")
  session.define(command)
  command:option("--relay", "speak as a relay with this address of ours: giaddr, port 67 (needs root)"):argname("ADDR")
end

function client.run(flags)
  local main = session.load_bundled("client.lua")
  local params = flags.params
  for _, name in ipairs { "mac", "hostname", "requested_address", "lease_time", "client_id", "broadcast", "timeout",
                        "renew", "release", "decline", "reboot", "inform", "relay" } do
    if flags[name] ~= nil and params[name] == nil then params[name] = flags[name] end
  end
  params.format = flags.format or "text"
  if params.mac and not core.mac(params.mac) then
    error(problem.new("E203", ("--mac: \"%s\" is not a MAC address such as 02:00:00:00:00:01"):format(params.mac)))
  end
  for _, name in ipairs { "requested_address", "reboot", "inform", "relay" } do
    if params[name] and not core.ip_number(params[name]) then
      error(problem.new("E203", ("--%s: \"%s\" is not an address such as 192.168.1.100"):format(
        (name:gsub("_", "-")), params[name])))
    end
  end
  local id = params.client_id and tostring(params.client_id)
  if id and (id:find("[^%x:]") or #id:gsub(":", "") < 4) then
    error(problem.new("E203",
      ("--client-id: \"%s\" is not two or more octets in hex, such as 01:02:00:00:00:00:01"):format(id)))
  end
  if flags.virtual then
    error(problem.new("E205", "in virtual time a client is alone: its server must be in the same script",
      "try: dhcplab run handshake.lua --virtual"))
  end
  if params.format == "json" then flags.quiet = true end
  return session.run(flags, main)
end

return client
