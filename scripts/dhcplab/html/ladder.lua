-- The ladder as SVG: a lifeline for each node, an arrow for each packet, time running down.
--
-- Rows stand one below the other however little time is between them, and a longer silence is drawn as a gap: so a
-- handshake of a millisecond and a lease of a day fit on one page. Every arrow is a link to the packet's row in the
-- table, so that it works without scripts as well. A lifeline has the colour of the state that its client is in.

local chronicle = require "dhcplab.chronicle"
local text = require "dhcplab.html.text"

local ladder = {}

local MARGIN <const> = 86                           -- beside a lifeline: its name
local LANE_MIN <const>, LANE_MAX <const>, WIDTH <const> = 160, 380, 420
local HEAD <const> = 46                             -- the names
local HEIGHTS <const> = { packet = 54, arrival = 20, state = 30, lease = 28, note = 28, refusal = 28 }
local GAP <const>, GAP_SECONDS <const> = 34, 0.5
local SLANT_SECONDS <const> = 0.001                 -- an arrow that took longer is drawn slanting
local TEXT_MIN <const> = 270                        -- room for what matters in a message, even beside a short arrow
local LONG <const> = 700                            -- an arrow so long leaves the window
local CHARACTER <const> = 6.4                       -- the width of one, on average

-- Times ----------------------------------------------------------------------------------------------------------

local UNITS <const> = { { 86400, "d" }, { 3600, "h" }, { 60, "min" } }

