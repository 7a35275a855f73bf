-- Client identifiers that outlive the hardware (RFC 4361 6.1): 255, an IAID of 4 octets for the interface, and the
-- DUID of the machine, which it uses for DHCPv6 as well. To a server they are octets like any others.

local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local identity = {}

local NODE_SPECIFIC <const> = 255
local ETHERNET <const> = 1
local DUID_EN <const>, DUID_LL <const>, DUID_UUID <const> = 2, 3, 4 -- RFC 8415 11, RFC 6355 4
local LONGEST <const> = 130 -- RFC 8415 11.1: 2 octets of type and 128

local function octets_of(hex)
  return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- { mac = "02:..." }, { enterprise = 32473, id = "octets" } or { uuid = "f81d4fae-..." } to the octets of a DUID.
local function build_duid(parts)
  problem.check_keys("client_id.duid", parts, { "mac", "enterprise", "id", "uuid" })
  if parts.mac then
    local mac = core.mac(parts.mac) or problem.blame(("client_id.duid.mac: \"%s\" is no MAC address"):format(parts.mac),
      "E110")
    return (">I2I2"):pack(DUID_LL, ETHERNET) .. octets_of((mac:gsub(":", "")))
  elseif parts.uuid then
    local hex = tostring(parts.uuid):gsub("-", "")
    if #hex ~= 32 or hex:find("%X") then
      problem.blame("client_id.duid.uuid: 32 hex digits expected, such as \"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"",
        "E110")
    end
    return (">I2"):pack(DUID_UUID) .. octets_of(hex)
  elseif math.type(parts.enterprise) == "integer" and type(parts.id) == "string" and parts.id ~= "" then
    return (">I2I4"):pack(DUID_EN, parts.enterprise & 0xffffffff) .. parts.id
  end
  problem.blame("client_id.duid takes octets, { mac = }, { uuid = }, or { enterprise = NUMBER, id = OCTETS }", "E108")
end

-- The octets of option 61 for a client's setting: those given, or, for { iaid = 1, duid = ... }, a node identifier;
-- without duid the one that is made of the client's own MAC (DUID-LL), which does not outlive it.
function identity.client_id(setting, mac)
  if type(setting) ~= "table" or setting.hex or setting.raw then return setting end
  problem.check_keys("client_id", setting, { "iaid", "duid" })
  local iaid, duid = setting.iaid or 1, setting.duid or { mac = mac }
  if math.type(iaid) ~= "integer" or iaid < 0 or iaid > 0xffffffff then
    problem.blame("client_id.iaid is a whole number of 32 bits, one for each interface", "E109")
  end
  if type(duid) == "table" then duid = build_duid(duid) end
  if type(duid) ~= "string" or #duid < 3 or #duid > LONGEST then
    problem.blame(("client_id.duid is 3 to %d octets: a type of 2 octets and what follows it"):format(LONGEST), "E109")
  end
  return (">BI4"):pack(NODE_SPECIFIC, iaid) .. duid
end

return identity
