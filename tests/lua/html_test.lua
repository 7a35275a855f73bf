-- The page of a run as text: whole, deterministic, well-formed, and safe whatever a packet says. The page in a
-- browser is tests/interop/html_test.lua.
local t = require "harness"
local json = require "dkjson"
local core = require "dhcplab.core"
local lab = require "lab"
local anatomy = require "dhcplab.html.anatomy"
local chart = require "dhcplab.html.chart"
local chronicle = require "dhcplab.chronicle"
local html = require "dhcplab.html"
local ladder = require "dhcplab.html.ladder"
local text = require "dhcplab.html.text"

local POOL <const> = "192.168.1.100-192.168.1.110"
local HOSTILE <const> = "</script><img src=x onerror=alert(1)><!--\"'&\0\27[2J\255"
local ABOUT <const> = { title = "a run", version = "1.2.3", replay = "dhcplab run x.lua --seed 1",
  facts = { "ended well" } }

-- The page of f(dhcp, world), and its chronicle.
local function page_of(f, options)
  local world = lab.world(options)
  local self = chronicle.attach(world)
  f(require "dhcplab", world)
  return html.page(self, ABOUT), self
end

local function handshake(dhcp)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC, hostname = "student" }:acquire()
end

local function data_of(page)
  return (json.decode(page:match('<script type="application/json" id="data">(.-)</script>')))
end

