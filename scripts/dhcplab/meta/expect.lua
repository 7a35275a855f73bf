-- Expectations. Each gives back what it was given, or ends the run with exit status 1 and a report. Read by editors and
-- `help`; never run.

--- What must be so: dhcp.expect(value, "what") ends the run when the value is nil or false; the forms compare.
---@class dhcp.Expect
---@field tolerance dhcp.Duration what deadlines have on top in real time; a script may change it: 50 ms
---@overload fun(value: any, text?: string): any
dhcp.expect = {}

--- By ==, tables by what is in them.
---@generic T
---@param got T
---@param want any
---@param text? string what is compared
---@return T got
function dhcp.expect.equal(got, want, text) end

--- Not equal.
---@generic T
---@param got T
---@param unwanted any
---@param text? string what is compared
---@return T got
function dhcp.expect.differ(got, unwanted, text) end

--- Nil or false.
---@param value any
---@param text? string what it is
---@return nil|false value
function dhcp.expect.none(value, text) end

--- A number that is another, give or take so much.
---@param got number
---@param want number
---@param tolerance number
---@param text? string what is compared
---@return number got
function dhcp.expect.near(got, want, tolerance, text) end

--- A text in which a Lua pattern is found.
---@param got string
---@param pattern string
---@param text? string what is compared
---@return string got
function dhcp.expect.match(got, pattern, text) end

--- A list that has this value, or a text that has it inside.
---@param whole any[]|string
---@param part any
---@param text? string what is compared
---@return any[]|string whole
function dhcp.expect.contain(whole, part, text) end

--- A function that raises an error, in whose text a Lua pattern is found.
---@param f function
---@param pattern? string any error unless given
---@param text? string what is tried
---@return string why the error's text
function dhcp.expect.error(f, pattern, text) end

--- A message of this type, or of one of these types.
---@param message dhcp.Message?
---@param type dhcp.MessageType|dhcp.MessageType[]
---@param text? string what it is
---@return dhcp.Message message
function dhcp.expect.type(message, type, text) end

--- A client that has a lease now, with these fields and options; the address may be a network, "192.168.1.0/24".
---@param client dhcp.Client
---@param fields? table<string, any> such as { address = "192.168.1.0/24", lease_time = 3600 }
---@param text? string what it is
---@return dhcp.Lease lease
function dhcp.expect.lease(client, fields, text) end

--- A client in this state, now or within a time.
---@param client dhcp.Client
---@param state dhcp.State
---@param duration? dhcp.Duration now unless given
---@param text? string what it is
---@return dhcp.Client client
function dhcp.expect.state(client, state, duration, text) end

--- A function that returns something true, or comes to do so, within a time; it is called again after every event.
---@param duration dhcp.Duration
---@param f function it may wait itself
---@param text? string what it is
---@return any ... what it returned
function dhcp.expect.within(duration, f, text) end

--- For so long no message reaches this node; or no packet is sent that the filter takes.
---@param who dhcp.Client|dhcp.Server|dhcp.Relay|dhcp.Filter|nil nil: no packet at all
---@param duration dhcp.Duration
---@param text? string what it is
---@return true
function dhcp.expect.silence(who, duration, text) end

--- A packet that the filter takes, sent from now on within a time; with fate = "delivered" or "dropped" one that
--- arrives or is lost.
---@param filter dhcp.Filter
---@param duration dhcp.Duration
---@param text? string what it is
---@return dhcp.PacketRecord record
function dhcp.expect.message(filter, duration, text) end

--- So many packets so far that the filter takes.
---@param filter dhcp.Filter
---@param count integer
---@param text? string what they are
---@return dhcp.PacketRecord[] records
function dhcp.expect.count(filter, count, text) end

--- Packets so far in this order; others may be in between.
---@param filters dhcp.Filter[]
---@param among? dhcp.Filter which packets are looked at
---@param text? string what they are
---@return dhcp.PacketRecord[] records
function dhcp.expect.sequence(filters, among, text) end
