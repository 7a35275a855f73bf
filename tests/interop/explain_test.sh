#!/bin/sh
# `dhcplab explain` and tshark read the recorded captures alike: every header field, every option as it stands.
cd "$(dirname "$0")/../.." || exit 2
dhcplab=${LAB_TREE:-build}/dhcplab
for tool in tshark python3; do
  command -v $tool >/dev/null || { echo "1..0 # SKIP missing: $tool"; exit 0; }
done
number=0 failed=0
for capture in tests/interop/captures/*.pcap tests/interop/captures/*.pcapng; do
  [ -e "$capture" ] || continue
  number=$((number + 1))
  name="explain and tshark agree on ${capture##*/}"
  if said=$(python3 tests/interop/tshark_compare.py "$dhcplab" "$capture" 2>&1); then echo "ok $number - $name"
  else
    failed=1
    echo "not ok $number - $name"
    echo "$said" | sed 's/^/# /'
  fi
done
# What this program itself writes is read alike too.
own=$(mktemp) || exit 2
trap 'rm -f "$own"' EXIT
for script in handshake.lua scenarios/option_overload.lua scenarios/long_options.lua scenarios/relay_option_82.lua; do
  number=$((number + 1))
  name="explain and tshark agree on the capture of $script"
  if said=$("$dhcplab" run $script --virtual --seed 7 -q --pcap "$own" 2>&1 &&
    python3 tests/interop/tshark_compare.py "$dhcplab" "$own" 2>&1); then echo "ok $number - $name"
  else
    failed=1
    echo "not ok $number - $name"
    echo "$said" | sed 's/^/# /'
  fi
done
echo "1..$number"
exit $failed
