-- The annotations for editors: equal to the live interface, both ways; what `dhcplab meta` prints and writes.
local t = require "harness"
local core = require "dhcplab.core"
local editor = require "dhcplab.editor"
local luacats = require "dhcplab.help.luacats"
local problem = require "dhcplab.problem"
local query = require "dhcplab.query"
local worlds = require "dhcplab.world"

worlds.new { virtual = true, seed = 1 }
local dhcp = require "dhcplab"

local entries = luacats.read(editor.meta())
local classes = {}
for _, entry in ipairs(entries) do
  if entry.kind == "class" then classes[entry.name] = entry end
end

local function sorted(set)
  local list = {}
  for name in pairs(set) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do set[name] = true end
  return set
end

-- The names of the fields of a class, with those of the classes that it extends.
local function fields_of(name)
  local names = {}
  for _, parent in ipairs(classes[name].parents) do
    for field in pairs(fields_of(parent)) do names[field] = true end
  end
  for _, field in ipairs(classes[name].fields) do
    if not field.name:find("^%[") then names[field.name] = true end
  end
  return names
end

-- The functions whose name is `variable`, a dot or colon, and a word.
local function functions_of(variable)
  local names = {}
  for _, entry in ipairs(entries) do
    local owner, name = entry.name:match("^(.*)[.:]([^.:]+)$")
    if entry.kind == "function" and owner == variable then names[name] = true end
  end
  return names
end

local function keys_of(object, wanted)
  local names = {}
  for name, value in pairs(object) do
    if type(name) == "string" and not name:find("^__") and type(value) == wanted then names[name] = true end
  end
  return names
end

-- What a table holds is documented, or here as internal; nothing else is.
local function compare(documented, live, internal, what)
  local rest = {}
  for name in pairs(live) do rest[name] = true end
  for _, name in ipairs(internal) do
    t.ok(rest[name], ("%s: %s is named here and is not there"):format(what, name))
    rest[name] = nil
  end
  t.equal(sorted(documented), sorted(rest), what)
end

-- ---- functions and methods

t.test("every function of the module is annotated, and every annotated one is there", function()
  compare(functions_of("dhcp"), keys_of(dhcp, "function"), {}, "dhcp")
  local others, live = fields_of("dhcp"), keys_of(dhcp, "table")
  for _, entry in ipairs(entries) do
    local name = (entry.var or ""):match("^dhcp%.(.*)")
    if name then others[name] = true end
  end
  for _, name in ipairs { "version", "lan", "trace", "seed", "param" } do -- most of them made when they are asked for
    live[name] = dhcp[name] ~= nil
  end
  t.equal(sorted(others), sorted(live))
end)

local internal <const> = {
  server = { "add_options", "complete", "deliver", "drop", "echo", "fit", "goes_without", "hear_arp", "is_meant",
             "keep_own_address", "malformed", "offer_nothing", "pick", "rank", "records", "refuse", "remember",
             "reply",
             "server_id", "tell" },
  client = { "accepts_forcerenew", "ask_for_ack", "ask_for_offer", "become", "bind", "build_base", "decline_ack",
             "deliver", "discover_message", "drop", "elapsed", "exchange", "extend_options", "find_offer",
             "goes_without", "hear_arp", "is_of_use", "join_network", "keep_nonce", "lease_from", "malformed",
             "new_xid", "renumber", "routes_of", "settle", "take", "take_ack", "unbind", "waits_for",
             "wanted_options" },
  relay = { "drop", "send_down", "send_up" },
  host = { "deliver", "malformed" },
  net = { "add_address", "aim", "holder", "join", "leave", "listen", "note_faults", "place", "prepare_faults",
          "reached", "receiver", "remove_address", "restore_destination", "router_mac", "send_between", "send_down",
          "send_from_client", "send_reply", "send_simulated" },
  trace = { "add", "add_sink", "altered", "arrived", "delivered", "dropped", "emit", "lease", "note", "remove_sink",
            "sent", "wanted" },
  task = {}, rule = {}, ["dhcp.expect"] = {},
}

local live_tables <const> = {
  server = dhcp.server, client = dhcp.client, relay = dhcp.relay, host = dhcp.host,
  net = getmetatable(dhcp.lan).__index, trace = getmetatable(dhcp.trace).__index,
  task = getmetatable(dhcp.spawn(function() end)).__index,
  rule = getmetatable(dhcp.lan:drop { type = "offer", nth = 1000 }).__index, ["dhcp.expect"] = dhcp.expect,
}
for _, variable in ipairs(sorted(live_tables)) do
  t.test(("every method of %s is annotated or internal, and every annotated one is there"):format(variable), function()
    compare(functions_of(variable), keys_of(live_tables[variable], "function"), internal[variable], variable)
  end)
