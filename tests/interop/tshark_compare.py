#!/usr/bin/env python3
"""Holds what dhcplab reads in captures against what tshark reads in them.

usage: tshark_compare.py [--port N]... DHCPLAB CAPTURE...
       tshark_compare.py --json CAPTURE...

For each capture, `DHCPLAB explain --format json CAPTURE` and tshark must agree on every DHCP message: its frame and
time, its endpoints, every field of the header, and every option instance as it stands on the wire, in order, wherever
it stands.  Pads and ends are no options here.  Prints a line per capture and one per difference; exit status 1 when
there is any.  Where tshark gives a message up half-way (it says "malformed"), the options up to there are compared,
and the line of the capture says so.  --json prints tshark's reading instead, one message a line.  --port names a
further port, such as 6767, that carries DHCP.

The reading is taken from PDML, where each field has its place and its octets beside its meaning, so that nothing here
decodes DHCP a second time.
"""
import argparse
import decimal
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree

HEADER = {  # our name: the dissector's
    "op": "dhcp.type", "htype": "dhcp.hw.type", "hlen": "dhcp.hw.len", "hops": "dhcp.hops", "xid": "dhcp.id",
    "secs": "dhcp.secs", "flags": "dhcp.flags", "ciaddr": "dhcp.ip.client", "yiaddr": "dhcp.ip.your",
    "siaddr": "dhcp.ip.server", "giaddr": "dhcp.ip.relay", "sname": "dhcp.server", "file": "dhcp.file"}
TYPES = [None, "discover", "offer", "request", "decline", "ack", "nak", "release", "inform"]
SNAME_AT, FILE_AT, OPTIONS_AT = 44, 108, 236
OPTION_KEYS = ("in", "code", "length", "hex")
PAD, END, MESSAGE_TYPE = 0, 255, 53
SECONDS_MAX = 60


def run(command):
    done = subprocess.run(command, capture_output=True, timeout=SECONDS_MAX, check=False)
    if done.returncode != 0:
        text = done.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}: {text}")
    return done.stdout


# ---- tshark's reading


def octets_of(field):
    return bytes.fromhex(field.get("value", "")) if field is not None else b""


def first(proto, name):
    """The first field of that name directly below a protocol, or None."""
    return next((field for field in proto if field.get("name") == name), None)


def endpoint(packet, direction):
    protos = {proto.get("name"): proto for proto in packet}
    ip, udp = protos["ip"], protos["udp"]
    port = {"src": "srcport", "dst": "dstport"}[direction]
    return f'{first(ip, "ip." + direction).get("show")}:{first(udp, "udp." + port).get("show")}'


def read_options(dhcp):
    """Every option, with where it stands, ordered by place and offset: options first, then file, then sname (RFC 2131
    4.1).  An overloaded field's options are nested below option 52 in tshark's tree, but keep their own offset."""
    start = int(dhcp.get("pos"))
    found = []
    for field in dhcp.iterfind(".//field[@name='dhcp.option.type']"):
        octets = octets_of(field)
        if len(octets) < 2 or octets[0] in (PAD, END):
            continue
        at = int(field.get("pos")) - start
        rank, place = (0, "options") if at >= OPTIONS_AT else (1, "file") if at >= FILE_AT else (2, "sname")
        found.append((rank, at, {"in": place, "code": octets[0], "length": octets[1], "hex": octets[2:].hex()}))
    return [option for _, _, option in sorted(found, key=lambda each: each[:2])]


def read_message(packet):
    protos = {proto.get("name"): proto for proto in packet}
    dhcp, frame = protos["dhcp"], protos["frame"]
    header = {ours: octets_of(first(dhcp, theirs)) for ours, theirs in HEADER.items()}
    message = {"frame": int(first(frame, "frame.number").get("show")),
               "time": decimal.Decimal(first(frame, "frame.time_epoch").get("show")),
               "src": endpoint(packet, "src"), "dst": endpoint(packet, "dst")}
    for name, octets in header.items():
        if name.endswith("iaddr") or name == "ciaddr":
            message[name] = ".".join(map(str, octets))
        elif name in ("sname", "file"):
            message[name] = octets.split(b"\0")[0].decode("latin-1")
        else:
            message[name] = int.from_bytes(octets, "big")
    message["xid"] = f'0x{message["xid"]:08x}'
    hardware = first(dhcp, "dhcp.hw.mac_addr")
    hardware = first(dhcp, "dhcp.hw.addr") if hardware is None else hardware
    message["chaddr"] = octets_of(hardware).hex(":")
    message["options"] = read_options(dhcp)
    kinds = [option["hex"] for option in message["options"] if option["code"] == MESSAGE_TYPE]
    kind = int(kinds[0] or "0", 16) if kinds else 0
    message["type"] = TYPES[kind] if kind < len(TYPES) else None
    message["gave_up"] = "_ws.malformed" in protos
    return message


