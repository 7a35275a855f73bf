-- What a run means: each packet told by the place where it stands, in the capture's comments and in the run's words.
local t = require "harness"
local lab = require "lab"
local notes = require "dhcplab.explain.notes"
local show = require "dhcplab.show"
local situations = require "dhcplab.explain.situations"
local story = require "dhcplab.story"

local POOL <const> = "192.168.1.100-192.168.1.110"
local reached = {} -- the situations that the tests below came upon

-- What is told while f(dhcp, world) runs: a list of { what, text, meaning }; what is a situation's key, "drop CAUSE", a
-- state or the kind of a fault.
local function told(f, options)
  local world = lab.world(options)
  local tale, list = story.new(world), {}
  world.trace:add_sink(function(event, record)
    local meaning = tale:see(event, record)
    if not meaning then return end
    reached[meaning.key or ""] = true
    list[#list + 1] = { meaning.key or event == "state" and record.text or record.cause,
                        table.concat(meaning.tell, " "), meaning }
  end)
  f(require "dhcplab", world)
  world:close()
  return list
end

local function is_packet(what) return situations.packets[what] ~= nil end

-- Only which packets, in order.
local function packets(list)
  local keys = {}
  for _, one in ipairs(list) do
    if is_packet(one[1]) then keys[#keys + 1] = one[1] end
  end
  return table.concat(keys, " ")
end

local function text_of(list, what, nth)
  for _, one in ipairs(list) do
    if one[1] == what then
      nth = (nth or 1) - 1
      if nth == 0 then return one[2] end
    end
  end
end

t.test("the handshake is told as four messages", function()
  local list = told(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC }:acquire()
  end)
  t.equal(packets(list), "discover offer selecting ack")
  t.match(text_of(list, "REQUESTING"), "has chosen an offer")
end)

t.test("a message that is sent again says so, how long it waited, and why", function()
  local list = told(function(dhcp)
    dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC, timeout = 60 }
    dhcp.lan:drop { type = "discover", nth = 1 }
    dhcp.lan:drop { type = "offer", nth = 1 }
    dhcp.lan:drop { type = "request", nth = 1 }
    client:acquire()
  end)
  t.equal(packets(list), "discover discover_again offer discover_again offer_again selecting selecting_again ack")
  t.match(text_of(list, "discover_again"), "No answer in %S+ s: .* for the second time. .* before was lost on its way")
  t.match(text_of(list, "discover_again", 2), "for the third time. .* arrived, but the answer to it was lost")
  t.match(text_of(list, "drop rule"), "rule of the script")
end)

t.test("that nobody answers is another reason than a loss", function()
  local list = told(function(dhcp) dhcp.client { mac = lab.MAC, timeout = 6 }:discover() end)
  t.equal(packets(list), "discover discover_again")
  t.match(text_of(list, "discover_again"), "Nobody has answered")
end)

t.test("another try after silence is a new beginning, not a retransmission", function()
  local list = told(function(dhcp)
    local client = dhcp.client { mac = lab.MAC, timeout = 1 }
    client:discover()
    client:discover()
  end)
  t.equal(packets(list), "discover discover")
end)

t.test("renewing, rebinding and their second tries are told apart, and so is the end of a lease", function()
  local list = told(function(dhcp)
    local server = dhcp.server { pool = POOL, lease_time = 600 }
    local client = dhcp.client { mac = lab.MAC }
    dhcp.spawn(function()
      dhcp.sleep(400)
      server:stop()
    end)
    client:run(1000)
  end)
  local keys = packets(list)
  t.match(keys, "^discover offer selecting ack renewing ack_more renewing renewing_again .*rebinding")
  t.match(keys, "rebinding_again discover_after_expiry discover_again")
  t.match(text_of(list, "drop no host"), "No host on this network")
  t.match(text_of(list, "INIT"), "Its lease is over")
end)

t.test("INIT-REBOOT is told with its answers", function()
  local list = told(function(dhcp)
    local server = dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC, timeout = 6 }
    client:acquire()
    client:reboot("192.168.1.100")
    client:reboot("192.168.9.9")
    client:discover()
    server:stop()
    client:reboot("192.168.1.100")
  end)
  t.equal(packets(list), "discover offer selecting ack reboot ack_reboot reboot nak_reboot discover_after_nak offer "
    .. "reboot reboot_again")
end)

