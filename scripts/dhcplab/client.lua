-- A DHCP client: RFC 2131 4.4. Each message alone, with its answer; or whole behaviours with the RFC's timers.
--
-- The state machine of figure 5 is in lifecycle.lua; this file is what it is made of.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"
local rate_of = require "dhcplab.skew"
local worlds = require "dhcplab.world"

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"
local INFINITE <const> = 0xffffffff
local INBOX <const> = 64 -- messages kept for a receive() that comes later

local Client = {}
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
    problem.blame(("%s: a time such as 10 or \"10s\" expected, got \"%s\""):format(what, tostring(value)))
end

local function check_mac(text)
  return core.mac(text) or problem.blame(("mac: \"%s\" is not a MAC address such as \"02:00:00:00:00:01\""):format(
    tostring(text)))
end

local function check_address(text, what)
  return core.ip_number(tostring(text)) and text
    or problem.blame(("%s: \"%s\" is not an IPv4 address such as \"192.168.1.10\""):format(what, tostring(text)))
end

local function new(_, options)
  options = options or {}
  problem.check_keys("dhcp.client", options, settings)
  local world = worlds.current()
  local name = world:name("client", options.name)
  local self = setmetatable({
    world = world,
    loop = world.loop,
    trace = world.trace,
    name = name,
    rng = world.core:stream("node:" .. name),
    mac = options.mac and check_mac(options.mac) or world:draw_mac(name),
    server = options.server,
    requested_address = options.requested_address and check_address(options.requested_address, "requested_address"),
    rate = rate_of(options.skew),
    timeout = duration(options.timeout, 10, "timeout") / rate_of(options.skew),
    retries = options.retries,
    window = options.window and duration(options.window, nil, "window"),
    state = "INIT",
    inbox = {},
    waits_for = "a message for " .. name,
    dropped = {},
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
                        giaddr = o.relay, hops = o.relay and 1 or 0 }
end

-- Sending -----------------------------------------------------------------------------------------

function Client:new_xid()
  self.xid = self.rng(1, 0xffffffff)
  self.started = self.world.core:now()
  return self.xid
end

-- Sends any message: by broadcast, or to the server with that address. Octets, or nil and a word.
function Client:send(message, server)
  if not self.port then problem.blame(self.name .. " was stopped: it cannot send any more") end
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
  self.dropped[reason] = (self.dropped[reason] or 0) + 1
  if message then self.trace:note("drop-note", self, "dropped: " .. reason, { reason = reason, message = message }) end
end

-- Whether a message is for this client at all (RFC 2131 4.4.1; RFC 6842 3 for option 61).
local function is_ours(self, message)
  if message.op ~= 2 then return self:drop("not a reply") end
  if message.mac ~= self.mac then return self:drop("another client's chaddr") end
  if message:has(61) and self.base:has(61) and message.options:raw(61) ~= self.base.options:raw(61) then
    return self:drop("another client's identifier")
  end
  return true
end

function Client:deliver(message)
  local trace = self.trace
  if trace.on then trace:delivered(self, message) end
  if not is_ours(self, message) then return end
  if message.type == "forcerenew" then
    local obeyed, why = self:accepts_forcerenew(message)
    if not obeyed then return self:drop("FORCERENEW " .. why, message) end
  end
  if self.state == "BOUND" and self.living and message.type ~= "forcerenew" then
    return self:drop("stray message in BOUND") -- 4.4.1, figure 5
  end
  local waiting = self.waiting
  if waiting and not waiting.task.ended and waiting.accept(message) then
    self.waiting = nil
    return self.loop:deliver(waiting.task, message)
  end
  local inbox = self.inbox
  if #inbox >= INBOX then
    table.remove(inbox, 1)
    self:drop("nobody asked")
  end
  inbox[#inbox + 1] = message
end

function Client:malformed(word) self:drop("malformed: " .. word) end

-- The first message that accept() takes: from those that wait, or the next `seconds`. Nil, "timeout" or "stopped".
local take
function Client:take(accept, seconds) return take(self, accept, seconds) end

function take(self, accept, seconds)
  local inbox = self.inbox
  for i = 1, #inbox do
    if accept(inbox[i]) then return table.remove(inbox, i) end
  end
  if self.waiting and not self.waiting.task.ended then
    problem.blame(self.name .. " is waiting for a message already, in another task")
  end
  local task = self.loop:this()
  self.waiting = { task = task, accept = accept }
  local got, message = self.loop:park(self.waits_for, seconds)
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
      problem.blame(("client:receive: no message type is called \"%s\""):format(tostring(name)))
    end
    wanted[name] = true
  end
  local xid = filter.xid
  return take(self, function(message)
    return (not xid or message.xid == xid) and (not types or wanted[message.type]) or false
  end, duration(filter.timeout, self.timeout, "timeout"))
end

-- Retransmission: 4, 8, 16, 32, 64, 64 ... seconds, each plus or minus up to one (RFC 2131 4.1).
function Client:retransmission_delay(attempt)
  return ((attempt < 5 and 4 << (attempt - 1) or 64) + self.rng() * 2 - 1) / self.rate
end

-- Sends a message and waits for an answer that accept() takes, sending it again at the RFC's
-- intervals until the time is over. options: to (a server's address; else broadcast), at_first
-- (the same for the first time only: RFC 2131 4.4.4), seconds, retries. The answer, or nil, "timeout".
function Client:exchange(message, accept, options)
  local clock = self.world.core
  local deadline = clock:now() + (options.seconds or self.timeout)
  local retries = options.retries or self.retries or math.huge
  local attempt, xid = 1, nil
  if self.inbox[1] then self.inbox = {} end
  while true do
    if not self.port then return nil, "stopped" end
    local now = clock:now()
    if message.xid ~= xid then -- an answer may be to the first of those with the same number
      self.sent_at, xid = now, message.xid
    end
    self.sent_to = attempt == 1 and options.at_first or options.to
    self:send(message, self.sent_to)
    local left = deadline - now
    local wait = attempt <= retries and math.min(self:retransmission_delay(attempt), left) or left
    local answer, why = take(self, accept, math.max(wait, 0))
    if answer or why == "stopped" then return answer, why end
    if wait >= left or clock:now() >= deadline then return nil, "timeout" end -- the clock counts whole microseconds
    attempt = attempt + 1
    if message.type == "discover" then message.secs = self:elapsed() end
    if self.settings.new_xid and not message:has(54) then self:renumber(message) end -- an OFFER's stays (4.4.1)
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

-- A DISCOVER with a new transaction id (4.4.1).
function Client:discover_message(fields)
  local m = self.base:copy()
  m.xid = self:new_xid()
  local wanted = self.requested_address
  if wanted then m.options.requested_ip = wanted end
  return messages.force(m, fields)
end

-- Whether a client can use what an ACK gives: an address and, for a lease, a time of more than 0 seconds.
local function is_usable(ack)
  return ack.yiaddr ~= ANY and (messages.number(ack, "lease_time") or 0) > 0
end

-- An OFFER; or, after a DISCOVER with rapid commit, an ACK that has the option too (RFC 4039 4).
local function is_offer(self, discover)
  local rapid = discover:has(80)
  return function(message)
    if message.xid ~= discover.xid then return false end
    if rapid and message.type == "ack" then return message.options:has(80) and is_usable(message) end
    return message.type == "offer" and messages.address(message, "server_id") ~= nil and self:is_of_use(message)
  end
end

function Client:ask_for_offer(fields, seconds)
  local discover = self:discover_message(fields)
  self:become("SELECTING")
  self.last_discover = discover
  local offer, why = self:exchange(discover, is_offer(self, discover),
    { seconds = seconds, at_first = self.settings.known_server })
  self.discover_to = self.sent_to
  if not offer then self:become("INIT") end
  return offer, why
end

-- DISCOVER: the first OFFER, or nil, "timeout".
function Client:discover(fields) return self:ask_for_offer(fields, self.timeout) end

-- Adds to `offers` what comes in answer to the last DISCOVER within so many seconds.
local function collect(self, offers, seconds)
  local clock = self.world.core
  local deadline = clock:now() + seconds
  while true do
    local offer = take(self, is_offer(self, self.last_discover), math.max(deadline - clock:now(), 0))
    if not offer then return offers end
    offers[#offers + 1] = offer
  end
end

-- DISCOVER: all OFFERs that come within `window` (default 1 s), in the order of their arrival; perhaps none.
function Client:offers(window, fields)
  local discover = self:discover_message(fields)
  self:become("SELECTING")
  self.last_discover = discover
  self.inbox = {}
  self.discover_to = nil
  self:send(discover)
  local offers = collect(self, {}, duration(window, 1, "window"))
  if not offers[1] then self:become("INIT") end
  return offers
end

-- Which of several OFFERs to take; a script may replace it. The first that came, unless it says otherwise.
function Client:choose(offers) return offers[1] end

-- The OFFER to take: the first one, or the one that choose() picks from all that come within `window` of the first.
-- Nil, "timeout" when none came; nil, "refused" when choose() wants none; nil, "ipv6-only" when there is no need.
function Client:find_offer(seconds)
  local offer, why = self:select_offer(seconds)
  if offer and offer.type == "offer" and self:goes_without(offer) then return nil, "ipv6-only" end
  return offer, why
end

function Client:select_offer(seconds)
  local first, why = self:ask_for_offer(nil, seconds)
  if not first or first.type == "ack" or not (self.window or rawget(self, "choose")) then return first, why end
  local chosen = self:choose(collect(self, { first }, self.window or 1))
  if chosen then return chosen end
  self:become("INIT")
  return nil, "refused"
end

-- ACK or NAK of a REQUEST. A NAK counts from the server that the REQUEST named only, unless
-- `strict_nak`: a stranger's NAK would kill a good handshake.
local function is_answer(self, request, server)
  return function(message)
    if message.xid ~= request.xid then return false end
    local kind = message.type
    if kind == "ack" then -- one with rapid commit answers a DISCOVER, and comes too late (RFC 4039 4)
      return is_usable(message) and not message:has(80)
    end
    if kind ~= "nak" then return false end
    return not server or self.settings.strict_nak or message.options.server_id == server
  end
end

-- What an ACK gives the client; the lease counts from when its REQUEST was sent (4.4.1).
function Client:lease_from(ack)
  local options = ack.options
  local seconds = options.lease_time
  local server = messages.address(ack, "server_id") or self.lease and self.lease.server
  local lease = { address = ack.yiaddr, server = server, obtained = self.sent_at, ack = ack, options = options,
                  routes = self:routes_of(ack) }
  if seconds == INFINITE then
    lease.renewal, lease.rebinding, lease.expires = math.huge, math.huge, math.huge
    return lease
  end
  local t1 = messages.number(ack, "renewal_time") or seconds * 0.5
  local t2 = messages.number(ack, "rebinding_time") or seconds * 0.875
  if not (t1 < t2 and t2 < seconds) then t1, t2 = seconds * 0.5, seconds * 0.875 end
  local from, rate = lease.obtained, self.rate
  lease.renewal, lease.rebinding, lease.expires = from + t1 / rate, from + t2 / rate, from + seconds / rate
  return lease
end

function Client:bind(ack)
  if self.lease and self.lease.address ~= ack.yiaddr then self:unbind() end
  if not self.lease then self.network:add_address(self, ack.yiaddr) end
  self.lease = self:lease_from(ack)
  self:become("BOUND")
  return self.lease
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

-- Waits for what a REQUEST brings: ack; or nil, "nak", message; or nil, "timeout". `from`: the
-- server whose NAK counts (nil: anyone's); options as for exchange().
function Client:settle(request, from, options)
  local answer, why = self:exchange(request, is_answer(self, request, from), options)
  if not answer then return nil, why end
  if answer.type == "nak" then
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
  if self:lease_from(ack).expires <= self.world.core:now() then -- it came late, or probing took longer than the lease
    self:become("INIT")
    return nil, "expired"
  end
  if self.state == "REBOOTING" and self:goes_without(ack) then return nil, "ipv6-only", ack end
  self:bind(ack)
  return ack
end

-- Whether to take what an ACK gives; a script may replace it. False means DECLINE. Here: nobody else has the
-- address.
function Client:accept(ack)
  local mine = self.lease and self.lease.address == ack.yiaddr
  return mine or not self.settings.probe or not self:is_in_use(ack.yiaddr)
end

function Client:ask_for_ack(offer, fields, seconds)
  local request = messages.request_from(self.last_discover or self:discover_message(), offer)
  request.xid = offer.xid
  self.nonce_promised = offer:has(145)
  messages.force(request, fields)
  self:become("REQUESTING")
  local ack, why, nak = self:settle(request, offer.options.server_id,
    { seconds = seconds, to = self.discover_to }) -- where the DISCOVER went (3.1(3))
  if not ack and why == "timeout" then self:become("INIT") end
  return ack, why, nak
end

-- REQUEST in SELECTING (4.4.1): asks for what an OFFER offers; same xid, same secs, by broadcast.
-- An ACK; or nil, "nak", message; or nil, "timeout".
function Client:request(offer, fields)
  if not offer then
    problem.blame("client:request needs an offer: local offer = client:discover() gives one, or nil, \"timeout\"")
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
    if offer.type == "ack" then -- rapid commit
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
  self.inbox, self.living = {}, false
  self.lives = (self.lives or 0) + 1
  self:become("INIT")
  self.trace:note("note", self, "stopped")
  local waiting = self.waiting
  self.waiting = nil
  if waiting and not waiting.task.ended then self.loop:wake(waiting.task) end
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
