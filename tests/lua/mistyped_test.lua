-- Did you mean: for every kind of name that a script or a user may mistype.
local t = require "harness"
local played = require "played"

local function report(text) return select(3, played(text)) end

for _, case in ipairs {
  { "dhcp.server { lease_tim = 5 }", "lease_time" }, { "dhcp.client { hostnam = 1 }", "hostname" },
  { "dhcp.network { latncy = 1 }", "latency" }, { "dhcp.relay { form = 1 }", "from" },
  { "dhcp.host { adress = 1 }", "address" }, { "dhcp.message { tpye = 1 }", "type" },
  { "dhcp.lan:set { los = 1 }", "loss" }, { "dhcp.lan:drop { nht = 1 }", "nth" },
  { "dhcp.lan:drop { type = 'ofer' }", "offer" }, { "dhcp.lan:cut('cleint')", "client", "dhcp.client {}" },
  { "dhcp.client {}:receive { tpye = 1 }", "type" }, { "dhcp.client {}:receive { type = 'akc' }", "ack" },
  { "dhcp.expect.eqaul(1, 1)", "equal" }, { "dhcp.expect.type(nil, 'discove')", "discover" },
  { "dhcp.expect.count('reqest', 0)", "request" }, { "dhcp.trace:count { tpye = 'offer' }", "type" },
  { "dhcp.expect.count({ type = { 'offer', 'naak' } }, 0)", "nak" },
  { "dhcp.expect.lease(c, { adress = 1 })", "address", "dhcp.server {}\nlocal c = dhcp.client {}\nc:acquire()" },
  { "dhcp.expect.state(dhcp.client {}, 'BUOND')", "BOUND" },
  { "dhcp.server { options = { ruoters = 1 } }", "routers" }, { "dhcp.message {}.options.lease_tim = 1", "lease_time" },
  { "dhcp.message {}.yaddr = 1", "yiaddr" }, { "print(dhcp.message {}.hosp)", "hops" },
  { "dhcp.message { type = 'discvoer' }", "discover" }, { "dhcp.invariant('offer hold', false)", "offers hold" },
  { "dhcp.cleint {}", "client" }, { "dhcp.sleeep(1)", "sleep" }, { "cleint()", "client", "client = 1" },
  { "dhcp.client {}:discver()", "discover" }, { "dhcp.client {}:aquire()", "acquire" },
  { "dhcp.lan:dorp { nth = 1 }", "drop" }, { "string.fromat('x')", "format" }, { "table.isnert({}, 1)", "insert" },
  { "dhcp.test('x', { tgas = {} }, print)", "tags" }, { "dhcp.define { cod = 1 }", "code" },
  { "dhcp.show 'storry'", "story" }, { "require 'dhcplb'", "dhcplab" },
} do
  t.test(("%s: did you mean \"%s\"?"):format(case[1], case[2]), function()
    local text = report(('local dhcp = require "dhcplab"\n%s\n%s\n'):format(case[3] or "", case[1]))
    t.match(text, 'did you mean "' .. case[2]:gsub("%p", "%%%0") .. '"%?')
    t.match(text, "%^\n", "a caret")
  end)
end

for _, case in ipairs {
  { { "sever" }, "server" }, { { "run", "handshake.lua", "--virtaul" }, "%-%-virtual" },
  { { "run", "handshak.lua" }, "handshake.lua" }, { { "run", "scenarios/lost_ofer.lua" }, "scenarios/lost_offer.lua" },
  { { "help", "questons" }, "dhcplab help questions" }, { { "help", "E13" }, "dhcplab help errors" },
  { { "help", "lease_tim" }, "dhcplab help lease_time" }, { { "help", "option", "routrs" }, "dhcplab help routers" },
} do
  t.test(("dhcplab %s: did you mean %s?"):format(table.concat(case[1], " "), case[2]), function()
    local _, err, status = t.run { t.exe, table.unpack(case[1]) }
    t.equal(status, 2, err)
    t.match(err, "did you mean [^\n]*" .. case[2])
  end)
end

t.test("a parameter that the script does not ask for is told with the nearest", function()
  local _, err = t.run { t.exe, "run", "handshake.lua", "--virtual", "-q", "--set", "puase=0" }
  t.match(err, 'the script never asks for it; it asks for [^\n]*; did you mean "pause"%?')
end)

t.test("a handler with a slip in its name is told, and a function of the script's own is not", function()
  local path = t.write(t.path("mine.lua"), [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discvoer() end
function server:request(r) return dhcp.server.request(self, r) end
function server:tally() end
dhcp.client {}:acquire()
]])
  local _, err, status = t.run { t.exe, "run", path, "--virtual", "-q" }
  t.equal({ err, status },
    { 'dhcplab: nothing but the script calls server:discvoer; did you mean "discover"?\n', 0 })
end)

t.done()
