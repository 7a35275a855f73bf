-- The line of a script that an error names, with a caret under the word that is to blame where that is known.

local core = require "dhcplab.core"
local layout = require "dhcplab.layout"

local excerpt = {}

local WIDTH <const> = 70 -- of the line, without its number
local texts, chunks = {}, {} -- what was read as a script, by its chunk's name; those names

-- So that the lines of standard input can be shown too.
function excerpt.remember(chunk, text)
  if not texts[chunk] then chunks[#chunks + 1] = chunk end
  texts[chunk] = text
end

local function text_of(source)
  if texts[source] then return texts[source] end
  local path = source:match("^@(.*)")
  if not path then return nil end
  local file = io.open(path, "r")
  local text = file and file:read("a") or core.embedded and core.embedded((path:gsub("^scripts/", "")))
  if file then file:close() end
  return text
end

-- The chunk's name for what an error's message calls it: a long path is cut there, "...folder/mine.lua".
function excerpt.source(name)
  local tail = name:match("^%.%.%.(.*)")
  if tail then
    for _, chunk in ipairs(chunks) do
      if chunk:sub(-#tail) == tail then return chunk end
    end
  end
  return "@" .. name
end

-- The lines of the script at a place, from its first to that one; nil where it cannot be had.
function excerpt.lines_until(place)
  local text = text_of(place.source)
  if not text then return nil end
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\r?\n") do
    lines[#lines + 1] = line
    if #lines == place.line then return lines end
  end
end

-- Where `word` stands in the line as a word of its own: first and last octet, or nil.
local function find_word(line, word)
  local from = 1
  while true do
    local first, last = line:find(word, from, true)
    if not first then return nil end
    local is_name = word:find("^[%w_]+$")
    local before, after = line:sub(first - 1, first - 1), line:sub(last + 1, last + 1)
    if not is_name or not (first > 1 and before:find("[%w_]")) and not after:find("[%w_]") then return first, last end
    from = last + 1
  end
end

-- Where the first word stands that a message quotes and the line has: what is wrong comes first in it.
local function find_blamed(line, message)
  local near = message:match("near '([^']+)'$") -- a syntax error: where Lua gave up
  if near and find_word(line, near) then return find_word(line, near) end
  for _, word in message:gmatch("([\"'])([^\"']+)%1") do
    local first, last = find_word(line, word)
    if first then return first, last end
  end
end

-- Two lines at most: the script's line at this place, and a caret under what the message quotes. With `utf8_too` in the
-- script's own letters, else with "?" for those outside ASCII.
function excerpt.show(place, message, utf8_too)
  local lines = excerpt.lines_until(place)
  local line = lines and lines[place.line]
  if not line or not line:find("%S") then return {} end
  line = line:gsub("\t", " "):gsub("%s+$", "")
  if not utf8_too then line = line:gsub("[\xc2-\xf4][\x80-\xbf]+", "?") end
  line = layout.printable(line, utf8_too)
  local first, last = find_blamed(line, message)
  local start = line:find("%S")
  if first and last - start >= WIDTH then start = math.max(start, last - WIDTH // 2) end
  local shown = layout.clip(line:sub(start), WIDTH, utf8_too)
  local number = tostring(place.line)
  local made = { ("  %s | %s"):format(number, shown) }
  if first and first >= start then
    local before, word = line:sub(start, first - 1), line:sub(first, last)
    made[2] = ("  %s | %s%s"):format((" "):rep(#number), (" "):rep(layout.width(before)),
      ("^"):rep(math.min(layout.width(word), WIDTH - layout.width(before))))
  end
  return made
end

return excerpt
