-- The global names of a script that is being marked: Lua without os, io, debug, package and bytecode, and a dhcplab
-- that a script can use and not change.
--
-- seal() prepares the process, once: what takes long inside C is charged for (core.charge), text is searched by
-- patterns.lua, and the inner parts of nodes - their world, clock, trace - are there for the library only. A process
-- that is sealed is for marking and ends with it. `dhcplab help sandbox` says what all of this holds against.

local core = require "dhcplab.core"
local dhcp = require "dhcplab"
local network = require "dhcplab.network"
local order = require "dhcplab.order"
local patterns = require "dhcplab.marking.patterns"
local problem = require "dhcplab.problem"
local query = require "dhcplab.query"
local sandbox = require "dhcplab.sandbox"

local names = {}

local PRINTED <const> = 64 * 1024 -- octets

local function copy(t)
  local made = {}
  for key, value in next, t do made[key] = value end
  return made
end

-- What takes long inside C --------------------------------------------------------------------------------------------

local function length(t) return type(t) == "table" and #t or 0 end
local function number(n) return math.tointeger(tonumber(n)) or 0 end

-- Lua's function of that name, after so many instructions have been charged for as cost(...) says.
local function charged(name, f, cost)
  return function(...)
    core.charge(cost(...))
    return patterns.call(name, f, ...)
  end
end

local function span(_, from, to) return number(to) - number(from) end
local function per_length(t) return length(t) / 4 end
local function per_octet(text) return #tostring(text) end

local costly <const> = {
  byte = charged("byte", string.byte, span),
  format = charged("format", string.format, function() return 50 end),
  unpack = charged("unpack", table.unpack, function(t, from, to) return span(t, from or 1, to or length(t)) end),
  insert = charged("insert", table.insert, per_length),
  remove = charged("remove", table.remove, per_length),
  move = charged("move", table.move, span),
  concat = charged("concat", table.concat, length),
  len = charged("len", utf8.len, per_octet),
  offset = charged("offset", utf8.offset, per_octet),
}

local raw_rep = string.rep

-- In Lua, nothing n times takes n steps.
function costly.rep(text, n, separator)
  if text == "" and (separator or "") == "" then return "" end
  return patterns.call("rep", raw_rep, text, n, separator)
end

local function replace(t, changes)
  for _, key in ipairs(changes) do t[key] = costly[key] or patterns[key] end
end

-- What only the library may see ---------------------------------------------------------------------------------------

local inner <const> = { world = true, loop = true, clock = true, trace = true, port = true, rng = true, router = true,
                        segment = true }
local hidden = setmetatable({}, { __mode = "k" }) -- node -> its inner parts

local function is_library(level)
  local source = debug.getinfo(level + 1, "S").source
  return problem.is_library_line(source)
end

local function forbid(key)
  error(("\"%s\" is a part of the library that a script which is marked cannot reach"):format(key), 3)
end

-- Objects of this class keep their inner parts where only the library finds them.
local function hide_parts(class)
  local plain = class.__index
  class.__index = function(self, key)
    local value = plain[key]
    if value ~= nil or not inner[key] then return value end
    if not is_library(2) then forbid(key) end
    local parts = hidden[self]
    return parts and parts[key]
  end
  class.__newindex = function(self, key, value)
    if not inner[key] or not hidden[self] then return rawset(self, key, value) end
    if not is_library(2) then forbid(key) end
    hidden[self][key] = value
  end
end

local classes = { [dhcp.server] = true, [dhcp.client] = true, [dhcp.relay] = true, [dhcp.host] = true } -- whose do

-- A new node or network without its inner parts, and so for the nodes that it is made of: the sides of a relay.
local function take_parts(object)
  local class = getmetatable(object)
  if not classes[class] then
    classes[class] = true
    hide_parts(class)
  end
  local parts = {}
  for key in next, inner do
    parts[key] = rawget(object, key)
    rawset(object, key, nil)
  end
  hidden[object] = parts
  for _, value in next, object do
    if type(value) == "table" and getmetatable(value) and rawget(value, "world") then take_parts(value) end
  end
  return object
end

local function hide_all()
  for _, class in ipairs { dhcp.server, dhcp.client, dhcp.relay, dhcp.host } do
    local meta = getmetatable(class)
    local make = meta.__call
    meta.__call = function(...) return take_parts(make(...)) end
    hide_parts(class)
  end
  local make = network.new
  network.new = function(...) return take_parts(make(...)) end
end

-- Prepares this process for scripts of strangers.
function names.seal()
  replace(string, { "rep", "byte", "format", "find", "match", "gmatch", "gsub" })
  replace(table, { "unpack", "insert", "remove", "move", "concat" })
  replace(utf8, { "len", "offset" })
  hide_all()
end

-- The library as a script sees it -------------------------------------------------------------------------------------

local function read_only(what) return function()
  error(("%s cannot be changed while a script is marked; change what a server or client of yours does instead:"
    .. " function server:discover(request)"):format(what), 2)
end end

local facades = setmetatable({}, { __mode = "k" })

-- A table that reads as t does, and can be called if t can.
local function facade(t, what)
  if facades[t] then return facades[t] end
  local meta = getmetatable(t)
  local made = setmetatable({}, {
    __index = function(_, key)
      local value = t[key]
      if type(key) == "string" and key:sub(1, 2) == "__" then return nil end
      if type(value) == "table" and not getmetatable(value) then return facade(value, what) end
      return value
    end,
    __newindex = read_only(what),
    __call = meta and meta.__call and function(_, ...) return t(...) end or nil,
    __pairs = function() return order.pairs(copy(t)) end,
    __metatable = false,
  })
  facades[t] = made
  return made
