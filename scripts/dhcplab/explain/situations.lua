-- What a packet, a change of state or a fault means in the place where it stands: a first try or a second one, a
-- renewal, a refusal. One source for the story that a run tells and for the comments in a capture.
--
-- story.lua finds out which of these it is. Each has `tell`, one to three sentences of which the last takes the
-- `source` in brackets behind it; packets have a `gist` in a few words too, where it is another than that of their
-- type (notes.lua). {wait}, {try}, {n}, {why}, {relay} and {cause} are filled in.

local situations = {}

situations.packets = {
  -- DISCOVER
  discover = { source = "RFC 2131 3.1 step 1",
    tell = { "The client has no address yet and asks everyone: which server can give me one?",
             "To all hosts, since it knows no server; from 0.0.0.0, since it is nobody yet" } },
  discover_known = { source = "RFC 2131 4.4.4", gist = "a client asks the server that it knows",
    tell = { "The client has no address, but knows a server: it asks that one alone.",
             "Should no answer come, it asks everyone" } },
  discover_again = { source = "RFC 2131 4.1", gist = "a client looks for servers once more, try {n}",
    tell = { "No answer in {wait}: the client asks again, for the {try} time. {why}",
             "It waits longer after each try, about 4, 8, 16, 32 and 64 s: UDP does not say when a packet is lost" } },
  discover_after_nak = { source = "RFC 2131 3.1 step 5", gist = "a client that was refused begins again",
    tell = { "A server refused what the client asked for, so it begins again from the start" } },
  discover_after_decline = { source = "RFC 2131 3.1 step 5", gist = "a client that declined an address begins again",
    tell = { "Somebody else had the address that the client got, so it asks for another.",
             "After a DECLINE a client waits ten seconds at least, so that the two do not run in circles" } },
  discover_after_silence = { source = "RFC 2131 3.1 step 5", gist = "a client without an ACK begins again",
    tell = { "Neither ACK nor NAK came: the client gives that offer up and begins again from the start" } },
  discover_after_expiry = { source = "RFC 2131 4.4.5", gist = "a client whose lease is over begins again",
    tell = { "The lease is over and nobody gave more time: the client has lost its address and begins again" } },

  -- OFFER
  offer = { source = "RFC 2131 3.1 step 2",
    tell = { "The server holds a free address for this client and offers it, with the terms.",
             "The address is in the field yiaddr (\"your address\"); nothing is assigned yet" } },
  offer_other = { source = "RFC 2131 3.1 step 2", gist = "another server offers an address too",
    tell = { "Another server offers an address too: every server that hears a DISCOVER may.",
             "The client will take one of them; its REQUEST tells the others that theirs is free again" } },
  offer_again = { source = "RFC 2131 4.3.1", gist = "a server repeats its offer",
    tell = { "The server hears the client again and offers again, the same address if it is still free" } },
  offer_nothing = { source = "RFC 8925 3.3, RFC 2563 2.3", gist = "a server offers no address",
    tell = { "The server answers, but with no address: yiaddr is 0.0.0.0.",
             "Its options say why: do without IPv4 (108), or do not choose yourself an address (116)" } },

  -- REQUEST
  selecting = { source = "RFC 2131 3.1 step 3", gist = "takes an offer, and so refuses all others",
    tell = { "The client takes this offer and says so to everyone, so that other servers withdraw theirs.",
             "Options 50 and 54 name the address and the chosen server" } },
  selecting_again = { source = "RFC 2131 4.1", gist = "takes that offer once more, try {n}",
    tell = { "Neither ACK nor NAK in {wait}: the client says for the {try} time that it takes the offer. {why}",
             "It waits longer after each try" } },
  reboot = { source = "RFC 2131 3.2 step 1", gist = "asks whether the address it remembers is still right",
    tell = { "The client has started anew and remembers an address: it asks whether that is still right.",
             "No DISCOVER is needed. Option 50 names the address; there is no option 54, as it chooses no server" } },
  reboot_again = { source = "RFC 2131 3.2 step 3", gist = "asks about its old address once more, try {n}",
    tell = { "No answer in {wait}: the client asks about its old address again, for the {try} time. {why}",
             "If nobody answers at all it may go on with the address until its lease is over" } },
  renewing = { source = "RFC 2131 4.4.5", gist = "asks its server for more time",
    tell = { "The client asks the server that gave it the address for more time, as it does by itself from T1 on, "
               .. "half of the lease.",
             "To that server alone. Its address is in ciaddr, since it has one; options 50 and 54 are left out" } },
  renewing_again = { source = "RFC 2131 4.4.5", gist = "asks its server for more time once more, try {n}",
    tell = { "No answer in {wait}: the client asks its server again, for the {try} time. {why}",
             "It waits for half of the time that is left until T2, but for a minute at least" } },
  rebinding = { source = "RFC 2131 4.4.5", gist = "asks any server for more time",
    tell = { "The client's own server did not give more time, so it asks everyone, as it does by itself from T2 on, "
               .. "7/8 of the lease.",
             "Any server that knows of this lease may answer" } },
  rebinding_again = { source = "RFC 2131 4.4.5", gist = "asks any server for more time once more, try {n}",
    tell = { "No answer in {wait}: the client asks everyone again, for the {try} time. {why}",
             "It waits for half of the time that its lease has left, but for a minute at least; then it must stop "
               .. "using the address" } },
  request_odd = { source = "RFC 2131 4.3.6", gist = "a REQUEST that is none of the four kinds",
    tell = { "A REQUEST, but of no kind: what it has in options 50 and 54 and in ciaddr does not fit together.",
             "A server cannot tell what the client wants" } },

  -- ACK and NAK
  ack = { source = "RFC 2131 3.1 step 4",
    tell = { "The server writes the lease down and confirms it: from now on the address is the client's.",
             "The client may use it until the lease time is over, and should renew at half of it" } },
  ack_again = { source = "RFC 2131 4.3.2", gist = "the server agrees once more",
    tell = { "The server hears the same REQUEST again and confirms it again: it does not harm" } },
  ack_more = { source = "RFC 2131 4.4.5", gist = "the server gives more time",
    tell = { "The server gives more time: the lease begins anew.",
             "The client counts it from the moment at which it sent its REQUEST, so that it never outlasts the "
               .. "server's record" } },
  ack_reboot = { source = "RFC 2131 3.2 step 2", gist = "the server agrees: the old address is still right",
    tell = { "The server knows the client, and the address is still right: two messages were enough" } },
  ack_inform = { source = "RFC 2131 4.3.5", gist = "the server tells its settings, without an address",
    tell = { "The server tells the settings that the client asked for: no address, and no lease time" } },
  ack_rapid = { source = "RFC 4039 3.1", gist = "the server agrees at once: two messages instead of four",
    tell = { "The client's DISCOVER said that an ACK at once would do (option 80), and the server gives the address "
               .. "without an OFFER.",
             "Two messages instead of four; with several servers some would give addresses away for nothing" } },
  nak = { source = "RFC 2131 3.1 step 4", tell = { "The server refuses: the client must begin again.",
    "A refusal carries no address; the reason is in option 56, for people to read" } },
  nak_reboot = { source = "RFC 2131 3.2 step 2", gist = "the server refuses: the old address is not right any more",
    tell = { "The address that the client remembers is not right any more: it must not use it, and begins again.",
             "To everyone, because the client may be on another network than its address" } },
  nak_more = { source = "RFC 2131 figure 5", gist = "the server refuses more time",
    tell = { "The server gives no more time: the client must stop using the address at once, and begins again" } },
  nak_other = { source = "RFC 2131 4.3.2", gist = "another server refuses than the one that was asked",
    tell = { "A server refuses that the REQUEST was not for: it names another one in option 54.",
             "A server that was not chosen has nothing to say here, and a careful client does not listen to it" } },

  -- The rest
  decline = { source = "RFC 2131 3.1 step 5",
    tell = { "The client found that somebody else uses the address it got, so it refuses it.",
             "The server sets the address aside and does not answer; option 50 names it, as ciaddr must be 0.0.0.0" } },
  release = { source = "RFC 2131 3.1 step 6",
    tell = { "The client gives its address back before its time is over.",
             "To its server alone, from the address in ciaddr. No answer will come, and none is needed" } },
  inform = { source = "RFC 2131 3.4",
    tell = { "The client has an address from elsewhere (it is in ciaddr) and asks for settings only" } },
  inform_again = { source = "RFC 2131 4.1", gist = "a client asks for settings once more, try {n}",
    tell = { "No answer in {wait}: the client asks for settings again, for the {try} time. {why}",
             "It waits longer after each try" } },
  forcerenew = { source = "RFC 3203 2.2",
    tell = { "The server tells a client to renew now, not at half of its lease: something has changed.",
             "It must be signed (RFC 6704), or anybody could chase clients about" } },
  leasequery = { source = "RFC 4388 6.2",
    tell = { "Not a client, but somebody who must know where one is, as a relay does, asks about a lease" } },
  leaseactive = { source = "RFC 4388 6.4",
    tell = { "The server tells who has that address, and for how long" } },
  leaseunassigned = { source = "RFC 4388 6.4",
    tell = { "The server gives that address out, but nobody has it now" } },
  leaseunknown = { source = "RFC 4388 6.4",
    tell = { "The server knows nothing about what it was asked" } },
  bootp_request = { source = "RFC 1534 2", gist = "a BOOTP client asks for its address",
    tell = { "A message without a type (option 53): it comes from a client that speaks BOOTP, DHCP's older brother" } },
  bootp_reply = { source = "RFC 1534 2", gist = "a server answers in BOOTP",
    tell = { "The answer has no type either: it is BOOTP, and the address is for ever" } },
  other = { source = "RFC 2132 9.6", gist = "a message of unknown type",
    tell = { "A message of a type that is not known here" } },

  -- Relays
  relay_up = { source = "RFC 1542 4.1.1", gist = "a relay carries what a client said to a server",
    tell = { "A relay carries the client's message on to a server on another network, which no broadcast reaches.",
             "It wrote its own address into giaddr, so that the server knows which network the client is on, and "
               .. "counted one hop more" } },
  relay_down = { source = "RFC 1542 4.1.2", gist = "a relay carries a server's answer to the client",
    tell = { "The relay hands the server's answer to the client on its own network" } },
}

