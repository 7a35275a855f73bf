-- The conformance table: what tests printed, joined with the requirements.
local t = require "harness"

local lua = os.getenv("LUA") or "lua5.4"

-- Runs the table over these results: { ["tests/lua/x_test.lua"] = "ok 1 - ..." }.
local function run(results, options)
  local folder = t.path("results")
  os.execute("rm -rf " .. t.quote(folder) .. " && mkdir " .. t.quote(folder))
  for file, text in pairs(results) do t.write(folder .. "/" .. file:gsub("/", "+") .. ".tap", text) end
  local command = ("%s tests/conformance.lua --results %s %s"):format(lua, t.quote(folder), options or "")
  local out, err, status = t.run(command)
  t.equal(err, "")
  return out, status
end

local function row(out, id)
  for line in out:gmatch("[^\n]+") do
    if line:find("^" .. id:gsub("%-", "%%-")) then return line end
  end
end

t.test("a row passes by the tests that name it in brackets", function()
  local out, status = run { ["tests/lua/x_test.lua"] = "ok 1 - NAK goes everywhere [X-06 S-46]\n1..1\n" }
  t.equal(status, 0)
  t.match(row(out, "X-06"), "^X%-06  MUST   server    pass         1  with giaddr zero")
  t.match(row(out, "S-46"), "^S%-46  MUST   server    pass         1  a NAK through a relay")
  t.ok(not row(out, "S-42"):find("pass", 1, true), "a row that nothing proved does not pass")
end)

t.test("one failure fails the row, and is named", function()
  local out = run { ["tests/lua/x_test.lua"] = "ok 1 - a [X-06]\nnot ok 2 - b [X-06]\n1..2\n" }
  t.match(row(out, "X-06"), "FAIL         2")
  t.match(out, "\nfailed: X%-06: tests/lua/x_test.lua: b %[X%-06%]\n")
end)

t.test("a skipped test proves nothing", function()
  local out = run { ["tests/lua/x_test.lua"] = "ok 1 - a [X-06] # SKIP missing: tshark\n1..1\n" }
  t.match(row(out, "X-06"), "skipped      1")
end)

t.test("ranges of ids are written out", function()
  local out = run { ["tests/lua/x_test.lua"] = "ok 1 - the states [C-01..C-04]\n1..1\n" }
  for number = 1, 4 do t.match(row(out, "C-0" .. number), "pass         1") end
  t.ok(not row(out, "C-05"):find("pass"), "C-05 is not in the range")
end)

t.test("a C test is joined by the comment above its function", function()
  local source = t.read("tests/core/decode_test.c")
  local id, name = source:match("\n/%* (M%-%d%d)[^\n]*%*/\nstatic void ([%w_]+)%(void %*%*")
  t.ok(id, "decode_test.c names a requirement")
  local out = run { ["tests/core/decode_test.c"] = ("1..1\nok 1 - %s\n"):format(name) }
  t.match(row(out, id), "pass         1")
  t.match(row(run {}, id), "not run      0")
end)

t.test("an id that is not there is reported, and fails a strict run", function()
  local results = { ["tests/lua/x_test.lua"] = "ok 1 - a [X-99]\n1..1\n" }
  local out, status = run(results)
  t.match(out, "there is no X%-99, which tests/lua/x_test.lua: a %[X%-99%] names")
  t.equal(status, 0)
  out, status = run(results, "--strict")
  t.match(out, "there is no X%-99")
  t.equal(status, 1)
end)

t.test("a strict run fails while a MUST row is open, and passes when none is", function()
  local _, status = run({}, "--strict")
  t.equal(status, 1)
  local lines = {}
  for _, one in ipairs(require "dhcplab.requirements") do lines[#lines + 1] = ("ok - all [%s]"):format(one.id) end
  local out
  out, status = run({ ["tests/lua/x_test.lua"] = table.concat(lines, "\n") }, "--strict")
  t.equal(status, 0, out)
  t.match(out, "MUST   +%d+ rows: %d+ pass\n")
end)

t.test("only the rows asked for are shown, with their tests", function()
  local out = run({ ["tests/lua/x_test.lua"] = "ok 1 - a [X-06]\n" }, "X-06")
  t.match(out, "pass    tests/lua/x_test.lua: a %[X%-06%]")
  t.ok(not row(out, "X-07"), "X-07 was not asked for")
  local open = run({ ["tests/lua/x_test.lua"] = "ok 1 - a [X-06]\n" }, "--open")
  t.ok(not row(open, "X-06"), "X-06 passes")
  t.ok(row(open, "X-07"), "X-07 is open")
end)

t.test("wrong usage is said so", function()
  local _, err, status = t.run(lua .. " tests/conformance.lua --wrong")
  t.match(err, "^usage: ")
  t.equal(status, 2)
end)

t.done()
