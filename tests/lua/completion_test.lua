-- Completion of the command line in shells: what is offered where, and that the shells really offer it.
local t = require "harness"
local cli = require "dhcplab.cli"
local completion = require "dhcplab.completion"
local usage = require "dhcplab.usage"

-- The words that are offered at the end of `line`.
local function offered(line, shell)
  local words = {}
  for word in (line .. " "):gmatch("(%S*)%s") do words[#words + 1] = word end
  local found = completion.lines(cli.parser(), words, shell)
  for i, each in ipairs(found) do found[i] = each:match("^[^\t]*") end
  return found
end

t.test("commands, and the names of scripts, stand first", function()
  t.equal(offered "ser", { "server", ":files" })
  t.equal(offered "h", { "handshake", "hint", "help", ":files" })
  local names = {}
  for _, command in ipairs(usage.read(cli.parser()).commands) do names[#names + 1] = command.name end
  names[#names + 1] = ":files"
  t.equal(offered "", names)
end)

t.test("flags are those of the command; without one, of the handshake; of a script, those of run", function()
  t.equal(offered "--vir", { "--virtual" })
  t.equal(offered "--vers", { "--version" })
  t.equal(offered "server --po", { "--pool" })
  t.equal(offered "client --po", {})
  t.equal(offered "mine.lua --unt", { "--until" })
  t.equal(offered "test x.lua --seed", { "--seed", "--seeds" })
end)

t.test("what is hidden is not offered", function()
  t.equal(offered "test --work", {})
  t.equal(offered "completion bash --w", {})
end)

t.test("the value of a flag comes from its choices, or is a file; what is free is not guessed", function()
  t.equal(offered "--color ", { "auto", "always", "never" })
  t.equal(offered "test --format ", { "text", "tap", "junit", "json" })
  t.equal(offered "run --format j", { "json" })
  t.equal(offered "--color=a", { "--color=auto", "--color=always" })
  t.equal(offered "--pcap ", { ":files" })
  t.equal(offered "--trace=", { ":files" })
  t.equal(offered "--seed ", {})
  t.equal(offered "--virtual s", {})
end)

t.test("an argument is completed by what it is", function()
  t.equal(offered "explain ", { ":files" })
  t.equal(offered "completion ", { "bash", "zsh", "fish" })
  t.equal(offered "list ", {})
  t.equal(offered "help client:acq", { "client:acquire" })
  t.equal(offered "help lease_t", { "lease_time" })
  t.equal(offered "help ", require("dhcplab.help").list())
  t.equal(offered "run x.lua -- --vir", { ":files" })
end)

t.test("what bash has broken at = and : is completed from there", function()
  t.equal(offered("--color = al", "bash"), { "always" })
  t.equal(offered("--color = ", "bash"), { "auto", "always", "never" })
  t.equal(offered("help client : acq", "bash"), { "acquire" })
end)

t.test("each line tells what it offers", function()
  t.equal(completion.lines(cli.parser(), { "--virt" }),
    { "--virtual\tvirtual time on a simulated network instead of real time and sockets" })
end)

t.test("no line can be too odd", function()
  for _, line in ipairs { "--", "-", "=", "--=", "--color=auto=", "x y z", "run", "help", "-- -- --" } do
    for _, shell in ipairs { "bash", "zsh", "fish" } do t.ok(offered(line, shell), line) end
  end
  t.equal(completion.lines(cli.parser(), {})[1], completion.lines(cli.parser(), { "" })[1])
end)

t.test("the definition of the command line is read whole", function()
  local line = usage.read(cli.parser())
  t.equal(line.name, "dhcplab")
  for _, command in ipairs(line.commands) do
    t.ok(command.text ~= "", command.name)
    for _, option in ipairs(command.options) do t.ok(option.text ~= "", option.names[1]) end
    for _, argument in ipairs(command.arguments) do t.ok(argument.text ~= "", command.name .. " " .. argument.name) end
  end
end)

-- ---- in shells

local here = os.getenv("PWD") .. "/" .. t.exe

-- A folder with two files, and a script for a shell in it, which finds the program as `dhcplab`.
local function run_in(shell, text)
  local folder = t.path("folder")
  t.run { "mkdir", "-p", folder .. "/bin" }
  t.run { "ln", "-sf", here, folder .. "/bin/dhcplab" }
  t.write(folder .. "/mine.lua", "")
  t.write(folder .. "/my lab.lua", "")
  t.write(folder .. "/script", text)
  return t.run(("cd %s && PATH=%s:$PATH exec %s ./script"):format(t.quote(folder), t.quote(folder .. "/bin"), shell))
end

t.test("bash completes", function()
  t.need("bash")
  local out, err, status = run_in("bash --norc", [[
source <(dhcplab completion bash)
complete -p dhcplab
try() {
  COMP_WORDS=(dhcplab "$@") COMP_CWORD=$#
  _dhcplab dhcplab
  (IFS='|'; echo "${COMPREPLY[*]}")
}
try ru
try run scenarios/two
try run m
try --color = al
try help client : acq
try test --format ''
]])
  t.equal({ err, status }, { "", 0 })
  t.equal(out, [[
complete -F _dhcplab dhcplab
run
scenarios/two_servers.lua
mine.lua|my lab.lua
always
acquire
text|tap|junit|json
]])
end)

t.test("fish completes", function()
  if not os.execute("command -v fish >/dev/null 2>&1") then t.skip("fish is not installed") end
  local out, err, status = run_in("env HOME=" .. t.quote(t.path("folder")) .. " fish --no-config", [[
dhcplab completion fish | source
complete -C "dhcplab ru"
complete -C "dhcplab run m"
complete -C "dhcplab help client:acq"
]])
  t.equal({ err, status }, { "", 0 })
  t.match(out, "^run\trun a scenario[^\n]*\nmine.lua\nmy lab.lua\nclient:acquire\n$")
end)

t.test("zsh takes the script and binds it", function()
  if not os.execute("command -v zsh >/dev/null 2>&1") then t.skip("zsh is not installed") end
  local out, err, status = run_in("zsh -f", [[
autoload -Uz compinit
compinit -u -D
source <(dhcplab completion zsh)
print $_comps[dhcplab]
]])
  t.equal({ out, err, status }, { "_dhcplab\n", "", 0 })
end)

t.test("zsh completes, typed at a terminal", function()
  if not os.execute("zsh -fc 'zmodload zsh/zpty' 2>/dev/null") then t.skip("zsh or its zpty is not installed") end
  local out = run_in("zsh -f", [[
zmodload zsh/zpty
zpty -b lab zsh -f
zpty -w lab 'autoload -Uz compinit; compinit -u -D; source <(dhcplab completion zsh); PS1="rea""dy> "'
zpty -r -m lab got '*ready> *'
zpty -w -n lab $'dhcplab ru\t--vir\t\C-a: \C-m'
zpty -r -m lab got '*ready> *'
print -r -- "$got"
zpty -d lab
]])
  t.match(out, "dhcplab run")
  t.match(out, "%-%-virtual")
end)

t.test("a shell without completion is refused", function()
  local out, err, status = t.run { t.exe, "completion", "csh" }
  t.equal({ out, status }, { "", 2 })
  t.match(err, "must be one of 'bash', 'zsh', 'fish'")
end)

t.done()
