#!/bin/sh
# Runs the benchmarks one after the other, so that they do not disturb each other: compiled X_bench
# programs, *_bench.lua under the stock Lua, then *_bench.sh.  Called by `make bench`, which sets B (the
# build tree), CC and LUA; an argument picks those whose name contains it.
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build} LUA=${LUA:-lua5.4}
export B LAB_TREE="$B"
export LUA_PATH="scripts/?.lua;scripts/?/init.lua;tests/lua/?.lua;tests/bench/?.lua;;" LUA_CPATH="$B/lua/?.so;;"

echo "$(uname -sm), $(nproc 2>/dev/null || echo '?') cores, $(git describe --always --dirty 2>/dev/null || echo 'no commit')"
failed=0
for file in tests/bench/*_bench.c tests/bench/*_bench.lua tests/bench/*_bench.sh; do
  [ -e "$file" ] || continue
  case $file in *"$1"*) ;; *) continue ;; esac
  echo "== $file"
  case $file in
    *.c) "$B/${file%.c}" ;;
    *.lua) "$LUA" "$file" ;;
    *.sh) sh "$file" ;;
  esac || failed=1
done
exit $failed
