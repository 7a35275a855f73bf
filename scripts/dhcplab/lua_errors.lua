-- What Lua itself says when it stops a script: which code that is, and what most likely lies behind it.

local excerpt = require "dhcplab.excerpt"
local suggest = require "dhcplab.suggest"

local lua_errors = {}

-- The first that matches the message, without its place, counts.
local PATTERNS <const> = {
  { "^interrupted while computing", 130 }, -- an exit status: Ctrl-C is no mistake
  { "^attempt to index a ", "E130" },
  { "^bad argument #%d+ to 'for iterator'", "E130" },
  { "^attempt to call a ", "E131" },
  { "^attempt to %l+ ", "E132" }, -- perform arithmetic, concatenate, compare, get length of
  { "'for' %l+ ", "E132" }, -- initial value, limit, step
  { "^number has no integer representation", "E132" },
  { "^calling '.-' on bad self", "E133" },
  { "^bad argument #", "E133" },
  { "^module '.-' not found", "E134" },
  { "stack overflow", "E135" },
  { "^not enough memory", "E135" },
}

-- What the calls that wait give beside nil.
local REASONS <const> = { timeout = true, nak = true, declined = true, refused = true, stopped = true, expired = true }

-- What a call gives when it gives nil.
local CALLS <const> = {
  { "[:.]discover%s*%(", 'client:discover() gives nil, "timeout" when no OFFER comes' },
  { "[:.]request%s*%(", 'client:request() gives nil and "nak" or "timeout" when no ACK comes' },
  { "[:.]acquire%s*%(", "client:acquire() gives nil and a reason when there is no lease" },
  { "[:.]re[nb][ei]n?[wd]%s*%(", 'this gives nil and "nak" or "timeout" when no ACK comes' },
  { "[:.]reboot%s*%(", 'client:reboot() gives nil and "nak" or "timeout" when no ACK comes' },
  { "[:.]inform%s*%(", 'client:inform() gives nil, "timeout" when no ACK comes' },
  { "[:.]receive%s*[%({]", 'client:receive{} gives nil, "timeout" when nothing comes' },
  { "dhcp%.decode%s*%(", "dhcp.decode() gives nil and what is wrong for octets that are no message" },
  { "%.lease%f[^%w_]%s*$", "client.lease is nil while the client has none" },
  { "%.options[.%[]", "an option that the message does not carry is nil" },
  { "dhcp%.param%.", "dhcp.param.NAME is nil unless --set NAME=VALUE gave it" },
}

-- The code for what was raised, when it carries none; `plain` is its message without its place.
function lua_errors.code(plain)
  for _, each in ipairs(PATTERNS) do
    if plain:find(each[1]) then return each[2] end
  end
  return REASONS[plain] and "E137" or "E136"
end

local function reason_of(expression)
  for _, each in ipairs(CALLS) do
    if expression:find(each[1]) then return each[2] end
  end
end

-- Why the variable or field of that name is nil: from the expression that it was last assigned from.
local function why_nil(name, place)
  local lines = place and excerpt.lines_until(place)
  if not lines then return nil end
  for number = #lines, 1, -1 do
    local expression = lines[number]:match("%f[%w_]" .. name .. "%f[^%w_][%w_,%s]*=%s*([^=].*)$")
    local reason = expression and reason_of((expression:gsub("%-%-.*$", "")))
    if reason then return ("%s is from line %d: %s"):format(name, number, reason) end
    if expression then return nil end
  end
end

-- The names of functions and methods that the pages of help show.
local function documented()
  local names, seen = {}, {}
  for _, source in ipairs { "reference", "guide" } do
    for _, topic in ipairs(require("dhcplab.help." .. source)) do
      for name in topic.text:gmatch("%a[:.]([%l_]+)%s*[({]") do
        if not seen[name] then seen[name], names[#names + 1] = true, name end
      end
    end
  end
  table.sort(names)
  return names
end

local LIBRARIES <const> = { "coroutine", "debug", "io", "math", "os", "string", "table", "utf8" }

-- The names that stand near the one that was called: those of one of Lua's libraries, or the lab's.
local function callable(name, place)
  local lines = place and excerpt.lines_until(place)
  local owner = lines and lines[#lines]:match("%f[%w_]([%w_]+)%." .. name .. "%f[^%w_]")
  for _, library in ipairs(LIBRARIES) do
    if owner == library then
      local names = {}
      for key in pairs(_G[library]) do names[#names + 1] = key end
      table.sort(names)
      return names
    end
  end
  return documented()
end

-- A method called with a point: "client.discover", "client:discover"; nil when the line at this place has none.
function lua_errors.colonless(place)
  local lines = excerpt.lines_until(place)
  local known = {}
  for _, name in ipairs(documented()) do known[name] = true end
  for owner, name in (lines and lines[#lines] or ""):gmatch("%f[%w_.]([%w_]+)%.([%l_]+)%s*[({]") do
    if owner ~= "dhcp" and known[name] then return owner .. "." .. name, owner .. ":" .. name end
  end
end

-- Why there is no function of that name, and the nearest one that there is.
local function explain_call(name, place)
  local near = suggest(name, callable(name, place))
  if near == name then return nil, "what stands before the name is not what has such a function" end
  return near and ("; did you mean \"%s\"?"):format(near)
end

-- What more can be said: an addition to the message, the likely reason, what to do; each may be nil.
function lua_errors.explain(code, plain, place)
  if not plain:find("nil", 1, true) then return nil end
  local kind, name = plain:match("%((%l+) '([%w_]+)'%)")
  if code == "E131" and (kind == "method" or kind == "field") then return explain_call(name, place) end
  local lines = place and excerpt.lines_until(place)
  local line = lines and lines[#lines] or ""
  local why = name and (why_nil(name, place) or kind == "field" and reason_of("." .. name))
  if code == "E132" then return nil, why or reason_of(line) end
  if code ~= "E130" or not name then return nil, why end
  local expression = kind == "field" and line:match("([%w_.]+%.".. name .. ")%f[^%w_]") or name
  return nil, why or reason_of(expression), ("look at it first: if not %s then return end"):format(expression)
end

return lua_errors
