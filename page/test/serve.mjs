// The page of `entrant serve` in Chromium, with the program behind it: editing, running, stopping,
// comparing, keeping; what a keyboard and a phone can do; and names that attack. Usage:
//   node test/serve.mjs PROGRAM STUDY [--hostile STUDY] [--shots FOLDER]
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [program, study, ...rest] = process.argv.slice(2);
if (!program || !study) throw new Error("usage: serve.mjs PROGRAM STUDY [--hostile STUDY] [--shots FOLDER]");
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : "");
const [hostile, shots] = [option("--hostile"), option("--shots")];
if (shots) mkdirSync(shots, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PATIENCE = 120_000;

let passed = 0;
let failed = 0;
function expect(what, holds, detail = "") {
  if (holds) passed += 1;
  else {
    failed += 1;
    console.log(`FAILED ${what} ${detail}`);
  }
}

const folder = mkdtempSync(join(tmpdir(), "entrant-serve-"));
const children = [];

/** A server of a copy of a study. */
async function serve(of, ...flags) {
  const copy = mkdtempSync(join(folder, "study-"));
  cpSync(of, copy, { recursive: true });
  rmSync(join(copy, "serve"), { recursive: true, force: true });
  const child = spawn(resolve(program), ["serve", copy, "--no-open", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const url = await new Promise((done, wrong) => {
    child.stdout.once("data", (line) => done(String(line).trim()));
    child.once("exit", (code) => wrong(new Error(`the server ends with ${code}`)));
  });
  const end = () => new Promise((done) => {
    child.removeAllListeners("exit");
    child.once("exit", done);
    child.kill("SIGINT");
  });
  return { copy, url, end };
}

/** Opens the page and gathers all that it must not do. */
async function open(browser, url, settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...settings });
  const page = await context.newPage();
  const wrongs = [];
  const origin = new URL(url).origin;
  // A browser notes what the server refuses; that it is refused in words is looked at below.
  page.on("console", (m) => /status of (409|422)/.test(m.text()) || wrongs.push(`console ${m.type()}: ${m.text()}`));
  page.on("pageerror", (e) => wrongs.push(`error: ${e.message}`));
  page.on("dialog", (d) => (wrongs.push(`dialog: ${d.message()}`), d.dismiss()));
  page.on("request", (r) => !r.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(r.url()) && wrongs.push(`request: ${r.url()}`));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (e) => console.error(`policy: ${e.violatedDirective} ${e.sample}`));
  });
  await page.goto(url);
  await page.getByRole("tab", { name: "Report" }).waitFor({ timeout: PATIENCE });
  return { context, page, wrongs };
}

const tab = (page, name) => page.getByRole("tab", { name, exact: true }).click();
const shoot = (page, name) => (shots ? page.screenshot({ path: join(shots, `${name}.png`) }) : null);
const standing = (page) => page.locator("#standing").textContent();
const stands = (page, words) => page.waitForFunction((w) => document.getElementById("standing")?.textContent?.includes(w), words, { timeout: PATIENCE });
const text = (page) => page.getByRole("textbox", { name: /^Text of the study/ });

async function accessible(page, what) {
  await page.evaluate(axe);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  // The report in the frame has a test of its own.
  const found = await page.evaluate((runOnly) => window.axe.run(document, { runOnly, iframes: false }), tags);
  const wrong = found.violations.map((v) => `${v.id}: ${v.nodes[0]?.html.slice(0, 160)} (${v.nodes.length})`);
  expect(`${what}: accessible`, wrong.length === 0, wrong.join("; "));
}

async function narrow(page, what) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(`${what}: no sideways scroll`, over <= 0, `${over} px`);
}

// ---- one study, from its first run to the comparison ------------------------------------------------

async function wholeWay(browser) {
  const served = await serve(study, "--draws", "24");
  const { context, page, wrongs } = await open(browser, served.url);
  expect("the token leaves the address", !page.url().includes("token"), page.url());
  await stands(page, "run 1: done");
  await firstReport(page, served);
  await editing(page, served);
  await running(page, served);
  await comparing(page);
  await stopping(page, served);
  await keeping(page, served);
  await saving(page, served);
  await keyboard(page);
  expect("nothing wrong on the page", wrongs.length === 0, wrongs.join("; "));
  await context.close();
  await looks(browser, served);
  await strangers(browser, served);
  await served.end();
}

