-- E401 to E413: what a run showed to be wrong. The form is told in mistakes.lua.

return {
  { code = "E401", title = "an expectation failed",
    advice = "compare expected and got, and look at the last packets below",
    text = [[dhcp.expect(value, what) and its forms (.equal, .type, .lease, .within, .silence and so on) say
      what must be so; something else came. The report shows both, the last packets, the moment, and the command that
      plays the same run again. `dhcplab help tests` lists the forms.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client { timeout = 1 }
local lease = dhcp.expect(client:acquire(), "a lease")
]] },
  { code = "E402", title = "a check failed, and the run went on",
    advice = "compare expected and got; dhcp.expect would stop the run here",
    text = [[dhcp.check(value, what) is dhcp.expect that does not end the run: all checks of a run are told, and
      the exit status is 1 in the end.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.check(1 + 1 == 3, "one and one to be three")
]] },
  { code = "E403", title = "the script called dhcp.fail",
    advice = "the text is the script's own: see the line that it names",
    text = [[dhcp.fail(text) ends the run with exit status 1 and this text.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.fail("no OFFER came")
]] },
  { code = "E404", title = "the script returned false",
    advice = "the script says so by return false; dhcp.expect would say why",
    text = [[A script or test that returns false has failed. It gives no reason; dhcp.expect and dhcp.fail do.]],
    script = [[
return false
]], command = { "test", "FILE" } },
  { code = "E405", title = "an invariant is broken",
    advice = "look at who is named, and at the last packets before that moment",
    text = [[Some things must hold after every event of a run, whatever is lost or late: no address is used by
      two clients, no lease is used after it expired, a declined address stays out (RFC 2131 1.6 and 4.4). `dhcplab
      help search` names them all; dhcp.invariant adds some of your own.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.invariant("time stays below 5 s", function() return dhcp.now() < 5 end)
dhcp.client { timeout = 10 }:discover()
]], command = { "run", "FILE", "--virtual", "--invariants" } },
  { code = "E406", title = "a packet breaks a MUST of the RFCs",
    fix = "correct the message; dhcp.tolerate \"RULE\" allows it on purpose",
    text = [[`dhcplab test` and --strict hold every packet against the tables of RFC 2131 and its heirs. The
      message names the packet, the field, the rule and its section.]],
    script = [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover(request)
  local offer = self:offer(request)
  offer.options.server_id = nil -- RFC 2131 table 3: an OFFER MUST have it
  return offer
end
dhcp.client { timeout = 1 }:discover()
]], command = { "run", "FILE", "--virtual", "--strict" } },
  { code = "E407", title = "the script computes and never waits", exit = 4,
    why = "while a script computes, no packet arrives and no time passes",
    fix = "put dhcp.sleep(...) into the loop, or end it; --budget allows more",
    text = [[A loop like `while not client.lease do end` waits for something that cannot happen meanwhile: tasks
      take turns, and this one does not give its turn away. dhcp.sleep, client:receive and every other call that waits
      do.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
while not client.lease do end
]], command = { "run", "FILE", "--virtual", "--budget", "200ms" } },
  { code = "E408", title = "nothing can happen any more, and somebody still waits", exit = 4,
    why = "no packet is under way and no timer runs, so the waiting would never end",
    fix = "give the call a timeout, or start what it waits for",
    text = [[The report names each task, what it waits for, and its line. Often there is no server that could
      answer, or a receive without a timeout waits for a message that has come already.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
client:receive { timeout = "infinite" }
]] },
  { code = "E409", title = "events go on and on, and time stands still", exit = 4,
    why = "each event causes the next one at the same moment",
    fix = "let some time pass in the loop: dhcp.sleep(0.1) instead of dhcp.sleep(0)",
    text = [[In virtual time the clock moves only when nothing is left to do at the present moment. Two nodes
      that answer one another at once over a link without latency never come to that.]],
    script = [[
local dhcp = require "dhcplab"
while true do dhcp.sleep(0) end
]], command = { "run", "FILE", "--virtual", "--budget", "200ms" } },
  { code = "E410", title = "the run does not end", exit = 4,
    why = "a task of the script goes on after all the time that a run has",
    fix = "end the loop, cancel the task, or allow more by --until",
    text = [[A run in virtual time has 30 days, a test in real time 60 s. The report names the tasks that go on.
      Servers alone do not keep a run alive, and clients by themselves end when their script does.]],
    script = [[
local dhcp = require "dhcplab"
while true do dhcp.sleep("1h") end
]] },
  { code = "E411", title = "the client got no lease",
    advice = [[look whether a server runs where the client sends (--server), whether its pool has addresses
      left, and whether it refuses: the server says so with -v]],
    text = [[No server answered in time, or one answered with NAK. A client asks again after 4, 8, 16 s and so
      on, each give or take a second (RFC 2131 4.1), and gives up after --timeout.]],
    command = { "client", "--server", "127.0.0.1:6797", "--timeout", "100ms" } },
  { code = "E412", title = "a client without an address, long after the last fault",
    advice = "see which client waits for what, and what the server knows",
    text = [[`dhcplab search` ends each scenario with a while in which nothing is lost. By its end every client
      that can have an address must have one: clients repeat what is not answered (RFC 2131 4.1), so a server has many
      occasions.]],
    script = [[
local dhcp = require "dhcplab"
function dhcp.server:request() end -- a server that never acknowledges
]], command = { "search", "FILE", "--seeds", "1..10" } },
  { code = "E413", title = "two runs with the same seed differ", exit = 4,
    why = "the script depends on something that no seed decides",
    fix = "look for what the script takes from outside: files, programs, the network",
    text = [[In virtual time the seed decides everything. A script that reads a file which changes, starts
      programs, or keeps something from one run to the next gets another run each time, and a failure in it cannot be
      replayed.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.sleep(tonumber(io.popen("date +%N"):read("a")) / 1e9)
]], command = { "test", "FILE", "--repeat", "3" } },
}
