-- The names of the interface for scripts: every function, setting, field, class, state and kind, from the annotations
-- that editors read (editor.lua), and how they are found.
--
-- A name is { label, path, kind, entry, gist }: what it is called, the same as words (client:acquire is { "client",
-- "acquire" }; dhcp. in front does not count), "function", "class", "field", "setting", "alias" or "value", and what
-- luacats.lua has read. What one asks for is the end of a path: "acquire" will do. Capitals count where there is a
-- choice: BOUND is a client's state, "bound" a server's record.

local editor = require "dhcplab.editor"
local luacats = require "dhcplab.help.luacats"

local names = {}

-- What people call things, as the annotations do.
local also_called <const> = { network = "net", lan = "net", m = "message", self = "server" }

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

-- Whether a type speaks of a class or an alias.
function names.mentions(type, name)
  return type:find("%f[%w_.]" .. name:gsub("%.", "%%.") .. "%f[^%w_.]") ~= nil
end

local mentions = names.mentions

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

-- "dhcp.PacketRecord" to "packet_record".
local function short_of(name) return (name:match("[^.]+$"):gsub("(%l)(%u)", "%1_%2"):lower()) end

-- How a class is called, which may be in several ways, and whether its fields are settings.
local function labels_of(class, entries)
  if class.var then return { class.var }, false end
  if class.name:find("Settings$") then return takers_of(class, entries), true end
  local is_table = class.name:find("Fields$") ~= nil
  local taker = is_table and takers_of(class, entries)[1]
  return { taker or short_of(class.name:gsub("Fields$", "")) }, is_table
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

local function add(list, label, kind, entry, more)
  local path = path_of(label)
  local name = { label = label, path = path, lower = lower(path), kind = kind, entry = entry,
                 gist = gist_of(entry.doc) }
  for key, value in pairs(more or {}) do name[key] = value end
  list[#list + 1] = name
end

local function add_class(list, class, entries, by_name)
  local labels, is_settings = labels_of(class, entries)
  class.shown = all_fields(class, by_name)
  for _, label in ipairs(labels) do
    add(list, label, "class", class, { is_settings = is_settings })
    for _, field in ipairs(class.shown) do
      if not field.name:find("^%[") then
        add(list, label .. "." .. field.name, is_settings and "setting" or "field", field, { owner = label })
      end
    end
  end
end

-- An alias, and its values. One that is a single word belongs to a larger one: dhcp.State.BOUND to dhcp.State.
local function add_alias(list, alias)
  local is_word = alias.type:find('^"') ~= nil
  local of = is_word and alias.name:match("^(.*)%.") or alias.name
  if not is_word then add(list, short_of(alias.name), "alias", alias) end
  for _, value in ipairs(alias.values) do
    if value.doc ~= "" then add(list, value.value, "value", value, { of = of }) end
  end
end

local all

-- Every name, in the order of the annotations.
function names.all()
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
      add_alias(all, entry)
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
function names.find(query)
  local wanted = path_of(query)
  local in_lower = lower(wanted)
  local ranks = { {}, {}, {} }
  for _, name in ipairs(wanted[1] and names.all() or {}) do
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
function names.ask_for(name)
  local short = name.label:gsub("^dhcp%.(.+[.:])", "%1")
  if short:find("[.:]") or name.kind == "value" then return short end
  return "interface " .. short
end

-- Each path once, as one asks for it.
function names.asked_for(list)
  local seen, asked = {}, {}
  for _, name in ipairs(list) do
    local key = table.concat(name.path, ".")
    if not seen[key] then
      seen[key] = true
      asked[#asked + 1] = names.ask_for(name)
    end
  end
  return asked
end

return names
