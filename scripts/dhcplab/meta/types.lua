-- Words that the rest of the interface is written in: addresses, times, states, kinds. Read by editors and `help`;
-- never run.

--- An IPv4 address as text: "192.168.1.10".
---@alias dhcp.IP string

--- A hardware address as text: "02:00:00:00:00:01".
---@alias dhcp.MAC string

--- A time: seconds as a number, or text such as "250ms", "10s", "1h30m", "infinite".
---@alias dhcp.Duration number|string

--- Octets as text, or { hex = "01:ff" }, or { raw = "octets" }.
---@alias dhcp.Octets string|{ hex: string }|{ raw: string }

--- Somebody on a network, or its name.
---@alias dhcp.Node dhcp.Server|dhcp.Client|dhcp.Relay|dhcp.Host|string

--- Which DHCP message it is: option 53 (RFC 2132 9.6). A number where the type has no name.
---@alias dhcp.MessageType
---| "discover"
---| "offer"
---| "request"
---| "decline"
---| "ack"
---| "nak"
---| "release"
---| "inform"
---| "forcerenew"
---| "leasequery"
---| "leaseunassigned"
---| "leaseunknown"
---| "leaseactive"
---| "bulkleasequery"
---| "leasequerydone"
---| "activeleasequery"
---| "leasequerystatus"
---| "tls"

--- What a client's REQUEST is for, as the server sees it (RFC 2131 4.3.2).
---@alias dhcp.RequestKind
---| "selecting" # takes an OFFER: names the server (option 54) and the address (50)
---| "init-reboot" # asks whether a remembered address (50) is still right; names no server
---| "renewing" # asks its own server for more time, from its address (ciaddr), by unicast
---| "rebinding" # asks any server for more time, from its address (ciaddr), by broadcast

--- What a server knows about an address: the state of its record.
---@alias dhcp.RecordState
---| "free" # nobody's; the record remembers who had it last
---| "offered" # on hold for a client until offer_hold is over (RFC 2131 3.1 step 2)
---| "bound" # leased to a client (RFC 2131 3.1 step 4)
---| "released" # given back by its client, who gets it again when it comes back (RFC 2131 4.3.4)
---| "expired" # its lease ended without a word; still remembered for its client (RFC 2131 4.3.1)
---| "declined" # in use by somebody else; out of the pool for decline_hold (RFC 2131 4.3.3)

--- What became of a packet.
---@alias dhcp.Fate
---| "in flight" # sent, and not arrived yet
---| "delivered" # arrived at one receiver at least
---| "dropped" # lost on the way; the record's cause says why

--- What may befall a packet, in a fault file and in the cause of a dropped packet.
---@alias dhcp.FaultKind
---| "loss" # lost by chance
---| "cut" # lost because net:cut parted the two
---| "rule" # dropped by net:drop
---| "tap" # dropped by net:tap
---| "jitter" # later by chance; detail: seconds
---| "reorder" # held back by chance, so that others pass; detail: seconds
---| "delay" # later by net:delay or net:tap; detail: seconds
---| "duplicate" # sent twice; detail: how much later the copy is, in seconds
---| "corrupt" # one bit flipped; detail: its number, from 0
---| "truncate" # cut short; detail: octets left

--- The client has no address, and nothing is under way (RFC 2131 4.4, figure 5).
---
--- - in: at the start; after a NAK, RELEASE or DECLINE, when nobody answers, when a lease ends
--- - out: DISCOVER leads to SELECTING; client:run() with a remembered lease goes to INIT-REBOOT
---@alias dhcp.State.INIT "INIT"

--- The client has sent DISCOVER and collects OFFERs (RFC 2131 4.4.1).
---
--- - in: from INIT
--- - out: it takes an OFFER: REQUESTING; an ACK came at once (rapid commit, RFC 4039): BOUND; none came: INIT
---@alias dhcp.State.SELECTING "SELECTING"

--- The client has sent REQUEST for one of the OFFERs, and waits for the ACK (RFC 2131 4.4.1).
---
--- - in: from SELECTING
--- - out: ACK: BOUND; NAK, no answer, or an address that somebody else uses (DECLINE): INIT
---@alias dhcp.State.REQUESTING "REQUESTING"

--- The client has a lease and uses its address (RFC 2131 4.4.5).
---
--- - in: an ACK in REQUESTING, REBOOTING, RENEWING or REBINDING
--- - out: T1, half of the lease, or FORCERENEW (RFC 3203): RENEWING; RELEASE: INIT
---@alias dhcp.State.BOUND "BOUND"

--- The client asks the server that gave the lease for more time, by unicast; it goes on using its address (RFC 2131
--- 4.4.5).
---
--- - in: from BOUND, at T1
--- - out: ACK: BOUND; NAK: INIT; T2, 7/8 of the lease: REBINDING
---@alias dhcp.State.RENEWING "RENEWING"

--- The client asks any server for more time, by broadcast, since its own does not answer (RFC 2131 4.4.5).
---
--- - in: from RENEWING, at T2
--- - out: ACK: BOUND; NAK, or the end of the lease: INIT, and the address is not used any more
---@alias dhcp.State.REBINDING "REBINDING"

--- The client starts again and remembers a lease that is not over (RFC 2131 4.4.2).
---
--- - in: client:reboot(); client:start() and client:run() after client:stop()
--- - out: it asks whether the address is still right: REBOOTING
---@alias dhcp.State.INIT_REBOOT "INIT-REBOOT"

--- The client has sent a REQUEST for the address that it remembers (RFC 2131 4.4.2).
---
--- - in: from INIT-REBOOT
--- - out: ACK: BOUND; NAK: INIT; no answer: BOUND with what is left of the old lease (3.2 step 3), or INIT
---@alias dhcp.State.REBOOTING "REBOOTING"

--- Where a client is in the life of its lease: figure 5 of RFC 2131.
---@alias dhcp.State
---| dhcp.State.INIT
---| dhcp.State.SELECTING
---| dhcp.State.REQUESTING
---| dhcp.State.BOUND
---| dhcp.State.RENEWING
---| dhcp.State.REBINDING
---| dhcp.State.INIT_REBOOT
---| dhcp.State.REBOOTING
