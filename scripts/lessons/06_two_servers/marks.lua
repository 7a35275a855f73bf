-- Lesson 6: what is checked, and what is said about it.
local dhcp = require "dhcplab"

local OLD <const>, PRINTER <const>, SECOND <const> = "10.0.0.7", "192.168.1.20", "192.168.1.21"

-- The REQUEST for the old address that names no server (option 54): INIT-REBOOT.
local function is_reboot(record)
  local m = record.message
  return record.type == "request" and m.options.requested_ip == OLD and not m.options:has(54)
end

local function asks_for_old(lab)
  lab:play()
  local asked = lab.trace:find_first(is_reboot)
  local wish = lab.trace:find_first { type = "discover", options = { requested_ip = OLD } }
  if wish and not asked then
    lab:fail("a REQUEST for " .. OLD, "a DISCOVER that wishes for " .. OLD, "a server need not heed what a DISCOVER "
      .. "wishes for, and offers another address; only a REQUEST gets yes (ACK) or no (NAK)")
  end
  lab:expect(asked, ("a REQUEST for %s without the name of a server"):format(OLD), "none was sent")
  local first = lab.trace:find_first { type = "discover" }
  lab:expect(not first or first.seq > asked.seq, ("the REQUEST for %s before anything else"):format(OLD),
    "a DISCOVER was sent before it", "who is sure of an address needs no OFFER: the four messages are for the others")
end

local function begins_anew(lab)
  lab:play()
  local nak = lab.trace:find_first { type = "nak", after = lab.trace:find_first(is_reboot) }
  lab:expect(nak, "a NAK of the servers, which know no " .. OLD, "none was sent")
  lab:expect(lab.trace:find_first { type = "discover", after = nak }, "a DISCOVER after the NAK", "none was sent")
  lab:expect(not lab.trace:find_first(function(record) return record.seq > nak.seq and is_reboot(record) end),
    "nothing more about " .. OLD, "it was asked for again", "a NAK is a final answer")
end

local function chosen(lab)
  local record = lab.trace:find_first { type = "request", options = { server_id = function(id) return id ~= nil end } }
  return lab:expect(record, "a REQUEST that takes one of the OFFERs", "none was sent").message
end

-- The lease time that the client took, and the longest that was offered to it before.
local function took_longest(lab, why)
  local request = chosen(lab)
  local took, longest = 0, 0
  for _, record in ipairs(lab.trace:find { type = "offer", xid = request.xid }) do
    local offer = record.message
    longest = math.max(longest, offer.options.lease_time)
    if offer.options.server_id == request.options.server_id then took = offer.options.lease_time end
  end
  lab:equal(took, longest, "an address for so many seconds", why)
end

local function takes_longest(lab)
  lab:play()
  took_longest(lab)
end

-- Every OFFER that is for a shorter time comes a little later, so that the longest is the first.
local function takes_longest_late(lab)
  dhcp.lan:tap(function(packet)
    if packet.type == "offer" and packet.message.options.lease_time < 28800 then return "20ms" end
  end)
  lab:play()
  took_longest(lab, "here the other server was slower: nobody knows which OFFER comes first")
end

local function declines_printer(lab)
  lab:play()
  local ack = lab.trace:find_first { type = "ack", yiaddr = PRINTER }
  lab:expect(ack, ("an ACK for %s, which the printer has"):format(PRINTER), "none came",
    "without it there is nothing to decline: take the OFFER of the server \"long\", and leave the printer as it is")
  local given = { options = { requested_ip = PRINTER }, type = "decline", after = ack }
  local release = lab.trace:find_first { type = "release", after = ack }
  if release and not lab.trace:find_first(given) then
    lab:fail("a DECLINE", "a RELEASE", "RELEASE says that the address is free: the server gives it to the next client, "
      .. "which then disturbs the printer too")
  end
  lab:expect(lab.trace:find_first(given), "a DECLINE of " .. PRINTER, "none was sent: two computers use the address")
end

local function waits(lab)
  lab:play()
  local decline = lab.trace:find_first { type = "decline" }
  local following = lab.trace:find_first { type = { "discover", "request" }, after = decline }
  lab:expect(following, "another try after the DECLINE", "none", "who declined has no address, and begins anew")
  local pause = following.at - decline.at
  lab:expect(pause > 9.99, "a pause of ten seconds or more after the DECLINE", ("one of %.3g s"):format(pause))
end

