-- What must be true after every event of a run, seen from outside the nodes; the first breach stops the run.
--
-- The lab's own invariants (list) are switched on by attach(): `dhcplab test` and `search` do so, `run` with
-- --invariants. A script adds its own with dhcp.invariant(name, f), or switches one of these off with
-- dhcp.invariant(name, false). They hear the trace and read what clients and servers believe; they change nothing.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local strict = require "dhcplab.strict"

local invariants = {}
local Watch = {}
Watch.__index = Watch

local ALONE <const>, EXPIRY <const>, OUTLAST <const>, TIMERS <const> = "one client per address",
  "no use after expiry", "server outlasts client", "T1 < T2 < lease"
local DECLINED <const>, HOLD <const>, LAWFUL <const>, CONSERVED <const> = "declined stays out", "offers hold",
  "lawful packets", "no packet vanishes"
invariants.list = { ALONE, EXPIRY, OUTLAST, TIMERS, DECLINED, HOLD, LAWFUL, CONSERVED }

-- Seconds. Virtual time counts whole microseconds, and what is due at the same moment has an order; in real time a busy
-- machine comes late.
local GRACE_VIRTUAL <const>, GRACE_REAL <const> = 1e-3, 0.5
local bound_states <const> = { BOUND = true, RENEWING = true, REBINDING = true }

-- Breaches ----------------------------------------------------------------------------------------------------------

-- Ends the run: what must hold, what does not, and who has to do with it.
function Watch:violate(name, text)
  if self.violated or self.off[name] then return end
  local world = self.world
  local made = problem.new(name == LAWFUL and "E406" or "E405", ("invariant broken: %s: %s"):format(name, text))
  made.kind, made.invariant, made.at, made.notes = "invariant", name, world.core:now(), {}
  self.violated = made
  world.stopping, world.loop.changed = true, true
  world:fail(nil, made, "")
end

local function at(seconds) return seconds == math.huge and "never" or ("%.6f s"):format(seconds) end

