-- Messages as scripts see them: fields, options of every catalogue row, errors that name the nearest right word.
local t = require "harness"
local core = require "dhcplab.core"
local dhcp = require "dhcplab"

local MAC <const> = "02:00:00:00:00:01"

local function make(fields)
  local all = { type = "discover", mac = MAC, xid = 0x11223344 }
  for key, value in pairs(fields or {}) do all[key] = value end
  return dhcp.message(all)
end

-- ---- fields

t.test("a new message is an empty BOOTREQUEST of Ethernet [M-01] [M-02] [M-03] [M-08]", function()
  local bytes = dhcp.message({}):bytes()
  t.equal(#bytes, 300)
  t.equal(bytes:sub(1, 4), "\1\1\6\0")
  t.equal(bytes:sub(5, 236), ("\0"):rep(232))
  t.equal(bytes:sub(237, 241), "\x63\x82\x53\x63\xff")
  t.equal(bytes:sub(242), ("\0"):rep(59))
end)

-- name, value, its octets at the offset of RFC 2131 figure 1
local fields <const> = {
  { "op", 2, 0, "\2" }, { "htype", 32, 1, "\32" }, { "hlen", 16, 2, "\16" }, { "hops", 255, 3, "\255" },
  { "xid", 0xdeadbeef, 4, "\xde\xad\xbe\xef" }, { "secs", 65535, 8, "\255\255" }, { "flags", 0x8001, 10, "\x80\1" },
  { "ciaddr", "1.2.3.4", 12, "\1\2\3\4" }, { "yiaddr", "255.255.255.255", 16, "\255\255\255\255" },
  { "siaddr", "10.0.0.1", 20, "\10\0\0\1" }, { "giaddr", "192.168.1.254", 24, "\192\168\1\254" },
  { "chaddr", "0a:0b:0c:0d:0e:0f", 28, "\10\11\12\13\14\15\0" }, { "sname", "boot.example", 44, "boot.example\0" },
  { "file", "pxe/kernel", 108, "pxe/kernel\0" },
}

for _, row in ipairs(fields) do
  local name, value, offset, octets = table.unpack(row)
  t.test(("%s lies at offset %d and comes back [M-01]"):format(name, offset), function()
    local m = make { [name] = value }
    t.equal(m[name], value)
    t.equal(m:bytes():sub(offset + 1, offset + #octets), octets)
    local back = dhcp.decode(m:bytes())
    t.equal(back[name], value)
    local later = make()
    later[name] = value
    t.equal(later[name], value)
  end)
end

t.test("the catalogue of fields says the same offsets [M-01]", function()
  local at = {}
  for _, field in ipairs(core.fields()) do at[field.name] = field.offset end
  for _, row in ipairs(fields) do t.equal(at[row[1]], row[3], row[1]) end
end)

t.test("sname and file of full length need no zero at their end [M-19]", function()
  local m = make { sname = ("s"):rep(64), file = ("f"):rep(128) }
  local back = dhcp.decode(m:bytes())
  t.equal({ back.sname, back.file }, { ("s"):rep(64), ("f"):rep(128) })
  t.error(function() make { sname = ("s"):rep(65) } end, "sname holds at most 64")
  t.error(function() make { file = ("f"):rep(129) } end, "file holds at most 128")
end)

t.test("a hardware address of up to 16 octets sets hlen; what follows in chaddr is zero [M-06]", function()
  local m = make()
  m.chaddr = "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10"
  t.equal({ m.hlen, m.mac }, { 16, "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10" })
  m.mac = MAC
  t.equal({ m.hlen, m:bytes():sub(29, 44) }, { 6, "\2\0\0\0\0\1" .. ("\0"):rep(10) })
  t.error(function() m.mac = "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11" end, "hardware address")
  t.error(function() m.mac = "02:00:00:00:00:0g" end, "hardware address")
  t.error(function() m.mac = "" end, "hardware address")
end)

t.test("hlen beyond 16 cannot be decoded [M-06]", function()
  local bytes = make():bytes()
  local m, word, text = dhcp.decode(bytes:sub(1, 2) .. "\17" .. bytes:sub(4))
  t.equal({ m, word }, { nil, "format" })
  t.match(text, "^hlen is over 16.*offset 2")
end)

t.test("the broadcast bit is bit 15 and touches no other [M-05]", function()
  local m = make { flags = 0x0001 }
  m.broadcast = true
  t.equal(m.flags, 0x8001)
  m.broadcast = false
  t.equal({ m.flags, m.broadcast }, { 1, false })
end)

t.test("type by name and by number; option 53 is there once [M-04]", function()
  local m = make { type = "request" }
  m.type = "nak"
  t.equal({ m.type, m.options.message_type, #m:instances() }, { "nak", "nak", 1 })
  m.type = 77
  t.equal({ m.type, m.options[53] }, { 77, 77 })
  m.type = nil
  t.equal({ m.type, m.options:has(53) }, { nil, false })
end)

for _, case in ipairs {
  { "a field out of range", function(m) m.hops = 256 end, "hops is a whole number from 0 to 255, got 256" },
  { "a negative field", function(m) m.secs = -1 end, "secs is a whole number from 0 to 65535, got %-1" },
  { "a fraction", function(m) m.xid = 1.5 end, "xid is a whole number" },
  { "text for a number", function(m) m.xid = "abc" end, "xid is a whole number" },
  { "no address", function(m) m.ciaddr = "10.0.0" end, '"10.0.0" is not an IPv4 address' },
  { "an address out of range", function(m) m.ciaddr = "10.0.0.256" end, "not an IPv4 address" },
  { "an unknown type", function(m) m.type = "discovr" end, 'no message type is called "discovr"' },
  { "a misspelt field", function(m) m.yaddr = "10.0.0.1" end, 'no field called "yaddr"; did you mean "yiaddr"' },
  { "a misspelt field that is read", function(m) return m.broadcst end, 'did you mean "broadcast"' },
  { "an option as a field", function(m) m.lease_time = 1 end, "it is an option: write options.lease_time" },
  { "an option that is read as a field", function(m) return m.lease_time end, "write options.lease_time" },
  { "a number as a field", function(m) return m[1] end, "named fields only" },
  { "what can be read only", function(m) m.kind = "selecting" end, "read only" },
  { "a misspelt option", function(m) m.options.leese_time = 1 end,
    'option called "leese_time"; did you mean "lease_time"' },
  { "a misspelt option that is read", function(m) return m.options.router_ end, 'did you mean "routers"' },
  { "an option code out of range", function(m) return m.options[255] end, "option code is a number from 1 to 254" },
  { "option code 0", function(m) m.options[0] = "x" end, "from 1 to 254" },
  { "a wrong type of value", function(m) m.options.lease_time = {} end, "lease_time" },
  { "a value out of range", function(m) m.options.lease_time = -1 end, "lease_time" },
  { "a bad address in a list", function(m) m.options.routers = { "10.0.0.1", "nowhere" } end, "routers.*nowhere" },
  { "an empty list", function(m) m.options.routers = {} end, "routers" },
  { "an empty text", function(m) m.options.host_name = "" end, "host_name" },
  { "no boolean", function(m) m.options.ip_forwarding = "yes" end, "ip_forwarding" },
  { "a list of options with one unknown", function(m) m.options.parameter_request_list = { "routers", "rooters" } end,
    "rooters" },
} do
  t.test(case[1] .. " is refused, at the script's line [O-01]", function()
    t.error(function() case[2](make()) end, "^tests/lua/message_test.lua:%d+: .*" .. case[3])
  end)
end

t.test("unknown keys in a constructor are refused too", function()
  t.error(function() dhcp.message { typ = "discover" } end, 'message_test.lua:%d+: .*"typ"; did you mean "type"')
  t.error(function() dhcp.message { options = { rooters = "10.0.0.1" } } end, 'did you mean "routers"')
  t.error(function() dhcp.message { options = 3 } end, "table")
end)

-- ---- options of every row

local long = ("x"):rep(255)

-- What to assign for a type, and what comes back if that is not the same.
local samples <const> = {
  ip = { "10.0.0.1" }, ips = { { "10.0.0.1", "10.0.0.2" } },
  ["ip pairs"] = false, u8 = { 1 }, u16 = { 1500 }, u32 = { 0, 0xffffffff }, i32 = { -3600, 0x7fffffff },
  seconds = { 0, 3600, 0xffffffff }, u8s = { { 1, 2, 255 } }, u16s = { { 1500, 68 } }, bool = { true, false },
  text = { "a", "some text", long }, bytes = { ("b"):rep(40), ("\0\255"):rep(11) }, message = { "offer", "inform" },
  domains = { { "example.org", "sub.example.org", "other.net" } },
  empty = { true },
}

-- Shapes with parts: by code, since rows of one type differ in their names.
local by_code <const> = {
  [21] = { { { address = "10.0.0.0", mask = "255.0.0.0" } } },
  [33] = { { { destination = "10.1.0.0", router = "10.0.0.1" } } },
  [46] = { 1, 8 }, [52] = { 1, 3 }, [55] = { { 1, 3, 6, 255 } }, [57] = { 576, 65535 },
  [23] = { 1, 255 }, [37] = { 1, 255 }, [116] = { 0, 1 }, [22] = { 576 }, [26] = { 68 },
  [63] = { { [5] = "x" } },
  [78] = { { mandatory = true, addresses = { "10.0.0.1" } } }, [79] = { { mandatory = false, scope = "default" } },
  [81] = { { flags = 5, rcode1 = 0, rcode2 = 255, name = "host.example.org" } },
  [82] = { { circuit_id = "eth0", remote_id = "\0\1", [200] = "?" } },
  [94] = { { type = 1, major = 3, minor = 16 } },
  [109] = { ("\32"):rep(16) }, [120] = { { "sip.example.org" }, { "10.0.0.1", "10.0.0.2" } },
  [121] = { { { destination = "10.0.0.0/8", router = "192.168.1.1" }, { destination = "0.0.0.0/0",
    router = "10.0.0.1" } } },
  [249] = { { { destination = "10.128.0.0/9", router = "192.168.1.1" } } },
  [122] = { { [1] = "a" } }, [123] = { ("g"):rep(16) }, [144] = { ("g"):rep(16) }, [159] = { "abcd" },
    [208] = { "\xf1\0\x74\x7e" },
  [124] = { { { enterprise = 9, data = "class" } } }, [125] = { { { enterprise = 9, options = { [1] = "x" } } } },
  [139] = { { [1] = "\10\0\0\1" } }, [140] = { { [1] = "x" } }, [175] = { { [8] = "x" } },
  [158] = { { { "10.0.0.1" }, { "10.0.0.2", "10.0.0.3" } } },
}

local function samples_of(row) return by_code[row.code] or samples[row.type] end

local rows = core.catalogue()

t.test("there is a sample for every row of the catalogue [O-02]", function()
  for _, row in ipairs(rows) do
    if row.code ~= 0 and row.code ~= 255 then
      t.ok(samples_of(row), ("%d %s, type %s"):format(row.code, row.name, row.type))
    end
  end
  t.ok(#rows > 140)
end)

for _, row in ipairs(rows) do
  if row.code ~= 0 and row.code ~= 255 then
    t.test(("option %d %s: by name, by number, over the wire and back [O-02]"):format(row.code, row.name), function()
      for _, value in ipairs(samples_of(row)) do
        local m = dhcp.message { type = row.code ~= 53 and "discover" or nil, options = { [row.name] = value } }
        t.equal(m.options[row.name], value, "by name")
        t.equal(m.options[row.code], value, "by number")
        local back = t.ok(dhcp.decode(m:bytes()))
        t.equal(back.options[row.name], value, "decoded")
        t.equal(back.options:raw(row.code), core.encode_value(row.name, value), "its octets")
        t.equal(core.value(row.code, back.options:raw(row.code)), value, "core.value")
        local by_number = dhcp.message { type = row.code ~= 53 and "discover" or nil }
        by_number.options[row.code] = value
        t.equal(by_number:bytes(), m:bytes(), "the same message")
        if row.code ~= 52 then t.equal(back:faults(), {}, "without fault") end -- 52 promises options in file
      end
    end)
  end
end

-- The number of octets that a row allows, and one more and one less, set as raw octets.
t.test("lengths: the least and the most are fine, one less and one more are faults [O-01] [M-15]", function()
  local checked = 0
  for _, row in ipairs(rows) do
    local function faults_of(length)
      local m = dhcp.message { type = row.code ~= 53 and "discover" or nil }
      m.options:set_raw(row.code, ("\0"):rep(length))
      for _, fault in ipairs(m:faults()) do
        if fault.code == row.code and fault.rule == "M-15" then return true end
      end
      return false
    end
    local exact = ({ ip = 1, u8 = 1, u16 = 1, u32 = 1, i32 = 1, seconds = 1 })[row.type]
    if exact and row.code ~= 53 and row.code ~= 52 then
      t.ok(faults_of(row.min - 1), ("%s with %d octets"):format(row.name, row.min - 1))
      t.ok(faults_of(row.max + 1), ("%s with %d octets"):format(row.name, row.max + 1))
      checked = checked + 1
    elseif row.type == "ips" then
      t.ok(faults_of(row.min == 0 and 1 or row.min - 1), row.name)
      t.ok(faults_of(7), row.name .. " with 7 octets")
      t.ok(not faults_of(8), row.name .. " with 8 octets")
      checked = checked + 1
    end
  end
  t.ok(checked > 60, checked)
end)

t.test("every alias names its row, with - as with _ and in any case [O-04]", function()
  for _, row in ipairs(rows) do
    for _, alias in ipairs(row.aliases) do
      t.equal(core.option(alias).code, row.code, alias)
      t.equal(core.option(alias:gsub("-", "_"):upper()).code, row.code, alias)
    end
  end
  local m = dhcp.message { options = { ["Dhcp-Lease-Time"] = 60 } }
  t.equal({ m.options.lease_time, m.options["ip-address-lease-time"] }, { 60, 60 })
  for name in pairs(m.options) do t.equal(name, "lease_time", "one canonical name on output") end
end)

-- ---- what else options can do

t.test("an absent option is nil, and assigning nil removes one", function()
  local m = make { options = { routers = "10.0.0.1" } }
  t.equal({ m.options.lease_time, m.options:raw(51), m.options:has(51) }, { nil, nil, false })
  m.options.routers = nil
  m.options.routers = nil
  t.equal({ m.options:has("routers"), m.options:codes() }, { false, { 53 } })
end)

t.test("an unknown option is a string of octets and survives [M-16]", function()
  local m = make()
  m.options[224] = "\1\2\0\255"
  local back = dhcp.decode(m:bytes())
  t.equal({ back.options[224], back.options:raw(224) }, { "\1\2\0\255", "\1\2\0\255" })
  local copy = back:copy()
  copy.hops = 1
  t.equal(dhcp.decode(copy:bytes()).options[224], "\1\2\0\255")
end)

t.test("pairs gives each option once, in wire order, names before numbers [M-16]", function()
  local m = make()
  m.options[224] = "x"
  m.options.routers = "10.0.0.1"
  m.options:append(12, "first")
  m.options:append(12, "second")
  m.options.subnet_mask = "255.0.0.0"
  local seen = {}
  for name, value in pairs(m.options) do seen[#seen + 1] = { name, value } end
  t.equal(seen, { { "message_type", "discover" }, { 224, "x" }, { "routers", { "10.0.0.1" } },
    { "host_name", "firstsecond" }, { "subnet_mask", "255.0.0.0" } })
end)

t.test("options given in one table go out in the order of their codes, whatever the table's order", function()
  local m = make { options = { server_id = "10.0.0.1", lease_time = 60, routers = "10.0.0.1", host_name = "x" } }
  t.equal(m.options:codes(), { 53, 3, 12, 51, 54 })
end)

t.test("raw octets may be illegal [O-03]", function()
  local m = make()
  m.options:set_raw("lease_time", "\1\2")
  t.equal({ m.options.lease_time, m.options:raw(51) }, { "\1\2", "\1\2" })
  m.options.lease_time = { hex = "0a0b0c" }
  t.equal(m.options:raw(51), "\10\11\12")
  t.equal(dhcp.decode(m:bytes()).options.lease_time, "\10\11\12", "malformed: as it stands")
  t.ok(#m:faults() > 0)
end)

t.test("strict = false lets values out of bounds through, and nothing else does [O-03]", function()
  t.error(function() make { options = { max_message_size = 100 } } end, "max_message_size")
  local m = make { strict = false, options = { max_message_size = 100 } }
  t.equal(dhcp.decode(m:bytes()).options.max_message_size, 100)
end)

t.test("a value over 255 octets is split and joined again [M-12] [M-13]", function()
  for _, length in ipairs { 254, 255, 256, 510, 511, 1000 } do
    local value = ("0123456789"):rep(length // 10 + 1):sub(1, length)
    local m = make { limit = 1472 }
    m.options.vendor_specific = value
    local back = dhcp.decode(m:bytes())
    t.equal(back.options.vendor_specific, value, length)
    local parts = 0
    for _, instance in ipairs(back:instances()) do parts = parts + (instance.code == 43 and 1 or 0) end
    t.equal(parts, (length + 254) // 255, length)
  end
end)

t.test("instances stand as on the wire, with place and offset [M-11]", function()
  local list = make { options = { routers = "10.0.0.1" } }:instances()
  t.equal(list[2], { code = 3, name = "routers", place = "options", offset = 243, length = 4, bytes = "\10\0\0\1" })
end)

t.test("a message larger than its limit uses file and sname; larger still, it has no bytes [M-10]", function()
  local m = make()
  m.limit = 548
  m.options.root_path = ("r"):rep(200)
  m.options.nis_domain = ("n"):rep(100)
  m.options.merit_dump_file = ("m"):rep(60)
  local back = dhcp.decode(t.ok(m:bytes()))
  t.equal({ back.options.root_path, back.options.nis_domain, back.options.merit_dump_file },
    { ("r"):rep(200), ("n"):rep(100), ("m"):rep(60) })
  t.ok(back.options:has("overload"))
  m.options.domain_name = ("d"):rep(200)
  t.equal({ m:bytes() }, { nil, "space" })
  t.ok(m:bytes(1472), "another limit")
end)

t.test("a script may define an option, by code, name and type", function()
  core.define_option(231, "door_code", "u16", "opens the laboratory")
  t.equal(make { options = { door_code = 4711 } }.options[231], 4711)
  t.error(function() make { options = { door_code = -1 } } end, "door_code")
  t.error(function() core.define_option(232, "door_code", "u8") end, "another option is called")
  t.error(function() core.define_option(232, "Door", "u8") end, "small letters")
  t.error(function() core.define_option(232, "door", "nonsense") end, "no option type")
  t.error(function() core.define_option(255, "door", "u8") end, "1 to 254")
  core.undefine_options()
  t.equal({ core.option(231), core.option("door_code") }, {})
end)

-- ---- decoding, copying, comparing, printing

t.test("what cannot be decoded says what and where [M-02] [M-07] [M-08]", function()
  for _, case in ipairs {
    { "", "short" }, { "x", "short" }, { ("\0"):rep(235), "short" }, { ("\0"):rep(239), "short" },
    { ("\1"):rep(300), "format" }, { ("\0"):rep(300), "format" },
  } do
    local m, word, text = dhcp.decode(case[1])
    t.equal({ m, word }, { nil, case[2] })
    t.match(text, "offset %d+ %(RFC %d+")
  end
  t.ok(dhcp.decode(make():bytes():sub(1, 240)), "240 octets are a message without options")
end)

t.test("every truncation of a message decodes, or says why not; nothing raises [M-17]", function()
  local bytes = make { options = { routers = { "10.0.0.1", "10.0.0.2" }, host_name = "x", client_id = "\0abc",
    domain_search = { "example.org" }, relay_agent_information = { circuit_id = "x" } } }:bytes()
  for length = 0, #bytes do
    local m, word = dhcp.decode(bytes:sub(1, length))
    if m then
      for name in pairs(m.options) do t.ok(name) end
      t.ok(#tostring(m) > 0 and m:faults() and m:instances())
    else
      t.equal(word, "short")
    end
  end
end)

t.test("a received message gives its datagram back unchanged, until it is changed [M-17]", function()
  local odd = make():bytes() .. "\0\0\0after the end"
  local m = dhcp.decode(odd)
  t.equal({ m:bytes(), #m }, { odd, #odd })
  m.hops = 3
  local again = dhcp.decode(m:bytes())
  t.equal({ again.hops, again:bytes() }, { 3, m:bytes() })
end)

t.test("a copy is a message of its own", function()
  local m = make { options = { host_name = "one" } }
  local copy = m:copy()
  t.ok(copy == m)
  copy.options.host_name = "two"
  copy.xid = 1
  t.equal({ m.options.host_name, m.xid, copy.options.host_name, copy == m }, { "one", 0x11223344, "two", false })
  local decoded = dhcp.decode(m:bytes())
  local twin = decoded:copy()
  twin.options.host_name = ("long"):rep(50)
  t.equal({ decoded.options.host_name, #twin.options.host_name }, { "one", 200 })
end)

t.test("options outlive their message in the hands of a script", function()
  local options = make { options = { host_name = "kept" } }.options
  collectgarbage()
  collectgarbage()
  t.equal(options.host_name, "kept")
end)

t.test("a message prints itself on one line", function()
  t.equal(tostring(make { options = { host_name = "student" } }),
    "DISCOVER xid 0x11223344, mac 02:00:00:00:00:01, host student")
  t.equal(make():summary(), tostring(make()))
  t.match(tostring(make { type = 77 }), "^TYPE 77")
  t.match(tostring(dhcp.message {}), "^BOOTREQUEST")
  t.match(tostring(make { type = "offer", op = 2, yiaddr = "10.0.0.5", options = { lease_time = 60 } }),
    "^OFFER .*10.0.0.5 for 60s")
end)

t.test("names of message types and their numbers [M-04]", function()
  local names = { "discover", "offer", "request", "decline", "ack", "nak", "release", "inform" }
  for number, name in ipairs(names) do
    t.equal({ core.type_name(number), core.type_number(name) }, { name, number })
    local m = make { type = name }
    t.equal(m:bytes():sub(241, 243), "\53\1" .. string.char(number))
  end
end)

t.test("a malformed message of any octets can be read without raising [M-15] [M-17]", function()
  local seed = 1
  local function random(n)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 65536 % n
  end
  local head = make():bytes():sub(1, 240)
  for _ = 1, 300 do
    local tail = {}
    for i = 1, random(200) do tail[i] = string.char(random(256)) end
    local m = t.ok(dhcp.decode(head .. table.concat(tail)))
    for name, value in pairs(m.options) do t.ok(name ~= nil and value ~= nil) end
    t.ok(m:faults() and #tostring(m) > 0 and m:instances())
    m.hops = 1 -- now it is built anew
    local bytes = m:bytes(65000)
    if bytes then
      local again = dhcp.decode(bytes)
      again.hops = 1
      t.equal(again:bytes(65000), bytes, "encoding it again changes nothing")
    end
  end
end)

t.done()
