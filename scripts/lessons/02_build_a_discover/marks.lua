-- Lesson 2: what is checked, and what is said about it.
local dhcp = require "dhcplab"

local MAC <const>, COOKIE <const>, OPTIONS_AT <const> = "02:00:5e:10:00:2a", "\x63\x82\x53\x63", 240

local function hex(bytes)
  if #bytes > 4 and not bytes:find("[^%z]") then return ("%d x 00"):format(#bytes) end
  local shown = bytes:sub(1, 16):gsub(".", function(c) return ("%02x "):format(c:byte()) end)
  return #bytes > 16 and ("%s... (%d bytes)"):format(shown, #bytes) or shown:sub(1, -2)
end

local function count(bytes) return ("%d byte%s"):format(bytes, bytes == 1 and "" or "s") end

-- What the script returns: bytes.
local function bytes_of(lab)
  local message = lab:play()
  if type(message) ~= "string" then
    lab:fail("a script that returns its bytes: return message",
      "it returns " .. (message == nil and "nothing" or "a " .. type(message)))
  end
  return message
end

-- Where a field is wrong in a way that is often seen: what to say about it. got: its bytes; wanted: the right ones.
local function slip_of(got, wanted)
  if got == wanted:reverse() then return "these are the right bytes in the wrong order: the larger part comes first" end
  if got:match("^[%x:x]+$") then
    return ("that is the text \"%s\": string.char(6) is the byte 6, \"6\" is a letter, the byte 36 in hexadecimal")
      :format(got)
  end
end

