-- The page's style: one sheet, light and dark by the reader's setting, and another look on paper.
--
-- Colours are variables; a message type, a state and a lease record have one each, and words beside it, so that nothing
-- is told by colour alone. Text has a contrast of at least 4.5 to 1 with what is behind it.

return [==[
:root { color-scheme: light dark; --bg: #fbfbf9; --card: #ffffff; --text: #1d2430; --dim: #59626f;
  --line: #d9dce1; --soft: #f0f1f3; --focus: #0b5fd0; --discover: #1f5fbf; --offer: #9a5a00;
  --request: #7a3db8; --ack: #1a7238; --nak: #b3261e; --decline: #b3261e; --release: #566070;
  --inform: #0d6e78; --other: #566070; --off: #dfe3e8; --asking: #cfe0fb; --waiting: #e6d6f7;
  --good: #c9ecd2; --ageing: #fbe7b5; --late: #f9d0a8; --bad: #f7cbc7; --field: #e3ecfb; --field2: #d3e1f7;
  --option: #e2f3e4; --option2: #cfe9d3; --fill: #ededee; --hot: #ffd75e; --hottext: #1d1600; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #14171c; --card: #1b1f26; --text: #e6e9ee; --dim: #a2abb8; --line: #353c47; --soft: #242a33;
    --focus: #7ab2ff; --discover: #82b4ff; --offer: #f2b45c; --request: #cf9dff; --ack: #74d292;
    --nak: #ff9088; --decline: #ff9088; --release: #b3bcc9; --inform: #5fd0dc; --other: #b3bcc9;
    --off: #3a414d; --asking: #234372; --waiting: #4b2f6b; --good: #1d5231; --ageing: #5d4a12;
    --late: #6b4012; --bad: #6e2723; --field: #22334f; --field2: #2b4065; --option: #1f3d29;
    --option2: #274d34; --fill: #2a2f37; --hot: #e8b923; --hottext: #1d1600; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, -apple-system,
  "Segoe UI", "DejaVu Sans", sans-serif; }
a { color: var(--focus); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--card); padding: 8px; z-index: 9; }
header, section, footer { max-width: 1500px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 20px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 28px 0 6px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
.sub, .note, .keys, footer { color: var(--dim); }
.sub { margin: 0; }
.note, .keys { font-size: 13px; margin: 4px 0 10px; }
code, kbd, .mono, .hex { font-family: ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; }
kbd { font-size: 12px; border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 4px;
  padding: 0 5px; background: var(--card); color: var(--text); }
.facts { display: flex; flex-wrap: wrap; gap: 6px 10px; margin: 12px 0 0; padding: 0; list-style: none; }
.facts li { background: var(--soft); border-radius: 999px; padding: 2px 12px; font-size: 13px; }
.facts .lost { background: var(--bad); }
.two { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 620px); gap: 20px; align-items: start; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.scroll { overflow: auto; max-height: 88vh; scroll-padding: 80px 40px 50px 110px; padding: 0 12px 12px; }
.wide { overflow-x: auto; padding: 12px; }
#panel { position: sticky; top: 12px; max-height: calc(100vh - 24px); overflow: auto; padding: 14px 18px; }
@media (max-width: 1150px) {
  .two { grid-template-columns: minmax(0, 1fr); }
  #panel { position: static; max-height: none; }
  .scroll { max-height: 70vh; }
}
svg { display: block; font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
svg text { fill: var(--text); }
.names { position: sticky; top: 0; background: var(--card); z-index: 2; }
.names, .ladder { margin: 0 auto; }
.lane rect { fill: var(--soft); stroke: var(--line); }
.lane text { font-size: 13px; font-weight: 600; }
.r-server rect { fill: var(--good); stroke: none; }
.r-client rect { fill: var(--asking); stroke: none; }
.r-relay rect { fill: var(--ageing); stroke: none; }
.time, .unit, .gap text { fill: var(--dim) !important; font-size: 11px; font-variant-numeric: tabular-nums; }
.tick, .life { stroke: var(--line); }
.life { stroke-width: 2; }
.gap rect { fill: var(--soft); }
.gap line { stroke: var(--dim); stroke-width: 2; stroke-dasharray: 2 5; }
.m { --c: var(--other); text-decoration: none; cursor: pointer; outline: none; }
.m .hit { fill: transparent; }
.m:hover .hit { fill: var(--soft); }
.m:focus-visible .hit { stroke: var(--focus); stroke-width: 3; }
.m.on .hit { fill: color-mix(in srgb, var(--c) 13%, transparent); stroke: var(--c); stroke-width: 1.5; }
.m .shaft { stroke: var(--c); stroke-width: 2.5; }
.m .head, .m .stop { fill: var(--c); }
.m .name { fill: var(--c); font-weight: 700; font-size: 13px; letter-spacing: .03em; }
.m text { paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; }
.m.on text, .m:hover text { stroke-opacity: 0; }
.m .detail { fill: var(--dim); font-size: 11.5px; }
.m .cross { stroke: var(--nak); stroke-width: 3; fill: none; }
.m.lost .shaft, .m .stub { stroke-dasharray: 7 5; }
.m.lost .detail { fill: var(--nak); }
.t-discover { --c: var(--discover); }
.t-offer { --c: var(--offer); }
.t-request { --c: var(--request); }
.t-ack { --c: var(--ack); }
.t-nak { --c: var(--nak); }
.t-decline { --c: var(--decline); }
.t-release { --c: var(--release); }
.t-inform { --c: var(--inform); }
.pill, .bar, .in, .mark { --f: var(--off); }
.mark { background: var(--f); }
.pill rect, .bar rect, .bar .on, .in { fill: var(--f); }
.bar .on { opacity: .55; }
.pill text, .bar text { font-size: 11px; }
.pill.note rect { fill: var(--card); stroke: var(--line); }
.pill.refusal rect { fill: var(--card); stroke: var(--nak); }
.bar rect { stroke: var(--card); }
.chart .label { font-size: 12px; }
.s-SELECTING, .s-INIT-REBOOT, .l-offered { --f: var(--asking); }
.s-REQUESTING, .s-REBOOTING { --f: var(--waiting); }
.s-BOUND, .l-bound { --f: var(--good); }
.s-RENEWING { --f: var(--ageing); }
.s-REBINDING { --f: var(--late); }
.l-declined { --f: var(--bad); }
caption { text-align: left; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { text-align: left; color: var(--dim); font-weight: 600; }
th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.words td { font-variant-numeric: tabular-nums; }
tr:target, tr.on { background: color-mix(in srgb, var(--hot) 22%, transparent); }
tr.lost td { color: var(--nak); }
details { margin: 8px 0; }
summary { cursor: pointer; color: var(--dim); }
#panel h2 { margin: 0; font-size: 20px; color: var(--c); }
#panel .route { margin: 2px 0 8px; color: var(--dim); font-size: 13px; }
#panel p { margin: 4px 0; }
.bar-of-buttons { display: flex; gap: 8px; float: right; }
button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line);
  border-radius: 8px; padding: 3px 12px; cursor: pointer; }
button:disabled { opacity: .5; cursor: default; }
.hex { font-size: 12px; line-height: 1.55; overflow-x: auto; margin: 8px 0 0; padding: 8px 10px;
  background: var(--soft); border-radius: 8px; }
.look { background: var(--card); padding-bottom: 4px; }
@media (min-width: 1151px) and (min-height: 800px) {
  .look { position: sticky; top: -15px; }
}
.hex div { white-space: pre; }
.hex .off { color: var(--dim); }
.hex b { font-weight: 400; cursor: pointer; padding: 1px 0; }
.k0 { background: var(--field); }
.k1 { background: var(--field2); }
.k2 { background: var(--option); }
.k3 { background: var(--option2); }
.k4 { background: var(--fill); color: var(--dim); }
.hex .near { box-shadow: inset 0 -2px 0 var(--focus); }
.hex .hot { background: var(--hot); color: var(--hottext); }
.hex .at { outline: 2px solid var(--focus); outline-offset: -1px; }
.hex .bad { color: var(--nak); font-weight: 700; }
.says { min-height: 3em; font-size: 13px; margin: 6px 0 10px !important; padding-left: 10px;
  border-left: 3px solid var(--hot); }
.parts td { padding: 4px 8px 4px 0; }
.parts tr { cursor: pointer; }
.parts tr:hover { background: var(--soft); }
.parts tr.hot { background: color-mix(in srgb, var(--hot) 32%, transparent); }
.parts .off { color: var(--dim); text-align: right; font-variant-numeric: tabular-nums; }
.parts button { background: none; border: 0; padding: 0; font-weight: 600; text-align: left;
  overflow-wrap: anywhere; }
.parts .mean { color: var(--dim); font-size: 12px; }
.parts .value { overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; padding: 0; list-style: none;
  font-size: 12px; }
.swatch { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 6px; }
.faults { color: var(--nak); padding-left: 18px; margin: 6px 0; }
footer { padding-top: 20px; padding-bottom: 40px; font-size: 13px; }
@media print {
  :root { --bg: #fff; --card: #fff; }
  body { font-size: 11px; }
  .card { border: 0; }
  .two { display: block; }
  .scroll, .wide { overflow: visible; max-height: none; padding: 0; }
  .names { position: static; }
  .ladder, .names, .chart { max-width: 100%; height: auto; }
  #panel { position: static; max-height: none; overflow: visible; padding: 0; break-before: page; }
  .keys, .bar-of-buttons, .skip, .says { display: none; }
  tr, .hex div { break-inside: avoid; }
  h2 { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
@media (prefers-reduced-motion: no-preference) {
  .hex b, .parts tr { transition: background .12s; }
}
]==]
