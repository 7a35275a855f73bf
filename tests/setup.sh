#!/bin/sh
# Finds out which tools are missing and installs them with the system's package manager.
#
#   sh tests/setup.sh [-n] [-r] build|test|interop...
#     -n  only say what is missing and how to get it; exit 1 if anything is
#     -r  every tool is required; without it a test tool that cannot be had is only reported, its tests are skipped
#
# Nothing is asked of the package manager while nothing is missing.

say_only= required=
while getopts nr flag; do
  case $flag in
    n) say_only=yes ;;
    r) required=yes ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))

# Which package manager, and which column of the table below is its.
if command -v apt-get >/dev/null; then manager=apt-get column=1
elif command -v dnf >/dev/null; then manager=dnf column=2
elif command -v pacman >/dev/null; then manager=pacman column=3
elif command -v apk >/dev/null; then manager=apk column=4
elif command -v brew >/dev/null; then manager=brew column=5
else manager= column=0
fi

lua=$(for name in lua5.4 lua54 lua; do command -v $name && break; done)

has_command() { command -v "$1" >/dev/null 2>&1; }
has_compiler() { has_command "${CC:-cc}" || has_command gcc; }
has_header() {
  for dir in /usr/include /usr/include/lua5.4 /usr/include/lua-5.4 /usr/local/include /usr/local/include/lua5.4 /opt/homebrew/include; do
    [ -e "$dir/$1" ] && return 0
  done
  [ "$1" = stdio.h ] && [ "$(uname -s)" = Darwin ]
}
has_lua() { [ -n "$lua" ] && "$lua" -e 'os.exit(_VERSION == "Lua 5.4")'; }
has_module() { [ -n "$lua" ] && "$lua" -e "os.exit(package.searchpath('$1', package.path) ~= nil)"; }

