#!/bin/sh
# Records the captures in tests/interop/captures anew, from real clients and servers.  Needs root.
#
#   sh tests/interop/record.sh [NAME...]       NAME is a capture without ".pcap", such as dhclient-kea; none: all
#
# Everything happens in network namespaces of its own, joined by veth pairs; what the programs write goes to a folder
# that is removed at the end, as are the namespaces and every process in them.  Nothing of the host is configured: the
# clients call a script that sets addresses inside their namespace only.  Every step has a time limit.  A capture
# replaces the old one only when all message types that were expected are in it.

# shellcheck disable=SC2086,SC2317 # the names of namespaces are single words; some functions are called by name
set -u
cd "$(dirname "$0")" || exit 2
captures=$PWD/captures
[ "$(id -u)" = 0 ] || { echo "record.sh: needs root, for network namespaces" >&2; exit 3; }

tools="ip ethtool sysctl tcpdump tshark editcap ss timeout"
for tool in $tools; do
  command -v "$tool" >/dev/null || { echo "record.sh: missing: $tool (needs $tools)" >&2; exit 3; }
done

work=$(mktemp -d)
client=lab-client-$$ relay=lab-relay-$$ server=lab-server-$$
failed=0

end_processes() { # NAMESPACE [PROGRAM]
  for signal in TERM KILL; do
    pids=$(ip netns pids "$1" 2>/dev/null | while read -r pid; do
      name=$(cat "/proc/$pid/comm" 2>/dev/null)
      [ "${2:-$name}" = "$name" ] && echo "$pid"
    done)
    [ -n "$pids" ] || return 0
    kill -s $signal $pids 2>/dev/null
    sleep 0.3
  done
}

clean_up() {
  for namespace in $client $relay $server; do
    end_processes "$namespace"
    ip netns del "$namespace" 2>/dev/null
  done
}

trap 'clean_up; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

inside() { # NAMESPACE COMMAND...
  in_namespace=$1
  shift
  ip netns exec "$in_namespace" "$@"
}

wait_for() { # WHAT COMMAND...: up to 10 seconds
  what=$1
  shift
  for _ in $(seq 100); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  echo "record.sh: no $what after 10 s" >&2
  return 1
}

# ---- the networks

# A veth pair: NAMESPACE INTERFACE MAC for both ends.  Without offload the checksums recorded are those of the wire.
join() {
  ip link add "$2" netns "$1" address "$3" type veth peer name "$5" netns "$4" address "$6" || return 1
  for end in "$1 $2" "$4 $5"; do
    set -- $end
    inside "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
    inside "$1" ethtool -K "$2" tx off >/dev/null
    inside "$1" ip link set "$2" up
  done
}

make_direct() {
  ip netns add $client && ip netns add $server || return 1
  join $client eth0 02:00:00:00:00:01 $server eth0 02:00:00:00:00:53 || return 1
  inside $server ip address add 192.0.2.1/24 dev eth0
}

# client 192.0.2.0/24 relay 198.51.100.0/24 server; the relay is the client's router as well.
make_relayed() {
  ip netns add $client && ip netns add $relay && ip netns add $server || return 1
  join $client eth0 02:00:00:00:00:01 $relay eth0 02:00:00:00:00:82 || return 1
  join $relay eth1 02:00:00:00:01:82 $server eth0 02:00:00:00:00:53 || return 1
  inside $relay ip address add 192.0.2.1/24 dev eth0
  inside $relay ip address add 198.51.100.2/24 dev eth1
  inside $relay sysctl -qw net.ipv4.ip_forward=1
  inside $server ip address add 198.51.100.1/24 dev eth0
  inside $server ip route add 192.0.2.0/24 via 198.51.100.2
}

# ---- the clients' script: addresses inside the namespace, nothing else

cat >"$work/script" <<'END'
#!/bin/sh
# dhclient calls with $reason, udhcpc with $1; both want the interface up.
case ${reason:-${1:-}} in
  BOUND | RENEW | bound | renew)
    ip address flush dev eth0
    mask=${new_subnet_mask:-${subnet:-255.255.255.0}}
    router=${new_routers:-${router:-}}
    ip address add "${new_ip_address:-${ip:-}}/$mask" dev eth0
    [ -z "$router" ] || ip route replace default via "${router%% *}"
    ;;
  RELEASE | STOP | EXPIRE | deconfig) ip address flush dev eth0 ;;
