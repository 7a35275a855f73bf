-- What a server answers to each kind of REQUEST, DECLINE, RELEASE and INFORM (RFC 2131 4.3.2 to 4.3.5), where its
-- replies go (4.1), and what becomes of leases in time.
local t = require "harness"
local lab = require "lab"

local A, B <const> = lab.MAC, lab.OTHER
local SERVER <const> = lab.SERVER
local POOL <const> = "192.168.1.100-192.168.1.102"
local test, release = lab.test, lab.give_back

-- ---- kinds of REQUEST

test("a REQUEST is classified by options 54 and 50, ciaddr and destination [S-30]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local kinds = {}
  function server:request(request) kinds[#kinds + 1] = request.kind or "none" end -- luacheck: ignore self
  local bare = lab.bare()
  local ip = "192.168.1.100"
  bare:ask(lab.request { options = { server_id = SERVER, requested_ip = ip } })
  bare:ask(lab.request { options = { requested_ip = ip } })
  bare:ask(lab.request { ciaddr = ip }, SERVER, ip)
  bare:ask(lab.request { ciaddr = ip }, nil, ip)
  bare:ask(lab.request { ciaddr = ip, giaddr = "192.168.1.9" }, SERVER, "192.168.1.9")
  bare:ask(lab.request {})
  bare:ask(lab.request { ciaddr = ip, options = { requested_ip = ip } })
  t.equal(kinds, { "selecting", "init-reboot", "renewing", "rebinding", "rebinding", "none", "none" })
end)

test("a REQUEST of no kind is dropped with a reason [S-30]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  t.equal(bare:ask(lab.request {}), nil)
  t.equal(bare:ask(lab.request { ciaddr = "192.168.1.100", options = { requested_ip = "192.168.1.100" } }), nil)
  t.equal(lab.drops_of(server, "no kind"), 2)
end)

-- ---- SELECTING

test("a client that takes another server's offer frees ours, in silence [S-31]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address, offer, discover = bare:offer_to(A)
  t.equal(lab.state(server, address), "offered")
  local request = lab.take(discover, offer)
  request.options.server_id = "192.168.1.99"
  t.equal(bare:ask(request), nil)
  t.equal(lab.state(server, address), "free")
  t.equal(bare:offer_to(B, { requested_ip = address }), address, "and another may have it")
end)

test("a binding that the client has here survives its taking another server's offer [S-31]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  bare:ask(lab.request { options = { requested_ip = "192.168.1.55", server_id = "192.168.1.99" } })
  t.equal(lab.state(server, address), "bound")
end)

test("a REQUEST for what was offered is committed and acknowledged [S-32] [S-53]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  local state_at_ack
  local reply = server.reply
  function server:reply(m, request)
    if m.type == "ack" then state_at_ack = lab.state(self, m.yiaddr) end
    return reply(self, m, request)
  end
  t.equal(bare:ask(lab.take(discover, offer)).type, "ack")
  t.equal(state_at_ack, "bound", "before the ACK is sent")
end)

test("a REQUEST for another address than the offered one gets a NAK [S-32]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  local request = lab.take(discover, offer)
  request.options.requested_ip = "192.168.1.102"
  t.equal(bare:ask(request).type, "nak")
end)

test("a REQUEST in SELECTING from a client without an offer gets a NAK [S-32]", function(dhcp)
  dhcp.server { pool = POOL }
  local reply = lab.bare():ask(lab.request { options = { requested_ip = "192.168.1.100", server_id = SERVER } })
  t.equal(reply.type, "nak")
end)

test("a REQUEST in SELECTING with ciaddr, or without option 50, is dropped [S-32]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  local request = lab.take(discover, offer)
  request.ciaddr = offer.yiaddr
  t.equal(bare:ask(request), nil)
  request = lab.take(discover, offer)
  request.options.requested_ip = nil
  t.equal(bare:ask(request), nil)
  t.equal(lab.drops_of(server, "SELECTING"), 2)
end)

test("the same REQUEST again gets the same ACK [S-32] [S-55]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local ack, _, request = bare:lease()
  t.equal(bare:ask(request):bytes(), ack:bytes())
end)

-- ---- INIT-REBOOT

local function reboot(bare, mac, address, fields, to, source)
  local m = lab.request { mac = mac, broadcast = true, options = { requested_ip = address } }
  for key, value in pairs(fields or {}) do m[key] = value end
  return bare:ask(m, to, source)
end

test("INIT-REBOOT on the wrong network gets a NAK [S-40]", function(dhcp)
  dhcp.server { pool = POOL }
  local nak = reboot(lab.bare(), A, "10.1.2.3")
  t.equal({ nak.type, nak.options.message }, { "nak", "wrong network" })
end)

test("INIT-REBOOT on the wrong network behind a relay: NAK to the relay, broadcast bit set [S-40] [S-46]",
  function(dhcp)
  dhcp.server { subnets = { { subnet = "192.168.1.0/24", pool = POOL },
                            { subnet = "10.5.0.0/16", pool = "10.5.1.1-10.5.1.9" } } }
  local relay = lab.bare { role = "relay", addresses = { "10.5.0.1" } }
  local nak = reboot(relay, A, "192.168.1.100", { giaddr = "10.5.0.1", broadcast = false }, SERVER, "10.5.0.1")
  t.equal({ nak.type, nak.broadcast, nak.giaddr, nak.destination }, { "nak", true, "10.5.0.1", "10.5.0.1:67" })
end, { lax = true })

test("INIT-REBOOT with another address than the record gets a NAK [S-41]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  bare:lease_to(A)
  t.equal(reboot(bare, A, "192.168.1.102").type, "nak")
end)

test("INIT-REBOOT of an unknown client is met with silence [S-42]", function(dhcp)
  dhcp.server { pool = POOL }
  t.equal(reboot(lab.bare(), A, "192.168.1.100"), nil)
end)

test("an authoritative server refuses an unknown client's INIT-REBOOT [S-42]", function(dhcp)
  dhcp.server { pool = POOL, authoritative = true }
  t.equal(reboot(lab.bare(), A, "192.168.1.100").type, "nak")
end, { lax = true })

test("INIT-REBOOT that agrees with the record gets an ACK [S-43]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  dhcp.sleep(600)
  local ack = reboot(bare, A, address)
  t.equal({ ack.type, ack.yiaddr, ack.ciaddr }, { "ack", address, "0.0.0.0" })
end)

test("INIT-REBOOT for an address that another has by now gets no ACK [S-43]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.100", lease_time = 60 }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  dhcp.sleep(100)
  bare:lease_to(B)
  local reply = reboot(bare, A, address)
  t.ok(not reply or reply.type == "nak")
end)

