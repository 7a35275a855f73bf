-- dhcplab man: the manual page, as roff.

local core = require "dhcplab.core"

local man = { summary = "print the manual page; read it with: dhcplab man | man -l -", common = false }

function man.run()
  io.write(require("dhcplab.man").page(require("dhcplab.cli").parser(), core.version))
  return 0
end

return man
