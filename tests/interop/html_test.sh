#!/bin/sh
# The page of a run in a real browser: Debian's chromium, driven by playwright-core from npm (html_check.js).
#
# The package is fetched once, into the build tree. Without a browser, node or a network there is nothing to test.

tree=${LAB_TREE:-build}
exe=$tree/dhcplab
tools=build/browser
here=$(dirname "$0")

skip() {
  echo "1..0 # SKIP $1"
  exit 0
}

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no chromium here"
command -v node >/dev/null || skip "no node here"
if [ ! -d $tools/node_modules/playwright-core ]; then
  command -v npm >/dev/null || skip "no npm here"
  mkdir -p $tools
  timeout 60 npm install --silent --no-audit --no-fund --prefix $tools playwright-core@1 >/dev/null 2>&1 ||
    skip "playwright-core cannot be had from npm"
fi

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' INT TERM

"$exe" --virtual --seed 7 -q --html "$folder/handshake.html" >/dev/null || exit 1
cat >"$folder/hostile.lua" <<'END'
local dhcp = require "dhcplab"
local evil = "</script><img src=x onerror=document.title='hacked'><svg onload=document.title='hacked'>"
local net = dhcp.network { name = "bad", loss = 0.2, latency = "20ms", duplicate = 0.2 }
dhcp.server { network = net, name = evil, pool = "192.168.1.100-192.168.1.110" }
local client = dhcp.client { network = net, hostname = evil, timeout = 60 }
client:acquire()
client:renew()
client:become(evil)
dhcp.sleep(1)
END
"$exe" run "$folder/hostile.lua" --virtual --seed 4 -q --html "$folder/hostile.html" >/dev/null || exit 1
"$exe" run "$here/../../scripts/scenarios/power_on_storm.lua" --virtual --seed 1 -q --set clients=110 \
  --html "$folder/long.html" >/dev/null || exit 1
NODE_PATH=$tools/node_modules timeout 110 node "$here/html_check.js" "$browser" "$folder" "${HTML_SHOTS:-}"