t.test("refusals: of the offer, of more time, and by a stranger", function()
  local list = told(function(dhcp)
    local server = dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC, timeout = 5 }
    function server:request(request) return self:nak(request, "no") end
    client:request(client:discover())
    server.request = nil
    client:acquire()
    function server:request(request) return self:nak(request, "no more") end
    client:renew()
    server.request = nil
    local rogue = dhcp.server { pool = "192.168.1.200-192.168.1.210" }
    function rogue:discover() end
    function rogue:request(request) return self:nak(request, "mine") end
    client:acquire()
  end)
  t.match(packets(list), "^discover offer selecting nak discover_after_nak offer selecting ack renewing nak_more ")
  t.match(packets(list), " discover_after_nak offer selecting ack nak_other$")
end)

t.test("DECLINE, RELEASE, INFORM; a DISCOVER after a DECLINE, and one after a REQUEST without an answer", function()
  local list = told(function(dhcp)
    local server = dhcp.server { pool = POOL }
    local client = dhcp.client { mac = lab.MAC, timeout = 6 }
    client:acquire()
    client:decline("in use")
    client:acquire()
    client:release()
    client:inform("192.168.1.50")
    function server:inform() end
    client:inform("192.168.1.50")
    function server:request() end
    client:request(client:discover())
    client:discover()
  end)
  t.equal(packets(list), "discover offer selecting ack decline discover_after_decline offer selecting ack release "
    .. "inform ack_inform inform inform_again discover offer selecting selecting_again discover_after_silence offer")
end)

t.test("several servers, several offers; an offer of no address", function()
  t.equal(packets(told(function(dhcp)
    dhcp.server { pool = POOL }
    dhcp.server { pool = "192.168.1.200-192.168.1.210" }
    dhcp.client { mac = lab.MAC }:acquire()
  end)), "discover offer offer_other selecting ack")
  t.equal(packets(told(function(dhcp)
    dhcp.server { pool = POOL, ipv6_only = 1800 }
    dhcp.client { mac = lab.MAC, ipv6_only = true }:acquire()
  end)), "discover offer_nothing")
end)

t.test("two messages instead of four; a server that is known; an ACK that is said twice", function()
  t.equal(packets(told(function(dhcp)
    dhcp.server { pool = POOL, rapid_commit = true }
    dhcp.client { mac = lab.MAC, rapid_commit = true }:acquire()
  end)), "discover ack_rapid")
  t.equal(packets(told(function(dhcp)
    local server = dhcp.server { pool = POOL }
    dhcp.client { mac = lab.MAC, known_server = server.address }:acquire()
  end)), "discover_known offer selecting ack")
  t.equal(packets(told(function(dhcp)
    local server = dhcp.server { pool = POOL }
    function server:request(request)
      self:reply(self:ack(request), request)
      return self:ack(request)
    end
    dhcp.client { mac = lab.MAC }:acquire()
  end)), "discover offer selecting ack ack_again")
end)

t.test("what a relay carries is the relay's, and the server's answer says to whom it goes", function()
  local list = told(function(dhcp)
    local floor, core = dhcp.network { name = "floor" }, dhcp.network { name = "core" }
    dhcp.server { network = core, address = "10.0.0.2", subnet = "10.0.1.0/24", pool = "10.0.1.100-10.0.1.110" }
    dhcp.relay { from = floor, to = core, address = "10.0.1.1", server_address = "10.0.0.1" }
    dhcp.client { network = floor, mac = lab.MAC }:acquire()
  end)
  t.equal(packets(list), "discover relay_up offer relay_down selecting relay_up ack relay_down")
  local offer
  for _, one in ipairs(list) do offer = offer or one[1] == "offer" and one[3] end
  t.match(offer.more, "the relay through which the request came, 10.0.1.1 ")
end)

