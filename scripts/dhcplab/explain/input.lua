-- Where the packets to explain come from: capture files, hex on the command line, files or standard input.
--
-- input.open gives a source: `source.next()` is the next packet, { bytes, frame, time, time_ns, src, dst,
-- is_dhcp }, or nil at the end; `source.counts` tells what else was there; `source.broken` what stopped it
-- early.  In a capture, a packet is DHCP when its payload has the magic cookie in its place,
-- whatever the ports (RFC 2131 3), or when it runs between the ports of DHCP (RFC 2131 4.1).

local core = require "dhcplab.core"
local hexdump = require "dhcplab.hexdump"
local problem = require "dhcplab.problem"

local input = {}

local COOKIE = "\x63\x82\x53\x63"
local COOKIE_AT = 236
local LINKS = { 1, 101, 113, 276 } -- Ethernet, bare IP, and Linux' two "cooked" kinds
local CAPTURE_MAGIC = {            -- the first four octets of pcap (two byte orders, two clocks) and pcapng
  ["\xd4\xc3\xb2\xa1"] = true, ["\xa1\xb2\xc3\xd4"] = true, ["\x4d\x3c\xb2\xa1"] = true,
  ["\xa1\xb2\x3c\x4d"] = true, ["\x0a\x0d\x0d\x0a"] = true,
}

local function has_cookie(payload)
  return payload:sub(COOKIE_AT + 1, COOKIE_AT + 4) == COOKIE
end

local function has_dhcp_port(packet)
  for _, endpoint in ipairs { packet.src, packet.dst } do
    local port = endpoint:match(":(%d+)$")
    if port == "67" or port == "68" then return true end
  end
  return false
end

local function new_source()
  return { counts = { udp = 0, arp = 0, cut = 0, other = 0 } }
end

-- The DHCP packet in a captured frame, or nil after counting what it is instead.
local function dissect(record, counts)
  local packet, word = core.frame(record.link, record.frame)
  if not packet then
    local kind = word == "short" and "cut" or "other"
    counts[kind] = counts[kind] + 1
    return nil
  elseif packet.kind ~= "udp" then
    counts.arp = counts.arp + 1
    return nil
  elseif not has_cookie(packet.payload) and not has_dhcp_port(packet) then
    counts.udp = counts.udp + 1
    return nil
  end
  return { bytes = packet.payload, frame = record.number, time = record.time, time_ns = record.time_ns,
    src = packet.src, dst = packet.dst, bad_checksum = packet.bad_checksum or nil, is_dhcp = true }
end

-- Packets of one capture after another.
local function capture_source(paths, close)
  local source, place, reader = new_source(), 0, nil
  local function stop(code, why)
    if reader then reader:close() end
    reader, place, source.broken = nil, #paths, code and problem.new(code, why)
    close()
  end
  local function next_record()
    while true do
      local record, word
      if reader then record, word = reader:next() end
      if record then return record end
      if word then
        local what = word == "short" and "the file ends inside a packet" or "the file is damaged (" .. word .. ")"
        stop("E504", ("%s: %s; what came before it is shown"):format(paths[place], what))
        return nil
      end
      if reader then reader:close() end
      place, reader = place + 1, nil
      if place > #paths then return stop() end
      local opened, _, text = core.open_capture(paths[place])
      if not opened then
        return stop("E307", ("cannot read %s: %s"):format(paths[place], text))
      end
      reader = opened
    end
  end
  function source.next()
    while true do
      local record = next_record()
      if not record then return nil end
      local packet = dissect(record, source.counts)
      if packet then return packet end
    end
  end
  return source
end

-- Hex may be a message, or a whole frame around one, with or without its Ethernet header.
local function unwrap(bytes)
  if has_cookie(bytes) then return { bytes = bytes, is_dhcp = true } end
  for _, link in ipairs(LINKS) do
    local packet = core.frame(link, bytes)
    if packet and packet.kind == "udp" and (has_cookie(packet.payload) or has_dhcp_port(packet)) then
      return { bytes = packet.payload, src = packet.src, dst = packet.dst,
        bad_checksum = packet.bad_checksum or nil, is_dhcp = true }
    end
  end
  return { bytes = bytes, is_dhcp = false }
end

local function list_source(list)
  local source, place = new_source(), 0
  function source.next()
    place = place + 1
    if not list[place] then return nil end
    local packet = unwrap(list[place])
    packet.frame = place
    return packet
  end
  return source
end

local function hex_source(text, what)
  local list, wrong = hexdump.parse(text)
  if not list then return nil, problem.new("E501", what .. wrong) end
  return list_source(list)
end

-- A text or a raw message; captures are not read this way.
local function content_source(content, what)
  if has_cookie(content) then return list_source { content } end
  if content:find("\0", 1, true) then
    return nil, problem.new("E503", what .. "neither a capture (pcap, pcapng), nor a DHCP message, nor hex")
  end
  return hex_source(content, what)
end

local function file_source(paths)
  for i, path in ipairs(paths) do
    local file = io.open(path, "rb")
    local start, why = file:read(4)
    if why then
      file:close()
      return nil, problem.new("E307", ("cannot read %s: %s"):format(path, why))
    end
    if not CAPTURE_MAGIC[start or ""] then
      file:seek("set", 0)
      local content = file:read("a")
      file:close()
      if #paths > 1 then
        return nil, problem.new("E503", path .. ": of several files, each must be a capture (pcap, pcapng)")
      end
      return content_source(content, path .. ": ")
    end
    file:close()
    if i == #paths then return capture_source(paths, function() end) end
  end
end

-- Standard input is read to its end; a capture goes through a file, because the reader takes one.
local function stdin_source(stdin)
  local content = stdin:read("a") or ""
  if not CAPTURE_MAGIC[content:sub(1, 4)] then
    return content_source(content, "standard input: ")
  end
  local path = os.tmpname()
  local file, why = io.open(path, "wb")
  if not file or not file:write(content) or not file:close() then
    os.remove(path)
    return nil, problem.new("E305", ("cannot keep standard input in %s: %s"):format(path, why or "no room"))
  end
  local source = capture_source({ path }, function() os.remove(path) end)
  return source
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- A word that was meant as a file: it has a slash, or ends as files do, or cannot be opened for another reason
-- than that it is not there.
local function looks_like_file(word)
  return word:find("/", 1, true) or word:match("%.%a%w*$")
end

-- words: file names, hex, or "-".  Returns a source; or nil and a problem.
function input.open(list, stdin)
  if #list == 0 or #list == 1 and list[1] == "-" then
    if #list == 0 and stdin == io.stdin and core.isatty(0) then
      return nil, problem.new("E204", "give hex, a capture file, or - for standard input")
    end
    return stdin_source(stdin)
  end
  local files = 0
  for _, word in ipairs(list) do
    if exists(word) then
      files = files + 1
    elseif files > 0 or looks_like_file(word) then
      local _, why = io.open(word, "rb")
      return nil, problem.new("E307", "cannot open " .. why)
    end
  end
  if files == #list then return file_source(list) end
  return hex_source(table.concat(list, " "), "")
end

return input
