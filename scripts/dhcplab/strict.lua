-- --strict: has the judge look at every packet of a run as it happens, and says what breaks which rule.
--
-- A packet is judged when its fate is known, so that its real source address is. What went to another process has
-- none that is known: it is judged when the answer comes.
-- dhcp.tolerate("S-31") lets a rule be broken on purpose: such a breach is shown and does not
-- count.

local judge = require "dhcplab.judge"

local strict = {}

-- Attaches a judge to the world; world.tolerated (a set of rules) may be filled by the script. Returns the tally:
-- { packets, breaches (those of MUST rules that nobody tolerates), others, lines }.
function strict.attach(world, out)
  local tally = { packets = 0, breaches = 0, others = 0, lines = {} }
  local clerk = judge.new { complete = true, remember = 100000 }
  world.tolerated = world.tolerated or {}
  local under_way = {} -- xid -> what was sent and has not been judged, in order
  local function judge_one(sent, src, dst)
    sent.judged = true
    tally.packets = tally.packets + 1
    for _, breach in ipairs(clerk:see {
      at = sent.at, number = sent.seq, message = sent.message, src = src,
      dst = dst, rfc_dst = sent.rfc_dst, from = sent.from, to = sent.to,
    }) do
      local excused = world.tolerated[breach.rule]
      local line = (excused and "tolerated: " or "") .. judge.text(breach)
      tally.lines[#tally.lines + 1] = line
      out:write("strict: ", line, "\n")
      if not excused and breach.level == "MUST" then
        tally.breaches = tally.breaches + 1
      else
        tally.others = tally.others + 1
      end
    end
  end
  -- What the same node said before in the same transaction, and is still under way, is judged first; before an answer
  -- from another process, what anybody said.
  local function judge_earlier(sent)
    local list, left = under_way[sent.xid], nil
    for _, earlier in ipairs(list or {}) do
      if not earlier.judged and earlier ~= sent then
        if earlier.seq < sent.seq and (sent.foreign or earlier.from == sent.from) then
          judge_one(earlier, nil, earlier.dst)
        else
          left = left or {}
          left[#left + 1] = earlier
        end
      end
    end
    under_way[sent.xid] = left
  end
  world.trace:add_sink(function(event, record)
    local m = record.message
    if not m or record.note then return end
    if event == "send" then
      local list = under_way[record.xid] or {}
      under_way[record.xid] = list
      list[#list + 1] = record
      return
    end
    local sent = getmetatable(record) and getmetatable(record).__index or record
    if rawget(sent, "judged") then return end
    judge_earlier(sent)
    judge_one(sent, event == "deliver" and record.src or nil, record.dst)
  end)
  return tally
end

function strict.summary(tally)
  return ("strict: %d packets judged, %d breaches of MUST, %d other remarks"):format(tally.packets, tally.breaches,
    tally.others)
end

return strict
