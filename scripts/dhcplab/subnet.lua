-- What a server knows about one subnet: its addresses, its options ready for the wire, its lease times, its leases.
--
-- server{ subnet=, pool=, ... } describes one; server{ subnets = { {...}, {...} } } several.
-- Everything is checked here, when the server is made, so that no reply can fail later for a
-- mistake in the settings.

local core = require "dhcplab.core"
local order = require "dhcplab.order"
local problem = require "dhcplab.problem"

local subnet = {}
local Subnet = {}
Subnet.__index = Subnet

local INFINITE <const> = 0xffffffff -- RFC 2131 3.3
subnet.INFINITE = INFINITE

-- Settings that a subnet may have, and a server for all of its subnets.
subnet.settings = { "subnet", "pool", "exclude", "lease_time", "min_lease_time", "max_lease_time", "renewal_time",
                    "rebinding_time", "options", "hosts", "ipv6_only", "vendor_classes", "store" }

local function number_of(text, what)
  local n = type(text) == "string" and core.ip_number(text)
  if not n then
    problem.blame(("%s: \"%s\" is not an IPv4 address such as \"192.168.1.10\""):format(what, tostring(text)), "E110")
  end
  return n
end

-- "192.168.1.100-192.168.1.200" or one address, to two numbers
local function range_of(text, what)
  if type(text) ~= "string" then
    problem.blame(("%s takes \"FIRST-LAST\", such as \"192.168.1.100-192.168.1.200\", got %s"):format(what, type(text)),
      "E110")
  end
  local low, high = text:match("^%s*([%d.]+)%s*%-%s*([%d.]+)%s*$")
  low = number_of(low or text:match("^%s*(.-)%s*$"), what)
  high = high and number_of(high, what) or low
  if low > high then
    problem.blame(("%s: %s ends before it begins"):format(what, text), "E113")
  end
  return low, high
end

local function as_list(value)
  if value == nil then return {} end
  return type(value) == "table" and value or { value }
end

-- A lease time in whole seconds; "infinite" is 0xffffffff.
local function seconds_of(value, what)
  local seconds = core.duration(value)
  if not seconds then
    problem.blame(("%s: a time such as 3600, \"1h\" or \"infinite\" expected, got \"%s\""):format(what,
      tostring(value)), "E111")
  end
  if seconds == math.huge then return INFINITE end
  if seconds < 1 then
    problem.blame(("%s is at least 1 second, got %s"):format(what, tostring(value)), "E109")
  end
  return math.min(math.floor(seconds), INFINITE - 1)
end