async function firstReport(page, served) {
  const frame = page.frameLocator("iframe");
  const title = await frame.locator("h1").textContent({ timeout: PATIENCE });
  expect("the report has the study's title", readFileSync(join(served.copy, "study.toml"), "utf8").includes(title), title);
  const sandbox = await page.locator("iframe").getAttribute("sandbox");
  expect("the frame is sandboxed", sandbox === "allow-scripts allow-downloads", sandbox);
  if (await frame.locator("#what-if").count()) {
    await frame.locator('#what-if[data-state="whole"]').waitFor({ timeout: PATIENCE });
    expect("the panel in the report solves", true);
  }
  await shoot(page, "serve-report");
}

/** The mistakes that a text has, once they are said of the text that stands there. */
async function mistakes(page, count) {
  const words = count === 0 ? "No mistakes" : count === 1 ? "1 mistake" : `${count} mistakes`;
  await page.locator('.mistakes[aria-busy="false"]').waitFor({ state: "attached", timeout: PATIENCE });
  await page.getByText(words, { exact: true }).waitFor({ timeout: PATIENCE });
}

async function editing(page, served) {
  await tab(page, "Edit");
  const before = await text(page).inputValue();
  expect("the text is the file", before === readFileSync(join(served.copy, "study.toml"), "utf8"));
  await mistakes(page, 0);
  await accessible(page, "editing");
  // A mistake is placed, and the way leads there.
  const line = before.split("\n").findIndex((l) => l.startsWith("[settings]")) + 1;
  await text(page).fill(before.replace("[settings]", "[settings]\ndrows = 3"));
  await mistakes(page, 1);
  const go = page.getByRole("button", { name: `line ${line + 1}, column 1` });
  expect("the mistake has its place and a hint", (await go.count()) === 1 && (await page.getByText("did you mean `draws`?").count()) === 1);
  await shoot(page, "serve-mistake");
  await accessible(page, "a mistake");
  await go.click();
  const chosen = await text(page).evaluate((f) => f.value.slice(f.selectionStart, f.selectionEnd));
  expect("the mistake is selected", chosen === "drows = 3", chosen);
  expect("nothing runs with a mistake", await page.getByRole("button", { name: "Run", exact: true }).isDisabled());
  // The form follows the text and changes it.
  await text(page).fill(before.replace(/^draws = \d+/m, "draws = 6 # few"));
  await mistakes(page, 0);
  const draws = page.getByRole("textbox", { name: "draws", exact: true });
  expect("the form follows the text", (await draws.inputValue()) === "6");
  await draws.fill("7");
  await draws.press("Tab");
  await page.waitForFunction(() => document.querySelector("textarea")?.value.includes("draws = 7 # few"), null, { timeout: PATIENCE });
  // What is not written can be added, with its default in sight.
  await text(page).fill((await text(page).inputValue()).replace(/^level = .*\n/m, ""));
  await page.locator('details[data-group="settings more"] > summary').click();
  const level = page.getByRole("textbox", { name: "level", exact: true });
  expect("its default is in sight", (await level.getAttribute("placeholder")) === "0.9", await level.getAttribute("placeholder"));
  await level.fill("0.8");
  await level.press("Tab");
  await page.waitForFunction(() => /^level = 0\.8$/m.test(document.querySelector("textarea")?.value ?? ""), null, { timeout: PATIENCE });
  await page.waitForFunction(() => document.querySelector('.more-keys input[placeholder="0.9"]') === null, null, { timeout: PATIENCE });
  expect("what was added is a field like others", (await level.inputValue()) === "0.8" && (await level.evaluate((f) => f.closest(".more-keys"))) === null);
  await draws.fill("seven");
  await draws.press("Tab");
  expect("a word is no number", (await draws.getAttribute("aria-invalid")) === "true");
  await draws.fill("8");
  await draws.press("Tab");
  await page.waitForFunction(() => document.querySelector("textarea")?.value.includes("draws = 8 # few"), null, { timeout: PATIENCE });
  await shoot(page, "serve-edit");
  expect("editing saves nothing", readFileSync(join(served.copy, "study.toml"), "utf8") === before);
  await text(page).fill(before);
  await mistakes(page, 0);
}

