#!/bin/sh
# Other people's clients against `dhcplab server`, behind ISC's relay.  Needs root; ends after half a minute.
#
#   sh tests/interop/clients_test.sh
#
# Each client has three hosts of its own: client 192.0.2.0/24 relay 198.51.100.0/24 server.  The relay routes as well,
# so that a renewal reaches the server by unicast, past dhcrelay (which sees it and relays it once more).  The lease is
# 20 s: T1 is after 10.  What is captured is what passes the relay, on both sides.

# shellcheck disable=SC2086,SC2154,SC2317 # addresses are single words; set in lib.sh; called by name
. "$(dirname "$0")/lib.sh"
begin

server_ip=198.51.100.1
relay_ip=192.0.2.1

make_chain() {
  make_host client && make_host relay && make_host server || return 1
  join "$client" eth0 02:00:00:00:00:01 "$relay" eth0 02:00:00:00:00:82 || return 1
  join "$relay" eth1 02:00:00:00:01:82 "$server" eth0 02:00:00:00:00:53 || return 1
  ip -n "$relay" address add $relay_ip/24 dev eth0
  ip -n "$relay" address add 198.51.100.2/24 dev eth1
  forward_packets "$relay"
  ip -n "$server" address add $server_ip/24 dev eth0
  ip -n "$server" route add 192.0.2.0/24 via 198.51.100.2
}

start_server() {
  ip netns exec "$server" "$dhcplab" server --listen $server_ip:67 --subnet 192.0.2.0/24 \
    --pool 192.0.2.100-192.0.2.150 --lease-time 20s --router $relay_ip --dns 198.51.100.53 --domain lab.example \
    --color never >"$dir/server.log" 2>&1 &
  server_pid=$!
  wait_for 5 grep -q 'listening on' "$dir/server.log"
}

start_relay() {
  ip netns exec "$relay" dhcrelay -4 -d -a -id eth0 -iu eth1 $server_ip >"$dir/dhcrelay.log" 2>&1 &
  wait_for 5 grep -q 'Sending on.*eth0' "$dir/dhcrelay.log"
}

# What clients call: it notes what happened, and sets addresses for those that do not.  dhclient and dhcpcd give the
# event in $reason, udhcpc in $1.
write_script() {
  cat >"$dir/script" <<END
#!/bin/sh
event=\${reason:-\${1:-}} address=\${new_ip_address:-\${ip:-}}
case "$leg \$event" in
  dhcpcd*) ;; # does it itself
  *BOUND | *RENEW | *REBOOT | *REBIND | *bound | *renew)
    ip address replace "\$address/24" dev eth0
    ip route replace default via $relay_ip
    ;;
  *RELEASE | *EXPIRE | *STOP | *deconfig) ip address flush dev eth0 ;;
esac
ip link set eth0 up
echo "\$event \$address" | tee -a "$dir/new-events" >>"$dir/events.log"
END
  chmod 755 "$dir/script"
}

# ---- the clients: start_X sets client_pid; release_X gives the address back

run_dhclient() { # FLAG: -d to serve, -r to give back
  ip netns exec "$client" dhclient "$1" -4 -v -sf "$dir/script" -cf "$dir/dhclient.conf" -lf "$dir/dhclient.leases" \
    -pf "$dir/dhclient.pid" eth0 >>"$dir/client.log" 2>&1
}

start_dhclient() {
  echo 'initial-interval 1;' >"$dir/dhclient.conf"
  run_dhclient -d &
  client_pid=$!
}

release_dhclient() { run_dhclient -r; } # it ends the other one

start_udhcpc() {
  ip netns exec "$client" udhcpc -i eth0 -f -t 5 -T 1 -s "$dir/script" >>"$dir/client.log" 2>&1 &
  client_pid=$!
}

says_released() { tail -n 1 "$dir/client.log" | grep -q 'entering released state'; }

release_udhcpc() {
  kill -s USR2 "$client_pid"
  wait_for 5 says_released
  end_process "$client_pid"
}