-- "1.5 s", "2 h", "3 d 4 h": a length of time.
function ladder.duration(seconds)
  if seconds == math.huge then return "for ever" end
  if seconds < 60 then return ("%.3g s"):format(seconds) end
  local parts = {}
  for _, unit in ipairs(UNITS) do
    local count = seconds // unit[1]
    if count > 0 then parts[#parts + 1] = ("%d %s"):format(count, unit[2]) end
    seconds = seconds % unit[1]
  end
  if #parts < 2 and seconds >= 1 then parts[#parts + 1] = ("%.3g s"):format(seconds) end
  return table.concat(parts, " ", 1, math.min(#parts, 2))
end

-- A function that writes all times of a run with the same number of places: three, or six in a short run that needs
-- them.
function ladder.clock(self)
  local places, is_short = 3, self:ends() < 1000
  for _, row in ipairs(self.rows) do
    local micro = math.floor(row.at * 1e6 + 0.5)
    if is_short and micro % 1000 ~= 0 then places = 6 break end
  end
  return function(seconds) return ("%." .. places .. "f"):format(seconds) end
end

-- Places ---------------------------------------------------------------------------------------------------------

-- The column of each lane; lanes are narrower the more there are, down to a limit.
local function columns_of(lanes, axis)
  local step = math.min(LANE_MAX, math.max(LANE_MIN, WIDTH / math.max(#lanes - 1, 1)))
  local columns = {}
  for i, lane in ipairs(lanes) do columns[lane.name] = axis + MARGIN + (i - 1) * step end
  return columns, step, axis + 2 * MARGIN + math.max(#lanes - 1, 0) * step
end

-- The height at which each row stands; an arrival that took no time has the height of its packet's line.
local function place_rows(rows)
  local y, last, gaps = 0, nil, {}
  for _, row in ipairs(rows) do
    local sent = row.kind == "arrival" and row.packet
    local is_flat = sent and row.at - sent.at < SLANT_SECONDS
    if not is_flat then
      if last and row.at - last >= GAP_SECONDS then
        gaps[#gaps + 1] = { y = y, seconds = row.at - last }
        y = y + GAP
      end
      last = row.at
      row.top, row.y = y, y + HEIGHTS[row.kind] / 2
      y = y + HEIGHTS[row.kind]
      if row.kind == "packet" then row.packet.y = row.y end
    end
    if sent then row.arrival.y = is_flat and sent.y or row.y end
  end
  return y + 12, gaps
end

-- Drawing --------------------------------------------------------------------------------------------------------

local function add(out, template, values) out[#out + 1] = text.fill(template, values) end

-- The lifelines, coloured by state; dashed where nothing happens for long.
local function draw_lifelines(out, self, lanes, columns, frame)
  for _, lane in ipairs(lanes) do
    add(out, '<line class="life" x1="{x}" x2="{x}" y1="0" y2="{height}"/>',
      { x = columns[lane.name], height = frame.height })
  end
  local current = {}
  local function close(name, y)
    local from = current[name]
    if from and y > from.y then
      add(out, '<rect class="in s-{state}" x="{x}" y="{y}" width="8" height="{height}" rx="2"/>',
        { state = from.state, x = columns[name] - 4, y = from.y, height = y - from.y })
    end
  end
  for _, row in ipairs(self.rows) do
    if row.kind == "state" then
      close(row.on, row.y)
      current[row.on] = { state = row.text, y = row.y }
    end
  end
  for _, lane in ipairs(lanes) do close(lane.name, frame.height) end
  for _, gap in ipairs(frame.gaps) do
    add(out, '<g class="gap"><rect x="0" y="{y}" width="100%" height="{height}"/>'
      .. '<text x="{x}" y="{text_y}" text-anchor="end">+ {text}</text>',
      { x = frame.axis - 14, y = gap.y + 3, height = GAP - 6, text_y = gap.y + GAP / 2 + 4,
      text = ladder.duration(gap.seconds) })
    for _, lane in ipairs(lanes) do
      add(out, '<line x1="{x}" x2="{x}" y1="{y}" y2="{y2}"/>',
        { x = columns[lane.name], y = gap.y + 3, y2 = gap.y + GAP - 3 })
    end
    out[#out + 1] = "</g>"
  end
end

local function draw_times(out, rows, clock, axis)
  local shown
  for _, row in ipairs(rows) do
    local words = row.y and clock(row.at)
    if words and words ~= shown then
      shown = words
      add(out, '<text class="time" x="{x}" y="{y}" text-anchor="end">{words}</text>',
        { x = axis - 14, y = row.y + 4, words = words })
      add(out, '<line class="tick" x1="{x}" x2="{x2}" y1="{y}" y2="{y}"/>', { x = axis - 9, x2 = axis - 3, y = row.y })
    end
  end
end

-- A remark on a lifeline: a state, a lease, a note.
local function draw_pill(out, row, x, room)
  local short = row.kind == "lease" and row.address .. " " .. row.state or row.text
  local words = text.clip(short, math.max(8, math.floor((room - 14) / CHARACTER)))
  local width = (utf8.len(words) or #words) * CHARACTER + 14
  local class = row.kind == "state" and "s-" .. row.text or row.kind == "lease" and "l-" .. row.state or row.kind
  add(out, '<g class="pill {class}"><title>{title}</title><rect x="{x}" y="{y}" width="{width}" height="20" rx="10"/>'
    .. '<text x="{middle}" y="{base}" text-anchor="middle">{words}</text></g>',
    { class = class, title = ("%s: %s"):format(row.on, row.text), x = x - width / 2, y = row.y - 10, width = width,
      middle = x, base = row.y + 4, words = words })
end

-- An arrow from one point to another, its head turned the way it goes.
local function draw_arrow(out, x1, y1, x2, y2)
  local dx, dy = x2 - x1, y2 - y1
  local length = math.sqrt(dx * dx + dy * dy)
  local ux, uy = dx / length, dy / length
  local tip_x, tip_y = x2 - ux * 6, y2 - uy * 6
  add(out, '<line class="shaft" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>',
    { x1 = x1 + ux * 6, y1 = y1 + uy * 6, x2 = tip_x - ux * 6, y2 = tip_y - uy * 6 })
  add(out, '<path class="head" d="M{x},{y} L{ax},{ay} L{bx},{by} Z"/>', { x = tip_x, y = tip_y,
    ax = tip_x - ux * 11 - uy * 5.5, ay = tip_y - uy * 11 + ux * 5.5,
    bx = tip_x - ux * 11 + uy * 5.5, by = tip_y - uy * 11 - ux * 5.5 })
end

local function draw_cross(out, x, y)
  add(out, '<path class="cross" d="M{a},{c} L{b},{d} M{a},{d} L{b},{c}"/>',
    { a = x - 7, b = x + 7, c = y - 7, d = y + 7 })
end

-- Where a packet that reached nobody was going: the lane it names, or the first of the other side, or the nearest.
local function aim(packet, lanes, columns)
  if packet.to and columns[packet.to] then return columns[packet.to] end
  local own, best
  for _, lane in ipairs(lanes) do
    if lane.name == packet.from then own = lane end
  end
  for _, lane in ipairs(lanes) do
    if lane ~= own and (not best or own and lane.rank ~= own.rank and best.rank == own.rank) then best = lane end
  end
  return best and columns[best.name]
end

-- The shafts of one packet; returns where they end on either side, for the text, and whether all of them slant.
local function draw_shafts(out, packet, lanes, columns)
  local x, y = columns[packet.from], packet.y
  local left, right = x, x
  local flat_left, flat_right -- the furthest arrival on each side that took no time
  for _, arrival in ipairs(packet.arrivals) do
    local to = columns[arrival.to]
    arrival.y = arrival.y or y -- what came from outside, or left for it, took no time that is known
    if to and x and to ~= x then
      left, right = math.min(left, to), math.max(right, to)
      if arrival.y ~= y then draw_arrow(out, x, y, to, arrival.y)
      elseif to < x then flat_left = math.min(flat_left or to, to)
      else flat_right = math.max(flat_right or to, to) end
    end
  end
  if flat_left then draw_arrow(out, x, y, flat_left, y) end
  if flat_right then draw_arrow(out, x, y, flat_right, y) end
  for _, arrival in ipairs(packet.arrivals) do
    local to = columns[arrival.to]
    if to and arrival.y == y and to ~= flat_left and to ~= flat_right then
      add(out, '<circle class="stop" cx="{x}" cy="{y}" r="5"/>', { x = to, y = y })
    end
  end
  if left == right and x then -- it reached nobody who has a lane
    local to = aim(packet, lanes, columns) or x + LANE_MIN
    local stop = x + (to - x) * 0.62
    add(out, '<line class="shaft" x1="{x1}" x2="{x2}" y1="{y}" y2="{y}"/>', { x1 = x, x2 = stop, y = y })
    draw_cross(out, stop, y)
    return math.min(x, to), math.max(x, to), false
  elseif #packet.drops > 0 then -- a copy was lost
    local side = right > x and 1 or -1
    add(out, '<line class="shaft stub" x1="{x1}" x2="{x2}" y1="{y}" y2="{y2}"/>',
      { x1 = x, x2 = x + side * 40, y = y, y2 = y + 15 })
    draw_cross(out, x + side * 44, y + 16)
  end
  return left, right, not flat_left and not flat_right and left ~= right
end

-- What a packet is, in one line: for titles and for those who hear the page.
function ladder.describe(packet, clock)
  local fate = chronicle.fate(packet)
  return ("Packet %d at %s s: %s from %s to %s%s; %s"):format(packet.number, clock(packet.at), packet.title,
    packet.from, packet.to == "*" and "everyone" or packet.to or "somebody",
    packet.matter ~= "" and ", " .. packet.matter or "", fate)
end

-- Where the middle of an arrow's text is: its own, but towards the end of one that slants, where there is room above
-- it, and near the sender of a very long one.
local function place_text(from, left, right, is_slanting)
  local to = math.abs(from - left) > math.abs(from - right) and left or right
  local share = is_slanting and 0.58 or 0.5
  return math.abs(to - from) > LONG and from + (to > from and 1 or -1) * LONG / 2 or from + (to - from) * share
end

local function draw_packet(out, packet, lanes, columns, clock, frame)
  local is_lost = #packet.arrivals == 0
  local kind = type(packet.type) == "string" and packet.type or "other"
  add(out,
    '<a class="m t-{kind}{lost}" href="#packet-{number}" data-n="{number}" aria-label="{label}"><title>{label}</title>',
    { kind = kind, lost = is_lost and " lost" or "", number = packet.number, label = ladder.describe(packet, clock) })
  add(out, '<rect class="hit" x="{x}" y="{y}" width="{width}" height="48" rx="6"/>',
    { x = frame.axis, y = packet.y - 24, width = frame.width - frame.axis - 2 })
  local left, right, is_slanting = draw_shafts(out, packet, lanes, columns)
  local middle = place_text(columns[packet.from] or left, left, right, is_slanting)
  local room = math.max(right - left, TEXT_MIN)
  add(out, '<text class="name" x="{x}" y="{y}" text-anchor="middle">{title}</text>',
    { x = middle, y = packet.y - (is_slanting and 12 or 9), title = packet.title })
  local detail = packet.matter
  if is_lost then
    local fate = chronicle.fate(packet)
    detail = #packet.drops == 0 and fate or detail ~= "" and fate .. " – " .. detail or fate
  end
  add(out, '<text class="detail" x="{x}" y="{y}" text-anchor="middle">{detail}</text></a>',
    { x = middle, y = packet.y + (is_slanting and 3 or 18), detail = text.clip(detail, math.max(10,
    math.floor((room - 20) / CHARACTER))) })
end

-- Both parts as { names = svg, body = svg }: the names stay in sight while the body scrolls.
function ladder.draw(self, clock)
  local lanes = self:lanes()
  local axis = 28 + #clock(self:ends()) * CHARACTER
  local columns, step, width = columns_of(lanes, axis)
  local height, gaps = place_rows(self.rows)
  local frame = { axis = axis, width = width, height = height, gaps = gaps }
  local names, body = {}, {}
  add(names, '<svg class="names" width="{width}" height="{height}" viewBox="0 0 {width} {height}" aria-hidden="true">'
    .. '<text class="unit" x="{x}" y="28" text-anchor="end">seconds</text>',
      { width = width, height = HEAD, x = axis - 14 })
  for _, lane in ipairs(lanes) do
    local words = text.clip(lane.name, math.floor((math.min(step, 2 * MARGIN) - 24) / 7.4))
    local half = math.max(34, (utf8.len(words) or #words) * 3.9 + 12)
    add(names, '<g class="lane r-{role}"><title>{name}</title><rect x="{x}" y="8" width="{width}" height="30" rx="8"/>'
      .. '<text x="{middle}" y="28" text-anchor="middle">{words}</text></g>',
      { role = lane.role or "host", name = lane.name, x = columns[lane.name] - half, width = 2 * half,
        middle = columns[lane.name], words = words })
  end
  names[#names + 1] = "</svg>"
  add(body, '<svg class="ladder" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="group" '
    .. 'aria-labelledby="ladder-title ladder-desc"><title id="ladder-title">Who sent what to whom</title>'
    .. '<desc id="ladder-desc">A ladder diagram of {packets} packets '
    .. 'between {lanes} nodes, time running down. The table of packets below says the same in words.</desc>',
    { width = width, height = height, packets = #self.packets, lanes = #lanes })
  draw_lifelines(body, self, lanes, columns, frame)
  draw_times(body, self.rows, clock, axis)
  for _, row in ipairs(self.rows) do
    if row.kind == "packet" then
      draw_packet(body, row.packet, lanes, columns, clock, frame)
    elseif row.kind ~= "arrival" and columns[row.on] then
      draw_pill(body, row, columns[row.on], math.min(step, 2 * MARGIN) - 6)
    end
  end
  body[#body + 1] = "</svg>"
  return { names = table.concat(names), body = table.concat(body), width = width }
end

return ladder
