-- scripts/dhcplab/arrivals.lua: the faults of a network befall what other programs send, too.
local core = require "dhcplab.core"
local lab = require "lab"
local t = require "harness"

local POOL <const> = "192.168.1.100-192.168.1.120"

-- A socket that no network knows, as another program's. f(dhcp, server, ask): ask() sends a DISCOVER to the server.
local function stranger(name, f)
  t.test(name, function()
    local world = lab.world { virtual = false, seed = 4, faults = true, listen = "127.0.0.1:0" }
    local dhcp = require "dhcplab"
    local server = dhcp.server { pool = POOL, lease_time = 60 }
    local socket = assert(core.world({ virtual = false, seed = 1 }):udp { bind = "127.0.0.1:0", user = 1 })
    f(dhcp, server, function()
      local message = core.message { type = "discover", mac = "02:00:00:00:00:77", xid = 1 }
      t.ok(socket:send(message, server.endpoint))
      dhcp.sleep("30ms")
    end)
    socket:close()
    world:close()
    t.equal(table.concat(lab.failures, "\n"), "", "what raised meanwhile")
  end)
end

stranger("a packet of another program is lost on its way in", function(dhcp, server, ask)
  dhcp.lan:set { loss = 1 }
  ask()
  t.equal(server.counts.discover, 0)
  t.equal(dhcp.trace:count { type = "discover", from = "127.0.0.1", fate = "dropped", cause = "loss" }, 1)
  dhcp.lan:set { loss = 0 }
  ask()
  t.equal(server.counts.discover, 1)
end)

stranger("a packet of another program is late and comes twice", function(dhcp, server, ask)
  dhcp.lan:set { duplicate = 1, latency = "100ms" }
  ask()
  t.equal(server.counts.discover, 0, "not yet")
  dhcp.sleep("200ms")
  t.equal(server.counts.discover, 2)
end)

stranger("a packet of another program is changed or cut short", function(dhcp, server, ask)
  dhcp.lan:set { truncate = 1 }
  ask()
  local dropped = 0
  for _, count in pairs(server.drops) do dropped = dropped + count end
  t.equal({ server.counts.discover, dropped }, { 0, 1 })
  dhcp.lan:set { truncate = 0 }
  dhcp.lan:corrupt { type = "discover", from = "127.0.0.1", bit = 33 * 8 + 7 } -- the last octet of chaddr
  ask()
  t.equal(server:leases()[1].client, "\1\2\0\0\0\0\x76")
end)

stranger("rules, taps and cuts know another program by its address", function(dhcp, server, ask)
  local rule = dhcp.lan:drop { type = "discover", from = "127.0.0.1", nth = 2 }
  local seen = 0
  dhcp.lan:tap(function(packet)
    if packet.from == "127.0.0.1" then seen = seen + 1 end
  end)
  for _ = 1, 3 do ask() end
  t.equal({ rule.hits, seen, server.counts.discover }, { 1, 3, 2 })
  dhcp.lan:cut("127.0.0.1", server, "one-way")
  ask()
  t.equal(server.counts.discover, 2)
  t.equal(dhcp.trace:count { from = "127.0.0.1", cause = "cut" }, 1)
end)

t.done()
