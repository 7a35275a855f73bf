-- Scripts: found, read, compiled once, and started in a world with fresh global names (sandbox.lua).

local core = require "dhcplab.core"
local excerpt = require "dhcplab.excerpt"
local problem = require "dhcplab.problem"
local sandbox = require "dhcplab.sandbox"

local script = {}

-- The Lua files that `path` may have meant: those that are bundled, and those beside it.
local function known(path)
  local names, folder = {}, path:match("^(.*/)") or ""
  for _, name in ipairs(core.folder(folder == "" and "." or folder) or {}) do
    if name:find("%.lua$") then names[#names + 1] = folder .. name end
  end
  for _, name in ipairs(core.embedded and core.embedded() or {}) do
    if name:find("%.lua$") and not name:find("^dhcplab/") then names[#names + 1] = name end
  end
  return names
end

local function read_file(path)
  local file, why = io.open(path, "r")
  if not file then
    local bundled = core.embedded and core.embedded((path:gsub("^scripts/", "")))
    if bundled then return bundled end
    error(problem.new("E206", ("cannot open %s%s"):format(why, problem.hint(path, known(path)))), 0)
  end
  local text
  text, why = file:read("a")
  file:close()
  return text or error(problem.new("E206", ("cannot read %s: %s"):format(path, why)))
end

local function syntax_error(message)
  local made = problem.new("E101", "the script has a syntax error: " .. message)
  local file, line, what = message:match("^([^\n:]+):(%d+): (.*)$")
  made.place = file and { file = file, line = math.tointeger(tonumber(line)), source = excerpt.source(file) }
  made.summary = what
  return made
end

-- A script that can be started: path, name, folder, text, code. "-" is standard input. Raises a problem when it cannot
-- be read (exit status 2) or is not Lua (4).
function script.read(path)
  return script.of_text(path == "-" and io.read("a") or read_file(path), path)
end

-- The same from a text; path is what messages call it.
function script.of_text(text, path)
  local chunk = path == "-" and "@stdin" or "@" .. path
  text = text:gsub("^\xEF\xBB\xBF", ""):gsub("^#[^\n]*", "") -- some editors begin a file with that mark
  local main, message = load(text, chunk, "t")
  excerpt.remember(chunk, text)
  if not main then error(syntax_error(message), 0) end
  return { path = path, text = text, chunk = chunk, code = string.dump(main),
           name = path:match("([^/]+)%.lua$") or path, folder = path:match("^(.*)/[^/]*$") or "." }
end

-- Runs it from its top, in the caller's task. captured: takes what it prints; nil lets it print. self.names: makes its
-- global names in the place of the sandbox.
function script.start(self, world, captured, ...)
  local env = (self.names or sandbox.new)(world, { folder = self.folder, captured = captured })
  return load(self.code, self.chunk, "b", env)(...)
end

return script
