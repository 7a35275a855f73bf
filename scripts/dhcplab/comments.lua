-- Comments for a pcapng capture: on each packet who sent it, in which state, what it is for, and what became of it.
--
-- Wireshark shows them as packet comments; `tshark -T fields -e frame.comment` prints them.

local layout = require "dhcplab.layout"
local messages = require "dhcplab.message"
local notes = require "dhcplab.explain.notes"

local comments = {}

local KINDS <const> = {
  selecting = "takes an offer, and so refuses all others (RFC 2131 4.3.2, SELECTING)",
  ["init-reboot"] = "asks whether the address it remembers is still right (RFC 2131 4.3.2, INIT-REBOOT)",
  renewing = "asks its server for more time (RFC 2131 4.3.2, RENEWING)",
  rebinding = "asks any server for more time (RFC 2131 4.3.2, REBINDING)",
}

-- What a message is for.
local function purpose(message)
  local kind = message.type == "request" and KINDS[message.kind]
  if kind then return kind end
  local note = notes.messages[message.type]
  return note and ("%s (%s)"):format(note.gist, note.source) or "a message of unknown type"
end

-- The comment on a packet that was sent, or that came from outside.
function comments.text(record)
  local message, node = record.message, record.node
  local state = node and node.role == "client" and node.state and (" (%s)"):format(node.state) or ""
  local matter = messages.matter(message)
  local text = ("%s from %s%s to %s: %s%s"):format(messages.title(message), record.from or "somebody", state,
    record.to == "*" and "everyone" or record.to or "somebody", purpose(message), matter ~= "" and "; " .. matter or "")
  return layout.printable(text, true)
end

-- For a world whose capture takes comments.
function comments.attach(world)
  local core = world.core
  world.trace:add_sink(function(event, record)
    local message = record.message
    local bytes = message and message:bytes()
    if not bytes then return end
    if event == "send" then
      core:comment(bytes, comments.text(record))
    elseif event == "deliver" and record.foreign then
      core:comment(bytes, comments.text(record) .. "; it came from outside")
    elseif event == "deliver" then
      core:comment_fate(bytes, "reached " .. layout.printable(record.to, true))
    elseif event == "drop" then
      core:comment_fate(bytes, "lost: " .. record.cause)
    end
  end)
end

return comments
