-- Which address a client gets, for how long and with which options (RFC 2131 4.3.1); handlers and
-- settings. What is answered to a REQUEST and the rest is in server_requests_test.lua.  Messages
-- are made by hand, so that wrong ones can be sent too.
local t = require "harness"
local lab = require "lab"

local A, B <const> = lab.MAC, lab.OTHER
local SERVER <const> = lab.SERVER
local POOL <const> = "192.168.1.100-192.168.1.102"
local test, release = lab.test, lab.give_back

-- ---- who a client is

test("the client identifier is the key, whatever the hardware address [S-20]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local id = { client_id = "\1same" }
  local first = bare:lease_to(A, id)
  t.equal(bare:lease_to(B, id), first)
  t.ok(bare:lease_to(A, { client_id = "\1other" }) ~= first, "another identifier is another client")
end)

test("the type octet belongs to the client identifier [S-20]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  t.ok(bare:lease_to(A, { client_id = "\0id" }) ~= bare:lease_to(A, { client_id = "\1id" }))
end)

test("without one, hardware type and address are the key [S-20]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local first = bare:lease_to(A)
  t.equal(bare:lease_to(A), first)
  t.ok(bare:lease_to(B) ~= first)
  t.ok(bare:offer_to(A, nil, { htype = 6 }) ~= first, "another type of network")
end)

-- ---- which address (4.3.1), rung by rung

test("rung 1: the current binding, although the client asks for another [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local mine = bare:lease_to(A)
  t.equal(bare:offer_to(A, { requested_ip = "192.168.1.102" }), mine)
end)

test("rung 2: the previous address, once it has expired [S-21]", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = 60 }
  local bare = lab.bare()
  bare:lease_to(B)
  local mine = bare:lease_to(A)
  dhcp.sleep(100)
  t.equal(lab.state(server, mine), "expired")
  t.equal(bare:offer_to(A, { requested_ip = "192.168.1.102" }), mine)
end)

test("rung 2: the previous address, once it was released [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  bare:lease_to(B)
  local mine = bare:lease_to(A)
  release(bare, A, mine)
  t.equal(bare:offer_to("02:00:00:00:00:03"), "192.168.1.102", "others get fresh ones first")
  t.equal(bare:offer_to(A), mine)
end)

test("past rung 2: a previous address that another has now is not offered [S-21]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.101", lease_time = 60 }
  local bare = lab.bare()
  local mine = bare:lease_to(A)
  dhcp.sleep(100)
  t.equal(bare:lease_to(B, { requested_ip = mine }), mine)
  t.equal(bare:offer_to(A), "192.168.1.101")
end)

test("rung 3: the address asked for, when it is free [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  t.equal(lab.bare():offer_to(A, { requested_ip = "192.168.1.102" }), "192.168.1.102")
end)

for _, case in ipairs {
  { "is outside the pool", "192.168.1.50" }, { "is outside the subnet", "10.9.8.7" },
  { "is excluded", "192.168.1.101" }, { "is 0.0.0.0", "0.0.0.0" }, { "is broadcast", "255.255.255.255" },
  { "is the server's", SERVER },
} do
  test("past rung 3: an address asked for that " .. case[1] .. " is not offered [S-21]", function(dhcp)
    dhcp.server { pool = POOL, exclude = "192.168.1.101" }
    t.equal(lab.bare():offer_to(A, { requested_ip = case[2] }), "192.168.1.100")
  end)
end

test("past rung 3: an address asked for that another holds is not offered [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  local taken = bare:lease_to(A)
  t.equal(bare:offer_to(B, { requested_ip = taken }), "192.168.1.101")
end)

test("past rung 3: a malformed option 50 is ignored [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  t.equal(lab.bare():offer_to(A, { requested_ip = { hex = "c0a801" } }), "192.168.1.100")
end)

test("rung 4: a new address from the pool [S-21]", function(dhcp)
  dhcp.server { pool = POOL }
  local bare = lab.bare()
  t.equal({ bare:offer_to(A), (bare:offer_to(B)) }, { "192.168.1.100", "192.168.1.101" })
end)

test("the server's own address is not given out, although the pool has it [S-21]", function(dhcp)
  dhcp.server { pool = "192.168.1.1-192.168.1.3" }
  local bare = lab.bare()
  local got = {}
  for i = 1, 3 do got[i] = bare:offer_to(("02:00:00:00:00:%02d"):format(i)) end
  for _, address in pairs(got) do t.ok(address ~= SERVER, address) end
end)

test("several pools are used one after the other [S-21]", function(dhcp)
  dhcp.server { pool = { "192.168.1.200", "192.168.1.10-192.168.1.11" } }
  local bare = lab.bare()
  local got = {}
  for i = 1, 3 do got[i] = bare:offer_to(("02:00:00:00:00:%02d"):format(i)) end
  t.equal(got, { "192.168.1.200", "192.168.1.10", "192.168.1.11" })
end)

