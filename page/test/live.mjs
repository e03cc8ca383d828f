// The engine inside the page against the command line: the artefact in Node, then the panel in
// Chromium, whose settings go back to the program as scenarios of the study. Usage:
//   node test/live.mjs PROGRAM STUDY [SCREENSHOTS]
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "..", "..", "crates", "entrant-report", "assets");
const [program, study, shots] = process.argv.slice(2);
if (!program || !study) throw new Error("usage: live.mjs PROGRAM STUDY [SCREENSHOTS]");
/** Draws of a run; all of them are in the page. */
const DRAWS = 12;
/** The engine has no fused multiply-add, so its sums differ from the program's in the last digits. */
const TOLERANCE = 1e-9;

let passed = 0;
let failed = 0;
function expect(what, holds, detail = "") {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what} ${detail}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "entrant-live-"));
const copy = join(folder, "study");
cpSync(study, copy, { recursive: true });

/** Leaves out what no what-if reads and what takes long. */
function lighten() {
  const path = join(copy, "study.toml");
  const slow = /^\[\[?(game|premiums|timing|worth\.path)\b/;
  const kept = [];
  let keep = true;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line.startsWith("[")) keep = !slow.test(line);
    if (keep) kept.push(line);
  }
  writeFileSync(path, kept.join("\n"));
}

function run(name) {
  const out = join(folder, name);
  execFileSync(resolve(program), ["run", copy, "--draws", String(DRAWS), "--out", out], { stdio: ["ignore", "ignore", "inherit"] });
  return { results: JSON.parse(readFileSync(join(out, "results.json"), "utf8")), report: join(out, "report.html") };
}

// ---- numbers --------------------------------------------------------------------------------------

let worst = 0;
let worstAt = "";

/** Every low, median and high of what the engine found, beside the program's. */
function compare(what, found, program) {
  if (found !== null && typeof found === "object") {
    for (const key of ["low", "median", "high"]) if (key in found && program) number(`${what}.${key}`, found[key], program[key]);
    for (const key of Object.keys(found)) {
      // A page computes neither diversion nor the certificate of a search for other equilibria.
      if (!["diversion", "certificate", "central"].includes(key)) compare(`${what}.${key}`, found[key], program?.[key]);
    }
  }
}

function number(what, a, b) {
  if (a === null || b === null || a === undefined || b === undefined) {
    return expect(`${what} is a number in both`, (a ?? null) === (b ?? null), `${a} ${b}`);
  }
  const gap = Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), floor(what));
  if (gap > worst) [worst, worstAt] = [gap, what];
  expect(what, gap <= TOLERANCE, `${a} ${b}`);
}

/** A change is a difference of large numbers: it is as exact as they are. */
function floor(what) {
  return /\.change\.|relative/.test(what) ? scale : 1e-12;
}
let scale = 1;

function compareOutcome(what, found, program) {
  expect(`${what}: the same products`, found.products.length === program.products.length);
  found.products.forEach((p, i) => withScale(`${what} ${p.product}`, p, program.products[i]));
  found.firms.forEach((f, i) => withScale(`${what} ${f.firm}`, f, program.firms[i]));
}

function withScale(what, found, program) {
  for (const key of Object.keys(found)) {
    const sizes = [program[key]?.before, program[key]?.after].flatMap((e) => [e?.low, e?.high]).filter(Number.isFinite);
    scale = Math.max(1e-12, ...sizes.map(Math.abs));
    compare(`${what}.${key}`, found[key], program[key]);
  }
}

// ---- the artefact in Node -------------------------------------------------------------------------

async function engine() {
  const bytes = gunzipSync(readFileSync(join(assets, "engine.wasm.gz")));
  const hash = createHash("sha256").update(bytes).digest("hex");
  expect("the artefact has the committed hash", readFileSync(join(assets, "engine.wasm.sha256"), "utf8").startsWith(hash), hash);
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const wasm = instance.exports;
  const session = wasm.entrant_open();
  return (request) => {
    const text = new TextEncoder().encode(request);
    const at = wasm.entrant_alloc(text.length);
    new Uint8Array(wasm.memory.buffer, at, text.length).set(text);
    wasm.entrant_run(session, at, text.length);
    const bytes = new Uint8Array(wasm.memory.buffer, wasm.entrant_answer(session), wasm.entrant_answer_length(session));
    return JSON.parse(new TextDecoder().decode(bytes));
  };
}

