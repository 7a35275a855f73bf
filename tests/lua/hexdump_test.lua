-- Hex in whatever shape it is pasted, and where it goes wrong.
local t = require "harness"
local hexdump = require "dhcplab.hexdump"

local function read(text)
  local packets, wrong = hexdump.parse(text)
  if not packets then return nil, wrong end
  local out = {}
  for i, packet in ipairs(packets) do out[i] = hexdump.hex(packet, "") end
  return table.concat(out, "|")
end

t.test("digits may stand together or apart, in any case, with the usual separators", function()
  t.equal(read("010106003903F326"), "010106003903f326")
  t.equal(read("01 01 06 00"), "01010600")
  t.equal(read("01:01:06:00"), "01010600")
  t.equal(read("01-01-06-00\n39,03"), "010106003903")
  t.equal(read("0101 0600 3903f326"), "010106003903f326")
end)

t.test("0x, \\x and C arrays are read", function()
  t.equal(read("0x010106"), "010106")
  t.equal(read("{ 0x01, 0x2, 0xff };"), "0102ff")
  t.equal(read([["\x01\x01\x06"]]), "010106")
  t.equal(read("2:0:0:0:0:a"), "02000000000a")
end)

t.test("tcpdump -x and -X: offsets and text go, lines without an offset are skipped", function()
  t.equal(read("12:00:00.1 IP 0.0.0.0.68 > 255.255.255.255.67: BOOTP/DHCP, Request\n"
    .. "\t0x0000:  4500 0148 0000 0000 4011 78ae 0000 0000  E..H....@.x.....\n"
    .. "\t0x0010:  ffff 4142                                ..AB\n"), "4500014800000000401178ae00000000ffff4142")
end)

t.test("hexdump -C: a gap in the middle, a text column, a last line with the length", function()
  t.equal(read("00000000  01 01 06 00 39 03 f3 26  00 00 00 00 61 62 63 64  |....9..&....abcd|\n"
    .. "00000010  61 62 63 64 65 66 67 68                           |abcdefgh|\n00000018\n"),
    "010106003903f32600000000616263646162636465666768")
end)

t.test("xxd, tshark -x and od -t x1", function()
  t.equal(read("00000000: 0101 0600 3903 f326 0000 0000 6162 6364  ....9..&....abcd\n00000010: 61  a\n"),
    "010106003903f326000000006162636461")
  t.equal(read("0000  ff ff ff ff ff ff 02 00 00 00 00 01 08 00 45 00   ..............E.\n0010  de ad   ..\n"),
    "ffffffffffff02000000000108004500dead")
  t.equal(read("0000000 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10\n0000020 11 12\n0000022\n"),
    "0102030405060708090a0b0c0d0e0f101112")
end)

t.test("a text column that looks like hex is not taken for octets", function()
  t.equal(read("0000  61 62 63 64   abcd\n"), "61626364")
  t.equal(read("00000000: 6162 6364 6566 6768                      abcdefgh\n"), "6162636465666768")
end)

t.test("an offset that begins again at 0 begins another packet", function()
  t.equal(read("0x0000:  0102\nsomething\n0x0000:  0304\n"), "0102|0304")
end)

t.test("tcpdump's lines pasted as one are still lines", function()
  t.equal(read("0x0000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f 0x0010: 1011"),
    "000102030405060708090a0b0c0d0e0f1011")
end)

t.test("two words of data are not an offset and two octets", function()
  t.equal(read("0000 0101"), "00000101")
end)

t.test("what its own lines print it reads again", function()
  local bytes = {}
  for i = 0, 255 do bytes[i + 1] = string.char(i) end
  local all = table.concat(bytes)
  t.equal(hexdump.parse(hexdump.format(all)), { all })
  for _, length in ipairs { 1, 7, 8, 9, 15, 16, 17, 24 } do
    t.equal(hexdump.parse(hexdump.format(all:sub(50, 49 + length))), { all:sub(50, 49 + length) })
  end
end)

t.test("a character that is no hex is named with its place", function()
  local _, wrong = read("01 0g")
  t.equal(wrong, 'not hex: "g" at character 5')
  _, wrong = read("01 02\n03 zz")
  t.equal(wrong, 'not hex: "z" at line 2, character 4')
  _, wrong = read("01 \27[31m")
  t.equal(wrong, 'not hex: "\\x1b" at character 4')
  _, wrong = read("01 é")
  t.equal(wrong, 'not hex: "é" at character 4')
end)

t.test("half an octet and no octet at all are told", function()
  local _, wrong = read("010")
  t.match(wrong, "odd number of hex digits %(3%).* at character 3")
  _, wrong = read("01 2 03")
  t.match(wrong, "odd number of hex digits %(1%).* at character 4")
  _, wrong = read("  \n ")
  t.equal(wrong, "no hex digits")
end)

t.test("any bytes are read or refused, and quickly", function()
  for i = 0, 255 do
    local packets, wrong = hexdump.parse("01" .. string.char(i) .. "02")
    t.ok(packets or wrong)
  end
  t.equal(#hexdump.parse(("00 "):rep(65507))[1], 65507)
end)

t.done()
