-- What a server's OFFER, ACK and NAK carry: RFC 2131 table 3, cell by cell, and option 61 after RFC 6842.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local SERVER <const> = "192.168.1.2" -- the first server of a virtual world
local POOL <const> = "192.168.1.100-192.168.1.110"

-- A server, and an OFFER, an ACK and a NAK of it for a request that has something in every field that is copied.
local function all_three(dhcp, options, fields)
  local settings = { pool = POOL }
  for key, value in pairs(options or {}) do settings[key] = value end
  local server = dhcp.server(settings)
  local bare = lab.bare()
  local discover = lab.discover(fields)
  local offer = t.ok(bare:ask(discover), "an OFFER")
  local request = lab.take(discover, offer)
  local ack = t.ok(bare:ask(request), "an ACK")
  local wrong = request:copy()
  wrong.options.requested_ip = "192.168.1.109"
  local nak = t.ok(bare:ask(wrong), "a NAK")
  t.equal({ offer.type, ack.type, nak.type }, { "offer", "ack", "nak" })
  return { offer = offer, ack = ack, nak = nak }, { offer = discover, ack = request, nak = wrong }, server, bare
end

local kinds <const> = { "offer", "ack", "nak" }

lab.test("op, htype, hlen, hops and secs of a reply [S-01]", function(dhcp)
  local replies, requests = all_three(dhcp, nil, { xid = 0xfeedbeef, secs = 7 })
  for _, kind in ipairs(kinds) do
    local m = replies[kind]
    t.equal({ m.op, m.htype, m.hlen, m.hops, m.secs, m.xid },
      { 2, requests[kind].htype, requests[kind].hlen, 0, 0, 0xfeedbeef }, kind)
  end
end)

lab.test("a reply repeats another hardware type and length [S-01]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local m = lab.discover { htype = 32, chaddr = "01:02:03:04:05:06:07:08", broadcast = true }
  m.mac = "01:02:03:04:05:06:07:08"
  local offer = t.ok(bare:ask(m), "an OFFER")
  t.equal({ offer.htype, offer.hlen, offer.chaddr }, { 32, 8, "01:02:03:04:05:06:07:08" })
end)

lab.test("ciaddr is 0 in OFFER and NAK [S-02]", function(dhcp)
  local replies = all_three(dhcp)
  t.equal({ replies.offer.ciaddr, replies.nak.ciaddr, replies.ack.ciaddr }, { "0.0.0.0", "0.0.0.0", "0.0.0.0" })
end)

lab.test("ciaddr of an ACK to a renewal is the client's [S-02]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local ack = bare:lease()
  bare.network:add_address(bare, ack.yiaddr)
  local renewed = t.ok(bare:ask(lab.request { ciaddr = ack.yiaddr, xid = 9 }, SERVER, ack.yiaddr))
  t.equal({ renewed.type, renewed.ciaddr, renewed.yiaddr }, { "ack", ack.yiaddr, ack.yiaddr })
end)

lab.test("yiaddr is what is offered, assigned, or nothing [S-03]", function(dhcp)
  local replies = all_three(dhcp)
  t.equal({ replies.offer.yiaddr, replies.ack.yiaddr, replies.nak.yiaddr },
    { "192.168.1.100", "192.168.1.100", "0.0.0.0" })
end)

lab.test("siaddr is never a stand-in for the server identifier [S-04]", function(dhcp)
  local replies = all_three(dhcp)
  for _, kind in ipairs(kinds) do t.equal(replies[kind].siaddr, "0.0.0.0", kind) end
end)

lab.test("siaddr is the next server to boot from in OFFER and ACK, not in a NAK [S-04]", function(dhcp)
  local replies = all_three(dhcp, { next_server = "192.168.1.9" })
  t.equal({ replies.offer.siaddr, replies.ack.siaddr, replies.nak.siaddr },
    { "192.168.1.9", "192.168.1.9", "0.0.0.0" })
end)

lab.test("chaddr and the broadcast flag are the request's [S-05]", function(dhcp)
  local replies = all_three(dhcp, nil, { broadcast = true })
  for _, kind in ipairs(kinds) do
    t.equal({ replies[kind].chaddr, replies[kind].flags, replies[kind].giaddr },
      { lab.MAC, 0x8000, "0.0.0.0" }, kind)
  end
end)