test("a script may choose the address by server:choose()", function(dhcp)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
  function server:choose(request, subnet)
    if request.mac == "02:00:00:00:00:07" then return "192.168.1.150" end
    return dhcp.server.choose(self, request, subnet)
  end
  t.equal(dhcp.client { mac = "02:00:00:00:00:07" }:acquire().address, "192.168.1.150")
  t.equal(dhcp.client { mac = "02:00:00:00:00:08" }:acquire().address, "192.168.1.100")
end)

test("giaddr chooses the subnet [S-21]", function(dhcp)
  dhcp.server { subnets = { { subnet = "192.168.1.0/24", pool = POOL },
                            { subnet = "10.5.0.0/16", pool = "10.5.1.1-10.5.1.9" } } }
  local relay = lab.bare { role = "relay", addresses = { "10.5.0.1" } }
  local offer = relay:ask(lab.discover { giaddr = "10.5.0.1", hops = 1 }, SERVER, "10.5.0.1")
  t.equal({ offer.yiaddr, offer.options.subnet_mask }, { "10.5.1.1", "255.255.0.0" })
  local bare = lab.bare { mac = B }
  t.equal(bare:offer_to(B), "192.168.1.100")
end, { lax = true }) -- the relay has no client side here

test("a giaddr in no subnet is answered by silence, and counted [S-21]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local relay = lab.bare { role = "relay", addresses = { "172.16.0.1" } }
  t.equal(relay:ask(lab.discover { giaddr = "172.16.0.1" }, SERVER, "172.16.0.1"), nil)
  t.equal(lab.drops_of(server, "giaddr"), 1)
end)

test("drops are counted under few names, whatever a stranger sends [S-28]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  local bare = lab.bare()
  for i = 1, 50 do bare:send(lab.discover { giaddr = "172.16.0." .. i }) end
  dhcp.sleep(1)
  local names = 0
  for _ in pairs(server.drops) do names = names + 1 end
  t.equal(names, 1)
end)

-- ---- reservations

test("a reservation by hardware address, with a name and options of its own [S-21]", function(dhcp)
  dhcp.server { pool = POOL, options = { domain_name = "all.example" },
    hosts = { [A] = { address = "192.168.1.7", hostname = "printer", options = { domain_name = "one.example" } } } }
  local bare = lab.bare()
  local address, ack = bare:lease_to(A, { parameter_request_list = { 1, 12, 15 } })
  t.equal({ address, ack.options.host_name, ack.options.domain_name }, { "192.168.1.7", "printer", "one.example" })
  t.equal(bare:offer_to(B, { requested_ip = "192.168.1.7" }), "192.168.1.100", "others do not get it")
end)

test("a reserved address in the pool is kept for its owner [S-21]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.101", hosts = { [A] = { address = "192.168.1.100" } } }
  local bare = lab.bare()
  t.equal(bare:offer_to(B, { requested_ip = "192.168.1.100" }), "192.168.1.101")
  t.equal(bare:offer_to("02:00:00:00:00:03"), nil)
  t.equal(bare:offer_to(A), "192.168.1.100")
end)

test("a reservation by client identifier [S-20]", function(dhcp)
  dhcp.server { pool = POOL, hosts = { ["\0laptop"] = { address = "192.168.1.8" } } }
  t.equal(lab.bare():lease_to(A, { client_id = "\0laptop" }), "192.168.1.8")
end)

-- ---- offers on hold

test("an address on offer is offered to nobody else [S-22]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.101" }
  local bare = lab.bare()
  t.equal(bare:offer_to(A), "192.168.1.100")
  t.equal(bare:offer_to(B, { requested_ip = "192.168.1.100" }), "192.168.1.101")
end)

test("an offer that nobody takes is free again after offer_hold [S-22] [S-28]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.100", offer_hold = "30s" }
  local bare = lab.bare()
  t.equal(bare:offer_to(A), "192.168.1.100")
  dhcp.sleep(20)
  t.equal(bare:offer_to(B), nil, "still on hold")
  dhcp.sleep(11)
  t.equal(bare:offer_to(B), "192.168.1.100")
end)

test("a REQUEST after the hold is served when nobody else took the address [S-22] [S-32]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.100", offer_hold = 5 }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  dhcp.sleep(10)
  t.equal(bare:ask(lab.take(discover, offer)).type, "ack")
end)

test("a REQUEST after the hold gets a NAK when another has the address [S-22] [S-32]", function(dhcp)
  dhcp.server { pool = "192.168.1.100-192.168.1.100", offer_hold = 5 }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  dhcp.sleep(10)
  bare:lease_to(B)
  t.equal(bare:ask(lab.take(discover, offer)).type, "nak")
end)

-- ---- lease time