function inNode(send, results) {
  const loaded = send(`{"load":${JSON.stringify(results.live)}}`);
  expect("the markets load", loaded.loaded?.version === results.version, JSON.stringify(loaded));
  const times = { centre: [], whole: [] };
  results.live.markets.forEach((m, market) => {
    for (const scenario of results.live.scenarios) {
      const start = performance.now();
      const first = send(JSON.stringify({ start: { market, scenario } }));
      times.centre.push(performance.now() - start);
      const whole = send(`{"more":{"draws":1000}}`);
      times.whole.push(performance.now() - start);
      expect(`${scenario.id} is solved`, first.found && whole.found, JSON.stringify(whole).slice(0, 200));
      const program = results.scenarios.find((s) => s.id === scenario.id).markets[market];
      if (whole.found) compareOutcome(`${scenario.id} in ${m.id}`, whole.found.outcome, program);
    }
  });
  const mistakes = ["", "{", `{"start":{"market":99,"scenario":{"id":"a","title":""}}}`, `{"start":{"market":0,"scenario":{"id":"a","title":"","enter":[{"products":["nobody"]}]}}}`];
  for (const m of mistakes) expect(`${m} is refused in words`, send(m).error?.message?.length > 0);
  const middle = (v) => v.sort((a, b) => a - b)[Math.floor(v.length / 2)].toFixed(1);
  console.log(`Node: ${middle(times.centre)} ms a solution, ${middle(times.whole)} ms with ${DRAWS} draws; largest difference ${worst.toExponential(1)} (${worstAt})`);
}

// ---- the panel in Chromium ------------------------------------------------------------------------

async function inBrowser(first) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const { page, wrongs, report } = await open(browser, first.report, { viewport: { width: 1280, height: 900 } });
    const baseline = await settled(page);
    const headline = first.results.scenarios.find((s) => s.id === first.results.headline);
    compareOutcome("the panel as it opens", baseline.found.outcome, headline.markets[0]);
    await shoot(page, "live-open");
    const settings = [];
    for (const [what, act] of SETTINGS) {
      await page.getByRole("button", { name: "Reset" }).click();
      await settled(page);
      if ((await act(page)) === false) continue;
      const said = await settled(page);
      await page.getByRole("button", { name: "Copy as scenario" }).click();
      const text = await page.locator("#what-if textarea").inputValue();
      await page.getByRole("button", { name: "Copy link" }).click();
      const link = await page.locator("#what-if textarea").inputValue();
      await shoot(page, `live-${what.replaceAll(" ", "-")}`);
      settings.push({ what, found: said.found, text, link, ms: said.ms });
    }
    expect("settings differ from the study", settings.length >= 4, String(settings.length));
    await links(browser, report, settings);
    expect("nothing wrong in the panel", wrongs.length === 0, wrongs.join("; "));
    return settings;
  } finally {
    await browser.close();
  }
}

/** What a reader may do; false where the study has no such control. */
const SETTINGS = [
  ["a price", async (page) => slide(page, page.getByRole("slider", { name: /^Price of/ }).first(), -30)],
  ["awareness", async (page) => slide(page, page.getByRole("slider", { name: /^Know it/ }).first(), 40)],
  ["the line-up", async (page) => untick(page, ".line .tick input")],
  ["optimal prices", async (page) => (await page.getByRole("checkbox", { name: "Profit-maximising prices" }).click(), true)],
  ["rivals keep prices", async (page) => (await page.getByRole("checkbox", { name: /^Rivals change/ }).click(), true)],
  ["a channel less", async (page) => untick(page, ".ticks[aria-label='Sold through'] .tick input:checked")],
  ["a firm banned and a product gone", async (page) => {
    await page.getByText("Firms that may not sell").click();
    await page.locator("details").filter({ hasText: "Firms that may not sell" }).getByRole("checkbox").nth(1).click();
    await page.getByText("Products taken off the market").click();
    await page.locator("details").filter({ hasText: "Products taken off" }).getByRole("checkbox").first().click();
    return true;
  }],
];

