-- Errors that are not bugs: they carry the exit status and, on a line of its own, what to do about them.
--
-- exit 2 wrong usage, 3 the environment refused (port in use, no permission), 4 the script is wrong.

local core = require "dhcplab.core"
local order = require "dhcplab.order"

local problem = {}

local Problem = {}
Problem.__index = Problem
function Problem:__tostring()
  if not self.fix then return self.message end
  return self.message .. "\n" .. self.fix
end

function problem.new(exit, message, fix)
  return setmetatable({ exit = exit, message = message, fix = fix }, Problem)
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

-- Raises `message` with that place.
function problem.blame(message)
  local file, line = problem.place()
  error(file and ("%s:%d: %s"):format(file, line, message) or message, 0)
end

-- Checks the keys of an options table; `known` is a list.
function problem.check_keys(what, given, known)
  local allowed = {}
  for _, key in ipairs(known) do allowed[key] = true end
  for _, key in ipairs(order.keys(given)) do
    if not allowed[key] then
      local near = require("dhcplab.suggest")(tostring(key), known)
      problem.blame(("%s has no setting called \"%s\"%s"):format(what, tostring(key),
        near and ("; did you mean \"%s\"?"):format(near) or ""))
    end
  end
end

return problem
