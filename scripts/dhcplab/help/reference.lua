-- Help topics to look things up in: scripts, the prompt, the trace, pictures, replays, faults, exit statuses.
--
-- The same form as guide.lua: { name, gist, text }, at most 80 columns, commands behind four spaces.

local reference = {}

reference[#reference + 1] = { name = "scripts", gist = "how to write one: servers, clients, time", text = [[
A script is a Lua file. It makes servers and clients and tells them what to do;
when its last line is done and its clients are, the run ends.

  local dhcp = require "dhcplab"

  local server = dhcp.server { pool = "192.168.1.100-192.168.1.200",
                               lease_time = "1h" }
  local client = dhcp.client { mac = "02:00:00:00:00:01", hostname = "student" }

  function server:discover(request)        -- in place of the usual behaviour
    if request.mac == "02:00:00:00:00:66" then return end     -- no answer
    dhcp.sleep(dhcp.param.delay or 2)                         -- a slow one
    return dhcp.server.discover(self, request)                -- the usual one
  end

  local offer, why = client:discover()     -- a message, or nil and a word
  if not offer then dhcp.fail("no offer: " .. why) end
  local ack = client:request(offer)
  print(ack.yiaddr, ack.options.lease_time)

Save it as slow.lua (or begin with `dhcplab new slow`, which writes one), then:
    dhcplab run slow.lua --virtual
    dhcplab run slow.lua --set delay=0

Clients
  client:discover()        sends DISCOVER; gives the first OFFER
  client:request(offer)    sends REQUEST; gives the ACK; nil, "nak", message
  client:acquire()         all four messages; gives a lease: lease.address
  client:send(message)     sends what you made with dhcp.message{ ... }
  client:receive{ type = "offer", timeout = "3s" }    waits for such a message
  What gets no answer in time is nil, "timeout".

Servers: one function for each message, and what it returns is sent
  server:discover(request), server:request(request)
      return a reply, or nothing for silence; it may sleep meanwhile
  self:offer(request), self:ack(request), self:nak(request, "reason")
      make replies as RFC 2131 table 3 wants them; change them as you like
  dhcp.server.discover(self, request), dhcp.server.request(self, request)
      what a server does by itself

Messages
  m.type, m.mac, m.xid, m.yiaddr ...       fields: dhcplab help fields
  m.options.lease_time, m.options[51]      options: dhcplab help options
  print(m), print(m:explain())             in one line; byte by byte

Time and others
  dhcp.sleep("1h30m")      times are seconds, or text such as "250ms" or "10s"
  dhcp.now()               seconds since the run began
  dhcp.spawn(f, ...)       runs f beside the rest; task:join() waits for it
  dhcp.param.NAME          what --set NAME=VALUE gave, or nil
  dhcp.fail("text")        ends the run with exit status 1

More examples:
    dhcplab list
    dhcplab run scenarios/silent_server.lua --virtual]] }

reference[#reference + 1] = {
  name = "watch", gist = "a run told in words, or one event at a time: --explain, --step",
  text = [[
  --explain   tells below each line what it means: who says this to whom, why
              now, what matters in it, and where the RFC says so; changes of
              state, losses and delays too. With handshake, run, server, client
              and repl. A DISCOVER that is sent again is told as such (RFC 2131
              4.1), a REQUEST as what it is: a choice, a renewal, a question
              about an old address (RFC 2131 4.3.2).

    dhcplab run scenarios/lost_offer.lua --virtual --explain
    dhcplab server --explain --timeout 10s

  --step      stops at each event of `dhcplab run`: a packet sent, received or
              lost, a change of state. It shows the states of all clients and
              the leases of all servers, and waits for a key and Enter:
    Enter     the next event          n 10   the tenth one from here
    p         the event before        p 10   ten events back
    b         the bytes of this packet, field by field
    c         on to the end           q      quit           h   these keys

Going back needs virtual time: the run is played again from its start with the
same seed, silently, and stops one event earlier. Keys may come from a pipe.

    dhcplab run scenarios/lost_offer.lua --virtual --step]] }

