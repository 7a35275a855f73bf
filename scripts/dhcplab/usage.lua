-- The command line as plain data, for what is made from it: the man page and the completion of shells.
--
-- { name, text, options, commands }; a command is { name, text, options, arguments }. An option is { names, text,
-- argname, choices, many }, without argname when it is a flag; an argument { name, text, choices, least, most }. What
-- is hidden is left out. This is the one file that looks inside argparse's objects.

local usage = {}

local function read_option(option)
  local argname = option._argname
  if type(argname) == "table" then argname = argname[1] end
  if option._maxargs == 0 then
    argname = nil
  else
    argname = argname or option._choices and table.concat(option._choices, "|") or "VALUE"
  end
  return { names = { table.unpack(option._aliases) }, text = option._description or "", argname = argname,
           choices = option._choices, many = option._maxcount > 1 }
end

local function read_argument(argument)
  return { name = argument._name, text = argument._description or "", choices = argument._choices,
           least = argument._minargs, most = argument._maxargs }
end

local function each(list, read)
  local made = {}
  for _, element in ipairs(list) do
    if not element._hidden then made[#made + 1] = read(element) end
  end
  return made
end

local function read_command(command)
  return { name = command._name, text = command._description or "", options = each(command._options, read_option),
           arguments = each(command._arguments, read_argument) }
end

-- The definition that cli.parser() gives.
function usage.read(parser)
  return { name = parser._name, text = parser._description, options = each(parser._options, read_option),
           commands = each(parser._commands, read_command) }
end

return usage
