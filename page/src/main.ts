// Draws the page's charts and lets the reader choose a scenario and a market.
import { backtest, history } from "./charts/history";
import { cash } from "./charts/cash";
import { drivers, marks } from "./charts/drivers";
import { losers, scenarios } from "./charts/losers";
import { premiumErosion, premiumMap, premiumValue, premiumWorth } from "./charts/premiums";
import { prices } from "./charts/prices";
import { substitutes } from "./charts/substitutes";
import { surface } from "./charts/surface";
import { tracker } from "./charts/tracker";
import { volume } from "./charts/volume";
import { worth } from "./charts/worth";
import { nothing, paper } from "./charts/base";
import { drawAll, drawNext, framed } from "./charts/later";
import { choices, el } from "./dom";
import { downloads } from "./download/buttons";
import { visible } from "./format";
import { panel } from "./live/panel";
import type { Choice, View } from "./types";

type Chart = (view: View, choice: Choice, width: number) => Element[];

const CHARTS: Record<string, Chart> = {
  losers, scenarios, prices, volume, worth, cash, substitutes, drivers, marks, history, backtest, tracker, surface,
  "premium-worth": premiumWorth, "premium-value": premiumValue, "premium-erosion": premiumErosion, "premium-map": premiumMap,
};

const view = JSON.parse(document.getElementById("data")?.textContent ?? "{}") as View;
const choice: Choice = { scenario: view.headline, market: 0 };

/** Does what draws; where it fails, the chart leaves its table to speak. */
function trying(place: HTMLElement, drawing: () => void): void {
  try {
    drawing();
  } catch (error) {
    place.replaceChildren(nothing("This chart could not be drawn; its numbers stand below."));
    console.error(error);
  }
}

/** Draws a chart into its place, at this width. */
function show(place: HTMLElement, width: number): void {
  const chart = CHARTS[place.dataset.chart ?? ""];
  if (!chart || width <= 0) return;
  trying(place, () => place.replaceChildren(...chart(view, choice, width)));
}

/** Draws what is in sight, and frames for the rest, which is drawn when it comes near or there is time. */
function lay(some: HTMLElement[]): void {
  // Widths first: each would otherwise lay out the page again.
  const widths = some.map((place) => place.clientWidth);
  framed(() => some.forEach((place, i) => show(place, widths[i] ?? 0)));
  const tops = some.map((place) => place.getBoundingClientRect());
  const seen = some.filter((_, i) => inSight(tops[i] as DOMRect));
  seen.forEach((place) => trying(place, () => drawAll(place)));
  some.forEach((place) => near.observe(place));
  fill();
}

const inSight = (box: DOMRect): boolean => box.bottom > 0 && box.top < window.innerHeight;

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      trying(target as HTMLElement, () => drawAll(target));
    }
  },
  { rootMargin: "50% 0px" },
);

let filling = false;
/** Until the panel has answered, charts out of sight would only keep it waiting. */
let holding = true;

function release(): void {
  holding = false;
  fill();
}

/** Draws frames in idle time, from the top, and at the latest within a moment. */
function fill(): void {
  if (filling || holding) return;
  filling = true;
  whenIdle((left) => {
    filling = false;
    for (const place of places) {
      let more = true;
      trying(place, () => {
        while ((more = drawNext(place)) && left() > 0);
      });
      if (more) return fill();
    }
  });
}

/** Calls back in idle time, with what is left of it in milliseconds. */
function whenIdle(then: (left: () => number) => void): void {
  if (typeof requestIdleCallback === "undefined") setTimeout(() => then(() => 0), 16);
  else requestIdleCallback((idle) => then(() => idle.timeRemaining()), { timeout: 100 });
}

const standing = el("p", { class: "case-standing", role: "status" });
const places = [...document.querySelectorAll<HTMLElement>("[data-chart]")];
const switched = [...document.querySelectorAll<HTMLElement>("#switched [data-chart]")];

/** Shows the tables of the chosen scenario and market, and hides the others. */
function showTables(): void {
  const chosen = [`${choice.scenario}.${choice.market}`, `${choice.scenario}.*`];
  for (const table of document.querySelectorAll<HTMLElement>("[data-case]")) {
    table.hidden = !chosen.includes(table.dataset.case ?? "");
  }
  for (const part of document.querySelectorAll<HTMLElement>("[data-scenario]")) {
    part.hidden = part.dataset.scenario !== String(choice.scenario);
  }
}

/** Says so where the chosen scenario is anything but certified. */
function showStanding(): void {
  const chosen = view.cases[choice.scenario]?.[choice.market];
  standing.hidden = !chosen || chosen.badge === "good";
  standing.replaceChildren(el("span", { class: `badge ${chosen?.badge ?? "bad"}` }, chosen?.status ?? ""));
}

function choose(next: Partial<Choice>): void {
  Object.assign(choice, next);
  showTables();
  showStanding();
  lay(switched);
  followSaves();
}

function controls(): HTMLElement[] {
  const rows: HTMLElement[] = [];
  if (view.scenarios.length > 1) {
    const names = view.scenarios.map(visible);
    rows.push(choices("Scenario", names, choice.scenario, (scenario) => choose({ scenario })));
  }
  if (view.markets.length > 1) {
    rows.push(choices("Market", view.markets.map(visible), 0, (market) => choose({ market })));
  }
  return rows;
}

/** Draws again when the page's width changes, once it has come to rest. */
function followWidth(): void {
  let width = document.body.clientWidth;
  let waiting = 0;
  window.addEventListener("resize", () => {
    if (document.body.clientWidth === width) return;
    width = document.body.clientWidth;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      lay(places);
      redraw?.();
    });
  });
}

/** Paper is narrower than most screens: charts are drawn for it, and for the screen again after. */
function followPrint(): void {
  const width = 660;
  window.addEventListener("beforeprint", () => {
    paper.on = true;
    places.forEach((place) => show(place, width));
  });
  window.addEventListener("afterprint", () => {
    paper.on = false;
    lay(places);
  });
}

document.documentElement.classList.add("js");
document.querySelectorAll("details[data-fold]").forEach((d) => d.removeAttribute("open"));
document.getElementById("switch")?.replaceChildren(...controls(), standing);
showTables();
showStanding();
// The engine starts beside, while charts are drawn here.
const redraw = panel(view);
lay(places);
const followSaves = downloads();
followWidth();
followPrint();
if (redraw) {
  document.getElementById("what-if")?.addEventListener("found", release, { once: true });
  setTimeout(release, 600);
} else {
  release();
}
