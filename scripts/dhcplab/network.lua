-- A segment: who is on it and how a packet gets there, in either world.
--
-- In virtual time it is an Ethernet-like segment with ARP, ports 67 and 68. In real time it is UDP:
-- on loopback a broadcast is handed to each server on the segment by unicast, and replies go back
-- to the sender (RFC 2131 4.1 would address them otherwise: the trace shows both). On port 67 of a
-- real interface the RFC's addresses are used.

local arrivals = require "dhcplab.arrivals"
local core = require "dhcplab.core"
local faults = require "dhcplab.faults"
local problem = require "dhcplab.problem"

local network = {}
local Network = {}
Network.__index = Network

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"
local ports <const> = { client = 68, server = 67, relay = 67, host = 9 } -- a host listens to the discard port
local settings <const> = { "name", table.unpack(faults.settings) }

function network.new(world, options)
  options = options or {}
  problem.check_keys("dhcp.network", options, settings)
  local self = setmetatable({
    world = world,
    name = world:network_name(options.name),
    members = {},   -- nodes in the order of their joining
    by_mac = {},
    by_address = {},
    by_endpoint = {}, -- real time
    router = false,   -- who takes what is for other segments, unless another relay leads there
    routers = {},     -- the sides of relays that are on this one
  }, Network)
  self:prepare_faults(options)
  table.insert(world.networks, self)
  return self
end

local function environment(what, endpoint, word, text)
  local fixes = {
    in_use = "another program has it (see: ss -ulnp); stop that, or choose another port: --listen 127.0.0.1:6868",
    permission = "ports under 1024 and --interface need root (or: setcap cap_net_bind_service,cap_net_raw+ep FILE)",
    no_address = "it is no address of this machine (see: ip address); --listen 0.0.0.0:PORT takes all of them",
  }
  local codes = { in_use = "E301", permission = "E302", no_address = "E303" }
  local says = { in_use = "the port is in use", permission = "permission denied",
                 no_address = "this machine does not have that address" }
  word = word:gsub(" ", "_")
  return problem.new(codes[word] or "E304", ("%s cannot use %s: %s"):format(what, endpoint, says[word] or text),
    fixes[word])
end

local function open_udp(self, node, endpoint, options)
  local port, word, text = self.world.core:udp {
    bind = endpoint, interface = self.world.interface, batch = options.batch, user = node.number,
  }
  if not port then error(environment(node.name, endpoint, word, text)) end
  return port
end

local function is_loopback(endpoint) return endpoint:sub(1, 4) == "127." end

-- Where the k-th server or relay of a script listens: 127.0.0.1:6767, 127.0.0.2:6767 ...
local function place_of(self, k)
  local address, port = core.endpoint(self.world.listen)
  if k == 1 or not is_loopback(self.world.listen) then return self.world.listen end
  return ("%s:%d"):format(core.ip_text(core.ip_number(address) + k - 1), port)
end

-- Real time: a server's or relay's socket as a client of this process reaches it.
local function reach(node)
  local address, port = core.endpoint(node.endpoint)
  if address == ANY then address = "127.0.0.1" end
  return ("%s:%d"):format(address, port)
end

