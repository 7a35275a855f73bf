-- FORCERENEW and its authentication (RFC 3203, RFC 6704), down to MD5 (RFC 1321) and HMAC (RFC 2104).
local t = require "harness"
local auth = require "dhcplab.auth"
local core = require "dhcplab.core"
local md5 = require "dhcplab.md5"
local lab = require "lab"

local FIRST <const>, SERVER <const> = "192.168.1.100", "192.168.1.2"
local NONCE <const> = "0123456789abcdef"
local test = lab.test

local function hex(text)
  return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- ---- MD5

t.test("MD5 gives the digests of RFC 1321 A.5 [E-13]", function()
  for text, digest in pairs {
    [""] = "d41d8cd98f00b204e9800998ecf8427e",
    a = "0cc175b9c0f1b6a831c399e269772661",
    abc = "900150983cd24fb0d6963f7d28e17f72",
    ["message digest"] = "f96b697d7cb7938d525a2f31aaf161d0",
    abcdefghijklmnopqrstuvwxyz = "c3fcd3d76192e4007dfb496cca67e13b",
    ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 = "d174ab98d277d9f5a5611c2c9f419d9f",
    [("1234567890"):rep(8)] = "57edf4a22be3c955ac49da2e2107b67a",
  } do
    t.equal(hex(md5.sum(text)), digest, text)
  end
end)

t.test("MD5 pads well on both sides of a block's end [E-13]", function()
  t.equal(hex(md5.sum(("x"):rep(55))), "04364420e25c512fd958a70738aa8f72")
  t.equal(hex(md5.sum(("x"):rep(56))), "668a72d5ba17f08e62dabcafad6db14b")
  t.equal(hex(md5.sum(("x"):rep(64))), "c1bb4f81d892b2d57947682aeb252456")
end)

t.test("HMAC-MD5 gives the digests of RFC 2202 2 [E-13]", function()
  t.equal(hex(md5.hmac(("\x0b"):rep(16), "Hi There")), "9294727a3638bb1c13f48ef8158bfc9d")
  t.equal(hex(md5.hmac("Jefe", "what do ya want for nothing?")), "750c783e6ab0b503eaa86e310a5db738")
  t.equal(hex(md5.hmac(("\xaa"):rep(80), "Test Using Larger Than Block-Size Key - Hash Key First")),
    "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd")
end)

-- ---- option 90

local function order(counter)
  local m = core.message { op = 2, type = "forcerenew", mac = lab.MAC, xid = 1, options = { server_id = SERVER } }
  return core.decode(auth.sign(m, NONCE, counter or 7):bytes())
end

t.test("option 90 is laid out as RFC 6704 3.1.2 has it [E-13]", function()
  t.equal(auth.nonce_option(NONCE, 258), "\3\1\0\0\0\0\0\0\0\1\2\1" .. NONCE)
  t.equal(order(258).options:raw(90):sub(1, 12), "\3\1\0\0\0\0\0\0\0\1\2\2")
end)

t.test("a signed message is verified, until one of its octets changes [E-13]", function()
  local bytes = order():bytes()
  t.equal(auth.verify(core.decode(bytes), NONCE, 6), 7)
  local refused = 0
  for place = 1, #bytes do
    local flipped = bytes:sub(1, place - 1) .. string.char(bytes:byte(place) ~ 1) .. bytes:sub(place + 1)
    local message = core.decode(flipped)
    local hops, giaddr = place == 4, place >= 25 and place <= 28 -- what relays may change
    if message then
      local counter = auth.verify(message, NONCE, 0)
      t.equal(counter ~= nil, hops or giaddr, "octet " .. place)
      refused = refused + 1
    end
  end
  t.ok(refused > 290, refused)
end)

t.test("what a relay adds does not count [E-13]", function()
  local m = order()
  local relayed = m:copy()
  relayed.hops, relayed.giaddr = 1, "10.0.0.1"
  local bytes = relayed:bytes()
  local last = bytes:find("\255\0*$")
  local with_agent = bytes:sub(1, last - 1) .. "\82\5\1\3abc" .. bytes:sub(last)
  t.equal(auth.verify(core.decode(with_agent), NONCE, 0), 7)
end)

