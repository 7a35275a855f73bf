-- A DHCP server: RFC 2131 4.3, section by section, as functions that a script may replace one by one.
--
-- server:discover(request), :request, :decline, :release, :inform return a reply, or nothing for silence; they may sleep,
-- and other requests are served meanwhile. self:offer(request), self:ack(request), self:nak(request, reason) build replies
-- that satisfy Table 3; what a script changes in them afterwards is its own affair.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"
local subnet = require "dhcplab.subnet"
local worlds = require "dhcplab.world"

local ANY <const> = "0.0.0.0"
local INFINITE <const> = subnet.INFINITE

local Server = {}
Server.__index = Server

local settings <const> = { "name", "network", "listen", "address", "mac", "authoritative", "offer_hold", "decline_hold",
                           "subnets", "next_server", "sname", "file", "subnet_selection", "rapid_commit",
                           "auto_configure" }

local function check_settings(options)
  local known = { table.unpack(settings) }
  for _, key in ipairs(subnet.settings) do known[#known + 1] = key end
  problem.check_keys("dhcp.server", options, known)
  for _, one in ipairs(options.subnets or {}) do problem.check_keys("subnets[...]", one, subnet.settings) end
end

local function duration(value, default, what)
  if value == nil then return default end
  return core.duration(value) or
    problem.blame(("%s: a time such as 30 or \"5m\" expected, got \"%s\""):format(what, tostring(value)))
end

local function new(_, options)
  options = options or {}
  check_settings(options)
  local world = worlds.current()
  local self = setmetatable({
    world = world,
    loop = world.loop,
    trace = world.trace,
    name = world:name("server", options.name),
    authoritative = options.authoritative or false,
    offer_hold = duration(options.offer_hold, 60, "offer_hold"),
    decline_hold = duration(options.decline_hold, 600, "decline_hold"),
    next_server = options.next_server,
    sname = options.sname,
    file = options.file,
    subnet_selection = options.subnet_selection or false,
    rapid_commit = options.rapid_commit or false,
    auto_configure = options.auto_configure,
    subnets = {},
    counts = {},
    drops = {},
    options = options,
  }, Server)
  for _, one in ipairs(options.subnets or { options }) do
    self.subnets[#self.subnets + 1] = subnet.new(one, options)
  end
  local network = options.network or world:default_network()
  self.mac = options.mac and core.mac(options.mac) or world:draw_mac()
  self.number = world:add(self)
  network:join(self, "server", { listen = options.listen, batch = true })
  self.address = options.address
  if world.virtual and not self.address then -- the second, third ... host of its subnet: the first is the router
    self.address = core.ip_text(self.subnets[1].network + 1 + self:rank())
  elseif not self.address then
    local listening = core.endpoint(self.endpoint)
    if listening ~= ANY then self.address = listening end
  end
  if self.address then network:add_address(self, self.address) end
  self:keep_own_address()
  return self
end

-- A server does not give its own address away, although a pool may have it.
function Server:keep_own_address()
  for _, one in ipairs(self.address and self.subnets or {}) do one.leases:exclude(self.address, self.address) end
end

-- 1 for the first server of the world, 2 for the second ...
function Server:rank()
  local rank = 0
  for _, node in ipairs(self.world.nodes) do
    if getmetatable(node) == Server then rank = rank + 1 end
  end
  return rank
end

-- Arrivals ----------------------------------------------------------------------------------------------------------

local function serve(self, request)
  local handler = self[request.type]
  local reply = handler(self, request)
  if not reply then return end
  if type(reply) ~= "userdata" then
    error(("server:%s returns a message or nothing, got a %s"):format(request.type, type(reply)), 0)
  end
  self:reply(reply, request)
end

local handled <const> = { discover = true, request = true, decline = true, release = true, inform = true }

function Server:deliver(request)
  if self.trace.keep or #self.trace.sinks > 0 then self.trace:delivered(self, request) end
  local type = request.type
  if request.op ~= 1 then return self:drop("not a request", request) end
  if not handled[type] then return self:drop(type == nil and "BOOTP, no message type" or "unexpected type", request) end
  self.counts[type] = (self.counts[type] or 0) + 1
  self.heard = true
  return self.loop:handle(serve, self, request)
end

-- Bytes that are no message at all.
function Server:malformed(word, bytes, source)
  self:drop("malformed: " .. word, nil, ("%d octets from %s"):format(#bytes, source))
end

-- Counts a message that gets no further, and says so to those who listen.
function Server:drop(reason, request, detail)
  self.drops[reason] = (self.drops[reason] or 0) + 1
  self.trace:note("drop-note", self, ("dropped: %s%s"):format(reason, detail and (", " .. detail) or ""),
    { reason = reason, message = request })
end

function Server:note(text, request) self.trace:note("note", self, text, { message = request }) end

-- What a reply never goes without: who answers whom, how long, and what has to come back.
local vital <const> = { [1] = true, [51] = true, [53] = true, [54] = true, [61] = true, [80] = true, [82] = true }

-- Leaves out options, those that the client asked for last first, until the reply is as small as the client wants it
-- (RFC 2131 2). False when even what is vital does not fit.
local function fit(self, reply, request)
  local codes, gone = reply.options:codes(), {}
  for i = #codes, 1, -1 do
    if reply:bytes() then break end
    if not vital[codes[i]] then
      reply.options[codes[i]] = nil
      local row = core.option(codes[i])
      gone[#gone + 1] = row and row.name or tostring(codes[i])
    end
  end
  self:note(("left out, since the client takes %d octets: %s"):format(reply.limit, table.concat(gone, ", ")), request)
  return reply:bytes() ~= nil
end

-- Sends a reply that a handler returned.
function Server:reply(reply, request)
  if not self.port then return self:drop("the server was stopped before it replied", request) end
  local sent, word = self.network:send_reply(self, reply, request)
  if word == "space" and fit(self, reply, request) then sent, word = self.network:send_reply(self, reply, request) end
  if not sent then return self:drop("reply not sent: " .. word, request) end
  local trace = self.trace
  if trace.keep or #trace.sinks > 0 then
    local destination, mac = reply:reply_destination(request)
    trace:sent(self, reply, self.network:receiver(destination, mac), destination, request.source)
  end
end

-- Where and who ---------------------------------------------------------------------------------------------------------

local function subnet_with(self, address)
  local number = core.ip_number(address)
  for _, one in ipairs(number and self.subnets or {}) do
    if one:contains(number) then return one end
  end
end

local by_ciaddr <const> = { release = true, inform = true }

-- The subnet a request comes from (RFC 2131 4.3.1): what the relay's link selection says (RFC 3527), else giaddr; without a
-- relay the one that ciaddr lies in, when the client addressed us with it; else the server's own.
function Server:subnet_of(request)
  local options, giaddr = request.options, request.giaddr
  if options:has(82) then
    local agent = options.relay_agent_information
    if type(agent) == "table" and agent.link_selection then return subnet_with(self, agent.link_selection) end
  end
  if self.subnet_selection and options:has(118) then return subnet_with(self, options.subnet_selection) end
  if giaddr ~= ANY then return subnet_with(self, giaddr) end
  if self.subnets[2] and (by_ciaddr[request.type] or request.kind == "renewing") then
    return subnet_with(self, request.ciaddr) or self.subnets[1]
  end
  return self.subnets[1]
end

-- Option 54: the address at which this client reaches us.
function Server:server_id(request)
  if request.options:has(82) then -- RFC 5107: the relay wants to be taken for the server
    local agent = request.options.relay_agent_information
    if type(agent) == "table" and agent.server_id_override then return agent.server_id_override end
  end
  return self.address or request.local_address
end

-- Brings the table of a subnet up to now: what has ended goes back to the pool, keeping its holder (4.3.1).
local function expire(self, leases)
  local now = self.world.core:now()
  local lease = leases:due(now)
  while lease do
    local state = lease.state
    lease.state = state == "bound" and "expired" or "free"
    lease = leases:due(now)
  end
end

local held <const> = { offered = true, bound = true, declined = true }

-- Whether an address (text) can be given to this client key.
local function is_free_for(one, address, key)
  if not one:offers(address) then return false end
  local lease = one.leases:by_address(address)
  return not lease or not held[lease.state] or lease.client == key and lease.state ~= "declined"
end

-- Which address a client gets, in the order of RFC 2131 4.3.1: its reservation; its current binding; its previous one, if
-- free; what it asked for, if free; else a new one. Nil when there is none left.
function Server:choose(request, one)
  local leases, key = one.leases, request.client_key
  expire(self, leases)
  local host = one:host_of(request)
  if host and host.address then
    local lease = leases:by_address(host.address)
    if not lease or lease.client == key or not held[lease.state] then return host.address end
  end
  local lease = leases:by_client(key)
  if lease and lease.state ~= "declined" and one:offers(lease.address) then return lease.address end
  local wanted = messages.address(request, "requested_ip")
  if wanted and is_free_for(one, wanted, key) then return wanted end
  return (leases:next_free())
end

-- Seconds of lease for a request (4.3.1): what it asks for within the limits; what is left of the binding it has when
-- a DISCOVER does not ask; else the default.
local function grant(self, request, one, lease)
  local asked = messages.number(request, "lease_time")
  if asked then return math.max(one.min_lease_time, math.min(asked, one.max_lease_time)) end
  local kind = request.kind
  if lease and lease.state == "bound" and (kind == nil or kind == "selecting") then
    local left = lease.expires - self.world.core:now()
    if left == math.huge then return INFINITE end
    if left >= 1 then return math.ceil(left) end
  end
  return one.lease_time
end

-- The end of a lease on the world's clock.
local function end_of(self, seconds)
  return seconds == INFINITE and math.huge or self.world.core:now() + seconds
end

-- Replies -----------------------------------------------------------------------------------------------------------------

local function add_options(self, reply, request, one, seconds)
  local options = reply.options
  options.server_id = self:server_id(request)
  if seconds then
    local t1, t2 = one:timers(seconds)
    options.lease_time = seconds -- one by one: their order on the wire
    if t1 then
      options.renewal_time = t1
      options.rebinding_time = t2
    end
  end
  local host = one:host_of(request)
  if host and host.template then options:fill(request, host.template) end
  options:fill(request, one.template)
  if self.next_server then reply.siaddr = self.next_server end
  if self.sname then reply.sname = self.sname end
  if self.file then reply.file = self.file end
  return options
end

-- What every reply echoes, last: the client identifier (RFC 6842) and the relay's option (RFC 3046 2.2).
local function echo(self, options, request)
  local asked = request.options
  if asked:has(61) then options:set_raw(61, asked:raw(61)) end
  if asked:has(118) and self.subnet_selection then options:set_raw(118, asked:raw(118)) end
  if asked:has(82) then options:set_raw(82, asked:raw(82)) end
end

-- An OFFER of `address`, or of the one that choose() finds, which is then on hold for the client; nil when none is left.
function Server:offer(request, address)
  local one = self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  address = address or self:choose(request, one)
  if not address then
    self.drops["no address left"] = (self.drops["no address left"] or 0) + 1
    return self:note("no address left in " .. one.text, request)
  end
  local leases, key = one.leases, request.client_key
  local lease = leases:by_client(key)
  local seconds = grant(self, request, one, lease)
  if not lease or lease.state ~= "bound" or lease.address ~= address then
    leases:put(address, key, "offered", self.world.core:now() + self.offer_hold)
  end
  local reply = request:reply("offer")
  reply.yiaddr = address
  echo(self, add_options(self, reply, request, one, seconds), request)
  return reply
end

-- An ACK: for a REQUEST of `address` (else the one its kind names), which becomes bound before the reply exists (RFC 2131
-- 3.1(4)); for an INFORM with neither address nor lease.
function Server:ack(request, address)
  local one = self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  local reply = request:reply("ack")
  if request.type == "inform" then
    reply.ciaddr = request.ciaddr
    echo(self, add_options(self, reply, request, one, nil), request)
    return reply
  end
  address = address or messages.address(request, "requested_ip") or request.ciaddr
  local leases, key = one.leases, request.client_key
  local seconds = grant(self, request, one, leases:by_client(key))
  leases:put(address, key, "bound", end_of(self, seconds))
  reply.ciaddr, reply.yiaddr = request.ciaddr, address
  echo(self, add_options(self, reply, request, one, seconds), request)
  return reply
end

-- A NAK: table 3 leaves it little to carry. Through a relay it gets the broadcast bit (4.3.2).
function Server:nak(request, reason)
  local reply = request:reply("nak")
  reply.options.server_id = self:server_id(request)
  if reason then reply.options.message = reason end
  if request.giaddr ~= ANY then reply.broadcast = true end
  echo(self, reply.options, request)
  return reply
end

-- The default policy ------------------------------------------------------------------------------------------------------

-- RFC 2131 4.3.1; RFC 4039: with rapid commit the DISCOVER is answered by an ACK at once.
function Server:discover(request)
  if self.rapid_commit and request.options:has(80) then
    local one = self:subnet_of(request)
    local address = one and self:choose(request, one)
    local ack = address and self:ack(request, address)
    if ack then ack.options:set_raw(80, "") end
    return ack
  end
  return self:offer(request)
end

-- RFC 2131 4.3.2, SELECTING: the client has chosen among the offers.
local function selecting(self, request, one)
  local leases = one.leases
  local lease = leases:by_client(request.client_key)
  if request.options.server_id ~= self:server_id(request) then -- it chose another server: our offer is declined
    if lease and lease.state == "offered" then lease.state = "free" end
    return
  end
  local wanted = messages.address(request, "requested_ip")
  if request.ciaddr ~= ANY or not wanted then
    return self:drop("REQUEST in SELECTING needs option 50 and ciaddr 0", request)
  end
  expire(self, leases)
  local mine = lease and lease.address == wanted and lease.state ~= "declined"
  if not mine then return self:nak(request, "not the address that was offered") end
  return self:ack(request, wanted)
end

-- RFC 2131 4.3.2, INIT-REBOOT: a client that remembers an address asks whether it is still right.
local function init_reboot(self, request, one)
  local wanted = messages.address(request, "requested_ip")
  if not wanted then return self:drop("malformed option 50", request) end
  if not one:contains(core.ip_number(wanted)) then return self:nak(request, "wrong network") end
  expire(self, one.leases)
  local lease = one.leases:by_client(request.client_key)
  if not lease then -- no record: other servers may know the client, so silence
    if self.authoritative then return self:nak(request, "unknown client") end
    return
  end
  if lease.address ~= wanted then return self:nak(request, "not your address") end
  if lease.state == "declined" then return self:nak(request, "that address is in use elsewhere") end
  return self:ack(request, wanted)
end

-- RFC 2131 4.3.2, RENEWING and REBINDING: ciaddr is the address to extend.
local function extend(self, request, one)
  local address = request.ciaddr
  if not one:contains(core.ip_number(address)) then return self:nak(request, "wrong network") end
  expire(self, one.leases)
  local lease = one.leases:by_client(request.client_key)
  if lease and lease.address == address and lease.state ~= "declined" then return self:ack(request, address) end
  local holder = one.leases:by_address(address)
  if holder and held[holder.state] then return self:nak(request, "that address is another's") end
  -- nobody's: renewing is addressed to us by a client that we forgot, so trust its ciaddr; rebinding is addressed to all,
  -- and extending another server's lease takes authority
  if (request.kind == "renewing" or self.authoritative) and is_free_for(one, address, request.client_key) then
    return self:ack(request, address)
  end
  if self.authoritative then return self:nak(request, "unknown client") end
end

function Server:request(request)
  local one = self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  local kind = request.kind
  if kind == "selecting" then return selecting(self, request, one) end
  if kind == "init-reboot" then return init_reboot(self, request, one) end
  if kind == "renewing" or kind == "rebinding" then return extend(self, request, one) end
  return self:drop("REQUEST of no kind: neither options 50, 54 nor ciaddr fit together", request)
end

-- RFC 2131 4.3.3: somebody else uses the address. It stays out of the pool for decline_hold, and the operator hears of it.
function Server:decline(request)
  local one = self:subnet_of(request)
  local address = messages.address(request, "requested_ip")
  if not one or request.options.server_id ~= self:server_id(request) then return end
  local lease = address and one.leases:by_address(address)
  if not lease or lease.client ~= request.client_key then
    return self:drop("DECLINE of an address that the client does not hold", request)
  end
  one.leases:put(address, "", "declined", self.world.core:now() + self.decline_hold)
  self:note(("%s was declined by %s: in use by somebody else?"):format(address, request.mac), request)
end

-- RFC 2131 4.3.4: the address is free again; the record stays, so that the client finds it when it comes back.
function Server:release(request)
  local one = self:subnet_of(request)
  if request.options:has(54) and request.options.server_id ~= self:server_id(request) then return end
  local lease = one and one.leases:by_client(request.client_key)
  if not lease or lease.address ~= request.ciaddr or lease.state ~= "bound" then
    return self:drop("RELEASE of an address that the client does not hold", request)
  end
  lease.state = "released"
end

-- RFC 2131 4.3.5: configuration for a host that has its address already.
function Server:inform(request)
  return self:ack(request)
end

-- For scripts and commands ------------------------------------------------------------------------------------------------

-- All records in the order of their addresses: { address, client, state, expires }.
function Server:leases()
  local list = {}
  for _, one in ipairs(self.subnets) do
    expire(self, one.leases)
    local lease = one.leases:from(ANY)
    while lease do
      list[#list + 1] = { address = lease.address, client = lease.client, state = lease.state, expires = lease.expires }
      local following = core.ip_number(lease.address) + 1
      lease = following <= 0xffffffff and one.leases:from(core.ip_text(following)) or nil
    end
  end
  return list
end

function Server:stop()
  if self.port then self.network:leave(self) end
end

-- Comes back after stop() or a crash; with `forget` without its leases.
function Server:restart(options)
  self:stop()
  if options and options.forget then
    local settings_of = self.options
    for i, one in ipairs(settings_of.subnets or { settings_of }) do self.subnets[i] = subnet.new(one, settings_of) end
  end
  self.network:join(self, "server", { listen = self.world.virtual and nil or self.endpoint, batch = true })
  if self.address then self.network:add_address(self, self.address) end
  self:keep_own_address()
end

return setmetatable(Server, { __call = new })
