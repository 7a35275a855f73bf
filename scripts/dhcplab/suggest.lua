-- "Did you mean": the closest of a list of words to one that was mistyped, or nil when none is near.
--
-- The distance counts what a typing hand does wrong: a letter too many, too few, another one, or two
-- swapped (Damerau-Levenshtein in its restricted form: a swapped pair is not edited again).  Case does
-- not count, and "-", "_" and " " are the same.  A word that is the beginning of exactly one entry
-- names that entry.  Ties go to the entry that stands first in the list.
-- Used by the command line, `help`, and everything that takes names.

local LIMIT = 64 -- longer words are not worth comparing

local function normal(word)
  return (word:lower():gsub("[-_ ]", "_"))
end

-- How many mistakes are still likely to be the same word: one in three letters, at most three.
local function cut(length)
  return math.max(1, math.min(3, length // 3))
end

local function distance(a, b)
  local before, last = {}, {}
  for j = 0, #b do
    last[j] = j
  end
  for i = 1, #a do
    local now = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(last[j] + 1, now[j - 1] + 1, last[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, before[j - 2] + 1)
      end
      now[j] = best
    end
    before, last = last, now
  end
  return last[#b]
end

-- The only entry that begins with `word`; nil when there is none or there are several.
local function by_beginning(word, list)
  local found
  for _, entry in ipairs(list) do
    if normal(entry):sub(1, #word) == word then
      if found then return nil end
      found = entry
    end
  end
  return found
end

return function(word, list)
  word = normal(word)
  if word == "" or #word > LIMIT then return nil end
  local nearest, least
  for _, entry in ipairs(list) do
    local other = normal(entry)
    local allowed = cut(math.max(#word, #other))
    if math.abs(#word - #other) <= allowed then
      local d = distance(word, other)
      -- A word of which every letter is wrong is another word, however short it is.
      if d <= allowed and d < #word and (not least or d < least) then
        nearest, least = entry, d
      end
    end
  end
  if nearest then return nearest end
  return #word >= 3 and by_beginning(word, list) or nil
end
