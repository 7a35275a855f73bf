-- Help on the interface for scripts: every name has a page, by its end or as a whole, and leads to others.
local t = require "harness"
local help = require "dhcplab.help"
local interface = require "dhcplab.help.interface"
local layout = require "dhcplab.layout"
require "dhcplab.help.names"
require "dhcplab.help.text"

local pages = {}
for _, name in ipairs(interface.list()) do pages[name] = interface.page(name) or "" end

t.test("every name of the interface has a page of at most 80 columns", function()
  t.ok(#interface.list() > 500)
  for name, page in pairs(pages) do
    t.ok(page and #page > 10, name)
    for line in (page .. "\n"):gmatch("(.-)\n") do
      t.ok(layout.width(line) <= 80 and not line:find("%s$"), ("help %s: %q"):format(name, line))
      t.ok(not line:find("[\128-\255]"), name)
    end
  end
end)

t.test("every function, class and state can be asked for by help, as its page says", function()
  for line in interface.index():gmatch("[^\n]+") do
    local name = line:match("^  ([%a_.]+:?[%a_]+)%(")
    if name then t.match(help.topic(name), "^" .. name:gsub("%.", "%%.") .. "%(", name) end
  end
  local said = {}
  for name, page in pairs(pages) do
    for asked in (page:match("See also: dhcplab help (.*)$") or ""):gsub("%s+", " "):gmatch("[^,]+") do
      said[asked:gsub("%.%.%.$", ""):match("^%s*(.-)%s*$")] = name
    end
  end
  for asked, name in pairs(said) do t.ok(help.topic(asked), ("help %s says: help %s"):format(name, asked)) end
end)

t.test("a function's page tells what it takes and gives", function()
  local page = help.topic("client:request")
  t.match(page, "^client:request%(offer, %[fields%]%)\n\n  Sends REQUEST .-RFC 2131 4%.4%.1")
  t.match(page, "\nTakes\n  offer     Message\n  fields    MessageFields: forced onto the message\n")
  t.match(page, '\nGives\n  ack       Message or nil\n  why       "timeout", "nak", .- or nil\n')
end)

t.test("a name is found by its end, with dhcp., brackets, other letters and other people's words", function()
  local page = help.topic("client:acquire")
  for _, name in ipairs { "acquire", "acquire()", "client:acquire()", "client.acquire", "dhcp.client.acquire",
    "CLIENT:ACQUIRE", "interface acquire" } do
    t.equal(help.topic(name), page, name)
  end
  t.equal(help.topic("lan:drop"), help.topic("net:drop"))
  t.equal(help.topic("dhcp.server{}"), help.topic("dhcp.server"))
  t.equal(help.topic("self:nak"), help.topic("server:nak"))
end)

t.test("a server's page has what makes it, its settings with units and defaults, its methods and fields", function()
  local page = help.topic("dhcp.server")
  t.match(page, "^dhcp%.server\n")
  t.match(page, "\nSettings: dhcp%.server{ %.%.%. }\n.*\n  lease_time +Duration: .- 1 h;.-RFC 2131 3%.3%)\n")
  t.match(page, "\nMethods\n  discover%(request%) .-\n.*\nFields\n  name ")
end)

t.test("a setting has a page of its own; the option of that name keeps its page and points to it", function()
  t.match(help.topic("server.lease_time"), "^dhcp%.server{ lease_time = %.%.%. }\n")
  t.match(help.topic("lease_time"), "^option 51, .*See also: dhcplab help server%.lease_time")
  t.match(help.topic("client.timeout"), "^dhcp%.client{ timeout = %.%.%. }\n.*\nclient%.timeout\n")
end)

t.test("a message, a field and a topic keep their pages and point to functions of that name", function()
  t.match(help.topic("discover"), "^DISCOVER .*See also: dhcplab help server:discover, client:discover$")
  t.match(help.topic("xid"), "^xid: .*See also: dhcplab help .-message%.xid")
  t.match(help.topic("interface trace"), "^dhcp%.trace\n")
  t.match(help.topic("functions"), "^interface: ")
end)

t.test("the page of a state tells what leads in and out, and where it stands", function()
  local page = help.topic("BOUND")
  t.match(page, "^BOUND\n\n  The client has a lease.-%(RFC 2131 4%.4%.5%)%.\n  %- in: .-\n  %- out: ")
  t.match(page, "\n  A value of: client%.state\n  All of them: INIT, SELECTING, REQUESTING, BOUND, RENEWING, ")
  t.match(help.topic("init-reboot"), "^init%-reboot\n.*See also: dhcplab help INIT%-REBOOT$")
  t.match(help.topic("INIT-REBOOT"), "^INIT%-REBOOT\n")
  t.match(help.topic("bound"), "^bound\n\n  leased to a client.*A value of: record%.state")
  t.match(help.topic("Rebinding"), "^Rebinding: several things")
end)

t.test("a name that several things have lists them, each as one can ask for it", function()
  local page = help.topic("stop")
  t.match(page, "^stop: several things are called that\n")
  for _, name in ipairs { "server:stop", "client:stop", "host:stop", "rule:stop" } do
    t.match(page, "\n  " .. name .. " +%u")
    t.match(help.topic(name), "^" .. name .. "%(")
  end
end)

t.test("a mistyped name gives the nearest one", function()
  for wrong, right in pairs { acqire = "acquire", ["clinet:renew"] = "client:renew", ["dhcp.slep"] = "dhcp.sleep",
    ["server.lease_tme"] = "server.lease_time", SELECTIN = "selecting", ["expect.silense"] = "expect.silence" } do
    local page, why = help.topic(wrong)
    t.equal(page, nil)
    t.match(why, "did you mean `dhcplab help " .. right:gsub("%.", "%%.") .. "`", wrong)
  end
end)

t.test("nonsense is no name", function()
  for _, name in ipairs { ":", ".", "dhcp.", "()", "[", "%a", "a:b:c:d", ("x"):rep(1000), "client:", "\0" } do
    local page, why = help.topic(name)
    t.ok(page == nil and why or #page > 10, name)
  end
end)

t.done()
