-- One run of a search as data, and as the script that it is: draw() from a seed, choices() for one of all cases,
-- text() to Lua.
--
-- A scene: seed, script (a path that is played first, or nil), server (settings), clients (list of settings), events
-- (list of { what, who, at, seconds, way, address }), faults (settings of the network) or replay (a list of faults that
-- happened), choices (list, for the exhaustive mode), length (of the safety phase), patience (of the liveness phase;
-- nil: there is none). Shrinking takes away from it; nothing else says what a run is.

local core = require "dhcplab.core"

local scene = {}

local FIRST <const> = core.ip_number("192.168.1.100")

-- Drawing -------------------------------------------------------------------------------------------------------------

local function draw_server(draw, scene_made)
  local size = ({ 1, 2, 3, 4, 6, 8, 12 })[draw(1, 7)]
  scene_made.server = {
    name = "server",
    pool = ("192.168.1.100-%s"):format(core.ip_text(FIRST + size - 1)),
    lease_time = ({ 2, 5, 10, 20, 60, 300, 3600 })[draw(1, 7)],
    offer_hold = ({ 2, 10, 60 })[draw(1, 3)],
    decline_hold = ({ 5, 30, 120 })[draw(1, 3)],
    probe = draw(1, 6) == 1 or nil,
    rapid_commit = draw(1, 6) == 1 or nil,
    authoritative = draw(1, 2) == 1 or nil,
  }
  return size
end

local function draw_clients(draw, made)
  local probing, together = made.server.lease_time >= 20 and draw(1, 3) > 1, draw(1, 2) == 1
  for i = 1, draw(1, 8) do
    made.clients[i] = {
      name = "client" .. i,
      mac = ("02:00:00:00:00:%02x"):format(i),
      start = together and 0 or draw(0, 10000) / 1000,
      probe = probing and draw(1, 4) > 1 or nil,
      broadcast = draw(1, 2) == 1 or nil,
      new_xid = draw(1, 6) == 1 or nil,
      rapid_commit = made.server.rapid_commit and draw(1, 2) == 1 or nil,
      keep_after_reboot = draw(1, 4) ~= 1,
    }
  end
end

-- Which kinds of faults there are at all, and how strong.
local function draw_faults(draw)
  local faults = { latency = draw(0, 50) / 1000 }
  local function perhaps(name, most)
    local one_in, share = draw(1, 3), draw(1, 100)
    if one_in == 1 then faults[name] = most * share / 100 end
  end
  perhaps("loss", 0.5)
  perhaps("duplicate", 0.5)
  perhaps("reorder", 0.5)
  perhaps("jitter", 0.5)
  if faults.reorder then faults.reorder_by = draw(1, 1000) / 1000 end
  if draw(1, 12) == 1 then faults.corrupt = draw(1, 50) / 1000 end
  if draw(1, 12) == 1 then faults.truncate = draw(1, 50) / 1000 end
  return faults
end

