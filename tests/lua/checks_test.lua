-- The marking engine by itself: checks that need others, seeds, answers, tests that students write
-- (scripts/dhcplab/marking/checks.lua, scripts/dhcplab/marking/lab.lua).

local t = require "harness"
local checks = require "dhcplab.marking.checks"
local dhcp = require "dhcplab"
local sandbox = require "dhcplab.sandbox"
local scripts = require "dhcplab.script"

sandbox.remember()

-- The results of these checks for a script, by their names; and in order.
local function mark(list, text)
  local script = scripts.of_text('local dhcp = require "dhcplab"\n' .. text, "student.lua")
  local by_name, results = {}, {}
  checks.run(checks.read({ name = "x" }, { checks = list }), script, function(result)
    by_name[result.name], results[#results + 1] = result, result
  end)
  return by_name, results
end

local function verdict(check, text)
  check.name, check.points = "it", 2
  local result = mark({ check }, text).it
  return { result.status, result.expected, result.came, result.why }
end

t.test("a check passes when it returns, and fails with its own words", function()
  t.equal(verdict({ run = function(lab) lab:play() end }, "return 1"), { "pass" })
  t.equal(verdict({ why = "so", run = function(lab) lab:equal(lab:play(), 2, "the number") end }, "return 1"),
    { "fail", "the number: 2", "1", "so" })
  t.equal(verdict({ run = function(lab) lab:expect(lab:play() == 2, "two", "one", "that") end }, "return 1"),
    { "fail", "two", "one", "that" })
end)

t.test("what is wrong with the script itself is told with its line", function()
  local broken, results = mark({ { name = "a", points = 3, run = function() end } }, "local x\nx.y = 1")
  t.match(broken["the script runs"].came, "^student.lua:3: attempt to index a nil value")
  t.equal(results[2].came, 'needs "the script runs" first')
  t.equal({ results[1].got, results[2].got, results[2].points }, { 0, 0, 3 })
  local handler = 'local s = dhcp.server {} function s:discover() error "oops" end'
  local run = function(lab) lab:start() lab:client({}):discover() end
  t.match(verdict({ run = run }, handler)[3], "student.lua:2: oops")
end)

t.test("a check that needs another is skipped unless that one passes", function()
  local function fails(lab) lab:fail("x", "y") end
  local by_name = mark({
    { name = "a", points = 1, run = fails }, { name = "b", points = 1, after = "a", run = function() end },
    { name = "c", points = 1, after = { "b" }, run = function() end }, { name = "d", points = 1, run = function() end },
  }, "")
  t.equal({ by_name.a.status, by_name.b.status, by_name.c.status, by_name.d.status },
    { "fail", "skip", "skip", "pass" })
  t.equal({ by_name.b.came, by_name.c.came }, { 'needs "a" first', 'needs "b" first' })
end)

t.test("behind a script that was stopped nothing is played", function()
  local by_name = mark({ { name = "a", points = 1, run = function(lab) lab:start() lab:client({}):discover() end },
                         { name = "b", points = 1, run = function() end } },
    "local s = dhcp.server {} function s:discover() while true do pcall(error) end end")
  t.equal({ by_name["the script runs"].status, by_name.a.status, by_name.b.status }, { "pass", "stop", "skip" })
  t.match(by_name.a.came, "computed for more than 20 million instructions")
end)

t.test("a check is played with each of its seeds", function()
  local seen = {}
  local check = { seeds = { 3, 5, 7 }, run = function(lab)
    seen[#seen + 1] = lab.seed
    lab:expect(lab:play() ~= 5, "no five")
  end }
  t.equal(verdict(check, "return dhcp.seed")[1], "fail")
  t.equal(seen, { 3, 5 })
end)

t.test("answers: case and blanks do not count, numbers may be texts, a wrong one has its reason", function()
  local check = { answer = "q", is = { "yiaddr", 4 }, wrong = { ciaddr = "not yet", other = "look again" } }
  for _, text in ipairs { 'return { q = "yiaddr" }', 'return { q = " YIADDR " }', "return { q = 4 }",
                          'return { q = "4" }' } do
    t.equal(verdict(check, text), { "pass" }, text)
  end
  t.equal(verdict(check, 'return { q = "Ciaddr" }')[4], "not yet")
  t.equal(verdict(check, "return { q = {} }")[4], "look again")
  t.equal(verdict(check, 'return { q = "" }')[3], "none yet")
  t.equal(verdict(check, "return 7")[3], "it returns 7")
  t.equal(verdict({ answer = "q", is = function(value) return value > 3 end }, "return { q = 5 }"), { "pass" })
end)

t.test("a lawful check judges the messages of the script", function()
  local text = "local s = dhcp.server {} function s:discover(r) local o = dhcp.server.discover(self, r) "
    .. "o.options.server_id = nil return o end"
  local run = function(lab) lab:start() lab:client({ retries = 0 }):discover() end
  t.equal(verdict({ run = run }, text)[1], "pass")
  t.equal(verdict({ run = run, lawful = true }, text)[2], "messages as the RFCs have them")
end)

t.test("a lab knows what the script made, printed and sent, and what is its own", function()
  local check = { run = function(lab)
    lab:start()
    local mine = lab:client { name = "mine" }
    local server = lab:only "server"
    t.equal({ server.name, #lab:clients(), #lab:servers(), #lab:relays() }, { "theirs", 1, 1, 0 })
    t.ok(mine:acquire())
    t.equal(lab:printed(), "here\t1\n")
    t.equal(lab.trace:count { type = "ack", to = "mine" }, 1)
    t.equal(lab.trace:find_first({ type = "offer" }).fate, "delivered")
    lab:only "relay"
  end }
  t.equal(verdict(check, 'dhcp.server { name = "theirs" } dhcp.client {} print("here", 1)'),
    { "fail", "a script that makes one relay: dhcp.relay { ... }", "it makes none" })
end)

t.test("what a script does to the trace does not reach the marker's record", function()
  local check = { run = function(lab)
    lab:play()
    lab:equal(lab.trace:count { type = "discover" }, 1, "DISCOVERs")
  end }
  local text = "dhcp.server {} dhcp.client {}:discover() dhcp.trace[1].type = 'offer' "
    .. "dhcp.trace[1].message.type = 'offer' dhcp.trace.find = error"
  t.equal(verdict(check, text), { "pass" })
end)

-- ---- tests that students write

local function right(options) return dhcp.server(options) end
local function takes_no_decline(options)
  local server = dhcp.server(options)
  function server:decline() end
  return server
end
local function is_silent(options)
  local server = dhcp.server(options)
  function server:discover() end
  return server
end

local mutants <const> = {
  { name = "right", points = 2, accepts = right },
  { name = "silent", points = 1, after = "right", catches = is_silent },
  { name = "decline", points = 1, after = "right", catches = takes_no_decline },
}

local function caught(text)
  local by_name = mark(mutants, "local make = ... or dhcp.server\n" .. text)
  return { by_name.right.status, by_name.silent.status, by_name.decline.status }
end

t.test("a student's tests have points for the broken servers that they catch", function()
  local lease = 'dhcp.test("a lease", function() make {} dhcp.expect(dhcp.client {}:acquire()) end)\n'
  local decline = [[dhcp.test("a decline", function() local server, c = make {}, dhcp.client {}
    c:acquire() c:decline() dhcp.sleep(1) dhcp.expect.equal(server:leases()[1].state, "declined") end)]]
  t.equal(caught(lease), { "pass", "pass", "fail" })
  t.equal(caught(lease .. decline), { "pass", "pass", "pass" })
end)

t.test("a test that refuses the right server catches nothing", function()
  t.equal(caught('dhcp.test("no", function() make {} dhcp.fail "never" end)'), { "fail", "skip", "skip" })
end)

t.test("a script without dhcp.test is one test itself, and a test that runs away is stopped", function()
  t.equal(caught("make {} dhcp.expect(dhcp.client { timeout = 2 }:acquire())"), { "pass", "pass", "fail" })
  t.equal(caught("if ... then while true do end end"), { "stop", "skip", "skip" })
end)

t.test("marks.lua that is not in order is told so", function()
  local function read(list) return function() checks.read({ name = "x" }, { checks = list }) end end
  t.error(read { { name = "a", points = 1 } }, 'lesson x: "a" needs run, answer, accepts or catches')
  t.error(read { { name = "a", points = 1, after = "b", run = print } }, '"a": "b" is not above it')
  t.error(read { { name = "a", points = 1, run = print }, { name = "a", points = 1, run = print } }, "two checks are")
  t.error(read { { name = "a", points = 1, rnu = print } }, 'did you mean "run"')
end)

t.done()