end

local function trace_facade(world)
  local trace, methods = world.trace, {}
  for _, name in ipairs { "find", "count", "find_first", "find_last", "sequence" } do
    methods[name] = function(_, ...) return query[name](trace, ...) end
  end
  return setmetatable({}, {
    __index = function(_, key)
      if methods[key] then return methods[key] end
      return type(key) == "number" and trace[key] or key == "first" and trace.first or key == "last" and trace.last
        or nil
    end,
    __len = function() return #trace end,
    __newindex = read_only("dhcp.trace"),
    __metatable = false,
  })
end

local function task_facade(task)
  return setmetatable({}, {
    __index = { join = function(_, ...) return task:join(...) end, cancel = function() return task:cancel() end },
    __newindex = read_only("a task"),
    __metatable = false,
  })
end

local offered <const> = { "version", "client", "server", "relay", "host", "expect", "message", "decode", "network",
                          "now", "sleep", "random", "fail", "check", "skip", "invariant", "test", "define", "show",
                          "report" }
local live <const> = { param = true, lan = true, seed = true }

local function library(world)
  local made, trace = {}, trace_facade(world)
  for _, name in ipairs(offered) do
    local value = dhcp[name]
    made[name] = type(value) == "table" and facade(value, "dhcp." .. name) or value
  end
  function made.spawn(...) return task_facade(dhcp.spawn(...)) end
  function made.tolerate() end -- a rule that is marked is marked
  return setmetatable({}, {
    __index = function(_, key)
      if made[key] ~= nil then return made[key] end
      if key == "trace" then return trace end
      if live[key] then return dhcp[key] end
      if key == "run" then error("dhcp.run is for plain lua5.4: a script that is marked runs in a world already", 2) end
      return dhcp[key] -- says what is near
    end,
    __newindex = read_only("the library"),
    __metatable = false,
  })
end

-- Lua as a script sees it ---------------------------------------------------------------------------------------------

local basic <const> = { "assert", "error", "ipairs", "next", "pairs", "pcall", "print", "rawequal", "rawget", "rawlen",
                        "rawset", "select", "tonumber", "tostring", "type", "_VERSION" }
local left_out <const> = { os = true, io = true, debug = true, package = true, dofile = true, loadfile = true,
                           collectgarbage = true, warn = true }

-- Metatables that the script made itself are its own; those of texts, messages and nodes are not.
local function metatables(env)
  local own = setmetatable({}, { __mode = "k" })
  function env.setmetatable(t, meta)
    local present = type(t) == "table" and debug.getmetatable(t)
    if present and not own[present] then error("this table has a metatable of the library's", 2) end
    local made = order.setmetatable(t, meta)
    if type(meta) == "table" then own[meta] = true end
    return made
  end
  function env.getmetatable(value)
    local meta = debug.getmetatable(value)
    if meta == nil then return nil end
    if not own[meta] then return false end
    return getmetatable(value)
  end
end

-- Lua runs a handler where the error is, and without any hook when it is raised by one; here it runs behind it.
local function guarded_call(f, handler, ...)
  local results = table.pack(pcall(f, ...))
  if results[1] then return table.unpack(results, 1, results.n) end
  local _, told = pcall(handler, results[2])
  return false, told
end

local function loader(env)
  return function(chunk, _, _, ...)
    local text = chunk
    if type(chunk) == "function" then
      local pieces = {}
      for piece in chunk do
        if piece == "" then break end
        pieces[#pieces + 1] = piece
      end
      text = table.concat(pieces)
    end
    if type(text) ~= "string" then error("load takes the text of a chunk, got a " .. type(text), 2) end
    core.charge(#text)
    local own = env
    if select("#", ...) > 0 then own = ... end
    return load(text, "=load", "t", own)
  end
end

local function requirer(env, dhcplab)
  local modules = { dhcplab = dhcplab, string = env.string, table = env.table, math = env.math, utf8 = env.utf8,
                    coroutine = env.coroutine, _G = env }
  return function(name)
    if modules[name] then return modules[name] end
    error(("require \"%s\": a script that is marked is one file, and finds \"dhcplab\" only"):format(tostring(name)), 2)
  end
end

local function be_strict(env)
  return setmetatable(env, { __metatable = false, __index = function(_, name)
    if left_out[name] then
      error(("\"%s\" is not there while a script is marked (dhcplab help sandbox)"):format(name), 2)
    end
    local near = require "dhcplab.suggest"(tostring(name), order.keys(env))
    error(("nothing is called \"%s\" here%s"):format(tostring(name),
      near and ("; did you mean \"%s\"?"):format(near) or ""), 2)
  end })
end

-- The names for a script in this world. options.captured takes what it prints.
function names.new(world, options)
  local printed, write = 0, options.captured
  local all = sandbox.new(world, { captured = function(text)
    printed = printed + #text
    if printed > PRINTED then core.halt(("it printed more than %d KiB"):format(PRINTED // 1024)) end
    write(text)
  end })
  local env = {}
  for _, name in ipairs(basic) do env[name] = all[name] end
  env._G = env
  for _, name in ipairs { "string", "table", "math", "utf8", "coroutine" } do env[name] = copy(all[name]) end
  env.string.dump = nil
  env.table.pack = table.pack
  metatables(env)
  env.xpcall = guarded_call
  env.load = loader(env)
  env.require = requirer(env, library(world))
  return be_strict(env)
end

return names