end

-- The names that a userdata's __index knows, in C: what is a function there, and what is not.
local function names_inside(object)
  local _, names = debug.getupvalue(debug.getmetatable(object).__index, 1)
  local functions, others = {}, {}
  for name, value in pairs(names) do (type(value) == "function" and functions or others)[name] = true end
  return functions, others
end

t.test("every field and method of messages and their options is annotated", function()
  local message = dhcp.message { type = "discover" }
  local methods, fields = names_inside(message)
  compare(functions_of("message"), methods, { "answers", "copy_as", "echo", "fill", "grant", "granted", "is_for",
                                              "request_for", "terms", "what", "wishes" }, "message")
  compare(fields_of("dhcp.Message"), fields, {}, "message")
  compare(functions_of("options"), (names_inside(message.options)), {}, "options")
end)

t.test("dhcp.message takes the fields that are annotated, and no others", function()
  local _, live = names_inside(dhcp.message { type = "discover" })
  for name in pairs(live) do
    local value = dhcp.message { type = "discover", source = "10.0.0.1:1", destination = "10.0.0.2:2" }[name]
    if name == "options" then value = {} end
    local taken = pcall(dhcp.message, { [name] = value == nil and "x" or value })
    t.equal(taken, fields_of("dhcp.MessageFields")[name] or false, name)
  end
end)

t.test("the methods of a lease table that a store must have are annotated", function()
  local annotated = functions_of("leases")
  for name in pairs(annotated) do t.ok(core.leases.new()[name], name) end
  local missing = { range = true }
  t.error(function() dhcp.server { store = function() return missing end } end, 'no method "range"')
  local store = setmetatable({}, { __index = function(_, name)
    annotated[name] = nil
    return function() return true end
  end })
  pcall(dhcp.server, { store = function() return store end })
  t.equal(sorted(annotated), {})
end)

-- ---- settings: what check_keys is told

local checked, check_keys = {}, problem.check_keys

problem.check_keys = function(what, given, known, ...)
  checked[what] = set_of(known)
  return check_keys(what, given, known, ...)
end

local function settings_of(what, class, make)
  t.test(("%s takes the settings that are annotated, and no others"):format(what), function()
    checked[what] = nil
    local ok, why = pcall(make)
    t.ok(checked[what], ("%s does not check its settings: %s"):format(what, tostring(ok or why)))
    t.equal(sorted(fields_of(class)), sorted(checked[what]))
  end)
end

local function server(settings) return function() return dhcp.server(settings) end end

settings_of("dhcp.server", "dhcp.ServerSettings", server {})
settings_of("subnets[...]", "dhcp.SubnetSettings", server { subnets = { { subnet = "10.7.0.0/24" } } })
settings_of('the host "02:00:00:00:00:01"', "dhcp.ReservationSettings",
  server { hosts = { ["02:00:00:00:00:01"] = { hostname = "x" } } })
settings_of("dhcp.client", "dhcp.ClientSettings", function() dhcp.client {} end)
settings_of("client_id", "dhcp.IdentifierSettings", function() dhcp.client { client_id = { iaid = 1 } } end)
settings_of("client_id.duid", "dhcp.DuidSettings", function() dhcp.client { client_id = { iaid = 1 } } end)
settings_of("client:receive", "dhcp.ReceiveSettings", function() dhcp.client {}:receive { timeout = 0.001 } end)
settings_of("client:start", "dhcp.StartSettings", function()
  local client = dhcp.client {}
  client:stop()
  client:start {}
end)
settings_of("server:forcerenew", "dhcp.ForcerenewSettings", function()
  dhcp.server { forcerenew = true }:forcerenew("192.168.1.100")
end)
settings_of("dhcp.network", "dhcp.NetworkSettings", function() dhcp.network {} end)
settings_of("net:set", "dhcp.FaultSettings", function() dhcp.lan:set {} end)
settings_of("net:drop", "dhcp.RuleSettings", function() dhcp.lan:drop { nth = 1000 } end)
settings_of("net:duplicate", "dhcp.RuleSettings", function() dhcp.lan:duplicate { nth = 1000 } end)
settings_of("net:delay", "dhcp.DelaySettings", function() dhcp.lan:delay { nth = 1000, by = 1 } end)
settings_of("net:corrupt", "dhcp.CorruptSettings", function() dhcp.lan:corrupt { nth = 1000 } end)
settings_of("dhcp.relay", "dhcp.RelaySettings", function() dhcp.relay {} end)
settings_of("dhcp.host", "dhcp.HostSettings", function() dhcp.host {} end)
settings_of("dhcp.define", "dhcp.DefineSettings", function()
  dhcp.define { code = 230, name = "x_y", type = "text" }
end)
settings_of("dhcp.test", "dhcp.TestSettings", function() dhcp.test("x", { only = "neither" }, function() end) end)

