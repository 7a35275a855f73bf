-- What a run means, event by event: follows each client from its first message on, and so knows a first try from a
-- second one, a renewal from a choice among offers, and what an answer answers. The words are in
-- explain/situations.lua; show.lua and step.lua print them, comments.lua writes them into captures.

local core = require "dhcplab.core"
local layout = require "dhcplab.layout"
local notes = require "dhcplab.explain.notes"
local situations = require "dhcplab.explain.situations"

local story = {}
local Story = {}
Story.__index = Story

local ANY <const> = "0.0.0.0"
local INDENT <const>, WIDTH <const> = (" "):rep(11), 80

-- Must see every event of the run, in order: story:see(event, record).
function story.new(world)
  return setmetatable({ world = world, clients = {}, told = {} }, Story)
end

-- What is known of the client with this hardware address: `last`, its last message, which `asked` for something, for
-- the `tries`-th time; `reply`, the last one to that; `offers`, who made one; `moved`: its state has changed since.
local function client_of(self, mac)
  local client = self.clients[mac]
  if not client then
    client = { offers = {} }
    self.clients[mac] = client
  end
  return client
end

-- Clients ------------------------------------------------------------------------------------------------------------

-- What a client's message asks for: "discover", or a REQUEST's kind.
local function asks(message)
  local type = message.type
  if type == "request" then return message.kind == "init-reboot" and "reboot" or message.kind or "request_odd" end
  return type or "bootp_request"
end

-- Whether the client has what it asked for: an answer has come. What becomes of an answer to another process is not
-- known.
local function is_answered(client)
  local reply = client.reply
  return reply ~= nil and (reply.fate == "delivered" or not client.last.node)
end

-- Why it has to ask again.
local function why_again(client)
  local reply = client.reply
  if client.last.fate == "dropped" then return "lost" end
  if not reply then return "silence" end
  if reply.fate == "dropped" then return "answer_lost" end
  return reply.fate == "delivered" and "useless" or "late"
end

-- What the client has behind it when it begins anew: "nak", "decline", "release", "expiry", "silence", or nil.
local function what_ended(client)
  local asked, reply = client.asked, client.reply
  if asked == "decline" or asked == "release" then return asked end
  if reply and reply.type == "nak" and not client.is_strange then return "nak" end
  if asked == "rebinding" and not is_answered(client) then return "expiry" end
  if asked == "selecting" and not is_answered(client) then return "silence" end
end

local function ordinal(n) return situations.try[n] or n .. "th" end

local function seconds(duration) return ("%.4g s"):format(duration) end

local repeatable <const> = { discover = true, selecting = true, reboot = true, renewing = true, rebinding = true,
                             inform = true }

local function hear_client(self, record)
  local message = record.message
  local client, asked = client_of(self, message.mac), asks(message)
  local last = client.last
  local is_again = last ~= nil and repeatable[asked] and client.asked == asked
    and (last.xid == record.xid or not client.moved and not is_answered(client))
  local key, values = asked, nil
  if is_again then
    client.tries = client.tries + 1
    key = asked .. "_again"
    values = { wait = seconds(record.at - last.at), try = ordinal(client.tries), n = client.tries,
               why = situations.why[why_again(client)] }
  elseif asked == "discover" then
    local ended = what_ended(client)
    if situations.packets["discover_after_" .. (ended or "")] then
      key = "discover_after_" .. ended
    elseif record.to ~= "*" and not record.foreign then
      key = "discover_known"
    end
  end
  if not is_again then client.tries, client.offers = 1, {} end
  client.last, client.asked, client.reply, client.moved, client.is_strange = record, asked, nil, false, false
  return key, values
end

-- Servers ------------------------------------------------------------------------------------------------------------

local on_reply = {}

function on_reply.offer(client, message)
  local server = message.options.server_id or message.source
  local key = client.offers[server] and "offer_again" or next(client.offers) and "offer_other" or "offer"
  client.offers[server or ""] = true
  return message.yiaddr == ANY and "offer_nothing" or key
end

local acks <const> = { discover = "ack_rapid", reboot = "ack_reboot", renewing = "ack_more", rebinding = "ack_more",
                       inform = "ack_inform" }

function on_reply.ack(_, _, asked, before)
  if before and before.type == "ack" and asked == "selecting" then return "ack_again" end
  return acks[asked] or "ack"
end

local naks <const> = { reboot = "nak_reboot", renewing = "nak_more", rebinding = "nak_more" }

function on_reply.nak(client, message, asked)
  local wanted = asked == "selecting" and client.last.message.options.server_id
  client.is_strange = wanted and wanted ~= message.options.server_id
  return client.is_strange and "nak_other" or naks[asked] or "nak"
end