esac
ip link set eth0 up
exit 0
END
chmod +x "$work/script"

# ---- servers: each is started in the background; its output goes to $work/server.log

long_text=$(for n in $(seq 1 43); do printf 'rfc3396 ' ; [ "$n" -lt 43 ] || printf end; done) # 347 octets

start_dnsmasq() {
  cat >"$work/dnsmasq.conf" <<END
port=0
no-ping
dhcp-authoritative
dhcp-leasefile=$work/dnsmasq.leases
dhcp-range=192.0.2.100,192.0.2.150,255.255.255.0,1h
dhcp-boot=pxelinux.0,bootserver,192.0.2.1
dhcp-option=option:router,192.0.2.1,192.0.2.2
dhcp-option=option:dns-server,192.0.2.1,198.51.100.53
dhcp-option=option:domain-name,lab.example
dhcp-option=option:ntp-server,192.0.2.123
dhcp-option=option:mtu,1400
dhcp-option=option:domain-search,lab.example,students.lab.example,example.net
dhcp-option=option:classless-static-route,203.0.113.0/24,192.0.2.2,10.0.0.0/8,192.0.2.3
dhcp-option=vendor:lab,1,192.0.2.7
dhcp-option=vendor:lab,2,vendor text
dhcp-option-force=224,a site's own option
END
  inside $server dnsmasq --keep-in-foreground --conf-file="$work/dnsmasq.conf" --user=root \
    --pid-file="$work/dnsmasq.pid" >"$work/server.log" 2>&1 &
}

