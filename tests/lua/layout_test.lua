-- Columns, wrapping, and text from the network that must not reach the terminal as it came.
local t = require "harness"
local layout = require "dhcplab.layout"

t.test("width counts characters, and bytes where they are none", function()
  t.equal(layout.width("grüße"), 5)
  t.equal(layout.width("\xff\xfe"), 2)
  t.equal(layout.pad("ü", 3), "ü  ")
  t.equal(layout.pad_left("ü", 3), "  ü")
  t.equal(layout.pad("long", 2), "long")
end)

t.test("words stay whole, lines keep to the width, line ends stay", function()
  t.equal(layout.wrap("one two three", 7), { "one two", "three" })
  t.equal(layout.wrap("one\n\ntwo", 7), { "one", "", "two" })
  t.equal(layout.wrap("", 7), { "" })
end)

t.test("a word longer than a line is cut, between characters", function()
  t.equal(layout.wrap("abcdefghij", 4), { "abcd", "efgh", "ij" })
  t.equal(layout.wrap("x äöüäöü", 4), { "x", "äöüä", "öü" })
end)

t.test("the name of an RFC and its section are not torn apart", function()
  t.equal(layout.wrap("as said in RFC 2131 4.1.", 22), { "as said in", "RFC 2131 4.1." })
  t.equal(layout.wrap("see RFC 2131", 10), { "see", "RFC 2131" })
end)

t.test("no line of any width is too long", function()
  local text = "The server keeps 192.168.1.100 aside (RFC 2131 3.1 step 2) for 02:00:00:00:00:01, ünd only for it."
  for width = 1, 110 do
    for _, line in ipairs(layout.wrap(text, width)) do
      t.ok(layout.width(line) <= width, ("width %d: %s"):format(width, line))
    end
  end
end)

t.test("clipping marks the cut", function()
  t.equal(layout.clip("server", 6), "server")
  t.equal(layout.clip("server", 4), "ser~")
  t.equal(layout.clip("sérver", 4, true), "sér…")
  t.equal(layout.clip("server", 1), "~")
  t.equal(layout.clip("server", 0), "")
end)

t.test("control characters cannot reach the terminal", function()
  t.equal(layout.printable("a\27[31mb\0\n\127"), "a\\x1b[31mb\\x00\\x0a\\x7f")
  t.equal(layout.printable("a\27b", true), "a\\x1bb")
  t.equal(layout.printable("a\u{9b}31m", true), "a\\u{9b}31m", "an 8-bit control sequence introducer")
  t.equal(layout.printable("\u{202e}abc", true), "\\u{202e}abc", "right-to-left override")
end)

t.test("UTF-8 is shown where it can be, and broken UTF-8 never", function()
  t.equal(layout.printable("grün", true), "grün")
  t.equal(layout.printable("grün"), "gr\\xc3\\xbcn")
  t.equal(layout.printable("gr\xffn", true), "gr\\xffn")
end)

t.done()
