-- What happened in a run, kept for pictures: every packet with its arrivals and losses, every change of a state or a
-- lease, in order; and what follows from them, who lived in which state from when to when.
--
-- html.lua and mermaid.lua draw it. It listens to the trace from the start, because the trace itself may be told to
-- keep nothing, and it keeps the first `most` rows of a long run; `left_out` counts the rest.

local messages = require "dhcplab.message"

local chronicle = {}
local Chronicle = {}
Chronicle.__index = Chronicle

local MOST <const> = 12000 -- a page of 8 MB, which a browser shows in about two seconds

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"
local NOBODY <const> = "somebody" -- who sent octets that are no message is not known
local FEW <const> = 12 -- in a world of so many nodes those that were silent are shown too
local CROWD <const> = 4 -- more lanes do not fit beside each other

-- From left to right.
local RANK <const> = { client = 1, host = 1, relay = 2, server = 3 }

local function new_packet(self, event, record)
  local message = record.message
  local packet = {
    number = #self.packets + 1, at = record.at, from = record.from or NOBODY, to = record.to,
    src = record.src, dst = record.dst, rfc_dst = record.rfc_dst, message = message,
      bytes = message and message:bytes() or record.bytes or "",
    title = message and messages.title(message) or "not DHCP", type = message and message.type,
    matter = message and messages.matter(message, self.name_of) or "",
    arrivals = {}, drops = {},
  }
  self.packets[packet.number] = packet
  if message then self.by_message[message] = packet end
  self.rows[#self.rows + 1] = { kind = "packet", at = record.at, packet = packet, event = event }
  return packet
end

-- What somebody outside of this process is called: a client by its hardware address, whoever else by address and port.
local function name_outside(message, endpoint)
  return message.op == 1 and message.giaddr == ANY and message.mac or endpoint
end

local on = {}

function on.send(self, record) new_packet(self, "send", record) end

function on.deliver(self, record)
  local packet = self.by_message[record.message]
  if not packet then
    if not record.foreign then return end -- it was sent before the rows that are kept, or after
    packet = new_packet(self, "deliver", record)
    packet.from = name_outside(record.message, record.from)
    self.outside[#self.outside + 1] = packet
  end
  packet.arrivals[#packet.arrivals + 1] = { at = record.at, to = record.to }
  if not record.foreign then
    packet.dst, packet.src = record.dst or packet.dst, record.src or packet.src
    self.rows[#self.rows + 1] = { kind = "arrival", at = record.at, packet = packet,
                                  arrival = packet.arrivals[#packet.arrivals] }
  end
end

function on.drop(self, record)
  local packet = record.message and self.by_message[record.message] or new_packet(self, "drop", record)
  packet.drops[#packet.drops + 1] = { at = record.at, cause = record.cause or "lost" }
end

function on.state(self, record)
  self.rows[#self.rows + 1] = { kind = "state", at = record.at, on = record.from, text = record.text,
                                before = record.before }
end

function on.lease(self, record)
  self.rows[#self.rows + 1] = { kind = "lease", at = record.at, on = record.from, text = record.text,
    address = record.address, state = record.state, client = record.client, expires = record.expires }
end

function on.note(self, record)
  self.rows[#self.rows + 1] = { kind = "note", at = record.at, on = record.from, text = record.text }
end

on["drop-note"] = function(self, record)
  self.rows[#self.rows + 1] = { kind = "refusal", at = record.at, on = record.from, text = record.text }
end

-- Begins to listen. `most`: how many rows to keep.
function chronicle.attach(world, most)
  local self = setmetatable({ world = world, packets = {}, rows = {}, by_message = {}, outside = {},
                             left_out = 0 }, Chronicle)
  self.name_of = world:namer()
  most = most or MOST
  world.trace.wants_leases = true
  world.trace:add_sink(function(event, record)
    local known = record.message and self.by_message[record.message]
    if #self.rows >= most and not known then
      self.left_out = self.left_out + 1
    elseif on[event] then
      on[event](self, record)
    end
  end)
  return self
end

-- The end of the run, in seconds; no row is later.
function Chronicle:ends()
  local last = self.world.core:now()
  if self.left_out == 0 or #self.rows == 0 then return last end
  return self.rows[#self.rows].at
end

-- Real time: to whom a packet went that nobody of this process was to get.
local function leavers(self, packet)
  local message, names, seen = packet.message, {}, {}
  if message.op == 2 then return { message.giaddr == ANY and message.mac or packet.dst } end
  if packet.dst:match("^[^:]+") ~= BROADCAST then return { packet.dst } end
  for _, other in ipairs(self.outside) do
    if other.message.op == 2 and not seen[other.from] then
      seen[other.from] = true
      names[#names + 1] = other.from
    end
  end
  return names[1] and names or { "everyone" }
end

-- Real time: what goes to other processes leaves this one; whether it arrives is not known. Before the pictures are
-- drawn.
function Chronicle:settle()
  if self.world.virtual then return end
  local own = {}
  for _, node in ipairs(self.world.nodes) do own[node.endpoint or ""] = true end
  for _, packet in ipairs(self.packets) do
    local is_open = #packet.arrivals == 0 and #packet.drops == 0
    if is_open and packet.message and packet.dst and not own[packet.dst] then
      for _, name in ipairs(leavers(self, packet)) do
        packet.arrivals[#packet.arrivals + 1] = { at = packet.at, to = name, is_outside = true }
        packet.to = packet.to ~= "*" and name or packet.to
      end
    end
  end
end

-- Whether a packet reached nobody.
function chronicle.is_lost(packet)
  return #packet.arrivals == 0 and #packet.drops > 0
end

local function quantity(count, word)
  return count == 1 and word or ("%s %d times"):format(word, count)
end

-- What became of a packet, in words.
function chronicle.fate(packet)
  local parts, copies, order = {}, {}, {}
  local verb = "reached "
  for _, arrival in ipairs(packet.arrivals) do
    if arrival.is_outside then verb = "left for " end
    if not copies[arrival.to] then order[#order + 1] = arrival.to end
    copies[arrival.to] = (copies[arrival.to] or 0) + 1
  end
  for i, name in ipairs(order) do order[i] = quantity(copies[name], name) end
  if order[1] then parts[1] = verb .. table.concat(order, ", ") end
  local causes, counts = {}, {}
  for _, drop in ipairs(packet.drops) do
    if not counts[drop.cause] then causes[#causes + 1] = drop.cause end
    counts[drop.cause] = (counts[drop.cause] or 0) + 1
  end
  for _, cause in ipairs(causes) do
    parts[#parts + 1] = (order[1] and "a copy was lost: " or "lost: ") .. quantity(counts[cause], cause)
  end
  return parts[1] and table.concat(parts, "; ") or "nobody heard it before the run ended"
end

-- Names to the number of the row in which they are first heard of.
local function first_rows(self)
  local first = {}
  local function note(name, i) first[name or "*"] = first[name or "*"] or i end
  for i, row in ipairs(self.rows) do
    note(row.on, i)
    note(row.packet and row.packet.from, i)
    note(row.packet and row.packet.to, i)
    note(row.arrival and row.arrival.to, i)
  end
  return first
end

-- Everyone who appears: a list of { name, role }. Clients come first and servers last, each group in the order of
-- joining; in a crowd servers come first, so that they are in sight, and clients in the order in which they are heard
-- of. Whoever is no node of this world goes where its messages place it.
function Chronicle:lanes()
  local lanes, seen, first = {}, {}, first_rows(self)
  local function add(name, role)
    if not name or name == "*" or seen[name] then return end
    seen[name] = true
    lanes[#lanes + 1] = { name = name, role = role, rank = RANK[role] or 3, order = #lanes }
  end
  for _, node in ipairs(self.world.nodes) do
    local named = node.relay or node
    if first[named.name] or #self.world.nodes <= FEW then add(named.name, node.relay and "relay" or node.role) end
  end
  for _, packet in ipairs(self.packets) do
    local op = packet.message and packet.message.op
    add(packet.from, op == 2 and "server" or "client")
    add(packet.to, op == 2 and "client" or "server")
    for _, arrival in ipairs(packet.arrivals) do add(arrival.to, op == 2 and "client" or "server") end
  end
  local is_crowd = #lanes > CROWD
  table.sort(lanes, function(a, b)
    if a.rank ~= b.rank then return (a.rank < b.rank) ~= is_crowd end
    local one, other = first[a.name] or math.huge, first[b.name] or math.huge
    if is_crowd and one ~= other then return one < other end
    return a.order < b.order
  end)
  return lanes
end

-- Who was in which state from when to when: a list of { name, spans = { { state, from, to, first, last } ... } } in
-- order of first appearance. `first` and `last` are the rows at which a span began and ended; without `last` it
-- lasted to the end.
function Chronicle:states()
  local list, by_name, ends = {}, {}, self:ends()
  for i, row in ipairs(self.rows) do
    if row.kind == "state" then
      local one = by_name[row.on]
      if not one then
        one = { name = row.on, spans = { { state = row.before or "INIT", from = 0, to = ends, first = 1 } } }
        by_name[row.on] = one
        list[#list + 1] = one
      end
      local before = one.spans[#one.spans]
      before.to, before.last = row.at, i
      one.spans[#one.spans + 1] = { state = row.text, from = row.at, to = ends, first = i }
    end
  end
  return list
end

-- Which address a server held for whom from when to when: a list of { server, address, spans = { { state, client,
-- from, to, expires, first, last } ... } }. What ran out ended when its time was over, not when the server noticed:
-- it has no `last`, and `ran_out`.
function Chronicle:leases()
  local list, known, ends = {}, {}, self:ends()
  local function close(span, at, i)
    if not span or span.to then return end
    span.ran_out = span.expires and span.expires < at
    span.to = span.ran_out and span.expires or at
    span.last = not span.ran_out and i or nil
  end
  for i, row in ipairs(self.rows) do
    if row.kind == "lease" then
      local key = row.on .. " " .. row.address
      local one = known[key]
      if not one then
        one = { server = row.on, address = row.address, spans = {} }
        known[key] = one
        list[#list + 1] = one
      end
      close(one.spans[#one.spans], row.at, i)
      local before = row.client and known[row.on .. "=" .. row.client]
      local last = before and before.spans[#before.spans]
      if last and last.client == row.client then close(last, row.at, i) end -- a client has one record
      if row.client then known[row.on .. "=" .. row.client] = one end
      one.spans[#one.spans + 1] = { state = row.state, client = row.client, from = row.at, first = i,
                                    expires = row.expires }
    end
  end
  for _, one in ipairs(list) do
    for _, span in ipairs(one.spans) do close(span, ends) end
  end
  return list
end

return chronicle
