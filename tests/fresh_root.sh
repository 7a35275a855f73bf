#!/bin/sh
# Proves that `make run` and `make check` work on a fresh Debian that has nothing but make.
#
#   sudo sh tests/fresh_root.sh [-k] [TARGET...]      targets: run and check, when none is named
#     -k  keep the folder with the root and the output
#
# Run by hand: it needs root, debootstrap, a mirror and ten minutes.  The empty root is made in a temporary
# folder from the mirror that this machine's own apt uses, with its settings, and gets a copy of the tree as
# git would commit it.  What is mounted is unmounted on every way out.
set -eu

keep=
if [ "${1:-}" = -k ]; then
  keep=yes
  shift
fi
[ $# -gt 0 ] || set -- run check

die() {
  echo "fresh_root.sh: $*" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || die "needs root, to make and enter a root of its own"
command -v debootstrap >/dev/null || die "needs debootstrap: apt-get install debootstrap"
cd "$(dirname "$0")/.."

# The first mirror in either of apt's two formats, and this system's release.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
  sed -n -e 's/^URIs: *\([^ ]*\).*/\1/p' -e 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\) .*/\2/p' | grep debian | head -n 1)
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
[ -n "$mirror" ] || die "no mirror named in /etc/apt"

root=$(mktemp -d)
chmod 755 "$root" # apt downloads as a user of its own
leave() {
  for point in dev/pts dev sys proc; do
    if mountpoint -q "$root/$point"; then umount "$root/$point" || umount -l "$root/$point"; fi
  done
  if [ -n "$keep" ] || mount | grep -q "$root/"; then echo "kept: $root" >&2
  else rm -rf --one-file-system "$root"
  fi
}
trap leave EXIT
trap 'exit 130' INT TERM

echo "== an empty root: $suite from $mirror"
debootstrap --variant=minbase --include=make,ca-certificates "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
  { tail -n 20 "$root.log"; rm "$root.log"; die "debootstrap failed"; }
rm -f "$root.log"

rm -rf "$root/etc/apt"
cp -a /etc/apt "$root/etc/apt"
mkdir -p "$root/usr/share/keyrings"
cp -an /usr/share/keyrings/. "$root/usr/share/keyrings/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
rm -rf "$root"/var/lib/apt/lists/*

mkdir "$root/dhcplab"
{ git ls-files -co --exclude-standard 2>/dev/null || find . -type f -not -path './build/*' -not -path './.git/*'; } |
  while read -r file; do [ ! -e "$file" ] || echo "$file"; done | tar -cf - -T - | tar -xf - -C "$root/dhcplab" --no-same-owner

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys" 2>/dev/null || true
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"

failed=0
for target in "$@"; do
  echo "== make $target"
  begin=$(date +%s)
  if env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
    chroot "$root" make -C /dhcplab "$target" </dev/null
  then verdict=works
  else verdict=FAILED failed=1
  fi
  echo "== make $target $verdict after $(($(date +%s) - begin)) s"
done
exit $failed
