-- Tables 3, 4 and 5 as data: complete, in agreement with the requirements, and with the corrections that we
-- hold to.
-- No requirement is claimed here: that servers and clients keep to the tables is shown where they are tested.
local t = require "harness"
local core = require "dhcplab.core"
local requirements = require "dhcplab.requirements"
local rules = require "dhcplab.rules"

local columns = {}
for _, list in ipairs { rules.server_columns, rules.client_columns } do
  table.move(list, 1, #list, #columns + 1, columns)
end

local words = { must = "MUST", ["must not"] = "MUST", should = "SHOULD", ["should not"] = "SHOULD", may = "MAY",
  copied = "MUST" }

t.test("every requirement has an id, a role, a level, a source and a sentence, and no id comes twice", function()
  local roles = { codec = 1, transport = 1, server = 1, client = 1, relay = 1, option = 1 }
  local levels = { MUST = 1, SHOULD = 1, MAY = 1, LAB = 1 }
  local seen = {}
  for _, row in ipairs(requirements) do
    t.match(row.id, "^[MXSCREO]%-%d%d$")
    t.ok(not seen[row.id], row.id .. " is there once")
    seen[row.id] = true
    t.ok(roles[row.role], row.id .. " has a role")
    t.ok(levels[row.level], row.id .. " has a level")
    t.ok(#row.source > 3, row.id .. " has a source")
    t.match(row.text, "^%S.*%S$")
    t.ok(#row.text < 230, row.id .. " is one line")
    t.equal(requirements[row.id], row)
  end
end)

t.test("every cell names a requirement, a level and a source", function()
  for _, column in ipairs(columns) do
    for _, name in ipairs(rules.field_names(column)) do
      local cell = rules.field(column, name)
      t.ok(cell.want, column .. " " .. name)
      t.ok(requirements[cell.rule], column .. " " .. name .. " " .. tostring(cell.rule))
      t.match(cell.source, "^RFC %d+")
    end
    for code = 1, 254 do
      local cell = rules.option(column, code)
      t.ok(requirements[cell.rule], column .. " " .. code)
      t.equal(cell.level, words[cell.word], column .. " " .. code)
      t.match(cell.source, "^RFC %d+")
    end
    local goal = rules.destination(column)
    t.equal(goal == nil, rules.is_reply(column), column .. " has a destination if a client sends it")
    if goal then t.ok(requirements[goal.rule], column) end
  end
end)

t.test("an option is found by its code, its name and other programs' names", function()
  t.equal(rules.option("nak", 51).word, "must not")
  t.equal(rules.option("nak", "lease_time"), rules.option("nak", 51))
  t.equal(rules.option("nak", "dhcp-lease-time"), rules.option("nak", 51))
  t.equal(rules.option("nak", "routers").name, "others")
  t.equal(rules.option("nak", 250).word, "must not")
  t.equal(rules.option("offer", 250).word, "may")
end)

t.test("an unknown column is refused", function()
  t.error(function() rules.option("request", 51) end, "no column \"request\"")
  t.error(function() rules.field("offr", "op") end, "no column \"offr\"")
  t.error(function() rules.destination(nil) end, "no column")
end)

-- The RFC's own words, typed again from the other side: a row of the tables each.
local expected = {
  { "lease_time", offer = "must", ack = "must", inform_ack = "must not", nak = "must not", discover = "may",
    inform = "must not", selecting = "may", renewing = "may", decline = "must not", release = "must not" },
  { "requested_ip", offer = "must not", ack = "must not", nak = "must not", discover = "may", inform = "must not",
    selecting = "must", ["init-reboot"] = "must", renewing = "must not", rebinding = "must not", decline = "must",
    release = "must not" },
  { "server_id", offer = "must", ack = "must", inform_ack = "must", nak = "must", discover = "must not",
    inform = "must not", selecting = "must", ["init-reboot"] = "must not", renewing = "must not",
    rebinding = "must not", decline = "must", release = "must" },
  { "client_id", offer = "copied", ack = "copied", inform_ack = "copied", nak = "copied", discover = "may",
    release = "may" },
  { "parameter_request_list", offer = "must not", ack = "must not", nak = "must not", discover = "may",
    rebinding = "may", decline = "must not", release = "must not" },
  { "max_message_size", offer = "must not", nak = "must not", discover = "should", selecting = "may",
    decline = "must not" },
  { "message", nak = "should", offer = "may", discover = "should not", decline = "should", release = "may" },
  { "vendor_class_id", offer = "may", nak = "may", discover = "may", decline = "must not" },
  { "overload", offer = "may", ack = "may", nak = "must not", discover = "may" },
  { "routers", offer = "may", ack = "may", inform_ack = "may", nak = "must not", discover = "may",
    decline = "must not", release = "must not" },
  { "renewal_time", offer = "may", ack = "may", inform_ack = "must not", nak = "must not" },
  { "rapid_commit", offer = "must not", ack = "may", nak = "must not", discover = "may", selecting = "must not" },
  { "ipv6_only_preferred", offer = "may", discover = "must not", renewing = "must not" },
  { "authentication", nak = "may", release = "may" },
}

for _, row in ipairs(expected) do
  t.test("the tables' words for " .. row[1], function()
    for _, column in ipairs(columns) do
      if row[column] then t.equal(rules.option(column, row[1]).word, row[column], column) end
    end
  end)
end

t.test("the tables' values for ciaddr, yiaddr, secs and flags", function()
  local want = {
    ciaddr = { offer = "zero", ack = "copied or zero", nak = "zero", discover = "zero", inform = "nonzero",
      selecting = "zero", ["init-reboot"] = "zero", renewing = "nonzero", rebinding = "nonzero", decline = "zero",
      release = "nonzero" },
    yiaddr = { offer = "nonzero", ack = "nonzero", inform_ack = "zero", nak = "zero", discover = "zero" },
    secs = { offer = "zero", discover = "any", decline = "zero", release = "zero" },
    flags = { offer = "copied", nak = "copied, broadcast set", discover = "broadcast", decline = "zero" },
    giaddr = { offer = "copied", nak = "copied", renewing = "zero" },
  }
  for name, row in pairs(want) do
    for column, value in pairs(row) do t.equal(rules.field(column, name).want, value, column .. " " .. name) end
  end
end)

t.test("table 4's destinations", function()
  t.equal(rules.destination("selecting").want, "broadcast")
  t.equal(rules.destination("renewing").want, "server")
  t.equal(rules.destination("rebinding").want, "broadcast")
  t.equal(rules.destination("release").want, "server")
  t.equal(rules.destination("decline").want, "broadcast")
end)

t.test("wanted options are those with must and should, in the order of the table", function()
  local names = {}
  for _, cell in ipairs(rules.wanted_options("nak")) do names[#names + 1] = cell.name .. " " .. cell.word end
  t.equal(names, { "message_type must", "message should", "server_id must" })
  names = {}
  for _, cell in ipairs(rules.wanted_options("selecting")) do names[#names + 1] = cell.name end
  t.equal(names, { "requested_ip", "message_type", "server_id" })
end)

local function request(fields)
  fields.type, fields.mac = "request", "02:00:00:00:00:01"
  return core.message(fields)
end

t.test("a REQUEST belongs to the state that its parts point to", function()
  local address, server = "10.0.0.9", "10.0.0.1"
  local function state(fields, broadcast) return rules.request_state(request(fields), broadcast) end
  t.equal(state { options = { requested_ip = address, server_id = server } }, "selecting")
  t.equal(state { options = { requested_ip = address } }, "init-reboot")
  t.equal(state { ciaddr = address }, "renewing")
  t.equal(state({ ciaddr = address }, true), "rebinding")
  t.equal(state {}, nil)
  -- Mixtures: what most of it says.
  t.equal(state { options = { server_id = server } }, "selecting")
  t.equal(state { ciaddr = address, options = { server_id = server } }, "renewing")
  t.equal(state { ciaddr = address, options = { requested_ip = address } }, "renewing")
  t.equal(state { ciaddr = address, options = { requested_ip = address, server_id = server } }, "selecting")
end)

t.test("a message belongs to its column", function()
  local function column(fields, answers)
    fields.mac = "02:00:00:00:00:01"
    return rules.column(core.message(fields), answers)
  end
  t.equal(column { type = "discover" }, "discover")
  t.equal(column { type = "offer", op = 2 }, "offer")
  t.equal(column({ type = "ack", op = 2, yiaddr = "10.0.0.9" }, "request"), "ack")
  t.equal(column({ type = "ack", op = 2, yiaddr = "10.0.0.9" }, "inform"), "inform_ack")
  t.equal(column { type = "ack", op = 2 }, "inform_ack", "an ACK without an address")
  t.equal(column { type = "leasequery" }, nil)
  t.equal(column { type = 99 }, nil)
end)

t.done()