-- The options of the settings as octets: code -> bytes, and the codes in rising order.
local function template_of(options, mask, network)
  local template = { [1] = core.encode_value(1, core.ip_text(mask)) }
  local codes = { 1 }
  for _, key in ipairs(order.keys(options)) do
    local row, value = core.option(key), options[key]
    if not row and type(key) == "number" then row = { code = key } end
    local ok, bytes = pcall(core.encode_value, row and row.code or key, value)
    if not ok then problem.blame("options: " .. bytes:gsub("^[^:]+:%d+: ", "")) end
    if row.code ~= 1 and row.code ~= 108 then codes[#codes + 1] = row.code end -- 108 to who asks
    template[row.code] = bytes
  end
  table.sort(codes)
  template.order = string.char(table.unpack(codes))
  if not template[28] and mask ~= 0xffffffff then -- given when it is asked for
    template[28] = core.encode_value(28, core.ip_text(network | ~mask & 0xffffffff))
  end
  return template
end

-- RFC 8925 3.3: how long clients that can shall do without IPv4: seconds, or 0 for `true`, which leaves it to them.
local function ipv6_only_of(value, template)
  if value then template[108] = core.encode_value(108, value == true and 0 or seconds_of(value, "ipv6_only")) end
  return template[108] and core.value(108, template[108])
end

local function add_ranges(self, pools, excludes)
  for _, text in ipairs(pools) do
    local low, high = range_of(text, "pool")
    if not self:contains(low) or not self:contains(high) then
      problem.blame(("the pool %s lies outside the subnet %s; make the subnet larger or move the pool"):format(text,
        self.text), "E113")
    end
    local ok, why = self.leases:range(core.ip_text(low), core.ip_text(high))
    if not ok then problem.blame(("pool %s: %s"):format(text, why == "range" and "it overlaps another" or why),
      "E113") end
    self.pool_text = self.pool_text and self.pool_text .. ", " .. text or text
  end
  local function exclude(low, high) self.leases:exclude(core.ip_text(low), core.ip_text(high)) end
  for _, text in ipairs(excludes) do exclude(range_of(text, "exclude")) end
  if self.bits < 31 then -- the network's and the broadcast address are nobody's
    exclude(self.network, self.network)
    exclude(self.network | ~self.mask & 0xffffffff, self.network | ~self.mask & 0xffffffff)
  end
end

-- `inherited`: the hosts are the server's, which may have their addresses in other subnets.
local function read_hosts(self, hosts, inherited)
  self.hosts, self.reserved, self.has_hosts = {}, {}, next(hosts) ~= nil
  for _, key in ipairs(order.keys(hosts)) do
    local host = hosts[key]
    local mac = core.mac(key)
    problem.check_keys(("the host \"%s\""):format(key), host, { "address", "hostname", "options" })
    local entry = { hostname = host.hostname, address = host.address }
    if host.address then
      local n = number_of(host.address, ("hosts[\"%s\"].address"):format(key))
      if self:contains(n) then
        if self.reserved[host.address] then problem.blame(("two hosts have the address %s"):format(host.address),
          "E114") end
        self.reserved[host.address] = mac or key
        self.leases:exclude(host.address, host.address)
      elseif inherited then
        entry.address = nil
      else
        problem.blame(("the address %s of host \"%s\" lies outside the subnet %s"):format(host.address, key, self.text),
          "E113")
      end
    end
    if host.options or host.hostname then
      local options = {}
      for name, value in pairs(host.options or {}) do options[name] = value end
      if host.hostname then options.host_name = host.hostname end
      entry.template = template_of(options, self.mask, self.network)
    end
    self.hosts[mac or key] = entry
  end
end

-- What a client of a vendor class is told beside or instead of the rest: { ["PXEClient"] = { options = {...} } }.
local function read_vendor_classes(self, classes)
  for name, class in pairs(classes) do
    if type(name) ~= "string" or type(class) ~= "table" then
      problem.blame("vendor_classes is a table such as { [\"PXEClient\"] = { options = {...} } }", "E108")
    end
    problem.check_keys(("the vendor class \"%s\""):format(name), class, { "options" })
    self.vendor_classes = self.vendor_classes or {}
    self.vendor_classes[name] = template_of(class.options or {}, self.mask, self.network)
  end
end

-- The default pool: .100 to .200 of a /24 as in every home router, else all hosts but the first ten.
local function default_pool(self)
  local size = 1 << (32 - self.bits)
  local low, high
  if size >= 256 then
    low, high = self.network + 100, self.network + 200
  else
    low, high = self.network + math.min(10, size // 2), self.network + (size > 2 and size - 2 or size - 1)
  end
  return core.ip_text(low) .. "-" .. core.ip_text(high)
end

-- The lease table: the core's, in memory, or whatever `store(subnet)` returns: an object with the
-- methods of core.leases (range exclude in_range find hold put by_client by_address next_free due from count).
local store_methods <const> = { "range", "exclude", "in_range", "find", "hold", "put", "by_client",
                                "by_address", "next_free", "due", "from" }

local function open_store(store, text)
  if store == nil then return core.leases.new() end
  if type(store) ~= "function" then problem.blame("store is a function that returns a lease table for a subnet",
    "E108") end
  local leases = store(text)
  for _, name in ipairs(store_methods) do
    local ok, method = pcall(function() return leases[name] end)
    if not ok or type(method) ~= "function" then
      problem.blame(("the lease table that store returns has no method \"%s\""):format(name), "E104")
    end
  end
  return leases
end

-- settings: those of the subnet, `common`: the server's own, which it inherits.
function subnet.new(settings, common)
  local function get(key)
    if settings[key] ~= nil then return settings[key] end
    return common[key]
  end
  local function table_of(key)
    local value = get(key) or {}
    return type(value) == "table" and value or problem.blame(("%s is a table, got %s"):format(key, type(value)), "E108")
  end
  local text = get("subnet")
  local pools = as_list(get("pool"))
  if not text and pools[1] then -- the /24 around the pool
    text = core.ip_text(range_of(pools[1], "pool") & 0xffffff00) .. "/24"
  end
  text = text or "192.168.1.0/24"
  local network, mask, bits = core.subnet(text)
  if not network then
    problem.blame(("subnet: \"%s\" is not a network such as \"192.168.1.0/24\"%s"):format(tostring(text),
      mask == "range" and " (bits beyond the mask must be zero)" or ""), "E110")
  end
  local self = setmetatable({ text = text, network = network, mask = mask, bits = bits,
                              leases = open_store(get("store"), text), by_hardware = {} }, Subnet)
  if not pools[1] then pools = { default_pool(self) } end
  add_ranges(self, pools, as_list(get("exclude")))
  read_hosts(self, table_of("hosts"), common.subnets and not settings.hosts)
  read_vendor_classes(self, table_of("vendor_classes"))
  self.template = template_of(table_of("options"), mask, network)
  self.has_routes = self.template[121] ~= nil
  self.ipv6_only = ipv6_only_of(get("ipv6_only"), self.template) or false
  self.lease_time = seconds_of(get("lease_time") or 3600, "lease_time")
  self.max_lease_time = get("max_lease_time") and seconds_of(get("max_lease_time"), "max_lease_time") or self.lease_time
  self.min_lease_time = get("min_lease_time") and seconds_of(get("min_lease_time"), "min_lease_time") or 1
  self.renewal_time = get("renewal_time") and seconds_of(get("renewal_time"), "renewal_time")
  self.rebinding_time = get("rebinding_time") and seconds_of(get("rebinding_time"), "rebinding_time")
  self.t1, self.t2 = self:timers(self.lease_time)
  self.is_special = self.has_hosts or self.has_routes or self.vendor_classes ~= nil -- more to say than the template
  return self
end

function Subnet:contains(number) return number & self.mask == self.network end

-- Whether the address (text) may be given to whoever asks for it: in a pool and nobody's reservation.
function Subnet:offers(address)
  return self.leases:in_range(address) and not self.reserved[address]
end

-- The reservation of a request: by hardware address, else by the text of its client identifier.
function Subnet:host_of(request)
  if next(self.hosts) == nil then return nil end
  return self.hosts[request.mac] or self.hosts[request.options.client_id or ""]
end

-- The options of the request's vendor class; the identifier is compared octet by octet (4.3.1).
function Subnet:class_of(request)
  return self.vendor_classes and self.vendor_classes[request.options:raw(60) or ""]
end

-- T1 and T2 for a lease of so many seconds (RFC 2131 4.4.5): as set where that makes sense, else
-- 0.5 and 0.875 of it; always 0 < T1 < T2 < the lease. Nil under three seconds: there are no such
-- whole numbers, and the client works them out.
function Subnet:timers(seconds)
  if seconds == self.lease_time and self.t1 then return self.t1, self.t2 end -- worked out before
  if seconds == INFINITE then return INFINITE, INFINITE end
  if seconds < 3 then return nil end
  local t1, t2 = self.renewal_time, self.rebinding_time
  if not t2 or t2 >= seconds then t2 = math.max(seconds * 7 // 8, 2) end
  if not t1 or t1 >= t2 then t1 = math.min(seconds // 2, t2 - 1) end
  return t1, t2
end

return subnet
