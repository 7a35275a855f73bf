-- Who met which requirement: the judge on captures of several programs, as one table.
--
--   dhcplab run -q --virtual tests/interop/judge_wire.lua FOLDER...
--
-- Each folder has a wire.pcap, and a file `senders` with lines "ADDRESS PROGRAM" that tell who sends from where ("*" is
-- everybody else).  It may have `notes`, lines "PROGRAM RULE met|broken TEXT" about what the judge cannot know.  A rule
-- is met when a message was seen that it speaks about, and none that breaks it.  Ends with status 1 when the program
-- `dhcplab` broke a MUST, or sent nothing.

local core = require "dhcplab.core"
local judge = require "dhcplab.judge"
local requirements = require "dhcplab.requirements"
local rules = require "dhcplab.rules"

local programs, seen_program = {}, {}
local marks = {}    -- marks[program][rule] = "met", or the worst level broken
local breaches = {} -- in order: { program, rule, level, count, and the first: what, where }
local by_key = {}

local function lines_of(path)
  local file = io.open(path)
  local lines = {}
  for line in file and file:lines() or function() end do lines[#lines + 1] = line end
  if file then file:close() end
  return lines
end

local function marks_of(program)
  if not seen_program[program] then
    seen_program[program] = true
    programs[#programs + 1] = program
    marks[program] = {}
  end
  return marks[program]
end

local function meet(program, rule)
  local own = marks_of(program)
  own[rule] = own[rule] or "met"
end

local function break_rule(program, rule, level, what, where)
  local own = marks_of(program)
  if own[rule] ~= "MUST" then own[rule] = level end
  local key = ("%s %s %s"):format(program, rule, level)
  local entry = by_key[key]
  if not entry then
    entry = { program = program, rule = rule, level = level, what = what, where = where, count = 0 }
    by_key[key] = entry
    breaches[#breaches + 1] = entry
  end
  entry.count = entry.count + 1
end

-- What the judge compares with earlier messages, apart from the tables.
local sequels <const> = {
  selecting = { "C-06", "C-13", "X-12" }, renewing = { "C-13" }, rebinding = { "C-13" }, release = { "C-13" },
  offer = { "M-09", "S-24", "S-25" }, ack = { "M-09", "S-24", "S-25", "S-29" },
  inform_ack = { "M-09", "S-24", "S-25" }, nak = { "M-09" },
}
local of_relays <const> = { { "R-02", "R-03", "R-04", "R-07" }, { "R-04", "R-06", "R-10" } } -- by op

-- Marks the rules that speak about a message: a "may" asks for nothing.
local function meet_rules(program, message)
  for _, rule in ipairs { "M-01", "M-02", "M-03", "M-04", "M-15" } do meet(program, rule) end
  if program == "dhcrelay" then
    for _, rule in ipairs(of_relays[message.op] or {}) do meet(program, rule) end
    return
  end
  local is_direct = message.giaddr == "0.0.0.0"
  local column = rules.column(message, nil, not is_direct)
  if not column then return end
  for _, name in ipairs(rules.field_names(column)) do
    local cell = rules.field(column, name)
    if cell.want ~= "any" then meet(program, cell.rule) end
  end
  for _, option in ipairs(core.catalogue()) do
    local cell = rules.option(column, option.code)
    local is_extension = cell.rule:find("^E%-") and not message.options:has(option.code)
    if cell.word ~= "may" and not is_extension then meet(program, cell.rule) end
  end
  for _, rule in ipairs(sequels[column] or {}) do meet(program, rule) end
  if rules.is_reply(column) then
    local has_address = message.ciaddr ~= "0.0.0.0"
    meet(program, not is_direct and "X-02" or has_address and "X-03" or message.broadcast and "X-04" or "X-05")
  elseif is_direct and rules.destination(column).want ~= "broadcast or server" then
    meet(program, rules.destination(column).rule)
  end
end

local function read_leg(folder)
  local capture, leg = folder .. "/wire.pcap", folder:match("[^/]+$")
  local senders = {}
  for _, line in ipairs(lines_of(folder .. "/senders")) do
    local address, program = line:match("^(%S+) (%S+)$")
    senders[address] = program
  end
  local sender_of = {}
  local reader = assert(core.open_capture(capture))
  while true do
    local record = reader:next()
    if not record then break end
    local frame = core.frame(record.link, record.frame)
    local message = frame and frame.kind == "udp" and core.decode(frame.payload)
    if message then
      local program = senders[frame.src:match("^[^:]+")] or senders["*"]
      sender_of[record.number] = program
      meet_rules(program, message)
    end
  end
  reader:close()
  for _, breach in ipairs(assert(judge.capture(capture))) do
    local text = ("%s: %s%s"):format(breach.field, breach.what, breach.got and ", got " .. breach.got or "")
    break_rule(sender_of[breach.packet], breach.rule, breach.level, text, ("%s, packet %d"):format(leg, breach.packet))
  end
  for _, line in ipairs(lines_of(folder .. "/notes")) do
    local program, rule, verdict, text = line:match("^(%S+) (%S+) (%S+) ?(.*)$")
    if verdict == "met" then
      meet(program, rule)
    else
      break_rule(program, rule, requirements[rule].level, text, leg)
    end
  end
end

for _, folder in ipairs { ... } do read_leg(folder) end

-- ---- the table: a line per rule, a column per program; "-" where nothing was seen that it speaks about

local heading = ("%-5s %-6s"):format("rule", "level")
for _, program in ipairs(programs) do heading = heading .. (" %-9s"):format(program) end
print((heading:gsub(" +$", "")))
for _, row in ipairs(requirements) do
  local line, is_seen = ("%-5s %-6s"):format(row.id, row.level), false
  for _, program in ipairs(programs) do
    local mark = marks[program][row.id]
    is_seen = is_seen or mark ~= nil
    line = line .. (" %-9s"):format(not mark and "-" or mark == "met" and mark or "broken")
  end
  if is_seen then print(line .. " " .. row.text) end
end

local is_clean = true
for _, entry in ipairs(breaches) do
  print(("%s breaks %s %s%s: %s (%s)"):format(entry.program, entry.level, entry.rule,
    entry.count > 1 and (", %d times"):format(entry.count) or "", entry.what, entry.where))
  if entry.program == "dhcplab" and entry.level == "MUST" then is_clean = false end
end
return is_clean and seen_program.dhcplab == true
