-- Messages and their options; relays and plain hosts. Read by editors and `help`; never run.

--- What dhcp.message takes, and what is forced onto the messages of a client: fields by their names in RFC 2131 2.
---@class dhcp.MessageFields
---@field type? dhcp.MessageType|integer option 53
---@field mac? dhcp.MAC the hardware address: chaddr, and hlen with it
---@field broadcast? boolean the broadcast bit of flags (RFC 2131 4.1)
---@field options? dhcp.OptionValues options by name or number
---@field strict? boolean false: options may have values that their type forbids
---@field op? integer 1 request, 2 reply
---@field htype? integer kind of hardware address: 1 is Ethernet
---@field hlen? integer octets of chaddr that count
---@field hops? integer relays passed (RFC 1542 4.1.1)
---@field xid? integer transaction id (RFC 2131 4.1)
---@field secs? integer seconds since the client began
---@field flags? integer 0x8000 is the broadcast bit
---@field ciaddr? dhcp.IP the client's own address
---@field yiaddr? dhcp.IP the address that the server gives
---@field siaddr? dhcp.IP the next server to boot from
---@field giaddr? dhcp.IP the relay's address
---@field chaddr? string the hardware address, of up to 16 octets
---@field sname? string the server's host name
---@field file? string the boot file's name
---@field cookie? integer 0x63825363; another value makes it no DHCP message (RFC 2131 3)
---@field source? string "ADDRESS:PORT" that it came from
---@field destination? string "ADDRESS:PORT" that it was sent to
---@field local_address? dhcp.IP the address of this machine that it came to
---@field limit? integer how many octets it may have on the wire

--- A message: its header fields by their names in RFC 2131 2, its options by name or number. tostring(m) is one line.
---@class dhcp.Message
---@field type dhcp.MessageType|integer|nil option 53; nil in BOOTP
---@field mac dhcp.MAC the hardware address (chaddr)
---@field broadcast boolean the broadcast bit of flags (RFC 2131 4.1)
---@field options dhcp.Options its options
---@field op integer 1 request, 2 reply (RFC 2131 2)
---@field htype integer kind of hardware address: 1 is Ethernet
---@field hlen integer octets of chaddr that count
---@field hops integer relays passed (RFC 1542 4.1.1)
---@field xid integer transaction id (RFC 2131 4.1)
---@field secs integer seconds since the client began
---@field flags integer 0x8000 is the broadcast bit
---@field ciaddr dhcp.IP the client's own address
---@field yiaddr dhcp.IP the address that the server gives
---@field siaddr dhcp.IP the next server to boot from
---@field giaddr dhcp.IP the relay's address
---@field chaddr string the hardware address, of up to 16 octets
---@field sname string the server's host name
---@field file string the boot file's name
---@field cookie integer 0x63825363 (RFC 2131 3)
---@field kind dhcp.RequestKind? of a REQUEST: what it is for (RFC 2131 4.3.2); read only
---@field client_key string who the client is: option 61, else hardware type and address (RFC 2131 4.2); read only
---@field relayed boolean whether it came through a relay: giaddr is not 0.0.0.0; read only
---@field at number when it arrived, on dhcp.now()'s clock; read only
---@field source string? "ADDRESS:PORT" that it came from
---@field destination string? "ADDRESS:PORT" that it was sent to
---@field local_address dhcp.IP the address of this machine that it came to
---@field limit integer how many octets it may have on the wire; of a reply, as option 57 of its request says
---@field strict boolean whether the values of options are checked
local message = {}

--- The octets as they go onto the wire.
---@param limit? integer how many there may be
---@return string? bytes
---@return string? word "space": it does not fit
function message:bytes(limit) end

--- Another message of the same content.
---@return dhcp.Message
function message:copy() end

--- The message field by field, byte by byte, as `dhcplab explain` prints it.
---@return string
function message:explain() end

--- The message on one line, as tostring(m) gives it.
---@return string
function message:summary() end

--- Every option as it stands on the wire, in order; a split or repeated one is there several times.
---@return { code: integer, name: string?, place: string, offset: integer, length: integer, bytes: string }[] list
function message:instances() end

--- What is wrong with it, and where.
---@return { offset: integer, fault: string, what: string, rule: string, source: string, code: integer? }[] list
function message:faults() end

--- Whether it has at least one of these options.
---@param ... integer codes
---@return boolean
function message:has(...) end