t.test("another nonce, an old counter, none of it, another protocol: all refused, each with its reason [E-13]",
  function()
    t.equal({ auth.verify(order(), "another nonce...", 0) }, { nil, "with a wrong digest" })
    t.equal({ auth.verify(order(7), NONCE, 7) }, { nil, "replayed" })
    t.equal({ auth.verify(order(7), NONCE, -1) }, { nil, "replayed" }, "counters have no sign")
    t.equal(auth.verify(order(-1), NONCE, 7), -1)
    t.equal({ auth.verify(order(), nil, 0) }, { nil, "with nothing known to check it by" })
    t.equal({ auth.verify(core.message { type = "forcerenew" }, NONCE, 0) }, { nil, "without authentication" })
    local m = order():copy()
    for _, bytes in ipairs { "\1" .. m.options:raw(90):sub(2), m.options:raw(90):sub(1, 27), m.options:raw(90) .. "x",
                             auth.nonce_option(NONCE, 9), "" } do
      m.options:set_raw(90, bytes)
      t.equal({ auth.verify(m, NONCE, 0) }, { nil, "with an authentication of another kind" })
      t.equal(auth.nonce_of(m), bytes == auth.nonce_option(NONCE, 9) and NONCE or nil)
    end
  end)

-- ---- server and client

local function make(dhcp, more)
  local made = { pool = FIRST .. "-192.168.1.110", forcerenew = true, lease_time = 1000 }
  for key, value in pairs(more or {}) do made[key] = value end
  return dhcp.server(made)
end

