-- The authentication of FORCERENEW (RFC 6704): a nonce goes to the client in an ACK, and proves
-- later that an order to renew comes from the same server.
--
-- Option 90 (RFC 3118 2) is: protocol, algorithm, replay detection method, a counter of 8 octets
-- that only grows, and here a type and 16 octets: the nonce itself, or the HMAC-MD5 of the message
-- under it. Whoever could read the ACK can forge; against others on other networks it helps.

local core = require "dhcplab.core"
local md5 = require "dhcplab.md5"

local auth = {}

-- RFC 6704 3.1.2: protocol 3, HMAC-MD5, a counter against replays
local PROTOCOL <const>, ALGORITHM <const>, METHOD <const> = 3, 1, 0
local NONCE <const>, DIGEST <const> = 1, 2
local LAYOUT <const>, LENGTH <const> = ">BBBI8Bc16", 28
local VALUE <const> = 12 -- octets before the 16
local NOTHING <const> = ("\0"):rep(16)
local HOPS <const>, GIADDR <const> = 3, 24 -- offsets of what relays change

auth.ALGORITHM = ALGORITHM -- what option 145 lists

-- Option 90 of an ACK, to hand out a nonce of 16 octets.
function auth.nonce_option(nonce, counter)
  return LAYOUT:pack(PROTOCOL, ALGORITHM, METHOD, counter, NONCE, nonce)
end

-- What option 90 of a message says: its type (1 nonce, 2 digest), the counter, 16 octets; nil when it is
-- another protocol.
local function read(message)
  local bytes = message.options:raw(90)
  if not bytes or #bytes ~= LENGTH then return nil end
  local protocol, algorithm, method, counter, kind, value = LAYOUT:unpack(bytes)
  if protocol ~= PROTOCOL or algorithm ~= ALGORITHM or method ~= METHOD then return nil end
  return kind, counter, value
end

-- The nonce that an ACK hands out, and its counter; or nil.
function auth.nonce_of(ack)
  local kind, counter, value = read(ack)
  if kind == NONCE then return value, counter end
end

local function blank(bytes, offset, count)
  return bytes:sub(1, offset) .. ("\0"):rep(count) .. bytes:sub(offset + count + 1)
end

-- The octets that a digest covers (RFC 3118 5.2): all, with the digest and what relays change as zeros, without
-- option 82.
local function covered(bytes)
  local message = core.decode(bytes)
  local agent, place
  for _, option in ipairs(message:instances()) do
    if option.code == 90 then place = option.offset + 2 + VALUE end
    if option.code == 82 then agent = option end
  end
  bytes = blank(blank(blank(bytes, place, 16), HOPS, 1), GIADDR, 4)
  if agent then bytes = bytes:sub(1, agent.offset) .. bytes:sub(agent.offset + 2 + agent.length + 1) end
  return bytes
end

-- Adds option 90 with the digest of the message; what is changed in it afterwards breaks the digest.
function auth.sign(message, nonce, counter)
  local options = message.options
  options:set_raw(90, LAYOUT:pack(PROTOCOL, ALGORITHM, METHOD, counter, DIGEST, NOTHING))
  local digest = md5.hmac(nonce, covered(message:bytes()))
  options:set_raw(90, LAYOUT:pack(PROTOCOL, ALGORITHM, METHOD, counter, DIGEST, digest))
  return message
end

-- Whether a message was signed with this nonce, by a counter above `last`: the counter; or nil and what is wrong.
function auth.verify(message, nonce, last)
  if not message.options:has(90) then return nil, "without authentication" end
  local kind, counter, digest = read(message)
  if kind ~= DIGEST then return nil, "with an authentication of another kind" end
  if not nonce then return nil, "with nothing known to check it by" end
  if math.ult(last, counter) == false then return nil, "replayed" end
  if md5.hmac(nonce, covered(message:bytes())) ~= digest then return nil, "with a wrong digest" end
  return counter
end

return auth
