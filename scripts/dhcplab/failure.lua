-- A failed expectation: what was expected and what came, where in the script, and what was on the wire last.
--
-- It is a problem (problem.lua) with exit status 1 that carries `place` and `rows`; describe() makes the report that
-- the command line prints, whose last line replays the run.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local show = require "dhcplab.show"
local values = require "dhcplab.values"

local failure = {}

local PACKETS <const> = 10

-- rows: list of { label, expected, got } (texts); notes: list of lines.
function failure.new(message, rows, notes)
  local file, line, source = problem.place()
  local made = problem.new(1, (file and ("%s:%d: "):format(file, line) or "") .. message)
  made.place = file and { file = file, line = line, source = source }
  made.summary, made.rows, made.notes = message, rows or {}, notes or {}
  return made
end

function failure.raise(message, rows, notes) error(failure.new(message, rows, notes), 0) end

-- One row of `expected` and `got`, from values.
function failure.row(expected, got) return { { "", values.show(expected), values.show(got) } } end

-- The text of a script's line; nil where it cannot be had.
local function source_line(place)
  local path = place and place.source:match("^@(.*)")
  if not path then return nil end
  local file = io.open(path, "r")
  local text = file and file:read("a") or core.embedded and core.embedded((path:gsub("^scripts/", "")))
  if file then file:close() end
  local number = 0
  for line in ((text or "") .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    if number == place.line then return line:match("^%s*(.-)%s*$") end
  end
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
  local layout = ("  %%-%ds  %%-%ds  %%s"):format(widths[1], widths[2])
  if rows[1] then lines[#lines + 1] = layout:format("", "expected", "got") end
  for _, row in ipairs(rows) do lines[#lines + 1] = layout:format(row[1], row[2], row[3]) end
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

-- The report of a problem as text: message, source line, expected and got, packets, moment.
function failure.describe(what, world)
  local lines = { tostring(what) }
  local text = source_line(what.place)
  if text then lines[#lines + 1] = ("  %d | %s"):format(what.place.line, text) end
  add_rows(lines, what.rows or {})
  for _, note in ipairs(what.notes or {}) do lines[#lines + 1] = "  " .. note end
  if world then
    add_packets(lines, world)
    lines[#lines + 1] = ("at %.6f s of %s time, seed %d"):format(what.at or world.core:now(),
      world.virtual and "virtual" or "real", world.seed)
  end
  return table.concat(lines, "\n")
end

-- Positions inside the library say nothing to the script's author: only the script's own lines are kept.
function failure.script_lines(traceback)
  local lines = {}
  for line in (traceback or ""):gmatch("[^\n]+") do
    if line:find(":%d+:") and not problem.is_library_line(line) and not line:find("[C]", 1, true) then
      lines[#lines + 1] = " called from" .. line:gsub("^%s*", " "):gsub(": in .*", "")
    end
  end
  table.remove(lines, 1) -- the message names that place
  return lines
end

-- The place that an error's message begins with.
function failure.place_of(message)
  local file, line = message:match("^([^\n:]+):(%d+): ")
  return file and { file = file, line = math.tointeger(tonumber(line)), source = "@" .. file } or nil
end

return failure
