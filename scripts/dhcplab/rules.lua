-- Tables 3, 4 and 5 of RFC 2131 as data: what each message may carry, field by field and option by option.
--
--   rules.field("offer", "ciaddr")         { want = "zero", rule = "S-02", level = "MUST", source = ... }
--   rules.option("nak", 51)                { word = "must not", rule = "S-08", ... }; a name does as well as a code
--   rules.destination("selecting")         { want = "broadcast", rule = "C-02", ... }
--   rules.column(message, request_type)    which column a message is held against, such as "init-reboot"
--
-- Columns are message types, where tables tell them apart: an ACK to INFORM is "inform_ack", and a REQUEST is one
-- of the four states of table 4.  The server, the client, the judge and `explain` all read from here.  Corrections
-- made to the RFC's own tables, each marked where it stands: RFC 6842 for client_id; what later RFCs add; and these
-- readings of ours: 50 stands in DISCOVER too (table 5 against 3.5); REBINDING counts with RENEWING for 50 (table 5
-- forgets it); the option rows of DECLINE and RELEASE hold although the field is called unused; 55 is not repeated
-- there (table 5 against 4.3.2).

local core = require "dhcplab.core"
local requirements = require "dhcplab.requirements"

local rules = {}

rules.server_columns = { "offer", "ack", "inform_ack", "nak" }
rules.client_columns = {
  "discover", "inform", "selecting", "init-reboot", "renewing", "rebinding", "decline", "release",
}

-- How a sentence calls the column's message.
rules.titles = {
  offer = "an OFFER", ack = "an ACK", inform_ack = "an ACK to an INFORM", nak = "a NAK",
  discover = "a DISCOVER", inform = "an INFORM", selecting = "a REQUEST in SELECTING",
  ["init-reboot"] = "a REQUEST in INIT-REBOOT", renewing = "a REQUEST in RENEWING",
  rebinding = "a REQUEST in REBINDING", decline = "a DECLINE", release = "a RELEASE",
}

-- Which requirement speaks for the four states of a REQUEST.
local state_rules = { selecting = "C-02", ["init-reboot"] = "C-01", renewing = "C-03", rebinding = "C-04" }

local table_3, table_4, table_5 = "RFC 2131 4.3.1, table 3", "RFC 2131 4.3.6, table 4", "RFC 2131 4.4.1, table 5"

-- Values: "request" and "reply" (op 1 and 2), "zero", "nonzero", "copied" (from the request), "copied or zero",
-- "copied, broadcast set" (the NAK through a relay), "broadcast" (no flag but that bit), "unused" (zeros, unless
-- overload says that options stand there), "any".
local server_fields = {
  --  field      OFFER      ACK               ACK to INFORM     NAK
  { "op",       "reply",   "reply",          "reply",          "reply",   rule = "S-01" },
  { "htype",    "copied",  "copied",         "copied",         "copied",  rule = "S-01" },
  { "hlen",     "copied",  "copied",         "copied",         "copied",  rule = "S-01" },
  { "hops",     "zero",    "zero",           "zero",           "zero",    rule = "S-01" },
  { "xid",      "copied",  "copied",         "copied",         "copied",  rule = "S-01" },
  { "secs",     "zero",    "zero",           "zero",           "zero",    rule = "S-01" },
  { "flags",    "copied",  "copied",         "copied",         "copied, broadcast set", rule = "S-05" },
  { "ciaddr",   "zero",    "copied or zero", "copied or zero", "zero",    rule = "S-02" },
  { "yiaddr",   "nonzero", "nonzero",        "zero",           "zero",    rule = "S-03",
    inform_ack = { rule = "S-52", level = "SHOULD", source = "RFC 2131 4.3.5" } },
  { "siaddr",   "any",     "any",            "any",            "zero",    rule = "S-04" },
  { "giaddr",   "copied",  "copied",         "copied",         "copied",  rule = "S-05" },
  { "chaddr",   "copied",  "copied",         "copied",         "copied",  rule = "S-05" },
  { "sname",    "any",     "any",            "any",            "unused",  rule = "S-06" },
  { "file",     "any",     "any",            "any",            "unused",  rule = "S-06" },
}

