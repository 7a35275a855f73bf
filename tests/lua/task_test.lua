-- Tasks: order, waiting, joining, cancelling, failing; and the report of a world in which nothing can happen any more.
local t = require "harness"
local lab = require "lab"

local function test(name, f)
  lab.test(name, function(dhcp, world)
    local log = {}
    local function say(...) log[#log + 1] = table.concat({ ... }, " ") end
    f(dhcp, say, log, world)
  end, { lax = true })
end

test("a spawned task starts at the present moment, but not inside its maker's turn", function(dhcp, say, log)
  local task = dhcp.spawn(function(...)
    dhcp.spawn(function() say("inner") end)
    say("outer", ...)
    dhcp.sleep(0)
    say("outer again", dhcp.now())
  end, "a", "b")
  say("spawned")
  task:join()
  t.equal(log, { "spawned", "outer a b", "inner", "outer again 0.0" })
end)

test("what is due at one moment runs in the order of its making", function(dhcp, say, log)
  local tasks = {}
  for i = 1, 5 do
    tasks[i] = dhcp.spawn(function()
      dhcp.sleep(1)
      say(i)
      dhcp.sleep(6 - i)
      say("later", i)
    end)
  end
  for i = 1, 5 do tasks[i]:join() end
  t.equal(log, { "1", "2", "3", "4", "5", "later 5", "later 4", "later 3", "later 2", "later 1" })
end)

test("sleep takes seconds and durations, and wakes at the very moment", function(dhcp)
  for _, case in ipairs { { 0.25, 0.25 }, { "250ms", 0.25 }, { "1h30m", 5400.0 }, { 2, 2.0 }, { "0", 0.0 } } do
    local before = dhcp.now()
    dhcp.sleep(case[1])
    t.near(dhcp.now() - before, case[2], 1e-6, tostring(case[1]))
  end
end)

test("sleep refuses what is no time, at the script's line", function(dhcp)
  for _, wrong in ipairs { "soon", -1, {}, true, "1x", "", 0 / 0 } do
    t.error(function() dhcp.sleep(wrong) end, "task_test.lua:%d+: ")
  end
  t.error(function() dhcp.sleep() end, "task_test.lua:%d+: ")
end)

test("join gives what the task returned, at once when it has ended", function(dhcp)
  local task = dhcp.spawn(function()
    dhcp.sleep(1)
    return 1, nil, "three", nil
  end)
  t.equal(table.pack(task:join()), table.pack(1, nil, "three", nil))
  t.equal(table.pack(task:join()), table.pack(1, nil, "three", nil))
end)

test("join with a limit gives up, and may try again", function(dhcp)
  local task = dhcp.spawn(function()
    dhcp.sleep(5)
    return "done"
  end)
  t.equal({ task:join("2s") }, { nil, "timeout" })
  t.equal(dhcp.now(), 2.0)
  t.equal({ task:join(10) }, { "done" })
  t.equal(dhcp.now(), 5.0)
end)

test("several may join one task", function(dhcp, say, log)
  local task = dhcp.spawn(function()
    dhcp.sleep(1)
    return "x"
  end)
  local joiners = {}
  for i = 1, 3 do joiners[i] = dhcp.spawn(function() say(i, (task:join())) end) end
  for i = 1, 3 do joiners[i]:join() end
  t.equal(log, { "1 x", "2 x", "3 x" })
end)

test("what a joined task raised is raised in the one that joins, and only there", function(dhcp)
  local task = dhcp.spawn(function()
    dhcp.sleep(1)
    error("on purpose")
  end)
  t.error(function() task:join() end, "task_test.lua:%d+: on purpose")
  t.equal(lab.failures, {})
end)

test("what nobody joins and raises is a failure of the run, and others go on", function(dhcp, say, log)
  dhcp.spawn(function() error("alone") end)
  dhcp.spawn(function()
    dhcp.sleep(1)
    say("alive")
  end):join()
  t.equal(#lab.failures, 1)
  t.match(lab.failures[1], "task_test.lua:%d+: alone")
  t.equal(log, { "alive" })
  lab.failures = {}
end)

test("an error that is a table arrives as it is", function(dhcp)
  local what = { code = 7 }
  local task = dhcp.spawn(function() error(what) end)
  local ok, why = pcall(task.join, task)
  t.ok(not ok and why == what)
end)

test("a task cannot join or cancel itself", function(dhcp)
  local task
  task = dhcp.spawn(function()
    t.error(function() task:join() end, "task_test.lua:%d+: a task cannot join itself")
    t.error(function() task:cancel() end, "task_test.lua:%d+: a task cannot cancel itself")
  end)
  task:join()
end)

test("a cancelled task does not go on, closes what is to be closed, and tells who joins", function(dhcp, say, log)
  local task = dhcp.spawn(function()
    local _ <close> = setmetatable({}, { __close = function() say("closed") end })
    dhcp.sleep(10)
    say("never")
  end)
  local joiner = dhcp.spawn(function() say(select(2, pcall(task.join, task))) end)
  dhcp.sleep(1)
  task:cancel()
  task:cancel()
  joiner:join()
  dhcp.sleep(20)
  t.equal(log, { "closed", "cancelled" })
end)

test("a task that ends wakes who joined it, but not one that was cancelled meanwhile", function(dhcp, say, log)
  local task = dhcp.spawn(function() dhcp.sleep(5) end)
  local gone = dhcp.spawn(function()
    task:join()
    say("never")
  end)
  local there = dhcp.spawn(function()
    task:join()
    say("woken", dhcp.now())
  end)
  dhcp.sleep(1)
  gone:cancel()
  there:join()
  t.equal(log, { "woken 5.0" })
end)

test("a task that is cancelled before it began never begins", function(dhcp, say, log)
  local task = dhcp.spawn(function() say("never") end)
  task:cancel()
  dhcp.sleep(1)
  t.equal(log, {})
end)

test("waiting works in the task itself only, not in a coroutine inside it", function(dhcp)
  local task = dhcp.spawn(function()
    local inner = coroutine.wrap(function() dhcp.sleep(1) end)
    t.error(inner, "in the task itself")
  end)
  task:join()
end)

test("coroutines of a script's own are its own affair", function(dhcp)
  local squares = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
  local task = dhcp.spawn(function()
    local sum = 0
    for _ = 1, 3 do
      sum = sum + squares()
      dhcp.sleep(1)
    end
    return sum
  end)
  t.equal(task:join(), 14)
end)

test("ten thousand tasks take their turns and leave nothing behind", function(dhcp, _, _, world)
  local sum, tasks = 0, {}
  for i = 1, 10000 do
    tasks[i] = dhcp.spawn(function()
      dhcp.sleep(i % 7)
      sum = sum + 1
    end)
  end
  for i = 1, 10000 do tasks[i]:join() end
  t.equal({ sum, world.loop.count, world.loop.alive }, { 10000, 0, 0 })
end)

test("handlers use their tasks again", function(dhcp, _, _, world)
  dhcp.server { pool = "192.168.1.10-192.168.1.99" }
  local bare = lab.bare()
  for i = 1, 50 do bare:ask(lab.discover { mac = ("02:00:00:00:00:%02x"):format(i), broadcast = true }) end
  t.equal(#world.loop.idle, 1)
end)

test("a wait that nothing can end is a report: who waits, for what, where", function(dhcp)
  local client = dhcp.client { name = "ada" }
  dhcp.spawn(function() client:receive { timeout = "infinite" } end)
  local why = t.error(function() dhcp.client { name = "bob" }:receive { timeout = "infinite" } end,
    "nothing can happen any more")
  t.match(why, "task main waits for a message for bob")
  t.match(why, "task task waits for a message for ada.-task_test.lua:%d+")
end)

test("two worlds after one another share nothing", function(dhcp)
  dhcp.sleep(5)
  lab.world()
  t.equal(dhcp.now(), 0.0)
end)

t.done()
