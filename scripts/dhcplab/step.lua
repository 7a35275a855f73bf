-- dhcplab run --step: a run that waits at each event - a packet sent, received or lost, a change of state - for a key.
--
-- It shows the event, the states of all clients and the leases of all servers. In virtual time it goes back too: the
-- run is played again from its start with the same seed, silently, up to the event before.

local core = require "dhcplab.core"
local explain = require "dhcplab.explain"
local inspect = require "dhcplab.inspect"
local layout = require "dhcplab.layout"
local session = require "dhcplab.session"
local show = require "dhcplab.show"

local step = {}
local Stepper = {}
Stepper.__index = Stepper

local MOST <const> = 8 -- clients, and leases of a server, that are shown at each event

local HELP <const> = [[
  Enter      the next event            n 10   the tenth one from here
  p          the event before          p 10   ten events back (virtual time)
  b          the bytes of this packet, field by field
  c          go on to the end          q      quit          h   this help]]

local stops <const> = { send = true, deliver = true, drop = true, state = true }

-- What is shown ------------------------------------------------------------------------------------------------------

local function write_list(label, lines)
  for i, line in ipairs(lines) do
    if i > MOST then
      io.write((" "):rep(11), ("%-8s and %d more\n"):format("", #lines - MOST))
      break
    end
    for j, part in ipairs(layout.wrap(line, 80 - 20)) do
      io.write((" "):rep(11), ("%-8s %s\n"):format(i == 1 and j == 1 and label or "", part))
    end
  end
end

local function write_states(world)
  local clients = {}
  for _, node in ipairs(world.nodes) do
    if node.role == "client" and node.state then clients[#clients + 1] = inspect.client(node) end
  end
  write_list("clients", clients)
  for _, node in ipairs(world.nodes) do
    if node.subnets then write_list(node.name, inspect.leases(node)) end
  end
end

local function write_bytes(record, term)
  local bytes = record.message and record.message:bytes() or record.bytes
  if bytes then
    io.write(explain.message(bytes, { term = term }), "\n")
  else
    io.write("A change of state has no bytes; packets have.\n")
  end
end

-- Keys ---------------------------------------------------------------------------------------------------------------

local function leave(self)
  local world = self.run.world
  self.is_leaving, world.stopping, world.loop.changed = true, true, true
end

local function interrupt(self)
  self.is_leaving = true
  self.run.world.core:interrupt()
end

local keys = {}

function keys.n(self, count)
  self.target = self.at + count
  return true
end

function keys.c(self)
  self.target = math.huge
  return true
end

function keys.q(self)
  leave(self)
  return true
end

function keys.b(self, _, record) write_bytes(record, self.run.term) end

function keys.h() io.write(HELP, "\n") end

function keys.p(self, count)
  if not self.run.world.virtual then
    io.write("Real packets cannot be called back: to go back, run it in virtual time (--virtual).\n")
  elseif self.at == 1 then
    io.write("This is the first event.\n")
  else
    self.target, self.is_again, self.is_silent = math.max(self.at - count, 1), true, true
    leave(self)
    return true
  end
end

keys.back, keys.next, keys.continue, keys.quit, keys.bytes, keys.help = keys.p, keys.n, keys.c, keys.q, keys.b, keys.h
keys["?"] = keys.h

-- Asks until a key moves on. The end of input is as good as "c".
local function ask(self, record)
  while true do
    local prompt = self.run.term:paint("dim", ("[%d] Enter, n 10, p, b, c, q, h> "):format(self.at))
    self.lines:begin(self.prompts and prompt or "")
    local what, line
    repeat what, line = self.lines:wait() until what ~= "idle"
    if what ~= "line" then
      if what == "interrupt" then interrupt(self) else keys.c(self) end
      if self.prompts then io.write("\n") end
      return
    end
    local word, count = line:match("^%s*([%a?]*)%s*(%d*)%s*$")
    local key = keys[word == "" and "n" or word]
    if not key then
      io.write(("There is no key \"%s\".\n%s\n"):format(layout.printable(line, true), HELP))
    elseif key(self, math.max(math.tointeger(tonumber(count)) or 1, 1), record) then
      return
    end
  end
end

-- Running ------------------------------------------------------------------------------------------------------------

-- What the script itself prints; nothing while the way to an earlier event is played again.
function Stepper:print(text)
  if not self.is_silent then io.write(text) end
end

local function attach(self, flags)
  local world = self.run.world
  local tell = show.teller(world, { term = self.run.term, explain = flags.explain, notes = true, arrivals = true })
  world.trace:add_sink(function(event, record)
    local text = tell(event, record)
    if self.is_leaving or not text then return end
    local is_stop = stops[event] ~= nil
    if is_stop then self.at = self.at + 1 end
    if is_stop and self.at >= self.target then self.is_silent = false end
    if self.is_silent then return end
    io.write(text, "\n")
    if not is_stop or self.at < self.target then return end
    write_states(world)
    ask(self, record)
  end)
end

-- A stepper; its print takes what the script prints.
function step.new()
  return setmetatable({ target = 1, prompts = core.isatty(0), lines = core.lines(false) }, Stepper)
end

-- Plays main() with these flags: the exit status.
function Stepper:play(flags, main)
  flags.show = false
  if not flags.virtual then
    session.say("real time goes on while you read; --virtual stops the clock, and can go back")
  end
  repeat
    self.at, self.is_leaving, self.is_again = 0, false, false
    flags.tests = {}
    local run, refused = session.open(flags)
    if not run then return refused end
    self.run = run
    attach(self, flags)
    local status = session.conclude(run, session.play(run, main))
    if not self.is_again then return session.finish(run, status) end
    flags.seed, flags.is_again = run.world.seed, true
    run.world:close()
    if run.close_trace then run.close_trace() end
    io.write(("back to event %d:\n"):format(self.target))
  until false
end

return step
