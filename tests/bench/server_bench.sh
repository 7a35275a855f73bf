#!/bin/sh
# The scripted server against the least that any server can do (responder.c): both under the same load, one after
# the other, again and again, so that whatever else the machine does meets both. Told are handshakes per second, the
# server's own CPU time for each, and the median of the ratios. At window 256 the server with its default policy
# should reach half of the yardstick. Fails when an answer is missing, not when the machine is slow.
# usage: server_bench.sh [repetitions] [seconds]; WINDOWS="16 256" picks windows
B=${B:-build} REPEAT=${1:-5} SECONDS_EACH=${2:-2} AT=127.0.9.1:6767
WINDOWS=${WINDOWS:-1 16 256}
TARGET=0.5
if ! command -v taskset >/dev/null || [ "$(nproc)" -lt 2 ]; then
  echo "skipped: needs taskset and two cores"
  exit 0
fi

T=$(mktemp -d) SERVER=
trap '[ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null; rm -rf "$T"' EXIT
trap 'exit 130' INT TERM

start() {
  : >"$T/said" # what the server before said does not count
  case $1 in
    yardstick) taskset -c 0 "$B/tests/bench/responder" $AT $((SECONDS_EACH + 10)) 2>"$T/said" & ;;
    scripted)
      taskset -c 0 "$B/dhcplab" server --listen $AT --subnet 10.0.0.0/8 --pool 10.0.1.0-10.255.255.0 -q 2>"$T/said" &
      ;;
  esac
  SERVER=$!
  tries=0
  until grep -q '^listening on' "$T/said"; do
    tries=$((tries + 1))
    if [ $tries -eq 100 ] || ! kill -0 "$SERVER" 2>/dev/null; then
      cat "$T/said"
      return 1
    fi
    sleep 0.05
  done
}

stop() {
  kill "$SERVER"
  wait "$SERVER" 2>/dev/null
  SERVER=
}

# Writes to $T/line: who window handshakes/s CPU-microseconds-per-handshake p50 p99 max lost
measure() {
  start "$1" || return 1
  taskset -c 1 "$B/tests/bench/dora_load" --server $AT --seconds "$SECONDS_EACH" --window "$2" >"$T/load" || return 1
  ticks=$(awk '{ print $14 + $15 }' "/proc/$SERVER/stat")
  stop
  awk -v who="$1" -v window="$2" -v ticks="$ticks" -v hertz="$(getconf CLK_TCK)" '{
    for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
    print who, window, value["handshakes/s"], ticks / hertz * 1e6 / value["done"], value["p50_ms"], value["p99_ms"],
      value["max_ms"], value["lost"] + value["nak"]
  }' "$T/load" >"$T/line"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

printf '%-10s %6s %14s %10s %8s %8s %8s %6s\n' who window handshakes/s CPU-us/each p50-ms p99-ms max-ms lost
for window in $WINDOWS; do
  n=0
  while [ $n -lt "$REPEAT" ]; do
    n=$((n + 1))
    for who in yardstick scripted; do
      if ! measure $who "$window"; then
        echo "$who, window $window: failed"
        exit 1
      fi
      cat "$T/line" >>"$T/all"
      awk '{ printf "%-10s %6s %14s %10.1f %8s %8s %8s %6s\n", $1, $2, $3, $4, $5, $6, $7, $8 }' "$T/line"
    done
  done
done

# The median of ratios "yardstick to scripted" of a column, each pair measured one after the other.
ratio_of() {
  awk -v w="$1" -v c="$2" '$2 == w { if ($1 == "yardstick") base = $c; else if (base > 0) print $c / base }' "$T/all" |
    median
}

for window in $WINDOWS; do
  rate=$(ratio_of "$window" 3) cpu=$(ratio_of "$window" 4)
  awk -v w="$window" -v rate="$rate" -v cpu="$cpu" -v target=$TARGET 'BEGIN {
    verdict = rate >= target ? "; reaches " target : "; BELOW " target
    if (w < 256) verdict = ""
    printf "window %4d: %.2f of the yardstick, with %.1f times its CPU time for each%s\n", w, rate, cpu, verdict
  }'
done
