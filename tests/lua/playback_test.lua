-- dhcplab replay: captured clients, a scripted server, and the differences of its replies.
local t = require "harness"
local json = require "dkjson"
local core = require "dhcplab.core"
local lab = require "lab"
local playback = require "dhcplab.playback"

local CAPTURES <const> = "tests/interop/captures/"

-- A capture of f(dhcp) in virtual time.
local function record(f, options)
  local path = t.path("talk.pcap")
  local made = { pcap = path }
  for key, value in pairs(options or {}) do made[key] = value end
  local world = lab.world(made)
  f(require "dhcplab", world)
  world:close()
  return path
end

local function run(arguments)
  local command = { t.exe, "replay" }
  for _, word in ipairs(arguments) do command[#command + 1] = word end
  return t.run(command)
end

-- The objects of --format json: one for each client message, and the sums.
local function run_json(arguments)
  arguments[#arguments + 1] = "--format"
  arguments[#arguments + 1] = "json"
  local out, err, status = run(arguments)
  local list = {}
  for line in out:gmatch("[^\n]+") do list[#list + 1] = t.ok(json.decode(line), line) end
  return list, table.remove(list), status, err
end

local function handshake(options)
  return function(dhcp)
    local made = { pool = "10.1.2.50-10.1.2.60", lease_time = "2h", options = { routers = "10.1.2.1",
      domain_name_servers = { "10.1.2.2", "10.1.2.3" }, domain_name = "lab.example" } }
    for key, value in pairs(options or {}) do made[key] = value end
    dhcp.server(made)
    local client = dhcp.client { mac = lab.MAC, hostname = "student" }
    client:acquire()
    dhcp.sleep(5)
    client:renew()
    client:release()
    dhcp.sleep(1)
  end
end

t.test("a capture becomes a list of what clients said, each with the replies it got", function()
  local talk = playback.read(CAPTURES .. "udhcpc-udhcpd.pcap")
  local lines = {}
  for i, one in ipairs(talk) do
    local replies = {}
    for k, reply in ipairs(one.captured) do replies[k] = reply.message.type .. reply.number end
    lines[i] = ("%d %s: %s"):format(one.number, one.message.type, table.concat(replies, " "))
  end
  t.equal(lines, { "1 discover: ", "3 discover: offer4", "5 request: offer6 ack7", "10 release: " })
  t.equal({ talk.replies, talk[1].at }, { 3, 0.0 })
  t.near(talk[2].at, 1.028, 0.001)
end)

t.test("the bundled server gets its settings from the captured replies", function()
  local settings = playback.settings(playback.read(CAPTURES .. "dhclient-kea.pcap"))
  t.equal(settings, { subnet = "192.0.2.0/24", pool = "192.0.2.100-192.0.2.100", lease_time = 3600,
    router = "192.0.2.1,192.0.2.2", dns = "192.0.2.1,198.51.100.53", domain = "lab.example" })
  t.equal(playback.settings {}, {})
end)

t.test("a recorded run of the bundled server answers the same again", function()
  local path = record(handshake())
  local out, err, status = run { path }
  t.equal({ err, status }, { "", 0 })
  t.match(out, "4 client messages, 3 replies\nserver: the bundled one; subnet 10.1.2.0/24, pool")
  t.match(out, "\n  0.000000  packet 1: DISCOVER mac 02:00:00:00:00:01, "
    .. "host student\n    OFFER     the same as packet 2\n")
  t.match(out, "\n  5.000000  packet %d+: REQUEST renewing 10.1.2.50\n    ACK       the same as packet %d+\n")
  t.match(out, "RELEASE 10.1.2.50, to 10.1.2.2\n    no reply, then as now\n")
  t.match(out, "\n3 replies compared: 3 the same, 0 different; 0 missing, 0 extra\n$")
end)

t.test("a difference is shown option by option, and is exit status 1", function()
  local path = record(handshake())
  local out, _, status = run { path, "--lease-time", "1h", "--router", "10.1.2.9", "--router", "10.1.2.10" }
  t.equal(status, 1)
  t.match(out, "OFFER     differs from packet 2:\n")
  t.match(out, "\n      option 3 routers            10.1.2.1              10.1.2.9, 10.1.2.10\n")
  t.match(out, "\n      option 51 lease_time        7200 s = 2 hours      3600 s = 1 hour\n")
  t.match(out, "3 replies compared: 0 the same, 3 different")
  for line in out:gmatch("[^\n]+") do t.ok(#line <= 80 or line:find("^/"), line) end
end)

t.test("--ignore leaves fields and options out, by name or by code", function()
  local path = record(handshake())
  local list, sums, status = run_json { path, "--lease-time", "1h", "--ignore", "lease-time", "--ignore", "58",
                                        "--ignore", "rebinding_time" }
  t.equal({ status, sums.same, #list }, { 0, 3, 4 })
end)

t.test("as JSON: one object for each client message, then the sums", function()
  local path = record(handshake())
  local list, sums, status = run_json { path, "--domain", "other.example" }
  t.equal(status, 1)
  t.equal(sums, { compared = 3, same = 0, different = 3, missing = 0, extra = 0 })
  t.equal({ list[1].frame, list[1].type, list[1].at, #list[1].xid }, { 1, "discover", 0, 10 })
  t.equal(list[1].replies, { { captured = "offer", ours = "offer", frame = 2, differences = { { field = "domain_name",
    option = 15, captured = '"lab.example"', ours = '"other.example"' } } } })
  t.equal(list[4].replies, {})
end)

t.test("other addresses and another name of the server are no differences, and the conversation goes on", function()
  local path = record(handshake())
  local list, sums, status = run_json { path, "--pool", "10.1.2.150-10.1.2.160" }
  t.equal({ status, sums.same, sums.different }, { 0, 3, 0 })
  t.equal(list[3].replies[1].ours, "ack")
end)

t.test("--exact changes nothing and lets nothing pass", function()
  local path = record(handshake())
  local list, sums, status = run_json { path, "--pool", "10.1.2.150-10.1.2.160", "--exact" }
  t.equal(status, 1)
  t.equal(list[1].replies[1].differences, { { field = "yiaddr", captured = "10.1.2.50", ours = "10.1.2.150" } })
  t.equal({ list[2].replies[1].captured, list[2].replies[1].ours }, { "ack", "nak" })
  t.ok(sums.different >= 2)
end)

t.test("a script of one's own is the server: it may refuse, be silent, or answer what was not answered", function()
  local path = record(handshake { address = "10.1.2.7" })
  local script = t.write(t.path("strict.lua"), [[
    local dhcp = require "dhcplab"
    local server = dhcp.server { pool = "10.1.2.50-10.1.2.60", lease_time = "2h" }
    function server:request(request)
      if request.kind == "renewing" then return end
      return self:nak(request, "no")
    end
    function server:release(request) return self:nak(request, "never") end
  ]])
  local list, sums, status = run_json { path, "--server-script", script }
  t.equal(status, 1)
  t.equal({ list[2].replies[1].captured, list[2].replies[1].ours }, { "ack", "nak" })
  t.equal(list[2].replies[1].differences[1], { field = "type", captured = "ack", ours = "nak" })
  t.equal({ list[3].replies[1].captured, list[3].replies[1].ours }, { "ack" })
  t.equal({ list[4].replies[1].captured, list[4].replies[1].ours }, { nil, "nak" })
  t.equal(sums, { compared = 2, same = 0, different = 2, missing = 1, extra = 1 })
  local out = run { path, "--server-script", script }
  t.match(out, "ACK       captured as packet %d+, not sent by ours")
  t.match(out, "NAK       sent by ours, not in the capture: never")
end)

t.test("options whose words are equal and whose octets are not show their octets", function()
  local out = run { CAPTURES .. "relay-server-side.pcap" }
  t.match(out, "captured +\"student.lab.example\"; .-%(0e 00 00 07 73 74 75%s")
  t.match(out, "ours +\"student.lab.example\"; .-%(0e ff ff 07 73 74 75%s")
end)

t.test("every recorded conversation is answered, message for message", function()
  for _, name in ipairs { "dhclient-dhcpd", "dhclient-dhcpd-overload", "dhclient-dnsmasq", "dhclient-kea",
    "dhcpcd-dnsmasq",
                          "dhcpcd-kea", "relay-client-side", "relay-server-side", "udhcpc-dnsmasq", "udhcpc-kea",
                          "udhcpc-udhcpd" } do
    local list, sums, status, err = run_json { CAPTURES .. name .. ".pcap" }
    t.equal({ err, status }, { "", 1 }, name)
    t.equal({ sums.missing, sums.extra }, { 0, 0 }, name)
    t.ok(sums.compared >= 2, name)
    for _, one in ipairs(list) do
      for _, pair in ipairs(one.replies) do
        t.equal(pair.captured, pair.ours, name)
        for _, difference in ipairs(pair.differences) do
          t.ok(difference.field ~= "xid" and difference.field ~= "chaddr" and difference.field ~= "yiaddr", name)
        end
      end
    end
  end
  local list = run_json { CAPTURES .. "dhclient-kea.pcapng" }
  t.equal(#list, 3)
end)

t.test("the same replay gives the same text, and the same capture of it", function()
  local function replayed()
    local path = t.path("again.pcap")
    local out = run { CAPTURES .. "udhcpc-kea.pcap", "--pcap", path }
    return out, t.read(path)
  end
  local out, bytes = replayed()
  t.equal({ replayed() }, { out, bytes })
  local reader, count = core.open_capture(t.path("again.pcap")), 0
  for frame in function() return reader:next() end do
    count = count + (core.frame(frame.link, frame.frame).kind == "udp" and 1 or 0)
  end
  reader:close()
  t.ok(count >= 5, count)
end)

t.test("clients keep their intervals", function()
  local path = record(handshake())
  local script = t.write(t.path("clock.lua"), [[
    local dhcp = require "dhcplab"
    local server = dhcp.server { pool = "10.1.2.50-10.1.2.60" }
    local function tell(name, self, request)
      io.stderr:write(("%s %.3f\n"):format(name, dhcp.now()))
      return dhcp.server[name](self, request)
    end
    for _, name in ipairs { "discover", "request", "release" } do
      server[name] = function(self, request) return tell(name, self, request) end
    end
  ]])
  local _, err = run { path, "--server-script", script }
  t.match(err, "^discover 0.000\nrequest 0.000\nrequest 5.000\nrelease 5.000\n$")
end)

t.test("octets that make no sense are passed over", function()
  local path = record(function(_, world)
    local node = lab.bare()
    node:send(("\255"):rep(300))
    node:send(lab.discover())
    node:send(lab.discover():bytes():sub(1, 200))
    world.loop:sleep(1)
  end)
  local list = run_json { path }
  t.equal({ #list, list[1].type }, { 1, "discover" })
end)

t.test("what cannot be replayed is told, with the right exit status", function()
  local cases = {
    { { "/no/such/file.pcap" }, 3, "cannot open /no/such/file.pcap" },
    { {}, 2, "missing argument" },
    { { CAPTURES .. "udhcpc-kea.pcap", "--server", "127.0.0.1:67" }, 2, "%-%-server: a replay runs in virtual time" },
    { { CAPTURES .. "udhcpc-kea.pcap", "--server-script", "/no/such.lua" }, 2, "cannot open /no/such.lua" },
    { { CAPTURES .. "udhcpc-kea.pcap", "--pool", "here" }, 2, '"here" is not an IPv4 address' },
    { { t.write(t.path("empty.lua"), "") }, 2, "" },
    { { CAPTURES .. "udhcpc-kea.pcap", "--server-script", t.path("empty.lua") }, 4, "the script makes no server" },
  }
  for _, case in ipairs(cases) do
    local out, err, status = run(case[1])
    t.equal({ out, status }, { "", case[2] }, table.concat(case[1], " ") .. "\n" .. err)
    t.match(err, case[3])
    t.ok(not err:find("stack traceback", 1, true), err)
  end
  local path = record(function(dhcp) dhcp.server {} dhcp.sleep(1) end)
  local _, err, status = run { path }
  t.equal(status, 1)
  t.match(err, "no message of a client in ")
  local whole = t.read(CAPTURES .. "udhcpc-kea.pcap")
  _, err, status = run { t.write(t.path("cut.pcap"), whole:sub(1, -20)) }
  t.equal(status, 3)
  t.match(err, "the file ends inside a packet")
end)

t.done()
