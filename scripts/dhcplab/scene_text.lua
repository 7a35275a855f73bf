-- A scene (scene.lua) as a Lua script: `dhcplab search` plays it, --show prints it, `dhcplab shrink` writes it to a
-- file.

local function value_text(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  if math.type(value) == "float" then return ("%.14g"):format(value) end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

-- A table with these keys. `more`: what else stands in it, as Lua text.
local function table_text(t, order, more)
  local parts = {}
  for _, key in ipairs(order) do
    if t[key] ~= nil then parts[#parts + 1] = ("%s = %s"):format(key, value_text(t[key])) end
  end
  parts[#parts + 1] = more
  return parts[1] and "{ " .. table.concat(parts, ", ") .. " }" or "{}"
end

local server_keys <const> = { "name", "lease_time", "offer_hold", "decline_hold", "probe", "rapid_commit",
                              "authoritative", "skew" }
local client_keys <const> = { "name", "mac", "start", "probe", "broadcast", "new_xid", "rapid_commit",
                              "keep_after_reboot", "skew" }
local relay_keys <const> = { "name", "circuit_id", "remote_id" }
local fault_keys <const> = { "latency", "jitter", "loss", "duplicate", "reorder", "reorder_by", "corrupt", "truncate",
                             "capacity" }
local replay_keys <const> = { "link", "k", "kind", "detail" }

-- What a network that changes messages makes meaningless: another address or lease time than the server gave may come
-- to the client, and a reply fits the request that came, not the one that was sent.
local altering <const> = { "one client per address", "server outlasts client", "lawful packets" }

local function is_altering(made)
  if made.faults.corrupt or made.faults.truncate then return true end
  for _, fault in ipairs(made.replay or {}) do
    if fault.kind == "corrupt" or fault.kind == "truncate" then return true end
  end
  return false
end

local function network_lines(made, add)
  local settings = next(made.faults) and table_text(made.faults, fault_keys)
  if settings then add("dhcp.lan:set %s", settings) end
  if made.replay and made.replay[1] then
    add("dhcp.lan:replay {")
    for _, fault in ipairs(made.replay) do
      add("  %s,", table_text(fault, replay_keys, fault.net ~= "lan" and ("net = %q"):format(fault.net) or nil))
    end
    add("}")
  end
  for i, what in ipairs(made.choices or {}) do
    if what == "delay" then
      add("dhcp.lan:delay { nth = %d, by = 5 }", i)
    elseif what ~= "deliver" then
      add("dhcp.lan:%s { nth = %d }", what, i)
    end
  end
  if made.relay then add("local far = dhcp.network %s", table_text(made.faults, fault_keys, 'name = "far"')) end
end

local function server_text(server)
  local pools = ("pool = %q"):format(server.pool)
  if server.far_pool then pools = ("subnets = { { %s }, { pool = %q } }"):format(pools, server.far_pool) end
  return "swarm.server " .. table_text(server, server_keys, pools)
end

local RELAY <const> = 'from = far, to = dhcp.lan, address = "10.0.0.1", server_address = "192.168.1.1"'

local function node_lines(made, add)
  local used = {}
  for _, event in ipairs(made.events) do used[event.who or ""] = true end
  local function node(name, text) add("%s%s", used[name] and ("local %s = "):format(name) or "", text) end
  for _, server in ipairs(made.servers) do node(server.name, server_text(server)) end
  if made.relay then node(made.relay.name, "dhcp.relay " .. table_text(made.relay, relay_keys, RELAY)) end
  for _, client in ipairs(made.clients) do
    node(client.name, "swarm.client " .. table_text(client, client_keys, client.far and "network = far" or nil))
  end
end

local function event_line(event)
  local more = event.way and (", %q"):format(event.way) or event.far and ", far" or ""
  local who = event.what == "squat" and ("%q"):format(event.address) or event.who
  return ("swarm.%s(%s, %s, %s%s)"):format(event.what, who, value_text(event.at), value_text(event.seconds), more)
end

-- The scene as a script. options: heading (lines of comment), test (a name: it becomes a test with its seed).
return function(made, options)
  options = options or {}
  local lines, margin = {}, ""
  local function add(format, ...)
    local line = select("#", ...) > 0 and format:format(...) or format
    lines[#lines + 1] = line == "" and "" or margin .. line
  end
  for _, line in ipairs(options.heading or { ("Seed %d of a search."):format(made.seed) }) do add("-- %s", line) end
  add('local dhcp = require "dhcplab"')
  add('local swarm = require "dhcplab.swarm"')
  add("")
  if options.test then
    add("dhcp.test(%q, { seeds = %d }, function()", options.test, made.seed)
    margin = "  "
  end
  if is_altering(made) then
    for _, name in ipairs(altering) do add("dhcp.invariant(%q, false) -- packets are altered", name) end
  end
  if made.script then add("dofile(%q)", made.script) end
  network_lines(made, add)
  node_lines(made, add)
  for _, event in ipairs(made.events) do add("%s", event_line(event)) end
  add("dhcp.sleep(%s)", value_text(made.length))
  if made.patience then add("swarm.await(%s)", value_text(made.patience)) end
  margin = ""
  if options.test then add("end)") end
  return table.concat(lines, "\n") .. "\n"
end