local function hear_server(self, record)
  local message = record.message
  local client = client_of(self, message.mac)
  local is_answer = client.last ~= nil and client.last.xid == record.xid
  local before, asked = client.reply, is_answer and client.asked
  if is_answer then client.reply = record end
  local judge = on_reply[record.type]
  local key = judge and judge(client, message, asked, before) or record.type or "bootp_reply"
  return key, message.giaddr ~= ANY and is_answer and asked ~= "leasequery" and { relay = message.giaddr } or nil
end

-- Events -------------------------------------------------------------------------------------------------------------

local function hear_packet(self, record)
  local message = record.message
  local is_ours = record.node and record.node.below -- a relay
  if message.op == 1 then
    if is_ours then return "relay_up" end
    local key, values = hear_client(self, record)
    if message.giaddr ~= ANY and record.type ~= "leasequery" then return "relay_up" end -- a relay elsewhere
    return key, values
  end
  if not is_ours then return hear_server(self, record) end
  local client = client_of(self, message.mac)
  if client.last and client.last.xid == record.xid then client.reply = record end -- it may get lost here as well
  return "relay_down"
end

local function client_by_name(self, name)
  for _, node in ipairs(self.world.nodes) do
    if node.name == name then return client_of(self, node.mac) end
  end
end

local function hear_state(self, record)
  local client = client_by_name(self, record.from)
  if not client then return nil end
  client.moved = true
  local state = record.text
  local states, ended = situations.states, what_ended(client)
  return state == "INIT" and ended and states["INIT after " .. ended]
    or states[("%s>%s"):format(record.before, state)] or states[state]
end

local function fill(text, values)
  return (text:gsub("{(%a+)}", values))
end

-- A situation with its values filled in: { gist, tell (a list), source }.
local function made(situation, values, record)
  local note = notes.messages[record.type]
  local tell = type(situation.tell) == "table" and situation.tell or { situation.tell }
  local found = { gist = situation.gist or note and note.gist or "", source = situation.source, tell = {} }
  values = values or {}
  found.gist = fill(found.gist, values)
  for i, sentence in ipairs(tell) do found.tell[i] = fill(sentence, values):gsub("%s+$", "") end
  found.more = values.relay and fill(situations.by_relay, values)
  return found
end

-- What this event means: { gist, tell (sentences), source, more (one sentence, or nil), key }; nil when there is
-- nothing to say.
function Story:see(event, record)
  if event == "state" then
    local situation = hear_state(self, record)
    return situation and made(situation, nil, record)
  elseif event == "send" or event == "deliver" and record.foreign then
    local key, values = hear_packet(self, record)
    local found = made(situations.packets[key] or situations.packets.other, values, record)
    found.key = key
    return found
  elseif event == "drop" then
    local cause = record.cause or "?"
    local found = made(situations.drops[cause] or situations.drops.other, { cause = cause }, {})
    found.key = "drop " .. cause
    return found
  elseif event == "note" and situations.faults[record.cause] then
    return made({ tell = situations.faults[record.cause], source = "RFC 2131 4.1" }, nil, {})
  end
end

-- As text ------------------------------------------------------------------------------------------------------------

local function carries(m)
  local list = {}
  for _, code in ipairs(m.options:codes()) do
    local row = core.option(code)
    if code ~= 53 then list[#list + 1] = row and row.name or tostring(code) end
  end
  return table.concat(list, ", ")
end

local function add(lines, text)
  for _, line in ipairs(layout.wrap(text, WIDTH - #INDENT)) do lines[#lines + 1] = INDENT .. line end
end

-- What the first packet of its kind shows besides.
local function add_details(lines, record, is_virtual)
  local carried = carries(record.message)
  if carried ~= "" then add(lines, "It carries: " .. carried .. ".") end
  if not is_virtual and record.dst and record.src then
    local elsewhere = record.rfc_dst and "; on a real network to " .. record.rfc_dst or "" -- of strangers not known
    add(lines, ("On the wire here: UDP %s to %s%s."):format(record.src, record.dst, elsewhere))
  end
end

-- The paragraph under an event's line. What is told for the first time is told at more length than later.
function Story:paragraph(event, record, meaning)
  local lines, is_new = {}, not self.told[meaning.key or ""]
  local last = is_new and #meaning.tell or 1
  for i = 1, last do
    local sentence = meaning.tell[i]
    local is_sourced = i == last and (last == #meaning.tell or event ~= "drop")
    add(lines, is_sourced and ("%s (%s)."):format(sentence:gsub("%.$", ""), meaning.source) or sentence)
  end
  if meaning.more then add(lines, meaning.more) end
  if meaning.key and is_new then
    self.told[meaning.key] = true
    if event ~= "drop" then add_details(lines, record, self.world.virtual) end
  end
  return table.concat(lines, "\n")
end

return story
