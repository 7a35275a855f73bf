-- E501 to E504: messages and captures that are read. The form is told in mistakes.lua.

return {
  { code = "E501", title = "not hex",
    fix = "give two hex digits for each octet; dumps of tcpdump and xxd are fine",
    text = [[`dhcplab explain` takes a message as hex, the way that Wireshark, tcpdump -x and xxd print it. The
      message counts the character that does not fit.]],
    command = { "explain", "0101060x" } },
  { code = "E502", title = "no DHCP message in it", exit = 1,
    fix = "capture on ports 67 and 68 (6767 in the lab): tcpdump -w FILE udp",
    text = [[A packet is taken for DHCP when it has the magic cookie 99.130.83.99 at octet 236 (RFC 2131 3), or
      runs between ports 67 and 68 (RFC 2131 4.1). None of these did.]],
    command = { "explain", "010203" } },
  { code = "E503", title = "neither a capture, nor a message, nor hex",
    fix = "give a pcap or pcapng file, a message of 240 octets or more, or hex",
    text = [[A capture begins with the magic number of pcap or pcapng; what has octets of value 0 and is no DHCP
      message is not text either. Of several files, each must be a capture.]],
    command = { "explain", "/bin/sh" } },
  { code = "E504", title = "a capture that is damaged or cut off", exit = 3,
    fix = "what came before that place is shown; capture again for the rest",
    text = [[The file ends inside a packet, as it does when the capturing program was killed, or says lengths
      that cannot be.]],
    command = { "explain", "FILE" },
    input = "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0\1" },
}