t.test("FORCERENEW, leasequery and BOOTP", function()
  local list = told(function(dhcp)
    local server = dhcp.server { pool = POOL, forcerenew = true, leasequery = true, bootp = true,
                                 hosts = { ["02:00:00:00:00:09"] = { address = "192.168.1.9" } } }
    local client = dhcp.client { mac = lab.MAC, forcerenew = true }
    dhcp.spawn(client.run, client, 100)
    dhcp.sleep(50)
    server:forcerenew(client.lease.address)
    dhcp.sleep(1)
    local asker = lab.bare { mac = "02:00:00:00:00:05", role = "relay", addresses = { "192.168.1.250" } }
    for _, address in ipairs { client.lease.address, "192.168.1.105", "10.9.9.9" } do
      asker:ask(dhcp.message { type = "leasequery", xid = 5, htype = 0, hlen = 0, ciaddr = address,
                                giaddr = "192.168.1.250" }, lab.SERVER, "192.168.1.250")
    end
    local old = dhcp.message { type = "discover", mac = "02:00:00:00:00:09" }
    old.type = nil
    lab.bare { mac = "02:00:00:00:00:09" }:ask(old)
  end)
  local keys = packets(list)
  t.match(keys, "forcerenew renewing ack_more")
  t.match(keys, " leasequery leaseactive leasequery leaseunassigned leasequery leaseunknown ")
  t.match(keys, "bootp_request bootp_reply$")
end)

t.test("a REQUEST that fits no kind says so", function()
  local list = told(function(dhcp)
    dhcp.server { pool = POOL }
    lab.bare():ask(lab.request { options = {} })
  end)
  t.equal(packets(list), "request_odd")
end)

t.test("every kind of loss and fault has its words", function()
  local list = told(function(dhcp)
    local net = dhcp.network { name = "net" }
    dhcp.server { network = net, pool = POOL }
    local client = dhcp.client { network = net, mac = lab.MAC, timeout = 1, retries = 0 }
    for _, faults in ipairs { { loss = 1 }, { loss = 0, duplicate = 1 }, { duplicate = 0, corrupt = 1 },
                              { corrupt = 0, truncate = 1 }, { truncate = 0, reorder = 1 } } do
      net:set(faults)
      client:discover()
    end
    net:set { reorder = 0 }
    net:delay { type = "discover", by = "10ms" }
    client:discover()
    local stop = net:tap(function() return false end)
    client:discover()
    stop()
    net:cut(client)
    client:discover()
  end)
  for _, what in ipairs { "drop loss", "drop tap", "drop cut", "duplicate", "corrupt", "truncate", "reorder",
                         "delay" } do
    t.ok(text_of(list, what), what)
  end
end)

t.test("each situation names an RFC, its sentences are whole, and the tests above came upon it", function()
  for key, situation in pairs(situations.packets) do
    t.match(situation.source, "^RFC %d+ ", key)
    for i, sentence in ipairs(situation.tell) do
      local is_last = i == #situation.tell
      t.ok(is_last and not sentence:find("[.?]$") or not is_last and sentence:find("[.?}]$"), sentence)
    end
    t.ok(reached[key] or key == "other", key .. " was never reached")
  end
  for _, name in ipairs(notes.message_order) do
    local key = name == "request" and "selecting" or name
    t.ok(situations.packets[key], name)
  end
end)

t.test("a client in another process is told by what it sends alone", function()
  local list = told(function(dhcp, world)
    dhcp.server { pool = POOL }
    local bare = lab.bare()
    bare:lease()
    bare:send(lab.request { xid = 9, ciaddr = "192.168.1.100" }, lab.SERVER)
    dhcp.sleep(1)
    bare:send(lab.request { xid = 10, ciaddr = "192.168.1.100" }, lab.SERVER)
    dhcp.sleep(1)
    bare:send(lab.request { xid = 10, ciaddr = "192.168.1.100" }, lab.SERVER)
    dhcp.sleep(1)
    t.ok(world.trace[world.trace.last - 1].foreign)
  end)
  t.equal(packets(list), "discover offer selecting ack renewing ack_more renewing ack_more renewing_again ack_more")
end)

t.test("a paragraph fits 80 columns, and what was told before is told in fewer words", function()
  local world = lab.world()
  local lines = {}
  show.attach(world, { explain = true, out = { flush = function() end,
    write = function(_, ...) lines[#lines + 1] = table.concat { ... } end } })
  local dhcp = require "dhcplab"
  dhcp.server { pool = POOL, lease_time = 60 }
  dhcp.client { mac = lab.MAC }:run(100)
  world:close()
  local text = table.concat(lines)
  for line in text:gmatch("[^\n]+") do t.ok(#line <= 80, line) end
  t.equal(select(2, text:gsub("asks the server that gave it the address", "")), 3)
  t.equal(select(2, text:gsub("To that server alone", "")), 1)
  t.match(text, "state BOUND\n           It has more time %(RFC 2131 4.4.5%)%.\n")
end)

t.done()