# dhcpcd keeps state in fixed places.  `ip netns exec` gives it a mount namespace, where those can be covered.
start_dhcpcd() {
  mkdir -p "$dir/run/dhcpcd" "$dir/lib/dhcpcd"
  cat >"$dir/dhcpcd.conf" <<END
ipv4only
noipv4ll
clientid
option subnet_mask, broadcast_address, routers, domain_name, domain_name_servers
script $dir/script
END
  # shellcheck disable=SC2016 # expanded inside
  ip netns exec "$client" sh -c 'mount --bind "$1/run" /run && mount --bind "$1/lib" /var/lib &&
    exec dhcpcd -4 -B -f "$1/dhcpcd.conf" eth0' sh "$dir" >>"$dir/client.log" 2>&1 &
  client_pid=$!
}

release_dhcpcd() { end_process "$client_pid" ALRM; }

# ---- what must happen

happened() { # EVENTS: since the last start of the client; sets `address`
  address=$(sed -nE "s/^($1) ([0-9.]+)$/\\2/p" "$dir/new-events" | tail -n 1)
  [ -n "$address" ]
}

start_client() {
  : >"$dir/new-events"
  start_"$leg"
}

takes() { start_client && wait_for 12 happened 'BOUND|REBOOT|bound'; }

keeps() { # EVENTS
  first=$address
  wait_for 18 happened "$1" && [ "$address" = "$first" ]
}

takes_again() {
  first=$address
  takes && [ "$address" = "$first" ]
}

set_up() {
  make_chain && write_script && start_server && start_relay && start_capture "$relay" any
}

ends_free() {
  sleep 0.3
  end_process "$server_pid" INT
  grep -q '; 0 bound' "$dir/server.log"
}

acked='type == 5 && src == server && yiaddr == address'
renews='type == 3 && src == address && dst == server && giaddr == none && ciaddr == address && requested server_id == ""'

# T1 is 10 s after the REQUEST; a client may come a little earlier, by chance.
note_renewal() {
  if wire "$acked" "$renews && since < 11"; then note "$leg" C-25 met
  else note "$leg" C-25 broken "it renews later than 11 s after an ACK with T1 of 10 s and T2 of 17.5 s"
  fi
}

is_released() {
  wire 'type == 7 && src == address && dst == server && ciaddr == address && server_id == server' &&
    ! wire 'type == 7 && src == address' 'src == server && xid == last_xid'
}

try_client() {
  have "$leg" dhcrelay || return
  printf '%s\n' "$server_ip dhcplab" "$relay_ip dhcrelay" "198.51.100.2 dhcrelay" "* $leg" >"$dir/senders"
  step "the hosts for $leg stand" set_up || return
  step "$leg takes an address behind a relay" takes || return
  step "$leg renews it and keeps it" keeps 'RENEW|renew' || return
  step "$leg gives it back" release_"$leg" || return
  step "$leg takes it again and gets the same one [S-21]" takes_again || return
  step "$leg gives it back again" release_"$leg" || return
  step "the server has no lease left after a RELEASE [S-51]" ends_free
  read_wire
  step "OFFER and ACK for $leg go to the relay, and grant 20 s [S-08 S-32 X-02]" wire \
    'type == 2 && src == server && dst == giaddr && port == 67 && yiaddr == address && lease == 20' \
    'type == 3 && src != server && requested == address && server_id == server && ciaddr == none' \
    'type == 5 && src == server && dst == giaddr && port == 67 && yiaddr == address && lease == 20'
  step "$leg renews by unicast before T2, and the ACK goes to ciaddr [S-44 X-03]" wire \
    "$acked" "$renews && since < 17.5" \
    'type == 5 && src == server && dst == address && port == 68 && yiaddr == address && lease == 20 && since < 1'
  step "a RELEASE of $leg gets no answer [S-51]" is_released
  step "after it $leg is offered its old address [S-21]" wire 'type == 7 && src == address' 'type == 1' \
    'type == 2 && yiaddr == address'
  note_renewal
  step "tshark takes all that the server sent to $leg" tshark_accepts $server_ip
}

leg_dhclient() { try_client; }
leg_udhcpc() { try_client; }
leg_dhcpcd() { try_client; }

run_legs dhclient udhcpc dhcpcd
judge_legs "the server breaks no MUST towards dhclient, udhcpc and dhcpcd" dhclient udhcpc dhcpcd
finish