-- ---- RENEWING and REBINDING

local function extend(bare, mac, address, everyone)
  return bare:ask(lab.request { mac = mac, ciaddr = address }, not everyone and SERVER or nil, address)
end

test("a renewal extends the lease and is answered at ciaddr [S-44] [X-03]", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 1000 }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  bare.network:add_address(bare, address)
  dhcp.sleep(500)
  local before = select(2, lab.state(server, address)).expires
  local ack = extend(bare, A, address)
  t.equal({ ack.type, ack.options.lease_time, ack.destination }, { "ack", 1000, address .. ":68" })
  t.ok(select(2, lab.state(server, address)).expires > before + 400, "extended")
end)

test("a renewal by a client that the server forgot is trusted when the address is free [S-44]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare { addresses = { "192.168.1.101" } }
  t.equal(extend(bare, A, "192.168.1.101").type, "ack")
  t.equal(lab.state(server, "192.168.1.101"), "bound")
end)

test("a renewal of an address that another holds gets a NAK [S-44]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  t.equal(extend(bare, B, address).type, "nak")
end)

test("a rebinding of our own lease is extended [S-45]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  bare.network:add_address(bare, address)
  t.equal(extend(bare, A, address, true).type, "ack")
end)

test("a rebinding of a lease that this server does not know is met with silence [S-45]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare { addresses = { "192.168.1.101" } }
  t.equal(extend(bare, A, "192.168.1.101", true), nil)
end)

