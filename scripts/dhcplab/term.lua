-- What the terminal can show: colour or not, UTF-8 or plain ASCII, and how many columns.
--
-- One object is made for each stream that is written to, and everything that draws asks it.  Colour
-- needs a terminal that is not "dumb", and NO_COLOR in the environment switches it off; UTF-8 is what
-- the locale says, whether the stream is a terminal or not, so that a file reads like the screen.
-- Nothing here writes anything.

local term = {}
term.__index = term

term.COLORS = { "auto", "always", "never" }

-- ECMA-48 codes.  Only the eight basic colours, which every theme keeps readable.
local STYLES = {
  title = "1",
  name = "36",
  dim = "2",
  good = "32",
  bad = "1;31",
  warn = "33",
  note = "35",
  discover = "1;34",
  offer = "1;36",
  request = "1;34",
  ack = "1;32",
  nak = "1;31",
}

local function is_set(value)
  return value ~= nil and value ~= ""
end

-- The first of these that is set decides, as POSIX orders them.
local function locale_is_utf8(env)
  for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
    local value = env(name)
    if is_set(value) then
      return value:lower():find("utf%-?8") ~= nil
    end
  end
  return false
end

local function wants_color(choice, env, is_terminal)
  if choice == "always" then return true end
  if choice == "never" or is_set(env("NO_COLOR")) then return false end
  local kind = env("TERM")
  return is_terminal and is_set(kind) and kind ~= "dumb"
end

local function descriptor_of(stream)
  if stream == io.stderr then return 2 end
  if stream == io.stdin then return 0 end
  return stream == io.stdout and 1 or nil
end

-- options: color ("auto", "always" or "never"), ascii (true: no UTF-8), stream (io.stdout), and, for
-- tests, env, isatty and columns, functions in place of os.getenv, core.isatty and core.columns.
function term.new(options)
  options = options or {}
  local choice = options.color or "auto"
  if choice ~= "auto" and choice ~= "always" and choice ~= "never" then
    error(('colour is "auto", "always" or "never", not "%s"'):format(tostring(choice)), 2)
  end
  local env = options.env or os.getenv
  local isatty, columns = options.isatty, options.columns
  if not isatty or not columns then
    local core = require "dhcplab.core"
    isatty = isatty or core.isatty
    columns = columns or core.columns
  end
  local fd = descriptor_of(options.stream or io.stdout)
  local is_terminal = fd ~= nil and isatty(fd) == true
  local width = is_terminal and columns(fd) or nil
  return setmetatable({
    color = wants_color(choice, env, is_terminal),
    utf8 = not options.ascii and locale_is_utf8(env),
    is_terminal = is_terminal,
    width = width and width > 0 and width or 80,
  }, term)
end

-- One that draws plain ASCII without colour, 80 columns wide: for files, tests and machines.
function term.plain()
  return setmetatable({ color = false, utf8 = false, is_terminal = false, width = 80 }, term)
end

-- `text` in a style of the list above, or as it is where there is no colour.
function term:paint(style, text)
  local code = STYLES[style]
  if not code then
    error(('there is no style called "%s"'):format(tostring(style)), 2)
  end
  if not self.color or text == "" then return text end
  return "\27[" .. code .. "m" .. text .. "\27[0m"
end

function term.has_style(style)
  return STYLES[style] ~= nil
end

-- One of two spellings of a sign: t:glyph("→", "->").
function term:glyph(fine, plain)
  return self.utf8 and fine or plain
end

return term
