-- dhcp.expect and its forms, and the report of a failure (scripts/dhcplab/expect.lua, failure.lua).

local t = require "harness"
local lab = require "lab"
local failure = require "dhcplab.failure"

-- The failure that f raises: its message without the place, expected and got.
local function failure_of(f)
  local ok, raised = pcall(f)
  t.ok(not ok, "nothing failed")
  t.equal(raised.exit, 1)
  local row = raised.rows[1] or {}
  return raised.summary, row[2], row[3], raised
end

-- ---- values

lab.test("a true value comes back, nil and false fail with what was expected", function(dhcp)
  t.equal(dhcp.expect(7, "seven"), 7)
  local summary, want, got = failure_of(function() dhcp.expect(nil, "a lease") end)
  t.equal({ summary, want, got }, { "expected: a lease", "a lease", "nil" })
  summary, want, got = failure_of(function() dhcp.expect(false) end)
  t.equal({ summary, want, got }, { "expected: a value", "a value", "false" })
end)

lab.test("the word beside nil is told as what came, not as what was expected", function(dhcp)
  local client = dhcp.client { timeout = 1, retries = 0 }
  local summary, want, got = failure_of(function() dhcp.expect(client:discover()) end)
  t.equal({ summary, want, got }, { "expected: a value", "a value", 'nil, "timeout"' })
end)

lab.test("a failure names the script's line, also from within a function of it", function(dhcp)
  local function check(value) dhcp.expect(value, "something") end
  local place = select(4, failure_of(function() check(nil) end)).place
  t.match(place.file, "expect_test.lua$")
  t.equal(place.line, debug.getinfo(check, "S").linedefined)
end)

lab.test("equal compares by content and shows what differs side by side", function(dhcp)
  local value = { a = 1, list = { 1, 2 } }
  t.ok(dhcp.expect.equal(value, { a = 1, list = { 1, 2 } }) == value)
  local raised = select(4, failure_of(function() dhcp.expect.equal({ a = 1, b = 2 }, { a = 1, b = 3, c = 4 }) end))
  t.equal(raised.rows, { { "b", "3", "2" }, { "c", "4", "nil" } })
end)

lab.test("differ, none, near, match and contain pass and fail", function(dhcp)
  local e = dhcp.expect
  t.equal({ e.differ(1, 2), e.near(10, 10.5, 0.5), e.match("abc", "b"), e.contain("abc", "b") },
    { 1, 10, "abc", "abc" })
  t.equal(e.contain({ 1, { 2 } }, { 2 }), { 1, { 2 } })
  t.equal({ e.none(nil), e.none(false) }, { nil, false })
  for _, f in ipairs { function() e.differ({ 1 }, { 1 }) end, function() e.near(10, 10.5, 0.4) end,
                       function() e.near(nil, 1, 1) end, function() e.match("abc", "d") end,
                       function() e.match(nil, "d") end, function() e.contain({ 1 }, 2) end,
                       function() e.contain("abc", "d") end, function() e.contain(nil, 1) end,
                       function() e.none(0) end } do
    failure_of(f)
  end
end)

lab.test("error wants an error that matches, and gives its text", function(dhcp)
  t.match(dhcp.expect.error(function() error("no route") end, "route"), "no route")
  local _, want, got = failure_of(function() dhcp.expect.error(function() end, "x") end)
  t.equal({ want, got }, { 'an error that matches "x"', "none" })
  _, _, got = failure_of(function() dhcp.expect.error(function() error("y", 0) end, "x") end)
  t.equal(got, '"y"')
end)

lab.test("misuse is no failed expectation but a mistake, with the nearest name", function(dhcp)
  local function mistake(f, pattern)
    local why = t.error(f, pattern)
    t.equal(type(why), "string")
  end
  mistake(function() dhcp.expect.equl(1, 2) end, 'expect_test.lua:%d+: .*did you mean "equal"')
  mistake(function() dhcp.expect.near(1) end, "near takes")
  mistake(function() dhcp.expect.within("soon", print) end, "within: a time such as")
  mistake(function() dhcp.expect.within(1, true) end, "a duration and a function")
  mistake(function() dhcp.expect.type(nil, "ofer") end, 'no message type is called "ofer"')
  mistake(function() dhcp.expect.lease({}) end, "takes a client")
  mistake(function() dhcp.expect.silence(nil) end, "silence: a time")
end)

-- ---- messages and leases

lab.test("type wants one of the types and gives the message", function(dhcp)
  local m = lab.discover()
  t.ok(dhcp.expect.type(m, "discover") == m)
  t.ok(dhcp.expect.type(m, { "offer", "discover" }) == m)
  local _, want, got = failure_of(function() dhcp.expect.type(m, "offer") end)
  t.equal(want, "offer")
  t.match(got, "^DISCOVER")
  _, _, got = failure_of(function() dhcp.expect.type(nil, "offer") end)
  t.equal(got, "nil")
end)

