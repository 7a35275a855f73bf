-- The manual page dhcplab(1), made from the definition of the command line.

local usage = require "dhcplab.usage"

local man = {}

-- Text for roff: nothing in it is a command or becomes another sign.
local function plain(words)
  return (words:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("'", "\\(aq"):gsub("`", "\\(ga"):gsub("~", "\\(ti")
    :gsub("%^", "\\(ha"):gsub("^%.", "\\&."):gsub("\n%.", "\n\\&."))
end

local function bold(word) return "\\fB" .. plain(word) .. "\\fR" end

local function italic(word) return "\\fI" .. plain(word) .. "\\fR" end

local function add_option(lines, option)
  local names = {}
  for i, name in ipairs(option.names) do names[i] = bold(name) end
  lines[#lines + 1] = ".TP"
  lines[#lines + 1] = table.concat(names, ", ") .. (option.argname and " " .. italic(option.argname) or "")
  lines[#lines + 1] = plain(option.text) .. (option.many and " (may be repeated)" or "")
end

local function shape_of(argument)
  local name = italic(argument.name:upper())
  if argument.most > 1 then name = name .. "..." end
  return argument.least == 0 and "[" .. name .. "]" or name
end

local COMMON <const> = "[" .. italic("COMMON OPTIONS") .. "]"

-- The option of that name: who has --seed has all of the common ones.
local function find(options, name)
  for _, option in ipairs(options) do
    if option.names[1] == name then return option end
  end
end

local function key_of(option) return table.concat(option.names, " ") .. "\0" .. option.text end

local function add_command(lines, command, common)
  local words = { bold("dhcplab " .. command.name) }
  for _, argument in ipairs(command.arguments) do words[#words + 1] = shape_of(argument) end
  local has_common, own = find(command.options, "--seed") ~= nil, {}
  for _, option in ipairs(command.options) do
    if option.names[1] ~= "-h" and not (has_common and common[key_of(option)]) then own[#own + 1] = option end
  end
  lines[#lines + 1] = ".SS " .. table.concat(words, " ") .. (has_common and " " .. COMMON or "")
  lines[#lines + 1] = plain(command.text:gsub("[^.]$", "%0."))
  for _, argument in ipairs(command.arguments) do
    add_option(lines, { names = { argument.name:upper() }, text = argument.text })
  end
  for _, option in ipairs(own) do add_option(lines, option) end
end

-- The numbers of the help topic: "  2     what it means", more of it on the lines that follow.
local function add_statuses(lines)
  lines[#lines + 1] = ".SH EXIT STATUS"
  for _, topic in ipairs(require "dhcplab.help.reference") do
    for line in (topic.name == "exit-status" and topic.text or ""):gmatch("([^\n]*)\n") do
      local number, words = line:match("^  (%d+)%s+(.*)$")
      if line == "" then break end
      if number then table.move({ ".TP", bold(number) }, 1, 2, #lines + 1, lines) end
      lines[#lines + 1] = plain(words or line:match("^%s*(.*)$"))
    end
  end
end

local DESCRIPTION <const> = [[
runs DHCP, the protocol that gives computers their addresses (RFC 2131): real
servers and clients on sockets, or simulated ones in virtual time, and scripts
in Lua that change what they do. Nothing on this machine is changed: no
interface gets an address, and root is not needed.]]

-- The page as roff. `version`: the program's.
function man.page(parser, version)
  local line = usage.read(parser)
  local lines = { (".TH DHCPLAB 1 \"\" \"dhcplab %s\" \"User Commands\""):format(version), ".SH NAME",
    "dhcplab \\- a scriptable DHCP laboratory", ".SH SYNOPSIS",
    bold("dhcplab") .. " [" .. italic("COMMAND") .. "] [" .. italic("OPTION") .. "]...", ".br",
    bold("dhcplab") .. " " .. italic("SCRIPT") .. ".lua [" .. italic("OPTION") .. "]...", ".SH DESCRIPTION",
    bold("dhcplab"), plain(DESCRIPTION), ".PP",
    "Without a command it plays the classic handshake; with a file it runs that", "script. " .. bold("dhcplab help")
      .. " lists topics to read about, and has a page for", "every message, option, and function of scripts." }
  local common = {}
  lines[#lines + 1] = ".SH COMMON OPTIONS"
  for _, command in ipairs(line.commands) do
    if command.name == "handshake" then
      for _, option in ipairs(command.options) do
        common[key_of(option)] = true
        add_option(lines, option)
      end
    end
  end
  lines[#lines + 1] = ".SH COMMANDS"
  for _, command in ipairs(line.commands) do add_command(lines, command, common) end
  add_statuses(lines)
  lines[#lines + 1] = ".SH ENVIRONMENT"
  lines[#lines + 1] = ".TP\n" .. bold("NO_COLOR") .. "\nwhen set, nothing is coloured unless asked for"
  lines[#lines + 1] = ".TP\n" .. bold("LC_ALL") .. ", " .. bold("LC_CTYPE") .. ", " .. bold("LANG")
    .. "\nwhether characters beyond ASCII are printed"
  lines[#lines + 1] = ".SH SEE ALSO"
  lines[#lines + 1] = "RFC 2131 (DHCP), RFC 2132 (its options)"
  return table.concat(lines, "\n") .. "\n"
end

return man
