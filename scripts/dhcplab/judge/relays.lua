-- What a relay may change on the way: RFC 1542 4.1.1 and 4.1.2, RFC 3046 2.1; part of the judge (see ../judge.lua
-- for what a scene is).  Applies where a packet was seen before the relay and after it.

local core = require "dhcplab.core"
local requests = require "dhcplab.judge.requests"
local tables = require "dhcplab.judge.tables"

local relays = {}

local NOWHERE = "0.0.0.0"
local RELAY_INFORMATION = 82

-- What is compared as it stands: all fields but those a relay is meant to write.
local kept_fields = {}
for _, field in ipairs(core.fields()) do
  if field.name ~= "hops" and field.name ~= "giaddr" and field.name ~= "cookie" then
    kept_fields[#kept_fields + 1] = field.name
  end
end

-- The options but 82, in their order, one line each.
local function other_options(message)
  local lines = {}
  for _, instance in ipairs(message:instances()) do
    if instance.code ~= RELAY_INFORMATION then
      lines[#lines + 1] = instance.place .. " " .. instance.code .. " " .. requests.hex(instance.bytes)
    end
  end
  return table.concat(lines, "\n")
end

-- The first field that differs, or "options", or nil.
local function difference(before, after)
  local old, new = before:bytes(), after:bytes()
  for _, name in ipairs(kept_fields) do
    if tables.raw_field(old, name) ~= tables.raw_field(new, name) then return name end
  end
  if other_options(before) ~= other_options(after) then return "options" end
end

-- The packet that a relay made this request from: of the same type, one hop earlier; the one most alike.
function relays.find_origin(scene)
  local message = scene.message
  if message.giaddr == NOWHERE then return nil end
  local types = { [message.type] = true }
  local function is_before(entry)
    return entry.message.giaddr == NOWHERE or entry.message.hops < message.hops
  end
  return scene:request_seen(types, function(entry)
    return is_before(entry) and not difference(entry.message, message)
  end) or scene:request_seen(types, is_before)
end

function relays.find_reply_origin(scene)
  local message = scene.message
  if message.giaddr == NOWHERE then return nil end
  local function is_before(entry) return entry.to_relay and entry.message.giaddr == message.giaddr end
  return scene:reply_seen(message.type, function(entry)
    return is_before(entry) and not difference(entry.message, message)
  end) or scene:reply_seen(message.type, is_before)
end

local function check_kept(scene, before)
  local name, transaction = difference(before, scene.message), scene.transaction
  if transaction.restarted or transaction.dropped then return end -- what it was made of may be forgotten
  if name then
    scene:breach("R-04", name, "a relay must hand on everything unchanged but hops, giaddr and relay_agent_information",
      name ~= "options" and scene.message[name] or nil)
  end
end

function relays.check_request(scene)
  local before, message = scene.origin.message, scene.message
  check_kept(scene, before)
  if message.hops ~= before.hops + 1 then
    scene:breach("R-02", "hops", ("a relay must add 1 to hops, which was %d"):format(before.hops), message.hops)
  end
  if before.giaddr ~= NOWHERE and before.giaddr ~= message.giaddr then
    scene:breach("R-03", "giaddr", "a relay must not change a giaddr that is set, " .. before.giaddr, message.giaddr)
  end
  if before.options:has(RELAY_INFORMATION) or not message.options:has(RELAY_INFORMATION) then return end
  if before.giaddr ~= NOWHERE then
    scene:breach("R-09", "options.relay_agent_information",
      "a relay must not add relay_agent_information behind another relay")
  end
  local last
  for _, instance in ipairs(message:instances()) do
    if instance.place == "options" then last = instance.code end
  end
  if last ~= RELAY_INFORMATION then
    scene:breach("R-07", "options.relay_agent_information",
      "a relay must add relay_agent_information as the last option", tables.option_name(last) .. " follows")
  end
end

function relays.check_reply(scene)
  check_kept(scene, scene.origin.message)
  if not scene.message.options:has(RELAY_INFORMATION) then return end
  -- Where the client had it itself, a trusted device behind the relay takes it out.
  local own = scene:request_seen({ discover = true, request = true, inform = true }, function(entry)
    return entry.message.giaddr == NOWHERE and entry.message.options:has(RELAY_INFORMATION)
  end)
  if not own then
    scene:breach("R-10", "options.relay_agent_information",
      "a relay must take its relay_agent_information out of the reply")
  end
end

return relays
