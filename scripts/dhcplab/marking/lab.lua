-- What a check of a lesson works with: the world in which a student's script is played, what the script made in it, and
-- clients of the marker's own. scripts/lessons/README.md tells lesson authors how to use it.
--
-- What a check looks at is the marker's own record of what was sent; a script cannot change it.

local client = require "dhcplab.client"
local problem = require "dhcplab.problem"
local query = require "dhcplab.query"
local scripts = require "dhcplab.script"
local server = require "dhcplab.server"
local values = require "dhcplab.values"

local lab = {}

local Lab = {}
Lab.__index = Lab

-- A trace of the marker's own, asked as dhcp.trace is -----------------------------------------------------------------

local Record = {}
Record.__index = Record
query.extend(Record)

local function keep_record(world)
  local record, copies = setmetatable({ first = 1, last = 0, notes = {} }, Record), {}
  world.trace:add_sink(function(event, original)
    if original.note then
      record.notes[#record.notes + 1] = { event = event, at = original.at, from = original.from, text = original.text,
        address = original.address, state = original.state }
      return
    end
    local meta = getmetatable(original)
    local sent = meta and meta.__index or original
    local made = copies[sent]
    if not made then
      made = { at = sent.at, seq = sent.seq, from = sent.from, to = sent.to, src = sent.src, dst = sent.dst,
               rfc_dst = sent.rfc_dst, type = sent.type, xid = sent.xid, fate = "in flight", receivers = {},
               message = sent.message and sent.message:copy() }
      copies[sent] = made
      record.last = record.last + 1
      record[record.last] = made
    end
    if event == "deliver" then
      made.fate = "delivered"
      made.receivers[#made.receivers + 1] = original.to
    elseif event == "drop" and made.fate == "in flight" then
      made.fate, made.cause = "dropped", original.cause
    end
  end)
  return record
end

-- A lab in this world for this script. captured takes what the script prints; limit is how long, on the world's clock,
-- play() waits for its end.
function lab.new(world, script, captured, limit)
  local self = setmetatable({ world = world, script = script, limit = limit, seed = world.seed, own = {}, output = {} },
    Lab)
  self.write = function(text)
    self.output[#self.output + 1] = text
    captured(text)
  end
  self.trace = keep_record(world)
  world.tests = {} -- what dhcp.test declares is played by checks with `accepts` and `catches`
  return self
end

-- Playing the script ---------------------------------------------------------------------------------------------

-- Starts the script, and lets it do what it does at once; it goes on beside the check. It gets what else is given.
function Lab:start(...)
  if self.task then problem.blame("lab:start: the script runs already") end
  local given = table.pack(...)
  self.task = self.world.loop:spawn("the script", function()
    return scripts.start(self.script, self.world, self.write, table.unpack(given, 1, given.n))
  end)
  self.world.loop:sleep(0)
end

-- Plays the script to its end: what it returned.
function Lab:play(...)
  if not self.task then self:start(...) end
  local results = table.pack(self.task:join(self.limit))
  if self.task.ended then return table.unpack(results, 1, results.n) end
  self:fail(("the script ends within %g s of virtual time"):format(self.limit),
    "it still runs: " .. self.world.loop:deadlock_report("who waits for what:"):gsub("%s*\n%s*", "; "))
end

-- Another node of the marker's own: lab:client{...} and lab:server{...}, as dhcp.client and dhcp.server.
function Lab:client(options) return self:keep(client(options)) end
function Lab:server(options) return self:keep(server(options)) end

function Lab:keep(node)
  self.own[node] = true
  return node
end

local function nodes_of(self, role)
  local list = {}
  for _, node in ipairs(self.world.nodes) do
    if node.role == role and not self.own[node] then list[#list + 1] = node end
  end
  return list
end

-- What the script has made so far, in order.
function Lab:servers() return nodes_of(self, "server") end
function Lab:clients() return nodes_of(self, "client") end
function Lab:relays() return nodes_of(self, "relay") end

-- The server (client, relay) that the script made; the check fails where there is none or more than one.
function Lab:only(role)
  local list = nodes_of(self, role)
  if #list == 1 then return list[1] end
  self:fail(("a script that makes one %s: dhcp.%s { ... }"):format(role, role),
    list[1] and ("it makes %d"):format(#list) or "it makes none")
end

-- What the script printed so far.
function Lab:printed() return table.concat(self.output) end

-- Verdicts ---------------------------------------------------------------------------------------------------------

-- Ends the check: what was expected, what came instead, and (more than the check's own `why`) why that matters.
function Lab:fail(expected, came, why)
  self.failed = { expected = expected, came = came, why = why }
  error(problem.new(1, ("expected %s; came %s"):format(expected, came)), 0)
end

-- The value, unless it is nil or false: then the check fails. `came` may be any value.
function Lab:expect(value, expected, came, why)
  if value then return value end
  if came == nil then came = "nothing" end
  self:fail(expected, type(came) == "string" and came or values.show(came), why)
end

-- That two values are the same.
function Lab:equal(got, want, what, why)
  if values.equal(got, want) then return got end
  self:fail(("%s: %s"):format(what, values.show(want)), values.show(got), why)
end

return lab
