-- What a server remembers of its clients beyond their leases, and what that is good for: FORCERENEW (RFC 3203,
-- RFC 6704) and leasequery (RFC 4388).
--
-- Adds its methods to the server of server.lua. The memory is the note of each lease, written with each ACK, and only
-- by a server that was made with forcerenew = true or leasequery = true.

local auth = require "dhcplab.auth"
local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local ANY <const> = "0.0.0.0"
local INFINITE <const> = 0xffffffff

-- A note: when the client was last heard; its hardware type and address, option 82, where it sent from; its nonce.
local NOTE <const> = ">ds1s2s1s1"

local function note_of(lease)
  local bytes = lease and lease.note
  if not bytes then return nil end
  local at, hardware, agent, source, nonce = NOTE:unpack(bytes)
  return { at = at, hardware = hardware, agent = agent, source = source, nonce = nonce }
end

-- Hardware type and address as octets: the key of a client without identifier.
local function hardware_of(message)
  local octets = message.chaddr:gsub("(%x%x):?", function(hex) return string.char(tonumber(hex, 16)) end)
  return string.char(message.htype) .. octets
end

local function mac_of(hardware)
  return hardware:sub(2):gsub(".", function(c) return (":%02x"):format(c:byte()) end):sub(2)
end

return function(Server)

-- Memory ---------------------------------------------------------------------------------------------------------

