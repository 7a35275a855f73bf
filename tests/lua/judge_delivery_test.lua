-- The judge on destinations: ports, broadcast or unicast, and whose address. The ids in these names
-- say which rule is meant; none is claimed (no brackets), as nothing here shows that a server or a
-- client of ours keeps to it.
local t = require "harness"
local x = require "exchange"
local make, clean, breaks, case, correct = x.make, x.clean, x.breaks, x.case, x.correct
local SERVER, ADDRESS, ALL = x.SERVER, x.ADDRESS, x.ALL

local function to(endpoint)
  return function(p) p.dst = endpoint end
end
case("a request to another port", "X-01", "destination port", "discover", nil, to(ALL .. ":6767"))
correct("other ports, where that is agreed", "discover", nil, to(ALL .. ":6767"), { server_port = 6767 })
case("a reply to the source port", "X-01", "destination port", "offer", nil, to(ADDRESS .. ":4000"))
case("an OFFER elsewhere", "X-05", "destination", "offer", nil, to("10.0.0.8:68"))
correct("an OFFER by broadcast, where unicast is not possible", "offer", nil, to(ALL .. ":68"))
case("an OFFER to another MAC", "X-05", "destination MAC", "offer", nil,
  function(p) p.dst_mac = "02:00:00:00:00:ff" end)
case("a broadcast OFFER to one MAC", "X-04", "destination MAC", "offer", nil, function(p)
  p.dst, p.dst_mac = ALL .. ":68", x.MAC
end)
t.test("no breach: the answer to a renewal goes through a router", function()
  local list = x.after("renewing")
  local ack = make.ack(function(m) m.xid, m.ciaddr = 8, ADDRESS end)
  ack.dst_mac = "02:00:00:00:00:fe"
  list[#list + 1] = ack
  clean(list)
end)
case("a NAK by unicast", "X-06", "destination", "nak", nil, to(ADDRESS .. ":68"))
case("an ACK to an INFORM elsewhere", "X-03", "destination", "inform_ack", nil, to(ALL .. ":68"))
t.test("X-04: unicast to a client that asked for broadcast", function()
  local function bit(m) m.broadcast = true end
  breaks("X-04", "destination", { make.discover(bit), make.offer(bit) })
  local offer = make.offer(bit)
  offer.dst = ALL .. ":68"
  clean { make.discover(bit), offer }
end)
case("DISCOVER from an address", "X-07", "source", "discover", nil, function(p) p.src = ADDRESS .. ":68" end)
case("SELECTING by unicast", "X-12", "destination", "selecting", nil, to(SERVER .. ":67"))
case("REBINDING is RENEWING when it goes to another server", "C-17", "destination", "rebinding", nil,
  to("10.0.0.2:67"))
case("DECLINE by unicast", "C-32", "destination", "decline", nil, to(SERVER .. ":67"))
case("RELEASE by broadcast", "C-33", "destination", "release", nil, to(ALL .. ":67"))
case("RELEASE to another address than the server's", "C-17", "destination", "release", nil, to("10.0.0.2:67"))
t.test("X-08: a destination that a transport rewrote is not judged, the RFC's is", function()
  local p = make.offer()
  p.dst, p.src = "127.0.0.1:40001", "127.0.0.1:6767"
  clean { make.discover(), p }
  p = make.offer()
  p.dst, p.rfc_dst = "127.0.0.1:40001", "10.0.0.8:68"
  breaks("X-05", "destination", { make.discover(), p })
end)

t.done()
