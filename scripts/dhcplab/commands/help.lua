-- dhcplab help [TOPIC]

local help = { summary = "explain a topic: real-dhcp, questions, scripts, an option ...", common = false }

function help.define(command)
  command:argument("topic", "what about"):args("*")
  command:option("--color", "auto, always or never"):choices { "auto", "always", "never" }
  command:flag("--ascii", "no characters beyond ASCII")
end

function help.run(flags)
  return require("dhcplab.help").run(table.concat(flags.topic or {}, " "), flags)
end

return help
