-- dhcplab list: the scripts that come with the program.

local core = require "dhcplab.core"

local list = { summary = "list the bundled scripts", common = false }

-- The first comment of a script says what it shows.
local function purpose(name)
  local text = core.embedded(name) or ""
  return text:match("^%-%-%s*([^\n]*)") or ""
end

function list.run()
  if not core.embedded then return 0 end
  local names = {}
  for _, name in ipairs(core.embedded()) do
    if name:match("%.lua$") and not name:match("^dhcplab/") and name ~= "argparse.lua" and name ~= "dkjson.lua" then
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(names) do print(("%-34s %s"):format(name, purpose(name))) end
  print("\nRun one: dhcplab run NAME [--virtual]")
  return 0
end

return list
