-- Lua without its sources of disorder, for scripts: what depends on addresses in memory, on the seed of Lua's string
-- hashes or on the garbage collector in stock Lua is the same in each run here. sandbox.lua gives these functions to
-- scripts; the library itself uses Lua's own and must not depend on such things.
--
-- Order of keys (pairs, next): positive whole numbers rising, other numbers rising, texts in the order of their octets,
-- false, true, then functions of C, then tables, functions, userdata and threads in the order in which they were made.
-- Names (tostring, print, string.format): "table: 1" is the first table that the run has named.
--
-- Not closed: `#t` of a table with holes may be any of its borders, as Lua says; what reaches outside (io, os.getenv,
-- os.tmpname, C modules) is as it is there.

local core = require "dhcplab.core"

local order = {}

local get_metatable, math_type, raw_format = debug.getmetatable, math.type, string.format
local lua_pairs, lua_sort, lua_next = pairs, table.sort, next

-- Names --------------------------------------------------------------------------------------------------------------

local REFERENCE <const> = { table = true, ["function"] = true, thread = true, userdata = true }
local run -- what has been named and seen since begin()

-- Forgets all names: another run begins.
function order.begin()
  run = { names = setmetatable({}, { __mode = "k" }), counts = {}, seen = setmetatable({}, { __mode = "k" }), last = 0,
          places = setmetatable({}, { __mode = "k" }), texts = {}, cursors = setmetatable({}, { __mode = "k" }) }
end
order.begin()

local function number_of(value, kind, names)
  local number = names[value]
  if not number then
    number = (run.counts[kind] or 0) + 1
    names[value], run.counts[kind] = number, number
  end
  return number
end

-- tostring without addresses.
function order.tostring(...)
  if select("#", ...) == 0 then error("bad argument #1 to 'tostring' (value expected)", 2) end
  local value = ...
  local kind = type(value)
  if not REFERENCE[kind] then return tostring(value) end
  local meta = get_metatable(value)
  local file = kind == "userdata" and io.type(value)
  if file then
    if file == "closed file" then return tostring(value) end
    return "file (" .. number_of(value, "file", run.names) .. ")"
  end
  if meta then
    if rawget(meta, "__tostring") ~= nil then return tostring(value) end
    local name = rawget(meta, "__name")
    if type(name) == "string" then kind = name end
  end
  return kind .. ": " .. number_of(value, kind, run.names)
end

-- What %p shows: a number in the place of the address.
local function place_of(value)
  local kind = type(value)
  if kind == "string" then return raw_format("0x%08x", number_of(value, "text", run.texts)) end
  return REFERENCE[kind] and raw_format("0x%08x", number_of(value, "place", run.places)) or "(null)"
end

-- debug.traceback: a function that is in two modules is called by one of the two names, as the hashes have it; so both
-- are left out.
function order.traceback(...)
  local first, level = ...
  local text
  if type(first) == "thread" then
    text = debug.traceback(...)
  elseif type(first) ~= "string" and first ~= nil then
    return first
  else
    text = debug.traceback(first, (level or 1) + 1)
  end
  return (text:gsub("in function '[%w_.]+[.]([%w_]+)'", "in function '%1'"))
end

-- string.format where an address could show: those arguments become texts first.
local function careful(format, ...)
  local given, at = table.pack(...), 0
  local changed = format:gsub("%%([-+ #0]*%d*%.?%d*)(.?)", function(flags, letter)
    if letter == "%" then return nil end
    at = at + 1
    local value = given[at]
    if letter == "p" and at <= given.n then
      given[at] = place_of(value)
      return "%" .. flags .. "s"
    elseif letter == "s" and REFERENCE[type(value)] then
      given[at] = order.tostring(value)
    end
  end)
  local results = table.pack(pcall(raw_format, changed, table.unpack(given, 1, given.n)))
  if results[1] then return results[2] end
  error(tostring(results[2]):gsub("to '%?'", "to 'format'", 1), 3)
end

-- Methods of texts are shared by all; so this one is for the library too, and costs nothing where no address shows.
if core.careful_format then rawset(string, "format", core.careful_format(raw_format, careful)) end

-- Keys ---------------------------------------------------------------------------------------------------------------

local UNSEEN <const> = math.mininteger

