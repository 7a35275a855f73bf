-- Files that commands write for people: whether one is there already, and writing one whole or saying why not.

local problem = require "dhcplab.problem"

local files = {}

function files.exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

-- Raises a problem when it cannot be written; `fix`: what to do about that.
function files.write(path, text, fix)
  local file, why = io.open(path, "wb")
  if file then
    local written, cause = file:write(text)
    local closed, last = file:close()
    cause = not written and cause or not closed and last or nil
    why = cause and path .. ": " .. cause
  end
  if why then error(problem.new("E305", "cannot write " .. why, fix)) end
end

return files
