-- string.find, match, gmatch and gsub whose work can be counted: Lua's own search inside C, where no limit sees them,
-- and some patterns take longer than anybody waits ("catastrophic backtracking").
--
-- A call that cannot take long goes to Lua's own function; all others are matched here, in Lua, instruction by
-- instruction. What comes out is the same. A single character is always judged by Lua itself.

local core = require "dhcplab.core"

local raw_find, raw_match, raw_gmatch, raw_gsub = string.find, string.match, string.gmatch, string.gsub
local byte, sub, char, unpack = string.byte, string.sub, string.char, table.unpack

local patterns = {}

local SHORT <const> = 4096 -- steps that Lua's own function may take at worst
local DEEPEST <const> = 200 -- as in Lua

-- Reading a pattern ---------------------------------------------------------------------------------------------------

-- The end of the set that begins at `at`.
local function end_of_set(p, at)
  local i = at + 1
  if sub(p, i, i) == "^" then i = i + 1 end
  repeat
    if i > #p then error("malformed pattern (missing ']')", 0) end
    local c = sub(p, i, i)
    i = i + (c == "%" and 2 or 1)
  until sub(p, i, i) == "]" and i <= #p
  return i
end

-- The end of the single character that begins at `at`.
local function end_of_one(p, at)
  local c = sub(p, at, at)
  if c == "[" then return end_of_set(p, at) end
  if c ~= "%" then return at end
  if at == #p then error("malformed pattern (ends with '%')", 0) end
  return at + 1
end

-- Which octets the text of a single character stands for, found out as they come.
local function judge_of(text)
  if text == "." then return function() return true end end
  if #text == 1 then
    local only = byte(text)
    return function(octet) return octet == only end
  end
  local known = {}
  return function(octet)
    local answer = known[octet]
    if answer == nil then
      answer = raw_find(char(octet), text) ~= nil
      known[octet] = answer
    end
    return answer
  end
end

local repeats <const> = { ["*"] = true, ["+"] = true, ["-"] = true, ["?"] = true }

local function read_special(p, at)
  local two = sub(p, at, at + 1)
  if two == "%b" then
    if at + 3 > #p then error("malformed pattern (missing arguments to '%b')", 0) end
    return { kind = "balance", open = byte(p, at + 2), close = byte(p, at + 3) }, at + 4
  elseif two == "%f" then
    if sub(p, at + 2, at + 2) ~= "[" then error("missing '[' after '%f' in pattern", 0) end
    local last = end_of_set(p, at + 2)
    return { kind = "frontier", judge = judge_of(sub(p, at + 2, last)) }, last + 1
  elseif raw_find(two, "^%%%d") then
    return { kind = "again", capture = byte(two, 2) - 48 }, at + 2
  end
end

