-- `dhcplab replay`: what clients said in a capture, said again to a scripted server, and how its replies differ.
--
--   playback.read(path)          the client messages of a capture, each with the replies that it got there
--   playback.settings(talk)      the pool, lease time and so on that those replies show, for the bundled server
--   playback.play(world, talk)   sends them at their times in virtual time; adds to each the replies that come now
--   playback.compare(talk, how)  the differences, field by field and option by option
-- How the result is printed is in commands/replay.lua.
--
-- Two servers at work have different addresses, and rarely offer the same one. So what a client says is changed on
-- its way: where it names the captured server, or the address that this server gave it, it now names ours, and what
-- ours gave it. With `exact` nothing is changed, and every difference counts.

local core = require "dhcplab.core"
local hexdump = require "dhcplab.hexdump"
local input = require "dhcplab.explain.input"
local problem = require "dhcplab.problem"
local words = require "dhcplab.explain.words"

local playback = {}

local ANY <const>, BROADCAST <const> = "0.0.0.0", "255.255.255.255"

-- Reading ------------------------------------------------------------------------------------------------------

-- Who a conversation belongs to: the same for a request and its replies. What a relay hands to a client still has the
-- relay's giaddr, which the client's own messages never had.
local function key_of(message, giaddr)
  return ("%s %08x %s"):format(message.mac, message.xid, giaddr or message.giaddr)
end

local function asked_by(latest, reply) return latest[key_of(reply)] or latest[key_of(reply, ANY)] end

