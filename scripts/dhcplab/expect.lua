-- dhcp.expect: what must be so. Each form returns what it was given, or ends the run with exit status 1 and a report:
-- the line of the script, expected and got side by side, the last packets, the line that replays it.
--
-- Times are exact in virtual time; in real time each deadline has dhcp.expect.tolerance on top, and a failure says so.

local core = require "dhcplab.core"
local failure = require "dhcplab.failure"
local messages = require "dhcplab.message"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"
local query = require "dhcplab.query"
local values = require "dhcplab.values"
local worlds = require "dhcplab.world"

local expect = { tolerance = "50ms" }

local function titled(text, default) return "expected: " .. (text or default) end

-- The words that calls give beside nil when they fail: no reason that somebody wrote.
local reasons <const> = { timeout = true, nak = true, declined = true, refused = true }

-- dhcp.expect(value[, what]): the value, unless it is nil or false.
local function be_true(_, value, what)
  if value then return value end
  if value == nil and reasons[what] then
    failure.raise("expected: a value", { { "", "a value", ("nil, %q"):format(what) } })
  end
  failure.raise(titled(what, "a value"), { { "", what and tostring(what) or "a value", values.show(value) } })
end

-- Values ---------------------------------------------------------------------------------------------------------

-- By ==, tables by what is in them.
function expect.equal(got, want, text)
  if values.equal(got, want) then return got end
  failure.raise(titled(text, "equal values"), values.compare(want, got))
end

function expect.differ(got, unwanted, text)
  if not values.equal(got, unwanted) then return got end
  failure.raise(titled(text, "something else"), { { "", "anything but " .. values.show(unwanted), values.show(got) } })
end

-- nil or false.
function expect.none(value, text)
  if not value then return value end
  failure.raise(titled(text, "nothing"), { { "", "nil or false", values.show(value) } })
end

function expect.near(got, want, tolerance, text)
  if type(want) ~= "number" or type(tolerance) ~= "number" then
    problem.blame("dhcp.expect.near takes what came, a number and a tolerance", "E108")
  end
  if type(got) == "number" and math.abs(got - want) <= tolerance then return got end
  failure.raise(titled(text, "a number near another"),
    { { "", ("%s, give or take %s"):format(values.show(want), values.show(tolerance)), values.show(got) } })
end

-- A text that a Lua pattern matches.
function expect.match(got, pattern, text)
  if type(pattern) ~= "string" then problem.blame("dhcp.expect.match takes what came and a Lua pattern", "E108") end
  if type(got) == "string" and got:find(pattern) then return got end
  failure.raise(titled(text, "a text that matches"),
    { { "", "a match of " .. values.show(pattern), values.show(got) } })
end

-- A list that has the value, or a text that has it inside.
function expect.contain(whole, part, text)
  if type(whole) == "string" and whole:find(tostring(part), 1, true) then return whole end
  for _, each in ipairs(type(whole) == "table" and whole or {}) do
    if values.equal(each, part) then return whole end
  end
  failure.raise(titled(text, "a list that has this"), { { "", values.show(part) .. " in it", values.show(whole) } })
end

-- f raises an error that the Lua pattern matches: its text.
function expect.error(f, pattern, text)
  if type(f) ~= "function" then problem.blame("dhcp.expect.error takes a function and a Lua pattern", "E108") end
  local ok, why = pcall(f)
  local wanted = pattern and "an error that matches " .. values.show(pattern) or "an error"
  if ok then failure.raise(titled(text, "an error"), { { "", wanted, "none" } }) end
  why = tostring(why)
  if pattern and not why:find(pattern) then
    failure.raise(titled(text, "an error"), { { "", wanted, values.show(why) } })
  end
  return why
end

-- Messages and leases --------------------------------------------------------------------------------------------

-- A message of that type, or of one of a list of types.
function expect.type(message, want, text)
  local wanted = type(want) == "table" and want or { want }
  for _, name in ipairs(wanted) do
    if not core.type_number(name) then
      messages.refuse_type("dhcp.expect.type", name)
    end
  end
  local got = type(message) == "userdata" and message.type
  for _, name in ipairs(wanted) do
    if got == name then return message end
  end
  failure.raise(titled(text, "a message of type " .. table.concat(wanted, " or ")),
    { { "", table.concat(wanted, " or "), got and tostring(message) or values.show(message) } })