-- Fails unless every element of the page is closed, in order, and every attribute quoted. Raw text is left out.
local function check_nesting(page)
  local void = { meta = true, br = true }
  local markup = page:gsub("<!DOCTYPE html>", ""):gsub("(<script[^>]*>).-(</script>)", "%1%2")
    :gsub("(<style[^>]*>).-(</style>)", "%1%2")
  local open = {}
  for close, name, attributes, own in markup:gmatch("<(/?)([%a][%w]*)([^<>]-)(/?)>") do
    if close == "/" then
      t.equal(table.remove(open), name)
    elseif own ~= "/" and not void[name] then
      open[#open + 1] = name
    end
    local rest = attributes:gsub('%s+[%w-]+="[^"]*"', ""):gsub("%s+", "")
    t.equal(rest, "", name .. attributes)
  end
  t.equal(open, {})
  t.ok(not markup:gsub("</?%a[^<>]*>", ""):find("[<>]"), "a stray bracket")
end

-- ---- safety

t.test("text becomes text: no character of HTML, no control character, only UTF-8", function()
  t.equal(text.escape("<a href=\"x\" id='y'>&amp;"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;")
  t.equal(text.escape("a\0b\27c\255"), "a\\x00b\\x1bc\\xff")
  t.equal(text.escape("naïve"), "naïve")
  t.equal(text.escape(7), "7")
end)

t.test("JSON in a script element cannot end it", function()
  local quoted = text.json("</script><!-- & \"q\" \\ \n")
  t.ok(not quoted:find("[<>&]"))
  t.equal(json.decode(quoted), "</script><!-- & \"q\" \\ \\x0a")
end)

t.test("a template fills in escaped values, and knows all of them", function()
  t.equal(text.fill("<p>{a} {b} {c1}</p>", { a = "<", b = { raw = "<b>" }, c1 = 1.5 }), "<p>&lt; <b> 1.50</p>")
  t.error(function() text.fill("{a}", {}) end, "no value for a")
end)

t.test("a hostile host name, node name and message do nothing to the page", function()
  local page = page_of(function(dhcp)
    dhcp.server { name = HOSTILE, pool = POOL }
    local client = dhcp.client { name = HOSTILE .. "2", mac = lab.MAC, hostname = HOSTILE }
    client:acquire()
    client:send(lab.decline { options = { requested_ip = "192.168.1.100", server_id = "192.168.1.2",
      message = HOSTILE } })
    client.trace:note("note", client, HOSTILE)
    client:become(HOSTILE)
    dhcp.sleep(1)
  end)
  check_nesting(page)
  t.ok(not page:find("<img", 1, true))
  t.equal(select(2, page:gsub("</script>", "")), 2)
  t.equal(select(2, page:gsub("<script", "")), 2)
  t.ok(not page:find("[\0-\8\11-\31]"), "a control character")
  t.ok(utf8.len(page))
  t.match(page, "&lt;/script&gt;&lt;img src=x onerror=alert%(1%)&gt;")
  t.ok(data_of(page))
end)

t.test("octets that are no message at all have a page too", function()
  local page = page_of(function(dhcp, world)
    dhcp.server { pool = POOL }
    for _, bytes in ipairs { "", "\1", ("\255"):rep(240), ("\0"):rep(300), lab.discover():bytes():sub(1, 245) } do
      world.trace:dropped(nil, "garbage", bytes)
    end
  end)
  check_nesting(page)
  t.equal(#data_of(page).packets, 5)
end)

-- ---- the whole

t.test("a page is well-formed, needs nothing from outside, and allows no script but its own", function()
  local page = page_of(handshake)
  check_nesting(page)
  for _, word in ipairs { "http:", "https:", "src=", "@import", "url%(", "<link", "<iframe", "eval", "innerHTML" } do
    t.ok(not page:find(word), word)
  end
  local policy = page:match('Content%-Security%-Policy" content="([^"]*)"')
  local nonce = policy:match("script%-src 'nonce%-(%x+)'")
  t.match(policy, "^default%-src 'none'")
  t.ok(not policy:find("unsafe", 1, true))
  t.match(page, '<script nonce="' .. nonce .. '">')
  t.match(page, '<style nonce="' .. nonce .. '">')
  t.ok(not page:find(" style=", 1, true), "the policy forbids such")
  t.ok(not page:find(" on%a+="), "the policy forbids such")
end)

t.test("the nonce changes with what packets say", function()
  local one = page_of(handshake):match("nonce%-(%x+)")
  local other = page_of(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC, hostname = "studenu" }:acquire()
  end):match("nonce%-(%x+)")
  t.ok(one ~= other)
end)

t.test("the same run gives the same page, byte for byte", function()
  local function storm(dhcp)
    local net = dhcp.network { name = "bad", loss = 0.2, latency = "20ms", jitter = "30ms", duplicate = 0.1 }
    dhcp.server { network = net, pool = POOL }
    for i = 1, 5 do
      dhcp.spawn(function() dhcp.client { network = net, name = "c" .. i, timeout = 30 }:acquire() end)
    end
    dhcp.sleep(60)
  end
  t.equal(page_of(storm, { seed = 5 }), (page_of(storm, { seed = 5 })))
end)

t.test("every packet has an arrow, a row and its octets, and words for those who cannot see", function()
  local page, self = page_of(handshake)
  local data = data_of(page)
  t.equal({ #self.packets, #data.packets }, { 4, 4 })
  for i, packet in ipairs(self.packets) do
    t.match(page,
      ('<a class="m t%%-%%a+" href="#packet%%-%d" data%%-n="%d" aria%%-label="Packet %d at 0.000 s: %s from '):format(
      i, i, i, packet.title))
    t.match(page, ('<tr id="packet%%-%d">'):format(i))
    t.equal(data.packets[i].hex, (packet.bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
  end
  t.match(page,
    '<svg class="ladder".-role="group" aria%-labelledby="ladder%-title ladder%-desc"><title id="ladder%-title">')
  for _, id in ipairs { "states", "leases" } do
    t.match(page,
      ('role="img" aria%%-labelledby="%s%%-title %s%%-desc"><title id="%s%%-title">[^<]+</title><desc'):format(id,
        id, id))
  end
  t.match(page, '<html lang="en">')
  t.match(page, "<code>dhcplab run x.lua %-%-seed 1</code>")
  t.match(page, "prefers%-color%-scheme: dark")
  t.match(page, "@media print")
end)

t.test("a state that lasts has a long bar, and one that takes no time is seen beside it", function()
  local page = page_of(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC }:acquire()
    dhcp.sleep("1h")
  end)
  local width = {}
  for state, pixels in page:gmatch('<g class="bar s%-(%u+)"><title>.-width="([%d.]+)"') do
    width[state] = tonumber(pixels)
  end
  t.ok(width.BOUND > 550 and width.BOUND < 820, width.BOUND)
  t.ok(width.SELECTING > 30 and width.SELECTING < 300, width.SELECTING)
end)

t.test("each colour of the charts has a word below them: a bar may be too short for its name", function()
  local page = page_of(handshake)
  for _, name in ipairs { "INIT", "SELECTING", "REQUESTING", "BOUND", "offered", "bound" } do
    if page:find("<g class=\"bar %a%-" .. name .. "\"") then
      t.match(page, '<li><span class="swatch mark %a%-' .. name .. '"></span>' .. name .. "</li>")
    end
  end
  t.match(page, 'mark s%-BOUND"')
  t.match(page, 'mark l%-offered"')
end)

t.test("a packet that was lost is told in a word, not only by a colour", function()
  local page = page_of(function(dhcp)
    local bad = dhcp.network { name = "bad", loss = 1 }
    dhcp.server { network = bad, pool = POOL }
    dhcp.client { network = bad, mac = lab.MAC, timeout = 1, retries = 0 }:discover()
  end)
  t.match(page, 'class="m t%-discover lost"')
  t.match(page, "lost: loss")
  t.match(page, '<tr id="packet%-1" class="lost">')
  t.match(page, '<li class="lost">1 with losses</li>')
end)

t.test("a run without a packet is a page that says so", function()
  local page = page_of(function(dhcp) dhcp.sleep(1) end)
  check_nesting(page)
  t.match(page, "No packet was sent in this run")
  t.ok(not page:find("States over time", 1, true))
end)

t.test("a long run says how much it leaves out", function()
  local world = lab.world()
  local self = chronicle.attach(world, 20)
  local dhcp = require "dhcplab"
  dhcp.server { pool = POOL }
  local client = dhcp.client { mac = lab.MAC }
  client:acquire()
  for _ = 1, 20 do client:renew() end
  t.match(html.page(self, ABOUT), "The run was longer: %d+ more events are not shown")
end)

-- ---- its parts

t.test("every octet of a message belongs to a part, and the parts are explain's", function()
  local m = lab.discover { options = { host_name = "student", parameter_request_list = { 1, 3 } } }
  local bytes = m:bytes()
  local what = anatomy.of(bytes)
  local covered = {}
  for _, part in ipairs(what.parts) do
    for at = part.offset, part.offset + part.size - 1 do covered[at] = part.name end
  end
  for at = 0, #bytes - 1 do t.ok(covered[at], at) end
  t.equal({ covered[0], covered[4], covered[236], covered[240] }, { "op", "xid", "cookie", "message_type" })
  t.equal(what.gist, "a client looks for servers")
  t.equal(#what.faults, 0)
  local last = what.parts[#what.parts]
  t.equal({ last.name, last.offset + last.size }, { "pad", #bytes })
end)

t.test("options in the field file are parts that lie inside it", function()
  local m = core.message { type = "ack", op = 2, mac = lab.MAC, options = { option_overload = 1 } }
  local bytes = m:bytes()
  bytes = bytes:sub(1, 108) .. "\12\3abc\255" .. bytes:sub(115)
  local inside
  for _, part in ipairs(anatomy.of(bytes).parts) do
    if part.code == 12 then inside = part end
  end
  t.equal({ inside.offset, inside.size, inside.value }, { 108, 5, '"abc"' })
end)

t.test("faults of a message are told with the octet they begin at", function()
  local bytes = lab.discover():bytes():sub(1, 240) .. "\53\1\1\12\99abc"
  local what = anatomy.of(bytes)
  t.ok(#what.faults > 0)
  t.equal(what.faults[1].offset, 243)
  t.match(what.faults[1].text, "%(M%-15, RFC")
end)

t.test("lengths of time are told in at most two units", function()
  local want = { [0] = "0 s", [0.25] = "0.25 s", [59] = "59 s", [60] = "1 min", [3600] = "1 h", [3661] = "1 h 1 min",
                 [90061] = "1 d 1 h", [172800] = "2 d" }
  for seconds, words in pairs(want) do t.equal(ladder.duration(seconds), words) end
  t.equal(ladder.duration(math.huge), "for ever")
end)

t.test("times have six places in a short run that needs them, else three", function()
  local function clock(at, ends) return ladder.clock({ rows = { { at = at } },
    ends = function() return ends end })(at) end
  t.equal(clock(0.5, 1), "0.500")
  t.equal(clock(0.500001, 1), "0.500001")
  t.equal(clock(1000.500001, 2000), "1000.500")
end)

t.test("the charts tell in words what the bars show", function()
  local _, self = page_of(function(dhcp)
    dhcp.server { pool = POOL, lease_time = "1h" }
    dhcp.client { mac = lab.MAC }:acquire()
    dhcp.sleep(10)
  end)
  local clock = ladder.clock(self)
  local picture, words = chart.states(self, clock)
  t.match(picture, '<g class="bar s%-BOUND"><title>client: BOUND from 0.000 s to 10.000 s</title>')
  t.match(words, "<td>client</td><td>BOUND</td><td>0.000</td><td>10.000</td><td>10 s</td>")
  picture, words = chart.leases(self, clock)
  t.match(picture,
    '<g class="bar l%-bound"><title>192.168.1.100: bound to 02:00:00:00:00:01 from 0.000 s to 10.000 s; ends: 3600')
  t.match(words, "<td>192.168.1.100</td><td>server</td><td>bound</td><td>02:00:00:00:00:01</td>")
end)

t.test("everything that has a class of its own has a style, light and dark", function()
  local style = require "dhcplab.html.style"
  local dark = style:match("prefers%-color%-scheme: dark%) {(.-)\n}")
  for name in style:match("^:root (%b{})"):gmatch("%-%-([%w]+):") do
    t.ok(dark:find("--" .. name .. ":", 1, true), name .. " is not there in the dark")
    t.ok(style:find("var(--" .. name .. ")", 1, true), name .. " is used nowhere")
  end
  for name in style:gmatch("var%(%-%-(%w+)%)") do
    t.ok(style:find("--" .. name .. ":", 1, true), name .. " is nowhere set")
  end
  for _, type in ipairs { "discover", "offer", "request", "ack", "nak", "decline", "release", "inform" } do
    t.ok(style:find(".t-" .. type .. " ", 1, true), type)
  end
  for _, state in ipairs { "SELECTING", "INIT-REBOOT", "REQUESTING", "REBOOTING", "BOUND", "RENEWING", "REBINDING" } do
    t.ok(style:find(".s-" .. state .. ",", 1, true) or style:find(".s-" .. state .. " ", 1, true), state)
  end
end)

t.test("the script writes text only, and asks nobody for anything", function()
  local script = require "dhcplab.html.script"
  for _, word in ipairs { "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "fetch",
                          "XMLHttpRequest", "import", "localStorage", "cookie" } do
    t.ok(not script:find(word, 1, true), word)
  end
  t.match(script, '^"use strict";')
end)

t.test("who asks for no picture pays for none", function(_)
  local world = lab.world { trace = false }
  t.equal(require("dhcplab.pictures").attach(world, {}), nil)
  t.equal({ #world.trace.sinks, world.trace:wanted(), world.trace.wants_leases }, { 0, false, false })
end)

-- ---- the command line

local function read_page(arguments)
  local path = t.path("page.html")
  local command = { t.exe }
  for _, word in ipairs(arguments) do command[#command + 1] = word end
  command[#command + 1] = "--html"
  command[#command + 1] = path
  local _, err, status = t.run(command)
  return t.read(path), status, err
end

t.test("--html writes the page of a handshake, and two processes write the same one", function()
  local one, status, err = read_page { "--virtual", "--seed", "7", "-q" }
  t.equal({ status, err }, { 0, "" })
  t.match(one, "<title>The DHCP handshake</title>")
  t.match(one, "<code>dhcplab handshake %-%-virtual %-q %-%-seed 7</code>")
  t.equal((read_page { "--virtual", "--seed", "7", "-q" }), one)
  t.equal((read_page { "--virtual", "--seed", "7", "-q", "--pcap", t.path("x.pcapng") }), one)
end)

t.test("--html works in real time, for a server and for a client", function()
  local path = t.path("server.html")
  local server = t.start { t.exe, "server", "--listen", "127.0.0.1:0", "--html", path }
  local place = server:wait_for("listening on (%S+)")
  local page, status = read_page { "client", "--server", place, "--mac", lab.MAC, "-q" }
  t.equal(status, 0)
  t.match(page, "<td>ACK</td>")
  t.match(page, "<td>left for 127.0.0.1:%d+</td>")
  server:stop("INT")
  page = t.read(path)
  check_nesting(page)
  t.match(page, "UDP on 127.0.0.1:0")
  t.match(page, "<li>interrupted</li>")
  t.match(page, "192.168.1.100 bound")
  t.match(page, "<td>left for 02:00:00:00:00:01</td>")
end)

t.test("a run that fails has its page all the same, and says how it ended", function()
  local script = t.write(t.path("fails.lua"), 'local dhcp = require "dhcplab"\ndhcp.client{ timeout = 1 }:discover()\n'
    .. 'dhcp.fail("nothing came")\n')
  local page, status = read_page { "run", script, "--virtual", "--seed", "1" }
  t.equal(status, 1)
  t.match(page, "<li>an expectation failed</li>")
  t.match(page, "DISCOVER")
end)

t.test("a page that cannot be written is exit status 3, before the run or after it", function()
  local out, err, status = t.run { t.exe, "--virtual", "-q", "--html", "/no/such/folder/x.html" }
  t.equal({ out, status }, { "", 3 })
  t.match(err, "cannot write the picture: /no/such/folder/x.html")
  if not os.execute("test -c /dev/full") then t.skip("no /dev/full here") end
  local _
  _, err, status = t.run { t.exe, "--virtual", "-q", "--html", "/dev/full" }
  t.equal(status, 3)
  t.match(err, "the picture /dev/full is incomplete: .*No space")
end)

t.done()
