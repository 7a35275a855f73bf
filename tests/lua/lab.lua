-- Worlds for tests: a virtual one for each test, bare nodes that say anything, and the judge over all that was
-- sent.
--
--   local lab = require "lab"
--   lab.test("an OFFER repeats the xid [S-01]", function(dhcp, world)
--     dhcp.server{}
--     local bare = lab.bare()
--     t.equal(bare:ask(lab.discover{ xid = 7 }).xid, 7)
--   end)
--
-- lab.test fails a test in which a handler raised, or in which a server or relay broke a rule of
-- the RFCs on the wire (options.lax: not judged; options.client: the clients are judged as well).

local t = require "harness"
local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local judge = require "dhcplab.judge"
local worlds = require "dhcplab.world"

local lab = { MAC = "02:00:00:00:00:01", OTHER = "02:00:00:00:00:02" }

local world

-- Closes the present world and makes another, in virtual time unless options say otherwise.
function lab.world(options)
  if world then world:close() end
  local made = { virtual = true, seed = 1, failures_seen = {} }
  for key, value in pairs(options or {}) do made[key] = value end
  made.on_fail = function(message) table.insert(lab.failures, tostring(message)) end
  lab.failures = {}
  world = worlds.new(made)
  return world
end

local from_client <const> = { discover = true, request = true, decline = true, release = true, inform = true }

-- What the packets of a capture break, one line each; packets of clients only when asked.
local function breaches_of(path, clients_too)
  local reader, watcher, lines = assert(core.open_capture(path)), judge.new {}, {}
  for record in function() return reader:next() end do
    local frame = core.frame(record.link, record.frame)
    if frame and frame.kind == "udp" then
      local message = core.decode(frame.payload)
      local found = watcher:see { at = record.time, bytes = frame.payload, src = frame.src, dst = frame.dst,
        dst_mac = frame.dst_mac, number = record.number }
      for _, breach in ipairs(found) do
        if clients_too or message and message.op == 2 and not from_client[message.type] then
          lines[#lines + 1] = tostring(message) .. "\n  " .. judge.text(breach)
        end
      end
    end
  end
  reader:close()
  return table.concat(lines, "\n")
end

function lab.test(name, f, options)
  options = options or {}
  t.test(name, function()
    local path = t.path("judged.pcap")
    local made = { pcap = not options.lax and path or nil }
    for key, value in pairs(options.world or {}) do made[key] = value end
    local w = lab.world(made)
    f(dhcp, w)
    w:close()
    t.equal(table.concat(lab.failures, "\n"), "", "what raised meanwhile")
    if made.pcap then t.equal(breaches_of(path, options.client), "", "what the judge says") end
  end)
end

-- ---- messages

local function message_of(type, fields, defaults)
  local made = { type = type, mac = lab.MAC, xid = 0x11223344, options = {} }
  for key, value in pairs(defaults or {}) do made[key] = value end
  for key, value in pairs(fields or {}) do
    if key == "options" then
      for option, content in pairs(value) do made.options[option] = content end
    else
      made[key] = value
    end
  end
  return core.message(made)
end

function lab.discover(fields) return message_of("discover", fields) end
function lab.inform(fields) return message_of("inform", fields) end
function lab.request(fields) return message_of("request", fields) end
function lab.decline(fields) return message_of("decline", fields) end
function lab.release(fields) return message_of("release", fields) end

-- Has a bare node give an address back to the first server of a virtual world.
lab.SERVER = "192.168.1.2"
function lab.give_back(bare, mac, address, fields)
  local m = lab.release { mac = mac, ciaddr = address, options = { server_id = lab.SERVER } }
  for key, value in pairs(fields or {}) do m[key] = value end
  return bare:ask(m, lab.SERVER)
end

-- The REQUEST in SELECTING that takes an OFFER, as sent by whoever sent `discover`.
function lab.take(discover, offer, fields)
  local m = discover:copy()
  m.type = "request"
  m.options.requested_ip = offer.yiaddr
  m.options.server_id = offer.options.server_id
  for key, value in pairs(fields or {}) do m[key] = value end
  return m
end

-- ---- bare nodes

local bare = {}
bare.__index = bare

function bare:deliver(message) self.heard[#self.heard + 1] = message end
function bare:malformed(word) self.bad[#self.bad + 1] = word end

-- A node without behaviour: on port 68, or on port 67 with the address of a relay.
function lab.bare(options)
  options = options or {}
  local node = setmetatable({ world = world, heard = {}, bad = {}, name = world:name("bare"),
                              mac = options.mac or lab.MAC }, bare)
  node.number = world:add(node)
  local network = options.network or dhcp.lan
  network:join(node, options.role or "client", {})
  for _, address in ipairs(options.addresses or {}) do network:add_address(node, address) end
  return node
end

-- Sends to everyone, or to `to` from `source`.
function bare:send(message, to, source)
  return assert(self.port:send(message, (to or "255.255.255.255") .. ":67", nil, source))
end

-- Sends and listens for half a second: the first message that came; all of them are in self.heard.
function bare:ask(message, to, source)
  self.heard = {}
  self:send(message, to, source)
  dhcp.sleep(0.5)
  return self.heard[1]
end

-- DISCOVER, OFFER, REQUEST, ACK: the ACK, the OFFER, the REQUEST.
function bare:lease(fields)
  local discover = lab.discover(fields)
  if not (fields and fields.mac) then discover.mac = self.mac end
  local offer = t.ok(self:ask(discover), "an OFFER")
  t.equal(offer.type, "offer")
  local request = lab.take(discover, offer)
  local ack = t.ok(self:ask(request), "an ACK")
  t.equal(ack.type, "ack")
  return ack, offer, request
end

-- A DISCOVER in the name of `mac`, answered by broadcast, so that one node can speak for many: the address that is
-- offered (nil for silence), the OFFER, the DISCOVER.
function bare:offer_to(mac, options, fields)
  local m = lab.discover { mac = mac, options = options, broadcast = true }
  for key, value in pairs(fields or {}) do m[key] = value end
  local reply = self:ask(m)
  return reply and reply.yiaddr, reply, m
end

-- The whole handshake in the name of `mac`: the address, the ACK.
function bare:lease_to(mac, options)
  local _, offer, discover = self:offer_to(mac, options)
  local ack = self:ask(lab.take(discover, t.ok(offer, "an OFFER for " .. mac)))
  t.equal(ack and ack.type, "ack")
  return ack.yiaddr, ack
end

-- The state of the record for an address, "none" when there is none.
function lab.state(server, address)
  for _, lease in ipairs(server:leases()) do
    if lease.address == address then return lease.state, lease end
  end
  return "none"
end

-- How often a server dropped something for a reason that matches.
function lab.drops_of(server, pattern)
  local count = 0
  for reason, n in pairs(server.drops) do
    if reason:find(pattern) then count = count + n end
  end
  return count
end

return lab
