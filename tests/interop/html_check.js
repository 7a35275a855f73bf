// What a reader does with the page of a run, done by a browser: html_test.sh starts it. Prints TAP.
//
//   node html_check.js CHROMIUM FOLDER [SHOTS]
// FOLDER has handshake.html, hostile.html and long.html; screenshots go to SHOTS when it is given.
"use strict";

const { chromium } = require("playwright-core");
const assert = require("node:assert/strict");
const [, , executablePath, folder, shots] = process.argv;

const tests = [];
const test = (name, run) => tests.push({ name, run });

let browser;

// A page in a context of its own, which is offline and notes everything that goes wrong.
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, offline: true, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => page.problems.push(message.text()));
  page.on("dialog", (dialog) => {
    page.problems.push("dialog " + dialog.message());
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith("file://" + folder)) page.problems.push("request " + request.url());
  });
  await page.goto("file://" + folder + "/" + name);
  return page;
}

const dataOf = (page) => page.evaluate(() => JSON.parse(document.getElementById("data").textContent));
const hot = (page) => page.$$eval("#panel b.hot", (list) => list.map((b) => Number(b.dataset.at)));
const hotRows = (page) => page.$$eval("#panel tr.hot", (list) => list.map((row) => Number(row.dataset.part)));
const says = (page) => page.textContent("#says");
const focused = (page) => page.evaluate(() => {
  const e = document.activeElement;
  return e.getAttribute("data-n") || e.getAttribute("data-part") || e.className || e.id || e.tagName;
});

// Each packet of a page: a click on it shows its own octets, all of them, with a part for each.
async function clickAll(page, most) {
  const data = await dataOf(page);
  const count = Math.min(data.packets.length, most || data.packets.length);
  for (let i = 0; i < count; i++) {
    await page.locator("a.m").nth(i).locator(".hit").dispatchEvent("click");
    const raw = data.packets[i];
    assert.equal(await page.textContent("#panel-title"), raw.title);
    const hex = await page.$$eval("#panel .hex div", (lines) => lines.map((line) => {
      const all = Array.from(line.querySelectorAll("b")).map((b) => b.textContent.trim());
      return all.slice(0, all.length / 2).join("");
    }).join(""));
    assert.equal(hex, raw.hex);
    assert.equal(await page.locator("#panel .parts tbody tr").count(), raw.parts.length);
    assert.equal(await page.getAttribute("a.m[aria-current=true]", "data-n"), String(i + 1));
    assert.equal(await page.getAttribute("#packets tr.on", "id"), "packet-" + (i + 1));
    assert.equal(new URL(page.url()).hash, "#packet-" + (i + 1));
  }
  return count;
}

test("the page opens offline, fetches nothing and complains about nothing", async () => {
  for (const name of ["handshake.html", "hostile.html", "long.html"]) {
    const page = await open(name);
    assert.equal(await page.locator("#panel-title").count(), 1, name);
    assert.deepEqual(page.problems, [], name);
  }
});

test("a click on each message shows its bytes and its fields", async () => {
  const page = await open("handshake.html");
  assert.equal(await clickAll(page), 4);
  assert.deepEqual(page.problems, []);
});

test("a hostile name is shown and does nothing, whatever is clicked", async () => {
  const page = await open("hostile.html");
  await clickAll(page);
  assert.equal(await page.title(), "hostile.lua");
  assert.equal(await page.locator("img").count(), 0);
  assert.equal(await page.locator("svg[onload]").count(), 0);
  const text = await page.textContent("body");
  assert.ok(text.includes("</script><img src=x onerror=document.title='hacked'>"));
  assert.deepEqual(page.problems, []);
});

test("script from a packet could not run even if it were markup", async () => {
  const page = await open("handshake.html");
  await page.evaluate(() => {
    const box = document.createElement("div");
    box.innerHTML = "<img src=x onerror=\"document.title='hacked'\">";
    document.body.append(box);
  });
  await page.waitForTimeout(200);
  assert.equal(await page.title(), "The DHCP handshake");
});

test("a field lights up its bytes, a byte lights up its field, and a click keeps both", async () => {
  const page = await open("handshake.html");
  const data = await dataOf(page);
  await page.locator("a.m").nth(1).locator(".name").click();
  const yiaddr = data.packets[1].parts.findIndex((part) => data.strings[part[3]] === "yiaddr");
  await page.hover('#panel tr[data-part="' + yiaddr + '"]');
  assert.deepEqual(await hot(page), [16, 17, 18, 19, 16, 17, 18, 19]); // in hex and as characters
  assert.match(await says(page), /^yiaddr: bytes 16 to 19\. 192\.168\.1\.100: the address the server offers/);
  await page.hover('#panel .hex b[data-at="4"] >> nth=0');
  assert.deepEqual(await hotRows(page), [data.packets[1].parts.findIndex((part) => data.strings[part[3]] === "xid")]);
  await page.hover("h1");
  assert.deepEqual(await hot(page), []);
  await page.click('#panel .hex b[data-at="18"] >> nth=0');
  await page.hover("h1");
  assert.deepEqual(await hotRows(page), [yiaddr]);
  assert.equal(await page.getAttribute('#panel tr.hot button', "aria-pressed"), "true");
  assert.match(await says(page), /^Byte 18 is 01 in hex, 1 in decimal: octet 3 of 4 of yiaddr/);
});

