-- What happened, in order: one record per packet, with its fate; what scripts query and what the transcript prints.
--
-- A record: { at, seq, from, to, src, dst, rfc_dst, type, xid, message, fate, cause }; times in seconds on dhcp.now()'s
-- clock; fate is "in flight", "delivered" or "dropped". The oldest records go when there are more than `most`.

local MOST <const> = 100000

local trace = {}
local Trace = {}
Trace.__index = Trace

function trace.new(options)
  return setmetatable({
    keep = options.keep,
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
function Trace:wanted() return self.keep or #self.sinks > 0 end

function Trace:add_sink(f)
  self.sinks[#self.sinks + 1] = f
  if self.world then self.world.core:watch(true) end
end

function Trace:emit(event, record)
  for _, sink in ipairs(self.sinks) do sink(event, record) end
end

-- What is in flight, found by its octets: the last few thousand packets, in two halves of which the older one goes first.
local HALF <const> = 4096

local function remember(self, bytes, record)
  if self.open_count >= HALF then
    self.before, self.open, self.open_count = self.open, {}, 0
  end
  self.open[bytes] = record
  self.open_count = self.open_count + 1
end

local function recall(self, bytes) return self.open[bytes] or self.before[bytes] end

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

-- A node of this world sent a message.
function Trace:sent(node, message, to, rfc_dst, dst)
  message = message:copy()
  message.destination = rfc_dst -- so that a broadcast REQUEST is seen to be one: message.kind
  local record = self:add {
    from = node.name, to = to, src = node.endpoint, dst = dst or rfc_dst, rfc_dst = rfc_dst, node = node,
    type = message.type, xid = message.xid, message = message, fate = "in flight",
  }
  remember(self, message:bytes() or "", record)
  self:emit("send", record)
  return record
end

-- A message reached a node of this world.
function Trace:delivered(node, message)
  local record = recall(self, message:bytes())
  if record then
    record.fate = "delivered"
    record.receivers = record.receivers or {}
    table.insert(record.receivers, node.name)
    self.seq = self.seq + 1
    if #self.sinks > 0 then
      self:emit("deliver", setmetatable({ at = self.world.core:now(), seq = self.seq, to = node.name,
                                          src = message.source, dst = message.destination }, { __index = record }))
    end
    return
  end
  record = self:add {
    from = message.source, to = node.name, src = message.source, dst = message.destination, type = message.type,
    xid = message.xid, message = message, fate = "delivered", receivers = { node.name }, foreign = true,
  }
  self:emit("deliver", record)
end

-- A packet will not arrive.
function Trace:dropped(node, cause, bytes)
  local message = require("dhcplab.core").decode(bytes)
  local record = recall(self, bytes)
  if record then
    if record.fate == "in flight" then record.fate, record.cause = "dropped", cause end
    record.drops = (record.drops or 0) + 1
  else
    record = self:add { from = node and node.name, message = message, type = message and message.type,
                        xid = message and message.xid, fate = "dropped", cause = cause }
  end
  self.seq = self.seq + 1
  self:emit("drop", setmetatable({ at = self.world.core:now(), seq = self.seq, cause = cause }, { __index = record }))
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

-- Queries -----------------------------------------------------------------------------------------------------------

local function matches(record, query)
  for key, wanted in pairs(query) do
    local got = record[key]
    if got == nil and record.message and key ~= "cause" and key ~= "receivers" then got = record.message[key] end
    if got ~= wanted then return false end
  end
  return true
end

-- All records that have each value of the query: { type = "discover", from = "client", fate = "delivered", mac = ... }.
function Trace:find(query)
  local found = {}
  for i = self.first, self.last do
    if matches(self[i], query or {}) then found[#found + 1] = self[i] end
  end
  return found
end

function Trace:count(query) return #self:find(query) end

return trace
