-- Writes Lua files and texts into one C file, so that the executable runs from any folder (see embedded.h).
--
--   lua5.4 bindings/embed.lua OUT.c PREFIX FILE... MODULE...
--
-- A FILE (.lua or .md) is named by its path without PREFIX; a MODULE (no slash, no .lua) is looked for where `require`
-- would, and named MODULE.lua.  A build tool: the Makefile calls it, nothing else does.

local out_path, prefix = arg[1], arg[2]
if not prefix then
  io.stderr:write("usage: embed.lua OUT.c PREFIX FILE... MODULE...\n")
  os.exit(2)
end

local function stop(message)
  io.stderr:write("embed.lua: ", message, "\n")
  os.exit(1)
end

-- The name inside the executable and the path on disk of one argument.
local function locate(argument)
  if argument:find("%.lua$") or argument:find("%.md$") then
    if argument:sub(1, #prefix) ~= prefix then stop(argument .. " is not below " .. prefix) end
    return argument:sub(#prefix + 1), argument
  end
  local path = package.searchpath(argument, package.path)
  if not path then stop("no Lua module '" .. argument .. "'; `sh tests/setup.sh build` installs it") end
  return argument .. ".lua", path
end

local function read(path)
  local file, why = io.open(path, "rb")
  if not file then stop(why) end
  local text = file:read("a")
  file:close()
  if path:find("%.lua$") then
    local ok, syntax = load(text:gsub("^#[^\n]*", ""), "@" .. path, "t")
    if not ok then stop(syntax) end
  end
  return text
end

-- Comma-separated octets, 32 to a line: string literals of this length are not portable C.
local function octets(text)
  local lines = {}
  for from = 1, #text, 32 do
    lines[#lines + 1] = "  " .. table.concat({ text:byte(from, from + 31) }, ",") .. ",\n"
  end
  return table.concat(lines) .. "  0\n"
end

-- A library module as Lua compiles it: loading that takes a fifth of the time that reading the text
-- takes. Scripts stay text only, since they are shown and copied. The chunk's name is the one that
-- bindings/main.c gives to the text.
local function compile(name, text)
  if not name:find("^dhcplab/") and name ~= "argparse.lua" and name ~= "dkjson.lua" then return "" end
  return string.dump(load(text:gsub("^#[^\n]*", ""), "=(dhcplab)/" .. name, "t"))
end

local entries, seen = {}, {}
for i = 3, #arg do
  local name, path = locate(arg[i])
  if seen[name] then stop(name .. " is there twice: " .. seen[name] .. " and " .. path) end
  seen[name] = path
  local text = read(path)
  entries[#entries + 1] = { name = name, text = text, code = compile(name, text) }
end
os.setlocale("C")
table.sort(entries, function(a, b) return a.name < b.name end)

local parts = { "/* Written by bindings/embed.lua. */\n#include \"embedded.h\"\n\n" }
for i, entry in ipairs(entries) do
  parts[#parts + 1] = ("static const unsigned char text_%d[] = {\n%s};\n"):format(i, octets(entry.text))
  parts[#parts + 1] = ("static const unsigned char code_%d[] = {\n%s};\n"):format(i, octets(entry.code))
end
parts[#parts + 1] = "\nconst struct lab_embedded lab_embedded[] = {\n"
for i, entry in ipairs(entries) do
  parts[#parts + 1] = ("  { %q, text_%d, %d, code_%d, %d },\n"):format(entry.name, i, #entry.text, i, #entry.code)
end
parts[#parts + 1] = ("};\n\nconst size_t lab_embedded_count = %d;\n"):format(#entries)

local file, why = io.open(out_path, "wb")
if not file then stop(why) end
file:write(table.concat(parts))
if not file:close() then stop("cannot write " .. out_path) end
