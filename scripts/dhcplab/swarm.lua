-- What the scenarios of `dhcplab search` are made of: nodes that live by themselves, things that happen to them, and
-- the liveness phase at the end.
--
-- Such a scenario is a script like any other (scene.lua writes it); it may be kept, edited, and played by
-- `dhcplab test`.

local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local problem = require "dhcplab.problem"
local worlds = require "dhcplab.world"

local swarm = {}

local POLL <const> = 0.5 -- seconds between looks in the liveness phase
local bound_states <const> = { BOUND = true, RENEWING = true, REBINDING = true }

-- Nodes -------------------------------------------------------------------------------------------------------------

local function is_server(node) return node.subnets ~= nil end
local function is_client(node) return node.role == "client" and node.base ~= nil end

-- The server that the script under search has made - the next of them with each call, the last once there are no more;
-- else a new one with these settings.
function swarm.server(settings)
  local world = worlds.current()
  if not world.own_servers then
    world.own_servers = {}
    for _, node in ipairs(world.nodes) do
      if is_server(node) then table.insert(world.own_servers, node) end
    end
  end
  local own = world.own_servers
  if not own[1] then return dhcp.server(settings) end
  return own[2] and table.remove(own, 1) or own[1]
end

-- run() for ever; it does not keep the world going.
local function live(client)
  worlds.current().loop:spawn_daemon(client.name, function() client:run() end)
end

-- A client that lives from `start` (seconds) on; the other settings are dhcp.client's.
function swarm.client(settings)
  local start, made = settings.start, {}
  for key, value in pairs(settings) do
    if key ~= "start" then made[key] = value end
  end
  local client = dhcp.client(made)
  if (start or 0) == 0 then
    live(client)
  else
    swarm.at(start, function()
      if client.lives == 0 then live(client) end -- it has not crashed and come back already
    end)
  end
  return client
end

-- f() at this time.
function swarm.at(seconds, f)
  local loop = worlds.current().loop
  loop:spawn_daemon("at", function()
    loop:sleep(seconds - dhcp.now())
    f()
  end)
end

-- A crash that lasts so long: leases are remembered, by servers and by clients; "forget": a server loses them.
function swarm.crash(node, at, seconds, way)
  swarm.at(at, function()
    node:stop()
    dhcp.sleep(seconds)
    if is_server(node) then
      node:restart { forget = way == "forget" }
    elseif node.above then
      node:restart()
    else
      node:start()
      live(node)
    end
  end)
end

-- A client releases its address, goes, and comes back.
function swarm.leave(client, at, seconds)
  swarm.at(at, function()
    if client.port and client.lease and bound_states[client.state] then client:release() end
    client:stop()
    dhcp.sleep(seconds)
    client:start()
    live(client)
  end)
end

