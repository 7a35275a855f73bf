-- `dhcplab explain`: any bytes, field by field and option by option, for people and for programs.
--
--   explain.message(bytes, options)  text for a person (explain/page.lua)
--   explain.record(bytes, meta)      one packet as a table (explain/record.lua)
--   explain.json(record)             that table as one line of JSON
--   explain.run(args)                the command; returns its exit status
-- Nothing is ever refused for what its octets are: what is broken is shown, and listed under the faults with the
-- rule that it breaks.

local input = require "dhcplab.explain.input"
local page = require "dhcplab.explain.page"
local problem = require "dhcplab.problem"
local record = require "dhcplab.explain.record"
local term = require "dhcplab.term"

local explain = { message = page, record = record.new, json = record.json, KEYS = record.KEYS }

local NARROW, WIDE = 80, 100 -- the text fits the terminal within these

local function plural(count, one, many)
  return ("%d %s"):format(count, count == 1 and one or many)
end

-- What was passed over, in one line; nil when there is nothing to say.
local function tell_passed_over(counts)
  local parts = {}
  if counts.udp > 0 then parts[#parts + 1] = plural(counts.udp, "other UDP packet", "other UDP packets") end
  if counts.arp > 0 then parts[#parts + 1] = plural(counts.arp, "ARP packet", "ARP packets") end
  if counts.cut > 0 then parts[#parts + 1] = plural(counts.cut, "frame cut short", "frames cut short") end
  if counts.other > 0 then parts[#parts + 1] = plural(counts.other, "other frame", "other frames") end
  if #parts == 0 then return nil end
  return "passed over: " .. table.concat(parts, ", ")
end

-- One packet after another; how many were DHCP.
local function write_all(source, out, format, t)
  local shown, count = 0, 0
  local width = math.max(NARROW, math.min(t.width, WIDE))
  for packet in source.next do
    if packet.is_dhcp then count = count + 1 end
    if format == "json" then
      out:write(record.json(record.new(packet.bytes, packet)), "\n")
    else
      packet.term, packet.width = t, width
      out:write(shown > 0 and "\n\n" or "", page(packet.bytes, packet), "\n")
    end
    shown = shown + 1
  end
  return count
end

-- args: input (the words on the command line), format ("text" or "json"), color, ascii, quiet; and
-- for tests stdin, out, err and what term.new takes.  Returns 0; 1 when there was no DHCP message;
-- 2 for wrong usage, text that is not hex for instance; 3 for what cannot be read.
function explain.run(args)
  local out, err = args.out or io.stdout, args.err or io.stderr
  local function complain(text)
    err:write("dhcplab explain: ", text, "\n")
  end
  local function refuse(what)
    complain(require("dhcplab.failure").describe(what))
    return what.exit
  end
  local source, refused = input.open(args.input or {}, args.stdin or io.stdin)
  if not source then return refuse(refused) end
  local t = term.new { color = args.color, ascii = args.ascii, stream = out, env = args.env,
    isatty = args.isatty, columns = args.columns }
  local count = write_all(source, out, args.format, t)
  local passed_over = tell_passed_over(source.counts)
  if passed_over and not args.quiet then complain(passed_over) end
  if source.broken then return refuse(source.broken) end
  if count == 0 then return refuse(problem.new("E502", "no DHCP message found")) end
  return 0
end

return explain
