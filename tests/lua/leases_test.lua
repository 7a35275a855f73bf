-- The lease table as Lua sees it: core.leases.new() and the leases it gives out.  What the table
-- decides is tested in tests/core/leases_test.c; here it is the way there and back, and mistakes.

local t = require "harness"
local core = require "dhcplab.core"

local function make()
  local leases = core.leases.new()
  t.equal(leases:range("10.0.0.1", "10.0.0.5"), true)
  return leases
end

local function raises(what, f, ...)
  local ok, message = pcall(f, ...)
  t.equal(ok, false)
  if not tostring(message):find(what, 1, true) then t.fail(("%q does not say %q"):format(tostring(message), what)) end
end

t.test("a lease shows its record and writes through to it", function()
  local leases = make()
  local lease = leases:put("10.0.0.1", "\1key", "offered", 10)
  t.equal(lease.address, "10.0.0.1")
  t.equal(lease.client, "\1key")
  t.equal(lease.state, "offered")
  t.equal(lease.expires, 10)
  t.equal(lease.note, nil)
  lease.state, lease.expires, lease.note = "bound", 20.5, "desk"
  local again = leases:by_client("\1key")
  t.equal(again == lease, true)
  t.equal(again.state, "bound")
  t.equal(again.expires, 20.5)
  t.equal(again.note, "desk")
  t.equal(tostring(again), "lease of 10.0.0.1, bound until 20.5")
  lease.note, lease.expires = nil, math.huge
  t.equal(again.note, nil)
  t.equal(again.expires, math.huge)
  t.equal(tostring(again), "lease of 10.0.0.1, bound")
end)

t.test("leases are found by client, by address, by end and in order", function()
  local leases = make()
  leases:put("10.0.0.3", "c", "bound", 30)
  leases:put("10.0.0.2", "b", "bound", 20)
  leases:put("10.0.0.9", "r", "bound", math.huge)
  t.equal(leases:by_client("c").address, "10.0.0.3")
  t.equal(leases:by_client("x"), nil)
  t.equal(leases:by_address("10.0.0.2").client, "b")
  t.equal(leases:by_address("10.0.0.1"), nil)
  t.equal(leases:due(19.9), nil)
  t.equal(leases:next_end(), 20)
  t.equal(leases:due(20).address, "10.0.0.2")
  t.equal(leases:from("10.0.0.3").address, "10.0.0.3")
  t.equal(leases:from("10.0.0.10"), nil)
  local seen = {}
  for lease in leases:each() do
    seen[#seen + 1] = lease.address
    if lease.client == "b" then lease:forget() end
  end
  t.equal(table.concat(seen, " "), "10.0.0.2 10.0.0.3 10.0.0.9")
  t.equal(leases:count(), 2)
  t.equal(leases:count("bound"), 2)
  t.equal(leases:count("declined"), 0)
end)

t.test("addresses are given out in order until there are none", function()
  local leases = make()
  t.equal(leases:exclude("10.0.0.2", "10.0.0.3"), true)
  t.equal(leases:exclude("10.0.0.5"), true)
  t.equal(leases:capacity(), 2)
  t.equal(leases:in_range("10.0.0.1"), true)
  t.equal(leases:in_range("10.0.0.2"), false)
  t.equal(leases:next_free(), "10.0.0.1")
  leases:put("10.0.0.1", "a", "bound", 1)
  leases:put(leases:next_free(), "b", "bound", 1)
  t.equal(leases:next_free(), nil)
  leases:by_client("a").state = "released"
  t.equal(leases:next_free(), "10.0.0.1")
end)

t.test("an address in quarantine has no client", function()
  local leases = make()
  local lease = leases:put("10.0.0.1", nil, "declined", 60)
  t.equal(lease.client, nil)
  t.equal(leases:put("10.0.0.2", "", "declined").expires, math.huge)
  t.equal(leases:next_end(), 60)
end)

t.test("what the table refuses comes back as nil and a word", function()
  local leases = make()
  local ok, why = leases:range("10.0.0.5", "10.0.0.9")
  t.equal(ok, nil)
  t.equal(why, "range")
  ok, why = leases:put("10.0.0.1", ("k"):rep(256), "bound", 1)
  t.equal(ok, nil)
  t.equal(why, "range")
end)

t.test("mistakes are refused with their reason", function()
  local leases = make()
  local lease = leases:put("10.0.0.1", "a", "bound", 1)
  raises("not an IPv4 address", leases.in_range, leases, "10.0.0")
  raises("\"bond\" is not a lease state (free, offered, bound, released, expired, declined)", leases.put, leases,
    "10.0.0.1", "a", "bond", 1)
  raises("\"lost\" is not a lease state", function() lease.state = "lost" end)
  raises("number expected", function() lease.expires = "soon" end)
  raises("not a number", function() lease.expires = 0 / 0 end)
  raises("a lease's \"address\" cannot be set", function() lease.address = "10.0.0.2" end)
  raises("a lease has no field \"adress\"", function() return lease.adress end)
  raises("a lease has no field \"1\"", function() return lease[1] end)
  raises("dhcplab.leases expected", leases.count, lease)
  raises("dhcplab.leases expected", leases.count, {})
  raises("dhcplab.lease expected", lease.forget, leases)
  t.equal(getmetatable(lease), "dhcplab.lease")
end)

t.test("a forgotten lease says so, whatever took its place", function()
  local leases = make()
  local lease = leases:put("10.0.0.1", "a", "bound", 1)
  lease:forget()
  t.equal(tostring(lease), "lease of 10.0.0.1, forgotten")
  raises("the lease of 10.0.0.1 has been forgotten", function() return lease.state end)
  local newer = leases:put("10.0.0.1", "b", "bound", 1)
  raises("the lease of 10.0.0.1 has been forgotten", function() lease.state = "free" end)
  raises("the lease of 10.0.0.1 has been forgotten", function() lease:forget() end)
  t.equal(newer.client, "b")
  t.equal(lease == newer, false)
end)

t.test("a closed table refuses everything and its leases too", function()
  local leases = make()
  local lease = leases:put("10.0.0.1", "a", "bound", 1)
  leases:close()
  leases:close()
  raises("the lease table is closed", function() return lease.state end)
  raises("the lease table is closed", leases.count, leases)
  t.equal(tostring(lease), "lease of 10.0.0.1, forgotten")
end)

t.test("a lease keeps its table alive", function()
  local lease = make():put("10.0.0.1", "a", "bound", 1)
  collectgarbage()
  collectgarbage()
  t.equal(lease.state, "bound")
end)

t.done()
