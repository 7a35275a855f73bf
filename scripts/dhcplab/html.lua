-- --html FILE: a run as one page that needs nothing but a browser, offline.
--
-- The ladder, each packet byte by byte, the states and leases over time, and a table of everything in words. The
-- picture comes from html/ladder.lua and html/chart.lua, the meanings from html/anatomy.lua, style and behaviour from
-- html/style.lua and html/script.lua. In virtual time the same run gives the same page, byte for byte. Everything
-- from packets and scripts is escaped (html/text.lua), and the page forbids itself all scripts but its own.

local anatomy = require "dhcplab.html.anatomy"
local chart = require "dhcplab.html.chart"
local chronicle = require "dhcplab.chronicle"
local hexdump = require "dhcplab.hexdump"
local ladder = require "dhcplab.html.ladder"
local md5 = require "dhcplab.md5"
local text = require "dhcplab.html.text"

local html = {}

-- The packets as JSON -----------------------------------------------------------------------------------------

-- Words that many packets share are written once, and meant by their number from 0.
local function new_strings()
  local list, known = {}, {}
  return list, function(value)
    value = value or ""
    if not known[value] then
      known[value] = #list
      list[#list + 1] = text.json(value)
    end
    return known[value]
  end
end

local function part_json(part, word)
  return ("[%d,%d,%d,%d,%d,%d,%d%s]"):format(part.offset, part.size, word(part.kind), word(part.name), word(part.value),
    word(part.note), word(part.source), part.code and "," .. part.code or "")
end

local function route_of(packet, clock)
  local parts = { ("%s to %s"):format(packet.from,
    packet.to == "*" and "everyone" or packet.to or "somebody"),
                  clock(packet.at) .. " s" }
  if packet.src and packet.dst then parts[#parts + 1] = ("UDP %s to %s"):format(packet.src, packet.dst) end
  if packet.rfc_dst and packet.rfc_dst ~= packet.dst then
    parts[#parts + 1] = "on a real network to " .. packet.rfc_dst
  end
  parts[#parts + 1] = ("%d octets"):format(#packet.bytes)
  parts[#parts + 1] = chronicle.fate(packet)
  return table.concat(parts, " · ")
end

local function packet_json(packet, clock, word)
  local what = anatomy.of(packet.bytes)
  local parts, faults = {}, {}
  for i, part in ipairs(what.parts) do parts[i] = part_json(part, word) end
  for i, fault in ipairs(what.faults) do faults[i] = ("[%d,%d]"):format(fault.offset, word(fault.text)) end
  what.gist = what.gist:gsub("^%l", string.upper)
  local gist = what.source ~= "" and ("%s (%s)"):format(what.gist, what.source) or what.gist
  return ('{"title":%s,"kind":%s,"route":%s,"gist":%d,"text":%d,"after":%d,"hex":"%s","parts":[%s],"faults":[%s]}')
    :format(text.json(("%s, packet %d"):format(packet.title, packet.number)),
      text.json(type(packet.type) == "string" and packet.type or "other"), text.json(route_of(packet, clock)),
      word(gist), word(what.text), word(what.after), what.hex, table.concat(parts, ","), table.concat(faults, ","))
end

local function data_json(self, clock)
  local strings, word = new_strings()
  local packets = {}
  for i, packet in ipairs(self.packets) do packets[i] = packet_json(packet, clock, word) end
  return ('{"packets":[%s],\n"strings":[%s]}'):format(table.concat(packets, ",\n"), table.concat(strings, ","))
end

-- The parts of the page ---------------------------------------------------------------------------------------

local function facts(self, about)
  local lost = 0
  for _, packet in ipairs(self.packets) do lost = lost + (#packet.drops > 0 and 1 or 0) end
  local list = { ("%d packet%s"):format(#self.packets, #self.packets == 1 and "" or "s"),
    ("%s of %s time"):format(ladder.duration(self:ends()), self.world.virtual and "virtual" or "real"),
    ("seed %d"):format(self.world.seed) }
  for _, fact in ipairs(about.facts or {}) do list[#list + 1] = fact end
  local out = {}
  for i, fact in ipairs(list) do out[i] = "<li>" .. text.escape(fact) .. "</li>" end
  if lost > 0 then out[#out + 1] = ('<li class="lost">%d with losses</li>'):format(lost) end
  return table.concat(out)
end

local function packet_table(self, clock)
  local out = { '<table id="packets" class="words"><thead><tr>' }
  for _, head in ipairs { "no.", "time (s)", "from", "to", "message", "what matters in it", "what became of it" } do
    out[#out + 1] = ('<th scope="col">%s</th>'):format(head)
  end
  out[#out + 1] = "</tr></thead><tbody>\n"
  for _, packet in ipairs(self.packets) do
    out[#out + 1] = text.fill('<tr id="packet-{number}"{class}><td><a href="#packet-{number}">{number}</a></td>'
      .. "<td>{at}</td><td>{from}</td><td>{to}</td><td>{title}</td><td>{matter}</td><td>{fate}</td></tr>\n", {
        number = packet.number, class = { raw = #packet.drops > 0 and ' class="lost"' or "" }, at = clock(packet.at),
        from = packet.from, to = packet.to == "*" and "everyone" or packet.to or "somebody",
        title = packet.title, matter = packet.matter, fate = chronicle.fate(packet) })
  end
  out[#out + 1] = "</tbody></table>"
  return table.concat(out)
end

local function section(title, note, picture, words)
  if not picture then return "" end
  return ('<section><h2>%s</h2><p class="note">%s</p><div class="card wide" tabindex="0" role="region" aria-label="%s">'
    .. "%s</div>%s</section>\n"):format(title, note, title, picture, words)
end

local PAGE <const> = [[
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="dhcplab {version}">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'nonce-{nonce}';
script-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'">
<title>{title}</title>
<style nonce="{nonce}">{style}</style>
</head>
<body>
<a class="skip" href="#packets">to the table of packets</a>
<header>
<h1>{title}</h1>
<p class="sub">{subtitle}</p>
<ul class="facts">{facts}</ul>
</header>
<main>
<section id="talk"><h2>Who sent what to whom</h2>
<p class="keys">Choose a message: click it, or <kbd>Tab</kbd> to the ladder and use <kbd>&uarr;</kbd> <kbd>&darr;</kbd>;
<kbd>Enter</kbd> goes to its fields, <kbd>Esc</kbd> comes back. In the bytes the arrow keys move from byte to byte.</p>
{more}<div class="two">
<div class="card scroll">{names}{ladder}</div>
<div class="card" id="panel" role="region" aria-label="The chosen packet, byte by byte">{empty}
<noscript><p>Scripts are switched off: the
bytes of each packet cannot be shown here. The tables below have everything else.</p></noscript></div>
</div></section>
{states}{leases}<section><h2>All packets in words</h2>
<div class="card wide" tabindex="0" role="region" aria-label="All packets in words">{packets}</div></section>
</main>
<footer><p>Written by dhcplab {version}.{replay}</p></footer>
<script type="application/json" id="data">{data}</script>
<script nonce="{nonce}">{script}</script>
</body>
</html>
]]

-- The page as text. about: title, subtitle, facts (list), replay (a command), version.
function html.page(self, about)
  local clock = ladder.clock(self)
  local data = data_json(self, clock)
  local picture = ladder.draw(self, clock)
  local states, states_words = chart.states(self, clock)
  local leases, leases_words = chart.leases(self, clock)
  local scale = "Not quite to scale: a third of the axis is shared by the events, so that quick ones are seen too. "
  local function raw(markup) return { raw = markup } end
  return text.fill(PAGE, {
    title = about.title, subtitle = about.subtitle or "", version = about.version,
    -- whoever writes into the data changes the nonce, and cannot know it beforehand
    nonce = hexdump.hex(md5.sum(data), ""),
    style = raw(require "dhcplab.html.style"), script = raw(require "dhcplab.html.script"), data = raw(data),
    facts = raw(facts(self, about)), names = raw(picture.names), ladder = raw(picture.body),
    more = raw(self.left_out > 0 and ('<p class="note">The run was longer: %d more events are not shown.</p>')
      :format(self.left_out) or ""),
    states = raw(section("States over time", scale .. "The states are those of RFC 2131, figure 5.", states,
      states_words)),
    leases = raw(section("Leases over time", scale .. "What each server has written down about each address.",
      leases, leases_words)),
    empty = raw(#self.packets == 0 and "<p>No packet was sent in this run.</p>" or ""),
    packets = raw(packet_table(self, clock)),
    replay = raw(about.replay and " The same run again: <code>" .. text.escape(about.replay) .. "</code>" or ""),
  })
end

return html
