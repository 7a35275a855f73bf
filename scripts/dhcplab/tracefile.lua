-- --trace FILE: what happens, as JSON Lines, one object per event with its keys in a fixed order.
--
-- at (seconds), seq, event ("send", "deliver", "drop", "state", "lease", "note"), from, to, src, dst, type, xid, cause;
-- text for notes; hex (the whole message) when asked for.

local json = require "dkjson"
local problem = require "dhcplab.problem"

local tracefile = {}

local order <const> = { "at", "seq", "event", "from", "to", "src", "dst", "rfc_dst", "type", "xid", "cause", "text", "hex" }

local function to_hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- The object of one event.
function tracefile.object(event, record, with_hex)
  if event == "drop-note" then event = "drop" end
  return {
    at = math.floor(record.at * 1e6 + 0.5) / 1e6, seq = record.seq, event = event, from = record.from, to = record.to,
    src = record.src, dst = record.dst, rfc_dst = record.rfc_dst,
    type = record.type or record.message and record.message.type,
    xid = record.message and ("0x%08x"):format(record.message.xid) or nil,
    cause = record.cause or record.reason, text = record.text,
    hex = with_hex and record.message and to_hex(record.message:bytes()) or nil,
  }
end

-- Writes every event of `world` to the file; returns the function that closes it: true, or nil and why.
function tracefile.attach(world, path, with_hex)
  local file, why
  if path == "-" then
    file = io.stdout
  else
    file, why = io.open(path, "w")
    if not file then
      error(problem.new(3, ("cannot write the trace: %s"):format(why), "give another file: --trace FILE"))
    end
  end
  local first_problem
  world.trace:add_sink(function(event, record)
    local ok, message = file:write(json.encode(tracefile.object(event, record, with_hex), { keyorder = order }), "\n")
    first_problem = first_problem or not ok and message
  end)
  return function()
    local ok, message
    if file == io.stdout then ok, message = file:flush() else ok, message = file:close() end
    first_problem = first_problem or not ok and message
    if first_problem then return nil, first_problem end
    return true
  end
end

return tracefile
