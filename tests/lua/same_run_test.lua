-- Every script that comes with the program is the same run in each process and each build: output, trace, capture.
-- (`make determinism` does this with more seeds.) And that a difference is found and told: same_run.lua.

local t = require "harness"
local same_run = require "same_run"

local SEED <const> = 11

-- This build in two processes, with and without files; and the plain build, when this is another.
local ways = { { exe = t.exe, written = true }, { exe = t.exe } }
if t.tree == "build" then
  ways[3] = { exe = t.exe, written = true }
elseif t.read("build/dhcplab") then
  ways[2] = { exe = "build/dhcplab", written = true }
end

for _, script in ipairs(same_run.scripts()) do
  t.test(script:match("[^/]+$") .. " is the same run in " .. #ways .. " processes", function()
    local text = same_run.compare(script, SEED, ways, t.path("run"))
    if text then t.fail(text) end
  end)
end

-- A stand-in for the program that prints and writes what the environment of the test says.
local function stand_in(name, out, trace, pcap)
  local path = t.write(t.path(name), ([[#!/bin/sh
printf '%%s' '%s'
while [ $# -gt 0 ]; do
  case $1 in
    --trace) printf '%%s' '%s' >"$2" ;;
    --pcap) printf '%%s' '%s' >"$2" ;;
  esac
  shift
done
]]):format(out, trace, pcap))
  t.run { "chmod", "+x", path }
  return { exe = path, written = true }
end

local EVENT <const> = '{"at":1.5,"event":"send","from":"a","to":"b","type":"offer"}\n'

local function compared(...)
  return same_run.compare("x.lua", 1, { stand_in("one", "out\n", EVENT .. EVENT, "abc"), stand_in("two", ...) },
    t.path("run"))
end

t.test("the first event that differs is named", function()
  t.equal(compared("out\n", EVENT .. EVENT, "abc"), nil)
  local text = compared("out\n", EVENT .. EVENT:gsub("offer", "nak"), "abc")
  t.match(text, "^event 2 of the trace differs\n  here   1.500000 s: send a to b, offer: .-\n  there  1.500000 s: "
    .. "send a to b, nak: ")
  t.match(text, "here   %S+one run x.lua %-%-virtual %-%-seed 1")
  t.match(compared("out\n", EVENT, "abc"), "event 2 of the trace differs\n  here   .-\n  there  ")
end)

t.test("another output and another capture are found", function()
  t.match(compared("out\nmore", EVENT .. EVENT, "abc"), "^line 2 of the output differs\n  here   \n  there  more\n")
  t.match(compared("out\n", EVENT .. EVENT, "abd"), "^the captures differ from octet 2 on\n")
  t.match(compared("out\n", EVENT .. EVENT, "ab"), "^the captures differ from octet 2 on\n")
end)

t.test("a run that fails is no same run", function()
  local text = same_run.compare("x.lua", 1, { { exe = "/nowhere/dhcplab" } }, t.path("run"))
  t.match(text, "^ended with status 127")
end)

t.done()
