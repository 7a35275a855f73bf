-- How pages of help are laid out: wrapped text, and two columns. A page is a list of lines of at most 78 columns.

local layout = require "dhcplab.layout"

local text = {}

local WIDTH <const> = 78

function text.wrapped(lines, words, indent)
  for _, line in ipairs(layout.wrap(words, WIDTH - indent)) do
    lines[#lines + 1] = (" "):rep(indent) .. line
  end
end

-- Two columns: a name, and words that wrap beside it, or below it where it is too long.
function text.row(lines, name, words, name_width)
  local rest = layout.wrap(words, WIDTH - name_width - 4)
  local first = "  " .. layout.pad(name, name_width) .. "  "
  if layout.width(name) <= name_width then
    first = first .. table.remove(rest, 1)
  end
  lines[#lines + 1] = first:match("^(.-)%s*$")
  for _, line in ipairs(rest) do
    lines[#lines + 1] = ((" "):rep(name_width + 4) .. line):match("^(.-)%s*$")
  end
end

return text
