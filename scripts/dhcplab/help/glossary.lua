-- The words that the output, the help, the lessons and the errors use, each in a line or two.
--
-- Messages, header fields and options have pages of their own, from explain/notes.lua and the core's catalogue.

local glossary = {}

-- { name, text, aliases... } in the order of the alphabet. What the protocol defines ends with its section.
glossary.words = {
  { "ACK", "the server's yes: from now on the address is the client's (RFC 2131 3.1 step 4)" },
  { "address", "four numbers such as 192.168.1.100 that say where packets are to go; what DHCP gives out (RFC 791 2.3)",
    "ip address", "ip" },
  { "ARP", "how a host asks its network which hardware address an IP address belongs to; so a client finds out whether "
    .. "an address is taken (RFC 826, RFC 2131 4.4.1)" },
  { "authoritative", "a server so sure of its network that it refuses clients that it does not know, where others "
    .. "stay silent (RFC 2131 4.3.2)" },
  { "binding", "what a server has written down about one client: its address, until when, and its settings "
    .. "(RFC 2131 1.5)" },
  { "BOOTP", "DHCP's older brother, whose header and ports DHCP still uses (RFC 951, RFC 2131 1)" },
  { "BOUND", "the state of a client that has an address and may use it (RFC 2131 4.4, figure 5)" },
  { "broadcast", "to everyone on the network at once, by the address 255.255.255.255; a client that knows no server "
    .. "has no other way (RFC 919 7, RFC 2131 4.1)" },
  { "capture", "packets kept in a file, for dhcplab explain, tshark and Wireshark; its usual form is called pcap, a "
    .. "newer one with comments pcapng", "pcap file", "pcapng" },
  { "chaddr", "the header field with the client's hardware address (RFC 2131 2)" },
  { "ciaddr", "the header field with the address that the client has already (RFC 2131 2)" },
  { "client", "the computer that wants an address (RFC 2131 1.5)" },
  { "client identifier", "what a client may call itself instead of by its hardware address: option 61 "
    .. "(RFC 2132 9.14, RFC 2131 4.2)", "client id" },
  { "DECLINE", "the client's no: somebody else uses this address (RFC 2131 3.1 step 5)" },
  { "DHCP", "Dynamic Host Configuration Protocol: how computers get their addresses and settings (RFC 2131)" },
  { "digest", "a number made from all events of a run: where two digests are the same, the runs are" },
  { "DISCOVER", "a client's question to everyone: who can give me an address? (RFC 2131 3.1 step 1)" },
  { "event", "something that happens at one moment of a run: a packet is sent or arrives, a state or lease changes" },
  { "expectation", "a line of a script that says what must be so (dhcp.expect); where it is not, the run fails" },
  { "expire", "a lease expires when its time is over and nobody renewed it; the client must stop using the address "
    .. "(RFC 2131 4.4.5)", "expired", "expiry" },
  { "fault", "something that the lab's network does to a packet: it loses, delays, doubles or damages it" },
  { "FORCERENEW", "a server's order to a client to renew its lease now (RFC 3203)" },
  { "gateway", "where packets for other networks go: option 3, routers (RFC 2132 3.5)", "default gateway" },
  { "giaddr", "the header field with the address of the relay agent; 0.0.0.0 without one (RFC 2131 2, 4.1)" },
  { "handshake", "the four messages by which a client gets an address: DISCOVER, OFFER, REQUEST, ACK "
    .. "(RFC 2131 3.1)" },
  { "hardware address", "the number of a network card, such as 02:00:00:00:00:01, also called its MAC address; by it "
    .. "a server knows a client that has no address yet (RFC 2131 2, chaddr)", "mac", "mac address",
    "ethernet address" },
  { "header", "the fixed first 236 octets of a message, before its options (RFC 2131 2)" },
  { "host", "a computer on a network (RFC 1122 1.1.1)" },
  { "INFORM", "a client with an address of its own asks for settings only (RFC 2131 3.4)" },
  { "INIT", "the state of a client that has nothing and asks for nothing yet (RFC 2131 4.4, figure 5)" },
  { "INIT-REBOOT", "the state of a client that was restarted and remembers its address: it asks whether that still "
    .. "holds (RFC 2131 3.2, 4.4.2)" },
  { "invariant", "what must hold after every event of a run, such as: no address is used by two clients at once" },
  { "lease", "an address given for a time; when the time is over and nobody renewed it, the server may give it to "
    .. "another (RFC 2131 2.2)", "leases" },
  { "lease time", "how long a lease lasts, in seconds: option 51 (RFC 2131 3.3, RFC 2132 9.2)" },
  { "loopback", "a network inside one machine: what is sent to 127.0.0.1 never leaves it (RFC 1122 3.2.1.3)",
    "localhost", "127.0.0.1", "loopback interface" },
  { "MUST, SHOULD, MAY", "an RFC's words for a duty, for a duty with good reasons against it, and for a choice "
    .. "(RFC 2119)", "must", "should", "may" },
  { "NAK", "the server's no: that address is not yours here; begin again (RFC 2131 3.1 step 4)" },
  { "node", "whoever takes part in a run: a client, a server, a relay agent, another host" },
  { "octet", "eight bits, a byte: the RFCs' word for it" },
  { "OFFER", "a server's answer to DISCOVER: you could have this address (RFC 2131 3.1 step 2)" },
  { "option", "a setting inside a message: a code, a length, a value (RFC 2132 2)" },
  { "option 82", "where a client is plugged in, as its relay agent says (RFC 3046 2)", "relay agent information" },
  { "packet", "octets that travel as one; here a UDP datagram with one DHCP message in it (RFC 2131 4.1)" },
  { "policy", "what a server decides: who gets which address, for how long, or nothing" },
  { "pool", "the addresses that a server may give out (RFC 2131 4.3.1)" },
  { "port", "a number that says which program on a machine a packet is for; DHCP's are 67 for servers and 68 for "
    .. "clients (RFC 2131 4.1)" },
  { "REBINDING", "the state of a client whose own server does not answer: it asks every server for more time "
    .. "(RFC 2131 4.4.5)" },
  { "REBOOTING", "the state of a client that has asked whether its old address still holds (RFC 2131 4.4.2)" },
  { "relay agent", "carries DHCP between clients and a server that is on another network; often a router "
    .. "(RFC 1542 4)", "relay" },
  { "RELEASE", "a client gives its address back before its time is over (RFC 2131 3.1 step 6)" },
  { "RENEWING", "the state of a client that asks its own server for more time (RFC 2131 4.4.5)", "renew", "renewal" },
  { "REQUEST", "a client asks for one certain address: the one that was offered, or its own again "
    .. "(RFC 2131 4.3.2)" },
  { "REQUESTING", "the state of a client that has taken an offer and waits for the ACK (RFC 2131 4.4.1)" },
  { "reservation", "an address that a server keeps for one client (RFC 2131 1, manual allocation)" },
  { "retransmission", "the same message once more, because no answer came; after 4 s at first, then twice as long "
    .. "each time (RFC 2131 4.1)", "retransmit" },
  { "RFC", "a numbered document that describes a part of the Internet; DHCP's are RFC 2131 and 2132, to be read at "
    .. "www.rfc-editor.org" },
  { "rogue server", "a server that nobody asked for: it answers clients, with settings of its own "
    .. "(RFC 2131 7)" },
  { "scenario", "a script that shows one behaviour: who takes part, what they do, what must come of it", "script" },
  { "seed", "the number from which all chance in a run is drawn; in virtual time the same seed gives the same run" },
  { "segment", "a network whose hosts hear each other's broadcasts; relay agents connect segments" },
  { "SELECTING", "the state of a client that has sent DISCOVER and waits for offers (RFC 2131 4.4.1)" },
  { "server", "the program that gives addresses out (RFC 2131 1.5)" },
  { "server identifier", "the address by which a server names itself: option 54. In a REQUEST it says whose offer the "
    .. "client takes (RFC 2131 4.3.2, RFC 2132 9.7)", "server id" },
  { "starvation", "an attack: one machine takes all addresses of a pool under many names (RFC 2131 7)" },
  { "state", "what a client is about to do: INIT, SELECTING, REQUESTING, BOUND, RENEWING, REBINDING, INIT-REBOOT or "
    .. "REBOOTING (RFC 2131 4.4, figure 5)", "states" },
  { "subnet", "a part of a network whose addresses begin alike; 192.168.1.0/24 are those whose first 24 bits are "
    .. "those of 192.168.1.0. The mask 255.255.255.0 says the same (RFC 950 2, RFC 4632 3.1)", "mask" },
  { "T1", "when a client begins to renew its lease: after half of it, unless option 58 says otherwise "
    .. "(RFC 2131 4.4.5)" },
  { "T2", "when it begins to ask every server: after 7/8 of its lease, unless option 59 says otherwise "
    .. "(RFC 2131 4.4.5)" },
  { "timeout", "how long somebody waits for an answer before giving up; UDP itself does not say that one is lost" },
  { "transcript", "what a run prints: a line for each message" },
  { "UDP", "how DHCP messages travel: single packets, which may get lost (RFC 768, RFC 2131 4.1)" },
  { "unicast", "to one address only; the opposite of broadcast (RFC 2131 4.1)" },
  { "virtual time", "a clock inside the program that jumps from one event to the next: a day is over in a moment, and "
    .. "each run is the same; `dhcplab help worlds`" },
  { "world", "all that a script runs in: a clock, networks, chance; real, or virtual; `dhcplab help worlds`" },
  { "xid", "the transaction id: a number that the client draws and every reply repeats (RFC 2131 4.1)",
    "transaction id" },
  { "yiaddr", "the header field with the address that the server gives (RFC 2131 2)" },
}

local function plain(text) return (text:lower():gsub("[_-]", " ")) end

-- The word of this name, in any case, with dashes and underscores as blanks: its name and its text; or nothing.
function glossary.find(name)
  for _, word in ipairs(glossary.words) do
    for i, own in ipairs(word) do
      if i ~= 2 and plain(own) == plain(name) then return word[1], word[2] end
    end
  end
end

return glossary
