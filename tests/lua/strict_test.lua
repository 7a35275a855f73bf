-- --strict: the judge over a whole run; what a breach of a MUST does, and what a script may tolerate.
local t = require "harness"
local strict = require "dhcplab.strict"

local function run(script, flags)
  local path = t.path("strict.lua")
  t.write(path, script)
  return t.run(t.exe .. " run " .. t.quote(path) .. " --virtual --seed 1 -q --strict " .. (flags or ""))
end

local WRONG <const> = [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
%s
function server:request(request)
  local ack = dhcp.server.request(self, request)
  ack.options.lease_time = nil -- an ACK without it is against table 3 of RFC 2131
  return ack
end
dhcp.client { timeout = 1, retries = 0 }:acquire()
]]

t.test("a run without breaches says how many packets were judged, and ends well", function()
  local _, err, status = run [[
    local dhcp = require "dhcplab"
    dhcp.server {}
    dhcp.expect(dhcp.client {}:acquire())
  ]]
  t.equal({ err, status }, { "strict: 4 packets judged, 0 breaches of MUST, 0 other remarks\n", 0 })
end)

t.test("a breach of a MUST is told with packet, field, rule and section, and is exit status 1", function()
  local _, err, status = run(WRONG:format(""))
  t.equal(status, 1)
  t.match(err, "strict: packet %d+, options%.lease_time: [^\n]+%(MUST S%-08, RFC 2131 [^\n]+%)")
  t.match(err, "\nstrict: 4 packets judged, 1 breaches of MUST")
end)

t.test("a rule that the script tolerates is shown and does not count", function()
  local _, err, status = run(WRONG:format('dhcp.tolerate "S-08"'))
  t.equal(status, 0)
  t.match(err, "strict: tolerated: packet %d+, options%.lease_time")
  t.match(err, "\nstrict: 4 packets judged, 0 breaches of MUST, 1 other remarks")
end)

t.test("a rule that is not there cannot be tolerated", function()
  local _, err, status = run('require "dhcplab".tolerate "S-99"')
  t.equal(status, 4)
  t.match(err, 'there is no rule "S%-99"')
end)

t.test("a client holds a server in another process against the RFCs, and both sides of the talk are heard", function()
  local broken = t.write(t.path("broken.lua"), [[
local dhcp = require "dhcplab"
local server = dhcp.server { pool = "192.168.1.100-192.168.1.200" }
function server:request(request)
  local reply = dhcp.server.request(self, request)
  if dhcp.param.broken then reply.options.requested_ip = reply.yiaddr end -- table 3: MUST NOT
  return reply
end
]])
  for flags, expected in pairs { [""] = 0, ["--set broken=true"] = 1 } do
    local server = t.start(("%s server %s %s --listen 127.0.0.1:0"):format(t.exe, t.quote(broken), flags))
    local address = server:wait_for("listening on (%S+)")
    local _, err, status = t.run { t.exe, "client", "--server", address, "--strict", "-q" }
    t.match(err, ("strict: 4 packets judged, %d breaches of MUST, 0 other remarks\n"):format(expected))
    t.equal(status, expected)
    server:stop("INT")
  end
end)

t.test("the summary counts", function()
  t.equal(strict.summary { packets = 3, breaches = 1, others = 2 },
    "strict: 3 packets judged, 1 breaches of MUST, 2 other remarks")
end)

t.done()