test("without a wish the default lease time [S-23]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = "2h" }
  t.equal(select(2, lab.bare():offer_to(A)).options.lease_time, 7200)
end)

test("a wish is granted within the limits [S-23]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 1000, min_lease_time = 100, max_lease_time = 2000 }
  local bare = lab.bare()
  for asked, granted in pairs { [500] = 500, [50] = 100, [0] = 100, [9999] = 2000, [0xffffffff] = 2000 } do
    t.equal(select(2, bare:offer_to(A, { lease_time = asked })).options.lease_time, granted, "asked " .. asked)
  end
end)

test("a client with a binding that does not ask is told what is left of it [S-23]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local bare = lab.bare()
  bare:lease_to(A)
  dhcp.sleep(399.5)
  local left = select(2, bare:offer_to(A)).options.lease_time
  t.near(left, 600, 2)
end)

test("an infinite lease is 0xffffffff, T1 and T2 too, and never ends [S-23] [M-18]", function(dhcp)
  local server = dhcp.server { pool = POOL, lease_time = "infinite" }
  local bare = lab.bare()
  local address, ack = bare:lease_to(A)
  t.equal({ ack.options.lease_time, ack.options.renewal_time, ack.options.rebinding_time },
    { 0xffffffff, 0xffffffff, 0xffffffff })
  dhcp.sleep("100000h")
  t.equal(lab.state(server, address), "bound")
end)

-- ---- parameters

