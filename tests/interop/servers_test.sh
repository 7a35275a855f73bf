#!/bin/sh
# `dhcplab client` against other people's servers.  Needs root; ends after half a minute.
#
#   sh tests/interop/servers_test.sh
#
# A server on its host, and the client on another one, on one cable.  Without raw sockets a client that has no address
# cannot be sent unicast, so it speaks as a relay would, with its host's address as giaddr, from port 67.  Then it does
# without a relay, by broadcast from port 68 (plain_life.lua), and renews by unicast from the address it got.

# shellcheck disable=SC2086,SC2154,SC2317 # addresses are single words; set in lib.sh; called by name
. "$(dirname "$0")/lib.sh"
begin

server_ip=192.0.2.1
relay_ip=192.0.2.2
mac=02:00:00:00:00:01

make_pair() {
  make_host client && make_host server || return 1
  join "$client" eth0 $mac "$server" eth0 02:00:00:00:00:53 || return 1
  ip -n "$client" address add $relay_ip/24 dev eth0
  ip -n "$server" address add $server_ip/24 dev eth0
}

# ---- the servers: each in the foreground, in the background of this script

start_kea() {
  cat >"$dir/kea.json" <<END
{ "Dhcp4": {
  "interfaces-config": { "interfaces": [ "eth0" ] },
  "lease-database": { "type": "memfile", "persist": false },
  "valid-lifetime": 120, "renew-timer": 60, "rebind-timer": 105,
  "option-data": [ { "name": "domain-name-servers", "data": "192.0.2.1" }, { "name": "routers", "data": "192.0.2.1" } ],
  "subnet4": [ { "id": 1, "subnet": "192.0.2.0/24", "pools": [ { "pool": "192.0.2.100-192.0.2.150" } ] } ],
  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ] } }
END
  KEA_LOCKFILE_DIR=$dir KEA_PIDFILE_DIR=$dir ip netns exec "$server" kea-dhcp4 -c "$dir/kea.json" \
    >"$dir/server.log" 2>&1 &
  wait_for 10 grep -q DHCP4_STARTED "$dir/server.log"
}

start_dnsmasq() {
  cat >"$dir/dnsmasq.conf" <<END
port=0
no-ping
log-dhcp
log-facility=$dir/server.log
dhcp-leasefile=$dir/dnsmasq.leases
dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,2m
dhcp-option=option:dns-server,192.0.2.1
END
  ip netns exec "$server" dnsmasq --keep-in-foreground --conf-file="$dir/dnsmasq.conf" --user=root \
    --pid-file="$dir/dnsmasq.pid" >"$dir/start.log" 2>&1 &
  wait_for 10 grep -q started "$dir/server.log"
}

start_dhcpd() {
  cat >"$dir/dhcpd.conf" <<END
authoritative; # or it does not answer an INFORM
ping-check false;
ddns-update-style none;
default-lease-time 120;
option domain-name-servers 192.0.2.1;
option routers 192.0.2.1;
subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.100 192.0.2.150; }
END
  : >"$dir/dhcpd.leases"
  ip netns exec "$server" dhcpd -4 -f -d -user root -group root -cf "$dir/dhcpd.conf" -lf "$dir/dhcpd.leases" \
    -pf "$dir/dhcpd.pid" eth0 >"$dir/server.log" 2>&1 &
  wait_for 10 grep -q 'Server starting' "$dir/server.log"
}

# It looks by ARP whether an address is free, which takes 2 s, and only then answers.  Its lease is written at the end.
start_udhcpd() {
  cat >"$dir/udhcpd.conf" <<END
start 192.0.2.100
end 192.0.2.150
max_leases 51
interface eth0
lease_file $dir/udhcpd.leases
pidfile $dir/udhcpd.pid
min_lease 30
option lease 120
option subnet 255.255.255.0
option router 192.0.2.1
option dns 192.0.2.1
END
  : >"$dir/udhcpd.leases"
  ip netns exec "$server" udhcpd -f "$dir/udhcpd.conf" >"$dir/server.log" 2>&1 &
  wait_for 10 grep -q started "$dir/server.log" && sleep 0.3
}

set_up() { make_pair && start_"$leg" && start_capture "$client" eth0; }

# ---- the client

ask() { # MAC FLAG...: sets `address` to what the client got last
  asker=$1
  shift
  ip netns exec "$client" timeout 30 "$dhcplab" client --mac "$asker" --client-id "01$(echo "$asker" | tr -d :)" \
    --relay $relay_ip --server $server_ip:67 --timeout 12 --color never "$@" >"$dir/answer" 2>"$dir/answer.err"
  status=$?
  cat "$dir/answer" "$dir/answer.err" >>"$dir/client.log"
  address=$(sed -n 's/^assigned \([0-9.]*\) .*/\1/p' "$dir/answer" | tail -n 1)
  [ -n "$address" ] && [ $status = 0 ]
}

first_mac=02:00:00:00:00:0a

