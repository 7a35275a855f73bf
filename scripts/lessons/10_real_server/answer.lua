-- Lesson 10: judge a real server. A model answer.
local dhcp = require "dhcplab"

-- Whom to judge: the server that marking gives; with --set real=yes one that runs already; else our own.
local make_server = ... or not dhcp.param.real and dhcp.server
if make_server then
  make_server { subnet = "192.168.1.0/24", pool = "192.168.1.100-192.168.1.199", lease_time = "1h" }
end

-- A new client. --set relay=ADDRESS is for real servers on port 67: see README.md.
local function new_client(settings)
  settings = settings or {}
  settings.relay = dhcp.param.relay
  return dhcp.client(settings)
end

-- What no client should do, and two of these tests do on purpose: hops that is not 0, a server that offered nothing.
dhcp.tolerate "C-05"
dhcp.tolerate "C-02"

-- That a client heard nothing: ack and why are what its call gave.
local function expect_silence(ack, why) dhcp.expect.equal(ack and ack.type or why, "timeout", "no answer") end

local patience <const> = { seconds = 3, retries = 0 } -- for an answer that should not come

dhcp.test("a new client gets what it was offered", function()
  local client = new_client()
  local offer = dhcp.expect(client:discover(), "an OFFER")
  local ack = dhcp.expect(client:request(offer), "an ACK")
  dhcp.expect.equal(ack.yiaddr, offer.yiaddr, "the address that was offered")
  dhcp.expect.equal(ack.options.lease_time, offer.options.lease_time, "the time that was offered")
end)

dhcp.test("a lease is renewed", function()
  local client = new_client()
  local address = dhcp.expect(client:acquire(), "a lease").address
  local ack = dhcp.expect(client:renew(), "an ACK")
  dhcp.expect.equal(ack.yiaddr, address)
end)

dhcp.test("an address of another network is refused", function()
  local _, why = new_client():reboot("203.0.113.77")
  dhcp.expect.equal(why, "nak", "a NAK")
end)

dhcp.test("who has an address gets options, and no lease", function()
  local client = new_client()
  dhcp.expect(client:acquire(), "a lease")
  local ack = dhcp.expect(client:inform(), "an ACK")
  dhcp.expect.none(ack.options.lease_time, "no lease time")
end)

dhcp.test("who comes back gets the address that it gave back", function()
  local client = new_client()
  local address = dhcp.expect(client:acquire(), "a lease").address
  client:release()
  dhcp.sleep("1s")
  dhcp.expect.equal(dhcp.expect(client:acquire(), "a lease").address, address, "the same address")
end)

dhcp.test("the client identifier comes back", function()
  local offer = dhcp.expect(new_client { client_id = "\0student" }:discover(), "an OFFER")
  dhcp.expect.equal(offer.options.client_id, "\0student")
end)

dhcp.test("hops is 0 in a reply, whatever the request said", function()
  local offer = dhcp.expect(new_client():discover { hops = 1 }, "an OFFER")
  dhcp.expect.equal(offer.hops, 0)
end)

dhcp.test("a declined address is set aside, even for who asks for it", function()
  local client = new_client()
  local address = dhcp.expect(client:acquire(), "a lease").address
  client:decline("somebody answers there")
  dhcp.sleep("1s")
  local offer = dhcp.expect(client:discover { options = { requested_ip = address } }, "an OFFER")
  dhcp.expect.differ(offer.yiaddr, address)
end)

dhcp.test("an unknown client that asks for its old address hears nothing", function()
  local known = new_client()
  local address = dhcp.expect(known:acquire(), "a lease").address
  known:release()
  known:stop()
  dhcp.sleep("1s")
  expect_silence(new_client():reboot(address, nil, patience))
end)

dhcp.test("a REQUEST for another server is none of its business", function()
  local client = new_client { timeout = "3s", retries = 0 }
  local offer = dhcp.expect(client:discover(), "an OFFER")
  offer.options.server_id = "203.0.113.1"
  expect_silence(client:request(offer))
end)
