-- dhcplab list: the scripts that come with the program.

local core = require "dhcplab.core"

local list = { summary = "list the bundled scripts", common = false }

local libraries <const> = { ["argparse.lua"] = true, ["dkjson.lua"] = true }

-- The first comment of a script says what it shows, in lines up to the first that ends with a full stop.
local function purpose(name)
  local lines = {}
  for line in (core.embedded(name) or ""):gmatch("[^\n]*") do
    lines[#lines + 1] = line:match("^%-%-%s*(.*)")
    if not line:match("^%-%-") or line:match("%.$") then break end
  end
  return table.concat(lines, " ")
end

-- The names of all bundled scripts.
function list.names()
  local names = {}
  for _, name in ipairs(core.embedded and core.embedded() or {}) do
    local is_other = name:match("^dhcplab/") or name:match("^lessons/") or libraries[name]
    if name:match("%.lua$") and not is_other then
      names[#names + 1] = name
    end
  end
  return names
end

function list.run()
  if not core.embedded then return 0 end
  local names = list.names()
  local layout = require "dhcplab.layout"
  local width = require("dhcplab.term").new({}).width
  for _, name in ipairs(names) do
    local lines = layout.wrap(purpose(name), math.max(width - 43, 30))
    for i, line in ipairs(lines) do print(("%-42s %s"):format(i == 1 and name or "", line)) end
  end
  print("\nRun one: dhcplab run NAME [--virtual]")
  return 0
end

return list
