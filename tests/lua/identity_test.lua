-- Client identifiers that outlive the hardware (RFC 4361).
local t = require "harness"
local identity = require "dhcplab.identity"
local lab = require "lab"

local test = lab.test

test("a node identifier is 255, the IAID and the DUID [E-11]", function()
  local mac = "02:00:00:00:00:0a"
  t.equal(identity.client_id({ iaid = 1, duid = { mac = mac } }, lab.MAC), "\255\0\0\0\1\0\3\0\1\2\0\0\0\0\10")
  t.equal(identity.client_id({ iaid = 0x01020304 }, mac), "\255\1\2\3\4\0\3\0\1\2\0\0\0\0\10")
  t.equal(identity.client_id({ duid = { enterprise = 32473, id = "x1" } }, mac), "\255\0\0\0\1\0\2\0\0\126\217x1")
  t.equal(identity.client_id({ duid = { uuid = "00112233-4455-6677-8899-aabbccddeeff" } }, mac),
    "\255\0\0\0\1\0\4\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff")
  t.equal(identity.client_id({ duid = "\0\9raw" }, mac), "\255\0\0\0\1\0\9raw")
  t.equal(identity.client_id("\1plain", mac), "\1plain")
  t.equal(identity.client_id(nil, mac), nil)
end)

test("a wrong node identifier is refused [E-11]", function()
  local function refused(setting, pattern) t.error(function() identity.client_id(setting, lab.MAC) end, pattern) end
  refused({ iaid = -1 }, "32 bits")
  refused({ iaid = 0x100000000 }, "32 bits")
  refused({ iaid = 1.5 }, "32 bits")
  refused({ duid = { uuid = "0011" } }, "32 hex digits")
  refused({ duid = { mac = "nothing" } }, "no MAC")
  refused({ duid = { enterprise = 1 } }, "takes octets")
  refused({ duid = "\0\3" }, "octets")
  refused({ duid = ("x"):rep(131) }, "octets")
  refused({ iad = 1 }, "iaid")
  t.equal(#identity.client_id({ duid = ("x"):rep(130) }, lab.MAC), 135)
end)

test("the same node on new hardware keeps its address [E-11]", function(dhcp)
  dhcp.server {}
  local id = { iaid = 7, duid = { enterprise = 32473, id = "machine" } }
  local old = dhcp.client { mac = lab.MAC, client_id = id }
  local lease = t.ok(old:acquire())
  local new = dhcp.client { mac = lab.OTHER, client_id = id }
  t.equal(t.ok(new:acquire()).address, lease.address)
  local other = dhcp.client { client_id = { iaid = 8, duid = id.duid } }
  t.ok(t.ok(other:acquire()).address ~= lease.address, "another interface is another client")
  for _, record in ipairs(dhcp.trace:find { type = "request" }) do
    t.equal(record.message.options:raw(61):sub(1, 1), "\255")
  end
end, { client = true })

t.done()
