-- Questions about the trace (scripts/dhcplab/query.lua, as methods of dhcp.trace).

local t = require "harness"
local lab = require "lab"
local query = require "dhcplab.query"

-- Two handshakes, the second one at 5 s.
local function two_handshakes(dhcp)
  dhcp.server {}
  local first = dhcp.client { name = "first", mac = lab.MAC, hostname = "alice" }
  local second = dhcp.client { name = "second", mac = lab.OTHER }
  first:acquire()
  dhcp.sleep(5)
  second:acquire()
  return dhcp.trace
end

lab.test("records are found by fields of the record and of the message", function(dhcp)
  local trace = two_handshakes(dhcp)
  t.equal(trace:count(), 8)
  t.equal(trace:count { type = "offer", from = "server" }, 2)
  t.equal(trace:count { mac = lab.OTHER, fate = "delivered" }, 4)
  t.equal(trace:count { yiaddr = "192.168.1.100" }, 2)
  t.equal(trace:count { type = "offer", from = "first" }, 0)
  t.equal(trace:find { type = "ack", to = "second" }[1].at, 5)
end)

lab.test("a value may be a list, a function, an option; a filter a type or a function", function(dhcp)
  local trace = two_handshakes(dhcp)
  t.equal(trace:count { type = { "offer", "ack" } }, 4)
  t.equal(trace:count { at = function(at) return at > 4 end }, 4)
  t.equal(trace:count { options = { host_name = "alice" } }, 2)
  t.equal(trace:count("request"), 2)
  t.equal(trace:count(function(record) return record.from == "second" end), 2)
end)

lab.test("after, before and between take seconds or records", function(dhcp)
  local trace = two_handshakes(dhcp)
  t.equal(trace:count { after = 5 }, 4)
  t.equal(trace:count { after = "5001ms" }, 0)
  t.equal(trace:count { before = 4.9 }, 4)
  local offer = trace:find_first "offer"
  t.equal(trace:count { after = offer }, 6)
  t.equal(trace:count { before = offer }, 1)
  t.equal(trace:count { between = { offer, trace:find_last "offer" } }, 3)
  t.equal(trace:count { between = { 0, 1 } }, 4)
end)

lab.test("the first and the last one that match are found, or nil", function(dhcp)
  local trace = two_handshakes(dhcp)
  t.equal(trace:find_first({ type = "ack" }).at, 0)
  t.equal(trace:find_last({ type = "ack" }).at, 5)
  t.equal(trace:find_first "nak", nil)
  t.equal(trace:find_last "nak", nil)
end)

lab.test("a sequence is found with others in between, and the first missing one is told", function(dhcp)
  local trace = two_handshakes(dhcp)
  local found = trace:sequence { "discover", "ack", { type = "offer", to = "second" } }
  t.equal({ #found, found[2].at, found[3].at }, { 3, 0, 5 })
  t.equal({ trace:sequence { "discover", "ack", "nak", "offer" } }, { nil, 3 })
  t.equal({ trace:sequence({ "discover", "discover" }, { mac = lab.MAC }) }, { nil, 2 })
  t.equal(trace:sequence {}, {})
end)

lab.test("a broadcast counts as for each of its receivers", function(dhcp)
  local trace = two_handshakes(dhcp)
  t.equal(trace:count { type = "discover", to = "server" }, 2)
  t.equal(trace:count { type = "discover", to = "*" }, 2)
end)

lab.test("a filter with a mistake is refused, also where nothing would match", function(dhcp)
  t.error(function() dhcp.trace:count { typ = "offer" } end, "query_test.lua:%d+: trace filter: .*\"typ\".*\"type\"")
  t.error(function() dhcp.trace:count { after = "soon" } end, "after takes seconds or a record")
  t.error(function() dhcp.trace:count { between = 3 } end, "between takes")
  t.error(function() dhcp.trace:find(7) end, "a trace filter is a table")
end)

t.test("a filter can be told in words", function()
  t.equal({ query.text(nil), query.text "offer", query.text { type = "offer" } },
    { "any packet", "offer", '{ type = "offer" }' })
end)

t.done()
