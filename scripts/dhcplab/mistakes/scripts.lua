-- E101 to E118: how a script uses the lab. The form is told in mistakes.lua.

return {
  { code = "E101", title = "the script is not Lua: a syntax error",
    why = "Lua cannot read the script, so nothing of it was run",
    fix = "look there and just before it: a missing end, comma or bracket",
    text = [[Lua reads a script whole before it begins. The line that the message names is where Lua gave up;
      what is missing is often one line higher: `end`, `then`, `do`, a comma between two settings, a closing quote.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client { mac = "02:00:00:00:00:01" hostname = "pc" }
]] },
  { code = "E102", title = "a name that nobody made",
    why = "reading a name that nothing was assigned to is nearly always a slip",
    fix = "spell it as where it was made, or make it: local NAME = ...",
    text = [[In plain Lua an unknown name is nil, and the mistake shows much later. In a lab script it is told
      at once. A local name is known from the line after `local` to the end of its block only.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client {}
cleint:discover()
]] },
  { code = "E103", title = "a setting that does not exist",
    why = "a setting with a wrong name would be ignored, and the default used",
    fix = "take one of the settings that dhcplab help scripts shows",
    text = [[dhcp.server{}, dhcp.client{} and the other makers take a table of settings, and so do net:set{},
      client:receive{} and filters. Only the names that they know are taken, so that a letter left out does not make a
      test pass for the wrong reason.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.client { hostnam = "student" }
]] },
  { code = "E104", title = "the lab has nothing of that name",
    why = "only what dhcplab help scripts lists is there",
    fix = "dhcplab help scripts lists what dhcp, servers and clients have",
    text = [[What `require "dhcplab"` gives has a fixed set of functions, and so have dhcp.expect, servers,
      clients, networks and messages.]],
    script = [[
local dhcp = require "dhcplab"
local client = dhcp.cleint {}
]] },
  { code = "E105", title = "an option that does not exist",
    why = "options are known by the names and numbers of RFC 2132 and its heirs",
    fix = "dhcplab help options lists all; dhcp.define{} adds one of your own",
    text = [[Options go by a name such as lease_time, or a number from 1 to 254 (0 and 255 are padding and the
      end: RFC 2132 3.1 and 3.2). Any number may be used; a name must be in the catalogue or be defined by the script
      first.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.server { options = { ruoters = "192.168.1.1" } }
]] },
  { code = "E106", title = "a field that messages or leases do not have",
    why = "a message has the header fields of RFC 2131 2, and its options",
    fix = "dhcplab help fields lists the fields; options are m.options.NAME",
    text = [[The header of a message has fixed fields: op, xid, ciaddr, yiaddr and so on (RFC 2131 2).
      Everything else that it carries is an option: m.options.lease_time, not m.lease_time. A lease has fields of its
      own.]],
    script = [[
local dhcp = require "dhcplab"
local m = dhcp.message { type = "discover" }
m.yaddr = "10.0.0.1"
]] },
  { code = "E107", title = "not one of the words that are possible here",
    why = "only certain words have a meaning here",
    fix = "take one of the words that the message or dhcplab help scripts names",
    text = [[Message types are discover, offer, request, decline, ack, nak, release, inform and the newer ones
      of `dhcplab help messages` (option 53: RFC 2132 9.6). Rules, nodes, invariants and modes have names of their
      own.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.lan:drop { type = "ofer", nth = 2 }
]] },
  { code = "E108", title = "a value of the wrong kind",
    why = "the call needs another kind of value here: a table, a function, a text",
    fix = "give what the message says is expected",
    text = [[Mind the brackets: f{ a = 1 } gives f a table, f(g) gives it the function g, and f(g()) gives it
      what g returns.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.spawn(print("hello"))
]] },
  { code = "E109", title = "a number out of range",
    why = "the number has no meaning outside its range, or no room on the wire",
    fix = "give a number in the range that the message names",
    text = [[Chances are numbers from 0 (never) to 1 (always): 10 percent is 0.1. A field of a message has as
      many bits as the RFC gives it: hops and hlen have 8, secs has 16, xid has 32 (RFC 2131 2).]],
    script = [[
local dhcp = require "dhcplab"
dhcp.lan:set { loss = 10 }
]] },
  { code = "E110", title = "not an address",
    why = "the text does not have the form of such an address",
    fix = "write it like \"192.168.1.10\", \"192.168.1.0/24\" or \"02:00:00:00:00:01\"",
    text = [[An IPv4 address is four numbers from 0 to 255 with points between them; a network has the number of
      its leading bits behind a slash (RFC 4632 3.1); a range is FIRST-LAST; a MAC address is six pairs of hex digits;
      an endpoint is ADDRESS:PORT.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.server { pool = "192.168.1.100-192.168.1.300" }
]] },
  { code = "E111", title = "not a time",
    why = "a time is a number of seconds, or a number with its unit",
    fix = "write 2, 0.5, \"250ms\", \"10s\", \"1h30m\" or, for leases, \"infinite\"",
    text = [[Units are us, ms, s, m, h and d, the larger one first: "1d12h", "1h30m". In messages lease times
      are whole seconds of 32 bits, and all ones mean for ever (RFC 2131 3.3).]],
    script = [[
local dhcp = require "dhcplab"
dhcp.sleep("a while")
]] },
  { code = "E112", title = "something is missing",
    why = "the call cannot be made without it",
    fix = "add what the message names",
    text = [[Some calls need what only the script can know: which offer is requested, between which networks a
      relay stands, which address a host has.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.host { name = "printer" }
]] },
  { code = "E113", title = "settings that contradict one another",
    why = "each value is good by itself, but they cannot all be true",
    fix = "change one of the two that the message names",
    text = [[A server gives out addresses of its pool only, and a pool lies inside its subnet: a client could
      not use an address from elsewhere, for its router would be out of reach (RFC 2131 4.3.1). Pools do not overlap,
      and ranges begin before they end.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.server { subnet = "10.0.0.0/24", pool = "10.0.1.100-10.0.1.200" }
]] },
  { code = "E114", title = "a name or address that is taken",
    why = "the trace and the reports could not tell the two apart",
    fix = "give one of them another name, or leave the name out",
    text = [[Nodes, networks and tests go by their names in the transcript, in filters and on the command line.
      Without a name each gets one of its own: client, client2 and so on.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.client { name = "pc" }
dhcp.client { name = "pc" }
]] },
  { code = "E115", title = "not possible at this moment",
    why = "what the call works with is not there yet, or not any more",
    fix = "make what it needs first; client:acquire() gets a lease",
    text = [[A client renews, rebinds or releases only a lease that it has (RFC 2131 4.4.5 and 4.4.6). A node
      that was stopped cannot send. A client waits for one message at a time, and only in the task itself, not in a
      coroutine inside it.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.server {}
local client = dhcp.client {}
client:renew()
]] },
  { code = "E116", title = "a value that cannot be changed",
    why = "it follows from something else",
    fix = "change what it comes from",
    text = [[dhcp.param has what the command line gave; the size of a message follows from what is in it; a
      lease is changed by its state, its expiry and its note.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.param.clients = 5
]] },
  { code = "E117", title = "a value that does not fit its option or field",
    why = "every option has a type: an address, a number, a text, a list (RFC 2132)",
    fix = "dhcplab help option NAME shows its type; { raw = ... } sets any octets",
    text = [[Values are given as plain Lua: "10.0.0.1", a list of such, numbers, true or false, texts. They are
      checked before anything is sent. To send something broken on purpose, give its octets: { raw = "\1\2\3" }.]],
    script = [[
local dhcp = require "dhcplab"
dhcp.message { type = "offer", options = { lease_time = "soon" } }
]] },
  { code = "E118", title = "a handler that returns something else than a reply",
    why = "what a handler returns is sent, and only messages can be",
    fix = "return self:offer(request), self:ack(request), self:nak(...) or nothing",
    text = [[server:discover and the other handlers return a reply, which is sent, or nothing for silence. What
      net:tap calls returns nothing (the packet passes), false (it is lost) or a time (it is late).]],
    script = [[
local dhcp = require "dhcplab"
local server = dhcp.server {}
function server:discover(request) return "192.168.1.50" end
dhcp.client { timeout = 1 }:discover()
]] },
}
