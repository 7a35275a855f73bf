-- What the README files tell people to type works as it is printed: for somebody who is not root, on a terminal of 80
-- columns, without colour and without UTF-8, in a folder of their own.
--
-- Root gets a network of its own for it, so that the usual port is free, and a user who owns nothing else.

local readme = require "readme"
local t = require "harness"

local lua = arg[-1] or "lua5.4"
local preload = os.getenv("LD_PRELOAD") -- the library of a sanitizer, which only a stock Lua needs
local with_preload = preload and "LD_PRELOAD=" .. t.quote(preload) .. " " or ""
local is_root = t.run { "id", "-u" } == "0\n"

if is_root and not os.getenv("README_NET") and t.run("unshare -n ip link set lo up && command -v setpriv") ~= "" then
  local inner = ("ip link set lo up && %sexec %s %s %s"):format(with_preload, lua, arg[0], t.quote(arg[1] or ""))
  local _, _, status = os.execute("exec env -u LD_PRELOAD README_NET=1 unshare -n sh -c " .. t.quote(inner))
  os.exit(status)
end
local is_alone = os.getenv("README_NET") ~= nil

local NO_RUN_MOST <const> = 8
local KINDS <const> = { sh = true, text = true, lua = true, json = true, mermaid = true }

-- ---- the newcomer's place

local TOP <const>, HOME <const> = t.path("top"), t.path("home")
local here = TOP
local USER <const> = 100000 + tonumber(TOP:gsub("%W", ""):sub(-6), 36) % 100000

local function shell(line)
  local out, err, status = t.run(line)
  t.equal(status, 0, line .. "\n" .. err)
  return out
end

local is_ready = false
local function prepare()
  if is_ready then return end
  is_ready = true
  shell(("mkdir -p %s/bin %s/build %s"):format(TOP, TOP, HOME))
  shell(("cp -R README.md Makefile scripts tests %s && cp -RL %s %s/lua %s/build"):format(TOP, t.exe, t.tree, TOP))
  local stock = shell("command -v " .. lua):sub(1, -2)
  t.write(TOP .. "/bin/lua5.4", ("#!/bin/sh\n%sexec %s \"$@\"\n"):format(with_preload, stock))
  shell(("chmod +x %s/bin/lua5.4 && ln -s ../build/dhcplab %s/bin/dhcplab"):format(TOP, TOP))
  if is_root then
    shell(("chmod a+x %s/.. && chown -R %d %s %s"):format(TOP, USER, TOP, HOME))
  end
end

