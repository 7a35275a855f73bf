-- dhcplab run --step: a run that waits for keys, and goes back by being played again.
local t = require "harness"

-- Plays a script with these keys: stdout, stderr, exit status.
local function step(keys, arguments, script)
  local command = { t.exe, "run", script or "scripts/handshake.lua", "--virtual", "--seed", "3", "--step" }
  for _, word in ipairs(arguments or {}) do command[#command + 1] = word end
  return t.run(command, { stdin = keys })
end

-- The run as it is without steps.
local function plain(arguments)
  local command = { t.exe, "run", "scripts/handshake.lua", "--virtual", "--seed", "3" }
  for _, word in ipairs(arguments or {}) do command[#command + 1] = word end
  return (t.run(command))
end

local function count(text, what) return select(2, text:gsub(what, "")) end

t.test("at each event: its line, the states of all clients, the leases of all servers", function()
  local out, err, status = step("\n\n\n\n\n")
  t.equal({ err, status }, { "", 0 })
  t.match(out, "state SELECTING\n           clients  client SELECTING\n 0.000000  client %-> %*       DISCOVER")
  t.match(out, "server            received DISCOVER from client\n")
  t.match(out, "OFFER[^\n]*\n           clients  client SELECTING\n           server   192.168.1.100 offered to 02:%S+ "
    .. "%(ends at 60 s%)\n")
end)

t.test("the end of input goes on to the end, and the run is the one that it is without steps", function()
  local out = step("")
  t.match(out, "state BOUND\n\nassigned 192.168.1.100 for 3600 s\n")
  t.equal(count(out, "clients  client"), 1)
  t.equal(out:match("digest %x+"), plain():match("digest %x+"))
end)

t.test("n goes on by as many events; c to the end; q quits at once", function()
  local out, _, status = step("n 4\nq\n")
  t.equal(status, 0)
  t.match(out, "received OFFER from server\n           clients.-offered")
  t.ok(not out:find("REQUEST"))
  t.equal(count(out, "clients  client"), 2)
  t.match(step("n 4\nc\n"), "assigned 192.168.1.100")
end)

t.test("p goes back: the same run up to the event before, without what was shown already", function()
  local out, err, status = step("n 5\np\np 3\nc\n")
  t.equal({ err, status }, { "", 0 })
  local first, second, third = out:match("^(.-)back to event 5:\n(.-)back to event 2:\n(.*)$")
  t.match(first, "state REQUESTING\n")
  t.match(second, "^ 0.000000  client            received OFFER from server\n           clients  client SELECTING\n")
  t.match(third, "^ 0.000000  client %-> %*       DISCOVER[^\n]*\n           clients")
  t.equal(count(out, "assigned"), 1)
  t.equal(out:match("digest %x+"), plain():match("digest %x+"))
  t.match(step("p\n"), "This is the first event")
end)

t.test("what the script prints on the way back is not printed again", function()
  local path = t.write(t.path("talks.lua"), [[
    local dhcp = require "dhcplab"
    print "at the start"
    dhcp.server {}
    dhcp.client {}:acquire()
    io.write("at the end\n")]])
  local out = step("n 3\np\nc\n", {}, path)
  t.equal({ count(out, "at the start"), count(out, "at the end") }, { 1, 1 })
end)

t.test("b shows the bytes of a packet; a state has none", function()
  local out = step("b\n\nb\nq\n")
  t.match(out, "A change of state has no bytes")
  t.match(out, "\nHEADER .*\n  236  cookie 63 82 53 63.*host_name")
end)

t.test("h and unknown keys list the keys", function()
  local out = step("h\nxyz\n\27[A\nq\n")
  t.match(out, "n 10   the tenth one from here")
  t.match(out, 'There is no key "xyz"')
  t.match(out, 'There is no key "\\x1b%[A"')
end)

t.test("with --explain each event is told in words", function()
  t.match(step("\n\nq\n", { "--explain" }):gsub("%s+", " "), "asks everyone: which server can give me one%?")
end)

t.test("files are those of the whole run, however often it went back", function()
  local stepped, straight = t.path("stepped.jsonl"), t.path("straight.jsonl")
  step("n 6\np 3\nn 4\np\nc\n", { "--trace", stepped })
  plain { "--trace", straight }
  t.equal(t.read(stepped), t.read(straight))
end)

t.test("a script that does not do the same again ends all the same", function()
  local path = t.write(t.path("moody.lua"), ([[
    local dhcp = require "dhcplab"
    local mark = io.open(%q)
    if mark then return end
    io.open(%q, "w"):close()
    dhcp.server {}
    dhcp.client {}:acquire()]]):format(t.path("mark"), t.path("mark")))
  local out, err, status = step("n 3\np\n", {}, path)
  t.equal({ err, status }, { "", 0 })
  t.match(out, "back to event 3:\n")
end)

t.test("in real time it steps too, but cannot go back", function()
  local out, err, status = t.run({ t.exe, "run", "scripts/handshake.lua", "--listen", "127.0.0.1:0", "--set", "pause=0",
    "--step" }, { stdin = "\np\nc\n" })
  t.equal(status, 0, err)
  t.match(err, "real time goes on while you read")
  t.match(out, "Real packets cannot be called back: .*%-%-virtual")
  t.match(out, "assigned 192.168.1.100")
end)

t.test("Ctrl-C at the prompt ends the run", function()
  t.need_terminal()
  local out, _, status = t.run({ "env", "TERM=xterm", "python3", "tests/lua/terminal.py", t.exe, "run",
    "scripts/handshake.lua", "--virtual", "--step", "--color", "never" }, { stdin = "h> \t\\r\nh> \t\\x03\n" })
  t.equal(status, 130, out)
  t.match(out, "%[2%] Enter, n 10, p, b, c, q, h> ")
  t.match(out, "dhcplab: interrupted")
end)

t.test("a script from standard input leaves no place for keys", function()
  local _, err, status = t.run({ t.exe, "run", "-", "--step", "--virtual" }, { stdin = "" })
  t.equal(status, 2)
  t.match(err, "give the script as a file")
end)

t.done()
