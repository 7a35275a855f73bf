-- Files written for people: whole, or the reason and what to do.
local t = require "harness"
local files = require "dhcplab.files"

t.test("a file is written whole, and is there then", function()
  local path = t.path("a")
  t.ok(not files.exists(path))
  files.write(path, "one\r\ntwo\0")
  t.equal({ files.exists(path), t.read(path) }, { true, "one\r\ntwo\0" })
end)

t.test("what cannot be written is told once with its path, and what to do", function()
  local ok, made = pcall(files.write, t.path("no/folder"), "x", "make it")
  t.equal({ ok, made.code, made.fix }, { false, "E305", "make it" })
  t.equal(made.message, "cannot write " .. t.path("no/folder") .. ": No such file or directory")
end)

t.test("a full disk is told too", function()
  if not files.exists("/dev/full") then t.skip("there is no /dev/full") end
  local ok, made = pcall(files.write, "/dev/full", ("x"):rep(100000))
  t.equal({ ok, made.message }, { false, "cannot write /dev/full: No space left on device" })
end)

t.done()