local server_options = {
  --  option                     OFFER       ACK         to INFORM   NAK
  { "requested_ip",             "must not", "must not", "must not", "must not", rule = "S-07" },
  { "lease_time",               "must",     "must",     "must not", "must not", rule = "S-08" },
  { "overload",                 "may",      "may",      "may",      "must not", rule = "S-10" },
  { "message_type",             "must",     "must",     "must",     "must",     rule = "M-04" },
  { "parameter_request_list",   "must not", "must not", "must not", "must not", rule = "S-07" },
  -- The table has "should" in all columns; there is something to say in a NAK only (RFC 2132 9.9).
  { "message",                  "may",      "may",      "may",      "should",   rule = "S-11" },
  -- RFC 6842 3 in place of "must not", "must not", "may".
  { "client_id",                "copied",   "copied",   "copied",   "copied",   rule = "S-14", source = "RFC 6842 3" },
  { "vendor_class_id",          "may",      "may",      "may",      "may",      rule = "S-12" },
  { "server_id",                "must",     "must",     "must",     "must",     rule = "S-09" },
  { "max_message_size",         "must not", "must not", "must not", "must not", rule = "S-07" },
  -- "Lease time parameters" of 3.4 are these two as well.
  { "renewal_time",             "may",      "may",      "must not", "must not", rule = "S-13",
    inform_ack = { rule = "S-52", source = "RFC 2131 3.4" } },
  { "rebinding_time",           "may",      "may",      "must not", "must not", rule = "S-13",
    inform_ack = { rule = "S-52", source = "RFC 2131 3.4" } },
  { "relay_agent_information",  "copied",   "copied",   "copied",   "copied",   rule = "E-01",
    source = "RFC 3046 2.2" },
  { "authentication",           "may",      "may",      "may",      "may",      rule = "S-15", source = "RFC 3118 5" },
  { "subnet_selection",         "may",      "may",      "may",      "may",      rule = "E-04", source = "RFC 3011 2" },
  { "rapid_commit",             "must not", "may",      "must not", "must not", rule = "E-10", source = "RFC 4039 3" },
  { "others",                   "may",      "may",      "may",      "must not", rule = "S-13" },
}

local client_fields = {
  --  field     DISCOVER  INFORM     SELECTING  INIT-REBOOT  RENEWING   REBINDING  DECLINE    RELEASE
  { "op",     "request", "request", "request", "request", "request", "request", "request", "request", rule = "C-05" },
  { "hops",   "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",   rule = "C-05" },
  { "secs",   "any",     "any",     "any",     "any",     "any",     "any",     "zero",    "zero",   rule = "C-07" },
  { "flags", "broadcast", "broadcast", "broadcast", "broadcast", "broadcast", "broadcast", "zero", "zero",
    rule = "M-05", decline = { rule = "C-07" }, release = { rule = "C-07" } },
  { "ciaddr", "zero",    "nonzero", "zero",    "zero",    "nonzero", "nonzero", "zero",    "nonzero", rule = "C-08",
    states = true },
  { "yiaddr", "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",   rule = "C-05" },
  { "siaddr", "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",   rule = "C-05" },
  { "giaddr", "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",    "zero",   rule = "C-05" },
  -- Only DECLINE and RELEASE: a booting client may name the server and the file it wants (table 1, RFC 951 7.1).
  { "sname",  "any",     "any",     "any",     "any",     "any",     "any",     "unused",  "unused", rule = "C-12" },
  { "file",   "any",     "any",     "any",     "any",     "any",     "any",     "unused",  "unused", rule = "C-12" },
}