def read_by_tshark(capture, ports):
    command = ["tshark", "-n", "-r", capture, "-Y", "dhcp", "-T", "pdml"]
    for port in ports:
        command += ["-d", f"udp.port=={port},dhcp"]
    document = xml.etree.ElementTree.fromstring(run(command))
    return [read_message(packet) for packet in document.iter("packet")]


# ---- dhcplab's reading


def read_by_dhcplab(dhcplab, capture):
    lines = run([dhcplab, "explain", "--format", "json", capture]).decode().splitlines()
    records = [json.loads(line, parse_float=decimal.Decimal) for line in lines if line.strip()]
    return [record for record in records if record.get("xid") is not None]


# ---- the comparison


def differences(ours, theirs):
    """Texts, one per difference between two readings of a message."""
    found = []
    for name in ["frame", "time", "src", "dst", *HEADER, "chaddr", "type"]:
        mine = ours.get(name)
        if name == "time" and mine is not None:
            mine = decimal.Decimal(mine)
        if mine != theirs[name]:
            found.append(f"{name}: dhcplab {mine!s}, tshark {theirs[name]!s}")
    mine = [{key: option.get(key) for key in OPTION_KEYS} for option in ours.get("options", [])
            if option.get("code") not in (PAD, END)]
    other = theirs["options"]
    if theirs["gave_up"]:
        mine = mine[:len(other)]
    for index in range(max(len(mine), len(other))):
        left = mine[index] if index < len(mine) else None
        right = other[index] if index < len(other) else None
        if left != right:
            found.append(f"option {index + 1}: dhcplab {json.dumps(left)}, tshark {json.dumps(right)}")
    return found


def compare(dhcplab, capture, ports):
    """True when both agree; prints the verdict."""
    try:
        theirs, ours = read_by_tshark(capture, ports), read_by_dhcplab(dhcplab, capture)
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as problem:
        print(f"FAIL {capture}: {problem}")
        return False
    found = []
    if not theirs:
        found.append("tshark sees no DHCP message")
    if len(ours) != len(theirs):
        found.append(f"dhcplab has {len(ours)} messages, tshark {len(theirs)}")
    for mine, other in zip(ours, theirs):
        found += [f'frame {other["frame"]}: {text}' for text in differences(mine, other)]
    count = sum(len(message["options"]) for message in theirs)
    verdict = f"{len(theirs)} messages, {count} options"
    given_up = [str(message["frame"]) for message in theirs if message["gave_up"]]
    if given_up:
        verdict += f'; tshark gave up within frame {", ".join(given_up)}'
    print(f'{"FAIL" if found else "ok  "} {capture}: {verdict}')
    for text in found:
        print(f"     {text}")
    return not found


def main():
    parser = argparse.ArgumentParser(description="Compare dhcplab's reading of captures with tshark's.")
    parser.add_argument("--json", action="store_true", help="print tshark's reading of the captures")
    parser.add_argument("--port", action="append", default=["6767"], help="a further port with DHCP")
    parser.add_argument("arguments", nargs="+", metavar="DHCPLAB CAPTURE...")
    options = parser.parse_args()
    if shutil.which("tshark") is None:
        print("tshark_compare.py: missing: tshark", file=sys.stderr)
        return 3
    if options.json:
        for capture in options.arguments:
            for message in read_by_tshark(capture, options.port):
                print(json.dumps(message, default=str))
        return 0
    dhcplab, *captures = options.arguments
    if not captures:
        parser.error("no capture is named")
    return 0 if all([compare(dhcplab, capture, options.port) for capture in captures]) else 1


if __name__ == "__main__":
    sys.exit(main())