lab.test("lease wants a lease in force with these fields and options", function(dhcp)
  dhcp.server { lease_time = 100 }
  local client = dhcp.client {}
  local _, _, got = failure_of(function() dhcp.expect.lease(client) end)
  t.equal(got, "none; the client is in INIT")
  client:acquire()
  t.ok(dhcp.expect.lease(client, { address = "192.168.1.0/24", lease_time = 100 }) == client.lease)
  local raised = select(4, failure_of(function()
    dhcp.expect.lease(client, { address = "10.0.0.0/8", lease_time = 7, server = client.lease.server })
  end))
  t.equal(raised.rows, { { "address", '"10.0.0.0/8"', '"192.168.1.100"' }, { "lease_time", "7", "100" } })
  t.error(function() dhcp.expect.lease(client, { lease_tim = 7 }) end, "neither a field nor an option")
  dhcp.sleep(101)
  _, _, got = failure_of(function() dhcp.expect.lease(client) end)
  t.equal(got, "one that ended at 100 s")
end)

-- ---- time

lab.test("within passes at the moment its condition becomes true, and gives its values", function(dhcp)
  dhcp.server {}
  local client = dhcp.client {}
  dhcp.spawn(function()
    dhcp.sleep(2)
    client:acquire()
  end)
  t.equal(dhcp.expect.within(3, function() return client.lease and client.lease.address, "more" end), "192.168.1.100")
  t.equal(dhcp.now(), 2)
  t.equal({ dhcp.expect.within(3, function() return 1, nil, 3 end) }, { 1, nil, 3 })
end)

lab.test("within fails at the very end of its time, in virtual time exactly", function(dhcp)
  local summary, want, got = failure_of(function() dhcp.expect.within("2500ms", function() return false end, "x") end)
  t.equal({ summary, want, got }, { "expected: x, within 2.5 s", "true within 2.5 s", "false" })
  t.equal(dhcp.now(), 2.5)
end)

lab.test("what happens at the very end of the time still counts", function(dhcp)
  dhcp.spawn(function() dhcp.sleep(2) end)
  local function at_two() return dhcp.now() >= 2 end
  t.ok(dhcp.expect.within(2, at_two))
end)

lab.test("a function that waits itself is stopped when its time is over", function(dhcp)
  local went_on = false
  local _, _, got = failure_of(function()
    dhcp.expect.within(1, function()
      dhcp.sleep(5)
      went_on = true
      return true
    end)
  end)
  t.equal({ dhcp.now(), got }, { 1, "the function has not returned; it waits for sleep" })
  dhcp.sleep(10)
  t.ok(not went_on)
end)

lab.test("what the function of within raises is raised by within", function(dhcp)
  t.error(function() dhcp.expect.within(1, function() error("own mistake") end) end, "own mistake")
  t.equal((failure_of(function() dhcp.expect.within(1, function() dhcp.expect(nil, "inner") end) end)),
    "expected: inner")
end)

lab.test("in real time a deadline has a tolerance, which the failure tells", function(dhcp)
  dhcp.expect.tolerance = "20ms"
  local summary = failure_of(function() dhcp.expect.within(0.01, function() return false end) end)
  dhcp.expect.tolerance = "50ms"
  t.match(summary, "within 0.01 s %(and 0.02 s of tolerance in real time%)")
  t.ok(dhcp.now() >= 0.03)
end, { world = { virtual = false }, lax = true })

lab.test("silence for a node passes when nothing reaches it, and fails at the moment something does", function(dhcp)
  local server = dhcp.server {}
  local client = dhcp.client {}
  t.equal(dhcp.expect.silence(server, 3), true)
  t.equal(dhcp.now(), 3)
  dhcp.spawn(function()
    dhcp.sleep(1)
    client:acquire()
  end)
  local summary, want, got = failure_of(function() dhcp.expect.silence(server, 3) end)
  t.equal({ summary, want, dhcp.now() }, { "expected: silence for server for 3 s", "nothing", 4 })
  t.match(got, "^DISCOVER")
end)

lab.test("silence for a filter heeds only what the filter takes", function(dhcp)
  dhcp.server {}
  local client = dhcp.client {}
  dhcp.spawn(function() client:acquire() end)
  t.ok(dhcp.expect.silence({ type = "nak" }, 1))
  dhcp.spawn(function() client:renew() end)
  failure_of(function() dhcp.expect.silence("request", 1) end)
end)