-- Joins a node with a socket on port 67 (role "server" or "relay") or 68 ("client").
-- Sets node.port, node.endpoint (real time: what it is bound to).
function Network:join(node, role, options)
  options = options or {}
  local world = self.world
  node.network = self
  if node.role ~= role then node.role = role end
  if role == "host" and not world.virtual then
    node.port = nil -- no ARP, no DHCP: it only has an address
    self.members[#self.members + 1] = node
    return
  end
  if world.virtual then
    node.port = assert(self.segment:port {
      mac = node.mac, udp_port = ports[role], hear_arp = options.hear_arp, user = node.number, name = node.name,
    })
  elseif role == "client" then
    local bind = options.listen or (is_loopback(node.server or world.server) and "127.0.0.1:0" or "0.0.0.0:0")
    node.port = open_udp(self, node, bind, options)
  else
    world.servers = world.servers + 1
    node.port = open_udp(self, node, options.listen or place_of(self, world.servers), options)
  end
  node.endpoint = node.port:local_address()
  if role == "relay" then world.has_relays = true end
  if not world.virtual then
    local _, number = core.endpoint(node.endpoint)
    node.answers_sender = number ~= 67 or is_loopback(node.endpoint)
    self.by_endpoint[reach(node)] = node
  end
  self.members[#self.members + 1] = node
  self.by_mac[node.mac] = self.by_mac[node.mac] or node
  if self.impaired and not world.virtual then arrivals.watch(self) end
end

-- Virtual time: another UDP port of the same host.
function Network:listen(node, udp_port)
  node.more_ports = node.more_ports or {}
  table.insert(node.more_ports, assert(self.segment:port { mac = node.mac, udp_port = udp_port, user = node.number,
                                                           name = node.name }))
end

function Network:leave(node)
  for i, member in ipairs(self.members) do
    if member == node then
      table.remove(self.members, i)
      break
    end
  end
  if self.by_mac[node.mac] == node then self.by_mac[node.mac] = nil end
  if node.endpoint and self.by_endpoint[reach(node)] == node then self.by_endpoint[reach(node)] = nil end
  if node.port then node.port:close() end
  node.port = nil
  for _, port in ipairs(node.more_ports or {}) do port:close() end
  node.more_ports = nil
end

-- The node uses this address from now on (answers ARP in virtual time), or no longer.
function Network:add_address(node, address)
  if self.by_address[address] == nil then self.by_address[address] = node end
  node.addresses = node.addresses or {}
  node.addresses[address] = true
  self.world.by_address[address] = self.world.by_address[address] or node
  if node.port then node.port:add_address(address) end
end

function Network:remove_address(node, address)
  if self.by_address[address] == node then self.by_address[address] = nil end
  node.addresses[address] = nil
  if self.world.by_address[address] == node then self.world.by_address[address] = nil end
  if node.port then node.port:remove_address(address) end
end

-- Who else on the segment uses this address (real time; in virtual time ARP tells).
function Network:holder(address, except)
  for _, node in ipairs(self.members) do
    if node ~= except and node.addresses and node.addresses[address] then return node end
  end
end

-- What a trace calls the receiver of a packet to `destination` (and `mac`).
function Network:receiver(destination, mac)
  local address = destination:match("^[^:]+")
  if address == BROADCAST then return "*" end
  local node = mac and self.by_mac[mac] or self.by_address[address] or self.world.by_address[address]
  return node and node.name or address
end

-- Whom a packet that was dropped on its way would have reached, as far as that is one node.
function Network:reached(destination, mac)
  local node = mac and self.by_mac[mac] or self.by_endpoint[destination]
  return node and node.name or self:receiver(destination, mac)
end

-- Who hears a broadcast to port 67: servers, and relays on their clients' side.
local function listeners_on(self)
  local list = {}
  for _, node in ipairs(self.members) do
    if node.role == "server" or node.role == "relay" and node.which == "below" then list[#list + 1] = node end
  end
  return list
end

-- The relay on this segment that leads to the one where `address` is; not the one that asks, nor past `seen` segments.
local function way_to(self, address, sender, seen)
  seen[self] = true
  for _, side in ipairs(self.routers) do
    local relay = side.relay
    local beyond = (side == relay.below and relay.above or relay.below).network
    if side ~= sender and not seen[beyond] and (beyond.by_address[address] or way_to(beyond, address, nil, seen)) then
      return side
    end
  end
end

-- Virtual time: the MAC to hand a packet for `address` to, when its owner is on another segment; nil when ARP
-- will do.
function Network:router_mac(address, sender)
  if not self.router or self.by_address[address] or address == BROADCAST then return nil end
  local router = way_to(self, address, sender, {}) or self.router
  return router ~= sender and router.mac or nil
end

-- Sending -----------------------------------------------------------------------------------------------------------

-- Virtual time: everything that is not in a hurry leaves here.
function Network:send_simulated(node, message, destination, mac, source)
  if self.aimed then
    local target = mac and self.by_mac[mac] or self.by_address[destination:match("^[^:]+")]
    self:aim(node.name, message, self:receiver(destination, mac), target and target.name)
  end
  local sent, word = node.port:send(message, destination, mac, source)
  if self.impaired then self:note_faults(node, message) end
  return sent, word
end

-- Real time, where something may go wrong: to the receivers with these names and endpoints. `destination` and `mac` are
-- what the RFC would have used.
local function send_impaired(self, node, message, destination, mac, source, ...)
  local target, endpoint, more = ...
  if self.aimed then self:aim(node.name, message, self:receiver(destination, mac), not more and target) end
  local reported = destination:match("^255%.255%.255%.255:%d+$") or endpoint -- should nobody get it
  local sent, word = self.faults:send(node.port, node.name, message, source, reported, ...)
  self:note_faults(node, message)
  return sent, word
end

-- Real time: to one receiver. What goes to nodes of this process is counted, as it is in virtual time: their luck goes
-- by it. The name is needed when something may go wrong only.
local function send_udp(self, node, message, destination, mac, name, endpoint)
  local known = self.by_endpoint[endpoint]
  if not self.impaired then
    local sent, word = node.port:send(message, endpoint)
    if known and word ~= "space" then self.faults:tally(node.name, known.name) end -- what is too long is not sent
    return sent, word
  end
  return send_impaired(self, node, message, destination, mac, nil, known and known.name or name, endpoint)
end

-- Real time: remembers that a message of this process was meant for everyone, since on loopback it
-- travels by unicast; a server must know a REBINDING from a RENEWING (RFC 2131 4.3.2).
local SPREAD_MOST <const> = 10000

local function remember_broadcast(world, message)
  if not world.spread or world.spread_count >= SPREAD_MOST then world.spread, world.spread_count = {}, 0 end
  world.spread[message.xid], world.spread_count = message.type, world.spread_count + 1
end

-- Gives a request the destination that it was sent to, where the transport changed that.
function Network:restore_destination(request)
  if self.world.spread[request.xid] == request.type then request.destination = BROADCAST .. ":67" end
end

-- Real time: a client's broadcast.
local function send_to_all(self, node, message)
  remember_broadcast(self.world, message)
  local servers = listeners_on(self)
  local foreign = (#servers == 0 or node.server) and (node.server or self.world.server)
  if foreign then return send_udp(self, node, message, BROADCAST .. ":67", nil, foreign:match("^[^:]+"), foreign) end
  local targets, names = {}, {}
  for i, member in ipairs(servers) do
    names[i] = member.name
    targets[2 * i - 1], targets[2 * i] = member.name, reach(member)
  end
  if self.impaired then
    return send_impaired(self, node, message, BROADCAST .. ":67", nil, nil, table.unpack(targets))
  end
  local sent, word
  for i = 1, #names do
    local octets, problem_word = node.port:send(message, targets[2 * i])
    sent, word = sent or octets, word or problem_word
  end
  if word ~= "space" then self.faults:tally(node.name, table.unpack(names)) end
  return sent, word
end

-- Sends a client's message to 255.255.255.255:67 or to one server. Octets, or nil and a word.
function Network:send_from_client(node, message, server)
  if self.world.virtual then
    if not server and not self.impaired then return node.port:ask(message) end
    return self:send_simulated(node, message, (server or BROADCAST) .. ":67", server and self:router_mac(server),
      message.ciaddr)
  end
  if not server then return send_to_all(self, node, message) end
  return send_udp(self, node, message, server .. ":67", nil, self:receiver(server .. ":67"),
    self:place(server, node.server or self.world.server))
end

-- Real time: where to send what is meant for the server, relay or client that has `address`; `near` gives the
-- port otherwise.
function Network:place(address, near)
  local node = self.by_address[address] or self.world.by_address[address]
  if node and node.endpoint then return reach(node) end
  local _, number = core.endpoint(near)
  return ("%s:%d"):format(address, number)
end

-- Sends from a relay's upper side to a server.
function Network:send_between(node, message, address)
  local destination = address .. ":67"
  if self.world.virtual then
    return self:send_simulated(node, message, destination, self:router_mac(address, node), node.relay.address)
  end
  return send_udp(self, node, message, destination, nil, self:receiver(destination),
    self:place(address, self.world.server))
end

-- Real time, from a relay's lower side: back to where the client is.
function Network:send_down(node, message, destination, mac, endpoint)
  return send_udp(self, node, message, destination, mac, self:receiver(destination, mac), endpoint)
end

-- Real time: a reply that virtual time would have broadcast goes to one client; it counts for the others all the same.
local function count_bystanders(self, node, destination, asker)
  if destination ~= BROADCAST .. ":68" then return end
  for _, member in ipairs(self.members) do
    if member.role == "client" and member ~= asker then self.faults:overheard(node.name, member.name) end
  end
end

-- Real time: from where the request came to, back to where it came from.
local function answer(self, node, reply, request)
  if self.world.clients == 0 and not self.impaired then return node.port:answer(reply, request) end
  local known = self.by_endpoint[request.source]
  local destination, mac = reply:reply_destination(request)
  if known and self.world.clients > 1 then count_bystanders(self, node, destination, known) end
  if not self.impaired then
    local sent, word = node.port:answer(reply, request)
    if known and word ~= "space" then self.faults:tally(node.name, known.name) end -- what is too long is not sent
    return sent, word
  end
  return send_impaired(self, node, reply, destination, mac, request.local_address,
    known and known.name or request.source:match("^[^:]+"), request.source)
end

-- Sends a server's reply. On loopback, and on ports other than 67, it goes back to where the request came from, or to
-- the relay of this process that giaddr names.
function Network:send_reply(node, reply, request)
  if self.world.virtual then
    if not self.impaired and not self.router then
      local sent, word = node.port:reply(reply, request, node.address)
      if sent or word then return sent, word end
    end
    local destination, mac = reply:reply_destination(request)
    if mac and #mac ~= 17 then destination, mac = BROADCAST .. ":68", nil end -- no Ethernet address: RFC 2131 4.1
    mac = mac or self:router_mac(destination:match("^[^:]+"))
    return self:send_simulated(node, reply, destination, mac, node.address)
  end
  local relay = self.world.has_relays and request.relayed and self.world.by_address[request.giaddr]
  if relay and relay.endpoint then
    return send_udp(self, node, reply, request.giaddr .. ":67", nil, relay.name, reach(relay))
  end
  if node.answers_sender or is_loopback(request.source) then return answer(self, node, reply, request) end
  local destination, mac = reply:reply_destination(request)
  -- a plain socket cannot address a MAC without ARP: RFC 2131 4.1 lets it broadcast then
  if mac then destination = BROADCAST .. ":68" end
  return send_udp(self, node, reply, destination, mac, destination:match("^[^:]+"), destination)
end

faults(Network)

return network
