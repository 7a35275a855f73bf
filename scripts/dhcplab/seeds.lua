-- Sets of seeds, as people write them: "7", "1..1000", "1..10,42". A set is never written out: it may have millions.

local seeds = {}
seeds.__index = seeds

local function whole(text) return math.tointeger(tonumber(text)) end

-- From a text, a number or a list of numbers; nil and what is wrong.
function seeds.new(given)
  local set = setmetatable({ ranges = {}, count = 0 }, seeds)
  local function add(first, last)
    if not first or not last or first > last or last - first < 0 then return nil end
    set.ranges[#set.ranges + 1] = { first, last }
    set.count = set.count + (last - first + 1)
    return true
  end
  local wrong = ("\"%s\" is not a set of seeds such as 7, 1..1000 or 1..10,42"):format(tostring(given))
  if type(given) == "table" then
    for _, each in ipairs(given) do
      if not add(whole(each), whole(each)) then return nil, wrong end
    end
  else
    for part in (tostring(given) .. ","):gmatch("(.-),") do
      local first, last = part:match("^%s*(%-?%d+)%.%.(%-?%d+)%s*$")
      local ok = first and add(whole(first), whole(last)) or not first and add(whole(part), whole(part))
      if not ok then return nil, wrong end
    end
  end
  if set.count <= 0 then return nil, wrong end
  return set
end

-- The k-th seed, from 1.
function seeds:at(k)
  for _, range in ipairs(self.ranges) do
    local length = range[2] - range[1] + 1
    if k <= length then return range[1] + k - 1 end
    k = k - length
  end
end

-- "1..1000" or "7": as new() takes it.
function seeds:__tostring()
  local parts = {}
  for i, range in ipairs(self.ranges) do
    parts[i] = range[1] == range[2] and tostring(range[1]) or ("%d..%d"):format(range[1], range[2])
  end
  return table.concat(parts, ",")
end

return seeds
