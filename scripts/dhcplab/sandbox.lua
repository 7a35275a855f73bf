-- What a script sees as its global names: fresh ones for each run, strict, with the lab's own time and randomness, and
-- with nothing in them that could differ from one process to the next (order.lua).
--
-- Names a script makes are its own and gone with its world; reading a name that nobody made is a mistake, told with the
-- nearest one. What scripts can reach beyond that - `string`, the library's classes - is put back by restore().

local core = require "dhcplab.core"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"

local sandbox = {}

local function copy(t, changes)
  local made = {}
  for key, value in pairs(t) do made[key] = value end
  for key, value in pairs(changes) do made[key] = value end
  return made
end

local function be_strict(env)
  return setmetatable(env, { __index = function(_, name)
    local known = {}
    for key in pairs(env) do known[#known + 1] = tostring(key) end
    table.sort(known)
    error(("nothing is called \"%s\" here%s [E102]"):format(tostring(name), problem.hint(name, known)), 2)
  end })
end

-- Randomness and time: the same seed, the same run. In virtual time the machine's time zone does not count either.
local function lab_math(world)
  return copy(math, { random = function(...) return world.stream(...) end, randomseed = function() end })
end

local function lab_os(world, options)
  local function wall() return math.floor(world.core:epoch() + world.core:now()) end
  local changes = {
    time = function(when)
      if not when then return wall() end
      if world.virtual then return order.utc_time(when) end
      return os.time(when)
    end,
    clock = function() return world.core:now() end,
    date = function(format, when)
      format = format or "%c"
      if world.virtual and format:sub(1, 1) ~= "!" then format = "!" .. format end
      return os.date(format, when or wall())
    end,
    setlocale = function(locale) return (locale == nil or locale == "C" or locale == "POSIX") and "C" or nil end,
  }
  if options.captured then
    changes.exit = function() error("os.exit would end all tests; return, or dhcp.fail(text) [E138]", 2) end
  end
  return copy(os, changes)
end

-- Coroutines of the script's own, so that a loop without end inside one can be stopped.
local function lab_coroutine()
  local function deliver(co, ok, ...)
    if ok then return ... end
    coroutine.close(co)
    error(..., type(...) == "string" and 2 or 0)
  end
  return copy(coroutine, {
    resume = core.resume,
    wrap = function(f)
      local co = coroutine.create(f)
      return function(...) return deliver(co, core.resume(co, ...)) end
    end,
  })
end

-- Standard output as text for `write`.
local function captured_io(write)
  local out = {}
  function out:write(...)
    for _, piece in ipairs(table.pack(...)) do write(tostring(piece)) end
    return self
  end
  function out:flush() return self end
  function out:setvbuf() return true end
  function out:close() return true end
  local changes = { stdout = out, write = function(...) return out:write(...) end,
                    output = function(...) return select("#", ...) == 0 and out or io.output(...) end }
  return copy(io, changes)
end

local function lab_print(env)
  return function(...)
    local pieces = table.pack(...)
    for i = 1, pieces.n do pieces[i] = order.tostring(pieces[i]) end
    env.io.stdout:write(table.concat(pieces, "\t"), "\n")
  end
end

-- Modules beside the script are loaded anew for each world; the library and what the system has are not.
local compiled = {}

local function compile_module(path)
  if compiled[path] then return compiled[path] end
  local f, why = loadfile(path, "t")
  if not f then error(why, 0) end
  compiled[path] = string.dump(f)
  return compiled[path]
end

local bundled <const> = { argparse = true, dkjson = true }
local libraries <const> = { coroutine = true, debug = true, io = true, math = true, os = true, string = true,
                            table = true, utf8 = true }

-- Where a module lies: beside the script, in the executable, on the path of Lua.
local function find_module(name, folder)
  local beside = folder and folder .. "/?.lua;" .. folder .. "/?/init.lua;" or ""
  local path = package.searchpath(name, beside)
  if path then return compile_module(path), path end
  local text = bundled[name] and core.embedded and core.embedded(name .. ".lua")
  if text then return text, "(dhcplab)/" .. name end
  path = package.searchpath(name, package.path)
  if path then return compile_module(path), path end
end

-- A module in C that Lua finds; or nothing of that name at all.
local function require_native(name, folder)
  if package.searchpath(name, package.cpath) then return require(name) end
  local known = { "dhcplab", "dkjson", "argparse" }
  for _, file in ipairs(core.folder(folder or ".") or {}) do known[#known + 1] = file:match("^(.+)%.lua$") end
  problem.blame(("there is no module \"%s\": it is neither beside the script, nor in the lab, nor where Lua looks%s")
    :format(tostring(name), problem.hint(name, known)), "E134")
end

local function lab_require(env, folder)
  local loaded = {}
  return function(name)
    if loaded[name] ~= nil then return loaded[name] end
    if libraries[name] then return env[name] end
    if name == "_G" then return env end
    if name == "dhcplab" or name:find("^dhcplab%.") or package.preload[name] then return require(name) end
    local code, path = find_module(name, folder)
    if not code then return require_native(name, folder) end
    local module = load(code, "=" .. path, "bt", env)(name, path)
    loaded[name] = module == nil and true or module
    return loaded[name], path
  end
end

-- The global names for a script in this world. options: folder (where the script lies), captured (a function that
-- takes what the script prints).
function sandbox.new(world, options)
  options = options or {}
  order.begin()
  local env = copy(_G, { pairs = order.pairs, next = order.next, tostring = order.tostring,
                         setmetatable = order.setmetatable, collectgarbage = order.collectgarbage })
  env._G = env
  env.math, env.os, env.coroutine = lab_math(world), lab_os(world, options), lab_coroutine()
  env.table, env.utf8 = copy(table, { sort = order.sort }), copy(utf8, {})
  env.debug = copy(debug, { traceback = order.traceback })
  env.require = lab_require(env, options.folder)
  env.io = options.captured and captured_io(options.captured) or copy(io, {})
  env.print = lab_print(env)
  function env.load(chunk, name, mode, ...)
    if select("#", ...) > 0 then return load(chunk, name, mode, ...) end
    return load(chunk, name, mode, env)
  end
  function env.loadfile(path, mode, ...)
    if select("#", ...) > 0 then return loadfile(path, mode, ...) end
    return loadfile(path, mode, env)
  end
  function env.dofile(path) return assert(loadfile(path, "bt", env))() end
  return be_strict(env)
end

-- What all scripts of a process share ---------------------------------------------------------------------------

local shared = {}

local function find_shared()
  local dhcp = require "dhcplab"
  return { string, getmetatable(""), dhcp, dhcp.client, dhcp.client.states, dhcp.server, dhcp.relay, dhcp.host,
           dhcp.expect }
end

-- Remembers what scripts can reach and change, for restore().
function sandbox.remember()
  shared = {}
  for i, t in ipairs(find_shared()) do
    local before, count = copy(t, {}), 0
    for _ in next, before do count = count + 1 end
    shared[i] = { table = t, before = before, count = count }
  end
end

-- Puts back what a script has changed in the library, and forgets the options that it defined.
function sandbox.restore()
  for _, one in ipairs(shared) do
    local t, before, same = one.table, one.before, 0
    for key, value in next, t do
      if before[key] == value then same = same + 1 else t[key] = before[key] end
    end
    if same ~= one.count then
      for key, value in next, before do rawset(t, key, value) end
    end
  end
  core.undefine_options()
end

return sandbox
