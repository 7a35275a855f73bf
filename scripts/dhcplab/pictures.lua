-- The pictures of a run that the command line asks for: --html FILE and --mermaid FILE.
--
-- Files are opened before the run, so that a wrong name costs nobody a run, and written when it has ended.

local chronicle = require "dhcplab.chronicle"
local core = require "dhcplab.core"
local problem = require "dhcplab.problem"
local replay = require "dhcplab.replay"

local pictures = {}

local function open(path, flag)
  if path == "-" then return io.stdout end
  local file, why = io.open(path, "wb")
  if not file then
    error(problem.new("E305", ("cannot write the picture: %s"):format(why),
      ("give another file: --%s FILE"):format(flag)))
  end
  return file
end

local WRITES <const> = { ["--html"] = true, ["--mermaid"] = true, ["--pcap"] = true, ["--trace"] = true,
                         ["--faults"] = true }

-- The command that plays the same run again: the one that was given, with its seed, without what it writes.
local function command_of(flags, seed)
  local words, skip = {}, false
  for _, word in ipairs(flags.words or { flags.command or "run" }) do
    if skip then
      skip = false
    elseif WRITES[word] then
      skip = true -- its value
    elseif not WRITES[word:match("^(%-%-[%a-]+)=") or ""] then
      words[#words + 1] = word
    end
  end
  return replay.command("dhcplab", words, seed)
end

local ENDS <const> = { [0] = "ended well", [1] = "an expectation failed", [4] = "the script had an error",
  [130] = "interrupted" }

local function about(world, flags, status)
  local facts = { ENDS[status] or ("exit status %d"):format(status) }
  if world.virtual then facts[2] = "digest " .. world.core:digest() end
  return {
    title = flags.title or flags.script and flags.script:match("[^/]+$") or "dhcplab " .. (flags.command or "run"),
    subtitle = world.virtual and "A run in virtual time on a simulated network, ports 67 and 68"
      or ("A run in real time, UDP on %s"):format(world.listen),
    facts = facts, replay = command_of(flags, world.seed), version = core.version,
  }
end

-- Begins to record if a picture is wanted. Returns the function that writes the pictures, given the exit status of
-- the run: true, or nil, which file and why; or nil when there is nothing to write.
function pictures.attach(world, flags)
  if not flags.html and not flags.mermaid then return nil end
  local html_file = flags.html and open(flags.html, "html")
  local mermaid_file = flags.mermaid and open(flags.mermaid, "mermaid")
  local story = chronicle.attach(world)
  return function(status)
    local function write(file, path, text)
      local ok, why = file:write(text)
      if ok then ok, why = file[file == io.stdout and "flush" or "close"](file) end
      if not ok then return nil, path, why end
      return true
    end
    local ok, path, why = true, nil, nil
    story:settle()
    if html_file then
      ok, path, why = write(html_file, flags.html, require("dhcplab.html").page(story, about(world, flags, status)))
    end
    if ok and mermaid_file then
      ok, path, why = write(mermaid_file, flags.mermaid, require("dhcplab.mermaid").text(story))
    end
    return ok, path, why
  end
end

return pictures
