-- Whether a script is the same run in several processes and builds: its output, its trace, its capture, byte for byte.
-- What differs first is told by the trace. Used by same_run_test.lua and by `make determinism` (tests/determinism.lua).

local json = require "dkjson"

local same_run = {}

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

-- The scripts that come with the program.
function same_run.scripts()
  local list = { "scripts/handshake.lua" }
  local pipe = assert(io.popen("env -u LD_PRELOAD ls scripts/scenarios/*.lua"))
  for path in pipe:lines() do list[#list + 1] = path end
  pipe:close()
  return list
end

-- Runs a command; output, errors and status.
local function run(words, base)
  local quoted = {}
  for i, word in ipairs(words) do quoted[i] = quote(word) end
  local _, _, code = os.execute(("env -u LD_PRELOAD timeout -k 2 60 %s </dev/null >%s.out 2>%s.err"):format(
    table.concat(quoted, " "), quote(base), quote(base)))
  return read(base .. ".out"), read(base .. ".err"), code
end

-- One run: { name, out, trace, pcap, command }. way: exe, and written when trace and capture are to be. With -v, so
-- that the trace has every octet.
local function play(script, seed, way, base)
  local words = { way.exe, "run", script, "--virtual", "--seed", tostring(seed), "-v", "--ascii", "--color",
                  "never" }
  local command = table.concat(words, " ")
  if way.written then
    table.move({ "--trace", base .. ".jsonl", "--pcap", base .. ".pcap" }, 1, 4, #words + 1, words)
    command = command .. " --trace FILE --pcap FILE"
  end
  local out, err, status = run(words, base)
  local made = { command = command, out = out, err = err, status = status,
                 trace = way.written and read(base .. ".jsonl"), pcap = way.written and read(base .. ".pcap") }
  for _, ending in ipairs { ".out", ".err", ".jsonl", ".pcap" } do os.remove(base .. ending) end
  return made
end

-- The first line in which two texts differ: its number, and the two lines.
function same_run.first_line(a, b)
  local next_a, next_b = (a .. "\n"):gmatch("(.-)\n"), (b .. "\n"):gmatch("(.-)\n")
  local number = 0
  while true do
    local line_a, line_b = next_a(), next_b()
    number = number + 1
    if line_a ~= line_b then return number, line_a or "(the end)", line_b or "(the end)" end
    if not line_a then return nil end
  end
end

-- An event of a trace as people read it.
local function event_of(line)
  local event = json.decode(line)
  if type(event) ~= "table" then return line end
  return ("%.6f s: %s %s%s%s: %s"):format(event.at, event.event, event.from or "?",
    event.to and " to " .. event.to or "", event.type and ", " .. event.type or "", line)
end

local function octet_where(a, b)
  for i = 1, math.min(#a, #b) do
    if a:byte(i) ~= b:byte(i) then return i - 1 end
  end
  return math.min(#a, #b)
end

-- nil, or what differs between two runs, the first event of it first.
local function difference(a, b)
  if a.status ~= b.status then return ("status %s here, %s there: %s"):format(a.status, b.status, a.err .. b.err) end
  local parts = {}
  if a.trace and b.trace and a.trace ~= b.trace then
    local number, here, there = same_run.first_line(a.trace, b.trace)
    parts[#parts + 1] = ("event %d of the trace differs\n  here   %s\n  there  %s"):format(number, event_of(here),
      event_of(there))
  end
  if a.out ~= b.out then
    local number, here, there = same_run.first_line(a.out, b.out)
    parts[#parts + 1] = ("line %d of the output differs\n  here   %s\n  there  %s"):format(number, here, there)
  end
  if a.pcap and b.pcap and a.pcap ~= b.pcap then
    parts[#parts + 1] = ("the captures differ from octet %d on"):format(octet_where(a.pcap, b.pcap))
  end
  return parts[1] and table.concat(parts, "\n")
end

-- Plays the script in each way of `ways`, all compared with the first that writes the same; nil, or what differs.
-- base: a path for files that are removed.
function same_run.compare(script, seed, ways, base)
  local plain, written
  for _, way in ipairs(ways) do
    local made = play(script, seed, way, base)
    local text
    if made.status ~= 0 then text = ("ended with status %s: %s"):format(made.status, made.err) end
    local other = written or plain
    if other and not text then text = difference(other, made) end
    if text then
      return ("%s\n  here   %s\n  there  %s"):format(text, other and other.command or made.command, made.command)
    end
    plain = plain or made
    if made.trace then written = written or made end
  end
end

return same_run
