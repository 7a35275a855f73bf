-- dhcplab server [SCRIPT]: a DHCP server until Ctrl-C. The bundled script is server.lua; the flags become its
-- parameters.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local session = require "dhcplab.session"
local worlds = require "dhcplab.world"

local server = { summary = "run a server until Ctrl-C" }

function server.define(command)
  command:argument("script", "a Lua file that makes the server (default: the bundled server.lua)"):args("?")
  server.define_policy(command)
  session.define(command)
end

-- What the bundled server can be told; `dhcplab replay` takes these flags too.
function server.define_policy(command)
  command:option("--pool", "the addresses to give out"):argname("FIRST-LAST")
  command:option("--subnet", "the network they are in"):argname("NET/BITS")
  command:option("--lease-time", "for how long, such as 1h or infinite"):argname("DUR")
  command:option("--router", "the default gateway to tell clients"):argname("ADDR"):count("*")
  command:option("--dns", "a name server to tell clients"):argname("ADDR"):count("*")
  command:option("--domain", "the domain name to tell clients"):argname("NAME")
  command:flag("--authoritative", "refuse clients that nobody knows, instead of silence")
end

-- What a server prints when it ends.
local function summarize(world)
  for _, node in ipairs(world.nodes) do
    if node.subnets then
      local counts, states = {}, {}
      for _, type in ipairs { "discover", "request", "decline", "release", "inform" } do
        if (node.counts[type] or 0) > 0 then counts[#counts + 1] = ("%d %s"):format(node.counts[type], type) end
      end
      for reason, count in pairs(node.drops) do states[#states + 1] = ("%d %s"):format(count, reason) end
      table.sort(states)
      local bound = 0
      for _, lease in ipairs(node:leases()) do bound = bound + (lease.state == "bound" and 1 or 0) end
      local heard = counts[1] and table.concat(counts, ", ") or "nothing"
      session.say(("%s: heard %s; %d bound"):format(node.name, heard, bound))
      if states[1] then session.say(("%s: dropped %s"):format(node.name, table.concat(states, ", "))) end
    end
  end
end

local LOOKS <const> = 20 -- in the time of silence: so exactly it is kept, without a clock read for each message

-- Ends the run when no server has heard anything for so long.
local function watch_silence(world, seconds)
  world.loop:spawn_daemon("timeout", function()
    local quiet = 0
    while quiet < LOOKS do
      world.loop:sleep(seconds / LOOKS)
      quiet = quiet + 1
      for _, node in ipairs(world.nodes) do
        if node.heard then node.heard, quiet = false, 0 end
      end
    end
    session.say(("no message for %g s: the server ends (--timeout)"):format(seconds))
    world.stopping = true
  end)
end

-- The same flags as parameters of the script.
function server.set_params(flags)
  local params = flags.params
  for _, name in ipairs { "pool", "subnet", "lease_time", "domain", "authoritative" } do
    if flags[name] ~= nil and params[name] == nil then params[name] = flags[name] end
  end
  for _, name in ipairs { "router", "dns" } do
    if flags[name] and flags[name][1] then params[name] = table.concat(flags[name], ",") end
  end
end

function server.run(flags)
  local main = flags.script and session.load(flags.script) or session.load_bundled("server.lua")
  server.set_params(flags)
  if flags.server then
    error(problem.new("E205", "a server listens: --listen ADDR:PORT (--server is where a client sends)",
      "write --listen " .. flags.server))
  end
  if flags.limit == nil and flags.virtual then flags.limit = math.huge end
  flags.trace = false -- a server may run for years
  return session.run(flags, function()
    main()
    flags.before_end = summarize
    local world = worlds.current()
    for _, node in ipairs(world.nodes) do
      if node.subnets then
        session.say("listening on " .. node.endpoint)
        if flags.verbose then session.say(("%s gives out %s"):format(node.name, node.subnets[1].pool_text)) end
      end
    end
    if flags.timeout then watch_silence(world, core.duration(flags.timeout)) end
  end)
end

return server
