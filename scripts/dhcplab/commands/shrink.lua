-- dhcplab shrink [SCRIPT] --seed N: makes a failing scenario of `dhcplab search` small, and writes it as a script with
-- one test, which fails in the same way.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local shrink = { summary = "make a failing scenario of a search small, and write it as a test", common = false }

function shrink.define(command, types)
  command:argument("script", "the Lua file that the search was given"):args("?")
  command:option("--server-script", "the same"):argname("FILE")
  command:option("--seed", "the scenario that fails"):argname("N"):convert(types.whole)
  command:option("--exhaustive", "the search was one of the first N packets"):argname("N"):convert(types.whole)
  command:option("-o --output", "where the small one goes (standard output)"):argname("FILE")
end

local function plural(n, what) return ("%g %s%s"):format(n, what, n == 1 and "" or "s") end

local usual <const> = { server = 1, relay = 0 } -- nothing to say about

local function sizes(before, after)
  local parts = {}
  for _, key in ipairs { "client", "server", "relay", "event", "fault", "second" } do
    local now, was = after[key .. "s"], before[key .. "s"]
    if was ~= usual[key] then parts[#parts + 1] = ("%s (of %g)"):format(plural(now, key), was) end
  end
  return table.concat(parts, ", ")
end

-- The small scene as a script.
function shrink.text(small, origin)
  return require("dhcplab.scene_text")(small.scene, {
    heading = { "Found by: " .. origin, "Made small: " .. sizes(small.before, small.after),
                small.result.message:match("[^\n]*") },
    test = ("%s, seed %d"):format(small.key, small.scene.seed),
  })
end

-- A line, which a terminal gets in lines of its width.
local function say(stream, line)
  local term = require("dhcplab.term").new { stream = stream }
  local lines = term.is_terminal and require("dhcplab.layout").wrap(line, term.width) or { line }
  stream:write(table.concat(lines, "\n"), "\n")
end

function shrink.run(flags)
  if not flags.seed then error(problem.new("E204", "shrink needs the seed of a scenario that fails: --seed N")) end
  local script = flags.script or flags.server_script
  if script then require("dhcplab.script").read(script) end
  local scene = require "dhcplab.scene"
  local made = flags.exhaustive and scene.choices(flags.seed, flags.exhaustive, script)
    or scene.draw(flags.seed, script)
  local clock <close> = core.world { virtual = false, seed = 0 }
  clock:guard(true)
  require("dhcplab.sandbox").remember()
  local small = require("dhcplab.shrink").run(made)
  clock:guard(false)
  if core.interrupted() then return 130 end
  local words = { "search", script }
  if flags.exhaustive then table.move({ "--exhaustive", tostring(flags.exhaustive) }, 1, 2, #words + 1, words) end
  local origin = require("dhcplab.replay").command("dhcplab", words, flags.seed)
  if not small then
    io.stderr:write(("dhcplab: nothing to make small: %s does not fail\n"):format(origin))
    return 1
  end
  local text = shrink.text(small, origin)
  if flags.output then require("dhcplab.files").write(flags.output, text) else io.stdout:write(text) end
  local said = flags.output and io.stdout or io.stderr
  say(said, small.result.message:match("[^\n]*"))
  say(said, ("left: %s, %s; %d runs in %.1f s"):format(sizes(small.before, small.after),
    plural(select(2, text:gsub("\n", "\n")), "line"), small.tries, clock:now()))
  if flags.output then
    said:write("replay: ", require("dhcplab.replay").quote(flags.program or "dhcplab"), " test ",
      require("dhcplab.replay").quote(flags.output), "\n")
  end
  return 0
end

return shrink
