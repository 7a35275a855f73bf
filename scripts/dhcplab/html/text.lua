-- Text on its way into the page: nothing that came from a packet, a script or a command line can become markup.

local json = require "dkjson"
local layout = require "dhcplab.layout"

local text = {}

local ENTITIES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

-- For content and for quoted attributes. Control characters and what is not UTF-8 become \xNN.
function text.escape(value)
  return (layout.printable(tostring(value), true):gsub("[&<>\"']", ENTITIES))
end

-- A string as JSON that may stand inside a script element: there only "</" and "<!--" could end it, and neither is
-- left.
function text.json(value)
  local quoted = json.quotestring(layout.printable(tostring(value), true))
  return (quoted:gsub("[<>&]", function(c) return ("\\u%04x"):format(c:byte()) end))
end

-- At most `width` characters.
function text.clip(value, width)
  return layout.clip(layout.printable(tostring(value), true), width, true)
end

-- "client & server" from a template "{a} &amp; {b}": every value is escaped; one given as { raw = ... } is markup
-- already.
function text.fill(template, values)
  return (template:gsub("{([%a_][%w_]*)}", function(name)
    local value = values[name]
    if value == nil then error("the template has no value for " .. name) end
    if type(value) == "table" then return (value.raw) end
    if type(value) == "number" then return math.type(value) == "float" and ("%.2f"):format(value) or tostring(value) end
    return text.escape(value)
  end))
end

return text