lab.test("a client that can take unicast gets flags 0 [S-05]", function(dhcp)
  local replies = all_three(dhcp)
  for _, kind in ipairs(kinds) do t.equal(replies[kind].flags, 0, kind) end
end)

lab.test("giaddr is copied, so that the relay knows its own reply [S-05]", function(dhcp)
  dhcp.server { pool = POOL }
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.50" } }
  local offer = t.ok(relay:ask(lab.discover { giaddr = "192.168.1.50", hops = 1 }, SERVER, "192.168.1.50"))
  t.equal({ offer.giaddr, offer.hops }, { "192.168.1.50", 0 })
end)

lab.test("sname and file carry what the server is told to say, but not in a NAK [S-06]", function(dhcp)
  local replies = all_three(dhcp, { sname = "boot.example", file = "kernel.img" })
  for _, kind in ipairs { "offer", "ack" } do
    t.equal({ replies[kind].sname, replies[kind].file }, { "boot.example", "kernel.img" }, kind)
  end
  t.equal({ replies.nak.sname, replies.nak.file }, { "", "" })
end)

lab.test("no reply carries options 50, 55 or 57, although the request does [S-07]", function(dhcp)
  local replies = all_three(dhcp, nil, { options = { requested_ip = "192.168.1.100", max_message_size = 1400,
    parameter_request_list = { 1, 3, 50, 55, 57 } } })
  for _, kind in ipairs(kinds) do
    for _, code in ipairs { 50, 55, 57 } do t.ok(not replies[kind].options:has(code), kind .. " with " .. code) end
  end
end)

lab.test("OFFER and ACK carry the lease time, a NAK does not [S-08]", function(dhcp)
  local replies = all_three(dhcp, { lease_time = "10m" })
  t.equal({ replies.offer.options.lease_time, replies.ack.options.lease_time, replies.nak.options:has(51) },
    { 600, 600, false })
end)

lab.test("an ACK to INFORM has no lease time [S-08]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare { addresses = { "192.168.1.77" } }
  local ack = t.ok(bare:ask(lab.inform { ciaddr = "192.168.1.77" }, SERVER, "192.168.1.77"))
  t.equal({ ack.type, ack.options:has(51), ack.options:has(58), ack.options:has(59) }, { "ack", false, false, false })
end)

lab.test("every reply carries the server identifier [S-09]", function(dhcp)
  local replies = all_three(dhcp)
  for _, kind in ipairs(kinds) do t.equal(replies[kind].options.server_id, SERVER, kind) end
end)

lab.test("a NAK is never overloaded, whatever it echoes [S-10]", function(dhcp)
  local replies = all_three(dhcp, nil, { options = { client_id = ("\0i"):rep(120) } })
  t.ok(not replies.nak.options:has(52))
end)

lab.test("a NAK says why [S-11]", function(dhcp)
  local replies = all_three(dhcp)
  t.equal(replies.nak.options.message, "not the address that was offered")
  t.ok(not replies.offer.options:has(56))
end)

lab.test("other options go into OFFER and ACK, never into a NAK [S-13] [S-15]", function(dhcp)
  local replies = all_three(dhcp, { options = { routers = "192.168.1.1", domain_name = "example.org" } },
    { options = { vendor_class_id = "test", parameter_request_list = { 1, 3, 15 }, host_name = "x" } })
  for _, kind in ipairs { "offer", "ack" } do
    t.equal({ replies[kind].options.routers, replies[kind].options.domain_name, replies[kind].options.subnet_mask },
      { { "192.168.1.1" }, "example.org", "255.255.255.0" }, kind)
  end
  local may = { [53] = true, [54] = true, [56] = true, [60] = true, [61] = true, [82] = true }
  for _, code in ipairs(replies.nak.options:codes()) do t.ok(may[code], "a NAK with option " .. code) end
end)

