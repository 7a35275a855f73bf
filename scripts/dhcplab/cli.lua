-- The command line: what it takes, and which command does it. Each command is a file in commands/.

local argparse = require "argparse"
local core = require "dhcplab.core"
local problem = require "dhcplab.problem"

local cli = {}

local commands <const> = { "handshake", "run", "lesson", "hint", "grade", "test", "search", "shrink", "server",
                           "client", "replay", "explain", "repl", "new", "list", "help", "meta", "completion", "man" }

-- Types of flag values ----------------------------------------------------------------------------

local function endpoint(text)
  local address, port = core.endpoint(text)
  if address then return text end
  if text:match("^%d+$") and tonumber(text) <= 65535 then return "127.0.0.1:" .. text end
  if core.ip_number(text) then return text .. ":6767" end
  local _ = port
  return nil, ("\"%s\" is not ADDRESS:PORT such as 127.0.0.1:6767"):format(text)
end

local function duration(text)
  local seconds = core.duration(text)
  if seconds then return seconds end
  return nil, ("\"%s\" is not a time such as 10s, 250ms or 1h30m"):format(text)
end

local function seed(text)
  local number = math.tointeger(tonumber(text))
  if number then return number end
  return nil, ("\"%s\" is not a whole number"):format(text)
end

-- key=value; numbers and true/false become such
local function setting(text)
  local key, value = text:match("^([%a_][%w_]*)=(.*)$")
  if not key then return nil, ("--set takes NAME=VALUE, got \"%s\""):format(text) end
  if value == "true" then return { key, true } end
  if value == "false" then return { key, false } end
  return { key, math.tointeger(tonumber(value)) or tonumber(value) or value }
end

-- Flags that mean the same everywhere.
local function common(command, formats)
  command:flag("--virtual", "virtual time on a simulated network instead of real time and sockets")
  command:option("--seed", "decides every random choice (drawn and printed unless given)"):argname("N"):convert(seed)
  command:option("--listen", "where a server listens"):argname("ADDR:PORT"):convert(endpoint)
  command:option("--server", "where a client sends"):argname("ADDR:PORT"):convert(endpoint)
  command:option("--interface", "use this network interface only (needs root)"):argname("IF")
  command:option("--pcap", "write every packet to a capture file; FILE.pcapng has comments"):argname("FILE")
  command:option("--trace", "write every event to a file, one JSON object a line"):argname("FILE.jsonl")
  command:option("--faults", "write the faults of the network that fired, one JSON object a line"):argname("FILE")
  command:option("--replay-faults", "let exactly the faults of such a file fire, and no others"):argname("FILE")
  command:option("--html", "write the run as one page with pictures, for a browser"):argname("FILE")
  command:option("--mermaid", "write the run as a Mermaid sequence diagram"):argname("FILE")
  command:option("--set", "a parameter for the script, as dhcp.param.NAME"):argname("NAME=VALUE"):count("*")
    :convert(setting)
  command:option("--timeout", "how long to wait for an answer, such as 10s"):argname("DUR"):convert(duration)
  formats = formats or { "text", "json" }
  command:option("--format", table.concat(formats, ", ", 1, #formats - 1) .. " or " .. formats[#formats])
    :choices(formats)
  command:option("--color", "auto, always or never"):choices { "auto", "always", "never" }
  command:flag("--ascii", "no characters beyond ASCII")
  command:flag("--strict", "hold every packet against the RFCs; a breach of a MUST is exit status 1")
  command:flag("-q --quiet", "results only")
  command:flag("-v --verbose", "states, dropped packets and remarks too")
end

local function define(parser)
  parser:flag("-V --version", "print the version"):action(function()
    print("dhcplab " .. core.version)
    os.exit(0, true)
  end)
  for _, name in ipairs(commands) do
    local module = require("dhcplab.commands." .. name)
    local command = parser:command(name, module.summary)
    if module.common ~= false then common(command, module.formats) end
    if module.define then module.define(command, { endpoint = endpoint, duration = duration, whole = seed }) end
  end
end

-- Finding out what is meant -----------------------------------------------------------------------

-- No command: the handshake. A file: run it.
local function complete(arguments)
  local first = arguments[1]
  if first == nil then return { "handshake" } end
  for _, name in ipairs(commands) do
    if first == name then return arguments end
  end
  local completed = { table.unpack(arguments) }
  if first:match("%.lua$") then
    table.insert(completed, 1, "run")
  elseif first:match("^%-") and not ({ ["-h"] = 1, ["--help"] = 1, ["-V"] = 1, ["--version"] = 1 })[first] then
    table.insert(completed, 1, "handshake")
  end
  return completed
end

-- The flag that was given this value; argparse does not tell.
local function flag_with(value, arguments)
  for i, word in ipairs(arguments) do
    local flag, given = word:match("^(%-[^=]+)=(.*)$")
    if given and given == value then return flag end
    if word == value and i > 1 and arguments[i - 1]:find("^%-") then return arguments[i - 1] end
  end
end

-- argparse's words in this program's: what is wrong, and the nearest right one.
local function usage_problem(message, arguments)
  local first = arguments[1]
  if message:match("unknown command") then
    local near = problem.hint(first, commands)
    return problem.new("E201", ("there is no command \"%s\"%s"):format(first,
      near ~= "" and near or "; the commands are " .. table.concat(commands, ", ")))
  end
  local code = "E203"
  if message:find("unknown option") then
    code = "E202"
  elseif message:find("missing argument") or message:find("too many arguments") then
    code = "E204"
  end
  local flag = flag_with(message:match('^"(.-)" is '), arguments)
  if flag then message = flag .. ": " .. message end
  local fix = ("dhcplab %s --help lists what it takes"):format(first)
  message = message:gsub("\nDid you mean '(.-)'%?", "; did you mean %1?"):gsub("\nDid you mean ", "; did you mean ")
  return problem.new(code, message,
    code ~= "E203" and not message:find("did you mean") and fix or nil)
end

-- Tells what went wrong; the exit status.
local function refuse(what)
  io.stderr:write("dhcplab: ", require("dhcplab.failure").describe(what), "\n")
  return what.exit
end

local function params_of(flags)
  local params = {}
  for _, pair in ipairs(flags.set or {}) do params[pair[1]] = pair[2] end
  return params
end

-- What the command line takes, as argparse has it; as plain data: usage.lua.
function cli.parser()
  local parser = argparse("dhcplab", "A scriptable DHCP laboratory. Without a command: the classic handshake.")
    :epilog("Try: dhcplab; dhcplab help questions; dhcplab help glossary; dhcplab list")
    :command_target("command"):require_command(false):usage_max_width(79):help_max_width(79)
  define(parser)
  return parser
end

-- Runs the command line; returns the exit status.
function cli.main(arguments)
  local completed = complete(arguments)
  local ok, flags = cli.parser():pparse(completed)
  if not ok then
    return refuse(usage_problem(flags, completed))
  end
  flags.params = params_of(flags)
  flags.program, flags.scripts, flags.words = arguments[0], arguments.scripts, completed -- to be started again
  flags.trace_file, flags.trace = flags.trace, nil
  local fine, status = pcall(require("dhcplab.commands." .. (flags.command or "help")).run, flags)
  if fine then return status end
  if problem.is(status) then return refuse(status) end
  error(status, 0)
end

return cli
