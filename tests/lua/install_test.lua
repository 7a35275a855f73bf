-- `make install` gives a system command that works from any folder; `make uninstall` leaves nothing of it.
local t = require "harness"

if t.tree ~= "build" then
  t.test("installing is tested with the plain build only", function() t.skip("this is " .. t.tree) end)
  t.done()
end

local root = t.path("root")
local function make(target, prefix, destination)
  local out, err, status = t.run(("make -s %s PREFIX=%s DESTDIR=%s"):format(target, t.quote(prefix),
    t.quote(destination)),
    { timeout = 100 })
  t.equal(status, 0, out .. err)
end

local function files_in(folder)
  local pipe = io.popen("cd " .. t.quote(folder) .. " && find . ! -type d | LC_ALL=C sort")
  local list = {}
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  return list
end

t.test("make install PREFIX DESTDIR puts everything under the two, and nothing elsewhere", function()
  make("install", "/opt/lab", root)
  local list = table.concat(files_in(root), "\n")
  for _, file in ipairs { "./opt/lab/bin/dhcplab", "./opt/lab/lib/lua/5.4/dhcplab/core.so",
    "./opt/lab/share/lua/5.4/dhcplab/init.lua", "./opt/lab/share/lua/5.4/dhcplab/commands/run.lua",
    "./opt/lab/share/doc/dhcplab/README.md", "./opt/lab/share/doc/dhcplab/LICENSE",
    "./opt/lab/share/dhcplab/meta/dhcplab.lua", "./opt/lab/share/man/man1/dhcplab.1",
    "./opt/lab/share/bash-completion/completions/dhcplab", "./opt/lab/share/zsh/site-functions/_dhcplab",
    "./opt/lab/share/fish/vendor_completions.d/dhcplab.fish" } do
    t.ok(list:find(file, 1, true), file)
  end
  for file in list:gmatch("[^\n]+") do t.match(file, "^%./opt/lab/") end
end)

local exe = root .. "/opt/lab/bin/dhcplab"
local elsewhere = "cd / && env -i PATH=/usr/bin:/bin HOME=/nonexistent "

t.test("what is installed runs from another folder, with an empty environment", function()
  local out, err, status = t.run(elsewhere .. exe .. " --virtual --seed 7")
  t.equal({ err, status }, { "", 0 })
  t.match(out, "assigned 192%.168%.1%.100")
  out, err, status = t.run(elsewhere .. exe .. " run scenarios/slow_server.lua --virtual -q")
  t.equal(status, 0, err)
  t.match(out, "slow: 192%.168%.1%.101")
  t.match((t.run(elsewhere .. exe .. " list")), "handshake.lua")
  t.match((t.run(elsewhere .. exe .. " help questions")), "6767")
end)

t.test("annotations, manual page and completion are what the program prints", function()
  local share = root .. "/opt/lab/share/"
  t.equal(t.read(share .. "dhcplab/meta/dhcplab.lua"), (t.run { exe, "meta" }))
  t.equal(t.read(share .. "man/man1/dhcplab.1"), (t.run { exe, "man" }))
  t.equal(t.read(share .. "bash-completion/completions/dhcplab"), (t.run { exe, "completion", "bash" }))
  t.equal(t.read(share .. "zsh/site-functions/_dhcplab"), (t.run { exe, "completion", "zsh" }))
  t.equal(t.read(share .. "fish/vendor_completions.d/dhcplab.fish"), (t.run { exe, "completion", "fish" }))
end)

t.test("an installed program knows where its annotations are, by its path and by PATH", function()
  local folder = root .. "/opt/lab/share/dhcplab/meta\n"
  t.equal((t.run { exe, "meta", "--path" }), folder)
  t.equal((t.run(("PATH=%s:$PATH dhcplab meta --path"):format(t.quote(root .. "/opt/lab/bin")))), folder)
end)

t.test("dhcplab meta --setup of an installed program leads editors to the installed annotations", function()
  local folder = t.path("scripts")
  t.run { "mkdir", folder }
  local out = t.run(("cd %s && %s meta --setup"):format(t.quote(folder), t.quote(exe)))
  t.equal(out, "wrote .luarc.json\n")
  local settings = require("dkjson").decode(t.read(folder .. "/.luarc.json"))
  t.equal(settings["workspace.library"], { root .. "/opt/lab/share/dhcplab/meta" })
end)

t.test("the executable alone is enough: it carries its scripts", function()
  local copy = t.path("alone")
  os.execute(("cp %s %s"):format(t.quote(exe), t.quote(copy)))
  local out, _, status = t.run(elsewhere .. copy .. " handshake --virtual --seed 7")
  t.equal(status, 0)
  t.match(out, "assigned 192%.168%.1%.100")
end)

t.test("the installed library serves a stock Lua", function()
  t.need("lua5.4")
  local share, lib = root .. "/opt/lab/share/lua/5.4", root .. "/opt/lab/lib/lua/5.4"
  local script = t.write(t.path("x.lua"), [[
require("dhcplab.world").new { virtual = true, seed = 7 }
local dhcp = require "dhcplab"
dhcp.server {}
print(dhcp.client {}:acquire().address, package.searchpath("dhcplab.core", package.cpath))]])
  local out, err, status = t.run(("cd / && env -i PATH=/usr/bin:/bin "
    .. "LUA_PATH='%s/?.lua;%s/?/init.lua;;' LUA_CPATH='%s/?.so' lua5.4 %s")
    :format(share, share, lib, script))
  t.equal(status, 0, err)
  t.equal(out, "192.168.1.100\t" .. lib .. "/dhcplab/core.so\n")
end)

t.test("installing again changes nothing, uninstalling leaves nothing", function()
  local before = files_in(root)
  make("install", "/opt/lab", root)
  t.equal(files_in(root), before)
  make("uninstall", "/opt/lab", root)
  t.equal(files_in(root), {})
end)

t.test("a prefix with a space works", function()
  make("install", "/my lab", root)
  local out = t.run { root .. "/my lab/bin/dhcplab", "--version" }
  t.match(out, "^dhcplab ")
  make("uninstall", "/my lab", root)
  t.equal(files_in(root), {})
end)

t.done()
