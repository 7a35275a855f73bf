-- Clients: their settings, their messages one by one, their life, their lease. Read by editors and `help`; never run.

--- What dhcp.client takes.
---@class dhcp.ClientSettings
---@field name? string what it is called in the output: "client", "client2" ... unless given
---@field network? dhcp.Network which network it is on: dhcp.lan
---@field server? string real time: "ADDRESS:PORT" of the server to speak to
---@field listen? string real time: "ADDRESS:PORT" of its own
---@field mac? dhcp.MAC its hardware address (chaddr); drawn unless given
--- its identifier (option 61, RFC 2132 9.14): octets, or { iaid = 1, duid = ... } as RFC 4361 has it
---@field client_id? dhcp.Octets|dhcp.IdentifierSettings
---@field hostname? string the name that it tells the server (option 12)
---@field fqdn? string|dhcp.FullName its full name, in place of hostname (option 81, RFC 4702)
---@field requested_address? dhcp.IP the address that it would like (option 50)
---@field requested_options? (string|integer)[] what it wants to be told (option 55), by name or number
---@field lease_time? dhcp.Duration for how long it would like its address (option 51)
---@field broadcast? boolean whether replies must be broadcast (flags, RFC 2131 4.1)
---@field options? dhcp.OptionValues what it says in each message besides
---@field timeout? dhcp.Duration how long each call waits for its answer altogether: 10 s
---@field retries? integer how many retransmissions it makes meanwhile; as many as the RFC's intervals allow (2131 4.1)
---@field window? dhcp.Duration how long after the first OFFER others count: 1 s where client:choose is replaced, else 0
---@field probe? boolean whether it asks by ARP if somebody uses the address, and declines it (RFC 2131 4.4.1, RFC 5227)
---@field strict_nak? boolean whether a NAK of any server counts, not only of the one it named
---@field relay? dhcp.IP it speaks as if through a relay with this address (giaddr)
---@field new_xid? boolean whether a retransmission has a transaction id of its own (RFC 2131 4.1 allows both)
---@field start_delay? boolean|number seconds before client:run() begins; true: 1 to 10 by chance (RFC 2131 4.4.1)
---@field keep_after_reboot? boolean false: a lease that no server confirms after a reboot is given up (RFC 2131 3.2)
---@field rapid_commit? boolean whether it asks for an ACK at once (RFC 4039)
---@field known_server? dhcp.IP where its first DISCOVER goes, by unicast (RFC 2131 4.4.4)
---@field ipv6_only? boolean whether it can do without IPv4, and says so (RFC 8925)
---@field auto_configure? boolean whether it asks if it may choose an address itself (RFC 2563)
---@field forcerenew? boolean whether it obeys signed orders to renew (RFC 3203, RFC 6704)
---@field skew? number its clock's rate, from 0.01 to 100: 1.01 gains one second in a hundred; 1

--- An identifier that outlives the hardware (RFC 4361 6.1).
---@class dhcp.IdentifierSettings
---@field iaid? integer which of its interfaces: 1
---@field duid? string|dhcp.DuidSettings which machine: octets, or what to make them of; its own hardware address

--- What a DUID is made of: one of three (RFC 8415 11, RFC 6355 4).
---@class dhcp.DuidSettings
---@field mac? dhcp.MAC a hardware address
---@field uuid? string "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
---@field enterprise? integer a company's number, with `id`
---@field id? string octets that the company has chosen

--- A client: dhcp.client{ ... } makes one. What gets no answer in time is nil, "timeout".
---@class dhcp.Client
---@field name string what it is called in the output
---@field mac dhcp.MAC its hardware address
---@field network dhcp.Network the network it is on
---@field state dhcp.State where it is in figure 5 of RFC 2131
---@field lease dhcp.Lease? what it has, while it has one
---@field timeout number how long each call waits, in seconds
---@field retries integer? the setting
---@field server string? the setting
---@field requested_address dhcp.IP? the setting; a script may change it
---@field settings dhcp.ClientSettings the settings that it was made with
---@field remembered dhcp.Lease? the lease that it had before client:stop() or client:release()
---@field xid integer? the transaction id of its last message
---@field dropped table<string, integer> how many messages it did not take, by reason
---@field without_until number? until when it does without IPv4, on dhcp.now()'s clock (RFC 8925)
---@field must_not_self_assign boolean? a server has said that it must not choose an address itself (RFC 2563)
local client = {}