start_kea() { # CLIENT
  text=$long_text
  [ "$1" != udhcpc ] || text="a site's own option" # udhcpc drops replies of more than 576 octets
  mkdir -p "$work/kea"
  cat >"$work/kea.json" <<END
{ "Dhcp4": {
  "interfaces-config": { "interfaces": [ "eth0" ] },
  "lease-database": { "type": "memfile", "persist": false },
  "valid-lifetime": 3600, "renew-timer": 1800, "rebind-timer": 3150,
  "option-def": [ { "name": "long-text", "code": 224, "type": "string" } ],
  "option-data": [
    { "name": "domain-name-servers", "data": "192.0.2.1, 198.51.100.53" },
    { "name": "domain-name", "data": "lab.example" },
    { "name": "ntp-servers", "data": "192.0.2.123" },
    { "name": "interface-mtu", "data": "1400" },
    { "name": "domain-search", "data": "lab.example, students.lab.example, example.net" },
    { "code": 121, "csv-format": false, "data": "18CB0071C0000202080AC0000203", "always-send": true },
    { "name": "vendor-encapsulated-options", "csv-format": false, "data": "0104C0000207020B76656E646F722074657874",
      "always-send": true },
    { "name": "long-text", "data": "$text", "always-send": true } ],
  "subnet4": [ {
    "id": 1, "subnet": "192.0.2.0/24", "pools": [ { "pool": "192.0.2.100-192.0.2.150" } ],
    "next-server": "192.0.2.1", "server-hostname": "bootserver", "boot-file-name": "pxelinux.0",
    "option-data": [ { "name": "routers", "data": "192.0.2.1, 192.0.2.2" } ] } ],
  "loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ] } }
END
  KEA_LOCKFILE_DIR=$work/kea KEA_PIDFILE_DIR=$work/kea inside $server kea-dhcp4 -c "$work/kea.json" \
    >"$work/server.log" 2>&1 &
}

# With "overload" there is more than fits into the options field, and nothing else in sname and file.
start_dhcpd() { # CLIENT [overload]
  boot='next-server 192.0.2.1; server-name "bootserver"; filename "pxelinux.0";' text=$long_text
  [ -z "${2:-}" ] || { boot='' text=$(printf '%.250s' "$long_text"); }
  cat >"$work/dhcpd.conf" <<END
authoritative;
ping-check false;
ddns-update-style none;
default-lease-time 3600;
option long-text code 224 = text;
subnet 192.0.2.0 netmask 255.255.255.0 {
  range 192.0.2.100 192.0.2.150;
  $boot
  option routers 192.0.2.1, 192.0.2.2;
  option domain-name-servers 192.0.2.1, 198.51.100.53;
  option domain-name "lab.example";
  option ntp-servers 192.0.2.123;
  option interface-mtu 1400;
  option domain-search "lab.example", "students.lab.example", "example.net";
  option long-text "$text";
}
END
  : >"$work/dhcpd.leases"
  inside $server dhcpd -4 -f -user root -group root -cf "$work/dhcpd.conf" -lf "$work/dhcpd.leases" \
    -pf "$work/dhcpd.pid" eth0 >"$work/server.log" 2>&1 &
}

start_udhcpd() {
  cat >"$work/udhcpd.conf" <<END
start 192.0.2.100
end 192.0.2.150
interface eth0
lease_file $work/udhcpd.leases
pidfile $work/udhcpd.pid
siaddr 192.0.2.1
sname bootserver
boot_file pxelinux.0
option lease 3600
option subnet 255.255.255.0
option router 192.0.2.1 192.0.2.2
option dns 192.0.2.1 198.51.100.53
option domain lab.example
option ntpsrv 192.0.2.123
option mtu 1400
option search lab.example students.lab.example example.net
option staticroutes 203.0.113.0/24 192.0.2.2, 10.0.0.0/8 192.0.2.3
END
  : >"$work/udhcpd.leases"
  inside $server udhcpd -f "$work/udhcpd.conf" >"$work/server.log" 2>&1 &
}

# ---- clients: each gets an address, then gives it back

run_dhclient() { # SERVER
  rm -f "$work/dhclient.leases"
  size='send dhcp-max-message-size 1400;'
  [ "$1" != dhcpd-overload ] || size=''
  cat >"$work/dhclient.conf" <<END
option long-text code 224 = text;
option classless-routes code 121 = array of unsigned integer 8;
send host-name "student";
send dhcp-client-identifier "student-1";
send vendor-class-identifier "lab";
send user-class "\007class-a";
send fqdn.fqdn "student.lab.example.";
send fqdn.encoded on;
send fqdn.server-update on;
send dhcp-lease-time 3600;
$size
request subnet-mask, broadcast-address, routers, domain-name, domain-name-servers, domain-search, host-name,
  ntp-servers, interface-mtu, vendor-encapsulated-options, classless-routes, long-text;
timeout 20;
initial-interval 1;
END
  set -- -4 -v -sf "$work/script" -cf "$work/dhclient.conf" -lf "$work/dhclient.leases" -pf "$work/dhclient.pid" eth0
  inside $client timeout 25 dhclient -1 "$@" && inside $client timeout 10 dhclient -r "$@"
}

run_udhcpc() {
  inside $client timeout 25 udhcpc -i eth0 -f -R -t 5 -T 1 -s "$work/script" -x hostname:student \
    -x 0x3d:0073747564656e742d31 -V lab -F student.lab.example -O search -O ntpsrv -O mtu -O staticroutes -O 43 -O 224 &
  wait_for "lease for udhcpc" grep -q obtained "$work/client.log"
  end_processes $client udhcpc # -R: it gives the address back when told to end
}

# dhcpcd keeps state in fixed places.  `ip netns exec` gives it a mount namespace, where those can be covered.
run_dhcpcd() {
  cat >"$work/dhcpcd.conf" <<END
ipv4only
noipv4ll
duid
clientid student-1
hostname student
fqdn both
vendorclassid lab
userclass class-a
option subnet_mask, broadcast_address, routers, domain_name, domain_name_servers, domain_search, host_name
option ntp_servers, interface_mtu, vendor_encapsulated_options, classless_static_routes
script $work/script
timeout 20
END
  # shellcheck disable=SC2016 # expanded inside
  inside $client timeout -k 5 40 sh -c '
    for folder in /run /var/lib/dhcpcd; do mount -t tmpfs lab "$folder" || exit 1; done
    mkdir -p /run/dhcpcd
    dhcpcd -4 -w -f "$1" eth0 || exit 1
    dhcpcd -4 -k eth0
    for _ in $(seq 50); do [ -e /run/dhcpcd/eth0-4.pid ] || [ -e /run/dhcpcd/eth0.pid ] || exit 0; sleep 0.1; done
  ' sh "$work/dhcpcd.conf"
}

# ---- recording

start_capture() { # NAMESPACE INTERFACE NAME
  inside "$1" tcpdump -Z root -i "$2" -s 0 -U --immediate-mode -w "$work/$3.pcap" 'arp or udp port 67 or udp port 68' \
    >"$work/$3.tcpdump" 2>&1 &
  wait_for "tcpdump on $2" grep -q 'listening on' "$work/$3.tcpdump"
}

server_listens() { inside $server ss -Hlun 'sport = :67' | grep -q .; }
kea_listens() { grep -q DHCP4_STARTED "$work/server.log"; }

start_server() { # SERVER CLIENT
  : >"$work/client.log"
  case $1 in
    kea) start_kea "$2" && wait_for kea kea_listens ;;
    dhcpd-overload) start_dhcpd "$2" overload && wait_for dhcpd server_listens ;;
    *) start_"$1" "$2" && wait_for "$1" server_listens ;;
  esac
}

