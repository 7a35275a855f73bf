-- The page's behaviour: choosing a packet, and showing which octets mean what.
--
-- Without it the page still has the ladder, the charts and all tables. It writes text with textContent only, so that
-- nothing from a packet is ever read as markup, and it fetches nothing.

return [==[
"use strict";
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  const word = (index) => data.strings[index];
  const panel = document.getElementById("panel");
  const messages = Array.from(document.querySelectorAll("a.m"));
  const rows = Array.from(document.querySelectorAll("#packets tbody tr"));
  const KIND = { field: 0, option: 2, pad: 4, end: 4, rest: 4 };
  let current = -1;

  function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
    for (const child of children) element.append(child);
    return element;
  }

  // A name that may be broken at its underscores.
  function breakable(name) {
    const pieces = name.split(/(?<=_)/).flatMap((piece) => [piece, make("wbr")]);
    return pieces.slice(0, -1);
  }

  const hex2 = (number) => number.toString(16).padStart(2, "0");

  // ---- one packet, taken apart

  function unpack(index) {
    const raw = data.packets[index];
    const bytes = [];
    for (let i = 0; i < raw.hex.length; i += 2) bytes.push(parseInt(raw.hex.slice(i, i + 2), 16));
    let shade = 0, before = null;
    const parts = raw.parts.map((p) => {
      const part = { offset: p[0], size: p[1], kind: word(p[2]), name: word(p[3]), value: word(p[4]), note: word(p[5]),
        source: word(p[6]), code: p[7] };
      shade = part.kind === before ? 1 - shade : 0;
      before = part.kind;
      part.colour = "k" + (KIND[part.kind] + (KIND[part.kind] < 4 ? shade : 0));
      return part;
    });
    const owner = new Array(bytes.length).fill(-1); // later parts lie inside earlier ones
    parts.forEach((part, number) => owner.fill(number, part.offset, part.offset + part.size));
    const bad = new Set(raw.faults.map((fault) => fault[0]));
    return { raw, bytes, parts, owner, bad };
  }

  // What one octet is, in a sentence.
  function tell(packet, at) {
    const part = packet.parts[packet.owner[at]], byte = packet.bytes[at];
    const place = "Byte " + at + " is " + hex2(byte) + " in hex, " + byte + " in decimal: ";
    if (!part) return place + "part of nothing that could be read.";
    const k = at - part.offset;
    if (part.kind === "option") {
      if (k === 0) return place + "the code of an option, " + part.name + ".";
      if (k === 1) return place + "the length of " + part.name + ", " + byte + (byte === 1 ? " octet." : " octets.");
      return place + "octet " + (k - 1) + " of " + (part.size - 2) + " of " + part.name + ": " + part.value + ".";
    }
    if (part.size === 1) return place + part.name + ", " + part.value + ".";
    return place + "octet " + (k + 1) + " of " + part.size + " of " + part.name + ": " + part.value + ".";
  }

  function drawHex(packet) {
    const box = make("div", { "class": "hex", tabindex: "0", role: "application", "aria-describedby": "says",
      "aria-label": "The bytes of this message; arrow keys move from byte to byte" });
    for (let start = 0; start < packet.bytes.length; start += 16) {
      const line = make("div", {}, make("span", { "class": "off" }, String(start).padStart(4) + "  "));
      const ascii = [];
      for (let at = start; at < start + 16; at++) {
        const gap = at % 16 === 7 ? "  " : " ";
        if (at >= packet.bytes.length) { line.append("  " + gap); continue; }
        const part = packet.parts[packet.owner[at]], byte = packet.bytes[at];
        const joins = at % 16 < 15 && packet.owner[at + 1] === packet.owner[at];
        const colour = (part ? part.colour : "") + (packet.bad.has(at) ? " bad" : "");
        line.append(make("b", { "class": colour, "data-at": at }, hex2(byte) + (joins ? gap : "")), joins ? "" : gap);
        ascii.push(make("b", { "class": colour, "data-at": at },
          byte > 31 && byte < 127 ? String.fromCharCode(byte) : "\u00b7"));
      }
      line.append(" ", ...ascii);
      box.append(line);
    }
    return box;
  }

  function drawParts(packet) {
    const body = make("tbody");
    packet.parts.forEach((part, number) => {
      const label = part.code === undefined ? part.name : part.code + " " + part.name;
      const button = make("button", { type: "button", "data-part": number, "aria-pressed": "false",
        tabindex: number === 0 ? "0" : "-1" }, make("span", { "class": "swatch " + part.colour }), ...breakable(label));
      const mean = part.note + (part.note && part.source ? " \u2013 " : "") + part.source;
      body.append(make("tr", { "data-part": number }, make("td", { "class": "off" }, String(part.offset)),
        make("td", {}, button),
        make("td", {}, make("div", { "class": "value" }, part.value), make("div", { "class": "mean" }, mean))));
    });
    const head = make("tr");
    for (const title of ["at", "field or option", "what it says"]) head.append(make("th", { scope: "col" }, title));
    return make("table", { "class": "parts" }, make("caption", { "class": "note" },
      "Fields and options, in the order of the wire"), make("thead", {}, head), body);
  }

  // ---- highlighting: one part, and perhaps one octet of it; hovering shows, a click keeps

  function connect(packet, box, table, says) {
    const octets = Array.from(box.querySelectorAll("b"));
    let kept = { part: -1, at: -1 };

    function paint(part, at) {
      for (const b of octets) {
        const here = Number(b.dataset.at);
        b.classList.toggle("hot", part >= 0 && packet.owner[here] === part);
        b.classList.toggle("at", here === at);
      }
      for (const row of table.querySelectorAll("tbody tr")) {
        const is = Number(row.dataset.part) === part;
        row.classList.toggle("hot", is);
        row.querySelector("button").setAttribute("aria-pressed", String(is));
      }
      if (at >= 0) says.textContent = tell(packet, at);
      else if (part >= 0) {
        const p = packet.parts[part];
        says.textContent = p.name + ": " + (p.size === 1 ? "byte " + p.offset
          : "bytes " + p.offset + " to " + (p.offset + p.size - 1)) + ". " + p.value + ". " + p.note;
      } else says.textContent = "Point at a byte or a field: its counterpart lights up. A click keeps it.";
    }

    function keep(part, at) {
      kept = { part, at };
      paint(part, at);
      const row = table.querySelector('tr[data-part="' + part + '"]');
      if (!row || panel.scrollHeight <= panel.clientHeight) return;
      const here = row.getBoundingClientRect(), top = box.parentNode.getBoundingClientRect().bottom;
      const bottom = Math.min(panel.getBoundingClientRect().bottom, window.innerHeight);
      if (here.bottom > bottom) panel.scrollTop += here.bottom - bottom + 12;
      else if (here.top < top) panel.scrollTop -= top - here.top + 4;
    }

    const octetOf = (event) => event.target.closest("b[data-at]");
    const rowOf = (event) => event.target.closest("tr[data-part]");
    box.addEventListener("mouseover", (event) => {
      const b = octetOf(event);
      if (b) paint(packet.owner[b.dataset.at], Number(b.dataset.at));
    });
    box.addEventListener("mouseleave", () => paint(kept.part, kept.at));
    box.addEventListener("click", (event) => {
      const b = octetOf(event);
      if (b) keep(packet.owner[b.dataset.at], Number(b.dataset.at));
    });
    box.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16 }[event.key];
      let at = kept.at < 0 ? (kept.part < 0 ? 0 : packet.parts[kept.part].offset) : kept.at + (step || 0);
      if (event.key === "Home") at = 0;
      else if (event.key === "End") at = packet.bytes.length - 1;
      else if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      at = Math.max(0, Math.min(packet.bytes.length - 1, at));
      if (packet.bytes.length) keep(packet.owner[at], at);
    });
    table.addEventListener("mouseover", (event) => {
      const row = rowOf(event);
      if (row) paint(Number(row.dataset.part), -1);
    });
    table.addEventListener("mouseleave", () => paint(kept.part, kept.at));
    table.addEventListener("click", (event) => {
      const row = rowOf(event);
      if (row) keep(Number(row.dataset.part), -1);
    });
    table.addEventListener("focusin", (event) => {
      const row = rowOf(event);
      if (row) keep(Number(row.dataset.part), -1);
    });
    table.addEventListener("keydown", (event) => {
      const buttons = Array.from(table.querySelectorAll("button"));
      const here = buttons.indexOf(document.activeElement);
      const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
      if (here < 0 || next === undefined || !buttons[next]) return;
      event.preventDefault();
      event.stopPropagation();
      buttons[here].tabIndex = -1;
      buttons[next].tabIndex = 0;
      buttons[next].focus();
    });
    paint(-1, -1);
  }

  // ---- the panel

  function show(index) {
    const packet = unpack(index), raw = packet.raw;
    const back = make("button", { type: "button", id: "previous", "aria-label": "previous packet" }, "\u2039 previous");
    const on = make("button", { type: "button", id: "next", "aria-label": "next packet" }, "next \u203a");
    back.disabled = index === 0;
    on.disabled = index === data.packets.length - 1;
    back.addEventListener("click", () => choose(index - 1, "button"));
    on.addEventListener("click", () => choose(index + 1, "button"));
    const says = make("p", { "class": "says", id: "says", "aria-live": "polite" });
    const box = drawHex(packet), table = drawParts(packet);
    panel.className = "card t-" + raw.kind;
    panel.replaceChildren(
      make("div", { "class": "bar-of-buttons" }, back, on),
      make("h2", { id: "panel-title" }, raw.title),
      make("p", { "class": "route" }, raw.route),
      make("p", {}, make("strong", {}, word(raw.gist)), raw.text === undefined ? "" : ". " + word(raw.text)),
      make("p", { "class": "note" }, word(raw.after)));
    if (raw.faults.length) {
      const list = make("ul", { "class": "faults", "aria-label": "faults" });
      for (const fault of raw.faults) list.append(make("li", {}, "byte " + fault[0] + ": " + word(fault[1])));
      panel.append(list);
    }
    panel.append(make("div", { "class": "look" }, box, says), table);
    connect(packet, box, table, says);
    panel.scrollTop = 0;
  }

  // from: "start", "ladder", "table", "key" or "button"
  function choose(index, from) {
    if (index < 0 || index >= data.packets.length) return;
    if (messages[current]) {
      messages[current].classList.remove("on");
      messages[current].removeAttribute("aria-current");
      messages[current].tabIndex = -1;
    }
    if (rows[current]) rows[current].classList.remove("on");
    current = index;
    messages[index].classList.add("on");
    messages[index].setAttribute("aria-current", "true");
    messages[index].tabIndex = 0;
    rows[index].classList.add("on");
    show(index);
    if (from === "start") return;
    history.replaceState(null, "", "#packet-" + (index + 1));
    if (from === "key") messages[index].focus({ preventScroll: true });
    if (from === "button") {
      const last = index === data.packets.length - 1;
      const same = document.getElementById(last && index > 0 ? "previous" : "next");
      if (same) same.focus();
    }
    if (from === "table") {
      document.getElementById("talk").scrollIntoView({ block: "start" });
      messages[index].focus({ preventScroll: true });
    }
    messages[index].querySelector(".name").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  messages.forEach((message, index) => {
    message.tabIndex = -1;
    message.addEventListener("click", (event) => {
      event.preventDefault();
      choose(index, "ladder");
    });
  });
  rows.forEach((row, index) => row.addEventListener("click", (event) => {
    event.preventDefault();
    choose(index, "table");
  }));
  document.querySelector("svg.ladder").addEventListener("keydown", (event) => {
    const next = { ArrowDown: current + 1, ArrowRight: current + 1, ArrowUp: current - 1, ArrowLeft: current - 1,
      Home: 0, End: messages.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      choose(next, "key");
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      panel.querySelector(".parts button").focus();
    }
  });
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && messages[current]) messages[current].focus();
  });
  let opened = [];
  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details:not([open])")) {
      one.open = true;
      opened.push(one);
    }
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });

  if (data.packets.length) {
    const asked = /^#packet-(\d+)$/.exec(location.hash);
    const first = asked ? Math.min(Math.max(Number(asked[1]), 1), data.packets.length) - 1 : 0;
    choose(first, "start");
  }
})();
]==]
