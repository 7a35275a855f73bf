-- Clocks that run wrong (scripts/dhcplab/skew.lua), and nodes that go down and come up again.

local lab = require "lab"
local t = require "harness"

local function test(name, f, options)
  options = options or {}
  options.lax = true
  lab.test(name, f, options)
end

local POOL <const> = "192.168.1.100-192.168.1.110"

-- Clocks ------------------------------------------------------------------------------------------------------

test("a fast client believes that its lease ends sooner", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local fast, right = dhcp.client { skew = 1.25 }, dhcp.client {}
  local lease, other = t.ok(fast:acquire()), t.ok(right:acquire())
  t.near(lease.expires - lease.obtained, 800, 1e-6)
  t.near(lease.renewal - lease.obtained, 400, 1e-6)
  t.near(lease.rebinding - lease.obtained, 700, 1e-6)
  t.near(other.expires - other.obtained, 1000, 1e-6)
end)

test("a slow client uses its address when the server has given it away", function(dhcp)
  local server = dhcp.server { pool = "192.168.1.100", lease_time = 100 }
  local slow = dhcp.client { skew = 0.5 }
  t.ok(slow:acquire())
  dhcp.sleep(101)
  local heir = t.ok(dhcp.client {}:acquire(), "the server's clock says that the lease is over")
  t.equal(heir.address, slow.lease.address)
  t.ok(slow.lease.expires > dhcp.now(), "and the slow client's says that it is not")
  t.equal(#server:leases(), 1)
end)

test("a server's leases and holds end by its own clock", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 100, offer_hold = 10, skew = 2 }
  local client = dhcp.client {}
  t.ok(client:discover())
  t.near(server:leases()[1].expires - dhcp.now(), 5, 1e-6, "an offer on hold")
  t.ok(client:acquire())
  t.near(server:leases()[1].expires - dhcp.now(), 50, 1e-6, "a lease")
  dhcp.sleep(10)
  t.equal(client:discover().options.lease_time, 80, "it takes those 10 s for 20")
end)

test("retransmission goes by the client's clock", function(dhcp)
  local function second_try(skew)
    local client = dhcp.client { timeout = 10, retries = 1, skew = skew, name = "c" .. tostring(skew) }
    local begun = dhcp.now()
    t.ok(not client:discover())
    return dhcp.trace:find { from = client.name, type = "discover" }[2].at - begun, dhcp.now() - begun
  end
  local _, whole = second_try(nil)
  t.near(whole, 10, 1e-6)
  local at, fast_whole = second_try(10)
  t.ok(at >= 0.3 and at <= 0.5, "4 s by its clock, give or take one")
  t.near(fast_whole, 1, 1e-6)
end)

test("a client that lives with a clock of its own renews in time", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 600 }
  local client = dhcp.client { skew = 1.01 }
  client:run("1h")
  t.equal(client.state, "BOUND")
  t.ok(server.counts.request >= 11 and server.counts.request <= 14)
end)

test("a rate that is none is refused", function(dhcp)
  for _, skew in ipairs { 0, -1, 0.001, 101, "fast", 0 / 0 } do
    t.error(function() dhcp.client { skew = skew } end, "skew: the rate of a clock")
    t.error(function() dhcp.server { pool = POOL, skew = skew } end, "skew: the rate of a clock")
  end
end)

-- Crashes -----------------------------------------------------------------------------------------------------

test("a call that waits ends when its client goes down", function(dhcp)
  local client = dhcp.client {}
  local task = dhcp.spawn(function() return client:acquire() end)
  dhcp.sleep(1)
  client:stop()
  t.equal({ task:join("1s") }, { nil, "stopped" })
  t.equal(dhcp.now(), 1)
  t.equal({ client:discover() }, { nil, "stopped" })
  client:stop() -- once more is nothing
end)

test("a client that comes up asks for the address it had", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 600 }
  local client = dhcp.client {}
  local life = dhcp.spawn(function() return client:run() end)
  dhcp.sleep(10)
  local address = client.lease.address
  client:stop()
  t.equal({ client.state, client.lease }, { "INIT" })
  t.ok(life:join("1s") == nil and life.ended, "its life is over")
  dhcp.sleep(20)
  client:start()
  client:start() -- once more is nothing
  client:run(10)
  t.equal({ client.state, client.lease.address }, { "BOUND", address })
  t.equal(server.counts.discover, 1)
  t.equal(dhcp.trace:find { type = "request" }[2].message.kind, "init-reboot")
end)

test("a client that forgets begins anew", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 600 }
  local client = dhcp.client {}
  client:run(10)
  client:stop()
  client:start { forget = true }
  client:run(10)
  t.equal({ client.state, server.counts.discover }, { "BOUND", 2 })
  t.error(function() client:stop() client:start { forgot = true } end, 'did you mean "forget"%?')
end)

test("a client may go down while it pauses, and live once only", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover() end -- luacheck: ignore self
  local client = dhcp.client { start_delay = 30 }
  dhcp.spawn(function() client:run() end)
  dhcp.sleep(10)
  client:stop()
  client:start()
  dhcp.spawn(function() client:run(100) end)
  dhcp.sleep(100)
  t.equal(dhcp.trace:find { type = "discover" }[1].at, 40, "the first life ended in its pause")
end)

test("who is down does not answer for its address", function(dhcp)
  dhcp.server { pool = POOL }
  local client = dhcp.client {}
  local address = t.ok(client:acquire()).address
  local probing = dhcp.client { probe = true }
  t.ok(probing:is_in_use(address))
  client:stop()
  t.ok(not probing:is_in_use(address))
end)

t.test("a client goes down and comes up on real sockets too", function()
  local world = lab.world { virtual = false, listen = "127.0.0.1:0" }
  local dhcp = require "dhcplab"
  local server = dhcp.server { pool = POOL }
  local client = dhcp.client { timeout = "500ms" }
  local lease = t.ok(client:acquire())
  client:stop()
  t.equal(select(2, client:discover()), "stopped")
  client:start()
  t.equal(t.ok(client:reboot()).yiaddr, lease.address)
  t.equal(#server:leases(), 1)
  world:close()
end)

test("a duplicate REQUEST gets no longer lease from a server whose clock is slow (search, seed 26811)", function(dhcp)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.110", lease_time = 2, skew = 0.985 }
  dhcp.lan:duplicate { type = "request" }
  for _ = 1, 5 do t.ok(dhcp.client({}):acquire()) end
  dhcp.sleep(1)
  t.equal(server.counts.request, 10)
  for _, record in ipairs(dhcp.trace:find { type = "ack" }) do t.equal(record.message.options.lease_time, 2) end
end)

t.done()
