-- Lesson 3: what is checked, and what is said about it.

local dhcp = require "dhcplab"

local PRINTER <const>, STRANGER <const> = "02:00:00:00:00:aa", "02:00:00:00:00:66"

-- The last number of an address in 10.0.5.0/24, else nil.
local function place_of(address) return tonumber(address:match("^10%.0%.5%.(%d+)$")) end

-- Starts the script, and has a client of the marker's own ask: the client, its OFFER.
local function ask(lab, settings)
  lab:start()
  lab:only "server"
  settings.timeout, settings.retries = 3, 0
  local client = lab:client(settings)
  local offer = client:discover()
  lab:expect(offer, "an OFFER for " .. (settings.hostname or settings.mac), "no answer",
    "a handler that returns nothing is silent: is there a `return` on every way through server:discover?")
  return client, offer
end

local function take(lab, client, offer)
  local ack, why = client:request(offer)
  return lab:expect(ack, "an ACK for " .. (client.settings.hostname or client.mac),
    why == "nak" and "a NAK" or "no answer",
    "a handler that returns nothing is silent: is there a `return` on every way through server:request?")
end

local function offers(lab)
  local _, offer = ask(lab, { mac = "02:00:00:00:01:01" })
  local place = place_of(offer.yiaddr)
  lab:expect(place, "an address of the network 10.0.5.0/24", offer.yiaddr,
    "an address of another network is of no use there: set both subnet and pool")
  lab:expect(place >= 10 and place <= 19, "an address from 10.0.5.10 to 10.0.5.19", offer.yiaddr)
end

local function has_terms(lab)
  local client, offer = ask(lab, { mac = "02:00:00:00:01:01" })
  local ack = take(lab, client, offer)
  lab:equal(ack.options.lease_time, 1800, "the lease time in the ACK, in seconds")
  lab:equal(ack.options.routers, { "10.0.5.1" }, "the router in the ACK, option 3",
    "without a router a client reaches its own network only")
end

-- How many different addresses of the pool are leased when more ask than there are.
local function has_ten(lab)
  ask(lab, { mac = "02:00:00:00:01:01" })
  dhcp.sleep("2m") -- what was only offered is free again
  for i = 1, 12 do lab:client({ mac = ("02:00:00:00:02:%02x"):format(i), timeout = 2, retries = 0 }):acquire() end
  local count, seen = 0, {}
  for _, record in ipairs(lab.trace:find { type = "ack" }) do
    local place = place_of(record.message.yiaddr)
    if place and not seen[place] then count, seen[place] = count + 1, true end
  end
  lab:expect(count >= 10, "leases for ten clients, 10.0.5.10 to 10.0.5.19", ("%d different addresses"):format(count))
  lab:expect(count <= 10, "no more than ten addresses", ("%d different ones"):format(count))
end

local function knows_printer(lab)
  local client, offer = ask(lab, { mac = PRINTER, hostname = "printer" })
  lab:expect(offer.yiaddr == "10.0.5.5", "10.0.5.5 for the printer, " .. PRINTER, offer.yiaddr,
    "who prints must find the printer where it was yesterday: reserve its address with `hosts`")
  take(lab, client, offer)
end

local function is_silent(lab)
  ask(lab, { mac = "02:00:00:00:01:01" })
  local stranger = lab:client { mac = STRANGER, timeout = 3, retries = 0 }
  local reply = stranger:discover() or lab.trace:find_first { mac = STRANGER, type = { "offer", "nak", "ack" } }
  if not reply then return end
  local type = reply.type
  if type == "nak" then
    lab:fail("silence for " .. STRANGER, "a NAK", "a NAK answers a REQUEST; to a DISCOVER nobody must answer, and "
      .. "silence is to return nothing (RFC 2131 4.3.1)")
  end
  lab:fail("silence for " .. STRANGER, ("an %s of %s"):format(type:upper(), reply.yiaddr or reply.message.yiaddr))
end

local function timers_fit(lab, message)
  local o = message.options
  lab:expect(not o.renewal_time or o.renewal_time < o.lease_time, "T1 (option 58) before the end of the lease, 300 s",
    ("T1 at %s s"):format(o.renewal_time), "the client would ask for more time when its lease is over: T1 < T2 < lease")
  lab:expect(not o.rebinding_time or o.rebinding_time < o.lease_time,
    "T2 (option 59) before the end of the lease, 300 s", ("T2 at %s s"):format(o.rebinding_time),
    "T1 < T2 < lease: set all three")
