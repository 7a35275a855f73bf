-- E130 to E139: what Lua itself stops a script for (lua_errors.lua tells them apart). The form is told in mistakes.lua.

return {
  { code = "E130", title = "something is nil where a value was expected",
    why = "often a call that waits for an answer gave nil, because none came",
    fix = "look at the value first: if not offer then return end",
    text = [[`offer.yiaddr` needs an offer. client:discover() gives nil and "timeout" when no OFFER comes in
      time, and client:request(offer) gives nil and "nak" or "timeout". Messages get lost on real networks too, and
      clients must expect that (RFC 2131 4.1).]],
    advice = [[ask before you use it (if not offer then return end), or say what must be so: local offer =
      dhcp.expect(client:discover(), "an offer")]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client { timeout = 1 }
local offer = client:discover()
print(offer.yiaddr)
]] },
  { code = "E131", title = "a call of something that is no function",
    why = "there is no function of that name here",
    fix = "look the name up (dhcplab help scripts); methods take a colon: c:renew()",
    text = [[Lua finds out that a function does not exist when it is called. Mind the colon: client:discover()
      is a method of the client, dhcp.sleep(1) a function of the lab.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
client:discver()
]] },
  { code = "E132", title = "values of the wrong kind are computed or compared",
    why = "Lua computes with numbers only, and joins texts and numbers only",
    fix = "look at both sides with print(...): often one of them is nil",
    text = [[An option that a message does not carry is nil: m.options.renewal_time + 1 works only if the server
      sent it. Addresses are texts here; they are compared by ==, not by < or >.]],
    script = [[
local dhcp = require "dhcplab"
local m = dhcp.message { type = "offer" }
print(m.options.lease_time / 2)
]] },
  { code = "E133", title = "a function of Lua got a wrong argument",
    why = "the function cannot work with that value",
    fix = "look at that argument; print(...) before the call shows what it is",
    text = [[The message says which argument it was, what was expected and what came: nil, or "got no value",
      when it was left out.]],
    script = [[
local text = nil
print(string.rep(text, 3))
]] },
  { code = "E134", title = "a module that is not there",
    why = "require looks beside the script, in the lab and where Lua looks",
    fix = "put NAME.lua beside the script, or correct the name",
    text = [[`require "helper"` looks for helper.lua in the script's folder first, then among what comes with
      the lab (dhcplab, dkjson, argparse), then in LUA_PATH.]],
    script = [[
local helper = require "no_such_helper"
]] },
  { code = "E135", title = "the script needs too much memory, or calls itself without end",
    why = "a function that calls itself needs a case in which it does not",
    fix = "find the function in the lines below that comes again and again",
    text = [[Lua keeps a note of each call that has not returned. Some 200,000 of them are too many: nearly
      always a function calls itself, directly or in a circle. A handler that wants the usual behaviour calls
      dhcp.server.discover(self, request), not self:discover(request), which is itself.]],
    script = [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover(request) return (self:discover(request)) end
dhcp.client { timeout = 1 }:discover()
]] },
  { code = "E136", title = "the script stopped itself by error or assert",
    why = "the script called error(...) or assert(...), and nobody caught it",
    fix = "look at what led there; for a verdict on a test, dhcp.expect says more",
    text = [[error("text") ends the task that calls it, and the run with it, unless pcall catches it. In a test
      use dhcp.fail("text") or dhcp.expect(...): these show the last packets, and count as a failed test rather than
      as a script that is wrong.]],
    script = [[
error("I did not expect this")
]] },
  { code = "E137", title = "assert around a call that got no answer",
    why = "such a call gives nil and a reason, and assert stops with that reason",
    fix = "dhcp.expect(client:acquire(), \"a lease\") shows what was on the wire instead",
    text = [[client:acquire(), :discover(), :request() and :renew() give nil and a word when they fail:
      "timeout", "nak", "declined". assert(...) turns that word into an error, and says neither where nor why.]],
    script = [[
local dhcp = require "dhcplab"
assert(dhcp.client { timeout = 1 }:acquire())
]] },
  { code = "E138", title = "os.exit in a test",
    why = "it would end all other tests too",
    fix = "return from the script, or dhcp.fail(text)",
    text = [[Many tests are played in one process. A script ends when its last line is done; a test fails by an
      expectation, an error or dhcp.fail(text).]],
    script = [[
os.exit(1)
]], command = { "test", "FILE" }, exit = 4 },
  { code = "E139", title = "a method called with a point in place of a colon",
    why = "client:discover() is client.discover(client): the colon hands it over",
    fix = "write a colon before the method's name",
    text = [[Methods work on the object before the colon, which Lua hands to them as their first argument, self.
      With a point self is missing, or is the first argument that you gave. Functions of the lab itself take a point:
      dhcp.sleep(1), dhcp.server.discover(self, request).]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
client.discover()
]] },
}
