-- One message taken apart for the page: which octets belong together, what they are called, hold and mean.
--
-- The words are explain's own (explain/fields, words, notes), so that page and terminal say the same.

local core = require "dhcplab.core"
local fields = require "dhcplab.explain.fields"
local hexdump = require "dhcplab.hexdump"
local notes = require "dhcplab.explain.notes"
local view = require "dhcplab.explain.view"
local words = require "dhcplab.explain.words"

local anatomy = {}

local function field_part(v, field)
  local note = notes.fields[field.name]
  local meaning
  if #field.octets == field.size then
    meaning = fields.say(v, field.name)
  elseif field.octets == "" then
    meaning = "missing: the message ends before it"
  else
    meaning = ("the message ends after %d of its %d octets"):format(#field.octets, field.size)
  end
  return { offset = field.offset, size = #field.octets, kind = "field", name = field.name, value = meaning,
           note = note.title, source = note.source }
end

local function option_part(v, piece)
  local option = piece.option
  local row = core.option(option.code)
  local part = { offset = piece.offset, size = #piece.bytes, kind = "option", code = option.code,
                 name = row and row.name or "unknown", source = row and row.source or "",
                 note = notes.options[option.code] or row and row.text or "not in the catalogue: shown as it is" }
  if option.is_ignored then
    part.value, part.note = "ignored", "only in the option field does it count (RFC 3396 5)"
  elseif option.first ~= option then
    part.value = ("continues the one at %d"):format(option.first.offset)
    part.note = "instances of one option are read as one value (RFC 3396 7)"
  else
    part.value = words.value(option.code, option.joined, v.utf8)
    if option.parts > 1 then
      part.note = ("%s; joined from %d instances (RFC 3396 7)"):format(part.note, option.parts)
    end
  end
  return part
end

local OTHERS <const> = {
  pad = { name = "pad", value = "filling, to be ignored", source = "RFC 2132 3.1" },
  ["end"] = { name = "end", value = "no more options here", source = "RFC 2132 3.2" },
  rest = { name = "rest", value = "not readable as options", source = "" },
}

local function other_part(piece)
  local other = OTHERS[piece.kind]
  return { offset = piece.offset, size = #piece.bytes, kind = piece.kind, name = other.name, value = other.value,
           note = piece.kind == "pad" and ("%d octets of zero"):format(#piece.bytes) or "", source = other.source }
end

local function fault_list(v)
  local list = {}
  for i, fault in ipairs(v.faults) do
    list[i] = { offset = fault.offset, text = ("%s (%s, %s)"):format(fault.what, fault.rule, fault.source) }
  end
  return list
end

-- What kind of message it is: its gist, what that means, what comes after it, and where that is written.
local function story_of(v)
  local note = notes.messages[v.type]
  if note then
    local text = note.text:gsub("%s+", " ")
    return { gist = note.gist, text = text, after = note.after or "", source = note.source }
  end
  local gist = not v.is_dhcp and "not a DHCP message" or v.type and "a message of unknown type"
    or "BOOTP, DHCP's older brother: no message type"
  return { gist = gist, text = "", after = "", source = v.is_dhcp and "RFC 2132 9.6" or "" }
end

-- { hex, parts, faults, gist, text, after, source }. Parts are in the order of the page; one that lies inside another,
-- options inside the field `file` for instance, comes later.
function anatomy.of(bytes)
  local v = view.new(bytes)
  v.utf8 = true
  local parts = {}
  for _, field in ipairs(v.fields) do parts[#parts + 1] = field_part(v, field) end
  if v.is_dhcp then
    for _, place in ipairs(v:places()) do
      for _, piece in ipairs(v:pieces(place)) do
        parts[#parts + 1] = piece.kind == "option" and option_part(v, piece) or other_part(piece)
      end
    end
  elseif #bytes > 240 then
    parts[#parts + 1] = other_part { kind = "rest", offset = 240, bytes = bytes:sub(241) }
  end
  local story = story_of(v)
  story.hex, story.parts, story.faults = hexdump.hex(bytes, ""), parts, fault_list(v)
  return story
end

return anatomy
