-- What `dhcplab client` prints at its end.

local json = require "dkjson"
local order = require "dhcplab.order"

local report = {}

local fields <const> = { "address", "server", "lease_time", "renewal_time", "rebinding_time", "options", "elapsed",
                         "error" }

-- What has names in it, so that JSON gives them in an order that is always the same.
local function ordered(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, inner in pairs(value) do made[key] = ordered(inner) end
  return setmetatable(made, value[1] == nil and next(value) ~= nil and { __jsonorder = order.keys(value) } or nil)
end

local function options_of(lease)
  local options, names = {}, {}
  for key, value in pairs(lease.options) do
    names[#names + 1] = tostring(key)
    options[tostring(key)] = type(value) == "string" and not utf8.len(value)
      and value:gsub(".", function(c) return ("%02x"):format(c:byte()) end) or ordered(value)
  end
  return setmetatable(options, { __jsonorder = names })
end

-- A value on one line: lists of words as such, what has more structure as JSON, control characters as \x1b.
local function plain(value)
  if type(value) == "table" then
    value = type(value[1]) ~= "table" and value[1] ~= nil and table.concat(value, ", ") or json.encode(ordered(value))
  end
  return (tostring(value):gsub("%c", function(c) return ("\\x%02x"):format(c:byte()) end))
end

local function whole(seconds) return math.tointeger(seconds) or seconds end

local function elapsed(world, client)
  return math.floor((world.core:now() - (client.begun or 0)) * 1e6 + 0.5) / 1e6
end

-- Why nothing came, in a sentence that says what to do.
local function excuse(world, client, why)
  if why == "nak" then return "the server refused: NAK" end
  if why ~= "timeout" then return tostring(why) end
  local server = client.server or world.server
  local text = ("no answer from %s in %g s"):format(server, client.timeout)
  if client.port and client.port:stats().refused > 0 then
    return text .. ": nobody listens there; start one: dhcplab server --listen " .. server
  end
  if client.unsent then return text .. ": nothing could be sent, " .. client.unsent end
  return text .. "; is a server running there? dhcplab server --listen " .. server
end

-- The ACK of an INFORM has options and no lease.
local function options_only(ack)
  return { options = ack.options, server = ack.options.server_id, address = ack.ciaddr }
end

-- Prints; true when there is a lease, false when not.
function report.client(world, client, lease, why, format)
  if type(lease) == "userdata" then lease = options_only(lease) end
  if format == "json" then
    local object
    if lease then
      local o = lease.options
      object = { address = lease.address, server = lease.server, lease_time = o.lease_time,
                 renewal_time = o.renewal_time, rebinding_time = o.rebinding_time, options = options_of(lease),
                 elapsed = elapsed(world, client) }
    else
      object = { error = excuse(world, client, why) }
    end
    print(json.encode(object, { keyorder = fields }))
    return lease ~= nil
  end
  if not lease then
    local made = require("dhcplab.problem").new("E411", excuse(world, client, why))
    io.stderr:write("dhcplab: ", require("dhcplab.failure").describe(made), "\n")
    return false
  end
  local seconds = lease.options.lease_time
  if not seconds then
    print(("options for %s, by server %s:"):format(lease.address, lease.server))
    for name, value in pairs(lease.options) do
      if name ~= "message_type" and name ~= "server_id" then
        print(("  %s: %s"):format(name, plain(value)))
      end
    end
    return true
  end
  print(("assigned %s for %s, by server %s"):format(lease.address,
    seconds == 0xffffffff and "ever" or whole(seconds) .. " s", lease.server))
  return true
end

return report