-- The parts of a pattern without its "^".
local function read(p, at)
  local parts = {}
  while at <= #p do
    local c = sub(p, at, at)
    local part, behind = read_special(p, at)
    if part then
      at = behind
    elseif c == "(" then
      local is_place = sub(p, at + 1, at + 1) == ")"
      part = { kind = is_place and "place" or "open" }
      at = at + (is_place and 2 or 1)
    elseif c == ")" then
      part, at = { kind = "close" }, at + 1
    elseif c == "$" and at == #p then
      part, at = { kind = "end" }, at + 1
    else
      local last = end_of_one(p, at)
      local sign = sub(p, last + 1, last + 1)
      part = { kind = "one", judge = judge_of(sub(p, at, last)), sign = repeats[sign] and sign or nil }
      at = last + (part.sign and 2 or 1)
    end
    parts[#parts + 1] = part
  end
  return parts
end

-- Matching ------------------------------------------------------------------------------------------------------------

local go

local function go_balance(m, part, s)
  if byte(m.text, s) ~= part.open then return nil end
  local depth = 1
  for i = s + 1, #m.text do
    local c = byte(m.text, i)
    if c == part.close then
      depth = depth - 1
      if depth == 0 then return i + 1 end
    elseif c == part.open then
      depth = depth + 1
    end
  end
end

local function go_again(m, part, s)
  local capture = m.captures[part.capture]
  if capture and capture.place then return nil end
  if not capture or not capture.last then
    error(("invalid capture index %%%d"):format(part.capture), 0)
  end
  local text = sub(m.text, capture.first, capture.last)
  return sub(m.text, s, s + #text - 1) == text and s + #text or nil
end

local function go_repeat(m, n, s)
  local part, text = m.parts[n], m.text
  local judge, sign = part.judge, part.sign
  if sign == "-" then
    while true do
      local last = go(m, n + 1, s)
      if last then return last end
      if s > #text or not judge(byte(text, s)) then return nil end
      s = s + 1
    end
  end
  local most, count = sign == "?" and 1 or math.huge, 0
  while count < most and s + count <= #text and judge(byte(text, s + count)) do count = count + 1 end
  for i = count, sign == "+" and 1 or 0, -1 do
    local last = go(m, n + 1, s + i)
    if last then return last end
  end
end

local function go_capture(m, n, s)
  local captures, part = m.captures, m.parts[n]
  if part.kind == "close" then
    local open = #captures
    while open > 0 and (captures[open].last or captures[open].place) do open = open - 1 end
    if open == 0 then error("invalid pattern capture", 0) end
    captures[open].last = s - 1
    local last = go(m, n + 1, s)
    if not last then captures[open].last = nil end
    return last
  end
  if #captures == 32 then error("too many captures", 0) end
  captures[#captures + 1] = { first = s, place = part.kind == "place" or nil }
  local last = go(m, n + 1, s)
  if not last then captures[#captures] = nil end
  return last
end

local function octet_at(text, i) return byte(text, i) or 0 end

-- Where parts[n] and all behind it end that begin at s: the octet behind; nil when they do not match.
local function step(m, n, s)
  local parts, text = m.parts, m.text
  while true do
    local part = parts[n]
    if not part then return s end
    local kind = part.kind
    if kind == "one" then
      if part.sign then return go_repeat(m, n, s) end
      if s > #text or not part.judge(byte(text, s)) then return nil end
      s = s + 1
    elseif kind == "end" then
      return s == #text + 1 and s or nil
    elseif kind == "balance" or kind == "again" then
      s = (kind == "balance" and go_balance or go_again)(m, part, s)
      if not s then return nil end
    elseif kind == "frontier" then
      local before = s == 1 and 0 or byte(text, s - 1)
      if part.judge(before) or not part.judge(octet_at(text, s)) then return nil end
    else
      return go_capture(m, n, s)
    end
    n = n + 1
  end
end

function go(m, n, s)
  m.depth = m.depth + 1
  if m.depth > DEEPEST then error("pattern too complex", 0) end
  local last = step(m, n, s)
  m.depth = m.depth - 1
  return last
end

local function capture_value(m, i, first, last)
  local capture = m.captures[i]
  if not capture then
    if i > 1 then error(("invalid capture index %%%d"):format(i), 0) end
    return sub(m.text, first, last - 1)
  end
  if capture.place then return capture.first end
  if not capture.last then error("unfinished capture", 0) end
  return sub(m.text, capture.first, capture.last)
end

local function values_of(m, first, last, whole)
  local values, count = {}, #m.captures
  if count == 0 and whole then count = 1 end
  for i = 1, count do values[i] = capture_value(m, i, first, last) end
  return values
end

local function matcher(text, p)
  local anchored = sub(p, 1, 1) == "^"
  return { text = text, parts = read(p, anchored and 2 or 1), anchored = anchored, depth = 0 }
end

-- The first match at or behind `from`: where it begins, and the octet behind it.
local function search(m, from)
  for first = from, m.anchored and from or #m.text + 1 do
    m.captures, m.depth = {}, 0
    local last = go(m, 1, first)
    if last then return first, last end
  end
end

-- The functions -------------------------------------------------------------------------------------------------------

-- Whether Lua's own function may do it: each sign of repetition can multiply the work by the length of the text.
local function is_quick(text, p)
  local length, steps = #text + 1, 1
  for i = sub(p, 1, 1) == "^" and 2 or 0, #p do
    local c = i == 0 and "*" or sub(p, i, i)
    if repeats[c] or c == "%" and raw_find(p, "^[bf%d]", i + 1) then steps = steps * length end
    if steps > SHORT then return false end
  end
  steps = steps + #p
  core.charge(steps / 32)
  return steps <= SHORT
end

-- Calls f, one of Lua's functions, or what stands for it; what that raises is told at the place that called. For tail
-- calls only.
function patterns.call(name, f, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return unpack(results, 2, results.n) end
  local why = results[2]
  if type(why) ~= "string" or raw_find(why, "^[^:\n]+:%d+: ") then error(why, 0) end -- a callback's own
  error((raw_gsub(why, "to '%?'", "to '" .. name .. "'")), 2)
end

local call = patterns.call

local function texts(text, p, name)
  for i, value in ipairs { text == nil and false or text, p == nil and false or p } do
    if type(value) ~= "string" and type(value) ~= "number" then
      error(("bad argument #%d to '%s' (string expected, got %s)"):format(i, name, value and type(value) or "no value"),
        3)
    end
  end
  return tostring(text), tostring(p)
end

local function start_of(text, init)
  init = math.tointeger(tonumber(init or 1)) or error("number has no integer representation", 3)
  if init > 0 then return init end
  return init == 0 and 1 or math.max(#text + init + 1, 1)
end

function patterns.find(text, p, init, plain)
  text, p = texts(text, p, "find")
  local from = start_of(text, init)
  if plain or not raw_find(p, "[%^%$%*%+%?%.%(%)%[%]%%%-]") then
    core.charge(#text + #text * #p / 256)
    return call("find", raw_find, text, p, init, true)
  end
  if is_quick(text, p) then return call("find", raw_find, text, p, init) end
  if from > #text + 1 then return nil end
  return call("find", function()
    local m = matcher(text, p)
    local first, last = search(m, from)
    if not first then return nil end
    return first, last - 1, unpack(values_of(m, first, last, false))
  end)
end

function patterns.match(text, p, init)
  text, p = texts(text, p, "match")
  local from = start_of(text, init)
  if is_quick(text, p) then return call("match", raw_match, text, p, init) end
  if from > #text + 1 then return nil end
  return call("match", function()
    local m = matcher(text, p)
    local first, last = search(m, from)
    if not first then return nil end
    return unpack(values_of(m, first, last, true))
  end)
end

function patterns.gmatch(text, p, init)
  text, p = texts(text, p, "gmatch")
  local from, before = start_of(text, init), nil
  if is_quick(text, p) then return call("gmatch", raw_gmatch, text, p, init) end
  local m
  return function()
    return call("gmatch", function()
      m = m or matcher(text, p)
      if m.anchored then m.anchored, m.parts = false, read(p, 1) end -- "^" means itself here
      while from <= #text + 1 do
        local first, last = search(m, from)
        if not first then break end
        from = last == before and first + 1 or last
        if last ~= before then
          before = last
          return unpack(values_of(m, first, last, true))
        end
      end
      from = #text + 2
      return nil
    end)
  end
end

-- The text that takes the place of a match.
local function replacement(m, repl, first, last)
  local kind, whole = type(repl), sub(m.text, first, last - 1)
  if kind == "number" then return tostring(repl) end
  if kind == "string" then
    if not raw_find(repl, "%", 1, true) then return repl end
    return (raw_gsub(repl, "%%(.?)", function(c)
      if c == "%" then return "%" end
      if c == "0" then return whole end
      if not raw_find(c, "^%d") then error("invalid use of '%' in replacement string", 0) end
      return capture_value(m, byte(c) - 48, first, last)
    end))
  end
  local values = values_of(m, first, last, true)
  local value
  if kind == "table" then
    value = repl[values[1]]
  else
    value = repl(unpack(values))
  end
  if not value then return whole end
  if type(value) ~= "string" and type(value) ~= "number" then
    error(("invalid replacement value (a %s)"):format(type(value)), 0)
  end
  return tostring(value)
end

local function substitute(text, p, repl, most)
  local m = matcher(text, p)
  local out, from, count, before = {}, 1, 0, nil
  while count < most do
    m.captures, m.depth = {}, 0
    local last = go(m, 1, from)
    if last and last ~= before then
      count = count + 1
      out[#out + 1] = replacement(m, repl, from, last)
      from, before = last, last
    elseif from <= #text then
      out[#out + 1] = sub(text, from, from)
      from = from + 1
    else
      break
    end
    if m.anchored then break end
  end
  out[#out + 1] = sub(text, from)
  return table.concat(out), count
end

function patterns.gsub(text, p, repl, most)
  text, p = texts(text, p, "gsub")
  if is_quick(text, p) then return call("gsub", raw_gsub, text, p, repl, most) end
  local kind = type(repl)
  if kind ~= "string" and kind ~= "number" and kind ~= "table" and kind ~= "function" then
    error(("bad argument #3 to 'gsub' (string/function/table expected, got %s)"):format(
      repl == nil and "nil" or kind), 2)
  end
  return call("gsub", substitute, text, p, repl, most or math.huge)
end

return patterns
