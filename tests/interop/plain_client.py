#!/usr/bin/env python3
"""A DHCP client that shares no code with dhcplab: plain sockets, the standard library, the RFCs.

usage: plain_client.py ADDRESS:PORT [MAC]

Takes one lease and holds the server's OFFER and ACK against RFC 2131, table 3 (requirements S-01 to S-15).
Prints the address, or one line per breach; exit status 0 when a lease was taken and nothing was wrong.
"""
import os
import socket
import struct
import sys

COOKIE = b"\x63\x82\x53\x63"
HEADER = struct.Struct(">BBBBIHH4s4s4s4s16s64s128s")
FIELDS = "op htype hlen hops xid secs flags ciaddr yiaddr siaddr giaddr chaddr sname file".split()
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
ASKED = bytes([1, 3, 6, 15, 42])
CLIENT_ID = b"\xffplain-client"


def build(kind, xid, mac, options):
    packet = HEADER.pack(1, 1, 6, 0, xid, 0, 0x8000, *[bytes(4)] * 4, mac, b"", b"") + COOKIE
    for code, value in [(53, bytes([kind])), (61, CLIENT_ID), *options]:
        packet += bytes([code, len(value)]) + value
    return (packet + b"\xff").ljust(300, b"\0")


def parse(packet):
    fields = dict(zip(FIELDS, HEADER.unpack_from(packet)))
    if packet[236:240] != COOKIE:
        raise ValueError("no magic cookie")
    options, order, at = {}, [], 240
    while packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        code, length = packet[at], packet[at + 1]
        options[code] = options.get(code, b"") + packet[at + 2:at + 2 + length]
        order.append(code)
        at += 2 + length
    return fields, options, order


def breaches(kind, reply, request_flags, xid, mac):
    fields, options, order = reply
    want = {
        "S-01 op": fields["op"] == 2,
        "S-01 htype, hlen": (fields["htype"], fields["hlen"]) == (1, 6),
        "S-01 hops": fields["hops"] == 0,
        "S-01 xid": fields["xid"] == xid,
        "S-01 secs": fields["secs"] == 0,
        "S-02 ciaddr": fields["ciaddr"] == bytes(4),
        "S-03 yiaddr": fields["yiaddr"] != bytes(4),
        "S-05 flags": fields["flags"] == request_flags,
        "S-05 giaddr": fields["giaddr"] == bytes(4),
        "S-05 chaddr": fields["chaddr"] == mac.ljust(16, b"\0"),
        "S-07 options 50, 55, 57": not {50, 55, 57} & set(options),
        "S-08 lease time": len(options.get(51, b"")) == 4,
        "S-09 server identifier": len(options.get(54, b"")) == 4,
        "S-14 client identifier": options.get(61) == CLIENT_ID,
        "S-25 mask before routers": 1 not in order or 3 not in order or order.index(1) < order.index(3),
        "S-24 each option once": len(order) == len(set(order)),
        "option 53": options.get(53) == bytes([kind]),
    }
    return [name for name, right in want.items() if not right]


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    text = sys.argv[2] if len(sys.argv) > 2 else "02:70:79:00:00:01"
    mac = bytes.fromhex(text.replace(":", ""))
    xid = struct.unpack(">I", os.urandom(4))[0]
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.settimeout(5)
    server = (host, int(port))

    wire.sendto(build(DISCOVER, xid, mac, [(55, ASKED)]), server)
    offer = parse(wire.recv(1500))
    wrong = ["OFFER: " + name for name in breaches(OFFER, offer, 0x8000, xid, mac)]

    chosen = [(50, offer[0]["yiaddr"]), (54, offer[1].get(54, bytes(4))), (55, ASKED)]
    wire.sendto(build(REQUEST, xid, mac, chosen), server)
    ack = parse(wire.recv(1500))
    wrong += ["ACK: " + name for name in breaches(ACK, ack, 0x8000, xid, mac)]
    if ack[0]["yiaddr"] != offer[0]["yiaddr"]:
        wrong.append("ACK: another address than the OFFER's")

    for line in wrong:
        print("breach:", line)
    print(socket.inet_ntoa(ack[0]["yiaddr"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except socket.timeout:
        sys.exit("plain_client.py: no answer from " + sys.argv[1])