# The library behind clang's -fsanitize=address is a package of its own in places.
has_clang_runtime() {
  has_command clang || return 1
  for name in libclang_rt.asan-$(uname -m).a libclang_rt.asan.a libclang_rt.asan_osx_dynamic.dylib; do
    case $(clang -print-file-name=$name) in */*) return 0 ;; esac
  done
  return 1
}

missing='' unknown=''

# need WHAT apt dnf pacman apk brew -- CHECK...: a name of '-' means that no package is known there.
need() {
  what=$1
  shift
  packages=
  i=0
  while [ "$1" != -- ]; do
    i=$((i + 1))
    [ $i = $column ] && packages=$1
    shift
  done
  shift
  "$@" && return
  if [ -z "$packages" ] || [ "$packages" = - ]; then unknown="$unknown, $what"
  else
    missing="$missing $packages"
    echo "missing: $what" >&2
  fi
}

need_build() {
  need "a C compiler" gcc gcc gcc gcc gcc -- has_compiler
  need "the C library's headers" libc6-dev glibc-devel glibc musl-dev - -- has_header stdio.h
  need pkg-config pkg-config pkgconf-pkg-config pkgconf pkgconf pkg-config -- has_command pkg-config
  need "Lua 5.4" lua5.4 lua lua lua5.4 lua -- has_lua
  need "Lua's headers" liblua5.4-dev lua-devel lua lua5.4-dev lua -- has_header lua.h
  need "argparse (Lua)" lua-argparse lua-argparse lua-argparse lua-argparse - -- has_module argparse
  need "dkjson (Lua)" lua-dkjson - - - - -- has_module dkjson
}

need_test() {
  need cmocka libcmocka-dev libcmocka-devel cmocka cmocka-dev cmocka -- has_header cmocka.h
  need clang clang clang clang clang - -- has_command clang
  need "clang's sanitizers" libclang-rt-dev compiler-rt compiler-rt compiler-rt - -- has_clang_runtime
  need clang-format clang-format clang-tools-extra clang clang-extra-tools clang-format -- has_command clang-format
  need clang-tidy clang-tidy clang-tools-extra clang clang-extra-tools - -- has_command clang-tidy
  need luacheck lua-check luacheck luacheck - luacheck -- has_command luacheck
  need python3 python3 python3 python python3 python3 -- has_command python3
  need_wire
}

need_wire() {
  need tshark tshark wireshark-cli wireshark-cli tshark wireshark -- has_command tshark
  need "ip (iproute2)" iproute2 iproute iproute2 iproute2 - -- has_command ip
}

# Other people's software: DHCP, whose tests need network namespaces, so that without root they are skipped anyway;
# and the shells and readers of manual pages that this program writes for.
need_interop() {
  [ "$(uname -s)" = Linux ] && [ "$(id -u)" = 0 ] || return 0
  PATH=$PATH:/usr/sbin:/sbin
  need_wire
  need tcpdump tcpdump tcpdump tcpdump tcpdump - -- has_command tcpdump
  need dhclient isc-dhcp-client dhcp-client dhclient - - -- has_command dhclient
  need udhcpc udhcpc - - busybox - -- has_command udhcpc
  need dhcpcd dhcpcd-base dhcpcd dhcpcd dhcpcd - -- has_command dhcpcd
  need dhcrelay isc-dhcp-relay dhcp-relay dhcp - - -- has_command dhcrelay
  need Kea kea-dhcp4-server kea kea kea-dhcp4 - -- has_command kea-dhcp4
  need dnsmasq dnsmasq-base dnsmasq dnsmasq dnsmasq - -- has_command dnsmasq
  need "ISC dhcpd" isc-dhcp-server dhcp-server dhcp dhcp - -- has_command dhcpd
  need udhcpd udhcpd - - - - -- has_command udhcpd
  need zsh zsh zsh zsh zsh - -- has_command zsh
  need fish fish fish fish fish - -- has_command fish
  need mandoc mandoc mandoc mandoc mandoc - -- has_command mandoc
}

for group in "$@"; do
  case $group in
    build) need_build ;;
    test) need_test ;;
    interop) need_interop ;;
    *) echo "setup.sh: unknown group '$group' (build, test, interop)" >&2; exit 2 ;;
  esac
done
[ -z "$missing$unknown" ] && exit 0

sudo=
[ "$(id -u)" = 0 ] || [ "$manager" = brew ] || sudo='sudo '
case $manager in
  apt-get) install="${sudo}apt-get update && ${sudo}env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$missing" ;;
  dnf) install="${sudo}dnf install -y$missing" ;;
  pacman) install="${sudo}pacman -Sy --needed --noconfirm$missing" ;;
  apk) install="${sudo}apk add$missing" ;;
  brew) install="brew install$missing" ;;
esac

if [ -n "$say_only" ]; then
  [ -z "$missing" ] || echo "install it with: $install" >&2
  [ -z "$unknown" ] || echo "no package known here for ${unknown#, } (LuaRocks has argparse and dkjson)" >&2
  exit 1
fi

# Debian starts a server as soon as it is installed, unless this program says no.  A test machine needs the program only.
policy=/usr/sbin/policy-rc.d forbidden=
forbid_daemons() {
  case "$manager: $* " in "apt-get:"*" interop "*) ;; *) return ;; esac
  [ ! -e $policy ] && [ ! -L $policy ] || mv $policy $policy.kept
  forbidden=yes
  trap allow_daemons EXIT
  trap 'exit 130' INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
}
allow_daemons() {
  trap - EXIT INT TERM
  rm -f $policy
  [ ! -e $policy.kept ] && [ ! -L $policy.kept ] || mv $policy.kept $policy
}

if [ -n "$missing" ]; then
  if [ -n "$sudo" ] && ! has_command sudo; then
    echo "this needs root, and there is no sudo; run as root: $(echo "$install" | sed 's/sudo //g')" >&2
    case " $* " in *" test "*) [ -z "$required" ] && sh "$0" -n build && exit 0 ;; esac
    exit 1
  fi
  echo "installing:$missing" >&2
  echo "  $install" >&2
  forbid_daemons "$@"
  sh -c "$install" >&2 || echo "the package manager failed: $install" >&2
  [ -z "$forbidden" ] || allow_daemons
fi

# What counts is what is there now: building needs everything; tests do without what cannot be had.
[ -n "$required" ] && exec sh "$0" -n "$@"
for group in "$@"; do
  [ "$group" = build ] || sh "$0" -n "$group" || echo "tests that need it are skipped" >&2
done
case " $* " in *" build "*) exec sh "$0" -n build ;; esac
exit 0
