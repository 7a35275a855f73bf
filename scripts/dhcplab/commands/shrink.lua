-- dhcplab shrink
local shrink = { summary = "make a failing scenario of a search small", common = false }
function shrink.define() end
function shrink.run() return 0 end
return shrink
