-- The settings of a subnet: read once, checked when the server is made, ready for the wire.
local t = require "harness"
local lab = require "lab"
local core = require "dhcplab.core"
local subnet = require "dhcplab.subnet"

local function made(settings) return subnet.new(settings, settings) end

local function first_free(one) return (one.leases:next_free()) end

t.test("without settings a home network: 192.168.1.0/24, .100 to .200, an hour", function()
  local one = made {}
  t.equal({ one.text, one.pool_text, one.lease_time, one.leases:capacity() },
    { "192.168.1.0/24", "192.168.1.100-192.168.1.200", 3600, 101 })
end)

t.test("a pool alone is in the /24 around it", function()
  local one = made { pool = "10.1.2.50-10.1.2.60" }
  t.equal({ one.text, core.ip_text(one.network), core.ip_text(one.mask), one.bits },
    { "10.1.2.0/24", "10.1.2.0", "255.255.255.0", 24 })
end)

t.test("a subnet alone has a pool of its own, of every size", function()
  for text, want in pairs {
    ["10.0.0.0/8"] = "10.0.0.100-10.0.0.200", ["10.0.0.0/24"] = "10.0.0.100-10.0.0.200",
    ["10.0.0.0/25"] = "10.0.0.10-10.0.0.126", ["10.0.0.16/28"] = "10.0.0.24-10.0.0.30",
    ["10.0.0.4/30"] = "10.0.0.6-10.0.0.6", ["10.0.0.8/32"] = "10.0.0.8-10.0.0.8", ["10.0.0.8/31"] = "10.0.0.9-10.0.0.9",
  } do
    local one = made { subnet = text }
    t.equal(one.pool_text, want, text)
    t.ok(first_free(one), text)
  end
end)

t.test("the ends of a subnet are nobody's address", function()
  local one = made { subnet = "10.0.0.0/30", pool = "10.0.0.0-10.0.0.3" }
  t.equal({ one.leases:capacity(), first_free(one) }, { 2, "10.0.0.1" })
  t.equal(made { subnet = "10.0.0.0/31", pool = "10.0.0.0-10.0.0.1" }.leases:capacity(), 2, "but in a /31 they are")
end)

t.test("exclude takes single addresses and ranges out", function()
  local one = made { pool = "10.0.0.10-10.0.0.20", exclude = { "10.0.0.10", "10.0.0.12-10.0.0.19" } }
  t.equal({ one.leases:capacity(), first_free(one), one:offers("10.0.0.12"), one:offers("10.0.0.20") },
    { 2, "10.0.0.11", false, true })
end)

for _, case in ipairs {
  { "a pool outside", { subnet = "10.0.0.0/24", pool = "10.0.0.5-10.0.1.5" }, "lies outside the subnet 10.0.0.0/24" },
  { "a pool that ends before it begins", { pool = "10.0.0.9-10.0.0.5" }, "ends before it begins" },
  { "pools that overlap", { pool = { "10.0.0.5-10.0.0.9", "10.0.0.9-10.0.0.12" } }, "overlaps" },
  { "a pool that is no text", { pool = 5 }, "pool takes" },
  { "a pool with words", { pool = "a-b" }, "is not an IPv4 address" },
  { "a pool with three ends", { pool = "10.0.0.1-10.0.0.2-10.0.0.3" }, "is not an IPv4 address" },
  { "a subnet without bits", { subnet = "10.0.0.0" }, "is not a network" },
  { "a subnet with bits beyond its mask", { subnet = "10.0.0.1/24" }, "bits beyond the mask must be zero" },
  { "a subnet of 33 bits", { subnet = "10.0.0.0/33" }, "is not a network" },
  { "a subnet that is no text", { subnet = 10 }, "is not a network" },
  { "a bad exclude", { exclude = "x" }, 'exclude: "x"' },
  { "a lease time in words", { lease_time = "long" }, "lease_time: a time such as" },
  { "a lease time of 0", { lease_time = 0 }, "lease_time is at least 1 second" },
  { "a negative lease time", { lease_time = -5 }, "lease_time: a time such as" },
  { "a bad T1", { renewal_time = {} }, "renewal_time: a time such as" },
  { "an unknown option", { options = { rooters = "10.0.0.1" } }, 'rooters.*did you mean "routers"' },
  { "a bad option", { options = { routers = "10.0.0" } }, "routers" },
  { "an option of a wrong type", { options = { lease_time = true } }, "lease_time" },
  { "an option code out of range", { options = { [300] = "x" } }, "1 to 254" },
  { "a host outside", { hosts = { ["02:00:00:00:00:01"] = { address = "10.9.9.9" } } }, "lies outside the subnet" },
  { "a host with a bad address", { hosts = { ["02:00:00:00:00:01"] = { address = "here" } } },
    "is not an IPv4 address" },
  { "a host with an unknown setting", { hosts = { ["02:00:00:00:00:01"] = { adress = "192.168.1.5" } } },
    'did you mean "address"' },
  { "a host with a bad option", { hosts = { ["02:00:00:00:00:01"] = { options = { routrs = "x" } } } },
    'did you mean "routers"' },
  { "two hosts with one address", { hosts = { ["02:00:00:00:00:01"] = { address = "192.168.1.5" },
    ["02:00:00:00:00:02"] = { address = "192.168.1.5" } } }, "192.168.1.5" },
  { "options that are no table", { options = "routers" }, "options" },
  { "hosts that are no table", { hosts = "x" }, "hosts" },
} do
  t.test(case[1] .. " is refused when the server is made, at the script's line", function()
    t.error(function() made(case[2]) end, "subnet_test.lua:%d+: .*" .. case[3])
  end)