-- A list of { number, at, message, captured, replies, dst }: `at` in seconds since the first. Also: `passed_over`,
-- messages that are no DHCP or that nobody asked for.
function playback.read(path)
  local source, refused = input.open({ path }, io.stdin)
  if not source then error(refused, 0) end
  local talk, latest, start = { passed_over = 0, replies = 0 }, {}, nil
  for packet in source.next do
    local message = packet.is_dhcp and core.decode(packet.bytes)
    local ns = packet.time_ns or 0
    start = start or ns
    if message and message.op == 1 then
      local one = { number = packet.frame, at = (ns - start) / 1e9, message = message, captured = {}, replies = {},
                    key = key_of(message), dst = packet.dst and packet.dst:match("^[^:]+") or BROADCAST }
      talk[#talk + 1] = one
      latest[one.key] = one
    elseif message and asked_by(latest, message) then
      local one = asked_by(latest, message)
      one.captured[#one.captured + 1] = { number = packet.frame, message = message }
      talk.replies = talk.replies + 1
    else
      talk.passed_over = talk.passed_over + 1
    end
  end
  if source.broken then error(source.broken, 0) end
  return talk
end

-- What the bundled server has to know to answer like the captured one, as far as the replies tell.
function playback.settings(talk)
  local settings, low, high = {}, nil, nil
  for _, one in ipairs(talk) do
    for _, reply in ipairs(one.captured) do
      local m = reply.message
      local number = core.ip_number(m.yiaddr)
      if number ~= 0 then
        low, high = math.min(low or number, number), math.max(high or number, number)
        local options = m.options
        local mask = type(options.subnet_mask) == "string" and core.ip_number(options.subnet_mask)
        settings.subnet = settings.subnet or mask and ("%s/%d"):format(core.ip_text(number & mask),
          32 - math.floor(math.log((~mask & 0xffffffff) + 1, 2) + 0.5))
        settings.lease_time = settings.lease_time or math.type(options.lease_time) == "integer" and options.lease_time
        settings.router = settings.router or type(options.routers) == "table" and table.concat(options.routers, ",")
        settings.dns = settings.dns or type(options.domain_name_servers) == "table"
          and table.concat(options.domain_name_servers, ",")
        settings.domain = settings.domain or options.domain_name
      end
    end
  end
  if low then settings.pool = core.ip_text(low) .. "-" .. core.ip_text(high) end
  for _, name in ipairs { "subnet", "lease_time", "router", "dns",
    "domain" } do settings[name] = settings[name] or nil end
  return settings
end

-- Playing ------------------------------------------------------------------------------------------------------

local Speaker = {}
Speaker.__index = Speaker

function Speaker:deliver() end
function Speaker:malformed() end

-- The node that speaks for a client, or for the relay that passed its messages on.
local function speaker_for(world, speakers, message)
  local giaddr = message.giaddr
  local name = giaddr ~= ANY and giaddr or message.mac
  if speakers[name] then return speakers[name] end
  local is_relay = giaddr ~= ANY
  local self = setmetatable({ world = world, name = world:name(is_relay and "relay" or "client") }, Speaker)
  self.mac = not is_relay and core.mac(message.mac) or world:draw_mac(self.name)
  self.number = world:add(self)
  world:default_network():join(self, is_relay and "relay" or "client", {})
  speakers[name] = self
  return self
end

-- The first server of the script.
local function our_server(world)
  for _, node in ipairs(world.nodes) do
    if node.role == "server" and node.address then return node end
  end
  error(problem.new("E112", "the script makes no server", "--server-script FILE.lua: one that calls dhcp.server{...}"))
end

-- What the captured server called itself in its replies to this client, or to anybody.
local function captured_servers(talk)
  local known = {}
  for _, one in ipairs(talk) do
    for _, reply in ipairs(one.captured) do
      local id = reply.message.options.server_id
      if type(id) == "string" then known[id] = true end
    end
  end
  return known
end

-- A client's message with our names in place of the captured ones; the same message when there is none in it.
local function translate(message, servers, server, given)
  local options, translated = message.options, nil
  local function change() translated = translated or message:copy() return translated end
  local named, wanted = options.server_id, options.requested_ip
  if type(named) == "string" and servers[named] and named ~= server then change().options.server_id = server end
  if type(wanted) == "string" and given[wanted] then change().options.requested_ip = given[wanted] end
  if given[message.ciaddr] then change().ciaddr = given[message.ciaddr] end
  return translated or message
end

-- Of the captured replies, the one that ours answers to: the same type, not taken yet.
local function counterpart(one, reply)
  for _, captured in ipairs(one.captured) do
    if not captured.taken and captured.message.type == reply.type then return captured end
  end
end

local function send(world, speakers, one, message, server)
  local speaker = speaker_for(world, speakers, message)
  local network, source = world:default_network(), nil
  if message.giaddr ~= ANY then
    source = message.giaddr
  elseif message.ciaddr ~= ANY then
    source = message.ciaddr
  end
  if source and not (speaker.addresses and speaker.addresses[source]) then network:add_address(speaker, source) end
  local destination = (one.dst == BROADCAST and BROADCAST or server.address) .. ":67"
  world.trace:sent(speaker, message, network:receiver(destination), destination)
  speaker.port:send(message, destination, nil, source)
end

-- Plays in the present task. options: exact (change nothing), after (seconds to wait for late replies).
function playback.play(world, talk, options)
  local latest, given, speakers = {}, {}, {}
  local server, servers = our_server(world), captured_servers(talk)
  local start = world.core:now()
  world.trace:add_sink(function(event, record)
    local reply = record.message
    if event ~= "send" or not reply or reply.op ~= 2 then return end
    local one = latest[key_of(reply)]
    if not one then return end
    local captured = counterpart(one, reply)
    if captured then captured.taken = true end
    table.insert(one.replies, { message = reply, captured = captured, at = record.at - start })
    if captured and reply.yiaddr ~= ANY and captured.message.yiaddr ~= reply.yiaddr and not options.exact then
      given[reply.mac][captured.message.yiaddr] = reply.yiaddr
    end
  end)
  for _, one in ipairs(talk) do
    world.loop:sleep(math.max(start + one.at - world.core:now(), 0))
    local mac = one.message.mac
    given[mac] = given[mac] or {}
    local message = options.exact and one.message or translate(one.message, servers, server.address, given[mac])
    latest[key_of(message)] = one
    send(world, speakers, one, message, server)
  end
  world.loop:sleep(options.after or 5)
  talk.map = { servers = servers, server = server.address, given = given, exact = options.exact }
end

-- Comparing ----------------------------------------------------------------------------------------------------

local FIELDS <const> = { "type", "op", "htype", "hlen", "hops", "xid", "secs", "flags", "ciaddr", "yiaddr", "siaddr",
                         "giaddr", "chaddr", "sname", "file" }
local OVERLOAD <const>, SERVER_ID <const> = 52, 54

local function field_text(message, name)
  local value = message[name]
  if name == "xid" then return ("0x%08x"):format(value) end
  if name == "flags" then return ("0x%04x"):format(value) end
  if value == nil then return "none" end
  return value == "" and "(empty)" or tostring(value)
end

-- Whether two values name the same thing under their servers' own names.
local function is_translation(map, mac, captured, ours)
  if map.exact then return false end
  if map.servers[captured] and ours == map.server then return true end
  return map.given[mac] ~= nil and map.given[mac][captured] == ours
end

local function field_differences(out, captured, ours, how)
  for _, name in ipairs(FIELDS) do
    local before, now = field_text(captured, name), field_text(ours, name)
    if before ~= now and not how.ignore[name] and not is_translation(how.map, captured.mac, before, now) then
      out[#out + 1] = { field = name, captured = before, ours = now }
    end
  end
end

local function option_differences(out, captured, ours, how)
  local codes, seen = {}, {}
  for _, message in ipairs { captured, ours } do
    for _, code in ipairs(message.options:codes()) do
      if not seen[code] then codes[#codes + 1] = code end
      seen[code] = true
    end
  end
  for _, code in ipairs(codes) do
    local before, now = captured.options:raw(code), ours.options:raw(code)
    local row = core.option(code)
    local name = row and row.name or "unknown"
    local is_ignored = code == OVERLOAD or how.ignore[name] or how.ignore[tostring(code)]
      or code == SERVER_ID and is_translation(how.map, captured.mac, captured.options.server_id, ours.options.server_id)
    if before ~= now and not is_ignored then
      local one, other = before and words.value(code, before, true), now and words.value(code, now, true)
      if one == other then -- octets differ that words do not tell
        one, other = ("%s (%s)"):format(one, hexdump.hex(before)), ("%s (%s)"):format(other, hexdump.hex(now))
      end
      out[#out + 1] = { option = code, name = name, captured = one, ours = other }
    end
  end
end

-- The differences of two replies: a list of { field | option, name, captured, ours }; nil where there is none.
local function differences_of(captured, ours, how)
  local out = {}
  field_differences(out, captured, ours, how)
  option_differences(out, captured, ours, how)
  return out
end

-- A client that asks twice is answered at its first question by one server, at its second by a slower one: what is left
-- over of one type in one conversation belongs together.
local function pair_late(talk)
  local waiting = {}
  for _, one in ipairs(talk) do
    for _, captured in ipairs(one.captured) do
      if not captured.taken then
        waiting[one.key] = waiting[one.key] or {}
        table.insert(waiting[one.key], captured)
      end
    end
  end
  for _, one in ipairs(talk) do
    for _, reply in ipairs(one.replies) do
      for _, captured in ipairs(not reply.captured and waiting[one.key] or {}) do
        if not captured.taken and captured.message.type == reply.message.type then
          reply.captured, captured.taken = captured, true
          break
        end
      end
    end
  end
end

-- Pairs left over of another type, in their order: an ACK then, a NAK now.
local function pair_leftovers(one)
  local waiting = {}
  for _, captured in ipairs(one.captured) do
    if not captured.taken then waiting[#waiting + 1] = captured end
  end
  for _, reply in ipairs(one.replies) do
    if not reply.captured and waiting[1] then
      reply.captured = table.remove(waiting, 1)
      reply.captured.taken = true
    end
  end
  return waiting
end

-- Adds `pairs` to each message: { captured, ours, differences }, one side nil where there was no such reply. Returns
-- the sums: { compared, same, different, missing, extra }. ignore: a set of names of fields and options, or codes as
-- text.
function playback.compare(talk, ignore)
  local how = { map = talk.map, ignore = ignore or {} }
  local sums = { compared = 0, same = 0, different = 0, missing = 0, extra = 0 }
  pair_late(talk)
  for _, one in ipairs(talk) do
    local missing = pair_leftovers(one)
    one.pairs = {}
    for _, reply in ipairs(one.replies) do
      local pair = { ours = reply.message, captured = reply.captured and reply.captured.message,
                     number = reply.captured and reply.captured.number, differences = {} }
      if pair.captured then
        pair.differences = differences_of(pair.captured, pair.ours, how)
        sums.compared = sums.compared + 1
        local kind = #pair.differences == 0 and "same" or "different"
        sums[kind] = sums[kind] + 1
      else
        sums.extra = sums.extra + 1
      end
      one.pairs[#one.pairs + 1] = pair
    end
    for _, captured in ipairs(missing) do
      sums.missing = sums.missing + 1
      one.pairs[#one.pairs + 1] = { captured = captured.message, number = captured.number, differences = {} }
    end
  end
  return sums
end

return playback
