-- Makes a failing scene small: fewer faults, nodes and events, plainer settings, a shorter time; what is left still
-- fails in the same way.
--
-- Chance is taken out first: the faults that fired become a list to be replayed. Then whatever can be left out is left
-- out, and each candidate is played; the same key of the result (search.lua) is the same failure.

local search = require "dhcplab.search"

local shrink = {}
local Shrinker = {}
Shrinker.__index = Shrinker

local MOST <const> = 4000 -- plays

local function copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, each in pairs(value) do made[key] = copy(each) end
  return made
end

-- Just behind a moment, in tenths of a second.
local function round_up(seconds) return math.ceil(seconds * 10 + 0.01) / 10 end

-- Plays a candidate; takes it over when it fails in the same way.
function Shrinker:try(candidate)
  if self.tries >= MOST then return false end
  self.tries = self.tries + 1
  local result = search.play(candidate, { faults = true })
  if result.kind == "interrupted" then
    self.tries = MOST
    return false
  end
  if result.status ~= "fail" or result.key ~= self.key then return false end
  self.scene, self.result, self.progress = candidate, result, true
  return true
end

-- The list as short as it gets: parts of it, halves first, then ever smaller ones, are left out. apply(list) makes the
-- candidate.
function Shrinker:minimize(list, apply)
  local size = math.max(#list // 2, 1)
  while #list > 0 do
    local start, removed = 1, false
    while start <= #list do
      local rest = {}
      table.move(list, 1, start - 1, 1, rest)
      table.move(list, start + size, #list, #rest + 1, rest)
      if self:try(apply(rest)) then
        list, removed = rest, true
      else
        start = start + size
      end
    end
    if size == 1 and not removed then return end
    size = math.max(size // 2, 1)
  end
end

local function with(scene_now, key, value)
  local made = copy(scene_now)
  made[key] = copy(value)
  return made
end

-- Chance out, what happened in.
local function fix_faults(self)
  local made = with(self.scene, "replay", self.result.fired)
  made.faults, made.choices = { latency = made.faults.latency, capacity = made.faults.capacity }, nil
  self:try(made)
end

-- Nothing after the failure.
local function cut_end(self)
  if self.key == "liveness" then
    local made = copy(self.scene)
    for _, share in ipairs { 0, 0.25, 0.5, 0.75 } do
      made.length = round_up(self.scene.length * share)
      if made.length < self.scene.length and self:try(copy(made)) then return end
    end
    return
  end
  local made = copy(self.scene)
  made.length, made.patience = math.min(round_up(self.result.virtual_seconds), made.length), nil
  if made.length < self.scene.length or self.scene.patience then self:try(made) end
end

local function keep(list, test)
  local kept = {}
  for _, each in ipairs(list) do
    if test(each) then kept[#kept + 1] = each end
  end
  return kept
end

-- A scene without the node of this name, and without what befalls it.
local function without_node(scene_now, name)
  local made = copy(scene_now)
  local function is_other(node) return node.name ~= name end
  made.clients, made.servers = keep(made.clients, is_other), keep(made.servers, is_other)
  made.events = keep(made.events, function(event) return event.who ~= name end)
  if made.replay then
    made.replay = keep(made.replay, function(fault)
      local from, to = fault.link:match("^(.-)>(.-)$")
      return from ~= name and to:gsub("/arp$", "") ~= name
    end)
  end
  return made
end

-- One segment: who was behind the relay is beside the server, or gone.
local function without_relay(scene_now, keeps_clients)
  local made = scene_now
  for _, client in ipairs(keeps_clients and {} or scene_now.clients) do
    if client.far then made = without_node(made, client.name) end
  end
  made = without_node(made, made.relay.name)
  made.relay = nil
  for _, client in ipairs(made.clients) do client.far = nil end
  for _, server in ipairs(made.servers) do server.far_pool = nil end
  made.events = keep(made.events, function(event) return not event.far end)
  made.replay = made.replay and keep(made.replay, function(fault) return fault.net == "lan" end)
  return made
end

local function drop_nodes(self)
  if self.scene.relay then
    for _, keeps_clients in ipairs { false, true } do
      local made = without_relay(self.scene, keeps_clients)
      if made.clients[1] and self:try(made) then break end
    end
  end
  for _, kind in ipairs { "servers", "clients" } do
    for i = #self.scene[kind], 1, -1 do
      if #self.scene[kind] > 1 then self:try(without_node(self.scene, self.scene[kind][i].name)) end
    end
  end
end

local function drop_events(self)
  self:minimize(self.scene.events, function(list) return with(self.scene, "events", list) end)
end

local function drop_faults(self)
  self:minimize(self.scene.replay or {}, function(list) return with(self.scene, "replay", list) end)
end

-- The scene with get(scene)[key] set to a value; whether it still fails so.
local function change(self, get, key, value)
  local made = copy(self.scene)
  if get(made)[key] == value then return false end
  get(made)[key] = value
  return self:try(made)
end

local function smaller_pool(self, server, key)
  local first, last = server(self.scene)[key]:match("^(.+)%-.-(%d+)$")
  local net, from = first:match("^(.-)(%d+)$")
  from = math.tointeger(tonumber(from))
  for size = 1, math.min(math.tointeger(tonumber(last)) - from, 4) do
    if change(self, server, key, ("%s-%s%d"):format(first, net, from + size - 1)) then return end
  end
end

local function simplify_nodes(self)
  for i = 1, #self.scene.servers do
    local function server(made) return made.servers[i] end
    smaller_pool(self, server, "pool")
    if server(self.scene).far_pool then smaller_pool(self, server, "far_pool") end
    for _, key in ipairs { "authoritative", "probe", "rapid_commit", "decline_hold", "offer_hold", "skew" } do
      change(self, server, key, nil)
    end
  end
  for _, key in ipairs(self.scene.relay and { "circuit_id", "remote_id" } or {}) do
    change(self, function(made) return made.relay end, key, nil)
  end
  for i = 1, #self.scene.clients do
    local function client(made) return made.clients[i] end
    for _, key in ipairs { "broadcast", "new_xid", "probe", "rapid_commit", "keep_after_reboot", "far", "skew" } do
      change(self, client, key, nil)
    end
    change(self, client, "start", 0)
    change(self, client, "start", math.floor(self.scene.clients[i].start or 0))
  end
end

-- One setting gone, or a rounder number.
local function simplify(self)
  simplify_nodes(self)
  for i = 1, #self.scene.events do
    local function event(made) return made.events[i] end
    change(self, event, "way", nil)
    change(self, event, "at", math.floor(self.scene.events[i].at / 2))
    change(self, event, "at", math.floor(self.scene.events[i].at))
    change(self, event, "seconds", math.ceil(self.scene.events[i].seconds))
  end
  local function faults(made) return made.faults end
  change(self, faults, "capacity", nil)
  if self.scene.faults.latency and not change(self, faults, "latency", nil) then
    change(self, faults, "latency", 0.01)
  end
end

-- What a scene comes to, in numbers.
function shrink.size(made, faults)
  return { clients = #made.clients, servers = #made.servers, relays = made.relay and 1 or 0, events = #made.events,
           faults = faults, seconds = made.length }
end

-- Shrinks a scene: { scene, result, key, tries, before, after }, the last two as size() gives them; or nil when it does
-- not fail.
function shrink.run(made)
  local result = search.play(made, { faults = true })
  if result.status ~= "fail" then return nil end
  local self = setmetatable({ scene = made, result = result, key = result.key, tries = 1 }, Shrinker)
  local before = shrink.size(made, #result.fired)
  fix_faults(self)
  repeat
    self.progress = false
    cut_end(self)
    drop_nodes(self)
    drop_events(self)
    drop_faults(self)
    simplify(self)
  until not self.progress or self.tries >= MOST
  return { scene = self.scene, result = self.result, key = self.key, tries = self.tries, before = before,
           after = shrink.size(self.scene, self.scene.replay and #self.scene.replay or #self.result.fired) }
end

return shrink