async function slide(page, slider, steps) {
  if (!(await slider.count())) return false;
  await slider.focus();
  for (let i = 0; i < Math.abs(steps); i += 1) await page.keyboard.press(steps < 0 ? "ArrowLeft" : "ArrowRight");
  return true;
}

async function untick(page, where) {
  const box = page.locator(where);
  if ((await box.count()) < 2) return false;
  await box.nth(1).click();
  return true;
}

async function open(browser, report, settings, hash = "") {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  const wrongs = [];
  page.on("console", (m) => wrongs.push(`console ${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrongs.push(`error: ${e.message}`));
  page.on("request", (r) => !/^(data|blob|file):/.test(r.url()) && wrongs.push(`request: ${r.url()}`));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.sample}`));
    addEventListener("DOMContentLoaded", () => {
      document.getElementById("what-if")?.addEventListener("found", (e) => (window.lastFound = e.detail));
    });
  });
  await page.goto(pathToFileURL(resolve(report)).href + hash);
  return { page, wrongs, report, context };
}

/** Waits for all draws of the newest question. */
async function settled(page) {
  await page.waitForFunction(() => document.getElementById("what-if")?.dataset.state === "whole" && window.lastFound?.whole, null, { timeout: 60_000 });
  return page.evaluate(() => window.lastFound);
}

const shoot = (page, name) => (shots ? (mkdirSync(shots, { recursive: true }), page.locator("#what-if").screenshot({ path: join(shots, `${name}.png`) })) : null);

/** A link opens the page as it was; one that is damaged opens it as the study has it. */
async function links(browser, report, settings) {
  for (const { what, found, link } of settings.slice(0, 3)) {
    const { page, context } = await open(browser, report, {}, link.slice(link.indexOf("#")));
    await page.waitForFunction((of) => JSON.stringify(window.lastFound?.found) === of, JSON.stringify(found), { timeout: 60_000 }).then(
      () => expect(`the link of ${what}`, true),
      () => expect(`the link of ${what}`, false, "other numbers"),
    );
    await context.close();
  }
  const bad = ["#what-if=", "#what-if=%%%", "#what-if=e30", `#what-if=${Buffer.from(`{"base":0,"market":0,"price":{"__proto__":1,"<img>":2},"off":"x","aware":7}`).toString("base64url")}`];
  for (const hash of bad) {
    const { page, wrongs, context } = await open(browser, report, { viewport: { width: 360, height: 740 } }, hash);
    await settled(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(`${hash}: opens`, wrongs.length === 0 && overflow <= 0, `${wrongs.join("; ")} ${overflow} px`);
    if (hash === bad[0]) await shoot(page, "live-phone");
    await context.close();
  }
}

/** What was copied is a scenario of the study, and the program says the same of it. */
function backToTheProgram(settings) {
  settings.forEach(({ text }, k) => {
    expect(`setting ${k} names itself what-if`, text.includes(`id = "what-if"`));
    appendFileSync(join(copy, "study.toml"), `\n${text.replace(`id = "what-if"`, `id = "panel-${k}"`)}`);
  });
  const { results } = run("again");
  settings.forEach(({ what, found, ms }, k) => {
    const program = results.scenarios.find((s) => s.id === `panel-${k}`);
    compareOutcome(`${what}`, found.outcome, program.markets[0]);
    console.log(`Chromium: ${what}: ${ms.toFixed(0)} ms with ${DRAWS} draws`);
  });
  console.log(`largest difference ${worst.toExponential(1)} (${worstAt})`);
}

try {
  lighten();
  const first = run("first");
  inNode(await engine(), first.results);
  backToTheProgram(await inBrowser(first));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