local client_options = {
  --  option                   DISCOVER  INFORM   SELECTING  INIT-REBOOT  RENEWING  REBINDING  DECLINE    RELEASE
  { "requested_ip", "may", "must not", "must", "must", "must not", "must not", "must", "must not", rule = "C-09",
    states = true },
  { "lease_time", "may", "must not", "may", "may", "may", "may", "must not", "must not", rule = "C-10" },
  { "overload", "may", "may", "may", "may", "may", "may", "may", "may", rule = "M-10" },
  { "message_type", "must", "must", "must", "must", "must", "must", "must", "must", rule = "M-04" },
  { "client_id", "may", "may", "may", "may", "may", "may", "may", "may", rule = "C-13" },
  { "vendor_class_id", "may", "may", "may", "may", "may", "may", "must not", "must not", rule = "C-12" },
  { "server_id", "must not", "must not", "must", "must not", "must not", "must not", "must", "must", rule = "C-11",
    states = true },
  { "parameter_request_list", "may", "may", "may", "may", "may", "may", "must not", "must not", rule = "C-12" },
  -- The table has "may"; 3.5 says that a client should include it, which we ask of a conversation's first message.
  { "max_message_size", "should", "should", "may", "should", "may", "may", "must not", "must not", rule = "C-12",
    discover = { rule = "C-14", source = "RFC 2131 3.5" }, inform = { rule = "C-14", source = "RFC 2131 3.5" },
    ["init-reboot"] = { rule = "C-14", source = "RFC 2131 3.5" } },
  -- The table has "should" for RELEASE too; there is something to say in a DECLINE only (RFC 2132 9.9).
  { "message", "should not", "should not", "should not", "should not", "should not", "should not", "should", "may",
    rule = "C-12" },
  -- Relays put it there, on the way of any message.
  { "relay_agent_information", "may", "may", "may", "may", "may", "may", "may", "may", rule = "R-08" },
  { "authentication", "may", "may", "may", "may", "may", "may", "may", "may", rule = "C-12", source = "RFC 3118 5" },
  { "subnet_selection", "may", "may", "may", "may", "may", "may", "may", "may", rule = "E-04", source = "RFC 3011 2" },
  { "rapid_commit", "may", "must not", "must not", "must not", "must not", "must not", "must not", "must not",
    rule = "E-10", source = "RFC 4039 3" },
  { "ipv6_only_preferred", "must not", "must not", "must not", "must not", "must not", "must not", "must not",
    "must not", rule = "E-12", source = "RFC 8925 3.1" },
  { "others", "may", "may", "may", "may", "may", "may", "must not", "must not", rule = "C-12" },
}

-- Table 4 and 4.4.4: "broadcast", "server" (unicast to it), or one of both where the client may know its server.
local destinations = {
  { "discover",    "broadcast or server", rule = "C-37", source = "RFC 2131 4.4.4", level = "SHOULD" },
  { "inform",      "broadcast or server", rule = "C-34", source = "RFC 2131 4.4.3", level = "SHOULD" },
  { "selecting",   "broadcast",           rule = "C-02", source = table_4 },
  { "init-reboot", "broadcast or server", rule = "C-01", source = "RFC 2131 4.4.4" },
  { "renewing",    "server",              rule = "C-03", source = table_4 },
  { "rebinding",   "broadcast",           rule = "C-04", source = table_4 },
  { "decline",     "broadcast",           rule = "C-32", source = "RFC 2131 4.4.4" },
  { "release",     "server",              rule = "C-33", source = "RFC 2131 4.4.4", level = "SHOULD" },
}

-- The level of a word; a value of a field is a plain statement, and counts as MUST.
local levels = { ["should"] = "SHOULD", ["should not"] = "SHOULD", ["may"] = "MAY" }

-- Turns rows with one value a column into cells[column][name].
local function read_table(cells, columns, rows, source, key)
  for place, column in ipairs(columns) do
    cells[column] = cells[column] or {}
    for _, row in ipairs(rows) do
      local name, value = row[1], row[place + 1]
      local special = row[column] or {}
      local by_state = row.states and state_rules[column]
      cells[column][name] = {
        name = name,
        [key] = value,
        rule = special.rule or by_state or row.rule,
        level = special.level or levels[value] or "MUST",
        source = special.source or by_state and table_4 or row.source or source,
      }
    end
  end
