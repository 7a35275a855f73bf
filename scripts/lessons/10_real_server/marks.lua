-- Lesson 10: which servers a student's expectations accept, and which they catch. Most of the broken ones do what some
-- real server does.
local dhcp = require "dhcplab"

-- Its handlers are replaced, as those of the broken ones are: a test that looks at the server and not at what it does
-- finds all of them alike.
local function right(options)
  local server = dhcp.server(options)
  for _, kind in ipairs { "discover", "request", "inform", "decline", "release" } do
    server[kind] = function(...) return dhcp.server[kind](...) end
  end
  return server
end

-- A server whose answers pass through change(self, request, reply), which gives the answer to send, or nothing.
local function changed(change)
  return function(options)
    local server = dhcp.server(options)
    for _, kind in ipairs { "discover", "request", "inform" } do
      server[kind] = function(self, request) return change(self, request, dhcp.server[kind](self, request)) end
    end
    return server
  end
end

local slow = changed(function(_, _, reply)
  dhcp.sleep(0.5)
  return reply
end)

-- Broken ones ------------------------------------------------------------------------------------------------------

local halves = changed(function(_, _, reply)
  if reply and reply.type == "ack" and reply.options.lease_time then
    reply.options.lease_time = reply.options.lease_time // 2
    reply.options.renewal_time, reply.options.rebinding_time = nil, nil
  end
  return reply
end)

local ignores_renewals = changed(function(_, request, reply)
  if request.type == "request" and request.kind == "renewing" then return nil end
  return reply
end)

local refuses_nobody = changed(function(_, _, reply)
  if reply and reply.type == "nak" then return nil end
  return reply
end)

local informs_with_lease = changed(function(_, request, reply)
  if request.type == "inform" then reply.options.lease_time = 3600 end
  return reply
end)

local keeps_client_id = changed(function(_, _, reply)
  if reply then reply.options.client_id = nil end
  return reply
end)

local copies_hops = changed(function(_, request, reply)
  if reply then reply.hops = request.hops end
  return reply
end)

local confirms_strangers = changed(function(self, request, reply)
  if not reply and request.type == "request" and request.kind == "init-reboot" then return self:ack(request) end
  return reply
end)

local function lease_of(server, request) return server:subnet_of(request).leases:by_client(request.client_key) end

local function shelves_released(options)
  local server = dhcp.server(options)
  function server:release(request)
    local lease = lease_of(self, request)
    if lease then self:subnet_of(request).leases:put(lease.address, "", "declined", dhcp.now() + 600) end
  end
  return server
end

local function forgets_declines(options)
  local server = dhcp.server(options)
  function server:decline(request)
    local lease = lease_of(self, request)
    if lease then lease.state = "free" end
  end
  return server
end

local function answers_for_others(options)
  local server = dhcp.server(options)
  function server:request(request)
    if request.kind == "selecting" then request.options.server_id = self.address end
    return dhcp.server.request(self, request)
  end
  return server
end

-- Checks -----------------------------------------------------------------------------------------------------------

local accepted <const> = "passes a right server"

return {
  checks = {
    { name = accepted, points = 2, accepts = right,
      why = "a judge who condemns the innocent is of no use",
      hints = { "dhcplab test start.lua shows which test fails, and in which line.",
                "Only marking gives a server, or nobody does: leave the lines at the top as they are." } },
    { name = "passes a right server that is slow", points = 1, after = accepted, accepts = slow,
      why = "no RFC says how fast a server must be: clients wait some seconds before they ask again (RFC 2131 4.1)",
      hints = { "Give a server three seconds at least before you call it silent." } },
    { name = "catches: ACK and OFFER differ", points = 1, after = accepted, catches = halves,
      rfc = "RFC 2131 3.1 step 4", why = "a client chose an offer of one hour, and the ACK gave it half of that",
      hints = { "Promise 1: keep the offer, and hold the ACK against it.",
                "dhcp.expect.equal(ack.options.lease_time, offer.options.lease_time)" } },
    { name = "catches: no renewal", points = 1, after = accepted, catches = ignores_renewals, rfc = "RFC 2131 4.4.5",
      why = "a client that asked for more time, as it must, heard nothing",
      hints = { "Promise 2: client:renew() gives an ACK, or nil and why.",
                "dhcp.expect(client:renew(), \"an ACK\")" } },
    { name = "catches: no NAK for a wrong network", points = 1, after = accepted, catches = refuses_nobody,
      rfc = "RFC 2131 4.3.2", why = "a laptop that comes from another network goes on with an address of no use here",
      hints = { "Promise 3: client:reboot(\"203.0.113.77\") asks for an address of another network.",
                "local ack, why = client:reboot(...); why must be \"nak\"." } },
    { name = "catches: INFORM gets a lease", points = 1, after = accepted, catches = informs_with_lease,
      rfc = "RFC 2131 4.3.5", why = "who sends INFORM has an address already; the ACK must not give a lease time",
      hints = { "Promise 4: client:inform() gives an ACK. What must it not have?",
                "dhcp.expect.none(ack.options.lease_time, \"no lease time\")" } },
    { name = "catches: another address after a RELEASE", points = 1, after = accepted, catches = shelves_released,
      rfc = "RFC 2131 4.3.1", why = "a client should get the address that it had before, while nobody else has it",
      hints = { "Promise 5: client:acquire(), client:release(), a second of sleep, client:acquire().",
                "Compare the two addresses: client:acquire() gives a lease with its address." } },
    { name = "catches: option 61 is not returned", points = 1, after = accepted, catches = keeps_client_id,
      rfc = "RFC 6842 3", why = "two clients behind one hardware address know their answers apart by it",
      hints = { "Promise 6: dhcp.client takes client_id = \"\\0student\"; the answers must have it too.",
                "dhcp.expect.equal(offer.options.client_id, \"\\0student\")" } },
    { name = "catches: hops is copied", points = 1, after = accepted, catches = copies_hops,
      rfc = "RFC 2131 4.3.1, table 3", why = "hops in a request counts relay agents; in a reply of the server it is 0",
      hints = { "Promise 7: client:discover { hops = 1 } sends a DISCOVER that seems to have passed one.",
                "dhcp.expect.equal(offer.hops, 0)" } },
    { name = "catches: a declined address comes again", points = 1, after = accepted, catches = forgets_declines,
      rfc = "RFC 2131 4.3.3", why = "somebody else uses that address; the next client has the same trouble",
      hints = { "Promise 8: client:decline(), a second of sleep, and the same client asks once more.",
                "Ask for the declined address itself: client:discover { options = { requested_ip = address } }",
                "dhcp.expect.differ(offer.yiaddr, address)" } },
    { name = "catches: a stranger is confirmed", points = 1, after = accepted, catches = confirms_strangers,
      rfc = "RFC 2131 4.3.2", why = "a server that has no record of a client must remain silent: another may know it",
      hints = { "Promise 9: one client learns an address and releases it; another, new one says that it had it.",
                "other:reboot(address, nil, { seconds = 3 }) must give nil, \"timeout\"." } },
    { name = "catches: answers for another server", points = 1, after = accepted, catches = answers_for_others,
      rfc = "RFC 2131 4.3.2", why = "the client had chosen another server, and now has an address of each",
      hints = { "Promise 10: the REQUEST says in option 54 (server_id) which server it is for. Name another one.",
                "offer.options.server_id = \"203.0.113.1\" before client:request(offer), which must time out.",
                "dhcp.client { timeout = \"3s\" } waits for three seconds only." } },
  },
}
