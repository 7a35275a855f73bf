-- One script, two worlds: handshake.lua and every scenario, in real time over sockets and in virtual time with a seed.
local t = require "harness"

local SEED <const> = "7"

-- What makes a script short enough in real time, and whether its packets come in an order that chance decides.
local special <const> = {
  handshake = { set = { "pause=0" } },
  lease_life = { set = { "lease_time=4s" } },
  power_on_storm = { any_order = true },
  lossy_network = { set = { "pause=0.2" }, by_chance = true }, -- which packets get lost depends on their order
}

local scripts = { "handshake" }
local listing = io.popen("ls scripts/scenarios/*.lua")
for path in listing:lines() do scripts[#scripts + 1] = path:match("([^/]+)%.lua$") end
listing:close()

local function command_of(name, ...)
  local command = { t.exe, "run", name == "handshake" and "scripts/handshake.lua" or "scripts/scenarios/" .. name
    .. ".lua",
    "--seed", SEED, "--ascii", "--color", "never" }
  for _, setting in ipairs(special[name] and special[name].set or {}) do
    table.move({ "--set", setting }, 1, 2, #command + 1, command)
  end
  return table.move({ ... }, 1, select("#", ...), #command + 1, command)
end

-- What was sent, by whom to whom with what in it; without times, without what got lost on the way, without the rest.
local function sent(name, out)
  local lines = {}
  for line in out:gmatch("[^\n]+") do
    local packet = line:match("^%s*%d+%.%d+  (%S+ %-> .*)")
    if packet and not packet:find("LOST (", 1, true) then lines[#lines + 1] = packet:gsub("%s+", " ") end
  end
  if special[name] and special[name].any_order then
    for i, line in ipairs(lines) do lines[i] = line:gsub("%d+%.%d+%.%d+%.%d+", "ADDRESS") end
    table.sort(lines)
  end
  return table.concat(lines, "\n")
end

-- Real time costs real time: all scripts run side by side, each on loopback addresses of its own.
local real
local function run_real()
  if real then return real end
  real = {}
  local port = 20000 + (tonumber(tostring({}):match("0x(%x+)"), 16) // 16) % 30000
  local running = {}
  for i, name in ipairs(scripts) do
    running[i] = t.start(command_of(name, "--listen", ("127.0.%d.1:%d"):format(100 + i, port)))
  end
  for i, name in ipairs(scripts) do
    local out, err, status = running[i]:wait(60)
    real[name] = { out = out, err = err, status = status }
  end
  return real
end

for _, name in ipairs(scripts) do
  t.test(name .. ".lua sends the same messages in real and in virtual time", function()
    local there = run_real()[name]
    t.equal(there.status, 0, there.err)
    local out, err, status = t.run(command_of(name, "--virtual"))
    t.equal(status, 0, err)
    if not (special[name] and special[name].by_chance) then t.equal(sent(name, there.out), sent(name, out)) end
    t.ok(#sent(name, out) > 0, "some")
  end)

  t.test(name .. ".lua is the same run each time in virtual time: its output and its capture", function()
    local function run()
      local pcap = t.path("again.pcap")
      os.remove(pcap)
      local out, err, status = t.run(command_of(name, "--virtual", "--pcap", pcap))
      t.equal({ err, status }, { "", 0 })
      return out, t.read(pcap)
    end
    local out, pcap = run()
    local out2, pcap2 = run()
    t.equal(out2, out)
    t.ok(pcap2 == pcap, "the captures differ")
    t.ok(#pcap > 24, "a capture with packets")
    local plain, err = t.run(command_of(name, "--virtual"))
    t.equal(plain, out, "the same without a capture")
    t.equal(err, "")
    t.equal((t.run(command_of(name, "--virtual", "--trace", t.path("trace.jsonl")))), out, "the same with a trace")
    t.golden(name .. ".txt", (out:gsub("\ndigest [^\n]*\n$", "\n"))) -- how the run counts itself is its own affair
  end)
end

t.test("another seed is another run, and the output says which it was", function()
  local one = t.run { t.exe, "handshake", "--virtual", "--seed", "7" }
  local two = t.run { t.exe, "handshake", "--virtual", "--seed", "8" }
  t.ok(one ~= two)
  t.match(one, "seed 7")
  t.match(two, "seed 8")
end)

t.test("a seed that was drawn is printed, and replays the run", function()
  local out = t.run { t.exe, "handshake", "--virtual" }
  local seed = t.ok(out:match("seed (%d+)"))
  t.equal((t.run { t.exe, "handshake", "--virtual", "--seed", seed }), out)
end)

t.test("the handshake tells each message in order, and the address at the end", function()
  local out, err, status = t.run { t.exe, "--virtual", "--seed", "7", "--ascii" }
  t.equal({ err, status }, { "", 0 })
  local at = 1
  for _, word in ipairs { "DISCOVER", "OFFER", "REQUEST", "ACK", "assigned 192%.168%.1%.100 for 3600 s" } do
    at = t.ok(select(2, out:find(word, at)), word)
  end
  t.match(out, "RFC 2131 3.1 step 4")
  t.ok(not out:find("[\128-\255\27]"), "--ascii: nothing else")
end)

t.test("the pause before the REQUEST is a second, and can be left out: then all is over in 30 ms", function()
  local function times(...)
    local out = t.run { t.exe, "handshake", "--listen", ("127.0.99.1:%d"):format(20000 + os.time() % 30000), ... }
    local list = {}
    for at in out:gmatch("\n%s*(%d+%.%d+)  %S+ %-> ") do list[#list + 1] = tonumber(at) end
    return list
  end
  local slow = times()
  t.equal(#slow, 4)
  t.ok(slow[3] - slow[2] >= 1 and slow[3] - slow[2] < 2, slow[3] - slow[2])
  local quick = times("--set", "pause=0")
  t.equal(#quick, 4)
  t.ok(quick[4] < (t.tree == "build" and 0.03 or 0.3), quick[4])
end)

t.done()