--- Sends DISCOVER, waits for the first OFFER (RFC 2131 4.4.1).
---@param fields? dhcp.MessageFields forced onto the message
---@return dhcp.Message? offer
---@return "timeout"|"stopped"|nil why
function client:discover(fields) end

--- Sends DISCOVER, collects all OFFERs that come within the window.
---@param window? dhcp.Duration 1 s unless given
---@param fields? dhcp.MessageFields forced onto the message
---@return dhcp.Message[] offers in the order of their arrival; perhaps none
function client:offers(window, fields) end

--- Sends REQUEST for what an OFFER offers, waits for ACK or NAK (RFC 2131 4.4.1).
---@param offer dhcp.Message
---@param fields? dhcp.MessageFields forced onto the message
---@return dhcp.Message? ack
---@return "timeout"|"nak"|"declined"|"expired"|"stopped"|nil why
---@return dhcp.Message? answer the NAK, or the ACK that was declined
function client:request(offer, fields) end

--- The whole handshake: DISCOVER, OFFER, REQUEST, ACK; begins again after a NAK (RFC 2131 3.1).
---@return dhcp.Lease? lease
---@return "timeout"|"nak"|"declined"|"expired"|"refused"|"ipv6-only"|"stopped"|nil why
function client:acquire() end

--- Sends REQUEST in RENEWING: by unicast to the server that gave the lease (RFC 2131 4.4.5).
---@param fields? dhcp.MessageFields forced onto the message
---@param options? dhcp.WaitSettings
---@return dhcp.Message? ack
---@return "timeout"|"nak"|"declined"|"expired"|"stopped"|nil why
---@return dhcp.Message? answer the NAK, or the ACK that was declined
function client:renew(fields, options) end

--- Sends REQUEST in REBINDING: by broadcast, to any server (RFC 2131 4.4.5).
---@param fields? dhcp.MessageFields forced onto the message
---@param options? dhcp.WaitSettings
---@return dhcp.Message? ack
---@return "timeout"|"nak"|"declined"|"expired"|"stopped"|nil why
---@return dhcp.Message? answer the NAK, or the ACK that was declined
function client:rebind(fields, options) end

--- Sends REQUEST in INIT-REBOOT: asks whether a remembered address is still right (RFC 2131 4.4.2).
---@param address? dhcp.IP the last one that it had unless given
---@param fields? dhcp.MessageFields forced onto the message
---@param options? dhcp.WaitSettings
---@return dhcp.Message? ack
---@return "timeout"|"nak"|"declined"|"expired"|"ipv6-only"|"stopped"|nil why
---@return dhcp.Message? answer the NAK, or the ACK that was declined
function client:reboot(address, fields, options) end

--- Sends INFORM: asks for options only, for an address that it has already (RFC 2131 4.4.3).
---@param address? dhcp.IP that of its lease unless given
---@param fields? dhcp.MessageFields forced onto the message
---@return dhcp.Message? ack
---@return "timeout"|"stopped"|nil why
function client:inform(address, fields) end

--- Sends RELEASE: gives the address back (RFC 2131 4.4.6). Nobody answers.
---@param fields? dhcp.MessageFields forced onto the message
function client:release(fields) end

--- Sends DECLINE: somebody else has the address of its lease (RFC 2131 4.4.1). Nobody answers.
---@param reason? string for people: option 56
---@param fields? dhcp.MessageFields forced onto the message
function client:decline(reason, fields) end

