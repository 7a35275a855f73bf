-- What a Lua test file needs: named tests printed as TAP, comparisons, programs run and servers started.
--
--   local t = require "harness"
--   t.test("an OFFER repeats the client's xid", function() t.equal(offer.xid, discover.xid) end)
--   t.done()
--
-- One file is one process.  An argument on the command line runs only the tests whose name contains it.
-- Temporary files go into one folder that t.done removes; every program started here ends at a time
-- limit, so that nothing is left behind.

local t = {}

local count, failed = 0, 0
local only = arg and arg[1]
local started = {}
local golden_update = os.getenv("GOLDEN_UPDATE")

-- The executable under test, and the build tree it lies in.
t.tree = os.getenv("LAB_TREE") or "build"
t.exe = t.tree .. "/dhcplab"

io.stdout:setvbuf("line")

-- ---- showing values

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then return a < b end
    return type(a) .. tostring(a) < type(b) .. tostring(b)
  end)
  return keys
end

local function show(value, depth)
  if type(value) == "string" then
    if #value > 2000 then
      return show(value:sub(1, 2000), depth) .. (" and %d octets more"):format(#value - 2000)
    end
    return (("%q"):format(value):gsub("\\\n", "\\n"):gsub("[\128-\255]", function(c)
      return ("\\x%02x"):format(c:byte())
    end))
  end
  if type(value) ~= "table" or depth > 6 then return tostring(value) end
  local parts = {}
  for _, key in ipairs(sorted_keys(value)) do
    local name = type(key) == "string" and key or "[" .. tostring(key) .. "]"
    parts[#parts + 1] = name .. " = " .. show(value[key], depth + 1)
  end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

-- ---- failing and skipping

local function fail(message, level)
  error({ failure = message, where = debug.traceback("", (level or 1) + 1) }, 0)
end

local function prefix(message)
  return message and message .. ": " or ""
end

local function equal(a, b)
  if a == b or type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for key, value in pairs(a) do
    if not equal(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

-- Plain values by ==, tables by what is in them.
function t.equal(got, want, message)
  if equal(got, want) then return end
  local shown, wanted = show(got, 0), show(want, 0)
  if type(got) == "string" and type(want) == "string" and (got .. want):find("\n") then
    fail(("%sthe texts differ\n%s"):format(prefix(message), t.diff(want, got)), 2)
  end
  fail(("%sgot  %s\nwant %s"):format(prefix(message), shown, wanted), 2)
end

function t.ok(value, message)
  if not value then fail(prefix(message) .. "got " .. show(value, 0), 2) end
  return value
end

function t.fail(message)
  fail(message, 2)
end

-- |got - want| <= tolerance.
function t.near(got, want, tolerance, message)
  if type(got) ~= "number" or math.abs(got - want) > tolerance then
    fail(("%sgot  %s\nwant %s within %s"):format(prefix(message), show(got, 0), want, tolerance), 2)
  end
end

-- `text` contains the Lua pattern.
function t.match(text, pattern, message)
  if type(text) ~= "string" or not text:find(pattern) then
    fail(("%sgot  %s\nwant a match of %s"):format(prefix(message), show(text, 0), pattern), 2)
  end
end

-- `f` raises an error whose text matches the Lua pattern.  Returns the error.
function t.error(f, pattern, message)
  local ok, why = pcall(f)
  if ok then fail(prefix(message) .. "no error was raised, expected " .. show(pattern, 0), 2) end
  if pattern and not tostring(why):find(pattern) then
    fail(("%sgot the error %s\nwant a match of %s"):format(prefix(message), show(tostring(why), 0), pattern), 2)
  end
  return why
end

-- Ends the test without a verdict: the machine cannot do this.
function t.skip(reason)
  error({ skip = reason }, 0)
end

-- Skips where a program is not installed.  In CI that is a failure: the installation is incomplete.
function t.need(program)
  if not os.execute("command -v " .. program .. " >/dev/null 2>&1") then t.skip("missing: " .. program) end
end

-- ---- tests

local function handle(problem)
  if type(problem) == "table" and (problem.failure or problem.skip) then return problem end
  return { failure = tostring(problem), where = debug.traceback("", 2) }
end

local function comment(text)
  for line in (text .. "\n"):gmatch("(.-)\n") do print("# " .. line) end
end

-- The frames of the test itself, not those of this file.
local function own_frames(trace)
  local lines = {}
  for line in trace:gmatch("[^\n]+") do
    if line:find("^%s") and not line:find("harness.lua", 1, true) and not line:find("[C]", 1, true) then
      lines[#lines + 1] = line:gsub("^%s+", "at ")
    end
  end
  return table.concat(lines, "\n")
end

function t.test(name, f)
  if only and not name:find(only, 1, true) then return end
  count = count + 1
  local ok, problem = xpcall(f, handle)
  for i = #started, 1, -1 do started[i]:stop("KILL") end
  if ok then
    print(("ok %d - %s"):format(count, name))
  elseif problem.skip then
    print(("ok %d - %s # SKIP %s"):format(count, name, problem.skip))
  else
    failed = failed + 1
    print(("not ok %d - %s"):format(count, name))
    comment(problem.failure)
    comment(own_frames(problem.where))
  end
end

-- ---- programs

local folder

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end
t.quote = quote

-- A list of words or a line for the shell.
local function shell_line(command)
  if type(command) == "string" then return command end
  local words = {}
  for i, word in ipairs(command) do words[i] = quote(word) end
  return table.concat(words, " ")
end

-- The library that carries a sanitizer is loaded into this process only, not into what it starts.
local clean = "env -u LD_PRELOAD "

-- For tests that play somebody at a terminal: by `script`, or by terminal.py.
function t.need_terminal()
  t.need("script")
  t.need("python3")
  if not os.execute("exec " .. clean .. "script -qec true /dev/null </dev/null >/dev/null 2>&1") then
    t.skip("no terminals can be made here: is /dev/pts mounted?")
  end
end

-- A path inside this process's own temporary folder.
function t.path(name)
  if not folder then
    local pipe = assert(io.popen("exec " .. clean .. "mktemp -d"))
    folder = pipe:read("l")
    pipe:close()
  end
  return folder .. "/" .. name
end

function t.read(path)
  local file, why = io.open(path, "rb")
  if not file then return nil, why end
  local text = file:read("a")
  file:close()
  return text
end

function t.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
  return path
end

-- Runs a command to its end: stdout, stderr, exit status (128 + n for signal n, 124 when it took too long).
-- options: stdin = text, timeout = seconds (30).
function t.run(command, options)
  options = options or {}
  local input = options.stdin and t.write(t.path("stdin"), options.stdin) or "/dev/null"
  local out, err = t.path("stdout"), t.path("stderr")
  local _, how, code = os.execute(("exec %stimeout -k 2 %s sh -c %s <%s >%s 2>%s"):format(clean,
    options.timeout or 30, quote(shell_line(command)), quote(input), quote(out), quote(err)))
  return t.read(out), t.read(err), how == "signal" and 128 + code or code
end

local function pause()
  os.execute("exec " .. clean .. "sleep 0.02")
end

local program = {}
program.__index = program

function program:stdout() return t.read(self.base .. ".out") or "" end
function program:stderr() return t.read(self.base .. ".err") or "" end

-- Waits until stdout or stderr matches the Lua pattern; returns its captures.  Fails after `seconds` (10).
function program:wait_for(pattern, seconds)
  for _ = 1, (seconds or 10) * 50 do
    local text = self:stderr() .. self:stdout()
    if text:find(pattern) then return text:match(pattern) end
    if t.read(self.base .. ".status") then break end
    pause()
  end
  local text = self:stderr() .. self:stdout()
  if text:find(pattern) then return text:match(pattern) end
  fail(("%s: no %q in what it printed:\n%s"):format(self.command, pattern, text), 2)
end

-- Waits for the end, at most `seconds` (10): stdout, stderr, exit status; the status is nil if it still runs.
function program:wait(seconds)
  for _ = 1, (seconds or 10) * 50 do
    local status = t.read(self.base .. ".status")
    if status and status:find("\n") then return self:stdout(), self:stderr(), tonumber(status) end
    pause()
  end
  return self:stdout(), self:stderr(), nil
end

-- Sends a signal (INT) and waits for the end: stdout, stderr, exit status.  KILL goes to all that the program
-- started too.
function program:stop(signal, seconds)
  if not self.ended then
    if not t.read(self.base .. ".status") then
      local target = signal == "KILL" and "-" .. self.group or self.pid
      os.execute(("exec %ssh -c 'kill -s %s -- %s' 2>/dev/null"):format(clean, signal or "INT", target))
    end
    self.out, self.err, self.status = self:wait(seconds)
    self.ended = self.status ~= nil
    for i, other in ipairs(started) do
      if other == self then
        table.remove(started, i)
        break
      end
    end
  end
  return self.out, self.err, self.status
end

local programs = 0

-- Starts a command and goes on.  It ends with the test at the latest, or after options.timeout seconds (60).
-- `timeout` leads a process group, and gives the program back the default for SIGINT, which a shell's background
-- jobs ignore.  Signals go to the program itself: `timeout` gives up on one that comes before it is ready.
function t.start(command, options)
  programs = programs + 1
  local self = setmetatable({ base = t.path("program" .. programs), command = shell_line(command) }, program)
  local script = ("timeout -k 2 %s sh -c %s >BASE.out 2>BASE.err </dev/null; echo $? >BASE.status"):format(
    options and options.timeout or 60, quote("echo $$ $PPID >BASE.pid; exec " .. self.command)
    ):gsub("BASE", (self.base:gsub("%%", "%%%%")))
  os.execute(("exec %ssh -c %s"):format(clean, quote("(" .. script .. ") >/dev/null 2>&1 &")))
  for _ = 1, 250 do
    self.pid, self.group = (t.read(self.base .. ".pid") or ""):match("^(%d+) (%d+)\n")
    if self.pid then break end
    pause()
  end
  if not self.pid then fail("could not start " .. self.command, 2) end
  started[#started + 1] = self
  return self
end

-- ---- golden files

-- The unified diff of two texts.
function t.diff(want, got)
  t.write(t.path("want"), want)
  t.write(t.path("got"), got)
  local pipe = assert(io.popen(("exec %sdiff -u --label want --label got %s %s"):format(clean, quote(t.path("want")),
    quote(t.path("got")))))
  local text = pipe:read("a")
  pipe:close()
  return (text:gsub("\n$", ""))
end

-- `text` is what tests/golden/NAME holds.  `make golden-update` rewrites the file instead.
function t.golden(name, text)
  local path = "tests/golden/" .. name
  if golden_update then
    if t.read(path) ~= text then
      t.write(path, text)
      comment("rewrote " .. path)
    end
    return
  end
  local want = t.read(path)
  if not want then fail(path .. " is not there; `make golden-update` writes it", 2) end
  if want ~= text then
    fail(("%s differs; if that is meant: make golden-update\n%s"):format(path, t.diff(want, text)), 2)
  end
end

-- ---- the end

function t.done()
  print("1.." .. count)
  if folder then os.execute("exec " .. clean .. "rm -rf " .. quote(folder)) end
  os.exit(failed == 0 and 0 or 1, true)
end

return t
