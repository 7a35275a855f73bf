-- scripts/dhcplab/batch.lua: parts of a whole, and many runs in several processes. That tests and searches give the
-- same with any number of processes is in test_command_test.lua and search_test.lua.
local t = require "harness"
local batch = require "dhcplab.batch"
local json = require "dkjson"

t.test("the parts of a whole are all of it, each unit once", function()
  for total = 0, 7 do
    for parts = 1, 9 do
      local seen, count = {}, 0
      for part = 1, parts do
        local size, number_of = batch.part(total, { part, parts })
        t.ok(size >= 0)
        for k = 1, size do
          local number = number_of(k)
          t.ok(number >= 1 and number <= total and not seen[number])
          seen[number], count = true, count + 1
        end
      end
      t.equal(count, total)
    end
  end
  t.equal(batch.part(5), 5)
end)

-- A worker in shell: what it prints for --worker FIRST/STEP, up to unit 6; unit `dies` ends it.
local function job(dies)
  local script = t.write(t.path("worker.sh"), ([[
first=${2%%%%/*}; step=${2#*/}
while [ $first -le 6 ]; do
  [ $first = %s ] && exit 9
  echo "{\"status\":\"pass\",\"k\":$first}"
  first=$((first + step))
done
]]):format(dies or 0))
  return { count = 6, words = { "sh", script }, play = function(k) return { status = "pass", k = k } end,
           died = function(k, message) return { status = "fail", k = k, message = message } end }
end

local function run(made, jobs, stop)
  local said = {}
  batch.run(made, jobs, function(k, result)
    said[#said + 1] = ("%d %s %s"):format(k, result.status, result.message or result.k)
    return k ~= stop
  end)
  return said
end

t.test("results come in the order of their numbers, from any number of processes", function()
  local here = run(job(), 1)
  t.equal(here, { "1 pass 1", "2 pass 2", "3 pass 3", "4 pass 4", "5 pass 5", "6 pass 6" })
  for _, jobs in ipairs { 2, 4, 6, 50 } do t.equal(run(job(), jobs), here) end
  t.equal(run(job(), 2, 3), { here[1], here[2], here[3] }, "until it is told to stop")
end)

t.test("a unit whose process ends under it has failed, and the next ones are played", function()
  local said = run(job(3), 2)
  t.equal(said[3], "3 fail the process that ran this ended: status 9")
  t.equal(#said, 6)
  t.equal(said[5], "5 pass 5")
end)

t.test("processes that cannot begin are a failure of the machine, with a way out", function()
  local made = job()
  made.words = { "sh", "-c", "exit 3", "sh" }
  local ok, problem = pcall(run, made, 2)
  t.ok(not ok)
  t.equal(problem.exit, 3)
  t.match(tostring(problem), "%-%-jobs 1 does all of it in this one")
end)

t.test("a worker plays its turns and prints a line for each", function()
  local out, _, status = t.run { t.exe, "search", "--seeds", "1..7", "--worker", "2/3" }
  t.equal(status, 0)
  local seen = {}
  for line in out:gmatch("[^\n]+") do seen[#seen + 1] = json.decode(line).seed end
  t.equal(seen, { 2, 5 })
end)

t.done()
