-- The rules of this repository, as tests: what lies where, what may include what, how large things may grow.
--
-- A message names the place and what to do instead.  Looks at the files that git knows or would
-- add; where there is no git, at everything outside build/.

local t = require "harness"

local longest_file, longest_line = 600, 120
local visible = { Makefile = true, ["README.md"] = true, LICENSE = true, core = true, bindings = true, scripts = true,
  tests = true }

local function list_files()
  local pipe = assert(io.popen("{ git ls-files -co --exclude-standard 2>/dev/null || "
    .. "find . -type f -not -path './build/*' -not -path './.git/*' | sed 's,^\\./,,'; } | LC_ALL=C sort -u"))
  local files = {}
  for path in pipe:lines() do
    if t.read(path) then files[#files + 1] = path end
  end
  pipe:close()
  return files
end

local files, text_of = list_files(), {}
for _, path in ipairs(files) do text_of[path] = t.read(path) end

local function is_data(path)
  return path:find("^tests/.*%.pcap") or path:find("^tests/fuzz/corpus/")
end

local function is_code(path)
  return path:find("%.[ch]$") or path:find("%.lua$")
end

-- A test that collects what is wrong and fails with the whole list.
local function rule(name, check)
  t.test(name, function()
    local wrong = {}
    check(function(path, what) wrong[#wrong + 1] = path .. ": " .. what end)
    if #wrong > 0 then t.fail(table.concat(wrong, "\n")) end
  end)
end

local function each_line(path, visit)
  local number = 0
  for line in (text_of[path] .. "\n"):gmatch("(.-)\r?\n") do
    number = number + 1
    visit(line, path .. ":" .. number)
  end
end

rule("the visible top-level entries are the seven of the design", function(wrong)
  local seen = {}
  for _, path in ipairs(files) do
    local top = path:match("^[^/]+")
    if not top:find("^%.") and not visible[top] and not seen[top] then
      wrong(top, "belongs inside core, bindings, scripts or tests")
    end
    seen[top] = true
  end
  for _, top in ipairs { "Makefile", "README.md", "LICENSE", "core", "bindings", "scripts", "tests" } do
    if not seen[top] then wrong(top, "is not there") end
  end
end)

rule("every folder explains itself in its README.md", function(wrong)
  local seen = {}
  for _, path in ipairs(files) do
    local folder = path:match("^(%a[^/]*/[^/]+)/.") or path:match("^(%a[^/]*)/.")
    for _, each in ipairs { folder or false, folder and folder:match("^(.-)/") or false } do
      if each and not seen[each] and not text_of[each .. "/README.md"] then wrong(each, "has no README.md") end
      if each then seen[each] = true end
    end
  end
end)

-- ---- layers

-- A file says its layer in its opening comment: "(layer L2)".  X.c has the layer of X.h unless it says its own.
local function layer_of(path)
  local opening = (text_of[path] or ""):match("^/%*.-%*/") or ""
  local layer = tonumber(opening:match("[Ll]ayer L(%d)"))
  if layer or not path:find("%.c$") then return layer end
  return layer_of((path:gsub("%.c$", ".h")))
end

rule("core knows nothing of Lua and includes only itself and the system", function(wrong)
  for _, path in ipairs(files) do
    if path:find("^core/.*%.[ch]$") then
      each_line(path, function(line, place)
        local name = line:match('^%s*#%s*include%s*[<"]([^>"]+)[>"]')
        if name and (name:find("^lua") or name:find("^lauxlib")) then wrong(place, "Lua belongs in bindings/") end
        local own = line:match('^%s*#%s*include%s*"([^"]+)"')
        if own and not text_of["core/" .. own] then wrong(place, own .. " is not in core/") end
      end)
    end
  end
end)

rule("inside core, includes point to the same layer or down", function(wrong)
  for _, path in ipairs(files) do
    if path:find("^core/.*%.[ch]$") then
      local layer = layer_of(path)
      if not layer then wrong(path, 'its opening comment must say "(layer L0)" to "(layer L5)"') end
      each_line(path, function(line, place)
        local other = line:match('^%s*#%s*include%s*"([^"]+%.h)"')
        local below = other and layer_of("core/" .. other)
        if layer and below and below > layer then
          wrong(place, ("layer L%d includes %s of layer L%d"):format(layer, other, below))
        end
      end)
    end
  end
end)

-- ---- tests beside what they test

local function any_mentions(folder, ending, words)
  for _, path in ipairs(files) do
    if path:sub(1, #folder) == folder and path:find(ending) then
      for _, word in ipairs(words) do
        if text_of[path]:find(word, 1, true) then return true end
      end
    end
  end
end

rule("every core/X.c has tests/core/X_test.c, or a test there names it", function(wrong)
  for _, path in ipairs(files) do
    local name = path:match("^core/(.*)%.c$")
    local test = name and "tests/core/" .. name .. "_test.c"
    if name and not text_of[test] and not any_mentions("tests/core/", "_test%.c$", { path }) then
      wrong(path, "needs " .. test)
    end
  end
end)

rule("every scripts/dhcplab/X.lua has tests/lua/X_test.lua, or a test there requires it", function(wrong)
  for _, path in ipairs(files) do
    local name = path:match("^scripts/dhcplab/(.*)%.lua$")
    if name and not name:find("^meta/") then
      local module = "dhcplab." .. name:gsub("/", "."):gsub("%.init$", "")
      local test = "tests/lua/" .. name:gsub("/", "_") .. "_test.lua"
      local words = { path, '"' .. module .. '"', "'" .. module .. "'" }
      if not text_of[test] and name ~= "init" and not any_mentions("tests/lua/", "_test%.lua$", words) then
        wrong(path, "needs " .. test)
      end
    end
  end
end)

-- ---- text

rule("code files open with a comment that says what they are", function(wrong)
  for _, path in ipairs(files) do
    local text = text_of[path]:gsub("^#![^\n]*\n", "")
    if is_code(path) and not text:find("^/%*") and not text:find("^%-%-") then
      wrong(path, "opens without a comment")
    end
  end
end)

rule(("files stay under %d lines of at most %d columns"):format(longest_file, longest_line), function(wrong)
  for _, path in ipairs(files) do
    if is_code(path) then
      local count = select(2, text_of[path]:gsub("\n", ""))
      if count > longest_file then wrong(path, count .. " lines: there are two nouns in it, split it") end
      each_line(path, function(line, place)
        local width = utf8.len(line) or #line
        if width > longest_line then wrong(place, width .. " columns") end
      end)
    end
  end
end)

rule("text has no trailing white space, no tabs in code, and ends with a newline", function(wrong)
  for _, path in ipairs(files) do
    local text = text_of[path]
    if not is_data(path) and not path:find("^tests/golden/") then
      if text ~= "" and text:sub(-1) ~= "\n" then wrong(path, "does not end with a newline") end
      each_line(path, function(line, place)
        if line:find("[ \t]$") then wrong(place, "trailing white space") end
        if is_code(path) and line:find("\t", 1, true) then wrong(place, "a tab") end
      end)
    end
  end
end)

rule("nothing is left undone in the text", function(wrong)
  local marks = { "%f[%w]FIX" .. "ME%f[%W]", "%f[%w]X" .. "XX%f[%W]", "%f[%w]TO" .. "DO%f[%W]" }
  for _, path in ipairs(files) do
    if not is_data(path) then
      each_line(path, function(line, place)
        for _, mark in ipairs(marks) do
          if line:find(mark) then wrong(place, "do it, or file it; a mark in the text is forgotten") end
        end
      end)
    end
  end
end)

rule("no file knows somebody's own folders", function(wrong)
  local places = { "/wo" .. "rk/", "/ho" .. "me/%w", "/ro" .. "ot/", "/Us" .. "ers/%w" }
  for _, path in ipairs(files) do
    if not is_data(path) then
      each_line(path, function(line, where)
        for _, place in ipairs(places) do
          if line:find(place) then wrong(where, "names " .. line:match(place)) end
        end
      end)
    end
  end
end)

rule("binary files are captures and fuzz inputs only", function(wrong)
  for _, path in ipairs(files) do
    if not is_data(path) and text_of[path]:find("\0", 1, true) then wrong(path, "is binary") end
  end
end)

rule("links between the README files lead somewhere", function(wrong)
  for _, path in ipairs(files) do
    if path:find("%.md$") then
      local folder = path:match("^(.*/)") or ""
      each_line(path, function(line, place)
        for target in line:gmatch("%]%(([^)#%s]+)[^)]*%)") do
          local there = (folder .. target):gsub("/$", "")
          while there:find("[^/]+/%.%./") do there = there:gsub("[^/]+/%.%./", "", 1) end
          if not target:find("^%a+:") and not os.execute("test -e " .. t.quote(there)) then
            wrong(place, target .. " is not there")
          end
        end
      end)
    end
  end
end)

t.done()
