-- A run as Mermaid text: the arrows, the losses, and names that are no syntax.
local t = require "harness"
local lab = require "lab"
local chronicle = require "dhcplab.chronicle"
local mermaid = require "dhcplab.mermaid"

local POOL <const> = "192.168.1.100-192.168.1.110"

local function diagram(f, most)
  local world = lab.world()
  local self = chronicle.attach(world, most)
  f(require "dhcplab", world)
  return mermaid.text(self)
end

t.test("a handshake is a sequence diagram of four arrows and the client's states", function()
  t.equal(diagram(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC, hostname = "student" }
    local offer = client:discover()
    dhcp.sleep(1.5)
    client:request(offer)
  end), [[
sequenceDiagram
    participant n001 as client
    participant n002 as server
    Note over n001: SELECTING
    n001->>n002: DISCOVER mac 02:00:00:00:00:01, host student
    n002->>n001: OFFER 192.168.1.100 for 3600s, by server
    Note over n001: REQUESTING
    Note over n001: 1.5 s later
    n001->>n002: REQUEST selecting 192.168.1.100, from server
    n002->>n001: ACK 192.168.1.100 for 3600s, by server
    Note over n001: BOUND
]])
end)

t.test("a lost packet ends in a cross, with its cause; a broadcast goes to each who got it", function()
  local text = diagram(function(dhcp)
    local net = dhcp.network { name = "net" }
    dhcp.server { network = net, name = "one", pool = POOL }
    dhcp.server { network = net, name = "two", pool = "192.168.1.150-192.168.1.160" }
    local client = dhcp.client { network = net, mac = lab.MAC, timeout = 1, retries = 0 }
    client:discover()
    net:set { loss = 1 }
    client:discover()
  end)
  t.match(text, "\n    n001%->>n002: DISCOVER[^\n]+\n    n001%->>n003: DISCOVER[^\n]+\n")
  t.match(text, "\n    n001%-xn002: DISCOVER mac 02:00:00:00:00:01, lost: loss")
end)

t.test("a copy is told as such", function()
  local text = diagram(function(dhcp)
    local net = dhcp.network { name = "net", duplicate = 1 }
    dhcp.server { network = net, pool = POOL }
    dhcp.client { network = net, mac = lab.MAC }:discover()
    dhcp.sleep(1)
  end)
  t.match(text, "\n    n001%->>n002: DISCOVER mac [%x:]+\n    n001%->>n002: DISCOVER mac [%x:]+ %(again%)\n")
end)

t.test("nothing that a packet or a script says is syntax", function()
  local text = diagram(function(dhcp)
    dhcp.server { pool = POOL, name = "end\nNote over n001: forged; <b>#35;%% {x}" }
    dhcp.client { mac = lab.MAC, hostname = "end; n001->>n002: forged\n%%{init: {}}%%" }:acquire()
  end)
  t.ok(not text:find("\n    n001%->>n002: forged"))
  t.ok(not text:find("\n *Note over n001: forged"))
  for line in text:gmatch("[^\n]+") do
    local words = line:gsub("#%d+;", "")
    t.ok(not words:find("[;#<{}%%\"]"), line)
    t.ok(not words:gsub("^%s+Note over", ""):find("%f[%w]end%f[%W]"), line)
  end
end)

t.test("a long run is cut, and says so", function()
  local text = diagram(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    for _ = 1, 300 do client:renew() end
  end)
  local count = select(2, text:gsub("\n", ""))
  t.ok(count > 350 and count <= 401, count)
  t.match(text, "\n    Note over n001: and %d+ events more\n$")
end)

t.test("an empty run is an empty diagram", function()
  t.equal(diagram(function(dhcp) dhcp.sleep(1) end), "sequenceDiagram\n")
end)

t.test("--mermaid - writes to standard output, a file elsewhere", function()
  local out, err, status = t.run { t.exe, "--virtual", "--seed", "1", "-q", "--mermaid", "-" }
  t.equal({ err, status }, { "", 0 })
  t.match(out, "assigned 192.168.1.100 for 3600 s\nsequenceDiagram\n    participant n001 as client\n")
  local path = t.path("a.mmd")
  t.equal(select(3, t.run { t.exe, "--virtual", "--seed", "1", "-q", "--mermaid", path }), 0)
  t.equal(t.read(path), out:match("sequenceDiagram.*"))
end)

t.done()
