-- One submission, one process: what a student's script does to its process harms no other, and not the one that marks.
--
-- A worker (`dhcplab grade ... --worker`) reads the script, gives up what it does not need of the system, plays the
-- checks, and says each result as a line of JSON when it has it; so what is known is known when it is ended.

local core = require "dhcplab.core"
local checks = require "dhcplab.marking.checks"
local json = require "dkjson"
local problem = require "dhcplab.problem"
local replay = require "dhcplab.replay"

local process = {}

local MARK <const> = "\1result " -- ahead of each line that counts
local LARGEST <const> = 256 * 1024 -- octets of a script
local READING <const> = 5 -- seconds that reading the file may take: it could be a pipe
local PROCESSOR <const>, WALL <const> = 40, 120 -- seconds for all checks, when nothing else has helped

-- Libraries that are loaded when they are needed; a sealed process cannot open their files.
local late <const> = { "declare", "expect", "explain", "help.guide", "help.reference", "invariants", "network",
                       "report", "requirements", "show", "strict", "suggest" }

local function load_late_ones()
  for _, name in ipairs(late) do require("dhcplab." .. name) end
  require("dhcplab.mistakes").list()
end

-- The worker ----------------------------------------------------------------------------------------------------------

local function say(result)
  io.stdout:write(MARK, json.encode(result), "\n")
  io.stdout:flush()
end

-- The text of a script; or nil and why it is none.
local function read_script(path)
  local file, why = io.open(path, "rb")
  local text
  if file then
    text, why = file:read(LARGEST + 1)
    file:close()
  end
  if not text then return nil, why or "the file is empty" end
  if #text > LARGEST then return nil, ("the file is larger than %d KiB"):format(LARGEST // 1024) end
  return text
end

-- Plays all checks of the list against the file at `path`.
function process.work(list, path)
  core.confine(PROCESSOR, READING, false)
  local text, why = read_script(path)
  local names, scripts = require "dhcplab.marking.names", require "dhcplab.script"
  load_late_ones()
  names.seal()
  require("dhcplab.sandbox").remember()
  core.confine(PROCESSOR, WALL, true)
  if not text then
    checks.refuse(list, why, say)
  else
    local ok, script = pcall(scripts.of_text, text, path:match("[^/]+$"))
    if ok then
      script.names = names.new
      checks.run(list, script, say)
    elseif problem.is(script) then
      checks.refuse(list, (script.message:gsub("^the script has a syntax error: ", "")), say)
    else
      error(script, 0)
    end
  end
  say { done = true }
  return 0
end

-- Who starts them -----------------------------------------------------------------------------------------------------

local function start(words, path)
  local line = { "exec" }
  for _, word in ipairs(words) do line[#line + 1] = replay.quote(word) end
  line[#line + 1] = replay.quote(path)
  line[#line + 1] = "--worker 2>/dev/null"
  return assert(io.popen(table.concat(line, " "), "r"))
end

local ends <const> = {
  [4] = "it is stuck inside one call of a library function",
  [14] = "it took too long", [24] = "it took too long", [25] = "it tried to write a file",
  [137] = "it was ended by the system, perhaps for its memory", [142] = "it took too long",
  [152] = "it took too long", [153] = "it tried to write a file",
}

-- What stands for the results of a process that ended before it was through.
local function complete(results, list, how, code)
  for i = #results + 1, #list do
    local check = list[i]
    local result = { name = check.name, points = check.points, got = 0, hints = {} }
    if not results.died then
      results.died = true
      result.status, result.expected = "stop", "a script that comes to an end"
      result.came = ends[code] or ("its process ended: %s %s"):format(how == "signal" and "signal" or "status",
        tostring(code))
    else
      result.status, result.came = "skip", "the script had to be stopped before"
    end
    results[i] = result
  end
end

local function collect(pipe, list)
  local results, done = {}, false
  for line in pipe:lines() do
    local result = line:sub(1, #MARK) == MARK and json.decode(line:sub(#MARK + 1))
    if type(result) == "table" then
      if result.done then done = true else results[#results + 1] = result end
    end
  end
  local _, how, code = pipe:close()
  if core.interrupted() or code == 130 then error(problem.new(130, "interrupted")) end
  if not done and not results[1] and (code == 126 or code == 127) then
    error(problem.new(3, ("the process that should play the script does not start (status %d)"):format(code)))
  end
  if not done then complete(results, list, how, code) end
  return results
end

-- Marks the files at `paths` in so many processes side by side; on_results(i, results) is called for each in order.
-- words: how a worker is started, without its file.
function process.run(list, words, paths, jobs, on_results)
  local pipes = {}
  for i = 1, math.min(jobs, #paths) do pipes[i] = start(words, paths[i]) end
  for i = 1, #paths do
    local results = collect(pipes[i], list)
    if paths[i + jobs] then pipes[i + jobs] = start(words, paths[i + jobs]) end
    on_results(i, results)
  end
end

return process
