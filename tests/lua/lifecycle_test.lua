-- A client's life: RFC 2131 figure 5, its timers (4.4.5), what it does when answers are missing or wrong.
local t = require "harness"
local lab = require "lab"

local POOL <const> = "192.168.1.100-192.168.1.110"

-- Figure 5, as pairs of states, and what the text adds to the picture.
local figure5 <const> = {
  ["INIT>SELECTING"] = "4.4.1", ["SELECTING>REQUESTING"] = "an OFFER is selected", ["REQUESTING>BOUND"] = "DHCPACK",
  ["REQUESTING>INIT"] = "DHCPNAK, or DHCPDECLINE", ["INIT-REBOOT>REBOOTING"] = "4.4.2", ["REBOOTING>BOUND"] = "DHCPACK",
  ["REBOOTING>INIT"] = "DHCPNAK", ["BOUND>RENEWING"] = "T1", ["RENEWING>BOUND"] = "DHCPACK",
    ["RENEWING>INIT"] = "DHCPNAK",
  ["RENEWING>REBINDING"] = "T2", ["REBINDING>BOUND"] = "DHCPACK", ["REBINDING>INIT"] = "DHCPNAK, or the lease ends",
}
local text <const> = {
  ["SELECTING>INIT"] = "4.4.1: no OFFER came", ["BOUND>INIT"] = "4.4.6: DHCPRELEASE",
  ["INIT>INIT-REBOOT"] = "3.2: the address is remembered",
}

local occurred = {} -- over all tests of this file

