-- What a server does beyond RFC 2131: leaving options out, names and routes, offers of no address, probing, BOOTP.
--
-- Adds its methods to the server of server.lua, which calls them where the RFCs hook in. Each costs nothing to a
-- client that does not ask for it. What needs a memory of clients - FORCERENEW, leasequery - is in records.lua.

local auth = require "dhcplab.auth"
local core = require "dhcplab.core"

local ANY <const> = "0.0.0.0"
local PROBE_SECONDS <const> = 1 -- how long an ARP reply may take

-- Whether the list of wanted options (55) names a code.
local function asks_for(request, code)
  local list = request.options:raw(55)
  return list ~= nil and list:find(string.char(code), 1, true) ~= nil
end

return function(Server)

-- Too little room ------------------------------------------------------------------------------------------------

-- What a reply never goes without: what it is, who answers whom, how long, and what must come back.
local vital <const> = { [51] = true, [53] = true, [54] = true, [61] = true, [80] = true, [90] = true, [118] = true }

-- The codes of a reply, least needed first: what nobody asked for, the last one first; what the client asked for, its
-- last wish first; the subnet mask; option 82, which is left out whole when there is no room (RFC 3046 2.2).
local function by_need(reply, request)
  local wish, need = {}, {}
  local wanted = request.options:raw(55) or ""
  for place = #wanted, 1, -1 do wish[wanted:byte(place)] = place end
  local codes = reply.options:codes()
  for place, code in ipairs(codes) do
    local class = code == 82 and 4 or code == 1 and 3 or wish[code] and 2 or 1
    need[code] = { class, class == 2 and wish[code] or place }
  end
  table.sort(codes, function(a, b)
    local x, y = need[a], need[b]
    if x[1] ~= y[1] then return x[1] < y[1] end
    return x[2] > y[2]
  end)
  return codes
end

