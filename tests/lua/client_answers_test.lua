-- What a client takes for an answer and what it drops (RFC 2131 4.4.1), and how it sends again (4.1).
local t = require "harness"
local lab = require "lab"

local POOL <const> = "192.168.1.100-192.168.1.110"
local ANY <const> = "0.0.0.0"

local function test(name, f, options)
  lab.test(name, f, options or { client = true })
end

-- What was sent of a type, in order.
local function sent(world, type)
  local list = {}
  for _, record in ipairs(world.trace:find { type = type }) do
    if record.message.op == 1 then list[#list + 1] = record.message end
  end
  return list
end

-- ---- what counts as an answer

-- A server that answers a DISCOVER with what `spoil` makes of its OFFER, and each REQUEST with what it makes of
-- its ACK.
local function spoiled(dhcp, spoil)
  local server = dhcp.server { pool = POOL, authoritative = true }
  local function spoil_any(reply) return reply and spoil(reply) end
  function server:discover(request) return spoil_any(dhcp.server.discover(self, request)) end
  function server:request(request) return spoil_any(dhcp.server.request(self, request)) end
  return server
end

local lax <const> = { lax = true }

test("an OFFER with another xid is no answer [C-16] [C-19]", function(dhcp)
  spoiled(dhcp, function(reply) reply.xid = reply.xid ~ 1 return reply end)
  local offer, why = dhcp.client { timeout = 2 }:discover()
  t.equal({ offer, why }, { nil, "timeout" })
end, lax)

test("an OFFER for another chaddr is no answer, and counted [C-19]", function(dhcp)
  spoiled(dhcp, function(reply) reply.mac = lab.OTHER reply.broadcast = true return reply end)
  local client = dhcp.client { timeout = 2, broadcast = true }
  t.equal(client:discover(), nil)
  t.equal(client.dropped["another client's chaddr"], 1)
end, lax)

test("an OFFER to an earlier DISCOVER is no answer to a later one [C-16]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    if not self.late then
      self.late = true
      dhcp.sleep(2)
    end
    return dhcp.server.discover(self, request)
  end
  local client = dhcp.client { timeout = 1 }
  t.equal(client:discover(), nil)
  server.discover = function() end
  dhcp.sleep(2)
  t.equal(client:discover(), nil)
end)

test("an ACK in SELECTING is not taken [C-16]", function(dhcp)
  spoiled(dhcp, function(reply) if reply.type == "offer" then reply.type = "ack" end return reply end)
  t.equal(dhcp.client { timeout = 2 }:discover(), nil)
end, lax)

test("an OFFER without option 54 is ignored [C-17]", function(dhcp)
  spoiled(dhcp, function(reply) reply.options.server_id = nil return reply end)
  t.equal(dhcp.client { timeout = 2 }:discover(), nil)
end, lax)

test("the server is who option 54 says, not siaddr nor the source [C-17]", function(dhcp, world)
  spoiled(dhcp, function(reply)
    if reply.type == "offer" then
      reply.options.server_id = "192.168.1.77"
      reply.siaddr = "192.168.1.88"
    end
    return reply
  end)
  local client = dhcp.client { timeout = 2 }
  client:request(client:discover())
  t.equal(sent(world, "request")[1].options.server_id, "192.168.1.77")
end, lax)

test("a reply with another client identifier is dropped [C-18]", function(dhcp)
  spoiled(dhcp, function(reply) reply.options.client_id = "\0other" return reply end)
  local client = dhcp.client { timeout = 2, client_id = "\0mine" }
  t.equal(client:discover(), nil)
  t.equal(client.dropped["another client's identifier"], 1)
  client = dhcp.client { timeout = 2, options = { client_id = "\0mine" } }
  t.equal(client:discover(), nil, "an identifier among the options is one too")
end, lax)

test("a reply without client identifier is taken: old servers do not return it [C-18]", function(dhcp)
  spoiled(dhcp, function(reply) reply.options.client_id = nil return reply end)
  t.ok(dhcp.client { client_id = "\0mine" }:discover())
end, lax)

for _, case in ipairs {
  { "without a lease time", function(reply) reply.options.lease_time = nil end },
  { "with lease time 0", function(reply) reply.options.lease_time = 0 end },
  { "with a malformed lease time", function(reply) reply.options:set_raw(51, "\0\1") end },
  { "of 0.0.0.0", function(reply) reply.yiaddr = ANY end },
} do
  local what, spoil = case[1], case[2]
  test("an ACK " .. what .. " is no lease [C-36]", function(dhcp)
    spoiled(dhcp, function(reply) if reply.type == "ack" then spoil(reply) end return reply end)
    local client = dhcp.client { timeout = 2 }
    local lease, why = client:acquire()
    t.equal({ lease, why, client.state }, { nil, "timeout", "INIT" })
  end, lax)
end

-- Every option of every reply, cut short or replaced: a client may not take it, but never breaks.
test("malformed options in replies never break a client [M-15]", function(dhcp)
  for _, code in ipairs { 1, 3, 50, 51, 53, 54, 57, 58, 59, 61, 80, 82 } do
    for _, bytes in ipairs { "", "\0", "\255\255\255", ("x"):rep(300) } do
      lab.world()
      spoiled(dhcp, function(reply) reply.options:set_raw(code, bytes) return reply end)
      local client = dhcp.client { timeout = 3, client_id = "\0mine" }
      if client:acquire() then
        client:renew({}, { seconds = 1 })
        if client.lease then client:release() end
      end
      t.equal(table.concat(lab.failures, "\n"), "", ("option %d, %d octets"):format(code, #bytes))
    end
  end
end, lax)

test("a NAK from another server than the chosen one is ignored, unless strict_nak [C-38]", function(dhcp)
  for _, strict in ipairs { false, true } do
    lab.world()
    local stranger = dhcp.server { name = "stranger", pool = "192.168.1.200" } -- the first to answer
    dhcp.server { pool = POOL }
    function stranger:discover() end -- luacheck: ignore
    function stranger:request(request) return self:nak(request, "mine, all mine") end
    local client = dhcp.client { strict_nak = strict, timeout = 3 }
    local offer = client:discover()
    local ack, why = client:request(offer)
    if strict then t.equal({ ack, why }, { nil, "nak" }) else t.ok(ack, why) end
  end
end, lax)

test("after a NAK the client begins again, later each time [C-38] [C-22]", function(dhcp, world)
  local server = dhcp.server { pool = POOL }
  function server:request(request) return self:nak(request, "no") end
  local lease, why = dhcp.client { timeout = 30 }:acquire()
  t.equal({ lease, why }, { nil, "nak" })
  local times = {}
  for i, record in ipairs(world.trace:find { type = "discover" }) do times[i] = record.at end
  t.equal(times, { 0.0, 1.0, 3.0, 7.0, 15.0 })
end, lax)

-- ---- retransmission

test("retransmission after 4, 8, 16, 32, 64, 64 s, each give or take one [X-10]", function(dhcp, world)
  t.equal(dhcp.client { timeout = "600s" }:discover(), nil)
  local last, gaps = nil, {}
  for _, record in ipairs(world.trace:find { type = "discover" }) do
    if last then gaps[#gaps + 1] = record.at - last end
    last = record.at
  end
  for i, want in ipairs { 4, 8, 16, 32, 64, 64, 64, 64 } do t.near(gaps[i], want, 1, "interval " .. i) end
  t.ok(gaps[1] ~= 4 and gaps[2] ~= 8, "random")
end)

test("retransmission never speeds up, however long it goes on [X-10]", function(dhcp, world)
  dhcp.client { timeout = "3h" }:discover()
  local last, count = nil, 0
  for _, record in ipairs(world.trace:find { type = "discover" }) do
    if last then t.ok(record.at - last >= 3, ("%g after %g"):format(record.at, last)) end
    last, count = record.at, count + 1
  end
  t.ok(count > 150 and count < 200, count .. " messages")
end)

test("another client waits for other times; the same seed for the same [X-10]", function(dhcp)
  local function times_of(seed, name)
    local world = lab.world { seed = seed }
    dhcp.client { name = name, timeout = 60 }:discover()
    local times = {}
    for i, record in ipairs(world.trace:find { type = "discover" }) do times[i] = record.at end
    return times
  end
  t.equal(times_of(5, "one"), times_of(5, "one"))
  t.ok(times_of(5, "one")[2] ~= times_of(6, "one")[2], "another seed")
  t.ok(times_of(5, "one")[2] ~= times_of(5, "two")[2], "another name")
end, lax)

test("retries = 0 sends once [X-10]", function(dhcp, world)
  dhcp.client { timeout = 60, retries = 0 }:discover()
  t.equal(#sent(world, "discover"), 1)
  t.near(dhcp.now(), 60, 0.001)
end)

test("a retransmission keeps its xid, or takes a new one, as the client is told [X-11]", function(dhcp, world)
  dhcp.client { timeout = 30 }:discover()
  dhcp.client { timeout = 30, new_xid = true }:discover()
  local list = sent(world, "discover")
  local xids = {}
  for i, m in ipairs(list) do xids[i] = m.xid end
  t.equal(#xids, 8)
  t.ok(xids[1] == xids[2] and xids[2] == xids[3] and xids[3] == xids[4], "the same")
  t.ok(xids[5] ~= xids[6] and xids[6] ~= xids[7] and xids[7] ~= xids[8], "new ones")
end)

test("an OFFER to the newest xid is taken, one to an older is not [X-11]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local count = 0
  function server:discover(request)
    count = count + 1
    if count < 3 then return end
    return dhcp.server.discover(self, request)
  end
  t.ok(dhcp.client { timeout = 60, new_xid = true }:acquire())
  t.equal(count, 3)
end)

test("xids differ between clients and between exchanges [X-11]", function(dhcp, world)
  dhcp.server { pool = "192.168.1.10-192.168.1.200" }
  for _ = 1, 50 do dhcp.client {}:acquire() end
  local seen, count = {}, 0
  for _, m in ipairs(sent(world, "discover")) do
    if not seen[m.xid] then count = count + 1 end
    seen[m.xid] = true
  end
  t.equal(count, 50)
end)

test("the REQUEST repeats secs and destination of the DISCOVER [X-12]", function(dhcp, world)
  local server = dhcp.server { pool = POOL }
  local count = 0
  function server:discover(request)
    count = count + 1
    return count > 2 and dhcp.server.discover(self, request) or nil
  end
  local client = dhcp.client { timeout = 60 }
  local offer = client:discover()
  dhcp.sleep(5)
  t.ok(client:request(offer))
  local discovers, request = sent(world, "discover"), sent(world, "request")[1]
  t.ok(discovers[3].secs >= 10, "secs counts on in retransmissions")
  t.equal({ request.secs, request.destination }, { discovers[3].secs, discovers[3].destination })
end)

test("secs is 0 at first and counts whole seconds since then [X-12]", function(dhcp, world)
  dhcp.client { timeout = 60 }:discover()
  for i, record in ipairs(world.trace:find { type = "discover" }) do
    t.equal(record.message.secs, math.floor(record.at), "message " .. i)
  end
end)

t.done()
