-- What the header fields, the message types and the common options mean, in words: one place for all.
--
-- `explain` prints the short forms beside the bytes, `help` the long ones.  Names, types and sections of the
-- options themselves are in the core's catalogue; here is only what the catalogue's one phrase cannot
-- say.  Sections are those of RFC 2131 (the protocol) and RFC 2132 (the options) unless another is named.

local notes = {}

-- Header fields: `title` in a few words, `text` for help, `source`; what a value means is in fields.lua.
notes.fields = {
  op = { title = "request or reply", source = "RFC 2131 2",
    text = [[Which way the message goes: 1 is a request, from a client; 2 is a reply, from a server. It is
older than DHCP: which DHCP message it is stands in option 53.]] },
  htype = { title = "kind of hardware address", source = "RFC 2131 2",
    text = [[What kind of network card the client has, by the numbers that ARP uses: 1 is Ethernet, and
Wi-Fi too.]] },
  hlen = { title = "length of the hardware address", source = "RFC 2131 2",
    text = [[How many octets of chaddr count: 6 for Ethernet. At most 16.]] },
  hops = { title = "relays passed", source = "RFC 1542 4.1.1",
    text = [[A client sends 0. Each relay agent (a router that carries DHCP from one network to a server on
another) may add 1, so that a message cannot run in circles for ever.]] },
  xid = { title = "transaction id", source = "RFC 2131 4.1",
    text = [[A number the client draws at random. Every reply repeats it, so that the client knows its own
answers among all that it hears.]] },
  secs = { title = "seconds since the client began", source = "RFC 1542 3.2",
    text = [[How long the client has been trying to get or renew an address. Relays and servers may use it to
help those first who wait longest. Replies have 0.]] },
  flags = { title = "the broadcast bit", source = "RFC 2131 4.1",
    text = [[Only the first of its 16 bits has a meaning. A client sets it when it cannot receive packets for
an address that it does not have yet: replies must then be broadcast. All other bits are 0.]] },
  ciaddr = { title = "the client's own address", source = "RFC 2131 4.3.2",
    text = [[Filled in only by a client that has a valid address and uses it: when it renews or releases its
lease, or asks for other settings. 0.0.0.0 while it has none.]] },
  yiaddr = { title = "your address", source = "RFC 2131 4.3.1",
    text = [[The address that the server gives to the client: an offer in an OFFER, a promise in an ACK. It is
0.0.0.0 in everything a client sends.]] },
  siaddr = { title = "the next server to boot from", source = "RFC 2131 4.3.1",
    text = [[Where the client finds its boot file, if it boots over the network. It is not the address of the
DHCP server: that is option 54 (server_id).]] },
  giaddr = { title = "the relay's address", source = "RFC 2131 4.1",
    text = [[A relay agent puts its own address here. The server sees from it which network the client is
on, and sends its reply there, to port 67. 0.0.0.0 without a relay.]] },
  chaddr = { title = "the client's hardware address", source = "RFC 2131 2",
    text = [[Who the client is as long as it has no IP address: on Ethernet its MAC address, 6 octets, the
other 10 zero.]] },
  sname = { title = "the server's host name", source = "RFC 2131 4.1",
    text = [[The name of the server, ending in a zero octet; nearly always empty. It may hold options instead
when there are too many (option 52, overload).]] },
  file = { title = "the boot file's name", source = "RFC 2131 4.1",
    text = [[The file to boot from, ending in a zero octet; empty unless the client boots over the network. It
may hold options instead when there are too many (option 52, overload).]] },
  cookie = { title = "magic cookie", source = "RFC 2131 3",
    text = [[The four octets 99 130 83 99 (63 82 53 63 in hex). They say that what follows are options. Without
them a message is BOOTP, DHCP's older brother, or something else altogether.]] },
}

-- Message types by name; `number` is the value of option 53.
notes.messages = {
  discover = { number = 1, from = "client", gist = "a client looks for servers", source = "RFC 2131 3.1 step 1",
    text = [[The client has no address and knows no server, so it asks everyone on its network. It may name
an address it would like (option 50), how long it wants it (51), and what else it wants to be told
(55).]], after = "Every server that can help answers with an OFFER, or stays silent." },
  offer = { number = 2, from = "server", gist = "a server offers an address", source = "RFC 2131 3.1 step 2",
    text = [[The address is in the field yiaddr, how long it may be kept in option 51, and which server offers
it in option 54. The server keeps the address aside for a short while; nothing is agreed yet.]],
    after = "The client waits for one or more offers, chooses, and sends a REQUEST." },
  request = { number = 3, from = "client", gist = "a client asks for one certain address", source = "RFC 2131 4.3.2",
    text = [[One message with four uses. SELECTING: it takes an offer, and names the server (option 54) and
the address (50). INIT-REBOOT: it has restarted and asks whether its old address (50) is still
right. RENEWING: it asks its server for more time, from the address it has (ciaddr).
REBINDING: the same, but to any server, because its own does not answer.]],
    after = "The server answers with ACK or NAK, or leaves it to another server." },
  decline = { number = 4, from = "client", gist = "a client refuses the address: somebody else uses it",
    source = "RFC 2131 3.1 step 5 and 4.4.1",
    text = [[Before using an address a client asks the network (by ARP) whether anyone has it. If so it tells
the server, naming the address (option 50) and the server (54).]],
    after = "No answer. The server sets the address aside; the client waits 10 s or more and begins anew." },
  ack = { number = 5, from = "server", gist = "the server agrees: the address is the client's",
    source = "RFC 2131 3.1 step 4",
    text = [[From here on the client may use the address in yiaddr, for as long as option 51 says, with the
settings in the other options. An ACK to INFORM carries settings only.]],
    after = "The client checks that nobody else uses the address, and uses it." },
  nak = { number = 6, from = "server", gist = "the server refuses: this address is not yours here",
    source = "RFC 2131 3.1 step 4 and 4.3.2",
    text = [[The client asked for an address that is wrong for its network, taken, or no longer its own. It is
broadcast, because the client may not be reachable at the address it believes in.]],
    after = "The client stops using the address at once and begins again with DISCOVER." },
  release = { number = 7, from = "client", gist = "a client gives its address back", source = "RFC 2131 3.1 step 6",
    text = [[The client is done before its time is over. The address is in ciaddr, the server in option 54.
Sending it is a courtesy: a client that just vanishes is forgotten when its time is over.]],
    after = "No answer. The server may give the address to another." },
  inform = { number = 8, from = "client", gist = "a client has an address and asks for settings only",
    source = "RFC 2131 3.4",
    text = [[Its address, set by hand perhaps, is in ciaddr; what it wants to know is in option 55.]],
    after = "The server answers with an ACK that has neither an address nor a time." },
  forcerenew = { number = 9, from = "server", gist = "a server asks a client to renew now", source = "RFC 3203",
    text = [[Sent to a client that has a lease. It must prove where it comes from, or it is ignored.]],
    after = "The client renews as if its time had come." },
  leasequery = { number = 10, from = "client", gist = "somebody asks a server about a lease",
    source = "RFC 4388 6",
    text = [[A relay, for instance. It asks by address, by hardware address, or by client identifier.]],
    after = "The server answers with LEASEACTIVE, LEASEUNASSIGNED or LEASEUNKNOWN." },
  leaseunassigned = { number = 11, from = "server", gist = "nobody has that address now", source = "RFC 4388 6",
    text = [[The address is one of the server's, and free.]] },
  leaseunknown = { number = 12, from = "server", gist = "the server knows nothing about that",
    source = "RFC 4388 6", text = [[The address or the client is not one of the server's.]] },
  leaseactive = { number = 13, from = "server", gist = "this client has that address", source = "RFC 4388 6",
    text = [[The address, the client and what is left of the lease are in its fields and options.]] },
}

notes.message_order = { "discover", "offer", "request", "decline", "ack", "nak", "release", "inform",
  "forcerenew", "leasequery", "leaseunassigned", "leaseunknown", "leaseactive" }

-- Options: why one sends it, what follows from it.
notes.options = {
  [0] = "one octet of filling between options; it has no length",
  [1] = "which bits of an address name the network; the rest names the host",
  [3] = "where packets for other networks go, the preferred one first",
  [6] = "who turns names into addresses, the preferred one first",
  [12] = "the client's own name, usually without a domain",
  [15] = "what the client appends to short names when it looks them up",
  [28] = "packets to this address reach every host of the network",
  [33] = "routes to single hosts; networks need option 121",
  [42] = "where to ask for the time of day, the preferred one first",
  [43] = "means what the vendor named in option 60 says it means",
  [50] = "in DISCOVER a wish; in REQUEST the address the client decided for (RFC 2131 table 5)",
  [51] = "from a client: how long it would like; from a server: how long it may (RFC 2131 3.3)",
  [52] = "says that file, sname or both hold more options (RFC 2131 4.1)",
  [53] = "what makes a BOOTP message a DHCP message: which of its kinds this is",
  [54] = "names the server; a REQUEST with it takes that server's offer and refuses all others "
    .. "(RFC 2131 3.1 step 3)",
  [55] = "what the client would like to be told, most wanted first (RFC 2131 3.5)",
  [56] = "for a person to read: why a NAK or DECLINE was sent",
  [57] = "the largest message the client can take; 576 is what everyone must be able to",
  [58] = "T1: when the client begins to ask its server for more time; half of the lease unless "
    .. "given (RFC 2131 4.4.5)",
  [59] = "T2: when it begins to ask any server instead; 7/8 of the lease unless given (RFC 2131 4.4.5)",
  [60] = "what kind of client this is; servers may choose settings by it",
  [61] = "who the client is, in place of its hardware address; the server repeats it (RFC 6842 3)",
  [66] = "where the boot file is; the field sname is for options when this is used",
  [67] = "which file to boot; the field file is for options when this is used",
  [77] = "a group the client counts itself to; servers may choose settings by it",
  [80] = "in DISCOVER: an ACK at once is welcome; in ACK: here it is, two messages instead of four",
  [81] = "the client's full name, and which side writes it into the DNS",
  [82] = "added by a relay: where the client is connected; servers repeat it, the relay removes it "
    .. "(RFC 3046 2.2)",
  [93] = "what processor and firmware the client boots with, so that it gets a fitting boot file",
  [97] = "a number that names the machine whatever card it boots from",
  [108] = "the network works without IPv4: a client that asked for this may do without for that long",
  [114] = "where a browser finds this network's login page",
  [116] = "whether a client that gets no address may choose one itself (169.254.x.x)",
  [118] = "take the address from this network, not from the one the message came from",
  [119] = "domains to try, in this order, when a short name is looked up",
  [121] = "routes to networks; a client that reads these ignores options 3 and 33 (RFC 3442)",
  [124] = "what kind of client this is, in the words of the company with that number",
  [125] = "means what the company with that number says it means",
  [150] = "where the boot file is, by address",
  [249] = "the same as option 121, under the number that older Windows versions ask for",
  [255] = "the end of the options; what follows is filling",
}

return notes
