-- The report of what went wrong: what it is and where, the line of the script, why, what to do, and where there is
-- more; for a failed expectation also expected and got, and what was on the wire last.
--
-- A failed expectation is a problem (problem.lua) with exit status 1. Whatever a script raises becomes one here. They
-- carry `place`, `summary` (the message without it), `rows` and `notes`; describe() makes the report.

local excerpt = require "dhcplab.excerpt"
local layout = require "dhcplab.layout"
local lua_errors = require "dhcplab.lua_errors"
local mistakes = require "dhcplab.mistakes"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"
local show = require "dhcplab.show"
local term = require "dhcplab.term"
local values = require "dhcplab.values"

local failure = {}

local PACKETS <const> = 10
local WIDTH <const> = 80

local function placed(place, message)
  return place and ("%s:%d: %s"):format(place.file, place.line, message) or message
end

-- rows: list of { label, expected, got } (texts); notes: list of lines; code: E401 unless given.
function failure.new(message, rows, notes, code)
  local file, line, source = problem.place()
  local place = file and { file = file, line = line, source = source }
  local made = problem.new(code or "E401", placed(place, message))
  made.place, made.summary, made.rows, made.notes = place, message, rows or {}, notes or {}
  return made
end

function failure.raise(message, rows, notes, code) error(failure.new(message, rows, notes, code), 0) end

-- One row of `expected` and `got`, from values.
function failure.row(expected, got) return { { "", values.show(expected), values.show(got) } } end

-- The places in the script's own files that a traceback names, innermost first.
local function script_places(traceback)
  local places = {}
  for line in (traceback or ""):gmatch("[^\n]+") do
    local file, number = line:match("^%s*([^\n:]+):(%d+):")
    if file and not problem.is_library_line(line) and file ~= "[C]" then
      places[#places + 1] = { file = file, line = math.tointeger(tonumber(number)), source = excerpt.source(file) }
    end
  end
  return places
end

-- Whatever was raised, as a problem.
function failure.of_error(raised, traceback)
  if problem.is(raised) then return raised end
  local text, code = problem.split(order.tostring(raised))
  local file, line, rest = text:match("^([^\n:]+):(%d+): (.*)$")
  local place = file and { file = file, line = math.tointeger(tonumber(line)), source = excerpt.source(file) }
  local places = script_places(traceback)
  local innermost = places[1]
  local inside = place and problem.is_library_line(place.file) and place -- Lua stopped the lab's own code
  if inside or not place then place = innermost end
  if innermost and innermost.file == place.file and innermost.line == place.line then table.remove(places, 1) end
  local plain = rest or text
  if not code or not mistakes.find(code) then code = lua_errors.code(plain) end
  local addition, why, fix = lua_errors.explain(code, plain, place)
  plain = plain .. (addition or "")
  if inside then
    local point, colon
    if place then point, colon = lua_errors.colonless(place) end
    if point then code, plain = "E139", ("\"%s\" lacks its colon: %s"):format(point, plain) end
    why = not point and "the lab's own code got a value that it cannot work with" or nil
    fix = colon and "write " .. colon or "look at what the script gave to the lab, or returned to it, there"
  end
  local made = problem.new(code, placed(place, plain), fix)
  made.place, made.summary, made.why, made.notes = place, plain, why, {}
  if inside then made.notes[1] = ("inside the lab: %s:%d"):format(inside.file, inside.line) end
  for _, each in ipairs(places) do made.notes[#made.notes + 1] = ("called from %s:%d"):format(each.file, each.line) end
  return made
end

-- Expected and got: below each other for one value, as columns for several.
local function add_rows(lines, rows)
  if rows[1] and not rows[2] and rows[1][1] == "" then
    lines[#lines + 1] = "  expected  " .. rows[1][2]
    lines[#lines + 1] = "  got       " .. rows[1][3]
    return
  end
  local widths = { 0, #"expected" }
  for _, row in ipairs(rows) do
    for i = 1, 2 do widths[i] = math.max(widths[i], math.min(#row[i], 60)) end
  end
  local columns = ("  %%-%ds  %%-%ds  %%s"):format(widths[1], widths[2])
  if rows[1] then lines[#lines + 1] = columns:format("", "expected", "got") end
  for _, row in ipairs(rows) do lines[#lines + 1] = columns:format(row[1], row[2], row[3]) end
end

-- The last lines of the transcript.
function failure.last_packets(world, most)
  local trace, lines = world.trace, {}
  for i = trace.last, math.max(trace.first, trace.last - (most or PACKETS) + 1), -1 do
    local record = trace[i]
    if not record then break end
    table.insert(lines, 1, "  " .. show.line(world, record.fate == "dropped" and "drop" or "send", record))
  end
  return lines
end

local function add_packets(lines, world)
  local packets = failure.last_packets(world)
  local left = world.trace.last - world.trace.first + 1 - #packets
  if packets[1] then
    lines[#lines + 1] = left > 0 and ("the last %d of %d packets:"):format(#packets, left + #packets) or "packets:"
    table.move(packets, 1, #packets, #lines + 1, lines)
  else
    lines[#lines + 1] = "no packet was sent"
  end
end

-- Why and what to do: what is known of this one, or what its code says.
local function add_advice(lines, what)
  local entry = what.code and mistakes.find(what.code) or {}
  local function add(label, text)
    if not text then return end
    for i, line in ipairs(layout.wrap(text, WIDTH - 8)) do
      lines[#lines + 1] = ("  %-5s %s"):format(i == 1 and label or "", line)
    end
  end
  local near = what.message:match("did you mean ([^?\n]+)%?")
  add("why:", what.why or entry.why)
  add("fix:", what.fix or near and "write " .. near or entry.fix)
  if what.code then add("more:", "dhcplab help " .. what.code) end
end

-- The report of a problem as text: its first line has the code, the place and what is wrong.
function failure.describe(what, world)
  local word = what.exit == 1 and "failed" or what.code and "error"
  local message = what.message:gsub("[^\n]+", function(line) return layout.printable(line, true) end)
  local lines = { (word and word .. (what.code and ("[%s]: "):format(what.code) or ": ") or "") .. message }
  if what.place then
    local t = world and world.term or term.new {}
    local excerpted = excerpt.show(what.place, what.summary or what.message, t.utf8)
    table.move(excerpted, 1, #excerpted, 2, lines)
  end
  add_rows(lines, what.rows or {})
  for _, note in ipairs(what.notes or {}) do lines[#lines + 1] = "  " .. note end
  add_advice(lines, what)
  if world and (what.exit == 1 or what.exit == 4) then
    local is_hidden = world.show and world.show.off and world.trace.last >= world.trace.first
    if what.exit == 1 or is_hidden then add_packets(lines, world) end
    lines[#lines + 1] = ("at %.6f s of %s time, seed %d"):format(what.at or world.core:now(),
      world.virtual and "virtual" or "real", world.seed)
  end
  return table.concat(lines, "\n")
end

return failure
