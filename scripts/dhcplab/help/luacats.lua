-- Reads LuaCATS annotations (those of meta/): classes with their fields, functions, aliases, in the order of the text.
--
-- A class is { kind = "class", name, parents, var, doc, fields, calls }, where `var` is the variable that carries its
-- methods, if any, and `calls` the types of its @overloads; a function { kind = "function", name, doc, params,
-- returns }; an alias { kind = "alias", name, type, doc, values }. A field, a parameter or a result is { name, type,
-- optional, doc }; a value { value, doc }. `doc` is text: a line end begins a new paragraph.
-- Only what meta/ uses is known; anything else is an error, so that nothing of it is lost unseen.

local luacats = {}

local closing <const> = { ["("] = ")", ["["] = "]", ["{"] = "}", ["<"] = ">" }

-- A type and what follows it. Blanks belong to a type inside brackets and quotes, and beside "|", ":" and ",".
function luacats.split_type(text)
  local depth, quoted, at = 0, false, 1
  while at <= #text do
    local char = text:sub(at, at)
    if char == '"' then
      quoted = not quoted
    elseif not quoted and closing[char] then
      depth = depth + 1
    elseif not quoted and char:find("[])}>]") then
      depth = depth - 1
    elseif char == " " and not quoted and depth == 0 and not text:sub(1, at - 1):find("[|:,]%s*$")
      and not text:find("^%s*|", at) then
      break
    end
    at = at + 1
  end
  return text:sub(1, at - 1), (text:sub(at):match("^%s*(.-)%s*$"))
end

-- Lines of documentation as text: blank ones and list items begin paragraphs.
local function join(lines)
  local text = ""
  for _, line in ipairs(lines) do
    local ends = text == "" or text:sub(-1) == "\n"
    if line == "" then
      if not ends then text = text .. "\n" end
    elseif line:find("^%- ") and not ends then
      text = text .. "\n" .. line
    else
      text = text .. (ends and "" or " ") .. line
    end
  end
  return text
end

-- "name? type text", with documentation that stood before.
local function member(rest, before)
  local name, optional, more = rest:match("^(%b[])(%??)%s+(.*)$")
  if not name then name, optional, more = rest:match("^([%w_%.]+)(%??)%s+(.*)$") end
  if not name then return nil end
  local type, doc = luacats.split_type(more)
  if before ~= "" then doc = before .. (doc ~= "" and " " .. doc or "") end
  return { name = name, type = type, optional = optional == "?", doc = doc }
end

-- A reader of lines: what has been read, and what is being read.
local Reader = {}
Reader.__index = Reader

function Reader:take_doc()
  local doc = join(self.doc)
  self.doc = {}
  return doc
end

function Reader:add(entry)
  self.entries[#self.entries + 1] = entry
  return entry
end

local tags = {}

function tags.class(reader, rest)
  local name, parents = rest:match("^([%w_%.]+)%s*:?%s*(.*)$")
  local class = reader:add { kind = "class", name = name, parents = {}, fields = {}, calls = {},
                             doc = reader:take_doc() }
  for parent in parents:gmatch("[%w_%.]+") do class.parents[#class.parents + 1] = parent end
  reader.class = class
end

function tags.field(reader, rest)
  local field = member(rest, reader:take_doc())
  table.insert(reader.class.fields, field)
  return field
end

function tags.overload(reader, rest)
  if reader.class then table.insert(reader.class.calls, rest) end
  return true
end

function tags.param(reader, rest)
  local param = member(rest, "")
  table.insert(reader.params, param)
  return param
end

tags["return"] = function(reader, rest)
  local type, more = luacats.split_type(rest)
  local name, doc = more:match("^([%w_%.]+)%s*(.*)$")
  table.insert(reader.returns, { name = name, type = type, doc = doc or "" })
end

function tags.alias(reader, rest)
  local name, type = rest:match("^([%w_%.]+)%s*(.*)$")
  reader.alias = reader:add { kind = "alias", name = name, type = type, doc = reader:take_doc(), values = {} }
  local value = type:match('^"([^"]+)"$')
  if value then reader.alias.values[1] = { value = value, doc = reader.alias.doc } end
end

function tags.meta() end
function tags.generic() end

local function read_tag(reader, line)
  local tag, rest = line:match("^%-%-%-@(%w+)%s*(.*)$")
  if not tag then return false end
  if not tags[tag] or tags[tag](reader, rest) == nil and (tag == "field" or tag == "param") then
    error("not understood: " .. line, 0)
  end
  return true
end

local function read_value(reader, line)
  local value, doc = line:match('^%-%-%-|%s*"([^"]+)"%s*#?%s*(.*)$')
  if value then
    table.insert(reader.alias.values, { value = value, doc = doc })
  elseif not line:find("^%-%-%-|") then
    return false
  end
  return true
end

local function read_code(reader, line)
  local name = line:match("^function ([%w_%.:]+)%(.*%) end$")
  if name then
    reader:add { kind = "function", name = name, doc = reader:take_doc(), params = reader.params,
                 returns = reader.returns }
  elseif reader.class then
    reader.class.var = line:match("^local ([%w_]+) = {}$") or line:match("^([%w_%.]+) = {}$")
  end
  reader.class, reader.alias, reader.params, reader.returns = nil, nil, {}, {}
end

-- All entries of a text.
function luacats.read(text)
  local reader = setmetatable({ entries = {}, doc = {}, params = {}, returns = {} }, Reader)
  for line in text:gmatch("([^\n]*)\n") do
    if not read_tag(reader, line) and not read_value(reader, line) then
      local doc = line:match("^%-%-%-%s?(.*)$")
      if doc then reader.doc[#reader.doc + 1] = doc else read_code(reader, line) end
    end
  end
  return reader.entries
end

return luacats
