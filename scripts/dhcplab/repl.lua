-- dhcplab repl: Lua a line at a time, in a world of its own: the whole interface, live.
--
-- Each line is a task, and the world goes on until the line has its answer. In real time it goes on while the prompt
-- waits, too: what is due is looked for every PAUSE seconds. Virtual time stands still between the lines.

local core = require "dhcplab.core"
local complete = require "dhcplab.repl.complete"
local dhcp = require "dhcplab"
local display = require "dhcplab.repl.display"
local failure = require "dhcplab.failure"
local help = require "dhcplab.help"
local history = require "dhcplab.repl.history"
local lua_errors = require "dhcplab.lua_errors"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"
local sandbox = require "dhcplab.sandbox"
local session = require "dhcplab.session"

local Repl = {}
Repl.__index = Repl

local PAUSE <const> = 0.02
local VIRTUAL_LIMIT <const> = 30 * 86400 -- seconds of virtual time that one line may take
local CHUNK <const> = "line"

local GREETING <const> = [[
Type Lua; each line is run at once, and what it gives is shown. `server` and
`client` are made when you first name them. To begin with:
    client:discover()     client:acquire()     client.lease     server:leases()
    dhcp.sleep("30m")     client:renew()       dhcp.trace       help repl
Tab completes where the machine has libedit. Ctrl-C ends a line, Ctrl-D leaves.]]

-- Names --------------------------------------------------------------------------------------------------------------

-- Names that are made when they are first used, so that one can begin with `client:discover()`.
local made_later <const> = { server = dhcp.server, client = dhcp.client }

function Repl:make(name)
  local has_server = self.flags.server ~= nil
  for _, node in ipairs(self.world.nodes) do has_server = has_server or node.subnets ~= nil end
  if name == "client" and not has_server then self:make("server") end
  self.out:write(self.term:paint("dim", ("-- made: %s = dhcp.%s {}"):format(name, name)), "\n")
  local node = dhcp[name] {}
  self.env[name] = node
  return node
end

local function make_env(self, folder)
  local env = sandbox.new(self.world, { folder = folder, captured = function(text) self.out:write(text) end })
  local meta = debug.getmetatable(env)
  local refuse = meta.__index
  meta.__index = function(_, name)
    if made_later[name] then return self:make(name) end
    return refuse(env, name)
  end
  env.dhcp = dhcp
  function env.os.exit()
    self.is_over = true
    error("os.exit", 0)
  end
  return env
end

-- Lines --------------------------------------------------------------------------------------------------------------

-- What is typed as a function; or nil and "incomplete" or what is wrong. A `local` at its beginning is left out: the
-- name would be gone with the line.
local function compile(env, text)
  text = text:gsub("^%s*=", "") -- as older prompts want it
  local chunk, why_not = load("return " .. text, "=" .. CHUNK, "t", env)
  if chunk then return chunk end
  local kept = text:gsub("^%s*local%s+(function%s)", "%1"):gsub("^%s*local%s+([%w_,%s]+=)", "%1")
  chunk = load(kept, "=" .. CHUNK, "t", env)
  if chunk then return chunk end
  local why
  chunk, why = load(text, "=" .. CHUNK, "t", env)
  if chunk then return chunk end
  return nil, (why:find("<eof>$") or why_not:find("<eof>$")) and "incomplete" or why
end

-- An error's text, without the place where there is only one.
function Repl:complain(raised)
  local text = order.tostring(raised)
  if problem.is(raised) and raised.rows then text = failure.describe(raised):gsub("^%l+%[E%d+%]: ", "") end
  local plain = text:gsub("^" .. CHUNK .. ":%d+: ", "")
  text = text:gsub("^" .. CHUNK .. ":(%d+): ", self.is_long and "line %1: " or "")
    .. (lua_errors.explain(lua_errors.code(plain), plain) or "") -- did you mean ...?
  self.out:flush()
  io.stderr:write(self.term:paint("bad", "error: "), text, "\n")
end

-- Why a line was stopped.
local reasons <const> = {
  interrupted = "interrupted",
  quiet = "nothing can happen any more, and somebody still waits:",
  limit = "still running after 30 days of virtual time: stopped",
  standstill = "time stands still, and events go on and on: stopped",
}

-- Handles what is due at this moment.
function Repl:settle()
  self.world.core:guard(true, self.budget)
  local how = self.world.loop:drive(function() return false end, self.world.core:now())
  self.world.core:guard(false)
  if how == "standstill" then self:complain(reasons.standstill) end
end

-- Runs a function as a task, and the world until it has ended; what it gives is shown by the task, too, for values of
-- the script's own may raise when they are looked at.
function Repl:run_line(chunk)
  local world = self.world
  world.core:guard(true, self.budget)
  local task = world.loop:spawn(CHUNK, function() self:print(table.pack(chunk())) end)
  task.quiet = true
  local limit = world.virtual and world.core:now() + VIRTUAL_LIMIT or nil
  local how = world.loop:drive(function() return task.ended end, limit)
  world.core:guard(false)
  if not task.ended then
    self:complain(how == "quiet" and world.loop:deadlock_report(reasons.quiet) or reasons[how])
    task:cancel()
  elseif not task.ok and not self.is_over then
    self:complain(task.error)
  end
