-- Completion for shells: what may stand where the cursor is, and the scripts that ask for it.
--
-- The scripts hold no names at all: at each Tab they call `dhcplab completion SHELL --words -- WORD...`, the words up
-- to the cursor, and so are never older than the program. The answer is a line for each candidate, a tab, and what it
-- is; the line ":files" asks for the names of files as well.

local usage = require "dhcplab.usage"

local completion = {}

completion.shells = {}

completion.shells.bash = [=[
# bash completion for dhcplab; load it with: source <(dhcplab completion bash)
_dhcplab() {
  local word about line files=
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    if [ "$word" = :files ]; then files=yes; else COMPREPLY+=("$word"); fi
  done < <("${COMP_WORDS[0]}" completion bash --words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
  fi
}
complete -F _dhcplab dhcplab
]=]

completion.shells.zsh = [=[
#compdef dhcplab
# zsh completion for dhcplab; load it with: source <(dhcplab completion zsh)
_dhcplab() {
  local line word about files=
  local -a found
  for line in "${(@f)$("${(Q)words[1]}" completion zsh --words -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    word=${line%%$'\t'*} about=
    [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
    if [[ $word == :files ]]; then
      files=yes
    elif [[ -n $word ]]; then
      found+=("${word//:/\\:}:$about")
    fi
  done
  (( $#found )) && _describe -t words dhcplab found
  [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _dhcplab ]]; then
  _dhcplab "$@"
else
  compdef _dhcplab dhcplab
fi
]=]

completion.shells.fish = [=[
# fish completion for dhcplab; load it with: dhcplab completion fish | source
function __dhcplab_words
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] completion fish --words -- $words[2..-1] $current 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path $current
        else
            echo $line
        end
    end
end
complete -c dhcplab -f -a '(__dhcplab_words)'
]=]

-- Finding out where the cursor is ---------------------------------------------------------------------------------

local function find(list, name)
  for _, each in ipairs(list) do
    if each.name == name then return each end
    for _, other in ipairs(each.names or {}) do
      if other == name then return each end
    end
  end
end

-- The command that the words before the cursor name, and where it stands; without one it is the handshake.
local function command_of(line, before)
  local first = before[1]
  local command = first and find(line.commands, first)
  if command then return command, 1 end
  if first and first:find("%.lua$") then return find(line.commands, "run"), 0 end
  return find(line.commands, "handshake"), 0
end

-- The option that still waits for its value before the cursor, and how many arguments have been given.
local function state_of(command, before, from)
  local waiting, given, only_arguments = nil, 0, false
  for i = from + 1, #before do
    local word = before[i]
    if waiting then
      waiting = nil
    elseif word == "--" then
      only_arguments = true
    elseif word:find("^%-.") and not only_arguments then
      local option = find(command.options, word)
      waiting = option and option.argname and option or nil
    else
      given = given + 1
    end
  end
  return waiting, given, only_arguments
end

local function argument_at(command, given)
  for _, argument in ipairs(command.arguments) do
    if given < argument.most then return argument end
    given = given - argument.most
  end
end

-- What may stand there --------------------------------------------------------------------------------------------

local FILES <const> = { word = ":files" }

local function add_words(found, words, text)
  for _, word in ipairs(words) do found[#found + 1] = { word = word, text = text or "" } end
end

local function add_options(found, options)
  for _, option in ipairs(options) do
    for _, name in ipairs(option.names) do found[#found + 1] = { word = name, text = option.text } end
  end
end

local function add_values(found, option)
  if option.choices then return add_words(found, option.choices) end
  if option.argname:find("^FILE") or option.argname:find("^FOLDER") then found[#found + 1] = FILES end
end

local function add_arguments(found, argument, current)
  if not argument then return end
  if argument.choices then
    add_words(found, argument.choices)
  elseif argument.name == "topic" then
    local help = require "dhcplab.help"
    add_words(found, current == "" and help.list() or help.names())
  else
    if argument.name == "script" then
      add_words(found, require("dhcplab.commands.list").names(), "a bundled script")
    end
    found[#found + 1] = FILES
  end
end

-- All candidates for the last of `words`: a list of { word, text }.
local function candidates(line, words)
  local before, current = { table.unpack(words, 1, #words - 1) }, words[#words]
  local command, from = command_of(line, before)
  local waiting, given, only_arguments = state_of(command, before, from)
  local found = {}
  local name = current:match("^(%-%-[^=]+)=")
  if waiting then
    add_values(found, waiting)
  elseif name then
    local option = find(command.options, name)
    if option and option.argname then add_values(found, option) end
    for _, each in ipairs(found) do each.word = each ~= FILES and name .. "=" .. each.word or each.word end
  elseif current:find("^%-") and not only_arguments then
    add_options(found, command.options)
    if #before == 0 then add_options(found, line.options) end
  elseif #before == 0 then
    for _, each in ipairs(line.commands) do found[#found + 1] = { word = each.name, text = each.text } end
    found[#found + 1] = FILES -- a script is run
  else
    add_arguments(found, argument_at(command, given), current)
  end
  return found
end

-- bash takes "=" and ":" for words of their own: they are joined again with what is beside them.
local function join_broken(words)
  local joined, glue = {}, false
  for _, word in ipairs(words) do
    local is_break = word:find("^[=:]+$") ~= nil
    if joined[1] and (is_break or glue) then
      joined[#joined] = joined[#joined] .. word
    else
      joined[#joined + 1] = word
    end
    glue = is_break
  end
  return joined
end

-- The lines to print for the words up to the cursor, the last of which is being typed. What bash gets replaces the
-- last of the pieces that it breaks words into.
function completion.lines(parser, words, shell)
  local is_bash = shell == "bash"
  words = is_bash and join_broken(words) or words
  if not words[1] then words = { "" } end
  local current, lines, seen = words[#words], {}, {}
  local cut = is_bash and #(current:match("^.*[=:]") or "") or 0
  for _, each in ipairs(candidates(usage.read(parser), words)) do
    local word = each.word
    if (word == FILES.word or word:sub(1, #current) == current) and not seen[word] then
      seen[word] = true
      if word ~= FILES.word then word = word:sub(cut + 1) end
      lines[#lines + 1] = each.text and each.text ~= "" and word .. "\t" .. each.text or word
    end
  end
  return lines
end

return completion
