-- A BOOTP/DHCP relay agent between two segments: RFC 1542 4.1, RFC 3046, RFC 2131 4.1.
--
-- Requests heard on `from` go to each server of `to` by unicast, with giaddr and perhaps option 82;
-- replies addressed to giaddr go back to the client. It is the router between the two segments as
-- well: unicast packets pass unchanged.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local worlds = require "dhcplab.world"

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"
local HOPS_DEFAULT <const>, HOPS_MOST <const> = 4, 16 -- RFC 1542 4.1.1
local ROOM <const> = 1472 -- UDP payload of an Ethernet frame: beyond it option 82 is left out (RFC 3046 2.1.1)

local Relay = {}
Relay.__index = Relay
-- One side of a relay: a node on a segment of its own.
local Side = {}
Side.__index = Side

local settings <const> = { "name", "from", "to", "address", "server_address", "server", "circuit_id", "remote_id",
                           "link_selection", "max_hops", "min_secs", "trust" }

local function make_side(relay, which, network, address)
  local world = relay.world
  local side = setmetatable({ relay = relay, which = which, world = world, name = relay.name, address = address,
                              network = network, mac = world:draw_mac(relay.name .. " " .. which) }, Side)
  side.number = world:add(side)
  return side
end

local function bring_up(self, side)
  local network = side.network
  network:join(side, "relay", { listen = side.endpoint }) -- where it was before a crash
  if self.world.virtual then network:listen(side, 68) end -- what it routes to clients
  if side.address then network:add_address(side, side.address) end
end

local function new(_, options)
  options = options or {}
  problem.check_keys("dhcp.relay", options, settings)
  local world = worlds.current()
  if not options.from or not options.to then
    problem.blame("dhcp.relay needs two networks: dhcp.relay{ from = clients_net, to = servers_net, "
      .. "address = \"10.0.1.1\" }", "E112")
  end
  if not options.address or not core.ip_number(options.address) then
    problem.blame("dhcp.relay needs its address on the clients' side: address = \"10.0.1.1\" (it becomes giaddr)",
      "E112")
  end
  local max_hops = options.max_hops or HOPS_DEFAULT
  if math.type(max_hops) ~= "integer" or max_hops < 1 or max_hops > HOPS_MOST then
    problem.blame("max_hops is a whole number from 1 to 16 (RFC 1542 4.1.1)", "E109")
  end
  local self = setmetatable({
    world = world,
    trace = world.trace,
    name = world:name("relay", options.name),
    address = options.address,
    max_hops = max_hops,
    options = options,
    drops = {},
    clients = {}, -- real time: chaddr -> where its last request came from
  }, Relay)
  self.below = make_side(self, "below", options.from, options.address)
  self.above = make_side(self, "above", options.to, options.server_address)
  self:restart()
  options.from.router, options.to.router = self.below, options.to.router or self.above
  table.insert(options.from.routers, self.below)
  table.insert(options.to.routers, self.above)
  return self
end

-- Goes down, as in a crash: nothing is relayed or routed any more.
function Relay:stop()
  for _, side in ipairs { self.below, self.above } do
    if side.port then side.network:leave(side) end
  end
end

-- Comes up, again after a stop(). It remembers nothing that matters.
function Relay:restart()
  self:stop()
  bring_up(self, self.below)
  bring_up(self, self.above)
  self.above.network:add_address(self.above, self.address) -- a router answers for all of its addresses
end

function Relay:drop(reason, message)
  self.drops[reason] = (self.drops[reason] or 0) + 1
  self.trace:note("drop-note", self, "dropped: " .. reason, { reason = reason, message = message })
end

local function is_own(self, address)
  return address == self.address or address == self.options.server_address
end

-- Upwards -----------------------------------------------------------------------------------------

-- Option 82 of RFC 3046: only if it fits; the last option there is.
local function add_agent_information(self, message)
  local o = self.options
  local value = { circuit_id = o.circuit_id, remote_id = o.remote_id, link_selection = o.link_selection }
  if not next(value) then return end
  local bytes = core.encode_value(82, value)
  if #message + #bytes + 2 > ROOM then
    return self:drop("no room for option 82: forwarded without", message)
  end
  message.options:append(82, bytes)
