-- Reading LuaCATS annotations: what `dhcplab help` makes its pages of.
local t = require "harness"
local luacats = require "dhcplab.help.luacats"

t.test("a type ends at the first blank outside brackets and quotes", function()
  for _, case in ipairs {
    { "integer how many", "integer", "how many" },
    { "string", "string", "" },
    { '"a b"|"c" which', '"a b"|"c"', "which" },
    { "table<string, integer> by name", "table<string, integer>", "by name" },
    { "{ code: integer, name: string? }[] list", "{ code: integer, name: string? }[]", "list" },
    { "fun(a: string, b?: integer): boolean?, string? says", "fun(a: string, b?: integer): boolean?, string?", "says" },
    { "(string|integer)[] any", "(string|integer)[]", "any" },
    { "string | nil or nothing", "string | nil", "or nothing" },
  } do
    t.equal({ luacats.split_type(case[1]) }, { case[2], case[3] })
  end
end)

t.test("classes, functions and aliases are read with all that they say", function()
  local class, method, alias, call = table.unpack(luacats.read [[
-- Not documentation.

--- A thing. It has
--- parts.
---@class lab.Thing : lab.Other, lab.More
--- how many
---@field count? integer of them
---@field [string] any others
---@overload fun(a: string): lab.Thing
local thing = {}

--- Does it.
---
--- - first
---   this
--- - then that
---@generic T
---@param what T which one
---@param when? lab.Time
---@return boolean? done nil: no
---@return string
function thing:act(what, when) end

--- Days.
---@alias lab.Day
---| "mon" # the first
---| "tue"

function lab.go(...) end
]])
  t.equal({ class.kind, class.name, class.parents, class.var, class.doc },
    { "class", "lab.Thing", { "lab.Other", "lab.More" }, "thing", "A thing. It has parts." })
  t.equal(class.fields, { { name = "count", optional = true, type = "integer", doc = "how many of them" },
                          { name = "[string]", optional = false, type = "any", doc = "others" } })
  t.equal(class.calls, { "fun(a: string): lab.Thing" })
  t.equal(method, { kind = "function", name = "thing:act", doc = "Does it.\n- first   this\n- then that",
    params = { { name = "what", optional = false, type = "T", doc = "which one" },
               { name = "when", optional = true, type = "lab.Time", doc = "" } },
    returns = { { name = "done", type = "boolean?", doc = "nil: no" }, { type = "string", doc = "" } } })
  t.equal({ alias.name, alias.doc, alias.values },
    { "lab.Day", "Days.", { { value = "mon", doc = "the first" }, { value = "tue", doc = "" } } })
  t.equal({ call.name, call.params, call.doc }, { "lab.go", {}, "" })
end)

t.test("what is not understood is an error, and not left out", function()
  t.error(function() luacats.read "---@depricated\n" end, "not understood: %-%-%-@depricated")
  t.error(function() luacats.read "---@class a\n---@field x\n" end, "not understood: %-%-%-@field x")
  t.error(function() luacats.read "---@param x\n" end, "not understood")
end)

t.done()
