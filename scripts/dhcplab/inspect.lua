-- The nodes of a world as they stand now, a line each, for people: `dhcplab run --step`, `dhcplab repl`. Looking
-- changes nothing.

local client_text = require("dhcplab.trace").client_text

local inspect = {}

-- "at 12.5 s", "never"
local function moment(at)
  return at == math.huge and "never" or ("at %.10g s"):format(at)
end

local function role_of(node)
  if node.subnets then return "server" end
  if node.below or node.relay then return "relay" end
  return node.role
end

-- "client BOUND 192.168.1.100 (renews at 1800 s, ends at 3600 s)"
function inspect.client(node)
  local lease = node.lease
  if not lease then return ("%s %s"):format(node.name, node.state) end
  return ("%s %s %s (renews %s, ends %s)"):format(node.name, node.state, lease.address, moment(lease.renewal),
    moment(lease.expires))
end

-- What a record becomes when its time is over.
local after_end <const> = { offered = "free", bound = "expired", declined = "free" }

-- A server's record: "192.168.1.100 bound to 02:00:00:00:00:01 (ends at 3600 s)".
function inspect.lease(lease, now)
  local state, client, after = lease.state, client_text(lease.client), after_end[lease.state]
  local is_held = after and lease.expires > now
  local whose = client and (is_held and " to " or ", last of ") .. client or ""
  local ends = is_held and (" (ends %s)"):format(moment(lease.expires)) or ""
  return ("%s %s%s%s"):format(lease.address, is_held and state or after or state, whose, ends)
end

-- All of them.
function inspect.leases(server)
  local lines, now = {}, server.clock:now()
  for i, lease in ipairs(server:records()) do lines[i] = inspect.lease(lease, now) end
  return lines
end

-- What it is, unless its name says so: "client ada", "client2".
local function label(role, node)
  return node.name:find("^" .. role) and "" or role .. " "
end

-- Any node in a line: what it is and what matters about it; nil when it is none.
function inspect.node(value)
  local is_node = type(value) == "table" and type(rawget(value, "name")) == "string" and rawget(value, "world")
  local role = is_node and role_of(value)
  if not role then return nil end
  local what = label(role, value)
  if role == "client" then return ("%s%s, mac %s"):format(what, inspect.client(value), value.mac) end
  what = ("%s%s at %s"):format(what, value.name, value.address or value.endpoint or "?")
  if role ~= "server" then return what end
  local count = #inspect.leases(value)
  return ("%s, gives out %s, %d record%s"):format(what, value.subnets[1].pool_text, count, count == 1 and "" or "s")
end

return inspect
