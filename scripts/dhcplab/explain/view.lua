-- One datagram, taken apart for explaining: fields, options and what lies between, however broken it is.
--
-- The core's decoder refuses what is no message at all; a person wants to see that too.  So the fields are
-- read from the octets that are there, and the options from the core as far as it can walk them.
-- Both forms of `explain`, text and JSON, start from this view (RFC 2131 2 and 4.1, RFC 3396).

local core = require "dhcplab.core"

local view = {}
view.__index = view

local HEADER = 240      -- octets before the first option
local CHADDR_MAX = 16
local PLACES = { "options", "file", "sname" } -- in the order in which RFC 3396 reads them

-- An hlen beyond chaddr makes a message unreadable for the decoder, but its options stand where they stand.
local function decode(bytes)
  local message = core.decode(bytes)
  if message or #bytes < HEADER then return message end
  if bytes:byte(3) > CHADDR_MAX then
    return core.decode(bytes:sub(1, 2) .. string.char(CHADDR_MAX) .. bytes:sub(4))
  end
  return nil
end

-- The octets of each option that has several instances, joined, and where the first one stands.  Option 52 has no
-- meaning inside the fields that it opens, so that it is not joined with one there.
local function join(instances)
  local first, parts = {}, {}
  for _, option in ipairs(instances) do
    option.is_ignored = option.code == 52 and option.place ~= "options" or nil
    local code = option.is_ignored and option or option.code
    first[code] = first[code] or option
    parts[code] = parts[code] or {}
    table.insert(parts[code], option.bytes)
  end
  for _, option in ipairs(instances) do
    local code = option.is_ignored and option or option.code
    option.first = first[code]
    option.parts = #parts[code]
    if option.first == option then option.joined = table.concat(parts[code]) end
  end
end

function view.new(bytes)
  local fields, by_name = {}, {}
  for _, field in ipairs(core.fields()) do
    local here = { name = field.name, offset = field.offset, size = field.size,
      octets = bytes:sub(field.offset + 1, field.offset + field.size) }
    fields[#fields + 1] = here
    by_name[field.name] = here
  end
  local message = decode(bytes)
  local self = setmetatable({ data = bytes, fields = fields, by_name = by_name,
    is_dhcp = message ~= nil, instances = message and message:instances() or {},
    faults = core.check(bytes) }, view)
  join(self.instances)
  self.is_reply = self:number("op") == 2
  self.overload = { file = false, sname = false }
  for _, option in ipairs(self.instances) do
    if option.code == 52 and option.place == "options" and option.length == 1 then
      local how = option.bytes:byte()
      self.overload.file = how == 1 or how == 3
      self.overload.sname = how == 2 or how == 3
      break
    end
  end
  if message then self.type = message.type end
  return self
end

-- Whether all octets of a field are there.
function view:has(name)
  local field = self.by_name[name]
  return #field.octets == field.size
end

function view:bytes(name)
  return self.by_name[name].octets
end

-- The field as a number; what is missing counts as nothing.
function view:number(name)
  local number = 0
  for i = 1, #self.by_name[name].octets do
    number = number << 8 | self.by_name[name].octets:byte(i)
  end
  return number
end

-- Where a field with options begins and ends, as offsets from 0.
local function bounds(self, place)
  if place == "options" then return HEADER, #self.data end
  local field = self.by_name[place]
  return field.offset, field.offset + field.size
end

-- Adds what is not an option, from offset `at` up to `stop`: pads one by one are filling, as one piece.
local function add_filling(self, pieces, at, stop)
  if at < stop then
    pieces[#pieces + 1] = { kind = "pad", offset = at, bytes = self.data:sub(at + 1, stop) }
  end
end

-- Everything in one place in the order of the wire, nothing left out: a list of
-- { kind = "option" | "pad" | "end" | "rest", offset, bytes } and, for options, the instance.
function view:pieces(place)
  local at, stop = bounds(self, place)
  local pieces = {}
  for _, option in ipairs(self.instances) do
    if option.place == place then
      add_filling(self, pieces, at, option.offset)
      at = option.offset + 2 + option.length
      pieces[#pieces + 1] = { kind = "option", offset = option.offset,
        bytes = self.data:sub(option.offset + 1, at), option = option }
    end
  end
  local past = math.min(self.data:match("^\0*()", at + 1) - 1, stop)
  local ends = past < stop and self.data:byte(past + 1) == 255
  if not ends and past < stop then
    add_filling(self, pieces, at, past)
    pieces[#pieces + 1] = { kind = "rest", offset = past, bytes = self.data:sub(past + 1, stop) }
    return pieces
  end
  add_filling(self, pieces, at, past)
  if ends then
    pieces[#pieces + 1] = { kind = "end", offset = past, bytes = "\255" }
    at = past + 1
    local tail = self.data:sub(at + 1, stop)
    if tail:find("[^\0]") then
      pieces[#pieces + 1] = { kind = "rest", offset = at, bytes = tail }
    else
      add_filling(self, pieces, at, stop)
    end
  end
  return pieces
end

-- The places that hold options in this message, in reading order.
function view:places()
  local out = {}
  for _, place in ipairs(PLACES) do
    if place == "options" or self.overload[place] then out[#out + 1] = place end
  end
  return out
end

return view
