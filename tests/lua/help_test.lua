-- Help: every page is there, fits the screen, and what it tells people to type works.
local t = require "harness"
local classroom = require "dhcplab.help.classroom"
local cli = require "dhcplab.cli"
local core = require "dhcplab.core"
local glossary = require "dhcplab.help.glossary"
local guide = require "dhcplab.help.guide"
local help = require "dhcplab.help"
local layout = require "dhcplab.layout"
local notes = require "dhcplab.explain.notes"
local reference = require "dhcplab.help.reference"

local function all_pages()
  local pages = { [""] = help.topic("") }
  for _, name in ipairs(help.list()) do pages[name] = help.topic(name) end
  for _, name in ipairs(notes.message_order) do pages[name] = help.topic("message " .. name) end
  for _, field in ipairs(core.fields()) do pages[field.name] = help.topic("field " .. field.name) end
  for _, option in ipairs(core.catalogue()) do pages[option.code] = help.topic("option " .. option.code) end
  return pages
end

local function sink()
  local parts = {}
  return { write = function(_, ...) for _, part in ipairs { ... } do parts[#parts + 1] = part end return true end,
    text = function() return table.concat(parts) end }
end

local function run(name)
  local out, err = sink(), sink()
  local status = help.run(name, { out = out, err = err, env = function() end, isatty = function() return false end,
    columns = function() end })
  return status, out.text(), err.text()
end

t.test("every topic, message, field and option has a page", function()
  t.equal(help.list(), { "handshake", "real-dhcp", "questions", "worlds", "glossary", "messages", "fields",
    "options", "errors", "interface", "scripts", "watch", "repl", "trace", "pictures", "replay", "faults",
    "exit-status", "tests", "search", "editors", "lessons", "sandbox" })
  for name, page in pairs(all_pages()) do t.ok(#page > 60, tostring(name)) end
  for _, field in ipairs(core.fields()) do t.ok(notes.fields[field.name], field.name) end
end)

t.test("every page fits 80 columns", function()
  for name, page in pairs(all_pages()) do
    for line in (page .. "\n"):gmatch("(.-)\n") do
      t.ok(layout.width(line) <= 80, ("help %s: %s"):format(name, line))
      t.ok(not line:find("%s$"), ("help %s: blanks at the end: %s"):format(name, line))
    end
  end
end)

t.test("every page about the protocol names its RFC", function()
  for name, page in pairs(all_pages()) do
    local is_own = name == "" or name == "worlds" or name == "pictures" or name == "replay" or name == "exit-status"
      or name == "editors" or name == "errors" or name == "sandbox"
    t.ok(is_own or page:find("RFC %d") or page:find("IANA") or page:find("Microsoft")
      or core.option(name) and not core.option(name).source:find("RFC"), "help " .. tostring(name))
  end
end)

t.test("the page of each message comes from the same numbers as the core", function()
  for _, name in ipairs(notes.message_order) do t.equal(core.type_number(name), notes.messages[name].number) end
end)

t.test("the questions that everyone asks are answered, each with a command", function()
  local page = help.topic("questions")
  local answers = 0
  for paragraph in (page:gsub("\n\n", "\0") .. "\0"):gmatch("([^\0]+)\0") do
    local question, answer = paragraph:match("^(%u[^\n]*%?)\n(.*)$")
    if question then
      answers = answers + 1
      t.match(answer, "^  %S.*\n    dhcplab", question)
    end
  end
  t.equal(answers, 10)
  for _, word in ipairs { "UDP", "TCP", "127%.0%.0%.1", "LAN", "real addresses", "6767", "this machine", "pause",
    "10 seconds", "Release" } do
    t.match(page, word)
  end
end)

t.test("each difference to a real network has a command that shows it", function()
  local page = help.topic("real-dhcp")
  for _, heading in ipairs { "Ports", "Broadcast", "The pool", "The lease time", "Conflicts",
    "Configuring the interface" } do
    t.match(page, "\n" .. heading .. "\n  Real: .-Here: .-\n    dhcplab")
  end
end)

-- The commands on the pages, in the order of the pages, without what is said beside them.
local function commands()
  local found = {}
  for _, list in ipairs { guide, reference, classroom } do
    for _, topic in ipairs(list) do
      for line in topic.text:gmatch("\n    dhcplab([^\n]*)") do
        found[#found + 1] = line:gsub("   .*", ""):gsub("[;|].*", ""):match("^%s*(.-)$")
      end
    end
  end
  return found
end

t.test("every command that a page tells is one that the program understands", function()
  local modules = {
    handshake = require("dhcplab.commands.handshake"), run = require("dhcplab.commands.run"),
    server = require("dhcplab.commands.server"), client = require("dhcplab.commands.client"),
    explain = require("dhcplab.commands.explain"), list = require("dhcplab.commands.list"),
    help = require("dhcplab.commands.help"), test = require("dhcplab.commands.test"),
    replay = require("dhcplab.commands.replay"), search = require("dhcplab.commands.search"),
    shrink = require("dhcplab.commands.shrink"), meta = require("dhcplab.commands.meta"),
    man = require("dhcplab.commands.man"), completion = require("dhcplab.commands.completion"),
    repl = require("dhcplab.commands.repl"), new = require("dhcplab.commands.new"),
    lesson = require("dhcplab.commands.lesson"), hint = require("dhcplab.commands.hint"),
    grade = require("dhcplab.commands.grade"),
  }
  local kept, ran = {}
  for name, module in pairs(modules) do
    kept[name] = module.run
    module.run = function(flags)
      ran = { name = name, flags = flags }
      return 0
    end
  end
  local list = commands()
  t.ok(#list > 30)
  for _, line in ipairs(list) do
    local words = {}
    for word in line:gmatch("%S+") do words[#words + 1] = word end
    ran = nil
    t.equal(cli.main(words), 0, "dhcplab " .. line)
    t.ok(ran, "dhcplab " .. line)
    if ran.name == "help" then t.ok(help.topic(table.concat(ran.flags.topic, " ")), "dhcplab " .. line) end
    if ran.name == "run" and ran.flags.script ~= "slow.lua" then
      t.ok(t.read("scripts/" .. ran.flags.script), "dhcplab " .. line)
    end
  end
  for name, module in pairs(modules) do module.run = kept[name] end
end)

t.test("the script on the page about scripts runs as it stands", function()
  local lines = {}
  for line in help.topic("scripts"):match("\n(  local dhcp.-)\n\nSave"):gmatch("[^\n]*") do
    lines[#lines + 1] = line:gsub("^  ", "")
  end
  local path = t.write(t.path("slow.lua"), table.concat(lines, "\n"))
  local out, err, status = t.run { t.exe, "run", path, "--virtual", "--seed", "1" }
  t.equal(status, 0, err)
  t.match(out, "192%.168%.1%.100%s+3600")
end)

t.test("names are found in any case, with dashes or underscores, by number and by other programs' names", function()
  local lease = help.topic("lease_time")
  t.match(lease, "^option 51, lease_time")
  t.equal(help.topic("51"), lease)
  t.equal(help.topic("LEASE-TIME"), lease)
  t.equal(help.topic("option lease_time"), lease)
  t.equal(help.topic("dhcp-lease-time"), lease)
  t.equal(help.topic("DHCPDISCOVER"), help.topic("discover"))
  t.equal(help.topic("exit status"), help.topic("exit-status"))
  t.equal(help.topic("faq"), help.topic("questions"))
end)

t.test("every rule that packets are held against has a page", function()
  for _, rule in ipairs(require "dhcplab.requirements") do
    local page = help.topic(rule.id)
    t.match(page, "^" .. rule.id:gsub("%-", "%%-") .. ": a [%u%l ]+ for the ")
    for line in page:gmatch("[^\n]+") do t.ok(layout.width(line) <= 80, line) end
  end
  t.match(help.topic("s-08"), "^S%-08: a MUST .*From: RFC ")
end)

t.test("the glossary is in the order of the alphabet, and names each word once", function()
  local seen, last = {}, ""
  for _, term in ipairs(glossary.words) do
    t.ok(last < term[1]:lower(), term[1])
    last = term[1]:lower()
    for i, name in ipairs(term) do
      if i ~= 2 then
        t.ok(not seen[name:lower()], name)
        seen[name:lower()] = true
      end
    end
    t.ok(#term[2] > 20 and not term[2]:find("%.$"), term[1])
  end
end)

t.test("every word has a page, and those of the protocol name a section", function()
  local own = { capture = true, digest = true, event = true, expectation = true, fault = true, invariant = true,
    node = true, octet = true, policy = true, RFC = true, scenario = true, seed = true, segment = true, timeout = true,
    transcript = true, ["virtual time"] = true, world = true }
  for _, term in ipairs(glossary.words) do
    t.ok(help.topic(term[1]), term[1])
    t.ok(own[term[1]] or term[2]:find("%(RFC %d+[^()]*%)"), term[1])
  end
  t.match(help.topic("lease"), "^lease\n\n  An address given for a time")
  t.equal(help.topic("MAC-address"), help.topic("hardware address"))
  t.match(help.topic("xid"), "^xid: transaction id") -- a field's own page says more
  t.match(help.topic("word xid"), "^xid\n")
end)

t.test("a word with two meanings has both", function()
  t.match(help.topic("field file"), "^file: the boot file's name")
  t.match(help.topic("option message"), "^option 56")
end)

t.test("an unknown topic gives the nearest one and exit status 2", function()
  local status, out, err = run("questons")
  t.equal(status, 2)
  t.equal(out, "")
  t.equal(err, 'dhcplab: error[E207]: there is no help on "questons"; did you mean `dhcplab help questions`?\n'
    .. "  fix:  write `dhcplab help questions`\n  more: dhcplab help E207\n")
  t.match(select(3, run("leas_time")), "did you mean `dhcplab help lease_time`")
  t.match(select(3, run("option leas_time")), "did you mean `dhcplab help lease_time`")
  t.match(select(3, run("dscover")), "did you mean `dhcplab help discover`")
  t.match(select(3, run("qqqqqqqq")), "dhcplab help lists the topics")
end)

t.test("numbers without an option are told apart from words", function()
  t.match(select(3, run("200")), "option 200 is not in the catalogue")
  t.match(select(3, run("option 200")), "option 200 is not in the catalogue")
  t.match(select(3, run("256")), 'no help on "256"')
end)

t.test("what was typed is shown without its control characters", function()
  t.equal(select(3, run("\27[31m")):find("\27", 1, true), nil)
end)

t.test("a page goes to standard output and ends with one line end", function()
  local status, out, err = run("xid")
  t.equal({ status, err }, { 0, "" })
  t.match(out, "^xid: transaction id\n")
  t.match(out, "[^\n]\n$")
end)

t.test("options a script defines have a page too", function()
  core.define_option(230, "colour_of_cable", "text", "what the cable looks like")
  t.match(help.topic("colour_of_cable"), "^option 230, colour_of_cable: what the cable looks like")
end)

t.done()
