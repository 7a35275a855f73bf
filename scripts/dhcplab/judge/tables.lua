-- Tables 3 and 5 of RFC 2131, cell by cell, for one message; part of the judge (see ../judge.lua for what a scene
-- is).

local core = require "dhcplab.core"
local rules = require "dhcplab.rules"

local tables = {}

local NOWHERE = "0.0.0.0"
local BROADCAST_BIT = 0x8000
local positions = {}
for _, field in ipairs(core.fields()) do positions[field.name] = field end

local client_types = { discover = true, request = true, decline = true, release = true, inform = true }

function tables.is_client_type(kind)
  return client_types[kind] == true
end

-- The octets of a header field as they stand.
function tables.raw_field(bytes, name)
  local field = positions[name]
  return bytes:sub(field.offset + 1, field.offset + field.size)
end

function tables.option_name(code)
  local info = core.option(code)
  return info and info.name or "option " .. code
end

local function is_zero(value)
  return value == 0 or value == NOWHERE
end

-- An offer of no address, on purpose: RFC 8925 3.3 and RFC 2563 2.3.
function tables.offers_nothing(message)
  return message.type == "offer" and message.yiaddr == NOWHERE
    and (message.options:has(108) or message.options:has(116))
end

-- How each value of rules.lua is checked: function(scene, name, value, request) giving the sentence that is broken,
-- or nil.
local checks = {}

function checks.any() end
checks.broadcast = checks.any -- judged octet by octet (M-05)

function checks.request(_, name, value)
  if value ~= 1 then return name .. " must be 1 (BOOTREQUEST)" end
end

function checks.reply(_, name, value)
  if value ~= 2 then return name .. " must be 2 (BOOTREPLY)" end
end

function checks.zero(_, name, value)
  if not is_zero(value) then return name .. " must be 0" end
end

function checks.nonzero(_, name, value)
  if is_zero(value) then return name .. " must not be 0" end
end

function checks.unused(scene, name)
  local overload = scene.message.options.overload
  if math.type(overload) == "integer" and overload & (name == "file" and 1 or 2) ~= 0 then return end
  if tables.raw_field(scene.bytes, name):find("[^\0]") then return name .. " is unused and must be zeros" end
end

function checks.copied(scene, name, value, request)
  if not request or name == "giaddr" and not scene.exact then return end
  local want = request[name]
  if value == want then return end
  -- A server that knows better may set the bit for the relay (RFC 1542 5.4).
  if name == "flags" and scene.message.giaddr ~= NOWHERE and value == want | BROADCAST_BIT then return end
  return ("%s must be the request's, %s"):format(name, want)
end

checks["copied or zero"] = function(scene, name, value, request)
  if not is_zero(value) and checks.copied(scene, name, value, request) then
    return ("%s must be 0 or the request's, %s"):format(name, request[name])
  end
end

checks["copied, broadcast set"] = function(scene, name, value, request)
  if scene.message.giaddr ~= NOWHERE and value & BROADCAST_BIT == 0 then
    scene:breach("S-46", "flags", rules.titles.nak .. " through a relay must have the broadcast bit set", value)
    return
  end
  return checks.copied(scene, name, value | BROADCAST_BIT, request and { flags = request.flags | BROADCAST_BIT })
end

local function check_fields(scene, column, title)
  local message = scene.message
  local request = scene.request and scene.request.message
  local is_relayed = not rules.is_reply(column) and message.giaddr ~= NOWHERE
  for _, name in ipairs(rules.field_names(column)) do
    local cell = rules.field(column, name)
    -- What a relay has been at is its own affair.
    local is_relays = is_relayed and (name == "hops" or name == "giaddr")
    local is_meant = name == "yiaddr" and tables.offers_nothing(message)
    if not is_relays and not is_meant then
      local value = message[name]
      local broken = checks[cell.want](scene, name, value, request)
      if broken then scene:breach(cell.rule, name, "in " .. title .. " " .. broken, value, cell.level, cell.source) end
    end
  end
end

-- The codes that a message carries, each once, in reading order.
function tables.codes(message)
  local codes, seen = {}, {}
  for _, instance in ipairs(message:instances()) do
    if not seen[instance.code] then
      seen[instance.code] = true
      codes[#codes + 1] = instance.code
    end
  end
  return codes
end

local function check_options(scene, column, title)
  local options = scene.message.options
  for _, code in ipairs(tables.codes(scene.message)) do
    local cell = rules.option(column, code)
    if cell.word == "must not" or cell.word == "should not" then
      local name = tables.option_name(code)
      scene:breach(cell.rule, "options." .. name, ("%s %s carry %s"):format(title, cell.word, name), nil, cell.level,
        cell.source)
    end
  end
  for _, cell in ipairs(rules.wanted_options(column)) do
    local is_free = cell.name == "lease_time"
      and (tables.offers_nothing(scene.message) or column == "ack" and not scene.request)
    if not is_free and not options:has(core.option(cell.name).code) then
      scene:breach(cell.rule, "options." .. cell.name, ("%s %s carry %s"):format(title, cell.word, cell.name), nil,
        cell.level, cell.source)
    end
  end
end

function tables.check(scene)
  local column = scene.column
  if not column then
    if scene.message.type == "request" then
      scene:breach("S-30", "options", "a REQUEST must carry server_id, requested_ip or ciaddr: without them it speaks "
        .. "from no state", nil, nil, "RFC 2131 4.3.2")
    end
    return
  end
  local title = rules.titles[column]
  check_fields(scene, column, title)
  check_options(scene, column, title)
end

return tables
