#!/bin/sh
# From the start of a new process to its lease: the handshake with both sides in one process (--set pause=0), and a
# client against a server that runs already. Beside them, in the same run: Python with the least that a client needs
# (tests/interop/plain_client.py), which is what one would write otherwise. Fails when the handshake takes 30 ms.
# usage: startup_bench.sh [runs]
B=${B:-build} RUNS=${1:-20} AT=127.0.9.1:6768 LIMIT_MS=30
PYTHON=$(command -v /usr/bin/python3 || command -v python3) # not a wrapper around it

T=$(mktemp -d)
"$B/dhcplab" server --listen $AT --subnet 10.0.0.0/16 --pool 10.0.1.0-10.0.255.254 -q 2>"$T/said" &
SERVER=$!
trap 'kill $SERVER 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM
tries=0
until grep -q '^listening on' "$T/said"; do
  tries=$((tries + 1))
  if [ $tries -eq 100 ]; then
    cat "$T/said"
    exit 1
  fi
  sleep 0.05
done

# Milliseconds of each run of a command, one a line.  Fails when the command does.
time_runs() {
  if command -v hyperfine >/dev/null; then
    hyperfine -N --style none --warmup 2 --runs "$RUNS" --export-json "$T/json" "$*" >/dev/null 2>"$T/why" || return 1
    tr -d ' \n' <"$T/json" | sed 's/.*"times":\[\([^]]*\)\].*/\1/' | tr ',' '\n' | awk '{ print $1 * 1000 }'
    return
  fi
  n=0
  while [ $n -lt "$RUNS" ]; do
    n=$((n + 1))
    before=$(date +%s%N)
    "$@" >/dev/null 2>"$T/why" || return 1
    echo "$(($(date +%s%N) - before)) 1000000" | awk '{ print $1 / $2 }'
  done
}

# Prints a line for a command and leaves its median in $median.
tell() {
  name=$1
  shift
  if ! time_runs "$@" >"$T/times"; then
    echo "$name: failed"
    cat "$T/why"
    exit 1
  fi
  median=$(sort -n "$T/times" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }')
  sort -n "$T/times" | awk -v name="$name" -v m="$median" '{ v[NR] = $1 }
    END { printf "%-40s median %6.1f ms, %5.1f to %5.1f\n", name, m, v[1], v[NR] }'
}

tell "a process that does nothing" true
tell "python3, client only" "$PYTHON" tests/interop/plain_client.py $AT
python=$median
tell "dhcplab client" "$B/dhcplab" client --server $AT
client=$median
tell "dhcplab handshake, both sides" "$B/dhcplab" --set pause=0 --listen 127.0.9.1:6769
awk -v c="$client" -v h="$median" -v p="$python" -v limit=$LIMIT_MS 'BEGIN {
  printf "client %.2f, handshake %.2f of the time that Python takes; handshake %s %d ms\n", c / p, h / p,
    h < limit ? "under" : "NOT UNDER", limit
  exit h >= limit
}'
