-- scripts/dhcplab/failure.lua: what the report of an error shows. That of an expectation: expect_test.lua.
local t = require "harness"
local failure = require "dhcplab.failure"
local problem = require "dhcplab.problem"
local played = require "played"

local function report(text) return select(3, played(text)) end

t.test("a report has code, place, line, caret, why, fix and the page", function()
  local text = report 'local dhcp = require "dhcplab"\n  dhcp.client { hostnam = "pc" }\n'
  t.match(text, '^error%[E103%]: %S+mine.lua:2: dhcp.client has no setting called "hostnam"; did you mean "hostname"%?'
    .. '\n  2 | dhcp.client { hostnam = "pc" }\n'
    .. "    |               ^^^^^^^\n"
    .. "  why:  [^\n]+\n"
    .. '  fix:  write "hostname"\n'
    .. "  more: dhcplab help E103\n"
    .. "at 0.000000 s of virtual time, seed 1")
end)

t.test("of an error that comes from a joined task, the line of the join is told too", function()
  t.match(report [[
local dhcp = require "dhcplab"
local task = dhcp.spawn(function() error("deep") end)
task:join()
]], "mine.lua:2: deep\n  2 | .*\n  called from %S+mine.lua:3\n")
end)

t.test("the code is part of the text for a script that catches the error", function()
  t.match(report 'local dhcp = require "dhcplab"\nprint(pcall(dhcp.sleep, "soon"))\nreturn false\n',
    "expected, got soon %[E111%]")
end)

t.test("a problem without a code of its own is told without one", function()
  t.equal({ problem.new(2, "no").code, failure.describe(problem.new(3, "no", "yes")) }, { nil, "no\n  fix:  yes" })
end)

t.test("who called is told, innermost first, without the library's own lines", function()
  local text = report [[
local dhcp = require "dhcplab"
local function f() dhcp.sleep("x") end
local function g() f() end
g()
]]
  t.match(text, "mine.lua:2: .*called from %S+mine.lua:3\n  called from %S+mine.lua:4\n")
  t.ok(not text:find("dhcplab/", 1, true), text)
end)

t.done()
