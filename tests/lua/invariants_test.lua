-- scripts/dhcplab/invariants.lua: what must hold after every event, each broken on purpose; a script's own; and the
-- flags that switch them on and off.

local t = require "harness"
local play = require "dhcplab.play"
local sandbox = require "dhcplab.sandbox"

local POOL <const> = "192.168.1.100-192.168.1.120"

-- Plays f(dhcp, world) in virtual time with the lab's invariants on: the result.
local function run(f, options)
  options = options or {}
  sandbox.remember()
  local result = play.run({ world = { virtual = true, seed = 2 }, limit = 86400, strict = options.strict,
    invariants = options.invariants ~= false }, function(world) return f(require "dhcplab", world) end)
  sandbox.restore()
  return result
end

-- f breaks this one, and the report says so.
local function breaks(name, pattern, f, options)
  local result = run(f, options)
  t.equal(result.status, "fail", "the run")
  t.equal(result.invariant, name, result.message)
  t.equal(result.kind, "invariant")
  t.match(result.message, "^invariant broken: ")
  t.match(result.message, pattern)
  t.match(result.report, "at [%d.]+ s of virtual time, seed 2")
  return result
end

local function holds(f, options)
  local result = run(f, options)
  t.equal(result.status, "pass", result.report)
end

-- A life of several clients in which nothing is wrong.
local function peaceful(dhcp)
  dhcp.server { pool = POOL, lease_time = 20 }
  local tasks = {}
  for i = 1, 4 do
    local client = dhcp.client {}
    tasks[i] = dhcp.spawn(function() client:run(120 + i) end)
  end
  for _, task in ipairs(tasks) do task:join() end
end

t.test("a life without mistakes breaks none", function() holds(peaceful) end)

t.test("an address that two servers give to two clients is bound twice", function()
  breaks("one client per address", "192.168.1.100 is bound by one %(BOUND until .- s%) and by two %(", function(dhcp)
    local a, b = dhcp.network { name = "a" }, dhcp.lan
    local _ = a
    local first = dhcp.server { pool = POOL, lease_time = 600 }
    local one = dhcp.client { name = "one", network = b }
    one:acquire()
    first:stop()
    dhcp.server { pool = POOL, lease_time = 600 }
    dhcp.client { name = "two", network = b }:acquire()
  end)
end)

t.test("the same address on two networks is no conflict", function()
  holds(function(dhcp)
    for _, name in ipairs { "a", "b" } do
      local network = dhcp.network { name = name }
      dhcp.server { network = network, pool = POOL, address = "192.168.1.1" }
      dhcp.client { network = network }:acquire()
    end
  end)
end)

t.test("a lease that has ended is not a conflict", function()
  holds(function(dhcp)
    local first = dhcp.server { pool = POOL, lease_time = 10 }
    dhcp.client {}:acquire()
    first:stop()
    dhcp.sleep(11)
    dhcp.server { pool = POOL, lease_time = 10 }
    dhcp.client {}:acquire()
  end)
end)

t.test("a client that lives on with a lease that is over uses it after expiry", function()
  local text <const> = "client used 192.168.1.100 until 65%.0+ s, although the lease ended at 10%.0+ s"
  breaks("no use after expiry", text, function(dhcp)
    dhcp.server { pool = POOL, lease_time = 10 }
    local client = dhcp.client {}
    client:acquire()
    client.lease.renewal, client.lease.rebinding = 5, 6
    function client:renew()
      dhcp.sleep(60)
      return nil, "timeout"
    end
    client:run(100)
  end)
end)

t.test("a server whose record ends before the client's lease is told", function()
  breaks("server outlasts client", "client %(BOUND until .- has 192.168.1.100; server has it as until", function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 100 }
    function server:request(request)
      local reply = self:ack(request)
      self.only.leases:by_client(request.client_key).expires = dhcp.now() + 50
      return reply
    end
    dhcp.client {}:acquire()
    dhcp.sleep(1)
  end)
end)

t.test("a server that gives the address away while it is leased is told", function()
  breaks("server outlasts client", "server has it as released", function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 100 }
    local client = dhcp.client {}
    client:acquire()
    dhcp.sleep(1)
    local lease = server.only.leases:by_address(client.lease.address)
    lease.state = "released"
    server:tell(lease)
    dhcp.sleep(1)
  end)
end)

t.test("clocks at different speeds are allowed their difference, and no more", function()
  holds(function(dhcp)
    dhcp.server { pool = POOL, lease_time = 100, skew = 1.01 }
    dhcp.client { skew = 0.99 }:acquire()
    dhcp.sleep(1)
  end)
  breaks("server outlasts client", "server has it as until", function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 100, skew = 1.01 }
    local client = dhcp.client { skew = 0.99 }
    function server:request(request)
      local reply = self:ack(request)
      self.only.leases:by_client(request.client_key).expires = dhcp.now() + 98
      return reply
    end
    client:acquire()
    dhcp.sleep(1)
  end)
