-- What editors are told about the interface for scripts: one file of LuaCATS annotations, and the settings that let
-- lua-language-server find it.
--
-- The annotations are those of meta/, and a class with the options of the core's catalogue. `dhcplab help` reads the
-- same text (help/interface.lua).

local core = require "dhcplab.core"
local files = require "dhcplab.files"

local editor = {}

-- In the order in which one would read them.
editor.parts = { "dhcp", "server", "client", "message", "network", "expect", "types" }

-- Option values as scripts write and read them, by the types of the catalogue.
local VALUES <const> = {
  empty = "true", ip = "dhcp.IP", ips = "dhcp.IP|dhcp.IP[]", ip_pairs = "table<string, dhcp.IP>[]", u8 = "integer",
  u16 = "integer", u32 = "integer", i32 = "integer", seconds = "integer|string", u8s = "integer|integer[]",
  u16s = "integer|integer[]", bool = "boolean", text = "string", bytes = "dhcp.Octets",
  message = "dhcp.MessageType|integer", codes = "(string|integer)[]", domains = "string|string[]",
  routes = "dhcp.Route[]", fqdn = "dhcp.FullName", suboptions = "table<string|integer, dhcp.Octets>",
  enterprises = "{ enterprise: integer, data: string }[]",
  enterprise_tlvs = "{ enterprise: integer, options: table<integer, dhcp.Octets> }[]", sip = "string|string[]",
  slp_agents = "{ mandatory: boolean, addresses: dhcp.IP[] }", slp_scope = "{ mandatory: boolean, scope: string }",
  interface = "{ type: integer, major: integer, minor: integer }", ip_lists = "dhcp.IP[][]",
}

-- The parts lie beside this file, or in the executable as this one does.
local here = debug.getinfo(1, "S").source:match("^@(.*)editor%.lua$")

local function read_part(name)
  if not here then return core.embedded("dhcplab/meta/" .. name .. ".lua") end
  local file = assert(io.open(here .. "meta/" .. name .. ".lua", "r"))
  local text = file:read("a")
  file:close()
  return text
end

-- The class of all options that have a name, and a value at all.
local function options_class()
  local lines = {
    "--- Options by name, or by number. Any value may also be { hex = \"01:ff\" } or { raw = \"octets\" }.",
    "---@class dhcp.OptionValues", "---@field [integer] any an option by its number" }
  for _, option in ipairs(core.catalogue()) do
    if option.type ~= "none" then
      lines[#lines + 1] = ("---@field %s? %s %s (option %d, %s)"):format(option.name, VALUES[option.type], option.text,
        option.code, option.source)
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

-- The whole file. Only editors read it; `require "dhcplab"` finds the library itself.
function editor.meta()
  local pieces = { "---@meta dhcplab\n-- The interface of dhcplab " .. core.version .. " for scripts, written by "
    .. "`dhcplab meta`. For editors: it is never run.\n" }
  for _, name in ipairs(editor.parts) do
    pieces[#pieces + 1] = read_part(name):gsub("^%-%-[^\n]*\n", ""):gsub("^%-%- [^\n]*\n", "")
  end
  pieces[#pieces + 1] = "\n" .. options_class()
  pieces[#pieces + 1] = "\nreturn dhcp\n"
  return table.concat(pieces)
end

-- The folder of the installed file: what "workspace.library" names. nil when the program was not installed (make
-- install). `program`: how it was called, arg[0].
function editor.folder(program)
  local folders = { program:match("^(.*)/[^/]*$") }
  if folders[1] and not folders[1]:find("^/") then
    folders[1] = (os.getenv("PWD") or ".") .. "/" .. folders[1]
  elseif not folders[1] then
    for folder in (os.getenv("PATH") or ""):gmatch("[^:]+") do folders[#folders + 1] = folder end
  end
  for _, folder in ipairs(folders) do
    local library = (folder:gsub("/bin/*$", "") .. "/share/dhcplab/meta")
    if files.exists(folder .. "/" .. program:match("[^/]*$")) and files.exists(library .. "/dhcplab.lua") then
      return library
    end
  end
end

-- The text of .luarc.json, the settings of lua-language-server for a folder of scripts. `folder`: as above, or nil when
-- the annotations lie in the folder itself (editor.files).
function editor.settings(folder)
  local settings = { ["runtime.version"] = "Lua 5.4", ["workspace.library"] = folder and { folder },
                     ["workspace.checkThirdParty"] = false }
  local order = { "runtime.version", "workspace.library", "workspace.checkThirdParty" }
  return require("dkjson").encode(settings, { indent = true, keyorder = order }) .. "\n"
end

-- The files that a folder of scripts needs for its editor: a list of { name, text }. Where the program is not
-- installed, the annotations are one of them.
function editor.files(program)
  local folder = editor.folder(program)
  local list = { { name = ".luarc.json", text = editor.settings(folder) } }
  if not folder then list[2] = { name = "dhcplab.d.lua", text = editor.meta() } end
  return list
end

return editor
