-- The judge: holds every packet of a run or a capture against the RFCs and says what breaks which rule.
--
--   local j = judge.new{}
--   for _, breach in ipairs(j:see{ at = 1.5, message = m, src = "0.0.0.0:68", dst = "255.255.255.255:67" }) do
--     print(judge.text(breach))
--   end
--   local breaches, packets = judge.capture("foreign.pcap")
--
-- It hears packets only, and judges those it understands by what came before: replies by their request, a REQUEST
-- by its offer, what a relay sent by what it received.  A rule that needs a packet that was not seen is not
-- applied, so that a capture of one side, or one that begins in the middle, raises no false alarm.  What has not
-- come up again for two minutes is forgotten, and so is what lies far back.  The rules are in judge/: tables.lua
-- (tables 3 and 5), requests.lua, replies.lua, delivery.lua (who sends where), relays.lua.
--
-- A packet: at (seconds), message or bytes (the datagram), src and dst ("ip:port"); and as far as known: rfc_dst
-- (where the RFC sends it, when a transport put something else into dst), dst_mac, relayed (whether a relay
-- forwarded it), number, from, to.  A breach: packet (its number), field, rule, level, source, what, got.

local core = require "dhcplab.core"
local layout = require "dhcplab.layout"
local requirements = require "dhcplab.requirements"
local rules = require "dhcplab.rules"
local delivery = require "dhcplab.judge.delivery"
local relays = require "dhcplab.judge.relays"
local replies = require "dhcplab.judge.replies"
local requests = require "dhcplab.judge.requests"
local tables = require "dhcplab.judge.tables"

local judge = {}
judge.__index = judge

local NOWHERE = "0.0.0.0"
local FORGET_AFTER = 120  -- seconds without a packet
local KEPT_MESSAGES = 32  -- of one transaction, in each direction

-- Faults whose row is stricter than this one sentence of it; false: worth a remark elsewhere, not a breach.
local fault_levels = {
  no_type = false,        -- BOOTP
  unterminated = false,   -- a full sname or file is legal
  after_end = "SHOULD",
  chaddr_tail = "SHOULD",
  unpadded = "SHOULD",
}

-- A table that remembers at most 2 * `size` entries, those used last: when the young half is full, it becomes the
-- old one.
local memory = {}
memory.__index = memory

local function new_memory(size)
  return setmetatable({ young = {}, old = {}, count = 0, size = size }, memory)
end

function memory:put(key, value)
  if self.young[key] == nil then
    if self.count >= self.size then
      self.lost = self.lost or next(self.old) ~= nil
      self.old, self.young, self.count = self.young, {}, 0
    end
    self.count = self.count + 1
  end
  self.young[key] = value
end

function memory:get(key)
  local value = self.young[key]
  if value == nil then
    value = self.old[key]
    if value ~= nil then self:put(key, value) end
  end
  return value
end

-- options: complete (every packet since the beginning is seen, so that a reply without a request is a breach),
-- client_id_2131 (servers keep to RFC 2131 for client_id), server_port and client_port (67, 68), remember (1024
-- transactions).
function judge.new(options)
  options = options or {}
  local size = (options.remember or 1024) // 2
  return setmetatable({
    complete = options.complete,
    client_id_2131 = options.client_id_2131,
    server_port = options.server_port or 67,
    client_port = options.client_port or 68,
    count = 0,
    transactions = new_memory(size), -- by xid and chaddr
    by_xid = new_memory(size),       -- xid -> the transaction seen last
    clients = new_memory(size),      -- chaddr -> { offers = list }
    leases = new_memory(size),       -- chaddr and address -> what the last ACK said
  }, judge)
end

local scene_methods = {}
scene_methods.__index = scene_methods

-- One breach of what is being looked at.  level and source are those of the rule's row unless given.
function scene_methods:breach(rule, field, what, got, level, source)
  local row = requirements[rule]
  local list = self.breaches
  list[#list + 1] = {
    packet = self.number,
    field = field,
    rule = rule,
    level = level or row.level,
    source = source or row.source,
    what = layout.printable(what), -- either may quote bytes from the network
    got = got ~= nil and layout.printable(tostring(got)) or nil,
  }
end

-- Whether what is not remembered did not happen.
function scene_methods:knows_all()
  local transaction = self.transaction
  return self.judge.complete and not self.judge.transactions.lost
    and not (transaction and (transaction.dropped or transaction.restarted))
