-- What a client's message must agree with: the offer it takes, the lease it speaks of, its own earlier messages;
-- part of the judge (see ../judge.lua for what a scene is).

local requests = {}

local S, O, E, N = 0x01, 0x02, 0x04, 0x08 -- flags of client_fqdn (RFC 4702 2.1)
requests.fqdn_flags = { S = S, O = O, E = E, N = N }

local discover_type = { discover = true }

function requests.hex(bytes)
  if not bytes then return "nothing" end
  return (bytes:gsub(".", function(char) return ("%02x"):format(char:byte()) end))
end

-- The same codes, in whatever order.
local function same_codes(a, b)
  local function sorted(list)
    local codes = { list:byte(1, -1) }
    table.sort(codes)
    return table.concat(codes, " ")
  end
  return a ~= nil and b ~= nil and sorted(a) == sorted(b)
end

-- SELECTING: server_id, requested_ip, xid and secs are those of what came before (3.1 (3), 4.4.1).
local function check_selecting(scene)
  local message, options = scene.message, scene.message.options
  local server, address = options.server_id, options.requested_ip
  local offer = scene:reply_seen("offer", function(entry) return entry.message.options.server_id == server end)
  if offer then
    local offered = offer.message.yiaddr
    if address and address ~= offered then
      scene:breach("C-02", "options.requested_ip", "a REQUEST in SELECTING must ask for the address that the server "
        .. "offered, " .. offered, address)
    end
  elseif server and address then
    local client = scene.judge.clients:get(message.chaddr)
    local other = client and client.offer
    if other and other.server == server and other.address == address and other.xid ~= message.xid
      and scene.at - other.at < 60 then
      scene:breach("C-06", "xid", ("a REQUEST in SELECTING must have the xid of the offer, 0x%08x"):format(other.xid),
        ("0x%08x"):format(message.xid))
    elseif scene:knows_all() then
      scene:breach("C-02", "options.server_id", "a REQUEST in SELECTING must name a server that made an offer", server)
    end
  end
  local discover = scene:request_seen(discover_type)
  local same = scene:request_seen(discover_type, function(entry) return entry.message.secs == message.secs end)
  if discover and not same then
    scene:breach("X-12", "secs", "a REQUEST in SELECTING must repeat the secs of the DISCOVER, "
      .. discover.message.secs, message.secs)
  end
end

local function check_same(scene, before, what)
  local options = scene.message.options
  local id = options:raw(61)
  if before.client_id and id ~= before.client_id then
    scene:breach("C-13", "options.client_id", ("client_id must stay what it was in %s, %s"):format(what,
      requests.hex(before.client_id)), requests.hex(id))
  end
  if before.asked and scene.message.type == "request" and not same_codes(options:raw(55), before.asked) then
    local sentence = ("a REQUEST must repeat the parameter_request_list of %s, %s"):format(what,
      requests.hex(before.asked))
    scene:breach("C-13", "options.parameter_request_list", sentence, requests.hex(options:raw(55)))
  end
end

-- client_id in all messages of one conversation, parameter_request_list from DISCOVER to REQUEST (3.5, 4.2).
local function check_conversation(scene)
  local first = scene:request_seen({ discover = true, request = true, inform = true, decline = true, release = true },
    function(entry) return entry.message.options:has(61) end)
  local discover = scene:request_seen(discover_type)
  local asked = discover and discover.message.options:raw(55)
  check_same(scene, { client_id = first and first.message.options:raw(61), asked = asked }, "this exchange")
  local fqdn = discover and discover.message.options:has(81)
  if fqdn and scene.message.type == "request" and not scene.message.options:has(81) then
    scene:breach("E-17", "options.client_fqdn", "a REQUEST must carry client_fqdn when the DISCOVER did", nil, nil,
      "RFC 4702 2")
  end
end