end

function Repl:print(results)
  local plain, is_plain, count = {}, true, results.n
  while count > 1 and results[count] == nil do count = count - 1 end
  for i = 1, count do
    plain[i] = display.lines(self.world, results[i])
    is_plain = is_plain and #plain[i] == 1
  end
  for i, lines in ipairs(plain) do plain[i] = table.concat(lines, "\n") end
  if plain[1] then self.out:write(table.concat(plain, is_plain and ", " or "\n"), "\n") end
end

local words <const> = { exit = true, quit = true }

-- Words that are no Lua: help, help TOPIC, exit, quit. Whether it was one.
function Repl:obey(text)
  local topic = text:match("^%s*help%s*([%w_%- ]*)%s*$")
  if topic then
    help.run(topic == "" and "repl" or topic, { out = self.out, color = self.flags.color, ascii = self.flags.ascii })
    return true
  end
  local word = text:match("^%s*(%a+)%s*%(?%)?%s*$")
  if not words[word] or rawget(self.env, word) ~= nil then return false end
  self.is_over = true
  return true
end

-- Takes one more line, and runs it with those before it when they are complete.
function Repl:take(line)
  if not self.begun and self:obey(line) then return end
  local text = self.begun and self.begun .. "\n" .. line or line
  local chunk, why = compile(self.env, text)
  self.begun = why == "incomplete" and text or nil
  if self.begun then return end
  self.is_long = text:find("\n") ~= nil
  if chunk then self:run_line(chunk) elseif text:find("%S") then self:complain(why) end
  self:settle()
end

-- The prompt ---------------------------------------------------------------------------------------------------------

function Repl:complete(word)
  local beginning, list = complete.find(self.env, made_later, word)
  local rest = complete.common(beginning, list)
  if rest ~= "" then
    self.lines:insert(rest)
  elseif list[2] then
    io.write("\n", table.concat(complete.columns(list, self.term.width), "\n"), "\n")
    io.flush()
  end
  self.lines:redraw()
end

-- The next line; nil and "end" or "interrupt".
function Repl:read()
  local world, lines = self.world, self.lines
  lines:begin(not self.is_typed and "" or self.begun and ">> " or "> ")
  while true do
    self.is_waiting = lines:edited()
    local is_live = not world.virtual and not world.core:quiet()
    local what, text = lines:wait(is_live and PAUSE or nil)
    if what == "idle" then
      self:settle()
      if self.is_garbled then lines:redraw() end
      self.is_garbled = false
    else
      self.is_waiting = false
      if what == "line" then return text end
      if what ~= "complete" then
        lines:stop()
        return nil, what
      end
      self:complete(text)
    end
  end
end

-- What the world prints goes here: above the line that is being typed, if there is one.
local function make_out(self)
  local out = { flush = function() io.flush() end }
  function out.write(_, ...)
    if self.is_waiting and not self.is_garbled then
      self.is_garbled = true
      io.write("\r\27[K")
    end
    io.write(...)
    return out
  end
  return out
end

function Repl:loop()
  local past = history.new()
  if self.is_typed then
    for _, line in ipairs(past:load()) do self.lines:remember(line) end
  end
  while not self.is_over do
    local line, why = self:read()
    if line then
      if self.is_typed and past:add(line) then self.lines:remember(line) end
      self:take(line)
    elseif why == "interrupt" then
      self.begun = nil
      io.write("\n")
    else
      if self.begun then self:complain("the last line is not complete") end
      if self.is_typed then io.write("\n") end
      self.is_over = true
    end
    io.flush()
  end
end

-- Takes lines until their end, after a script (nil for none) has been run: the exit status.
local function run(flags, script)
  local self = setmetatable({ flags = flags, budget = flags.budget or "10s", is_typed = core.isatty(0) }, Repl)
  self.out = make_out(self)
  flags.out, flags.title = self.out, self.is_typed and "dhcplab repl" or nil
  local made, refused = session.open(flags)
  if not made then return refused end
  self.world, self.term = made.world, made.term
  local report = self.world.on_fail
  self.world.on_fail = function(...)
    self.out:write("") -- the line that is being typed gives way
    report(...)
  end
  self.env = make_env(self, script and script.folder or ".")
  self.lines = core.lines(self.is_typed and core.isatty(1) and os.getenv("TERM") ~= "dumb")
  if self.is_typed and not flags.quiet then print(GREETING) end
  if script then self:run_line(load(script.code, script.chunk, "b", self.env)) end
  self:loop()
  self.lines:stop()
  flags.title = nil -- no last line with a digest
  return session.finish(made, 0)
end

return { run = run }
