-- Tasks: coroutines over the world's ordered queue. This file is the only one that resumes them.
--
-- A task parks on exactly one thing: its own timer, perhaps together with a place where somebody
-- may wake it. Whatever comes first clears the other. Order is decided by the core (time, then
-- seq), never here. Outside any task - plain lua5.4, the REPL - a call that waits drives the loop
-- itself until its answer is there.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local create, running = coroutine.create, coroutine.running
local resume = core.resume -- coroutine.resume that lets a runaway be stopped
local yield = coroutine.yield

local TIMER <const>, PACKET <const>, ARP <const>, DROP <const> = 1, 2, 3, 4
local INTERRUPTED <const> = -1
local IDLE <const>, DONE <const> = "idle", "done" -- what a coroutine yields or returns to the loop

local Loop = {}
Loop.__index = Loop
local Task = {}
Task.__index = Task

local task = { Loop = Loop, Task = Task }

-- A loop over a core world. `hooks` has drop(node, cause, bytes, source, destination) and fail(task, error,
-- traceback).
function task.loop(world, hooks)
  return setmetatable({
    world = world,
    hooks = hooks,
    by_timer = {},   -- timer id -> task that parks on it
    nodes = {},      -- user number of a port -> node with deliver(message), hear_arp(...), malformed(...)
    alive = 0,       -- tasks that keep the world going
    idle = {},       -- pumps to be used again
    pump = nil,      -- the task that takes events off the queue now
    parked = {},     -- list of all tasks that have not ended, for the deadlock report
    count = 0,
    current = nil,
    main = false,    -- the stand-in for a caller outside any task
    curious = false, -- who waits for any event at all
    watch = false,   -- called after each event
    limit = false,
  }, Loop)
end

local function new_task(loop, co, name)
  local timer = loop.world:timer()
  local t = setmetatable({ loop = loop, co = co, timer = timer, name = name, main = false, ended = false }, Task)
  loop.by_timer[timer] = t
  return t
end

local function retire(loop, t)
  if not t.timer then return end
  loop.world:free_timer(t.timer)
  loop.by_timer[t.timer] = nil
  t.timer = nil
end

-- Ends a task: its joiners wake with what it returned or raised.
local function finish(loop, t, ok, results)
  loop.changed = true
  t.ended, t.ok, t.results = true, ok, results
  if not t.daemon then loop.alive = loop.alive - 1 end
  retire(loop, t)
  if t.place then
    local last = loop.parked[loop.count]
    loop.parked[t.place], last.place = last, t.place
    loop.parked[loop.count], loop.count = nil, loop.count - 1
  end
  if t.joiners then
    for _, joiner in ipairs(t.joiners) do loop:wake(joiner, true) end
    t.joiners = nil
  end
end

local function fail(loop, t, message)
  loop.changed = true
  local trace = debug.traceback(t.co, nil)
  coroutine.close(t.co) -- what it had to close
  if t.handler then
    retire(loop, t)
    loop.hooks.fail(t, message, trace)
    return
  end
  t.error, t.traceback = message, trace
  local joined = t.joiners ~= nil
  finish(loop, t, false, table.pack(message))
  if not joined and not t.quiet then loop.hooks.fail(t, message, trace) end
end

