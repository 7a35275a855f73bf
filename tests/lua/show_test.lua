-- How a run shows itself: the transcript's lines, the story, and what is left out of both.
local t = require "harness"
local lab = require "lab"
local show = require "dhcplab.show"

local POOL <const> = "192.168.1.100-192.168.1.110"

-- What is printed while f(dhcp) runs.
local function printed(options, f)
  local world = lab.world(options.world)
  local lines = {}
  local out = { write = function(_, ...) lines[#lines + 1] = table.concat({ ... }) end, flush = function() end }
  options.out = out
  show.attach(world, options)
  f(require "dhcplab")
  world:close()
  return table.concat(lines)
end

local function handshake(dhcp)
  dhcp.server { name = "kea", pool = POOL }
  dhcp.client { name = "ada", mac = lab.MAC, hostname = "student" }:acquire()
end

t.test("a line for each packet: time, sender, receiver, message, what matters", function()
  t.equal(printed({}, handshake), [[
 0.000000  ada -> *          DISCOVER  mac 02:00:00:00:00:01, host student
 0.000000  kea -> ada        OFFER     192.168.1.100 for 3600s, by kea
 0.000000  ada -> *          REQUEST   selecting 192.168.1.100, from kea
 0.000000  kea -> ada        ACK       192.168.1.100 for 3600s, by kea
]])
end)

t.test("with notes: states and remarks, too", function()
  local text = printed({ notes = true }, handshake)
  t.match(text, "\n 0.000000  ada%s+state BOUND\n$")
  t.equal(select(2, text:gsub("state %u+", "")), 3)
end)

t.test("what is off prints nothing", function()
  t.equal(printed({ off = true, notes = true, story = true }, handshake), "")
end)

t.test("the story says why, with the RFC's section, and what a message carries", function()
  local text = printed({ story = true }, handshake)
  for _, words in ipairs { "asks everyone", "RFC 2131 3.1 step 1", "holds a free address", "step 2",
    "takes this offer", "step 3",
    "writes the lease down", "step 4", "It carries: server_id, lease_time" } do
    t.ok(text:gsub("%s+", " "):find(words, 1, true), words)
  end
  for line in text:gmatch("[^\n]+") do t.ok(#line <= 80, line) end
  t.ok(not text:find("On the wire here"), "in virtual time the RFC's addresses are the ones used")
end)

t.test("in real time the story shows both addresses: here, and on a real network [X-08]", function()
  local text = printed({ story = true, world = { virtual = false, listen = "127.0.0.1:0" } }, function(dhcp)
    local server = dhcp.server { pool = POOL }
    dhcp.client { server = server.endpoint }:acquire()
  end)
  t.match(text:gsub("%s+", " "), "UDP 127.0.0.1:%d+ to 127.0.0.1:%d+; on a real network to 255.255.255.255:67")
  t.match(text:gsub("%s+", " "), "on a real network to 192.168.1.100:68")
end)

t.test("what gets lost is a line with its cause", function()
  local text = printed({}, function(dhcp)
    local net = dhcp.network { name = "bad", loss = 1 }
    dhcp.server { name = "kea", network = net, pool = POOL }
    dhcp.client { name = "ada", network = net, timeout = 1 }:discover()
  end)
  t.match(text, "ada %-> %*%s+DISCOVER[^\n]*\n 0.000000  ada %-> [^\n]*LOST %(%w+%)")
end)

t.test("what others write into a message cannot write on the terminal", function()
  local text = printed({}, function(dhcp)
    dhcp.client { name = "ada", hostname = "\27[2Jevil\nname\7\127", timeout = 1 }:discover()
  end)
  t.ok(not text:find("[%z\1-\9\11-\31\127]"), "no control characters")
  t.match(text, "host \\x1b%[2Jevil\\x0aname\\x07\\x7f\n$")
end)

t.test("foreign packets are shown when they arrive; those of the run itself only once", function()
  local text = printed({}, function(dhcp)
    dhcp.server { name = "kea", pool = POOL }
    lab.bare():ask(lab.discover {})
  end)
  t.match(text, "^ 0.000000  0.0.0.0:68 %-> kea%s+DISCOVER")
  t.equal(select(2, text:gsub("\n", "")), 2)
end)

t.test("the ladder has every packet and state; a long run has none", function()
  local world = lab.world()
  handshake(require "dhcplab")
  local term = require("dhcplab.term").new { color = "never", ascii = true }
  local picture = show.ladder(world, term)
  for _, word in ipairs { "ada", "kea", "DISCOVER", "OFFER", "REQUEST", "ACK", "BOUND" } do t.match(picture, word) end
  t.equal(show.ladder(world, term, 3), nil)
  world:close()
end)

t.done()
