-- What a value in a header field means, in words: one function per field (RFC 2131 2).
--
-- Each takes the view of one message that explain.lua makes (the field as number, text or bytes, and
-- whether a client or a server speaks), and gives a sentence.  Nothing here can fail on any bytes.

local layout = require "dhcplab.layout"

local fields = {}

local HARDWARE = { [1] = "Ethernet", [6] = "IEEE 802 network", [7] = "ARCNET", [15] = "Frame Relay",
  [16] = "ATM", [20] = "serial line", [24] = "FireWire", [27] = "EUI-64", [32] = "InfiniBand" }

function fields.hardware(number)
  return HARDWARE[number] or ("hardware type %d"):format(number)
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function ip(view, name)
  local number = view:number(name)
  return ("%d.%d.%d.%d"):format(number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255)
end

local say = {}

function say.op(view)
  local op = view:number("op")
  if op == 1 then return "request: a client speaks" end
  if op == 2 then return "reply: a server speaks" end
  return ("%d: neither request (1) nor reply (2)"):format(op)
end

function say.htype(view)
  return fields.hardware(view:number("htype"))
end

function say.hlen(view)
  local hlen = view:number("hlen")
  if hlen > 16 then return ("%d octets: more than the 16 that chaddr has"):format(hlen) end
  return "a hardware address of " .. plural(hlen, "octet")
end

function say.hops(view)
  local hops = view:number("hops")
  if hops == 0 then return "no relay agent has counted itself here" end
  return plural(hops, "relay agent") .. " passed it on"
end

function say.xid(view)
  local who = view.is_reply and "repeated from the client's message"
    or "the client chose it, replies repeat it"
  return ("0x%08x: transaction id, %s"):format(view:number("xid"), who)
end

function say.secs(view)
  local secs = view:number("secs")
  if view.is_reply then return secs == 0 and "not used in replies" or plural(secs, "second") end
  return plural(secs, "second") .. " since the client began to ask"
end

function say.flags(view)
  local flags = view:number("flags")
  local text = flags & 0x8000 ~= 0
    and "broadcast bit set: reply by broadcast, I cannot receive at an address I do not have yet"
    or "broadcast bit not set: replies may be sent to the client alone"
  if flags & 0x7fff ~= 0 then text = text .. "; bits that must be zero are set" end
  return text
end

local function say_address(zero, given)
  return function(view, name)
    local address = ip(view, name)
    return address .. ": " .. (address == "0.0.0.0" and zero or given)
  end
end

say.ciaddr = say_address("the client names no address of its own", "the address the client has and uses")
say.siaddr = say_address("no server to boot from", "the server to boot from next")
say.giaddr = say_address("no relay agent in between", "the relay agent that replies go to")

function say.yiaddr(view, name)
  local address = ip(view, name)
  if address ~= "0.0.0.0" then
    local promise = { offer = "the address the server offers", ack = "the address the client now has" }
    return address .. ": " .. (promise[view.type] or "the address meant for the client")
  end
  return address .. (view.is_reply and ": no address is given here" or ": only servers fill this in")
end

function say.chaddr(view)
  local bytes = view:bytes("chaddr"):sub(1, view:number("hlen"))
  if bytes == "" then return "no hardware address" end
  local text = bytes:gsub(".", function(octet) return (":%02x"):format(octet:byte()) end)
  return text:sub(2) .. ": the client's hardware address"
end

-- The readable part of sname or file; view.overload tells which of them hold options.
local function say_text(what)
  return function(view, name)
    if view.overload[name] then return "holds options, see below (option 52)" end
    local text = view:bytes(name):match("^[^\0]*")
    if text == "" then return "empty: " .. what end
    return ('%s: "%s"'):format(what, layout.printable(text, view.utf8))
  end
end

say.sname = say_text("the server's host name")
say.file = say_text("the boot file's name")

function say.cookie(view)
  if view:number("cookie") == 0x63825363 then return "magic cookie: DHCP options follow" end
  return "not the magic cookie 63 82 53 63: what follows are not DHCP options"
end

-- The meaning of field `name` in this message.
function fields.say(view, name)
  return say[name](view, name)
end

return fields