-- The lease that a message speaks of, if its ACK was seen.
local function find_lease(scene)
  local message = scene.message
  local address = message.ciaddr ~= "0.0.0.0" and message.ciaddr or message.options.requested_ip
  local lease = address and scene.judge.leases:get(message.chaddr .. " " .. tostring(address))
  return lease and scene.at < lease.ends and lease or nil
end

local function check_lease(scene)
  local column = scene.column
  if column ~= "renewing" and column ~= "rebinding" and column ~= "decline" and column ~= "release" then return end
  local lease = find_lease(scene)
  if not lease then return end
  scene.lease = lease
  check_same(scene, lease, "the lease")
  local server = scene.message.options.server_id
  if (column == "decline" or column == "release") and server and server ~= lease.server then
    scene:breach("C-11", "options.server_id", "server_id must be that of the lease, " .. tostring(lease.server), server)
  end
end

-- parameter_request_list: RFC 3442 wants 3 beside 121 and 121 first; RFC 4039 forbids 80 in it.
local function check_list(scene)
  local list = scene.message.options:raw(55)
  if not list then return end
  local place = {}
  for index = #list, 1, -1 do place[list:byte(index)] = index end
  local field = "options.parameter_request_list"
  if place[121] then
    if not place[3] then
      scene:breach("E-16", field, "a client that asks for classless_static_routes (121) must ask for routers (3) too")
    elseif place[3] < place[121] then
      scene:breach("E-16", field, "classless_static_routes (121) must stand before routers (3)")
    end
    if place[33] and place[33] < place[121] then
      scene:breach("E-16", field, "classless_static_routes (121) must stand before static_routes (33)")
    end
  end
  if place[80] then scene:breach("E-10", field, "rapid_commit (80) must not stand in parameter_request_list") end
end

local function check_fqdn(scene)
  local options = scene.message.options
  local value = options:raw(81)
  if not value or #value < 3 then return end
  local flags = value:byte(1)
  local function breach(what)
    scene:breach("E-17", "options.client_fqdn", what, ("0x%02x"):format(flags))
  end
  if options:has(12) then
    scene:breach("E-17", "options.host_name", "a client that sends client_fqdn must not send host_name", nil, nil,
      "RFC 4702 3.1")
  end
  if flags & 0xf0 ~= 0 then breach("the reserved flags of client_fqdn must be 0") end
  if flags & O ~= 0 then breach("a client must not set the O flag of client_fqdn") end
  if flags & N ~= 0 and flags & S ~= 0 then breach("with the N flag of client_fqdn the S flag must be 0") end
end

-- A retransmission at the same interval for the fourth time is no exponential back-off, whatever chance is in it
-- (4.1).
local function check_backoff(scene)
  local column, times = scene.column, { scene.at }
  if column ~= "discover" and column ~= "selecting" and column ~= "init-reboot" and column ~= "inform" then return end
  local list = scene.transaction.requests
  for place = #list, 1, -1 do
    if list[place].column == column and list[place].message.giaddr == scene.message.giaddr then
      times[#times + 1] = list[place].at
    end
    if #times == 4 then break end
  end
  if #times < 4 then return end
  local first, second, third = times[3] - times[4], times[2] - times[3], times[1] - times[2]
  -- Duplicates (under half a second) are no retransmissions, and at 64 s, by a clock that may be fast, the doubling has
  -- ended.
  if math.min(first, second, third) < 0.5 or third >= 50 then return end
  if math.abs(second - first) <= 0.05 * first and math.abs(third - first) <= 0.05 * first then
    scene:breach("X-10", "time", "retransmissions must back off exponentially",
      ("%.1f s three times over"):format(third))
  end
end

function requests.check(scene)
  if not scene.column then return end
  if scene.column == "selecting" then check_selecting(scene) end
  check_conversation(scene)
  check_lease(scene)
  -- What these two look at must not be in the others at all.
  if scene.column ~= "decline" and scene.column ~= "release" then
    check_list(scene)
    check_fqdn(scene)
  end
  check_backoff(scene)
end

return requests