/** A number of the first entrant's price, changed in the form. */
async function running(page, served) {
  await page.getByRole("searchbox", { name: "Find a field" }).fill("price entrant[0]");
  const price = page.locator(".rows .row:not([hidden]) input").first();
  const value = Number(await price.inputValue());
  await price.fill(String(Math.round(value * 0.8)));
  await price.press("Tab");
  await stands(page, "Edited here");
  await page.getByRole("textbox", { name: "Name of the run" }).fill("cheaper");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await stands(page, "run 2: done");
  await page.getByRole("searchbox", { name: "Find a field" }).fill("");
  const runs = readdirSync(join(served.copy, "serve", "runs"));
  expect("both runs are on disk", runs.join() === "0001,0002", runs.join());
  const kept = readFileSync(join(served.copy, "serve", "runs", "0002", "study.toml"), "utf8");
  expect("the run has the edited text", kept === (await text(page).inputValue()));
}

async function comparing(page) {
  await tab(page, "Runs");
  const table = page.getByRole("region", { name: /Profit, change$/ });
  await table.waitFor({ timeout: PATIENCE });
  const rows = await table.locator("tbody tr").allTextContents();
  expect("firms stand side by side", rows.length >= 2 && rows.every((r) => r.length > 8), rows.join("|"));
  expect("the last run is B", (await page.getByLabel("Run B").inputValue()) === "2" && (await page.getByLabel("Run A").inputValue()) === "1");
  expect("and the page says of what", (await page.getByText(/in the \d+ draws that both runs kept/).count()) === 1);
  await shoot(page, "serve-runs");
  const differs = [];
  for (const id of await page.getByLabel("Scenario", { exact: true }).locator("option").evaluateAll((all) => all.map((o) => o.value))) {
    await page.getByLabel("Scenario", { exact: true }).selectOption(id);
    differs.push(...(await table.locator("tbody tr td:last-child").allTextContents()));
  }
  expect("something differs", differs.some((d) => /[1-9]/.test(d)), differs.join());
  expect("differences have ranges", differs.some((d) => /[1-9].* to /.test(d)), differs.join("|"));
  await accessible(page, "runs");
}

async function stopping(page) {
  await page.getByRole("textbox", { name: "Draws" }).fill("1000000");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.getByRole("progressbar").waitFor({ timeout: PATIENCE });
  await page.waitForFunction(() => /Run 3: drawing/.test(document.querySelector(".progress-words")?.textContent ?? ""), null, { timeout: PATIENCE });
  await shoot(page, "serve-progress");
  await accessible(page, "a run under way");
  await page.getByRole("button", { name: "Cancel the run" }).click();
  await stands(page, "run 3: stopped");
  await page.getByRole("textbox", { name: "Draws" }).fill("");
}

async function keeping(page, served) {
  await tab(page, "Scenarios");
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.fill("../../x");
  await name.press("Enter");
  await page.getByText(/cannot be a name/).waitFor({ timeout: PATIENCE });
  await name.fill("Low price");
  await page.getByRole("button", { name: "Keep" }).click();
  await page.getByText("Kept as Low price").waitFor({ timeout: PATIENCE });
  expect("the scenario is a file", existsSync(join(served.copy, "serve", "scenarios", "Low price.toml")));
  await shoot(page, "serve-scenarios");
  await accessible(page, "scenarios");
  const edited = await (await tab(page, "Edit"), text(page)).inputValue();
  await page.getByRole("button", { name: "Reload the file" }).click();
  await stands(page, "As in study.toml");
  await tab(page, "Scenarios");
  await page.getByRole("button", { name: "Use Low price" }).click();
  await stands(page, "Edited here");
  await tab(page, "Edit");
  expect("the scenario comes back", (await text(page).inputValue()) === edited);
}

async function saving(page, served) {
  const path = join(served.copy, "study.toml");
  const edited = await text(page).inputValue();
  await page.getByRole("button", { name: "Save the study" }).click();
  await stands(page, "As in study.toml");
  expect("saving writes the file", readFileSync(path, "utf8") === edited);
  // Somebody else writes it: saving does not undo that.
  writeFileSync(path, `${edited}# by somebody else\n`);
  await text(page).fill(`${edited}# here\n`);
  await page.getByRole("button", { name: "Save the study" }).click();
  const refused = page.getByText(/has changed on disk/);
  await refused.waitFor({ timeout: PATIENCE });
  await mistakes(page, 0);
  expect("a check that goes well does not unsay it", await refused.isVisible());
  expect("the other's file stays", readFileSync(path, "utf8").endsWith("# by somebody else\n"));
  await page.getByRole("button", { name: "Reload the file" }).click();
  await stands(page, "As in study.toml");
  expect("and is read again", (await text(page).inputValue()).endsWith("# by somebody else\n"));
  await refused.waitFor({ state: "hidden", timeout: PATIENCE });
}