end

local function guest_is_offered(lab)
  local _, offer = ask(lab, { mac = "02:00:00:00:01:07", hostname = "guest" })
  lab:equal(offer.options.lease_time, 300, "the lease time in a guest's OFFER, in seconds")
  timers_fit(lab, offer)
end

local function guest_gets(lab)
  local client, offer = ask(lab, { mac = "02:00:00:00:01:07", hostname = "guest" })
  local ack = take(lab, client, offer)
  lab:equal(ack.options.lease_time, 300, "the lease time in a guest's ACK, in seconds",
    "the ACK is what counts, not the OFFER: server:request answers with it")
  timers_fit(lab, ack)
end

local function guest_renews(lab)
  local client, offer = ask(lab, { mac = "02:00:00:00:01:07", hostname = "guest" })
  take(lab, client, offer)
  dhcp.sleep(140)
  local ack, why = client:renew()
  lab:expect(ack, "an ACK when a guest renews", why == "nak" and "a NAK" or "no answer")
  local last = lab.trace:find_last { type = "ack" }
  lab:equal(last.message.options.lease_time, 300, "the lease time when a guest renews, in seconds")
end

local function others_stay(lab)
  local client, offer = ask(lab, { mac = "02:00:00:00:01:08", hostname = "guesthouse" })
  local ack = take(lab, client, offer)
  lab:equal(ack.options.lease_time, 1800, "the lease time of a client called \"guesthouse\", in seconds",
    "only who is called \"guest\" is a guest")
end

return {
  checks = {
    { name = "offers an address of the pool", points = 2, run = offers, rfc = "RFC 2131 4.3.1", seeds = { 1, 31 },
      hints = { "The settings of dhcp.server at the top: subnet and pool.",
                "subnet = \"10.0.5.0/24\", pool = \"10.0.5.10-10.0.5.19\"" } },
    { name = "says how long, and which router", points = 1, after = "offers an address of the pool", run = has_terms,
      rfc = "RFC 2131 4.3.1", why = "the ACK carries the terms of the lease and what else the client needs",
      hints = { "lease_time takes \"30m\"; options = { ... } is what is told beside.",
                "options = { routers = \"10.0.5.1\" }: dhcplab help routers" } },
    { name = "has ten addresses", points = 1, after = "offers an address of the pool", run = has_ten,
      why = "a pool is a range, its first and its last address included", rfc = "RFC 2131 4.3.1",
      hints = { "Count from 10 to 19." } },
    { name = "knows the printer", points = 2, after = "offers an address of the pool", run = knows_printer,
      rfc = "RFC 2131 1", hints = { "A setting of dhcp.server reserves addresses by MAC: hosts.",
                                    "hosts = { [\"02:00:00:00:00:aa\"] = { address = \"10.0.5.5\" } }" } },
    { name = "is silent to the stranger", points = 2, after = "offers an address of the pool", run = is_silent,
      rfc = "RFC 2131 4.3.1", why = "a server may leave a client without an answer; the policy is its operator's",
      hints = { "request.mac says who asks.",
                "In server:discover, above the usual policy: if request.mac == ... then return end" } },
    { name = "offers guests five minutes", points = 1, after = "offers an address of the pool", run = guest_is_offered,
      rfc = "RFC 2131 4.3.1", hints = { "request.options.host_name is what the client calls itself.",
        "Keep the reply of dhcp.server.discover in a variable, change reply.options.lease_time, then return it." } },
    { name = "gives guests five minutes", points = 2, after = "offers guests five minutes", run = guest_gets,
      rfc = "RFC 2131 4.4.5", hints = { "Do the same with what dhcp.server.request returns.",
                                        "A function of your own, called by both handlers, saves writing it twice." } },
    { name = "renews guests for five minutes", points = 1, after = "gives guests five minutes", run = guest_renews,
      rfc = "RFC 2131 4.4.5", hints = { "A REQUEST that renews comes to server:request as well." } },
    { name = "leaves all others alone", points = 2, after = { "offers an address of the pool",
      "offers guests five minutes" }, run = others_stay, rfc = "RFC 2131 4.3.1",
      hints = { "Compare with ==, the whole name." } },
  },
}
