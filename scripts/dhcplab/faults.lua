-- What may go wrong on a network, in either world: chances, cuts, rules for single packets, and the record of it all.
--
-- Chances and cuts are decided in the core, where each link ("client>server") has dice of its own: the k-th packet on
-- it has the same luck in virtual and in real time. Rules and taps look at each packet here, before it is sent, and
-- plan what becomes of it. Adds its methods to the network of network.lua, which calls aim() and note_faults().

local arrivals = require "dhcplab.arrivals"
local core = require "dhcplab.core"
local faultfile = require "dhcplab.faultfile"
local messages = require "dhcplab.message"
local problem = require "dhcplab.problem"

local faults = {}

local chances <const> = { "loss", "duplicate", "reorder", "corrupt", "truncate" }
local times <const> = { "latency", "jitter", "reorder_by" }
faults.settings = { "latency", "jitter", "loss", "duplicate", "reorder", "reorder_by", "corrupt", "truncate",
                    "capacity" }

local REORDER_BY <const> = 0.1 -- seconds

-- Settings ----------------------------------------------------------------------------------------------------

local function check_chance(name, value)
  if type(value) ~= "number" or not (value >= 0 and value <= 1) then
    problem.blame(("%s: a chance from 0 to 1 expected, got %s"):format(name, tostring(value)), "E109")
  end
  return value
end

local function check_time(name, value)
  local seconds = core.duration(value)
  if not seconds or seconds > 1e9 then
    problem.blame(("%s: a time such as 0.02, \"20ms\" or \"3s\" expected, got %s"):format(name, tostring(value)),
      "E111")
  end
  return seconds
end

local function check_count(name, value, what, least)
  local number = math.tointeger(value)
  if not number or number < (least or 1) then
    problem.blame(("%s: %s expected, got %s"):format(name, what, tostring(value)), "E110")
  end
  return number
end

-- `before` with what `options` says otherwise, checked; everything in plain numbers.
local function merge(before, options)
  local settings = {}
  for _, name in ipairs(faults.settings) do settings[name] = before[name] end
  for _, name in ipairs(chances) do
    if options[name] ~= nil then settings[name] = check_chance(name, options[name]) end
  end
  for _, name in ipairs(times) do
    if options[name] ~= nil then settings[name] = check_time(name, options[name]) end
  end
  if options.capacity == 0 or options.capacity == false then
    settings.capacity = nil
  elseif options.capacity ~= nil then
    settings.capacity = check_count("capacity", options.capacity, "bits per second")
  end
  return settings
end

local function has_faults(settings)
  for _, name in ipairs(chances) do
    if (settings[name] or 0) > 0 then return true end
  end
  return (settings.jitter or 0) > 0 or settings.capacity ~= nil
end

-- Names -------------------------------------------------------------------------------------------------------