test("every byte of every message says what it is", async () => {
  const page = await open("handshake.html");
  const data = await dataOf(page);
  for (let i = 0; i < data.packets.length; i++) {
    await page.locator("a.m").nth(i).locator(".name").click();
    const words = await page.evaluate(() => Array.from(document.querySelectorAll("#panel .hex b")).map((b) => {
      b.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      return { at: b.dataset.at, says: document.getElementById("says").textContent,
        row: document.querySelector("#panel tr.hot") !== null, lit: b.classList.contains("hot") };
    }));
    assert.equal(words.length, data.packets[i].hex.length);
    for (const word of words) {
      assert.ok(word.says.startsWith("Byte " + word.at + " is "), word.says);
      assert.ok(word.row && word.lit, word.says);
    }
  }
  assert.match(await page.evaluate(() => {
    document.querySelector('#panel .hex b[data-at="240"]').dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    return document.getElementById("says").textContent;
  }), /^Byte 240 is 35 in hex, 53 in decimal: the code of an option, message_type\.$/);
});

test("arrow keys go from message to message, Enter to the fields, Escape back", async () => {
  const page = await open("handshake.html");
  for (let i = 0; i < 12 && await focused(page) !== "1"; i++) await page.keyboard.press("Tab");
  assert.equal(await focused(page), "1");
  assert.equal(await page.locator("a.m[tabindex='0']").count(), 1);
  await page.keyboard.press("ArrowDown");
  assert.match(await page.textContent("#panel-title"), /^OFFER/);
  await page.keyboard.press("End");
  assert.match(await page.textContent("#panel-title"), /^ACK/);
  await page.keyboard.press("ArrowDown");
  assert.match(await page.textContent("#panel-title"), /^ACK/);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowUp");
  assert.match(await page.textContent("#panel-title"), /^DISCOVER/);
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "0");
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowDown");
  assert.equal((await hot(page))[0], 4);
  assert.match(await says(page), /^xid: bytes 4 to 7/);
  await page.keyboard.press("Escape");
  assert.equal(await focused(page), "1");
});

test("in the bytes the arrow keys move from byte to byte, and stop at both ends", async () => {
  const page = await open("handshake.html");
  await page.focus("#panel .hex");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowLeft");
  assert.match(await says(page), /^Byte 0 is /);
  await page.keyboard.press("ArrowDown");
  assert.match(await says(page), /^Byte 16 is /);
  await page.keyboard.press("ArrowRight");
  assert.match(await says(page), /^Byte 17 is /);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  assert.match(await says(page), /^Byte 299 is /);
  assert.match(await page.textContent("#panel-title"), /^DISCOVER/, "the message stays");
});

test("the buttons go on and back, and are off at the ends", async () => {
  const page = await open("handshake.html");
  assert.ok(await page.isDisabled("#previous"));
  for (const title of [/^OFFER/, /^REQUEST/, /^ACK/]) {
    await page.click("#next");
    assert.match(await page.textContent("#panel-title"), title);
  }
  assert.ok(await page.isDisabled("#next"));
  await page.click("#previous");
  assert.match(await page.textContent("#panel-title"), /^REQUEST/);
});

test("an address with #packet-3 opens there, one that makes no sense at the first", async () => {
  assert.match(await (await open("handshake.html#packet-3")).textContent("#panel-title"), /^REQUEST/);
  assert.match(await (await open("handshake.html#packet-99")).textContent("#panel-title"), /^ACK/);
  assert.match(await (await open("handshake.html#nonsense")).textContent("#panel-title"), /^DISCOVER/);
});

test("a row of the table chooses its packet and brings it into sight", async () => {
  const page = await open("long.html");
  await page.click("#packet-300 a");
  assert.match(await page.textContent("#panel-title"), /packet 300$/);
  const seen = await page.evaluate(() => {
    const a = document.querySelector("a.m[aria-current=true] .name").getBoundingClientRect();
    const box = document.querySelector(".scroll").getBoundingClientRect();
    return a.top >= box.top && a.bottom <= box.bottom && a.bottom < window.innerHeight;
  });
  assert.ok(seen);
});

