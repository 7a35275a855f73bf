-- The ladder as text: whole pictures, so that a reader of this file sees what a reader of the terminal sees.
local t = require "harness"
local ladder = require "dhcplab.ladder"
local layout = require "dhcplab.layout"
local term = require "dhcplab.term"

local function fancy(color)
  return term.new { color = color, env = function(name) return name == "LANG" and "C.UTF-8" or nil end,
    isatty = function() return true end, columns = function() return 80 end }
end

local HANDSHAKE = {
  { at = 0, from = "client", to = "server", label = "DISCOVER", detail = "xid 0x3903f326" },
  { at = 0.0003, from = "server", to = "client", label = "OFFER", detail = "192.168.1.100 for 1 hour" },
  { at = 1.001, from = "client", to = "server", label = "REQUEST" },
  { at = 1.0015, from = "server", to = "client", label = "ACK" },
  { at = 1.0015, on = "client", note = "BOUND" },
}

t.test("the handshake in plain ASCII, 60 columns wide", function()
  t.equal(ladder.draw(HANDSHAKE, { width = 60 }), [[
  seconds client                                     server
             |                                          |
    0.000    +--------------- DISCOVER ---------------->|
             |             xid 0x3903f326               |
    0.000    |<---------------- OFFER ------------------+
             |        192.168.1.100 for 1 hour          |
             :                                          :
    1.001    +---------------- REQUEST ---------------->|
    1.002    |<----------------- ACK -------------------+
    1.002 [BOUND]                                       |
             |                                          |]])
end)

t.test("the same in UTF-8", function()
  t.equal(ladder.draw({ HANDSHAKE[1], HANDSHAKE[2] }, { width = 60, term = fancy("never") }), [[
  seconds client                                     server
             │                                          │
    0.000    ├─────────────── DISCOVER ────────────────▶│
             │             xid 0x3903f326               │
    0.000    │◀──────────────── OFFER ──────────────────┤
             │        192.168.1.100 for 1 hour          │
             │                                          │]])
end)

t.test("a broadcast goes to the furthest and marks those on the way; others are only crossed", function()
  t.equal(ladder.draw({
    { at = 0, from = "client", to = { "server-1", "server-2", "server-3" }, label = "DISCOVER" },
    { at = 0.1, from = "server-3", to = "client", label = "OFFER" },
  }, { width = 72 }), [[
  seconds client           server-1          server-2          server-3
             |                 |                 |                 |
    0.000    +-----------------o--- DISCOVER ----o---------------->|
    0.100    |<----------------|----- OFFER -----|-----------------+
             |                 |                 |                 |]])
end)

t.test("one that is heard on both sides has an arrow on both", function()
  t.equal(ladder.draw({ { at = 3, from = "relay", to = { "client", "server" }, label = "REQUEST" } },
    { width = 60, participants = { "client", "relay", "server" } }), [[
  seconds client                relay               server
             |                    |                    |
    3.000    |<-------------------+----- REQUEST ----->|
             |                    |                    |]])
end)

t.test("a lost packet ends on its way and says so", function()
  t.equal(ladder.draw({ { at = 0, from = "client", to = "server", label = "OFFER", lost = true } }, { width = 50 }), [[
  seconds client                           server
             |                                |
    0.000    |         OFFER (lost)           |
             +---------------------x          |
             |                                |]])
end)

t.test("a long note stands beside its lifeline where there is room, and wraps", function()
  t.equal(ladder.draw({
    { at = 0, on = "client", note = "no answer in 10 s, so it gives up and tells its user" },
    { at = 0, on = "server", note = "the pool is empty" },
  }, { width = 50 }), [[
  seconds client                           server
             |                                |
    0.000    | no answer in 10 s, so it gives |
             | up and tells its user          |
    0.000    |              the pool is empty |
             |                                |]])
end)

t.test("a message longer than its arrow stands above it", function()
  local picture = ladder.draw({ { at = 0, from = "a", to = "b", label = "LEASEUNASSIGNED" },
    { at = 0, from = "b", to = "c", label = "ACK" }, { at = 0, from = "c", to = "d", label = "NAK" } }, { width = 52 })
  t.equal(picture, [[
  seconds  a            b            c            d
           |            |            |            |
    0.000 LEASEUNASSIGNED            |            |
           +----------->|            |            |
    0.000  |            +--- ACK --->|            |
    0.000  |            |            +--- NAK --->|
           |            |            |            |]])
end)

t.test("what is sent to nobody or to oneself is told", function()
  local picture = ladder.draw({ { at = 0, from = "client", to = {}, label = "DISCOVER" },
    { at = 0, from = "client", to = "client", label = "ACK" } }, { width = 60, participants = { "client", "server" } })
  t.match(picture, "DISCOVER %(nobody hears it%)")
  t.match(picture, "ACK %(to itself%)")
end)

t.test("silences are drawn from half a second on, and can be left out", function()
  local steps = { { at = 0, on = "c", note = "x" }, { at = 0.4, on = "c", note = "y" },
    { at = 0.9, on = "c", note = "z" } }
  local _, gaps = ladder.draw(steps):gsub("\n +:", "")
  t.equal(gaps, 1)
  t.equal(ladder.draw(steps, { gaps = false }):find(":", 1, true), nil)
end)

t.test("times keep to their column, however long the run", function()
  t.equal(ladder.time(0), "0.000")
  t.equal(ladder.time(9999.9994), "9999.999")
  t.equal(ladder.time(86400.25), "86400.2")
  t.equal(ladder.time(123456789), "123456789")
  t.ok(#ladder.time(0xffffffff) <= 10)
end)

t.test("nothing that came from the network reaches the terminal as a control character", function()
  local picture = ladder.draw({ { at = 0, from = "c\27[2J", to = "s", label = "X\27[2J", detail = "host \27]0;x\7" },
    { at = 0, on = "s", note = "n\r\27c" } }, { term = fancy("never") })
  t.equal(picture:find("[\0-\9\11-\31\127]"), nil)
end)

t.test("colour changes nothing but the colour", function()
  local painted = ladder.draw(HANDSHAKE, { term = fancy("always") })
  t.match(painted, "\27%[1;36m")
  t.equal((painted:gsub("\27%[[%d;]*m", "")), ladder.draw(HANDSHAKE, { term = fancy("never") }))
end)

t.test("lines keep to the width, with any number of participants that still has room", function()
  for count = 2, 5 do
    local names, steps = {}, {}
    for i = 1, count do names[i] = "participant-" .. i end
    for i = 1, count - 1 do
      steps[i] = { at = i, from = names[i], to = names[i + 1], label = "DISCOVER", detail = ("detail "):rep(9) }
    end
    for line in (ladder.draw(steps, { width = 80 }) .. "\n"):gmatch("(.-)\n") do
      t.ok(layout.width(line) <= 80, line)
    end
  end
end)

t.test("many participants make it wider instead of unreadable", function()
  local steps = {}
  for i = 1, 20 do steps[i] = { at = 0, from = "client-" .. i, to = "server", label = "DISCOVER" } end
  t.match(ladder.draw(steps), "client%-20")
end)

t.test("no steps make no picture", function()
  t.equal(ladder.draw({}), "")
end)

t.done()
