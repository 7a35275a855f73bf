-- --mermaid FILE: a run as Mermaid text, a sequence diagram that GitHub, GitLab and many wikis draw from a code block.

local chronicle = require "dhcplab.chronicle"
local layout = require "dhcplab.layout"

local mermaid = {}

local MOST <const> = 400 -- lines; Mermaid itself refuses much longer diagrams
local GAP_SECONDS <const> = 0.5

-- Text cannot end a line, start a comment or be read as a keyword: what Mermaid gives a meaning is written as its
-- number.
local function clean(text)
  local safe = layout.printable(tostring(text), true):gsub("[#;<>\"%%{}%[%]()]", function(c)
    return ("#%d;"):format(c:byte())
  end)
  return (safe:gsub("%f[%w]end%f[%W]", "#101;nd"))
end

local function packet_lines(packet, ids)
  local from = ids[packet.from]
  local label = clean(packet.title .. (packet.matter ~= "" and " " .. packet.matter or ""))
  local lines, told = {}, {}
  for _, arrival in ipairs(packet.arrivals) do
    local to = ids[arrival.to]
    if from and to and to ~= from then
      lines[#lines + 1] = ("    %s->>%s: %s"):format(from, to, told[to] and label .. " (again)" or label)
      told[to] = true
    end
  end
  if lines[1] or not from then return lines end
  local to = ids[packet.to]
  if not to then
    for name, id in pairs(ids) do -- any other will do, but always the same one
      if name ~= packet.from and (not to or id < to) then to = id end
    end
  end
  return { ("    %s-x%s: %s, %s"):format(from, to or from, label, clean(chronicle.fate(packet))) }
end

-- The diagram as text, with a line end.
function mermaid.text(self)
  local out, ids, last = { "sequenceDiagram" }, {}, 0
  for i, lane in ipairs(self:lanes()) do
    ids[lane.name] = ("n%03d"):format(i)
    out[#out + 1] = ("    participant %s as %s"):format(ids[lane.name], clean(lane.name))
  end
  local left_out = self.left_out
  for _, row in ipairs(self.rows) do
    local lines = {}
    if row.kind == "packet" then
      if row.at - last >= GAP_SECONDS and ids[row.packet.from] then
        lines[1] = ("    Note over %s: %g s later"):format(ids[row.packet.from],
          math.floor((row.at - last) * 1000 + 0.5) / 1000)
      end
      last = row.at
      for _, line in ipairs(packet_lines(row.packet, ids)) do lines[#lines + 1] = line end
    elseif row.kind == "state" and ids[row.on] then
      lines[1] = ("    Note over %s: %s"):format(ids[row.on], clean(row.text))
    end
    if #out + #lines > MOST then
      left_out = left_out + 1
    else
      for _, line in ipairs(lines) do out[#out + 1] = line end
    end
  end
  if left_out > 0 then out[#out + 1] = ("    Note over n001: and %d events more"):format(left_out) end
  return table.concat(out, "\n") .. "\n"
end

return mermaid