// Contrast of text with what is behind it, by the rule of WCAG 2.
const measure = () => {
  const parse = (text) => {
    const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    c.fillStyle = text;
    c.fillRect(0, 0, 1, 1);
    return Array.from(c.getImageData(0, 0, 1, 1).data);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.slice(0, 3).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    const rect = element.parentNode.querySelector(":scope > rect");
    if (element.closest(".pill, .bar, .lane") && rect) return getComputedStyle(rect).fill;
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (parse(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const out = [];
  const all = "h1, h2, p, li, kbd, th, td, a:not(.m), summary, button, .hex b, .hex .off, svg text, .mean, .value";
  for (const element of document.querySelectorAll(all)) {
    const style = getComputedStyle(element);
    const colour = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    if (element.disabled || !element.textContent.trim()) continue;
    const [a, b] = [light(parse(colour)), light(parse(behind(element)))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) out.push(element.tagName + "." + (element.getAttribute("class") || "") + " in " +
      (element.parentNode.getAttribute("class") || "") + " " + ratio.toFixed(2));
  }
  return Array.from(new Set(out));
};

for (const colorScheme of ["light", "dark"]) {
  test("it is " + colorScheme + " where the reader wants it, and every text can be read", async () => {
    for (const name of ["handshake.html", "hostile.html"]) {
      const page = await open(name, { colorScheme });
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
      assert.equal(background[0] < 128, colorScheme === "dark");
      assert.deepEqual(await page.evaluate(measure), [], name);
    }
  });
}

test("no width makes the page itself scroll sideways", async () => {
  for (const width of [360, 768, 1150, 1151, 1920]) {
    for (const name of ["handshake.html", "hostile.html"]) {
      const page = await open(name, { viewport: { width, height: 800 } });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(over <= 0, name + " at " + width + ": " + over);
    }
  }
});

test("whatever scrolls can be scrolled with the keyboard alone", async () => {
  const page = await open("long.html", { viewport: { width: 420, height: 800 } });
  const stuck = await page.evaluate(() => Array.from(document.querySelectorAll("main *")).filter((e) => {
    const scrolls = /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth;
    return scrolls && e.tabIndex < 0 && !e.querySelector("[tabindex='0'], button");
  }).map((e) => e.className));
  assert.deepEqual(stuck, []);
});

test("everything that can be chosen has a name, and every picture has words", async () => {
  for (const name of ["handshake.html", "hostile.html"]) {
    const page = await open(name);
    const nameless = await page.evaluate(() => Array.from(document.querySelectorAll("a, button, [tabindex], svg[role]"))
      .filter((e) => !(e.getAttribute("aria-label") || e.textContent.trim() ||
        document.getElementById((e.getAttribute("aria-labelledby") || " ").split(" ")[0])))
      .map((e) => e.outerHTML.slice(0, 80)));
    assert.deepEqual(nameless, []);
    const ids = await page.$$eval("[id]", (list) => list.map((e) => e.id));
    assert.equal(new Set(ids).size, ids.length, "an id is there twice");
  }
});

test("without scripts the ladder, the charts and the tables are there, and arrows lead to rows", async () => {
  const page = await open("handshake.html", { javaScriptEnabled: false });
  assert.equal(await page.locator("a.m").count(), 4);
  assert.equal(await page.locator("svg.chart").count(), 2);
  assert.equal(await page.locator("#packets tbody tr").count(), 4);
  assert.match(await page.textContent("#panel"), /Scripts are switched off/);
  await page.locator("a.m").nth(2).locator(".name").click();
  assert.ok(page.url().endsWith("#packet-3"));
});

test("on paper everything is there: nothing scrolls, tables are open", async () => {
  const page = await open("handshake.html");
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("details:not([open])").count(), 0);
  assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".scroll")).overflowY), "visible");
  assert.ok(!await page.isVisible(".keys"));
  assert.ok((await page.pdf({ format: "A4" })).length > 10000);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("details[open]").count(), 0);
});

test("a long run opens, and its last packets can be chosen", async () => {
  const page = await open("long.html");
  await page.locator("a.m").nth(400).dispatchEvent("click");
  assert.match(await page.textContent("#panel-title"), /packet 401$/);
});

async function takeShots() {
  for (const name of ["handshake", "hostile", "long"]) {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(name + ".html", { colorScheme });
      await page.screenshot({ path: shots + "/" + name + "-" + colorScheme + ".png", fullPage: name !== "long" });
    }
  }
}

(async () => {
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  let failed = 0;
  for (const [i, { name, run }] of tests.entries()) {
    try {
      await run();
      console.log("ok " + (i + 1) + " - " + name);
    } catch (error) {
      failed++;
      console.log("not ok " + (i + 1) + " - " + name);
      for (const line of String(error.stack).split("\n").slice(0, 14)) console.log("# " + line);
    }
    for (const context of browser.contexts()) await context.close();
  }
  console.log("1.." + tests.length);
  if (shots) await takeShots();
  await browser.close();
  process.exit(failed ? 1 : 0);
})();
