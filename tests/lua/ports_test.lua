-- Ports: 67 and 68 where the network is like a real one, any others where a script or flag says so.
local t = require "harness"
local lab = require "lab"
local core = require "dhcplab.core"

-- Source and destination of each packet in a capture.
local function ways(path)
  local reader, list = assert(core.open_capture(path)), {}
  for record in function() return reader:next() end do
    local frame = core.frame(record.link, record.frame)
    list[#list + 1] = frame.src .. " > " .. frame.dst
  end
  reader:close()
  return list
end

t.test("clients send from port 68 to 67, servers from 67 to 68 [X-01]", function()
  local path = t.path("ports.pcap")
  local _, _, status = t.run(t.exe .. " run handshake.lua --virtual --seed 1 -q --set pause=0 --pcap " .. t.quote(path))
  t.equal(status, 0)
  t.equal(ways(path), {
    "0.0.0.0:68 > 255.255.255.255:67", "192.168.1.2:67 > 192.168.1.100:68",
    "0.0.0.0:68 > 255.255.255.255:67", "192.168.1.2:67 > 192.168.1.100:68",
  })
end)

t.test("another port is a flag: --listen and --server [X-01]", function()
  local server = t.start(t.exe .. " server -q --listen 127.0.0.1:0 --timeout 20s")
  local endpoint = server:wait_for("listening on (%S+)")
  t.ok(not endpoint:match(":67$") and not endpoint:match(":6767$"), "a port of the system's choice")
  local out, _, status = t.run(t.exe .. " client -q --server " .. endpoint)
  server:stop()
  t.equal(status, 0)
  t.match(out, "^assigned 192%.168%.1%.100")
end)

lab.test("a script may put each server where it likes [X-01]", function(dhcp, world)
  t.equal(world.listen, "127.0.0.1:6767", "the default")
  dhcp.server {}
  t.ok(dhcp.client {}:acquire(), "a lease")
end)

t.done()