async function keyboard(page) {
  await page.getByRole("tab", { name: "Edit" }).focus();
  await page.keyboard.press("ArrowRight");
  expect("an arrow opens the next tab", (await page.getByRole("tab", { name: "Runs" }).getAttribute("aria-selected")) === "true");
  await page.keyboard.press("Home");
  expect("Home opens the first", (await page.getByRole("tab", { name: "Report" }).getAttribute("aria-selected")) === "true");
  await page.keyboard.press("Tab");
  const inside = await page.evaluate(() => document.getElementById("panels")?.contains(document.activeElement));
  expect("Tab leads into the panel", inside === true);
}

/** The page on a phone, in the dark, and after the server has gone. */
async function looks(browser, served) {
  for (const [name, settings] of [["phone", { viewport: { width: 360, height: 740 } }], ["dark", { colorScheme: "dark" }]]) {
    const { context, page, wrongs } = await open(browser, served.url, settings);
    await stands(page, "As in study.toml");
    for (const part of ["Report", "Edit", "Runs", "Scenarios"]) {
      await tab(page, part);
      await narrow(page, `${name}, ${part}`);
      await accessible(page, `${name}, ${part}`);
      await shoot(page, `serve-${name}-${part.toLowerCase()}`);
    }
    expect(`nothing wrong on ${name}`, wrongs.length === 0, wrongs.join("; "));
    await context.close();
  }
}

/** A page of another origin reaches nothing, cookie or not. */
async function strangers(browser, served) {
  const { context, page } = await open(browser, served.url);
  const home = page.url();
  const stranger = await context.newPage();
  await stranger.goto("data:text/html,<title>stranger</title>");
  const reached = await stranger.evaluate(async (url) => {
    const tries = [
      () => fetch(`${url}api/study`, { credentials: "include" }),
      () => fetch(`${url}api/cancel`, { method: "POST", credentials: "include", headers: { "content-type": "application/json" }, body: "{}" }),
      () => fetch(`${url}api/scenario/keep`, { method: "POST", mode: "no-cors", credentials: "include", body: '{"name":"evil","text":""}' }),
    ];
    const found = [];
    for (const t of tries) found.push(await t().then((r) => (r.type === "opaque" ? "unreadable" : `read ${r.status}`), () => "failed"));
    return found;
  }, home);
  expect("a stranger reads nothing", reached.every((r) => !r.startsWith("read")), reached.join());
  expect("a stranger writes nothing", !existsSync(join(served.copy, "serve", "scenarios", "evil.toml")));
  const framed = await stranger.evaluate((url) => new Promise((done) => {
    const f = document.createElement("iframe");
    f.onload = () => done(f.contentWindow.length);
    f.src = url;
    document.body.append(f);
  }), home);
  expect("a stranger frames nothing", framed === 0, String(framed));
  await context.close();
}

// ---- names that attack ------------------------------------------------------------------------------

async function attacked(browser) {
  const served = await serve(hostile, "--draws", "1");
  const { context, page, wrongs } = await open(browser, served.url);
  await stands(page, "run 1:");
  const label = `"><img src=x onerror=alert(1)>`;
  await page.getByRole("textbox", { name: "Name of the run" }).fill(label);
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await stands(page, "run 2: done");
  await tab(page, "Edit");
  await mistakes(page, 0);
  await tab(page, "Runs");
  const row = await page.locator(".run-list tbody tr").first().textContent();
  expect("a label is text", row.includes(label), row);
  await page.getByLabel("Number", { exact: true }).selectOption("Units, change");
  const shown = await page.locator(".compared tbody th").allTextContents();
  const named = shown.filter((s) => s.includes("alert(1)")).length;
  expect("names are text", shown.length >= 200 && named >= 50, `${shown.length} ${named}`);
  const hidden = shown.filter((s) => /[\u202a-\u202e\u2066-\u2069\u200b\ufeff\u2028\u2029]/u.test(s));
  expect("hidden characters are spelled out", hidden.length === 0, hidden.join("|"));
  const made = await page.evaluate(() => document.querySelectorAll("img, svg, object, embed, base, form[action], iframe[srcdoc], a[href^=javascript]").length);
  expect("no name became an element", made === 0, String(made));
  await shoot(page, "serve-hostile");
  expect("nothing wrong with hostile names", wrongs.length === 0, wrongs.slice(0, 5).join("; "));
  await context.close();
  await served.end();
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  await wholeWay(browser);
  if (hostile) await attacked(browser);
} finally {
  await browser.close();
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