-- Notes which addresses a hardware address has had, for those who ask by it.
local function index_hardware(one, hardware, address)
  local list = one.by_hardware[hardware] or {}
  for _, known in ipairs(list) do
    if known == address then return end
  end
  list[#list + 1] = address
  one.by_hardware[hardware] = list
end

-- A counter for option 90 that only grows: the microseconds of the world's clock.
local function next_counter(self)
  self.counter = math.max((self.counter or 0) + 1, math.floor(self.world.core:now() * 1e6))
  return self.counter
end

local function draw_nonce(stream)
  local function word() return stream(0, 0xffffffff) end
  return ("I4I4I4I4"):pack(word(), word(), word(), word())
end

-- RFC 6704 3.3: who can use a nonce gets one with its first ACK, and the same one when it comes anew; a renewal goes
-- without.
local function give_nonce(self, reply, request, before)
  local known = before and before.nonce or ""
  if not self.nonces or not request.options:has(145) then return known end
  if known ~= "" and request.kind == "renewing" then return known end
  if known == "" then known = draw_nonce(self.nonces) end
  reply.options:set_raw(90, auth.nonce_option(known, next_counter(self)))
  return known
end

-- With an ACK: keeps with its lease what the rest of this file needs, and hands out a nonce.
function Server:remember(reply, request, one, lease)
  local before = note_of(lease)
  local agent = request.options:raw(82) or before and before.agent or "" -- the latest there was (RFC 4388 6.4.2)
  local hardware = hardware_of(request)
  lease.note = NOTE:pack(self.world.core:now(), hardware, agent, request.source or "",
    give_nonce(self, reply, request, before))
  if self.counts.leasequery then index_hardware(one, hardware, lease.address) end
end

-- The lease of an address and its note, as far as it is in force now; the table stays as it is.
local function active(self, one, address)
  local lease = one.leases:by_address(address)
  if lease and lease.state == "bound" and lease.expires > self.world.core:now() then return lease, note_of(lease) end
end

-- FORCERENEW -----------------------------------------------------------------------------------------------------

-- Where a client that has an address is heard: at that address; on loopback where its messages came from.
local function place_of(self, address, note)
  if self.world.virtual then return address .. ":68" end
  local node = self.network.by_address[address]
  if node and node.endpoint then return node.endpoint end
  local _, port = core.endpoint(self.endpoint)
  if port == 67 and note.source:sub(1, 4) ~= "127." then return address .. ":68" end
  return note.source
end

local function find_lease(self, address)
  for _, one in ipairs(self.subnets) do
    local lease, note = active(self, one, address)
    if lease then return lease, note end
  end
end

-- Tells the client that has an address (or a client of this world) to renew now (RFC 3203): by unicast, signed with
-- the nonce that it was given. True; or nil and "no lease", "no nonce" (it could not check the order), or why it was
-- not sent. Orders that nobody should obey: options.authenticate = false, options.nonce = 16 octets of one's own.
function Server:forcerenew(target, options)
  options = options or {}
  problem.check_keys("server:forcerenew", options, { "authenticate", "nonce" })
  local address = type(target) == "table" and target.lease and target.lease.address or target
  if type(address) ~= "string" or not core.ip_number(address) then
    problem.blame("server:forcerenew takes an address such as \"192.168.1.100\", or a client that has a lease", "E108")
  end
  if not self.nonces then problem.blame("server:forcerenew needs a server made with forcerenew = true", "E115") end
  local lease, note = find_lease(self, address)
  if not lease or not note then return nil, "no lease" end
  local signed, nonce = options.authenticate ~= false, options.nonce or note.nonce
  if signed and nonce == "" then return nil, "no nonce" end
  local m = core.message { op = 2, type = "forcerenew", htype = note.hardware:byte(), mac = mac_of(note.hardware),
                           xid = self.nonces(1, 0xffffffff), ciaddr = address,
                           options = { server_id = self.address } }
  if signed then auth.sign(m, nonce, next_counter(self)) end
  local destination = place_of(self, address, note)
  if self.trace:wanted() then
    self.trace:sent(self, m, self.network:receiver(address .. ":68"), address .. ":68", destination)
  end
  local router = self.world.virtual and self.network:router_mac(address, self) or nil
  local sent, word = self.port:send(m, destination, router, self.world.virtual and self.address or nil)
  if not sent then return nil, word end
  return true
end

-- Leasequery -----------------------------------------------------------------------------------------------------

-- The active leases of a client, known by its key or its hardware address; the one heard of last comes first.
local function leases_of(self, key, hardware)
  local found, seen = {}, {}
  local function add(one, address)
    local lease, note = active(self, one, address)
    if seen[address] or not note or hardware and note.hardware ~= hardware then return end
    seen[address] = true
    found[#found + 1] = { one = one, lease = lease, note = note }
  end
  for _, one in ipairs(self.subnets) do
    local lease = one.leases:by_client(key)
    if lease then add(one, lease.address) end
    for _, address in ipairs(hardware and one.by_hardware[hardware] or {}) do add(one, address) end
  end
  table.sort(found, function(a, b)
    if a.note.at ~= b.note.at then return a.note.at > b.note.at end
    return core.ip_number(a.lease.address) < core.ip_number(b.lease.address)
  end)
  return found
end

-- What can be said of a lease: by code, a function that says it; times are what is left of them.
local function facts(self, options, entry, others)
  local lease, note, now = entry.lease, entry.note, self.world.core:now()
  local endless = lease.expires == math.huge
  local t1, t2 = entry.one:timers(endless and INFINITE or math.floor(lease.expires - note.at + 0.5))
  local function left(at) return endless and INFINITE or math.max(0, math.ceil(at - now)) end
  return {
    [51] = function() options.lease_time = left(lease.expires) end,
    [58] = function() options.renewal_time = t1 and left(note.at + t1) end,
    [59] = function() options.rebinding_time = t2 and left(note.at + t2) end,
    [61] = function() if lease.client ~= note.hardware then options:set_raw(61, lease.client) end end,
    [82] = function() if note.agent ~= "" then options:set_raw(82, note.agent) end end,
    [91] = function() options.client_last_transaction_time = math.floor(now - note.at) end,
    [92] = function() if others[1] then options.associated_ip = others end end,
  }
end

-- The options of an answer: those that the list of the question (55) names, and no others (RFC 4388 6.4.2).
local function describe(self, reply, request, entry, others)
  local wanted = request.options:raw(55)
  if not wanted then return end
  local known = facts(self, reply.options, entry, others)
  for place = 1, #wanted do
    local tell = known[wanted:byte(place)]
    if tell then tell() end
  end
  reply:fill(request, entry.one.template)
end

local function answer(self, request, kind)
  local reply = request:reply(kind)
  reply.options.server_id = self:server_id(request)
  return reply
end

local function answer_active(self, request, found)
  local entry, others = found[1], {}
  for i = 2, #found do others[#others + 1] = found[i].lease.address end
  local reply = answer(self, request, "leaseactive")
  reply.ciaddr = entry.lease.address
  reply.htype, reply.mac = entry.note.hardware:byte(), mac_of(entry.note.hardware)
  describe(self, reply, request, entry, others)
  return reply
end

local function subnet_with(self, number)
  for _, one in ipairs(self.subnets) do
    if one:contains(number) then return one end
  end
end

local function query_by_address(self, request)
  local address = request.ciaddr
  local one = subnet_with(self, core.ip_number(address))
  if one then
    local lease, note = active(self, one, address)
    if note then return answer_active(self, request, { { one = one, lease = lease, note = note } }) end
  end
  local ours = one and (one:offers(address) or one.reserved[address])
  local reply = answer(self, request, ours and "leaseunassigned" or "leaseunknown")
  reply.ciaddr = address
  return reply
end

-- RFC 4388 6.3 and 6.4: a question about a lease, by exactly one of ciaddr, client identifier and hardware address;
-- the answer goes to giaddr. Nothing changes.
function Server:leasequery(request)
  if request.giaddr == ANY then return self:drop("leasequery without giaddr", request) end
  local id = request.options:raw(61)
  local by_address, by_hardware = request.ciaddr ~= ANY, request.hlen > 0
  if (by_address and 1 or 0) + (id and 1 or 0) + (by_hardware and 1 or 0) ~= 1 then
    return self:drop("leasequery not by exactly one of ciaddr, chaddr and option 61", request)
  end
  if by_address then return query_by_address(self, request) end
  local hardware = by_hardware and hardware_of(request) or nil
  local found = leases_of(self, id or hardware, hardware)
  if found[1] then return answer_active(self, request, found) end
  local reply = answer(self, request, "leaseunknown")
  if id then reply.options:set_raw(61, id) end
  return reply
end

end
