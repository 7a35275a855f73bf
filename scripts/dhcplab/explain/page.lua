-- `explain` for people: one datagram as a page of text, 80 columns wide.
--
-- Every octet has its place on it: the header's fields, each option as it stands, filling, what follows the
-- end, and what could not be read; then the faults, each with the octet it begins at.  What things mean comes
-- from fields.lua, words.lua and notes.lua; here is only where it stands on the page.

local core = require "dhcplab.core"
local fields = require "dhcplab.explain.fields"
local hexdump = require "dhcplab.hexdump"
local layout = require "dhcplab.layout"
local notes = require "dhcplab.explain.notes"
local term = require "dhcplab.term"
local view = require "dhcplab.explain.view"
local words = require "dhcplab.explain.words"

local NAME_MAX = 30        -- of an option's name, longer ones are clipped
local INDENT = 12          -- where an option's text begins
local FIELD_OCTETS = 4     -- longer fields have a line of their own for their octets
local REST_SHOWN = 512     -- of octets that are no option, so many are dumped

local Page = {}
Page.__index = Page

function Page:line(line)
  self.lines[#self.lines + 1] = (line or ""):gsub("%s+$", "")
end

function Page:wrapped(text, indent, style)
  for _, line in ipairs(layout.wrap(text, self.width - indent)) do
    self:line((" "):rep(indent) .. (style and self.term:paint(style, line) or line))
  end
end

-- The offset column; one with a fault inside its octets is marked.
function Page:at(offset, length)
  local text = ("%4d"):format(offset)
  for _, fault in ipairs(self.view.faults) do
    if fault.offset >= offset and fault.offset < offset + math.max(length, 1) then
      return self.term:paint("bad", "!" .. text)
    end
  end
  return " " .. text
end

local function describe_zeros(bytes)
  local head, zeros = bytes:match("^(.-)(\0*)$")
  if #zeros < 4 then return hexdump.hex(bytes) end
  if head == "" then return ("%d x 00"):format(#zeros) end
  return ("%s, then %d x 00"):format(hexdump.hex(head), #zeros)
end

local function when(seconds)
  local whole = math.floor(seconds)
  local micro = math.floor((seconds - whole) * 1e6 + 0.5)
  if micro == 1000000 then whole, micro = whole + 1, 0 end
  return os.date("!%Y-%m-%d %H:%M:%S", whole) .. (".%06d UTC"):format(micro)
end

local function gist_of(v)
  local note = notes.messages[v.type]
  if note then return v.type:upper() .. ": " .. note.gist, note.source end
  if v.type then return ("message type %s"):format(tostring(v.type)):upper(), "RFC 2132 9.6" end
  if v.is_dhcp then return "BOOTP " .. (v.is_reply and "reply" or "request") .. ": no message type", "RFC 951" end
  return "not a DHCP message", nil
end

function Page:title(meta)
  local gist, source = gist_of(self.view)
  local style = self.term.has_style(self.view.type) and self.view.type or "title"
  self:wrapped(gist .. (source and " (" .. source .. ")" or ""), 0, style)
  local parts = {}
  if meta.frame and meta.time then parts[#parts + 1] = "frame " .. meta.frame end
  if meta.time then parts[#parts + 1] = when(meta.time) end
  if meta.src then parts[#parts + 1] = ("%s to %s"):format(meta.src, meta.dst) end
  parts[#parts + 1] = ("%d octets (bytes)"):format(#self.view.data)
  if meta.bad_checksum then parts[#parts + 1] = "wrong checksum (or left to the network card)" end
  self:wrapped(table.concat(parts, ", "), 0)
end

function Page:field(field)
  local v, note = self.view, notes.fields[field.name]
  local is_short = field.size <= FIELD_OCTETS
  local octets = is_short and hexdump.hex(field.octets) or field.size .. " octets"
  local meaning
  if #field.octets == field.size then
    meaning = fields.say(v, field.name)
  elseif field.octets == "" then
    octets, meaning = "missing", "the message ends before it"
  else
    meaning = ("the message ends after %d of its %d octets"):format(#field.octets, field.size)
  end
  local indent = 6 + 7 + 1 + 11 + 2
  local lines = layout.wrap(("%s (%s)"):format(meaning, note.source), self.width - indent)
  self:line(("%s  %s %s  %s"):format(self:at(field.offset, #field.octets),
    self.term:paint("name", layout.pad(field.name, 6)), layout.pad(octets, 11), lines[1]))
  for i = 2, #lines do
    self:line((" "):rep(indent) .. lines[i])
  end
  if not is_short and field.octets ~= "" then
    self:wrapped(describe_zeros(field.octets), 14, "dim")
  end
end

function Page:header()
  self:line()
  self:line(self.term:paint("title", "HEADER") .. "  every message has these fields at these offsets (RFC 2131 2)")
  self:line("   at  field  octets       meaning")
  for _, field in ipairs(self.view.fields) do
    self:field(field)
  end
end

-- An option's first line: offset, code, name, its value if there is room, and where it is defined.
function Page:option_line(offset, length, code, name, value, source)
  local head = ("%s  %s  %s"):format(self:at(offset, length), self.term:paint("name", ("%3d"):format(code)),
    self.term:paint("name", layout.pad(layout.clip(name, NAME_MAX), self.name_width)))
  local used = INDENT + self.name_width
  local room = self.width - used - 4 - layout.width(source)
  local fits = layout.width(value) <= room
  local shown = fits and value or ""
  local gap = self.width - used - 2 - layout.width(shown) - layout.width(source)
  self:line(head .. "  " .. self.term:paint("title", shown) .. (" "):rep(gap) .. self.term:paint("dim", source))
  if not fits then self:wrapped(value, INDENT, "title") end
end

function Page:octets(code_and_length, value)
  local text = hexdump.hex(code_and_length) .. (value ~= "" and " | " .. hexdump.hex(value) or "")
  self:wrapped(text, INDENT, "dim")
end

function Page:option(option)
  local row = core.option(option.code)
  local note = notes.options[option.code] or row and row.text
  local value
  if option.is_ignored then
    value, note = "ignored", "only in the option field does it count (RFC 3396 5)"
  elseif option.first ~= option then
    value = ("continues the one at %d"):format(option.first.offset)
    note = "instances of one option are read as one value (RFC 3396 7)"
  else
    value = words.value(option.code, option.joined, self.term.utf8)
    if option.parts > 1 then
      note = ("%s; joined from %d instances (RFC 3396 7)"):format(note or "split", option.parts)
    end
  end
  self:option_line(option.offset, 2 + option.length, option.code, row and row.name or "(unknown)", value,
    row and row.source or "")
  self:octets(string.char(option.code, option.length), option.bytes)
  self:wrapped(note or "not in the catalogue: shown as it is", INDENT)
end

function Page:rest(piece, heading)
  local lines = layout.wrap(heading, self.width - INDENT)
  self:line(("%s       %s"):format(self:at(piece.offset, #piece.bytes), lines[1]))
  for i = 2, #lines do
    self:line((" "):rep(INDENT) .. lines[i])
  end
  local shown = piece.bytes:sub(1, REST_SHOWN)
  for line in (hexdump.format(shown, piece.offset) .. "\n"):gmatch("(.-)\n") do
    self:line("       " .. self.term:paint("dim", line))
  end
  if #piece.bytes > #shown then
    self:line(("       ... and %d octets more"):format(#piece.bytes - #shown))
  end
end

-- What stands where no option can be read, nor an end.
local function describe_rest(bytes, after_end)
  local count = ("%d octet%s "):format(#bytes, #bytes == 1 and "" or "s")
  if after_end then return count .. "after the end" end
  local code, length = bytes:byte(1, 2)
  local row = core.option(code)
  local name = row and code .. " " .. row.name or tostring(code)
  if not length then return count .. ("left, too few for option %s"):format(name) end
  return count .. ("left: option %s should have %d, has %d"):format(name, length, #bytes - 2)
end

function Page:piece(piece, after_end)
  if piece.kind == "option" then
    self:option(piece.option)
  elseif piece.kind == "end" then
    self:option_line(piece.offset, 1, 255, "end", "no more options here", "RFC 2132 3.2")
    self:octets(piece.bytes, "")
  elseif piece.kind == "pad" then
    local name = ("%d x pad"):format(#piece.bytes)
    self:option_line(piece.offset, #piece.bytes, 0, name, "filling, to be ignored", "RFC 2132 3.1")
  else
    self:rest(piece, describe_rest(piece.bytes, after_end))
  end
end

local HEADINGS = {
  options = "each is a code, a length and a value (RFC 2132 2)",
  file = "more of them, in the field file (option 52; RFC 2131 4.1)",
  sname = "more of them, in the field sname (option 52; RFC 2131 4.1)",
}

function Page:options()
  for _, place in ipairs(self.view:places()) do
    self:line()
    self:line(self.term:paint("title", "OPTIONS") .. "  " .. HEADINGS[place])
    self:line("   at  code and name, value, where it is defined; octets: code length | value")
    local ended = false
    for _, piece in ipairs(self.view:pieces(place)) do
      self:piece(piece, ended)
      ended = ended or piece.kind == "end"
    end
  end
end

-- What follows the header when the cookie is not there.
function Page:foreign()
  local tail = self.view.data:sub(241)
  if tail == "" then return end
  self:line()
  self:line(self.term:paint("title", "REST") .. "  not options; BOOTP keeps 64 octets for vendors here (RFC 951 3)")
  self:rest({ offset = 240, bytes = tail }, #tail .. " octets")
end

function Page:faults()
  local faults = self.view.faults
  self:line()
  if #faults == 0 then
    self:line(self.term:paint("good", "NO FAULTS"))
    return
  end
  self:line(self.term:paint("bad", ("FAULTS  %d"):format(#faults)))
  for _, fault in ipairs(faults) do
    local row = fault.code and core.option(fault.code)
    local where = fault.code and ("option %d%s: "):format(fault.code, row and " " .. row.name or "") or ""
    local text = ("%s%s (%s, %s)"):format(where, fault.what, fault.rule, fault.source)
    local lines = layout.wrap(text, self.width - 7)
    self:line(self.term:paint("bad", ("!%4d"):format(fault.offset)) .. "  " .. lines[1])
    for i = 2, #lines do
      self:line("       " .. lines[i])
    end
  end
end

local function name_width(v)
  local width = 12
  for _, option in ipairs(v.instances) do
    width = math.max(width, math.min(#(option.name or "(unknown)"), NAME_MAX))
  end
  return width
end

-- The text of `bytes`.  options: term (plain without), width (80), and what is known about the packet: frame, time
-- (seconds since 1970), src, dst, bad_checksum.  Ends without a line end.
return function(bytes, options)
  options = options or {}
  local v = view.new(bytes)
  local t = options.term or term.plain()
  v.utf8 = t.utf8
  local page = setmetatable({ view = v, term = t, width = options.width or 80, lines = {},
    name_width = name_width(v) }, Page)
  page:title(options)
  page:header()
  if v.is_dhcp then page:options() else page:foreign() end
  page:faults()
  return table.concat(page.lines, "\n")
end
