-- Lesson 5: what is checked, and what is said about it.
local dhcp = require "dhcplab"

local SLACK <const> = 5 -- seconds that a client may be late, or early

-- Starts the script, and waits for its first lease: its REQUEST, its ACK; and when T1, T2 and the end of it are.
local function first_lease(lab)
  lab:start()
  dhcp.sleep(SLACK)
  local request = lab.trace:find_first { type = "request" }
  local ack = lab.trace:find_first { type = "ack", fate = "delivered" }
  lab:expect(request and ack, "a first lease", "none")
  local options = ack.message.options
  return { t1 = request.at + options.renewal_time, t2 = request.at + options.rebinding_time,
           ends = request.at + options.lease_time, address = ack.message.yiaddr, after = ack.seq, ack = ack }
end

local function sleep_until(moment) dhcp.sleep(math.max(moment - dhcp.now(), 0)) end

-- The library lives a whole life by itself; the lesson is to write it.
local function by_hand(lab)
  if lab:only("client").living then
    lab:fail("a life that you have written", "client:run()", "it does all of it by itself: use renew, rebind, acquire")
  end
end

local function minutes(lease, moment) return ("%.3g min after it began"):format((moment - lease.ack.at) / 60) end

local function when(record, lease) return ("%s %s"):format(record.type:upper(), minutes(lease, record.at)) end

-- What the client sends first, once it has a lease.
local function first_word(lab, lease, from)
  return lab.trace:find_first(function(record)
    return record.seq > lease.after and record.at >= (from or 0) and record.message and record.message.op == 1
  end)
end

local function is_near(record, moment) return math.abs(record.at - moment) <= SLACK end

-- The REQUEST at T1, judged: to one server, in ciaddr.
local function judge_renewal(lab, lease, record, which)
  local expected = ("%s at T1, half of the lease, %s"):format(which, minutes(lease, lease.t1))
  lab:expect(record, expected, "nothing was sent until long after")
  if record.type ~= "request" or not is_near(record, lease.t1) then
    local why = record.type == "discover" and "a DISCOVER begins anew: the lease has run out, or was thrown away"
      or record.type == "request" and record.at < lease.t1 and "the lease has only begun: there is nothing to ask yet"
      or nil
    lab:fail(expected, when(record, lease), why)
  end
  lab:expect(record.to ~= "*", "a REQUEST to the server that gave the lease", "one to everyone",
    "that is rebinding: before T2 the client asks its own server only")
end

local function renews(lab)
  local lease = first_lease(lab)
  sleep_until(lease.ends + SLACK)
  by_hand(lab)
  judge_renewal(lab, lease, first_word(lab, lease), "a REQUEST")
  local ack = lab.trace:find { type = "ack", fate = "delivered" }[2]
  lab:expect(ack, "an ACK to it", "none arrived")
  local second = { t1 = lease.t1 + (lease.t1 - lease.ack.at), ack = ack, after = ack.seq }
  judge_renewal(lab, second, first_word(lab, second), "after the ACK another REQUEST")
end

-- The server goes away in the first quarter of the lease.
local function without_server(lab)
  local lease = first_lease(lab)
  sleep_until(lease.t1 / 2)
  dhcp.server.stop(lab:servers()[1])
  return lease
end

local function rebinds(lab)
  local lease = without_server(lab)
  sleep_until((lease.t1 + lease.t2) / 2)
  lab:server { name = "another", pool = "192.168.1.100-192.168.1.200", lease_time = "20m", authoritative = true }
  sleep_until(lease.ends + SLACK)
  by_hand(lab)
  local record = first_word(lab, lease, (lease.t1 + lease.t2) / 2)
  local expected = "a REQUEST to everyone at T2, seven eighths of the lease, " .. minutes(lease, lease.t2)
  lab:expect(record, expected, "nothing was sent in the second half of the lease")
  if record.type == "discover" then
    lab:fail(expected, when(record, lease), record.at < lease.ends - SLACK
      and "the lease is not over: who throws the address away before, loses it for nothing"
      or "the time between T2 and the end is for asking the other servers")
  end
  if record.to ~= "*" then
    record = first_word(lab, lease, lease.t2 - SLACK)
    lab:expect(record and record.to == "*", expected, "a REQUEST to the server that is gone",
      "renew asks the server that gave the lease; rebind asks everyone")
  end
  lab:expect(is_near(record, lease.t2), expected, when(record, lease),
    record.at < lease.t2 and "before T2 the client asks its own server only" or nil)
  local ack = lab.trace:find_first { type = "ack", fate = "delivered", after = record }
  lab:expect(ack and ack.message.yiaddr == lease.address, "an ACK, and the address kept", "none")
end

