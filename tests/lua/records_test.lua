-- What a server remembers of its clients, as lease queries (RFC 4388) bring it to light.
local t = require "harness"
local core = require "dhcplab.core"
local lab = require "lab"

local ANY <const>, SERVER <const>, ASKER <const> = "0.0.0.0", "192.168.1.2", "192.168.1.9"
local FIRST <const>, SECOND <const> = "192.168.1.100", "192.168.1.101"
local POOL <const> = FIRST .. "-192.168.1.103"
local ALL <const> = { 51, 58, 59, 61, 82, 91, 92, 1, 3 }
local test = lab.test

local function make(dhcp, settings)
  local made = { pool = POOL, leasequery = true, lease_time = 1000, options = { routers = "192.168.1.1" } }
  for key, value in pairs(settings or {}) do made[key] = value end
  return dhcp.server(made)
end

-- Asks as a relay would: giaddr is its own address; htype and hlen are 0 unless it asks by MAC.
local function ask(asker, fields)
  local made = { type = "leasequery", xid = 5, giaddr = ASKER, htype = 0, hlen = 0,
                 options = { parameter_request_list = ALL } }
  for key, value in pairs(fields) do
    if key == "options" then
      for name, content in pairs(value) do made.options[name] = content end
    else
      made[key] = value
    end
  end
  if made.mac then made.htype, made.hlen = nil, nil end
  return asker:ask(core.message(made), SERVER, ASKER)
end

local function asker_of()
  return lab.bare { role = "relay", addresses = { ASKER }, mac = "02:00:00:00:00:99" }
end