--- Of a request: a reply with what every reply has in common (RFC 2131 table 3).
---@param type dhcp.MessageType|integer
---@param yiaddr? dhcp.IP
---@return dhcp.Message
function message:reply(type, yiaddr) end

--- Of a reply: where RFC 2131 4.1 sends it.
---@param request dhcp.Message
---@return string destination "ADDRESS:PORT"
---@return string? mac the hardware address that it is for, where it goes by unicast to a client without address
function message:reply_destination(request) end

--- The options of a message: by name, m.options.lease_time, or by number, m.options[51]; nil when absent. pairs() gives
--- them in the order of the wire. A value that is not what its type promises reads as octets.
---@class dhcp.Options : dhcp.OptionValues
local options = {}

--- An option's octets, whatever its type.
---@param option string|integer its name or number
---@return string? octets
function options:raw(option) end

--- Sets an option's octets, whatever its type.
---@param option string|integer its name or number
---@param octets string
function options:set_raw(option, octets) end

--- Whether an option is there.
---@param option string|integer its name or number
---@return boolean
function options:has(option) end

--- Adds an option once more, even where there is one: for messages that are wrong on purpose, and for order.
---@param option string|integer its name or number
---@param octets string
function options:append(option, octets) end

--- The numbers of the options that are there, each once, in the order of the wire.
---@return integer[]
function options:codes() end

--- What dhcp.relay takes: from, to and address are needed.
---@class dhcp.RelaySettings
---@field name? string what it is called in the output
---@field from dhcp.Network the clients' network
---@field to dhcp.Network the servers' network
---@field address dhcp.IP its address on the clients' side, which becomes giaddr (RFC 2131 4.1)
---@field server_address? dhcp.IP its address on the servers' side
---@field server? dhcp.IP the one server it speaks to; all servers of `to` unless given
---@field circuit_id? string option 82: where the client is connected (RFC 3046 3.1)
---@field remote_id? string option 82: who the client's end is (RFC 3046 3.2)
---@field link_selection? dhcp.IP option 82: take the address from this subnet (RFC 3527)
---@field max_hops? integer it drops requests with more relays behind them, 1 to 16: 4 (RFC 1542 4.1.1)
---@field min_secs? integer it drops requests with fewer secs than that (RFC 1542 4.1.1)
---@field trust? boolean whether clients may bring an option 82 of their own (RFC 3046 2.1)

--- A relay agent between two networks: dhcp.relay{ ... } makes one. It is the router between them as well.
---@class dhcp.Relay
---@field name string what it is called in the output
---@field address dhcp.IP its address on the clients' side
---@field max_hops integer the setting
---@field drops table<string, integer> how many messages it did not carry, by reason
---@field options dhcp.RelaySettings the settings that it was made with
local relay = {}

--- What becomes of a request on its way to the servers (RFC 1542 4.1.1). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? forwarded nil: it is dropped
function relay:request(request) end

--- What becomes of a reply on its way to the client (RFC 1542 4.1.2). A script may replace it.
---@param reply dhcp.Message
---@return dhcp.Message? forwarded nil: it is dropped
function relay:reply(reply) end

--- Goes down, as in a crash: nothing is relayed or routed any more.
function relay:stop() end

--- Comes up again after a stop.
function relay:restart() end

--- Makes a relay agent.
---@class dhcp.RelayClass : dhcp.Relay
---@overload fun(settings: dhcp.RelaySettings): dhcp.Relay
dhcp.relay = {}

--- What dhcp.host takes: address is needed.
---@class dhcp.HostSettings
---@field name? string what it is called in the output
---@field network? dhcp.Network which network it is on: dhcp.lan
---@field mac? dhcp.MAC its hardware address; drawn unless given
---@field address dhcp.IP the address that it uses, whoever was given it

--- A host that has an address and speaks no DHCP; it answers ARP. dhcp.host{ ... } makes one: a squatter, for instance.
---@class dhcp.Host
---@field name string what it is called in the output
---@field mac dhcp.MAC its hardware address
---@field address dhcp.IP its address
local host = {}

--- Goes away: nobody uses its address any more.
function host:stop() end

--- Makes a host that only has an address.
---@class dhcp.HostClass : dhcp.Host
---@overload fun(settings: dhcp.HostSettings): dhcp.Host
dhcp.host = {}
