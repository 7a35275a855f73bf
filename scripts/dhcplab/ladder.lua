-- The ladder: who sent what to whom, as a picture of lifelines and arrows, time running down.
--
-- It draws a list of steps that someone else has recorded, and knows nothing about DHCP but the
-- colours of a few message names.  A step is a packet
--   { at = 1.5, from = "client", to = "server", label = "OFFER", detail = "10.0.0.1", lost = true }
-- or something that one participant did by itself
--   { at = 1.5, on = "client", note = "BOUND" }.
-- `to` may be a list: the arrow goes to the furthest on each side and marks those on the way.
-- Used by the handshake's summary; the same steps always give the same text.

local layout = require "dhcplab.layout"
local term = require "dhcplab.term"

local ladder = {}

local TIME_WIDTH = 9     -- " 1234.567"
local LANE_MIN = 12      -- narrower lanes leave no room for a message name
local NAME_MAX = 20      -- longer names are clipped
local NOTE_MIN = 20      -- lanes from here on keep long notes to themselves
local BOX_MAX = 14       -- a note up to this long, "[INIT-REBOOT]" for one, stands on its lifeline
local GAP_SECONDS = 0.5  -- a longer silence is drawn

local FINE = { life = "│", wait = "┊", line = "─", left = "◀", right = "▶", start_right = "├",
  start_left = "┤", start_both = "┼", mark = "●", lost = "✗", cross = "┼" }
local PLAIN = { life = "|", wait = ":", line = "-", left = "<", right = ">", start_right = "+",
  start_left = "+", start_both = "+", mark = "o", lost = "x", cross = "|" }

-- A row is a list of cells, one a column; painted in runs of one style when it is done.
local function new_row(width)
  local row = { width = width }
  for column = 1, width do
    row[column] = { char = " " }
  end
  return row
end

local function put(row, column, text, style)
  for _, code in utf8.codes(text) do
    if column >= 1 and column <= row.width then
      row[column] = { char = utf8.char(code), style = style }
    end
    column = column + 1
  end
end

