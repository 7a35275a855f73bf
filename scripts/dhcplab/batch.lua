-- Many numbered runs, played in this process or shared among several: the tests of `dhcplab test`, the scenarios of
-- `dhcplab search`.
--
-- A job says what there is to play: count (of its units), play(k) giving the result of the k-th, died(k, message)
-- giving the result of one whose process ended under it, words (the command line of this process). Unit k is the same
-- in every process with the same command line, so that a worker is told a share of the numbers and nothing else, and
-- answers with one JSON object a line. Results come back in the order of the numbers, however many processes there are.

local core = require "dhcplab.core"
local json = require "dkjson"
local problem = require "dhcplab.problem"
local replay = require "dhcplab.replay"

local batch = {}

-- The flags -----------------------------------------------------------------------------------------------------------

local function pair(text)
  local k, n = text:match("^(%d+)/(%d+)$")
  k, n = math.tointeger(tonumber(k)), math.tointeger(tonumber(n))
  if k and k >= 1 and n >= 1 then return { k, n } end
end

local function share(text)
  local made = pair(text)
  if made and made[1] <= made[2] then return made end
  return nil, ("\"%s\" is not K/N such as 1/4"):format(text)
end

local function count(text)
  local n = math.tointeger(tonumber(text))
  if n and n >= 1 then return n end
  return nil, ("\"%s\" is not a whole number from 1"):format(text)
end
batch.count = count

-- --jobs and --shard; and --worker, for the processes that this one starts: the first unit, and the step to the next.
function batch.define(command, what, when)
  command:option("--jobs", ("so many processes side by side (%s)"):format(when)):argname("N"):convert(count)
  command:option("--shard", ("the K-th of N parts of all %s"):format(what)):argname("K/N"):convert(share)
  command:option("--worker"):convert(pair):hidden(true)
end

-- How many of `total` units are in a share { k, n }, and which is the k-th of those.
function batch.part(total, part)
  local k, n = table.unpack(part or { 1, 1 })
  return (total - k) // n + 1, function(i) return (i - 1) * n + k end
end

-- What a worker is started with: the whole command line, and more.
function batch.words(flags, ...)
  local words = { flags.program }
  if flags.scripts then table.move({ "--scripts", flags.scripts }, 1, 2, 2, words) end
  table.move(flags.words, 1, #flags.words, #words + 1, words)
  for _, word in ipairs { ... } do words[#words + 1] = word end
  return words
end

-- Playing -------------------------------------------------------------------------------------------------------------

-- A worker: plays units first, first + step ... and prints their results. The exit status.
function batch.work(job, first, step)
  for k = first, job.count, step do
    local result = job.play(k)
    if result.kind == "interrupted" then return 130 end
    io.stdout:write(json.encode(result), "\n")
    if k == first or result.status == "fail" then io.stdout:flush() end
  end
  return 0
end

local function start_worker(job, first, step)
  local words = { "exec" }
  for _, word in ipairs(job.words) do words[#words + 1] = replay.quote(word) end
  words[#words + 1] = ("--worker %d/%d"):format(first, step)
  return assert(io.popen(table.concat(words, " "), "r"))
end

-- What a shell or this program ends with when it could not even begin.
local unable <const> = { [2] = true, [3] = true, [126] = true, [127] = true }

-- What stands for the result of a unit whose process died under it.
local function died(job, k, how, code)
  if how == "exit" and unable[code] then
    error(problem.new("E308", ("the processes that should share the work do not start (status %d)"):format(code),
      "--jobs 1 does all of it in this one"))
  end
  return job.died(k, ("the process that ran this ended: %s %s"):format(how == "signal" and "signal" or "status",
    tostring(code)))
end

-- Calls on_result(k, result) for each unit in order until it returns false or Ctrl-C comes.
local function run_here(job, on_result)
  for k = 1, job.count do
    if on_result(k, job.play(k)) == false or core.interrupted() then return end
  end
end

function batch.run(job, jobs, on_result)
  jobs = math.min(jobs, job.count)
  if jobs <= 1 then return run_here(job, on_result) end
  local pipes = {}
  for i = 1, jobs do pipes[i] = start_worker(job, i, jobs) end
  for k = 1, job.count do
    local i = (k - 1) % jobs + 1
    local line = pipes[i]:read("l")
    local result = line and json.decode(line)
    if core.interrupted() then break end
    if type(result) ~= "table" then
      local _, how, code = pipes[i]:close()
      result = died(job, k, how, code)
      pipes[i] = start_worker(job, k + jobs, jobs)
    end
    if on_result(k, result) == false then break end
  end
  for i = 1, jobs do pipes[i]:close() end
end

-- Says to a terminal how far it is, once a second: tell(k, failed); and wipe(), which takes that away by blanks, as a
-- terminal without control sequences knows them too.
function batch.progress(clock, total)
  if not core.isatty(2) then return function() end, function() end end
  local number = require("dhcplab.results").number
  local told, shown = clock:now(), ""
  return function(k, failed)
    if k % 16 ~= 0 or clock:now() - told < 1 then return end
    told = clock:now()
    shown = ("%s of %s%s"):format(number(k), number(total), failed > 0 and (", %s failed"):format(number(failed)) or "")
    io.stderr:write("\r", shown)
  end, function()
    if shown ~= "" then io.stderr:write("\r", (" "):rep(#shown), "\r") end
    shown = ""
  end
end

return batch
