-- How a run shows itself: the transcript (one line per packet) and the story (why each packet is sent).
--
-- The transcript is the golden format: time, sender, receiver, message, what matters in it. Names
-- and RFC destinations only, so that real and virtual time give the same lines but for the times.

local layout = require "dhcplab.layout"
local messages = require "dhcplab.message"

local show = {}

local styles <const> = { discover = "discover", offer = "offer", request = "request", ack = "ack", nak = "nak",
                         decline = "warn", release = "warn" }

-- Turns a server's address into its name where this world has that server.
local function namer(world)
  return function(address)
    for _, node in ipairs(world.nodes) do
      if node.address == address and node.role ~= "client" then return node.name end
    end
    return address
  end
end

local function clock(at) return ("%9.6f"):format(at) end

-- One line for a packet record; `painter(style, text)` may colour the message's name. On a terminal that is too narrow
-- for it, what matters goes into a second line.
function show.line(world, event, record, painter)
  local m = record.message
  if not m then return ("%s  %s  not a DHCP message"):format(clock(record.at), record.from or "?") end
  local title = ("%-8s"):format(messages.title(m))
  if painter then title = painter(styles[record.type] or "title", title) end
  local way = ("%s -> %s"):format(record.from or "?", record.to or "?")
  local matter = messages.matter(m, namer(world))
  if event == "drop" then matter = ("%s  LOST (%s)"):format(matter, record.cause) end
  local start, term = ("%s  %-16s  "):format(clock(record.at), way), world.term
  local is_wide = term and term.is_terminal and layout.width(start) + 10 + layout.width(matter) > term.width
  return start .. title .. (is_wide and "\n" .. (" "):rep(11) or "  ") .. matter
end

-- Whether a record makes a line: what own nodes send, what foreign ones make arrive, and what is lost.
local function makes_line(event, record)
  return event == "send" or event == "drop" or event == "deliver" and record.foreign
end

-- Story -------------------------------------------------------------------------------------------

local why <const> = {
  discover = { "The client has no address yet and asks everyone: which server can give me one?",
               "To all hosts, since it knows no server; from 0.0.0.0, since it is nobody yet", "RFC 2131 3.1 step 1" },
  offer = { "The server holds a free address for this client and offers it, with the terms.",
            "The address is in the field yiaddr (\"your address\"); nothing is assigned yet", "RFC 2131 3.1 step 2" },
  request = { "The client takes this offer and says so to everyone, so that other servers withdraw theirs.",
              "Options 50 and 54 name the address and the chosen server", "RFC 2131 3.1 step 3" },
  ack = { "The server writes the lease down and confirms it: from now on the address is the client's.",
          "The client may use it until the lease time is over, and should renew at half of it",
          "RFC 2131 3.1 step 4" },
  nak = { "The server refuses: the client must begin again.", "A refusal carries no address", "RFC 2131 4.3.2" },
}

local function carries(m)
  local options, list = m.options, {}
  for _, code in ipairs(options:codes()) do
    local row = require("dhcplab.core").option(code)
    if code ~= 53 then list[#list + 1] = row and row.name or tostring(code) end
  end
  return table.concat(list, ", ")
end

local function wrap(text, width, indent)
  local lines, line = {}, ""
  for word in text:gmatch("%S+") do
    if line ~= "" and #line + #word + 1 > width - #indent then
      lines[#lines + 1] = indent .. line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = indent .. line
  return table.concat(lines, "\n")
end

-- The paragraph under a packet's line.
function show.story(world, record)
  local reason = why[record.type]
  if not reason then return "" end
  local indent = (" "):rep(11)
  local text = { wrap(reason[1], 80, indent), wrap(("%s (%s)."):format(reason[2], reason[3]), 80, indent) }
  local carried = carries(record.message)
  if carried ~= "" then text[#text + 1] = wrap("It carries: " .. carried .. ".", 80, indent) end
  if not world.virtual and record.dst and record.src then
    text[#text + 1] = wrap(("On the wire here: UDP %s to %s; on a real network to %s."):format(record.src, record.dst,
      record.rfc_dst or record.dst), 80, indent)
  end
  return table.concat(text, "\n")
end

-- Attaching ---------------------------------------------------------------------------------------

-- Prints to `out` (io.stdout unless given) while the world runs. options: story, notes (states and remarks), term.
-- Returns the settings table: its `story` may still be switched.
function show.attach(world, options)
  local out = options.out or io.stdout
  local painter = options.term and function(style, text) return options.term:paint(style, text) end
  if options.off then return options end -- no sink at all: nobody wants records
  world.trace:add_sink(function(event, record)
    if options.off then return end
    if makes_line(event, record) then
      out:write(show.line(world, event, record, painter), "\n")
      if options.story and event ~= "drop" then out:write(show.story(world, record), "\n") end
      out:flush()
    elseif record.note and options.notes and event ~= "lease" then -- leases are told to traces and pictures only
      out:write(("%s  %-16s  %s\n"):format(clock(record.at), record.from or "", record.event == "state"
        and "state " .. record.text or record.text))
    end
  end)
  return options
end

-- The ladder of everything that the trace has kept; nil when it is too long for a picture.
function show.ladder(world, term, most)
  local trace, name_of = world.trace, namer(world)
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
