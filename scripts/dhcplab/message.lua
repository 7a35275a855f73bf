-- Messages: what the core's userdata needs in Lua, and constructors named by what they are for.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local message = {}

-- dhcp.message{ type = "discover", mac = "02:...", options = {...} } and dhcp.decode(bytes)
message.new = core.message
message.decode = core.decode

-- Blames the script for a message type that does not exist.
function message.refuse_type(what, name)
  local names = {}
  for number = 1, 255 do names[#names + 1] = core.type_name(number) end
  problem.blame(("%s: no message type is called \"%s\"%s"):format(what, tostring(name), problem.hint(name, names)),
    "E107")
end

local ANY <const> = "0.0.0.0"

-- An option as an address or as a number: nil when it is absent, and when it is malformed (it then reads as raw
-- octets).
function message.address(m, name)
  local value = m.options[name]
  return type(value) == "string" and core.ip_number(value) and value or nil
end

function message.number(m, name)
  local value = m.options[name]
  return math.type(value) == "integer" and value or nil
end

local function seconds(n)
  if n == nil then return nil end
  if n == 0xffffffff then return "infinite" end
  return ("%ds"):format(n)
end

-- What matters in a message, in a few words; `name_of` turns a server's address into its name where it is known.
function message.matter(m, name_of)
  local options, parts = m.options, {}
  local function add(value, label)
    if value == nil or value == "" then return end
    local shown = tostring(value):gsub("%c", function(c) return ("\\x%02x"):format(c:byte()) end) -- others wrote it
    parts[#parts + 1] = (label and label .. " " or "") .. shown
  end
  local function server() return name_of and name_of(options.server_id) or options.server_id end
  local type = m.type
  if type == "discover" then
    add(m.mac, "mac")
    add(options.host_name, "host")
    add(options.requested_ip, "wants")
  elseif type == "offer" or type == "ack" then
    local lease = seconds(options.lease_time)
    if m.yiaddr ~= ANY then add(m.yiaddr .. (lease and " for " .. lease or "")) end
    add(server(), "by")
  elseif type == "request" then
    add((m.kind or "of no kind") .. " " .. (options.requested_ip or m.ciaddr))
    add(server(), "from")
  elseif type == "nak" then
    add(options.message)
    add(server(), "by")
  elseif type == "decline" then
    add(options.requested_ip)
    add(options.message)
  elseif type == "release" or type == "inform" then
    add(m.ciaddr)
    add(server(), "to")
  end
  if m.giaddr ~= ANY then add(m.giaddr, "relay") end
  return table.concat(parts, ", ")
end

-- "DISCOVER", "TYPE 77", "BOOTP"
function message.title(m)
  local type = m.type
  if type == nil then return m.op == 1 and "BOOTREQUEST" or "BOOTREPLY" end
  return math.type(type) and ("TYPE " .. type) or type:upper()
end

-- The one line that tostring(m) gives.
core.add_method("summary", function(m)
  local matter = message.matter(m)
  return ("%s xid 0x%08x%s"):format(message.title(m), m.xid, matter ~= "" and ", " .. matter or "")
end)

core.add_method("explain", function(m)
  return require("dhcplab.explain").message(m:bytes())
end)

-- Forces fields and options onto a message: { ciaddr = "10.0.0.1", options = { server_id = "10.0.0.2" } }.
function message.force(m, fields)
  if not fields then return m end
  local names = {}
  for name in pairs(fields) do names[#names + 1] = tostring(name) end
  table.sort(names)
  for _, name in ipairs(names) do m[name] = fields[name] end
  return m
end

return message
