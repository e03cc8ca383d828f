// Opens a report in Chromium and checks what only a browser can tell: nothing is blocked, asked
// of the network or logged; every figure is drawn; buttons switch; names show as they are; and
// the page fits a phone and paper. Usage:
//   node test/browser.mjs REPORT.html [SCREENSHOTS] [--names NAMES.json]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report, ...rest] = process.argv.slice(2);
const shots = rest[0] && !rest[0].startsWith("--") ? rest[0] : "";
const namesFile = rest.includes("--names") ? rest[rest.indexOf("--names") + 1] : "";
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!report || !existsSync(report)) throw new Error("usage: browser.mjs REPORT.html [SCREENSHOTS]");
if (shots) mkdirSync(shots, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const address = pathToFileURL(resolve(report)).href;
let passed = 0;
let failed = 0;

function expect(what, holds, detail = "") {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what} ${detail}`);
  }
}

/** Opens the report and gathers all that it must not do. */
async function open(browser, settings) {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  const wrongs = [];
  page.on("console", (m) => wrongs.push(`console ${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrongs.push(`error: ${e.message}`));
  page.on("dialog", (d) => (wrongs.push(`dialog: ${d.message()}`), d.dismiss()));
  page.on("request", (r) => r.url() !== address && !/^(data|blob):/.test(r.url()) && wrongs.push(`request: ${r.url()}`));
  await context.addInitScript(() => {
    // Where everything stood when the script had run, before charts out of sight were drawn and the engine answered.
    window.places = () => [...document.querySelectorAll("main section, figure")].map((e) => Math.round(e.getBoundingClientRect().top + scrollY));
    window.moved = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((e) => (window.moved += e.value))).observe({ type: "layout-shift", buffered: true });
    addEventListener("DOMContentLoaded", () => (window.stood = window.places()));
    document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.sample}`));
  });
  await page.goto(address);
  return { context, page, wrongs };
}

const shoot = (page, name, fullPage = true) => (shots ? page.screenshot({ path: join(shots, `${name}.png`), fullPage }) : null);
/** Each chart with its drawings that have something in them, its empty frames, and its words where there is no drawing. */
const drawn = (page) =>
  page.$$eval("[data-chart]", (all) =>
    all.map((c) => {
      const [svgs, marks] = [[...c.querySelectorAll("svg")], (s) => s.querySelector("path, circle, rect, line, text") !== null];
      return [c.dataset.chart, svgs.filter(marks).length, svgs.filter((s) => !marks(s)).length, c.querySelectorAll(".nothing").length];
    }),
  );

/** Charts out of sight are drawn a moment later: waits for that, without scrolling, and says what is still missing. */
async function settled(page) {
  const end = Date.now() + 10_000;
  let missing = [];
  do {
    missing = (await drawn(page)).filter(([, figures, frames, excuses]) => frames > 0 || figures + excuses === 0).map(([name]) => name);
  } while (missing.length && Date.now() < end);
  return missing;
}

async function desktop(browser, scheme) {
  const { context, page, wrongs } = await open(browser, { viewport: { width: 1280, height: 900 }, colorScheme: scheme });
  const missing = await settled(page);
  expect(`${scheme}: all charts are drawn`, missing.length === 0, missing.join());
  expect(`${scheme}: nothing was scrolled for it`, (await page.evaluate(() => scrollY)) === 0);
  await accessible(page, scheme);
  await still(page, scheme);
  expect(`${scheme}: no style attribute`, (await page.$$("[style]")).length === 0 || (await onlyFromScript(page)));
  await shoot(page, `desktop-${scheme}`);
  await buttons(page, scheme);
  await saves(page, scheme);
  await hover(page);
  expect(`${scheme}: nothing wrong`, wrongs.length === 0, wrongs.join("; "));
  await context.close();
}

/** Largest shift while a page opens: the row of scenarios comes with the script, after the answer has been painted. */
const SHIFT = 0.02;

/** Nothing has moved since the script ran: what comes later had its room. */
async function still(page, what) {
  const [shift, by] = await page.evaluate(() => [window.moved, Math.max(0, ...window.places().map((top, i) => Math.abs(top - window.stood[i])))]);
  expect(`${what}: no layout shift`, shift < SHIFT && by <= 2, `${shift}, ${by} px`);
}

/** No rule of WCAG 2.2 AA that a program can check is broken, the live panel included. */
async function accessible(page, what) {
  const live = await page.locator("#live").count();
  if (live) await page.waitForFunction(() => document.getElementById("what-if")?.dataset.state === "whole", null, { timeout: 60_000 });
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly }), tags);
  const wrong = found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 120)} (${v.nodes.length})`);
  expect(`${what}: accessible`, wrong.length === 0, wrong.join("; "));
}