renews_and_releases() { ask $first_mac --renew --release && [ "$(grep -c "^assigned $address " "$dir/answer")" = 2 ]; }

# Without a relay the host has no address before the server gives it one.
lives_plainly() {
  ip -n "$client" address flush dev eth0
  ip netns exec "$client" timeout 40 "$dhcplab" run -q "$interop/plain_life.lua" --interface eth0 --set interface=eth0 \
    --set mac=$mac >"$dir/life.log" 2>&1 || return 1
  address=$(sed -n 's/^assigned //p' "$dir/life.log")
}

# ---- what is the server's own affair: noted for the table, no result of ours

note_habits() {
  first=$address
  if ask $first_mac --release && [ "$address" = "$first" ]; then note "$leg" S-21 met
  else note "$leg" S-21 broken "after a RELEASE it offers $address to the one who had $first"
  fi
  sleep 1.1 # udhcpd counts in whole seconds
  if ask 02:00:00:00:00:0b --requested-address "$first" --decline && [ "$address" = "$first" ]
  then note "$leg" S-51 met
  else note "$leg" S-51 broken "a client that asks for $first, which was released, gets $address"
  fi
  first=$address
  if ask 02:00:00:00:00:0c --requested-address "$first" && [ "$address" != "$first" ]; then note "$leg" S-50 met
  else note "$leg" S-50 broken "$first, just declined, is given to another client"
  fi
  if ask 02:00:00:00:00:0d --reboot 192.0.2.149 --timeout 2; then
    note "$leg" S-42 broken "an INIT-REBOOT of a client that it never saw gets an ACK"
  elif grep -q NAK "$dir/answer.err"; then
    note "$leg" S-42 broken "an INIT-REBOOT of a client that it never saw gets a NAK"
  else note "$leg" S-42 met
  fi
}

try_server() { # PROGRAM
  have "$1" || return
  printf '%s\n' "$server_ip $leg" '* dhcplab' >"$dir/senders"
  step "$leg runs" set_up || return
  step "the client takes, renews and releases an address of $leg" renews_and_releases || return
  relayed=$address
  note_habits
  step "without a relay it takes, renews and releases one of $leg as well" lives_plainly
  plain=$address
  read_wire
  address=$relayed
  step "towards $leg the client selects by server_id and requested_ip [C-02 C-06]" wire \
    'type == 1 && src == relay && giaddr == relay && port == 67' \
    'type == 2 && src == server && dst == relay && port == 67 && yiaddr == address && xid == last_xid' \
    'type == 3 && giaddr == relay && requested == address && server_id == server && ciaddr == none && xid == last_xid' \
    'type == 5 && dst == relay && yiaddr == address && xid == last_xid'
  step "towards $leg it extends its lease by ciaddr alone" wire \
    'type == 5 && yiaddr == address' \
    'type == 3 && giaddr == relay && ciaddr == address && requested server_id == ""' \
    'type == 5 && yiaddr == address && xid == last_xid'
  step "towards $leg it releases at the server and hears nothing [C-33 C-08 C-11]" is_released
  address=$plain
  step "towards $leg it broadcasts from 0.0.0.0 while it has no address [X-07]" wire \
    'type == 1 && src == none && dst == "255.255.255.255" && giaddr == none' \
    'type == 2 && src == server && yiaddr == address && port == 68 && xid == last_xid' \
    'type == 3 && src == none && dst == "255.255.255.255" && requested == address && server_id == server' \
    'type == 5 && yiaddr == address && xid == last_xid'
  step "towards $leg it renews by unicast from its address [C-03]" wire \
    'type == 3 && src == address && dst == server && ciaddr == address && requested server_id == ""' \
    'type == 5 && src == server && dst == address && port == 68 && yiaddr == address && xid == last_xid'
  step "towards $leg it informs itself by unicast [C-34]" wire \
    'type == 8 && src == address && dst == server && ciaddr == address && requested server_id lease == ""'
  if wire 'type == 8' 'type == 5 && dst == address && port == 68 && lease == ""'; then note "$leg" S-52 met
  else note "$leg" S-52 broken "no ACK without lease_time comes to an INFORM"
  fi
  step "tshark takes all that the client sent to $leg" clients_accepted
}

is_released() {
  wire 'type == 7 && dst == server && ciaddr == address && server_id == server' &&
    ! wire 'type == 7 && ciaddr == address' 'src == server && xid == last_xid'
}

clients_accepted() { tshark_accepts $relay_ip && tshark_accepts 0.0.0.0 && tshark_accepts "$plain"; }

leg_kea() { try_server kea-dhcp4; }
leg_dnsmasq() { try_server dnsmasq; }
leg_dhcpd() { try_server dhcpd; }
leg_udhcpd() { try_server udhcpd; }

run_legs kea dnsmasq dhcpd udhcpd
judge_legs "the client breaks no MUST towards kea, dnsmasq, dhcpd and udhcpd" kea dnsmasq dhcpd udhcpd
finish
