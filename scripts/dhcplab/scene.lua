-- One run of a search as data: draw() from a seed, choices() for one of all cases; scene_text.lua makes a script of it.
--
-- A scene: seed, script (a path that is played first, or nil), servers (list of settings), relay (settings of a relay
-- to a second segment, "far", or nil), clients (list of settings), events (list of { what, who, at, seconds, way,
-- address, far }), faults (settings of the networks) or replay (a list of faults that happened), choices (list, for the
-- exhaustive mode), length (of the safety phase), patience (of the liveness phase; nil: there is none). Shrinking takes
-- away from it; nothing else says what a run is.
--
-- Each ingredient is drawn from a stream of its own, so that a new one leaves the seeds without it as they were.

local core = require "dhcplab.core"

local scene = {}

local FIRST <const>, SECOND <const>, FAR <const> = "192.168.1.100", "192.168.1.150", "10.0.0.100"

-- Nodes ---------------------------------------------------------------------------------------------------------------

local function pool(first, size) return ("%s-%s"):format(first, core.ip_text(core.ip_number(first) + size - 1)) end

local function draw_server(draw, name, first)
  local size = ({ 1, 2, 3, 4, 6, 8, 12 })[draw(1, 7)]
  return {
    name = name,
    pool = pool(first, size),
    lease_time = ({ 2, 5, 10, 20, 60, 300, 3600 })[draw(1, 7)],
    offer_hold = ({ 2, 10, 60 })[draw(1, 3)],
    decline_hold = ({ 5, 30, 120 })[draw(1, 3)],
    probe = draw(1, 6) == 1 or nil,
    rapid_commit = draw(1, 6) == 1 or nil,
    authoritative = draw(1, 2) == 1 or nil,
  }, size
end

-- A relay to a second segment. Each server has a pool for it; their pools have no address in common.
local function draw_relay(draw, made)
  if draw(1, 4) > 1 then return end
  made.relay = {
    name = "relay",
    circuit_id = draw(1, 2) == 1 and "port 1" or nil,
    remote_id = draw(1, 4) == 1 and "switch 1" or nil,
  }
  for i, server in ipairs(made.servers) do
    server.far_pool = pool(core.ip_text(core.ip_number(FAR) + 50 * (i - 1)), draw(1, 6))
  end
end

local function draw_clients(draw, made)
  local server, shortest = made.servers[1], math.huge
  for _, each in ipairs(made.servers) do shortest = math.min(shortest, each.lease_time) end
  local probing, together = server.lease_time >= 20 and draw(1, 3) > 1, draw(1, 2) == 1
  probing = probing and shortest >= 20 -- it takes longer than the shortest leases
  for i = 1, draw(1, 8) do
    made.clients[i] = {
      name = "client" .. i,
      mac = ("02:00:00:00:00:%02x"):format(i),
      start = together and 0 or draw(0, 10000) / 1000,
      probe = probing and draw(1, 4) > 1 or nil,
      broadcast = draw(1, 2) == 1 or nil,
      new_xid = draw(1, 6) == 1 or nil,
      rapid_commit = server.rapid_commit and draw(1, 2) == 1 or nil,
      keep_after_reboot = draw(1, 4) ~= 1,
    }
  end
end

-- Who is behind the relay.
local function place_clients(draw, made)
  for _, client in ipairs(made.relay and made.clients or {}) do client.far = draw(1, 2) == 1 or nil end
end

-- Clocks that are wrong. A client whose clock is slower than its server's honestly uses its address longer than the
-- server holds it: the RFC leaves that to longer leases in the server's books (RFC 2131 3.3). So servers are slow here,
-- and clients are fast.
local function draw_skew(draw, made)
  if draw(1, 3) > 1 then return end
  local most = ({ 1, 10, 100 })[draw(1, 3)]
  local function perhaps(node, sign)
    local one_in, size = draw(1, 3), draw(1, most)
    if one_in > 1 then node.skew = 1 + sign * size / 1000 end
  end
  for _, server in ipairs(made.servers) do perhaps(server, -1) end
  for _, client in ipairs(made.clients) do perhaps(client, 1) end
end

-- Faults and events ---------------------------------------------------------------------------------------------------

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

-- What a node that is busy sends is delayed behind what it sent before.
local function draw_capacity(draw, faults)
  local one_in, bits = draw(1, 8), draw(10, 500) * 1000
  if one_in == 1 then faults.capacity = bits end
end

local function several(draw, most) return draw(1, 2) == 1 and draw(1, most) or 0 end