end

-- The newest remembered request of one of these types that `test` accepts.
function scene_methods:request_seen(types, test)
  local list = self.transaction and self.transaction.requests or {}
  for place = #list, 1, -1 do
    local entry = list[place]
    if types[entry.message.type] and (not test or test(entry)) then return entry end
  end
end

-- The newest remembered reply of this type that `test` accepts.
function scene_methods:reply_seen(kind, test)
  local list = self.transaction and self.transaction.replies or {}
  for place = #list, 1, -1 do
    local entry = list[place]
    if entry.message.type == kind and test(entry) then return entry end
  end
end

local function keep(transaction, list, entry)
  if #list >= KEPT_MESSAGES then
    table.remove(list, 1)
    transaction.dropped = true
  end
  list[#list + 1] = entry
end

local function split(endpoint)
  local ip, port = (endpoint or ""):match("^(%d+%.%d+%.%d+%.%d+):(%d+)$")
  return ip, math.tointeger(tonumber(port))
end

-- Where the packet goes, as the RFC sees it; nothing where only a rewritten address is known.
local function read_addresses(scene)
  local packet = scene.packet
  scene.src_ip, scene.src_port = split(packet.src)
  scene.dst_ip, scene.dst_port = split(packet.rfc_dst or packet.dst)
  local function is_loopback(ip) return ip ~= nil and ip:find("^127%.") ~= nil end
  if not packet.rfc_dst and is_loopback(scene.dst_ip) then scene.dst_ip, scene.dst_port = nil, nil end
  if is_loopback(scene.src_ip) then scene.src_ip = nil end
end

local function key_of(message)
  return ("%08x %s"):format(message.xid, message.chaddr)
end

local function is_late_copy(transaction, message)
  if message.giaddr == NOWHERE then return false end
  for _, entry in ipairs(transaction.requests) do
    if entry.message.type == "discover" and entry.message.giaddr == NOWHERE then return true end
  end
  return false
end

local function find_transaction(self, message, at)
  local transaction = self.transactions:get(key_of(message))
  if transaction and at - transaction.at > FORGET_AFTER and not self.complete then return nil end
  -- Some clients use one xid for ever: a DISCOVER after an answer begins anew, unless it is a relay's late copy.
  if transaction and transaction.answered and message.type == "discover" and not is_late_copy(transaction, message) then
    return nil
  end
  return transaction
end

local function new_transaction(self, message, at)
  local restarted = self.transactions:get(key_of(message)) ~= nil
  local transaction = { at = at, requests = {}, replies = {}, restarted = restarted }
  self.transactions:put(key_of(message), transaction)
  self.by_xid:put(message.xid, transaction)
  return transaction
end

local reply_types = { offer = true, ack = true, nak = true }
local answers = { offer = { discover = true }, ack = { request = true, inform = true, discover = true },
  nak = { request = true } }

local discover_type, others = { discover = true }, { request = true, inform = true }

-- The types of the messages that a reply may answer. An ACK with rapid commit answers the DISCOVER that has it,
-- although the client may have gone on with another server's offer; one without does not, although a DISCOVER may
-- have come late.
local function answered_types(scene, message)
  if message.type ~= "ack" then return answers[message.type] end
  local server = message.options:raw(54)
  local is_rapid = message.options:has(80)
    and not scene:reply_seen("offer", function(entry) return entry.message.options:raw(54) == server end)
  local likely = is_rapid and discover_type or others
  local function fits(entry) return not is_rapid or entry.message.options:has(80) end
  return scene:request_seen(likely, fits) and likely or answers.ack
end

-- The request that a reply answers: with the same giaddr if it was seen, else the client's own form of it.
local function find_request(scene, message)
  local types = answered_types(scene, message)
  local exact = scene:request_seen(types, function(entry) return entry.message.giaddr == message.giaddr end)
  local any = scene:request_seen(types)
  -- A DISCOVER of long ago is not what an ACK answers when a later REQUEST was seen in another form.
  if exact and any and exact.message.type ~= any.message.type then exact = nil end
  scene.request = exact or any
  scene.exact = exact ~= nil
end

local function check_faults(scene, bytes, message)
  local is_reply = message and message.op == 2
  for _, fault in ipairs(core.check(bytes)) do
    local level = fault_levels[fault.fault]
    -- In a reply the flags are the client's.
    if level ~= false and not (is_reply and fault.fault == "flags") then
      local info = fault.code and fault.code ~= 0 and core.option(fault.code)
      local field = info and info.name and "options." .. info.name
        or fault.code and fault.code ~= 0 and "option " .. fault.code or fault.fault
      scene:breach(fault.rule, field, fault.what, "offset " .. fault.offset, level, fault.source)
    end
  end
end

local function see_request(self, scene, message)
  local transaction = find_transaction(self, message, scene.at) or new_transaction(self, message, scene.at)
  scene.transaction = transaction
  transaction.at = scene.at
  local is_broadcast = scene.dst_ip == "255.255.255.255" or message.giaddr ~= NOWHERE
  scene.column = rules.column(message, nil, is_broadcast)
  scene.origin = relays.find_origin(scene)
  if scene.origin then
    relays.check_request(scene)
  else
    tables.check(scene)
    requests.check(scene)
  end
  delivery.check_request(scene)
  keep(transaction, transaction.requests, { message = message, column = scene.column, at = scene.at,
    dst_ip = scene.dst_ip })
end

local function see_reply(self, scene, message)
  local transaction = find_transaction(self, message, scene.at)
  if not transaction then
    replies.check_stranger(scene, self.by_xid:get(message.xid))
    transaction = new_transaction(self, message, scene.at)
  end
  scene.transaction = transaction
  transaction.at = scene.at
  find_request(scene, message)
  scene.column = rules.column(message, scene.request and scene.request.message.type)
  scene.to_relay = delivery.is_to_relay(scene)
  scene.origin = not scene.to_relay and relays.find_reply_origin(scene)
  if scene.origin then
    relays.check_reply(scene)
  else
    tables.check(scene)
    replies.check(scene)
  end
  delivery.check_reply(scene)
  replies.remember(scene)
  keep(transaction, transaction.replies, { message = message, column = scene.column, at = scene.at,
    to_relay = scene.to_relay })
  if message.type ~= "offer" then transaction.answered = true end
end

-- Looks at the next packet and returns its breaches, perhaps none, in a list.
function judge:see(packet)
  self.count = self.count + 1
  local bytes = packet.bytes or packet.message:bytes()
  local message = core.decode(bytes)
  local scene = setmetatable({ judge = self, packet = packet, number = packet.number or self.count, at = packet.at or 0,
    bytes = bytes, message = message, breaches = {} }, scene_methods)
  check_faults(scene, bytes, message)
  if not message or not message.type then return scene.breaches end
  read_addresses(scene)
  if reply_types[message.type] then
    see_reply(self, scene, message)
  elseif tables.is_client_type(message.type) then
    see_request(self, scene, message)
  else
    replies.check_other(scene)
  end
  return scene.breaches
end

local function is_dhcp(self, frame)
  local _, from = split(frame.src)
  local _, to = split(frame.dst)
  return to == self.server_port or to == self.client_port or from == self.server_port and to ~= nil and to >= 1024
end

-- Judges a capture file ("-" is stdin): all breaches in a list, and how many DHCP packets there were; or nil and
-- why it could not be read.  Options are those of judge.new; breaches carry the capture's packet numbers.
function judge.capture(path, options)
  local reader, why, text = core.open_capture(path)
  if not reader then return nil, why, text end
  local self = judge.new(options)
  local all, packets, last = {}, 0, nil
  while true do
    local record = reader:next()
    if not record then break end
    local frame = core.frame(record.link, record.frame)
    if frame and frame.kind == "udp" and is_dhcp(self, frame) then
      -- A capture on all interfaces shows a packet once where it leaves and once where it arrives.
      local same = frame.src .. " " .. frame.dst .. " " .. frame.payload
      if not (last and last.same == same and record.time - last.at < 0.002) then
        packets = packets + 1
        local found = self:see { at = record.time, bytes = frame.payload, src = frame.src, dst = frame.dst,
          dst_mac = frame.dst_mac, number = record.number }
        table.move(found, 1, #found, #all + 1, all)
      end
      last = { same = same, at = record.time }
    end
  end
  reader:close()
  return all, packets
end

-- A breach on one line.
function judge.text(breach)
  local got = breach.got and (", got %s"):format(breach.got) or ""
  return ("packet %d, %s: %s%s (%s %s, %s)"):format(breach.packet, breach.field, breach.what, got, breach.level,
    breach.rule, breach.source)
end

return judge
