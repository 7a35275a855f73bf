-- Pages of help on the interface for scripts, one for each of its names (help/names.lua).

local names = require "dhcplab.help.names"
local text = require "dhcplab.help.text"

local interface = {}

-- Types as people read them: the last of several behind "or", the others with commas.
local function words_of(type)
  local words = type:gsub("dhcp%.", ""):gsub("%?$", "|nil"):gsub("^T$", "any")
  local bars = select(2, words:gsub("|", ""))
  return (words:gsub("%s*|%s*", ", ", bars - 1):gsub("%s*|%s*", " or "))
end

-- Paragraphs, each behind an empty line; items of lists follow without one.
local function add_doc(lines, doc)
  for paragraph in (doc .. "\n"):gmatch("([^\n]+)\n") do
    local item = paragraph:match("^%- (.*)$")
    if not item then lines[#lines + 1] = "" end
    local first = #lines + 1
    text.wrapped(lines, item or paragraph, item and 4 or 2)
    if item then lines[first] = "  - " .. lines[first]:sub(5) end
  end
end

local function described(member)
  local type = words_of(member.type)
  return member.doc ~= "" and type .. ": " .. member.doc or type
end

-- name, text of each: two columns as wide as the names, within limits.
local function add_rows(lines, heading, rows)
  if not rows[1] then return end
  local width = 8
  for _, row in ipairs(rows) do width = math.max(width, math.min(#row[1], 26)) end
  lines[#lines + 1] = ""
  text.wrapped(lines, heading, 0)
  for _, row in ipairs(rows) do text.row(lines, row[1], row[2], width) end
end

local function signature(entry)
  local params = {}
  for i, param in ipairs(entry.params) do params[i] = param.optional and "[" .. param.name .. "]" or param.name end
  return ("%s(%s)"):format(entry.name, table.concat(params, ", "))
end

local function add_function(lines, entry)
  lines[#lines + 1] = signature(entry)
  add_doc(lines, entry.doc)
  local takes, gives = {}, {}
  for i, param in ipairs(entry.params) do takes[i] = { param.name, described(param) } end
  for i, result in ipairs(entry.returns) do
    gives[i] = { result.name or words_of(result.type), result.name and described(result) or result.doc }
  end
  add_rows(lines, "Takes", takes)
  add_rows(lines, "Gives", gives)
end

local function member_rows(fields)
  local rows = {}
  for i, field in ipairs(fields) do rows[i] = { field.name, described(field) } end
  return rows
end

local function methods_of(var)
  local rows = {}
  for _, name in ipairs(names.all()) do
    if name.kind == "function" and var and name.label:match("^(.*)[.:][^.:]+$") == var then
      rows[#rows + 1] = { signature(name.entry):match("[^.:]+%(.*"), name.gist }
    end
  end
  return rows
end

local function add_class_page(lines, name)
  local class = name.entry
  if name.is_settings then
    add_rows(lines, ("Settings: %s{ ... }"):format(name.label), member_rows(class.shown))
    return
  end
  if not lines[1] then lines[1] = name.label end
  add_doc(lines, class.doc)
  add_rows(lines, class.var and class.var:find("^dhcp") and "Functions" or "Methods", methods_of(class.var))
  add_rows(lines, "Fields", member_rows(class.shown))
end

local function values_of(alias)
  local values = {}
  for _, name in ipairs(names.all()) do
    if name.kind == "value" and name.of == alias then values[#values + 1] = name.label end
  end
  return values
end

-- Where values of an alias stand: "client.state".
local function places_of(alias)
  local places = {}
  for _, name in ipairs(names.all()) do
    local type = (name.kind == "field" or name.kind == "setting") and name.entry.type
    if type and names.mentions(type, alias) and not type:find("fun(", 1, true) then
      places[#places + 1] = name.label
    end
  end
  return places
end

local function add_value(lines, name)
  lines[#lines + 1] = name.label
  add_doc(lines, name.entry.doc)
  local places = places_of(name.of)
  lines[#lines + 1] = ""
  if places[1] then text.wrapped(lines, "A value of: " .. table.concat(places, ", "), 2) end
  text.wrapped(lines, "All of them: " .. table.concat(values_of(name.of), ", "), 2)
end

local function add_alias(lines, name)
  lines[#lines + 1] = name.label
  add_doc(lines, name.entry.doc)
  local rows = {}
  for _, each in ipairs(names.all()) do
    if each.kind == "value" and each.of == name.entry.name then rows[#rows + 1] = { each.label, each.gist } end
  end
  if name.entry.type ~= "" then
    lines[#lines + 1] = ""
    text.wrapped(lines, "In Lua: " .. words_of(name.entry.type), 2)
  end
  add_rows(lines, "Values", rows)
end

local function add_member(lines, name)
  local heading = name.kind == "setting" and ("%s{ %s = ... }"):format(name.owner, name.entry.name) or name.label
  if lines[1] then lines[#lines + 1] = "" end
  lines[#lines + 1] = heading
  add_doc(lines, described(name.entry))
end

-- What makes it, what that takes, what it then is.
local function place_on_page(name)
  if name.kind == "function" or name.entry.calls and name.entry.calls[1] then return 1 end
  return name.is_settings and 2 or 3
end

local function page_order(list)
  local sorted = {}
  for place = 1, 3 do
    for _, name in ipairs(list) do
      if place_on_page(name) == place then sorted[#sorted + 1] = name end
    end
  end
  return sorted
end

local function page_of(list)
  local lines = {}
  for _, name in ipairs(page_order(list)) do
    if name.kind == "function" then add_function(lines, name.entry)
    elseif name.kind == "class" then add_class_page(lines, name)
    elseif name.kind == "value" then add_value(lines, name)
    elseif name.kind == "alias" then add_alias(lines, name)
    else add_member(lines, name) end
  end
  return lines
end

local function choice_page(query, list)
  local lines, seen = { query .. ": several things are called that" }, {}
  lines[2] = ""
  for _, name in ipairs(list) do
    local asked = names.ask_for(name)
    if not seen[asked] then
      seen[asked] = true
      text.row(lines, asked, name.gist, 28)
    end
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("    dhcplab help %s"):format(names.ask_for(list[1]))
  return lines
end

-- "See also: ...", one line of text, or nothing.
local function see_also(asked)
  if not asked[1] then return nil end
  local most <const> = 6
  local more = #asked > most and " ..." or ""
  return "See also: dhcplab help " .. table.concat(asked, ", ", 1, math.min(#asked, most)) .. more
end

-- The page for a name of the interface; nil when there is none.
function interface.page(query)
  local best, others = names.find(query)
  if not best[1] then return nil end
  local lines
  if #names.asked_for(best) > 1 then
    lines = choice_page(query, best)
  else
    lines = page_of(best)
    local owner = best[1].owner or best[1].label:match("^(.*)[.:][^.:]+$")
    local list = names.asked_for(others)
    if owner and owner ~= "dhcp" then table.insert(list, 1, owner:find("[.:]") and owner or "interface " .. owner) end
    local also = see_also(list)
    if also then
      lines[#lines + 1] = ""
      text.wrapped(lines, also, 0)
    end
  end
  return table.concat(lines, "\n")
end

-- A line that leads from another page of this name to the interface; nil when it has nothing of that name.
function interface.see_also(query)
  local best, others = names.find(query)
  table.move(others, 1, #others, #best + 1, best)
  return see_also(names.asked_for(best))
end

-- Every name that can be asked for.
function interface.list()
  local list, seen = {}, {}
  for _, name in ipairs(names.all()) do
    for _, word in ipairs { (names.ask_for(name):gsub("^interface ", "")), name.path[#name.path] } do
      if not seen[word] then
        seen[word] = true
        list[#list + 1] = word
      end
    end
  end
  return list
end

-- The table of contents: classes with their gist, and the functions of each.
function interface.index()
  local lines = { "interface: every function that scripts can call", "" }
  text.wrapped(lines, "Settings, fields, types and states have pages too: `dhcplab help client.timeout`, "
    .. "`dhcplab help duration`, `dhcplab help BOUND` (RFC 2131 4.4).", 0)
  for _, name in ipairs(names.all()) do
    if name.kind == "class" and name.entry.var then
      local rows = methods_of(name.entry.var)
      for _, row in ipairs(rows) do
        local joint = name.entry.var:find("^dhcp") and "." or ":"
        row[1] = name.entry.var .. joint .. row[1]
      end
      add_rows(lines, name.gist, rows)
    end
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "    dhcplab help client:acquire       one of them at length; acquire will do"
  return table.concat(lines, "\n")
end

return interface
