-- What happened, in order: one record per packet, with its fate; what scripts query and what the transcript prints.
--
-- A record: { at, seq, from, to, src, dst, rfc_dst, type, xid, message, fate, cause }; times in
-- seconds on dhcp.now()'s clock; fate is "in flight", "delivered" or "dropped". The oldest records
-- go when there are more than `most`.

local MOST <const> = 100000

local trace = {}
local Trace = {}
Trace.__index = Trace

function trace.new(options)
  return setmetatable({
    keep = options.keep,
    on = options.keep, -- whether anybody wants records
    wants_leases = false,
    sinks = {},    -- functions called with (event, record)
    first = 1,     -- of the records kept
    last = 0,
    seq = 0,
    open = {},     -- what was sent last, by its octets
    open_count = 0,
    before = {},
  }, Trace)
end

-- Whether anybody wants to know; when not, nodes make no records at all.
function Trace:wanted() return self.on end

function Trace:add_sink(f)
  self.sinks[#self.sinks + 1] = f
  self.on = true
  if self.world then self.world.core:watch(true) end
end

function Trace:remove_sink(f)
  for i, sink in ipairs(self.sinks) do
    if sink == f then
      table.remove(self.sinks, i)
      self.on = self.keep or #self.sinks > 0
      break
    end
  end
end

function Trace:emit(event, record)
  for _, sink in ipairs(self.sinks) do sink(event, record) end
end

-- What is in flight, found by its octets: the last few thousand packets, in two halves of which the older one
-- goes first.
local HALF <const> = 4096

local function remember(self, bytes, record)
  local twin = self.open[bytes] -- the same octets once more, while those before are still on their way
  if type(twin) ~= "table" then twin = nil end
  while twin and twin.fate ~= "in flight" do twin = twin.twin end
  if type(record) == "table" then record.twin = twin end
  if self.open_count >= HALF then
    self.before, self.open, self.open_count = self.open, {}, 0
  end
  self.open[bytes] = record
  self.open_count = self.open_count + 1
end

local function look_up(self, bytes) return self.open[bytes] or self.before[bytes] end

-- What was sent as these octets, or as others of which the network made these.
local function recall(self, bytes)
  local found = look_up(self, bytes)
  if type(found) == "string" then found = look_up(self, found) end
  return type(found) == "table" and found or nil
end

-- The network changed the first octets, which are being sent, to the second ones. The first may be changed ones
-- themselves, which a relay passes on.
function Trace:altered(bytes, other)
  local whole = look_up(self, bytes)
  if type(whole) == "string" then bytes = whole end
  if other ~= bytes and type(look_up(self, other)) ~= "table" then remember(self, other, bytes) end
end

-- Of packets with the same octets, which a relay may have sent as well as the server, the one that arrives with this
-- message: the first from its source that has not yet, else the last.
local function recall_first(self, message)
  local last = recall(self, message:bytes())
  if not last or not last.twin then return last end
  local source = message.source
  local first, own, own_last, record = last, nil, nil, last
  while record do
    local flies, is_own = record.fate == "in flight", record.src == source
    if flies then first = record end
    if is_own and flies then own = record end
    if is_own and not own_last then own_last = record end
    record = record.twin
  end
  return own or own_last or first
end

-- Of packets with the same octets, the one that is dropped, which happens when it is sent: the first that this node has
-- sent just now, else its last, else the last of all.
local function recall_sent(self, bytes, node)
  local last, now = recall(self, bytes), self.world.core:now()
  local own, fresh, record = nil, nil, last
  while node and record do
    if record.from == node.name then
      own = own or record
      if record.at == now and record.fate == "in flight" then fresh = record end
    end
    record = record.twin
  end
  return fresh or own or last
end

function Trace:add(record)
  self.seq = self.seq + 1
  record.seq = self.seq
  record.at = self.world.core:now()
  if not self.keep then return record end
  self.last = self.last + 1
  rawset(self, self.last, record)
  if self.last - self.first >= MOST then
    self[self.first] = nil
    self.first = self.first + 1
  end
  return record
end

-- Where a packet comes from: what a node is bound to, with the address that it uses in virtual time.
local function source_of(node, message, virtual)
  if not virtual then return node.endpoint end
  local address = node.role == "client" and message.ciaddr or node.address
  if not node.endpoint then return address and address .. ":67" end -- a relay has two ports of its own
  return address and address .. node.endpoint:match(":%d+$") or node.endpoint
end

-- A node of this world sent a message.
function Trace:sent(node, message, to, rfc_dst, dst)
  message = message:copy()
  local virtual = self.world.virtual
  message.destination = rfc_dst -- so that a broadcast REQUEST is seen to be one: message.kind
  local record = self:add {
    from = node.name, to = to, src = source_of(node, message, virtual), dst = not virtual and dst or rfc_dst,
    rfc_dst = rfc_dst, node = node,
    type = message.type, xid = message.xid, message = message, fate = "in flight",
  }
  remember(self, message:bytes() or "", record)
  self:emit("send", record)
  return record
end

-- A message reached a node of this world.
function Trace:delivered(node, message)
  local record = recall_first(self, message)
  if record then
    record.fate = "delivered"
    record.receivers = record.receivers or {}
    table.insert(record.receivers, node.name)
    self.seq = self.seq + 1
    if #self.sinks > 0 then
      self:emit("deliver", setmetatable({ at = self.world.core:now(), seq = self.seq, to = node.name,
                                          src = message.source, dst = message.destination, arrived = message },
        { __index = record }))
    end
    return
  end
  record = self:add {
    from = message.source, to = node.name, src = message.source, dst = message.destination, type = message.type,
    xid = message.xid, message = message, fate = "delivered", receivers = { node.name }, foreign = true,
  }
  self:emit("deliver", record)
end

-- Octets that are no message reached a node: what the network made of one; of which of those with the same octets,
-- nobody can tell.
function Trace:arrived(node, bytes)
  local record = recall(self, bytes)
  if not record then return end
  local twin = record
  while twin do
    if twin.fate == "in flight" then twin.fate = "delivered" end
    twin = twin.twin
  end
  record.fate = "delivered"
  record.receivers = record.receivers or {}
  table.insert(record.receivers, node.name)
end

-- A packet will not arrive, at all or at `receiver`.
function Trace:dropped(node, cause, bytes, receiver)
  local message = require("dhcplab.core").decode(bytes)
  local record = recall_sent(self, bytes, node)
  if record then
    if record.fate == "in flight" then record.fate, record.cause = "dropped", cause end
    record.drops = (record.drops or 0) + 1
  else
    record = self:add { from = node and node.name, message = message, type = message and message.type,
                        xid = message and message.xid, fate = "dropped", cause = cause,
                        bytes = not message and bytes or nil }
  end
  self.seq = self.seq + 1
  self:emit("drop", setmetatable({ at = self.world.core:now(), seq = self.seq, cause = cause, to = receiver },
    { __index = record }))
end

-- A node has something to say that is no packet: a state, a lease, a remark.
function Trace:note(event, node, text, data)
  if not self:wanted() then return end
  local record = data or {}
  record.from, record.text, record.note = node and node.name, text, true
  self.seq = self.seq + 1
  record.at, record.seq, record.event = self.world.core:now(), self.seq, event
  self.notes = self.notes or {}
  if #self.notes < MOST then self.notes[#self.notes + 1] = record end
  self:emit(event, record)
end

-- A client's key as people write it: its hardware address where it is one, else hex.
function trace.client_text(key)
  if not key or key == "" then return nil end
  local is_mac = #key == 7 and key:byte() == 1
  local hex = (is_mac and key:sub(2) or key):gsub(".", function(c) return (":%02x"):format(c:byte()) end)
  return hex:sub(2)
end

-- A server's record of an address has changed. Told only when `wants_leases` is set.
function Trace:lease(node, lease)
  local state, client = lease.state, trace.client_text(lease.client)
  local held = state == "offered" or state == "bound" or state == "declined"
  self:note("lease", node, ("%s %s%s"):format(lease.address, state, client and ", " .. client or ""),
    { address = lease.address, state = state, client = client, expires = held and lease.expires or nil })
end

-- dhcp.trace:find, :count, :find_first, :find_last, :sequence
require("dhcplab.query").extend(Trace)

return trace