/** Styles set by property are allowed; one that arrived as an attribute would be a violation. */
async function onlyFromScript(page) {
  return page.evaluate(() => !/ style=/.test(document.documentElement.outerHTML.split("<body")[0] ?? ""));
}

/** Where there is never idle time, a chart is drawn when it comes into sight, when it is saved, and for paper. */
async function neverIdle(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addInitScript(() => (window.requestIdleCallback = () => 0));
  const page = await context.newPage();
  await page.goto(address);
  const framed = async () => (await drawn(page)).filter(([, , frames]) => frames > 0).map(([name]) => name);
  const waiting = await framed();
  if (waiting.length > 2) {
    const last = page.locator(`[data-chart="${waiting.at(-1)}"]`);
    await last.scrollIntoViewIfNeeded();
    await page.waitForFunction((c) => [...c.querySelectorAll("svg")].every((s) => s.childElementCount > 0), await last.elementHandle(), { timeout: 10_000 });
    // Two screens from there, and not drawn yet.
    const first = (await framed())[0];
    const save = page.locator(`[data-chart="${first}"] + .saves`).getByRole("button", { name: /^Save as SVG/ });
    const [file] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), save.evaluate((b) => b.click())]);
    const found = await page.evaluate(drawnAlone, readFileSync(await file.path(), "utf8"));
    expect(`never idle: ${first} is drawn to be saved`, found === "", found);
    expect("never idle: others wait", (await framed()).length > 0);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect("never idle: all is drawn for paper", (await framed()).length === 0, (await framed()).join());
  }
  await context.close();
}

/** Every button that saves gives a file that stands by itself. */
async function saves(page, scheme) {
  const charts = await page.locator("[data-chart] svg").count();
  expect(`${scheme}: charts can be saved`, charts === 0 || (await page.locator(".saves button:not([hidden])").count()) > 1);
  for (const place of await page.$$(".saves")) {
    for (const button of await place.$$("button:not([hidden])")) {
      const kind = await button.textContent();
      // A page may not save more than ten files a second.
      await page.waitForTimeout(110);
      const [file] = await Promise.all([page.waitForEvent("download", { timeout: 20_000 }), button.click()]);
      const name = file.suggestedFilename();
      const bytes = readFileSync(await file.path());
      expect(`${scheme}: ${name} is named for what it is`, name.endsWith(`.${kind.toLowerCase()}`), name);
      if (shots && scheme === "light") writeFileSync(join(shots, name), bytes);
      if (kind === "PNG") expect(`${scheme}: ${name} is a picture`, bytes.subarray(1, 4).toString() === "PNG" && bytes.readUInt32BE(16) > 600);
      if (kind === "CSV") expect(`${scheme}: ${name} is a table`, rectangular(bytes.toString("utf8")), bytes.toString("utf8").slice(0, 200));
      if (kind === "SVG") {
        const found = await page.evaluate(drawnAlone, bytes.toString("utf8"));
        expect(`${scheme}: ${name} stands by itself`, found === "", found);
      }
    }
  }
}

