-- The command line: every mistake gets one clear message that names the place and the fix, and the right exit status
-- (2 usage, 3 the environment, 4 the script, 1 nothing came, 130 Ctrl-C); never a trace of the program's own code.
local t = require "harness"

local exe = t.exe

-- Runs with arguments; checks the status, and that stderr is a message for people.
local function run(arguments, status, pattern, options)
  local command = { exe }
  for _, word in ipairs(arguments) do command[#command + 1] = word end
  local out, err, got = t.run(command, options)
  local what = table.concat(arguments, " ")
  t.equal(got, status, what .. "\n" .. err)
  if pattern then t.match(err, pattern, what) end
  for _, word in ipairs { "stack traceback", "%[C%]", "%(dhcplab%)", "attempt to", "argparse", "userdata",
    "AddressSanitizer" } do
    t.ok(not err:find(word), ("%s: \"%s\" in %s"):format(what, word, err))
  end
  return out, err
end

local function script(text)
  return t.write(t.path("script.lua"), text)
end

-- An address with a port that nobody uses now.
local ports = 0
local function free()
  ports = ports + 1
  return ("127.0.0.1:%d"):format(20000 + (os.time() * 7 + ports * 131 + tonumber(tostring({}):match("0x(%x+)"),
    16) // 16)
    % 30000)
end

-- ---- usage

for _, case in ipairs {
  { { "--virtaul" }, "unknown option '%-%-virtaul'; did you mean %-%-virtual%?" },
  { { "run", "x.lua", "--sed", "1" }, "%-%-sed" },
  { { "serve" }, 'no command "serve"; did you mean "server"' },
  { { "frobnicate" }, 'no command "frobnicate"; the commands are handshake' },
  { { "run" }, "missing argument" },
  { { "--seed" }, "%-%-seed.*requires an argument" },
  { { "--seed", "x" }, '"x" is not a whole number' },
  { { "--listen", "nowhere" }, '"nowhere" is not ADDRESS:PORT such as 127.0.0.1:6767' },
  { { "--listen", "127.0.0.1:70000" }, "is not ADDRESS:PORT" },
  { { "--listen", "256.0.0.1:67" }, "is not ADDRESS:PORT" },
  { { "client", "--server", "127.0.0.1:x" }, "is not ADDRESS:PORT" },
  { { "--timeout", "soon" }, '"soon" is not a time such as 10s' },
  { { "--timeout=-1s" }, '"%-1s" is not a time' },
  { { "--set", "pause" }, "%-%-set takes NAME=VALUE" },
  { { "--set", "1x=2" }, "%-%-set takes NAME=VALUE" },
  { { "--color", "green" }, "%-%-color.*auto" },
  { { "--format", "yaml" }, "%-%-format.*text" },
  { { "server", "--server", free() }, "a server listens: %-%-listen" },
  { { "client", "--virtual" }, "its server must be in the same script" },
  { { "client", "--mac", "xyz" }, '%-%-mac: "xyz" is not a MAC address' },
  { { "run", "/no/such/script.lua" }, "cannot open .*No such file" },
  { { "run", "/" }, "cannot read /: " },
} do
  t.test(("wrong usage is exit status 2: dhcplab %s"):format(table.concat(case[1], " ")), function()
    local out = run(case[1], 2, "^dhcplab: [^\n]*" .. case[2])
    t.equal(out, "")
  end)
end

-- Values of flags that only the command understands.
for _, case in ipairs {
  { { "server", "--pool", "192.168.1.1-192.168.2.1" }, "pool.*outside the subnet 192.168.1.0/24" },
  { { "server", "--pool", "192.168.1.9-192.168.1.1" }, "ends before it begins" },
  { { "server", "--pool", "here" }, '"here" is not an IPv4 address' },
  { { "server", "--subnet", "192.168.1.0" }, 'subnet: "192.168.1.0" is not a network such as' },
  { { "server", "--subnet", "192.168.1.5/24" }, "bits beyond the mask" },
  { { "server", "--subnet", "10.0.0.0/8", "--pool", "192.168.1.5-192.168.1.9" }, "outside the subnet 10.0.0.0/8" },
  { { "server", "--lease-time", "soon" }, 'lease_time: a time such as 3600.*"soon"' },
  { { "server", "--lease-time", "0" }, "lease_time is at least 1 second" },
  { { "server", "--router", "here" }, "routers.*here" },
  { { "server", "--dns", "8.8.8.8.8" }, "domain_name_servers.*8.8.8.8.8" },
  { { "client", "--requested-address", "here" }, '"here" is not an address' },
  { { "client", "--lease-time", "soon" }, "lease_time" },
  { { "client", "--client-id", "xyz" }, "client%-id" },
  { { "client", "--client-id", "01" }, "client%-id" },
} do
  t.test(("a bad value of a flag is exit status 2: dhcplab %s"):format(table.concat(case[1], " ")), function()
    local words = { table.unpack(case[1]) }
    words[#words + 1] = case[1][1] == "server" and "--listen" or "--server"
    words[#words + 1] = free()
    run(words, 2, "^dhcplab: [^\n]*" .. case[2], { timeout = 20 })
  end)
end

-- ---- scripts

for _, case in ipairs {
  { "a syntax error", "local x = = 1", "syntax error: .*script.lua:1: " },
  { "an error raised on purpose", 'local dhcp = require "dhcplab"\nerror("on purpose")', "script.lua:2: on purpose" },
  { "a misspelt function", 'local dhcp = require "dhcplab"\ndhcp.slep(1)',
    'script.lua:2: dhcp has nothing called "slep"; did you mean "sleep"' },
  { "a misspelt global", 'pritn("x")', 'script.lua:1: nothing is called "pritn" here; did you mean "print"' },
  { "a misspelt setting", 'local dhcp = require "dhcplab"\n\ndhcp.client { hostnam = "x" }',
    'script.lua:3: dhcp.client has no setting called "hostnam"; did you mean "hostname"' },
  { "an unknown option of a server",
    'local dhcp = require "dhcplab"\ndhcp.server { options = { router_ = "10.0.0.1" } }',
    'script.lua:2: .*"router_"; did you mean "routers"' },
  { "an unknown option of a client", 'local dhcp = require "dhcplab"\ndhcp.client { options = { host_nam = "x" } }',
    'script.lua:2: .*"host_nam"; did you mean "host_name"' },
  { "a wrong type of value", 'local dhcp = require "dhcplab"\ndhcp.server { options = { lease_time = {} } }',
    "script.lua:2: .*lease_time" },
  { "a bad address", 'local dhcp = require "dhcplab"\ndhcp.server { options = { routers = "10.0.0" } }',
    'script.lua:2: .*routers.*10.0.0' },
  { "a pool outside its subnet",
    'local dhcp = require "dhcplab"\ndhcp.server { subnet = "10.0.0.0/24", pool = "10.0.1.1" }',
    "script.lua:2: the pool 10.0.1.1 lies outside the subnet 10.0.0.0/24" },
  { "a misspelt field", 'local dhcp = require "dhcplab"\nlocal m = dhcp.message{}\nm.yaddr = "10.0.0.1"',
    'script.lua:3: .*"yaddr"; did you mean "yiaddr"' },
  { "a bad duration", 'local dhcp = require "dhcplab"\ndhcp.sleep("a while")',
    "script.lua:2: a time such as .*a while" },
  { "an error in a spawned task",
    'local dhcp = require "dhcplab"\ndhcp.spawn(function()\nerror("in a task")\nend)\ndhcp.sleep(1)',
    "script.lua:3: in a task" },
  { "a nil that is called", "local f\nf()", "script.lua:2: " },
  { "an error that is a table", 'error({ code = 1 })', "dhcplab: error%[E136%]: " },
  { "an error that is nil", 'error(nil)', "dhcplab: error%[E136%]: " },
} do
  t.test(("a script with %s is exit status 4, and the message names the line"):format(case[1]), function()
    for _, world in ipairs { "--virtual", "-q" } do
      local command = { exe, "run", script(case[2]), world, "--listen", free(), "--seed", "5" }
      local _, err, status = t.run(command)
      t.equal(status, 4, err)
      t.match(err, case[3])
      if not case[1]:find("syntax") then t.match(err, "seed 5") end
      for _, word in ipairs { "stack traceback", "%[C%]", "%(dhcplab%)", "argparse" } do
        t.ok(not err:find(word), ("%q in %s"):format(word, err))
      end
    end
  end)
end

t.test("the script's lines are named wherever it lies, also in a folder called dhcplab", function()
  t.run { "mkdir", "-p", t.path("dhcplab") }
  local path = t.write(t.path("dhcplab/mine.lua"),
    'local dhcp = require "dhcplab"\nlocal function f()\n  dhcp.client { x = 1 }\nend\nf()\n')
  local _, err = run({ "run", path, "--virtual" }, 4, "mine.lua:3: ")
  t.match(err, "called from.*mine.lua:5", "and who called")
end)

t.test("a wrong value is told with its flag, however it was given", function()
  run({ "run", "handshake.lua", "--seed", "abc" }, 2, '%-%-seed: "abc" is not a whole number')
  run({ "run", "handshake.lua", "--seed=abc" }, 2, '%-%-seed: "abc" is not a whole number')
end)

t.test("a script from standard input is named stdin", function()
  run({ "run", "-", "--virtual" }, 4, "stdin:2: dhcp.client has no setting",
    { stdin = 'local dhcp = require "dhcplab"\ndhcp.client { x = 1 }\n' })
  run({ "run", "-", "--virtual" }, 4, "stdin:1: ", { stdin = "x = = 1" })
  local out = run({ "run", "-", "--virtual", "-q" }, 0, nil, { stdin = 'print("hello", ...)' })
  t.equal(out, "hello\n")
end)

t.test("a bare FILE.lua is run, and gets its arguments", function()
  local path = script 'print(...)\nprint(require("dhcplab").param.x)'
  local out = run({ path, "--virtual", "-q", "--set", "x=7", "one", "two" }, 0)
  t.equal(out, "one\ttwo\n7\n")
end)

t.test("a script that cannot be read says so", function()
  if io.popen("id -u"):read("l") == "0" then t.need("setpriv") end
  local path = script "print(1)"
  os.execute("chmod 000 " .. t.quote(path))
  local as = io.popen("id -u"):read("l") == "0" and "setpriv --reuid=65534 --regid=65534 --clear-groups " or ""
  os.execute("chmod 755 " .. t.quote(t.path("")))
  local _, err, status = t.run(as .. t.quote(exe) .. " run " .. t.quote(path))
  os.execute("chmod 644 " .. t.quote(path))
  if err:find("dhcplab: Permission denied") or status == 126 or status == 127
    then t.skip("the executable is out of reach") end
  t.equal(status, 2, err)
  t.match(err, "cannot open .*Permission denied")
end)

t.test("a failed expectation is exit status 1", function()
  run({ "run", script 'require("dhcplab").fail("no OFFER came")', "--virtual" }, 1, "no OFFER came")
  run({ "run", script "return false", "--virtual" }, 1)
  run({ "run", script "return nil", "--virtual" }, 0)
end)

t.test("a handler that raises makes the run fail, not end", function()
  local out, err = run({ "run", "--virtual", "--seed", "3", script [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover() error("bad handler") end
print(dhcp.client { timeout = 3, retries = 0 }:discover())
print("the end")]] }, 4, "script.lua:3: bad handler")
  t.match(out, "nil\ttimeout\nthe end")
  t.match(err, "seed 3")
  t.equal(select(2, err:gsub("lua:3: bad handler", "")), 1, "said once")
end)

t.test("what a handler raises again and again is told whole once, then in a line each", function()
  local _, err = run({ "run", "--virtual", "--seed", "3", script [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover() error("bad handler") end
dhcp.client { timeout = 30 }:discover()]] }, 4, "script.lua:3: bad handler\n  3 | ")
  t.match(err, "script.lua:3: bad handler %(again, at %d+%.%d+ s%)\n")
  t.equal(select(2, err:gsub("more: ", "")), 1)
end)

t.test("a script that can never end says who waits for what, with the seed", function()
  run({ "run", "--virtual", "--seed", "11", script [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
client:receive { timeout = "infinite" }]] }, 4,
  "nothing can happen any more.*main waits for a message.*script.lua:3.*%-%-seed 11")
end)

t.test("a parameter that the script never asks for is a warning that names those it asks for", function()
  local _, err = run({ "run", "handshake.lua", "--virtual", "--set", "pase=0", "-q" }, 0)
  t.match(err, "%-%-set pase: the script never asks for it; it asks for .*pause")
end)

-- ---- the environment

t.test("a port in use is exit status 3 and says what to do", function()
  local address = free()
  local server = t.start { exe, "server", "--listen", address }
  server:wait_for("listening on")
  run({ "server", "--listen", address }, 3, "cannot use " .. address .. ": the port is in use\n.*%-%-listen")
  run({ "handshake", "--listen", address }, 3, "the port is in use\n.*%-%-listen")
  t.equal(select(3, server:stop("INT")), 130)
end)

t.test("an address of another machine is exit status 3 and says what to do", function()
  run({ "server", "--listen", "192.0.2.1:6767" }, 3,
    "192.0.2.1:6767: this machine does not have that address\n.*0.0.0.0")
end)

t.test("a port under 1024 without permission is exit status 3 and says what to do", function()
  local as = ""
  if io.popen("id -u"):read("l") == "0" then
    t.need("setpriv")
    as = "setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all "
  end
  local path = t.path("dhcplab-copy")
  os.execute(("cp %s %s && chmod 755 %s %s"):format(t.quote(exe), t.quote(path), t.quote(path), t.quote(t.path(""))))
  local low = tonumber((t.read("/proc/sys/net/ipv4/ip_unprivileged_port_start") or "1024"):match("%d+"))
  if low <= 67 then t.skip("here everyone may use port 67") end
  local _, err, status = t.run(as .. t.quote(path) .. " server --listen 127.0.0.1:67", { timeout = 10 })
  t.equal(status, 3, err)
  t.match(err, "permission denied\n.*root")
end)

for _, flag in ipairs { "--pcap", "--trace" } do
  t.test(flag .. " into a folder that is not there is exit status 3", function()
    run({ "handshake", "--virtual", flag, "/no/such/folder/file" }, 3, "cannot write the %w+.*No such file.*\n.*"
      .. flag:gsub("%-", "%%-"))
    run({ "server", "--listen", free(), flag, "/no/such/folder/file" }, 3, "No such file")
    run({ "client", "--server", free(), flag, "/no/such/folder/file" }, 3, "No such file")
  end)

  t.test(flag .. " onto a full disk is exit status 3, after a run that is whole otherwise", function()
    if not os.execute("test -c /dev/full") then t.skip("no /dev/full here") end
    local out = run({ "handshake", "--virtual", flag, "/dev/full" }, 3, "/dev/full is incomplete: No space left")
    t.match(out, "assigned 192.168.1.100")
  end)
end

t.test("standard output onto a full disk is exit status 3", function()
  if not os.execute("test -c /dev/full") then t.skip("no /dev/full here") end
  for _, words in ipairs { "handshake --virtual", "list", "--help", "--version", "help questions" } do
    local _, err, status = t.run(t.quote(exe) .. " " .. words .. " >/dev/full")
    t.equal(status, 3, words .. ": " .. err)
    t.match(err, "standard output: No space left", words)
    t.equal(select(2, err:gsub("No space", "")), 1, words .. ": said once")
  end
end)

t.test("a reader that goes away ends the program without a message of Lua's", function()
  local _, err = t.run(t.quote(exe) .. " handshake --virtual | head -1")
  t.ok(not err:find("traceback") and not err:find("%.lua:"), err)
end)

t.test("a server on port 0 says which port it got", function()
  local server = t.start { exe, "server", "--listen", "127.0.0.1:0" }
  local port = server:wait_for("listening on 127.0.0.1:(%d+)")
  t.ok(tonumber(port) > 1024)
  t.equal(select(3, server:stop("INT")), 130)
end)

-- ---- no answer

t.test("a client without a server: exit status 1 after the timeout, and it says so", function()
  local address = free()
  local _, err = run({ "client", "--server", address, "--timeout", "500ms" }, 1,
    "no answer from " .. address .. " in 0.5 s")
  t.match(err, "dhcplab server %-%-listen " .. address)
end)

t.test("the same as JSON, on standard output", function()
  local address = free()
  local out = run({ "client", "--server", address, "--timeout", "0.3s", "--format", "json" }, 1)
  t.match(out, '^{"error":"no answer from ' .. address)
end)

t.test("a handshake that gets no answer is exit status 1", function()
  run({ "run", "--virtual", "--timeout", "2s", script('local dhcp = require "dhcplab"\n'
    .. 'if not dhcp.client { timeout = dhcp.param.timeout or "1s" }:acquire() then dhcp.fail("no lease") end') }, 1,
      "no lease")
end)

t.test("a server with --timeout ends after so long without a message", function()
  local out, err, status = t.run({ exe, "server", "--listen", free(), "--timeout", "300ms" }, { timeout = 10 })
  t.equal(status, 0, err)
  t.match(err, "no message for 0.3 s: the server ends")
  t.match(err, "heard nothing")
  t.equal(out, "")
end)

-- ---- Ctrl-C

local function no_socket_at(address)
  local server = t.start { exe, "server", "--listen", address }
  server:wait_for("listening on")
  server:stop("INT")
end

t.test("Ctrl-C on a server: exit status 130, a summary, no socket left", function()
  for _, signal in ipairs { "INT", "TERM" } do
    local address = free()
    local server = t.start { exe, "server", "--listen", address }
    server:wait_for("listening on")
    local _, err, status = server:stop(signal)
    t.equal(status, 130, err)
    t.match(err, "server: heard nothing; 0 bound")
    no_socket_at(address)
  end
end)

t.test("Ctrl-C on a server in use: the summary counts", function()
  local address = free()
  local server = t.start { exe, "server", "--listen", address }
  server:wait_for("listening on")
  run({ "client", "--server", address }, 0)
  local _, err, status = server:stop("INT")
  t.equal(status, 130)
  t.match(err, "server: heard 1 discover, 1 request; 1 bound")
end)

t.test("Ctrl-C at any moment of a handshake: exit status 130, no socket, never a trace", function()
  for _, moment in ipairs { "DISCOVER", "OFFER", "seed" } do
    local address = free()
    local program = t.start { exe, "handshake", "--listen", address, "--set", "pause=30s" }
    program:wait_for(moment)
    local out, err, status = program:stop("INT")
    t.equal(status, 130, moment .. err)
    t.match(err, "interrupted")
    t.ok(not (out .. err):find("traceback"), err)
    no_socket_at(address)
  end
end)

t.test("Ctrl-C as early as can be leaves nothing behind", function()
  for i = 0, 6 do
    local address = free()
    local program = t.start { exe, "handshake", "--listen", address, "--set", "pause=30s" }
    os.execute(("sleep 0.%03d"):format(i * 4))
    local _, err, status = program:stop("INT")
    t.ok(status == 130, ("status %s: %s"):format(tostring(status), err))
    t.ok(not err:find("traceback"), err)
    no_socket_at(address)
  end
end)

t.test("Ctrl-C on a client that waits", function()
  local program = t.start { exe, "client", "--server", free(), "-v" }
  program:wait_for("SELECTING")
  local _, err, status = program:stop("INT")
  t.equal(status, 130, err)
end)

t.test("the second Ctrl-C ends a script that never waits", function()
  local program = t.start { exe, "run", script 'io.stderr:write("busy\\n")\nwhile true do end', "--virtual" }
  program:wait_for("busy")
  os.execute("kill -INT " .. program.pid)
  os.execute("sleep 0.2")
  t.equal(select(3, program:stop("INT", 3)), 130)
end)

t.test("Ctrl-C while a capture and a trace are written leaves both whole", function()
  local pcap, trace = t.path("cut.pcap"), t.path("cut.jsonl")
  local program = t.start { exe, "handshake", "--listen", free(), "--set", "pause=30s", "--pcap", pcap, "--trace",
    trace }
  program:wait_for("OFFER")
  t.equal(select(3, program:stop("INT")), 130)
  local out, err, status = t.run { exe, "explain", pcap, "--format", "json" }
  t.equal(status, 0, err)
  t.equal(select(2, out:gsub("\n", "")), 2, "two packets")
  for line in t.read(trace):gmatch("[^\n]+") do t.match(line, "^{.*}$") end
end)

-- ---- help

t.test("help, version and list go to standard output with status 0", function()
  t.match((run({ "--help" }, 0)), "Usage: dhcplab")
  t.match((run({ "--version" }, 0)), "^dhcplab %d+%.%d+%.%d+\n$")
  t.match((run({ "-V" }, 0)), "^dhcplab %d")
  t.match((run({ "list" }, 0)), "handshake.lua")
  for _, command in ipairs { "run", "server", "client", "explain", "handshake", "test", "search", "shrink",
    "replay" } do
    local out = run({ command, "--help" }, 0)
    t.match(out, "Usage: dhcplab " .. command)
    for line in out:gmatch("[^\n]+") do t.ok(#line <= 80, line) end
  end
end)

t.test("results go to stdout, what is said meanwhile to stderr; -q leaves the results", function()
  local address = free()
  local server = t.start { exe, "server", "--listen", address, "-q" }
  server:wait_for("listening on")
  local out, err = run({ "client", "--server", address, "-q" }, 0)
  t.match(out, "^assigned 192.168.1.100 for 3600 s, by server 127.0.0.1\n$")
  t.equal(err, "")
end)

t.done()