local function expires(lab)
  local lease = without_server(lab)
  sleep_until(lease.ends + 60)
  by_hand(lab)
  local expected = "a DISCOVER at the end of the lease, " .. minutes(lease, lease.ends)
  local record = lab.trace:find_first { type = "discover", after = lease.ack }
  lab:expect(record, expected, "none", "no lease, no address: the client must ask for a new one")
  lab:expect(record.at >= lease.ends - SLACK, expected, when(record, lease),
    "the address is the client's until the end: it goes on using it, although nobody answers")
  lab:expect(record.at <= lease.ends + 30, expected, when(record, lease))
  local late = lab.trace:find_first { after = lease.ends + SLACK, from = record.from,
    ciaddr = function(address) return address ~= "0.0.0.0" end }
  if late then
    lab:fail("no use of the address once the lease is over", when(late, lease), "it may be somebody else's by now")
  end
end

local function refused(lab)
  local lease = first_lease(lab)
  local no = true
  local server = lab:servers()[1]
  function server:request(request)
    if request.kind ~= "renewing" or not no then return dhcp.server.request(self, request) end
    no = false
    return self:nak(request, "not any more")
  end
  sleep_until(lease.t2 - SLACK)
  by_hand(lab)
  local nak = lab:expect(lab.trace:find_first { type = "nak" }, "a REQUEST at T1, which gets a NAK", "none before T2")
  local record = first_word(lab, { after = nak.seq })
  lab:expect(record and record.type == "discover" and record.at - nak.at < 60, "a DISCOVER soon after the NAK",
    record and when(record, lease) or "nothing until T2",
    "a NAK takes the address away: the client has none, and begins anew at once")
end

local function gives_back(lab)
  lab:play()
  by_hand(lab)
  local release, decline = lab.trace:find_first { type = "release" }, lab.trace:find_first { type = "decline" }
  if decline and not release then
    lab:fail("a RELEASE", "a DECLINE", "DECLINE says that somebody else uses the address (RFC 2131 4.3.3)")
  end
  lab:expect(release, "a RELEASE when the computer is shut down", "none was sent")
  lab:expect(release.at > 50 * 60, "a RELEASE after 55 min", ("one after %.0f min"):format(release.at / 60),
    "between its leases a client keeps its address: it is still there")
  local more = lab.trace:find_first { after = release, from = release.from }
  if more then
    lab:fail("a RELEASE as the last word", ("a %s behind it"):format((more.type or "?"):upper()),
      "who has given the address back has none, and is being shut down")
  end
end

return {
  checks = {
    { name = "renews at T1", points = 3, run = renews, rfc = "RFC 2131 4.4.5",
      why = "half of the lease is left for all that may go wrong",
      hints = { "Sleep until lease.renewal, not until lease.expires: it is earlier.",
                "sleep_until(lease.renewal) and then client:renew(). Each ACK brings a new client.lease.",
                "local ack = client:renew() if ack then return end" } },
    { name = "rebinds at T2", points = 3, run = rebinds, rfc = "RFC 2131 4.4.5",
      why = "its own server may be gone; another one may know of the lease",
      hints = { "What if client:renew() gives nil, \"timeout\"? There is time until lease.rebinding.",
                "sleep_until(lease.rebinding), then client:rebind(), behind a renewal without an answer." } },
    { name = "ends with the lease", points = 3, run = expires, rfc = "RFC 2131 4.4.5",
      why = "from that moment the server may give the address to somebody else",
      hints = { "Nobody answers at T1, nobody at T2: sleep_until(lease.expires).",
                "Then as in the beginning: client:acquire(), until there is a lease." } },
    { name = "takes no for an answer", points = 2, after = "renews at T1", run = refused,
      rfc = "RFC 2131 4.4, figure 5",
      why = "a NAK is not silence: the server has decided",
      hints = { "client:renew() gives nil and a second value: \"timeout\" or \"nak\". local ack, why = client:renew()",
                "After \"nak\" there is nothing to wait for: straight to client:acquire()." } },
    { name = "gives the address back", points = 2, run = gives_back, rfc = "RFC 2131 4.4.6",
      why = "else nobody can have it until the lease is over",
      hints = { "Behind life:cancel(), where the comment is.", "if client.lease then client:release() end" } },
    { name = "question 1: where the address is", points = 1, answer = "field", is = "ciaddr", rfc = "RFC 2131 4.3.2",
      wrong = { yiaddr = "servers fill that in", requested_ip = "that is an option, for a client without an address",
                other = "it is the field for an address that the client has already" },
      hints = { "--pcap a.pcap, dhcplab explain a.pcap: look for the second REQUEST.",
                "The name says \"client's address\", shortened." } },
    { name = "question 2: T1 of a day", points = 1, answer = "t1", is = 12, rfc = "RFC 2131 4.4.5",
      wrong = { other = "T1 is half of the lease" }, hints = { "The table in README.md; half of 24." } },
    { name = "question 3: T2 of a day", points = 1, answer = "t2", is = 21, rfc = "RFC 2131 4.4.5",
      wrong = { [18] = "that is three quarters; T2 is later", [24] = "then the lease is over",
                other = "T2 is seven eighths of the lease" },
      hints = { "The table in README.md.", "24 * 7 / 8." } },
  },
}
