-- Who sends where: RFC 2131 4.1, table 4 and 4.4.4, RFC 1542 4.1.2 and 5.4; part of the judge (see ../judge.lua for
-- what a scene is).  Where a transport has rewritten the destination and does not tell the RFC's, there is nothing
-- to judge.

local rules = require "dhcplab.rules"

local delivery = {}

local NOWHERE, EVERYWHERE = "0.0.0.0", "255.255.255.255"
local MAC_EVERYWHERE = "ff:ff:ff:ff:ff:ff"
local discover_type = { discover = true }

local function check_port(scene, port)
  if scene.dst_port ~= port then
    scene:breach("X-01", "destination port", ("%s must go to UDP port %d"):format(rules.titles[scene.column]
      or "the message", port), scene.dst_port)
  end
end

-- 3.1 (3): the REQUEST goes where the DISCOVER went, which 4.4.4 allows to be a known server.
local function check_selecting(scene, cell)
  local discover = scene:request_seen(discover_type, function(entry)
    return entry.dst_ip ~= nil and entry.message.giaddr == NOWHERE
  end)
  local want = discover and discover.dst_ip or EVERYWHERE
  if scene.dst_ip == want then return end
  if discover then
    scene:breach("X-12", "destination", "a REQUEST in SELECTING must go where the DISCOVER went, " .. want,
      scene.dst_ip)
  else
    scene:breach(cell.rule, "destination", "a REQUEST in SELECTING must be broadcast", scene.dst_ip, cell.level,
      cell.source)
  end
end

local without_address = { discover = true, selecting = true, ["init-reboot"] = true, decline = true }

function delivery.check_request(scene)
  local column = scene.column
  if not scene.dst_ip or not column or scene.message.giaddr ~= NOWHERE then return end
  check_port(scene, scene.judge.server_port)
  local cell, title = rules.destination(column), rules.titles[column]
  local is_broadcast = scene.dst_ip == EVERYWHERE
  if column == "selecting" then
    check_selecting(scene, cell)
  elseif cell.want == "broadcast" and not is_broadcast then
    scene:breach(cell.rule, "destination", title .. " must be broadcast", scene.dst_ip, cell.level, cell.source)
  elseif cell.want == "server" and is_broadcast then
    scene:breach(cell.rule, "destination", title .. " must go to the server", scene.dst_ip, cell.level, cell.source)
  elseif cell.want == "server" and scene.lease and scene.lease.server and scene.dst_ip ~= scene.lease.server then
    scene:breach("C-17", "destination", ("%s must go to the server_id of the lease, %s"):format(title,
      scene.lease.server), scene.dst_ip, nil, "RFC 2131 4.1")
  end
  if is_broadcast and without_address[column] and scene.src_ip and scene.src_ip ~= NOWHERE then
    scene:breach("X-07", "source", title .. " must come from 0.0.0.0, as the client has no address yet", scene.src_ip)
  end
end

-- Whether a reply is on its way from the server to a relay (true), from a relay to the client
-- (false), or nobody can tell (nil).  Without giaddr there is no relay.
function delivery.is_to_relay(scene)
  local message, packet = scene.message, scene.packet
  if message.giaddr == NOWHERE then return false end
  if scene.dst_ip == message.giaddr then return true end
  if packet.relayed ~= nil then return not packet.relayed end
  if not scene.dst_ip then return nil end
  local function has_giaddr(entry) return entry.message.giaddr == message.giaddr end
  if scene:reply_seen(message.type, function(entry) return entry.to_relay end) then return false end
  local relayed = scene:request_seen({ discover = true, request = true, inform = true }, has_giaddr)
  local own = scene:request_seen({ discover = true, request = true, inform = true },
    function(entry) return entry.message.giaddr == NOWHERE end)
  -- Who sees the server's side only sees what the server sends.
  if relayed and not own or scene:knows_all() then return true end
  if own and not relayed then return false end
  return nil
end

-- With ciaddr set the way is found as for any datagram, perhaps through a router.
local function check_macs(scene, is_broadcast, ciaddr)
  local mac = scene.packet.dst_mac
  local message = scene.message
  if not mac or mac == "00:00:00:00:00:00" or message.hlen ~= 6 then return end
  if is_broadcast and mac ~= MAC_EVERYWHERE then
    scene:breach("X-04", "destination MAC", "a broadcast reply should go to the broadcast MAC", mac)
  elseif not is_broadcast and ciaddr == NOWHERE and scene.dst_ip == message.yiaddr and mac ~= message.chaddr then
    scene:breach("X-05", "destination MAC", "a reply to yiaddr should go to chaddr, " .. message.chaddr, mac)
  end
end

-- To the client itself, from its server or its relay.
local function check_to_client(scene, title)
  local message, dst = scene.message, scene.dst_ip
  local is_relayed = message.giaddr ~= NOWHERE
  local is_broadcast = dst == EVERYWHERE
  local request = scene.request and scene.request.message
  local ciaddr = request and request.ciaddr or message.ciaddr
  check_port(scene, scene.judge.client_port)
  if message.type == "nak" and not is_relayed then
    if not is_broadcast then scene:breach("X-06", "destination", "a NAK must be broadcast", dst) end
  elseif ciaddr ~= NOWHERE and not is_relayed then
    if dst ~= ciaddr then scene:breach("X-03", "destination", title .. " must go to ciaddr, " .. ciaddr, dst) end
  elseif message.broadcast then
    if not is_broadcast then
      scene:breach(is_relayed and "R-06" or "X-04", "destination", title .. " should be broadcast, as the client asked",
        dst, "SHOULD")
    end
  elseif not is_broadcast and dst ~= message.yiaddr and dst ~= ciaddr then
    scene:breach(is_relayed and "R-06" or "X-05", "destination", ("%s should go to yiaddr, %s, or be broadcast"):format(
      title, message.yiaddr), dst, "SHOULD")
  end
  check_macs(scene, is_broadcast, ciaddr)
end

function delivery.check_reply(scene)
  local message, title = scene.message, rules.titles[scene.column]
  if not scene.dst_ip then return end
  if message.giaddr == NOWHERE or scene.to_relay == false then
    check_to_client(scene, title)
  elseif scene.dst_ip == message.giaddr then
    check_port(scene, scene.judge.server_port)
  elseif scene.to_relay then
    scene:breach("X-02", "destination", ("%s must go to giaddr, %s"):format(title, message.giaddr), scene.dst_ip)
  end
end

return delivery
