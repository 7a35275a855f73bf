-- A DHCP client: RFC 2131 4.4. Each message alone, with its answer; or whole behaviours with the RFC's timers.
--
-- The state machine of figure 5 is in lifecycle.lua; this file is what it is made of.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"
local rate_of = require "dhcplab.skew"
local worlds = require "dhcplab.world"

local methods = core.methods
local answers, copy_as, granted, is_for, request_for =
  methods.answers, methods.copy_as, methods.granted, methods.is_for, methods.request_for

local BROADCAST <const> = "255.255.255.255"
local INFINITE <const>, HUGE <const> = 0xffffffff, math.huge
local INBOX <const> = 64 -- messages kept for a receive() that comes later

-- What most clients have in common is here only, so that a hundred thousand of them fit into memory.
local NOTHING <const> = {}
local Client = { role = "client", rate = 1, timeout = 10, lives = 0, inbox = NOTHING, dropped = NOTHING, living = false,
                 retries = false, window = false, requested_address = false }
Client.__index = Client

local settings <const> = {
  "name", "network", "server", "listen", "mac", "client_id", "hostname", "requested_address", "requested_options",
  "lease_time", "broadcast", "options", "timeout", "retries", "window", "probe", "strict_nak", "relay", "new_xid",
  "start_delay", "keep_after_reboot", "rapid_commit", "known_server", "ipv6_only", "auto_configure", "forcerenew",
  "fqdn",
  "skew",
}

-- What the option list (55) asks for unless the script says otherwise.
local usual_options <const> = { "subnet_mask", "routers", "domain_name_servers", "domain_name", "renewal_time",
                                "rebinding_time" }

local function duration(value, default, what)
  if value == nil then return default end
  return core.duration(value) or
    problem.blame(("%s: a time such as 10 or \"10s\" expected, got \"%s\""):format(what, tostring(value)), "E111")
end

local function check_mac(text)
  return core.mac(text) or problem.blame(("mac: \"%s\" is not a MAC address such as \"02:00:00:00:00:01\""):format(
    tostring(text)), "E110")
end

local function check_address(text, what)
  return core.ip_number(tostring(text)) and text
    or problem.blame(("%s: \"%s\" is not an IPv4 address such as \"192.168.1.10\""):format(what, tostring(text)),
      "E110")
end

local function new(_, options)
  options = options or {}
  problem.check_keys("dhcp.client", options, settings)
  local world = worlds.current()
  local name = world:name("client", options.name)
  local rate = rate_of(options.skew)
  local self = setmetatable({
    world = world,
    loop = world.loop,
    trace = world.trace,
    name = name,
    rng = world.core:stream("node:" .. name),
    mac = options.mac and check_mac(options.mac) or world:draw_mac(name),
    server = options.server,
    requested_address = options.requested_address and check_address(options.requested_address, "requested_address"),
    rate = rate ~= 1 and rate or nil,
    timeout = (options.timeout or rate ~= 1) and duration(options.timeout, 10, "timeout") / rate or nil,
    retries = options.retries,
    window = options.window and duration(options.window, nil, "window"),
    state = "INIT",
    settings = options,
  }, Client)
  world.clients = world.clients + 1
  self.base = self:build_base()
  self.number = world:add(self)
  self:join_network()
  return self
end

function Client:join_network()
  local options, world = self.settings, self.world
  local network = options.network or world:default_network()
  local listen = options.listen or options.relay and not world.virtual and options.relay .. ":67" or nil
  network:join(self, "client", { listen = listen, hear_arp = options.probe })
end

-- A DISCOVER with everything that this client says in each message; the others are made from copies of it.
function Client:build_base()
  local o = self.settings
  local options = {}
  for name, value in pairs(o.options or {}) do options[name] = value end
  options.client_id = options.client_id or o.client_id
  options.host_name = options.host_name or o.hostname
  options.lease_time = options.lease_time or o.lease_time
  options.parameter_request_list = options.parameter_request_list or self:wanted_options(usual_options)
  options.max_message_size = options.max_message_size or 1500
  self:extend_options(options)
  return core.message { type = "discover", mac = self.mac, broadcast = o.broadcast or false, options = options,
                        giaddr = o.relay, hops = o.relay and 1 or 0 }:copy() -- a copy is no larger than it must be