local function render(row, t)
  local last = row.width
  while last > 0 and row[last].char == " " do
    last = last - 1
  end
  local out, run, style = {}, {}, nil
  local function flush()
    local text = table.concat(run)
    out[#out + 1] = style and t:paint(style, text) or text
    run = {}
  end
  for column = 1, last do
    if row[column].style ~= style then
      flush()
      style = row[column].style
    end
    run[#run + 1] = row[column].char
  end
  flush()
  return table.concat(out)
end

local function listeners(step)
  if type(step.to) == "table" then return step.to end
  return { step.to }
end

-- Everyone who appears, in the order of appearance, after those that were named beforehand.
local function gather(steps, named)
  local order, seen = {}, {}
  local function add(name)
    if name and not seen[name] then
      seen[name] = true
      order[#order + 1] = name
    end
  end
  for _, name in ipairs(named or {}) do add(name) end
  for _, step in ipairs(steps) do
    add(step.from)
    add(step.on)
    for _, name in ipairs(listeners(step)) do add(name) end
  end
  return order
end

-- Half the width of what is written across a lifeline: its name, or one of its short notes.
local function half_width(steps, name)
  local widest = math.min(layout.width(name), NAME_MAX)
  for _, step in ipairs(steps) do
    local boxed = step.note and step.on == name and layout.width(step.note) + 2 or 0
    if boxed <= BOX_MAX then widest = math.max(widest, boxed) end
  end
  return math.max(widest // 2, 1)
end

-- The column of each lifeline, evenly spread, the width of the whole and that of a lane.
local function place(steps, order, width)
  local first = TIME_WIDTH + 2 + half_width(steps, order[1])
  local last_half = half_width(steps, order[#order])
  local room = width - first - last_half
  local lane = #order > 1 and math.max(LANE_MIN, room // (#order - 1)) or room
  local columns = {}
  for i, name in ipairs(order) do
    columns[name] = first + (i - 1) * lane
  end
  return columns, math.max(width, columns[order[#order]] + last_half + 1), lane
end

local Drawing = {}
Drawing.__index = Drawing

function Drawing:row(sign)
  local row = new_row(self.width)
  for _, name in ipairs(self.order) do
    put(row, self.columns[name], sign or self.sign.life, "dim")
  end
  self.rows[#self.rows + 1] = row
  return row
end

function Drawing:timed_row(at)
  local row = self:row()
  put(row, 1, layout.pad_left(ladder.time(at), TIME_WIDTH), "dim")
  return row
end

function Drawing:heading()
  local row = new_row(self.width)
  put(row, 1, layout.pad_left("seconds", TIME_WIDTH), "dim")
  for _, name in ipairs(self.order) do
    local shown = layout.clip(self:clean(name), math.min(self.lane - 1, NAME_MAX), self.term.utf8)
    local start = self.columns[name] - layout.width(shown) // 2
    put(row, math.max(start, TIME_WIDTH + 2), shown, "title")
  end
  self.rows[#self.rows + 1] = row
  self:row()
end

-- One direction of an arrow, from lifeline to lifeline, with those who listen on the way marked.
function Drawing:shaft(row, from, to, heard, step, style)
  local sign, way = self.sign, to > from and 1 or -1
  local stop = to - way
  if step.lost then stop = from + (to - from) * 2 // 3 end
  for column = from + way, stop, way do
    put(row, column, row[column].char == sign.life and sign.cross or sign.line, style)
  end
  if step.lost then
    put(row, stop, sign.lost, "bad")
    return
  end
  put(row, stop, way > 0 and sign.right or sign.left, style)
  for column in pairs(heard) do -- each marks its own column: any order gives the same row
    if (column - from) * way > 0 and (to - column) * way > 0 then
      put(row, column, sign.mark, style)
    end
  end
end

-- Text over a free stretch between two lifelines; false when it is too long for that.
local function fits(text, from, to)
  return layout.width(text) + 4 <= math.abs(to - from)
end

function Drawing:centered(row, from, to, text, style)
  local width = layout.width(text)
  local start = (from + to) // 2 - width // 2
  start = math.max(TIME_WIDTH + 2, math.min(start, self.width - width + 1))
  put(row, start, text, style)
end

-- Long text goes on several rows, each as wide as the arrow or as a readable minimum.
function Drawing:details(text, from, to)
  local room = math.max(math.abs(to - from) - 3, LANE_MIN)
  for _, line in ipairs(layout.wrap(self:clean(text), room)) do
    self:centered(self:row(), from, to, line, nil)
  end
end

function Drawing:clean(text)
  return layout.printable(text, self.term.utf8)
end

function Drawing:packet(step)
  local from = self.columns[step.from]
  local low, high, heard = from, from, {}
  for _, name in ipairs(listeners(step)) do
    local column = self.columns[name]
    heard[column] = true
    low, high = math.min(low, column), math.max(high, column)
  end
  local label = self:clean(step.label or "") .. (step.lost and " (lost)" or "")
  local style = step.lost and "bad" or self:style_of(step.label)
  local reach = high - from >= from - low and high or low -- the longer side carries the text
  if low == high then
    local why = #listeners(step) > 0 and " (to itself)" or " (nobody hears it)"
    self:note { at = step.at, on = step.from, note = label .. why }
    return
  end
  local inside = fits(" " .. label .. " ", from, reach) and not step.lost
  local row = self:timed_row(step.at)
  if not inside and label ~= "" then
    self:centered(row, from, reach, label, style)
    row = self:row()
  end
  if low < from then self:shaft(row, from, low, heard, step, style) end
  if high > from then self:shaft(row, from, high, heard, step, style) end
  local start = low < from and (high > from and "start_both" or "start_left") or "start_right"
  put(row, from, self.sign[start], style)
  if inside and label ~= "" then
    self:label(row, from, reach, " " .. label .. " ", heard, style)
  end
  if step.detail and step.detail ~= "" then self:details(step.detail, from, reach) end
end

-- Writes the name into the arrow, moved aside where it would hide the mark of a listener.
function Drawing:label(row, from, to, text, heard, style)
  local width, low, high = layout.width(text), math.min(from, to), math.max(from, to)
  local middle = (low + high) // 2 - width // 2
  local function is_free(start)
    if start <= low or start + width > high - 1 then return false end
    for column = start, start + width - 1 do
      if heard[column] then return false end
    end
    return true
  end
  for shift = 0, high - low do
    for _, start in ipairs { middle - shift, middle + shift } do
      if is_free(start) then
        put(row, start, text, style)
        return
      end
    end
  end
  put(row, middle, text, style)
end

-- Short notes stand on the lifeline in brackets, long ones beside it: on its right, or on the left of the last one;
-- within their lane where that is wide enough to read.
function Drawing:note(step)
  local column, row = self.columns[step.on], self:timed_row(step.at)
  local text = self:clean(step.note)
  local boxed = "[" .. text .. "]"
  local start = column - layout.width(boxed) // 2
  if layout.width(boxed) <= math.min(BOX_MAX, self.lane - 2) then
    put(row, start, boxed, "note")
    return
  end
  local is_last = #self.order > 1 and step.on == self.order[#self.order]
  local room = is_last and column - TIME_WIDTH - 3 or self.width - column - 1
  if #self.order > 1 and self.lane >= NOTE_MIN then room = self.lane - 3 end
  for i, line in ipairs(layout.wrap(text, room)) do
    if i > 1 then row = self:row() end
    put(row, is_last and column - 1 - layout.width(line) or column + 2, line, "note")
  end
end

local LABEL_STYLES = { discover = "discover", offer = "offer", request = "request", ack = "ack",
  nak = "nak", decline = "warn", release = "warn" }

function Drawing:style_of(label)
  return LABEL_STYLES[(label or ""):lower():match("^%w*")] or "title"
end

-- Seconds with as many decimals as leave them in their column.
function ladder.time(at)
  if at < 10000 then return ("%.3f"):format(at) end
  if at < 1000000 then return ("%.1f"):format(at) end
  return ("%.0f"):format(at)
end

-- options: term (an object of term.new; plain without), participants (names that come first), width (the
-- terminal's, at most 80: longer arrows are no clearer), gaps (false: silences are not drawn).
-- Returns the picture without a line end after its last row; "" when nothing happened.
function ladder.draw(steps, options)
  options = options or {}
  local t = options.term or term.plain()
  local order = gather(steps, options.participants)
  if #order == 0 then return "" end
  local columns, width, lane = place(steps, order, options.width or math.min(t.width, 80))
  local drawing = setmetatable({ term = t, order = order, columns = columns, width = width,
    lane = lane, rows = {}, sign = t.utf8 and FINE or PLAIN }, Drawing)
  drawing:heading()
  local last
  for _, step in ipairs(steps) do
    if last and options.gaps ~= false and step.at - last >= GAP_SECONDS then
      drawing:row(drawing.sign.wait)
    end
    last = step.at
    if step.note then drawing:note(step) else drawing:packet(step) end
  end
  drawing:row()
  local lines = {}
  for i, row in ipairs(drawing.rows) do
    lines[i] = render(row, t)
  end
  return table.concat(lines, "\n")
end

return ladder
