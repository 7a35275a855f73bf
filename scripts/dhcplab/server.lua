-- A DHCP server: RFC 2131 4.3, section by section, as functions that a script may replace one by one.
--
-- server:discover(request), :request, :decline, :release, :inform return a reply, or nothing for
-- silence; they may sleep, and other requests are served meanwhile. self:offer(request),
-- self:ack(request), self:nak(request, reason) build replies that satisfy Table 3; what a script
-- changes in them afterwards is its own affair.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"
local rate_of = require "dhcplab.skew"
local subnet = require "dhcplab.subnet"
local worlds = require "dhcplab.world"

local methods = core.methods -- of messages, without looking them up each time
local kind_of, make_reply, put_grant, wishes = methods.what, methods.reply, methods.grant, methods.wishes

local ANY <const> = "0.0.0.0"
local INFINITE <const> = subnet.INFINITE

local Server = {}
Server.__index = Server

local settings <const> = { "name", "network", "listen", "address", "mac", "authoritative", "offer_hold", "decline_hold",
                           "subnets", "next_server", "sname", "file", "subnet_selection", "rapid_commit",
                           "auto_configure", "forcerenew", "leasequery", "probe", "bootp", "skew" }

local function check_settings(options)
  local known = { table.unpack(settings) }
  for _, key in ipairs(subnet.settings) do known[#known + 1] = key end
  problem.check_keys("dhcp.server", options, known)
  for _, one in ipairs(options.subnets or {}) do problem.check_keys("subnets[...]", one, subnet.settings) end
end

local function duration(value, default, what)
  if value == nil then return default end
  return core.duration(value) or
    problem.blame(("%s: a time such as 30 or \"5m\" expected, got \"%s\""):format(what, tostring(value)), "E111")
end

local function new(_, options)
  options = options or {}
  check_settings(options)
  local world = worlds.current()
  local self = setmetatable({
    world = world,
    loop = world.loop,
    clock = world.core,
    trace = world.trace,
    name = world:name("server", options.name),
    authoritative = options.authoritative or false,
    rate = rate_of(options.skew),
    offer_hold = duration(options.offer_hold, 60, "offer_hold") / rate_of(options.skew),
    decline_hold = duration(options.decline_hold, 600, "decline_hold") / rate_of(options.skew),
    next_server = options.next_server,
    sname = options.sname,
    file = options.file,
    subnet_selection = options.subnet_selection or false,
    rapid_commit = options.rapid_commit or false,
    auto_configure = options.auto_configure,
    nonces = options.forcerenew and world.core:stream("nonces") or nil,
    remembers = options.forcerenew or options.leasequery or false,
    overrides = false,
    probing = options.probe and {} or false, -- address -> who waits for an answer
    subnets = {},
    counts = { discover = 0, request = 0, decline = 0, release = 0, inform = 0, -- what is answered at all
               leasequery = options.leasequery and 0 or nil, bootp = options.bootp and 0 or nil },
    drops = {},
    options = options,
  }, Server)
  for _, one in ipairs(options.subnets or { options }) do
    self.subnets[#self.subnets + 1] = subnet.new(one, options)
  end
  -- shortcuts: the subnet of every request without a relay, where there is one only; nothing but the template to answer
  self.only = not self.subnets[2] and not self.subnet_selection and self.subnets[1] or nil
  self.is_plain = not (self.next_server or self.sname or self.file or self.subnet_selection or self.nonces)
  local network = options.network or world:default_network()
  if options.mac and not core.mac(options.mac) then
    problem.blame(("mac: \"%s\" is not a MAC address such as \"02:00:00:00:00:01\""):format(tostring(options.mac)),
      "E110")
  end
  self.mac = options.mac and core.mac(options.mac) or world:draw_mac(self.name)
  self.number = world:add(self)
  network:join(self, "server", { listen = options.listen, batch = true, hear_arp = options.probe })
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

-- Arrivals ----------------------------------------------------------------------------------------

local function serve(self, request, kind)
  local reply = self[kind](self, request)
  if not reply then return end
  if type(reply) ~= "userdata" then
    error(("server:%s returns a message or nothing, got a %s [E118]"):format(kind, type(reply)), 0)
  end
  return self:reply(reply, request)
end

function Server:deliver(request)
  if self.world.spread then self.network:restore_destination(request) end
  if self.trace.on then self.trace:delivered(self, request) end
  local kind, is_request = kind_of(request)
  local counts = self.counts
  kind = kind or "bootp"
  local count = counts[kind]
  if not count or not is_request then return self:refuse(request) end
  counts[kind] = count + 1
  self.heard = true
  return self.loop:handle(serve, self, request, kind)
end

-- What no handler is for.
function Server:refuse(request)
  if request.op ~= 1 then return self:drop("not a request", request) end
  return self:drop(request.type and "unexpected type" or "BOOTP, no message type", request)
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

-- Sends a reply that a handler returned.
function Server:reply(reply, request)
  if not self.port then return self:drop("the server was stopped before it replied", request) end
  local sent, word = self.network:send_reply(self, reply, request)
  if sent and not self.trace.on then return end
  if word == "space" and self:fit(reply, request) then sent, word = self.network:send_reply(self, reply, request) end
  if not sent then return self:drop("reply not sent: " .. word, request) end
  if self.trace.on then
    local destination, mac = reply:reply_destination(request)
    self.trace:sent(self, reply, self.network:receiver(destination, mac), destination, request.source)
  end
end

-- Where and who -----------------------------------------------------------------------------------

local function subnet_with(self, address)
  local number = core.ip_number(address)
  for _, one in ipairs(number and self.subnets or {}) do
    if one:contains(number) then return one end
  end
end

local by_ciaddr <const> = { release = true, inform = true }

-- The subnet a request comes from (RFC 2131 4.3.1): what the relay's link selection says (RFC
-- 3527), else giaddr; without a relay the one that ciaddr lies in, when the client addressed us
-- with it; else the server's own.
function Server:subnet_of(request)
  if not request.relayed and self.only then return self.only end
  local options = request.options
  if options:has(82) then
    local agent = options.relay_agent_information
    if type(agent) == "table" and agent.link_selection then return subnet_with(self, agent.link_selection) end
  end
  if self.subnet_selection and options:has(118) then return subnet_with(self, options.subnet_selection) end
  if request.relayed then return subnet_with(self, request.giaddr) end
  if self.subnets[2] and (by_ciaddr[request.type] or request.kind == "renewing") then
    return subnet_with(self, request.ciaddr) or self.subnets[1]
  end
  return self.subnets[1]
end

-- Option 54: the address at which this client reaches us.
function Server:server_id(request)
  if request.relayed and request:has(82) then -- RFC 5107: the relay wants to be taken for the server
    local agent = request.options.relay_agent_information
    local override = type(agent) == "table" and agent.server_id_override
    if override and core.ip_number(override) then
      self.overrides = self.overrides or {}
      self.overrides[override] = true
      return override
    end
  end
  if self.overrides and self.overrides[request.options.server_id] then return request.options.server_id end
  return self.address or request.local_address
end

-- Whether a message that names a server (54) means this one: by its own address, or by one of a relay's (RFC 5107 4).
function Server:is_meant(request)
  local named = request.options.server_id
  return named ~= nil and (named == self:server_id(request) or named == self.address)
end

-- For whoever watches leases: this record has changed.
function Server:tell(lease)
  if self.trace.wants_leases then self.trace:lease(self, lease) end
end

-- Brings the table of a subnet up to now: what has ended goes back to the pool, keeping its holder (4.3.1).
local function expire(self, leases, now)
  now = now or self.clock:now()
  local lease = leases:due(now)
  while lease do
    lease.state = lease.state == "bound" and "expired" or "free"
    self:tell(lease)
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

-- The holder's record as plain values: address, state, end; the table is brought up to now first.
local function find(self, leases, key)
  local now = self.clock:now()
  local address, state, expires = leases:find(key, now)
  if address == false then
    expire(self, leases, now)
    address, state, expires = leases:find(key, now)
  end
  return address, state, expires, now
end

-- Which address a client gets, in the order of RFC 2131 4.3.1: its reservation; its current
-- binding; its previous one, if free; what it asked for, if free; else a new one. Nil when there is
-- none left. `address`, `state`: its record.
local function rank_addresses(request, one, key, wanted, address, state)
  local leases = one.leases
  local host = one.has_hosts and one:host_of(request)
  if host and host.address then
    local lease = leases:by_address(host.address)
    if not lease or lease.client == key or not held[lease.state] then return host.address end
  end
  if address and state ~= "declined" and one:offers(address) then return address end
  if wanted and is_free_for(one, wanted, key) then return wanted end
  return (leases:next_free())
end

function Server:choose(request, one)
  local key, wanted = wishes(request)
  return rank_addresses(request, one, key, wanted, find(self, one.leases, key))
end
local usual_choice <const> = Server.choose

-- Seconds of lease for a request (4.3.1): what it asks for within the limits; what is left of the
-- binding it has when a DISCOVER does not ask; else the default.
local function grant(self, request, one, asked, state, expires)
  if asked then return math.max(one.min_lease_time, math.min(asked, one.max_lease_time)) end
  if state == "bound" then
    local _, _, kind = kind_of(request)
    if kind == nil or kind == "selecting" then
      local left = (expires - self.clock:now()) * self.rate
      if left == math.huge then return INFINITE end
      if left >= 1 then return math.ceil(left - 1e-3) end -- a slow clock leaves 2.000001 of 2
    end
  end
  return one.lease_time
end

-- Replies -----------------------------------------------------------------------------------------

-- The usual case of add_options in one call: no relay, nothing beside the terms and the subnet's options.
local function fill(self, reply, request, one, seconds, relayed, fqdn)
  if relayed or fqdn or one.is_special or not self.is_plain then
    return self:add_options(reply, request, one, seconds)
  end
  local id = not self.overrides and self.address or self:server_id(request)
  if seconds == one.lease_time then return put_grant(reply, request, one.template, id, seconds, one.t1, one.t2) end
  return put_grant(reply, request, one.template, id, seconds, one:timers(seconds))
end

-- Fills a reply: who we are, the terms of the lease (no `seconds` for INFORM), the options asked for; last what every
-- reply echoes, the client identifier (RFC 6842) and the relay's option (RFC 3046 2.2).
function Server:add_options(reply, request, one, seconds)
  if seconds then
    reply:terms(self:server_id(request), seconds, one:timers(seconds))
  else
    reply:terms(self:server_id(request))
  end
  local host = one.has_hosts and one:host_of(request)
  if host and host.template then reply:fill(request, host.template) end
  local class = one:class_of(request)
  if class then
    reply:fill(request, class)
    reply:echo(request, 60) -- the class that the answer was chosen by
  end
  reply:fill(request, one.template)
  if self.next_server then reply.siaddr = self.next_server end
  if self.sname then reply.sname = self.sname end
  if self.file then reply.file = self.file end
  if one.has_routes or self.nonces or request:has(81) then self:complete(reply, request, one, host) end
  self:echo(reply, request)
end

function Server:echo(reply, request)
  if self.subnet_selection then reply:echo(request, 118) end
  reply:echo(request, 61, 82)
end

-- An OFFER of `address`, or of the one that choose() finds, which is then on hold for the client; nil when none
-- is left.
function Server:offer(request, address)
  local key, wanted, asked, relayed, fqdn = wishes(request)
  local one = not relayed and self.only or self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  local leases = one.leases
  local held_address, state, expires, now = find(self, leases, key)
  if not address then
    if one.ipv6_only and self:goes_without(request) then return self:offer_nothing(request, one) end
    local why
    if self.probing then
      address, why = self:pick(request, one)
      held_address, state, expires, now = find(self, leases, key) -- as it is after probing
    else
      if self.choose == usual_choice then
        address = rank_addresses(request, one, key, wanted, held_address, state)
      else
        address = self:choose(request, one)
      end
    end
    if why then return self:note(why, request) end
  end
  if not address then
    self.drops["no address left"] = (self.drops["no address left"] or 0) + 1
    self:note("no address left in " .. one.text, request)
    return self:offer_nothing(request, one)
  end
  local seconds = (asked or state == "bound") and grant(self, request, one, asked, state, expires) or one.lease_time
  if state ~= "bound" or held_address ~= address or expires < now + self.offer_hold then
    leases:hold(address, key, "offered", now + self.offer_hold)
    if self.trace.wants_leases then self:tell(leases:by_client(key)) end
  end
  local reply = make_reply(request, "offer", address)
  fill(self, reply, request, one, seconds, relayed, fqdn)
  return reply
end

-- Writes the lease down, then makes the ACK (3.1(4)). `state`, `expires`: the client's record so far.
local function bind(self, request, one, address, key, asked, state, expires, now, relayed, fqdn, ciaddr)
  local leases = one.leases
  local seconds = (asked or state == "bound") and grant(self, request, one, asked, state, expires) or one.lease_time
  leases:hold(address, key, "bound", seconds == INFINITE and math.huge or now + seconds / self.rate)
  if self.trace.wants_leases then self:tell(leases:by_client(key)) end
  local reply = make_reply(request, "ack", address)
  if ciaddr then reply.ciaddr = ciaddr end
  if self.remembers then self:remember(reply, request, one, leases:by_client(key)) end
  fill(self, reply, request, one, seconds, relayed, fqdn)
  return reply
end

-- An ACK: for a REQUEST of `address` (else the one its kind names), which becomes bound before the
-- reply exists (RFC 2131 3.1(4)); for an INFORM with neither address nor lease.
function Server:ack(request, address)
  local key, wanted, asked, relayed, fqdn, _, ciaddr = wishes(request)
  local one = not relayed and self.only or self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  if request.type == "inform" then
    local reply = request:reply("ack")
    reply.ciaddr = request.ciaddr
    self:add_options(reply, request, one, nil)
    return reply
  end
  local _, state, expires, now = find(self, one.leases, key)
  return bind(self, request, one, address or wanted or ciaddr or ANY, key, asked, state, expires, now, relayed, fqdn,
    ciaddr)
end

-- A NAK: table 3 leaves it little to carry. Through a relay it gets the broadcast bit (4.3.2).
function Server:nak(request, reason)
  local reply = request:reply("nak")
  reply:terms(self:server_id(request))
  if reason then reply.options.message = reason end
  if request.relayed then reply.broadcast = true end
  self:echo(reply, request)
  return reply
end

-- The default policy ------------------------------------------------------------------------------

-- RFC 2131 4.3.1; RFC 4039: with rapid commit the DISCOVER is answered by an ACK at once.
function Server:discover(request)
  local one = self.rapid_commit and request.options:has(80) and self:subnet_of(request)
  if not one or one.ipv6_only and self:goes_without(request) then return self:offer(request) end -- RFC 8925 3.3
  local address, why = self:pick(request, one)
  if not address then return not why and self:offer(request) or nil end
  local ack = self:ack(request, address)
  if ack then ack.options:set_raw(80, "") end
  return ack
end

-- RFC 2131 4.3.2, SELECTING: the client has chosen among the offers.
local function selecting(self, request, one)
  local key, wanted, asked, relayed, fqdn, named, ciaddr = wishes(request)
  local leases = one.leases
  if named == nil or named ~= self.address and not self:is_meant(request) then
    local lease = leases:by_client(key) -- it chose another server: our offer is declined
    if lease and lease.state == "offered" then
      lease.state = "free"
      self:tell(lease)
    end
    return
  end
  if ciaddr or not wanted then
    return self:drop("REQUEST in SELECTING needs option 50 and ciaddr 0", request)
  end
  local address, state, expires, now = find(self, leases, key)
  if address ~= wanted or state == "declined" then
    if self.overrides and named ~= self.address then return end -- not ours, perhaps
    return self:nak(request, "not the address that was offered")
  end
  return bind(self, request, one, wanted, key, asked, state, expires, now, relayed, fqdn)
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
  -- nobody's: renewing is addressed to us by a client that we forgot, so trust its ciaddr;
  -- rebinding is addressed to all, and extending another server's lease takes authority
  if (request.kind == "renewing" or self.authoritative) and is_free_for(one, address, request.client_key) then
    return self:ack(request, address)
  end
  if self.authoritative then return self:nak(request, "unknown client") end
end

function Server:request(request)
  local _, _, kind, relayed = kind_of(request)
  local one = not relayed and self.only or self:subnet_of(request)
  if not one then return self:drop("no subnet for this giaddr", request, request.giaddr) end
  if kind == "selecting" then return selecting(self, request, one) end
  if kind == "init-reboot" then return init_reboot(self, request, one) end
  if kind == "renewing" or kind == "rebinding" then return extend(self, request, one) end
  return self:drop("REQUEST of no kind: neither options 50, 54 nor ciaddr fit together", request)
end

-- RFC 2131 4.3.3: somebody else uses the address. It stays out of the pool for decline_hold, and the operator
-- hears of it.
function Server:decline(request)
  local one = self:subnet_of(request)
  local address = messages.address(request, "requested_ip")
  if not one or not self:is_meant(request) then return end
  local lease = address and one.leases:by_address(address)
  if not lease or lease.client ~= request.client_key then
    return self:drop("DECLINE of an address that the client does not hold", request)
  end
  self:tell(one.leases:put(address, "", "declined", self.world.core:now() + self.decline_hold))
  self:note(("%s was declined by %s: in use by somebody else?"):format(address, request.mac), request)
end

-- RFC 2131 4.3.4: the address is free again; the record stays, so that the client finds it when it comes back.
function Server:release(request)
  local one = self:subnet_of(request)
  if request.options:has(54) and not self:is_meant(request) then return end
  local lease = one and one.leases:by_client(request.client_key)
  if not lease or lease.address ~= request.ciaddr or lease.state ~= "bound" then
    return self:drop("RELEASE of an address that the client does not hold", request)
  end
  lease.state = "released"
  self:tell(lease)
end

-- RFC 2131 4.3.5: configuration for a host that has its address already.
function Server:inform(request)
  return self:ack(request)
end

-- For scripts and commands ------------------------------------------------------------------------

-- All records in the order of their addresses: { address, client, state, expires }. They are as they were left: what
-- has ended since still says so by its `expires` only.
function Server:records()
  local list = {}
  for _, one in ipairs(self.subnets) do
    local lease = one.leases:from(ANY)
    while lease do
      list[#list + 1] = { address = lease.address, client = lease.client, state = lease.state, expires = lease.expires }
      local following = core.ip_number(lease.address) + 1
      lease = following <= 0xffffffff and one.leases:from(core.ip_text(following)) or nil
    end
  end
  return list
end

-- The same, brought up to now.
function Server:leases()
  for _, one in ipairs(self.subnets) do expire(self, one.leases) end
  return self:records()
end

function Server:stop()
  if self.port then self.network:leave(self) end
end

-- Comes back after stop() or a crash; with `forget` without its leases.
function Server:restart(options)
  self:stop()
  if options and options.forget then
    local settings_of = self.options
    self.forgot = self.clock:now() -- its records are no measure of the leases that it gave before
    for i, one in ipairs(settings_of.subnets or { settings_of }) do self.subnets[i] = subnet.new(one, settings_of) end
    self.only = self.only and self.subnets[1]
  end
  self.network:join(self, "server", { listen = self.world.virtual and nil or self.endpoint, batch = true,
                                      hear_arp = self.options.probe })
  if self.address then self.network:add_address(self, self.address) end
  self:keep_own_address()
end

require("dhcplab.extensions")(Server)
require("dhcplab.records")(Server)

return setmetatable(Server, { __call = new })
