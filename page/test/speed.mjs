// How soon a report can be used when it is opened from disk, in a browser that has never seen it, and whether
// anything moves meanwhile. Usage:
//   node test/speed.mjs REPORT.html [--openings 9] [--limit 1000]
// A page can be used once its panel has answered (or, without one, its script has run) and the main thread has
// been free for 50 milliseconds from then on. The time counts from the start of the navigation.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report, ...rest] = process.argv.slice(2);
if (!report || !existsSync(report)) throw new Error("usage: speed.mjs REPORT.html [--openings 9] [--limit 1000]");
const option = (name, usual) => (rest.includes(name) ? Number(rest[rest.indexOf(name) + 1]) : usual);
const [openings, limit] = [option("--openings", 9), option("--limit", 1000)];
const address = pathToFileURL(resolve(report)).href;

/** Runs before the page: notes when the panel answers, when the main thread is busy, and what moves. */
function note() {
  window.noted = { answered: 0, whole: 0, drawn: 0, long: [], moved: 0 };
  const see = (type, hear) => new PerformanceObserver((list) => list.getEntries().forEach(hear)).observe({ type, buffered: true });
  see("longtask", (e) => window.noted.long.push([e.startTime, e.startTime + e.duration]));
  see("layout-shift", (e) => (window.noted.moved += e.value));
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("what-if")?.addEventListener("found", (e) => {
      window.noted.answered ||= performance.now();
      if (e.detail.whole) window.noted.whole ||= performance.now();
    });
    window.noted.parsed = performance.now();
    const look = () => {
      const charts = [...document.querySelectorAll("[data-chart] svg")];
      if (charts.every((c) => c.childElementCount > 0)) window.noted.drawn = performance.now();
      else requestAnimationFrame(look);
    };
    look();
  });
}

async function opening() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
  try {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    await page.addInitScript(note);
    await page.goto(address);
    const live = (await page.locator("#live").count()) > 0;
    await page.waitForFunction((l) => window.noted.drawn && (!l || window.noted.whole), live, { timeout: 60_000 });
    await page.waitForTimeout(300);
    const said = await page.evaluate(() => window.noted);
    // The first moment from which the thread is free.
    let usable = live ? said.answered : said.parsed;
    for (const [from, to] of said.long) if (from < usable + 50 && to > usable) usable = to;
    return { usable, ...said, blocked: said.long.reduce((sum, [from, to]) => sum + to - from - 50, 0) };
  } finally {
    await browser.close();
  }
}

const all = [];
for (let i = 0; i < openings; i += 1) all.push(await opening());
const median = (of) => all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)];
const [usable, moved] = [median((o) => o.usable), Math.max(...all.map((o) => o.moved))];
const ms = (x) => `${x.toFixed(0)} ms`;
console.log(
  `median of ${openings} openings: can be used after ${ms(usable)} (parsed ${ms(median((o) => o.parsed))}, panel ${ms(median((o) => o.answered))}, ` +
    `all ranges ${ms(median((o) => o.whole))}, all charts ${ms(median((o) => o.drawn))}); tasks over 50 ms block ${ms(median((o) => o.blocked))}; layout shift ${moved.toFixed(4)}`,
);
console.log(all.map((o) => o.usable.toFixed(0)).join(" "));
const wrong = [usable > limit && `${ms(usable)} is over the limit of ${ms(limit)}`, moved > 0.001 && "something moves while the page opens"].filter(Boolean);
wrong.forEach((w) => console.log(`FAILED ${w}`));
process.exitCode = wrong.length ? 1 : 0;
