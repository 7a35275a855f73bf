-- Values at the prompt of `dhcplab repl`: messages, nodes and packets in a line each, tables in as many lines as they
-- need, up to a limit.

local inspect = require "dhcplab.inspect"
local layout = require "dhcplab.layout"
local order = require "dhcplab.order"
local show = require "dhcplab.show"
local values = require "dhcplab.values"

local display = {}

local MOST <const>, LAST <const> = 40, 20 -- entries of a table; packets of the trace
local WIDTH <const> = 80
local LARGE <const>, DEEPEST <const> = 200, 4 -- entries, with those inside; what is larger is not tried on one line

local function is_packet(value) return type(value) == "table" and rawget(value, "fate") and rawget(value, "seq") end

local function packet_line(world, record)
  return show.line(world, record.fate == "dropped" and "drop" or "send", record)
end

local function is_record(value)
  return type(value) == "table" and rawget(value, "state") and rawget(value, "expires") and rawget(value, "address")
end

-- How many of `left` entries remain when those of a table are counted, and those of the tables in it.
local function count_down(value, left, depth)
  if type(value) ~= "table" or depth == 0 or inspect.node(value) then return left end
  for _, entry in next, value do
    if left <= 0 then break end
    left = count_down(entry, left - 1, depth - 1)
  end
  return left
end

local function is_large(value) return count_down(value, LARGE, DEEPEST) <= 0 end

local function is_short_text(value)
  return type(value) == "string" and #value <= WIDTH * 2 and utf8.len(value) and not value:find("%c")
end

-- Inside a table, and for what fits on one line.
local function one_line(world, value)
  if is_packet(value) then return packet_line(world, value) end
  if is_short_text(value) then return layout.printable(("%q"):format(value), true) end
  if is_record(value) then return inspect.lease(value, world.core:now()) end
  return inspect.node(value) or is_large(value) and "a large table" or values.show(value)
end

local function label(key)
  if type(key) == "string" and key:match("^[%a_][%w_]*$") then return key end
  return "[" .. values.show(key) .. "]"
end

-- { ... } with an entry a line; entries in order, those of a list without their numbers.
local function block(world, keys, get, length)
  local lines = { "{" }
  for i, key in ipairs(keys) do
    if i > MOST then
      lines[#lines + 1] = ("  and %d more"):format(#keys - MOST)
      break
    end
    local is_item = math.type(key) == "integer" and key >= 1 and key <= length
    local text = (is_item and "" or label(key) .. " = ") .. one_line(world, get(key))
    lines[#lines + 1] = "  " .. layout.clip(text, WIDTH - 2)
  end
  lines[#lines + 1] = "}"
  return lines
end

local function options_block(world, options)
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  return block(world, names, function(name) return options[name] end, 0)
end

local function trace_block(world, trace)
  local lines, first = {}, math.max(trace.first, trace.last - LAST + 1)
  if first > trace.first then lines[1] = ("(the last %d of %d packets)"):format(LAST, trace.last - trace.first + 1) end
  for i = first, trace.last do lines[#lines + 1] = packet_line(world, trace[i]) end
  if not lines[1] then lines[1] = "(no packet yet)" end
  return lines
end

-- A text of several lines stands as it is, without what could move the cursor.
local function text_lines(text)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch("(.-)\n") do lines[#lines + 1] = layout.printable(line, true) end
  return lines
end

-- The lines that show a value of this world.
function display.lines(world, value)
  if type(value) == "string" and value:find("\n") then return text_lines(value) end
  if type(value) == "userdata" and tostring(value):find("^options of") then return options_block(world, value) end
  if value == world.trace then return trace_block(world, value) end
  local line, is_table = one_line(world, value), type(value) == "table"
  if not is_table or inspect.node(value) or is_packet(value) or not is_large(value) and #line <= WIDTH then
    return { line }
  end
  return block(world, order.keys(value), function(key) return rawget(value, key) end, rawlen(value))
end

return display
