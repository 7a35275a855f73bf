-- The judge on relays: each packet before the relay and after it, and what was seen on one side
-- only. The ids in these names say which rule is meant; none is claimed (no brackets), as nothing
-- here shows that a server or a client of ours keeps to it.
local t = require "harness"
local x = require "exchange"
local make, clean, breaks = x.make, x.clean, x.breaks
local SERVER, RELAY, ALL = x.SERVER, x.RELAY, x.ALL
local AGENT = "\1\4eth0\2\2xy"

-- ---- relays: each packet before the relay and after it

local function stamp(m)
  m.giaddr, m.hops = RELAY, 1
  m.options:set_raw(82, AGENT)
end

local function relayed(kind, change)
  local p = make[kind](x.both(stamp, change))
  p.src, p.dst = RELAY .. ":67", SERVER .. ":67"
  return p
end

local function to_relay(kind, change)
  local p = make[kind](x.both(function(m)
    m.giaddr = RELAY
    if kind == "nak" then m.broadcast = true end
    m.options:set_raw(82, AGENT)
  end, change))
  p.dst = RELAY .. ":67"
  return p
end

local function from_relay(kind, change)
  local p = make[kind](x.both(function(m)
    m.giaddr = RELAY
    if kind == "nak" then m.broadcast = true end
  end, change))
  p.src = RELAY .. ":67"
  return p
end

t.test("no breach: a whole exchange through a relay, seen on both sides", function()
  clean { make.discover(), relayed("discover"), to_relay("offer"), from_relay("offer"), make.selecting(),
    relayed("selecting"), to_relay("ack"), from_relay("ack") }
  clean({ make.discover(), relayed("discover"), to_relay("offer"), from_relay("offer"), make.selecting(),
    relayed("selecting"), to_relay("nak"), from_relay("nak") }, { complete = true })
end)

t.test("no breach: the same exchange seen on the client's side or the server's side only", function()
  clean { make.discover(), from_relay("offer"), make.selecting(), from_relay("ack") }
  clean { relayed("discover"), to_relay("offer"), relayed("selecting"), to_relay("ack") }
end)

t.test("no breach: a relay's copy of a DISCOVER that comes after the ACK (search, seeds 254 and 271)", function()
  clean({ make.discover(), relayed("discover"), to_relay("offer"), from_relay("offer"), make.discover(),
    make.selecting(), relayed("selecting"), to_relay("ack"), relayed("discover"), from_relay("ack") },
    { complete = true })
end)

t.test("no breach: a relay's late copy of a DISCOVER that the client has sent again after an ACK (search, seed 24565)",
  function()
    local function later(m) m.secs = 9 end
    clean({ make.discover(), relayed("discover"), to_relay("offer"), make.selecting(), relayed("selecting"),
      to_relay("ack"), make.discover(later), relayed("discover") }, { complete = true })
  end)

local function relay_case(name, rule, field, list)
  t.test(rule .. ": " .. name, function() breaks(rule, field, list()) end)
end

relay_case("a reply straight to the client", "X-02", "destination", function()
  local p = to_relay("offer")
  p.dst, p.relayed = ALL .. ":68", false
  return { make.discover(), relayed("discover"), p }
end)
relay_case("a reply to the relay's client port", "X-01", "destination port", function()
  local p = to_relay("offer")
  p.dst = RELAY .. ":68"
  return { make.discover(), relayed("discover"), p }
end)
relay_case("a NAK without the broadcast bit", "S-46", "flags", function()
  return { relayed("discover"), to_relay("offer"), relayed("selecting"),
    to_relay("nak", function(m) m.broadcast = false end) }
end)
relay_case("giaddr not copied", "S-05", "giaddr", function()
  local p = to_relay("offer", function(m) m.giaddr = "10.9.0.1" end)
  p.dst = "10.9.0.1:67"
  return { relayed("discover"), p }
end)
relay_case("82 not echoed", "E-01", "options.relay_agent_information", function()
  return { relayed("discover"), to_relay("offer", function(m) m.options[82] = nil end) }
end)
relay_case("82 changed", "E-01", "options.relay_agent_information", function()
  return { relayed("discover"), to_relay("offer", function(m) m.options:set_raw(82, "\1\1x") end) }
end)
relay_case("82 invented", "E-01", "options.relay_agent_information", function()
  return { relayed("discover", function(m) m.options[82] = nil end), to_relay("offer") }
end)
t.test("E-01: 82 that is not the last option is a warning", function()
  local offer = to_relay("offer")
  local bytes = offer.message:bytes()
  local stop = bytes:find("\255\0*$")
  offer.bytes = bytes:sub(1, stop - 1) .. "\15\1a\255" .. bytes:sub(stop + 4)
  local breach = breaks("E-01", "options.relay_agent_information", { relayed("discover"), offer })
  t.equal(breach.level, "SHOULD")
end)
relay_case("hops not counted", "R-02", "hops", function()
  return { make.discover(), relayed("discover", function(m) m.hops = 0 end) }
end)
relay_case("another giaddr than the first relay's", "R-03", "giaddr", function()
  return { relayed("discover"), relayed("discover", function(m) m.hops, m.giaddr = 2, "10.8.0.1" end) }
end)
relay_case("secs changed on the way", "R-04", "secs", function()
  return { make.discover(), relayed("discover", function(m) m.secs = 5 end) }
end)
relay_case("an option changed on the way", "R-04", "options", function()
  return { make.discover(), relayed("discover", function(m) m.options.requested_ip = "10.0.0.8" end) }
end)
relay_case("82 before other options", "R-07", "options.relay_agent_information", function()
  local p = relayed("discover")
  local bytes = p.message:bytes()
  p.bytes = bytes:sub(1, 243) .. string.char(82, #AGENT) .. AGENT
    .. bytes:sub(244):gsub("R\10" .. AGENT:gsub("%p", "%%%0"), "")
  return { make.discover(), p }
end)
relay_case("82 added behind another relay", "R-09", "options.relay_agent_information", function()
  return { relayed("discover", function(m) m.options[82] = nil end),
    relayed("discover", function(m) m.hops = 2 end) }
end)
relay_case("82 left in the reply", "R-10", "options.relay_agent_information", function()
  return { make.discover(), relayed("discover"), to_relay("offer"),
    from_relay("offer", function(m) m.options:set_raw(82, AGENT) end) }
end)
relay_case("a reply changed on the way", "R-04", "yiaddr", function()
  local p = from_relay("offer", function(m) m.yiaddr = "10.0.0.8" end)
  p.dst = "10.0.0.8:68"
  return { make.discover(), relayed("discover"), to_relay("offer"), p }
end)
relay_case("broadcast asked for, unicast by the relay", "R-06", "destination", function()
  local function bit(m) m.broadcast = true end
  return { make.discover(bit), relayed("discover", bit), to_relay("offer", bit), from_relay("offer", bit) }
end)
t.test("no breach: a chain of two relays", function()
  clean { make.discover(), relayed("discover"), relayed("discover", function(m) m.hops = 2 end), to_relay("offer"),
    from_relay("offer") }
end)

t.done()