end

t.test("what a subnet does not say it has from its server", function()
  local one = subnet.new({ subnet = "10.0.0.0/24" }, { subnet = "10.9.0.0/24", lease_time = "2h",
    options = { [15] = "x.example" } })
  t.equal({ one.text, one.lease_time, one.template[15] }, { "10.0.0.0/24", 7200, "x.example" })
end)

t.test("hosts of a server count in the subnet that their address is in", function()
  local common = { hosts = { ["02:00:00:00:00:01"] = { address = "10.0.0.7", hostname = "one" } }, subnets = {} }
  local one, two = subnet.new({ subnet = "10.0.0.0/24" }, common), subnet.new({ subnet = "10.9.0.0/24" }, common)
  t.equal({ one.hosts["02:00:00:00:00:01"].address, two.hosts["02:00:00:00:00:01"].address }, { "10.0.0.7", nil })
end)

t.test("options are octets at once: by name, alias or number, in rising order [O-04]", function()
  local one = made { options = { ["domain-name"] = "x.example", [42] = "10.0.0.9", routers = { "192.168.1.1" },
    [224] = "raw" } }
  t.equal({ one.template[15], one.template[42], one.template[3], one.template[224], one.template[1] },
    { "x.example", "\10\0\0\9", "\192\168\1\1", "raw", "\255\255\255\0" })
  t.equal({ one.template.order:byte(1, -1) }, { 1, 3, 15, 42, 224 })
  t.equal(one.template[28], "\192\168\1\255", "the broadcast address, for those who ask")
end)

t.test("T1 and T2: half and seven eighths, or as set where that makes sense [S-25]", function()
  local default = made {}
  local function timers(one, seconds) return { one:timers(seconds) } end
  t.equal(timers(default, 800), { 400, 700 })
  t.equal(timers(default, 0xffffffff), { 0xffffffff, 0xffffffff })
  local set = made { renewal_time = 100, rebinding_time = 300 }
  t.equal(timers(set, 800), { 100, 300 })
  t.equal(timers(set, 250), { 100, 218 }, "T2 beyond the lease")
  t.equal(timers(set, 100), { 50, 87 }, "both beyond")
  for seconds = 2, 40 do
    local t1, t2 = default:timers(seconds)
    if t1 then t.ok(t1 <= t2 and t2 < seconds, ("%d: %d, %d"):format(seconds, t1, t2)) end
  end
end)

t.test("a lease time of more than 32 bits is not infinite, infinite is 0xffffffff [M-18]", function()
  t.equal(made { lease_time = "infinite" }.lease_time, 0xffffffff)
  t.equal(made { lease_time = 5e9 }.lease_time, 0xfffffffe)
  t.equal(made { lease_time = 0xffffffff }.lease_time, 0xfffffffe)
end)

-- ---- another lease table

lab.test("a server keeps its leases in whatever table its store makes", function(dhcp)
  local calls, asked = {}, nil
  local function store(text)
    asked = text
    local real = core.leases.new()
    return setmetatable({}, { __index = function(_, name)
      return function(_, ...)
        calls[name] = (calls[name] or 0) + 1
        return real[name](real, ...)
      end
    end })
  end
  local server = dhcp.server { pool = "10.0.0.5-10.0.0.9", store = store }
  t.equal(asked, "10.0.0.0/24")
  t.equal(dhcp.client {}:acquire().address, "10.0.0.5")
  t.equal(server:leases()[1].state, "bound")
  t.ok(calls.find > 0 and calls.hold == 2 and calls.next_free == 1, "the store was asked")
end)

lab.test("a store that lacks a method is refused at once", function(dhcp)
  t.error(function() dhcp.server { store = function() return {} end } end, 'no method "range"')
  t.error(function() dhcp.server { store = 1 } end, "store is a function")
end)

t.done()
