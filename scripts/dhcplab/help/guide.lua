-- Help topics for those who learn: the handshake, the lab beside real networks, the usual questions.
--
-- Each topic is { name, gist, text }.  The text is laid out by hand, at most 80 columns; lines that
-- begin with four spaces and `dhcplab` are commands that work as they stand.

local guide = {}

guide[1] = { name = "handshake", gist = "the four messages, one by one, and why each is sent", text = [[
DHCP gives a computer its address. The computer that needs one is the client;
the one that gives addresses out is the server. A client takes an address not
for ever but for a time, the lease. (The protocol is RFC 2131; sections below
are of that document.)

When it begins the client has no address and knows no server. Four messages
settle it:

  1 DISCOVER  client to everyone: "I am 02:00:00:00:00:01. Who can give me an
              address?" It must ask everyone (this is a broadcast), because it
              knows nobody. It writes from address 0.0.0.0, because it has none.
              It draws a number, the xid, so that it recognises the answers.
              (3.1 step 1, 4.4.1)
  2 OFFER     server to client: "You could have 192.168.1.100 for one hour."
              The server keeps the address aside, but nothing is agreed: there
              may be several servers, and several offers. (3.1 step 2, 4.3.1)
  3 REQUEST   client to everyone: "I take 192.168.1.100 from server
              192.168.1.1." Again to everyone, so that the servers whose offers
              were not taken hear it too, and take them back.
              (3.1 step 3, 4.3.2)
  4 ACK       server to client: "It is yours." Only now may the client use the
              address. If the server cannot keep its word it sends NAK instead,
              and the client begins again. (3.1 step 4)

Why four, and not two? Because there can be more than one server: two messages
find out what there is, two more settle on one. (With one server two are enough:
RFC 4039, `dhcplab help rapid_commit`.)

After half of the lease the client asks for more time (4.4.5).

    dhcplab                           watch it happen, with a picture at the end
    dhcplab help discover             each message has a page of its own
    dhcplab --virtual --pcap a.pcap   as it would be on a real network, recorded
    dhcplab explain a.pcap            then: every byte of what was recorded]] }

guide[2] = { name = "real-dhcp", gist = "how the lab differs from DHCP on a real network", text = [[
The messages are real, byte for byte: what differs is around them. There are two
ways to run: in real time over UDP on this machine (the default), and in virtual
time (--virtual) on a simulated network that behaves as a real one does.

Ports
  Real: servers listen on UDP port 67, clients on 68 (RFC 2131 4.1). Ports below
  1024 belong to root. Here: 6767 for the server, any free port for a client.
  In virtual time: 67 and 68.
    dhcplab --virtual --pcap a.pcap
    dhcplab server --listen 127.0.0.1:7000 --timeout 10s

Broadcast
  Real: a client without an address sends from 0.0.0.0 to 255.255.255.255, and
  every host on its network hears it (RFC 2131 4.1). Here: it sends to one
  address, 127.0.0.1, and the server answers to where the message came from;
  the output names the address a real network would have seen.
    dhcplab --set pause=0

The pool
  Real: for each network, an administrator decides which addresses a server
  gives out. Here: you do, with two flags.
    dhcplab server --subnet 10.1.0.0/16 --pool 10.1.0.10-10.1.0.99 --timeout 10s

The lease time
  Real: hours or days; the client asks for more at half of it (RFC 2131 4.4.5).
  Here: as you say; in virtual time a day passes in a moment.
    dhcplab server --lease-time 90s --timeout 10s

Conflicts
  Real: a server may ping an address before it offers it (RFC 2131 3.1 step 2),
  and a client asks by ARP ("who has this address?") before it uses it; if
  somebody answers, it sends DECLINE (3.1 step 5). Here: the server looks into
  its own table only, and nobody really uses the addresses. A client can decline
  by hand, and the server then sets that address aside; with a server running:
    dhcplab client --mac 02:00:00:00:00:01 --set decline=true

Configuring the interface
  Real: the client gives the address to its network card, sets the route to the
  router (option 3) and the name servers (option 6). Here: it prints them.
  Nothing on this machine is changed, and root is not needed.
    dhcplab client --format json]] }