-- A check that compares fields, each { name, offset, bytes }, one after another.
local function compare(fields)
  return function(lab)
    local message = bytes_of(lab)
    for _, field in ipairs(fields) do
      local name, offset, wanted = table.unpack(field)
      local got = message:sub(offset + 1, offset + #wanted)
      local what = ("%s, %s at offset %d: %s"):format(name, count(#wanted), offset, hex(wanted))
      if #got < #wanted then lab:fail(what, ("a message that ends at offset %d"):format(#message)) end
      if got ~= wanted then lab:fail(what, hex(got), slip_of(got, wanted)) end
    end
  end
end

-- The cookie is behind all fields: where it stands tells what is missing before it.
local missing <const> = {
  [10] = "chaddr has 16 bytes: behind a hardware address of 6 come 10 zeros", [64] = "sname has 64 bytes, all zero",
  [128] = "file has 128 bytes, all zero", [192] = "sname and file have 64 and 128 bytes, all zero",
  [12] = "there are four fields for addresses, of 4 bytes each",
}

local function cookie(lab)
  local message = bytes_of(lab)
  local at = message:find(COOKIE, 1, true)
  local expected = "the cookie 63 82 53 63 at offset 236"
  if not at then
    lab:fail(expected, #message < OPTIONS_AT and ("a message that ends at offset %d"):format(#message)
      or hex(message:sub(237, 240)))
  end
  local early = 236 - (at - 1)
  if early ~= 0 then
    lab:fail(expected,
      ("it stands at offset %d, %s too %s"):format(at - 1, count(math.abs(early)), early > 0 and "early" or "late"),
      missing[early] or "a field before it has the wrong size")
  end
end

-- The options as { number = value }; their order; and the offset of the end, or nil.
local function options_of(lab)
  local message, found, at = bytes_of(lab), {}, OPTIONS_AT
  while at < #message do
    local number, length = message:byte(at + 1, at + 2)
    if number == 255 then return found, at, message end
    if number == 0 then
      at = at + 1
    elseif not length or at + 2 + length > #message then
      lab:fail("options of number, length, value, and 255 at the end",
        ("option %d at offset %d, and behind it %s"):format(number, at,
          length and ("a length of %d, but only %s"):format(length, count(#message - at - 2)) or "nothing"),
        "a reader takes the byte behind the number for the length, whatever was meant")
    else
      found[number] = message:sub(at + 3, at + 2 + length)
      at = at + 2 + length
    end
  end
  return found, nil, message
end

local function message_type(lab)
  local options = options_of(lab)
  if options[53] == "\1" then return end
  if options[0x53] then
    lab:fail("option 53, DISCOVER", "option 83", "53 is a decimal number; 0x53, hexadecimal, is 83")
  end
  lab:expect(options[53], "option 53", "there is none", "without it this is no DHCP message at all (RFC 2131 3)")
  lab:fail("option 53 with one byte, 1", hex(options[53]), "1 is DISCOVER, 2 OFFER, 3 REQUEST (RFC 2132 9.6)")
end

local function name_and_wishes(lab)
  local options = options_of(lab)
  lab:expect(options[12], "option 12, the name", "there is none")
  lab:equal(options[12], "student", "option 12, the name")
  local wishes = lab:expect(options[55], "option 55, what the client asks for", "there is none")
  for _, number in ipairs { 1, 3, 6 } do
    lab:expect(wishes:find(string.char(number), 1, true), "option 55 with the bytes 01 03 06", hex(wishes),
      wishes:find("%d") and "string.char(3) is the byte 3, \"3\" is a letter" or nil)
  end
end

local function ending(lab)
  local _, at, message = options_of(lab)
  lab:expect(at, "the byte 255 behind the last option", "none",
    "a reader would go on and take what is behind for options")
  lab:expect(#message >= 300, "300 bytes", ("%d"):format(#message), "zeros behind the end make it long enough")
end

local function answered(lab)
  local message = bytes_of(lab)
  local read, _, why = dhcp.decode(message)
  lab:expect(read, "bytes that can be read", why)
  lab:server { pool = "10.1.1.10-10.1.1.20" }
  local client = lab:client { mac = MAC }
  client:send(read)
  local offer = client:receive { type = "offer", timeout = 5 }
  lab:expect(offer, "an OFFER of a server that hears it", "nothing: it does not take it for a DISCOVER of " .. MAC)
end

return {
  checks = {
    { name = "op, htype, hlen, hops", points = 1, rfc = "RFC 2131 2",
      run = compare { { "op", 0, "\1" }, { "htype", 1, "\1" }, { "hlen", 2, "\6" }, { "hops", 3, "\0" } },
      why = "hlen says how many bytes of chaddr count",
      hints = { "The table in README.md has a row for each field.", "string.char(6), string.char(0), behind htype." } },
    { name = "xid", points = 1, rfc = "RFC 2131 2", run = compare { { "xid", 4, "\x39\x03\xf3\x26" } },
      why = "answers carry the same number, and the client knows them by it",
      hints = { "A number of four bytes is not four numbers: see string.pack at the top of start.lua.",
                "string.pack(\">I4\", 0x3903f326)" } },
    { name = "secs and flags", points = 1, rfc = "RFC 2131 4.1",
      run = compare { { "secs", 8, "\0\0" }, { "flags", 10, "\x80\0" } },
      why = "the first bit of flags asks for answers to everyone; the other 15 are zero",
      hints = { "Two numbers of two bytes each.", "string.pack(\">I2\", 0), string.pack(\">I2\", 0x8000)" } },
    { name = "four addresses", points = 1, rfc = "RFC 2131 2",
      run = compare { { "ciaddr", 12, "\0\0\0\0" }, { "yiaddr", 16, "\0\0\0\0" }, { "siaddr", 20, "\0\0\0\0" },
                      { "giaddr", 24, "\0\0\0\0" } },
      why = "a client that has no address yet, and knows none, writes 0.0.0.0",
      hints = { "0.0.0.0 is four bytes, all zero; four times that.", "string.rep(\"\\0\", 16)" } },
    { name = "chaddr", points = 2, rfc = "RFC 2131 2",
      run = compare { { "chaddr", 28, "\x02\x00\x5e\x10\x00\x2a" .. string.rep("\0", 10) } },
      why = "the server answers to this address",
      hints = { "The digits are hexadecimal: 5e is 0x5e in Lua, and there are six bytes of them.",
                "chaddr is always 16 bytes: fill it up with string.rep(\"\\0\", 10).",
                "string.char(0x02, 0x00, 0x5e, 0x10, 0x00, 0x2a), string.rep(\"\\0\", 10)" } },
    { name = "sname and file", points = 1, rfc = "RFC 2131 2",
      run = compare { { "sname", 44, string.rep("\0", 64) }, { "file", 108, string.rep("\0", 128) } },
      why = "they are there in every message, also when they are empty",
      hints = { "Empty does not mean absent: all their bytes are zero.", "string.rep(\"\\0\", 64), and 128." } },
    { name = "cookie", points = 2, run = cookie, rfc = "RFC 2131 3",
      why = "it says that options of DHCP follow; a reader looks for it at this offset only",
      hints = { "The four numbers are hexadecimal.", "string.char(0x63, 0x82, 0x53, 0x63)" } },
    { name = "the type", points = 2, after = "cookie", run = message_type, rfc = "RFC 2132 9.6",
      why = "option 53 says which message it is",
      hints = { "An option is three things: number, length, value.", "string.char(53, 1, 1)" } },
    { name = "name and wishes", points = 2, after = "cookie", run = name_and_wishes, rfc = "RFC 2132 3.14, 9.8",
      why = "the length is that of the value alone: number and length do not count",
      hints = { "\"student\" has seven letters: that is the length, and the letters are the value.",
                "string.char(12, 7), \"student\", string.char(55, 3, 1, 3, 6)" } },
    { name = "the end", points = 1, after = "cookie", run = ending, rfc = "RFC 2132 3.2, RFC 1542 2.1",
      why = "255 closes the options, and old receivers drop what is shorter than 300 bytes",
      hints = { "One byte, 255, behind the last option; then zeros.",
                "How many zeros? 300 - #message, once all the rest is in message.",
                "Behind the table: message = message .. string.rep(\"\\0\", 300 - #message)" } },
    { name = "a server answers", points = 2, after = "the type", run = answered, rfc = "RFC 2131 4.3.1",
      why = "that is what it is for",
      hints = { "Put the other checks right first; then play the script, and read the FAULTS at the end." } },
  },
}
