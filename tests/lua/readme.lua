-- The README files as data: their blocks and the commands in their tables, in order.
--
-- tests/README.md says what the kinds of blocks mean; readme_test.lua runs them.

local t = require "harness"

local readme = {}

-- Every README.md of the tree, without what was built.
function readme.files()
  local files = {}
  local out = t.run("find . -name build -prune -o -name '.?*' -prune -o -name README.md -print | LC_ALL=C sort")
  for path in out:gmatch("%./([^\n]+)\n") do files[#files + 1] = path end
  return files
end

-- A line for the shell as { line, status }: what is typed, and how it ends.
local function command_of(line)
  local typed, remark = line:match("^(.-)%s+#%s(.*)$")
  return { line = typed or line, status = tonumber((remark or ""):match("exit status (%d+)")) or 0 }
end

local function commands_of(text)
  local commands = {}
  for line in text:gsub("\\\n%s*", ""):gmatch("[^\n]+") do
    if not line:match("^%s*#") then commands[#commands + 1] = command_of(line) end
  end
  return commands
end

-- The commands in one row of a table.
local function commands_of_row(row)
  local commands = {}
  for code in row:gmatch("`([^`]+)`") do
    if code:match("^build/dhcplab") or code:match("^make ") then commands[#commands + 1] = command_of(code) end
  end
  return commands
end

-- A list of { kind, info, text, commands, section, at }: blocks by their language, and rows of tables (kind "row").
-- A new section begins with each heading and each row. Also gives the numbers of lines that look like a block by
-- their indentation.
function readme.read(path)
  local items, indented = {}, {}
  local section, number, open, blank, in_list = 0, 0, nil, true, false
  for line in (t.read(path) .. "\n"):gmatch("(.-)\n") do
    number = number + 1
    local kind, info = line:match("^```(%a*)%s*(.-)$")
    if open and kind then
      open.text = table.concat(open.lines, "\n") .. "\n"
      if open.kind == "sh" then open.commands = commands_of(open.text) end
      items[#items + 1], open = open, nil
    elseif open then
      open.lines[#open.lines + 1] = line
    elseif kind then
      open = { kind = kind, info = info, lines = {}, section = section, at = ("%s:%d"):format(path, number) }
    elseif line:match("^#") then
      section = section + 1
    elseif line:match("^|") then
      section = section + 1
      local commands = commands_of_row(line)
      if commands[1] then
        items[#items + 1] = { kind = "row", info = "", commands = commands, section = section,
                              at = ("%s:%d"):format(path, number) }
      end
    elseif blank and line:match("^    ") and not in_list then
      indented[#indented + 1] = number
    end
    blank = line == ""
    in_list = line:match("^%s*[-*%d]") ~= nil or in_list and line:match("^%s") ~= nil or in_list and blank
  end
  if open then error(open.at .. ": the block has no end") end
  return items, indented
end

-- ---- what a block shows, against what came

-- Times, seeds and drawn hardware addresses are different each time.
local function without_chance(text)
  return (text:gsub("%d+%.%d%d%d+", "0.000"):gsub("%x%x:%x%x:%x%x:%x%x:%x%x:%x%x", "00:00:00:00:00:00")
    :gsub("seed %d+", "seed 0"):gsub("[ \t]+\n", "\n"))
end

-- The part of `shown` that does not come, or nil. Lines of "..." stand for any lines.
function readme.missing(shown, got)
  got = "\n" .. without_chance(got)
  local at, is_free = 1, false
  for part in (without_chance(shown):gsub("%f[^\n\0]%.%.%.\n", "\0") .. "\0"):gmatch("([^\0]*)\0") do
    if part ~= "" then
      local from, to = got:find("\n" .. part, at, true)
      if not from or not is_free and from ~= at then return part end
      at = to -- the line end is the next part's beginning
    end
    is_free = true
  end
  if not shown:match("%.%.%.\n$") and at ~= #got then return "(the end)" end
end

return readme
