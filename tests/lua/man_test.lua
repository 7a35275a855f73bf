-- The manual page: it has all of the command line, and programs that read such pages have nothing to say against it.
local t = require "harness"
local cli = require "dhcplab.cli"
local man = require "dhcplab.man"
local usage = require "dhcplab.usage"

local page = man.page(cli.parser(), "1.2.3")

t.test("every command, argument and flag is on the page", function()
  local text = page:gsub("\\f[BIR]", ""):gsub("\\%-", "-")
  t.match(text, '^%.TH DHCPLAB 1 "" "dhcplab 1%.2%.3"')
  for _, command in ipairs(usage.read(cli.parser()).commands) do
    t.ok(text:find("\n.SS dhcplab " .. command.name, 1, true), command.name)
    for _, argument in ipairs(command.arguments) do t.ok(text:find(argument.name:upper(), 1, true), argument.name) end
    for _, option in ipairs(command.options) do
      t.ok(text:find("\n" .. table.concat(option.names, ", "), 1, true), option.names[1])
    end
  end
  t.ok(not text:find("--worker", 1, true) and not text:find("--words", 1, true), "hidden flags")
end)

t.test("what a flag says is on the page once, where it is the same for all commands", function()
  local _, count = page:gsub("a parameter for the script, as dhcp.param.NAME", "")
  t.equal(count, 1)
end)

t.test("dhcplab man prints the page", function()
  local out, err, status = t.run { t.exe, "man" }
  t.equal({ err, status }, { "", 0 })
  t.equal(out, man.page(cli.parser(), out:match('"dhcplab ([%d.]+)"')))
end)

t.test("groff has no warning, and shows the page in 80 columns", function()
  if not os.execute("command -v groff >/dev/null 2>&1") then t.skip("groff is not installed") end
  local path = t.write(t.path("dhcplab.1"), page)
  local out, err, status = t.run(("groff -man -ww -Tascii -P-cbou %s"):format(t.quote(path)))
  t.equal({ err, status }, { "", 0 })
  t.match(out, "SYNOPSIS\n +dhcplab %[COMMAND%] %[OPTION%]%.%.%.\n")
  t.match(out, "\n +%-%-seed N\n")
  t.match(out, "\n +130 +ended by Ctrl%-C\n")
  for line in out:gmatch("[^\n]+") do t.ok(#line <= 80, line) end
end)

t.test("mandoc finds nothing wrong but the date that is left out", function()
  if not os.execute("command -v mandoc >/dev/null 2>&1") then t.skip("mandoc is not installed") end
  local out = t.run(("mandoc -T lint -W warning %s"):format(t.quote(t.write(t.path("dhcplab.1"), page))))
  t.equal(out:gsub("[^\n]*missing date[^\n]*\n", ""), "")
end)

t.done()
