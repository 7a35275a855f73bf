-- Fault files: what went wrong on the networks of a run, one JSON object a line, to be read, edited and played again.
--
-- { at, net, link, k, kind, detail }: kind befell the k-th packet on that link ("client>server"; "client>*" is a whole
-- packet, numbered among its sender's; "/arp" behind it: ARP). net, link and k say which packet; at is for readers.
-- detail: seconds for jitter, reorder, delay and duplicate (the copy's own delay), the bit for corrupt, the octets left
-- for truncate; none for loss, cut, rule and tap, which drop.

local json = require "dkjson"
local problem = require "dhcplab.problem"

local faultfile = {}

local drops <const> = { loss = true, cut = true, rule = true, tap = true }
local delays <const> = { jitter = true, reorder = true, delay = true, duplicate = true }
local others <const> = { corrupt = true, truncate = true }

local order <const> = { "at", "net", "link", "k", "kind", "detail" }

local function micro(seconds) return math.floor(seconds * 1e6 + 0.5) end

-- The object for a fault that the core reports of a network.
function faultfile.object(fault, net)
  local detail = fault.detail
  if drops[fault.kind] then detail = nil elseif delays[fault.kind] then detail = detail / 1e6 end
  local link = ("%s>%s%s"):format(fault.from, fault.to, fault.arp and "/arp" or "")
  return { at = micro(fault.at) / 1e6, net = net, link = link, k = fault.k, kind = fault.kind, detail = detail }
end

-- A fault as the core takes it, from its object.
function faultfile.check(object, where)
  if type(object) ~= "table" then error(problem.new("E209", where .. ": not a JSON object"), 0) end
  local from, to = tostring(object.link):match("^([^>]+)>(.+)$")
  local k, kind = math.tointeger(object.k), object.kind
  if not from or not k or k < 1 or not (drops[kind] or delays[kind] or others[kind]) then
    error(problem.new("E209", where
      .. ": a fault has a link \"client>server\", k from 1, and a kind such as \"loss\""), 0)
  end
  local detail = object.detail or 0
  if type(detail) ~= "number" or not (detail >= 0 and detail < 1e9) then
    error(problem.new("E209", where .. ": detail is a number from 0"), 0)
  end
  return { net = object.net or "lan", from = from, to = to:gsub("/arp$", ""), arp = to:match("/arp$") ~= nil, k = k,
           kind = kind, detail = delays[kind] and micro(detail) or math.floor(detail) }
end

local function parse(line, where) return faultfile.check(json.decode(line), where) end

-- The faults in a file that --faults wrote, or a hand: for worlds.new{ replay = ... }.
function faultfile.load(path)
  local file, why = io.open(path, "r")
  if not file then error(problem.new("E209", ("cannot open %s"):format(why)), 0) end
  local list, number = {}, 0
  for line in file:lines() do
    number = number + 1
    if line:find("%S") then list[#list + 1] = parse(line, ("%s:%d"):format(path, number)) end
  end
  file:close()
  return list
end

-- Takes over what fired since a node last sent something: answers to ARP.
function faultfile.collect(world)
  for _, network in ipairs(world.networks) do network:note_faults() end
end

-- Writes what fired in the world. True, or nil and why.
function faultfile.write(world, path)
  faultfile.collect(world)
  local file, why = io.stdout, nil
  if path ~= "-" then file, why = io.open(path, "w") end
  if not file then return nil, why end
  local ok, message = true, nil
  for _, fault in ipairs(world.fault_log) do
    ok, message = file:write(json.encode(fault, { keyorder = order }), "\n")
    if not ok then break end
  end
  if path == "-" then return ok and file:flush(), message end
  local closed, close_message = file:close()
  return ok and closed, message or close_message
end

-- How many of the faults to be replayed did not come up.
function faultfile.unmet(world)
  if not world.replay then return 0 end
  faultfile.collect(world)
  return #world.replay - world.fault_count
end

return faultfile
