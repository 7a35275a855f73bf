-- What can go wrong, by code: `dhcplab help E103`, and the lines under an error's message.
--
-- E1xx a script, E2xx the command line, E3xx the machine, E4xx what a run showed, E5xx messages and captures that are
-- read. A code stays what it is: a new mistake gets a new one. Each is an entry of a file in mistakes/: code, title;
-- why and fix, one line each for the report; text, the page, and advice there where fix is missing or too short;
-- and what brings it about, which a test runs: script (the text of one) or input (the content of another file), and
-- command (words; FILE stands for that file); `real` where it takes real time, `program` where it must be called
-- by that name.

local layout = require "dhcplab.layout"

local mistakes = {}

local WIDTH <const> = 78
local NAMES <const> = { "scripts", "lua", "commands", "machine", "runs", "captures" }
local GROUPS <const> = { "A script", "The command line", "The machine", "What a run showed", "Messages and captures" }
local STATUSES <const> = { 4, 2, 3, 1, 2 } -- of the hundreds; an entry may have its own

local list, by_code

local function load()
  list, by_code = {}, {}
  for _, name in ipairs(NAMES) do
    for _, entry in ipairs(require("dhcplab.mistakes." .. name)) do
      list[#list + 1], by_code[entry.code] = entry, entry
    end
  end
end

-- All entries in order of their codes.
function mistakes.list()
  if not list then load() end
  return list
end

function mistakes.find(code)
  if not list then load() end
  return by_code[code]
end

-- The exit status of a run that ends with this code; a number is one already.
function mistakes.exit_status(code)
  if math.type(code) then return code end
  local entry = mistakes.find(code) or error("there is no code " .. tostring(code))
  return entry.exit or STATUSES[tonumber(code:sub(2, 2))]
end

-- How an entry is brought about, as lines: a script, a command, or both.
local function example(entry)
  local lines = {}
  for line in (entry.script or ""):gmatch("[^\n]+") do lines[#lines + 1] = "  " .. line end
  local words = entry.command or { "run", "FILE", not entry.real and "--virtual" or nil }
  lines[#lines + 1] = "    dhcplab " .. table.concat(words, " "):gsub("FILE", entry.script and "mine.lua" or "FILE")
  return table.concat(lines, "\n")
end

-- The page of a code; nil when there is no such code.
function mistakes.page(code)
  local entry = mistakes.find(code:upper())
  if not entry then return nil end
  local lines = { ("%s: %s"):format(entry.code, entry.title), "" }
  local function add(text)
    for _, line in ipairs(layout.wrap(text:gsub("%s+", " "), WIDTH - 2)) do lines[#lines + 1] = "  " .. line end
  end
  add(entry.text)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "  What to do:"
  add((entry.advice or entry.fix):gsub("^%l", string.upper):gsub("%.?$", "."))
  lines[#lines + 1] = ""
  lines[#lines + 1] = "  An example" .. (entry.script and ", in mine.lua:" or ":")
  lines[#lines + 1] = ""
  lines[#lines + 1] = example(entry)
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("  The exit status is %d."):format(mistakes.exit_status(entry.code))
  return table.concat(lines, "\n")
end

-- The page of all codes.
function mistakes.index()
  local lines = { "The errors: each has a code, and a page with more", "",
    "An error is told with its place, the line of the script, and what to do. The",
    "code in its first line stays the same from version to version." }
  local group
  for _, entry in ipairs(mistakes.list()) do
    local hundred = tonumber(entry.code:sub(2, 2))
    if hundred ~= group then
      group = hundred
      lines[#lines + 1] = ""
      lines[#lines + 1] = GROUPS[hundred]
    end
    lines[#lines + 1] = ("  %s  %s"):format(entry.code, entry.title)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help E103                 one of them at length"
  return table.concat(lines, "\n")
end

return mistakes
