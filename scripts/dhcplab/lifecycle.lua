-- The life of a client: renewing, rebinding, rebooting, releasing, declining, informing; and RFC 2131's figure
-- 5 as code.
--
-- Adds its methods to the client of client.lua. Each message can be sent alone; client:run() lives the whole
-- state machine.

local core = require "dhcplab.core"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"

local ANY <const> = "0.0.0.0"
-- RFC 2131 4.4.5: no retransmission of a renewal sooner than this; 3.1(5): how long to stay quiet after a DECLINE
local RENEWAL_PAUSE <const>, DECLINE_PAUSE <const> = 60, 10
-- RFC 5227 1.1
local PROBE_WAIT <const>, PROBE_NUM <const>, PROBE_MIN <const>, PROBE_MAX <const> = 1, 3, 1, 2
local ANNOUNCE_WAIT <const>, ANNOUNCE_NUM <const>, ANNOUNCE_INTERVAL <const> = 2, 2, 2
local REBOOT_SECONDS <const> = 60 -- 3.2(3): four tries, about 60 s

return function(Client)

-- Messages ----------------------------------------------------------------------------------------

-- RFC 2131 table 4: a REQUEST without option 54; `fields` are forced onto it.
local function request_message(self, address_in, address, fields)
  local m = self.base:copy_as(self:new_xid())
  m.type = "request"
  m.options.rapid_commit = nil
  if address_in == "ciaddr" then
    m.ciaddr, m.broadcast = address, false -- 4.1: who has an address can be sent to it
  else
    m.options.requested_ip = address
  end
  return messages.force(m, fields)
end

-- RFC 2131 table 5: DECLINE, RELEASE carry what identifies and nothing else; INFORM asks for options.
local function bare_message(self, type)
  local m = core.message { type = type, mac = self.mac }
  m.xid = self:new_xid()
  local id = self.base.options:raw(61)
  if id then m.options:set_raw(61, id) end
  if self.settings.relay then
    m.giaddr = self.settings.relay
    m.hops = 1
  end
  return m
end

local function leased(self, what)
  return self.lease or problem.blame(("client:%s needs a lease: %s has none (client:acquire() gets one)"):format(what,
    self.name), "E115")
end

-- RENEWING (4.4.5): unicast to the server that gave the lease. ack; or nil, "nak", message; or nil, "timeout".
function Client:renew(fields, options)
  local lease = leased(self, "renew")
  self:become("RENEWING")
  local request = request_message(self, "ciaddr", lease.address, fields)
  options = options or {}
  options.to = lease.server
  return self:settle(request, nil, options)
end

-- REBINDING (4.4.5): by broadcast, to whichever server knows.
function Client:rebind(fields, options)
  local lease = leased(self, "rebind")
  self:become("REBINDING")
  return self:settle(request_message(self, "ciaddr", lease.address, fields), nil, options or {})
end

-- INIT-REBOOT (4.4.2): asks whether a remembered address is still right: the one given, or the last one had.
function Client:reboot(address, fields, options)
  address = address or self.remembered and self.remembered.address or self.requested_address
  if not address then problem.blame("client:reboot needs an address: client:reboot(\"192.168.1.100\")", "E112") end
  self:become("INIT-REBOOT")
  local request = request_message(self, "option", address, fields)
  self:become("REBOOTING")
  options = options or {}
  options.at_first = self.settings.known_server
  return self:settle(request, nil, options)
end

-- INFORM (4.4.3): options for an address that was not leased: the ACK; or nil, "timeout".
function Client:inform(address, fields)
  address = address or self.lease and self.lease.address
  if not address then problem.blame("client:inform needs an address: client:inform(\"192.168.1.10\")", "E112") end
  local m = bare_message(self, "inform")
  m.ciaddr = address
  m.options.parameter_request_list = self.base.options.parameter_request_list
  m.options.max_message_size = self.base.options.max_message_size
  local used = self.lease ~= nil
  if not used then self.network:add_address(self, address) end
  messages.force(m, fields)
  local ack, why = self:exchange(m, function(_, answer) return answer.xid == m.xid and answer.type == "ack" end,
    { to = self.lease and self.lease.server })
  if not used then self.network:remove_address(self, address) end
  return ack, why
end

-- RELEASE (4.4.6): unicast, unanswered; the address is not used any more.
function Client:release(fields)
  local lease = leased(self, "release")
  local m = bare_message(self, "release")
  m.ciaddr = lease.address
  m.options.server_id = lease.server
  m.options.message = "released by " .. self.name
  self:send(messages.force(m, fields), lease.server)
  self:unbind()
  lease.given_back = true
  self.remembered = lease -- for reboot(); run() begins anew
  self:become("INIT")
end

-- DECLINE (4.4.1) of what an ACK gave, or of the lease: by broadcast, unanswered.
function Client:decline_ack(ack, reason, fields)
  local m = bare_message(self, "decline")
  m.options.requested_ip = ack.yiaddr
  m.options.server_id = messages.address(ack, "server_id")
  if reason then m.options.message = reason end
  self:unbind() -- before it is sent: a DECLINE comes from 0.0.0.0
  self:send(messages.force(m, fields))
  self:become("INIT")
end

function Client:decline(reason, fields)
  self:decline_ack(leased(self, "decline").ack, reason, fields)
end

-- Is somebody there? ------------------------------------------------------------------------------

