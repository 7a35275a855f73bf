-- dhcplab explain: bytes or a capture, field by field.

local explain = { summary = "say what every byte of a message or capture means", common = false }

function explain.define(command)
  command:argument("input", "hex bytes, a pcap or pcapng file, a file with hex, or - for standard input"):args("*")
  command:option("--format", "text or json"):choices { "text", "json" }
  command:option("--color", "auto, always or never"):choices { "auto", "always", "never" }
  command:flag("--ascii", "no characters beyond ASCII")
end

function explain.run(flags)
  return require("dhcplab.explain").run(flags)
end

return explain
