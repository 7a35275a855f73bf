-- How values are shown and compared in reports (scripts/dhcplab/values.lua).

local t = require "harness"
local core = require "dhcplab.core"
local values = require "dhcplab.values"

t.test("a table is shown with its list first and its keys in order", function()
  t.equal(values.show { 3, 4, b = 1, a = { x = true }, [10] = "z" }, '{ 3, 4, [10] = "z", a = { x = true }, b = 1 }')
  t.equal(values.show {}, "{}")
end)

t.test("texts are quoted, octets beyond ASCII are shown as hex, long ones are cut", function()
  t.equal(values.show('a"b\n\200'), [["a\"b\n\xc8"]])
  t.match(values.show(("x"):rep(1000)), '^"x+" and 840 octets more$')
end)

t.test("numbers are shown as they are written", function()
  t.equal({ values.show(3), values.show(0.25), values.show(math.huge) }, { "3", "0.25", "inf" })
end)

t.test("nodes are shown by name, functions and deep tables without an address", function()
  local node = setmetatable({ name = "client" }, {})
  t.equal(values.show { node, print }, "{ node client, a function }")
  local deep = {}
  deep[1] = deep
  t.equal(values.show(deep), "{ { { { {...} } } } }")
end)

t.test("messages are shown on one line", function()
  local m = core.message { type = "discover", mac = "02:00:00:00:00:01", xid = 7 }
  t.match(values.show(m), "DISCOVER xid 0x00000007")
end)

t.test("tables are equal by what is in them, both ways", function()
  t.ok(values.equal({ 1, { a = 2 } }, { 1, { a = 2 } }))
  t.ok(not values.equal({ 1 }, { 1, 2 }))
  t.ok(not values.equal({ 1, 2 }, { 1 }))
  t.ok(not values.equal({ a = { b = 1 } }, { a = { b = 2 } }))
  t.ok(not values.equal({}, "x"))
end)

t.test("tables that contain themselves can be compared", function()
  local a, b = { 1 }, { 1 }
  a.me, b.me = a, b
  t.ok(values.equal(a, b))
  b[1] = 2
  t.ok(not values.equal(a, b))
end)

t.test("a comparison has a row for each key that differs, and one for plain values", function()
  t.equal(values.compare({ a = 1, b = 2, c = 3 }, { a = 1, b = 5, d = 4 }),
    { { "b", "2", "5" }, { "c", "3", "nil" }, { "d", "nil", "4" } })
  t.equal(values.compare("x", 1), { { "", '"x"', "1" } })
end)

t.test("two messages are compared field by field and option by option", function()
  local one = core.message { type = "discover", mac = "02:00:00:00:00:01", xid = 7, options = { host_name = "a" } }
  local other = one:copy()
  other.xid, other.options.host_name = 8, "b"
  t.equal(values.compare(one, other), { { "options.host_name", '"a"', '"b"' }, { "xid", "7", "8" } })
end)

t.done()
