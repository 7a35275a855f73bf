-- Lesson 4: what is checked, and what is said about it.
local dhcp = require "dhcplab"

local waits <const> = { 4, 8, 16, 32, 64, 64 } -- RFC 2131 4.1
local PATIENCE <const> = 300                   -- seconds that no answer comes

-- The library's client can send again by itself; the lesson is to write it. Whoever switches that off, or says when it
-- does so, has written it.
local function by_hand(lab)
  local client = lab:only "client"
  local notes = 0
  for _, note in ipairs(lab.trace.notes) do
    if note.event == "state" then notes = notes + 1 end
  end
  if notes > 0 and client.retries ~= 0 and not rawget(client, "retransmission_delay") then
    lab:fail("a client that sends again by a rule of your own", "client:discover() or client:acquire()",
      "they send again by themselves: write it with client:send and client:receive")
  end
end

local function ack_for(lab, why)
  return lab:expect(lab.trace:find_first { type = "ack", fate = "delivered" }, "an ACK in the end", "none arrived", why)
end

local function whole_network(lab)
  lab:play()
  ack_for(lab)
end

-- Plays it on a network that loses the first `count` messages of a type. A script that gives up may end with an error:
-- what it sent is judged all the same. Gives a function that adds that error to what is told.
local function without(lab, type, count)
  dhcp.lan:drop { type = type, count = count }
  lab:start()
  local ok, raised = pcall(lab.task.join, lab.task, PATIENCE)
  return function(came)
    return ok and came or ("%s; then it ends with \"%s\""):format(came, tostring(raised))
  end
end

local function discover_again(lab)
  local told = without(lab, "discover", 1)
  local sent = lab.trace:find { type = "discover" }
  lab:expect(sent[1], "a DISCOVER", "none was sent")
  lab:expect(sent[2], "a second DISCOVER when the first one gets lost", told "there is only one")
  by_hand(lab)
  ack_for(lab)
end

local function request_again(lab)
  local told = without(lab, "ack", 1)
  local sent = lab.trace:find { type = "request" }
  lab:expect(sent[1], "a REQUEST", "none was sent")
  if not sent[2] then
    lab:fail("a second REQUEST when the ACK gets lost",
      lab.trace:count { type = "discover" } > 1 and "another DISCOVER" or told "there is only one")
  end
  lab:expect(sent[2].at - sent[1].at < 5.1, "the second REQUEST 3 to 5 s after the first",
    ("%.1f s"):format(sent[2].at - sent[1].at))
  by_hand(lab)
  ack_for(lab)
end

