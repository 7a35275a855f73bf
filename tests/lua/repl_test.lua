-- dhcplab repl: lines from a pipe, from a terminal, and what each gives.
local t = require "harness"
local lab = require "lab"
local core = require "dhcplab.core"
local complete = require "dhcplab.repl.complete"
local display = require "dhcplab.repl.display"
local history = require "dhcplab.repl.history"

-- What lines from a pipe give: stdout, stderr. In virtual time unless there are other arguments.
local function type_in(lines, ...)
  local command = { t.exe, "repl", "--seed", "7", ... }
  if not ... then command[#command + 1] = "--virtual" end
  local out, err, status = t.run(command, { stdin = lines .. "\n" })
  t.equal(status, 0, err)
  return out, err
end

t.test("an expression shows what it gives; a statement nothing", function()
  t.equal(type_in 'x = 1 + 1\nx\nx, "a", nil, true\nnil\nprint("hi")\n= 5\nreturn 6\n\n',
    '2\n2, "a", nil, true\nnil\nhi\n5\n6\n')
end)

t.test("names stay from line to line, with and without local", function()
  t.equal(type_in "local a = 1\na\nlocal b, c = 2, 3\nb + c\nlocal function f() return 4 end\nf()", "1\n5\n4\n")
end)

t.test("what is not finished goes on in the next line", function()
  t.equal(type_in "for i = 1, 2 do\nprint(i)\nend\n{\n1,\n}\n1 +\n1", "1\n2\n{ 1 }\n2\n")
  local _, err = type_in "f("
  t.match(err, "the last line is not complete")
end)

t.test("server and client are made when they are named, and a server of one's own is taken", function()
  local out = type_in "client:acquire().address\nclient.state\nserver:leases()"
  t.match(out, "made: server = dhcp.server {}\n%-%- made: client = dhcp.client {}\n")
  t.match(out, '\n"192.168.1.100"\n"BOUND"\n{\n  192.168.1.100 bound to 02:%S+ %(ends at 3600 s%)\n}\n$')
  out = type_in 'mine = dhcp.server { pool = "192.168.1.7" }\nclient:acquire().address'
  t.ok(not out:find("made: server"))
  t.match(out, '"192.168.1.7"\n$')
end)

t.test("packets are shown as they are sent; time stands still between lines", function()
  local out = type_in 'client:discover()\ndhcp.sleep("30m")\ndhcp.now()\nclient:discover()'
  t.match(out, "DISCOVER.*OFFER.*\n1800\n1800.000000")
  t.match(type_in("client:discover()", "--virtual", "--explain"), "asks everyone")
end)

t.test("what is sent at the end of a line has arrived before the next one", function()
  t.match(type_in "client:acquire().address\nclient:release()\nserver:records()[1].state", '"released"\n$')
end)

for _, case in ipairs {
  { "dhcp.slep(1)", 'dhcp has nothing called "slep"; did you mean "sleep"' },
  { "nope", 'nothing is called "nope" here' },
  { "x = = 1", "unexpected symbol near '='" },
  { "error('on purpose')", "error: on purpose" },
  { "error({})", "error: table: 1" },
  { "error(nil)", "error: nil" },
  { "client:discver()", [[(method 'discver'); did you mean "discover"?]] },
  { "dhcp.server { pol = 1 }", 'no setting called "pol"; did you mean "pool"' },
  { "dhcp.expect.equal(1, 2)", "expected  2\n  got       1" },
  { "dhcp.fail('no')", "error: no" },
  { "local t = dhcp.spawn(dhcp.sleep, math.huge) t:join()", "nothing can happen any more" },
  { "setmetatable({}, { __tostring = error, __index = error, __len = error, __pairs = error }).x", "error" },
  { "while true do dhcp.sleep(1e6) end", "still running after 30 days of virtual time" },
  { "while true do dhcp.sleep(0) end", "time stands still" },
  { "while true do end", "is this a loop without end" },
} do
  t.test(("an error ends nothing: %s"):format(case[1]), function()
    local out, err = type_in(case[1] .. "\n'still here'", "--virtual", "--budget", "300ms")
    t.match(err, "error: ")
    t.ok(err:find(case[2], 1, true), err)
    t.match(out, '"still here"\n$')
  end)
end

t.test("an error in a text of several lines names its line", function()
  t.match(select(2, type_in "function f()\n  error('deep')\nend\ndo\nf()\nend"), "^error: line 2: deep\n$")
end)

t.test("values that raise when they are looked at are an error of their line, or are looked at from outside", function()
  local out, err = type_in "odd = setmetatable({}, { __index = error, __len = error, __pairs = error })\nodd\n_G\n'on'"
  t.ok(out:find('"on"\n$') and not err:find("traceback"), out .. err)
end)

t.test("a background task that fails says so, and the prompt goes on", function()
  local out, err = type_in "dhcp.spawn(function() error('behind') end)\n'still here'"
  t.match(err, "behind")
  t.match(out, '"still here"\n$')
end)

t.test("help, exit and quit are words here", function()
  t.match(type_in "help xid", "^xid: transaction id\n")
  t.match(type_in "help", "^repl: one line of Lua at a time")
  t.equal(type_in "1\nexit\n2", "1\n")
  t.equal(type_in "1\r\nquit()\r\n2", "1\n")
  t.equal(type_in "1\nos.exit()\n2", "1\n")
end)

t.test("a script's global names are there", function()
  local path = t.write(t.path("before.lua"), 'local dhcp = require "dhcplab"\nserver = dhcp.server { name = "mine" }\n')
  t.match(type_in("server", path, "--virtual"), "^server mine at 192.168.1.2")
  local _, err, status = t.run({ t.exe, "repl", "/no/such.lua" }, { stdin = "" })
  t.equal(status, 2)
  t.match(err, "cannot open /no/such.lua")
end)

t.test("in real time the world goes on while the prompt waits", function()
  local port = t.write(t.path("port.lua"), 'local dhcp = require "dhcplab"\n'
    .. 'server = dhcp.server { listen = "127.0.0.1:0" }\nprint("at " .. server.endpoint)\n')
  local repl = t.start { "sh", "-c", "sleep 10 | \"$0\" repl \"$1\"", t.exe, port }
  local endpoint = repl:wait_for("at (%S+)")
  local out, err, status = t.run { t.exe, "client", "-q", "--server", endpoint, "--timeout", "5s" }
  t.equal(status, 0, err)
  t.match(out, "192.168.1.100")
  repl:wait_for("ACK")
end)

-- ---- a terminal

-- Plays { pattern, keys } pairs: what the terminal shows, exit status.
local function type_at_terminal(pairs_of, ...)
  t.need_terminal()
  local lines, words = {}, { "env", "TERM=xterm", "LC_ALL=C.UTF-8", "XDG_STATE_HOME=" .. t.path("state"), "python3",
    "tests/lua/terminal.py", t.exe, "repl", "--virtual", "--seed", "7", "--color", "never", ... }
  for i, pair in ipairs(pairs_of) do lines[i] = pair[1] .. "\t" .. pair[2] end
  local out, err, status = t.run(words, { stdin = table.concat(lines, "\n") .. "\n" })
  return out .. err, status
end

t.test("at a terminal it greets; Ctrl-D leaves; lines are kept for the next time", function()
  local out, status = type_at_terminal { { "> ", "1 + 1\\r" }, { "2\\s+> ", "'size'\\r" }, { '"size"\\s+> ', "\\x04" } }
  t.equal(status, 0, out)
  t.match(out, "virtual time.*Tab completes")
  t.equal(t.read(t.path("state/dhcplab/history")), "1 + 1\n'size'\n")
end)

t.test("Tab completes names, fields, methods and options", function()
  if not core.lines(true):edited() then t.skip("libedit is not on this machine") end
  local out, status = type_at_terminal { { "> ", "client:acq\\t)\\r" }, { "192.168.1.2\"\\s+}\\s+> ",
    "client.lease.ad\\t\\r" }, { '"192.168.1.100"\\s+> ', "client.lease.options.\\t\\x15" },
    { "subnet_mask\\s+> ", "\\x04" } }
  t.equal(status, 0, out)
  t.match(out, "client:acquire%(%)")
  t.match(out, "lease_time%s+rebinding_time%s+server_id")
end)

t.test("Ctrl-C ends what a line does, or drops the line, and not the prompt", function()
  local out, status = type_at_terminal { { "> ", "print(6*7) while true do end\\r" }, { "42\\s+", "\\x03" },
    { "interrupted(?s:.*)\\n> ", "client:run()\\r" }, { "ACK", "\\x03" }, { "interrupted(?s:.*)\\n> ", "foo(\\r" },
    { ">> ", "\\x03" }, { "\\s> ", "20 + 3\\r" }, { "23\\s+> ", "quit\\r" } }
  t.equal(status, 0, out)
end)

t.test("a terminal that can do nothing has plain lines", function()
  t.need_terminal()
  local out, _, status = t.run({ "env", "TERM=dumb", "XDG_STATE_HOME=" .. t.path("state"), "python3",
    "tests/lua/terminal.py", t.exe, "repl", "--virtual", "--seed", "7" },
    { stdin = "> \t1 + 1\\r\n2\\s+> \tfor i = 1, 2 do\\r\n>> \tend\\r\n> \t\\x04\n" })
  t.equal(status, 0, out)
end)

-- ---- parts

local function names(env, word)
  local beginning, list = complete.find(env, { client = require("dhcplab").client }, word)
  for i, one in ipairs(list) do list[i] = one.name end
  return table.concat(list, " "), beginning
end

lab.test("completion looks at values without calling anything", function(dhcp)
  local touched = false
  local env = { dhcp = dhcp, number = 5, ding = setmetatable({ one = 1 }, { __index = function() touched = true end }) }
  t.equal({ names(env, "n") }, { "number", "n" })
  t.equal({ names(env, "ding.") }, { "one", "" })
  t.equal({ names(env, "ding.two.") }, { "", "" })
  t.equal(touched, false)
  t.equal({ names(env, "number.") }, { "", "" })
  t.equal({ names(env, "nobody.") }, { "", "" })
  t.equal({ names(env, "client:disc") }, { "discover discover_message", "disc" })
  t.equal(env.client, nil)
  t.equal({ names(env, "dhcp.expect.eq") }, { "equal", "eq" })
  t.equal({ names(env, "dhcp.tr") }, { "trace", "tr" })
  t.equal({ names(env, "dhcp.trace:find_f") }, { "find_first", "find_f" })
end)

lab.test("completion knows messages and their options: those there, or all that begin so", function(dhcp)
  local env = { m = dhcp.message { type = "offer", options = { lease_time = 60, server_id = "10.0.0.1" } } }
  t.equal({ names(env, "m.yi") }, { "yiaddr", "yi" })
  t.equal({ names(env, "m:expl") }, { "explain", "expl" })
  t.equal({ names(env, "m.options.") }, { "lease_time message_type server_id", "" })
  t.equal({ names(env, "m.options.rout") }, { "router_solicitation_address routers", "rout" })
  t.equal({ names(env, "m.options:ra") }, { "raw", "ra" })
  t.equal({ names(env, "m.options.lease_time.") }, { "", "" })
end)

t.test("what several names have in common is written, and a bracket behind the only function", function()
  local function common(beginning, ...)
    local list = {}
    for i, name in ipairs { ... } do list[i] = { name = name, is_function = name == "run" } end
    return complete.common(beginning, list)
  end
  t.equal({ common("d", "domain_name", "domain_search"), common("ru", "run"), common("x"), common("ab", "ab", "abc") },
    { "omain_", "n(", "", "" })
  t.equal(complete.columns({ { name = "aa" }, { name = "b" }, { name = "c" } }, 8), { "aa  c", "b" })
end)

lab.test("values are shown in few lines: messages, nodes, packets, options, long tables", function(dhcp, world)
  local function shown(value) return table.concat(display.lines(world, value), "\n") end
  dhcp.server {}
  local client = dhcp.client { mac = lab.MAC }
  t.match(shown(client:discover()), "^OFFER xid 0x%x+, 192.168.1.100 for 3600s")
  t.match(shown(client), "^client SELECTING, mac 02:00:00:00:00:01$")
  t.match(shown(dhcp.trace), "^ 0.000000  client %-> %*[^\n]*\n 0.000000  server %-> client[^\n]*$")
  t.match(shown(dhcp.trace:find { type = "offer" }), "^{\n   0.000000  server %-> client  OFFER[^\n]*\n}$")
  t.match(shown(dhcp.trace:find_first {}.message.options), "^{\n  message_type = \"discover\"\n.*}$")
  local long = {}
  for i = 1, 100 do long[i] = i * 1000 end
  t.match(shown(long), "^{\n  1000\n.*  40000\n  and 60 more\n}$")
  t.equal(shown("two\nlines\27[2J"), "two\nlines\\x1b[2J")
  t.equal(shown("größe \"x\""), '"größe \\"x\\""')
  t.equal(shown("\0\255"), '"\\0\\xff"')
  t.equal(shown({ a = { 1, 2 } }), "{ a = { 1, 2 } }")
  t.equal(shown(print), "a function")
  local huge = { a = 1, b = { long, long, long } }
  huge.c = huge
  t.equal(shown(huge), "{\n  a = 1\n  b = a large table\n  c = a large table\n}")
end)

t.test("history is where the environment says, holds no line twice in a row, and never fails", function()
  local function env(values) return function(name) return values[name] end end
  local one = history.new(env { XDG_STATE_HOME = t.path("xdg dir") })
  t.equal(one:load(), {})
  for _, line in ipairs { "a", "a", " ", "b", "a" } do one:add(line) end
  t.equal(history.new(env { XDG_STATE_HOME = t.path("xdg dir") }):load(), { "a", "b", "a" })
  t.equal(history.new(env { HOME = "/h", XDG_STATE_HOME = "relative" }).folder, "/h/.local/state/dhcplab")
  t.equal(history.new(env {}):load(), {})
  t.equal(history.new(env {}):add("x"), true)
  t.equal(history.new(env { HOME = "/dev/null" }):add("x"), true)
end)

t.done()
