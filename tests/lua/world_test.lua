-- The world of a script: clock, seed, names, parameters, random streams, and its end.
local t = require "harness"
local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local lab = require "lab"
local worlds = require "dhcplab.world"

local function test(name, f) lab.test(name, f, { lax = true }) end

test("virtual time begins at 0 and passes only when somebody waits", function()
  t.equal(dhcp.now(), 0.0)
  for _ = 1, 1e5 do t.equal(1, 1) end
  t.equal(dhcp.now(), 0.0)
  dhcp.sleep("24h")
  t.equal(dhcp.now(), 86400.0)
end)

t.test("real time passes by itself, and a sleep takes what it says", function()
  lab.world { virtual = false }
  local before = dhcp.now()
  dhcp.sleep("50ms")
  local took = dhcp.now() - before
  t.ok(took >= 0.05 and took < 0.5, took)
end)

test("a world has a seed; the same seed draws the same numbers, another others", function(_, world)
  t.equal(dhcp.seed, world.seed)
  local function draw(seed)
    lab.world { seed = seed }
    local list = {}
    for i = 1, 20 do list[i] = dhcp.random(1, 1000000) end
    return list
  end
  t.equal(draw(5), draw(5))
  t.ok(table.concat(draw(5), " ") ~= table.concat(draw(6), " "))
end)

test("dhcp.random takes what math.random takes", function()
  for _ = 1, 200 do
    local x = dhcp.random()
    t.ok(x >= 0 and x < 1)
    t.ok(dhcp.random(6) >= 1 and dhcp.random(6) <= 6)
    local y = dhcp.random(-5, 5)
    t.ok(y >= -5 and y <= 5 and math.type(y) == "integer")
  end
  t.equal(dhcp.random(3, 3), 3)
  t.ok(math.type(dhcp.random(0)) == "integer")
  t.error(function() dhcp.random(0, -1) end, "interval is empty")
end)

test("another node moves nobody else's dice", function()
  local function drawn(extra)
    lab.world()
    if extra then dhcp.client { name = "extra" } end
    local client = dhcp.client { name = "ada" }
    return { client.mac, client:discover_message().xid, dhcp.server({ name = "s" }).mac }
  end
  t.equal(drawn(false), drawn(true))
end)

test("no two nodes draw the same hardware address, whatever their names", function(_, world)
  local mac = dhcp.client({}).mac
  t.ok(dhcp.server({}).mac ~= mac)
  t.match(mac, "^02:00:%x%x:%x%x:%x%x:%x%x$")
  t.ok(world:draw_mac("client") ~= mac, "the first choice is taken")
end)

test("nodes have names of their own, in the order of their making", function()
  local names = {}
  for i = 1, 3 do names[i] = dhcp.client {}.name end
  names[4] = dhcp.server { pool = "192.168.1.9" }.name
  names[5] = dhcp.client { name = "ada" }.name
  t.equal(names, { "client", "client2", "client3", "server", "ada" })
  t.error(function() dhcp.client { name = "ada" } end, 'world_test.lua:%d+: there is a node called "ada" already')
end)

test("drawn hardware addresses are local, unicast and all different", function()
  local seen = {}
  for _ = 1, 300 do
    local mac = dhcp.client {}.mac
    t.match(mac, "^02:00:%x%x:%x%x:%x%x:%x%x$")
    t.ok(not seen[mac])
    seen[mac] = true
  end
end)

test("parameters come from --set; who asks for one is remembered", function()
  local world = lab.world { params = { pause = 3, name = "x" } }
  t.equal({ dhcp.param.pause, dhcp.param.name, dhcp.param.absent }, { 3, "x", nil })
  t.equal(world.params_read, { pause = true, name = true, absent = true })
  t.error(function() dhcp.param.pause = 4 end, "world_test.lua:%d+: parameters come from the command line")
end)

test("a misspelt name of the library is told with the nearest", function()
  t.error(function() return dhcp.sevrer end,
    'world_test.lua:%d+: dhcp has nothing called "sevrer"; did you mean "server"')
  t.error(function() return dhcp.xyzzy end, '"xyzzy" %[E104%]$')
end)

test("dhcp.spawn and dhcp.run take what they say", function()
  t.error(function() dhcp.spawn("f") end, "world_test.lua:%d+: dhcp.spawn takes a function")
  t.error(function() dhcp.run("soon") end, "world_test.lua:%d+: a time such as")
  dhcp.spawn(function() dhcp.sleep(3) end)
  t.equal({ dhcp.run(2), dhcp.now() }, { "limit", 2.0 })
  dhcp.run()
  t.equal(dhcp.now(), 3.0)
end)

test("a capture that cannot be written is a problem with exit status 3", function()
  local ok, why = pcall(worlds.new, { virtual = true, seed = 1, pcap = "/no/such/folder/x.pcap" })
  t.ok(not ok)
  t.equal(why.exit, 3)
  t.match(tostring(why), "cannot write the capture /no/such/folder/x.pcap: No such file.*\ngive another file")
end)

t.test("the same seed gives the same capture, byte for byte; another seed another", function()
  local function capture(seed)
    local path = t.path("world.pcap")
    local world = lab.world { seed = seed, pcap = path }
    dhcp.server { pool = "192.168.1.9-192.168.1.20" }
    dhcp.client {}:acquire()
    world:close()
    return t.read(path)
  end
  t.ok(capture(3) == capture(3))
  t.ok(capture(3) ~= capture(4))
end)

t.test("a closed world leaves no socket", function()
  local world = lab.world { virtual = false, listen = "127.0.0.1:0" }
  local server = dhcp.server { pool = "192.168.1.9" }
  local endpoint = server.endpoint
  t.ok(endpoint ~= "127.0.0.1:0", "a port was chosen")
  t.ok(world:close())
  t.ok(world:close(), "closing twice is fine")
  world = lab.world { virtual = false, listen = endpoint }
  t.equal(dhcp.server { pool = "192.168.1.9" }.endpoint, endpoint)
  world:close()
end)

t.test("what waits outside a world is told so, not by a crash", function()
  local world = lab.world()
  local client = dhcp.client {}
  world:close()
  t.error(function() client:discover() end, "closed")
end)

t.test("core.duration reads what people write", function()
  for text, seconds in pairs { ["1h30m"] = 5400, ["250ms"] = 0.25, ["10s"] = 10, ["1d"] = 86400, ["2.5"] = 2.5 } do
    t.near(core.duration(text), seconds, 1e-9, text)
  end
  t.equal(core.duration("infinite"), math.huge)
  for _, wrong in ipairs { "", "x", "1y", "-1", "1h-", "h", "1.2.3", "nan" } do t.equal(core.duration(wrong), nil,
    wrong) end
end)

t.done()
