-- What a client does beyond RFC 2131: full names, routes, doing without IPv4, orders to renew. Adds its methods to
-- the client of client.lua, which calls them where the RFCs hook in.

local auth = require "dhcplab.auth"
local core = require "dhcplab.core"
local identity = require "dhcplab.identity"
local messages = require "dhcplab.message"

local ANY <const> = "0.0.0.0"
local WITHOUT_LEAST <const> = 300 -- RFC 8925 3.4, MIN_V6ONLY_WAIT
local ROUTERS <const>, STATIC_ROUTES <const>, CLASSLESS <const> = 3, 33, 121
local FQDN_S_AND_E <const> = 5 -- RFC 4702 2.1: the server shall update A records; the name is in wire format

return function(Client)

-- What the settings ask for --------------------------------------------------------------------------------------

local function code_of(key)
  local row = core.option(key)
  return row and row.code or key
end

-- RFC 3442: who asks for classless routes (121) asks for routers (3) too, and for 121 before 3 and 33.
local function order_routes(list)
  local ordered, has = {}, {}
  for _, key in ipairs(list) do has[code_of(key)] = true end
  if not has[CLASSLESS] then return list end
  for _, key in ipairs(list) do
    local code = code_of(key)
    if (code == ROUTERS or code == STATIC_ROUTES) and not has.placed then
      ordered[#ordered + 1], has.placed = CLASSLESS, true
    end
    if code ~= CLASSLESS or not has.placed then ordered[#ordered + 1] = key end
    has.placed = has.placed or code == CLASSLESS
  end
  if not has[ROUTERS] then ordered[#ordered + 1] = ROUTERS end
  return ordered
end

-- The list of wanted options (55) for a client with these settings.
function Client:wanted_options(usual)
  local o = self.settings
  local list = { table.unpack(o.requested_options or usual) }
  if o.ipv6_only then list[#list + 1] = "ipv6_only_preferred" end
  return order_routes(list)
end

-- Adds to the options of each message what the settings of the extensions mean.
function Client:extend_options(options)
  local o = self.settings
  options.client_id = identity.client_id(options.client_id, self.mac)
  if o.rapid_commit then options.rapid_commit = true end
  if o.auto_configure then options.auto_configure = 1 end
  if o.forcerenew then options.forcerenew_nonce_capable = { auth.ALGORITHM } end
  if o.fqdn then
    local name = o.fqdn
    options.client_fqdn = type(name) == "table" and name or
      { flags = FQDN_S_AND_E, name = name, partial = not name:find(".", 1, true) }
    options.host_name = nil -- RFC 4702 3.1
  end
end

-- Offers of no address -------------------------------------------------------------------------------------------

-- Seconds to do without IPv4, when a message says so and this client asked; else nil (RFC 8925 3.2).
local function seconds_without(self, message)
  local value = self.settings.ipv6_only and messages.number(message, "ipv6_only_preferred")
  local asked = value and (self.base.options:raw(55) or ""):find("\108", 1, true)
  return asked and math.max(value, WITHOUT_LEAST) or nil
end

-- Whether an OFFER is one to choose from. One of no address is when it tells the client to do without, for it to end
-- the search; that the client must not give itself an address is only noted (RFC 2563 2.3).
function Client:is_of_use(offer)
  if offer.yiaddr ~= ANY then return true end
  if seconds_without(self, offer) then return true end
  if self.settings.auto_configure and messages.number(offer, "auto_configure") == 0 then
    self.must_not_self_assign = true
  end
  self:drop("an OFFER of no address")
  return false
end

-- RFC 8925 3.2: whether the client now does without IPv4, as the OFFER (or the ACK after INIT-REBOOT) says; until
-- when is in client.without_until.
function Client:goes_without(message)
  local seconds = seconds_without(self, message)
  if not seconds then return false end
  self:unbind()
  self.remembered = nil
  self.without_until = self.world.core:now() + seconds
  self.trace:note("note", self, ("does without IPv4 for %d s"):format(seconds), { message = message })
  self:become("INIT")
  return true
end

-- Routes ---------------------------------------------------------------------------------------------------------

-- The network of a classful route (RFC 2132 5.8): A /8, B /16, C /24; a single host when there are bits beyond.
local function classful(address)
  local number = core.ip_number(address)
  local bits = number >> 31 == 0 and 8 or number >> 30 == 2 and 16 or 24
  if number & (1 << 32 - bits) - 1 ~= 0 then bits = 32 end
  return ("%s/%d"):format(address, bits)
end

-- The routes that an ACK gives: { destination = "10.0.0.0/8", router = "192.168.1.1" } each; those of option 121,
-- which replace the others (RFC 3442), else of 33 and 3.
function Client:routes_of(ack)
  local options = ack.options
  local classless = options.classless_static_routes
  if type(classless) == "table" then return classless end
  local routes = {}
  local static, routers = options.static_routes, options.routers
  for _, route in ipairs(type(static) == "table" and static or {}) do
    routes[#routes + 1] = { destination = classful(route.destination), router = route.router }
  end
  for _, router in ipairs(type(routers) == "table" and routers or {}) do
    routes[#routes + 1] = { destination = "0.0.0.0/0", router = router }
  end
  return routes
end

-- Orders to renew ------------------------------------------------------------------------------------------------

-- Keeps the nonce that an ACK hands out. False when there should be one: the server's OFFER said that it can (RFC
-- 6704 3.3).
function Client:keep_nonce(ack)
  if not self.settings.forcerenew then return true end
  local nonce, counter = auth.nonce_of(ack)
  if nonce then
    self.nonce, self.counter = nonce, counter
    return true
  end
  return not (self.state == "REQUESTING" and self.nonce_promised)
end

-- Whether to obey a FORCERENEW (RFC 3203 2.2 and 6, RFC 6704 3.3): by unicast, while BOUND, signed with the nonce of
-- the last ACK that had one. False and what is wrong.
function Client:accepts_forcerenew(message)
  if not self.settings.forcerenew then return false, "not asked for" end
  local to = message.destination and message.destination:match("^[^:]+")
  if to == "255.255.255.255" then return false, "by broadcast" end
  if self.state ~= "BOUND" then return false, "while not BOUND" end
  local counter, why = auth.verify(message, self.nonce, self.counter or 0)
  if not counter then return false, why end
  self.counter = counter
  return true
end

end
