-- How a run shows itself: the transcript (one line per packet), with what it means below (story.lua), and the ladder.
--
-- The transcript is the golden format: time, sender, receiver, message, what matters in it. Names
-- and RFC destinations only, so that real and virtual time give the same lines but for the times.

local layout = require "dhcplab.layout"
local messages = require "dhcplab.message"

local show = {}

local styles <const> = { discover = "discover", offer = "offer", request = "request", ack = "ack", nak = "nak",
                         decline = "warn", release = "warn" }

local function clock(at) return ("%9.6f"):format(at) end

-- One line for a packet record; `painter(style, text)` may colour the message's name. On a terminal that is too narrow
-- for it, what matters goes into a second line.
function show.line(world, event, record, painter)
  local m = record.message
  if not m then return ("%s  %s  not a DHCP message"):format(clock(record.at), record.from or "?") end
  local title = ("%-8s"):format(messages.title(m))
  if painter then title = painter(styles[record.type] or "title", title) end
  local way = ("%s -> %s"):format(record.from or "?", record.to or "?")
  local matter = messages.matter(m, world:namer())
  if event == "drop" then matter = ("%s  LOST (%s)"):format(matter, record.cause) end
  local start, term = ("%s  %-16s  "):format(clock(record.at), way), world.term
  local is_wide = term and term.is_terminal and layout.width(start) + 10 + layout.width(matter) > term.width
  return start .. title .. (is_wide and "\n" .. (" "):rep(11) or "  ") .. matter
end

-- The line of an event, or nil: what own nodes send, what foreign ones make arrive, and what is lost; if wanted
-- arrivals as well, and states and remarks (leases are told to traces and pictures only).
local function line_of(world, event, record, painter, options)
  if event == "send" or event == "drop" or event == "deliver" and record.foreign then
    return show.line(world, event, record, painter)
  end
  local text
  if event == "deliver" then
    text = options.arrivals and ("received %s from %s"):format(messages.title(record.message), record.from)
  elseif (options.notes or options.explain) and event ~= "lease" then
    text = event == "state" and "state " .. record.text or record.text
  end
  local whose = event == "deliver" and record.to or record.from or ""
  return text and ("%s  %-16s  %s"):format(clock(record.at), whose, text)
end

-- A function of an event that gives its text, or nil. options: story (what each packet means, below its line), explain
-- (states and faults too), notes (states and remarks), arrivals, term (for colour). They may change during the run.
function show.teller(world, options)
  local painter = options.term and function(style, text) return options.term:paint(style, text) end
  local tale
  return function(event, record)
    local is_told = options.story or options.explain
    tale = tale or is_told and require("dhcplab.story").new(world)
    local meaning = tale and tale:see(event, record)
    local line = line_of(world, event, record, painter, options)
    if line and meaning and is_told then return line .. "\n" .. tale:paragraph(event, record, meaning) end
    return line
  end
end

-- Attaching ---------------------------------------------------------------------------------------

-- Prints to `out` (io.stdout unless given) while the world runs. options: off, and those of show.teller. Returns the
-- settings table: its `story` may still be switched.
function show.attach(world, options)
  if options.off then return options end -- no sink at all: nobody wants records
  local out, tell = options.out or io.stdout, show.teller(world, options)
  world.trace:add_sink(function(event, record)
    local text = not options.off and tell(event, record)
    if text then
      out:write(text, "\n")
      out:flush()
    end
  end)
  return options
end

-- The ladder of everything that the trace has kept; nil when it is too long for a picture.
function show.ladder(world, term, most)
  local trace, name_of = world.trace, world:namer()
  local steps = {}
  for i = trace.first, trace.last do
    local record = trace[i]
    local to = record.receivers or record.to
    if to == "*" or to == nil then -- nobody got it
      for _, node in ipairs(world.nodes) do
        if node.name ~= record.from then to = node.name break end
      end
    end
    if record.message and record.from and to then
      steps[#steps + 1] = { at = record.at, seq = record.seq, from = record.from, to = to,
                            label = messages.title(record.message),
                            detail = messages.matter(record.message, name_of), lost = record.fate == "dropped" }
    end
  end
  for _, note in ipairs(trace.notes or {}) do
    if note.event == "state" then
      steps[#steps + 1] = { at = note.at, on = note.from, note = note.text, seq = note.seq }
    end
  end
  if #steps == 0 or #steps > (most or 60) then return nil end
  table.sort(steps, function(a, b) return a.seq < b.seq end)
  return require("dhcplab.ladder").draw(steps, { term = term })
end

return show
