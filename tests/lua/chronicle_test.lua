-- What a run's pictures are drawn from: packets with their arrivals and losses, states, leases, and who stands where.
local t = require "harness"
local lab = require "lab"
local chronicle = require "dhcplab.chronicle"

local POOL <const> = "192.168.1.100-192.168.1.101"

-- f(dhcp, world) in a fresh world, and what the chronicle kept of it.
local function kept(f, most)
  local world = lab.world()
  local self = chronicle.attach(world, most)
  f(require "dhcplab", world)
  return self
end

local function handshake(dhcp)
  dhcp.server { pool = POOL }
  dhcp.client { mac = lab.MAC }:acquire()
end

local function names(lanes)
  local out = {}
  for i, lane in ipairs(lanes) do out[i] = lane.name end
  return table.concat(out, " ")
end

t.test("each packet is kept with who, where, what, and who got it", function()
  local self = kept(handshake)
  local lines = {}
  for i, p in ipairs(self.packets) do
    lines[i] = ("%d %s %s>%s %s %s"):format(p.number, p.title, p.from, p.to, p.src, chronicle.fate(p))
  end
  t.equal(lines, { "1 DISCOVER client>* 0.0.0.0:68 reached server",
    "2 OFFER server>client 192.168.1.2:67 reached client",
    "3 REQUEST client>* 0.0.0.0:68 reached server", "4 ACK server>client 192.168.1.2:67 reached client" })
end)

t.test("a packet that reached nobody is lost, with its cause; one that nobody can have got yet is not", function()
  local self = kept(function(dhcp)
    local bad = dhcp.network { name = "bad", loss = 1 }
    dhcp.client { network = bad, mac = lab.MAC, timeout = 1, retries = 0 }:discover()
    dhcp.server { network = bad, pool = POOL }
    dhcp.client { network = bad, mac = lab.OTHER, timeout = 1, retries = 0 }:discover()
  end)
  t.equal({ chronicle.is_lost(self.packets[1]), chronicle.fate(self.packets[1]) },
    { false, "nobody heard it before the run ended" })
  t.equal({ chronicle.is_lost(self.packets[2]), chronicle.fate(self.packets[2]) }, { true, "lost: loss" })
end)

t.test("copies are counted, and a lost copy does not make the packet lost", function()
  local p = { arrivals = { { to = "a" }, { to = "b" }, { to = "a" } }, drops = { { cause = "loss" },
    { cause = "loss" } } }
  t.equal(chronicle.fate(p), "reached a 2 times, b; a copy was lost: loss 2 times")
  t.equal(chronicle.is_lost(p), false)
end)

t.test("what comes from outside is kept too, under its hardware address", function()
  local self = kept(function(dhcp)
    dhcp.server { pool = POOL }
    lab.bare():ask(lab.discover {})
  end)
  local p = self.packets[1]
  t.equal({ p.title, p.from, p.to, chronicle.fate(p) }, { "DISCOVER", lab.MAC, "server", "reached server" })
end)

t.test("states are spans from the beginning to the end of the run, without a gap", function()
  local self = kept(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.sleep(1)
    dhcp.client { mac = lab.MAC }:acquire()
    dhcp.sleep(9)
  end)
  local one = self:states()[1]
  local spans = {}
  for i, span in ipairs(one.spans) do spans[i] = ("%s %g-%g"):format(span.state, span.from, span.to) end
  t.equal({ one.name, #self:states() }, { "client", 1 })
  t.equal(spans, { "INIT 0-1", "SELECTING 1-1", "REQUESTING 1-1", "BOUND 1-10" })
  for i = 2, #one.spans do t.equal(one.spans[i - 1].last, one.spans[i].first) end
  t.equal(one.spans[#one.spans].last, nil)
end)

t.test("a lease that ran out ended when its time was over, not when the server noticed", function()
  local self = kept(function(dhcp)
    dhcp.server { pool = "192.168.1.100", lease_time = 60 }
    dhcp.client { mac = lab.MAC }:acquire()
    dhcp.sleep(100)
    dhcp.client { mac = lab.OTHER }:acquire()
  end)
  local spans = {}
  for i, span in ipairs(self:leases()[1].spans) do
    spans[i] = ("%s %s %g-%g"):format(span.state, span.client, span.from, span.to)
  end
  t.equal(spans, { "offered 02:00:00:00:00:01 0-0", "bound 02:00:00:00:00:01 0-60", "expired 02:00:00:00:00:01 100-100",
    "offered 02:00:00:00:00:02 100-100", "bound 02:00:00:00:00:02 100-100" })
end)

t.test("a declined address stays declined when its client gets another", function()
  local self = kept(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    client:decline()
    dhcp.sleep(10)
    client:acquire()
    dhcp.sleep(10)
  end)
  local leases = self:leases()
  local last = leases[1].spans[#leases[1].spans]
  t.equal({ leases[1].address, last.state, last.from, last.to, last.last }, { "192.168.1.100", "declined", 0.0, 20.0 })
  t.equal(leases[2].address, "192.168.1.101")
end)

t.test("a client that gets another address has left its old one", function()
  local self = kept(function(dhcp)
    local server = dhcp.server { pool = POOL }
    function server:discover(request) return self:offer(request,
      dhcp.now() < 5 and "192.168.1.100" or "192.168.1.101") end
    local client = dhcp.client { mac = lab.MAC }
    client:discover()
    dhcp.sleep(10)
    client:discover()
    dhcp.sleep(10)
  end)
  local first = self:leases()[1].spans
  t.equal({ #first, first[1].state, first[1].to }, { 1, "offered", 10.0 })
end)

t.test("clients stand left, relays between, servers right, and silent nodes are shown", function()
  local self = kept(function(dhcp)
    local near, far = dhcp.network { name = "near" }, dhcp.network { name = "far" }
    dhcp.server { name = "s", network = far, address = "10.0.9.2", subnets = { { subnet = "10.0.1.0/24" } } }
    dhcp.server { name = "silent", network = far, address = "10.0.9.3", subnets = { { subnet = "10.0.2.0/24" } } }
    dhcp.relay { name = "r", from = near, to = far, address = "10.0.1.1", server_address = "10.0.9.1" }
    dhcp.client { name = "c", network = near, mac = lab.MAC }:acquire()
  end)
  t.equal(names(self:lanes()), "c r s silent")
end)

t.test("in a crowd the server stands first and clients as they are heard of", function()
  local self = kept(function(dhcp)
    local clients = {}
    for i = 1, 13 do clients[i] = dhcp.client { name = "c" .. i, mac = ("02:00:00:00:01:%02x"):format(i) } end
    dhcp.server { pool = "192.168.1.100-192.168.1.200" }
    for i = 13, 1, -1 do clients[i]:acquire() end
  end)
  t.equal(names(self:lanes()), "server c13 c12 c11 c10 c9 c8 c7 c6 c5 c4 c3 c2 c1")
end)

t.test("only the beginning of a long run is kept, and the rest is counted", function()
  local self = kept(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    dhcp.sleep(10)
    for _ = 1, 50 do client:renew() end
  end, 12)
  t.ok(#self.rows >= 12 and #self.rows < 24, #self.rows)
  t.ok(self.left_out > 100, self.left_out)
  t.ok(self:ends() <= 10)
  for _, row in ipairs(self.rows) do t.ok(row.at <= self:ends()) end
end)

t.test("it listens even where the trace keeps nothing", function()
  local world = lab.world { trace = false }
  local self = chronicle.attach(world)
  handshake(require "dhcplab")
  t.equal({ #self.packets, world.trace:count(), #self:leases() }, { 4, 0, 1 })
end)

t.done()