t.test("every table of settings that is checked is annotated", function()
  local without <const> = { ['the vendor class "x"'] = true }
  pcall(server { vendor_classes = { x = {} } })
  t.ok(checked['the vendor class "x"'])
  t.equal(#sorted(checked) - #sorted(without), 19)
end)

problem.check_keys = check_keys

-- ---- what runs make: leases, records, packets

t.test("a lease, a server's records, the records of the trace have the fields that are annotated", function()
  worlds.new { virtual = true, seed = 2 }
  dhcp.server {}
  local client, packet = dhcp.client { mac = "02:00:00:00:00:01" }, nil
  dhcp.lan:tap(function(each) packet = each end)
  dhcp.lan:drop { type = "offer", nth = 1 }
  local lease = client:acquire()
  t.equal(sorted(lease), sorted(fields_of("dhcp.Lease")))
  t.equal(sorted(packet), sorted(fields_of("dhcp.Packet")))
  local record = worlds.current().nodes[1]:leases()[1]
  t.equal(sorted(record), sorted(fields_of("dhcp.Record")))
  local known, seen = fields_of("dhcp.PacketRecord"), {}
  for _, each in ipairs(dhcp.trace:find()) do
    for name in pairs(each) do
      seen[name] = true
      t.ok(known[name] or name == "twin", "a record has " .. name)
    end
  end
  for name in pairs(known) do t.ok(seen[name] or name == "foreign", "no record has " .. name) end
  known.message = nil
  for name in pairs(known) do query.compile { [name] = 1 } end -- what one can look for
end)

t.test("the fields of servers, clients, relays and hosts that are annotated can be read", function()
  worlds.new { virtual = true, seed = 3 }
  local net = dhcp.network {}
  local objects = { Server = dhcp.server {}, Client = dhcp.client {}, Network = net, Trace = dhcp.trace,
                    Host = dhcp.host { address = "192.168.1.9" },
                    Relay = dhcp.relay { from = dhcp.lan, to = net, address = "192.168.1.1" },
                    Rule = dhcp.lan:drop { nth = 1000 }, Task = dhcp.spawn(function() end) }
  objects.Client:acquire()
  for name, object in pairs(objects) do
    for _, field in ipairs(classes["dhcp." .. name].fields) do
      local may_be_nil = field.type:find("%?$") or field.name:find("^%[")
      t.ok(may_be_nil or object[field.name] ~= nil, ("dhcp.%s has no %s"):format(name, field.name))
    end
  end
end)

-- ---- words

local function values_of(alias)
  local values = {}
  for _, entry in ipairs(entries) do
    if entry.kind == "alias" and (entry.name == alias or entry.name:find("^" .. alias:gsub("%.", "%%.") .. "%.")) then
      for _, value in ipairs(entry.values) do values[value.value] = true end
    end
  end
  return values
end

t.test("message types, states and records' states are those that there are", function()
  local types, states = {}, { REBOOTING = true } -- which a client is in while INIT-REBOOT does its work
  for number = 1, 255 do types[core.type_name(number) or "discover"] = true end
  t.equal(sorted(values_of("dhcp.MessageType")), sorted(types))
  for state in pairs(dhcp.client.states) do states[state] = true end
  t.equal(sorted(values_of("dhcp.State")), sorted(states))
  local leases = core.leases.new()
  leases:range("10.0.0.1", "10.0.0.9")
  for state in pairs(values_of("dhcp.RecordState")) do t.equal(leases:put("10.0.0.1", "x", state, 1).state, state) end
  local _, why = pcall(leases.put, leases, "10.0.0.1", "x", "else", 1)
  for state in tostring(why):match("%((.-)%)"):gmatch("%w+") do t.ok(values_of("dhcp.RecordState")[state], state) end
end)

t.test("every kind of fault is annotated, and can be replayed", function()
  worlds.new { virtual = true, seed = 4 }
  for kind in pairs(values_of("dhcp.FaultKind")) do
    dhcp.lan:replay { { link = "client>server", k = 1, kind = kind, detail = 1 } }
  end
  t.error(function() dhcp.lan:replay { { link = "client>server", k = 1, kind = "else" } } end, "a kind such as")
end)

t.test("every option of the catalogue that has a value is annotated, with its number and its RFC", function()
  local fields = {}
  for _, field in ipairs(classes["dhcp.OptionValues"].fields) do fields[field.name] = field end
  for _, option in ipairs(core.catalogue()) do
    if option.type ~= "none" and option.name ~= "x_y" then
      t.match(fields[option.name].doc, ("%%(option %d, "):format(option.code))
      fields[option.name] = nil
    end
  end
  fields["[integer]"] = nil
  t.equal(sorted(fields), {})
end)

-- ---- types

-- Every name of this interface in a type.
local function each_type(visit)
  for _, entry in ipairs(entries) do
    local place = entry.name
    for _, list in ipairs { entry.fields or {}, entry.params or {}, entry.returns or {} } do
      for _, member in ipairs(list) do visit(member.type, place .. " " .. tostring(member.name)) end
    end
    for _, type in ipairs { entry.type or "", table.unpack(entry.calls or {}) } do visit(type, place) end
  end
end

t.test("every type that is named is one that there is", function()
  local known = set_of { "string", "number", "integer", "boolean", "function", "table", "any", "nil", "true", "false",
                         "fun", "T" }
  for _, entry in ipairs(entries) do
    if entry.kind ~= "function" then known[entry.name] = true end
  end
  each_type(function(type, place)
    t.equal(type:gsub("[^(%[{<]", ""):len(), type:gsub("[^)%]}>]", ""):len(), place .. ": brackets of " .. type)
    for word in type:gsub('"[^"]*"', ""):gsub("[%w_]+%??: ", ""):gmatch("[%a_][%w_.]*") do
      t.ok(known[word], ("%s: there is no type %s"):format(place, word))
    end
  end)
end)

t.test("parameters are annotated in the order of the function", function()
  for line, list in editor.meta():gmatch("\n(function [^\n]-%((.-)%) end)") do
    local entry
    local name = line:match("^function ([^(]+)")
    for _, each in ipairs(entries) do
      if each.kind == "function" and each.name == name then entry = each end
    end
    local params = {}
    for i, param in ipairs(entry.params) do params[i] = param.name end
    t.equal(table.concat(params, ", "), list, name)
    t.ok(entry.doc ~= "", name)
  end
end)

-- ---- the command

t.test("dhcplab meta prints one file that is Lua, and names the module", function()
  local out, err, status = t.run { t.exe, "meta" }
  t.equal({ err, status }, { "", 0 })
  t.equal(out, editor.meta():gsub("%-%-%-@field x_y[^\n]*\n", ""))
  t.match(out, "^%-%-%-@meta dhcplab\n")
  t.ok(load(out))()
end)

t.test("dhcplab meta --setup writes settings and annotations once, and overwrites nothing", function()
  local folder = t.path("scripts of mine")
  local exe = os.getenv("PWD") .. "/" .. t.exe
  t.run { "mkdir", folder }
  local command = ("cd %s && %s meta --setup"):format(t.quote(folder), t.quote(exe))
  local out, err, status = t.run(command)
  t.equal({ out, err, status }, { "wrote .luarc.json\nwrote dhcplab.d.lua\n", "", 0 })
  local settings = require("dkjson").decode(t.read(folder .. "/.luarc.json"))
  t.equal(settings, { ["runtime.version"] = "Lua 5.4", ["workspace.checkThirdParty"] = false })
  t.match(t.read(folder .. "/dhcplab.d.lua"), "^%-%-%-@meta dhcplab\n")
  t.write(folder .. "/.luarc.json", "mine")
  out, err, status = t.run(command)
  t.equal({ out, status, t.read(folder .. "/.luarc.json") }, { "", 2, "mine" })
  t.match(err, "^dhcplab: error%[E210%]: .luarc.json is there already\n")
  out = t.run(("%s test %s --list"):format(t.quote(exe), t.quote(folder)))
  t.ok(not out:find("dhcplab.d.lua", 1, true), "annotations are no test")
end)

t.test("dhcplab meta --path says what to do where nothing is installed", function()
  if t.tree ~= "build" then t.skip("the same in every tree") end
  local out, err, status = t.run { t.exe, "meta", "--path" }
  t.equal({ out, status }, { "", 3 })
  t.match(err, "make install.*\n.*dhcplab meta %-%-setup")
  t.equal(require("dkjson").decode(editor.settings("/x"))["workspace.library"], { "/x" })
end)

t.done()