reference[#reference + 1] = { name = "repl", gist = "one line of Lua at a time: dhcplab repl", text = [[
    dhcplab repl                    in real time, over UDP on this machine
    dhcplab repl --virtual          in virtual time, on a simulated network
    dhcplab repl --explain          and every packet is told in words

Each line is run at once, and what it gives is shown; packets are shown as they
are sent. `dhcp` is there, and `server` and `client` are made when they are
first named. To begin with, one after the other:

  client:discover()              one message and its answer
  client:acquire()               all four: a lease
  client.lease.options           what the server told
  server:leases()                what the server knows
  client:renew()                 more time (RFC 2131 4.4.5)
  dhcp.lan:set { loss = 0.5 }    a bad network: every second packet gets lost
  dhcp.trace                     what was sent so far
  function server:request(r) return self:nak(r, "no") end
                                 another server: try client:acquire() now

An expression shows its value, a long table up to 40 entries of it. A function
or table that is not finished goes on in the next line. `local` does not count
here: names stay for the next line. Errors end nothing.

Time: in virtual time it stands still while you type, and goes on while a line
waits: dhcp.sleep("30m"). In real time the world goes on at the prompt as well:
a server answers clients in another shell while you look at its leases.

Keys: Ctrl-C ends what a line does, or drops it; Ctrl-D leaves, as do exit and
quit. Where the machine has libedit (Debian: libedit2), Tab completes names,
fields, methods and options, and the arrow keys go through earlier lines, which
are kept in $XDG_STATE_HOME/dhcplab/history (~/.local/state/dhcplab/history).
Without it lines are plain. `help TOPIC` works at the prompt as well.

With a script, its global names are there: dhcplab repl my_server.lua
Lines may come from a pipe; only what they give is printed then.]] }

reference[#reference + 1] = { name = "trace", gist = "what happened, as data: --trace, --pcap, -v", text = [[
A run prints a line for each message: time in seconds, who to whom, what, and
what matters in it. Two flags record more:

  --pcap FILE    every packet, for Wireshark, tshark or `dhcplab explain`;
                 FILE.pcapng has a comment on each: who sent it, why, its fate
  --trace FILE   every event, one JSON object a line

The keys of a line, in this order; one without a value is left out, and more
may follow:
  at         seconds since the run began
  seq        a number that grows: events at the same moment have an order
  event      send, deliver, drop, state, lease or note
  from       who sent it; of a state, lease or note: whose it is
  to         who was to get it, "*" for everyone; of deliver: who got it
  src, dst   addresses and ports on the wire
  rfc_dst    where a real network would have sent it (RFC 2131 4.1)
  type, xid  of the message: "discover", "0x3903f326"
  cause      of drop: why it got no further
  text       of state, lease, note, and of a drop by a server: in words
  state      of state: the new one, "BOUND"; of lease: the record's,
             "offered", "bound", "released", "expired", "declined", "free"
  before     of state: the one before
  address    of lease: which address the record is about
  client     of lease: whose it is: a hardware address, or an identifier in hex
  expires    of lease: when the hold ends, in seconds; null for never
  hex        with -v: the whole message

  -v             prints states, dropped packets and remarks too
  -q             prints results only

    dhcplab --virtual --trace a.jsonl
    dhcplab --virtual --pcap a.pcap
    dhcplab explain a.pcap]] }

