#!/bin/sh
# Virtual time: handshakes per second in the executable, with nothing else and with what may look on; then what a client
# that lives in BOUND costs in memory, under the stock lua5.4, which tells Lua's share.  See virtual.lua.
set -e
speed() { "$B/dhcplab" run tests/bench/virtual.lua speed "$@" --virtual --budget 10m -q; }
speed 10
speed 1000
speed 100000
for looker in record trace judge invariants; do speed 5000 "$looker"; done
"$LUA" tests/bench/virtual.lua memory 20000