message_types() { tshark -n -r "$1" -Y dhcp -T fields -e dhcp.option.dhcp 2>/dev/null | sort -un | tr '\n' ' '; }

keep() { # NAME: if a whole conversation is in it
  types=$(message_types "$work/$1.pcap")
  case $types in
    "1 2 3 5 7 ") cp "$work/$1.pcap" "$captures/$1.pcap" ;;
    *)
      echo "record.sh: $1: message types '$types', wanted 1 2 3 5 7; the old capture stays" >&2
      tail -n 15 "$work/client.log" "$work/server.log" | cut -c 1-300 >&2
      failed=1
      return
      ;;
  esac
  messages=$(tshark -n -r "$captures/$1.pcap" -Y dhcp 2>/dev/null | wc -l)
  echo "$1: $messages messages, $(wc -c <"$captures/$1.pcap") octets"
}

has_tools() { # NAME PROGRAM...
  for program in "$@"; do
    [ "$program" != kea ] || program=kea-dhcp4
    command -v "$program" >/dev/null || { echo "record.sh: no $program: skipped" >&2; return 1; }
  done
}

record() { # CLIENT SERVER
  has_tools "$1" "${2%-overload}" || return 0
  if make_direct && start_server "$2" "$1" && start_capture $client eth0 "$1-$2"; then
    run_"$1" "$2" >"$work/client.log" 2>&1
    sleep 0.5
    end_processes $client
  fi
  clean_up
  keep "$1-$2"
}

record_relayed() {
  has_tools dhclient kea dhcrelay || return 0
  if make_relayed && start_server kea dhclient && start_capture $client eth0 relay-client-side &&
    start_capture $server eth0 relay-server-side; then
    inside $relay dhcrelay -4 -d -a -m replace -id eth0 -iu eth1 198.51.100.1 >"$work/dhcrelay.log" 2>&1 &
    wait_for dhcrelay grep -q 'Sending on' "$work/dhcrelay.log"
    run_dhclient kea >"$work/client.log" 2>&1
    sleep 0.5
    end_processes $client
    end_processes $server
  fi
  clean_up
  keep relay-client-side
  keep relay-server-side
}

make_pcapng() {
  [ -e "$captures/dhclient-kea.pcap" ] || return 0
  editcap -F pcapng "$captures/dhclient-kea.pcap" "$captures/dhclient-kea.pcapng" || failed=1
}

names="$*"
[ -n "$names" ] || names="dhclient-dnsmasq dhclient-kea dhclient-dhcpd dhclient-dhcpd-overload
  udhcpc-dnsmasq udhcpc-kea udhcpc-udhcpd dhcpcd-dnsmasq dhcpcd-kea relay"
mkdir -p "$captures"
for name in $names; do
  case $name in
    relay*) record_relayed ;;
    dhclient-* | udhcpc-* | dhcpcd-*) record "${name%%-*}" "${name#*-}" ;;
    *) echo "record.sh: unknown capture '$name'" >&2; failed=1 ;;
  esac
done
make_pcapng
exit $failed
