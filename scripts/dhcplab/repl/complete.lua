-- What could follow at the prompt of `dhcplab repl`: global names, fields, methods, options. Looking runs nothing that
-- a script or the library wrote, so that the Tab key changes nothing.

local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local worlds = require "dhcplab.world"

local complete = {}

-- The names that a message, or its options, know: a number for a field, a function for a method. Theirs is a function
-- of C, which has them as its first upvalue.
local function names_of(object)
  local index = debug.getmetatable(object)
  index = index and index.__index
  local _, names = debug.getupvalue(type(index) == "function" and index or print, 1)
  return type(names) == "table" and names or {}
end

local function is_options(object) return names_of(object).codes ~= nil end

local function class_of(value)
  local meta = debug.getmetatable(value)
  local class = meta and rawget(meta, "__index")
  return type(class) == "table" and class or nil
end

-- What is behind a name that is worked out when it is asked for: dhcp.trace.
local function look_live(key)
  if key == "lan" and not worlds.current().lan then return nil end -- asking would make it
  local live = debug.getmetatable(dhcp).live[key]
  return live and live()
end

local function look(value, key)
  if type(value) == "userdata" then
    local is_known = is_options(value) and core.option(key) or math.type(names_of(value)[key]) == "integer"
    return is_known and value[key] or nil
  end
  if value == dhcp and rawget(dhcp, key) == nil then return look_live(key) end
  while type(value) == "table" do
    local found = rawget(value, key)
    if found ~= nil then return found end
    value = class_of(value)
  end
end

-- Members -------------------------------------------------------------------------------------------------------------

-- Options that a message has; once a name is begun, all that there are.
local function add_options(found, options, beginning)
  if beginning == "" then
    for name in pairs(options) do found[name] = false end
    if next(found) then return end
  end
  for _, option in ipairs(core.catalogue()) do found[option.name] = false end
end

-- Name -> whether it is a function.
local function members(value, mark, beginning)
  local found = {}
  if type(value) == "userdata" then
    if mark == "." and is_options(value) then add_options(found, value, beginning) end
    for name, kind in pairs(names_of(value)) do
      local is_method = type(kind) == "function"
      if is_method == (mark == ":") and (is_method or math.type(kind)) then found[name] = is_method end
    end
    return found
  end
  while type(value) == "table" do
    for name, member in next, value do
      local is_function = type(member) == "function"
      if found[name] == nil and (is_function or mark == ".") then found[name] = is_function end
    end
    if value == dhcp and mark == "." then
      for name in next, debug.getmetatable(dhcp).live do found[name] = false end
    end
    value = class_of(value)
  end
  return found
end

local function sorted(found, beginning)
  local list = {}
  for name, is_function in next, found do
    if type(name) == "string" and name:match("^%a[%w_]*$") and name:sub(1, #beginning) == beginning then
      list[#list + 1] = { name = name, is_function = is_function }
    end
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

-- What could stand in the place of the last name of `word`, such as "client.lease.ad": what is there of that name, and
-- a list of { name, is_function }. `env` has the global names; `made_later` those that come when they are used, each
-- with the class that it will have.
function complete.find(env, made_later, word)
  local path, mark, beginning = word:match("^(.*)([.:])([%w_]*)$")
  if not path then
    local found = members(env, ".", word)
    for name in next, made_later do found[name] = false end
    return word, sorted(found, word)
  end
  local value = env
  for name in (path:gsub(":", ".") .. "."):gmatch("(.-)%.") do
    local before = value
    value = look(before, name)
    if value == nil and before == env then value = made_later[name] end
    if value == nil then return beginning, {} end
  end
  return beginning, sorted(members(value, mark, beginning), beginning)
end

-- What to write behind `beginning`: what all have in common, and an opening bracket behind the only function.
function complete.common(beginning, list)
  local first = list[1] and list[1].name
  if not first then return "" end
  if not list[2] then return first:sub(#beginning + 1) .. (list[1].is_function and "(" or "") end
  local length = #first
  for _, one in ipairs(list) do
    while one.name:sub(1, length) ~= first:sub(1, length) do length = length - 1 end
  end
  return first:sub(#beginning + 1, length)
end

-- The names side by side.
function complete.columns(list, width)
  local widest = 0
  for _, one in ipairs(list) do widest = math.max(widest, #one.name) end
  local columns = math.max(width // (widest + 2), 1)
  local rows, lines = (#list + columns - 1) // columns, {}
  for row = 1, rows do
    local cells = {}
    for i = row, #list, rows do cells[#cells + 1] = ("%-" .. widest .. "s"):format(list[i].name) end
    lines[row] = (table.concat(cells, "  "):gsub("%s+$", ""))
  end
  return lines
end

return complete
