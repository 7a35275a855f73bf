-- The pattern functions whose work is counted give what Lua's own do (scripts/dhcplab/marking/patterns.lua).

local t = require "harness"
local patterns = require "dhcplab.marking.patterns"

local LONG <const> = ("ab1"):rep(30) -- so that not even one repetition is left to Lua

-- What a call gives or raises, as text without the place.
local function outcome(f, ...)
  local results = table.pack(pcall(f, ...))
  for i = 1, results.n do results[i] = tostring(results[i]):gsub("^[^:]*:%d+: ", "") end
  return table.concat(results, "|")
end

local function all_of(gmatch)
  return function(text, p)
    local found = {}
    for a, b in gmatch(text, p) do found[#found + 1] = tostring(a) .. "," .. tostring(b) end
    return table.concat(found, ";")
  end
end

local function check(text, p, ...)
  for _, name in ipairs { "find", "match" } do
    t.equal(outcome(patterns[name], text, p, ...), outcome(string[name], text, p, ...), name .. " " .. p)
  end
  t.equal(outcome(all_of(patterns.gmatch), text, p), outcome(all_of(string.gmatch), text, p), "gmatch " .. p)
  for _, repl in ipairs { "<%0>", "%%", function(c) return c and "f" .. c end } do
    t.equal(outcome(patterns.gsub, text, p, repl), outcome(string.gsub, text, p, repl), "gsub " .. p)
  end
end

t.test("every kind of item, alone and together, is matched as Lua does", function()
  for _, p in ipairs { "b*", "%d+", "a-1", "x?ab", "[ab]+", "[^1]*", "(%a+)(%d)", "()%d()", "(a)(b)1%1%2", "%f[%d]%d*",
                       "%b1a", "^a*b", "1*$", "$", "^", ".-", "[%a-]+", "[]a]*", "%%*", "(a*(.)%w(%s*))", "b-1()$" } do
    check(LONG, p)
    check("a-b]%" .. LONG .. " ab1", p)
    check("", p)
  end
end)

t.test("patterns made up by chance are matched as Lua does", function()
  local items = { "a", "b", "%a", "%d", "[ab]", "[^a]", ".", "%b()", "%f[%a]", "(a)", "()", "$", "^", "[a-c]*", "a-",
                  "b?", "%w+", "(a*)", "(.-)", "[%d]+", "-", "x*" }
  local letters = { "a", "b", "1", "(", ")", "x", " " }
  math.randomseed(7)
  for _ = 1, 700 do
    local p, text = "", ""
    for _ = 1, math.random(4) do p = p .. items[math.random(#items)] end
    for _ = 1, math.random(0, 12) do text = text .. letters[math.random(#letters)] end
    check(text .. (math.random(2) == 1 and LONG or ""), p, math.random(3) == 1 and math.random(-4, 14) or nil)
  end
end)

t.test("a table, a number and a limit as the replacement", function()
  for _, case in ipairs { { "%a", { a = "Q", b = false } }, { "%d*", 7 }, { "%a+", "<%1>", 2 }, { "b*", "%2" },
                          { "a*", {}, 0 }, { "a*", "%x" } } do
    t.equal(outcome(patterns.gsub, LONG, table.unpack(case)), outcome(string.gsub, LONG, table.unpack(case)), case[1])
  end
end)

t.test("plain text is found where Lua finds it", function()
  for _, init in ipairs { 1, 4, -3, 0, 200 } do
    t.equal(outcome(patterns.find, LONG, "b1", init, true), outcome(string.find, LONG, "b1", init, true))
    t.equal(outcome(patterns.find, LONG, "b1", init), outcome(string.find, LONG, "b1", init))
  end
end)

t.test("a pattern that is malformed is said to be", function()
  for _, case in ipairs { { "[a", "missing ']'" }, { "a*%", "ends with '%'" }, { "%f", "missing '%['" },
                          { "a*(", "unfinished capture" }, { "a*)", "invalid pattern capture" } } do
    t.match(outcome(patterns.match, LONG, case[1]), case[2]:gsub("%%'", "%%%%'"))
  end
end)

t.done()