-- How far each wait is from the one of RFC 2131 4.1, on a network that loses every OFFER.
local function differences(lab)
  local told = without(lab, "offer")
  by_hand(lab)
  local sent, list = lab.trace:find { type = "discover" }, {}
  for i, wait in ipairs(waits) do
    local expected = ("DISCOVER %d, from %d to %d s after the one before"):format(i + 1, wait - 1, wait + 1)
    if not sent[i + 1] then
      lab:fail(expected, told(("it gives up after %d"):format(#sent)), "the answer may still come: go on until it does")
    end
    local took = sent[i + 1].at - sent[i].at
    list[i] = took - wait
    if math.abs(list[i]) > 1.05 then
      local why
      if i > 1 and math.abs(took - (sent[i].at - sent[i - 1].at)) < 2.1 then
        why = "a busy network gets busier when everybody asks at short intervals: each wait is twice the one before"
      elseif i == #waits and list[i] > 0 then
        why = "the longest wait is 64 s: somebody wants to use a network"
      end
      lab:fail(expected, ("%.1f s"):format(took), why)
    end
  end
  return list
end

local function by_chance(lab)
  local list = differences(lab)
  local least, most = math.min(table.unpack(list)), math.max(table.unpack(list))
  if most - least > 0.01 then return end
  lab:fail("waits that differ by chance: 4 s and a number from -1 to 1",
    math.abs(most) < 0.01 and "exactly 4, 8, 16, 32, 64 s" or ("%+.2f s each time: drawn once only"):format(most),
    "computers that begin at the same moment would send again at the same moments, for ever")
end

local function stops(lab)
  without(lab, "discover", 1)
  ack_for(lab)
  local discovers, requests = lab.trace:count { type = "discover" }, lab.trace:count { type = "request" }
  lab:expect(discovers == 2 and requests == 1, "two DISCOVERs, since the first got lost, and one REQUEST",
    ("%d DISCOVERs and %d REQUESTs"):format(discovers, requests), "what has been answered is not sent again")
end

local function comes_late(lab)
  dhcp.lan:set { latency = "3s" }
  lab:play()
  ack_for(lab, "a second OFFER comes while the client waits for its ACK: it must let that pass")
end

local function lossy(lab)
  dhcp.lan:set { loss = 0.3 }
  lab:play()
  ack_for(lab)
end

local function about(low, high)
  return function(value)
    local number = tonumber((tostring(value):gsub("[%%%s]", "")))
    return number ~= nil and number >= low and number <= high
  end
end

return {
  checks = {
    { name = "a network that loses nothing", points = 1, run = whole_network, rfc = "RFC 2131 3.1",
      why = "what works must go on working",
      hints = { "ask returns the message that client:receive gives." } },
    { name = "sends the DISCOVER again", points = 2, run = discover_again, rfc = "RFC 2131 4.1",
      why = "nobody tells a client that its message got lost: only it can see that no answer comes",
      hints = { "client:receive gives nil when the time is over: then it is time to send again.",
                "A loop in ask: send, receive, and return when there is an answer.",
                "while true do client:send(message) local answer = client:receive { ... } "
                  .. "if answer then return answer end end" } },
    { name = "waits 4, 8, 16, 32, 64 seconds", points = 3, after = "sends the DISCOVER again", run = differences,
      rfc = "RFC 2131 4.1", why = "the wait doubles each time, up to 64 s",
      hints = { "A variable for the wait, made before the loop: local wait = 4.", "Behind receive: wait = wait * 2.",
                "And not beyond 64: wait = math.min(wait * 2, 64)." } },
    { name = "draws by chance", points = 1, after = "waits 4, 8, 16, 32, 64 seconds", run = by_chance,
      rfc = "RFC 2131 4.1", why = "else all computers of a building send at the same moments",
      hints = { "math.random() is from 0 to 1. What is math.random() * 2 - 1?",
                "timeout = wait + math.random() * 2 - 1" } },
    { name = "sends the REQUEST again", points = 2, run = request_again, rfc = "RFC 2131 3.1 step 5",
      why = "the ACK can get lost as well as the OFFER",
      hints = { "ask is called twice, and must do the same both times.",
                "Play it with --set loss=0.3 and other seeds, until you see a lost ACK." } },
    { name = "stops when there is an answer", points = 1, after = "sends the DISCOVER again", run = stops,
      rfc = "RFC 2131 4.1", why = "each message costs everybody on the network some time",
      hints = { "if answer then return answer end" } },
    { name = "answers that come late", points = 1, after = "sends the DISCOVER again", run = comes_late,
      rfc = "RFC 2131 4.1", why = "an answer to the first message is as good as one to the second",
      hints = { "Each answer has the xid of what it answers: send the same message again, with the same xid.",
                "client:receive { type = { ... }, xid = message.xid, timeout = ... } lets others pass." } },
    { name = "gets through", points = 3, after = "sends the DISCOVER again", run = lossy, params = { loss = 0.3 },
      seeds = { 7, 10, 38, 97, 1500, 20260 }, rfc = "RFC 2131 4.1",
      why = "that is what it is for: three packets of ten get lost, and some client has bad luck many times",
      hints = { "dhcplab test start.lua --set loss=0.3 --seeds 1..100 names the seeds that fail, and how.",
                "Does it give up? Does it send both messages again?" } },
    { name = "question 1: handshakes of 100", points = 1, answer = "percent", is = about(20, 28), rfc = "RFC 2131 3.1",
      wrong = { [70] = "that is one packet; a handshake is four, and all must arrive",
                [30] = "that is how many packets get lost", [49] = "that is two packets of the four",
                other = "each packet arrives seven times of ten, and all four must" },
      hints = { "What did dhcplab test say about a hundred seeds, before you changed anything?",
                "0.7 * 0.7 * 0.7 * 0.7, of 100." } },
    { name = "question 2: the fourth DISCOVER", points = 1, answer = "fourth", is = about(25, 31), rfc = "RFC 2131 4.1",
      wrong = { [16] = "that is the wait between the third and the fourth: what came before?",
                [60] = "that is the fifth", [12] = "that is the third", other = "add the waits before it" },
      hints = { "There are three waits between the first and the fourth.", "4 + 8 + 16." } },
    { name = "question 3: after a lost ACK", points = 1, answer = "again", is = { "request", "dhcprequest" },
      rfc = "RFC 2131 3.1 step 5",
      wrong = { discover = "the OFFER is there: the client need not begin anew",
                ack = "the server sends that; the client cannot",
                other = "it sends again what got no answer" },
      hints = { "Which message is answered by an ACK?" } },
  },
}
