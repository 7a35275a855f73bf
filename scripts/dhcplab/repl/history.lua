-- The lines that were typed at the prompt of `dhcplab repl`, kept from one day to the next in
-- $XDG_STATE_HOME/dhcplab/history. What cannot be read or written is no reason to stop.

local quote = require("dhcplab.replay").quote

local history = {}
local History = {}
History.__index = History

local MOST <const> = 1000 -- lines that are read back

-- Where it lies: nil when there is no place for it. `env`: os.getenv, for tests another.
local function folder_of(env)
  local state = env("XDG_STATE_HOME")
  if state and state:sub(1, 1) == "/" then return state .. "/dhcplab" end -- the specification wants it so
  local home = env("HOME")
  return home and home ~= "" and home .. "/.local/state/dhcplab" or nil
end

function history.new(env)
  return setmetatable({ folder = folder_of(env or os.getenv) }, History)
end

-- The lines of earlier days, the oldest first.
function History:load()
  local lines, file = {}, self.folder and io.open(self.folder .. "/history", "r")
  if not file then return lines end
  for line in file:lines() do lines[#lines + 1] = line end
  file:close()
  self.last = lines[#lines]
  return table.move(lines, math.max(1, #lines - MOST + 1), #lines, 1, {})
end

-- Keeps a line, at once. False when it was the last one already, or is empty.
function History:add(line)
  if line == self.last or not line:find("%S") then return false end
  self.last = line
  if not self.folder then return true end
  local file = io.open(self.folder .. "/history", "a")
  if not file and not self.is_made then
    self.is_made = true
    os.execute("mkdir -p -m 700 " .. quote(self.folder) .. " 2>/dev/null")
    file = io.open(self.folder .. "/history", "a")
  end
  if file then
    file:write(line, "\n")
    file:close()
  end
  return true
end

return history
