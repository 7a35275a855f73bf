-- What a terminal can show, decided from the environment and the flags.
local t = require "harness"
local term = require "dhcplab.term"

local function new(variables, options)
  options = options or {}
  local is_terminal = options.is_terminal ~= false
  return term.new {
    color = options.color, ascii = options.ascii, stream = options.stream,
    env = function(name) return variables[name] end,
    isatty = function() return is_terminal end,
    columns = function() return options.columns end,
  }
end

local XTERM = { TERM = "xterm-256color", LANG = "en_US.UTF-8" }

t.test("a terminal with a name gets colour", function()
  t.equal(new(XTERM).color, true)
  t.equal(new(XTERM):paint("bad", "x"), "\27[1;31mx\27[0m")
end)

t.test("no colour into files and pipes, for a dumb terminal, or without TERM", function()
  t.equal(new(XTERM, { is_terminal = false }).color, false)
  t.equal(new({ TERM = "dumb" }).color, false)
  t.equal(new({}).color, false)
  t.equal(new({ TERM = "" }).color, false)
  t.equal(new({ TERM = "dumb" }):paint("bad", "x"), "x")
end)

t.test("NO_COLOR switches colour off when it is set and not empty", function()
  t.equal(new({ TERM = "xterm", NO_COLOR = "1" }).color, false)
  t.equal(new({ TERM = "xterm", NO_COLOR = "" }).color, true)
end)

t.test("always and never are obeyed whatever the terminal", function()
  t.equal(new({ NO_COLOR = "1" }, { color = "always", is_terminal = false }).color, true)
  t.equal(new(XTERM, { color = "never" }).color, false)
end)

t.test("another word for colour is an error that names the right ones", function()
  t.error(function() new(XTERM, { color = "sometimes" }) end, '"auto", "always" or "never", not "sometimes"')
end)

t.test("a stream that is no terminal of this process gets no colour", function()
  t.equal(new(XTERM, { stream = { write = function() end } }).color, false)
end)

t.test("LC_ALL decides about UTF-8 before LC_CTYPE, and that before LANG; empty ones do not count", function()
  t.equal(new({ LANG = "de_DE.utf8" }).utf8, true)
  t.equal(new({ LANG = "C" }).utf8, false)
  t.equal(new({}).utf8, false)
  t.equal(new({ LC_CTYPE = "C.UTF-8", LANG = "C" }).utf8, true)
  t.equal(new({ LC_ALL = "POSIX", LC_CTYPE = "C.UTF-8", LANG = "C.UTF-8" }).utf8, false)
  t.equal(new({ LC_ALL = "", LANG = "C.UTF-8" }).utf8, true)
end)

t.test("--ascii beats the locale", function()
  t.equal(new(XTERM, { ascii = true }).utf8, false)
end)

t.test("the width is the terminal's, and 80 where there is none or it does not know", function()
  t.equal(new(XTERM, { columns = 132 }).width, 132)
  t.equal(new(XTERM, { columns = 0 }).width, 80)
  t.equal(new(XTERM).width, 80)
  t.equal(new(XTERM, { columns = 132, is_terminal = false }).width, 80)
end)

t.test("painting nothing gives nothing, and an unknown style is a mistake", function()
  t.equal(new(XTERM):paint("bad", ""), "")
  t.error(function() new(XTERM):paint("sparkling", "x") end, 'no style called "sparkling"')
  t.error(function() term.plain():paint("sparkling", "x") end, "no style called")
  t.equal(term.has_style("offer"), true)
  t.equal(term.has_style(nil), false)
end)

t.test("a glyph has a plain spelling", function()
  t.equal(new(XTERM):glyph("→", "->"), "→")
  t.equal(term.plain():glyph("→", "->"), "->")
end)

t.test("the plain terminal is the same everywhere", function()
  local plain = term.plain()
  t.equal({ plain.color, plain.utf8, plain.width, plain:paint("good", "x") }, { false, false, 80, "x" })
end)

t.test("without anything given it asks the machine and does not fail", function()
  local real = term.new()
  t.ok(real.width > 0)
  t.equal(type(real.color), "boolean")
end)

t.done()
