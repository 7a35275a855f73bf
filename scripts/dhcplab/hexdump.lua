-- Bytes as hex text, and hex text as bytes, in whatever shape a person has copied it.
--
-- Reading takes a plain stream of digits with or without separators, C arrays, and dumps with
-- offsets and a text column as tcpdump -x and -X, tshark -x, xxd, hexdump -C and od -t x1 print
-- them.  A dump whose offsets start again at zero is a further packet.  Used by `dhcplab explain`.

local layout = require "dhcplab.layout"

local hexdump = {}

local PER_LINE = 16
local SEPARATORS = "[%s,;:|{}()\"'\\-]"

-- "01 01 06 00"
function hexdump.hex(bytes, separator)
  local octets = {}
  for i = 1, #bytes do
    octets[i] = ("%02x"):format(bytes:byte(i))
  end
  return table.concat(octets, separator or " ")
end

-- Lines of an offset, 16 octets and their characters; `offset` is that of the first octet (0).
function hexdump.format(bytes, offset)
  local lines = {}
  for i = 1, #bytes, PER_LINE do
    local row = bytes:sub(i, i + PER_LINE - 1)
    local text = row:gsub("[^\32-\126]", ".")
    local octets = layout.pad(hexdump.hex(row), 3 * PER_LINE - 1)
    lines[#lines + 1] = ("%04x  %s  %s"):format((offset or 0) + i - 1, octets, text)
  end
  return table.concat(lines, "\n")
end

local function from_digits(digits)
  return (digits:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- Whether a line begins with the offset of its first octet: the offset, and where the octets begin.
-- It must be the number of octets so far, or 0 for a new packet.  Without a colon it must be followed
-- by single octets: "0000 0101" may be two words of data.
local function read_offset(line, count)
  local digits, colon, rest = line:match("^%s*0[xX](%x%x%x%x+)(:?)()%s")
  if not digits then digits, colon, rest = line:match("^%s*(%x%x%x%x+)(:?)()%s") end
  if not digits then
    -- The last line of hexdump -C and od is an offset alone.
    digits = line:match("^%s*(%x%x%x%x%x%x+)%s*$")
    local is_end = digits and (tonumber(digits, 16) == count or tonumber(digits, 8) == count)
    if is_end then return count, #line + 1 end
    return nil
  end
  local value = tonumber(digits, 16)
  if #digits == 7 and tonumber(digits, 8) == count then value = count end -- od counts in octal
  if value ~= count and value ~= 0 then return nil end
  if colon == "" then
    local is_octets = line:match("^%s+%x%x%s", rest) or line:match("^%s+%x%x$", rest)
    if not is_octets then return nil end
  end
  return value, rest
end

-- The octets of a dump's line behind its offset, up to the text column.  A gap of two spaces or more
-- ends them, except after eight octets, where some dumps have one in the middle.
local function read_row(line, at)
  local digits = {}
  local count = 0
  while count < PER_LINE do
    local gap, group, next_at = line:match("^(%s*)(%x+)()", at)
    if not group or #group % 2 == 1 or line:match("^[^%s]", next_at) then break end
    local is_middle = count == 8 and #gap == 2 and #group == 2
    if count > 0 and #gap > 1 and not is_middle then break end
    digits[#digits + 1] = group
    count = count + #group // 2
    at = next_at
  end
  return from_digits(table.concat(digits):sub(1, 2 * PER_LINE))
end

-- Packets of a dump with offsets, or nil when the text is none.  Lines without an offset are what the
-- tool printed between packets.
local function parse_dump(text)
  local packets, parts, count = {}, nil, 0
  -- tcpdump's offsets are still offsets when its lines have been pasted as one.
  text = text:gsub("%s+(0[xX]%x%x%x%x+:%s)", "\n%1")
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    local offset, at = read_offset(line, count)
    if offset == 0 and (count > 0 or not parts) then
      parts = {}
      packets[#packets + 1] = parts
      count = 0
    end
    if offset and parts then
      local row = read_row(line, at)
      parts[#parts + 1] = row
      count = count + #row
    end
  end
  local result = {}
  for _, packet in ipairs(packets) do
    local bytes = table.concat(packet)
    if bytes ~= "" then result[#result + 1] = bytes end
  end
  return #result > 0 and result or nil
end

local function position(text, at)
  local line, start = 1, 1
  for stop in text:sub(1, at - 1):gmatch("()\n") do
    line, start = line + 1, stop + 1
  end
  return line, at - start + 1
end

local function complain(text, at, what)
  local line, column = position(text, at)
  local where = line > 1 and ("line %d, character %d"):format(line, column) or ("character %d"):format(column)
  return nil, what .. " at " .. where
end

local function complain_of_character(text, at)
  local char = text:match("^" .. utf8.charpattern, at) or text:sub(at, at)
  return complain(text, at, ('not hex: "%s"'):format(layout.printable(char, true)))
end

-- A stream of digits.  Spaces, commas, colons, bars, dashes, quotes and braces separate; 0x and \x introduce.
local function parse_stream(text)
  local parts, at = {}, 1
  while true do
    local separators, start = text:match("^(" .. SEPARATORS .. "*)()", at)
    if start > #text then break end
    local prefix, digits, next_at = text:match("^(0?[xX]?)(%x+)()", start)
    if not digits or prefix == "0" then
      prefix, digits, next_at = "", text:match("^(%x+)()", start)
    end
    if not digits then return complain_of_character(text, start) end
    if not text:match("^" .. SEPARATORS, next_at) and next_at <= #text then
      return complain_of_character(text, next_at)
    end
    -- "0x1" and "2:0:0:0:0:1" are octets; a lone digit elsewhere is half of one.
    local is_octet = prefix ~= "" or separators:find(":", 1, true) or text:sub(next_at, next_at) == ":"
    if #digits == 1 and is_octet then digits = "0" .. digits end
    if #digits % 2 == 1 then
      local what = ("an odd number of hex digits (%d), so half an octet is left,"):format(#digits)
      return complain(text, next_at - 1, what)
    end
    parts[#parts + 1] = digits
    at = next_at
  end
  if #parts == 0 then return nil, "no hex digits" end
  return { from_digits(table.concat(parts)) }
end

-- A list of byte strings, or nil and what is wrong where.
function hexdump.parse(text)
  local packets = parse_dump(text)
  if packets then return packets end
  return parse_stream(text)
end

return hexdump