-- RFC 5227 2.1.1: probes an address; true as soon as somebody answers for it, or probes it too.
function Client:is_in_use(address)
  self.probing, self.conflict = address, false
  local loop = self.loop
  if self.world.virtual then
    self.port:hear_arp() -- who probes by the setting does so from the beginning
    loop:sleep(self.rng() * PROBE_WAIT)
    for i = 1, PROBE_NUM do
      if not self.port then break end -- stopped meanwhile
      self.port:arp(1, ANY, address)
      loop:sleep(i < PROBE_NUM and PROBE_MIN + self.rng() * (PROBE_MAX - PROBE_MIN) or ANNOUNCE_WAIT)
      if self.conflict or not self.port then break end
    end
  else -- no ARP on loopback: the segment knows who has what
    self.conflict = self.network:holder(address, self) ~= nil
  end
  self.probing = nil
  self.trace:note("note", self, ("%s is %s"):format(address, self.conflict and "in use: " .. (self.conflict_with or
    "somebody has it") or "free"))
  if not self.conflict and self.world.virtual then
    loop:spawn_daemon(self.name .. " announces", function()
      for _ = 1, ANNOUNCE_NUM do
        if not self.port then return end
        self.port:arp(1, address, address)
        loop:sleep(ANNOUNCE_INTERVAL)
      end
    end)
  end
  return self.conflict
end

function Client:hear_arp(op, sender_mac, sender, _, target)
  local wanted = self.probing
  if not wanted or sender_mac == self.mac then return end
  if sender == wanted or op == 1 and sender == ANY and target == wanted then
    self.conflict, self.conflict_with = true, sender_mac .. " answers"
  end
end

-- Figure 5 ----------------------------------------------------------------------------------------

local states = {}

-- Each state does its work and returns the next one.
function states.INIT(self)
  local remembered = self.remembered
  if remembered and remembered.expires > self.world.core:now() and not remembered.given_back then
    return "INIT-REBOOT"
  end
  return "SELECTING"
end

states["INIT-REBOOT"] = function(self)
  local remembered = self.remembered
  local ack, why = self:reboot(remembered.address, nil, { seconds = REBOOT_SECONDS / self.rate, retries = 3 })
  if ack then return "BOUND" end
  if why == "stopped" then return "INIT", why end
  if why == "timeout" and self.settings.keep_after_reboot ~= false and remembered.expires > self.world.core:now() then
    if not self.lease then self.network:add_address(self, remembered.address) end
    self.lease = remembered -- 3.2(3): MAY go on with the old lease until it ends
    return "BOUND"
  end
  self.remembered = nil
  return "INIT", why
end

function states.SELECTING(self)
  local offer, why = self:find_offer(math.huge) -- as long as it takes, at most 64 s apart (4.1)
  self.offer = offer
  if not offer then return "INIT", why end
  if why == "offer" then return "REQUESTING" end
  offer, why = self:take_ack(offer) -- rapid commit
  return offer and "BOUND" or "INIT", why
end

function states.REQUESTING(self)
  local offer = self.offer
  self.offer = nil
  local ack, why = self:ask_for_ack(offer, nil, REBOOT_SECONDS / self.rate)
  if ack then return "BOUND" end
  return "INIT", why
end

-- What is less than the clock can count is nothing.
local function until_time(self, at)
  local left = at - self.world.core:now()
  return left >= 1e-6 and left or 0
end

-- RFC 3203: an order to renew now; what does not count never gets here, see accepts_forcerenew.
local function is_forcerenew(_, message) return message.type == "forcerenew" end

function states.BOUND(self)
  self:become("BOUND")
  if self.lease.renewal == math.huge then
    self:take(is_forcerenew)
  else
    self:take(is_forcerenew, until_time(self, self.lease.renewal))
  end
  return "RENEWING"
end

-- 4.4.5: half of the time that is left, but not less than a minute, and never past the end of the state.
local function patience(self, last)
  local left = until_time(self, last)
  return math.min(math.max(left / 2, RENEWAL_PAUSE / self.rate), left)
end

local function extend(self, ask, last, later)
  while until_time(self, last) > 0 do
    local ack, why = ask(self, nil, { seconds = patience(self, last), retries = 0 })
    if ack then return "BOUND" end
    if why ~= "timeout" then return "INIT", why end
  end
  return later
end

function states.RENEWING(self) return extend(self, self.renew, self.lease.rebinding, "REBINDING") end

function states.REBINDING(self)
  local following, why = extend(self, self.rebind, self.lease.expires, "INIT")
  if following == "INIT" and not why then
    self:unbind() -- the lease is over: the address is not used any more from this moment
    self.remembered = nil
  end
  return following, why
end

local function live(self)
  local delay, lives = self.settings.start_delay, self.lives
  if delay then self.loop:sleep(delay == true and self.rng(1, 10) or delay) end -- 4.4.1: 1 to 10 s, against storms
  local state = self.lease and "BOUND" or "INIT"
  local pause = 1
  while self.lives == lives do -- until it is stopped
    self:become(state)
    local following, why = states[state](self)
    if self.lives ~= lives then return end
    if following == "BOUND" then
      pause = 1
      self.remembered = self.lease
    elseif why == "nak" or why == "refused" then
      self.loop:sleep(pause / self.rate) -- a storm guard, growing
      pause = math.min(pause * 2, 64)
      self.remembered = nil
    elseif why == "declined" then
      self.loop:sleep(DECLINE_PAUSE / self.rate)
    elseif why == "ipv6-only" then
      self.loop:sleep(until_time(self, self.without_until)) -- RFC 8925 3.2
    end
    state = following
  end
end

-- Lives the state machine for `seconds` (for ever without): acquires, renews, rebinds, begins again.
function Client:run(seconds)
  if not self.port then return nil, "stopped" end
  self.living = true
  if not seconds then return live(self) end
  local lives = self.lives
  local task = self.loop:spawn(self.name, live, self)
  task:join(core.duration(seconds) or problem.blame("client:run takes a duration such as 60 or \"1h\"", "E111"))
  if not task.ended then task:cancel() end
  if self.lives == lives then self.waiting, self.living = nil, false end
  return self.state
end

Client.states = states

end
