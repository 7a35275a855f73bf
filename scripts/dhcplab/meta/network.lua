-- Networks and what goes wrong on them; the trace of what was sent. Read by editors and `help`; never run.

--- What dhcp.network takes.
---@class dhcp.NetworkSettings : dhcp.FaultSettings
---@field name? string what it is called in the output: "net", "net2" ... unless given

--- What goes wrong on a network by chance. Chances are from 0 to 1.
---@class dhcp.FaultSettings
---@field latency? dhcp.Duration every packet takes so long: 0
---@field jitter? dhcp.Duration and up to so much longer: 0
---@field loss? number chance that a packet is lost: 0
---@field duplicate? number chance that it arrives twice: 0
---@field reorder? number chance that it is held back, so that others pass: 0
---@field reorder_by? dhcp.Duration for how long, up to twice as long: 100 ms
---@field corrupt? number chance that one of its bits is flipped: 0
---@field truncate? number chance that it is cut short: 0
---@field capacity? integer|false bits per second that each node can send; no limit unless given

--- A network: dhcp.lan is one, dhcp.network{ ... } makes more. In virtual time it is an Ethernet with ARP, in real time
--- UDP between sockets.
---@class dhcp.Network
---@field name string what it is called in the output
---@field members dhcp.Node[] who is on it, in the order of joining
local net = {}

--- Changes what goes wrong, for packets sent from now on; what is not named stays.
---@param impairments dhcp.FaultSettings
function net:set(impairments) end

--- Parts two nodes: nothing gets from one to the other any more.
---@param a dhcp.Node|dhcp.Node[]
---@param b? dhcp.Node|dhcp.Node[] everybody unless given: `a` is alone
---@param way? "one-way" only what `a` sends is lost
function net:cut(a, b, way) end

--- Mends what net:cut parted.
---@param a? dhcp.Node|dhcp.Node[] nothing is parted any more unless given
---@param b? dhcp.Node|dhcp.Node[]
function net:heal(a, b) end

--- Loses the packets that a rule names.
---@param which dhcp.RuleSettings
---@return dhcp.Rule rule
function net:drop(which) end

--- Delays the packets that a rule names.
---@param which dhcp.DelaySettings
---@return dhcp.Rule rule
function net:delay(which) end

--- Sends the packets that a rule names twice.
---@param which dhcp.RuleSettings
---@return dhcp.Rule rule
function net:duplicate(which) end

--- Flips a bit of the packets that a rule names.
---@param which dhcp.CorruptSettings
---@return dhcp.Rule rule
function net:corrupt(which) end

--- Shows each packet to a function before it is sent; it returns nothing (pass), false (drop) or a time (delay).
---@param f fun(packet: dhcp.Packet): dhcp.Duration|false|nil
---@return function stop ends it
function net:tap(f) end

--- From now on exactly these faults happen, and no others: those of a fault file, of which each line is one.
---@param faults dhcp.Fault[]
function net:replay(faults) end

--- Which packets a rule is about.
---@class dhcp.RuleSettings
---@field type? dhcp.MessageType such messages
---@field from? dhcp.Node sent by this one
---@field to? dhcp.Node sent to this one, or to everybody
---@field mac? dhcp.MAC with this chaddr
---@field after? dhcp.Duration not before so long from now
---@field nth? integer of these the second: 2; all unless given
---@field count? integer of these so many; all, with `nth` one, unless given

--- What net:delay takes.
---@class dhcp.DelaySettings : dhcp.RuleSettings
---@field by dhcp.Duration for how long

--- What net:corrupt takes.
---@class dhcp.CorruptSettings : dhcp.RuleSettings
---@field bit? integer which bit is flipped, from 0; by chance unless given

--- A rule that net:drop, :delay, :duplicate or :corrupt has made.
---@class dhcp.Rule
---@field seen integer how many packets it was about
---@field hits integer how many of them it changed
local rule = {}

--- From now on it lets everything pass.
function rule:stop() end

--- A packet that is about to be sent, as net:tap shows it.
---@class dhcp.Packet
---@field at number when, on dhcp.now()'s clock
---@field from string who sends it
---@field to string who is to get it; "*" for everybody
---@field type dhcp.MessageType|integer|nil option 53
---@field xid integer transaction id
---@field mac dhcp.MAC the client's hardware address
---@field message dhcp.Message a copy of the message

--- Something that went wrong: a line of a fault file (--faults, --replay-faults).
---@class dhcp.Fault
---@field net? string on which network: "lan"
---@field link string "client>server"; "client>*" for a whole broadcast; "/arp" behind it for ARP
---@field k integer to which packet of that link, from 1
---@field kind dhcp.FaultKind what
---@field detail? number how much; see the kinds
---@field at? number when, for readers

--- All packets of the run, in order: dhcp.trace[1] is the first record that is kept.
---@class dhcp.Trace
---@field [integer] dhcp.PacketRecord
---@field first integer the number of the oldest record that is kept
---@field last integer the number of the latest record
local trace = {}

--- All records that a filter takes, in order.
---@param filter? dhcp.Filter everything unless given
---@return dhcp.PacketRecord[]
function trace:find(filter) end

--- How many records a filter takes.
---@param filter? dhcp.Filter
---@return integer
function trace:count(filter) end

--- The first record that a filter takes.
---@param filter? dhcp.Filter
---@return dhcp.PacketRecord? record
function trace:find_first(filter) end

--- The last record that a filter takes.
---@param filter? dhcp.Filter
---@return dhcp.PacketRecord? record
function trace:find_last(filter) end

--- Whether packets came in this order; others may be in between.
---@param filters dhcp.Filter[]
---@param among? dhcp.Filter which packets are looked at
---@return dhcp.PacketRecord[]? records one for each filter; nil when one is missing
---@return integer? missing which
function trace:sequence(filters, among) end

--- A packet, from the moment it was sent.
---@class dhcp.PacketRecord
---@field at number when it was sent, on dhcp.now()'s clock
---@field seq integer grows from record to record
---@field from string who sent it: a name; of a stranger "ADDRESS:PORT"
---@field to string who was to get it: a name; "*" for everybody
---@field src string? "ADDRESS:PORT" that it came from
---@field dst string? "ADDRESS:PORT" that it went to
---@field rfc_dst string? "ADDRESS:PORT" that a real network would have sent it to (RFC 2131 4.1)
---@field type dhcp.MessageType|integer|nil option 53
---@field xid integer? transaction id
---@field message dhcp.Message? the message
---@field node table? who sent it
---@field fate dhcp.Fate what became of it
---@field cause string? of a dropped one: why
---@field drops integer? at how many receivers it did not arrive
---@field receivers string[]? who got it
---@field foreign boolean? true: somebody outside this run sent it

--- Which packets: a table of what must be so, a message type, or a function that judges a record.
---@alias dhcp.Filter dhcp.MessageType|dhcp.FilterFields|fun(record: dhcp.PacketRecord): any

--- What must be so of a packet: keys of its record, and fields of its message. A value may be a list (any of them) or a
--- function.
---@class dhcp.FilterFields
---@field after? number|dhcp.PacketRecord not before this time, or behind this record
---@field before? number|dhcp.PacketRecord not after this time, or ahead of this record
---@field between? (number|dhcp.PacketRecord)[] { from, to }
---@field options? dhcp.OptionValues options of the message
---@field [string] any a key of a record (from, to, fate, cause ...) or a field of a message (type, mac, yiaddr ...)