-- Nothing gets from or to a client, or from a relay to the servers and back, for so long; "one-way": what it sends gets
-- through.
function swarm.cut(node, at, seconds, way)
  local network = node.network or node.above.network
  swarm.at(at, function()
    if way then
      local others = {}
      for _, member in ipairs(network.members) do
        if member ~= node then others[#others + 1] = member end
      end
      network:cut(others, node, way)
    else
      network:cut(node)
    end
    dhcp.sleep(seconds)
    network:heal()
  end)
end

-- Somebody uses an address of the pool without asking, for so long; on dhcp.lan, or another network.
function swarm.squat(address, at, seconds, network)
  swarm.at(at, function()
    local host = dhcp.host { address = address, network = network }
    dhcp.sleep(seconds)
    host:stop()
  end)
end

-- Liveness ----------------------------------------------------------------------------------------------------------

-- The subnets that clients on a network are served from: a server's own, or what it has for their relay.
local function subnets_for(world, network)
  local router, list = network.router, {}
  local number = router and router.which == "below" and core.ip_number(router.address)
  for _, node in ipairs(world.nodes) do
    if is_server(node) and number then
      for _, subnet in ipairs(node.subnets) do
        if subnet:contains(number) then list[#list + 1] = subnet end
      end
    elseif is_server(node) and node.network == network then
      list[#list + 1] = node.subnets[1]
    end
  end
  return list
end

-- How many addresses there are for the clients on a network, counted up to `enough`.
local function capacity(world, network, enough)
  local count = 0
  for _, subnet in ipairs(subnets_for(world, network)) do
    for number = subnet.network, subnet.network | ~subnet.mask & 0xffffffff do
      if count >= enough then return count end
      if subnet:offers(core.ip_text(number)) then count = count + 1 end
    end
  end
  return count
end

local function is_bound(client) return client.lease ~= nil and bound_states[client.state] or false end

local function waiting(client, since)
  local text = ("%s is in %s"):format(client.name, client.state)
  if not client.port then return text .. ", down" end
  local last = worlds.current().trace:find_last { from = client.name }
  if last then text = ("%s, its last message: %s at %.6f s"):format(text, tostring(last.type), last.at) end
  return ("%s, without an address since %.6f s at least"):format(text, since)
end

local function describe_servers(world)
  local lines = {}
  for _, node in ipairs(world.nodes) do
    if is_server(node) then
      for _, lease in ipairs(node:leases()) do
        lines[#lines + 1] = ("%s: %s is %s until %.6f s"):format(node.name, lease.address, lease.state, lease.expires)
      end
      for reason, count in pairs(node.drops) do
        lines[#lines + 1] = ("%s: dropped %d: %s"):format(node.name, count, reason)
      end
    end
  end
  table.sort(lines)
  return lines
end

-- The clients of each network: a list of { clients, need }, need of which can have an address.
local function groups_of(world)
  local groups, by_network = {}, {}
  for _, node in ipairs(world.nodes) do
    if is_client(node) then
      local group = by_network[node.network]
      if not group then
        group = { clients = {}, network = node.network }
        by_network[node.network], groups[#groups + 1] = group, group
      end
      table.insert(group.clients, node)
    end
  end
  for _, group in ipairs(groups) do group.need = capacity(world, group.network, #group.clients) end
  return groups
end

-- Those that wait where others should have been served; how many are bound.
local function find_waiting(groups)
  local waits, bound = {}, 0
  for _, group in ipairs(groups) do
    local without = {}
    for _, client in ipairs(group.clients) do
      if not is_bound(client) then without[#without + 1] = client end
    end
    local has = #group.clients - #without
    bound = bound + has
    if has < group.need then table.move(without, 1, #without, #waits + 1, waits) end
  end
  return waits, bound
end

local function fail(world, groups, waits, bound, begun, seconds)
  local total, need = 0, 0
  for _, group in ipairs(groups) do total, need = total + #group.clients, need + group.need end
  local made = problem.new("E412", ("liveness: %d of %d clients have an address %g s after the last fault, %d could")
    :format(bound, total, seconds, need))
  made.kind, made.invariant, made.notes = "liveness", "liveness", {}
  for _, client in ipairs(waits) do made.notes[#made.notes + 1] = waiting(client, begun) end
  for _, line in ipairs(describe_servers(world)) do made.notes[#made.notes + 1] = line end
  error(made, 0)
end

-- The liveness phase: no faults from now on, and within `seconds` every client that can have an address has one;
-- else the run fails and says who waits.
function swarm.await(seconds)
  local world = worlds.current()
  for _, network in ipairs(world.networks) do
    network:heal()
    network:set { loss = 0, duplicate = 0, reorder = 0, corrupt = 0, truncate = 0, jitter = 0, capacity = 0 }
  end
  local begun, groups = dhcp.now(), groups_of(world)
  local waits, bound
  repeat
    waits, bound = find_waiting(groups)
    if not waits[1] then return end
    dhcp.sleep(POLL)
  until dhcp.now() - begun > seconds
  fail(world, groups, waits, bound, begun, seconds)
end

return swarm
