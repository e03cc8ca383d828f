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
import { nothing } from "./charts/base";
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

/** Draws a chart into its place; one that fails leaves its table to speak. */
function show(place: HTMLElement, width = place.clientWidth): void {
  const chart = CHARTS[place.dataset.chart ?? ""];
  if (!chart || width <= 0) return;
  try {
    place.replaceChildren(...chart(view, choice, width));
  } catch (error) {
    place.replaceChildren(nothing("This chart could not be drawn; its numbers stand below."));
    console.error(error);
  }
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
  switched.forEach((place) => show(place));
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
      places.forEach((place) => show(place));
      redraw?.();
    });
  });
}

/** Paper is narrower than most screens: charts are drawn for it, and for the screen again after. */
function followPrint(): void {
  const paper = 660;
  window.addEventListener("beforeprint", () => places.forEach((place) => show(place, paper)));
  window.addEventListener("afterprint", () => places.forEach((place) => show(place)));
}

document.documentElement.classList.add("js");
document.querySelectorAll("details[data-fold]").forEach((d) => d.removeAttribute("open"));
document.getElementById("switch")?.replaceChildren(...controls(), standing);
showTables();
showStanding();
places.forEach((place) => show(place));
const followSaves = downloads();
const redraw = panel(view);
followWidth();
followPrint();
