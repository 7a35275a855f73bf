-- dhcplab completion SHELL: a script that lets a shell complete this command line.

local completion = require "dhcplab.completion"

local command = { summary = "print what makes a shell complete this command line", common = false }

function command.define(parser)
  parser:argument("shell", "bash, zsh or fish"):choices { "bash", "zsh", "fish" }
  parser:flag("--words"):target("words_wanted"):hidden(true) -- for those scripts: what may stand at the end of words
  parser:argument("typed"):args("*"):hidden(true)
end

function command.run(flags)
  if not flags.words_wanted then
    io.write(completion.shells[flags.shell])
    return 0
  end
  for _, line in ipairs(completion.lines(require("dhcplab.cli").parser(), flags.typed, flags.shell)) do print(line) end
  return 0
end

return command
