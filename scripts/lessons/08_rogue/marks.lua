-- Lesson 8: what is checked, and what is said about it.
local dhcp = require "dhcplab"

local SERVER <const>, ROUTER <const> = "10.0.9.2", "10.0.1.1"
local MINUTE <const>, HOUR <const> = 60, 3600

-- The switch with this address: its side towards the room.
local function switch(lab, address)
  for _, side in ipairs(lab:relays()) do
    if side.which == "below" and side.address == address then return side end
  end
  lab:fail(("the switch with the address %s, as it was at the beginning"):format(address), "none")
end

-- The server in the machine room.
local function the_server(lab)
  for _, server in ipairs(lab:servers()) do
    if server.address == SERVER then return server end
  end
  lab:fail("the server with the address " .. SERVER .. ", as it was at the beginning", "none")
end

-- Plays the script; then all of its clients give back what they have, and what was only offered has come back.
local function play(lab)
  lab:play()
  for _, client in ipairs(lab:clients()) do
    if client.lease then dhcp.client.release(client) end
  end
  dhcp.sleep(2 * MINUTE)
end

-- Rooms of the marker's own, behind switches of their own: 3, 4 ...
local function room(lab, number)
  local network = dhcp.network {}
  dhcp.relay { from = network, to = switch(lab, "10.0.1.1").relay.options.to, address = "10.0.1." .. number,
               server_address = "10.0.9." .. 10 + number, circuit_id = "room " .. number }
  return network
end

