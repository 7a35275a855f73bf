-- What a server's message must agree with: the request it answers, the offer before it, the limits the client set;
-- part of the judge (see ../judge.lua for what a scene is).

local rules = require "dhcplab.rules"
local requests = require "dhcplab.judge.requests"
local tables = require "dhcplab.judge.tables"

local replies = {}

local NOWHERE = "0.0.0.0"
local INFINITY = 0xffffffff
local HEADERS = 28   -- octets of IP and UDP
local hex = requests.hex

-- A reply that fits no request seen so far.
function replies.check_stranger(scene, other)
  local message = scene.message
  if other and scene.at - other.at < 10 then
    local request = other.requests[#other.requests]
    if request and request.message.chaddr ~= message.chaddr then
      scene:breach("S-05", "chaddr", "chaddr must be the request's, " .. request.message.chaddr, message.chaddr)
      return
    end
  end
  if scene:knows_all() then
    scene:breach("S-01", "xid", "a reply must have the xid of a request, and no request had this one",
      ("0x%08x"):format(message.xid))
  end
end

-- client_id comes back, or not (RFC 6842 3; table 3 of RFC 2131 where servers are held to that).
local function check_client_id(scene, request, title)
  local sent, got = request.options:raw(61), scene.message.options:raw(61)
  local field = "options.client_id"
  if scene.judge.client_id_2131 then
    if got and scene.message.type ~= "nak" then
      scene:breach("S-14", field, title .. " must not carry client_id", hex(got), nil, "RFC 2131 4.3.1, table 3")
    end
  elseif sent and got ~= sent then
    scene:breach("S-14", field, ("%s must return the client_id of the request, %s"):format(title, hex(sent)), hex(got))
  elseif got and not sent then
    scene:breach("S-14", field, title .. " must not carry a client_id that the client did not send", hex(got))
  end
end

-- The largest UDP payload that this client takes (RFC 2132 9.10).
local function limit_of(request)
  local size = request.options.max_message_size
  return math.max(576, math.type(size) == "integer" and size or 0) - HEADERS
end

-- RFC 3046 2.2; only where the request that the server saw was seen.
local function check_relay_information(scene, request, title)
  local sent, got = request.options:raw(82), scene.message.options:raw(82)
  local field = "options.relay_agent_information"
  if got and not sent then
    scene:breach("E-01", field, title .. " must not carry relay_agent_information that no relay sent", hex(got))
  elseif sent and got and got ~= sent then
    scene:breach("E-01", field, ("%s must return relay_agent_information unchanged, %s"):format(title, hex(sent)),
      hex(got))
  elseif sent and not got then
    -- Without room it is left out, which nobody can see but by counting.
    if #scene.bytes + 2 + #sent <= limit_of(request) then
      scene:breach("E-01", field, title .. " must return relay_agent_information, " .. hex(sent), "nothing")
    end
  end
end

local function check_relay_place(scene, title)
  local last, place
  for _, instance in ipairs(scene.message:instances()) do
    if instance.place == "options" then last = instance.code end
    if instance.code == 82 then place = instance.place end
  end
  local field = "options.relay_agent_information"
  if place and place ~= "options" then
    scene:breach("E-01", field, title .. " must not carry relay_agent_information in file or sname", place)
  elseif place and last ~= 82 then
    scene:breach("E-01", field, title .. " should carry relay_agent_information as its last option",
      tables.option_name(last) .. " follows", "SHOULD")
  end
end

local function check_size(scene, request, title)
  local limit = limit_of(request)
  if #scene.bytes > limit then
    scene:breach("M-09", "size", ("%s must not exceed what the client takes, %d octets"):format(title, limit),
      #scene.bytes)
  end
end

-- Relayed requests were seen, and none with this giaddr: it was not copied.
local function check_giaddr(scene, title)
  if scene.exact then return end
  local relayed = scene:request_seen({ discover = true, request = true, inform = true },
    function(entry) return entry.message.giaddr ~= NOWHERE end)
  if not relayed then return end
  scene:breach("S-05", "giaddr", ("in %s giaddr must be the request's, %s"):format(title, relayed.message.giaddr),
    scene.message.giaddr)
end

-- Which address an ACK gives: the one that was asked for.
local acknowledged = {
  selecting = { "S-32", "requested_ip" }, ["init-reboot"] = { "S-43", "requested_ip" },
  renewing = { "S-44", "ciaddr" }, rebinding = { "S-45", "ciaddr" },
}

local function check_address(scene, request)
  local message, row = scene.message, acknowledged[scene.request.column]
  if not row or message.type ~= "ack" then return end
  local wanted = row[2] == "ciaddr" and request.ciaddr or request.options.requested_ip
  if wanted and wanted ~= message.yiaddr then
    scene:breach(row[1], "yiaddr", ("an ACK to %s must assign the %s of the request, %s"):format(
      rules.titles[scene.request.column], row[2], wanted), message.yiaddr, "MUST")
  end
end

-- Only the selected server answers, and its ACK keeps to its offer (3.1 (4)).
local steady = { -- options that may well differ between OFFER and ACK
  [51] = true, [53] = true, [56] = true, [58] = true, [59] = true, [61] = true, [80] = true, [81] = true, [82] = true,
  [90] = true, [145] = true, [52] = true,
}

local function check_selected(scene, request)
  local message = scene.message
  if scene.request.column ~= "selecting" or message.type == "offer" then return end
  local chosen, server = request.options.server_id, message.options.server_id
  if server and server ~= chosen then
    scene:breach("S-31", "options.server_id", ("the REQUEST selected server %s, so that no other may answer")
      :format(chosen), server)
    return
  end
  local offer = scene:reply_seen("offer", function(entry) return entry.message.options.server_id == server end)
  if not offer or message.type ~= "ack" then return end
  for _, code in ipairs(tables.codes(message)) do
    local before, now = offer.message.options:raw(code), message.options:raw(code)
    if not steady[code] and before and before ~= now then
      local name = tables.option_name(code)
      scene:breach("S-29", "options." .. name, "the parameters of an ACK should not contradict the OFFER", hex(now)
        .. " after " .. hex(before))
    end
  end
  local before, now = offer.message.options.lease_time, message.options.lease_time
  if math.type(before) == "integer" and math.type(now) == "integer" and now + (scene.at - offer.at) + 1 < before then
    scene:breach("S-29", "options.lease_time", "the lease of an ACK should not be shorter than the one offered, "
      .. before, now)
  end
end

-- Order and number of options (4.3.1, RFC 2132 3.3, RFC 3396 4).
local function check_order(scene, request, title)
  local first, places, length, repeated = {}, {}, {}, {}
  local asked = request and request.options:raw(55) or ""
  for index, instance in ipairs(scene.message:instances()) do
    local code = instance.code
    local where = code .. instance.place
    first[code] = first[code] or index
    places[where] = (places[where] or 0) + 1
    length[where] = (length[where] or 0) + #instance.bytes
    if places[where] == 2 and code ~= 52 and code ~= 53 and code ~= 82 then -- those: core.check
      repeated[#repeated + 1] = { code = code, where = where }
    end
  end
  for _, twice in ipairs(repeated) do
    if length[twice.where] <= 255 then
      local name = tables.option_name(twice.code)
      if asked:find(string.char(twice.code), 1, true) then
        scene:breach("S-24", "options." .. name, title .. " must carry each requested parameter only once")
      else
        scene:breach("M-14", "options." .. name, "an option that fits whole should not be split")
      end
    end
  end
  if first[1] and first[3] and first[3] < first[1] then
    scene:breach("S-25", "options.subnet_mask", title .. " must carry subnet_mask before routers", nil, nil,
      "RFC 2132 3.3")
  end
end

-- T1 < T2 < lease (4.4.5).
local function check_times(scene, title)
  local options = scene.message.options
  local lease, t1, t2 = options.lease_time, options.renewal_time, options.rebinding_time
  local function known(value) return math.type(value) == "integer" and value ~= INFINITY end
  if known(t1) and known(t2) and t1 >= t2 then
    scene:breach("C-24", "options.renewal_time", title .. " must have T1 before T2, " .. t2, t1)
  end
  if known(lease) then
    if known(t2) and t2 >= lease then
      scene:breach("C-24", "options.rebinding_time", title .. " must have T2 before the end of the lease, " .. lease,
        t2)
    elseif not known(t2) and known(t1) and t1 >= lease then
      scene:breach("C-24", "options.renewal_time", title .. " must have T1 before the end of the lease, " .. lease, t1)
    end
  end
end

local function asks_for(request, code)
  local list = request.options:raw(55)
  return list ~= nil and list:find(string.char(code), 1, true) ~= nil
end

-- Later RFCs' options, where the request was seen.
local function check_extensions(scene, request, title)
  local options = scene.message.options
  local function breach(rule, name, what, ...) scene:breach(rule, "options." .. name, what, ...) end
  local answers_discover = scene.message.type == "ack" and request.type == "discover"
  if options:has(80) and scene.message.type == "ack" and (not answers_discover or not request.options:has(80)) then
    breach("E-10", "rapid_commit", "rapid_commit must stand only in an ACK to a DISCOVER that has it")
  elseif answers_discover and not options:has(80) and scene:knows_all() then
    breach("E-10", "rapid_commit", "an ACK to a DISCOVER must carry rapid_commit")
  end
  if options:has(108) and not asks_for(request, 108) then
    breach("E-12", "ipv6_only_preferred", title .. " must not carry ipv6_only_preferred unless the client asked for it")
  end
  if scene.message.type == "offer" and scene.message.yiaddr == NOWHERE and options:has(116) then
    if not request.options:has(116) then
      breach("E-15", "auto_configure", "0.0.0.0 with auto_configure must be offered only to a client that sent it")
    elseif options:raw(116) ~= "\0" then
      breach("E-15", "auto_configure", "an offer of 0.0.0.0 must forbid self-assigned addresses (0)",
        hex(options:raw(116)))
    end
  end
  if options:has(121) and asks_for(request, 121) and (asks_for(request, 3) or asks_for(request, 33)) then
    for _, code in ipairs { 3, 33 } do
      if options:has(code) then
        local name = tables.option_name(code)
        breach("E-16", name, title .. " should not carry " .. name .. " beside the classless routes asked for", nil,
          "SHOULD", "RFC 3442, server administrators")
      end
    end
  end
  local subnet = options:raw(118)
  if subnet and subnet ~= request.options:raw(118) then
    breach("E-04", "subnet_selection", title .. " must return subnet_selection as the client sent it, or not at all",
      hex(subnet), nil, "RFC 3011 2")
  end
end

local function check_fqdn(scene, request)
  local mine, theirs = scene.message.options:raw(81), request.options:raw(81)
  if not mine or not theirs or #mine < 3 or #theirs < 3 then return end
  local bit, now, before = requests.fqdn_flags, mine:byte(1), theirs:byte(1)
  local function breach(what, level)
    scene:breach("E-17", "options.client_fqdn", what, hex(mine:sub(1, 3)) .. " to " .. hex(theirs:sub(1, 3)), level)
  end
  if now & bit.E ~= before & bit.E then breach("the E flag of client_fqdn must be the client's") end
  if (now & bit.S ~= before & bit.S) ~= (now & bit.O ~= 0) then
    breach("the O flag of client_fqdn must tell whether S differs from the client's")
  end
  if now & bit.N ~= 0 and now & bit.S ~= 0 then breach("with the N flag of client_fqdn the S flag must be 0") end
  if mine:sub(2, 3) ~= "\255\255" then breach("the rcodes of client_fqdn should be 255", "SHOULD") end
end

function replies.check(scene)
  local title = rules.titles[scene.column]
  local request = scene.request and scene.request.message
  check_order(scene, request, title)
  check_times(scene, title)
  check_relay_place(scene, title)
  if not request then return end
  check_giaddr(scene, title)
  check_client_id(scene, request, title)
  check_address(scene, request)
  check_selected(scene, request)
  check_extensions(scene, request, title)
  check_fqdn(scene, request)
  if scene.exact then
    check_relay_information(scene, request, title)
    check_size(scene, request, title)
  end
end

-- Keeps what later messages of this client are held against.
function replies.remember(scene)
  local message, options = scene.message, scene.message.options
  local request = scene.request and scene.request.message
  if message.type == "offer" then
    scene.judge.clients:put(message.chaddr, { offer = { xid = message.xid, server = options.server_id,
      address = message.yiaddr, at = scene.at } })
  elseif scene.column == "ack" and message.yiaddr ~= NOWHERE then
    local seconds = options.lease_time
    scene.judge.leases:put(message.chaddr .. " " .. message.yiaddr, {
      server = options.server_id,
      client_id = request and request.options:raw(61) or nil,
      asked = request and request.options:raw(55) or nil,
      ends = scene.at + (math.type(seconds) == "integer" and seconds or 0),
    })
  end
end

-- FORCERENEW and lease queries: what can be said without a table.
function replies.check_other(scene)
  local message, options, kind = scene.message, scene.message.options, scene.message.type
  if kind == "forcerenew" then
    if not options:has(90) then
      scene:breach("E-13", "options.authentication", "a FORCERENEW must be authenticated", nil, nil, "RFC 3203 6")
    end
    if scene.dst_ip == "255.255.255.255" then
      scene:breach("E-13", "destination", "a FORCERENEW must be sent by unicast", scene.dst_ip, nil, "RFC 3203 2.2")
    end
  elseif kind == "leasequery" then
    local by = (message.ciaddr ~= NOWHERE and 1 or 0) + (options:has(61) and 1 or 0) + (message.hlen > 0 and 1 or 0)
    if message.giaddr == NOWHERE then
      scene:breach("E-14", "giaddr", "a lease query must have giaddr set, as that is where the answer goes")
    end
    if by ~= 1 then
      scene:breach("E-14", "ciaddr", "a lease query must be by exactly one of ciaddr, chaddr and client_id", by)
    end
  elseif (kind == "leaseunassigned" or kind == "leaseunknown") and options:has(51) then
    scene:breach("E-14", "options.lease_time", "only an answer about an active lease may carry lease_time")
  end
end

return replies
