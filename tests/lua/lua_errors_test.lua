-- scripts/dhcplab/lua_errors.lua: what Lua says, in the lab's terms.
local t = require "harness"
local lua_errors = require "dhcplab.lua_errors"
local played = require "played"

local function report(text) return select(3, played(text)) end

-- Each as Lua itself says it.
for _, case in ipairs {
  { "local x; return x.y", "E130" }, { "for k in pairs(nil) do end", "E133" }, { "for k in nil do end", "E131" },
  { "local x; x()", "E131" }, { "local x; return x + 1", "E132" }, { "local x; return x .. ''", "E132" },
  { "return 1 < 'x'", "E132" }, { "return #5", "E132" }, { "for i = 1, 'x' do end", "E132" },
  { "return 1 << 1.5", "E132" }, { "return 1 // 0", "E132" }, { "string.rep()", "E133" },
  { "return ('x'):rep(1e99)", "E133" }, { "local function f() return 1 + f() end f()", "E135" },
  { "error('on purpose')", "E136" }, { "assert(nil, 'timeout')", "E137" },
} do
  t.test(("%s is %s"):format(case[1], case[2]), function() t.equal((played(case[1])), case[2]) end)
end

t.test("a nil is traced to the call that gave it", function()
  local text = report [[
local dhcp = require "dhcplab"
local client = dhcp.client { timeout = 1 }
local ack, why = client:acquire()
print(why, ack.address)
]]
  t.match(text, "why:  ack is from line 3: client:acquire%(%) gives nil and a reason")
  t.match(text, "fix:  look at it first: if not ack then return")
end)

t.test("a nil field is traced as well", function()
  t.match(report [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
print(client.lease.address)
]], "why:  client.lease is nil while the client has none\n  fix:  look at it first: if not client.lease then return")
  t.match(report [[
local dhcp = require "dhcplab"
print(dhcp.message { type = "offer" }.options.lease_time + 1)
]], "why:  an option that the message does not carry is nil")
end)

t.test("a point in place of a colon is told at the script's line, and the lab's line stays to be seen", function()
  local text = report 'local c = require "dhcplab".client {}\nc.acquire()\n'
  t.match(text, '^error%[E139%]: %S+mine.lua:2: "c.acquire" lacks its colon: ')
  t.match(text, "\n  2 | c.acquire%(%)\n    | %^+\n")
  t.match(text, "inside the lab: %S+:%d+\n.*fix:  write c:acquire\n")
end)

t.test("a call of the usual policy by its class is no method without a colon", function()
  local text = report [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover(request) return (dhcp.server.discover(self, nil)) end
dhcp.client { timeout = 1 }:discover()
]]
  t.match(text, "^error%[E13%d%]: %S+mine.lua:3: .*inside the lab: %S+:%d+\n.*why:  the lab's own code")
end)

t.test("an expression that says nothing about nil is not blamed", function()
  local text = report("local x = 1\nx = tonumber('?')\nprint(x.y)\n")
  t.ok(not text:find("is from line", 1, true), text)
end)

t.test("what was raised may be anything", function()
  for _, raised in ipairs { "nil", "{}", "42", "true", '""', '"\\0\\n"', "print", '"[E999]"', '"x [E104] y [E105]"' } do
    local code = played("error(" .. raised .. ")")
    t.equal(code, raised:find("E104") and "E104" or "E136", raised)
  end
end)

t.test("a loop that Ctrl-C ended is no mistake", function()
  t.equal(lua_errors.code("interrupted while computing"), 130)
end)

t.done()