end

-- RFC 1542 4.1.1 and RFC 3046 2.1: what a relay does with a request.
function Relay:request(request)
  local giaddr = request.giaddr
  if request.hops > self.max_hops then return self:drop("too many hops", request) end
  if giaddr ~= ANY and is_own(self, giaddr) then return self:drop("giaddr is our own: forged", request) end
  if giaddr == ANY and request.options:has(82) and not self.options.trust then
    return self:drop("option 82 without giaddr from an untrusted side", request)
  end
  if self.options.min_secs and request.secs < self.options.min_secs then
    return self:drop("secs below the threshold", request)
  end
  local message = request:copy()
  message.hops = request.hops + 1
  if giaddr == ANY then
    message.giaddr = self.address
    if not request.options:has(82) then add_agent_information(self, message) end -- RFC 3046 2.1: no second one
  end
  self.clients[request.mac] = request.source
  return message
end

local function servers_of(self)
  if self.options.server then return { self.options.server } end
  local list = {}
  for _, node in ipairs(self.options.to.members) do
    if node ~= self.above and (node.role == "server" or node.role == "relay" and node.which == "below") then
      list[#list + 1] = node.address
    end
  end
  return list
end

function Relay:send_up(message)
  for _, address in ipairs(servers_of(self)) do
    self.trace:sent(self, message, self.options.to:receiver(address .. ":67"), address .. ":67")
    self.options.to:send_between(self.above, message, address)
  end
end

-- Downwards ---------------------------------------------------------------------------------------

-- RFC 1542 4.1.2 and RFC 3046 2.1: what a relay does with a reply.
function Relay:reply(reply)
  if reply.giaddr ~= self.address then return self:drop("a reply whose giaddr is not ours", reply) end
  local message = reply:copy()
  local o = self.options
  if not o.circuit_id and not o.remote_id and not o.link_selection then return message end
  message.options[82] = nil
  return message
end

function Relay:send_down(message)
  local destination, mac = BROADCAST .. ":68", nil
  if not message.broadcast and message.yiaddr ~= ANY and #message.mac == 17 then -- an Ethernet address
    destination, mac = message.yiaddr .. ":68", message.mac
  elseif not message.broadcast and message.ciaddr ~= ANY then
    destination = message.ciaddr .. ":68"
  end
  self.trace:sent(self, message, self.options.from:receiver(destination, mac), destination)
  local network = self.options.from
  if self.world.virtual then return network:send_simulated(self.below, message, destination, mac, self.address) end
  local client = self.clients[message.mac]
  if not client then return self:drop("a reply to a client that never asked", message) end
  return network:send_down(self.below, message, destination, mac, client)
end

-- Arrivals ----------------------------------------------------------------------------------------

-- A packet that a router only passes on: addressed to somebody else.
local function pass(relay, message, address, side)
  local onward = side == "below" and relay.options.to or relay.options.from
  local exit = side == "below" and relay.above or relay.below
  local source = message.source:match("^[^:]+")
  local port = message.destination:match("%d+$")
  onward:send_simulated(exit, message, ("%s:%s"):format(address, port), onward:router_mac(address, exit), source)
end

function Side:deliver(message)
  local relay = self.relay
  local address = message.destination:match("^[^:]+")
  if self.world.virtual and address ~= BROADCAST and not is_own(relay, address) then
    return pass(relay, message, address, self.which)
  end
  if message.destination:sub(-3) == ":68" then return end -- for clients
  if relay.trace:wanted() then relay.trace:delivered(relay, message) end
  if message.op == 1 then
    if self.which == "above" then return relay:drop("a request from the servers' side", message) end
    local forwarded = relay:request(message)
    if forwarded then relay:send_up(forwarded) end
  elseif message.op == 2 then
    local forwarded = relay:reply(message)
    if forwarded then relay:send_down(forwarded) end
  else
    relay:drop("op is neither 1 nor 2", message)
  end
end

function Side:malformed(word) self.relay:drop("malformed: " .. word) end

return setmetatable(Relay, { __call = new })
