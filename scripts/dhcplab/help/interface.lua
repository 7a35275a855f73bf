-- The interface for scripts by name: every function, setting, field, class, state and kind, from the annotations that
-- editors read (editor.lua).
--
-- A name is a path of words: client:acquire is { "client", "acquire" }; dhcp. in front does not count. What one asks
-- for is the end of a path: "acquire" will do. Capitals count where there is a choice: BOUND is a client's state,
-- "bound" a server's record.

local editor = require "dhcplab.editor"
local luacats = require "dhcplab.help.luacats"
local text = require "dhcplab.help.text"

local interface = {}

-- What people call things, as the annotations do.
local also_called <const> = { network = "net", lan = "net", m = "message", self = "server", func = "function" }

local function normal(word) return (word:gsub("[- ]", "_")) end

-- "dhcp.server" to { "server" }, "client:acquire()" to { "client", "acquire" }.
local function path_of(label)
  local path = {}
  for word in label:gsub("[({].*$", ""):gsub("^dhcp%.(.)", "%1"):gmatch("[^.:]+") do
    word = normal(word)
    path[#path + 1] = also_called[word] or word
  end
  return path
end

-- The first sentence, without its full stop.
local function gist_of(doc)
  local first = doc:match("^[^\n]*")
  return (first:match("^(.-%.)%s%u") or first):gsub("%.$", "")
end

-- Types as people read them: the last of several behind "or", the others with commas.
local function words_of(type)
  local words = type:gsub("dhcp%.", ""):gsub("%?$", "|nil"):gsub("^T$", "any")
  local bars = select(2, words:gsub("|", ""))
  return (words:gsub("%s*|%s*", ", ", bars - 1):gsub("%s*|%s*", " or "))
end

-- Names -----------------------------------------------------------------------------------------------------------

-- Whether a type speaks of a class.
local function mentions(type, class) return type:find("%f[%w_.]" .. class:gsub("%.", "%%.") .. "%f[^%w_.]") ~= nil end

-- What takes a table of settings: "dhcp.server", "net:drop"; else the settings that have such tables as values.
local function takers_of(class, entries)
  local takers, fields = {}, {}
  for _, entry in ipairs(entries) do
    for _, call in ipairs(entry.calls or {}) do
      if mentions(call, class.name) then takers[#takers + 1] = entry.var end
    end
    for _, param in ipairs(entry.params or {}) do
      if mentions(param.type, class.name) then takers[#takers + 1] = entry.name end
    end
    for _, field in ipairs(entry.fields or {}) do
      if mentions(field.type, class.name) then fields[#fields + 1] = field.name end
    end
  end
  return takers[1] and takers or { fields[1] }
end

-- How a class is called, which may be in several ways, and whether its fields are settings.
local function labels_of(class, entries)
  if class.var then return { class.var }, false end
  if class.name:find("Settings$") then return takers_of(class, entries), true end
  local is_table = class.name:find("Fields$") ~= nil
  local short = class.name:match("[^.]+$"):gsub("Fields$", ""):gsub("(%l)(%u)", "%1_%2"):lower()
  return { is_table and takers_of(class, entries)[1] or short }, is_table
end

-- The fields of a class, and of the settings that it extends.
local function all_fields(class, by_name)
  local fields = { table.unpack(class.fields) }
  for _, parent in ipairs(class.parents) do
    for _, field in ipairs(by_name[parent].var and {} or all_fields(by_name[parent], by_name)) do
      fields[#fields + 1] = field
    end
  end
  return fields
end

local function lower(path)
  local made = {}
  for i, word in ipairs(path) do made[i] = word:lower() end
  return made
end

local function add(names, label, kind, entry, more)
  local path = path_of(label)
  local name = { label = label, path = path, lower = lower(path), kind = kind, entry = entry,
                 gist = gist_of(entry.doc) }
  for key, value in pairs(more or {}) do name[key] = value end
  names[#names + 1] = name
end

local function add_class(names, class, entries, by_name)
  local labels, is_settings = labels_of(class, entries)
  class.shown = all_fields(class, by_name)
  for _, label in ipairs(labels) do
    add(names, label, "class", class, { is_settings = is_settings })
    for _, field in ipairs(class.shown) do
      if not field.name:find("^%[") then
        add(names, label .. "." .. field.name, is_settings and "setting" or "field", field, { owner = label })
      end
    end
  end
end

local all

-- Every name, in the order of the annotations.
local function names()
  if all then return all end
  local entries, by_name = luacats.read(editor.meta()), {}
  all = {}
  for _, entry in ipairs(entries) do by_name[entry.name] = entry end
  for _, entry in ipairs(entries) do
    if entry.kind == "class" and entry.name ~= "dhcp.OptionValues" then
      add_class(all, entry, entries, by_name)
    elseif entry.kind == "function" then
      add(all, entry.name, "function", entry)
    elseif entry.kind == "alias" then
      local kind = entry.name:gsub("%.[^.]+$", function(last) return entry.type:find('^"') and "" or last end)
      if not entry.type:find('^"') then add(all, kind:match("[^.]+$"):lower(), "alias", entry) end
      for _, value in ipairs(entry.values) do
        if value.doc ~= "" then add(all, value.value, "value", value, { of = kind }) end
      end
    end
  end
  return all
end

-- Looking up ------------------------------------------------------------------------------------------------------

-- Whether a path ends like that.
local function ends_with(path, wanted)
  for i = 1, #wanted do
    if path[#path - #wanted + i] ~= wanted[i] then return false end
  end
  return true
end

-- What has this name: the best matches, and the others. Best is the whole path as it was written, then the whole path
-- in other letters, then the end of paths.
local function find(query)
  local wanted = path_of(query)
  local in_lower = lower(wanted)
  local ranks = { {}, {}, {} }
  for _, name in ipairs(wanted[1] and names() or {}) do
    local whole = #name.path == #wanted
    local rank = ends_with(name.path, wanted) and (whole and 1 or 3)
      or ends_with(name.lower, in_lower) and (whole and 2 or 3)
    if rank then table.insert(ranks[rank], name) end
  end
  local best, others = {}, {}
  for _, rank in ipairs(ranks) do
    local into = best[1] and others or best
    table.move(rank, 1, #rank, #into + 1, into)
  end
  return best, others
end

-- How to ask for it, so that no topic, message or option is meant.
local function ask_for(name)
  local short = name.label:gsub("^dhcp%.(.+[.:])", "%1")
  if short:find("[.:]") or name.kind == "value" then return short end
  return "interface " .. short
end

-- Each path once, as one asks for it.
local function asked_for(list)
  local seen, asked = {}, {}
  for _, name in ipairs(list) do
    local key = table.concat(name.path, ".")
    if not seen[key] then
      seen[key] = true
      asked[#asked + 1] = ask_for(name)
    end
  end
  return asked
end

-- Pages -----------------------------------------------------------------------------------------------------------

local function add_doc(lines, doc)
  for paragraph in (doc .. "\n"):gmatch("([^\n]+)\n") do
    if #lines > 0 and not paragraph:find("^%- ") or lines[#lines]:find("^%S") then lines[#lines + 1] = "" end
    local item = paragraph:match("^%- (.*)$")
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
  for _, name in ipairs(names()) do
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
  for _, name in ipairs(names()) do
    if name.kind == "value" and name.of == alias then values[#values + 1] = name.label end
  end
  return values
end

-- Where values of an alias stand: "client.state".
local function places_of(alias)
  local places = {}
  for _, name in ipairs(names()) do
    local type = (name.kind == "field" or name.kind == "setting") and name.entry.type
    if type and mentions(type, alias) and not type:find("fun(", 1, true) then
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
  for _, each in ipairs(names()) do
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
    local asked = ask_for(name)
    if not seen[asked] then
      seen[asked] = true
      text.row(lines, asked, name.gist, 28)
    end
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = ("    dhcplab help %s"):format(ask_for(list[1]))
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
  local best, others = find(query)
  if not best[1] then return nil end
  local lines
  if #asked_for(best) > 1 then
    lines = choice_page(query, best)
  else
    lines = page_of(best)
    local owner = best[1].owner or best[1].label:match("^(.*)[.:][^.:]+$")
    local list = asked_for(others)
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
  local best, others = find(query)
  table.move(others, 1, #others, #best + 1, best)
  return see_also(asked_for(best))
end

-- Every name that can be asked for.
function interface.list()
  local list, seen = {}, {}
  for _, name in ipairs(names()) do
    for _, word in ipairs { (ask_for(name):gsub("^interface ", "")), name.path[#name.path] } do
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
  for _, name in ipairs(names()) do
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
