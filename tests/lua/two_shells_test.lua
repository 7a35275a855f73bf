-- A server in one process, clients in others: `dhcplab server` and `dhcplab client`, and a client that shares no code.
local t = require "harness"

local exe = t.exe

-- A server on a port that the system chooses; its address.
local function serve(...)
  local server = t.start { exe, "server", "--listen", "127.0.0.1:0", ... }
  return server, server:wait_for("listening on (%S+)")
end

local function client(address, ...)
  local out, err, status = t.run { exe, "client", "--server", address, ... }
  t.equal(status, 0, err)
  return out:match("assigned (%S+)"), out, err
end

t.test("the README's two commands: the client prints its address and ends with status 0", function()
  local _, address = serve("--pool", "192.168.1.100-192.168.1.200", "--lease-time", "1h")
  local got, out = client(address)
  t.equal(got, "192.168.1.100")
  t.match(out, "assigned 192.168.1.100 for 3600 s, by server 127.0.0.1")
end)

t.test("the same --mac gets the same address, another gets another [S-21] [S-55]", function()
  local _, address = serve("--pool", "192.168.1.100-192.168.1.200")
  t.equal(client(address, "--mac", "02:00:00:00:00:01"), "192.168.1.100")
  t.equal(client(address, "--mac", "02:00:00:00:00:02"), "192.168.1.101")
  t.equal(client(address, "--mac", "02:00:00:00:00:01"), "192.168.1.100")
  t.equal(client(address, "--mac", "02:00:00:00:00:02"), "192.168.1.101")
end)

t.test("--client-id is what identifies, --requested-address and --lease-time are wishes [S-20] [S-21] [S-23]",
  function()
  local _, address = serve("--pool", "192.168.1.100-192.168.1.200", "--lease-time", "1h")
  local first, out = client(address, "--client-id", "00:6d:65", "--requested-address", "192.168.1.150",
    "--lease-time", "10m",
    "--mac", "02:00:00:00:00:01")
  t.equal(first, "192.168.1.150")
  t.match(out, "for 600 s")
  t.equal(client(address, "--client-id", "006d65", "--mac", "02:00:00:00:00:09"), "192.168.1.150")
  t.equal(client(address, "--mac", "02:00:00:00:00:01"), "192.168.1.100")
end)

t.test("the flags of the server reach the client: router, dns, domain, subnet", function()
  t.need("python3")
  local _, address = serve("--subnet", "10.20.0.0/16", "--pool", "10.20.1.1-10.20.1.9", "--router", "10.20.0.1",
    "--dns", "10.20.0.2",
    "--dns", "10.20.0.3", "--domain", "lab.example", "--lease-time", "infinite")
  local _, out = client(address, "--format", "json")
  local json = require "dkjson"
  local object = t.ok(json.decode(out), out)
  t.equal({ object.address, object.server, object.lease_time }, { "10.20.1.1", "127.0.0.1", 0xffffffff })
  t.equal({ object.options.subnet_mask, object.options.routers, object.options.domain_name_servers,
    object.options.domain_name },
    { "255.255.0.0", { "10.20.0.1" }, { "10.20.0.2", "10.20.0.3" }, "lab.example" })
  t.match(out, '^{"address":"10.20.1.1","server":"127.0.0.1","lease_time":', "the order of the keys")
end)

t.test("--listen 0.0.0.0 serves every address, and is identified by the one that was used [X-09]", function()
  local server = t.start { exe, "server", "--listen", "0.0.0.0:0" }
  local port = server:wait_for("listening on 0.0.0.0:(%d+)")
  local _, out = client("127.0.0.1:" .. port, "--mac", "02:00:00:00:00:01")
  t.match(out, "by server 127.0.0.1\n")
  _, out = client("127.0.0.5:" .. port, "--mac", "02:00:00:00:00:02")
  t.match(out, "by server 127.0.0.5\n")
end)

