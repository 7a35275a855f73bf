-- Real time: what other programs send to a node of an impaired network meets its faults where it arrives.
--
-- What nodes of this process send has met them when it left (network.lua). While a network is impaired, a gate stands
-- in the loop's list in the place of each of its nodes; otherwise packets pass nothing of this file. To faults, rules
-- and cuts a stranger is called by its address.

local core = require "dhcplab.core"

local arrivals = {}

-- Whether a node of this world sent it.
local function is_own(world, source)
  local address, port = core.endpoint(source)
  for _, network in ipairs(world.networks) do
    if network.by_endpoint[source] then return true end
    for _, member in ipairs(network.members) do
      local bound, number = core.endpoint(member.endpoint or "")
      if number == port and (bound == address or bound == "0.0.0.0") then return true end
    end
  end
  return false
end

-- To the node, as a message where the octets are one. about: source, destination, local_address.
local function hand_over(node, bytes, about)
  if not node.port then return end -- it has gone meanwhile
  local message, word = core.decode(bytes)
  if not message then return node:malformed(word, bytes, about.source, about.destination) end
  message.source, message.destination = about.source, about.destination
  if about.local_address then message.local_address = about.local_address end
  node:deliver(message)
end

local function hand_over_after(seconds, node, bytes, about)
  if seconds == 0 then return hand_over(node, bytes, about) end
  local loop = node.world.loop
  loop:spawn_daemon("a packet for " .. node.name, function()
    loop:sleep(seconds)
    hand_over(node, bytes, about)
  end)
end

-- message: the octets as one, or nil.
local function receive(node, bytes, about, message)
  local network, from = node.network, about.source:match("^[^:]+")
  if message and network.aimed then network:aim(from, message, node.name, node.name) end
  local delay, more, arriving = network.faults:arrive(from, node.name, bytes)
  network:note_faults(node, message)
  if not delay then return node.world.trace:dropped({ name = from }, more, bytes, node.name) end
  hand_over_after(delay, node, arriving, about)
  if more then hand_over_after(more, node, arriving, about) end
end

local Gate = {}

function Gate:deliver(message)
  if is_own(self.world, message.source) then return self.node:deliver(message) end
  receive(self.node, message:bytes(), { source = message.source, destination = message.destination,
    local_address = message.local_address }, message)
end

function Gate:malformed(word, bytes, source, destination)
  if is_own(self.world, source) then return self.node:malformed(word, bytes, source, destination) end
  receive(self.node, bytes, { source = source, destination = destination })
end

local function gate_for(node)
  return setmetatable({ node = node }, { __index = function(_, key)
    local method = Gate[key]
    if method ~= nil then return method end
    return node[key]
  end })
end

-- Sets up gates before the nodes of a network, or takes them away, as it is impaired now or not.
function arrivals.watch(network)
  local nodes = network.world.loop.nodes
  for _, node in ipairs(network.members) do
    if node.port then
      local place = nodes[node.number]
      local is_gated = rawget(place, "node") == node
      if network.impaired and not is_gated then
        nodes[node.number] = gate_for(node)
      elseif not network.impaired and is_gated then
        nodes[node.number] = node
      end
    end
  end
end

return arrivals
