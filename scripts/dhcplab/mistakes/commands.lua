-- E201 to E212: how the program is called. The form is told in mistakes.lua.

return {
  { code = "E201", title = "a command that does not exist",
    fix = "dhcplab --help lists commands and flags",
    text = [[The first word is a command (run, server, client, test ...) or a Lua file, which is run. Without
      any the classic handshake is played.]],
    command = { "sever" } },
  { code = "E202", title = "a flag that does not exist, or not for this command",
    fix = "dhcplab COMMAND --help lists the flags of a command",
    text = [[Most flags mean the same for every command: --virtual, --seed, --listen, --pcap and so on. Some
      belong to one command: --pool to `dhcplab server`, --seeds to `dhcplab test`.]],
    command = { "run", "handshake.lua", "--virtaul" } },
  { code = "E203", title = "a flag with a wrong value, or without one",
    fix = "give a value of the form that the message shows",
    text = [[A flag that takes a value wants it behind a space or an equals sign: --seed 7, --seed=7. Times are
      10s, 250ms or 1h30m, endpoints ADDRESS:PORT, parameters NAME=VALUE.]],
    command = { "run", "handshake.lua", "--virtual", "--seed", "seven" } },
  { code = "E204", title = "a word too few or too many",
    fix = "dhcplab COMMAND --help shows what the command takes",
    text = [[Commands take a fixed number of words besides their flags: `dhcplab run` needs a script, `dhcplab
      test` at least one file or folder, `dhcplab shrink` the seed of a run that fails.]],
    command = { "run" } },
  { code = "E205", title = "flags that do not go together, or not with this command",
    fix = "leave it out; dhcplab COMMAND --help shows what goes with what",
    text = [[Some flags exclude one another: time is virtual or real, a run has one seed or tries many. Files
      such as --pcap hold one run, so they cannot be given for many.]],
    command = { "test", "scripts/scenarios", "--virtual", "--real" } },
  { code = "E206", title = "a script that cannot be read",
    fix = "check the path; dhcplab list names the bundled scripts",
    text = [[A script is looked for as the path says, from the present folder, and then among the scripts that
      are inside the program: handshake.lua, scenarios/lost_offer.lua and so on. - is standard input.]],
    command = { "run", "handshak.lua" } },
  { code = "E207", title = "a topic on which there is no help",
    fix = "dhcplab help lists the topics",
    text = [[There is a page for each topic of `dhcplab help`, each message type, header field and option, and
      each error code.]],
    command = { "help", "questons" } },
  { code = "E208", title = "nothing to run",
    fix = "dhcplab test PATH --list names the tests that are there",
    text = [[`dhcplab test` plays the .lua files that it is given, and those in folders, as far as --filter,
      --tags and --shard leave them. A run of no test at all would look like success, so it is an error.]],
    script = [[
print("a script without tests is one test")
]], command = { "test", "FILE", "--filter", "another" } },
  { code = "E209", title = "a file of faults that cannot be read, or is none",
    fix = "make one: dhcplab run SCRIPT --virtual --faults FILE",
    text = [[--replay-faults reads what --faults wrote: one JSON object a line, each a fault with its link
      ("client>server"), the number of the packet on it, and its kind.]],
    script = [[
this is no fault
]], command = { "run", "handshake.lua", "--virtual", "--replay-faults", "FILE" } },
  { code = "E210", title = "a file that is there already",
    fix = "take another name, or move the file away",
    text = [[`dhcplab new` and `dhcplab meta --setup` write files to begin with, and never over what somebody has
      written.]],
    script = [[
print("mine")
]], command = { "new", "FILE" } },
  { code = "E211", title = "a lesson that does not exist",
    fix = "dhcplab lesson lists them",
    text = [[A lesson is named by its number or by a word: `dhcplab lesson 3` and `dhcplab lesson first_server` are
      the same.]],
    command = { "lesson", "99" } },
  { code = "E212", title = "no folder of a lesson here",
    fix = "begin a lesson with: dhcplab lesson 1",
    text = [[`dhcplab lesson 3` makes the folder lesson-3, and remembers in it how many hints you had. `dhcplab hint`
      works inside that folder, or beside it.]],
    command = { "hint", "99" } },
}
