-- The line that plays a run again: the command as it was typed, with the seed.

local replay = {}

-- A word for the shell, quoted where it must be.
function replay.quote(word)
  if word:find("^[%w%-_./:=,+@%%]+$") then return word end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- words: the arguments; a seed among them is replaced.
function replay.command(program, words, seed)
  local line, skip = { replay.quote(program or "dhcplab") }, false
  for _, word in ipairs(words) do
    if skip then
      skip = false
    elseif word == "--seed" then
      skip = true
    elseif not word:find("^%-%-seed=") then
      line[#line + 1] = replay.quote(word)
    end
  end
  return ("%s --seed %d"):format(table.concat(line, " "), seed)
end

return replay
