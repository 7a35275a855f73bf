-- The judge on tables 3 and 5: silent about correct packets, and each cell broken once. The ids in
-- these names say which rule is meant; none is claimed (no brackets), as nothing here shows that a
-- server or a client of ours keeps to it.
local t = require "harness"
local rules = require "dhcplab.rules"
local x = require "exchange"
local after, case, correct, lines = x.after, x.case, x.correct, x.lines
local SERVER, ADDRESS, ALL, NONE = x.SERVER, x.ADDRESS, x.ALL, x.NONE

local kinds = { "discover", "offer", "selecting", "ack", "nak", "init-reboot", "renewing", "rebinding", "decline",
  "release", "inform", "inform_ack" }

for _, kind in ipairs(kinds) do
  correct(kind .. " as the RFC has it", kind)
  correct(kind .. " as the RFC has it, judged with all that came before", kind, nil, nil, { complete = true })
end

-- A value for any option that is not to be there.
local samples = { { "requested_ip", ADDRESS }, { "lease_time", 60 }, { "parameter_request_list", { 1 } },
  { "max_message_size", 1500 }, { "server_id", SERVER }, { "vendor_class_id", "x" }, { "message", "x" },
  { "renewal_time", 20 }, { "rebinding_time", 30 }, { "rapid_commit", "" }, { "ipv6_only_preferred", 300 },
  { "ntp_servers", { SERVER } } }

for _, column in ipairs(kinds) do
  for _, sample in ipairs(samples) do
    local option = sample[1]
    local cell = rules.option(column, option)
    -- server_id would make a REQUEST in INIT-REBOOT one in SELECTING.
    local is_other = column == "init-reboot" and option == "server_id"
    if cell.word:find("not$") and not is_other then
      t.test(("%s: %s %s carry %s"):format(cell.rule, rules.titles[column], cell.word, option), function()
        local list = after(column, function(m)
          if option == "rapid_commit" then m.options:set_raw(80, "") else m.options[option] = sample[2] end
        end)
        local found, hit = x.see_all(list), false
        for _, breach in ipairs(found) do
          if breach.rule == cell.rule and breach.field == "options." .. option then
            hit = true
            t.equal(breach.level, cell.level)
          end
        end
        t.ok(hit, lines(found))
      end)
    end
  end
  for _, cell in ipairs(rules.wanted_options(column)) do
    local is_judged_elsewhere = cell.name == "message_type" or cell.name == "client_id"
      or column == "init-reboot" or column == "selecting" and cell.name ~= "requested_ip"
    if not is_judged_elsewhere then
      case(("%s %s carry %s"):format(rules.titles[column], cell.word, cell.name), cell.rule, "options." .. cell.name,
        column, function(m) m.options[cell.name] = nil end)
    end
  end
end

local spoiled = { op = 3, hops = 1, secs = 9, ciaddr = "10.7.7.7", yiaddr = "10.7.7.7", siaddr = "10.7.7.7" }
for _, column in ipairs(kinds) do
  for _, name in ipairs(rules.field_names(column)) do
    local cell = rules.field(column, name)
    local value = (cell.want == "nonzero" and NONE) or spoiled[name]
    if (cell.want == "zero" or cell.want == "nonzero" or cell.want == "copied or zero") and value
      and not (name == "ciaddr" and (column:find("^re[nb]") or column == "init-reboot")) then
      t.test(("%s: %s in %s is %s"):format(cell.rule, name, rules.titles[column], cell.want), function()
        local found, hit = x.see_all(after(column, function(m) m[name] = value end)), false
        for _, breach in ipairs(found) do hit = hit or breach.rule == cell.rule and breach.field == name end
        t.ok(hit, lines(found))
      end)
    end
  end
end

case("op of a reply is 2", "S-01", "op", "offer", function(m) m.op = 1 end)
case("op of a request is 1", "C-05", "op", "discover", function(m) m.op = 2 end)
case("htype is the request's", "S-01", "htype", "nak", function(m) m.htype = 6 end)
case("flags are the request's", "S-05", "flags", "offer", function(m) m.flags = 0x8000 end,
  function(p) p.dst = ALL .. ":68" end)
case("flags of a RELEASE are zero", "C-07", "flags", "release", function(m) m.broadcast = true end)
case("sname of a NAK is unused", "S-06", "sname", "nak", function(m) m.sname = "boot" end)
case("file of a DECLINE is unused", "C-12", "file", "decline", function(m) m.file = "kernel" end)
case("a REQUEST from no state", "S-30", "options", "init-reboot", function(m) m.options.requested_ip = nil end)
case("RENEWING without ciaddr is no state", "S-30", "options", "renewing", function(m) m.ciaddr = NONE end)
case("RENEWING with server_id", "C-03", "options.server_id", "renewing", function(m) m.options.server_id = SERVER end)
case("REBINDING with requested_ip", "C-04", "options.requested_ip", "rebinding",
  function(m) m.options.requested_ip = ADDRESS end)
correct("a DISCOVER may name a file and a server", "discover", function(m) m.file, m.sname = "kernel", "boot" end)
case("INIT-REBOOT with ciaddr", "C-04", "options.requested_ip", "init-reboot", function(m) m.ciaddr = ADDRESS end)

t.done()
