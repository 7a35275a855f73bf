-- Comments for a pcapng capture: on each packet who sent it, in which state, what it is for, and what became of it.
--
-- Wireshark shows them as packet comments; `tshark -T fields -e frame.comment` prints them.

local layout = require "dhcplab.layout"
local messages = require "dhcplab.message"
local story = require "dhcplab.story"

local comments = {}

-- The comment on a packet that was sent, or that came from outside; `meaning` is what story.lua says about it.
function comments.text(record, meaning)
  local message, node = record.message, record.node
  local state = node and node.role == "client" and node.state and (" (%s)"):format(node.state) or ""
  local matter = messages.matter(message)
  local text = ("%s from %s%s to %s: %s (%s)%s"):format(messages.title(message), record.from or "somebody", state,
    record.to == "*" and "everyone" or record.to or "somebody", meaning.gist, meaning.source,
    matter ~= "" and "; " .. matter or "")
  return layout.printable(text, true)
end

-- For a world whose capture takes comments.
function comments.attach(world)
  local core, tale = world.core, story.new(world)
  world.trace:add_sink(function(event, record)
    local meaning = tale:see(event, record)
    local message = record.message
    local bytes = message and message:bytes()
    if not bytes then return end
    if event == "send" then
      core:comment(bytes, comments.text(record, meaning))
    elseif event == "deliver" and record.foreign then
      core:comment(bytes, comments.text(record, meaning) .. "; it came from outside")
    elseif event == "deliver" then
      core:comment_fate(bytes, "reached " .. layout.printable(record.to, true))
    elseif event == "drop" then
      core:comment_fate(bytes, "lost: " .. record.cause)
    end
  end)
end

return comments
