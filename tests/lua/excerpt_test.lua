-- scripts/dhcplab/excerpt.lua: the line of a script under an error, and the caret.
local t = require "harness"
local excerpt = require "dhcplab.excerpt"
local played = require "played"

local function report(text) return select(3, played(text)) end

t.test("the caret stands under the word itself, not under a longer one or behind a tab or a letter of two octets",
  function()
    t.match(report 'local offers = {}\nlocal offer\nprint("\xc3\xa4", offers, offer.yiaddr)\n',
      '\n  3 | print%("[\xc3\xa4?]+", offers, offer.yiaddr%)\n    |                    %^%^%^%^%^\n')
    t.match(report "local x\ndo\n\tprint(x.y)\nend\n", "\n  3 | print%(x.y%)\n    |       %^\n")
  end)

t.test("a syntax error is marked where Lua gave up", function()
  t.match(report 'f { a = "}", b c }\n', "\n  1 | f { a = \"}\", b c }\n    |                %^\n")
end)

t.test("of a long line the part that is to blame is shown", function()
  local text = report(("local x\nlocal s = '%s' .. x.y\n"):format(("z"):rep(300)))
  t.match(text, "\n  2 | z+' .. x.y\n    | +%^\n")
  for line in text:gmatch("\n(  [^\n]*)") do t.ok(#line <= 80, line) end
end)

t.test("what cannot be had is left out", function()
  t.equal(excerpt.show({ source = "@/no/such.lua", line = 1 }, "x"), {})
  t.equal(excerpt.show({ source = "=(load)", line = 1 }, "x"), {})
  excerpt.remember("@three", "a\n\nb")
  t.equal({ excerpt.show({ source = "@three", line = 2 }, "x"), excerpt.show({ source = "@three", line = 9 }, "x") },
    { {}, {} })
  t.equal(excerpt.show({ source = "@three", line = 3 }, "'c' and 'b'"), { "  3 | b", "    | ^" })
end)

t.test("letters outside ASCII are shown where they can be", function()
  excerpt.remember("@letters", "say('\xc3\xa4\27', b)")
  local place = { source = "@letters", line = 1 }
  t.equal(excerpt.show(place, "'b'", true), { "  1 | say('\xc3\xa4\\x1b', b)", "    |              ^" })
  t.equal(excerpt.show(place, "'b'"), { "  1 | say('?\\x1b', b)", "    |              ^" })
end)

t.test("a long path that Lua has cut is found again", function()
  local chunk = "@/tmp/" .. ("x"):rep(80) .. "/mine.lua"
  excerpt.remember(chunk, "here")
  local name = debug.getinfo(load("return 1", chunk), "S").short_src
  t.match(name, "^%.%.%.")
  t.equal(excerpt.source(name), chunk)
end)

t.done()