end

-- Sending -----------------------------------------------------------------------------------------

function Client:new_xid()
  self.xid = self.rng(1, 0xffffffff)
  self.started = self.world.core:now()
  return self.xid
end

-- Sends any message: by broadcast, or to the server with that address. Octets, or nil and a word.
function Client:send(message, server)
  if not self.port then problem.blame(self.name .. " was stopped: it cannot send any more", "E115") end
  local trace = self.trace
  if trace.on then
    local destination = (server or BROADCAST) .. ":67"
    trace:sent(self, message, self.network:receiver(destination), destination,
      self.world.virtual and destination or server and server or self.server or self.world.server)
  end
  local sent, word = self.network:send_from_client(self, message, server)
  if not sent then
    self.unsent = word
    self.trace:note("note", self, "not sent: " .. word, { message = message })
  end
  return sent, word
end

-- Receiving ---------------------------------------------------------------------------------------

function Client:drop(reason, message)
  local dropped = self.dropped
  if dropped == NOTHING then
    dropped = {}
    self.dropped = dropped
  end
  dropped[reason] = (dropped[reason] or 0) + 1
  if message then self.trace:note("drop-note", self, "dropped: " .. reason, { reason = reason, message = message }) end
end

function Client:deliver(message)
  local trace = self.trace
  if trace.on then trace:delivered(self, message) end
  local ours, kind = is_for(message, self.base)
  if not ours then return self:drop(kind) end
  if kind == "forcerenew" then
    local obeyed, why = self:accepts_forcerenew(message)
    if not obeyed then return self:drop("FORCERENEW " .. why, message) end
  elseif self.living and self.state == "BOUND" then
    return self:drop("stray message in BOUND") -- 4.4.1, figure 5
  end
  local waiting = self.waiting
  if waiting and not waiting.ended and self.accepts(self, message) then
    self.waiting = nil
    return self.loop:deliver(waiting, message)
  end
  local inbox = self.inbox
  if inbox == NOTHING then
    inbox = {}
    self.inbox = inbox
  end
  if #inbox >= INBOX then
    table.remove(inbox, 1)
    self:drop("nobody asked")
  end
  inbox[#inbox + 1] = message
end

function Client:malformed(word) self:drop("malformed: " .. word) end

function Client:waits_for() return "a message for " .. self.name end

-- The first message that accepts(client, message) takes: from those that wait, or the next `seconds`. Nil, "timeout"
-- or "stopped".
local take
function Client:take(accepts, seconds) return take(self, accepts, seconds) end

function take(self, accepts, seconds)
  local inbox, loop = self.inbox, self.loop
  for i = 1, #inbox do
    if accepts(self, inbox[i]) then return table.remove(inbox, i) end
  end
  if self.waiting and not self.waiting.ended then
    problem.blame(self.name .. " is waiting for a message already, in another task", "E115")
  end
  self.waiting, self.accepts = loop:this(), accepts
  local got, message = loop:park(self, seconds)
  if message then return message end
  self.waiting = nil
  return nil, got and "stopped" or "timeout"
end

local receive_keys <const> = { "type", "xid", "timeout" }

-- client:receive{ type = "offer", xid = ..., timeout = "2s" }; type may be a list. Nil, "timeout".
function Client:receive(filter)
  filter = filter or {}
  problem.check_keys("client:receive", filter, receive_keys)
  local types = filter.type
  if type(types) == "string" then types = { types } end
  local wanted = {}
  for _, name in ipairs(types or {}) do
    if not core.type_number(name) then
      messages.refuse_type("client:receive", name)
    end
    wanted[name] = true
  end
  local xid = filter.xid
  return take(self, function(_, message)
    return (not xid or message.xid == xid) and (not types or wanted[message.type]) or false
  end, duration(filter.timeout, self.timeout, "timeout"))
end

-- Retransmission: 4, 8, 16, 32, 64, 64 ... seconds, each plus or minus up to one (RFC 2131 4.1).
function Client:retransmission_delay(attempt)
  return ((attempt < 5 and 4 << (attempt - 1) or 64) + self.rng() * 2 - 1) / self.rate
end

-- Sends a message and waits for an answer that accepts(client, message) takes, sending it again at the RFC's
-- intervals until the time is over. options: to (a server's address; else broadcast), at_first
-- (the same for the first time only: RFC 2131 4.4.4), seconds, retries. The answer, or nil, "timeout".
function Client:exchange(message, accepts, options)
  local clock = self.world.core
  local now = clock:now()
  local deadline = now + (options.seconds or self.timeout)
  local retries = options.retries or self.retries or HUGE
  local attempt = 1
  if self.inbox[1] then self.inbox = nil end
  self.asked, self.sent_at = message, now -- an answer may be to the first of those with the same number
  while true do
    if not self.port then return nil, "stopped" end
    local to = attempt == 1 and options.at_first or options.to
    self.sent_to = to
    self:send(message, to)
    local left = deadline - now
    local wait = left
    if attempt <= retries then
      local delay = self:retransmission_delay(attempt)
      if delay < left then wait = delay end
    end
    if wait < 0 then wait = 0 end
    local answer, why = take(self, accepts, wait)
    if answer or why == "stopped" then return answer, why end
    now = clock:now()
    if wait >= left or now >= deadline then return nil, "timeout" end -- the clock counts whole microseconds
    attempt = attempt + 1
    if message.type == "discover" then message.secs = self:elapsed() end
    if self.settings.new_xid and not message:has(54) then -- an OFFER's stays (4.4.1)
      self:renumber(message)
      self.sent_at = now
    end
  end
end

-- A retransmission with another transaction id: as legal as the same one (4.1), and some clients do so.
function Client:renumber(message)
  message.xid = self.rng(1, 0xffffffff)
  self.xid = message.xid
end

-- For the `secs` field: whole seconds since this exchange began.
function Client:elapsed()
  return math.min(math.floor((self.world.core:now() - (self.started or 0)) * self.rate), 0xffff)
end

-- Each message alone ------------------------------------------------------------------------------

-- A DISCOVER with a new transaction id (4.4.1); a lease that is over is not used any more (4.4.5).
function Client:discover_message(fields)
  if self.lease and self.lease.expires - self.world.core:now() < 1e-6 then
    self:unbind()
    self:become("INIT")
  end
  local m = copy_as(self.base, self:new_xid(), self.requested_address)
  if fields then messages.force(m, fields) end
  return m
end

-- An OFFER; or, after a DISCOVER with rapid commit, an ACK that has the option too (RFC 4039 4).
local function is_offer(self, message)
  local kind, names_server, rapid, usable = answers(message, self.last_discover)
  self.answer_type = kind
  if kind == "offer" then return names_server and (usable or self:is_of_use(message)) end
  return kind == "ack" and rapid and usable and self.last_discover:has(80)
end

-- An OFFER or, with rapid commit, an ACK, and which of them; or nil, "timeout".
function Client:ask_for_offer(fields, seconds)
  local discover = self:discover_message(fields)
  self:become("SELECTING")
  self.last_discover = discover
  local offer, why = self:exchange(discover, is_offer, { seconds = seconds, at_first = self.settings.known_server })
  self.discover_to = self.sent_to
  if offer then return offer, self.answer_type end
  self:become("INIT")
  return nil, why
end

-- DISCOVER: the first OFFER, or nil, "timeout".
function Client:discover(fields)
  local offer, why = self:ask_for_offer(fields, self.timeout)
  if offer then return offer end
  return nil, why
end

-- Adds to `offers` what comes in answer to the last DISCOVER within so many seconds.
local function collect(self, offers, seconds)
  local clock = self.world.core
  local deadline = clock:now() + seconds
  while true do
    local offer = take(self, is_offer, math.max(deadline - clock:now(), 0))
    if not offer then return offers end
    offers[#offers + 1] = offer
  end
end

-- DISCOVER: all OFFERs that come within `window` (default 1 s), in the order of their arrival; perhaps none.
function Client:offers(window, fields)
  local discover = self:discover_message(fields)
  self:become("SELECTING")
  self.last_discover = discover
  self.inbox = nil
  self.discover_to = nil
  self:send(discover)
  local offers = collect(self, {}, duration(window, 1, "window"))
  if not offers[1] then self:become("INIT") end
  return offers
end

-- Which of several OFFERs to take; a script may replace it. The first that came, unless it says otherwise.
function Client:choose(offers) return offers[1] end

-- The OFFER to take: the first one, or the one that choose() picks from all that come within `window` of the first.
-- Second: "offer", or "ack" with rapid commit. Nil, "timeout" when none came; nil, "refused" when choose() wants none;
-- nil, "ipv6-only" when there is no need.
function Client:find_offer(seconds)
  local offer, kind = self:ask_for_offer(nil, seconds)
  if kind ~= "offer" then return offer, kind end
  if self.window or rawget(self, "choose") then
    offer = self:choose(collect(self, { offer }, self.window or 1))
    if not offer then
      self:become("INIT")
      return nil, "refused"
    end
  end
  if self.settings.ipv6_only and self:goes_without(offer) then return nil, "ipv6-only" end
  return offer, kind
end

-- ACK or NAK of a REQUEST. A NAK counts from the server whose OFFER was accepted only, unless `strict_nak`: a
-- stranger's NAK would kill a good handshake.
local function is_answer(self, message)
  local kind, _, rapid, usable = answers(message, self.asked)
  self.answer_type = kind
  if kind == "ack" then return usable and not rapid end -- with rapid commit: to a DISCOVER, too late (RFC 4039 4)
  if kind ~= "nak" then return false end
  local offer = self.accepted
  return not offer or self.settings.strict_nak or message.options.server_id == offer.options.server_id
end

-- What an ACK gives the client; the lease counts from when its REQUEST was sent (4.4.1).
function Client:lease_from(ack)
  local address, server, seconds, t1, t2, has_routes = granted(ack)
  t1, t2 = t1 or seconds * 0.5, t2 or seconds * 0.875
  if not (t1 < t2 and t2 < seconds) then t1, t2 = seconds * 0.5, seconds * 0.875 end
  if seconds == INFINITE then t1, t2, seconds = HUGE, HUGE, HUGE end
  local from, rate = self.sent_at, self.rate
  return { address = address, server = server or self.lease and self.lease.server, obtained = from,
           renewal = from + t1 / rate, rebinding = from + t2 / rate, expires = from + seconds / rate,
           ack = ack, options = ack.options, routes = has_routes and self:routes_of(ack) or {} }
end

-- Takes the lease that an ACK gives.
function Client:bind(lease)
  if self.lease and self.lease.address ~= lease.address then self:unbind() end
  if not self.lease then self.network:add_address(self, lease.address) end
  self.lease, self.last_discover = lease, nil
  self:become("BOUND")
end

-- Stops using the address.
function Client:unbind()
  if self.lease then self.network:remove_address(self, self.lease.address) end
  self.lease = nil
end

function Client:become(state)
  if state == self.state then return end
  local before = self.state
  self.state = state
  if self.trace.on then self.trace:note("state", self, state, { before = before }) end
end

-- Waits for what a REQUEST brings: ack; or nil, "nak", message; or nil, "timeout". `offer`: the
-- OFFER that is accepted: its server's NAK counts (nil: anyone's); options as for exchange().
function Client:settle(request, offer, options)
  self.accepted = offer
  local answer, why = self:exchange(request, is_answer, options)
  self.asked, self.accepted = nil, nil
  if not answer then return nil, why end
  if self.answer_type == "nak" then
    self:unbind()
    self:become("INIT")
    return nil, "nak", answer
  end
  return self:take_ack(answer)
end

-- Takes what an ACK gives, or declines it: the ACK, or nil, "declined", the ACK.
function Client:take_ack(ack)
  local lives = self.lives
  local taken = self:accept(ack)
  if not self.port or self.lives ~= lives then return nil, "stopped" end -- meanwhile, perhaps to come up again
  if not taken then
    self:decline_ack(ack, "address in use")
    return nil, "declined", ack
  end
  if not self:keep_nonce(ack) then
    self:decline_ack(ack, "no nonce")
    return nil, "declined", ack
  end
  local lease = self:lease_from(ack)
  if lease.expires <= self.world.core:now() then -- it came late, or probing took longer than the lease
    self:become("INIT")
    return nil, "expired"
  end
  if self.state == "REBOOTING" and self:goes_without(ack) then return nil, "ipv6-only", ack end
  self:bind(lease)
  return ack
end

-- Whether to take what an ACK gives; a script may replace it. False means DECLINE. Here: nobody else has the
-- address.
function Client:accept(ack)
  if not self.settings.probe then return true end
  local mine = self.lease and self.lease.address == ack.yiaddr
  return mine or not self:is_in_use(ack.yiaddr)
end

function Client:ask_for_ack(offer, fields, seconds)
  local request = request_for(self.last_discover or self:discover_message(), offer)
  if self.settings.forcerenew then self.nonce_promised = offer:has(145) end
  if fields then messages.force(request, fields) end
  self:become("REQUESTING")
  local ack, why, nak = self:settle(request, offer,
    { seconds = seconds, to = self.discover_to }) -- where the DISCOVER went (3.1(3))
  if not ack and why == "timeout" then self:become("INIT") end
  return ack, why, nak
end

-- REQUEST in SELECTING (4.4.1): asks for what an OFFER offers; same xid, same secs, by broadcast.
-- An ACK; or nil, "nak", message; or nil, "timeout".
function Client:request(offer, fields)
  if not offer then
    problem.blame("client:request needs an offer: local offer = client:discover() gives one, or nil, \"timeout\"",
      "E112")
  end
  return self:ask_for_ack(offer, fields, self.timeout)
end

-- The whole of it: DISCOVER, OFFER, REQUEST, ACK; again from the start after a NAK. A lease, or nil and a reason.
function Client:acquire()
  local clock = self.world.core
  local deadline = clock:now() + self.timeout
  local pause = 1 -- after a NAK, growing: a storm guard
  while true do
    local offer, why = self:find_offer(deadline - clock:now())
    if not offer then return nil, why end
    local ack
    if why == "ack" then -- rapid commit
      ack, why = self:take_ack(offer)
    else
      ack, why = self:ask_for_ack(offer, nil, math.max(deadline - clock:now(), 0))
    end
    if ack then return self.lease end
    local rest = why == "declined" and 10 or pause -- 3.1(5): at least ten seconds after a DECLINE
    rest = rest / self.rate
    if why == "timeout" or why == "stopped" or clock:now() + rest >= deadline then return nil, why end
    self.loop:sleep(rest)
    pause = math.min(pause * 2, 64)
  end
end

-- Goes down, as in a crash: whoever waits for an answer gets nil, "stopped", run() returns, the address is not used any
-- more. The lease is remembered, as on a disk: start() and run() begin in INIT-REBOOT.
function Client:stop()
  if not self.port then return end
  self.remembered = self.lease or self.remembered
  self:unbind()
  self.network:leave(self)
  self.inbox, self.living = nil, false
  self.lives = self.lives + 1
  self:become("INIT")
  self.trace:note("note", self, "stopped")
  local waiting = self.waiting
  self.waiting = nil
  if waiting and not waiting.ended then self.loop:wake(waiting) end
end

-- Comes up again after stop(); with `forget` without the lease that it remembers.
function Client:start(options)
  if self.port then return end
  problem.check_keys("client:start", options or {}, { "forget" })
  if options and options.forget then self.remembered = nil end
  self:join_network()
  self.trace:note("note", self, "started")
end

require("dhcplab.lifecycle")(Client)
require("dhcplab.client_extensions")(Client)

return setmetatable(Client, { __call = new })