/** What is wrong with an SVG that should need nothing beside it; runs in the page. */
function drawnAlone(text) {
  const file = new DOMParser().parseFromString(text, "image/svg+xml");
  const root = file.documentElement;
  if (root.nodeName !== "svg") return root.textContent;
  const parts = [...root.querySelectorAll("*")];
  const wrong = parts.flatMap((p) => [...p.attributes]).filter((a) => /var\(|^(class|style|on.*|href)$/.test(a.name) || /var\(/.test(a.value));
  if (wrong.length) return wrong.slice(0, 3).map((a) => `${a.name}=${a.value}`).join(" ");
  if (parts.some((p) => /script|foreignObject|image/i.test(p.nodeName))) return "a part that is no drawing";
  return parts.some((p) => /^(path|circle|rect|line)$/.test(p.nodeName)) ? "" : "nothing is drawn";
}

/** Every block of lines has as many cells as its header; quoted cells may hold commas. */
function rectangular(text) {
  const blocks = text.replace(/^\ufeff/, "").trim().split("\r\n\r\n");
  const cells = (line) => line.replace(/"(?:[^"]|"")*"/g, "q").split(",").length;
  return blocks.every((block) => {
    const lines = block.split("\r\n").map(cells);
    const body = lines[0] === 1 && lines.length > 1 ? lines.slice(1) : lines;
    return body.length > 1 && body.every((n) => n === body[0]);
  });
}

async function buttons(page, scheme) {
  const scenario = page.locator("#switch button");
  const count = await scenario.count();
  if (count < 2) return;
  const before = await page.$eval("[data-chart=losers]", (c) => c.textContent);
  await scenario.nth(count > 2 ? 2 : 1).click();
  const after = await page.$eval("[data-chart=losers]", (c) => c.textContent);
  expect(`${scheme}: a button switches the chart`, before !== after);
  const shown = await page.$$eval("[data-case]", (all) => all.filter((d) => !d.hidden).map((d) => d.dataset.case));
  expect(`${scheme}: a button switches the tables`, shown.every((c) => c.startsWith(count > 2 ? "2." : "1.")), shown.join());
  await scenario.first().focus();
  await page.keyboard.press("Enter");
  const pressed = await scenario.first().getAttribute("aria-pressed");
  expect(`${scheme}: buttons work by keyboard`, pressed === "true");
  await scenarioByScenario(page, scheme);
  for (const name of ["losers", "drivers"]) await pressAll(page, name);
}

/** Every scenario and market can be chosen, and every chart is then drawn or says why not. */
async function scenarioByScenario(page, scheme) {
  const all = page.locator("#switch button");
  for (let i = (await all.count()) - 1; i >= 0; i -= 1) {
    await all.nth(i).click();
    const missing = await settled(page);
    expect(`${scheme}: all is drawn after button ${i}`, missing.length === 0, missing.join());
    expect(`${scheme}: no NaN after button ${i}`, namesFile || !(await page.locator("main").innerText()).includes("NaN"));
  }
}

async function pressAll(page, name) {
  const all = page.locator(`[data-chart=${name}] button`);
  for (let i = 0; i < (await all.count()); i += 1) {
    await all.nth(i).click();
    expect(`${name} is drawn after button ${i}`, (await page.locator(`[data-chart=${name}] svg`).count()) > 0);
  }
  if (await all.count()) await all.first().click();
}

/** Moves over every figure so that the tips show. */
async function hover(page) {
  for (const figure of await page.$$("[data-chart] svg")) {
    await figure.scrollIntoViewIfNeeded();
    const box = await figure.boundingBox();
    if (box) await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height / 2, 120));
  }
}

async function phone(browser) {
  const { context, page, wrongs } = await open(browser, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect("phone: the page is not wider than the screen", overflow <= 0, `${overflow} px`);
  await settled(page);
  if (await page.locator("#live").count()) await page.waitForFunction(() => document.getElementById("what-if")?.dataset.state === "whole", null, { timeout: 60_000 });
  await still(page, "phone");
  await shoot(page, "phone");
  expect("phone: nothing wrong", wrongs.length === 0, wrongs.join("; "));
  await context.close();
}

async function paper(browser) {
  const { context, page, wrongs } = await open(browser, { viewport: { width: 1280, height: 900 }, colorScheme: "dark" });
  // At once: whatever is out of sight is drawn for the paper all the same.
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const missing = (await drawn(page)).filter(([, figures, frames, excuses]) => frames > 0 || figures + excuses === 0);
  expect("paper: all charts are drawn", missing.length === 0, missing.join());
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  for (const format of ["A4", "Letter"]) {
    const pdf = await page.pdf({ format, ...(shots ? { path: join(shots, `print-${format}.pdf`) } : {}), printBackground: false });
    expect(`${format}: a PDF of some size`, pdf.length > 20_000);
  }
  await page.emulateMedia({ media: "print" });
  expect("paper: no buttons", (await page.locator("button:visible").count()) === 0);
  // Several firms make several tables.
  const tables = await page.locator("table.essential").all();
  for (const table of tables) expect("paper: the table of all scenarios", await table.isVisible());
  expect("paper: nothing wrong", wrongs.length === 0, wrongs.join("; "));
  await context.close();
}

async function scriptless(browser) {
  const { context, page, wrongs } = await open(browser, { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
  expect("no script: the answer is there", await page.locator(".headline").isVisible());
  expect("no script: tables are there", (await page.locator("table").count()) > 0);
  await shoot(page, "no-script");
  expect("no script: nothing wrong", wrongs.length === 0, wrongs.join("; "));
  await context.close();
}

/** Every name that the report was given shows as text, letter by letter. */
async function names(browser) {
  const { context, page, wrongs } = await open(browser, { viewport: { width: 1280, height: 900 } });
  const text = await page.evaluate(() => document.body.textContent);
  const squeeze = (s) => s.replace(/\s+/g, " ").trim();
  const seen = squeeze(text);
  for (const name of JSON.parse(readFileSync(namesFile, "utf8"))) {
    expect(`the name ${JSON.stringify(name)} shows`, seen.includes(squeeze(name)));
  }
  expect("names: no element came from a name", (await page.locator("img, iframe, object, embed, base, form, math").count()) === 0);
  expect("names: nothing wrong", wrongs.length === 0, wrongs.join("; "));
  await context.close();
}

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  await desktop(browser, "light");
  await desktop(browser, "dark");
  await neverIdle(browser);
  await phone(browser);
  await paper(browser);
  await scriptless(browser);
  if (namesFile) await names(browser);
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
