-- dhcplab new: a scenario to start from, which works at once and overwrites nothing.
local t = require "harness"

local here = assert(os.getenv("PWD"))
local exe = t.exe:sub(1, 1) == "/" and t.exe or here .. "/" .. t.exe

-- Runs the program in the temporary folder.
local function run(...)
  local words = { "cd", t.quote(t.path("")), "&&", "exec", t.quote(exe) }
  for _, word in ipairs { ... } do words[#words + 1] = t.quote(word) end
  return t.run(table.concat(words, " "))
end

t.test("it writes a script and says what to do with it", function()
  local out, err, status = run("new", "mine")
  t.equal({ err, status }, { "", 0 })
  t.match(out, "^wrote mine.lua\n.*\nNext:\n  %S+ run mine.lua %-%-virtual %-%-explain\n  %S+ test mine.lua\n")
  t.match(t.read(t.path("mine.lua")), "^%-%- mine: one server")
end)

t.test("the script runs, in virtual time, and all of its tests pass, with many seeds", function()
  run("new", "first")
  local out, err, status = run("run", "first.lua", "--virtual", "--seed", "1")
  t.equal(status, 0, err)
  t.match(out, "client has 192.168.1.100 for 3600 s")
  t.match(out, "2 tests, 2 runs: 2 passed, 0 failed")
  out, err, status = run("test", "first.lua", "--seeds", "1..20")
  t.equal(status, 0, err)
  t.match(out, "2 tests, 40 runs: 40 passed, 0 failed")
end)

t.test("its tests can fail: a policy that lets guests in is caught", function()
  run("new", "changed")
  local text = t.read(t.path("changed.lua")):gsub('== "guest"', '== "nobody"')
  t.write(t.path("changed.lua"), text)
  local out, _, status = run("test", "changed.lua")
  t.equal(status, 1, out)
end)

t.test("the name stands wherever it belongs, and nowhere is a place for it left", function()
  local files = require "dhcplab.template"("a/b")
  t.equal(files[1].path, "a/b.lua")
  t.ok(not files[1].text:find("NAME", 1, true))
  t.match(files[1].text, "dhcplab test b.lua")
end)

t.test("an editor finds the interface, and settings that are there stay", function()
  os.execute("mkdir " .. t.quote(t.path("edited")))
  t.match(run("new", "edited/a"), "wrote edited/.luarc.json, for editors\n")
  t.match(t.read(t.path("edited/.luarc.json")), '"Lua 5.4"')
  t.write(t.path("edited/.luarc.json"), "{}")
  local out, _, status = run("new", "edited/b")
  t.equal({ out:find("luarc", 1, true), status, t.read(t.path("edited/.luarc.json")) }, { nil, 0, "{}" })
end)

t.test("what is there stays as it is", function()
  t.write(t.path("old.lua"), "-- mine\n")
  local _, err, status = run("new", "old")
  t.equal(status, 2)
  t.match(err, "^dhcplab: error%[E210%]: old.lua is there already, and stays as it is\n")
  t.equal(t.read(t.path("old.lua")), "-- mine\n")
end)

t.test("a name with .lua, with a folder, with blanks and signs", function()
  t.equal(select(3, run("new", "other.lua")), 0)
  t.ok(t.read(t.path("other.lua")))
  os.execute("mkdir " .. t.quote(t.path("a folder")))
  local out, err, status = run("new", "a folder/50% off")
  t.equal(status, 0, err)
  t.match(out, "test 'a folder/50%% off.lua'")
  t.match(t.read(t.path("a folder/50% off.lua")), "^%-%- 50%% off: ")
  t.equal(select(3, run("test", "a folder/50% off.lua")), 0)
end)

t.test("what cannot be written is the machine's refusal; what is no name is wrong usage", function()
  local _, err, status = run("new", "no/such/place")
  t.equal(status, 3)
  t.match(err, "cannot write no/such/place.lua: No such file or directory\n  fix:  give a name in a folder that is")
  for _, name in ipairs { "", "a/", ".lua", "x/.lua", "a\nb" } do
    _, err, status = run("new", name)
    t.equal(status, 2, name)
    t.match(err, "is no name for a script\n  fix:  try: dhcplab new mine")
  end
  t.equal(select(3, run("new")), 2)
end)

t.done()