-- Whether the server that gave a lease has lost its records since: RFC 2131 2.2 has servers keep them ("persistent
-- storage"); one that cannot has promised nothing, and only probing may save its clients.
local function is_forgotten(self, lease)
  for _, node in ipairs(self.world.nodes) do
    if node.subnets and node.forgot and node.address == lease.server and lease.obtained <= node.forgot then
      return true
    end
  end
  return false
end

-- What clients believe --------------------------------------------------------------------------------------------

local function is_client(node) return node ~= nil and node.role == "client" and node.base ~= nil end

local function believes(client)
  return client.lease ~= nil and client.port ~= nil and bound_states[client.state] or false
end

local function describe(client)
  return ("%s (%s until %s)"):format(client.name, client.state, at(client.lease.expires))
end

local function check_alone(self, client, now)
  local lease = client.lease
  local holders = self.holders[client.network]
  if not holders then
    holders = {}
    self.holders[client.network] = holders
  end
  local other = holders[lease.address]
  if other and other ~= client and believes(other) and other.lease.address == lease.address
    and other.lease.expires > now and lease.expires > now
    and not is_forgotten(self, lease) and not is_forgotten(self, other.lease) then
    self:violate(ALONE, ("%s is bound by %s and by %s"):format(lease.address, describe(other), describe(client)))
  end
  holders[lease.address] = client
end

local function check_timers(self, client)
  local lease = client.lease
  if lease.expires == math.huge then return end
  if not (lease.obtained < lease.renewal and lease.renewal < lease.rebinding and lease.rebinding < lease.expires) then
    self:violate(TIMERS, ("%s has %s with T1 %s, T2 %s, end %s"):format(client.name, lease.address,
      at(lease.renewal), at(lease.rebinding), at(lease.expires)))
  end
end

-- The server of this world that gave a client its lease - one on the same network, where there is one - and the subnet
-- that the address is in.
local function giver_of(self, client)
  local lease, server = client.lease, nil
  for _, node in ipairs(self.world.nodes) do
    if node.subnets and node.address ~= nil and node.address == lease.server then
      if not server or node.network == client.network then server = node end
    end
  end
  local number = core.ip_number(lease.address)
  for _, subnet in ipairs(server and not is_forgotten(self, lease) and server.subnets or {}) do
    if subnet:contains(number) then return server, subnet end
  end
end

local keeping <const> = { bound = true, offered = true } -- offered: to its holder, who asks anew shortly before the end

-- The server's record must live at least as long; clocks that run at other speeds are allowed their difference.
local function check_outlast(self, client, now)
  local lease = client.lease
  local server, subnet = giver_of(self, client)
  if not server or lease.expires <= now then return end
  local record = subnet.leases:by_address(lease.address)
  local what
  if not record or record.client ~= client.base.client_key or not keeping[record.state] then
    what = record and record.state or "no record"
    if record and record.client ~= client.base.client_key then what = what .. " by another" end
  else
    local length = math.max(lease.expires - lease.obtained, 0)
    local margin = self.grace + (length < math.huge and length * math.abs(1 - client.rate / server.rate) or 0)
    if lease.expires > record.expires + margin then what = "until " .. at(record.expires) end
  end
  if what then
    self:violate(OUTLAST, ("%s has %s; %s has it as %s"):format(describe(client), lease.address, server.name, what))
  end
end

-- Once for each client whose belief has changed.
local function check_client(self, client, now)
  local before = self.believers[client]
  if before and now > before.expires + self.grace and client.living then -- no event since
    self:violate(EXPIRY, ("%s used %s until %s, although the lease ended at %s"):format(client.name, before.address,
      at(now), at(before.expires)))
  end
  if not believes(client) then
    self.believers[client] = nil
    return
  end
  self.believers[client] = client.lease
  self.deadline = math.min(self.deadline, client.lease.expires + self.grace)
  check_alone(self, client, now)
  check_timers(self, client)
  check_outlast(self, client, now)
end

-- The first lease of all has ended: nobody uses one that has. A script that moves a client by hand (no run()) decides
-- for itself.
local function check_expiry(self, now)
  self.deadline = math.huge
  local late
  for client in pairs(self.believers) do
    if believes(client) then
      local ends = client.lease.expires + self.grace
      if now <= ends then
        self.deadline = math.min(self.deadline, ends)
      elseif client.living and (not late or client.number < late.number) then
        late = client
      end
    end
  end
  if late then self:violate(EXPIRY, ("%s still uses %s"):format(describe(late), late.lease.address)) end
end

-- What servers say ------------------------------------------------------------------------------------------------

-- What one server has promised since it lost its records last: address -> { client, mac, offered_until,
-- declined_until }, and who has which.
local function promises_of(self, server)
  local promises = self.promises[server]
  if not promises or promises.forgot ~= server.forgot then
    promises = { addresses = {}, clients = {}, forgot = server.forgot }
    self.promises[server] = promises
  end
  return promises
end

local function record_of(server, address)
  local number = core.ip_number(address)
  for _, subnet in ipairs(server.subnets) do
    if subnet:contains(number) then return subnet.leases:by_address(address) end
  end
end

-- How long an OFFER holds: as the server's record says, else as long as the server is set to.
local function hold_end(server, address, key, now)
  local record = record_of(server, address)
  if record and record.state == "offered" and record.client == key then return record.expires end
  return now + server.offer_hold
end

local function see_promise(self, server, message, now)
  local address = message.yiaddr
  if address == "0.0.0.0" then return end
  local promises, key = promises_of(self, server), message.client_key
  local known = promises.addresses[address]
  if known and known.declined_until and now < known.declined_until - self.grace then
    self:violate(DECLINED, ("%s gives %s to %s, which was declined and is out until %s"):format(server.name, address,
      message.mac, at(known.declined_until)))
  end
  if known and known.client ~= key and known.offered_until and now < known.offered_until - self.grace then
    self:violate(HOLD, ("%s gives %s to %s while it is on offer to %s until %s"):format(server.name, address,
      message.mac, known.mac, at(known.offered_until)))
  end
  local before = promises.clients[key]
  if before and before ~= address then promises.addresses[before] = nil end -- a client has one address of a server
  promises.clients[key] = address
  promises.addresses[address] = { client = key, mac = message.mac,
    offered_until = message.type == "offer" and hold_end(server, address, key, now) or nil }
end

-- What a client says that ends an offer, or takes an address out.
local function see_request(self, server, message, now)
  local promises, key = promises_of(self, server), message.client_key
  local address = promises.clients[key]
  local known = address and promises.addresses[address]
  if not known or known.client ~= key then return end
  local named = message.options.server_id
  if message.type == "request" and named and named ~= server.address then
    known.offered_until = nil
  elseif message.type == "release" and message.ciaddr == address then
    known.offered_until = nil
  elseif message.type == "decline" and named == server.address and message.options.requested_ip == address then
    known.offered_until, known.declined_until, known.client = nil, now + server.decline_hold, nil
    promises.clients[key] = nil
  end
end

-- Packets -----------------------------------------------------------------------------------------------------------

-- How many packets are under way; and how many have ended in ways that the trace does not tell: on the way to a port
-- that was closed meanwhile, or dropped when their sender, who would be told, was gone.
local function count_packets(self)
  local flying, untold = 0, -self.drops
  for _, network in ipairs(self.world.networks) do
    local stats = network.segment and network.segment:stats()
    if stats then
      flying, untold = flying + stats.in_flight, untold + stats.gone + stats.lost + stats.no_host
    end
  end
  return flying, untold
end

-- Retransmissions have the same octets, and the trace may take one for the other: what counts is that something with
-- this trail has ended since it was sent.
local function trail_of(record) return ("%s %s %s"):format(record.from, record.type, record.xid) end

-- Once nothing is under way any more, and the time has passed on: what was sent has arrived, or was dropped for a
-- cause.
local function check_conserved(self, now)
  local flying, untold = count_packets(self)
  if flying > 0 then
    self.calm_since = nil
    return
  end
  local since = self.calm_since
  self.calm_since = since or now
  if not since or now <= since then return end
  local left, count = {}, 0
  for i = 1, self.sent_count do
    local record = self.sent[i]
    if record.at > since then
      count = count + 1
      left[count] = record
    elseif record.fate == "in flight" and (self.ended[trail_of(record)] or -1) < record.at then
      self.missed = self.missed + 1
    end
    if self.missed > untold then
      self:violate(CONSERVED, ("%s from %s to %s, sent at %s, neither arrived nor was it dropped"):format(
        tostring(record.type), tostring(record.from), tostring(record.to), at(record.at)))
    end
  end
  if count == 0 then self.ended = {} end
  self.sent, self.sent_count, self.calm_since = left, count, count > 0 and now or nil
end

local function check_lawful(self)
  local tally = self.tally
  if not tally or tally.breaches == self.breaches then return end
  self.breaches = tally.breaches
  local last
  for _, line in ipairs(tally.lines) do
    if line:find("(MUST", 1, true) and not line:find("^tolerated: ") then last = line end
  end
  self:violate(LAWFUL, last or "a packet breaks a MUST")
end

-- Hearing and looking -------------------------------------------------------------------------------------------------

local promising <const> = { offer = true, ack = true }
local ending <const> = { request = true, release = true, decline = true }

local on = {}

-- Whether anybody could hear it: a broadcast among hosts that all play the same part is nobody's.
local function is_heard(record)
  if record.to ~= "*" then return true end
  local node, asks = record.node, record.message and record.message.op == 1
  for _, member in ipairs(node and node.network and node.network.members or {}) do
    local hears = member.port and member.role ~= "host" and (member.role == "client") ~= asks
    if hears and member ~= node then return true end
  end
  return false
end

function on.send(self, record)
  if self.world.virtual and is_heard(record) then
    self.sent_count = self.sent_count + 1
    self.sent[self.sent_count] = record
  end
  local node = record.node
  if node and node.subnets and promising[record.type] and record.message.op == 2 then
    see_promise(self, node, record.message, record.at)
  end
end

function on.drop(self, record)
  self.drops = self.drops + 1
  if self.sent_count > 0 then self.ended[trail_of(record)] = record.at end
end

function on.deliver(self, record)
  if self.sent_count > 0 then self.ended[trail_of(record)] = record.at end
  local arrived = record.arrived or record.message -- what the network made of what was sent
  if not ending[arrived.type] then return end
  local node = self:node(record.to)
  if node and node.subnets then see_request(self, node, arrived, record.at) end
end

function on.state(self, record)
  local node = self:node(record.from)
  if is_client(node) then self:mark(node) end
end

-- A server's record has changed: whoever uses the address has a right to it still.
function on.lease(self, record)
  for _, network in ipairs(self.world.networks) do
    local holders = self.holders[network]
    local client = holders and holders[record.address]
    if client then self:mark(client) end
  end
end

-- To be looked at when this event is over.
function Watch:mark(client)
  if self.marked[client] then return end
  self.marked[client] = true
  self.changed[#self.changed + 1] = client
end

function Watch:node(name)
  local node = self.by_name[name]
  if node == nil then
    for _, each in ipairs(self.world.nodes) do self.by_name[each.name] = each end
    node = self.by_name[name]
  end
  return node
end

-- A script's own invariants: false, or an error, breaks one. Each looks from a coroutine of its own, so that it cannot
-- wait in the middle of somebody's turn.
local function check_own(self)
  for _, one in ipairs(self.own) do
    local co = coroutine.create(one.f)
    local ok, holds, text = core.resume(co)
    if not ok then
      self:violate(one.name, tostring(holds))
    elseif coroutine.status(co) ~= "dead" then
      self:violate(one.name, "it waits, which an invariant cannot")
    elseif holds == false then
      self:violate(one.name, text ~= nil and tostring(text) or "it does not hold")
    end
    coroutine.close(co)
  end
end

-- After each event.
function Watch:look()
  if self.violated then return end
  if self.attached then
    local changed = self.changed
    local now = self.world.core:now()
    if changed[1] then
      self.changed, self.marked = {}, {}
      for _, client in ipairs(changed) do check_client(self, client, now) end
    end
    if now > self.deadline then check_expiry(self, now) end
    if self.sent_count > 0 then check_conserved(self, now) end
    check_lawful(self)
  end
  if self.own[1] then check_own(self) end
end

local function watch_of(world)
  if world.invariants then return world.invariants end
  local self = setmetatable({
    world = world, off = {}, own = {}, grace = world.virtual and GRACE_VIRTUAL or GRACE_REAL,
    by_name = {}, holders = {}, believers = {}, deadline = math.huge,
    changed = {}, marked = {}, -- clients to look at, in order
    promises = {},
    sent = {}, sent_count = 0, ended = {}, missed = 0, drops = 0, -- packets whose end is not known yet
    breaches = 0,
  }, Watch)
  world.invariants = self
  world.loop.watch = function() self:look() end
  return self
end

-- Switches the lab's own invariants on. options: tally (of a judge that looks already), judge (false: packets are not
-- judged).
function invariants.attach(world, options)
  options = options or {}
  local self = watch_of(world)
  if self.attached then return self end
  self.attached = true
  self.tally = options.tally
  if not self.tally and options.judge ~= false then
    self.tally = strict.attach(world, { write = function() end })
  end
  world.trace.wants_leases = true
  world.trace:add_sink(function(event, record)
    if on[event] and not self.violated then on[event](self, record) end
  end)
  return self
end

-- dhcp.invariant(name, f): a script's own; f() is called after every event. dhcp.invariant(name, false): one of the
-- lab's does not count in this world.
function invariants.declare(world, name, f)
  local known = {}
  for _, each in ipairs(invariants.list) do known[each] = true end
  if type(name) ~= "string" or type(f) ~= "function" and f ~= false then
    problem.blame("dhcp.invariant takes a name and a function, or false for one of the lab's own", "E108")
  end
  local self = watch_of(world)
  if f == false then
    if not known[name] then
      problem.blame(("dhcp.invariant: there is no invariant \"%s\"%s; they are: %s"):format(name,
        problem.hint(name, invariants.list), table.concat(invariants.list, "; ")), "E107")
    end
    self.off[name] = true
    return
  end
  self.own[#self.own + 1] = { name = name, f = f }
end

return invariants