end)

t.test("a server that was restarted without its leases is not held to them", function()
  holds(function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 100 }
    local client = dhcp.client {}
    client:acquire()
    server:restart { forget = true }
    client:renew()
    dhcp.sleep(1)
  end)
end)

t.test("what a server promised before it lost its leases is no promise any more; what it says since then is", function()
  holds(function(dhcp)
    local server = dhcp.server { pool = "192.168.1.100", lease_time = 100 }
    dhcp.client { name = "ada" }:acquire()
    server:restart { forget = true }
    dhcp.sleep(1)
    dhcp.expect(dhcp.client({ name = "bob" }):acquire())
  end)
  breaks("one client per address", "192.168.1.100 is bound by", function(dhcp)
    local server = dhcp.server { pool = "192.168.1.100", lease_time = 100 }
    server:restart { forget = true }
    dhcp.sleep(1)
    local ada, bob = dhcp.client { name = "ada" }, dhcp.client { name = "bob" }
    ada:acquire()
    dhcp.invariant("server outlasts client", false)
    dhcp.invariant("lawful packets", false)
    server.only.leases:by_client(ada.base.client_key).state = "free"
    bob:acquire()
    dhcp.sleep(1)
  end)
end)

t.test("T1, T2 and the end of a lease come in this order", function()
  breaks("T1 < T2 < lease", "client has 192.168.1.100 with T1 30%.", function(dhcp)
    dhcp.server { pool = POOL, lease_time = 100 }
    local client = dhcp.client {}
    function client:lease_from(ack)
      local lease = getmetatable(self).__index.lease_from(self, ack)
      lease.renewal, lease.rebinding = 30, 20
      return lease
    end
    client:acquire()
    dhcp.sleep(1)
  end)
end)

t.test("an infinite lease has no T1 and T2 to compare", function()
  holds(function(dhcp)
    dhcp.server { pool = POOL, lease_time = "infinite" }
    dhcp.client {}:acquire()
    dhcp.sleep(1)
  end)
end)

t.test("a declined address that is offered again before decline_hold is over is told", function()
  local function give_again(after)
    return function(dhcp)
      local server = dhcp.server { pool = POOL, decline_hold = 60 }
      local client = dhcp.client {}
      local address = client:acquire().address
      client:decline("test")
      dhcp.sleep(after)
      function server:discover(request)
        self.only.leases:put(address, "", "free", 0)
        return self:offer(request, address)
      end
      dhcp.client {}:discover()
    end
  end
  breaks("declined stays out", "server gives 192.168.1.100 to .-, which was declined and is out until 60%.",
    give_again(59))
  holds(give_again(61))
end)

t.test("a DECLINE from who does not hold the address takes nothing out", function()
  holds(function(dhcp)
    dhcp.server { pool = POOL, decline_hold = 60 }
    local client = dhcp.client {}
    local lease = client:acquire()
    local stranger = dhcp.client {}
    stranger:decline_ack(lease.ack, "mine")
    dhcp.sleep(1)
    client:renew()
  end)
end)

t.test("an address on offer that is offered to another before offer_hold is over is told", function()
  local function offer_again(after)
    return function(dhcp)
      local server = dhcp.server { pool = POOL, offer_hold = 20 }
      function server:discover(request)
        local reply = self:offer(request, "192.168.1.110")
        self.only.leases:by_client(request.client_key).state = "free"
        return reply
      end
      dhcp.client {}:discover()
      dhcp.sleep(after)
      dhcp.client {}:discover()
    end
  end
  breaks("offers hold", "server gives 192.168.1.110 to .- while it is on offer to .- until 20%.", offer_again(19))
  holds(offer_again(21))
end)

t.test("an offer ends when the client takes another server's", function()
  holds(function(dhcp)
    local first = dhcp.server { pool = "192.168.1.100-192.168.1.100" }
    dhcp.server { pool = "192.168.1.200-192.168.1.200" }
    local client = dhcp.client {}
    local offers = client:offers()
    client:request(offers[1].options.server_id == first.address and offers[2] or offers[1])
    dhcp.client {}:acquire()
  end)
end)

t.test("a packet that breaks a MUST of the RFCs stops the run", function()
  local result = breaks("lawful packets", "xid", function(dhcp)
    local server = dhcp.server { pool = POOL }
    function server:discover(request)
      local offer = self:offer(request)
      offer.xid = 1
      return offer
    end
    dhcp.client { timeout = "1h" }:acquire()
  end)
  t.ok(result.virtual_seconds < 1, "at once")
end)

