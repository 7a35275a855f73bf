-- dhcplab replay CAPTURE: what clients said in a capture, said again to a scripted server; how its replies differ.

local layout = require "dhcplab.layout"
local messages = require "dhcplab.message"
local playback = require "dhcplab.playback"
local problem = require "dhcplab.problem"
local record = require "dhcplab.explain.record"
local server = require "dhcplab.commands.server"
local session = require "dhcplab.session"
local worlds = require "dhcplab.world"

local replay = { summary = "say again what clients said in a capture, and compare the replies" }

local WIDTH <const>, NAME <const>, VALUE <const> = 78, 26, 22

function replay.define(command)
  command:argument("capture", "a pcap or pcapng file")
  command:option("--server-script",
    "a Lua file that makes the server (default: the bundled server.lua)"):argname("FILE")
  server.define_policy(command)
  command:option("--ignore", "do not compare this field or option"):argname("NAME"):count("*")
  command:flag("--exact", "change nothing in what clients say, and let no name of a server pass as another's")
end

-- Text -----------------------------------------------------------------------------------------------------------

local function show(text)
  return layout.printable(text or "(none)", true)
end

-- One difference: name, then what was and what is, beside each other or, when they are long, below each other.
local function difference_lines(difference)
  local name = difference.field or ("option %d %s"):format(difference.option, difference.name)
  local before, now = show(difference.captured), show(difference.ours)
  local head = "      " .. layout.pad(layout.clip(name, NAME), NAME)
  if layout.width(before) <= VALUE and layout.width(now) <= VALUE then
    return { head .. "  " .. layout.pad(before, VALUE) .. now }
  end
  local out = { "      " .. name }
  for _, side in ipairs { { "captured  ", before }, { "ours      ", now } } do
    for i, line in ipairs(layout.wrap(side[2], WIDTH - 20)) do
      out[#out + 1] = (" "):rep(10) .. (i == 1 and side[1] or (" "):rep(10)) .. line
    end
  end
  return out
end

local function print_pair(pair)
  if not pair.ours then
    print(("    %-8s  captured as packet %d, not sent by ours"):format(messages.title(pair.captured), pair.number))
  elseif not pair.captured then
    print(("    %-8s  sent by ours, not in the capture: %s"):format(messages.title(pair.ours),
      show(messages.matter(pair.ours))))
  elseif #pair.differences == 0 then
    print(("    %-8s  the same as packet %d"):format(messages.title(pair.ours), pair.number))
  else
    print(("    %-8s  differs from packet %d:"):format(messages.title(pair.ours), pair.number))
    print("      " .. layout.pad("", NAME) .. "  " .. layout.pad("captured", VALUE) .. "ours")
    for _, difference in ipairs(pair.differences) do
      for _, line in ipairs(difference_lines(difference)) do print((line:gsub("%s+$", ""))) end
    end
  end
end

local function count(n, one, many) return ("%d %s"):format(n, n == 1 and one or many or one .. "s") end

local function print_text(talk, sums, about)
  print(("%s: %s, %s"):format(about.capture, count(#talk, "client message"), count(talk.replies, "reply", "replies")))
  for i, line in ipairs(layout.wrap("server: " .. about.server, WIDTH - 8)) do
    print(i == 1 and line or (" "):rep(8) .. line)
  end
  for _, one in ipairs(talk) do
    print(("\n%10.6f  packet %d: %s %s"):format(one.at, one.number, messages.title(one.message),
      show(messages.matter(one.message))))
    for _, pair in ipairs(one.pairs) do print_pair(pair) end
    if #one.pairs == 0 then print("    no reply, then as now") end
  end
  print(("\n%s compared: %d the same, %d different; %d missing, %d extra"):format(count(sums.compared, "reply",
    "replies"),
    sums.same, sums.different, sums.missing, sums.extra))
end

-- JSON -----------------------------------------------------------------------------------------------------------

local encode = record.encode

local function pair_json(pair)
  local list = {}
  for i, difference in ipairs(pair.differences) do
    list[i] = ('{"field":%s,"option":%s,"captured":%s,"ours":%s}'):format(encode(difference.field or difference.name),
      difference.option or "null", difference.captured and encode(show(difference.captured)) or "null",
      difference.ours and encode(show(difference.ours)) or "null")
  end
  return ('{"captured":%s,"ours":%s,"frame":%s,"differences":[%s]}'):format(
    pair.captured and encode(messages.title(pair.captured):lower()) or "null",
    pair.ours and encode(messages.title(pair.ours):lower()) or "null", pair.number or "null", table.concat(list, ","))
end

-- One object for each client message, then one with the sums.
local function print_json(talk, sums)
  for _, one in ipairs(talk) do
    local list = {}
    for i, pair in ipairs(one.pairs) do list[i] = pair_json(pair) end
    print(('{"frame":%d,"at":%.6f,"type":%s,"xid":"0x%08x","replies":[%s]}'):format(one.number, one.at,
      encode(messages.title(one.message):lower()), one.message.xid, table.concat(list, ",")))
  end
  print(('{"compared":%d,"same":%d,"different":%d,"missing":%d,"extra":%d}'):format(sums.compared, sums.same,
    sums.different, sums.missing, sums.extra))
end

-- Running --------------------------------------------------------------------------------------------------------

-- The script that makes the server, and how it is called in the output.
local function choose_server(flags, talk)
  if flags.server_script then return session.load(flags.server_script), flags.server_script end
  local params, told = flags.params, {}
  server.set_params(flags)
  local is_free = not params.pool and not params.subnet
  for name, value in pairs(playback.settings(talk)) do
    if params[name] == nil and (is_free or name ~= "pool" and name ~= "subnet") then params[name] = value end
  end
  for _, name in ipairs { "subnet", "pool", "lease_time", "router", "dns", "domain" } do
    if params[name] then told[#told + 1] = ("%s %s"):format(name:gsub("_", " "), show(tostring(params[name]))) end
  end
  return session.load_bundled("server.lua"), "the bundled one" .. (told[1] and "; " .. table.concat(told, ", ") or "")
end

function replay.run(flags)
  for _, name in ipairs { "listen", "server", "interface" } do
    if flags[name] then
      error(problem.new("E205", ("--%s: a replay runs in virtual time, without sockets"):format(name),
        name == "server" and "--server-script FILE.lua chooses the server" or nil))
    end
  end
  local talk = playback.read(flags.capture)
  if #talk == 0 then
    error(problem.new("E502", ("no message of a client in %s"):format(flags.capture)))
  end
  local main, called = choose_server(flags, talk)
  local ignore = {}
  for _, name in ipairs(flags.ignore or {}) do ignore[(name:gsub("-", "_"))] = true end
  flags.virtual, flags.seed = true, flags.seed or 1
  flags.quiet = not flags.verbose
  flags.replay = nil -- the name of this command, from argparse; a world would take it for faults
  return session.run(flags, function()
    local world = worlds.current()
    local task = world.loop:spawn("server", main)
    task.quiet = true -- its mistake is told here, once
    world.loop:sleep(0)
    if task.ended and not task.ok then error(task.error, 0) end
    task.quiet = false
    playback.play(world, talk, { exact = flags.exact, after = flags.timeout })
    local sums = playback.compare(talk, ignore)
    if flags.format == "json" then
      print_json(talk, sums)
    else
      print_text(talk, sums, { capture = flags.capture, server = called })
    end
    world.stopping = true
    return sums.different + sums.missing + sums.extra == 0
  end)
end

return replay