end

local fields, options = {}, {}
read_table(fields, rules.server_columns, server_fields, table_3, "want")
read_table(fields, rules.client_columns, client_fields, table_5, "want")
read_table(options, rules.server_columns, server_options, table_3, "word")
read_table(options, rules.client_columns, client_options, table_5, "word")

-- By code as well, so that a look-up needs no name.
local by_code = {}
for column, cells in pairs(options) do
  by_code[column] = {}
  for name, cell in pairs(cells) do
    if name ~= "others" then by_code[column][assert(core.option(name), name).code] = cell end
  end
end

local goals = {}
for _, row in ipairs(destinations) do
  goals[row[1]] = { want = row[2], rule = row.rule, level = row.level or "MUST", source = row.source }
end

local function known(column)
  return rules.titles[column] and column or error(("there is no column %q"):format(tostring(column)), 3)
end

-- What the tables say about a header field; nil where they say nothing (xid of a client).
function rules.field(column, name)
  return fields[known(column)][name]
end

-- What the tables say about an option, by name or code; the row "others" where it has none of its own.
function rules.option(column, which)
  known(column)
  if math.type(which) == "integer" then return by_code[column][which] or options[column].others end
  local cell = options[column][which]
  if cell then return cell end
  local info = core.option(which)
  return info and by_code[column][info.code] or options[column].others
end

local wanted_of, names_of = {}, {} -- made once: a judge asks for each packet

-- The codes that must or should be there, in the order of the table. Not to be changed.
function rules.wanted_options(column)
  known(column)
  if wanted_of[column] then return wanted_of[column] end
  local wanted = {}
  for _, row in ipairs(rules.is_reply(column) and server_options or client_options) do
    local cell = options[column][row[1]]
    if cell.word == "must" or cell.word == "should" then wanted[#wanted + 1] = cell end
  end
  wanted_of[column] = wanted
  return wanted
end

-- The names of the header fields that the tables speak of, in wire order. Not to be changed.
function rules.field_names(column)
  if names_of[column] then return names_of[column] end
  local names = {}
  for _, row in ipairs(rules.is_reply(known(column)) and server_fields or client_fields) do
    names[#names + 1] = row[1]
  end
  names_of[column] = names
  return names
end

function rules.destination(column)
  return goals[known(column)]
end

function rules.is_reply(column)
  return column == "offer" or column == "ack" or column == "inform_ack" or column == "nak"
end

-- The state that a REQUEST speaks from (4.3.2).  Where its parts contradict each other, the state that most of them
-- point to, so that a judge can say what is wrong; nil where nothing points anywhere.  `broadcast` (or relayed)
-- tells REBINDING.
function rules.request_state(message, broadcast)
  local has_server, has_address = message.options:has(54), message.options:has(50)
  local has_ciaddr = message.ciaddr ~= "0.0.0.0"
  if has_server and (has_address or not has_ciaddr) then return "selecting" end
  if has_ciaddr then return broadcast and "rebinding" or "renewing" end
  return has_address and "init-reboot" or nil
end

-- The column for a message: its type, with REQUEST and ACK told apart; nil for types without a table, and for a
-- REQUEST that fits no state.  `answers` is the type of the request where it is known.
function rules.column(message, answers, broadcast)
  local kind = message.type
  if kind == "request" then return rules.request_state(message, broadcast) end
  if kind == "ack" then
    -- Not knowing the request, an ACK without an address can only answer an INFORM (4.3.5).
    if not answers and message.yiaddr == "0.0.0.0" then answers = "inform" end
    return answers == "inform" and "inform_ack" or "ack"
  end
  return rules.titles[kind] and kind or nil
end

-- The sentence of a requirement, for those who have a rule's id only.
function rules.text(id)
  local row = requirements[id]
  return row and row.text
end

return rules
