-- The judge itself: wire faults, what it remembers and forgets, captures. The ids in these names
-- say which rule is meant; none is claimed (no brackets), as nothing here shows that a server or a
-- client of ours keeps to it.
local t = require "harness"
local core = require "dhcplab.core"
local judge = require "dhcplab.judge"
local x = require "exchange"
local make, after, clean, breaks, lines = x.make, x.after, x.clean, x.breaks, x.lines
local MAC, ALL = x.MAC, x.ALL

-- ---- wire faults

t.test("M-15: an option that runs past its end, with its offset", function()
  local message = make.discover().message
  local bytes = message:bytes():sub(1, 240) .. "\53\1\1\57\2\5\220\12\200abc"
  local found = judge.new{}:see { at = 0, bytes = bytes .. ("\0"):rep(300 - #bytes) }
  local hit
  for _, breach in ipairs(found) do hit = hit or breach.rule == "M-15" and breach end
  t.ok(hit, lines(found))
  t.equal(hit.got, "offset 247")
  t.equal(hit.level, "MUST")
end)

t.test("M-08: a short message is a warning", function()
  local bytes = make.discover().message:bytes()
  local short = bytes:sub(1, bytes:find("\255\0*$"))
  local found = judge.new{}:see { at = 0, bytes = short, src = "0.0.0.0:68", dst = ALL .. ":67" }
  t.equal(#found, 1, lines(found))
  t.equal({ found[1].rule, found[1].level }, { "M-08", "SHOULD" })
end)

t.test("M-05: reserved flags count in requests only", function()
  local flags = function(m) m.flags = 1 end
  breaks("M-05", "flags", { make.discover(flags) })
  local j = judge.new{}
  j:see(make.discover(flags))
  t.equal(lines(j:see(make.offer(flags))), "")
end)

t.test("M-02: what is no DHCP at all is judged as far as it goes", function()
  local found = judge.new{}:see { at = 0, bytes = "hello" }
  t.equal(#found >= 1, true)
  t.equal(judge.new{}:see { at = 0, bytes = "" }[1] ~= nil, true)
end)

t.test("BOOTP is not held against DHCP's tables", function()
  t.equal(lines(judge.new{}:see(x.packet(core.message { mac = MAC, op = 1 }, "0.0.0.0:68", ALL .. ":67"))), "")
end)

-- ---- memory and captures

t.test("an exchange is forgotten after two minutes, so that a used xid means nothing", function()
  local offer = make.offer(function(m) m.options.client_id = nil end)
  offer.at = 200
  clean { make.discover(), offer }
end)

t.test("one xid for every exchange begins anew with each DISCOVER", function()
  local list = after("ack")
  list[#list + 1] = make.discover(function(m) m.options:set_raw(61, "\0new") end)
  clean(list)
end)

t.test("memory stays bounded however many clients there are", function()
  local j = judge.new { remember = 64 }
  for number = 1, 1000 do
    j:see(make.discover(function(m)
      m.xid, m.mac = number, ("02:00:00:00:%02x:%02x"):format(number >> 8, number & 0xff)
    end))
  end
  local kept = 0
  for _ in pairs(j.transactions.young) do kept = kept + 1 end
  for _ in pairs(j.transactions.old) do kept = kept + 1 end
  t.ok(kept <= 64, kept)
  t.ok(kept >= 32, kept)
end)

t.test("a judge that had to forget does not call a reply a stranger's", function()
  local j = judge.new { remember = 8, complete = true }
  local function discover(number) return make.discover(function(m) m.xid = number end) end
  for number = 1, 100 do j:see(discover(number)) end
  t.equal(lines(j:see(make.offer(function(m) m.xid = 1 end))), "")
end)

t.test("any octets are judged without an error, and breaches are plain text", function()
  local list = {}
  for _, kind in ipairs { "discover", "offer", "selecting", "ack", "nak", "renewing", "release", "inform_ack" } do
    list[#list + 1] = make[kind]()
  end
  local j, state = judge.new { complete = true }, 1
  local function random(most) -- its own dice, so that a failure comes back
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % most + 1
  end
  for round = 1, 3000 do
    local p = list[random(#list)]
    local bytes = p.message:bytes()
    for _ = 1, random(5) - 1 do
      local at = random(3) == 1 and random(#bytes) or math.min(#bytes, 240 + random(80))
      local octet = string.char(random(256) - 1)
      bytes = random(6) == 1 and bytes:sub(1, at) or bytes:sub(1, at - 1) .. octet .. bytes:sub(at + 1)
    end
    for _, breach in ipairs(j:see { at = round / 10, bytes = bytes, src = p.src, dst = p.dst }) do
      t.ok(not judge.text(breach):find("[%c\127-\255]"), judge.text(breach))
    end
  end
end)

t.test("retransmissions do not pile up", function()
  local j = judge.new{}
  for number = 1, 100 do
    local p = make.discover()
    p.at = number * 60 + number ^ 1.5
    j:see(p)
  end
  for _, transaction in pairs(j.transactions.young) do t.ok(#transaction.requests <= 32) end
end)

t.test("a breach is one line of text", function()
  local found = x.see_all(after("offer", function(m) m.options.server_id = nil end))
  t.equal(judge.text(found[1]), "packet 2, options.server_id: an OFFER must carry server_id "
    .. "(MUST S-09, RFC 2131 4.3.1, table 3)")
end)

-- A capture file written here octet by octet: Ethernet, IPv4 and UDP without checksums.
local function pcap(packets)
  local out = { string.pack("<I4I2I2i4I4I4I4", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) }
  for place, p in ipairs(packets) do
    local payload = p.bytes or p.message:bytes()
    local function address(endpoint)
      local a, b, c, d, port = endpoint:match("(%d+)%.(%d+)%.(%d+)%.(%d+):(%d+)")
      return string.char(a, b, c, d), tonumber(port)
    end
    local src, src_port = address(p.src)
    local dst, dst_port = address(p.dst)
    local udp = string.pack(">I2I2I2I2", src_port, dst_port, 8 + #payload, 0) .. payload
    local ip = string.pack(">BBI2I2I2BBI2", 0x45, 0, 20 + #udp, place, 0, 64, 17, 0) .. src .. dst
    local to = dst == "\255\255\255\255" and ("\255"):rep(6) or "\2\0\0\0\0\1" -- the client's
    local frame = to .. "\2\0\0\0\0\9\8\0" .. ip .. udp
    out[#out + 1] = string.pack("<I4I4I4I4", 1000 + place, 0, #frame, #frame) .. frame
  end
  return table.concat(out)
end

t.test("a capture is judged packet by packet, with the numbers of its frames", function()
  local list = x.history("ack")
  list[#list + 1] = make.ack(function(m) m.options.server_id = nil end)
  local breaches, count = judge.capture(t.write(t.path("some.pcap"), pcap(list)))
  t.equal(count, 4)
  t.equal(lines(breaches), "packet 4, options.server_id: an ACK must carry server_id "
    .. "(MUST S-09, RFC 2131 4.3.1, table 3)")
  breaches, count = judge.capture(t.write(t.path("good.pcap"), pcap(after("ack"))))
  t.equal({ #breaches, count }, { 0, 4 })
end)

-- What real clients and servers do, reviewed by hand: each of these lines is a true breach of the RFC named.
t.test("recorded captures raise the findings that were reviewed, and no others", function()
  local out = {}
  for _, name in ipairs { "dhclient-dhcpd", "dhclient-dhcpd-overload", "dhclient-dnsmasq", "dhclient-kea",
    "dhcpcd-dnsmasq", "dhcpcd-kea", "relay-client-side", "relay-server-side", "udhcpc-dnsmasq", "udhcpc-kea",
    "udhcpc-udhcpd" } do
    local path = "tests/interop/captures/" .. name .. ".pcap"
    local breaches, count = judge.capture(path)
    t.ok(breaches, path)
    t.ok(count >= 4, path)
    local seen, list = {}, {}
    for _, breach in ipairs(breaches) do
      local line = ("%s: %s %s, %s: %s"):format(name, breach.level, breach.rule, breach.field,
        breach.what:gsub(", %x%x[%x ]+$", ""))
      if not seen[line] then list[#list + 1] = line end
      seen[line] = true
    end
    table.sort(list)
    out[#out + 1] = #list > 0 and table.concat(list, "\n") or name .. ": nothing"
  end
  t.golden("judge_captures.txt", table.concat(out, "\n") .. "\n")
end)

t.test("a capture that cannot be read is no verdict", function()
  t.equal(judge.capture(t.path("none.pcap")), nil)
  t.equal(judge.capture(t.write(t.path("bad.pcap"), "not a capture")), nil)
end)

t.done()
