-- Errors that are not bugs. Each has a code such as "E103", under which mistakes.lua explains it.
--
-- What ends a run is a table: the exit status that belongs to its code, and, on a line of its own, what to do about it.
-- What a script does wrong is raised as a text, "mine.lua:3: what is wrong [E103]", here and in C.

local core = require "dhcplab.core"
local order = require "dhcplab.order"

local problem = {}

local Problem = {}
Problem.__index = Problem
function Problem:__tostring()
  if not self.fix then return self.message end
  return self.message .. "\n" .. self.fix
end

-- fix: what to do, when more is known about that than the code says.
function problem.new(code, message, fix)
  local exit = require("dhcplab.mistakes").exit_status(code)
  if exit == code then code = nil end -- an exit status that stands for itself
  return setmetatable({ exit = exit, code = code, message = message, fix = fix }, Problem)
end

-- What ends a run by Ctrl-C: nobody's mistake.
function problem.interrupted()
  return setmetatable({ exit = 130, message = "interrupted" }, Problem)
end

-- The text of an error without its code, and the code; nil when it has none.
function problem.split(text)
  local plain, codes = text:gsub(" %[E%d%d%d%]", "")
  return plain, codes > 0 and text:match(" %[(E%d%d%d)%]") or nil
end

function problem.is(value)
  return getmetatable(value) == Problem
end

-- The library's own files: what their chunk names begin with, as this one's does.
local prefix = debug.getinfo(1, "S").source:match("^(.*)problem%.lua$")
core.library(prefix)

local function in_library(source) return source:sub(1, #prefix) == prefix end

-- Whether a line of a traceback is in the library.
function problem.is_library_line(line) return line:find(prefix:sub(2), 1, true) ~= nil end

-- Where the script called into the library, however deep that was: "file.lua", line, the chunk's name; or nil.
function problem.place()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.currentline > 0 and not in_library(info.source) then
      return info.short_src, info.currentline, info.source
    end
    level = level + 1
  end
end

-- Raises `message` with that place and this code.
function problem.blame(message, code)
  local file, line = problem.place()
  if code then message = ("%s [%s]"):format(message, code) end
  error(file and ("%s:%d: %s"):format(file, line, message) or message, 0)
end

-- What a message says behind an unknown word: "; did you mean \"offer\"?", or nothing when none of the list is near.
function problem.hint(word, list)
  local near = require("dhcplab.suggest")(tostring(word), list)
  return near and ("; did you mean \"%s\"?"):format(near) or ""
end

-- Checks the keys of an options table; `known` is a list.
function problem.check_keys(what, given, known)
  local allowed = {}
  for _, key in ipairs(known) do allowed[key] = true end
  for _, key in ipairs(order.keys(given)) do
    if not allowed[key] then
      problem.blame(("%s has no setting called \"%s\"%s"):format(what, tostring(key), problem.hint(key, known)), "E103")
    end
  end
end

return problem