guide[3] = { name = "questions", gist = "short answers to what everyone asks first", text = [[
Which protocol is used?
  UDP, carrying DHCP messages just as RFC 2131 has them (sections 2 and 4.1).
    dhcplab --pcap a.pcap

Could it be TCP?
  No. TCP needs an address on both sides before the first byte, and speaks to
  one host; a client has no address yet and must ask everyone (RFC 2131 4.1).
    dhcplab help handshake

What does 127.0.0.1 mean?
  "This machine itself": what is sent there never leaves it (RFC 1122 3.2.1.3).
    dhcplab --listen 127.0.0.1:6767

How do I try it over a LAN?
  Let the server listen on all addresses of its machine, and name that machine
  to the client on another one (192.168.1.20 stands for its address here).
    dhcplab server --listen 0.0.0.0:6767
    dhcplab client --server 192.168.1.20:6767

Can it assign real addresses?
  It leases any addresses you name, by the real protocol; but its client prints
  the address and does not put it on a network card. See `help real-dhcp`.
    dhcplab server --pool 192.168.1.100-192.168.1.200 --lease-time 1h

What is port 6767, and how do I change it?
  A stand-in for 67, DHCP's own port (RFC 2131 4.1), which only root may use.
  --listen changes it for a server, --server for a client.
    dhcplab --listen 127.0.0.1:7000

Does it change this machine?
  No: no address, route, name server or file, but those files you name. In
  virtual time it does not even open a socket.
    dhcplab --virtual

Why is there a pause before REQUEST?
  So that you can watch. Real clients wait here too, for offers from further
  servers (RFC 2131 4.4.1).
    dhcplab --set pause=0

Why a timeout of 10 seconds?
  UDP does not say when a packet is lost, so somebody must stop waiting. The
  client does after 10 s, sending again meanwhile (RFC 2131 4.1); a server waits
  for ever, or with --timeout ends after that long without a message.
    dhcplab client --timeout 3s
    dhcplab server --timeout 10s

What can I add, and where?
  Release, renewal, lease timers, several servers, delays, refusals: each is a
  few lines of Lua, in a file of your own. The bundled ones are the examples.
    dhcplab help scripts
    dhcplab list
    dhcplab run scenarios/slow_server.lua --virtual]] }

guide[4] = { name = "worlds", gist = "real time and virtual time, and what a seed does", text = [[
A script runs in one of two worlds, and need not know in which.

Real time (the default): packets are UDP packets on this machine or to another
one, and a second lasts a second. What happens can depend on what else the
machine does.

Virtual time (--virtual): the network is simulated inside the program: an
Ethernet with ports 67 and 68, broadcast and ARP. The clock jumps from one event
to the next, so that a lease of a day is over in a moment. No socket is opened.

All that is random (the xid, hardware addresses, waiting times) is drawn from
one number, the seed. A run prints its seed. In virtual time the same script
with the same seed gives the same run, byte for byte, and so can be replayed:

    dhcplab --virtual --seed 7
    dhcplab --virtual --seed 7 --pcap a.pcap

Each node, and each link between two, has dice of its own, which go by the seed
and its name: one more node changes nothing for the others. Nodes without a name
are client, client2, client3 ... in the order of their making, so that an
unnamed one before others renames them: name them, and they keep their dice.

So scripts see a Lua without chance. pairs and next give 1, 2, 3 and so on
first, then other numbers, texts, false, true, and tables and functions in the
order of their making. table.sort keeps equals in their order. print, tostring
and string.format number tables and functions. os.time, os.clock, os.date and
math.random are the lab's (UTC from 2000-01-01 in virtual time). No garbage
collector shows: weak tables are strong, __gc is not called, its count is 0.
Left open: #t of a table with holes; what reaches outside, such as io.

In real time the seed decides the same numbers, but not the moments.]] }

return guide
