-- A pcapng capture with a comment on each packet: what it says, that it is the same each time, and that it is one.
local t = require "harness"
local lab = require "lab"
local core = require "dhcplab.core"

local POOL <const> = "192.168.1.100-192.168.1.110"

-- The comments of a pcapng file, "" for a packet without.
local function comments_of(path)
  local bytes, out, at = t.read(path), {}, 1
  while at <= #bytes do
    local type, total = ("<I4I4"):unpack(bytes, at)
    if type == 6 then
      local length = ("<I4"):unpack(bytes, at + 20)
      local option = at + 28 + (length + 3) // 4 * 4
      out[#out + 1] = option < at + total - 4 and bytes:sub(option + 4, option + 3 + ("<I2"):unpack(bytes,
        option + 2)) or ""
    end
    at = at + total
  end
  return out
end

local function captured(f, options)
  local path = t.path("x.pcapng")
  local made = { pcap = path }
  for key, value in pairs(options or {}) do made[key] = value end
  local world = lab.world(made)
  f(require "dhcplab", world)
  world:close()
  return comments_of(path), path
end

t.test("a comment says who sent a packet, in which state, what for, and who got it", function()
  t.equal((captured(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC, hostname = "student" }:acquire()
  end)), {
    "DISCOVER from client (SELECTING) to everyone: a client looks for servers (RFC 2131 3.1 step 1); "
      .. "mac 02:00:00:00:00:01, host student; reached server",
    "OFFER from server to client: a server offers an address (RFC 2131 3.1 step 2); 192.168.1.100 for 3600s, "
      .. "by 192.168.1.2; reached client",
    "REQUEST from client (REQUESTING) to everyone: takes an offer, and so refuses all others (RFC 2131 3.1 step 3); "
      .. "selecting 192.168.1.100, from 192.168.1.2; reached server",
    "ACK from server to client: the server agrees: the address is the client's (RFC 2131 3.1 step 4); "
      .. "192.168.1.100 for 3600s, by 192.168.1.2; reached client",
  })
end)

t.test("the four uses of a REQUEST are told apart", function()
  local list = captured(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC }
    client:acquire()
    client:renew()
    client:rebind()
    client:reboot("192.168.1.100")
  end)
  local text = table.concat(list, "\n")
  for _, words in ipairs { "takes an offer", "asks its server for more time", "asks any server for more time",
                           "asks whether the address it remembers is still right" } do
    t.match(text, words)
  end
end)

t.test("a lost packet says why, and a second try is not taken for the first", function()
  local list = captured(function(dhcp)
    local net = dhcp.network { name = "net", loss = 1 }
    dhcp.server { network = net, pool = POOL }
    local client = dhcp.client { network = net, mac = lab.MAC, timeout = 3, retries = 1 }
    function client:retransmission_delay() net:set { loss = 0 } return 0.5 end -- luacheck: ignore
    client:discover()
    dhcp.sleep(1)
  end)
  t.match(list[1], "^DISCOVER .*; lost: loss$")
  t.match(list[2], "^DISCOVER .*; reached server$")
  t.match(list[3], "^OFFER .*; reached client$")
end)

t.test("what comes from outside says so, and control characters do not pass", function()
  local list = captured(function(dhcp)
    dhcp.server { pool = POOL }
    lab.bare():ask(lab.discover { options = { host_name = "a\27[2J\nb" } })
  end)
  t.match(list[1], "^DISCOVER from 0.0.0.0:68 to server: .* host a\\x1b%[2J\\x0ab; it came from outside$")
end)

t.test("in real time the packets are the same, with their comments", function()
  local list = captured(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC }:acquire()
  end, { virtual = false, listen = "127.0.0.1:0" })
  t.equal(#list, 4)
  for i, title in ipairs { "DISCOVER", "OFFER", "REQUEST", "ACK" } do
    t.match(list[i], "^" .. title .. " from %a+")
    t.match(list[i], "; reached %a+$")
  end
end)

t.test("the name of the file decides: classic pcap unless it ends in .pcapng; the packets are equal", function()
  local function frames(name)
    local path = t.path(name)
    t.equal(select(3, t.run { t.exe, "--virtual", "--seed", "3", "-q", "--pcap", path }), 0)
    local reader, list = core.open_capture(path), {}
    for record in function() return reader:next() end do list[#list + 1] = { record.time_ns, record.frame } end
    reader:close()
    return list, t.read(path)
  end
  local classic, classic_bytes = frames("a.pcap")
  local commented, commented_bytes = frames("a.pcapng")
  t.equal(commented, classic)
  t.equal(#classic, 4)
  t.equal({ classic_bytes:sub(1, 4), commented_bytes:sub(1, 4) }, { "\xd4\xc3\xb2\xa1", "\n\r\r\n" })
  t.equal(select(2, frames("b.pcapng")), commented_bytes, "the same run gives the same file")
end)

t.test("tshark reads the comments, and finds nothing to complain about", function()
  t.need("tshark")
  local list, path = captured(function(dhcp)
    local net = dhcp.network { name = "net", loss = 0.3, latency = "10ms" }
    dhcp.server { network = net, pool = POOL }
    dhcp.client { network = net, mac = lab.MAC, hostname = "naïve", timeout = 60 }:acquire()
  end, { seed = 3 })
  local out, err = t.run { "tshark", "-r", path, "-T", "fields", "-e", "frame.comment" }
  t.equal(out, table.concat(list, "\n") .. "\n")
  t.ok(not err:lower():find("warn") and not err:find("cut short"), err)
  t.ok(not t.run({ "tshark", "-r", path, "-V" }):find("Malformed"))
end)

t.done()