test("who can use a nonce is told so in the OFFER and given one in the ACK; others are not [E-13]", function(dhcp)
  make(dhcp)
  local ack, offer = lab.bare():lease { options = { forcerenew_nonce_capable = { 1 } } }
  t.equal({ offer.options.forcerenew_nonce_capable, offer.options:has(90) }, { { 1 }, false })
  t.equal({ #auth.nonce_of(ack), ack.options:has(145) }, { 16, false })
  ack, offer = lab.bare { mac = lab.OTHER }:lease()
  t.equal({ offer.options:has(145), ack.options:has(90) }, { false, false })
end)

test("a repeated REQUEST gets the same nonce, another client another, a renewal none [E-13]", function(dhcp)
  make(dhcp)
  local bare = lab.bare { addresses = { FIRST } }
  local able = { forcerenew_nonce_capable = { 1 } }
  local ack, _, request = bare:lease { options = able }
  t.equal(auth.nonce_of(bare:ask(request)), auth.nonce_of(ack))
  local renewed = bare:ask(lab.request { ciaddr = FIRST, options = able }, SERVER, FIRST)
  t.equal({ renewed.type, renewed.options:has(90) }, { "ack", false })
  local other = lab.bare { mac = lab.OTHER }:lease { options = able }
  t.ok(auth.nonce_of(other) ~= auth.nonce_of(ack), "each has its own")
end)

test("an authenticated FORCERENEW sends a BOUND client to RENEWING and back [E-13]", function(dhcp)
  local server = make(dhcp)
  local client = dhcp.client { forcerenew = true }
  dhcp.spawn(function() client:run(100) end)
  dhcp.sleep(50)
  local obtained = client.lease.obtained
  t.equal(server:forcerenew(FIRST), true)
  dhcp.sleep(1)
  local sent = dhcp.trace:find { type = "forcerenew" }[1]
  t.equal({ sent.rfc_dst, sent.to, sent.fate }, { FIRST .. ":68", client.name, "delivered" })
  t.equal(dhcp.trace:find { type = "request" }[2].message.kind, "renewing")
  t.near(client.lease.obtained, obtained + 50, 1)
  t.equal(server:forcerenew(client), true, "again, by client")
  dhcp.sleep(1)
  t.equal(dhcp.trace:count { type = "request" }, 3)
  t.equal({ client.state, client.dropped }, { "BOUND", {} })
end)

test("a script may receive it and renew by itself [E-13]", function(dhcp)
  local server = make(dhcp)
  local client = dhcp.client { forcerenew = true }
  t.ok(client:acquire())
  dhcp.spawn(function()
    dhcp.sleep(1)
    server:forcerenew(client)
  end)
  t.ok(client:receive { type = "forcerenew", timeout = 5 })
  t.ok(client:renew())
end)

test("without authentication it is dropped and counted [E-13]", function(dhcp)
  local server = make(dhcp)
  local client = dhcp.client { forcerenew = true }
  dhcp.spawn(function() client:run(100) end)
  dhcp.sleep(10)
  t.equal(server:forcerenew(client, { authenticate = false }), true)
  dhcp.sleep(1)
  t.equal(client.dropped["FORCERENEW without authentication"], 1)
  t.equal(dhcp.trace:count { type = "request" }, 1)
end, { lax = true })

test("a client that did not ask for it obeys nobody [E-13]", function(dhcp)
  local server = make(dhcp)
  local client = dhcp.client {}
  t.ok(client:acquire())
  t.equal({ server:forcerenew(client) }, { nil, "no nonce" })
  server:forcerenew(client, { authenticate = false })
  dhcp.sleep(1)
  t.equal(client.dropped["FORCERENEW not asked for"], 1)
end, { lax = true })

test("a replayed or broadcast order is dropped, and so is one that comes while not BOUND [E-13]", function(dhcp)
  local server = make(dhcp)
  local client = dhcp.client { forcerenew = true }
  t.ok(client:acquire())
  server:forcerenew(client)
  dhcp.sleep(0.1)
  local order_sent = dhcp.trace:find { type = "forcerenew" }[1].message
  server.port:send(order_sent, FIRST .. ":68")
  server.port:send(order_sent, "255.255.255.255:68")
  dhcp.sleep(0.1)
  t.equal({ client.dropped["FORCERENEW replayed"], client.dropped["FORCERENEW by broadcast"] }, { 1, 1 })
  client:become("RENEWING")
  server:forcerenew(client)
  dhcp.sleep(0.1)
  t.equal(client.dropped["FORCERENEW while not BOUND"], 1)
end, { lax = true })

test("an ACK without the nonce that the OFFER promised is declined [E-13]", function(dhcp)
  local server = make(dhcp)
  function server.request(self, request)
    local ack = dhcp.server.request(self, request)
    ack.options.authentication = nil
    return ack
  end
  local client = dhcp.client { forcerenew = true }
  local ack, why = client:request(client:discover())
  t.equal({ ack, why, client.state }, { nil, "declined", "INIT" })
end)

test("only a bound client can be told, and only by a server that can [E-13]", function(dhcp)
  local server = make(dhcp)
  t.equal({ server:forcerenew(FIRST) }, { nil, "no lease" })
  local client = dhcp.client { forcerenew = true }
  t.ok(client:acquire())
  dhcp.sleep(1001)
  t.equal({ server:forcerenew(FIRST) }, { nil, "no lease" })
  t.error(function() server:forcerenew("nowhere") end, "takes an address")
  t.error(function() server:forcerenew(FIRST, { autenticate = false }) end, "authenticate")
  local other = dhcp.server { address = "192.168.1.3" }
  t.error(function() other:forcerenew(FIRST) end, "forcerenew = true")
end)

test("over loopback it reaches the client where it listens [E-13]", function(dhcp)
  local server = dhcp.server { pool = FIRST .. "-192.168.1.110", forcerenew = true, listen = "127.0.0.1:0" }
  local client = dhcp.client { forcerenew = true, server = server.endpoint, timeout = 5 }
  t.ok(client:acquire())
  t.equal(server:forcerenew(client), true)
  t.ok(client:receive { type = "forcerenew", timeout = 5 })
end, { lax = true, world = { virtual = false } })

t.done()