--- Lives the state machine of figure 5: acquires, renews, rebinds, begins again (RFC 2131 4.4).
---@param duration? dhcp.Duration for so long; for ever unless given
---@return dhcp.State? state where it is at the end; nil when it was stopped before
---@return "stopped"|nil why
function client:run(duration) end

--- Which of several OFFERs to take; a script may replace it. The first, unless it does.
---@param offers dhcp.Message[]
---@return dhcp.Message? offer nil: none of them
function client:choose(offers) end

--- Whether to take what an ACK gives; a script may replace it. False leads to DECLINE; here: whether, with the setting
--- `probe`, nobody else uses the address (RFC 2131 3.1 step 5).
---@param ack dhcp.Message
---@return boolean
function client:accept(ack) end

--- Whether somebody else uses an address: asks by ARP (RFC 5227 2.1.1).
---@param address dhcp.IP
---@return boolean
function client:is_in_use(address) end

--- Sends a message of one's own making, by broadcast or to one server.
---@param message dhcp.Message
---@param server? dhcp.IP to this one, by unicast
---@return integer? octets how many were sent
---@return string? word why not
function client:send(message, server) end

--- Waits for a message that fits, which may have come already.
---@param filter? dhcp.ReceiveSettings any message unless given
---@return dhcp.Message? message
---@return "timeout"|"stopped"|nil why
function client:receive(filter) end

--- What client:receive waits for.
---@class dhcp.ReceiveSettings
---@field type? dhcp.MessageType|dhcp.MessageType[] one of these
---@field xid? integer with this transaction id
---@field timeout? dhcp.Duration for so long; the client's timeout unless given

--- How long a message of a client waits for its answer.
---@class dhcp.WaitSettings
---@field seconds? number altogether; the client's timeout unless given
---@field retries? integer how many retransmissions meanwhile

--- How long to wait before the next retransmission: 4, 8, 16, 32, 64 s, give or take one (RFC 2131 4.1). A script may
--- replace it.
---@param attempt integer from 1
---@return number seconds
function client:retransmission_delay(attempt) end

--- Goes down, as in a crash: calls that wait get nil, "stopped". The lease is remembered, as on a disk.
function client:stop() end

--- Comes up again after client:stop(); client:run() then begins in INIT-REBOOT.
---@param options? dhcp.StartSettings
function client:start(options) end

--- What client:start takes.
---@class dhcp.StartSettings
---@field forget? boolean true: without the lease that it remembers

--- Makes a client; also what clients have in common.
---@class dhcp.ClientClass : dhcp.Client
--- figure 5 as code: a function for each state that does its work and returns the next state
---@field states table<string, fun(client: dhcp.Client): dhcp.State, string?>
---@overload fun(settings?: dhcp.ClientSettings): dhcp.Client
dhcp.client = {}

--- What a client has: client.lease, and what client:acquire() gives. Times are on dhcp.now()'s clock.
---@class dhcp.Lease
---@field address dhcp.IP its address
---@field server dhcp.IP? which server gave it (option 54)
---@field obtained number when it began: when the REQUEST was sent (RFC 2131 4.4.1)
---@field renewal number T1: when it renews; math.huge for never (RFC 2131 4.4.5)
---@field rebinding number T2: when it rebinds; math.huge for never (RFC 2131 4.4.5)
---@field expires number when it ends; math.huge for never
---@field options dhcp.Options what the ACK told besides
---@field routes dhcp.Route[] what the ACK says about routes (options 121, 33 and 3)
---@field ack dhcp.Message the ACK itself

--- A full name, and who updates the DNS (RFC 4702 2.1).
---@class dhcp.FullName
---@field flags? integer S 1, O 2, E 4, N 8: 4
---@field rcode1? integer not used any more
---@field rcode2? integer not used any more
---@field name string "host.example.com"
---@field partial? boolean true: the name lacks its domain

--- A route: packets for `destination` go to `router`.
---@class dhcp.Route
---@field destination string a network, "10.0.0.0/8"
---@field router dhcp.IP