local function snapshot(server)
  local lines = {}
  for _, lease in ipairs(server:leases()) do
    lines[#lines + 1] = ("%s %q %s %s"):format(lease.address, lease.client, lease.state, lease.expires)
  end
  return table.concat(lines, "\n")
end

test("a question by address about an active lease is answered with client, times and options [E-14]", function(dhcp)
  local server = make(dhcp)
  t.ok(dhcp.client { mac = lab.MAC }:acquire())
  local asker = asker_of()
  dhcp.sleep(99.5)
  local before = snapshot(server)
  local reply = ask(asker, { ciaddr = FIRST })
  t.equal({ reply.type, reply.op, reply.xid, reply.giaddr }, { "leaseactive", 2, 5, ASKER })
  t.equal({ reply.ciaddr, reply.yiaddr, reply.mac, reply.htype }, { FIRST, ANY, lab.MAC, 1 })
  local options = reply.options
  t.equal({ options.server_id, options.lease_time, options.renewal_time, options.rebinding_time },
    { SERVER, 901, 401, 776 })
  t.equal({ options.client_last_transaction_time, options.routers }, { 99, { "192.168.1.1" } })
  t.equal({ options:has(61), options:has(82), options:has(92) }, { false, false, false })
  t.equal(snapshot(server), before, "nothing changed")
end)

test("only what the list of the question names is told [E-14]", function(dhcp)
  make(dhcp)
  t.ok(dhcp.client { mac = lab.MAC }:acquire())
  local reply = ask(asker_of(), { ciaddr = FIRST, options = { parameter_request_list = { 91 } } })
  t.equal(reply.options:codes(), { 53, 54, 91 })
end)

test("an address of the pool without a lease is unassigned, any other is unknown [E-14]", function(dhcp)
  local server = make(dhcp, { hosts = { ["02:00:00:00:00:55"] = { address = "192.168.1.50" } } })
  local asker = asker_of()
  local function kind_of(address)
    local reply = ask(asker, { ciaddr = address })
    t.equal({ reply.ciaddr, reply.options:has(51), reply.hlen }, { address, false, 0 })
    return reply.type
  end
  t.equal({ kind_of(SECOND), kind_of("192.168.1.50") }, { "leaseunassigned", "leaseunassigned" })
  t.equal({ kind_of("192.168.1.20"), kind_of("10.0.0.1") }, { "leaseunknown", "leaseunknown" })
  t.equal(#server:leases(), 0)
end)

test("a lease that was released or has expired is unassigned, and its client unknown [E-14]", function(dhcp)
  make(dhcp)
  local asker = asker_of()
  local client = dhcp.client { mac = lab.MAC }
  t.ok(client:acquire())
  client:release()
  dhcp.sleep(0.1)
  t.equal({ ask(asker, { ciaddr = FIRST }).type, ask(asker, { mac = lab.MAC }).type },
    { "leaseunassigned", "leaseunknown" })
  t.ok(client:acquire())
  t.equal(ask(asker, { mac = lab.MAC }).type, "leaseactive")
  dhcp.sleep(1001)
  t.equal({ ask(asker, { ciaddr = FIRST }).type, ask(asker, { mac = lab.MAC }).type },
    { "leaseunassigned", "leaseunknown" })
end)

test("a question by hardware address finds clients with and without identifier [E-14]", function(dhcp)
  make(dhcp)
  local asker = asker_of()
  t.ok(dhcp.client { mac = lab.MAC }:acquire())
  t.ok(dhcp.client { mac = lab.OTHER, client_id = "\1other" }:acquire())
  local reply = ask(asker, { mac = lab.MAC })
  t.equal({ reply.type, reply.ciaddr, reply.options:has(61) }, { "leaseactive", FIRST, false })
  reply = ask(asker, { mac = lab.OTHER })
  t.equal({ reply.type, reply.ciaddr, reply.options.client_id }, { "leaseactive", SECOND, "\1other" })
  t.equal(ask(asker, { mac = "02:00:00:00:00:77" }).type, "leaseunknown")
end)

test("of several leases the one heard of last is told, and the others are listed [E-14]", function(dhcp)
  make(dhcp)
  local asker = asker_of()
  t.ok(dhcp.client { mac = lab.MAC, client_id = "\1a" }:acquire())
  dhcp.sleep(10)
  t.ok(dhcp.client { mac = lab.MAC, client_id = "\1b" }:acquire())
  local reply = ask(asker, { mac = lab.MAC })
  t.equal({ reply.ciaddr, reply.options.associated_ip }, { SECOND, { FIRST } })
end)

test("a question by client identifier finds its client, and an unknown one comes back [E-14]", function(dhcp)
  make(dhcp)
  local asker = asker_of()
  t.ok(dhcp.client { mac = lab.MAC, client_id = "\1mine" }:acquire())
  local reply = ask(asker, { options = { client_id = "\1mine" } })
  t.equal({ reply.type, reply.ciaddr, reply.mac }, { "leaseactive", FIRST, lab.MAC })
  reply = ask(asker, { options = { client_id = "\1theirs" } })
  t.equal({ reply.type, reply.options.client_id, reply.ciaddr }, { "leaseunknown", "\1theirs", ANY })
end)

test("the latest option 82 is told [E-14]", function(dhcp)
  make(dhcp)
  local asker = asker_of()
  local agent = { circuit_id = "port 7" }
  local discover = lab.discover { giaddr = ASKER, hops = 1, options = { relay_agent_information = agent } }
  local offer = asker:ask(discover, SERVER, ASKER)
  t.equal(asker:ask(lab.take(discover, offer), SERVER, ASKER).type, "ack")
  t.equal(ask(asker, { ciaddr = FIRST }).options.relay_agent_information, agent)
  local renewal = lab.request { ciaddr = FIRST }
  lab.bare { addresses = { FIRST } }:ask(renewal, SERVER, FIRST)
  t.equal(ask(asker, { ciaddr = FIRST }).options.relay_agent_information, agent, "a renewal has none and changes none")
end, { lax = true })

test("an infinite lease is told as one [E-14]", function(dhcp)
  make(dhcp, { lease_time = "infinite" })
  t.ok(dhcp.client { mac = lab.MAC }:acquire())
  dhcp.sleep(5)
  local options = ask(asker_of(), { ciaddr = FIRST }).options
  t.equal(options.lease_time, 0xffffffff)
end)

test("without giaddr, or not by exactly one thing, there is no answer [E-14]", function(dhcp)
  local server = make(dhcp)
  local asker = asker_of()
  t.ok(dhcp.client { mac = lab.MAC }:acquire())
  t.equal(ask(asker, { ciaddr = FIRST, giaddr = ANY }), nil)
  t.equal(server.drops["leasequery without giaddr"], 1)
  t.equal(ask(asker, {}), nil)
  t.equal(ask(asker, { ciaddr = FIRST, mac = lab.MAC }), nil)
  t.equal(ask(asker, { ciaddr = FIRST, options = { client_id = "\1x" } }), nil)
  t.equal(ask(asker, { mac = lab.MAC, options = { client_id = "\1x" } }), nil)
  t.equal(server.drops["leasequery not by exactly one of ciaddr, chaddr and option 61"], 4)
end)

test("a server that was not made to answer questions does not [E-14]", function(dhcp)
  local server = make(dhcp, { leasequery = false })
  t.equal(ask(asker_of(), { ciaddr = FIRST }), nil)
  t.equal(server.drops["unexpected type"], 1)
end)

t.done()
