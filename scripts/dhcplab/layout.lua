-- Text in columns: display width, padding, wrapping, and making bytes from the network safe to print.
--
-- Widths count characters, one column each; names on a network are ASCII nearly always, so wide
-- East Asian characters are not worth a table here.  Painted text has no place in these functions:
-- lay out first, paint last.

local layout = {}

function layout.width(text)
  return utf8.len(text) or #text
end

function layout.pad(text, width)
  return text .. (" "):rep(width - layout.width(text))
end

function layout.pad_left(text, width)
  return (" "):rep(width - layout.width(text)) .. text
end

-- At most `width` columns, the cut marked.
function layout.clip(text, width, utf8_too)
  if layout.width(text) <= width then return text end
  local mark = utf8_too and "…" or "~"
  if width <= 1 then return mark:sub(1, width > 0 and -1 or 0) end
  local stop = utf8.len(text) and utf8.offset(text, width) or width
  return text:sub(1, stop - 1) .. mark
end

-- Splits a word that is wider than a line.
local function chop(word, width, lines)
  while layout.width(word) > width do
    local stop = utf8.len(word) and utf8.offset(word, width + 1) or width + 1
    lines[#lines + 1] = word:sub(1, stop - 1)
    word = word:sub(stop)
  end
  return word
end

-- "RFC 2131 4.1" is one word.
local function bind(text)
  return (text:gsub("RFC (%d+)", "RFC\0%1"):gsub("(RFC%z%d+) (%d[%d.]*)", "%1\0%2"))
end

-- A list of lines, each at most `width` columns; words stay whole where they can.  Line ends in the text stay.
function layout.wrap(text, width)
  local lines = {}
  for paragraph in (text .. "\n"):gmatch("(.-)\n") do
    local line
    for word in bind(paragraph):gmatch("%S+") do
      if line and layout.width(line) + 1 + layout.width(word) <= width then
        line = line .. " " .. word
      else
        if line then lines[#lines + 1] = line end
        line = chop(word, width, lines)
      end
    end
    lines[#lines + 1] = line or ""
  end
  for i, line in ipairs(lines) do
    lines[i] = line:gsub("%z", " ")
  end
  return lines
end

-- The text with each line two columns further in; lines that would leave a terminal of 80 columns go on in the next.
function layout.indent(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("(.-)\n") do
    local rest = layout.width(line) > 78 and layout.wrap(line, 76) or { line }
    for i, part in ipairs(rest) do lines[#lines + 1] = (i == 1 and "  " or "    ") .. part end
  end
  return table.concat(lines, "\n")
end

local function escape(char)
  return ("\\x%02x"):format(char:byte())
end

-- Bytes that came from elsewhere, as text that cannot move a cursor or change a colour: control
-- characters and whatever is not UTF-8 become \xNN.  Without `utf8_too` everything outside ASCII does.
function layout.printable(bytes, utf8_too)
  if not bytes:find("[^\32-\126]") then return bytes end -- most are
  local is_text = utf8_too and utf8.len(bytes) ~= nil
  if is_text then
    -- U+0080 to U+009F are controls too; U+202A.. and U+2066.. reorder the line around them.
    bytes = bytes:gsub(utf8.charpattern, function(char)
      local code = utf8.codepoint(char)
      local is_control = code >= 0x80 and code < 0xa0
      local is_reordering = code >= 0x202a and code <= 0x202e
        or code >= 0x2066 and code <= 0x2069
      return (is_control or is_reordering) and ("\\u{%x}"):format(code) or nil
    end)
    return (bytes:gsub("[\0-\31\127]", escape))
  end
  return (bytes:gsub("[^\32-\126]", escape))
end

return layout