-- Leaves out options until the reply is as small as the client wants it (RFC 2131 2; RFC 2132 9.10), and says which.
-- False when even what is vital does not fit. `fits` tells when it does, where that is more than a matter of size.
function Server:fit(reply, request, fits)
  fits = fits or function() return reply:bytes() ~= nil end
  local gone = {}
  for _, code in ipairs(by_need(reply, request)) do
    if fits() then break end
    if not vital[code] then
      reply.options[code] = nil
      local row = core.option(code)
      gone[#gone + 1] = row and row.name or tostring(code)
    end
  end
  if gone[1] then
    local reason <const> = "options left out of a reply"
    self.drops[reason] = (self.drops[reason] or 0) + #gone
    self:note(("left out, since the client takes %d octets: %s"):format(reply.limit, table.concat(gone, ", ")),
      request)
  end
  return fits()
end

-- Names and routes -----------------------------------------------------------------------------------------------

-- What a client calls itself: its full name (81), beside which the host name (12) does not count (RFC 4702 3.1).
function Server:name_of(request)
  local full = request.options.client_fqdn
  if type(full) == "table" then return full.name end
  return request.options.host_name
end

local FLAG_S <const>, FLAG_O <const>, FLAG_E <const>, FLAG_N <const> = 1, 2, 4, 8
local NO_CODE <const> = 255

-- RFC 4702 4: this server updates no DNS, so N is set and S is not; O tells a client that wanted S that it was
-- overruled. The name is completed by what the server knows: the reservation's name, the domain.
local function answer_fqdn(options, request, one, host)
  local asked = request.options.client_fqdn
  if type(asked) ~= "table" then return end
  local flags = asked.flags & FLAG_E | FLAG_N | (asked.flags & FLAG_S ~= 0 and FLAG_O or 0)
  local name, partial = asked.name, asked.partial
  if host and host.hostname then name = host.hostname end
  if host and host.hostname or flags & FLAG_E == 0 then partial = not name:find(".", 1, true) end
  local domain = one.template[15] and core.value(15, one.template[15])
  if partial and name ~= "" and domain then name, partial = name .. "." .. domain, false end
  options.client_fqdn = { flags = flags, rcode1 = NO_CODE, rcode2 = NO_CODE, name = name, partial = partial or nil }
end

-- What an OFFER or ACK has besides what its template says; before what is echoed.
function Server:complete(reply, request, one, host)
  local options, asked = reply.options, request.options
  if one.has_routes and options:has(121) and asks_for(request, 121) then -- RFC 3442: routes of one kind only
    options[3], options[33] = nil, nil
  end
  if asked:has(81) then answer_fqdn(options, request, one, host) end
  if self.nonces and reply.type == "offer" and asked:has(145) then -- RFC 6704: we can do that
    options.forcerenew_nonce_capable = { auth.ALGORITHM }
  end
end

-- Offers of no address -------------------------------------------------------------------------------------------

-- RFC 8925 3.3: whether a client can do without IPv4.
function Server:goes_without(request)
  return asks_for(request, 108)
end

-- An OFFER of 0.0.0.0: to a client that can do without IPv4 (RFC 8925 3.3), or that must not give itself an address
-- (RFC 2563 2.3; RFC 8925 3.3.1 where both meet). Nothing is held for anybody. Nil for silence.
function Server:offer_nothing(request, one)
  local without = one.ipv6_only and self:goes_without(request)
  local forbidden = request.options:has(116) and
    (self.auto_configure == false or without and self.auto_configure == nil)
  if not without and not forbidden then return end
  local reply = request:reply("offer")
  local options = reply.options
  options.server_id = self:server_id(request)
  if without then options.ipv6_only_preferred = one.ipv6_only end
  if forbidden then options.auto_configure = 0 end
  self:echo(reply, request)
  return reply
end

-- Is somebody there? ---------------------------------------------------------------------------------------------

-- Who uses an address and is not the client itself; nil when nobody answers. RFC 2131 2.2 asks by ICMP; here by ARP,
-- which reaches the server's own segment only, and on loopback by what the segment knows.
local function user_of(self, address, request)
  if not self.world.virtual then
    local node = self.network:holder(address, self)
    return node and node.mac ~= request.mac and node.name or nil
  end
  self.probing[address] = { task = self.loop:this(), but = request.mac }
  self.port:arp(1, ANY, address)
  local heard, mac = self.loop:park("an ARP reply for " .. address, PROBE_SECONDS)
  self.probing[address] = nil
  return heard and mac or nil
end

function Server:hear_arp(_, sender_mac, sender)
  local probe = self.probing and self.probing[sender]
  if not probe or sender_mac == probe.but then return end
  self.probing[sender] = nil
  self.loop:deliver(probe.task, sender_mac)
end

local own <const> = { offered = true, bound = true }

-- The address to offer: choose()'s; with `probe`, one that is new to the client must be unused, else it goes into
-- quarantine and the next is tried. Nil when none is left; nil and why when there is nothing to say yet.
function Server:pick(request, one)
  local address = self:choose(request, one)
  if not self.probing then return address end
  local leases, key = one.leases, request.client_key
  while address do
    if self.probing[address] then return nil, address .. " is being probed" end
    local lease = leases:by_address(address)
    if lease and lease.client == key and own[lease.state] then return address end
    self:tell(leases:put(address, key, "offered", self.world.core:now() + self.offer_hold)) -- nobody else's meanwhile
    local user = user_of(self, address, request)
    if not self.port then return nil, "the server was stopped" end
    if not user then return address end
    self:tell(leases:put(address, "", "declined", self.world.core:now() + self.decline_hold))
    self:note(("%s is not offered: %s uses it"):format(address, user), request)
    address = self:choose(request, one)
  end
end

-- BOOTP ----------------------------------------------------------------------------------------------------------

local BOOTP_SIZE <const> = 300 -- RFC 951: no reply is longer
local dhcp_only <const> = { 50, 51, 52, 54, 55, 57, 58, 59, 61 }

-- A request without message type (RFC 1534 2): a host with a reservation gets its address for ever, and as many
-- options as fit into BOOTP's 64 octets, none of them DHCP's own. Others get no answer.
function Server:bootp(request)
  local one = self:subnet_of(request)
  local host = one and one:host_of(request)
  if not host or not host.address then return self:drop("BOOTP without a reservation", request) end
  local reply = request:reply("offer")
  reply.type = nil
  reply.limit = BOOTP_SIZE
  reply.ciaddr, reply.yiaddr = request.ciaddr, host.address
  self:add_options(reply, request, one)
  local options = reply.options
  for _, code in ipairs(dhcp_only) do options[code] = nil end
  local fitting = self:fit(reply, request, function() -- overload would be DHCP's own as well
    local bytes = reply:bytes()
    return bytes ~= nil and not core.decode(bytes).options:has(52)
  end)
  if not fitting then return self:drop("no room in a BOOTP reply", request) end
  self:tell(one.leases:put(host.address, request.client_key, "bound", math.huge))
  return reply
end

end