-- So many clients in that room, one after another, `pause` seconds apart: those that got an address.
local function crowd(lab, network, count, pause)
  local got = {}
  for _ = 1, count do
    local client = lab:client { network = network, timeout = 0.1 }
    if client:acquire() then got[#got + 1] = client end
    dhcp.sleep(pause or 0)
  end
  return got
end

-- Defence 1 -----------------------------------------------------------------------------------------------------------

local function expect_address(lab, network, after_what)
  local lease = lab:client { network = network }:acquire()
  if lease then return end
  local server, expected = the_server(lab), "an address for a computer in another room, " .. after_what
  if server.drops["no address left"] then lab:fail(expected, "silence: no address is left") end
  if not lab.trace:find_first { type = "offer", from = server.name } then
    lab:fail(expected, "silence", "the server answers nobody at all; does server:discover return the OFFER?")
  end
  lab:fail(expected, "silence, although addresses are left",
    "a limit for all rooms together helps the attacker: he uses it up, and nobody else gets an answer")
end

local function survives(lab)
  play(lab)
  crowd(lab, room(lab, 3), 40)
  expect_address(lab, room(lab, 4), "after 40 requests from one room")
end

local function survives_patient(lab)
  play(lab)
  crowd(lab, room(lab, 3), 30, MINUTE)
  expect_address(lab, room(lab, 4), "after a request a minute from one room")
end

local function survives_offers(lab)
  play(lab)
  local network = room(lab, 3)
  for _ = 1, 40 do lab:client { network = network, timeout = 0.1 }:discover() end
  expect_address(lab, room(lab, 4), "after 40 DISCOVERs without a REQUEST")
end

local function serves_three(lab)
  play(lab)
  lab:equal(#crowd(lab, room(lab, 3), 3), 3, "so many of three computers of a room get an address")
  lab:equal(#crowd(lab, room(lab, 4), 3), 3, "so many of three computers of the next room get an address")
end

local function keeps_serving(lab)
  play(lab)
  local three = crowd(lab, room(lab, 3), 3)
  lab:equal(#three, 3, "so many of three computers of a room get an address")
  local before = three[1].lease.address
  local offer = three[1]:discover()
  lab:expect(offer, "an OFFER for one of the three that asks again", "silence",
    "it has an address already: it is one of the three, not a fourth")
  lab:equal(offer.yiaddr, before, "the address that it is offered")
end

local function frees(lab)
  play(lab)
  local network = room(lab, 3)
  local three = crowd(lab, network, 3)
  lab:equal(#three, 3, "so many of three computers of a room get an address")
  three[2]:release()
  dhcp.sleep(1)
  lab:equal(#crowd(lab, network, 1), 1, "so many new computers get an address when one has given its own back")
  dhcp.sleep(2 * HOUR)
  lab:equal(#crowd(lab, network, 3), 3, "so many new computers get an address when all leases of the room are over",
    "a lease that has ended counts no more, although nobody has given it back: server:leases() knows")
end

-- Defence 2 -----------------------------------------------------------------------------------------------------------

-- A server of the marker's own in that room.
local function rogue(lab, network)
  return lab:server { network = network, address = "10.0.1.98", subnet = "10.0.1.0/24",
                      pool = "10.0.1.150-10.0.1.190", options = { routers = "10.0.1.98" } }
end

-- What a client in a room with a rogue is offered: by the server, and by nobody else.
local function offer_of_server(lab, network, where)
  local client = lab:client { network = network }
  local offers = client:offers("2s")
  for _, offer in ipairs(offers) do
    local router = offer.options.routers and offer.options.routers[1] or "none"
    lab:expect(offer.options.server_id == SERVER and router == ROUTER,
      "no OFFER of the rogue for a computer in " .. where, ("one of %s with router %s"):format(offer.yiaddr, router))
  end
  return offers[1], client
end

local function why_silent(lab, client)
  local asked = lab.trace:find_last { type = "discover", from = client.name }
  if asked.fate == "dropped" then
    return "what computers send must pass: only messages that servers send are dropped"
  end
  return "in the room the OFFER comes from the switch, which carries it on: packet.from is the switch's name"
end

local function guards_room1(lab)
  play(lab)
  local offer, client = offer_of_server(lab, switch(lab, "10.0.1.1").network, "room 1")
  lab:expect(offer, "the server's OFFER for a computer in room 1", "silence", not offer and why_silent(lab, client))
end

local function guards_room2(lab)
  play(lab)
  local side = switch(lab, "10.0.1.2")
  rogue(lab, side.network)
  offer_of_server(lab, side.network, "room 2")
  lab:expect(not lab.trace:find_first { type = "offer", from = side.name, fate = "dropped" },
    "the server's OFFER for a computer in room 2", "it was dropped", "here the switch has another name")
end

local function sees_through(lab)
  play(lab)
  local network = switch(lab, "10.0.1.1").network
  local liar = rogue(lab, network)
  function liar:discover(request)
    local offer = self:offer(request)
    offer.options.server_id = SERVER
    return offer
  end
  offer_of_server(lab, network, "room 1")
end

-- It keeps quiet until the REQUEST, says no or yes then, and names itself as the server does.
local function stops_nak_and_ack(lab)
  play(lab)
  local network = switch(lab, "10.0.1.1").network
  local liar = rogue(lab, network)
  function liar:discover() end
  for _, kind in ipairs { "nak", "ack" } do
    function liar:request(request)
      local reply = kind == "nak" and self:nak(request) or self:ack(request, "10.0.1.150")
      reply.options.server_id = SERVER
      return reply
    end
    local client = lab:client { network = network }
    local offer = lab:expect(client:discover(), "the server's OFFER", "silence")
    local ack, why, nak = client:request(offer)
    lab:expect(ack or nak, "the server's ACK", why)
    lab:expect(ack and ack.yiaddr == offer.yiaddr, "the server's ACK", "the rogue's " .. kind:upper())
  end
end

local first <const>, second <const> = "an attack leaves addresses for other rooms", "room 1 hears the server only"

return {
  checks = {
    { name = first, points = 3, run = survives, rfc = "RFC 2131 7",
      why = "whoever can be as many computers as he likes takes as many addresses; what he cannot change is the socket "
        .. "that he is at, which the switch names",
      hints = { "What is the same in all requests of the attacker? See lesson 7.",
                "For each client_key remember the room it asked from; count those of this room among self:leases().",
                "If three others of this room have an address, return nothing: silence." } },
    { name = "a patient attack too", points = 2, after = first, run = survives_patient, rfc = "RFC 2131 7",
      why = "a limit of requests per minute makes the attack slower, no more: count the addresses that a room has",
      hints = { "How many addresses does the room have now? self:leases() is the list." } },
    { name = "what is only offered counts too", points = 1, after = first, run = survives_offers, rfc = "RFC 2131 3.1",
      why = "a server sets an address aside when it offers it, here for a minute",
      hints = { "The state of such a lease is \"offered\"." } },
    { name = "three computers of a room have addresses", points = 2, after = first, run = serves_three,
      why = "a defence that keeps honest computers out does the attacker's work",
      hints = { "Return nothing if three OTHERS have an address. Is the limit per room?" } },
    { name = "who has an address may ask again", points = 1, after = "three computers of a room have addresses",
      run = keeps_serving, rfc = "RFC 2131 4.3.1", why = "a computer that is started again asks again",
      hints = { "Do not count the lease whose client is request.client_key." } },
    { name = "what is given back is free again", points = 2, after = "three computers of a room have addresses",
      run = frees, rfc = "RFC 2131 4.3.4", why = "a number that only grows shuts the room for ever",
      hints = { "Count anew each time: of self:leases() only the states \"offered\" and \"bound\" are held." } },
    { name = second, points = 3, run = guards_room1, rfc = "RFC 2131 7",
      why = "any computer can answer a DISCOVER, and most take the first OFFER; somebody else's computer, on which no "
        .. "script of yours runs, can be protected by its switch only",
      hints = { "Print packet.type and packet.from in the tap: who sends what in room 1?",
                "Drop what servers send unless packet.from is \"switch1\"." } },
    { name = "room 2 hears the server only", points = 1, after = second, run = guards_room2, rfc = "RFC 2131 7",
      why = "a rogue can be in any room",
      hints = { "A tap for each room, with the name of its own switch; make a function of it." } },
    { name = "a false name does not help", points = 2, after = second, run = sees_through, rfc = "RFC 2131 7",
      why = "a rogue writes into its messages what it likes, also the server's address (option 54); what it cannot "
        .. "choose is where its messages come from",
      hints = { "Do not believe packet.message; packet.from is where it came from." } },
    { name = "no ACK and no NAK of a rogue", points = 2, after = second, run = stops_nak_and_ack, rfc = "RFC 2131 3.1",
      why = "a rogue may keep quiet until the REQUEST, and then be faster than the server",
      hints = { "Which messages does a server send? dhcplab help messages.", "offer, ack and nak" } },
    { name = "question 1: what changes", points = 1, answer = "new_each_time", is = { "chaddr", "mac" },
      rfc = "RFC 2131 4.2", wrong = { xid = "it is another one for each computer, but a server knows nobody by it",
        other = "by which field does a server know a computer that names itself in no other way?" },
      hints = { "Take dhcp.show \"none\" away, play it, and compare the DISCOVERs of two fakes.",
                "dhcplab help chaddr" } },
    { name = "question 2: the option of the rogue", points = 1, answer = "router_option", is = 3, rfc = "RFC 2132 3.5",
      wrong = { [54] = "that is its own address; for other networks honest needs another one",
                other = "what does honest need to reach other networks?" },
      hints = { "Find 10.0.1.66 in the rogue's OFFER: it stands in two options.", "dhcplab help routers" } },
  },
}
