# What clients_test.sh and servers_test.sh share: network namespaces, programs in them, the wire, results.  Not a test.
#
# A test is made of legs.  A leg is one program of others against dhcplab, in namespaces of its own, so that legs run
# side by side and a capture has one conversation in it.  `run_legs` starts leg_NAME for each in a subshell whose
# standard output is results without numbers, `ok - name` and `not ok - name`; the numbers come at the end.  In a leg,
# $leg is its name and $dir its folder.
#
# Everything is removed on every way out: namespaces are called lab-PID-LEG-ROLE, and only processes inside them, or
# started by their number, are ended.

# shellcheck shell=sh disable=SC2034,SC2154 # names shared between the files
set -u
interop=tests/interop
cd "$(dirname "$0")/../.." || exit 2
dhcplab=${LAB_TREE:-build}/dhcplab
case $dhcplab in /*) ;; *) dhcplab=$PWD/$dhcplab ;; esac

work='' legs=''
PATH=$PATH:/usr/sbin:/sbin

skip_all() {
  echo "1..0 # SKIP $1"
  exit 0
}

namespaces() { ip netns list 2>/dev/null | sed -n "s/^\(lab-$$-$1[^ ]*\).*/\1/p"; } # [LEG-]

# Twice, since what is being started may not be inside yet.
end_processes() { # [LEG-]
  for signal in TERM KILL; do
    pids=$(for namespace in $(namespaces "$1"); do ip netns pids "$namespace"; done)
    # shellcheck disable=SC2086 # a list
    [ -z "$pids" ] || kill -s "$signal" $pids 2>/dev/null
    sleep 0.3
  done
}

leave() {
  trap '' INT TERM HUP # `timeout` sends them twice
  # shellcheck disable=SC2086 # a list
  [ -z "$legs" ] || { kill $legs 2>/dev/null; wait $legs 2>/dev/null; }
  end_processes ''
  for namespace in $(namespaces ''); do ip netns del "$namespace"; done
  [ -z "$work" ] || rm -rf "$work"
}

# Skips the whole file where it cannot work, and otherwise gets ready.
begin() {
  [ "$(id -u)" = 0 ] || skip_all "needs root, for network namespaces"
  for tool in ip tcpdump tshark; do
    command -v $tool >/dev/null || skip_all "missing: $tool"
  done
  # `ip netns` wants the root to be a mount, which a chroot is not
  grep -q '^[^ ]* / ' /proc/self/mounts || skip_all "no network namespaces in a chroot"
  trap leave EXIT
  trap 'exit 130' INT TERM HUP
  # a container may forbid namespaces, or have no veth
  why=$(ip netns add lab-$$-try 2>&1 && ip -n lab-$$-try link add v0 type veth peer name v1 2>&1 &&
    forward_packets lab-$$-try 2>&1) || skip_all "no network namespaces here: $(echo "$why" | tail -n 1)"
  ip netns del lab-$$-try
  work=$(mktemp -d) || exit 2
  chmod 755 "$work" # some programs give up root before they write
}

# ---- namespaces and programs

make_host() { # ROLE: sets $ROLE to its namespace
  eval "$1=lab-$$-$leg-$1"
  ip netns add "lab-$$-$leg-$1" && ip -n "lab-$$-$leg-$1" link set lo up
}

# A cable between two hosts.
join() { # NAMESPACE INTERFACE MAC NAMESPACE INTERFACE MAC
  ip link add "$2" netns "$1" address "$3" type veth peer name "$5" netns "$4" address "$6" || return 1
  ip -n "$1" link set "$2" up && ip -n "$4" link set "$5" up
}

forward_packets() { ip netns exec "$1" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'; } # NAMESPACE

wait_for() { # SECONDS COMMAND...
  tries=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ $tries -gt 0 ] || return 1
    sleep 0.1
  done
}

is_gone() { ! kill -0 "$1" 2>/dev/null; }