local function add_event(draw, made, what, who, longest, more)
  local at, seconds = draw(1000, made.length * 1000) / 1000, draw(100, longest * 1000) / 1000
  local event = { what = what, who = who, at = at, seconds = seconds }
  for key, value in pairs(more or {}) do event[key] = value end
  made.events[#made.events + 1] = event
  return event
end

local function draw_events(draw, made, size)
  local length = made.length
  local function add(...) return add_event(draw, made, ...) end
  local function several_of(most) return several(draw, most) end
  local function someone() return made.clients[draw(1, #made.clients)].name end
  for _ = 1, several_of(3) do add("crash", "server", 20) end
  for _ = 1, several_of(4) do add("crash", someone(), 20) end
  for _ = 1, several_of(4) do
    local event = add("leave", someone(), 20)
    event.seconds = event.seconds + 10 -- later than a RELEASE can be
  end
  for _ = 1, several_of(3) do add("cut", someone(), 20, { way = draw(1, 2) == 1 and "one-way" or nil }) end
  local taken, squatters = {}, several_of(3)
  for _ = 1, squatters do -- from early on, so that clients come upon them
    local address = core.ip_text(core.ip_number(FIRST) + draw(0, size - 1))
    if not taken[address] then
      add("squat", nil, length, { address = address, at = draw(0, length * 250) / 1000 })
      taken[address] = true
    end
  end
end

-- What befalls the second server and the relay.
local function draw_more_events(draw, made)
  if made.servers[2] then
    for _ = 1, several(draw, 3) do add_event(draw, made, "crash", "server2", 20) end
  end
  if not made.relay then return end
  for _ = 1, several(draw, 2) do add_event(draw, made, "cut", "relay", 20) end
  if draw(1, 3) == 1 then
    local address = core.ip_text(core.ip_number(FAR) + draw(0, 1))
    add_event(draw, made, "squat", nil, made.length, { address = address, at = draw(0, made.length * 250) / 1000,
                                                       far = true })
  end
  for _ = 1, several(draw, 2) do add_event(draw, made, "crash", "relay", 20) end
end

-- Servers that come back without their leases.
local function draw_losses(draw, made)
  if draw(1, 3) > 1 then return end
  for _, event in ipairs(made.events) do
    if event.what == "crash" and event.who:find("^server") and draw(1, 2) == 1 then event.way = "forget" end
  end
end

-- In the order of their times; what happens to one node does not overlap.
local function sort_events(made)
  table.sort(made.events, function(a, b) return a.at < b.at end)
  local busy = {}
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

-- The longest wait for an address that a living client can have: until leases and holds that nobody uses have ended.
local function patience_of(made)
  local most = 0
  for _, server in ipairs(made.servers) do
    local longest = 2 * server.lease_time + server.offer_hold + server.decline_hold
    most = math.max(most, longest / (server.skew or 1))
  end
  return math.ceil(most) + 300
end

-- Everything of one seed. script: the path of the script under search, if there is one.
function scene.draw(seed, script)
  local world = core.world { virtual = true, seed = seed }
  local draw = world:stream("search")
  local function stream(name) return world:stream("search:" .. name) end
  local made = { seed = seed, script = script, servers = {}, clients = {}, events = {} }
  local size
  made.servers[1], size = draw_server(draw, "server", FIRST)
  local second = stream("second server")
  if second(1, 3) == 1 then made.servers[2] = draw_server(second, "server2", SECOND) end
  draw_clients(draw, made)
  local relay = stream("relay")
  draw_relay(relay, made)
  place_clients(relay, made)
  draw_skew(stream("skew"), made)
  made.length = math.max(30, math.min(made.servers[1].lease_time * 8, 240))
  made.faults = draw_faults(draw)
  draw_capacity(stream("capacity"), made.faults)
  draw_events(draw, made, size)
  draw_more_events(stream("more events"), made)
  draw_losses(stream("losses"), made)
  sort_events(made)
  made.length = last_moment(made)
  made.patience = patience_of(made)
  world:close()
  return made
end

local verdicts <const> = { "deliver", "drop", "duplicate", "delay" }

-- The case with this number, from 0: what befalls the first `count` packets of a handshake and a renewal.
function scene.choices(number, count, script)
  local made = { seed = number, script = script, events = {}, choices = {}, length = 70, patience = 400, faults = {},
    servers = { { name = "server", pool = "192.168.1.100-192.168.1.101", lease_time = 60 } },
    clients = { { name = "client", mac = "02:00:00:00:00:01", start = 0 } } }
  for i = 1, count do
    made.choices[i] = verdicts[number % #verdicts + 1]
    number = number // #verdicts
  end
  return made
end

return scene