-- The marker sits on the next address too.
local function ends_well(lab)
  dhcp.host { name = "scanner", address = SECOND }
  lab:play()
  local state
  for _, note in ipairs(lab.trace.notes) do
    if note.event == "state" then state = note.text end
  end
  lab:equal(state, "BOUND", "the client's last state", "in this play two addresses were in use: it has to try again "
    .. "until it has a free one, and a call such as acquire() gives up after 10 s unless it is told to wait longer")
  local address = lab.trace:find_last { type = "ack" }.message.yiaddr
  lab:expect(address ~= PRINTER, "an address that nobody else has", PRINTER .. ", the printer's")
  lab:expect(address ~= SECOND, "an address that nobody else has", SECOND .. ", which somebody else had in this play",
    "the printer may not be the only one: ask the network each time")
end

return {
  checks = {
    { name = "takes the longest lease", points = 2, run = takes_longest, rfc = "RFC 2131 4.4.1",
      why = "which of several OFFERs to take is the client's own choice; here the long lease is wanted",
      hints = { "client:choose(offers) returns one of a list. Each has options.lease_time.",
                "Keep the best so far in a local, go through the list with ipairs, compare, return it." } },
    { name = "whatever comes first", points = 1, after = "takes the longest lease", run = takes_longest_late,
      rfc = "RFC 2131 4.4.1", hints = { "Do not go by the place in the list: compare options.lease_time." } },
    { name = "asks for the old address", points = 2, run = asks_for_old, rfc = "RFC 2131 3.2 step 1",
      why = "a client that remembers an address asks whether it is still right",
      hints = { "This message is called INIT-REBOOT: dhcplab help client:reboot.",
                "client:reboot(\"10.0.0.7\"), above the line with acquire." } },
    { name = "begins anew after the NAK", points = 1, after = "asks for the old address", run = begins_anew,
      rfc = "RFC 2131 3.2 step 3", why = "a client that got a NAK has no address, and starts from the very beginning",
      hints = { "client:reboot gives nil, \"nak\" then. What gets an address from nothing?",
                "client:acquire() sends the DISCOVER and all that follows; call it after the NAK." } },
    { name = "declines the printer's address", points = 3, after = "takes the longest lease", run = declines_printer,
      rfc = "RFC 2131 3.1 step 5", why = "the server cannot know who took an address without asking; the client can "
        .. "find out, and must say so",
      hints = { "Does anybody have this address? ARP asks the network that: dhcplab help glossary.",
                "dhcplab help dhcp.client lists the settings; one of them asks by ARP.", "probe = true" } },
    { name = "waits before it tries again", points = 1, after = "declines the printer's address", run = waits,
      rfc = "RFC 2131 3.1 step 5", why = "ten seconds at least, so that client and server do not run in circles",
      hints = { "client:acquire() and client:run() wait by themselves; else say dhcp.sleep(\"10s\")." } },
    { name = "ends with a free address", points = 3, after = "declines the printer's address", run = ends_well,
      rfc = "RFC 2131 2.2", why = "an address is for one computer at a time",
      hints = { "Does client:acquire() have the time for a second or third try? A call gives up after 10 s.",
                "dhcp.client { ..., timeout = \"5m\" } has patience; or call acquire() until it gives a lease." } },
    { name = "question 1: the option with the server", points = 1, answer = "server_option", is = 54,
      rfc = "RFC 2132 9.7", wrong = { [50] = "that is the address that the client asks for",
                                      other = "look at the REQUEST byte by byte: one option has a server's address" },
      hints = { "dhcplab run start.lua --virtual --pcap a.pcap, then: dhcplab explain a.pcap. Find the REQUEST.",
                "Its name there is server_id." } },
    { name = "question 2: the state after a NAK", points = 1, answer = "after_nak", is = "INIT",
      rfc = "RFC 2131 4.4", wrong = { selecting = "it gets there when it sends its DISCOVER, one step later",
                                      other = "the picture at the end of a run has the states in brackets" },
      hints = { "Play your script with task 2 done, and look below the NAK in the picture." } },
    { name = "question 3: how long a declined address rests", points = 1, answer = "declined", is = { 600, "10m" },
      rfc = "RFC 2131 4.3.3", wrong = { [10] = "that is how long the client waits before it tries again",
                                        other = "the server has a setting for it, which has a value by itself" },
      hints = { "dhcplab help dhcp.server lists the settings.", "dhcplab help decline_hold" } },
  },
}
