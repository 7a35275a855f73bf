-- A correct exchange, packet by packet, and ways to spoil it: what the judge's tests are written with.
--
--   local x = require "exchange"
--   x.clean(x.after("ack"))                                        DISCOVER, OFFER, REQUEST, ACK: no breach
--   x.breaks("S-09", "options.server_id", x.after("offer", function(m) m.options.server_id = nil end))
--
-- x.make.KIND(change) gives one packet of a kind (a type, or a state of a REQUEST), changed before it is sealed;
-- x.after gives it with all that comes before it.
local t = require "harness"
local core = require "dhcplab.core"
local judge = require "dhcplab.judge"

local x = {}

x.MAC, x.SERVER, x.ADDRESS, x.RELAY = "02:00:00:00:00:01", "10.0.0.1", "10.0.0.9", "10.9.0.254"
x.ALL, x.NONE = "255.255.255.255", "0.0.0.0"
x.ID = "\255\1\2\3\4\0\1"
local MAC, SERVER, ADDRESS, ALL, NONE, ID = x.MAC, x.SERVER, x.ADDRESS, x.ALL, x.NONE, x.ID
local ASKED = { 1, 3, 6, 51, 58, 59 }

-- ---- building packets; `change` may be a function that spoils the message

function x.build(fields, change)
  fields.mac = fields.mac or MAC
  local options = fields.options
  fields.options = nil
  local message = core.message(fields)
  local names = {}
  for name in pairs(options) do names[#names + 1] = name end
  table.sort(names, function(a, b) return core.option(a).code < core.option(b).code end)
  for _, name in ipairs(names) do
    if core.option(name).code ~= 53 then message.options[name] = options[name] end
  end
  if change then change(message) end
  return message
end

function x.packet(message, src, dst)
  return { message = message, src = src, dst = dst }
end

local function client_options(more)
  local options = { client_id = ID, max_message_size = 1500, parameter_request_list = ASKED }
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

local make = {}
x.make = make

function make.discover(change)
  return x.packet(x.build({ type = "discover", xid = 7, secs = 3, options = client_options { requested_ip = ADDRESS } },
    change), NONE .. ":68", ALL .. ":67")
end

local function server_options(more)
  local options = { client_id = ID, server_id = SERVER, lease_time = 3600, renewal_time = 1800, rebinding_time = 3150,
    subnet_mask = "255.255.255.0", routers = { SERVER }, domain_name_servers = { SERVER } }
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

function make.offer(change)
  return x.packet(x.build({ type = "offer", op = 2, xid = 7, yiaddr = ADDRESS, options = server_options() }, change),
    SERVER .. ":67", ADDRESS .. ":68")
end

function make.selecting(change)
  return x.packet(x.build({ type = "request", xid = 7, secs = 3,
    options = client_options { requested_ip = ADDRESS, server_id = SERVER } }, change), NONE .. ":68", ALL .. ":67")
end

function make.ack(change)
  return x.packet(x.build({ type = "ack", op = 2, xid = 7, yiaddr = ADDRESS, options = server_options() }, change),
    SERVER .. ":67", ADDRESS .. ":68")
end

function make.nak(change)
  return x.packet(x.build({ type = "nak", op = 2, xid = 7, options = { client_id = ID, server_id = SERVER,
    message = "no" } }, change), SERVER .. ":67", ALL .. ":68")
end

make["init-reboot"] = function(change)
  return x.packet(x.build({ type = "request", xid = 7, options = client_options { requested_ip = ADDRESS } }, change),
    NONE .. ":68", ALL .. ":67")
end

function make.renewing(change)
  return x.packet(x.build({ type = "request", xid = 8, ciaddr = ADDRESS, options = client_options() }, change),
    ADDRESS .. ":68", SERVER .. ":67")
end

function make.rebinding(change)
  return x.packet(x.build({ type = "request", xid = 8, ciaddr = ADDRESS, options = client_options() }, change),
    ADDRESS .. ":68", ALL .. ":67")
end

function make.decline(change)
  return x.packet(x.build({ type = "decline", xid = 9, options = { client_id = ID, server_id = SERVER,
    requested_ip = ADDRESS, message = "in use" } }, change), NONE .. ":68", ALL .. ":67")
end

function make.release(change)
  return x.packet(x.build({ type = "release", xid = 9, ciaddr = ADDRESS, options = { client_id = ID, server_id = SERVER,
    message = "bye" } }, change), ADDRESS .. ":68", SERVER .. ":67")
end

function make.inform(change)
  return x.packet(x.build({ type = "inform", xid = 7, ciaddr = ADDRESS, options = client_options() }, change),
    ADDRESS .. ":68", SERVER .. ":67")
end

function make.inform_ack(change)
  return x.packet(x.build({ type = "ack", op = 2, xid = 7, ciaddr = ADDRESS, options = { client_id = ID,
    server_id = SERVER, routers = { SERVER } } }, change), SERVER .. ":67", ADDRESS .. ":68")
end

-- What must have been seen before each of them.
local before = { offer = { "discover" }, selecting = { "discover", "offer" },
  ack = { "discover", "offer", "selecting" },
  nak = { "discover", "offer", "selecting" }, renewing = { "discover", "offer", "selecting", "ack" },
  rebinding = { "discover", "offer", "selecting", "ack" }, decline = { "discover", "offer", "selecting", "ack" },
  release = { "discover", "offer", "selecting", "ack" }, inform_ack = { "inform" } }

function x.history(kind)
  local list = {}
  for _, name in ipairs(before[kind] or {}) do list[#list + 1] = make[name]() end
  return list
end

-- ---- judging

function x.lines(breaches)
  local list = {}
  for _, breach in ipairs(breaches) do list[#list + 1] = judge.text(breach) end
  return table.concat(list, "\n")
end

-- Shows the packets to a judge, a second apart unless they say when; the breaches of the last one.
function x.see_all(packets, options)
  local j = judge.new(options)
  local found
  for place, one in ipairs(packets) do
    one.at = one.at or place
    found = j:see(one)
    if place < #packets then t.equal(x.lines(found), "", "packet " .. place) end
  end
  return found
end

function x.clean(packets, options)
  t.equal(x.lines(x.see_all(packets, options)), "")
end

-- The last packet breaks this rule in this field, and no other.
function x.breaks(rule, field, packets, options)
  local found = x.see_all(packets, options)
  local seen = {}
  for _, breach in ipairs(found) do seen[#seen + 1] = breach.rule .. " " .. breach.field end
  t.equal(seen, { rule .. " " .. field }, x.lines(found))
  t.ok(found[1].what and found[1].level and found[1].source, "a breach says what, how much and where")
  return found[1]
end

-- The packets that lead to one of this kind, and that one: `change` spoils the message, `edit` the packet
-- around it.
function x.after(kind, change, edit)
  local list = x.history(kind)
  local last = make[kind](change)
  if edit then edit(last) end
  list[#list + 1] = last
  return list
end

-- Tests of one line: a rule that is broken, and a packet that is fine.
function x.case(name, rule, field, kind, change, edit, options)
  t.test(rule .. ": " .. name, function() x.breaks(rule, field, x.after(kind, change, edit), options) end)
end

function x.correct(name, kind, change, edit, options)
  t.test("no breach: " .. name, function() x.clean(x.after(kind, change, edit), options) end)
end

-- One change after another.
function x.both(first, second)
  return function(m)
    first(m)
    if second then second(m) end
  end
end

return x
