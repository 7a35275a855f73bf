-- Lesson 1: what is checked, and what is said about it.

local function plays_handshake(lab)
  lab:play()
  local first = lab.trace:find_first { type = "discover" }
  lab:expect(first, "a DISCOVER of the client", "no packet of that kind")
  for _, type in ipairs { "offer", "request", "ack" } do
    lab:expect(lab.trace:find_first { type = type }, ("the four messages: %s too"):format(type:upper()),
      "none was sent")
  end
end

local function gives_back(lab)
  lab:play()
  local ack = lab.trace:find_first { type = "ack" }
  local decline = lab.trace:find_first { type = "decline" }
  if decline then
    lab:fail("a RELEASE", "a DECLINE", "DECLINE says that somebody else uses the address: the server then gives it to "
      .. "nobody for a while (RFC 2131 4.3.3)")
  end
  local release = lab.trace:find_first { type = "release" }
  lab:expect(release, "a RELEASE of the client", "none was sent")
  local waited = release.at - ack.at
  lab:expect(waited > 0.5, "a RELEASE one minute after the ACK", "it was sent at once: no time passed in between")
  lab:expect(math.abs(waited - 60) < 1, "a RELEASE one minute after the ACK",
    ("it was sent %g s after it"):format(waited))
end

local everyone = "255.255.255.255"

return {
  checks = {
    { name = "plays a handshake", points = 1, run = plays_handshake, rfc = "RFC 2131 3.1",
      why = "the lesson is about these four messages",
      hints = { "Leave the lines at the top as they are: the server, the client, and client:acquire()." } },
    { name = "question 1: how many messages", points = 1, answer = "messages", is = 4, rfc = "RFC 2131 3.1",
      wrong = { [2] = "two messages find out what there is; two more settle on one of perhaps several servers",
                [3] = "only after the ACK, the fourth, may the client use the address" },
      hints = { "Play the script and count the lines with an arrow, up to [BOUND]." } },
    { name = "question 2: where the DISCOVER goes", points = 1, answer = "discover_to", is = everyone,
      rfc = "RFC 2131 4.1", wrong = { other = "the client knows no server yet: it must ask everyone on its network" },
      hints = { "Keep the packets: dhcplab run start.lua --virtual --pcap a.pcap, then: dhcplab explain a.pcap.",
                "The second line of each message says from where and to where." } },
    { name = "question 3: where it comes from", points = 1, answer = "discover_from", is = "0.0.0.0",
      rfc = "RFC 2131 4.1", wrong = { ["192.168.1.100"] = "that address is not the client's before the ACK",
                                      other = "the client has no address yet, and writes that" },
      hints = { "What does somebody without an address write as the sender?",
                "dhcplab explain a.pcap: the second line of the DISCOVER." } },
    { name = "question 4: where the offered address is", points = 1, answer = "address_field", is = "yiaddr",
      rfc = "RFC 2131 2", wrong = { ciaddr = "ciaddr is for a client that has an address already",
                                    siaddr = "siaddr is the server to boot from", giaddr = "giaddr is a relay agent's",
                                    other = "it is one of the fields of the header that end in addr" },
      hints = { "Find 192.168.1.100 in what dhcplab explain a.pcap says about the OFFER.",
                "The name says \"your address\", shortened." } },
    { name = "question 5: the option with the type", points = 1, answer = "type_option", is = 53, rfc = "RFC 2132 9.6",
      wrong = { other = "look at the first option of each message: its code, and what it says" },
      hints = { "dhcplab explain a.pcap: OPTIONS, the first row.", "dhcplab help messages says it in its title." } },
    { name = "question 6: where the REQUEST goes", points = 1, answer = "request_to", is = everyone,
      rfc = "RFC 2131 3.1 step 3", wrong = {
        other = "it goes to everyone: servers whose offers were not chosen hear it and take their offers back" },
      hints = { "Only one server is asked; but who else should know what the client chose?" } },
    { name = "question 7: when to ask for more time", points = 1, answer = "renewal", is = 1800, rfc = "RFC 2131 4.4.5",
      wrong = { [3600] = "then the lease is over: the client asks well before that",
                [3150] = "that is T2, when the client asks any server; before it, it asks its own",
                other = "the ACK says it itself, in option 58" },
      hints = { "The ACK carries renewal_time, option 58: dhcplab help renewal_time.", "Half of the lease." } },
    { name = "gives the address back", points = 3, after = "plays a handshake", run = gives_back,
      rfc = "RFC 2131 4.4.6", why = "a client that leaves tells the server, so that others can have the address",
      hints = { "dhcp.sleep(\"1m\") lets a minute pass.", "client:release() sends a RELEASE: dhcplab help release." } },
  },
}
