-- Servers: their settings, their handlers, their records. Read by editors and `help`; never run.

--- What dhcp.server takes. Those of a subnet may also stand in `subnets`, one table for each.
---@class dhcp.ServerSettings : dhcp.SubnetSettings
---@field name? string what it is called in the output: "server", "server2" ... unless given
---@field network? dhcp.Network which network it is on: dhcp.lan
---@field listen? string real time: "ADDRESS:PORT" to listen at; 127.0.0.1:6767, 127.0.0.2:6767 ... unless given
---@field address? dhcp.IP its own, option 54 (RFC 2132 9.7); virtual time: the second host of its subnet, the third ...
---@field mac? dhcp.MAC its hardware address; drawn unless given
--- whether clients that nobody knows are refused (NAK) when they reboot or rebind, instead of silence (RFC 2131 4.3.2)
---@field authoritative? boolean
---@field offer_hold? dhcp.Duration how long an offered address is kept aside: 60 s (RFC 2131 3.1 step 2)
---@field decline_hold? dhcp.Duration how long a declined address stays out of the pool: 600 s (RFC 2131 4.3.3)
---@field subnets? dhcp.SubnetSettings[] several subnets; what one leaves out is the server's
---@field next_server? dhcp.IP siaddr of its replies: where to boot from (RFC 2131 4.3.1)
---@field sname? string its host name in replies (RFC 2131 2)
---@field file? string the boot file in replies (RFC 2131 2)
---@field subnet_selection? boolean whether a client may name its subnet by option 118 (RFC 3011)
---@field rapid_commit? boolean whether a DISCOVER that asks for it is answered by ACK at once (RFC 4039)
---@field auto_configure? boolean false: clients that get no address must not choose one themselves (RFC 2563)
---@field forcerenew? boolean whether it hands out nonces, so that server:forcerenew works (RFC 6704)
---@field leasequery? boolean whether it answers leasequeries (RFC 4388)
---@field probe? boolean whether an address is probed by ARP before it is offered (RFC 2131 3.1 step 2)
---@field bootp? boolean whether hosts that speak BOOTP get their reserved address (RFC 1534 2)
---@field skew? number its clock's rate, from 0.01 to 100: 1.01 gains one second in a hundred; 1

--- What a server knows about one subnet.
---@class dhcp.SubnetSettings
---@field subnet? string "192.168.1.0/24" unless given; with a pool the /24 around it
---@field pool? string|string[] "FIRST-LAST" or one address; .100 to .200 of a /24, else nearly all of the subnet
---@field exclude? string|string[] what of the pool is given to nobody: "FIRST-LAST" or one address
---@field lease_time? dhcp.Duration how long a client has its address: 1 h; "infinite" is for ever (RFC 2131 3.3)
---@field min_lease_time? dhcp.Duration a client that asks for less gets this: 1 s
---@field max_lease_time? dhcp.Duration a client that asks for more gets this: lease_time
---@field renewal_time? dhcp.Duration T1, option 58: half of the lease (RFC 2131 4.4.5)
---@field rebinding_time? dhcp.Duration T2, option 59: 7/8 of the lease (RFC 2131 4.4.5)
---@field options? dhcp.OptionValues what clients are told, by name or number: { routers = "192.168.1.1" }
---@field hosts? table<string, dhcp.ReservationSettings> reservations, by hardware address or client identifier
---@field vendor_classes? table<string, { options: dhcp.OptionValues }> what a vendor class (60) is told besides
---@field ipv6_only? boolean|dhcp.Duration clients that can shall do without IPv4, for so long (RFC 8925)
---@field store? fun(subnet: string): dhcp.LeaseTable makes a lease table of one's own; in memory unless given

--- What is kept for one client: an entry of `hosts`.
---@class dhcp.ReservationSettings
---@field address? dhcp.IP the address that it gets, and nobody else
---@field hostname? string the name that it is told (option 12)
---@field options? dhcp.OptionValues what it is told besides

--- A server: dhcp.server{ ... } makes one. Each message has a handler of its name, which a script may replace; what it
--- returns is sent, nothing is silence. A handler may sleep; others are served meanwhile.
---@class dhcp.Server
---@field name string what it is called in the output
---@field address dhcp.IP? its own address, option 54 of its replies
---@field mac dhcp.MAC its hardware address
---@field network dhcp.Network the network it is on
---@field endpoint string real time: where it listens, "127.0.0.1:6767"
---@field counts table<string, integer> how many messages it has heard, by type
---@field drops table<string, integer> how many messages it did not answer, by reason
---@field subnets table[] what it knows about each subnet; server.subnets[1].leases is a lease table
---@field authoritative boolean the setting
---@field offer_hold number the setting, in seconds
---@field decline_hold number the setting, in seconds
---@field options dhcp.ServerSettings the settings that it was made with
local server = {}

--- DISCOVER: offers an address (RFC 2131 4.3.1). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? reply an OFFER; nil is silence
function server:discover(request) end

--- REQUEST: confirms or refuses, by request.kind (RFC 2131 4.3.2). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? reply an ACK or NAK; nil is silence
function server:request(request) end

--- DECLINE: somebody else uses the address; it stays out of the pool (RFC 2131 4.3.3). A script may replace it.
---@param request dhcp.Message
---@return nil
function server:decline(request) end

--- RELEASE: the client gives its address back (RFC 2131 4.3.4). A script may replace it.
---@param request dhcp.Message
---@return nil
function server:release(request) end

--- INFORM: options for a host that has its address already (RFC 2131 4.3.5). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? reply an ACK without address and lease
function server:inform(request) end

