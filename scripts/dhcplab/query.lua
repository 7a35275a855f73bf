-- Questions about a trace: which packets there were, how many, in which order.
--
-- A filter is a table of what must be so: { type = "offer", from = "server", mac = "02:...", fate = "delivered",
-- options = { host_name = "x" } }, with the keys of a record and the fields of a message. A value may be a list (any of
-- them) or a function (called with what is there). `after`, `before` (seconds, or a record) and `between` = { a, b }
-- limit the time, both ends included. A text is short for { type = text }; a function judges the whole record.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"

local query = {}

local of_record <const> = { at = true, seq = true, from = true, to = true, src = true, dst = true, rfc_dst = true,
                            fate = true, cause = true, foreign = true, node = true, receivers = true, drops = true }
local sample

-- A field of a message that nobody has is a mistake, told with the nearest name.
local function check_field(key)
  sample = sample or core.message { type = "discover", mac = "02:00:00:00:00:01" }
  if pcall(function() return sample[key] end) then return end
  local known = { "type", "mac", "options", "after", "before", "between" }
  table.move(order.keys(of_record), 1, #order.keys(of_record), #known + 1, known)
  for _, field in ipairs(core.fields()) do known[#known + 1] = field.name end
  problem.blame(("trace filter: nothing is called \"%s\"%s"):format(tostring(key), problem.hint(key, known)), "E103")
end

-- A type that does not exist would match nothing, which a test might take for success.
local function check_types(wanted)
  for _, name in ipairs(type(wanted) == "table" and wanted or { wanted }) do
    if type(name) == "string" and not core.type_number(name) then messages.refuse_type("trace filter", name) end
  end
end

local function one_of(wanted, got)
  local kind = type(wanted)
  if kind == "function" then return wanted(got) and true or false end
  if kind == "table" and not getmetatable(wanted) then
    for _, one in ipairs(wanted) do
      if one == got then return true end
    end
    return false
  end
  return wanted == got
end

-- Whether a record reached or was meant for one of these.
local function is_for(wanted, record)
  if one_of(wanted, record.to) then return true end
  for _, name in ipairs(record.receivers or {}) do
    if one_of(wanted, name) then return true end
  end
  return false
end

local function has_options(wanted, message)
  if not message then return false end
  for name, value in pairs(wanted) do
    if not one_of(value, message.options[name]) then return false end
  end
  return true
end

local function moment(value, key)
  if type(value) == "table" and value.seq then return value end
  local seconds = core.duration(value)
  if not seconds then problem.blame(("trace filter: %s takes seconds or a record"):format(key), "E111") end
  return { at = seconds }
end

local function is_after(record, mark)
  if mark.seq then return record.seq > mark.seq end
  return record.at >= mark.at
end

local function is_before(record, mark)
  if mark.seq then return record.seq < mark.seq end
  return record.at <= mark.at
end

local special = {
  to = function(wanted) return function(record) return is_for(wanted, record) end end,
  options = function(wanted) return function(record) return has_options(wanted, record.message) end end,
  after = function(value)
    local mark = moment(value, "after")
    return function(record) return is_after(record, mark) end
  end,
  before = function(value)
    local mark = moment(value, "before")
    return function(record) return is_before(record, mark) end
  end,
  between = function(value)
    if type(value) ~= "table" then problem.blame("trace filter: between takes { from, to }", "E108") end
    local first, last = moment(value[1], "between"), moment(value[2], "between")
    return function(record) return is_after(record, first) and is_before(record, last) end
  end,
}

local function test_of(key, wanted)
  if special[key] then return special[key](wanted) end
  if of_record[key] then return function(record) return one_of(wanted, record[key]) end end
  check_field(key)
  if key == "type" then check_types(wanted) end
  return function(record)
    local message = record.message
    return message ~= nil and one_of(wanted, message[key])
  end
end

-- A filter as a function of a record.
function query.compile(filter)
  if filter == nil then return function() return true end end
  if type(filter) == "function" then return filter end
  if type(filter) == "string" then filter = { type = filter } end
  if type(filter) ~= "table" then problem.blame("a trace filter is a table, a message type or a function", "E108") end
  local tests = {}
  for _, key in ipairs(order.keys(filter)) do tests[#tests + 1] = test_of(key, filter[key]) end
  return function(record)
    for i = 1, #tests do
      if not tests[i](record) then return false end
    end
    return true
  end
end

-- A filter in words, for reports.
function query.text(filter)
  if filter == nil then return "any packet" end
  if type(filter) == "function" then return "a packet of the script's choice" end
  if type(filter) == "string" then return filter end
  return require("dhcplab.values").show(filter)
end

-- What a trace answers ---------------------------------------------------------------------------------------------

-- All records that the filter takes, in order.
function query.find(trace, filter)
  local wanted, found = query.compile(filter), {}
  for i = trace.first, trace.last do
    if wanted(trace[i]) then found[#found + 1] = trace[i] end
  end
  return found
end

function query.count(trace, filter) return #query.find(trace, filter) end

function query.find_first(trace, filter)
  local wanted = query.compile(filter)
  for i = trace.first, trace.last do
    if wanted(trace[i]) then return trace[i] end
  end
end

function query.find_last(trace, filter)
  local wanted = query.compile(filter)
  for i = trace.last, trace.first, -1 do
    if wanted(trace[i]) then return trace[i] end
  end
end

-- Whether packets came in this order, others in between allowed: the records, one for each filter of the list; or nil
-- and the place in the list of the first one that is missing. `among` limits which packets are looked at.
function query.sequence(trace, list, among)
  local looked_at, found, from = query.compile(among), {}, trace.first
  for place, filter in ipairs(list) do
    local wanted = query.compile(filter)
    while from <= trace.last and not (looked_at(trace[from]) and wanted(trace[from])) do from = from + 1 end
    if from > trace.last then return nil, place end
    found[place] = trace[from]
    from = from + 1
  end
  return found
end

-- Adds them to traces as methods.
function query.extend(Trace)
  for _, name in ipairs { "find", "count", "find_first", "find_last", "sequence" } do Trace[name] = query[name] end
end

return query