end_process() { # PID [SIGNAL]: ends what this leg started
  kill -s "${2:-TERM}" "$1" 2>/dev/null
  wait_for 3 is_gone "$1" || kill -s KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

start_capture() { # NAMESPACE INTERFACE: into $dir/wire.pcap
  ip netns exec "$1" tcpdump -Z root -i "$2" -s 2000 -U --immediate-mode -w "$dir/wire.pcap" \
    'arp or udp port 67 or udp port 68' >"$dir/tcpdump.log" 2>&1 &
  capture_pid=$!
  wait_for 5 grep -q 'listening on' "$dir/tcpdump.log"
}

# ---- the wire, as tshark reads it

# One line a message in $dir/wire: its columns are named in `wire`.
read_wire() {
  sleep 0.2
  end_process "$capture_pid"
  timeout 20 tshark -n -r "$dir/wire.pcap" -Y dhcp -T fields -E separator=/t -e frame.time_epoch -e ip.src -e ip.dst \
    -e udp.dstport -e dhcp.option.dhcp -e dhcp.id -e dhcp.ip.client -e dhcp.ip.your -e dhcp.ip.relay \
    -e dhcp.option.requested_ip_address -e dhcp.option.dhcp_server_id -e dhcp.option.ip_address_lease_time \
    -e _ws.malformed -e _ws.expert.severity -e _ws.expert.message >"$dir/wire" 2>"$dir/tshark.log"
}

# Whether messages were seen as described, in this order: each condition is in the words of awk, about the columns
# below and $address; `since` is the seconds since the message that the condition before took, last_xid its xid.
# A type is a number: 1 DISCOVER, 2 OFFER, 3 REQUEST, 4 DECLINE, 5 ACK, 6 NAK, 7 RELEASE, 8 INFORM.
wire() { # CONDITION...
  program='' number=0
  for condition in "$@"; do
    program="$program stage == $number && ($condition) { stage++; before = time; last_xid = xid; next }"
    number=$((number + 1))
  done
  awk -F'\t' -v address="${address:-}" -v server="$server_ip" -v relay="$relay_ip" -v none=0.0.0.0 '
    { time = $1; src = $2; dst = $3; port = $4; type = $5; xid = $6; ciaddr = $7; yiaddr = $8; giaddr = $9
      requested = $10; server_id = $11; lease = $12; malformed = $13; severity = $14
      since = time - before }
    '"$program END { exit stage < $number }" "$dir/wire"
}

# tshark decodes everything from one address without a word of warning (6291456) or error (8388608).
tshark_accepts() { # SOURCE
  # shellcheck disable=SC2016 # awk's
  wire "src == \"$1\"" && ! wire "src == \"$1\" && (malformed != \"\" || severity ~ /6291456|8388608/)"
}

# ---- results

step() { # NAME COMMAND...
  name=$1
  shift
  if "$@"; then echo "ok - $name"
  else
    echo "not ok - $name"
    for log in "$dir"/*.log "$dir/wire"; do
      [ ! -s "$log" ] || { echo "# ${log##*/}:"; tail -n 12 "$log" | cut -c 1-200 | sed 's/^/#   /'; }
    done
    return 1
  fi
}

# Whether the programs of a leg are there and may read what is written here; if not, the leg is skipped.
have() { # PROGRAM...
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "ok - $leg # SKIP missing: $tool"; return 1; }
    if grep -q "$tool (enforce)" /sys/kernel/security/apparmor/profiles 2>/dev/null; then
      echo "ok - $leg # SKIP AppArmor keeps $tool in its own folders"
      return 1
    fi
  done
}

# What a program did apart from the rules that the judge knows, for its table: met or broken.
note() { # PROGRAM RULE met|broken TEXT
  echo "$*" >>"$dir/notes"
}

run_legs() { # LEG...
  for leg in "$@"; do
    dir=$work/$leg
    mkdir "$dir"
    (
      trap - EXIT INT HUP
      trap 'trap "" TERM; end_processes "$leg-"; wait; exit 1' TERM
      leg_"$leg"
      end_processes "$leg-"
      wait
    ) >"$dir/results" 2>"$dir/shell.log" </dev/null &
    legs="$legs $!"
  done
  # shellcheck disable=SC2086 # a list
  wait $legs
  legs=''
  for leg in "$@"; do
    [ ! -s "$work/$leg/shell.log" ] || sed 's/^/# /' "$work/$leg/shell.log" >&2
    cat "$work/$leg/results"
  done >"$work/results"
}

# The judge on all captures: its table goes out as comments, and dhcplab must not have broken a MUST.
judge_legs() { # NAME-OF-TEST LEG...   with $dir/senders: who has which address, as in judge_wire.lua
  title=$1
  shift
  for leg in "$@"; do
    dir=$work/$leg
    shift
    [ ! -s "$dir/wire.pcap" ] || set -- "$@" "$dir"
  done
  [ $# -gt 0 ] || return 0
  dir=$work
  step "$title" judge_wire "$@" >>"$work/results"
}

judge_wire() {
  "$dhcplab" run -q --virtual $interop/judge_wire.lua "$@" >"$work/table" 2>"$work/judge.log"
  status=$?
  sed 's/^/#: /' "$work/table" # `make interop` shows what begins so
  return $status
}

finish() {
  awk '/^(not )?ok/ { count++; sub(/ok/, "ok " count); if (/^not/) bad = 1 } { print }
    END { print "1.." count; exit bad }' "$work/results"
  exit $?
}
