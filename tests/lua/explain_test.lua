-- Explaining: the page for people, the record for programs, and where their packets come from.
local t = require "harness"
local core = require "dhcplab.core"
local explain = require "dhcplab.explain"
local fields = require "dhcplab.explain.fields"
local hexdump = require "dhcplab.hexdump"
local input = require "dhcplab.explain.input"
local json = require "dkjson"
local layout = require "dhcplab.layout"
local page = require "dhcplab.explain.page"
local record = require "dhcplab.explain.record"
local term = require "dhcplab.term"
local view = require "dhcplab.explain.view"
local words = require "dhcplab.explain.words"

local COOKIE = "\x63\x82\x53\x63"

-- A header with the usual values, the cookie, and then `options` as they are, padded to 300 octets.
local function datagram(options, changes)
  changes = changes or {}
  local header = string.pack(">BBBBI4I2I2", changes.op or 1, 1, changes.hlen or 6, changes.hops or 0, 0x3903f326,
    changes.secs or 0, changes.flags or 0x8000) .. ("\0"):rep(16)
    .. (changes.chaddr or "\2\0\0\0\0\1") .. ("\0"):rep(10)
    .. (changes.sname or "") .. ("\0"):rep(64 - #(changes.sname or ""))
    .. (changes.file or "") .. ("\0"):rep(128 - #(changes.file or ""))
  local bytes = header .. (changes.cookie or COOKIE) .. options
  return bytes .. ("\0"):rep(300 - #bytes)
end

local DISCOVER = datagram("\x35\1\1\x0c\7student\x3d\7\1\2\0\0\0\0\1\x37\3\1\3\6\xff")

local function find_line(text, pattern)
  for line in (text .. "\n"):gmatch("(.-)\n") do
    if line:find(pattern) then return line end
  end
  t.fail(("no line matches %s in\n%s"):format(pattern, text))
end

-- Values in words ---------------------------------------------------------------------------------

t.test("durations are told in words", function()
  t.equal(words.duration(0), "0 seconds")
  t.equal(words.duration(1), "1 second")
  t.equal(words.duration(3600), "1 hour")
  t.equal(words.duration(90061), "1 day 1 hour 1 minute 1 second")
  t.equal(words.value(51, "\0\0\x0e\x10"), "3600 s = 1 hour")
  t.equal(words.value(51, "\0\0\0\5"), "5 seconds")
  t.equal(words.value(51, "\xff\xff\xff\xff"), "infinite: it never ends")
end)

t.test("client identifiers: a hardware address, free text, IAID and DUID of each kind", function()
  t.equal(words.value(61, "\1\2\0\0\0\0\1"), "02:00:00:00:00:01 (Ethernet)")
  t.equal(words.value(61, "\0printer"), '"printer"')
  t.equal(words.value(61, "\xff\0\0\0\1\0\3\0\1\2\0\0\0\0\1"),
    "IAID 0x00000001, DUID-LL 02:00:00:00:00:01 (Ethernet)")
  t.equal(words.value(61, "\xff\0\0\0\1\0\1\0\1\0\0\0\x0a\2\0\0\0\0\1"),
    "IAID 0x00000001, DUID-LLT 02:00:00:00:00:01 (Ethernet) of time 10")
  t.equal(words.value(61, "\xff\0\0\0\1\0\2\0\0\0\9\xaa\xbb"), "IAID 0x00000001, DUID-EN, enterprise 9, aa:bb")
  t.equal(words.value(61, "\xff\0\0\0\1\0\4" .. ("\x11"):rep(16)),
    "IAID 0x00000001, DUID-UUID 11111111-1111-1111-1111-111111111111")
  t.equal(words.value(61, "\1\2\3"), "01:02:03", "type 1 with another length than Ethernet's")
end)

t.test("relay information, routes, names and vendors are taken apart", function()
  t.equal(words.value(82, "\1\4eth0\2\2\0\1\x63\1x"),
    'circuit_id(1) = "eth0", remote_id(2) = 00:01, suboption 99 = "x"')
  t.equal(words.value(121, "\x08\x0a\x0a\0\0\1\0\x0a\0\0\2"),
    "10.0.0.0/8 via 10.0.0.1, everything else via 10.0.0.2")
  t.equal(words.value(33, "\x0a\0\0\5\x0a\0\0\1"), "10.0.0.5 via 10.0.0.1")
  t.equal(words.value(21, "\x0a\0\0\0\xff\0\0\0"), "10.0.0.0 mask 255.0.0.0")
  t.equal(words.value(55, "\1\3\xfa"), "subnet_mask(1), routers(3), 250")
  t.equal(words.value(119, "\3lab\0\3web\xc0\0"), "lab, web.lab")
  t.equal(words.value(124, "\0\0\0\9\5\4cisc"), 'enterprise 9: "cisc"')
  t.equal(words.value(125, "\0\0\x0d\xe9\6\3\1\2\1\1a"), 'enterprise 3561: suboption 1 = "a", suboption 3 = 02')
  t.equal(words.value(77, "\3abc\2de"), '"abc", "de"')
  t.equal(words.value(77, "plain"), '"plain"', "many clients send text without lengths")
end)

t.test("numbers with names have them", function()
  t.equal(words.value(53, "\1"), "DISCOVER")
  t.equal(words.value(53, "\xc8"), "200, which has no name")
  t.equal(words.value(52, "\3"), "3: file and sname hold options")
  t.equal(words.value(46, "\8"), "8: H-node, a name server first")
  t.equal(words.value(19, "\1") .. words.value(19, "\0"), "yesno")
  t.equal(words.value(2, "\xff\xff\xf1\xf0"), "-3600 s = 1 hour west of UTC")
  t.equal(words.value(93, "\0\7\0\x63"), "x64 UEFI (7), 99")
  t.equal(words.value(94, "\1\3\x10"), "UNDI 3.16")
  t.equal(words.value(80, ""), "yes (it has no value)")
end)

t.test("what has not the shape of its type is called malformed, and what has no type is shown as it is", function()
  t.equal(words.value(51, "\1\2"), "malformed, expected: seconds; 4294967295 is infinity")
  t.match(words.value(1, "\1\2"), "^malformed, expected: address")
  t.match(words.value(53, "\1\2"), "^malformed")
  t.equal(words.value(250, "\1\2"), "01:02")
  t.equal(words.value(250, "abc"), '"abc"')
end)

t.test("any octets of any length are put into words for every code", function()
  local shapes = { "", "\0", "\xff", "ab", "\1\2\3\4", ("\xff"):rep(255), ("\1\1"):rep(40), ("\0"):rep(17) }
  for code = 1, 254 do
    for _, bytes in ipairs(shapes) do
      local text = words.value(code, bytes, true)
      t.ok(type(text) == "string" and not text:find("[\0-\31\127]"), ("option %d"):format(code))
    end
  end
end)

-- The view ----------------------------------------------------------------------------------------

t.test("the pieces of a view leave out no octet and overlap nowhere", function()
  local samples = { DISCOVER, datagram("\x35\1\1\0\0\x0c\1a\0\0\0\xff"), datagram("\x35\1\1\x0c\xf0abc"),
    datagram("\x35\1\2\x34\1\3\xff", { file = "\0\x0c\1a\xff", sname = "\x42\1b" }), datagram("\x35\1\1\xff\0\0x\0"),
    datagram("\xff"), datagram(""), datagram("\x35\1\1" .. ("\0"):rep(57) .. "\x0c") }
  for number, bytes in ipairs(samples) do
    local v = view.new(bytes)
    for _, place in ipairs(v:places()) do
      local joined = {}
      local at = ({ options = 240, sname = 44, file = 108 })[place]
      local stop = ({ options = #bytes, sname = 108, file = 236 })[place]
      for _, piece in ipairs(v:pieces(place)) do
        t.equal(piece.offset, at, ("sample %d, %s"):format(number, place))
        joined[#joined + 1] = piece.bytes
        at = at + #piece.bytes
      end
      t.equal(at, stop, ("the end of sample %d, %s"):format(number, place))
      t.ok(bytes:find(table.concat(joined), 1, true))
    end
  end
end)

t.test("option 52 counts in the option field only", function()
  local v = view.new(datagram("\x35\1\2\x34\1\1\xff", { file = "\x34\1\3\xff" }))
  t.equal(v.overload, { file = true, sname = false })
  t.equal({ v.instances[3].is_ignored, v.instances[3].joined }, { true, "\3" })
  t.equal(v.instances[2].joined, "\1")
end)

-- For people --------------------------------------------------------------------------------------

t.test("a whole page", function()
  t.equal(page(DISCOVER, { frame = 1, time = 0.5, src = "0.0.0.0:68", dst = "255.255.255.255:67" }), [[
DISCOVER: a client looks for servers (RFC 2131 3.1 step 1)
frame 1, 1970-01-01 00:00:00.500000 UTC, 0.0.0.0:68 to 255.255.255.255:67, 300
octets (bytes)

HEADER  every message has these fields at these offsets (RFC 2131 2)
   at  field  octets       meaning
    0  op     01           request: a client speaks (RFC 2131 2)
    1  htype  01           Ethernet (RFC 2131 2)
    2  hlen   06           a hardware address of 6 octets (RFC 2131 2)
    3  hops   00           no relay agent has counted itself here
                           (RFC 1542 4.1.1)
    4  xid    39 03 f3 26  0x3903f326: transaction id, the client chose it,
                           replies repeat it (RFC 2131 4.1)
    8  secs   00 00        0 seconds since the client began to ask
                           (RFC 1542 3.2)
   10  flags  80 00        broadcast bit set: reply by broadcast, I cannot
                           receive at an address I do not have yet
                           (RFC 2131 4.1)
   12  ciaddr 00 00 00 00  0.0.0.0: the client names no address of its own
                           (RFC 2131 4.3.2)
   16  yiaddr 00 00 00 00  0.0.0.0: only servers fill this in (RFC 2131 4.3.1)
   20  siaddr 00 00 00 00  0.0.0.0: no server to boot from (RFC 2131 4.3.1)
   24  giaddr 00 00 00 00  0.0.0.0: no relay agent in between (RFC 2131 4.1)
   28  chaddr 16 octets    02:00:00:00:00:01: the client's hardware address
                           (RFC 2131 2)
              02 00 00 00 00 01, then 10 x 00
   44  sname  64 octets    empty: the server's host name (RFC 2131 4.1)
              64 x 00
  108  file   128 octets   empty: the boot file's name (RFC 2131 4.1)
              128 x 00
  236  cookie 63 82 53 63  magic cookie: DHCP options follow (RFC 2131 3)

OPTIONS  each is a code, a length and a value (RFC 2132 2)
   at  code and name, value, where it is defined; octets: code length | value
  240   53  message_type            DISCOVER                        RFC 2132 9.6
            35 01 | 01
            what makes a BOOTP message a DHCP message: which of its kinds this
            is
  243   12  host_name               "student"                      RFC 2132 3.14
            0c 07 | 73 74 75 64 65 6e 74
            the client's own name, usually without a domain
  252   61  client_id               02:00:00:00:00:01 (Ethernet)   RFC 2132 9.14
            3d 07 | 01 02 00 00 00 00 01
            who the client is, in place of its hardware address; the server
            repeats it (RFC 6842 3)
  261   55  parameter_request_list                                  RFC 2132 9.8
            subnet_mask(1), routers(3), domain_name_servers(6)
            37 03 | 01 03 06
            what the client would like to be told, most wanted first
            (RFC 2131 3.5)
  266  255  end                     no more options here            RFC 2132 3.2
            ff
  267    0  33 x pad                filling, to be ignored          RFC 2132 3.1

NO FAULTS]])
end)

t.test("faults are listed with offset, rule and source, and marked where they are", function()
  local text = page(datagram("\x35\1\1\x33\2\1\1\xff", { hlen = 7 }))
  t.equal(find_line(text, "  hlen"):sub(1, 5), "!   2")
  t.equal(find_line(text, "51  lease_time"):sub(1, 5), "! 243")
  t.match(text, "FAULTS  2\n!   2  hlen .-%(M%-06, RFC 2131 2%)\n! 243  option 51 lease_time: .-"
    .. "%(M%-15,%s+RFC 2132 2%)")
end)

t.test("a split option shows its joined value once and points back afterwards", function()
  local text = page(datagram("\x35\1\1\x0c\2ab\x0c\2cd\xff"))
  t.match(find_line(text, "243   12"), '"abcd"')
  t.match(text, "joined from 2%s+instances %(RFC 3396 7%)")
  t.match(find_line(text, "247   12"), "continues the one at 243")
end)

t.test("options in file and sname have their own headings, in the order they are read", function()
  local text = page(datagram("\x35\1\2\x34\1\3\xff", { op = 2, file = "\x0c\1a\xff", sname = "\x42\1b\xff" }))
  t.match(text, "108  file   128 octets   holds options.-OPTIONS  more of them, in the field file.-108   12  host_name"
    .. ".-in the field sname.- 44   66  tftp_server_name")
end)

t.test("an option that runs out is told, with what it should have had", function()
  local bytes = datagram("\x35\1\1"):sub(1, 243) .. "\x0c\x10abc"
  t.match(page(bytes), "! 243       5 octets left: option 12 host_name should have 16, has 3")
  t.match(page(bytes:sub(1, 244)), "1 octet left, too few for option 12 host_name")
end)

t.test("octets after the end are shown", function()
  t.match(page(datagram("\x35\1\1\xff\0\0xyz")), "! 244       56 octets after the end\n       00f4  00 00 78 79 7a 00")
end)

t.test("a message cut anywhere is explained as far as it goes", function()
  for length = 0, #DISCOVER do
    local bytes = DISCOVER:sub(1, length)
    local text = page(bytes)
    t.match(text, ("\n%d octets"):format(length))
    t.match(text, length < #DISCOVER and "FAULTS  %d" or "NO FAULTS")
    local here = record.new(bytes)
    t.ok(json.decode(record.json(here)))
  end
  t.match(page(DISCOVER:sub(1, 30)), "chaddr 16 octets    the message ends after 2 of its 16 octets")
  t.match(page(DISCOVER:sub(1, 30)), "sname  missing")
end)

t.test("what is not DHCP is not called so", function()
  local text = page(datagram("", { cookie = "\0\0\0\0" }))
  t.match(text, "^not a DHCP message\n")
  t.match(text, "REST  not options")
  t.match(page(datagram("\x0c\1a\xff")), "^BOOTP request: no message type")
end)

t.test("a hardware length of up to 255 does not hide the options", function()
  local v = view.new(datagram("\x35\1\1\xff", { hlen = 255 }))
  t.equal({ v.is_dhcp, v.type }, { true, "discover" })
  t.match(page(datagram("\x35\1\1\xff", { hlen = 255 })), "255 octets: more than the 16 that chaddr has")
end)

t.test("no line of a page is wider than the page, and nothing moves the cursor", function()
  local nasty = datagram("\x35\1\1\x0c\x20" .. ("\27[2J"):rep(8) .. "\x43\x10" .. ("\u{9b}x"):rep(5)
    .. "a\x3c\5\r\n\t\8\7\xff", { sname = "\27]0;owned\7", file = ("x"):rep(128) })
  local utf8_term = term.new { env = function(name) return name == "LANG" and "C.UTF-8" or nil end,
    isatty = function() return false end, columns = function() end }
  for _, width in ipairs { 80, 100 } do
    for _, terminal in ipairs { term.plain(), utf8_term } do
      local text = page(nasty, { width = width, term = terminal })
      t.equal(text:find("[\0-\9\11-\31\127]"), nil)
      t.equal(text:find("\u{9b}", 1, true), nil)
      for line in (text .. "\n"):gmatch("(.-)\n") do t.ok(layout.width(line) <= width, line) end
    end
  end
end)

t.test("colour changes nothing but the colour", function()
  local painted = term.new { color = "always", env = function() end, isatty = function() return true end,
    columns = function() end }
  local text = page(datagram("\x35\1\1\x33\2\1\1"), { term = painted })
  t.match(text, "\27%[")
  t.equal((text:gsub("\27%[[%d;]*m", "")), page(datagram("\x35\1\1\x33\2\1\1")))
end)

t.test("every header field has a meaning for requests and replies, whatever its octets", function()
  for _, filler in ipairs { "\0", "\1", "\2", "\xff", "a" } do
    local v = view.new(filler:rep(240))
    for _, field in ipairs(core.fields()) do t.ok(#fields.say(v, field.name) > 5) end
  end
end)

-- For programs ------------------------------------------------------------------------------------

t.test("a record has the keys of the contract in their order, and says null where there is nothing", function()
  t.equal(record.json(record.new(DISCOVER, { frame = 7, time = 0.5, time_ns = 1700000000123456789,
    src = "0.0.0.0:68", dst = "255.255.255.255:67" })),
    '{"frame":7,"time":1700000000.123456789,"src":"0.0.0.0:68","dst":"255.255.255.255:67","op":1,"htype":1,"hlen":6,'
    .. '"hops":0,"xid":"0x3903f326","secs":0,"flags":32768,"ciaddr":"0.0.0.0","yiaddr":"0.0.0.0","siaddr":"0.0.0.0",'
    .. '"giaddr":"0.0.0.0","chaddr":"02:00:00:00:00:01","sname":"","file":"","type":"discover","options":['
    .. '{"code":53,"name":"message_type","length":1,"hex":"01","value":"discover","in":"options"},'
    .. '{"code":12,"name":"host_name","length":7,"hex":"73747564656e74","value":"student","in":"options"},'
    .. '{"code":61,"name":"client_id","length":7,"hex":"01020000000001","value":"01020000000001","in":"options"},'
    .. '{"code":55,"name":"parameter_request_list","length":3,"hex":"010306","value":[1,3,6],"in":"options"}'
    .. '],"faults":[]}')
  t.match(record.json(record.new("")),
    '^{"frame":null,"time":null,.*"op":null,.*"options":%[%],"faults":%[{"offset":0,')
end)

t.test("faults carry offset, what and rule", function()
  local here = record.new(datagram("\x35\1\1\x33\2\1\1\xff"))
  t.equal({ here.faults[1].offset, here.faults[1].rule }, { 243, "M-15" })
  t.match(record.json(here), '"faults":%[{"offset":243,"what":"[^"]+","rule":"M%-15"}%]}$')
end)

t.test("a split option carries its joined value on the first instance only", function()
  local here = record.new(datagram("\x35\1\1\x0c\2ab\x0c\2cd\xff"))
  t.equal({ here.options[2].hex, here.options[2].value, here.options[3].hex, here.options[3].value },
    { "6162", "abcd", "6364", nil })
  t.match(record.json(here), '"hex":"6364","value":null')
end)

t.test("instances in file and sname stand where they are read", function()
  local here = record.new(datagram("\x35\1\2\x34\1\3\xff", { file = "\x0c\1a\xff", sname = "\x42\1b\xff" }))
  local places = {}
  for i, option in ipairs(here.options) do places[i] = option.code .. option["in"] end
  t.equal(places, { "53options", "52options", "12file", "66sname" })
  t.equal({ here.file, here.sname }, { "", "" })
end)

t.test("false is a value, unknown options have no name, and bytes that are no text are hex", function()
  local text = record.json(record.new(datagram("\x35\1\1\x13\1\0\xfa\2\0\1\xfb\2ab\x0c\2\xff\xfe\xff")))
  t.match(text, '"name":"ip_forwarding","length":1,"hex":"00","value":false')
  t.match(text, '"code":250,"name":null,"length":2,"hex":"0001","value":"0001"')
  t.match(text, '"code":251,"name":null,"length":2,"hex":"6162","value":"ab"')
  t.match(text, '"code":12,"name":"host_name","length":2,"hex":"fffe","value":"fffe"')
end)

t.test("suboptions are objects with their codes as keys, never lists", function()
  local text = record.json(record.new(datagram("\x35\1\1\x7d\x0b\0\0\x0d\xe9\6\1\1a\2\1\xee\x52\6\1\1x\x0b\1y\xff")))
  t.match(text, '"value":%[{"enterprise":3561,"options":{"1":"a","2":"ee"}}%]')
  t.match(text, '"value":{"circuit_id":"x","server_id_override":"y"}')
end)

t.test("sname and file are text that JSON can carry", function()
  local here = record.new(datagram("\x35\1\1\xff", { sname = "a\27\xff\0rest", file = "boot/grün" }))
  t.equal({ here.sname, here.file }, { "a\\x1b\\xff", "boot/grün" })
end)

t.test("the same bytes give the same line, and it is JSON that reads back", function()
  local bytes = datagram("\x35\1\1\x79\x0b\x08\x0a\x0a\0\0\1\0\x0a\0\0\2\x52\6\1\1x\2\1y\xff")
  local line = record.json(record.new(bytes))
  for _ = 1, 20 do t.equal(record.json(record.new(bytes)), line) end
  local back = json.decode(line)
  t.equal(back.options[2].value[1], { destination = "10.0.0.0/8", router = "10.0.0.1" })
end)

-- The command -------------------------------------------------------------------------------------

local function sink()
  local parts = {}
  return { write = function(_, ...) for _, part in ipairs { ... } do parts[#parts + 1] = part end return true end,
    text = function() return table.concat(parts) end }
end

local function run(words_given, stdin, format)
  local out, err = sink(), sink()
  local status = explain.run { input = words_given, format = format, out = out, err = err,
    stdin = { read = function() return stdin or "" end }, env = function() end,
    isatty = function() return false end, columns = function() end }
  return status, out.text(), err.text()
end

local function udp(source, destination, payload)
  local datagram_bytes = string.pack(">I2I2I2I2", source, destination, 8 + #payload, 0) .. payload
  local ip = string.pack(">BBI2I2I2BBI2", 0x45, 0, 20 + #datagram_bytes, 0, 0, 64, 17, 0)
  return ip .. "\x0a\0\0\1\xff\xff\xff\xff" .. datagram_bytes
end

local function ethernet(kind, packet)
  return ("\xff"):rep(6) .. "\2\0\0\0\0\1" .. string.pack(">I2", kind) .. packet
end

local function pcap(frames, cut)
  local out = { string.pack("<I4I2I2i4I4I4I4", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) }
  for i, frame in ipairs(frames) do
    out[#out + 1] = string.pack("<I4I4I4I4", 1700000000 + i, i, #frame, #frame) .. frame
  end
  local bytes = table.concat(out)
  return bytes:sub(1, #bytes - (cut or 0))
end

local MIXED = {
  ethernet(0x0800, udp(68, 67, DISCOVER)),
  ethernet(0x0800, udp(40000, 6767, DISCOVER)),
  ethernet(0x0800, udp(53, 53, "not DHCP")),
  ethernet(0x0806, "\0\1\8\0\6\4\0\1" .. ("\0"):rep(20)),
  ethernet(0x86dd, ("\0"):rep(60)),
  ethernet(0x0800, udp(68, 67, "short")),
}

t.test("a capture: DHCP by its cookie on any port, and whatever runs between ports 67 and 68", function()
  local path = t.write(t.path("mixed.pcap"), pcap(MIXED))
  local status, out, err = run({ path }, nil, "json")
  t.equal(status, 0)
  local frames = {}
  for line in out:gmatch("[^\n]+") do
    local here = json.decode(line)
    frames[#frames + 1] = ("%d %s %s"):format(here.frame, here.src, #here.faults == 0 and "fine" or here.faults[1].rule)
  end
  t.equal(frames, { "1 10.0.0.1:68 fine", "2 10.0.0.1:40000 fine", "6 10.0.0.1:68 M-01" })
  t.equal(err, "dhcplab explain: passed over: 1 other UDP packet, 1 ARP packet, 1 other frame\n")
end)

t.test("time comes from the capture, exactly", function()
  local path = t.write(t.path("time.pcap"), pcap { MIXED[1] })
  local _, out = run({ path }, nil, "json")
  t.match(out, '"time":1700000001.000001000,')
  _, out = run { path }
  t.match(out, "frame 1, 2023%-11%-14 22:13:21.000001 UTC, 10%.0%.0%.1:68 to 255%.255%.255%.255:67")
end)

t.test("standard input may be a capture or hex", function()
  local status, out = run({ "-" }, pcap(MIXED), "json")
  t.equal(status, 0)
  t.equal(select(2, out:gsub("\n", "")), 3)
  status, out = run({}, hexdump.hex(DISCOVER))
  t.equal(status, 0)
  t.match(out, "^DISCOVER")
  t.equal(run({ "-" }, DISCOVER), 0, "or the octets of a message themselves")
end)

t.test("hex on the command line: one word or many, a message or a whole frame", function()
  for _, bytes in ipairs { DISCOVER, MIXED[1], udp(68, 67, DISCOVER) } do
    local status, out, err = run { hexdump.hex(bytes, "") }
    t.equal({ status, err }, { 0, "" })
    t.match(out, "^DISCOVER")
    local list = {}
    for octet in hexdump.hex(bytes):gmatch("%S+") do list[#list + 1] = octet end
    t.equal(run(list), 0)
  end
  t.match(select(2, run { hexdump.hex(MIXED[1], "") }), "10%.0%.0%.1:68 to 255%.255%.255%.255:67")
end)

t.test("a file with hex, or with several packets of a dump", function()
  local path = t.write(t.path("one.txt"), hexdump.format(DISCOVER) .. "\n" .. hexdump.format(MIXED[1]))
  local status, out = run({ path }, nil, "json")
  t.equal(status, 0)
  t.equal(select(2, out:gsub('"type":"discover"', "")), 2)
end)

t.test("several captures are read one after the other", function()
  local a, b = t.write(t.path("a.pcap"), pcap { MIXED[1] }), t.write(t.path("b.pcap"), pcap { MIXED[2] })
  local status, out = run({ a, b }, nil, "json")
  t.equal({ status, select(2, out:gsub("\n", "")) }, { 0, 2 })
end)

t.test("what is no hex is wrong usage, and the place is named", function()
  local status, out, err = run { "0101", "06xx" }
  t.equal({ status, out }, { 2, "" })
  t.match(err, '^dhcplab explain: error%[E501%]: not hex: "x" at character 8\n')
  t.equal(run({ "-" }, "hello"), 2)
  t.equal(run({ "-" }, ""), 2)
  t.equal(run { t.write(t.path("bad.txt"), "01 02 zz") }, 2)
end)

t.test("what cannot be read is exit status 3, and the reason is told", function()
  local status, _, err = run { "no-such-file.pcap" }
  t.equal(status, 3)
  t.match(err, "cannot open no%-such%-file%.pcap: No such file")
  status, _, err = run { "/" }
  t.equal(status, 3)
  t.match(err, "cannot read /: ")
end)

t.test("a capture that ends inside a packet shows what came before, and exit status 3", function()
  local status, out, err = run({ t.write(t.path("cut.pcap"), pcap({ MIXED[1], MIXED[2] }, 5)) }, nil, "json")
  t.equal(status, 3)
  t.equal(select(2, out:gsub("\n", "")), 1)
  t.match(err, "cut%.pcap: the file ends inside a packet")
end)

t.test("no DHCP anywhere is exit status 1", function()
  local status, out, err = run({ t.write(t.path("dns.pcap"), pcap { MIXED[3] }) }, nil, "json")
  t.equal({ status, out }, { 1, "" })
  t.match(err, "passed over: 1 other UDP packet\n.*no DHCP message found")
  status, out = run { "010106" }
  t.equal(status, 1)
  t.match(out, "not a DHCP message\n3 octets")
end)

t.test("faulty packets stop nothing", function()
  local frames = {}
  for length = 0, 300, 10 do frames[#frames + 1] = ethernet(0x0800, udp(68, 67, DISCOVER:sub(1, length))) end
  local status, out = run({ t.write(t.path("faulty.pcap"), pcap(frames)) }, nil, "json")
  t.equal({ status, select(2, out:gsub("\n", "")) }, { 0, #frames })
end)

t.test("a source says what it passed over", function()
  local source = input.open({ t.write(t.path("count.pcap"), pcap(MIXED)) }, io.stdin)
  for packet in source.next do t.ok(packet.is_dhcp) end
  t.equal(source.counts, { udp = 1, arp = 1, cut = 0, other = 1 })
  t.equal(source.next(), nil, "the end stays the end")
end)

t.test("the executable does the same", function()
  local out, err, status = t.run({ t.exe, "explain", "--format", "json", "-" }, { stdin = pcap(MIXED) })
  t.equal({ status, select(2, out:gsub("\n", "")) }, { 0, 3 }, err)
  out, err, status = t.run { t.exe, "explain", hexdump.hex(DISCOVER, "") }
  t.equal(status, 0, err)
  t.match(out, "^DISCOVER")
end)

t.done()
