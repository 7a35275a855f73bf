-- MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), for the authentication of FORCERENEW (auth.lua), which allows nothing
-- newer.
--
-- No protection for anything that matters: MD5 has been broken since 2004. Speed does not matter here, size does.

local md5 = {}

local MASK <const> = 0xffffffff
local BLOCK <const> = 64

-- The 64 constants: the sine of 1, 2, 3 ... radians, as 32 bits behind the point.
local sines = {}
for i = 0, 63 do sines[i] = math.floor(math.abs(math.sin(i + 1)) * 2 ^ 32) end

-- How far each step rotates: four rounds of sixteen steps, in turns of four.
local rotations <const> = { [0] = { [0] = 7, 12, 17, 22 }, { [0] = 5, 9, 14, 20 }, { [0] = 4, 11, 16, 23 },
                            { [0] = 6, 10, 15, 21 } }

-- The function of three words that each round uses, and which word of the block its i-th step takes.
local mixers <const> = {
  [0] = function(x, y, z, i) return x & y | ~x & z, i end,
  function(x, y, z, i) return x & z | y & ~z, (5 * i + 1) % 16 end,
  function(x, y, z, i) return x ~ y ~ z, (3 * i + 5) % 16 end,
  function(x, y, z, i) return y ~ (x | ~z), 7 * i % 16 end,
}

local function take_block(a, b, c, d, words)
  local a0, b0, c0, d0 = a, b, c, d
  for i = 0, 63 do
    local round = i // 16
    local mixed, place = mixers[round](b, c, d, i)
    local sum = (a + mixed + sines[i] + words[place + 1]) & MASK
    local by = rotations[round][i % 4]
    a, b, c, d = d, b + (sum << by | sum >> 32 - by) & MASK, b, c
  end
  return (a + a0) & MASK, (b + b0) & MASK, (c + c0) & MASK, (d + d0) & MASK
end

-- The digest of a string: 16 octets.
function md5.sum(text)
  local padding = "\x80" .. ("\0"):rep((BLOCK - 9 - #text) % BLOCK)
  local padded = text .. padding .. ("<I8"):pack(#text * 8)
  local a, b, c, d = 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476
  for place = 1, #padded, BLOCK do
    a, b, c, d = take_block(a, b, c, d, { ("<" .. ("I4"):rep(16)):unpack(padded, place) })
  end
  return ("<I4I4I4I4"):pack(a, b, c, d)
end

local function mask_key(key, octet)
  return (key:gsub(".", function(c) return string.char(c:byte() ~ octet) end))
end

-- RFC 2104: the digest of a text under a secret key, 16 octets.
function md5.hmac(key, text)
  if #key > BLOCK then key = md5.sum(key) end
  key = key .. ("\0"):rep(BLOCK - #key)
  return md5.sum(mask_key(key, 0x5c) .. md5.sum(mask_key(key, 0x36) .. text))
end

return md5
