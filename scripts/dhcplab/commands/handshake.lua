-- dhcplab, dhcplab handshake: the bundled four-step handshake, told as a story.

local session = require "dhcplab.session"

local handshake = { summary = "play DISCOVER, OFFER, REQUEST, ACK and explain each (the default)" }

handshake.define = session.define

function handshake.run(flags)
  local main = session.load("handshake.lua")
  flags.title, flags.ladder = "The DHCP handshake", true
  if flags.timeout then flags.params.timeout = flags.params.timeout or flags.timeout end
  return session.run(flags, main)
end

return handshake
