-- Errors that are not bugs: their exit status, what to do, and the place in the script that they name.
local t = require "harness"
local lab = require "lab"
local problem = require "dhcplab.problem"

t.test("a problem prints its message and, on a line of its own, what to do", function()
  t.equal(tostring(problem.new(3, "the port is in use", "choose another")), "the port is in use\nchoose another")
  t.equal(tostring(problem.new(2, "no")), "no")
  t.equal({ problem.new(3, "x").exit, problem.is(problem.new(2, "x")), problem.is("x"), problem.is({}) },
    { 3, true, false, false })
end)

t.test("blame names the script's line, however deep in the library it was found out", function()
  lab.world()
  local dhcp = require "dhcplab"
  local line = debug.getinfo(1, "l").currentline + 1
  local why = t.error(function() dhcp.server { options = { lease_time = "soon" } } end)
  t.match(why, "problem_test.lua:" .. line .. ": ")
end)

t.test("blame works where there is no script on the stack", function()
  local co = coroutine.create(problem.blame)
  local ok, why = coroutine.resume(co, "nobody's fault")
  t.equal({ ok, why }, { false, "nobody's fault" })
end)

t.test("an unknown key is told with the nearest known one; what is far has none", function()
  t.error(function() problem.check_keys("thing", { colour = 1 }, { "color", "size" }) end,
    'problem_test.lua:%d+: thing has no setting called "colour"; did you mean "color"%?')
  t.error(function() problem.check_keys("thing", { xyzzy = 1 }, { "color", "size" }) end, '"xyzzy" %[E103%]$')
  t.error(function() problem.check_keys("thing", { "color" }, { "color" }) end, 'called "1"')
  problem.check_keys("thing", { color = 1 }, { "color", "size" })
  problem.check_keys("thing", {}, {})
end)

t.done()