-- The words that begin a newcomer's command.
local function newcomer(locale)
  local words = { "env", "-i", ("PATH=%s/bin:/usr/bin:/bin"):format(TOP), "HOME=" .. HOME, "TERM=dumb", "NO_COLOR=1",
    "LC_ALL=" .. (locale or "C"), "UBSAN_OPTIONS=" .. (os.getenv("UBSAN_OPTIONS") or "") }
  if is_root then
    table.move({ "setpriv", "--reuid=" .. USER, "--regid=" .. USER, "--clear-groups" }, 1, 4, #words + 1, words)
  end
  return words
end

local function words_of(locale, ...)
  local words = newcomer(locale)
  for _, word in ipairs { ... } do words[#words + 1] = word end
  return words
end

-- A line typed at a terminal of 80 columns, as words.
local function at_terminal(line, locale)
  local typed = ("stty cols 80 rows 24 -echo; cd %s && %s"):format(here, line)
  return words_of(locale, "script", "-qec", typed, "/dev/null")
end

local function skip_if_taken(out)
  if not is_alone and out:find("port is in use", 1, true) then t.skip("127.0.0.1:6767 is in use") end
end

-- What it prints, and its exit status.
local function type_in(line, locale)
  local out, _, status = t.run(at_terminal(line, locale), { timeout = 60 })
  out = out:gsub("\r\n", "\n")
  skip_if_taken(out)
  return out, status
end

-- What was printed is for 80 columns of ASCII, and nothing but text. What programs read may be wider, and a command
-- stays in one line.
local function check_screen(line, out)
  if line:match("%-%-format") or line:match("%s%-%s*$") then return end
  for row in out:gmatch("[^\r\n]+") do
    t.ok(#row <= 80 or row:match("^%s*%l+: %S*dhcplab "), ("%s prints %d columns: %s"):format(line, #row, row))
  end
  local beyond = out:match("[^\n]*[^\t\r\n -~][^\n]*")
  t.ok(not beyond, ("%s prints more than ASCII: %s"):format(line, beyond))
end

-- ---- running what a README says

local function check_not_run(item)
  t.match(item.info, "^no%-run: %S", item.at .. ": the reason why it is not run")
  for _, command in ipairs(item.commands) do
    local target, file = command.line:match("^make ([%w-]+)"), command.line:match("^sh (%S+)")
    if target then t.match(t.read("Makefile"), "\n" .. target:gsub("%-", "%%-") .. ":", item.at) end
    if file then t.ok(t.read(file), item.at .. ": there is no " .. file) end
  end
end

local servers = {}

-- A server goes on at a terminal of its own, whose keyboard is a pipe.
local KEYBOARD <const> = t.path("keyboard")

local function stop_servers()
  for _, server in ipairs(servers) do
    shell(("printf '\\003' >%s"):format(KEYBOARD)) -- Ctrl-C
    local out, _, status = server.program:wait()
    server.program:stop()
    t.equal(status, 130, server.line)
    check_screen(server.line, (out:gsub("%^C", "")))
  end
  servers = {}
end

local function start_server(line)
  stop_servers()
  shell(("rm -f %s && mkfifo -m 666 %s"):format(KEYBOARD, KEYBOARD))
  local words = {}
  for i, word in ipairs(at_terminal("exec " .. line)) do words[i] = t.quote(word) end
  local server = t.start(("sh -c %s"):format(t.quote(("exec %s <>%s"):format(table.concat(words, " "), KEYBOARD))))
  local said = server:wait_for("([^\n]*%d+%.%d+%.%d+%.%d+:%d+[^\n]*)")
  skip_if_taken(said)
  t.match(said, "listening on", line)
  servers[1] = { program = server, line = line }
end

-- Runs the commands of one item; gives the last one.
local function run_commands(item)
  local last
  for _, command in ipairs(item.commands) do
    local line = command.line
    last = command
    if line:match("^make ") then
      check_not_run { info = "no-run: it is another test's", at = item.at, commands = { command } }
    elseif line:match("dhcplab server") and not line:match("%-%-timeout") then
      start_server(line)
    else
      local out, status = type_in(line)
      if here ~= TOP and line:match("^dhcplab grade") and status == 1 then status = 0 end
      t.equal(status, command.status, ("%s: %s\n%s"):format(item.at, line, out))
      check_screen(line, out)
    end
  end
  return last
end

local function check_shown(item, command)
  local got = type_in(command.line, item.text:find("[\128-\255]") and "C.UTF-8")
  local missing = readme.missing(item.text, got)
  if missing then
    t.fail(("%s shows what `%s` does not print:\n%s\nIt prints:\n%s"):format(item.at, command.line, missing, got))
  end
end

local function is_named(items, name)
  for _, item in ipairs(items) do
    for _, command in ipairs(item.commands or {}) do
      if command.line:find(name, 1, true) then return true end
    end
  end
  return false
end

local function run_lua(item, items)
  local name = item.info
  if name == "part" then
    local compiled, why = load(item.text)
    t.ok(compiled, ("%s: %s"):format(item.at, why))
    return
  end
  t.match(name, "^[%w_]+%.lua$", item.at .. ": a Lua block has the name of its file")
  t.write(here .. "/" .. name, item.text)
  if is_named(items, name) then return end
  local out, status = type_in(name:match("_test%.lua$") and ("LUA_PATH='tests/lua/?.lua;;' lua5.4 " .. name)
    or ("dhcplab run %s --virtual"):format(name))
  t.equal(status, 0, item.at .. "\n" .. out)
end

-- A lesson is done in a folder of its own.
local function enter_lesson(number)
  local out, status = type_in(("mkdir -p class && cd class && dhcplab lesson %d"):format(number))
  t.equal(status, 0, out)
  here = ("%s/class/lesson-%d"):format(TOP, number)
end

local function run_readme(path)
  prepare()
  here = TOP
  local lesson = path:match("lessons/(%d+)_")
  if lesson then enter_lesson(tonumber(lesson)) end
  local items = readme.read(path)
  local section, command
  for _, item in ipairs(items) do
    if item.section ~= section then stop_servers() end
    section = item.section
    if item.kind == "sh" and item.info ~= "" then check_not_run(item)
    elseif item.commands then command = run_commands(item)
    elseif item.kind == "text" and command then check_shown(item, command)
    elseif item.kind == "lua" then run_lua(item, items) end
    if item.kind ~= "sh" then command = nil end
  end
  stop_servers()
end

-- ---- tests

local files = readme.files()

t.test("commands and scripts stand in blocks that say what they are", function()
  t.ok(#files > 10)
  local not_run = 0
  for _, path in ipairs(files) do
    local items, indented = readme.read(path)
    t.equal(indented, {}, path .. ": indented lines are no block")
    for _, item in ipairs(items) do
      t.ok(item.kind == "row" or KINDS[item.kind], item.at .. ": what kind of block is this?")
      if item.kind == "sh" and item.info ~= "" then not_run = not_run + 1 end
    end
  end
  t.ok(not_run <= NO_RUN_MOST, "too much is not run: " .. not_run)
end)

t.test("what a block shows is held against what came", function()
  t.equal(readme.missing("a\nb\n", "a\nb\n"), nil)
  t.equal(readme.missing("at 1.234\n", "at 0.567\n"), nil)
  t.equal(readme.missing("a\n...\nd\n", "a\nb\nc\nd\n"), nil)
  t.equal(readme.missing("...\nd\n", "a\nd\n"), nil)
  t.equal(readme.missing("a\n...\n", "a\nb\n"), nil)
  t.equal(readme.missing("a\n", "a\nb\n"), "(the end)")
  t.equal(readme.missing("b\n", "a\nb\n"), "b\n")
  t.equal(readme.missing("a\n...\nx\n", "a\nb\n"), "x\n")
end)

for _, path in ipairs(files) do
  if t.read(path):find("```", 1, true) or t.read(path):find("| `build/dhcplab", 1, true) then
    t.test(path .. ": what it tells people to type works as it is printed", function()
      t.need_terminal()
      local ok, why = pcall(run_readme, path)
      servers = {}
      if not ok then error(why, 0) end
    end)
  end
end

t.test("nothing was written outside of the newcomer's folder", function()
  t.need_terminal() -- else nobody was there
  t.equal(shell("ls -A " .. HOME), "")
  if not is_root then return end
  local stray = "find /tmp /var/tmp /dev/shm -xdev -user %d ! -path '%s*' ! -path '%s*' 2>/dev/null; true"
  t.equal(shell(stray:format(USER, TOP, HOME)), "")
end)

t.done()
