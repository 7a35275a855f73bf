#!/bin/sh
# Two machines, as network namespaces with a cable between them: `dhcplab server --listen 0.0.0.0:6767` on one,
# `dhcplab client --server HOST:6767` on the other.  Needs root; ends after a few seconds.
#
#   sh tests/interop/namespaces_test.sh

# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # set in lib.sh; called by name
. "$(dirname "$0")/lib.sh"
begin

server_ip=192.0.2.1
client_ip=192.0.2.2
relay_ip=0.0.0.0

take() { # LOG CLIENT-FLAGS...: what the client printed goes to $dir/LOG.log
  log=$1
  shift
  ip netns exec "$client" timeout 15 "$dhcplab" client --server $server_ip:6767 "$@" >"$dir/$log.log" 2>&1
}

got() { # LOG ADDRESS
  grep -q "^assigned $2 for 3600 s, by server $server_ip\$" "$dir/$1.log"
}

ends_well() {
  end_process "$server_pid" INT
  grep -q '4 discover, 4 request' "$dir/server.log" && grep -q '3 bound' "$dir/server.log"
}

python_client() {
  ip netns exec "$client" timeout 15 python3 "$interop/plain_client.py" $server_ip:6767 02:00:00:00:00:01 \
    >"$dir/python.log" 2>&1 && grep -q '^198.51.100.12$' "$dir/python.log"
}

nobody_there() {
  take nobody --mac 02:00:00:00:00:03 --timeout 1s
  [ $? = 1 ] && grep -q "no answer from $server_ip:6767" "$dir/nobody.log"
}

leg_two() {
  have ip python3 || return
  make_host client && make_host server || return
  join "$client" eth0 02:00:00:00:00:01 "$server" eth0 02:00:00:00:00:53 || return
  ip -n "$client" address add $client_ip/24 dev eth0
  ip -n "$server" address add $server_ip/24 dev eth0
  ip netns exec "$server" "$dhcplab" server --listen 0.0.0.0:6767 --pool 198.51.100.10-198.51.100.20 --lease-time 1h \
    >"$dir/server.out" 2>"$dir/server.log" &
  server_pid=$!
  step "a server listens on all addresses of its machine" wait_for 10 grep -q '^listening on 0.0.0.0:6767' "$dir/server.log" ||
    return
  step "a client on another machine takes a lease" take first --mac 02:00:00:00:00:01
  step "it gets an address, and the server's own address as its identifier [X-09]" got first 198.51.100.10
  take second --mac 02:00:00:00:00:02
  step "another client gets another address" got second 198.51.100.11
  take again --mac 02:00:00:00:00:01
  step "the same client gets the same address [S-21]" got again 198.51.100.10
  step "a client that shares no code takes a lease, too, and finds the replies right" python_client
  step "Ctrl-C ends the server with a summary" ends_well
  step "without the server the client says so, with status 1" nobody_there
}

run_legs two
finish
