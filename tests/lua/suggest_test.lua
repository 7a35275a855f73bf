-- "Did you mean": near words are found, far ones are not, and ties are settled by the order of the list.
local t = require "harness"
local suggest = require "dhcplab.suggest"

local COMMANDS = { "handshake", "run", "server", "client", "explain", "list", "help" }

t.test("one letter too many, too few, another one or two swapped still name the word", function()
  t.equal(suggest("serverr", COMMANDS), "server")
  t.equal(suggest("servr", COMMANDS), "server")
  t.equal(suggest("sirver", COMMANDS), "server")
  t.equal(suggest("sevrer", COMMANDS), "server")
end)

t.test("a swapped pair counts as one mistake", function()
  t.equal(suggest("lsit", COMMANDS), "list")
end)

t.test("case and the sign between words do not count", function()
  t.equal(suggest("LEASE-TIME", { "lease_time" }), "lease_time")
  t.equal(suggest("lease time", { "domain_name", "lease_time" }), "lease_time")
end)

t.test("a word with nothing in common names nothing", function()
  t.equal(suggest("banana", COMMANDS), nil)
  t.equal(suggest("xyz", COMMANDS), nil)
end)

t.test("short words must be nearer than long ones: one mistake in four letters, two in six, three in nine", function()
  t.equal(suggest("lost", { "list" }), "list")
  t.equal(suggest("loss", { "list" }), nil)
  t.equal(suggest("clunt", { "client" }), "client")
  t.equal(suggest("lwaae_tyme", { "lease_time" }), "lease_time")
  t.equal(suggest("lwaae_tymy", { "lease_time" }), nil)
end)

t.test("a word whose every letter is wrong is another word", function()
  t.equal(suggest("x", { "y" }), nil)
  t.equal(suggest("ab", { "xb" }), "xb")
end)

t.test("the beginning of exactly one entry names it, of several none", function()
  t.equal(suggest("requested", { "requested_ip", "routers" }), "requested_ip")
  t.equal(suggest("domain", { "domain_name_servers", "domain_search_list" }), nil)
  t.equal(suggest("re", { "requested_ip" }), nil, "two letters are too few")
end)

t.test("among equally near words the first of the list is taken", function()
  t.equal(suggest("cat", { "bat", "rat" }), "bat")
  t.equal(suggest("cat", { "rat", "bat" }), "rat")
end)

t.test("the nearest wins wherever it stands", function()
  t.equal(suggest("subnet_mas", { "subnet_mark", "subnet_mask" }), "subnet_mask")
end)

t.test("nothing, an empty list and an endless word are no reason to stop", function()
  t.equal(suggest("", COMMANDS), nil)
  t.equal(suggest("server", {}), nil)
  t.equal(suggest(("s"):rep(100000), COMMANDS), nil)
end)

t.done()