local function draw_events(draw, made, pool)
  local length = made.length
  local function add(what, who, longest, more)
    local at, seconds = draw(1000, length * 1000) / 1000, draw(100, longest * 1000) / 1000
    local event = { what = what, who = who, at = at, seconds = seconds }
    for key, value in pairs(more or {}) do event[key] = value end
    made.events[#made.events + 1] = event
  end
  local function someone() return made.clients[draw(1, #made.clients)].name end
  local function several(most) return draw(1, 2) == 1 and draw(1, most) or 0 end
  for _ = 1, several(3) do add("crash", "server", 20) end
  for _ = 1, several(4) do add("crash", someone(), 20) end
  for _ = 1, several(4) do
    add("leave", someone(), 20)
    made.events[#made.events].seconds = made.events[#made.events].seconds + 10 -- later than a RELEASE can be
  end
  for _ = 1, several(3) do add("cut", someone(), 20, { way = draw(1, 2) == 1 and "one-way" or nil }) end
  local taken, squatters = {}, several(3)
  for _ = 1, squatters do -- from early on, so that clients come upon them
    local address = core.ip_text(FIRST + draw(0, pool - 1))
    if not taken[address] then
      add("squat", nil, length, { address = address, at = draw(0, length * 250) / 1000 })
      taken[address] = true
    end
  end
  table.sort(made.events, function(a, b) return a.at < b.at end)
  local busy = {} -- what happens to one node does not overlap
  local kept = {}
  for _, event in ipairs(made.events) do
    local key = event.what == "cut" and "cut" or event.who or event.address
    if event.at > (busy[key] or 0) then
      kept[#kept + 1] = event
      busy[key] = event.at + event.seconds + 0.001
    end
  end
  made.events = kept
end

local function last_moment(made)
  local last = made.length
  for _, event in ipairs(made.events) do last = math.max(last, event.at + event.seconds + 0.001) end
  return last
end

-- Everything of one seed. script: { path, has_server } of the script under search.
function scene.draw(seed, script)
  local world = core.world { virtual = true, seed = seed }
  local draw = world:stream("search")
  local made = { seed = seed, script = script, clients = {}, events = {} }
  local pool = draw_server(draw, made)
  draw_clients(draw, made)
  made.length = math.max(30, math.min(made.server.lease_time * 8, 240))
  made.faults = draw_faults(draw)
  draw_events(draw, made, pool)
  made.length = last_moment(made)
  made.patience = 2 * made.server.lease_time + made.server.offer_hold + made.server.decline_hold + 300
  world:close()
  return made
end

local verdicts <const> = { "deliver", "drop", "duplicate", "delay" }

-- The case with this number, from 0: what befalls the first `count` packets of a handshake and a renewal.
function scene.choices(number, count, script)
  local made = { seed = number, script = script, events = {}, choices = {}, length = 70, patience = 400, faults = {},
    server = { name = "server", pool = "192.168.1.100-192.168.1.101", lease_time = 60 },
    clients = { { name = "client", mac = "02:00:00:00:00:01", start = 0 } } }
  for i = 1, count do
    made.choices[i] = verdicts[number % #verdicts + 1]
    number = number // #verdicts
  end
  return made
end

-- Writing -------------------------------------------------------------------------------------------------------------

local function value_text(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if math.type(value) == "float" then return ("%.14g"):format(value) end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

local function table_text(t, order)
  local parts = {}
  for _, key in ipairs(order) do
    if t[key] ~= nil then parts[#parts + 1] = ("%s = %s"):format(key, value_text(t[key])) end
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local server_keys <const> = { "name", "pool", "lease_time", "offer_hold", "decline_hold", "probe", "rapid_commit",
                              "authoritative" }
local client_keys <const> = { "name", "mac", "start", "probe", "broadcast", "new_xid", "rapid_commit",
                              "keep_after_reboot" }
local fault_keys <const> = { "latency", "jitter", "loss", "duplicate", "reorder", "reorder_by", "corrupt", "truncate" }
local replay_keys <const> = { "link", "k", "kind", "detail" }

-- What a network that changes messages makes meaningless.
local altering <const> = { "one client per address", "no use after expiry", "server outlasts client", "T1 < T2 < lease",
                           "declined stays out", "offers hold", "lawful packets", "no packet vanishes" }

local function is_altering(made)
  if made.faults.corrupt or made.faults.truncate then return true end
  for _, fault in ipairs(made.replay or {}) do
    if fault.kind == "corrupt" or fault.kind == "truncate" then return true end
  end
  return false
end

local function network_lines(made, add)
  if made.replay then
    if made.faults.latency then add("dhcp.lan:set { latency = %s }", value_text(made.faults.latency)) end
    if not made.replay[1] then return end -- a network without faults
    add("dhcp.lan:replay {")
    for _, fault in ipairs(made.replay) do add("  %s,", table_text(fault, replay_keys)) end
    add("}")
  elseif next(made.faults) then
    add("dhcp.lan:set %s", table_text(made.faults, fault_keys))
  end
  for i, what in ipairs(made.choices or {}) do
    if what == "delay" then
      add("dhcp.lan:delay { nth = %d, by = 5 }", i)
    elseif what ~= "deliver" then
      add("dhcp.lan:%s { nth = %d }", what, i)
    end
  end
end

local function event_line(event)
  if event.what == "squat" then
    return ("swarm.squat(%q, %s, %s)"):format(event.address, value_text(event.at), value_text(event.seconds))
  end
  return ("swarm.%s(%s, %s, %s%s)"):format(event.what, event.who, value_text(event.at), value_text(event.seconds),
    event.way and (", %q"):format(event.way) or "")
end

local function used_names(made)
  local used = {}
  for _, event in ipairs(made.events) do
    if event.who then used[event.who] = true end
  end
  return used
end

-- The scene as a script. options: heading (lines of comment), test (a name: it becomes a test with its seed).
function scene.text(made, options)
  options = options or {}
  local lines, margin = {}, ""
  local function add(format, ...)
    local line = select("#", ...) > 0 and format:format(...) or format
    lines[#lines + 1] = line == "" and "" or margin .. line
  end
  for _, line in ipairs(options.heading or { ("Seed %d of a search."):format(made.seed) }) do add("-- %s", line) end
  add('local dhcp = require "dhcplab"')
  add('local swarm = require "dhcplab.swarm"')
  add("")
  if options.test then
    add("dhcp.test(%q, { seeds = %d }, function()", options.test, made.seed)
    margin = "  "
  end
  if is_altering(made) then
    for _, name in ipairs(altering) do add("dhcp.invariant(%q, false) -- packets are altered", name) end
  end
  if made.script then add("dofile(%q)", made.script) end
  local used = used_names(made)
  local function node(name, text) add("%s%s", used[name] and ("local %s = "):format(name) or "", text) end
  node("server", "swarm.server " .. table_text(made.server, server_keys))
  for _, client in ipairs(made.clients) do node(client.name, "swarm.client " .. table_text(client, client_keys)) end
  network_lines(made, add)
  for _, event in ipairs(made.events) do add("%s", event_line(event)) end
  add("dhcp.sleep(%s)", value_text(made.length))
  if made.patience then add("swarm.await(%s)", value_text(made.patience)) end
  margin = ""
  if options.test then add("end)") end
  return table.concat(lines, "\n") .. "\n"
end

return scene
