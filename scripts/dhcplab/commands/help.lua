-- dhcplab help [TOPIC]

local help = { summary = "explain a topic: real-dhcp, questions, scripts, an option ...", common = false }

function help.define(command)
  command:argument("topic", "what about"):args("*")
end

function help.run(flags)
  return require("dhcplab.help").run(table.concat(flags.topic or {}, " "))
end

return help