end

local function lease_field(lease, key)
  if lease[key] ~= nil then return lease[key] end
  local ok, value = pcall(function() return lease.options[key] end)
  if not ok then
    local known = order.keys(lease)
    for _, option in ipairs(core.catalogue()) do known[#known + 1] = option.name end
    problem.blame(("dhcp.expect.lease: a lease has neither a field nor an option \"%s\"%s"):format(key,
      problem.hint(key, known)), "E106")
  end
  return value
end

-- A client that has a lease now, with these fields or options: { address = "...", lease_time = 3600 }. An address may
-- be a network, "192.168.1.0/24".
local function holds(key, want, got)
  if key ~= "address" or type(want) ~= "string" or not want:find("/", 1, true) then return values.equal(want, got) end
  local network, mask = core.subnet(want)
  if not network then problem.blame(("dhcp.expect.lease: \"%s\" is not a network"):format(want), "E110") end
  return core.ip_number(got) & mask == network
end

function expect.lease(client, fields, text)
  if type(client) ~= "table" or rawget(client, "settings") == nil or client.role ~= "client" then
    problem.blame("dhcp.expect.lease takes a client", "E108")
  end
  local lease = client.lease
  if type(fields) == "string" then fields, text = nil, fields end
  if not lease or lease.expires <= client.world.core:now() then
    failure.raise(titled(text, "a lease of " .. client.name),
      { { "", "a lease in force", lease and ("one that ended at %g s"):format(lease.expires)
        or "none; the client is in " .. client.state } })
  end
  local rows = {}
  for _, key in ipairs(order.keys(fields or {})) do
    local want = fields[key]
    local got = lease_field(lease, key)
    if not holds(key, want, got) then rows[#rows + 1] = { key, values.show(want), values.show(got) } end
  end
  if rows[1] then failure.raise(titled(text, ("the lease of %s to have these"):format(client.name)), rows) end
  return lease
end

-- Time -----------------------------------------------------------------------------------------------------------

local function seconds_of(duration, form)
  local seconds = core.duration(duration == nil and "" or duration)
  if seconds then return seconds end
  problem.blame(("dhcp.expect.%s: a time such as 2 or \"250ms\" expected, got %s"):format(form, values.show(duration)),
    "E111")
end

-- A limit with its tolerance, and how a failure tells it.
local function limit_of(world, duration, form)
  local seconds = seconds_of(duration, form)
  if world.virtual then return seconds, ("within %g s"):format(seconds) end
  local slack = core.duration(expect.tolerance)
    or problem.blame("dhcp.expect.tolerance: a time such as \"50ms\" expected", "E111")
  return seconds + slack, ("within %g s (and %g s of tolerance in real time)"):format(seconds, slack)
end

-- Calls f, in a task of its own, now and after every event until what it returns is true, for so long at most; f may
-- wait itself. What is due at the very end of the time still counts. The ended task; or nil and what was the matter.
local function wait_until(loop, limit, waits, f)
  local last = "the function has not returned"
  local task = loop:spawn("within", function()
    while true do
      local got = table.pack(f())
      if got[1] then return table.unpack(got, 1, got.n) end
      last = values.show(got[1])
      loop:wait_for_event(waits)
    end
  end)
  task.quiet = true -- who joins it tells what it raises
  task:join(limit)
  if not task.ended then loop:sleep(0) end
  if task.ended then return task end
  if task.waits and task.waits ~= waits then last = last .. "; it waits for " .. task.waits end
  task:cancel()
  return nil, last
end

-- Within the duration f returns something true, or has become true: its values.
function expect.within(duration, f, text)
  if type(f) ~= "function" then problem.blame("dhcp.expect.within takes a duration and a function", "E108") end
  local world = worlds.current()
  local limit, words = limit_of(world, duration, "within")
  local task, last = wait_until(world.loop, limit, "a condition of within", f)
  if task then return task:join() end
  failure.raise(titled(text, "a true value") .. ", " .. words, { { "", "true " .. words, last } })
end

-- Listens to the trace while the caller is parked: the record for which wanted(event, record) is true, or nil when the
-- time was up.
local function listen(world, seconds, waits, wanted)
  local loop, trace, heard = world.loop, world.trace, nil
  local me = loop:this()
  local function sink(event, record)
    if heard or record.note or not wanted(event, record) then return end
    heard = record
    loop:wake(me)
  end
  trace:add_sink(sink)
  local _ <close> = setmetatable({}, { __close = function() trace:remove_sink(sink) end })
  loop:park(waits, seconds)
  return heard
end

local function is_sent(event, record) return event == "send" or event == "deliver" and record.foreign end

-- For so long: no message reaches this client, server or relay; or no packet that the filter takes is sent; or, with
-- nil, no packet at all.
function expect.silence(who, duration, text)
  local world = worlds.current()
  local seconds = seconds_of(duration, "silence")
  local name = type(who) == "table" and getmetatable(who) and rawget(who, "name")
  local takes = not name and query.compile(who)
  local heard = listen(world, seconds, "silence", function(event, record)
    if name then return event == "deliver" and record.to == name end
    return is_sent(event, record) and takes(record)
  end)
  if not heard then return true end
  local subject = name and "silence for " .. name or "no " .. query.text(who)
  failure.raise(titled(text, ("%s for %g s"):format(subject, seconds)),
    { { "", "nothing", ("%s at %.6f s"):format(tostring(heard.message or "a packet"), world.core:now()) } })
end

-- A packet that the filter takes, sent from now on within this time; with fate = "delivered" or "dropped" in the
-- filter: one that arrives or is lost. Its record.
function expect.message(filter, duration, text)
  local world = worlds.current()
  local limit, words = limit_of(world, duration, "message")
  local fate = type(filter) == "table" and filter.fate
  local takes = query.compile(filter)
  local heard = listen(world, limit, "a packet: " .. query.text(filter), function(event, record)
    local right = fate == "delivered" and event == "deliver" or fate == "dropped" and event == "drop"
      or not fate and is_sent(event, record)
    return right and takes(record)
  end)
  if heard then return heard end
  failure.raise(titled(text, query.text(filter)) .. ", " .. words, { { "", query.text(filter), "no such packet" } })
end

-- RFC 2131 figure 5; a script may have others.
local states <const> = { INIT = true, ["INIT-REBOOT"] = true, SELECTING = true, REQUESTING = true, REBOOTING = true,
                         BOUND = true, RENEWING = true, REBINDING = true }

-- A client in this state, now or within the duration.
function expect.state(client, state, duration, text)
  if type(client) ~= "table" or type(rawget(client, "state")) ~= "string" then
    problem.blame("dhcp.expect.state takes a client and a state such as \"BOUND\"", "E108")
  end
  local slip = not states[state] and problem.hint(state, order.keys(states)) or ""
  if slip ~= "" then problem.blame(("dhcp.expect.state: no state is called \"%s\"%s"):format(state, slip), "E107") end
  local world = worlds.current()
  local words = ""
  if duration then
    local limit, told = limit_of(world, duration, "state")
    words = ", " .. told
    wait_until(world.loop, limit, "state " .. state, function() return client.state == state end)
  end
  if client.state == state then return client end
  failure.raise(titled(text, ("%s in %s"):format(client.name, state)) .. words, { { "", state, client.state } })
end

-- The trace ------------------------------------------------------------------------------------------------------

-- So many packets so far that the filter takes.
function expect.count(filter, want, text)
  local found = worlds.current().trace:find(filter)
  if #found == want then return found end
  failure.raise(titled(text, "so many of " .. query.text(filter)), { { "", tostring(want), tostring(#found) } })
end

-- Packets so far in this order, others in between allowed: { "discover", { type = "offer", from = "server" } }. `among`
-- is a filter for the packets that are looked at.
function expect.sequence(list, among, text)
  local trace = worlds.current().trace
  local found, place = trace:sequence(list, among)
  if found then return found end
  local rows, came = {}, trace:find(among)
  for i = 1, math.max(#list, math.min(#came, #list + 10)) do
    rows[i] = { tostring(i) .. (i == place and " missing" or ""), list[i] and query.text(list[i]) or "",
                came[i] and tostring(came[i].type or "?") or "" }
  end
  failure.raise(titled(text, "packets in this order"), rows)
end

local names = {}
for name in pairs(expect) do names[#names + 1] = name end
table.sort(names)

return setmetatable(expect, {
  __call = be_true,
  __index = function(_, key)
    problem.blame(("dhcp.expect has nothing called \"%s\"%s"):format(tostring(key), problem.hint(key, names)), "E104")
  end,
})