lab.test("message gives the record of the first packet that matches from now on", function(dhcp)
  dhcp.server {}
  local client = dhcp.client {}
  client:acquire()
  dhcp.spawn(function()
    dhcp.sleep(1)
    client:renew()
  end)
  local record = dhcp.expect.message({ type = "ack" }, 2)
  t.equal({ record.at, record.from }, { 1, "server" })
  t.equal(dhcp.now(), 1)
  local summary = failure_of(function() dhcp.expect.message("offer", 2) end)
  t.equal({ summary, dhcp.now() }, { "expected: offer, within 2 s", 3 })
end)

lab.test("message with a fate waits for arrival or loss", function(dhcp)
  local client = dhcp.client { timeout = 1, retries = 0 }
  dhcp.spawn(function() client:discover() end)
  failure_of(function() dhcp.expect.message({ type = "discover", fate = "delivered" }, 2) end)
end)

lab.test("state waits for a client's state", function(dhcp)
  dhcp.server {}
  local client = dhcp.client {}
  dhcp.spawn(function()
    dhcp.sleep(1)
    client:acquire()
  end)
  failure_of(function() dhcp.expect.state(client, "BOUND") end)
  t.ok(dhcp.expect.state(client, "BOUND", 2) == client)
  t.equal(dhcp.now(), 1)
  local summary, want, got = failure_of(function() dhcp.expect.state(client, "INIT", 2) end)
  t.equal({ summary, want, got, dhcp.now() }, { "expected: client in INIT, within 2 s", "INIT", "BOUND", 3 })
end)

lab.test("a form that waits leaves nothing behind that listens", function(dhcp, world)
  local before = #world.trace.sinks
  dhcp.expect.silence(nil, 1)
  failure_of(function() dhcp.expect.message("offer", 1) end)
  local task = dhcp.spawn(function() dhcp.expect.silence(nil, 100) end)
  dhcp.sleep(1)
  task:cancel()
  t.equal(#world.trace.sinks, before)
end)

-- ---- the trace

lab.test("count and sequence hold the trace so far against what is expected", function(dhcp)
  dhcp.server {}
  dhcp.client {}:acquire()
  t.equal(#dhcp.expect.count({ type = "offer" }, 1), 1)
  local summary, want, got = failure_of(function() dhcp.expect.count("offer", 2) end)
  t.equal({ summary, want, got }, { "expected: so many of offer", "2", "1" })
  t.equal(#dhcp.expect.sequence { "discover", "offer", "request", "ack" }, 4)
  local raised = select(4, failure_of(function() dhcp.expect.sequence { "discover", "request", "offer", "ack" } end))
  t.equal(raised.rows, { { "1", "discover", "discover" }, { "2", "request", "offer" },
    { "3 missing", "offer", "request" }, { "4", "ack", "ack" } })
end)

-- ---- reports

lab.test("a report has place, line, expected and got, the last packets, the moment and the seed", function(dhcp, world)
  dhcp.server {}
  dhcp.client {}:acquire()
  dhcp.sleep(1)
  local raised = select(4, failure_of(function() dhcp.expect.equal("a", "b", "the same letter") end))
  local report = failure.describe(raised, world)
  t.match(report, "^failed%[E401%]: tests/lua/expect_test.lua:%d+: expected: the same letter\n"
    .. "  %d+ | local raised = select.-\n  expected  \"b\"\n  got       \"a\"\n  more: dhcplab help E401\npackets:\n")
  t.match(report, "client %-> %*       DISCOVER .*server %-> client  OFFER .*REQUEST.*ACK")
  t.match(report, "\nat 1.000000 s of virtual time, seed 1$")
end)

lab.test("of many packets a report has the last ten, oldest first", function(dhcp, world)
  dhcp.server {}
  for i = 1, 4 do dhcp.client { name = "c" .. i }:acquire() end
  local report = failure.describe(select(4, failure_of(function() dhcp.expect(nil) end)), world)
  t.match(report, "the last 10 of 16 packets:\n.-REQUEST.-\n.-ACK.-c3 .*c4 ")
  t.equal(select(2, report:gsub("\n   %d+%.%d+ ", "")), 10)
end)

lab.test("lost packets are marked in a report", function(dhcp, world)
  local net = dhcp.network { name = "bad", loss = 1 }
  dhcp.server { network = net }
  dhcp.client { network = net, timeout = 1, retries = 0 }:discover()
  t.match(failure.describe(select(4, failure_of(function() dhcp.fail("x") end)), world), "DISCOVER.*LOST %(loss%)")
end)

lab.test("check notes what is wrong and goes on", function(dhcp, world)
  t.equal(dhcp.check(5, "five"), 5)
  t.equal(dhcp.check(nil, "six"), nil)
  t.equal(dhcp.check(false), false)
  t.equal({ #world.checks, world.checks[1].summary }, { 2, "checked: six" })
end)

t.done()
