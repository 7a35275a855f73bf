-- States and leases over time, as SVG bars, and the same as tables for those who read or hear.
--
-- Two thirds of the time axis are to scale; the last third is shared by all events, a step each, however quickly they
-- follow: a handshake takes a millisecond and a lease an hour, and both are to be seen. What goes on after the run is
-- drawn pale behind its end.

local ladder = require "dhcplab.html.ladder"
local text = require "dhcplab.html.text"

local chart = {}

local LABEL <const>, WIDTH <const>, AFTER <const> = 190, 1180, 170
local ROW <const>, BAR <const>, AXIS <const> = 30, 20, 26
local TICK_APART <const>, CHARACTER <const> = 84, 6.6
local STEPS <const> = 1 / 3 -- of the axis, for events
local MOST <const> = 200 -- rows

local function add(out, template, values) out[#out + 1] = text.fill(template, values) end

-- Where the rows of the run stand on the axis, and from them every time: { row = f(i), time = f(at), ends = x }.
local function scale_of(self)
  local places, ends, count = {}, self:ends(), #self.rows
  local steps = ends > 0 and STEPS or 1
  for i, row in ipairs(self.rows) do
    places[i] = steps * (i - 1) / count + (ends > 0 and (1 - steps) * row.at / ends or 0)
  end
  local room = WIDTH - LABEL - AFTER
  local function put(place) return LABEL + place * room end
  local scale = { ends = LABEL + room }
  function scale.row(i) return put(places[i]) end
  -- between the last row that is not later and the next
  function scale.time(at)
    local low, high = 0, #self.rows + 1
    while high - low > 1 do
      local middle = (low + high) // 2
      if self.rows[middle].at <= at then low = middle else high = middle end
    end
    local from, to = low > 0 and self.rows[low].at or 0, high <= #self.rows and self.rows[high].at or ends
    local left, right = places[low] or 0, places[high] or 1
    return put(to > from and left + (right - left) * math.min((at - from) / (to - from), 1) or right)
  end
  return scale
end

-- Times below the rows, as many as there is room for; the end of the run always.
local function draw_axis(out, self, scale, height, clock)
  local last, shown
  local function tick(x, words, anchor)
    last, shown = x, words
    add(out, '<line class="tick" x1="{x}" x2="{x}" y1="0" y2="{height}"/>'
      .. '<text class="time" x="{x}" y="{y}" text-anchor="{anchor}">{words}</text>',
      { x = x, height = height, y = height + 16, anchor = anchor, words = words })
  end
  for i, row in ipairs(self.rows) do
    local x, words = scale.row(i), clock(row.at)
    if (not last or x - last >= TICK_APART and words ~= shown) and scale.ends - x >= TICK_APART then
      tick(x, words, i == 1 and "start" or "middle")
    end
  end
  tick(scale.ends, clock(self:ends()) .. " s", "end")
  add(out, '<text class="time" x="{x}" y="{y}">after the run</text>', { x = scale.ends + 10, y = height + 16 })
end

-- One bar, its name inside if there is room for it; and what it says about the time after the run.
local function draw_bar(out, bar, scale, y)
  local x1, x2 = scale.row(bar.first), bar.last and scale.row(bar.last) or bar.to and scale.time(bar.to) or scale.ends
  local width = math.max(x2 - x1, 3)
  add(out,
    '<g class="bar {class}"><title>{title}</title><rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3"/>',
    { class = bar.class, title = bar.title, x = x1, y = y, width = width, height = BAR })
  if width > #bar.name * CHARACTER + 8 then
    add(out, '<text x="{x}" y="{y}" text-anchor="middle">{name}</text>',
      { x = x1 + width / 2, y = y + 14, name = bar.name })
  end
  if bar.after then
    add(out,
      '<path class="on" d="M{a},{t} H{b} L{c},{m} L{b},{u} H{a} Z"/><text x="{a}" y="{base}" dx="10">{words}</text>',
      { a = scale.ends, b = WIDTH - 12, c = WIDTH - 2, t = y, m = y + BAR / 2, u = y + BAR, base = y + 14,
      words = text.clip(bar.after, 22) })
  end
  out[#out + 1] = "</g>"
end

-- What the colours mean: a bar is often too short for its name.
local function legend_of(rows)
  local out, seen = { '<ul class="legend" aria-hidden="true">' }, {}
  for _, row in ipairs(rows) do
    for _, bar in ipairs(row.bars) do
      if not seen[bar.name] then
        seen[bar.name] = true
        add(out, '<li><span class="swatch mark {class}"></span>{name}</li>', bar)
      end
    end
  end
  out[#out + 1] = "</ul>"
  return table.concat(out)
end

-- rows: a list of { label, bars = { { class, name, title, first, last, to, after } } }.
local function draw(self, rows, clock, id, title)
  local scale = scale_of(self)
  local shown = math.min(#rows, MOST)
  local height = shown * ROW
  local out = {}
  add(out, '<svg class="chart" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
    .. 'aria-labelledby="{id}-title {id}-desc"><title id="{id}-title">{title}</title>'
    .. '<desc id="{id}-desc">{count} rows of bars; the table below says the same in words.</desc>',
    { width = WIDTH, height = height + AXIS, id = id, title = title, count = shown })
  draw_axis(out, self, scale, height, clock)
  for i = 1, shown do
    local y = (i - 1) * ROW
    add(out, '<text class="label" x="{x}" y="{y}" text-anchor="end"><title>{full}</title>{label}</text>',
      { x = LABEL - 12, y = y + 19, full = rows[i].label, label = text.clip(rows[i].label, 26) })
    for _, bar in ipairs(rows[i].bars) do draw_bar(out, bar, scale, y + (ROW - BAR) / 2) end
  end
  out[#out + 1] = "</svg>"
  out[#out + 1] = legend_of(rows)
  if shown < #rows then add(out, "<p class=\"note\">and {more} more</p>", { more = #rows - shown }) end
  return table.concat(out)
end

local function table_of(heads, lines, caption)
  local out = { "<details><summary>", text.escape(caption), '</summary><table class="words"><thead><tr>' }
  for _, head in ipairs(heads) do out[#out + 1] = '<th scope="col">' .. text.escape(head) .. "</th>" end
  out[#out + 1] = "</tr></thead><tbody>"
  for _, line in ipairs(lines) do
    out[#out + 1] = "<tr>"
    for _, cell in ipairs(line) do out[#out + 1] = "<td>" .. text.escape(cell) .. "</td>" end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = "</tbody></table></details>"
  return table.concat(out)
end

-- The states of each client: a picture and a table; nil when no client changed its state.
function chart.states(self, clock)
  local rows, lines = {}, {}
  for i, one in ipairs(self:states()) do
    rows[i] = { label = one.name, bars = {} }
    for _, span in ipairs(one.spans) do
      if span.last ~= span.first then
        local title = ("%s: %s from %s s to %s s"):format(one.name, span.state, clock(span.from), clock(span.to))
        table.insert(rows[i].bars, { class = "s-" .. span.state, name = span.state, title = title, first = span.first,
                                     last = span.last, after = not span.last and span.state or nil })
        lines[#lines + 1] = { one.name, span.state, clock(span.from), clock(span.to),
          ladder.duration(span.to - span.from) }
      end
    end
  end
  if not rows[1] then return nil end
  return draw(self, rows, clock, "states", "The states of each client over time"),
    table_of({ "client", "state", "from (s)", "to (s)", "for" }, lines, "the states in words")
end

local HELD <const> = { offered = true, bound = true, declined = true }

-- What a server had written down for each address: a picture and a table; nil when no record changed.
function chart.leases(self, clock)
  local rows, lines = {}, {}
  for i, one in ipairs(self:leases()) do
    rows[i] = { label = ("%s, %s"):format(one.address, one.server), bars = {} }
    for _, span in ipairs(one.spans) do
      local runs_out = not HELD[span.state] and "" or span.expires == math.huge and "never"
        or span.expires and clock(span.expires) .. " s" or ""
      local title = ("%s: %s%s from %s s to %s s%s"):format(one.address, span.state,
        span.client and " to " .. span.client or "", clock(span.from), clock(span.to),
        runs_out ~= "" and "; ends: " .. runs_out or "")
      local after = not span.last and not span.ran_out
        and (runs_out == "" and span.state or runs_out == "never" and "for ever" or "until " .. runs_out) or nil
      table.insert(rows[i].bars, { class = "l-" .. span.state, name = span.state, title = title, first = span.first,
                                   last = span.last, to = span.ran_out and span.to, after = after })
      lines[#lines + 1] = { one.address, one.server, span.state, span.client or "", clock(span.from), clock(span.to),
        runs_out }
    end
  end
  if not rows[1] then return nil end
  return draw(self, rows, clock, "leases", "The leases of each server over time"),
    table_of({ "address", "server", "record", "client", "from (s)", "to (s)", "runs out at" }, lines,
      "the leases in words")
end

return chart
