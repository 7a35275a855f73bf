-- tests/planted: the search finds each of the servers and clients that are broken on purpose, within a stated number of
-- seeds, by an invariant that says what is wrong.

local t = require "harness"
local sandbox = require "dhcplab.sandbox"
local scene = require "dhcplab.scene"
local search = require "dhcplab.search"

-- what, within so many seeds, by one of these
local planted <const> = {
  { "offers_twice", 10, { "offers hold", "server outlasts client", "one client per address" } },
  { "ignores_decline", 50, { "declined stays out" } },
  { "forgets_hold", 20, { "offers hold" } },
  { "reuses_early", 5, { "server outlasts client", "one client per address" } },
  { "keeps_after_expiry", 5, { "no use after expiry" } },
  { "answers_anothers_xid", 10, { "lawful packets" } },
  { "nak_loop", 3, { "liveness" } },
  { "refuses_anothers", 3, { "lawful packets" } },
}

local function find(script, most)
  for seed = 1, most do
    local result = search.play(scene.draw(seed, script))
    if result.status ~= "pass" then return seed, result end
  end
end

for _, row in ipairs(planted) do
  local name, most, keys = table.unpack(row)
  t.test(("the search finds %s within %d seeds"):format(name, most), function()
    sandbox.remember()
    local seed, result = find(("tests/planted/%s.lua"):format(name), most)
    t.ok(seed, "a seed that fails")
    local expected = {}
    for _, key in ipairs(keys) do expected[key] = true end
    t.ok(expected[result.key], ("seed %d: %s"):format(seed, result.message))
    t.match(result.report, "packets:")
    t.match(result.report, ("seed %d"):format(seed))
  end)
end

t.test("the same seeds find nothing wrong with the library itself", function()
  sandbox.remember()
  local seed, result = find(nil, 50)
  t.equal(seed, nil, result and result.report)
end)

t.test("every broken node has a line in the table and in the README", function()
  local listed, pipe = {}, assert(io.popen("ls tests/planted/*.lua"))
  for _, row in ipairs(planted) do listed[row[1]] = true end
  local readme = t.read("tests/planted/README.md")
  local count = 0
  for path in pipe:lines() do
    local name = path:match("([^/]+)%.lua$")
    t.ok(listed[name], name)
    t.ok(readme:find("`" .. name .. ".lua`", 1, true), name)
    count = count + 1
  end
  pipe:close()
  t.equal(count, #planted)
end)

t.done()
