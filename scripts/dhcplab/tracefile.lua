-- --trace FILE: what happens, as JSON Lines, one object per event.
--
-- tracefile.KEYS is the schema: the keys in their order on the line. A key without a value is left out, and new keys
-- may come at the end. `dhcplab help trace` says what each means and which event has it. Times are seconds since the
-- run began.

local json = require "dkjson"
local problem = require "dhcplab.problem"

local tracefile = {}

tracefile.KEYS = { "at", "seq", "event", "from", "to", "src", "dst", "rfc_dst", "type", "xid", "cause", "text",
                   "state", "before", "address", "client", "expires", "hex" }

-- What notes are called inside the library, where they differ from the schema.
local EVENTS <const> = { ["drop-note"] = "drop" }

local function to_hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- Microseconds are the clock's; math.huge stays.
local function round(seconds)
  return seconds < 1e15 and math.floor(seconds * 1e6 + 0.5) / 1e6 or seconds
end

-- The object of one event, as a table; `expires` may be math.huge.
function tracefile.object(event, record, with_hex)
  local message = record.message
  return {
    at = round(record.at), seq = record.seq, event = EVENTS[event] or event, from = record.from, to = record.to,
    src = record.src, dst = record.dst, rfc_dst = record.rfc_dst,
    type = record.type or message and message.type,
    xid = message and ("0x%08x"):format(message.xid) or nil,
    cause = record.cause or record.reason, text = record.text,
    state = record.state or event == "state" and record.text or nil, before = record.before,
    address = record.address, client = record.client, expires = record.expires and round(record.expires),
    hex = with_hex and message and to_hex(message:bytes() or "") or nil,
  }
end

local function number_text(value)
  if value == math.huge then return "null" end
  return math.type(value) == "integer" and tostring(value) or ("%.14g"):format(value)
end

local function quote(text)
  if not text:find('[^ !#-%[%]-~]') then return '"' .. text .. '"' end -- most need nothing
  return json.quotestring(text)
end

-- One line of JSON, without its end.
function tracefile.line(event, record, with_hex)
  local object, parts = tracefile.object(event, record, with_hex), {}
  for _, key in ipairs(tracefile.KEYS) do
    local value = object[key]
    if value ~= nil then
      local text = type(value) == "number" and number_text(value) or quote(tostring(value))
      parts[#parts + 1] = '"' .. key .. '":' .. text
    end
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

-- Writes every event of `world` to the file; returns the function that closes it: true, or nil and why.
function tracefile.attach(world, path, with_hex)
  local file, why
  if path == "-" then
    file = io.stdout
  else
    file, why = io.open(path, "w")
    if not file then
      error(problem.new("E305", ("cannot write the trace: %s"):format(why), "give another file: --trace FILE"))
    end
  end
  local first_problem
  world.trace.wants_leases = true
  world.trace:add_sink(function(event, record)
    local ok, message = file:write(tracefile.line(event, record, with_hex), "\n")
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