-- What becomes of a task that was resumed, and gave these.
local function stepped(loop, t, before, ok, what)
  loop.current = before
  if not ok then return fail(loop, t, what) end
  if what == IDLE then
    if t.once then retire(loop, t) else loop.idle[#loop.idle + 1] = t end
  elseif what == DONE then
    finish(loop, t, true, t.results)
  end
end

-- Continues a task with values; the task is the current one meanwhile.
local function step(loop, t, ...)
  if t.main then -- no coroutine: the loop is being driven for it
    t.ready, t.answer = true, table.pack(...)
    loop.changed = true
    return
  end
  local before = loop.current
  loop.current = t
  return stepped(loop, t, before, resume(t.co, ...))
end

-- Spawning --------------------------------------------------------------------------------------------------------

local function body(t, f, ...)
  t.results = table.pack(f(...))
  return DONE
end

-- Starts f(...) as a task of its own, at the present moment but never inside the caller's turn.
function Loop:spawn(name, f, ...)
  local t = new_task(self, create(body), name)
  t.start = table.pack(t, f, ...)
  self.alive = self.alive + 1
  self.count = self.count + 1
  self.parked[self.count], t.place = t, self.count
  self.world:after(t.timer, 0)
  return t
end

-- The same, but it does not keep the world going.
function Loop:spawn_daemon(name, f, ...)
  local t = self:spawn(name, f, ...)
  t.daemon = true
  self.alive = self.alive - 1
  return t
end

-- Handlers: what arrives is handled inside the coroutine that takes events off the queue (pump, below), so that a
-- handler which never waits costs a plain call. One that waits takes that coroutine along, and another goes on with the
-- events.

local function handle_once(f, ...)
  f(...)
  return IDLE
end

-- Runs f(a, b, c) at once, in a coroutine of its own as far as f can tell.
function Loop:handle(f, a, b, c)
  local t = self.pump
  if t and self.current == t then
    t.busy = true
    f(a, b, c)
    t.busy = false
    return
  end
  t = new_task(self, create(handle_once), "handler") -- called from elsewhere than the queue
  t.handler, t.once = true, true
  return step(self, t, f, a, b, c)
end

-- Parking ---------------------------------------------------------------------------------------------------------

local function refuse_coroutine()
  error("sleep and receive work in the task itself, not in a coroutine inside it [E115]", 3)
end

-- The stand-in for a caller outside any task.
local function main_task(loop)
  if not loop.main then
    loop.main = new_task(loop, running(), "main")
    loop.main.main = true
  end
  return loop.main
end

-- Parks the caller until wake() or, when a duration is given, until that has passed. `waits`: for what, in words, or
-- who can say so: something with waits_for().
-- Returns true and what wake was given, or false when the time was up.
function Loop:park(waits, duration)
  local t = self.current
  if t then
    if t.co ~= running() then refuse_coroutine() end
    if duration then self.world:after(t.timer, duration) end
    t.waits = waits
    return yield()
  end
  t = main_task(self)
  if duration then self.world:after(t.timer, duration) end
  t.waits, t.ready = waits, false
  self:drive(function() return t.ready end)
  if not t.ready then error(self.interrupted and "interrupted" or self:deadlock_report(), 0) end
  return table.unpack(t.answer, 1, t.answer.n)
end

-- Who is about to park: to be given to wake().
function Loop:this()
  return self.current or main_task(self)
end

function Loop:sleep(duration)
  local t = self.current
  if not t then
    self:park("sleep", duration)
    return
  end
  if t.co ~= running() then refuse_coroutine() end
  self.world:after(t.timer, duration)
  t.waits = "sleep"
  yield()
end

-- Parks the caller until another event has been handled. The event's own order is not touched by it.
function Loop:wait_for_event(waits)
  local list = self.curious or {}
  list[#list + 1] = self:this()
  self.curious = list
  return self:park(waits)
end

-- Wakes a parked task at the present moment, after what is already due. A task that has been woken stays so.
function Loop:wake(t, value)
  if t.woken or not t.timer then return end
  t.woken, t.value = true, value
  self.world:after(t.timer, 0)
end

-- Wakes a parked task inside the present event: for what has just arrived.
function Loop:deliver(t, value)
  self.world:clear(t.timer)
  t.waits = nil
  if t.main then return step(self, t, true, value) end
  local before = self.current
  self.current = t
  return stepped(self, t, before, resume(t.co, true, value))
end

local function on_timer(loop, id)
  local t = loop.by_timer[id]
  if not t then return end
  t.waits = nil
  if t.start then
    local start = t.start
    t.start = nil
    return step(loop, t, table.unpack(start, 1, start.n))
  end
  if t.woken then
    local value = t.value
    t.woken, t.value = nil, nil
    return step(loop, t, true, value)
  end
  if t.on_timeout then
    t.on_timeout(t)
    t.on_timeout = nil
  end
  return step(loop, t, false)
end

-- A task's own methods -------------------------------------------------------------------------------------------

-- Waits until the task has ended: what it returned; or nil, "timeout". What it raised is raised here.
function Task:join(duration)
  local loop = self.loop
  if not self.ended then
    local me = loop:this()
    if me == self then error("a task cannot join itself [E115]", 2) end
    self.joiners = self.joiners or {}
    table.insert(self.joiners, me)
    if not loop:park("join " .. self.name, duration) then
      for i, joiner in ipairs(self.joiners or {}) do
        if joiner == me then table.remove(self.joiners, i) break end
      end
      return nil, "timeout"
    end
  end
  if not self.ok then error(self.error, 0) end
  return table.unpack(self.results, 1, self.results.n)
end

-- Stops the task where it is parked; its to-be-closed variables are closed.
function Task:cancel()
  local loop = self.loop
  if self.ended then return end
  if loop.current == self then error("a task cannot cancel itself; return instead [E115]", 2) end
  local ok, message = coroutine.close(self.co)
  self.start = nil
  self.error = ok and "cancelled" or message
  finish(loop, self, false, table.pack(self.error))
end

-- Running ---------------------------------------------------------------------------------------------------------

-- Handles an event that is no message: false when there was none.
local function handle_rarer(loop, kind, a, b, c, d, e, f)
  if kind == TIMER then
    on_timer(loop, a)
  elseif kind == ARP then
    local node = loop.nodes[a]
    if node and node.hear_arp then node:hear_arp(b, c, d, e, f) end
  elseif kind == PACKET then -- malformed, or for a node that nobody knows any more
    local node = loop.nodes[a]
    if node and not b then
      loop.hooks.malformed(node, d)
      node:malformed(c, d, e, f)
    end
  elseif kind == DROP then
    loop.hooks.drop(loop.nodes[a], b, c, d, e, f)
  elseif kind == 0 then
    return false
  else
    loop.interrupted = kind == INTERRUPTED and "interrupted" or "standstill"
    return false
  end
  return true
end

-- Those that wait for any event at all have a look.
local function wake_curious(loop)
  local list = loop.curious
  loop.curious = false
  for _, t in ipairs(list) do
    if not t.ended then loop:deliver(t) end
  end
end

-- The body of a pump: one event after another, until the driver must have a look, or until another pump has taken over
-- while a handler waited in this one.
local function pump(loop, t)
  local world, nodes = loop.world, loop.nodes
  local next_event = world.next
  while true do
    while loop.pump == t and not loop.changed do
      local kind, a, b, c, d, e, f = next_event(world, loop.limit)
      local node = kind == PACKET and b and nodes[a]
      if node then
        node:deliver(b)
      elseif not handle_rarer(loop, kind, a, b, c, d, e, f) then
        loop.halted = true
        break
      end
      if loop.curious then wake_curious(loop) end
      if loop.watch then loop.watch() end -- invariants.lua
    end
    yield(IDLE)
  end
end

local function take_pump(loop)
  local idle = loop.idle
  local t = idle[#idle]
  if t then
    idle[#idle] = nil
    return t
  end
  t = new_task(loop, create(pump), "handler")
  t.handler = true
  return t
end

-- Handles events with a pump until it stops, by itself or because a handler waits.
local function run_pump(loop)
  local before, t = loop.current, take_pump(loop)
  loop.pump, loop.current, loop.halted = t, t, false
  local ok, what = resume(t.co, loop, t)
  loop.pump, loop.current = nil, before
  if ok then
    if what == IDLE then loop.idle[#loop.idle + 1] = t end
    return
  end
  if not t.busy then error(what, 0) end -- no handler's mistake
  fail(loop, t, what)
end

-- Handles events until enough() is true, nothing can happen any more, `limit` (seconds) has come, or Ctrl-C.
-- Returns "enough", "quiet", "limit", "interrupted", or "standstill" when events go on and on and virtual time does
-- not.
function Loop:drive(enough, limit)
  self.interrupted = false
  self.changed = true -- since enough() was asked; worth asking again is the end of a task only
  self.limit = limit or false
  while true do
    if self.changed then
      self.changed = false
      if enough() then break end
    end
    run_pump(self)
    if self.halted then
      if self.interrupted then return self.interrupted end
      if self.world:quiet() then return "quiet" end
      if limit and self.world:now() >= limit then return "limit" end
    end
  end
  self.changed = true
  return "enough"
end

-- Until all tasks that keep the world going have ended.
function Loop:run(limit)
  return self:drive(function() return self.alive <= 0 end, limit)
end

-- What every parked task waits for, and where: the answer to "why does nothing happen any more?"
function Loop:deadlock_report(headline)
  local lines = { headline or "nothing can happen any more, and somebody still waits:" }
  local waiting = {}
  for i = 1, self.count do waiting[i] = self.parked[i] end
  table.sort(waiting, function(a, b) return a.timer < b.timer end)
  if self.main then table.insert(waiting, self.main) end
  for _, t in ipairs(waiting) do
    local waits = t.waits
    if type(waits) == "table" then waits = waits:waits_for() end
    lines[#lines + 1] = ("  task %s waits for %s"):format(t.name, waits or "its turn")
    if not t.main then
      for line in debug.traceback(t.co):gmatch("[^\n]+") do
        if line:find(":%d+:") and not problem.is_library_line(line) then
          lines[#lines + 1] = "    " .. line:match("^%s*(.*)")
        end
      end
    end
  end
  return table.concat(lines, "\n")
end

-- Ends every task where it is parked, for good; what they have to close is closed.
function Loop:close()
  local left = {}
  for _, t in pairs(self.by_timer) do left[#left + 1] = t end
  table.sort(left, function(a, b) return a.timer < b.timer end)
  for _, t in ipairs(left) do
    if not t.main and t ~= self.current then
      local ok, message = coroutine.close(t.co)
      if not ok then self.hooks.fail(t, message, "") end
    end
  end
  self.by_timer, self.idle, self.parked, self.count = {}, {}, {}, 0
end

return task
