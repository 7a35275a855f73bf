-- Lesson 9: which servers a student's tests accept, and which they catch.
local dhcp = require "dhcplab"

-- Right servers ----------------------------------------------------------------------------------------------------

-- Its handlers are replaced, as those of the broken ones are: a test that looks at the server and not at what it does
-- finds all of them alike.
local function right(options)
  local server = dhcp.server(options)
  for _, kind in ipairs { "discover", "request", "offer", "decline", "release" } do
    server[kind] = function(...) return dhcp.server[kind](...) end
  end
  return server
end

-- It takes half a second to answer.
local function slow(options)
  local server = right(options)
  for _, kind in ipairs { "discover", "request" } do
    server[kind] = function(...)
      dhcp.sleep(0.5)
      return dhcp.server[kind](...)
    end
  end
  return server
end

-- Broken ones ------------------------------------------------------------------------------------------------------

-- The colleague's, server.lua.
local function gives_what_they_had(options)
  local server, had = dhcp.server(options), {}
  function server:discover(request)
    if had[request.mac] then return self:offer(request, had[request.mac]) end
    return dhcp.server.discover(self, request)
  end
  function server:request(request)
    local reply = dhcp.server.request(self, request)
    if reply and reply.type == "ack" then had[request.mac] = reply.yiaddr end
    return reply
  end
  function server:decline(request)
    had[request.mac] = nil
    return dhcp.server.decline(self, request)
  end
  return server
end

local function record_of(server, request) return server:subnet_of(request).leases:by_client(request.client_key) end

local function grants_wishes(options)
  local server = dhcp.server(options)
  function server:offer(request, address)
    return dhcp.server.offer(self, request, address or request.options.requested_ip)
  end
  return server
end

local function ends_early(options)
  local server = dhcp.server(options)
  function server:request(request)
    local reply = dhcp.server.request(self, request)
    local lease = reply and reply.type == "ack" and record_of(self, request)
    if lease then lease.expires = dhcp.now() + reply.options.lease_time / 2 end
    return reply
  end
  return server
end

local function forgets_renewals(options)
  local server = dhcp.server(options)
  function server:request(request)
    local lease = record_of(self, request)
    local before = lease and lease.state == "bound" and lease.expires
    local reply = dhcp.server.request(self, request)
    if before and reply and reply.type == "ack" then record_of(self, request).expires = before end
    return reply
  end
  return server
end

local function ignores_declines(options)
  local server = dhcp.server(options)
  function server:decline(request)
    local lease = record_of(self, request)
    if lease then lease.state = "free" end
  end
  return server
end

local function keeps_what_is_released(options)
  local server = dhcp.server(options)
  function server:release() end
  return server
end

-- Checks -----------------------------------------------------------------------------------------------------------

local accepted <const> = "passes a right server"
local unique <const> = "RFC 2131 1.6"

return {
  checks = {
    { name = "question 1: what is broken", points = 1, answer = "invariant", is = "server outlasts client",
      wrong = { other = "dhcplab search server.lua --seed 74 says it behind \"invariant broken:\"; dhcplab help search "
        .. "lists them" },
      hints = { "dhcplab search server.lua --seed 74",
                "The words between \"invariant broken:\" and the next colon." } },
    { name = "question 2: how many clients", points = 1, answer = "clients", is = 2,
      wrong = { other = "of the clients that were there, only those count without which nothing goes wrong" },
      hints = { "dhcplab shrink server.lua --seed 74 -o small.lua",
                "Count the lines with swarm.client in small.lua." } },
    { name = "question 3: how many addresses", points = 1, answer = "addresses", is = 1,
      wrong = { [2] = "\"FIRST-LAST\" with the same address twice is one address",
                other = "the small scenario's server has a pool: from the first address to the last" },
      hints = { "Look for pool in small.lua: from the first address to the last." } },
    { name = accepted, points = 2, accepts = right,
      why = "a test that fails where nothing is wrong is not believed the next time",
      hints = { "dhcplab test start.lua shows which test fails, and in which line.",
                "An address that was never given goes first, so a pool must be used up before it says anything: give "
                  .. "the server a pool of one address." } },
    { name = "passes a right server that is slow", points = 1, after = accepted, accepts = slow,
      why = "no RFC says how fast a server must be: clients wait some seconds before they ask again (RFC 2131 4.1)",
      hints = { "Give a server ten seconds for an answer: client:discover() and client:acquire() do." } },
    { name = "catches your colleague's server", points = 3, after = accepted, catches = gives_what_they_had,
      rfc = unique, why = "a client that comes back was offered an address that another client has now",
      hints = { "What do the two clients of small.lua do, one after the other? Let two clients do that.",
                "Pool of one: the first gets the address and gives it back, the second gets it, the first asks again.",
                "Then: dhcp.expect.none(first:discover(), \"no offer\")" } },
    { name = "catches one that gives what is asked for", points = 1, after = accepted, catches = grants_wishes,
      rfc = "RFC 2131 4.3.1",
      why = "a client may wish for an address; it gets it only when nobody else has it",
      hints = { "Promise 2: let a client wish for the address that another has.",
                "dhcp.client { requested_address = other.lease.address }" } },
    { name = "catches one that ends leases too early", points = 1, after = accepted, catches = ends_early,
      rfc = unique, why = "it gave an address to another when half of the time was over that the first was told",
      hints = { "Promise 3: let time pass, but less than the lease has.",
                "lease_time = \"1h\", then dhcp.sleep(\"55m\"), then another client asks." } },
    { name = "catches one that forgets renewals", points = 1, after = accepted, catches = forgets_renewals,
      rfc = "RFC 2131 4.4.5", why = "an ACK to a renewal gives more time; the server counted the old time",
      hints = { "Promise 3 holds for the time of the last ACK: client:renew() gets one.",
                "Renew after 30 of 60 minutes, wait for 45 more, then another client asks." } },
    { name = "catches one that ignores a DECLINE", points = 1, after = accepted, catches = ignores_declines,
      rfc = "RFC 2131 4.3.3", why = "the address that a client had found in use elsewhere was given away again",
      hints = { "Promise 4: client:decline() says that somebody else uses the address.",
                "Pool of one: decline it, sleep for a second, then another client asks: no offer." } },
    { name = "catches one that ignores a RELEASE", points = 1, after = accepted, catches = keeps_what_is_released,
      rfc = "RFC 2131 4.3.4", why = "what was given back stayed taken: soon there is no address left",
      hints = { "Promise 5: client:release() gives the address back.",
                "Pool of one: release it, sleep for a second, then another client must get it." } },
  },
}
