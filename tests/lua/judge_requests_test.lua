-- The judge on requests: held against the offer, the lease, and what the client sent before. The
-- ids in these names say which rule is meant; none is claimed (no brackets), as nothing here shows
-- that a server or a client of ours keeps to it.
local t = require "harness"
local x = require "exchange"
local make, clean, breaks, case, correct = x.make, x.clean, x.breaks, x.case, x.correct

case("xid other than the offer's", "C-06", "xid", "selecting", function(m) m.xid = 70 end)
case("an address that was not offered", "C-02", "options.requested_ip", "selecting",
  function(m) m.options.requested_ip = "10.0.0.8" end)
case("a server that made no offer", "C-02", "options.server_id", "selecting",
  function(m) m.options.server_id = "10.0.0.2" end, nil, { complete = true })
correct("a server whose offer may not have been seen", "selecting", function(m) m.options.server_id = "10.0.0.2" end)
case("secs other than the DISCOVER's", "X-12", "secs", "selecting", function(m) m.secs = 4 end)
case("client_id changes within an exchange", "C-13", "options.client_id", "selecting",
  function(m) m.options:set_raw(61, "\0x") end)
case("client_id is gone in the RELEASE", "C-13", "options.client_id", "release",
  function(m) m.options.client_id = nil end)
case("another list of parameters", "C-13", "options.parameter_request_list", "selecting",
  function(m) m.options.parameter_request_list = { 1, 3 } end)
case("no list in the renewal", "C-13", "options.parameter_request_list", "renewing",
  function(m) m.options.parameter_request_list = nil end)
correct("the same list in another order", "selecting",
  function(m) m.options.parameter_request_list = { 6, 3, 1, 51, 58, 59 } end)
case("RELEASE to another server", "C-11", "options.server_id", "release",
  function(m) m.options.server_id = "10.0.0.2" end)
t.test("X-10: four times the same interval is no back-off", function()
  local list = {}
  for place, at in ipairs { 0, 3, 6.01, 9 } do
    list[place] = make.discover()
    list[place].at = at
  end
  breaks("X-10", "time", list)
  for place, at in ipairs { 0, 4.2, 12, 28.5 } do list[place].at = at end
  clean(list)
  for place, at in ipairs { 0, 58, 116.2, 174 } do list[place].at = at end -- 64 s by a clock that is fast
  clean(list)
end)
case("121 without 3", "E-16", "options.parameter_request_list", "discover",
  function(m) m.options.parameter_request_list = { 121, 1 } end)
case("3 before 121", "E-16", "options.parameter_request_list", "discover",
  function(m) m.options.parameter_request_list = { 3, 121 } end)
correct("121 before 3 and 33", "discover", function(m) m.options.parameter_request_list = { 1, 121, 3, 33 } end)
case("rapid_commit asked for", "E-10", "options.parameter_request_list", "discover",
  function(m) m.options.parameter_request_list = { 1, 80 } end)
case("host_name beside client_fqdn", "E-17", "options.host_name", "discover", function(m)
  m.options.host_name = "a"
  m.options:set_raw(81, "\5\0\0\1a\0")
end)
case("O set by a client", "E-17", "options.client_fqdn", "discover",
  function(m) m.options:set_raw(81, "\6\0\0\1a\0") end)

t.done()