test("what the client lists and the server has comes once, in the client's order [S-24]", function(dhcp)
  dhcp.server { pool = POOL, options = { routers = "192.168.1.1", domain_name = "x.example",
    ntp_servers = "10.0.0.9" } }
  local _, offer = lab.bare():offer_to(A, { parameter_request_list = { 15, 42, 15, 99, 1, 3, 42 } })
  local seen = {}
  for _, instance in ipairs(offer:instances()) do
    if instance.code ~= 53 and instance.code < 50 then seen[#seen + 1] = instance.code end
  end
  t.equal(seen, { 15, 42, 1, 3 })
end)

test("without a list the client gets all that is configured [S-24]", function(dhcp)
  dhcp.server { pool = POOL, options = { routers = "192.168.1.1", domain_name = "x.example" } }
  local _, offer = lab.bare():offer_to(A)
  t.equal({ offer.options.subnet_mask, offer.options.routers, offer.options.domain_name },
    { "255.255.255.0", { "192.168.1.1" }, "x.example" })
end)

test("what is not listed is not sent [S-24]", function(dhcp)
  dhcp.server { pool = POOL, options = { domain_name = "x.example" } }
  local _, offer = lab.bare():offer_to(A, { parameter_request_list = { 1 } })
  t.equal({ offer.options:has(15), offer.options:has(51), offer.yiaddr }, { false, true, "192.168.1.100" })
end)

test("the subnet mask goes before the routers, even if the client lists them the other way [S-25]", function(dhcp)
  dhcp.server { pool = POOL, options = { routers = "192.168.1.1" } }
  local _, offer = lab.bare():offer_to(A, { parameter_request_list = { 3, 1 } })
  local place = {}
  for i, code in ipairs(offer.options:codes()) do place[code] = i end
  t.ok(place[1] < place[3])
end)

test("T1 and T2 are half and seven eighths of the lease, or as set [S-25]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 800 }
  local _, offer = lab.bare():offer_to(A)
  t.equal({ offer.options.renewal_time, offer.options.rebinding_time }, { 400, 700 })
  lab.world()
  dhcp.server { pool = POOL, lease_time = 800, renewal_time = 100, rebinding_time = 300 }
  _, offer = lab.bare():offer_to(A)
  t.equal({ offer.options.renewal_time, offer.options.rebinding_time }, { 100, 300 })
end, { lax = true })

test("T1 and T2 follow what is left of the lease [S-25]", function(dhcp)
  dhcp.server { pool = POOL, lease_time = 1000 }
  local bare = lab.bare()
  bare:lease_to(A)
  dhcp.sleep(499.5)
  local o = select(2, bare:offer_to(A)).options
  t.near(o.renewal_time, o.lease_time / 2, 1)
  t.near(o.rebinding_time, o.lease_time * 7 / 8, 1)
end)

test("the ACK says what the OFFER said [S-29]", function(dhcp)
  dhcp.server { pool = POOL, options = { routers = "192.168.1.1", domain_name = "x.example" } }
  local bare = lab.bare()
  local _, offer, discover = bare:offer_to(A)
  local ack = bare:ask(lab.take(discover, offer))
  local function said(m)
    local all = {}
    for name, value in pairs(m.options) do if name ~= "message_type" then all[name] = value end end
    all.yiaddr, all.siaddr = m.yiaddr, m.siaddr
    return all
  end
  t.equal(said(ack), said(offer))
end)

-- ---- verdicts

test("silence is a verdict, and no NAK [S-26]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    if request.mac == A then return end
    return dhcp.server.discover(self, request)
  end
  local bare = lab.bare()
  t.equal(bare:offer_to(A), nil)
  t.equal(bare:offer_to(B), "192.168.1.100")
end)

test("a full pool is answered by silence, and the server says so [S-28]", function(dhcp, world)
  local server = dhcp.server { pool = "192.168.1.100-192.168.1.100" }
  local bare = lab.bare()
  bare:lease_to(A)
  t.equal(bare:offer_to(B), nil)
  t.equal(lab.drops_of(server, "no address"), 1)
  local said = false
  for _, note in ipairs(world.trace.notes) do said = said or (note.text or ""):find("no address left") ~= nil end
  t.ok(said, "a note")
end)

test("a handler may sleep while others are served [S-26]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    if request.mac == A then dhcp.sleep(2) end
    return dhcp.server.discover(self, request)
  end
  local bare = lab.bare()
  bare:send(lab.discover { mac = A, broadcast = true })
  t.equal(bare:offer_to(B), "192.168.1.100")
  dhcp.sleep(3)
  t.equal(bare.heard[#bare.heard].mac, A)
end)

test("a handler that raises costs one reply, not the server [S-26]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    if request.mac == A then error("on purpose") end
    return dhcp.server.discover(self, request)
  end
  local bare = lab.bare()
  t.equal(bare:offer_to(A), nil)
  t.equal(bare:offer_to(B), "192.168.1.100")
  t.equal(#lab.failures, 1)
  t.match(lab.failures[1], "server_test.lua:%d+: on purpose")
  lab.failures = {}
end)

test("a handler that returns something else than a message is told so [S-26]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover() return true end -- luacheck: ignore self
  t.equal(lab.bare():offer_to(A), nil)
  t.equal(#lab.failures, 1)
  t.match(lab.failures[1], "discover.*message")
  lab.failures = {}
end)

test("a server that is stopped while a handler sleeps loses that reply only [S-26]", function(dhcp)
  local server = dhcp.server { pool = POOL }
  function server:discover(request)
    dhcp.sleep(2)
    return dhcp.server.discover(self, request)
  end
  local bare = lab.bare()
  bare:send(lab.discover {})
  dhcp.sleep(1)
  server:stop()
  dhcp.sleep(5)
  t.equal(#bare.heard, 0)
end)

-- ---- what the settings say

test("a setting that does not exist names the nearest one", function(dhcp)
  t.error(function() dhcp.server { pol = POOL } end, 'server_test.lua:%d+: .*"pol".*did you mean "pool"')
  t.error(function() dhcp.server { offer_hold = "soon" } end, "server_test.lua:%d+: offer_hold")
  t.error(function() dhcp.server { mac = "soon" } end, "server_test.lua:%d+: mac")
end)

test("two servers cannot have one name", function(dhcp)
  dhcp.server { name = "one", pool = POOL }
  t.error(function() dhcp.server { name = "one", pool = POOL } end, 'server_test.lua:%d+: .*"one" already')
end)

-- ---- vendor classes

test("a vendor class chooses options by its exact identifier only [S-56]", function(dhcp)
  dhcp.server { pool = POOL, options = { boot_file_size = 1, tftp_server_name = "usual" },
                vendor_classes = { PXEClient = { options = { tftp_server_name = "boot" } } } }
  local bare = lab.bare()
  local function told(class)
    local offer = bare:ask(lab.discover { options = { vendor_class_id = class, parameter_request_list = { 66, 13 } } })
    t.equal(offer.options.boot_file_size, 1, "what the class does not name is the subnet's")
    return offer.options.tftp_server_name
  end
  t.equal(told("PXEClient"), "boot")
  for _, other in ipairs { "PXEClien", "PXEClient:Arch", "pxeclient", "PXEClient\0", " PXEClient" } do
    t.equal(told(other), "usual", other)
  end
  t.equal(told(nil), "usual", "no class at all")
end)

test("the class that chose the options comes back, another does not [S-12]", function(dhcp)
  dhcp.server { pool = POOL, vendor_classes = { PXEClient = { options = { tftp_server_name = "boot" } } } }
  local bare = lab.bare()
  t.equal(bare:ask(lab.discover { options = { vendor_class_id = "PXEClient" } }).options.vendor_class_id, "PXEClient")
  t.equal(bare:ask(lab.discover { options = { vendor_class_id = "other" } }).options.vendor_class_id, nil)
end)

test("settings of vendor classes are checked", function(dhcp)
  t.error(function() dhcp.server { vendor_classes = { x = { optoins = {} } } } end, "did you mean \"options\"")
  t.error(function() dhcp.server { vendor_classes = { x = 1 } } end, "vendor_classes is a table")
end)

t.done()
