-- `explain` for programs: one datagram as a table, and that table as one line of JSON.
--
-- The keys and their order are a contract (record.KEYS; more may be added behind).  Values are exact: what is
-- too large for a float is written digit by digit, and what is no text is written in hex.

local core = require "dhcplab.core"
local dkjson = require "dkjson"
local hexdump = require "dhcplab.hexdump"
local layout = require "dhcplab.layout"
local view = require "dhcplab.explain.view"

local record = {}

-- A key without a value is null in JSON.
record.KEYS = { "frame", "time", "src", "dst", "op", "htype", "hlen", "hops", "xid", "secs", "flags",
  "ciaddr", "yiaddr", "siaddr", "giaddr", "chaddr", "sname", "file", "type", "options", "faults" }
local OPTION_KEYS = { "code", "name", "length", "hex", "value", "in" }
local FAULT_KEYS = { "offset", "what", "rule" }

-- Numbers as keys are the codes of suboptions: with text keys no list can be mistaken for them, nor they for one.
local HAS_CODES = { suboptions = true, enterprise_tlvs = true }

-- A value as JSON can carry it: bytes as text where they are printable UTF-8, in hex otherwise.
local function portable(value, has_codes)
  if type(value) == "string" then
    local is_text = utf8.len(value) and not value:find("[\0-\31\127]")
    return is_text and value or hexdump.hex(value, "")
  elseif type(value) ~= "table" then
    return value
  end
  local is_list = value[1] ~= nil and type(value[1]) == "table"
  local out = {}
  for key, inner in pairs(value) do
    out[has_codes and not is_list and tostring(key) or key] = portable(inner, has_codes)
  end
  return out
end

local function address(v, name)
  return v:has(name) and ("%d.%d.%d.%d"):format(v:bytes(name):byte(1, 4)) or nil
end

local function text_of(v, name)
  if not v:has(name) then return nil end
  if v.overload[name] then return "" end
  return layout.printable(v:bytes(name):match("^[^\0]*"), true)
end

local function number_of(v, name)
  return v:has(name) and v:number(name) or nil
end

local function option_records(v)
  local out = {}
  for i, option in ipairs(v.instances) do
    local value
    if option.joined then
      local row = core.option(option.code)
      value = portable(core.value(option.code, option.joined), row and HAS_CODES[row.type])
    end
    out[i] = { code = option.code, name = option.name, length = option.length,
      hex = hexdump.hex(option.bytes, ""), value = value, ["in"] = option.place }
  end
  return out
end

-- meta: what is known beside the bytes: frame, time, time_ns, src, dst.  Numbers are numbers, xid is "0x...",
-- addresses are text; what the datagram is too short for is nil.
function record.new(bytes, meta)
  meta = meta or {}
  local v = view.new(bytes)
  local entry = { frame = meta.frame, time = meta.time, time_ns = meta.time_ns, src = meta.src, dst = meta.dst,
    type = v.type, options = option_records(v), faults = {} }
  for _, name in ipairs { "op", "htype", "hlen", "hops", "secs", "flags" } do
    entry[name] = number_of(v, name)
  end
  for _, name in ipairs { "ciaddr", "yiaddr", "siaddr", "giaddr" } do
    entry[name] = address(v, name)
  end
  entry.xid = v:has("xid") and ("0x%08x"):format(v:number("xid")) or nil
  entry.chaddr = v:has("chaddr") and hexdump.hex(v:bytes("chaddr"):sub(1, v:number("hlen")), ":") or nil
  entry.sname, entry.file = text_of(v, "sname"), text_of(v, "file")
  for i, fault in ipairs(v.faults) do
    entry.faults[i] = { offset = fault.offset, what = fault.what, rule = fault.rule }
  end
  return entry
end

-- JSON of any value, the keys of objects in alphabetical order.
local function encode(value)
  if type(value) ~= "table" then return dkjson.encode(value) end
  local out, keys = {}, {}
  if value[1] ~= nil or next(value) == nil then
    for i, inner in ipairs(value) do
      out[i] = encode(inner)
    end
    return "[" .. table.concat(out, ",") .. "]"
  end
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    out[i] = dkjson.encode(key) .. ":" .. encode(value[key])
  end
  return "{" .. table.concat(out, ",") .. "}"
end

record.encode = encode

local function encode_keys(object, keys, special)
  local out = {}
  for i, key in ipairs(keys) do
    local value = object[key]
    local text = special and special(key, value) or value == nil and "null" or encode(value)
    out[i] = dkjson.encode(key) .. ":" .. text
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function encode_list(list, keys)
  local out = {}
  for i, object in ipairs(list) do
    out[i] = encode_keys(object, keys)
  end
  return "[" .. table.concat(out, ",") .. "]"
end

-- Nanoseconds do not survive in a float: they are written digit by digit.
local function encode_time(entry)
  local ns = entry.time_ns
  if ns then return ("%d.%09d"):format(ns // 1000000000, ns % 1000000000) end
  return entry.time and ("%.6f"):format(entry.time) or "null"
end

-- One line, keys in the order of record.KEYS.
function record.json(entry)
  return encode_keys(entry, record.KEYS, function(key, value)
    if key == "time" then return encode_time(entry) end
    if key == "options" then return encode_list(value, OPTION_KEYS) end
    if key == "faults" then return encode_list(value, FAULT_KEYS) end
    return nil
  end)
end

return record
