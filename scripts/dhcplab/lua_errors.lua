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

-- What more can be said: an addition to the message, the likely reason, what to do; each may be nil.
function lua_errors.explain(code, plain, place)
  local kind, name = plain:match("%((%l+) '([%w_]+)'%)")
  if not name then return nil end
  if code == "E131" and (kind == "method" or kind == "field") then
    local near = suggest(name, callable(name, place))
    if near == name then return nil, "what stands before the name is not what has such a function" end
    return near and ("; did you mean \"%s\"?"):format(near)
  end
  if kind == "field" and plain:find("a nil value") then
    return nil, why_nil(name, place) or place and reason_of((excerpt.lines_until(place) or {})[place.line] or "")
  end
  if code ~= "E130" then return nil, plain:find("a nil value") and why_nil(name, place) or nil end
  return nil, why_nil(name, place), ("look at it first: if not %s then return end"):format(name)
end

return lua_errors
