-- What `dhcplab client` prints at its end, as text and as JSON.
local t = require "harness"
local json = require "dkjson"
local lab = require "lab"

-- Runs a client of the library in a process of its own; stdout, stderr.
local function report(server, rest)
  return t.run { t.exe, "run", "-q", "--virtual", "--seed", "7", t.write(t.path("report.lua"), ([[
local dhcp = require "dhcplab"
%s
local client = dhcp.client { mac = "%s", timeout = 2 }
%s]]):format(server, lab.MAC, rest)) }
end

t.test("a lease is one line", function()
  local out, err = report('dhcp.server { lease_time = "2h" }', "return dhcp.report(client, client:acquire())")
  t.equal({ out, err }, { "assigned 192.168.1.100 for 7200 s, by server 192.168.1.2\n", "" })
  out = report('dhcp.server { lease_time = "infinite" }', "return dhcp.report(client, client:acquire())")
  t.equal(out, "assigned 192.168.1.100 for ever, by server 192.168.1.2\n")
end)

t.test("without a lease: why, on stderr, and status 1", function()
  local out, err, status = report("", "return dhcp.report(client, client:acquire())")
  t.equal({ out, status }, { "", 1 })
  t.match(err, "dhcplab: failed%[E411%]: no answer from .* in 2 s; is a server running there%? dhcplab server")
  out, err, status = report('local s = dhcp.server {} function s:request(r) return self:nak(r, "no") end',
    "return dhcp.report(client, client:acquire())")
  t.equal({ out, status }, { "", 1 })
  t.match(err, "^dhcplab: failed%[E411%]: the server refused: NAK\n")
end)

t.test("an INFORM's answer is options, whatever their shape", function()
  local out, err = report([[dhcp.server { options = { domain_name = "\27x", ntp_servers = { "10.0.0.1", "10.0.0.2" },
    classless_static_routes = { { destination = "10.0.0.0/8", router = "192.168.1.1" } } } }
]], [[client = dhcp.client { requested_options = { "domain_name", "ntp_servers", "classless_static_routes" } }
return dhcp.report(client, client:inform("192.168.1.7"))]])
  t.equal(err, "")
  t.match(out, "^options for 192.168.1.7, by server 192.168.1.2:\n")
  t.match(out, "\n  ntp_servers: 10.0.0.1, 10.0.0.2\n")
  t.match(out, '\n  classless_static_routes: [^\n]*10.0.0.0/8')
  t.match(out, "\n  domain_name: \\x1bx\n")
end)

t.test("JSON has the keys of the schema in their order, and numbers as numbers", function()
  local out = t.run { t.exe, "run", "-q", "--virtual", "--set", "format=json", t.write(t.path("report.lua"), [[
local dhcp = require "dhcplab"
dhcp.server { options = { [224] = "\0\255" , routers = "192.168.1.1" } }
local client = dhcp.client { requested_options = { 1, 3, 224 } }
return dhcp.report(client, client:acquire())]]) }
  local object = t.ok(json.decode(out), out)
  t.equal({ object.address, object.server, object.lease_time, object.renewal_time, object.rebinding_time },
    { "192.168.1.100", "192.168.1.2", 3600, 1800, 3150 })
  t.equal({ object.options.routers, object.options["224"], object.options.subnet_mask },
    { { "192.168.1.1" }, "00ff", "255.255.255.0" })
  local last = 0
  for _, key in ipairs { "address", "server", "lease_time", "renewal_time", "rebinding_time", "options", "elapsed" } do
    local at = t.ok(out:find('"' .. key .. '":', last + 1, true), key)
    t.ok(at > last)
    last = key == "options" and out:find("}", at, true) or at
  end
end)

t.done()
