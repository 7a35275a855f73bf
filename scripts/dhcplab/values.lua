-- Values as people compare them: shown on one line, equal by content, and side by side where they differ.
--
-- Used by what reports failures. Nothing here depends on the order of pairs or on addresses in memory.

local core = require "dhcplab.core"
local order = require "dhcplab.order"
require "dhcplab.message" -- so that messages have their one line

local values = {}

local DEEPEST <const>, LONGEST <const> = 4, 160

local function is_message(value)
  local ok, xid = pcall(function() return type(value) == "userdata" and value.xid end)
  return ok and math.type(xid) == "integer"
end

local sorted_keys = order.keys

local function quote(text)
  local out = ("%q"):format(text):gsub("\\\n", "\\n"):gsub("[\128-\255]", function(c)
    return ("\\x%02x"):format(c:byte())
  end)
  return out
end

-- One line; long ones are cut.
function values.show(value, depth)
  local kind = type(value)
  if kind == "string" then
    if #value > LONGEST then return quote(value:sub(1, LONGEST)) .. (" and %d octets more"):format(#value - LONGEST) end
    return quote(value)
  end
  if kind == "number" then return math.type(value) == "integer" and tostring(value) or ("%.10g"):format(value) end
  if kind == "userdata" then return is_message(value) and tostring(value) or order.tostring(value) end
  if kind ~= "table" then return kind == "function" and "a function" or order.tostring(value) end
  local name = rawget(value, "name")
  if getmetatable(value) and type(name) == "string" then return "node " .. name end
  depth = depth or 0
  if depth >= DEEPEST then return "{...}" end
  local parts, length = {}, #value
  for i = 1, length do parts[i] = values.show(value[i], depth + 1) end
  for _, key in ipairs(sorted_keys(value)) do
    if not (math.type(key) == "integer" and key >= 1 and key <= length) then
      local label = type(key) == "string" and key:match("^[%a_][%w_]*$") or "[" .. values.show(key, depth + 1) .. "]"
      parts[#parts + 1] = label .. " = " .. values.show(value[key], depth + 1)
    end
  end
  if not parts[1] then return "{}" end
  local text = "{ " .. table.concat(parts, ", ") .. " }"
  return #text > 4 * LONGEST and text:sub(1, 4 * LONGEST) .. " ..." or text
end

-- Equal by ==, tables by what is in them.
function values.equal(a, b, seen)
  if a == b then return true end
  if type(a) ~= "table" or type(b) ~= "table" then return false end
  seen = seen or {}
  if seen[a] == b then return true end
  seen[a] = b
  for key, value in pairs(a) do
    if not values.equal(value, b[key], seen) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- A message as a plain table of its fields and options.
local function fields_of(message)
  local fields = {}
  for _, field in ipairs(core.fields()) do
    local ok, value = pcall(function() return message[field.name] end)
    if ok then fields[field.name] = value end
  end
  for name, value in pairs(message.options) do fields["options." .. tostring(name)] = value end
  return fields
end

-- What two values look like side by side: a list of { label, expected, got }, only where they differ when they are
-- tables or messages; without labels otherwise.
function values.compare(expected, got)
  if is_message(expected) and is_message(got) then expected, got = fields_of(expected), fields_of(got) end
  if type(expected) ~= "table" or type(got) ~= "table" then
    return { { "", values.show(expected), values.show(got) } }
  end
  local all, rows = {}, {}
  for key in pairs(expected) do all[key] = true end
  for key in pairs(got) do all[key] = true end
  for _, key in ipairs(sorted_keys(all)) do
    if not values.equal(expected[key], got[key]) then
      rows[#rows + 1] = { type(key) == "string" and key or values.show(key), values.show(expected[key]),
                          values.show(got[key]) }
    end
  end
  return rows
end

return values
