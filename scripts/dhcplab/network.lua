-- A segment: who is on it and how a packet gets there, in either world.
--
-- In virtual time it is an Ethernet-like segment with ARP, ports 67 and 68. In real time it is UDP: on loopback a
-- broadcast is handed to each server on the segment by unicast, and replies go back to the sender (RFC 2131 4.1 would
-- address them otherwise: the trace shows both). On port 67 of a real interface the RFC's addresses are used.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local network = {}
local Network = {}
Network.__index = Network

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"
local ports <const> = { client = 68, server = 67, relay = 67, host = 9 } -- a host listens to the discard port
local settings <const> = { "name", "latency", "jitter", "loss", "duplicate", "reorder", "corrupt" }

function network.new(world, options)
  options = options or {}
  problem.check_keys("dhcp.network", options, settings)
  local self = setmetatable({
    world = world,
    name = options.name or "net",
    members = {},   -- nodes in the order of their joining
    by_mac = {},
    by_address = {},
  }, Network)
  if world.virtual then self.segment = assert(world.core:segment(self.name, options)) end
  return self
end

local function environment(what, endpoint, word, text)
  local fixes = {
    in_use = "another program has it (see: ss -ulnp); stop that, or choose another port: --listen 127.0.0.1:6868",
    permission = "ports under 1024 and --interface need root (or: setcap cap_net_bind_service,cap_net_raw+ep FILE)",
    no_address = "it is no address of this machine (see: ip address); --listen 0.0.0.0:PORT takes all of them",
  }
  local says = { in_use = "the port is in use", permission = "permission denied",
                 no_address = "this machine does not have that address" }
  word = word:gsub(" ", "_")
  return problem.new(3, ("%s cannot use %s: %s"):format(what, endpoint, says[word] or text), fixes[word])
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

-- Joins a node with a socket on port 67 (role "server" or "relay") or 68 ("client").
-- Sets node.port, node.endpoint (real time: what it is bound to).
function Network:join(node, role, options)
  options = options or {}
  local world = self.world
  node.network, node.role = self, role
  if role == "host" and not world.virtual then
    node.port = nil -- no ARP, no DHCP: it only has an address
    self.members[#self.members + 1] = node
    return
  end
  if world.virtual then
    node.port = assert(self.segment:port {
      mac = node.mac, udp_port = ports[role], hear_arp = options.hear_arp, user = node.number,
    })
  elseif role == "client" then
    local bind = options.listen or (is_loopback(node.server or world.server) and "127.0.0.1:0" or "0.0.0.0:0")
    node.port = open_udp(self, node, bind, options)
  else
    world.servers = world.servers + 1
    node.port = open_udp(self, node, options.listen or place_of(self, world.servers), options)
  end
  node.endpoint = node.port:local_address()
  self.members[#self.members + 1] = node
  self.by_mac[node.mac] = self.by_mac[node.mac] or node
end

-- Virtual time: another UDP port of the same host.
function Network:listen(node, udp_port)
  node.more_ports = node.more_ports or {}
  table.insert(node.more_ports, assert(self.segment:port { mac = node.mac, udp_port = udp_port, user = node.number }))
end

function Network:leave(node)
  for i, member in ipairs(self.members) do
    if member == node then
      table.remove(self.members, i)
      break
    end
  end
  if self.by_mac[node.mac] == node then self.by_mac[node.mac] = nil end
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

-- Real time: a server's or relay's socket as a client of this process reaches it.
local function reach(node)
  local address, port = core.endpoint(node.endpoint)
  if address == ANY then address = "127.0.0.1" end
  return ("%s:%d"):format(address, port)
end

-- Who hears a broadcast to port 67: servers, and relays on their clients' side.
local function listeners_on(self)
  local list = {}
  for _, node in ipairs(self.members) do
    if node.role == "server" or node.role == "relay" and node.which == "below" then list[#list + 1] = node end
  end
  return list
end

-- Virtual time: the MAC to hand a packet for `address` to, when its owner is on another segment; nil when ARP will do.
function Network:router_mac(address, sender)
  local router = self.router
  if not router or router == sender or self.by_address[address] or address == BROADCAST then return nil end
  return router.mac
end

-- Sends a client's message to 255.255.255.255:67 or to one server. Octets, or nil and a word.
function Network:send_from_client(node, message, server)
  local port = node.port
  if self.world.virtual then
    return port:send(message, (server or BROADCAST) .. ":67", server and self:router_mac(server), message.ciaddr)
  end
  if server then return port:send(message, self:place(server, node.server or self.world.server)) end
  local servers = listeners_on(self)
  if #servers == 0 or node.server then return port:send(message, node.server or self.world.server) end
  local sent, word
  for _, member in ipairs(servers) do
    local octets, problem_word = port:send(message, reach(member))
    sent, word = sent or octets, word or problem_word
  end
  return sent, word
end

-- Real time: where to send what is meant for the server, relay or client that has `address`; `near` gives the port otherwise.
function Network:place(address, near)
  local node = self.by_address[address] or self.world.by_address[address]
  if node and node.endpoint then return reach(node) end
  local _, number = core.endpoint(near)
  return ("%s:%d"):format(address, number)
end

-- Sends from a relay's upper side to a server.
function Network:send_between(node, message, address)
  if self.world.virtual then
    return node.port:send(message, address .. ":67", self:router_mac(address, node), node.relay.address)
  end
  return node.port:send(message, self:place(address, self.world.server))
end

-- Sends a server's reply. On loopback, and on ports other than 67, it goes back to where the request came from, or to the
-- relay of this process that giaddr names.
function Network:send_reply(node, reply, request)
  local port = node.port
  if self.world.virtual then
    local destination, mac = reply:reply_destination(request)
    return port:send(reply, destination, mac or self:router_mac(destination:match("^[^:]+")), node.address)
  end
  local giaddr = request.giaddr
  if giaddr ~= ANY then
    local relay = self.world.by_address[giaddr]
    if relay and relay.endpoint then return port:send(reply, reach(relay)) end
  end
  local _, number = core.endpoint(node.endpoint)
  if number ~= 67 or is_loopback(request.source) then return port:answer(reply, request) end
  local destination, mac = reply:reply_destination(request)
  -- a plain socket cannot address a MAC without ARP: RFC 2131 4.1 lets it broadcast then
  if mac then destination = BROADCAST .. ":68" end
  return port:send(reply, destination)
end

return network
