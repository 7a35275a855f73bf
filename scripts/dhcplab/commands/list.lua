-- dhcplab list: the scripts that come with the program.

local core = require "dhcplab.core"

local list = { summary = "list the bundled scripts", common = false }

local bundled <const> = { ["argparse.lua"] = true, ["dkjson.lua"] = true }

-- The first comment of a script says what it shows.
local function purpose(name)
  local text = core.embedded(name) or ""
  return text:match("^%-%-%s*([^\n]*)") or ""
end

function list.run()
  if not core.embedded then return 0 end
  local names = {}
  for _, name in ipairs(core.embedded()) do
    local is_other = name:match("^dhcplab/") or name:match("^lessons/") or bundled[name]
    if name:match("%.lua$") and not is_other then
      names[#names + 1] = name
    end
  end
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