--- Leasequery: what is known about a lease, with the setting `leasequery` (RFC 4388 6.4). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? reply
function server:leasequery(request) end

--- A request without message type, with the setting `bootp` (RFC 1534 2). A script may replace it.
---@param request dhcp.Message
---@return dhcp.Message? reply
function server:bootp(request) end

--- Makes an OFFER that satisfies table 3 of RFC 2131, and keeps the address aside.
---@param request dhcp.Message a DISCOVER
---@param address? dhcp.IP which one; server:choose() finds it unless given
---@return dhcp.Message? offer nil when no address is left, or the request comes from no subnet of the server
function server:offer(request, address) end

--- Makes an ACK that satisfies table 3 of RFC 2131, and writes the lease down first (3.1 step 4).
---@param request dhcp.Message a REQUEST or INFORM; with rapid commit a DISCOVER
---@param address? dhcp.IP which one; what the request asks for unless given
---@return dhcp.Message? ack nil when the request comes from no subnet of the server
function server:ack(request, address) end

--- Makes a NAK that satisfies table 3 of RFC 2131.
---@param request dhcp.Message
---@param reason? string for people: option 56
---@return dhcp.Message nak
function server:nak(request, reason) end

--- Which address a client gets: reserved, had before, asked for, or free, in this order (RFC 2131 4.3.1). A script may
--- replace it.
---@param request dhcp.Message
---@param subnet table one of server.subnets
---@return dhcp.IP? address nil when none is left
function server:choose(request, subnet) end

--- The subnet that a request comes from: by its relay, else by its address or where the server is (RFC 2131 4.3.1).
---@param request dhcp.Message
---@return table? subnet one of server.subnets
function server:subnet_of(request) end

--- What the client calls itself: its full name (option 81), else its host name (12).
---@param request dhcp.Message
---@return string? name
function server:name_of(request) end

--- All of its records, in the order of addresses.
---@return dhcp.Record[]
function server:leases() end

--- Tells a client to renew now, by unicast, signed with its nonce (RFC 3203, RFC 6704); needs the setting `forcerenew`.
---@param target dhcp.IP|dhcp.Client its address, or the client
---@param options? dhcp.ForcerenewSettings for orders that nobody should obey
---@return true? sent
---@return string? why "no lease", "no nonce", or why it was not sent
function server:forcerenew(target, options) end

--- How server:forcerenew may go wrong on purpose.
---@class dhcp.ForcerenewSettings
---@field authenticate? boolean false: the order is not signed
---@field nonce? string 16 octets to sign with, in place of the client's

--- Writes a remark into the output (-v) and the trace.
---@param text string
---@param request? dhcp.Message what it is about
function server:note(text, request) end

--- Goes down: it hears and says nothing more. Its records stay.
function server:stop() end

--- Comes back after server:stop(), or from a crash.
---@param options? dhcp.RestartSettings
function server:restart(options) end

--- What server:restart takes.
---@class dhcp.RestartSettings
---@field forget? boolean true: without its records

--- Makes a server; also what servers have in common: dhcp.server.discover(self, request) is the usual policy.
---@class dhcp.ServerClass : dhcp.Server
---@overload fun(settings?: dhcp.ServerSettings): dhcp.Server
dhcp.server = {}

--- What a server knows about an address: an entry of server:leases().
---@class dhcp.Record
---@field address dhcp.IP the address
---@field client string? whose it is: octets of the client identifier, else hardware type and address (RFC 2131 4.2)
---@field state dhcp.RecordState what it is now
---@field expires number when that ends, on dhcp.now()'s clock; math.huge for never

--- The records of one subnet: server.subnets[1].leases. What the setting `store` returns has these methods.
---@class dhcp.LeaseTable
local leases = {}

--- Adds addresses that may be given out.
---@param first dhcp.IP
---@param last dhcp.IP
---@return true? done
---@return string? word "range": it overlaps another
function leases:range(first, last) end

--- Takes addresses out: they are given to nobody.
---@param first dhcp.IP
---@param last? dhcp.IP `first` unless given
---@return true? done
---@return string? word
function leases:exclude(first, last) end

--- Whether an address may be given out.
---@param address dhcp.IP
---@return boolean
function leases:in_range(address) end

--- A client's record.
---@param client string request.client_key
---@return dhcp.Record? record
function leases:by_client(client) end

--- An address's record.
---@param address dhcp.IP
---@return dhcp.Record? record
function leases:by_address(address) end

--- An address that nobody holds: one that nobody had yet, else the one that was free for longest.
---@return dhcp.IP? address nil when none is left
function leases:next_free() end

--- Writes a record.
---@param address dhcp.IP
---@param client string? request.client_key; "" for nobody
---@param state dhcp.RecordState
---@param expires? number when that ends; never unless given
---@return dhcp.Record? record
---@return string? word
function leases:put(address, client, state, expires) end

--- As leases:put(), without an object.
---@param address dhcp.IP
---@param client string
---@param state dhcp.RecordState
---@param expires number
---@return true? done
---@return string? word
function leases:hold(address, client, state, expires) end

--- As leases:by_client(), as plain values.
---@param client string
---@param now number
---@return dhcp.IP|false|nil address false: records have ended by now, ask leases:due() first
---@return dhcp.RecordState? state
---@return number? expires
function leases:find(client, now) end

--- The next record whose time is over.
---@param now number
---@return dhcp.Record? record
function leases:due(now) end

--- The record of the first address from here on that has one.
---@param address? dhcp.IP "0.0.0.0" unless given
---@return dhcp.Record? record
function leases:from(address) end
