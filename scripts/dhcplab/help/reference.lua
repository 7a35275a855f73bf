-- Help topics to look things up in: scripts, the trace, exit statuses.
--
-- The same form as guide.lua: { name, gist, text }, at most 80 columns, commands behind four spaces.

local reference = {}

reference[1] = { name = "scripts", gist = "how to write one: servers, clients, time", text = [[
A script is a Lua file. It makes servers and clients and tells them what to do;
when its last line is done and its clients are, the run ends.

  local dhcp = require "dhcplab"

  local server = dhcp.server { pool = "192.168.1.100-192.168.1.200",
                               lease_time = "1h" }
  local client = dhcp.client { mac = "02:00:00:00:00:01", hostname = "student" }

  function server:discover(request)        -- in place of the usual behaviour
    if request.mac == "02:00:00:00:00:66" then return end     -- no answer
    dhcp.sleep(dhcp.param.delay or 2)                         -- a slow one
    return dhcp.server.discover(self, request)                -- the usual one
  end

  local offer, why = client:discover()     -- a message, or nil and a word
  if not offer then dhcp.fail("no offer: " .. why) end
  local ack = client:request(offer)
  print(ack.yiaddr, ack.options.lease_time)

Save it as slow.lua, then:
    dhcplab run slow.lua --virtual
    dhcplab run slow.lua --set delay=0

Clients
  client:discover()        sends DISCOVER; gives the first OFFER
  client:request(offer)    sends REQUEST; gives the ACK; nil, "nak", message
  client:acquire()         all four messages; gives a lease: lease.address
  client:send(message)     sends what you made with dhcp.message{ ... }
  client:receive{ type = "offer", timeout = "3s" }    waits for such a message
  What gets no answer in time is nil, "timeout".

Servers: one function for each message, and what it returns is sent
  server:discover(request), server:request(request)
      return a reply, or nothing for silence; it may sleep meanwhile
  self:offer(request), self:ack(request), self:nak(request, "reason")
      make replies as RFC 2131 table 3 wants them; change them as you like
  dhcp.server.discover(self, request), dhcp.server.request(self, request)
      what a server does by itself

Messages
  m.type, m.mac, m.xid, m.yiaddr ...       fields: dhcplab help fields
  m.options.lease_time, m.options[51]      options: dhcplab help options
  print(m), print(m:explain())             in one line; byte by byte

Time and others
  dhcp.sleep("1h30m")      times are seconds, or text such as "250ms" or "10s"
  dhcp.now()               seconds since the run began
  dhcp.spawn(f, ...)       runs f beside the rest; task:join() waits for it
  dhcp.param.NAME          what --set NAME=VALUE gave, or nil
  dhcp.fail("text")        ends the run with exit status 1

More examples:
    dhcplab list
    dhcplab run scenarios/silent_server.lua --virtual]] }

reference[2] = { name = "trace", gist = "what happened, as data: --trace, --pcap, -v", text = [[
A run prints a line for each message: time in seconds, who to whom, what, and
what matters in it. Two flags record more:

  --pcap FILE    every packet, for Wireshark, tshark or `dhcplab explain`
  --trace FILE   every event, one JSON object a line, with these keys:
      at         seconds since the run began
      seq        a number that grows: events at the same moment have an order
      event      send, deliver, drop, state, lease or note
      from, to   names of the sender and the receiver
      src, dst   their addresses and ports
      rfc_dst    where a real network would have sent it (RFC 2131 4.1)
      type, xid  of the message
      cause      why it was dropped
      text       what a state, lease or note says
      hex        the whole message, with -v

  -v             prints states, dropped packets and remarks too
  -q             prints results only

    dhcplab --virtual --trace a.jsonl
    dhcplab --virtual --pcap a.pcap
    dhcplab explain a.pcap]] }

reference[3] = { name = "exit-status", gist = "what the numbers mean", text = [[
  0     done: the script ended, the client has its lease
  1     something expected did not come: no answer, no lease, a refusal; or
        dhcp.fail in a script; or nothing to explain
  2     wrong usage: an unknown flag, a value that makes no sense
  3     the machine refused: the port is in use, no permission, a file that
        cannot be read or written; the message says what to do
  4     the script has an error, or waits for what can never come
  130   ended by Ctrl-C

A shell keeps the number in $?:
    dhcplab client --timeout 1s; echo $?]] }

return reference