local function states_of(world, name)
  local list, before = {}, nil
  for _, note in ipairs(world.trace.notes or {}) do
    if note.event == "state" and (not name or note.from == name) then
      list[#list + 1] = ("%g %s"):format(note.at, note.text)
      occurred[note.before .. ">" .. note.text] = true
      t.ok(not name or before == nil or before == note.before, "nothing is skipped")
      before = note.text
    end
  end
  return list
end

local function test(name, f, options)
  options = options or {}
  if options.client == nil then options.client = true end
  lab.test(name, function(dhcp, world)
    f(dhcp, world)
    states_of(dhcp.trace.world)
  end, options)
end

local lax <const> = { lax = true }

-- Times and types of what was sent by clients.
local function sent(world, since)
  local list = {}
  for _, record in ipairs(world.trace:find()) do
    if record.message and record.message.op == 1 and record.at >= (since or 0) then
      list[#list + 1] = { record.at, record.type, record.message.kind, record.message.destination }
    end
  end
  return list
end

local function kinds(list)
  local words = {}
  for i, entry in ipairs(list) do words[i] = entry[3] or entry[2] end
  return table.concat(words, " ")
end

-- ---- the straight way

test("INIT, SELECTING, REQUESTING, BOUND, and a renewal at T1 each time [C-25]", function(dhcp, world)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local client = dhcp.client { name = "ada" }
  client:run(1600)
  t.equal(states_of(world, "ada"), { "0 SELECTING", "0 REQUESTING", "0 BOUND", "500 RENEWING", "500 BOUND",
    "1000 RENEWING",
    "1000 BOUND", "1500 RENEWING", "1500 BOUND" })
  t.equal({ client.state, client.lease.expires }, { "BOUND", 2500.0 })
end)

test("a renewal is unicast to the server of the lease, from the own address [C-25] [C-03]", function(dhcp, world)
  dhcp.server { pool = POOL, lease_time = 1000 }
  dhcp.client {}:run(600)
  local last = sent(world, 400)
  t.equal({ #last, last[1][3], last[1][4] }, { 1, "renewing", "192.168.1.2:67" })
end)

-- ---- T1, T2, expiry

-- A client that lost its server: what it sent after that, and its states.
local function lose_server(dhcp, world, lease_time, seconds, others)
  local server = dhcp.server { name = "first", pool = POOL, lease_time = lease_time }
  local client = dhcp.client { name = "ada" }
  local life = dhcp.spawn(function() client:run(seconds) end)
  dhcp.sleep(1)
  server:stop()
  if others then others() end
  life:join()
  return sent(world, 1), states_of(world, "ada"), client
end

test("RENEWING and REBINDING ask again after half the time left, never sooner than a minute [C-25] [C-26]",
  function(dhcp, world)
  local list, states = lose_server(dhcp, world, 8000, 8000.5)
  local times = {}
  for i, entry in ipairs(list) do times[i] = ("%g %s"):format(entry[1], entry[3] or entry[2]) end
  t.equal(times, {
    "4000 renewing", "5500 renewing", "6250 renewing", "6625 renewing", "6812.5 renewing", "6906.25 renewing",
    "6966.25 renewing", "7000 rebinding", "7500 rebinding", "7750 rebinding", "7875 rebinding", "7937.5 rebinding",
    "7997.5 rebinding", "8000 discover",
  })
  t.equal(states, { "0 SELECTING", "0 REQUESTING", "0 BOUND", "4000 RENEWING", "7000 REBINDING", "8000 INIT",
    "8000 SELECTING" })
end)

test("a lease of less than two minutes has no room to ask again [C-26]", function(dhcp, world)
  local list = lose_server(dhcp, world, 80, 80.5)
  t.equal(kinds(list), "renewing rebinding discover")
  t.equal({ list[1][1], list[2][1], list[3][1] }, { 40.0, 70.0, 80.0 })
end)

test("when the lease ends the address is used no more, and the client begins anew [C-27]", function(dhcp, world)
  local _, _, client = lose_server(dhcp, world, 80, 80.5)
  t.equal({ client.lease, client.state }, { nil, "SELECTING" })
  local bare = lab.bare { mac = lab.OTHER, addresses = { "192.168.1.50" } }
  bare.port:send(lab.discover {}, "192.168.1.100:68")
  dhcp.sleep(5)
  t.equal(world.trace:find { fate = "dropped" }[1] ~= nil, true, "nobody answers for it")
end, lax)

test("whoever moves a client by hand leaves an ended lease behind with the next DISCOVER [C-27]", function(dhcp, world)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local client = dhcp.client { name = "ada" }
  local lease = client:acquire()
  dhcp.sleep(lease.expires - dhcp.now())
  client:acquire()
  t.equal(world.trace:find { type = "discover" }[2].src, "0.0.0.0:68")
  t.equal({ client.state, client.lease.obtained }, { "BOUND", 1000.0 })
end)

test("another server may extend in REBINDING, and is the server from then on [C-26] [C-30]", function(dhcp, world)
  local _, states, client = lose_server(dhcp, world, 1000, 900, function()
    dhcp.server { name = "second", pool = POOL, lease_time = 1000, authoritative = true }
  end)
  t.equal({ states[#states], client.lease.server }, { "875 BOUND", "192.168.1.3" })
end)

test("T1 and T2 of the ACK are kept [C-24]", function(dhcp, world)
  dhcp.server { name = "first", pool = POOL, lease_time = 1000, renewal_time = 100, rebinding_time = 900 }
  local client = dhcp.client { name = "ada" }
  client:run(150)
  t.equal(states_of(world, "ada")[4], "100 RENEWING")
end)

test("an infinite lease is never renewed [C-35]", function(dhcp, world)
  dhcp.server { pool = POOL, lease_time = "infinite" }
  local client = dhcp.client {}
  client:run("1000000h")
  t.equal({ client.state, kinds(sent(world)) }, { "BOUND", "discover selecting" })
end)

-- ---- NAK

for _, case in ipairs { { "RENEWING", "renewing", 500 }, { "REBINDING", "rebinding", 875 } } do
  test(("a NAK during %s ends the lease and returns the client to INIT [C-28]"):format(case[1]), function(dhcp, world)
    local server = dhcp.server { pool = POOL, lease_time = 1000 }
    local refused = false
    function server:request(request)
      if request.kind == case[2] and not refused then
        refused = true
        return self:nak(request, "no more")
      end
      if request.kind == "renewing" and case[2] == "rebinding" then return end
      return dhcp.server.request(self, request)
    end
    local client = dhcp.client { name = "ada" }
    local life = dhcp.spawn(function() client:run(case[3] + 0.5) end)
    life:join()
    local states = states_of(world, "ada")
    t.equal(states[#states], ("%d INIT"):format(case[3]))
    t.equal(client.lease, nil)
    client:run(5)
    t.equal(client.state, "BOUND", "and it begins again")
  end, lax)
end

test("a NAK in REQUESTING returns the client to INIT [C-22]", function(dhcp, world)
  local server = dhcp.server { pool = POOL }
  local count = 0
  function server:request(request)
    count = count + 1
    if count == 1 then return self:nak(request, "not now") end
    return dhcp.server.request(self, request)
  end
  dhcp.client { name = "ada" }:run(5)
  t.equal(states_of(world, "ada"), { "0 SELECTING", "0 REQUESTING", "0 INIT", "1 SELECTING", "1 REQUESTING",
    "1 BOUND" })
end, lax)

test("no answer in REQUESTING for a minute: back to INIT [C-22]", function(dhcp, world)
  local server = dhcp.server { pool = POOL }
  local silent = true
  function server:request(request)
    if not silent then return dhcp.server.request(self, request) end
  end
  local client = dhcp.client { name = "ada" }
  local life = dhcp.spawn(function() client:run(70) end)
  dhcp.sleep(55)
  silent = false
  life:join()
  local states = states_of(world, "ada")
  t.equal({ states[3], states[#states] }, { "60 INIT", "60 BOUND" })
  t.match(kinds(sent(world)), "^discover selecting selecting selecting selecting .*discover selecting$")
end)

test("no OFFER: the client goes on asking, in the end once a minute or so [C-22] [X-10]", function(dhcp, world)
  local client = dhcp.client { name = "ada" }
  client:run(600)
  local times = {}
  for i, record in ipairs(world.trace:find { type = "discover" }) do times[i] = record.at end
  t.equal(client.state, "SELECTING")
  for i, wanted in ipairs { 4, 8, 16, 32, 64, 64, 64 } do
    t.near(times[i + 1] - times[i], wanted, 1, "pause " .. i)
  end
end)

test("a client that finds no offer good enough does not hurry [C-21] [C-38]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client { name = "ada", window = 0 }
  function client:choose() end -- luacheck: ignore
  client:run(1000)
  t.ok(#sent(world) < 40, #sent(world) .. " messages")
end)

-- ---- strays

test("in BOUND stray OFFERs, ACKs and NAKs change nothing [C-29]", function(dhcp, world)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local client = dhcp.client { name = "ada", mac = lab.MAC }
  local life = dhcp.spawn(function() client:run(400) end)
  dhcp.sleep(10)
  local lease = client.lease
  local bare = lab.bare { mac = lab.OTHER }
  for _, type in ipairs { "offer", "ack", "nak" } do
    for _, xid in ipairs { client.xid, 12345 } do
      bare.port:send(dhcp.message { op = 2, type = type, mac = lab.MAC, xid = xid, yiaddr = "192.168.1.99",
        options = { server_id = "192.168.1.2", lease_time = 5 } }, "255.255.255.255:68")
    end
  end
  dhcp.sleep(10)
  t.ok(client.lease == lease and client.state == "BOUND")
  t.equal(client.dropped["stray message in BOUND"], 6)
  life:join()
  t.equal(#states_of(world, "ada"), 3)
end, lax)

test("a renewal's ACK with another xid is dropped [C-30]", function(dhcp, world)
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  function server:request(request)
    local ack = dhcp.server.request(self, request)
    if request.kind == "renewing" then ack.xid = ack.xid ~ 1 end
    return ack
  end
  local client = dhcp.client { name = "ada" }
  client:run(600)
  t.equal({ client.state, client.lease.obtained }, { "RENEWING", 0.0 })
  t.equal(states_of(world, "ada")[4], "500 RENEWING")
end, lax)

-- ---- INIT-REBOOT

-- A client with a lease that stops living at 100 s and begins again at 200 s.
local function restart(dhcp, options, meanwhile)
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  local settings = { name = "ada" }
  for key, value in pairs(options or {}) do settings[key] = value end
  local client = dhcp.client(settings)
  client:run(100)
  client.network:remove_address(client, client.lease.address)
  client.lease, client.state = nil, "INIT" -- as after a power cut
  dhcp.sleep(100)
  if meanwhile then meanwhile(server) end
  return client, server
end

test("a client that remembers its address asks for it by INIT-REBOOT: ACK, BOUND [C-31] [C-01]", function(dhcp, world)
  local client = restart(dhcp)
  client:run(10)
  t.equal({ client.state, kinds(sent(world, 150)) }, { "BOUND", "init-reboot" })
  t.equal(client.lease.obtained, 200.0)
end)

test("a NAK to INIT-REBOOT: INIT, and a new address [C-31]", function(dhcp, world)
  local client = restart(dhcp, nil, function(server)
    function server:request(request)
      if request.kind == "init-reboot" then return self:nak(request, "moved") end
      return dhcp.server.request(self, request)
    end
  end)
  client:run(10)
  t.equal({ client.state, kinds(sent(world, 150)) }, { "BOUND", "init-reboot discover selecting" })
end, lax)

test("silence after INIT-REBOOT: the old lease counts until it ends [C-31]", function(dhcp, world)
  local client = restart(dhcp, nil, function(server) server:stop() end)
  client:run(70)
  t.equal({ client.state, client.lease.address, client.lease.expires }, { "BOUND", "192.168.1.100", 1000.0 })
  t.equal(kinds(sent(world, 150)), "init-reboot init-reboot init-reboot init-reboot")
end)

test("silence after INIT-REBOOT with keep_after_reboot = false: INIT [C-31]", function(dhcp, world)
  local client = restart(dhcp, { keep_after_reboot = false }, function(server) server:stop() end)
  client:run(70)
  t.equal({ client.state, client.lease }, { "SELECTING", nil })
  local list = sent(world, 150)
  t.equal(list[#list][2], "discover")
end)

test("a lease that has ended meanwhile is not asked for [C-31]", function(dhcp, world)
  local client = restart(dhcp, nil, function() dhcp.sleep(2000) end)
  client:run(10)
  t.equal(kinds(sent(world, 150)), "discover selecting")
end)

test("an address that was released is not asked for by INIT-REBOOT [C-33]", function(dhcp, world)
  dhcp.server { pool = POOL }
  local client = dhcp.client { name = "ada" }
  client:run(10)
  client:release()
  client:run(10)
  t.equal(kinds(sent(world)), "discover selecting release discover selecting")
end)

-- ---- conflicts, start, end

test("an address in use: DECLINE, ten seconds, INIT, another address [C-32]", function(dhcp, world)
  dhcp.server { pool = POOL }
  dhcp.host { address = "192.168.1.100" }
  local client = dhcp.client { name = "ada", probe = true }
  client:run(60)
  t.equal({ client.state, client.lease.address }, { "BOUND", "192.168.1.101" })
  local list = sent(world)
  t.equal(kinds(list), "discover selecting decline discover selecting")
  t.ok(list[4][1] - list[3][1] >= 10, "ten seconds")
end)

test("a client that looks by itself finds who uses its address, without the setting for it", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.110" }
  dhcp.host { address = "192.168.1.100" }
  local client = dhcp.client {}
  client:acquire()
  t.ok(client:is_in_use("192.168.1.100"))
  client:decline("in use")
  t.equal(client:acquire().address, "192.168.1.101")
  t.ok(not client:is_in_use("192.168.1.101"))
end)

test("a start delay of 1 to 10 s, when wanted [C-20]", function(dhcp, world)
  dhcp.server { pool = "192.168.1.10-192.168.1.200" }
  for _ = 1, 40 do
    local client = dhcp.client { start_delay = true }
    dhcp.spawn(function() client:run(20) end)
  end
  dhcp.sleep(30)
  local different, last = 0, nil
  for _, entry in ipairs(sent(world)) do
    if entry[2] == "discover" then
      t.ok(entry[1] >= 1 and entry[1] <= 10, entry[1])
      if entry[1] ~= last then different = different + 1 end
      last = entry[1]
    end
  end
  t.ok(different > 3, "at different times")
  t.equal(sent(world)[1][1] > 0, true)
end)

test("without it the first DISCOVER goes at once [C-20]", function(dhcp, world)
  dhcp.client {}:run(1)
  t.equal(sent(world)[1][1], 0.0)
end)

test("run ends on time in every state, and the client can go on", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  local client = dhcp.client { name = "ada" }
  for _, until_time in ipairs { 0.5, 400, 510, 600 } do
    client:run(until_time - dhcp.now())
    t.near(dhcp.now(), until_time, 1e-6)
  end
  server:stop()
  client:run(2000)
  t.ok(not client.living and not client.waiting)
  server:restart()
  t.ok(client:acquire())
end)

test("a FORCERENEW without authentication is dropped, and counted [E-13]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local client = dhcp.client { name = "ada", mac = lab.MAC }
  local life = dhcp.spawn(function() client:run(100) end)
  dhcp.sleep(10)
  local bare = lab.bare { mac = lab.OTHER, addresses = { "192.168.1.2" } }
  bare.port:send(dhcp.message { op = 2, type = "forcerenew", mac = lab.MAC, options = { server_id = "192.168.1.2" } },
    client.lease.address .. ":68")
  life:join()
  t.equal({ client.state, client.lease.obtained }, { "BOUND", 0.0 })
  local count = 0
  for reason, n in pairs(client.dropped) do if reason:find("FORCERENEW") then count = count + n end end
  t.equal(count, 1)
end, lax)

-- ---- all of it

t.test("what occurred over these runs is figure 5: every transition of it, and none beside [C-27] [C-28] [C-31]",
  function()
    for transition in pairs(occurred) do
      t.ok(figure5[transition] or text[transition], "a transition that the RFC does not have: " .. transition)
    end
    for transition, why in pairs(figure5) do t.ok(occurred[transition], ("%s (%s) never occurred"):format(transition,
      why)) end
  end)

-- ---- a server that is known before

test("a known server is asked by unicast, and everyone when it stays silent [C-37]", function(dhcp, world)
  local there = dhcp.server { name = "there", pool = POOL }
  local client = dhcp.client { name = "ada", known_server = "192.168.1.77" }
  t.ok(client:acquire(), "a lease all the same")
  local ways = {}
  for i, record in ipairs(world.trace:find { type = "discover" }) do ways[i] = record.rfc_dst end
  t.equal(ways, { "192.168.1.77:67", "255.255.255.255:67" })
  local near = dhcp.client { name = "bob", known_server = there.address }
  t.ok(near:acquire())
  t.equal(world.trace:find { type = "discover", from = "bob" }[1].rfc_dst, there.address .. ":67")
  local again = dhcp.client { name = "cy", known_server = "192.168.1.77", timeout = 6 }
  again:reboot("192.168.1.200")
  ways = {}
  for i, record in ipairs(world.trace:find { type = "request", from = "cy" }) do ways[i] = record.rfc_dst end
  t.equal(ways, { "192.168.1.77:67", "255.255.255.255:67" })
end)

t.done()