lab.test("a client identifier comes back unchanged in all replies [S-14]", function(dhcp)
  local id = "\255\0\1\2\3 any octets \0"
  local replies = all_three(dhcp, nil, { options = { client_id = id } })
  for _, kind in ipairs(kinds) do t.equal(replies[kind].options:raw(61), id, kind) end
end)

lab.test("a client identifier of more than one instance comes back whole [S-14]", function(dhcp)
  local id = "\0" .. ("long"):rep(80)
  local replies = all_three(dhcp, nil, { options = { client_id = id, max_message_size = 1500 } })
  for _, kind in ipairs { "offer", "ack" } do t.equal(replies[kind].options:raw(61), id, kind) end
end)

lab.test("without a client identifier in the request none is added [S-14]", function(dhcp)
  local replies = all_three(dhcp)
  for _, kind in ipairs(kinds) do t.ok(not replies[kind].options:has(61), kind) end
end)

-- ---- the bytes

lab.test("a reply ends with option 255 and has at least 300 octets [M-03] [M-08]", function(dhcp)
  local replies = all_three(dhcp)
  for _, kind in ipairs(kinds) do
    local bytes = replies[kind]:bytes()
    t.ok(#bytes >= 300, kind)
    t.match(bytes, "\255\0*$", kind)
    t.equal(core.check(bytes), {}, kind)
  end
end)

local long = {}
for i = 1, 20 do long[i] = ("host%02d.department.example.org"):format(i) end
local big <const> = { domain_search = long, domain_name = ("d"):rep(200), root_path = ("r"):rep(200),
  merit_dump_file = ("m"):rep(200), nis_domain = ("n"):rep(200), tftp_server_name = ("t"):rep(150) }

local function offer_of_size(dhcp, size)
  dhcp.server { pool = POOL, options = big }
  return t.ok(lab.bare():ask(lab.discover { options = { max_message_size = size,
    parameter_request_list = { 1, 15, 17, 14, 40, 66, 119 } } }))
end

lab.test("a reply keeps to the client's maximum message size [M-09]", function(dhcp)
  for _, size in ipairs { 576, 700, 1000, 1500 } do
    lab.world()
    local offer = offer_of_size(dhcp, size)
    t.ok(#offer:bytes() <= size - 28, ("%d octets of payload for %d"):format(#offer:bytes(), size))
    t.equal({ offer.type, offer.yiaddr, offer.options.lease_time, offer.options.server_id },
      { "offer", "192.168.1.100", 3600, SERVER }, "what matters stays")
  end
end, { lax = true })

lab.test("without option 57, or with less than 576, a reply has at most 548 octets [M-09]", function(dhcp)
  t.ok(#offer_of_size(dhcp, nil):bytes() <= 548)
  lab.world()
  t.ok(#offer_of_size(dhcp, { hex = "0100" }):bytes() <= 548)
end, { lax = true })

lab.test("what does not fit is left out from the end of the client's list, and the server says so [M-09] [M-13]",
  function(dhcp, world)
  local offer = offer_of_size(dhcp, 576)
  t.equal({ offer.options.domain_name, offer.options:has(119) }, { ("d"):rep(200), false })
  local said
  for _, note in ipairs(world.trace.notes) do said = said or note.text and note.text:match("left out.*") end
  t.match(said, "^left out, since the client takes 548 octets: .*"
    .. "domain_search, tftp_server_name, nis_domain, merit_dump_file, root_path$")
end, { lax = true })

lab.test("a reply that is too long for its options field uses file and sname [M-10]", function(dhcp)
  dhcp.server { pool = POOL, options = { domain_name = ("d"):rep(120), root_path = ("r"):rep(60),
    merit_dump_file = ("m"):rep(200) } }
  local offer = t.ok(lab.bare():ask(lab.discover { options = { parameter_request_list = { 14, 15, 17 } } }))
  t.ok(offer.options:has(52), "overloaded")
  t.equal({ offer.options.domain_name, offer.options.root_path, offer.options.merit_dump_file },
    { ("d"):rep(120), ("r"):rep(60), ("m"):rep(200) })
  local places = {}
  for _, instance in ipairs(offer:instances()) do places[instance.place] = true end
  t.ok(places.file or places.sname, "something lies there")
end)

t.done()
