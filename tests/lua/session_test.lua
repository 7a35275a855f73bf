-- One run from the command line: its exit status and its last words, made here without a process of its own.
local t = require "harness"
local session = require "dhcplab.session"

-- Runs main in a virtual world: the exit status and what was said.
local function run(main, flags)
  local all = { virtual = true, seed = 5, quiet = true, params = {} }
  for key, value in pairs(flags or {}) do all[key] = value end
  local path, stderr = t.path("said"), io.stderr
  io.stderr = assert(io.open(path, "w")) -- luacheck: ignore 122
  local ok, status = pcall(session.run, all, main)
  io.stderr:close()
  io.stderr = stderr -- luacheck: ignore 122
  if not ok then error(status, 0) end
  return status, t.read(path)
end

local dhcp = require "dhcplab"

t.test("a run that ends well is status 0 and says nothing", function()
  t.equal({ run(function() dhcp.sleep(5) end) }, { 0, "" })
end)

t.test("main's false is status 1, its error status 4 with time and seed", function()
  t.equal((run(function() return false end)), 1)
  local status, said = run(function()
    dhcp.sleep(2.5)
    error("on purpose")
  end)
  t.equal(status, 4)
  t.match(said, "error%[E136%]: .*session_test.lua:%d+: on purpose.*\nat 2.500000 s of virtual time, seed 5")
end)

t.test("a run ends when main and its tasks have ended, and not before", function()
  local ended
  run(function() dhcp.spawn(function() dhcp.sleep(7) ended = dhcp.now() end) end)
  t.equal(ended, 7.0)
end)

t.test("a limit ends what would go on", function()
  local status = run(function() while true do dhcp.sleep(1) end end, { limit = 10 })
  t.equal(status, 0)
end)

t.test("a parameter that nobody asked for is told, after a good run only", function()
  local status, said = run(function() return dhcp.param.pause and nil end, { params = { pase = 1 } })
  t.equal(status, 0)
  t.match(said, "%-%-set pase: the script never asks for it; it asks for pause")
  status, said = run(function() return false end, { params = { pase = 1 } })
  t.equal({ status, said:find("pase") }, { 1, nil })
end)

t.test("a capture that cannot be written in the end is status 3", function()
  if not os.execute("test -c /dev/full") then t.skip("no /dev/full here") end
  local status, said = run(function() dhcp.client { timeout = 1 }:discover() end, { pcap = "/dev/full" })
  t.equal(status, 3)
  t.match(said, "the capture /dev/full is incomplete: No space left")
end)

t.test("a script that is not there is a problem with exit status 2", function()
  local ok, why = pcall(session.load, "/no/such/script.lua")
  t.ok(not ok)
  t.equal(why.exit, 2)
  t.match(tostring(why), "cannot open /no/such/script.lua: No such file")
end)

t.done()
