-- `dhcplab help [TOPIC]`: pages of text, from seven sources.
--
-- What is told at length stands in help/guide.lua, help/reference.lua and help/classroom.lua, single words in
-- help/glossary.lua; message types and header fields come from explain/notes.lua, options from the core's catalogue, so
-- that what `explain` prints and what `help` says are one; error codes from mistakes.lua, rules from requirements.lua;
-- the interface for scripts from the annotations that editors read (help/interface.lua).  Every page fits 80 columns,
-- and every claim about the protocol names its section.

local classroom = require "dhcplab.help.classroom"
local core = require "dhcplab.core"
local glossary = require "dhcplab.help.glossary"
local guide = require "dhcplab.help.guide"
local interface = require "dhcplab.help.interface"
local layout = require "dhcplab.layout"
local mistakes = require "dhcplab.mistakes"
local notes = require "dhcplab.explain.notes"
local problem = require "dhcplab.problem"
local reference = require "dhcplab.help.reference"
local suggest = require "dhcplab.suggest"
local term = require "dhcplab.term"
local text = require "dhcplab.help.text"

local help = {}

local wrapped, row = text.wrapped, text.row

-- Pages made from data ----------------------------------------------------------------------------------------

local function message_page(name)
  local note = notes.messages[name]
  local lines = { ("%s (option 53 = %d): %s"):format(name:upper(), note.number, note.gist), "" }
  wrapped(lines, note.text:gsub("\n", " "), 2)
  if note.after then
    lines[#lines + 1] = ""
    wrapped(lines, "Then: " .. note.after, 2)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("  From: %s.  Defined in: %s."):format(note.from, note.source)
  return table.concat(lines, "\n")
end

local function messages_page()
  local lines = { "The messages of DHCP: option 53 says which one it is (RFC 2132 9.6)", "" }
  for _, name in ipairs(notes.message_order) do
    local note = notes.messages[name]
    row(lines, ("%2d %s"):format(note.number, name:upper()), note.gist .. " (" .. note.source .. ")", 18)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help discover             one of them at length"
  return table.concat(lines, "\n")
end

local function field_of(name)
  for _, field in ipairs(core.fields()) do
    if field.name == name then return field end
  end
end

local function octets(count)
  return count == 1 and "1 octet (byte)" or ("%d octets (bytes)"):format(count)
end

local function field_page(name)
  local field, note = field_of(name), notes.fields[name]
  local lines = { ("%s: %s"):format(name, note.title), "" }
  wrapped(lines, note.text:gsub("\n", " "), 2)
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("  A header field of %s at offset %d.  Defined in: %s."):format(octets(field.size),
    field.offset, note.source)
  if name ~= "cookie" then lines[#lines + 1] = ("  In scripts: m.%s"):format(name) end
  return table.concat(lines, "\n")
end

local function fields_page()
  local lines = { "The header: every message begins with these fields (RFC 2131 2)", "",
    "  offset octets  name    what it is" }
  for _, field in ipairs(core.fields()) do
    lines[#lines + 1] = ("  %6d %6d  %-6s  %s"):format(field.offset, field.size, field.name,
      notes.fields[field.name].title)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help xid                  one of them at length"
  return table.concat(lines, "\n")
end

-- "4 octets", "at least 1 octet", "a multiple of 4 octets, at least 4"
local function length_rule(option)
  local most, least = option.max, option.min
  if most == least then return octets(least) end
  local steps = option.multiple > 1 and ("in steps of %d octets, "):format(option.multiple) or ""
  if most then return steps .. ("%d to %d octets (bytes)"):format(least, most) end
  return steps .. "at least " .. octets(least)
end

local function option_page(option)
  local lines = { ("option %d, %s: %s"):format(option.code, option.name, option.text), "" }
  local note = notes.options[option.code]
  if note then
    wrapped(lines, note:sub(1, 1):upper() .. note:sub(2) .. ".", 2)
    lines[#lines + 1] = ""
  end
  if option.type == "none" then
    lines[#lines + 1] = "  A single octet: it has no length and no value."
  else
    row(lines, "value", ("%s; %s"):format(option.shape, length_rule(option)), 13)
    row(lines, "in scripts", ("m.options.%s or m.options[%d]"):format(option.name, option.code), 13)
  end
  row(lines, "defined in", option.source, 13)
  if #option.aliases > 0 then row(lines, "also known as", table.concat(option.aliases, ", "), 13) end
  return table.concat(lines, "\n")
end

local function options_page()
  local lines = { "The options: what a message carries behind its header (RFC 2132)", "",
    "Each is a code (one octet), a length (one octet) and that many octets of value.",
    "Which message it is, is option 53; the address itself is in the header (yiaddr).", "" }
  for _, option in ipairs(core.catalogue()) do
    row(lines, ("%3d %s"):format(option.code, option.name), ("%s (%s)"):format(option.text, option.source), 32)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help option lease_time    one of them at length, by name or number"
  return table.concat(lines, "\n")
end

-- A rule that --strict and tests hold packets against.
local function rule_page(rule)
  local level = rule.level == "LAB" and "rule of this lab" or rule.level
  local lines = { ("%s: a %s for the %s"):format(rule.id, level, rule.role), "" }
  wrapped(lines, rule.text:sub(1, 1):upper() .. rule.text:sub(2) .. ".", 2)
  if rule.na then wrapped(lines, "Does not apply here: " .. rule.na .. ".", 2) end
  if rule.source:find("^RFC") then
    lines[#lines + 1] = ""
    wrapped(lines, "From: " .. rule.source .. ".", 2)
  end
  return table.concat(lines, "\n")
end

local function glossary_page()
  local lines = { "Words: what the output and the help mean by them", "" }
  for _, word in ipairs(glossary.words) do row(lines, word[1], word[2], 17) end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help lease                one of them, or more about it"
  return table.concat(lines, "\n")
end

local function word_page(name)
  local word, meaning = glossary.find(name)
  if not word then return nil end
  local lines = { word, "" }
  wrapped(lines, meaning:sub(1, 1):upper() .. meaning:sub(2) .. ".", 2)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help glossary             all words"
  return table.concat(lines, "\n"), word
end

-- Finding a page ------------------------------------------------------------------------------------------------

local GENERATED = {
  { name = "glossary", gist = "the words, each in a line; `help lease` for one", page = glossary_page },
  { name = "messages", gist = "all message types; `help discover` for one", page = messages_page },
  { name = "fields", gist = "the header; `help xid` for one field", page = fields_page },
  { name = "options", gist = "all options; `help lease_time` or `help 51` for one", page = options_page },
  { name = "errors", gist = "all error codes; `help E103` for one", page = mistakes.index },
  { name = "interface", gist = "all functions for scripts; `help acquire` for one", page = interface.index },
}

-- Looked up with "_" for "-" and spaces.
local ALIASES = { faq = "questions", real = "real-dhcp", real_dhcp = "real-dhcp", dora = "handshake",
  exit = "exit-status", status = "exit-status", exit_status = "exit-status", script = "scripts",
  pcap = "trace", virtual = "worlds", seed = "worlds", world = "worlds", time = "worlds",
  message_types = "messages", header = "fields", functions = "interface" }

local function topics()
  local out = {}
  for _, list in ipairs { guide, GENERATED, reference, classroom } do
    for _, topic in ipairs(list) do
      out[#out + 1] = topic
    end
  end
  return out
end

-- The names of all topics, in the order in which one would read them.
function help.list()
  local names = {}
  for i, topic in ipairs(topics()) do
    names[i] = topic.name
  end
  return names
end

local function index()
  local lines = { "dhcplab is a laboratory for DHCP, the protocol that gives computers their",
    "addresses. It runs real DHCP servers and clients, and scripts that change what",
    "they do. Nothing on this machine is changed.", "", "Begin with:",
    "    dhcplab                           play the handshake and explain it",
    "    dhcplab help handshake            what it was that you saw", "",
    "Topics, each for `dhcplab help TOPIC`:" }
  for _, topic in ipairs(topics()) do
    row(lines, topic.name, topic.gist, 12)
  end
  lines[#lines + 1] = ""
  wrapped(lines, "And by its name every message (discover), header field (xid), option (lease_time, 51), function "
    .. "of scripts (client:acquire), setting (server.pool), state of a client (BOUND), rule of the RFCs (S-31). "
    .. "Flags: dhcplab --help, dhcplab server --help and so on.", 0)
  return table.concat(lines, "\n")
end

local function find_topic(name)
  name = ALIASES[name:gsub("[- ]", "_")] or name
  for _, topic in ipairs(topics()) do
    if topic.name == name then
      return topic.page and topic.page() or topic.name .. ": " .. topic.gist .. "\n\n" .. topic.text, name
    end
  end
end

local function find_rule(name)
  local rule = require("dhcplab.requirements")[name:upper()]
  if rule then return rule_page(rule), nil end
end

local function find_option(name)
  local option = core.option(math.tointeger(tonumber(name)) or name)
  if option then return option_page(option), option.name end
end

-- Each gives a page and the usual name of what is on it, or nothing.
local FINDERS = {
  error = mistakes.page,
  topic = find_topic,
  message = function(name) if notes.messages[name] then return message_page(name), name end end,
  field = function(name) if notes.fields[name] then return field_page(name), name end end,
  option = find_option,
  rule = find_rule,
  interface = interface.page,
  word = word_page,
}

-- Every name that help knows, for guessing what was meant: what is read most stands first.
function help.names()
  local names = help.list()
  for _, name in ipairs(notes.message_order) do names[#names + 1] = name end
  for _, field in ipairs(core.fields()) do names[#names + 1] = field.name end
  for _, option in ipairs(core.catalogue()) do names[#names + 1] = option.name end
  for _, option in ipairs(core.catalogue()) do
    for _, alias in ipairs(option.aliases) do names[#names + 1] = alias end
  end
  for _, word in ipairs(glossary.words) do names[#names + 1] = word[1]:lower() end
  return table.move(interface.list(), 1, 1000, #names + 1, names)
end

-- A page with the names that the interface has for what is on it.
local function with_links(page, name)
  local also = name and interface.see_also(name)
  return also and page .. "\n\n" .. table.concat(layout.wrap(also, 78), "\n") or page
end

local function find_any(name, given)
  for _, way in ipairs { "error", "topic", "message", "field", "option", "rule" } do
    local page, usual = FINDERS[way](name)
    if not page then page, usual = FINDERS[way]((name:gsub("^dhcp", ""))) end
    if page then return with_links(page, usual) end
  end
  local word = glossary.find(name)
  local is_state = word and not word:find("%l") -- the interface tells more of those
  if word and not (is_state and interface.page(given)) then return with_links(word_page(name), name) end
  return interface.page(given)
end

-- The page for a topic, a message, a field, an option, a rule, a name of the interface or a word ("option message" for
-- one whose name is another thing's too), without a line end; the index without a name.  nil and what to say when there
-- is none.
function help.topic(name)
  local given = (name or ""):match("^%s*(.-)%s*$")
  name = given:lower()
  if name == "" then return index() end
  local kind, rest = name:match("^(%a+)%s+(.+)$")
  if kind and FINDERS[kind] then
    local page, usual = FINDERS[kind](kind == "interface" and given:sub(-#rest) or rest)
    if page then return with_links(page, usual) end
  end
  local page = find_any(name, given)
  if page then return page end
  local code = math.tointeger(tonumber(rest or name))
  if code and code >= 0 and code <= 255 then
    return nil, ("option %d is not in the catalogue: nobody has given it a meaning"):format(code)
  end
  local near = name:find("^e%d+$") and "errors" or suggest(rest and FINDERS[kind] and rest or name, help.names())
  return nil, ('there is no help on "%s"%s'):format(layout.printable(name),
    near and ("; did you mean `dhcplab help %s`?"):format(near) or "")
end

-- The command.  options: out, err, and what term.new takes.  Returns 0, or 2 for an unknown topic.
function help.run(name, options)
  options = options or {}
  local out, err = options.out or io.stdout, options.err or io.stderr
  local page, wrong = help.topic(name)
  if not page then
    err:write("dhcplab: ", require("dhcplab.failure").describe(problem.new("E207", wrong)), "\n")
    return 2
  end
  local t = term.new { color = options.color, ascii = options.ascii, stream = out, env = options.env,
    isatty = options.isatty, columns = options.columns }
  local title, rest = page:match("^([^\n]*)(.*)$")
  out:write(t:paint("title", title), rest, "\n")
  return 0
end

return help