-- The name of a node that was given as such or by name; an address stands for a stranger.
local function name_of(world, what, node)
  local name = type(node) == "table" and node.name or node
  if type(name) ~= "string" then
    problem.blame(("%s: a node or its name expected, got %s"):format(what, tostring(node)), "E108")
  end
  if world.names[name] or core.ip_number(name) then return name end
  local known = {}
  for other in pairs(world.names) do known[#known + 1] = other end
  table.sort(known)
  problem.blame(("%s: no node is called \"%s\"%s"):format(what, name, problem.hint(name, known)), "E107")
end

-- One node, or a list of them, as a list of names; none is everyone.
local function names_of(world, what, nodes)
  if nodes == nil then return { "*" } end
  if type(nodes) ~= "table" or nodes.name then return { name_of(world, what, nodes) } end
  local names = {}
  for i, node in ipairs(nodes) do names[i] = name_of(world, what, node) end
  return names
end

local function micro(seconds) return math.floor(seconds * 1e6 + 0.5) end

-- Networks ----------------------------------------------------------------------------------------------------

return setmetatable(faults, { __call = function(_, Network)

-- Whether sends must take the long way: past rules and taps, and with their faults told to the trace.
local function refresh(self)
  self.aimed = #self.rules > 0 or #self.taps > 0
  self.impaired = self.aimed or self.is_cut or self.world.replay ~= nil or has_faults(self.settings)
    or not self.world.virtual and (self.settings.latency or 0) > 0
  if not self.world.virtual then arrivals.watch(self) end
end

local function plan(self, fault)
  if fault.net ~= self.name then return end
  self.faults:plan(fault.from, fault.to, fault.k, fault.kind, fault.detail, fault.arp)
end

local function plan_replay(self)
  for _, fault in ipairs(self.world.replay) do plan(self, fault) end
  self.faults:replay(true)
end

-- Called once, by network.new.
function Network:prepare_faults(options)
  self.rules, self.taps = {}, {}
  self.settings = merge({ reorder_by = REORDER_BY }, options)
  if self.world.virtual then
    self.segment = assert(self.world.core:segment(self.name, self.settings))
    self.faults = self.segment:faults()
  else
    self.faults = assert(self.world.core:faults(self.name, self.settings))
  end
  self.faults:record(true)
  if self.world.replay then plan_replay(self) end
  refresh(self)
end

-- net:set{ loss = 0.1, latency = "20ms" ... }: for packets sent from now on; what is not named stays.
function Network:set(options)
  if type(options) ~= "table" then problem.blame("net:set takes a table: net:set{ loss = 0.1 }", "E108") end
  problem.check_keys("net:set", options, faults.settings)
  self.settings = merge(self.settings, options)
  self.faults:set(self.settings)
  refresh(self)
end

-- net:replay{ { link = "client>server", k = 2, kind = "loss" }, ... }: from now on exactly these faults, as a fault
-- file has them, and no others.
function Network:replay(list)
  if type(list) ~= "table" then problem.blame("net:replay takes a list of faults, as a fault file has them", "E108") end
  self.world.replay = self.world.replay or {}
  for i, object in ipairs(list) do
    local fault = faultfile.check(object, ("net:replay: fault %d"):format(i))
    fault.net = object.net or self.name
    table.insert(self.world.replay, fault)
    plan(self, fault)
  end
  self.faults:replay(true)
  refresh(self)
end

local function set_cuts(self, what, a, b, one_way, on)
  for _, from in ipairs(names_of(self.world, what, a)) do
    for _, to in ipairs(names_of(self.world, what, b)) do
      self.faults:cut(from, to, on)
      if not one_way then self.faults:cut(to, from, on) end
    end
  end
end

-- net:cut(a, b): nothing gets from one to the other any more; net:cut(a, b, "one-way"): from a to b only; net:cut(a): a
-- is alone. Each is a node, its name, or a list of them.
function Network:cut(a, b, way)
  if a == nil then problem.blame("net:cut takes one or two nodes: net:cut(client, server)", "E108") end
  if way ~= nil and way ~= "one-way" then
    problem.blame(("net:cut: the third argument is \"one-way\" or nothing, got %s"):format(tostring(way)), "E107")
  end
  set_cuts(self, "net:cut", a, b, way == "one-way", true)
  self.is_cut = true
  refresh(self)
end

-- net:heal(): no cut is left; net:heal(a, b): this one is mended.
function Network:heal(a, b)
  if a ~= nil then return set_cuts(self, "net:heal", a, b, false, false) end
  self.faults:heal()
  self.is_cut = false
  refresh(self)
end

-- Rules -------------------------------------------------------------------------------------------------------

local Rule = {}
Rule.__index = Rule

local rule_keys <const> = { "type", "nth", "from", "to", "mac", "after", "count" }
local extra_keys <const> = { delay = "by", corrupt = "bit" }

-- rule:stop(): from now on it lets everything pass.
function Rule:stop()
  for i, rule in ipairs(self.network.rules) do
    if rule == self then
      table.remove(self.network.rules, i)
      break
    end
  end
  refresh(self.network)
end

local function check_rule_keys(what, kind, options)
  if type(options) ~= "table" then
    problem.blame(("%s takes a table: %s{ type = \"offer\", nth = 2 }"):format(what, what), "E108")
  end
  local known = { table.unpack(rule_keys) }
  known[#known + 1] = extra_keys[kind]
  problem.check_keys(what, options, known)
  if options.type ~= nil and not core.type_number(options.type) then
    messages.refuse_type(what, options.type)
  end
  if kind == "delay" and options.by == nil then problem.blame(what .. " needs a time: by = \"3s\"", "E112") end
end

local function add_rule(self, kind, options)
  local what = "net:" .. kind
  check_rule_keys(what, kind, options)
  local world = self.world
  local nth = options.nth and check_count("nth", options.nth, "a whole number from 1")
  local count = options.count and check_count("count", options.count, "a whole number from 1")
  local rule = setmetatable({
    network = self, kind = kind, type = options.type,
    from = options.from and name_of(world, what .. ": from", options.from),
    to = options.to and name_of(world, what .. ": to", options.to),
    mac = options.mac and (core.mac(options.mac) or problem.blame(what .. ": mac: not a MAC address: "
      .. tostring(options.mac), "E110")),
    start = world.core:now() + (options.after and check_time("after", options.after) or 0),
    first = nth or 1, last = (nth or 1) + (count or nth and 1 or math.huge) - 1,
    by = options.by and check_time("by", options.by),
    bit = options.bit and check_count("bit", options.bit, "the number of a bit, from 0", 0),
    seen = 0, hits = 0,
  }, Rule)
  table.insert(self.rules, rule)
  refresh(self)
  return rule
end

-- Rules for single packets: type, from, to, mac (chaddr) say which; nth and count which of those (the second: nth = 2;
-- the first three: count = 3); after: not before so long from now. They give the rule: rule.hits, rule:stop().
function Network:drop(options) return add_rule(self, "drop", options) end
function Network:delay(options) return add_rule(self, "delay", options) end
function Network:duplicate(options) return add_rule(self, "duplicate", options) end
function Network:corrupt(options) return add_rule(self, "corrupt", options) end

-- net:tap(f): f(packet) sees each packet before it is sent, and returns nothing (pass), false (drop) or a time (delay).
-- packet: { at, from, to ("*" for a broadcast), type, xid, mac, message }. Returns the function that ends it.
function Network:tap(f)
  if type(f) ~= "function" then problem.blame("net:tap takes a function, got " .. type(f), "E108") end
  local tap = { f = f }
  table.insert(self.taps, tap)
  refresh(self)
  return function()
    for i, one in ipairs(self.taps) do
      if one == tap then
        table.remove(self.taps, i)
        break
      end
    end
    refresh(self)
  end
end

local function matches(rule, packet)
  return (not rule.type or rule.type == packet.type) and (not rule.from or rule.from == packet.from)
    and (not rule.to or rule.to == packet.to or packet.to == "*") and (not rule.mac or rule.mac == packet.mac)
    and packet.at >= rule.start
end

-- Which bit of a packet a rule without `bit` flips.
local function draw_bit(self, bytes)
  self.bits = self.bits or self.world.core:stream("faults:" .. self.name)
  return self.bits(0, #bytes * 8 - 1)
end

-- Adds to what is planned for a receiver: its delays add up.
local function add(planned, to, kind, detail)
  local one = planned[to]
  if not one then
    one = { to = to }
    planned[to], planned[#planned + 1] = one, one
  end
  one[kind] = kind == "delay" and (one.delay or 0) + detail or detail
end

local function apply_rules(self, packet, bytes, planned)
  for _, rule in ipairs(self.rules) do
    if matches(rule, packet) then
      rule.seen = rule.seen + 1
      if rule.seen >= rule.first and rule.seen <= rule.last then
        rule.hits = rule.hits + 1
        local to = packet.to == "*" and rule.to or "*"
        if rule.kind == "drop" then add(planned, to, "rule", 0)
        elseif rule.kind == "delay" then add(planned, to, "delay", micro(rule.by))
        elseif rule.kind == "duplicate" then add(planned, to, "duplicate", 0)
        else add(planned, to, "corrupt", rule.bit or draw_bit(self, bytes)) end
      end
    end
  end
end

local function ask_taps(self, packet, planned)
  for _, tap in ipairs({ table.unpack(self.taps) }) do
    local verdict = tap.f(packet)
    if verdict == false then
      add(planned, "*", "tap", 0)
    elseif verdict ~= nil then
      local seconds = verdict ~= true and core.duration(verdict)
      if not seconds then
        problem.blame(("net:tap: the function returns nothing, false or a time, got %s"):format(tostring(verdict)),
          "E118")
      end
      add(planned, "*", "delay", micro(seconds))
    end
  end
end

local planned_order <const> = { "rule", "tap", "delay", "duplicate", "corrupt" }

-- Shows a packet that is about to be sent to rules and taps, and plans what they want. `target`: the name of its only
-- receiver, where it has one on this network.
function Network:aim(from, message, to, target)
  local bytes = message:bytes()
  if not bytes then return end -- too long: it will not be sent
  local packet = { at = self.world.core:now(), from = from, to = to, type = message.type, xid = message.xid,
                   mac = message.mac, message = message:copy() }
  local planned = {}
  if not self.world.replay then apply_rules(self, packet, bytes, planned) end
  ask_taps(self, packet, planned)
  if self.world.replay then return end
  for _, one in ipairs(planned) do
    local receiver = one.to ~= "*" and one.to or target or "*"
    local k = (receiver == "*" and self.faults:sent(from) or self.faults:counted(from, receiver)) + 1
    for _, kind in ipairs(planned_order) do
      if one[kind] then self.faults:plan(from, receiver, k, kind, one[kind]) end
    end
  end
end

-- What fired --------------------------------------------------------------------------------------------------

local told <const> = {
  delay = function(fault) return ("delayed by %g s"):format(fault.detail / 1e6) end,
  reorder = function(fault) return ("held back for %g s"):format(fault.detail / 1e6) end,
  duplicate = function() return "duplicated" end,
  corrupt = function(fault) return ("bit %d flipped"):format(fault.detail) end,
  truncate = function(fault) return ("cut to %d octets"):format(fault.detail) end,
}

-- The octets as these faults leave them.
local function alter(bytes, corrupt, truncate)
  if truncate then bytes = bytes:sub(1, truncate) end
  local place = corrupt and corrupt // 8 + 1
  if place and place <= #bytes then
    bytes = bytes:sub(1, place - 1) .. string.char(bytes:byte(place) ~ 0x80 >> corrupt % 8) .. bytes:sub(place + 1)
  end
  return bytes
end

-- Lets the trace know a packet again that arrives altered.
local function tell_altered(trace, message, fired)
  local bytes, whole = message:bytes(), {}
  local by_receiver = { ["*"] = whole }
  for _, fault in ipairs(fired) do
    if not fault.arp and (fault.kind == "corrupt" or fault.kind == "truncate") then
      local one = by_receiver[fault.to]
      if not one then
        one = { corrupt = whole.corrupt, truncate = whole.truncate }
        by_receiver[fault.to] = one
      end
      one[fault.kind] = fault.detail
      trace:altered(bytes, alter(bytes, one.corrupt, one.truncate))
    end
  end
end

-- Takes over what fired: for the fault file, and for the trace. `message`: what the node has just sent, or is to get.
function Network:note_faults(node, message)
  local fired = self.faults:fired()
  if not fired then return end
  local world = self.world
  local trace = world.trace
  world.fault_count = world.fault_count + #fired
  for _, fault in ipairs(fired) do
    if world.fault_log then table.insert(world.fault_log, faultfile.object(fault, self.name)) end
    local text = message and not fault.arp and told[fault.kind]
    if text then
      trace:note("note", node, ("%s>%s: %s %s"):format(fault.from, fault.to, message.type or "BOOTP", text(fault)),
        { cause = fault.kind, message = message })
    end
  end
  if message and trace:wanted() then tell_altered(trace, message, fired) end
end

end })