test("an authoritative server takes over an unknown lease in REBINDING [S-45]", function(dhcp)
  dhcp.server { pool = POOL, authoritative = true }
  local bare = lab.bare { addresses = { "192.168.1.101" } }
  t.equal(extend(bare, A, "192.168.1.101", true).type, "ack")
end, { lax = true })

-- ---- where replies go

test("a NAK is broadcast when giaddr is zero [X-06]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A, nil, { broadcast = false })
  local request = lab.take(discover, offer)
  request.options.requested_ip = "192.168.1.102"
  t.equal(bare:ask(request).destination, "255.255.255.255:68")
end)

test("a NAK to a renewal is broadcast too, not sent to ciaddr [X-06]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(B)
  t.equal(extend(bare, A, address).destination, "255.255.255.255:68")
end)

test("an OFFER goes to 255.255.255.255 when the client asks for broadcast [X-04]", function(dhcp)
  dhcp.server { pool = POOL }
  t.equal(lab.bare():ask(lab.discover { broadcast = true }).destination, "255.255.255.255:68")
end)

test("without the bit an OFFER goes to yiaddr at the client's hardware address [X-05]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare, other = lab.bare(), lab.bare { mac = B }
  local offer = bare:ask(lab.discover {})
  t.equal(offer.destination, "192.168.1.100:68")
  t.equal(#other.heard, 0, "nobody else hears it")
end)

test("with giaddr a reply goes to the relay at port 67, not to the client [X-02]", function(dhcp)
  dhcp.server { pool = POOL }
  local relay = lab.bare { role = "relay", addresses = { "192.168.1.50" } }
  local client = lab.bare { mac = B }
  local offer = relay:ask(lab.discover { mac = B, giaddr = "192.168.1.50", broadcast = true }, SERVER, "192.168.1.50")
  t.equal({ offer.destination, #client.heard }, { "192.168.1.50:67", 0 })
end)

-- ---- DECLINE, RELEASE, INFORM

local function decline(bare, mac, address, server_id)
  return bare:ask(lab.decline { mac = mac, options = { requested_ip = address, server_id = server_id or SERVER } })
end

test("a declined address is out of the pool for decline_hold, and the server says so [S-50]", function(dhcp, world)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.101", decline_hold = "5m" }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  t.equal(decline(bare, A, address), nil, "no reply")
  t.equal(lab.state(server, address), "declined")
  local said = false
  for _, note in ipairs(world.trace.notes) do said = said or (note.text or ""):find("declined") ~= nil end
  t.ok(said, "a note")
  t.equal(bare:offer_to(A), "192.168.1.101", "its holder gets another")
  t.equal(bare:offer_to(B, { requested_ip = address }), nil, "nobody gets it")
  dhcp.sleep(300)
  t.equal(bare:offer_to(B, { requested_ip = address }), address)
end)

test("a DECLINE from somebody else, for another server or of a free address changes nothing [S-50]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  decline(bare, B, address)
  decline(bare, A, address, "192.168.1.99")
  decline(bare, B, "192.168.1.102")
  bare:ask(lab.decline { options = { server_id = SERVER } })
  t.equal(lab.state(server, address), "bound")
  t.equal(lab.state(server, "192.168.1.102"), "none")
  t.equal(lab.drops_of(server, "DECLINE"), 3)
end)

test("a released address is free at once, without a reply, and its record stays [S-51]", function(dhcp)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.100" }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  t.equal(release(bare, A, address), nil)
  t.equal(lab.state(server, address), "released")
  t.equal(bare:offer_to(B), address, "another may have it")
end)

test("a RELEASE that does not match is ignored and counted [S-51]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  release(bare, B, address)
  release(bare, A, "192.168.1.102")
  t.equal(lab.state(server, address), "bound")
  t.equal(lab.drops_of(server, "RELEASE"), 2)
end)

test("a RELEASE meant for another server changes nothing here [S-51]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  bare:ask(lab.release { ciaddr = address, options = { server_id = "192.168.1.99" } })
  t.equal(lab.state(server, address), "bound")
end)

test("INFORM is answered at ciaddr, with options and without a lease [S-52] [X-03]", function(dhcp)
  local server = dhcp.server { pool = POOL, options = { domain_name = "x.example" } }
  local bare = lab.bare { addresses = { "192.168.1.77" } }
  local ack = bare:ask(lab.inform { ciaddr = "192.168.1.77", options = { parameter_request_list = { 1, 15, 51 } } },
    SERVER, "192.168.1.77")
  t.equal({ ack.type, ack.yiaddr, ack.ciaddr, ack.destination, ack.options.domain_name, ack.options:has(51) },
    { "ack", "0.0.0.0", "192.168.1.77", "192.168.1.77:68", "x.example", false })
  t.equal(#server:leases(), 0)
end)

test("INFORM from the holder of a lease does not touch the lease [S-52]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  bare.network:add_address(bare, address)
  local _, before = lab.state(server, address)
  dhcp.sleep(100)
  bare:ask(lab.inform { ciaddr = address }, SERVER, address)
  local _, after = lab.state(server, address)
  t.equal(after, before)
end)

-- ---- time, loss and repetition

test("a lease returns to the pool when it has expired, not before [S-54]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.100", lease_time = 100 }
  local bare = lab.bare()
  bare:lease_to(A)
  dhcp.sleep(98)
  t.equal(bare:offer_to(B), nil)
  dhcp.sleep(3)
  t.equal(bare:offer_to(B), "192.168.1.100")
end)

test("a client whose ACK was lost gets the same address again [S-53] [S-55]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local ack, _, request = bare:lease()
  server:restart()
  t.equal(bare:ask(request).yiaddr, ack.yiaddr)
  t.equal(#server:leases(), 1)
end)

test("a server that forgot its leases refuses a REQUEST of before [S-32]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  local _, _, request = bare:lease()
  server:restart { forget = true }
  t.equal(#server:leases(), 0)
  t.equal(bare:ask(request).type, "nak")
end, { lax = true })

test("a repeated DISCOVER gets the same offer and uses one address [S-55]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  for _ = 1, 5 do t.equal(bare:offer_to(A), "192.168.1.100") end
  t.equal(#server:leases(), 1)
end)

-- ---- what is no request

test("a message without a type is dropped and counted [S-57]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  t.equal(lab.bare():ask(dhcp.message { mac = A }), nil)
  t.equal(lab.drops_of(server, "BOOTP"), 1)
end)

test("replies, and types that no client sends, are dropped and counted [M-04]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  bare:ask(lab.discover { op = 2 })
  bare:ask(lab.discover { type = "offer" })
  bare:ask(lab.discover { type = 77 })
  t.equal({ lab.drops_of(server, "not a request"), lab.drops_of(server, "unexpected type") }, { 1, 2 })
end)

test("octets that are no message are dropped and counted [M-02]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  bare:send("")
  bare:send("x")
  bare:send(("\0"):rep(300))
  dhcp.sleep(1)
  t.equal(lab.drops_of(server, "malformed"), 3)
end, { lax = true })

-- Every message with every option cut short or blown up: dropped or answered, but no handler raises.
test("malformed options never make a handler raise [M-15]", function(dhcp)
  dhcp.server { subnets = { { subnet = "192.168.1.0/24", pool = POOL }, { subnet = "10.5.0.0/16" } },
    subnet_selection = true, rapid_commit = true, authoritative = true }
  local bare = lab.bare()
  local address = bare:lease_to(A)
  local shapes = {
    lab.discover {}, lab.request { options = { requested_ip = address } }, lab.request { ciaddr = address },
    lab.request { options = { requested_ip = address, server_id = SERVER } }, lab.inform { ciaddr = address },
    lab.decline { options = { requested_ip = address, server_id = SERVER } }, lab.release { ciaddr = address },
  }
  for code = 1, 254 do
    for _, bytes in ipairs { "", "\0", "\5\3abc", "\255\255\255", ("x"):rep(300) } do
      for _, shape in ipairs(shapes) do
        local m = shape:copy()
        m.options:set_raw(code, bytes)
        bare:send(m)
      end
    end
    dhcp.sleep(1)
    t.equal(table.concat(lab.failures, "\n"), "", "option " .. code)
  end
  dhcp.sleep("1h")
  t.ok(bare:offer_to(B), "still alive")
end, { lax = true })

t.done()
