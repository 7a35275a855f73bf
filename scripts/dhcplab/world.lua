-- The world a script runs in: clock, seed, nodes, parameters, trace. There is one at a time.
--
-- Under `dhcplab run` the command line makes it; under plain lua5.4 it is made, in real time, by the first call
-- that needs it.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local task = require "dhcplab.task"
local trace = require "dhcplab.trace"

local world = {}
local World = {}
World.__index = World

local current

-- options: virtual, seed, pcap (path), listen and server ("address:port"), interface, params (table),
-- trace (false: keep no record), on_fail(message, traceback), faults (true: keep what fired in world.fault_log),
-- replay_faults (path) or replay (list): only the faults that these name fire
function world.new(options)
  options = options or {}
  local seed = options.seed or core.draw_seed()
  local handle = assert(core.world { virtual = options.virtual or false, seed = seed })
  local self = setmetatable({
    core = handle,
    seed = seed,
    virtual = options.virtual or false,
    listen = options.listen or "127.0.0.1:6767",
    server = options.server or options.listen or "127.0.0.1:6767",
    interface = options.interface,
    params = options.params or {},
    params_read = {},
    names = {},
    last_number = {}, -- of the names that were made up, by their stem
    nodes = {},
    spread = false, -- real time: see network.lua
    by_address = {}, -- who uses an address, on whichever segment
    servers = 0,
    clients = 0,
    failures = 0,
    networks = {},
    fault_count = 0, -- of those that fired
    fault_log = options.faults and {} or nil,
    replay = options.replay or options.replay_faults
      and require("dhcplab.faultfile").load(options.replay_faults) or nil,
    checks = {},     -- what dhcp.check found wrong
    on_fail = options.on_fail,
    trace = trace.new { keep = options.trace ~= false },
  }, World)
  self.trace.world = self
  self.loop = task.loop(handle, {
    fail = function(t, message, traceback) self:fail(t, message, traceback) end,
    drop = function(node, cause, bytes, _, destination, mac)
      self.trace:dropped(node, cause, bytes, node and node.network and node.network:reached(destination, mac))
    end,
    malformed = function(node, bytes) self.trace:arrived(node, bytes) end,
  })
  handle:watch(self.virtual or self.trace.keep) -- so that what waits for any event wakes for the same ones
  if options.pcap then
    local commented = options.pcap:find("%.pcapng$") ~= nil
    local ok, why = handle:capture(options.pcap, commented)
    if ok and commented then require("dhcplab.comments").attach(self) end
    if not ok then
      handle:close()
      error(problem.new("E305", ("cannot write the capture %s: %s"):format(options.pcap, why),
        "give another file: --pcap FILE"))
    end
  end
  self.stream = handle:stream("script")
  current = self
  return self
end

function world.current()
  return current or world.new()
end

function world.peek() return current end

-- Something in a task raised and nobody joined it.
function World:fail(_, message, traceback)
  self.failures = self.failures + 1
  if self.on_fail then return self.on_fail(message, traceback) end
  local failure = require "dhcplab.failure"
  io.stderr:write(failure.describe(failure.of_error(message, traceback), self), "\n")
end

-- A name nobody has yet: "client", "client2", "client3" ...
function World:name(wanted, given)
  if given and self.names[given] then
    problem.blame(("there is a node called \"%s\" already"):format(given), "E114")
  end
  local name, n = given or wanted, self.last_number[wanted] or 1
  while self.names[name] do
    n = n + 1
    name = wanted .. n
  end
  self.names[name] = true
  if not given then self.last_number[wanted] = n end
  return name
end

-- Turns a server's address into its name where this world has that server.
function World:namer()
  return function(address)
    for _, node in ipairs(self.nodes) do
      if node.address == address and node.role ~= "client" then return node.name end
    end
    return address
  end
end

-- Registers a node; its number comes back with each of its packets.
function World:add(node)
  self.nodes[#self.nodes + 1] = node
  self.loop.nodes[#self.nodes] = node
  return #self.nodes
end

-- A locally administered MAC for the node with this name: decided by the seed and the name, not by which nodes there
-- are, but for the one case in some billions that another has it already.
function World:draw_mac(name)
  local draw = self.core:stream("mac:" .. name)
  local mac
  repeat
    local bits = draw(0, 0xffffffff)
    mac = ("02:00:%02x:%02x:%02x:%02x"):format(bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255)
  until not self:has_mac(mac)
  return mac
end

function World:has_mac(mac)
  for _, network in ipairs(self.networks) do
    if network.by_mac[mac] then return true end
  end
  return false
end

-- The same for networks: "net", "net2" ...
function World:network_name(given)
  local taken = {}
  for _, network in ipairs(self.networks) do taken[network.name] = true end
  if given and taken[given] then problem.blame(("there is a network called \"%s\" already"):format(given), "E114") end
  local name, n = given or "net", 1
  while taken[name] do
    n = n + 1
    name = "net" .. n
  end
  return name
end

function World:default_network()
  if not self.lan then self.lan = require("dhcplab.network").new(self, { name = "lan" }) end
  return self.lan
end

-- Ends the world: false and what the system said when the capture could not be written.
function World:close()
  if not self.closed then self.loop:close() end -- what closes there may still speak
  if current == self then current = nil end
  if self.closed then return true end
  self.closed = true
  local ok, why = self.core:stop_capture()
  for _, node in ipairs(self.nodes) do
    if node.port then node.port:close() end
  end
  self.core:close()
  return ok, why
end

return world