reference[#reference + 1] = { name = "pictures", gist = "a run to look at: --html, --mermaid", text = [[
  --html FILE      one page for a browser, which needs nothing else: who sent
                   what to whom; each packet byte by byte; states and leases
                   over time; all of it in words as well
  --mermaid FILE   the same as Mermaid text: GitHub, GitLab and many wikis draw
                   it from a ```mermaid block

Both work with handshake, run, server, client and replay. In virtual time the
same run gives the same file. A long run is shown from its beginning: the page
has the first 12,000 events (100 clients for an hour, with leases of 10 minutes;
8 MB), the diagram the first 400.

    dhcplab --virtual --html handshake.html
    dhcplab run scenarios/relay_option_82.lua --virtual -q --mermaid -]] }

reference[#reference + 1] = { name = "replay", gist = "a capture said again to a scripted server", text = [[
Your server answers oddly? Record it, and see what another would have said.

    dhcplab --virtual -q --pcap talk.pcap
    dhcplab replay talk.pcap
    dhcplab replay talk.pcap --lease-time 2h --format json

What clients said in the capture is sent again, at the same intervals, in
virtual time, to the bundled server or to --server-script FILE.lua. Each reply
is held against the captured one: fields, then options. The bundled server
gets its pool, lease time, router and so on from the captured replies, unless
flags say otherwise.

Servers have different addresses and may offer different ones. So the
clients' messages are changed on the way: where they name the captured server
or an address that it gave, they name ours, or what ours gave. Such pairs are
no differences. --exact changes nothing and lets nothing pass.

  --ignore NAME   do not compare a field or option: --ignore secs --ignore 43

Exit status 0: the same replies; 1: something differs, is missing or is new.]] }

reference[#reference + 1] = { name = "faults", gist = "a network that loses, delays, spoils packets", text = [[
Networks lose packets, and DHCP lives with it by sending again (RFC 2131 4.1).
The same script has the same luck in virtual time and on sockets.

Chances, from 0 to 1, and times, for every packet from now on
  dhcp.lan:set { loss = 0.1, duplicate = 0.05, latency = "20ms" }
  jitter        up to so much later         loss, duplicate
  reorder       held back by reorder_by (100ms), up to twice as long
  corrupt       one bit flipped             truncate    cut short
  capacity      bits per second that each node can send; who waits more than a
                second is dropped
  dhcp.network { name = "floor", loss = 0.1 } makes a network of its own

Single packets
  dhcp.lan:drop { type = "offer", nth = 2 }            the second OFFER
  dhcp.lan:drop { type = "ack", mac = "02:00:00:00:00:01", after = "10s" }
  dhcp.lan:delay { type = "ack", by = "3s", count = 5 }        the first five
  dhcp.lan:duplicate { from = client, to = "server" }, dhcp.lan:corrupt { ... }
      each gives a rule: rule.hits, rule:stop()
  dhcp.lan:tap(function(packet) ... end)
      sees packet.type, .from, .to, .mac, .message; returns nothing to let it
      pass, false to drop it, a time to delay it

Parted networks, crashes and wrong clocks
  dhcp.lan:cut(client, server)       both ways; with "one-way" the first only;
                                     with one node: it is alone
  dhcp.lan:heal()                    mends everything
  client:stop(), client:start()      its lease is remembered, as on a disk
  server:stop(), server:restart { forget = true }; relay:stop(), relay:restart()
  dhcp.client { skew = 1.01 }        a clock that gains one second in a hundred;
                                     servers too

What is lost shows with its cause: loss, cut, rule, tap, full, no host.
On sockets, what another program sends meets the faults where it arrives; it is
called by its address: dhcp.lan:cut("127.0.0.1", server, "one-way").
Each link ("client>server") has dice of its own for each kind of fault: to
switch one kind off, or to leave a node out, changes nothing for the others.

What fired can be written down, edited, and played again without any chance:

    dhcplab run scenarios/lossy_network.lua --virtual --faults f.jsonl
    dhcplab run scenarios/lossy_network.lua --virtual --replay-faults f.jsonl]] }

reference[#reference + 1] = { name = "exit-status", gist = "what the numbers mean", text = [[
  0     done: the script ended, the client has its lease
  1     something expected did not come: no answer, no lease, a refusal; or
        dhcp.fail in a script; or nothing to explain
  2     wrong usage: an unknown flag, a value that makes no sense
  3     the machine refused: the port is in use, no permission, a file that
        cannot be read or written; the message says what to do
  4     the script has an error, or waits for what can never come
  130   ended by Ctrl-C

A shell keeps the number in $?:
    dhcplab client --timeout 1s; echo $?

Every error also has a code in its first line, such as error[E103]:
    dhcplab help E103
    dhcplab help errors]] }

reference[#reference + 1] = { name = "tests", gist = "expectations, dhcp.test, many seeds, replay", text = [[
Any script is a test: it fails when it raises, when something expected does not
come, or when a packet breaks a MUST of the RFCs (RFC 2131 and others). It is
played in virtual time.

    dhcplab test scripts/scenarios
    dhcplab test scripts/scenarios --seeds 1..100 --jobs 2
    dhcplab test scripts/scenarios --filter server --list
    dhcplab test scripts/scenarios --seeds 1..20 --format tap
    dhcplab test scripts/scenarios --seeds 1..1000 --shard 1/4 --format json

--shard K/N plays the K-th of N parts, the others perhaps on other machines;
JSON Lines of all parts are put together with cat (each ends with its own sums).

A failure ends with the line that plays it again: the command and the seed.

Expectations: each gives back what it was given, or ends the run with a report
  dhcp.expect(value, "what")          not nil and not false
  dhcp.expect.equal(got, want)        .differ .near .match .contain .none
  dhcp.expect.error(f, "pattern")     f raises an error that matches
  dhcp.expect.type(message, "offer")
  dhcp.expect.lease(client, { address = "192.168.1.0/24", lease_time = 3600 })
  dhcp.expect.state(client, "BOUND", "10s")
  dhcp.expect.within("10s", f)        f() becomes true, or returns, in time
  dhcp.expect.silence(client, "10s")  nothing reaches it; or a filter
  dhcp.expect.message({ type = "ack" }, "10s")    such a packet is sent from now
  dhcp.expect.count({ type = "offer" }, 2)        so many so far
  dhcp.expect.sequence { "discover", "offer", "request", "ack" }
  dhcp.check(value, "what")           notes it, and the run goes on
Times are exact in virtual time; in real time dhcp.expect.tolerance ("50ms") is
added to each.

Questions about what was sent so far
  dhcp.trace:find{ type = "offer", from = "server", options = { ... } }, :count
  dhcp.trace:find_first{}, :find_last{}, :sequence{ "discover", "offer" }
  A value may be a list or a function; after, before, between = { 1, "5s" }
  limit the time.

Several tests in one file: each is played in a world of its own, in which the
script runs from its top, so what is made outside the tests is there anew
  dhcp.test("a name", function() ... end)
  dhcp.test("a name", { tags = "slow", seeds = "1..50" }, function() ... end)
      also: params = { }, timeout = "1h", only = "virtual" or "real",
      known_failing = "why"
  dhcp.skip("why")         ends a test without a verdict

A script that computes for 10 s without waiting, or never ends in virtual time
(30 days), is stopped and told where: --budget and --until allow more.]] }

reference[#reference + 1] = {
  name = "search", gist = "mistakes nobody thought of: invariants, chance, all cases",
  text = [[
Scenarios made up by chance: some clients, one server or two, perhaps a relay
to a second segment, small pools, short leases, wrong clocks, crashes, cuts,
squatters, and such faults of the network as the seed draws. When they are
over, every client must get an address, or the run says who waits for what.

    dhcplab search --seeds 1..1000 --jobs 2
    dhcplab search my_server.lua --seeds 1..200 --fail-fast
    dhcplab search --exhaustive 6
    dhcplab search --seed 17 --show

my_server.lua is played first in each world: it makes the server, or changes
the library's own (function dhcp.server:discover(request) ... end).
--exhaustive: every choice of deliver, drop, duplicate and delay for the first
packets. --show prints a scenario as a script. --jobs shares the work among
processes; --shard 1/4 does one part of four, on this machine or another: what
--format json prints there is put together with cat.

A failure is made small - fewer clients, events, faults, a shorter time - and
written as a test that fails in the same way:

    dhcplab shrink my_server.lua --seed 17 -o small.lua
    dhcplab test small.lua

Invariants are looked at after every event; the first breach ends the run. test
and search look (test --no-invariants does not), run with --invariants.
  one client per address   no address is believed bound by two clients
  no use after expiry      a client (run) stops at its end (RFC 2131 4.4.5)
  server outlasts client   a server's record ends after the client's lease
  T1 < T2 < lease          as a client has them
  declined stays out       a declined address is not given for decline_hold
  offers hold              nor one on offer to another client for offer_hold
  lawful packets           no packet breaks a MUST of the RFCs
  no packet vanishes       what is sent arrives or is dropped for a cause
  dhcp.invariant("a name", function() return #server:leases() <= 10 end)
  dhcp.invariant("offers hold", false)    does not count in this script

What honestly cannot hold is not asked for:
- A server that lost its leases (restart { forget = true }) is not held to what
  it gave, offered or heard declined before; RFC 2131 2.2 has servers keep that.
- On a network that alters packets (corrupt, truncate) another address or lease
  time than the server gave may reach a client, and a reply fits the request as
  it came. search switches off there: one client per address, server outlasts
  client, lawful packets.
- A client whose clock is slower than its server's uses its address longer than
  the server holds it (RFC 2131 3.3). search draws slow servers, fast clients.]] }

reference[#reference + 1] = { name = "editors", gist = "completion in editors and shells, the manual page", text = [[
Editors that speak with lua-language-server (VS Code, Neovim, Emacs and others)
complete names, show what they are, and mark mistakes. In the folder of your
scripts:

    dhcplab meta --setup

writes .luarc.json, which leads to the annotations that `make install` put into
share/dhcplab/meta; where the program is not installed it writes them too, as
dhcplab.d.lua. By hand: `dhcplab meta` prints the annotations, `dhcplab meta
--path` the folder for "workspace.library". The same text is in `dhcplab help
interface`.

Shells complete commands, flags and their values, bundled scripts, topics of
help. After `make install` they do so by themselves; else, for this session:

  bash, zsh      source <(dhcplab completion bash)        or zsh
  fish           dhcplab completion fish | source

The manual page, dhcplab(1):

    dhcplab man | man -l -]] }

return reference
