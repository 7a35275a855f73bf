-- An option's value in words: "3600 s = 1 hour", "02:00:00:00:00:01 (Ethernet)", "10.0.0.0/8 via 10.0.0.1".
--
-- Most follow from the value's type in the catalogue; a few codes have more to tell.  The octets have been
-- joined already (RFC 3396), and may be anything: what has not the shape its type promises is shown as
-- it is, and the list of faults says so.  Used by explain.lua and by messages' one-line summaries.

local core = require "dhcplab.core"
local fields = require "dhcplab.explain.fields"
local hexdump = require "dhcplab.hexdump"
local layout = require "dhcplab.layout"

local words = {}

local INFINITE = 0xffffffff

-- 5400 -> "1 hour 30 minutes"
function words.duration(seconds)
  local parts = {}
  for _, unit in ipairs { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } } do
    local count = seconds // unit[1]
    seconds = seconds % unit[1]
    if count > 0 then parts[#parts + 1] = ("%d %s%s"):format(count, unit[2], count == 1 and "" or "s") end
  end
  return #parts > 0 and table.concat(parts, " ") or "0 seconds"
end

-- Bytes as a person would write them: quoted when they can be read, in hex otherwise.
function words.bytes(bytes)
  if bytes == "" then return "nothing" end
  local is_text = not bytes:find("[^\32-\126]")
  return is_text and '"' .. bytes .. '"' or hexdump.hex(bytes, ":")
end

local function text(bytes, utf8_too)
  return '"' .. layout.printable(bytes, utf8_too) .. '"'
end

local function list(values)
  if #values == 0 then return "none" end
  local out = {}
  for i, value in ipairs(values) do
    out[i] = tostring(value)
  end
  return table.concat(out, ", ")
end

local function option_name(code)
  local row = core.option(code)
  return row and ("%s(%d)"):format(row.name, code) or tostring(code)
end

-- Suboptions in the order of the wire: the value as a table has lost it, and repeats.
local function suboptions(bytes, name_of)
  local out, at = {}, 1
  while at <= #bytes do
    local code, length = bytes:byte(at, at + 1)
    if not length or at + 1 + length > #bytes then return nil end
    local value = bytes:sub(at + 2, at + 1 + length)
    out[#out + 1] = ("%s = %s"):format(name_of(code, value), words.bytes(value))
    at = at + 2 + length
  end
  return #out > 0 and table.concat(out, ", ") or nil
end

local function plain_code(code)
  return "suboption " .. code
end

local RELAY = { [1] = "circuit_id", [2] = "remote_id", [4] = "docsis_device_class", [5] = "link_selection",
  [6] = "subscriber_id", [7] = "radius_attributes", [8] = "authentication", [9] = "vendor_specific",
  [10] = "relay_flags", [11] = "server_id_override", [12] = "relay_id", [151] = "vss", [152] = "vss_control" }

local function relay_code(code)
  return RELAY[code] and ("%s(%d)"):format(RELAY[code], code) or plain_code(code)
end

-- By type -----------------------------------------------------------------------------------------
-- Each takes the Lua value and the octets; nil means that there is nothing better than the octets.

local by_type = {}

function by_type.ip(value) return value end
function by_type.u8(value) return tostring(value) end
by_type.u16, by_type.u32, by_type.i32 = by_type.u8, by_type.u8, by_type.u8
function by_type.ips(value) return list(value) end
by_type.u8s, by_type.u16s = by_type.ips, by_type.ips
function by_type.bool(value) return value and "yes" or "no" end
function by_type.text(value, _, utf8_too) return text(value, utf8_too) end
function by_type.empty() return "yes (it has no value)" end
function by_type.bytes(_, bytes) return words.bytes(bytes) end

function by_type.seconds(value)
  if value == INFINITE then return "infinite: it never ends" end
  return value < 60 and words.duration(value) or ("%d s = %s"):format(value, words.duration(value))
end

function by_type.message(value)
  return type(value) == "string" and value:upper() or ("%d, which has no name"):format(value)
end

function by_type.codes(value)
  local out = {}
  for i, code in ipairs(value) do
    out[i] = option_name(code)
  end
  return list(out)
end

function by_type.domains(value, _, utf8_too)
  local out = {}
  for i, name in ipairs(value) do
    out[i] = layout.printable(name, utf8_too)
  end
  return list(out)
end

function by_type.ip_pairs(value)
  local out = {}
  for i, pair in ipairs(value) do
    out[i] = pair.router and ("%s via %s"):format(pair.destination, pair.router)
      or ("%s mask %s"):format(pair.address, pair.mask)
  end
  return list(out)
end

function by_type.routes(value)
  local out = {}
  for i, route in ipairs(value) do
    local is_default = route.destination == "0.0.0.0/0"
    out[i] = ("%s via %s"):format(is_default and "everything else" or route.destination, route.router)
  end
  return list(out)
end

function by_type.fqdn(value, _, utf8_too)
  local flags, out = value.flags, {}
  out[1] = text(value.name, utf8_too) .. (value.partial and " (not a full name)" or "")
  if flags & 8 ~= 0 then
    out[2] = "no DNS update by the server"
  else
    out[2] = flags & 1 ~= 0 and "the server updates the name's address in the DNS"
      or "the client updates the name's address in the DNS"
  end
  if flags & 2 ~= 0 then out[3] = "the server decided otherwise than asked" end
  return table.concat(out, "; ")
end

function by_type.suboptions(_, bytes)
  return suboptions(bytes, plain_code)
end

local function enterprises(show)
  return function(value)
    local out = {}
    for i, entry in ipairs(value) do
      out[i] = ("enterprise %d: %s"):format(entry.enterprise, show(entry))
    end
    return list(out)
  end
end

-- The classes of a vendor: a length octet before each.
by_type.enterprises = enterprises(function(entry)
  local out, at = {}, 1
  while at <= #entry.data do
    local length = entry.data:byte(at)
    if at + length > #entry.data then return words.bytes(entry.data) end
    out[#out + 1] = words.bytes(entry.data:sub(at + 1, at + length))
    at = at + 1 + length
  end
  return list(out)
end)

by_type.enterprise_tlvs = enterprises(function(entry)
  local codes, out = {}, {}
  for code in pairs(entry.options) do codes[#codes + 1] = code end
  table.sort(codes)
  for i, code in ipairs(codes) do
    out[i] = ("%s = %s"):format(plain_code(code), words.bytes(entry.options[code]))
  end
  return list(out)
end)

function by_type.sip(value) return list(value) end

function by_type.slp_agents(value)
  return list(value.addresses) .. (value.mandatory and " (use no others)" or "")
end

function by_type.slp_scope(value, _, utf8_too)
  return text(value.scope, utf8_too) .. (value.mandatory and " (use no others)" or "")
end

function by_type.interface(value)
  return ("%s %d.%d"):format(value.type == 1 and "UNDI" or "type " .. value.type, value.major, value.minor)
end

function by_type.ip_lists(value)
  local out = {}
  for i, addresses in ipairs(value) do
    out[i] = "(" .. list(addresses) .. ")"
  end
  return list(out)
end

-- By code -----------------------------------------------------------------------------------------

local by_code = {}

local function named(names)
  return function(value)
    return names[value] and ("%d: %s"):format(value, names[value]) or tostring(value)
  end
end

by_code[46] = named { [1] = "B-node, asks by broadcast", [2] = "P-node, asks a name server",
  [4] = "M-node, by broadcast first", [8] = "H-node, a name server first" }
by_code[52] = named { "file holds options", "sname holds options", "file and sname hold options" }
by_code[116] = named { [0] = "no", [1] = "yes" }

by_code[2] = function(value)
  if value == 0 then return "0 s: UTC" end
  return ("%d s = %s %s of UTC"):format(value, words.duration(math.abs(value)), value > 0 and "east" or "west")
end

by_code[82] = function(_, bytes)
  return suboptions(bytes, relay_code)
end

local ARCHITECTURES = { [0] = "x86 BIOS", [6] = "x86 UEFI", [7] = "x64 UEFI", [9] = "x64 UEFI (EBC)",
  [10] = "ARM UEFI", [11] = "ARM64 UEFI", [15] = "x86 UEFI over HTTP", [16] = "x64 UEFI over HTTP",
  [18] = "ARM UEFI over HTTP", [19] = "ARM64 UEFI over HTTP" }

by_code[93] = function(value)
  local out = {}
  for i, number in ipairs(value) do
    out[i] = ARCHITECTURES[number] and ("%s (%d)"):format(ARCHITECTURES[number], number) or tostring(number)
  end
  return list(out)
end

local function uuid(bytes)
  local hex = hexdump.hex(bytes, "")
  return ("%s-%s-%s-%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(13, 16), hex:sub(17, 20), hex:sub(21))
end

-- The first three parts of this UUID are little-endian, as the PXE specification has it.
by_code[97] = function(_, bytes)
  if #bytes ~= 17 or bytes:byte(1) ~= 0 then return nil end
  local b = bytes:sub(2)
  return "UUID " .. uuid(b:sub(1, 4):reverse() .. b:sub(5, 6):reverse() .. b:sub(7, 8):reverse() .. b:sub(9))
end

-- A DUID, the identifier of DHCPv6 (RFC 8415 11), which RFC 4361 brings to DHCPv4.
local function duid(bytes)
  if #bytes < 2 then return nil end
  local kind = (">I2"):unpack(bytes)
  if kind == 1 and #bytes > 8 then
    return ("DUID-LLT %s (%s) of time %d"):format(hexdump.hex(bytes:sub(9), ":"),
      fields.hardware((">I2"):unpack(bytes, 3)), (">I4"):unpack(bytes, 5))
  elseif kind == 2 and #bytes >= 6 then
    return ("DUID-EN, enterprise %d, %s"):format((">I4"):unpack(bytes, 3), hexdump.hex(bytes:sub(7), ":"))
  elseif kind == 3 and #bytes > 4 then
    return ("DUID-LL %s (%s)"):format(hexdump.hex(bytes:sub(5), ":"), fields.hardware((">I2"):unpack(bytes, 3)))
  elseif kind == 4 and #bytes == 18 then
    return "DUID-UUID " .. uuid(bytes:sub(3))
  end
  return "DUID " .. hexdump.hex(bytes, ":")
end

-- RFC 2132 9.14: a type octet, then the identifier; 0 is free text; 255 is IAID and DUID (RFC 4361 6.1).
by_code[61] = function(_, bytes)
  if #bytes < 2 then return nil end
  local kind, rest = bytes:byte(1), bytes:sub(2)
  if kind == 255 and #rest >= 6 then
    return ("IAID 0x%08x, %s"):format((">I4"):unpack(rest), duid(rest:sub(5)))
  elseif kind == 0 then
    return words.bytes(rest)
  elseif kind == 1 and #rest ~= 6 then
    return hexdump.hex(bytes, ":")
  end
  return ("%s (%s)"):format(hexdump.hex(rest, ":"), fields.hardware(kind))
end

-- RFC 3004 has lengths inside; many clients send plain text.
by_code[77] = function(_, bytes)
  local out, at = {}, 1
  while at <= #bytes do
    local length = bytes:byte(at)
    if length == 0 or at + length > #bytes then return words.bytes(bytes) end
    out[#out + 1] = words.bytes(bytes:sub(at + 1, at + length))
    at = at + 1 + length
  end
  return list(out)
end

-- Octets whose structure is broken come from core.value as a string, whatever the type.
local STRING_TYPES = { ip = true, text = true, bytes = true, message = true }

-- The joined octets of option `code` in words.
function words.value(code, bytes, utf8_too)
  local row = core.option(code)
  local kind = row and row.type or "bytes"
  local value = core.value(code, bytes)
  local is_whole = type(value) ~= "string" or STRING_TYPES[kind] and (kind ~= "ip" or #bytes == 4)
  if kind == "bytes" or kind == "text" then is_whole = true end
  if not is_whole or kind == "message" and #bytes ~= 1 then
    return ("malformed, expected: %s"):format(row.shape or kind)
  end
  local special = by_code[code] and by_code[code](value, bytes, utf8_too)
  local usual = special or by_type[kind] and by_type[kind](value, bytes, utf8_too)
  return usual or words.bytes(bytes)
end

return words
