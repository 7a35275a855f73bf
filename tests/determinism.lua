-- `make determinism`: every script that comes with the program, with several seeds, in several processes and builds,
-- with and without files; and the digests of `dhcplab test` with many seeds in each build. Names the first event that
-- differs. Exit status 1 if any does.
--
-- usage: determinism.lua SEEDS EXE [OTHER-EXE], from the root of the repository; SEEDS is such as 1..5

local same_run = require "same_run"

local from, to = (arg[1] or ""):match("^(%d+)%.%.(%d+)$")
if not from or not arg[2] then
  io.stderr:write("usage: determinism.lua FIRST..LAST EXE [OTHER-EXE]\n")
  os.exit(2)
end
local exe, other = arg[2], arg[3] or arg[2]
local ways = { { exe = exe, written = true }, { exe = exe }, { exe = exe, written = true },
               { exe = other, written = true }, { exe = other } }

local pipe = assert(io.popen("mktemp -d"))
local folder = pipe:read("l")
pipe:close()

local runs, different = 0, 0

local function report(what, text)
  different = different + 1
  print(("DIFFERS %s: %s"):format(what, text))
end

local scripts = same_run.scripts()
for _, script in ipairs(scripts) do
  for seed = tonumber(from), tonumber(to) do
    runs = runs + #ways
    local text = same_run.compare(script, seed, ways, folder .. "/run")
    if text then
      report(("%s, seed %d"):format(script, seed), text)
      break
    end
  end
end
print(("%d scripts, seeds %s, %d runs by %s%s: output, traces and captures %s"):format(#scripts, arg[1], runs, exe,
  other ~= exe and " and " .. other or "", different == 0 and "are the same" or "differ"))

-- Results as JSON Lines, but for the summary, which has the time that it took.
local function results_of(program, jobs)
  local last = tonumber(from) + 10 * (tonumber(to) - tonumber(from) + 1) - 1
  local answer = assert(io.popen(("%s test scripts/scenarios --seeds %s..%d --format json --jobs %d 2>&1"):format(
    program, from, last, jobs)))
  local lines = {}
  for line in answer:lines() do
    if not line:find('"summary":true', 1, true) then lines[#lines + 1] = line end
  end
  answer:close()
  return table.concat(lines, "\n"), #lines
end

local here, count = results_of(exe, 1)
for _, way in ipairs { { exe, 2 }, { other, 1 } } do
  local there = results_of(way[1], way[2])
  if there ~= here then
    local number, line, other_line = same_run.first_line(here, there)
    report(("dhcplab test by %s with %d jobs"):format(way[1], way[2]),
      ("result %d\n  here   %s\n  there  %s"):format(number, line, other_line))
  end
end
print(("%d tests by dhcplab test: digests and results %s"):format(count, different == 0 and "are the same" or "differ"))

os.execute("rm -rf '" .. folder .. "'")
os.exit(different == 0)
