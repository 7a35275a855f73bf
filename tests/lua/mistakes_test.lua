-- The error codes: each is brought about by its own example, has a page that can be read, and is raised somewhere.

local t = require "harness"
local layout = require "dhcplab.layout"
local mistakes = require "dhcplab.mistakes"
local played = require "played"

-- ---- every code by its example

-- Who may not do everything: another user, when this one is root.
local function as_anybody(command)
  if t.run({ "id", "-u" }) ~= "0\n" then return command end
  t.need("setpriv")
  command = { "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
              table.unpack(command) }
  if select(3, t.run { table.unpack(command, 1, 5), t.exe, "--version" }) ~= 0 then
    t.skip("the executable is out of reach for other users")
  end
  return command
end

-- Runs the program as the entry says: the codes that it told, its exit status, what it printed.
local function started(entry)
  local file = "no file"
  if entry.script or entry.input then file = t.write(t.path("mine.lua"), entry.script or entry.input) end
  local command = { t.exe }
  if entry.program then command = { "bash", "-c", 'exec -a "$0" "$@"', entry.program, t.exe } end
  for _, word in ipairs(entry.command or { "run", "FILE" }) do
    command[#command + 1] = word == "FILE" and file or word
  end
  if entry.code == "E302" then command = as_anybody(command) end
  local out, err, status = t.run(command)
  local codes, seen = {}, {}
  for code in (out .. err):gmatch("%[(E%d%d%d)%]") do
    if not seen[code] then seen[code], codes[#codes + 1] = true, code end
  end
  return table.concat(codes, " "), status, out .. err
end

for _, entry in ipairs(mistakes.list()) do
  t.test(("%s comes of its example: %s"):format(entry.code, entry.title), function()
    local code, exit, report
    if entry.command or entry.real then
      code, exit, report = started(entry)
    else
      code, exit, report = played(entry.script)
    end
    t.equal({ code, exit }, { entry.code, mistakes.exit_status(entry.code) }, report)
    t.ok(report:find("more: dhcplab help " .. code, 1, true), report)
  end)
end

-- ---- the catalogue

t.test("the codes rise, and each has a title, what to do, a text and an example", function()
  local last = ""
  for _, entry in ipairs(mistakes.list()) do
    t.ok(entry.code > last and entry.code:find("^E[1-5]%d%d$"), entry.code)
    t.ok(entry.title and entry.text and (entry.fix or entry.advice), entry.code)
    t.ok(entry.script or entry.command, entry.code)
    for _, key in ipairs { "why", "fix" } do
      t.ok(#(entry[key] or "") <= 75, entry.code .. " is longer than a line: " .. key)
    end
    last = entry.code
  end
end)

t.test("each file of the catalogue has the codes of its subject", function()
  for module, codes in pairs {
    ["dhcplab.mistakes.scripts"] = "^E1[012]", ["dhcplab.mistakes.lua"] = "^E13", ["dhcplab.mistakes.commands"] = "^E2",
    ["dhcplab.mistakes.machine"] = "^E3", ["dhcplab.mistakes.runs"] = "^E4", ["dhcplab.mistakes.captures"] = "^E5",
  } do
    for _, entry in ipairs(require(module)) do t.match(entry.code, codes) end
  end
end)

t.test("every page fits 80 columns and says how the error is brought about", function()
  for _, entry in ipairs(mistakes.list()) do
    local page = mistakes.page(entry.code:lower())
    t.match(page, "^" .. entry.code .. ": .*What to do:.*\n    dhcplab .*The exit status is %d")
    for line in (page .. "\n" .. mistakes.index() .. "\n"):gmatch("(.-)\n") do
      t.ok(layout.width(line) <= 80 and not line:find("%s$"), entry.code .. ": " .. line)
    end
  end
  t.equal(mistakes.page("E999"), nil)
end)

local function sources()
  local pipe = assert(io.popen("find scripts/dhcplab bindings -name '*.lua' -o -name '*.c' | LC_ALL=C sort"))
  local list = {}
  for path in pipe:lines() do
    if not path:find("/mistakes") then list[#list + 1] = { path = path, text = t.read(path) } end
  end
  pipe:close()
  return list
end

t.test("every code in the sources is in the catalogue, and the other way round", function()
  local used = {}
  for _, file in ipairs(sources()) do
    for code in file.text:gmatch("[\"%[](E%d%d%d)[\"%]]") do
      t.ok(mistakes.find(code), ("%s: %s is in no file of scripts/dhcplab/mistakes/"):format(file.path, code))
      used[code] = true
    end
  end
  for _, entry in ipairs(mistakes.list()) do t.ok(used[entry.code], entry.code .. " is never raised") end
end)

t.test("whatever the library blames a script or a user for has a code", function()
  for _, file in ipairs(sources()) do
    local function check(call, has_code)
      t.ok(has_code, ("%s: this needs a code of scripts/dhcplab/mistakes/: %s"):format(file.path, call))
    end
    for call in file.text:gmatch("problem%.new%b()") do check(call, not call:find("%([1-9]")) end
    for call in file.text:gmatch("problem%.blame%b()") do
      check(call, call:find('"E%d%d%d"%)$') or call:find("gsub") -- what C said has one already
        or call:find("message, code", 1, true))
    end
    for call in file.text:gmatch("lab_l_error%b()") do
      check(call, call:find("%[E%d%d%d%]") or call:find("interrupted") or call:find("const char"))
    end
  end
end)

t.done()
