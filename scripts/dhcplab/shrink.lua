-- Makes a failing scene small: fewer faults, clients and events, plainer settings, a shorter time; what is left still
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
  made.faults, made.choices = { latency = made.faults.latency }, nil
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

local function without_client(scene_now, name)
  local made = copy(scene_now)
  local function keep(list, test)
    local kept = {}
    for _, each in ipairs(list) do
      if test(each) then kept[#kept + 1] = each end
    end
    return kept
  end
  made.clients = keep(made.clients, function(client) return client.name ~= name end)
  made.events = keep(made.events, function(event) return event.who ~= name end)
  if made.replay then
    made.replay = keep(made.replay, function(fault)
      local from, to = fault.link:match("^(.-)>(.-)$")
      return from ~= name and to:gsub("/arp$", "") ~= name
    end)
  end
  return made
end

local function drop_clients(self)
  for i = #self.scene.clients, 1, -1 do
    if #self.scene.clients > 1 then self:try(without_client(self.scene, self.scene.clients[i].name)) end
  end
end

local function drop_events(self)
  self:minimize(self.scene.events, function(list) return with(self.scene, "events", list) end)
end

local function drop_faults(self)
  self:minimize(self.scene.replay or {}, function(list) return with(self.scene, "replay", list) end)
end

-- One setting gone, or a rounder number.
local function simplify(self)
  local function change(get, key, value)
    local made = copy(self.scene)
    if get(made)[key] == value then return false end
    get(made)[key] = value
    return self:try(made)
  end
  local function server(made) return made.server end
  local size = math.tointeger(tonumber(self.scene.server.pool:match("(%d+)$"))) - 100
  for last = 0, math.min(size - 1, 3) do
    if change(server, "pool", ("192.168.1.100-192.168.1.%d"):format(100 + last)) then break end
  end
  for _, key in ipairs { "authoritative", "probe", "rapid_commit", "decline_hold", "offer_hold" } do
    change(server, key, nil)
  end
  for i = 1, #self.scene.clients do
    local function client(made) return made.clients[i] end
    for _, key in ipairs { "broadcast", "new_xid", "probe", "rapid_commit", "keep_after_reboot" } do
      change(client, key, nil)
    end
    change(client, "start", 0)
    change(client, "start", math.floor(self.scene.clients[i].start or 0))
  end
  for i = 1, #self.scene.events do
    local function event(made) return made.events[i] end
    change(event, "way", nil)
    change(event, "at", math.floor(self.scene.events[i].at / 2))
    change(event, "at", math.floor(self.scene.events[i].at))
    change(event, "seconds", math.ceil(self.scene.events[i].seconds))
  end
  local function faults(made) return made.faults end
  if not change(faults, "latency", nil) and self.scene.faults.latency then change(faults, "latency", 0.01) end
end

-- What a scene comes to, in numbers.
function shrink.size(made, faults)
  return { clients = #made.clients, events = #made.events, faults = faults, seconds = made.length }
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
    drop_clients(self)
    drop_events(self)
    drop_faults(self)
    simplify(self)
  until not self.progress or self.tries >= MOST
  return { scene = self.scene, result = self.result, key = self.key, tries = self.tries, before = before,
           after = shrink.size(self.scene, self.scene.replay and #self.scene.replay or #self.result.fired) }
end

return shrink
