-- Lesson 7: what is checked, and what is said about it.
local dhcp = require "dhcplab"

-- Plays the script; then everybody who has an address gives it back.
local function play(lab)
  lab:play()
  for _, client in ipairs(lab:clients()) do
    if client.lease then dhcp.client.release(client) end
  end
  dhcp.sleep(1)
end

-- The relay of the script whose address begins like this: its side towards the clients.
local function relay_of(lab, prefix)
  local others = {}
  for _, side in ipairs(lab:relays()) do
    if side.which == "below" then
      if side.address:sub(1, #prefix) == prefix then return side end
      others[#others + 1] = side.address
    end
  end
  lab:fail(("a relay with an address of %s0/24"):format(prefix),
    others[1] and "relays with " .. table.concat(others, ", ") or "no relay",
    "the relay writes its address into giaddr, and by that the server knows from which network a request comes")
end

-- A relay of the marker's own, beside those of the script; its network.
local function plug(lab, address, socket)
  local network = dhcp.network {}
  dhcp.relay { from = network, to = relay_of(lab, "10.0.1.").relay.options.to, address = "10.0.1." .. address,
               server_address = "10.0.9." .. address, circuit_id = socket }
  return network
end

-- A new client on that network: what it is offered.
local function offer_on(lab, network, what)
  local offer = lab:client { network = network }:discover()
  if offer then return offer.yiaddr end
  if lab:only("server").drops["no subnet for this giaddr"] then
    lab:fail(what, "silence: the server has no subnet for this giaddr", "a server gives addresses of its subnets only")
  end
  lab:fail(what, "silence")
end

local function serves(prefix)
  return function(lab)
    play(lab)
    local what = ("an address of %s0/24 for a computer in that room"):format(prefix)
    local address = offer_on(lab, relay_of(lab, prefix).network, what)
    lab:expect(address:sub(1, #prefix) == prefix, what, address)
  end
end

-- Option 82 of requests that come through the relay of this room.
local function names_socket(lab, prefix, socket)
  local side = relay_of(lab, prefix)
  lab:client { network = side.network }:discover()
  local request = lab.trace:find_last { type = "discover", giaddr = side.address }
  local agent = lab:expect(request, "a DISCOVER that the relay carries on", "none").message.options[82]
  local own = lab.trace:find_first(function(record)
    return record.message.giaddr == "0.0.0.0" and record.message.options:has(82)
  end)
  local what = ("circuit_id \"%s\" in option 82 of what %s carries on"):format(socket, side.name)
  if not agent then
    lab:fail(what, own and "an option 82 of the client's own" or "no option 82", own and "a client could name any "
      .. "socket it likes, so a relay does not carry on what has an option 82 already")
  end
  agent = type(agent) == "table" and agent or {}
  if agent.remote_id and not agent.circuit_id then
    lab:fail(what, "only remote_id", "remote_id tells who is at the far end of a line; circuit_id which line it is")
  end
  lab:expect(agent.circuit_id == socket, what, ("\"%s\""):format(agent.circuit_id or ""))
end

local function names_sockets(lab)
  play(lab)
  names_socket(lab, "10.0.1.", "socket 1.7")
  names_socket(lab, "10.0.2.", "socket 2.7")
end

local function gives_by_socket(lab)
  play(lab)
  local address = offer_on(lab, plug(lab, 250, "socket 1.8"), "10.0.1.8 for a computer at \"socket 1.8\"")
  lab:expect(address == "10.0.1.8", "10.0.1.8 for a computer at \"socket 1.8\"", address, address == "10.0.1.7"
    and "it was not the relay of room 1 that carried this: its network is the same, its socket another one")
  address = offer_on(lab, relay_of(lab, "10.0.2.").network, "10.0.2.7 for a computer at \"socket 2.7\"")
  lab:expect(address == "10.0.2.7", "10.0.2.7 for a computer at \"socket 2.7\"", address)
end

local function keeps_it(lab)
  play(lab)
  local lease, why = lab:client { network = plug(lab, 250, "socket 1.8") }:acquire()
  lab:expect(lease, "an ACK for the address of the socket", why)
  lab:equal(lease.address, "10.0.1.8", "the address in the ACK")
end

local function serves_others(lab)
  play(lab)
  for i, socket in ipairs { "socket 1.9", false } do
    local where = socket and "a computer at \"socket 1.9\", which is not in the table" or "a computer without option 82"
    local what = "an address of the pool, 10.0.1.100 to 10.0.1.200, for " .. where
    local address = offer_on(lab, plug(lab, 250 + i, socket or nil), what)
    local last = tonumber(address:match("^10%.0%.1%.(%d+)$")) or 0
    lab:expect(last >= 100 and last <= 200, what, address)
  end
end

local function one_at_a_time(lab)
  play(lab)
  local network = plug(lab, 250, "socket 1.8")
  local lease = lab:client { network = network }:acquire()
  local second = offer_on(lab, network, "another address for a second computer at the same socket")
  lab:expect(not lease or second ~= lease.address, "another address for a second computer at the same socket",
    second .. " for both")
end

return {
  checks = {
    { name = "room 1 has addresses", points = 1, run = serves "10.0.1.", rfc = "RFC 2131 4.3.1",
      why = "leave the relay of room 1 as it is; it only says more",
      hints = { "dhcp.relay { from = room1, to = center, address = \"10.0.1.1\", ... } was there at the beginning." } },
    { name = "room 2 has addresses", points = 2, run = serves "10.0.2.", rfc = "RFC 2131 4.3.1",
      why = "a broadcast ends at the edge of its network; a relay carries it on",
      hints = { "The relay of room 1 is the model: its own name, its own network, its own two addresses.",
                "Look at what the server says to itself: dhcplab run start.lua --virtual --explain.",
                "{ subnet = \"10.0.2.0/24\" } goes into the server's list subnets." } },
    { name = "the relays name their sockets", points = 2, after = { "room 1 has addresses", "room 2 has addresses" },
      run = names_sockets, rfc = "RFC 3046 2.0", why = "only the relay sees through which socket a request comes",
      hints = { "dhcplab help dhcp.relay: which setting becomes option 82?", "circuit_id = \"socket 1.7\"" } },
    { name = "gives the address of the socket", points = 3, after = "the relays name their sockets",
      run = gives_by_socket, rfc = "RFC 3046 2.2", why = "giaddr tells the network; which socket it is says option 82",
      hints = { "request.options.relay_agent_information is a table here; print its fields, or see lesson 1.",
                "local socket = request.options.relay_agent_information.circuit_id" } },
    { name = "and confirms it", points = 1, after = "gives the address of the socket", run = keeps_it,
      rfc = "RFC 2131 4.3.2", why = "the client asks for what was offered to it",
      hints = { "dhcp.server.request(self, request) confirms what self:offer(request, address) has offered." } },
    { name = "others get one of the pool", points = 2, after = "gives the address of the socket", run = serves_others,
      rfc = "RFC 3046 2.0", why = "not every request comes through a relay that says more, or from one of these",
      hints = { "What is request.options.relay_agent_information where there is no option 82?",
                "local agent = request.options.relay_agent_information, then: agent and agent.circuit_id" } },
    { name = "one address is for one computer", points = 2, after = "gives the address of the socket",
      run = one_at_a_time, rfc = "RFC 2131 4.3.1", why = "two computers at one socket are rare, but a small switch is "
        .. "enough; what one has, the other must not get",
      hints = { "server:is_taken is there already.",
                "if address and not self:is_taken(address, request) then ..." } },
    { name = "question 1: giaddr", points = 1, answer = "giaddr", is = "10.0.1.1", rfc = "RFC 1542 4.1.1",
      wrong = { ["0.0.0.0"] = "that is what the client wrote; look at the message that reaches the server",
                ["10.0.9.3"] = "that is the relay's address on the other side, which would not tell the room",
                other = "it is the address of the relay in the client's network" },
      hints = { "Keep the packets: dhcplab run start.lua --virtual --pcap a.pcap, then: dhcplab explain a.pcap.",
                "The second frame, the row giaddr." } },
    { name = "question 2: hops", points = 1, answer = "hops", is = 1, rfc = "RFC 1542 4.1.1",
      wrong = { [0] = "that is what the client wrote; look at the message that reaches the server",
                other = "each relay on the way counts itself" },
      hints = { "dhcplab explain a.pcap: the second frame, the row hops." } },
    { name = "question 3: where the OFFER goes", points = 1, answer = "offer_to", is = "10.0.1.1", rfc = "RFC 2131 4.1",
      wrong = { ["255.255.255.255"] = "a broadcast would end at the edge of the server's network",
                ["10.0.9.3"] = "the server knows one address of the relay only: the one in giaddr",
                other = "the client has no address yet; who can reach it, and wrote an address into the request?" },
      hints = { "dhcplab explain a.pcap: the second line of the first OFFER." } },
  },
}