t.test("a packet that neither arrives nor is dropped is told", function()
  breaks("no packet vanishes", "discover from client to server, sent at 1%.0+ s, neither arrived nor was it dropped",
    function(dhcp, world)
      dhcp.server { pool = POOL }
      local client = dhcp.client {}
      dhcp.sleep(1)
      world.trace:sent(client, client:discover_message(), "server", "192.168.1.1:67")
      dhcp.sleep(1)
      dhcp.sleep(1)
    end, { strict = false })
end)

t.test("packets that the network drops, duplicates and delays are all accounted for", function()
  for _, settings in ipairs { { loss = 0.5 }, { duplicate = 1 }, { jitter = 5 }, { reorder = 0.5 },
                              { loss = 0.3, duplicate = 0.5, jitter = 1 } } do
    holds(function(dhcp)
      dhcp.lan:set(settings)
      peaceful(dhcp)
    end)
  end
end)

-- A script's own ------------------------------------------------------------------------------------------------------

t.test("a script's own invariant is looked at after every event, whether the lab's are on or not", function()
  for _, on in ipairs { true, false } do
    breaks("few leases", "too many: 3", function(dhcp)
      local server = dhcp.server { pool = POOL }
      dhcp.invariant("few leases", function()
        local count = #server:leases()
        return count <= 2, "too many: " .. count
      end)
      for _ = 1, 5 do dhcp.client {}:acquire() end
    end, { invariants = on })
  end
end)

t.test("an invariant that returns nothing holds, one that raises does not", function()
  holds(function(dhcp)
    local calls = 0
    dhcp.invariant("nothing", function() calls = calls + 1 end)
    peaceful(dhcp)
    t.ok(calls > 20)
  end)
  breaks("raises", "oh dear", function(dhcp)
    dhcp.invariant("raises", function() error("oh dear") end)
    peaceful(dhcp)
  end)
end)

t.test("an invariant cannot wait", function()
  breaks("sleepy", "not in a coroutine inside it", function(dhcp)
    dhcp.invariant("sleepy", function() dhcp.sleep(1) end)
    peaceful(dhcp)
  end)
  breaks("yields", "it waits, which an invariant cannot", function(dhcp)
    dhcp.invariant("yields", function() coroutine.yield() end)
    peaceful(dhcp)
  end)
end)

t.test("one of the lab's own can be switched off, others go on", function()
  local function broken(off)
    return function(dhcp)
      if off then dhcp.invariant(off, false) end
      local first = dhcp.server { pool = POOL }
      dhcp.client {}:acquire()
      first:stop()
      dhcp.server { pool = POOL }
      dhcp.client {}:acquire()
    end
  end
  holds(broken("one client per address"))
  breaks("one client per address", "bound by", broken("offers hold"))
end)

t.test("mistakes in dhcp.invariant are told", function()
  for _, row in ipairs {
    { { "offer hold", false }, 'there is no invariant "offer hold"; did you mean "offers hold"%?' },
    { { "x" }, "takes a name and a function" }, { { 1, print }, "takes a name and a function" },
  } do
    local result = run(function(dhcp) dhcp.invariant(table.unpack(row[1])) end)
    t.match(result.message, row[2])
  end
end)

t.test("invariants do not change a run", function()
  local with, without = run(peaceful), run(peaceful, { invariants = false })
  t.equal(with.digest, without.digest)
  t.equal(with.events, without.events)
end)

-- Flags ---------------------------------------------------------------------------------------------------------------

local script = [[
local dhcp = require "dhcplab"
local first = dhcp.server { pool = "192.168.1.100-192.168.1.120" }
dhcp.client {}:acquire()
first:stop()
dhcp.server { pool = "192.168.1.100-192.168.1.120" }
dhcp.client {}:acquire()
dhcp.sleep(1)
]]

t.test("run looks with --invariants only, ends with status 1 and says how to replay", function()
  local path = t.write(t.path("twice.lua"), script)
  local out, err, status = t.run { t.exe, "run", path, "--virtual", "--seed", "3" }
  t.equal(status, 0, out .. err)
  out, err, status = t.run { t.exe, "run", path, "--virtual", "--seed", "3", "--invariants" }
  t.equal(status, 1, out .. err)
  t.match(err, "invariant broken: one client per address: 192.168.1.100 is bound by client %(")
  t.match(err, "packets:\n")
  t.match(err, "replay: [^\n]* %-%-invariants %-%-seed 3\n")
end)

t.test("test looks unless told not to", function()
  local path = t.write(t.path("twice.lua"), script)
  local out, _, status = t.run { t.exe, "test", path, "--seed", "3" }
  t.equal(status, 1, out)
  t.match(out, "invariant broken: one client per address")
  out, _, status = t.run { t.exe, "test", path, "--seed", "3", "--no-invariants" }
  t.equal(status, 0, out)
end)

t.done()