-- Added to what a server says to a relay.
situations.by_relay = "It goes to the relay through which the request came, {relay} (giaddr, RFC 2131 4.1)."

-- Why somebody had to say it again: {why}.
situations.why = {
  lost = "The message before was lost on its way.",
  answer_lost = "The message before arrived, but the answer to it was lost.",
  late = "The message before arrived, and the answer is still on its way.",
  useless = "An answer came, but not one that the client can use.",
  silence = "Nobody has answered the message before.",
}

situations.try = { [2] = "second", [3] = "third", [4] = "fourth", [5] = "fifth", [6] = "sixth", [7] = "seventh",
                   [8] = "eighth", [9] = "ninth", [10] = "tenth" }

-- States of a client (RFC 2131 figure 5): "BEFORE>STATE" where it matters where it comes from, else "STATE".
situations.states = {
  INIT = { tell = "It has no address, and what it does next begins from the start", source = "RFC 2131 4.4.1" },
  ["INIT after nak"] = { tell = "It was refused: whatever address it had is not its own",
                         source = "RFC 2131 3.1 step 5" },
  ["INIT after decline"] = { tell = "It does not use the address that it refused", source = "RFC 2131 4.4.1" },
  ["INIT after release"] = { tell = "It has given its address back and does not use it any more",
                             source = "RFC 2131 4.4.6" },
  ["INIT after expiry"] = { tell = "Its lease is over: it must stop using the address at once",
                            source = "RFC 2131 4.4.5" },
  ["INIT after silence"] = { tell = "No server has answered, so it gives up what it began",
                             source = "RFC 2131 3.1 step 5" },
  SELECTING = { tell = "It looks for servers, and waits for their offers", source = "RFC 2131 4.4.1" },
  REQUESTING = { tell = "It has chosen an offer, and waits for that server's word", source = "RFC 2131 4.4.1" },
  BOUND = { tell = "It has a lease: it uses the address, and is quiet until half of the time is over",
            source = "RFC 2131 4.4.5" },
  ["RENEWING>BOUND"] = { tell = "It has more time", source = "RFC 2131 4.4.5" },
  ["REBINDING>BOUND"] = { tell = "It has more time, perhaps from another server", source = "RFC 2131 4.4.5" },
  ["REBOOTING>BOUND"] = { tell = "It goes on with the address that it remembered", source = "RFC 2131 4.4.2" },
  RENEWING = { tell = "It keeps its address, and asks its own server for more time", source = "RFC 2131 4.4.5" },
  REBINDING = { tell = "It still keeps its address, and asks any server for more time",
                source = "RFC 2131 4.4.5" },
  ["INIT-REBOOT"] = { tell = "It comes up again and remembers an address", source = "RFC 2131 4.4.2" },
  REBOOTING = { tell = "It waits to hear whether the address that it remembers is still right",
                source = "RFC 2131 4.4.2" },
}

-- Why a packet did not arrive, by the cause that the transcript shows; "other" for the rest.
local untold <const> = "Nobody tells the sender: it can only wait for an answer, and ask again"

situations.drops = {
  loss = { tell = { "Chance took it: the network of this run loses some packets.", untold } },
  cut = { tell = { "The way between these two is cut.", untold } },
  rule = { tell = { "A rule of the script takes this packet away (net:drop).", untold } },
  tap = { tell = { "A function of the script takes this packet away (net:tap).", untold } },
  full = { tell = { "The sender has more to send than its line can carry, and this had waited too long.", untold } },
  ["no host"] = { tell = { "No host on this network answers for that address.", untold } },
  other = { tell = { "It will not arrive: {cause}.", untold } },
}
for _, drop in pairs(situations.drops) do drop.source = "RFC 2131 4.1" end

-- What the network did to a packet that is on its way all the same, by cause.
situations.faults = {
  delay = "It will arrive, but later; the sender may have asked again by then",
  reorder = "Packets that are sent after it may arrive before it",
  duplicate = "The same packet will arrive twice; it must do no harm",
  corrupt = "UDP's checksum would throw such a packet away; here it arrives, so that one sees who notices",
  truncate = "It arrives without its end; a receiver must not believe it",
}

return situations
