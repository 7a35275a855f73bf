-- Plays a script in virtual time in this process, as `dhcplab run` does: the code, exit status and report of what went
-- wrong.

local t = require "harness"
local failure = require "dhcplab.failure"
local mistakes = require "dhcplab.mistakes"
local play = require "dhcplab.play"
local scripts = require "dhcplab.script"

return function(text)
  local ok, script = pcall(scripts.read, t.write(t.path("mine.lua"), text))
  if not ok then return script.code, script.exit, failure.describe(script) end
  local result = play.test(script, { options = {} }, { world = { virtual = true, seed = 1 }, strict = false })
  return result.code, result.code and mistakes.exit_status(result.code), result.report or ""
end