t.test("a full pool: the next client goes away empty-handed, with status 1 [S-28]", function()
  local server, address = serve("--pool", "192.168.1.100", "-v")
  client(address)
  local _, err, status = t.run { exe, "client", "--server", address, "--timeout", "500ms" }
  t.equal(status, 1)
  t.match(err, "no answer from " .. address)
  local out = server:stop("INT")
  t.match(out, "no address left in 192.168.1.0/24")
end)

t.test("--release gives the address back [S-51] [C-33]", function()
  local server, address = serve("--pool", "192.168.1.100")
  client(address, "--mac", "02:00:00:00:00:01", "--release")
  t.equal(client(address, "--mac", "02:00:00:00:00:02"), "192.168.1.100")
  local _, err = server:stop("INT")
  t.match(err, "heard 2 discover, 2 request,.* 1 release.*; 1 bound")
end)

t.test("--renew, --reboot, --inform and --decline [C-03] [C-01] [C-08] [S-50]", function()
  local server, address = serve("--pool", "192.168.1.100-192.168.1.101")
  local mac = { "--mac", "02:00:00:00:00:01" }
  client(address, mac[1], mac[2], "--renew")
  local _, err, status = t.run { exe, "client", "--server", address, "--reboot", "192.168.1.100", table.unpack(mac) }
  t.equal(status, 0, err)
  _, err, status = t.run { exe, "client", "--server", address, "--inform", "192.168.1.44", "--mac",
    "02:00:00:00:00:07" }
  t.equal(status, 0, err)
  client(address, mac[1], mac[2], "--decline")
  t.equal(client(address, "--mac", "02:00:00:00:00:02"), "192.168.1.101", "the declined one rests")
  local _, said = server:stop("INT")
  t.match(said, "1 decline,.* 1 inform")
end)

t.test("a client that shares none of this code takes a lease, and finds no fault [S-01] [S-08] [S-09] [S-14]",
  function()
  t.need("python3")
  local _, address = serve("--pool", "192.168.1.100-192.168.1.200", "--router", "192.168.1.1", "--dns", "192.168.1.1",
    "--domain", "lab.example")
  for _ = 1, 2 do
    local out, err, status = t.run { "python3", "tests/interop/plain_client.py", address, "02:00:00:00:00:01" }
    t.equal({ out, err, status }, { "192.168.1.100\n", "", 0 })
  end
end)

t.test("ten clients at once get ten addresses", function()
  local _, address = serve("--pool", "192.168.1.100-192.168.1.200")
  local running, seen = {}, {}
  for i = 1, 10 do running[i] = t.start { exe, "client", "--server", address } end
  for i = 1, 10 do
    local out, err, status = running[i]:wait(20)
    t.equal(status, 0, err)
    local got = out:match("assigned (%S+)")
    t.ok(not seen[got], got)
    seen[got] = true
  end
end)

t.test("a server with a script of its own: silence for one MAC", function()
  local script = t.write(t.path("policy.lua"), [[
local dhcp = require "dhcplab"
local server = dhcp.server { pool = dhcp.param.pool }
function server:discover(request)
  if request.mac == "02:00:00:00:00:66" then return end
  return dhcp.server.discover(self, request)
end]])
  local server = t.start { exe, "server", script, "--listen", "127.0.0.1:0", "--pool", "192.168.1.7" }
  local address = server:wait_for("listening on (%S+)")
  local _, _, status = t.run { exe, "client", "--server", address, "--mac", "02:00:00:00:00:66", "--timeout", "300ms" }
  t.equal(status, 1)
  t.equal(client(address), "192.168.1.7")
end)

t.test("-v shows states and packets on both sides; a capture of each opens again", function()
  local theirs, ours = t.path("server.pcap"), t.path("client.pcap")
  local server, address = serve("-v", "--pcap", theirs)
  local _, out = client(address, "-v", "--pcap", ours)
  t.match(out, "state BOUND")
  local said = server:stop("INT")
  t.match(said, "DISCOVER")
  for _, path in ipairs { theirs, ours } do
    local read, err, status = t.run { exe, "explain", "--format", "json", path }
    t.equal(status, 0, err)
    t.equal(select(2, read:gsub('"type":"%a+"', "")), 4, path)
  end
end)

t.done()