-- Functions of C are not made during the run: they count in the order of the names they have in Lua's libraries.
local function see_libraries()
  local places = { core }
  for _, name in ipairs { "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8", "_G" } do
    places[#places + 1] = package.loaded[name]
  end
  for _, place in ipairs(places) do
    local names = {}
    for name, value in lua_next, place do
      if type(value) == "function" and type(name) == "string" then names[#names + 1] = name end
    end
    lua_sort(names)
    for _, name in ipairs(names) do
      run.last = run.last + 1
      run.seen[place[name]] = run.seen[place[name]] or run.last
    end
  end
  run.libraries = true
end

-- Where a table, function, userdata or thread stands among those.
local function rank_of(value)
  local born = core.born and core.born(value)
  if born then return born end
  if not run.libraries then see_libraries() end
  local seen = run.seen[value]
  if not seen then
    run.last = run.last + 1
    seen = run.last
    run.seen[value] = seen
  end
  return UNSEEN + seen
end

local function is_made_before(a, b) return rank_of(a) < rank_of(b) end

local function class_of(key)
  local kind = type(key)
  if kind == "number" then return math_type(key) == "integer" and key > 0 and 1 or 2 end
  if kind == "string" then return 3 end
  return kind == "boolean" and 4 or 5
end

local function comes_before(a, b)
  local x, y = class_of(a), class_of(b)
  if x ~= y then return x < y end
  if x <= 3 then return a < b end
  if x == 4 then return not a and b end
  return is_made_before(a, b)
end

local function is_rising(list)
  for i = 2, #list do
    if list[i - 1] > list[i] then return false end
  end
  return true
end

-- The keys of a table in their order.
function order.keys(t)
  local classes = { {}, {}, {}, {}, {} }
  for key in lua_next, t do
    local class = classes[class_of(key)]
    class[#class + 1] = key
  end
  local keys = classes[1]
  if not is_rising(keys) then lua_sort(keys) end
  lua_sort(classes[2])
  lua_sort(classes[3])
  if classes[4][1] ~= nil then lua_sort(classes[4], comes_before) end
  if classes[5][1] ~= nil then lua_sort(classes[5], is_made_before) end
  for i = 2, 5 do table.move(classes[i], 1, #classes[i], #keys + 1, keys) end
  return keys
end

local function check_table(t, name)
  if type(t) ~= "table" then
    error(("bad argument #1 to '%s' (table expected, got %s)"):format(name, t == nil and "nil" or type(t)), 3)
  end
end

-- pairs: the keys that are there at its beginning; one that is taken out meanwhile does not come.
function order.pairs(t)
  local meta = get_metatable(t)
  if meta and rawget(meta, "__pairs") ~= nil then return lua_pairs(t) end
  check_table(t, "pairs")
  local keys, at = order.keys(t), 0
  return function()
    while true do
      at = at + 1
      local key = keys[at]
      if key == nil then return nil end
      local value = rawget(t, key)
      if value ~= nil then return key, value end
    end
  end, t, nil
end

local function first_of(t)
  if rawget(t, 1) ~= nil then return 1, t[1] end
  local first = lua_next(t)
  if first == nil then return nil end
  for key in lua_next, t do
    if key ~= first and comes_before(key, first) then first = key end
  end
  return first, rawget(t, first)
end

-- A traversal with next remembers its keys, as pairs does, until it is through or begins anew.
local function cursor_at(t, key)
  local cursor = run.cursors[t]
  if cursor and cursor.keys[cursor.at] == key then return cursor end
  local keys = order.keys(t)
  local low, high = 1, #keys + 1
  while low < high do -- the first one after `key`
    local middle = (low + high) // 2
    if comes_before(key, keys[middle]) then high = middle else low = middle + 1 end
  end
  cursor = { keys = keys, at = low - 1 }
  run.cursors[t] = cursor
  return cursor
end

-- next: the key after `key` in the order, whether `key` is still there or not.
function order.next(t, key)
  check_table(t, "next")
  if key == nil then
    run.cursors[t] = nil
    return first_of(t)
  end
  if math_type(key) == "integer" and key > 0 and not run.cursors[t] then
    local value = rawget(t, key + 1)
    if value ~= nil then return key + 1, value end
  end
  local cursor = cursor_at(t, key)
  while true do
    cursor.at = cursor.at + 1
    local found = cursor.keys[cursor.at]
    if found == nil then
      run.cursors[t] = nil
      return nil
    end
    local value = rawget(t, found)
    if value ~= nil then return found, value end
  end
end

-- Sorting ------------------------------------------------------------------------------------------------------------

local function is_less(a, b)
  local kind = type(a)
  if kind == type(b) and (kind == "number" or kind == "string") then return a < b end
  local ok, result = pcall(function() return a < b end)
  if ok then return result end
  error(type(result) == "string" and result:gsub("^%(?[^:]*:%d+: ", "") or result, 4) -- in the caller of sort
end

-- Merges the runs from..middle and middle+1..to of `list` into `out`; of equals the earlier first.
local function merge(list, out, from, middle, to, less)
  local i, j = from, middle + 1
  for k = from, to do
    if j > to or i <= middle and not less(list[j], list[i]) then
      out[k], i = list[i], i + 1
    else
      out[k], j = list[j], j + 1
    end
  end
end

-- table.sort that keeps equals in their order, and never depends on chance: an order that contradicts itself gives some
-- permutation, the same one each time, and no error.
function order.sort(t, less)
  if less ~= nil and type(less) ~= "function" then
    error(("bad argument #2 to 'sort' (function expected, got %s)"):format(type(less)), 2)
  end
  if type(t) ~= "table" and get_metatable(t) == nil then check_table(t, "sort") end
  less = less or is_less
  local list, out, count = {}, {}, #t
  for i = 1, count do list[i] = t[i] end
  local width = 1
  while width < count do
    for from = 1, count, 2 * width do
      merge(list, out, from, math.min(from + width - 1, count), math.min(from + 2 * width - 1, count), less)
    end
    list, out, width = out, list, 2 * width
  end
  for i = 1, count do t[i] = list[i] end
end

-- The garbage collector ----------------------------------------------------------------------------------------------

-- When the collector runs depends on all that has been made, by the library too. So a script sees nothing of it: weak
-- tables of its own are strong, __gc is never called (a `<close>` variable is the way), and the memory in use is 0.
function order.setmetatable(t, meta)
  if type(meta) == "table" and type(t) == "table" then
    if rawget(meta, "__mode") ~= nil then rawset(meta, "__mode", nil) end
    local finalizer = rawget(meta, "__gc")
    if finalizer ~= nil then
      rawset(meta, "__gc", nil)
      local ok, made = pcall(setmetatable, t, meta)
      rawset(meta, "__gc", finalizer)
      if not ok then error(made, 2) end
      return made
    end
  end
  return setmetatable(t, meta)
end

local kinds <const> = { collect = true, stop = true, restart = true, count = true, step = true, isrunning = true,
                        generational = true, incremental = true, setpause = true, setstepmul = true }

function order.collectgarbage(what)
  if what == nil or what == "collect" then collectgarbage() end
  if what == "step" or what == "isrunning" then return true end
  if what == "generational" or what == "incremental" then return "generational" end
  if what == nil or kinds[what] then return what == "count" and 0.0 or 0 end
  error(("bad argument #1 to 'collectgarbage' (invalid option '%s')"):format(order.tostring(what)), 2)
end

-- Time ---------------------------------------------------------------------------------------------------------------

-- Days from 1970-01-01 to the first of a month, in the Gregorian calendar of all times.
local function days_to(year, month)
  year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
  local shifted = month > 2 and year or year - 1 -- years from March, so that a leap day is a year's last
  local since_march = (month + 9) % 12
  return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (since_march * 153 + 2) // 5 - 719468
end

-- os.time{...} where the clock of the lab shows UTC, whatever the machine's time zone is.
function order.utc_time(fields)
  local function field(name, default)
    local value = fields[name]
    if value == nil then value = default end
    value = math.tointeger(tonumber(value))
    if not value then
      error(("field '%s' %s"):format(name, fields[name] == nil and "missing in date table" or "is not an integer"), 3)
    end
    return value
  end
  local days = days_to(field "year", field "month") + field "day" - 1
  local seconds = days * 86400 + field("hour", 12) * 3600 + field("min", 0) * 60 + field("sec", 0)
  for name, value in lua_next, os.date("!*t", seconds) do fields[name] = value end
  return seconds
end

return order
