// What a setting does, beside what the scenario it started from does.
import { intervals, NARROW, type Row } from "../charts/base";
import { el } from "../dom";
import { inWords, medianOf, NONE, visible, type Unit } from "../format";
import type { Range, View } from "../types";
import type { CapacityOutcome, Estimate, FirmOutcome, Found, ProductOutcome } from "./types";

/** Firms that a chart shows. */
const FIRMS = 10;

/** Pixels that the results of so many firms and capacities need at most, kept free so that nothing below moves when they come. */
export function roomFor(firms: number, capacities: number, width: number): number {
  const rows = Math.min(FIRMS, firms);
  const wide = width > NARROW;
  const [tiles, heading, chart, folds] = [wide ? 180 : 215, 62, 34 + 28 * rows, 68];
  const scarce = capacities ? 34 + (wide ? 90 + 36 * capacities : 0) : 0;
  return tiles + heading + chart + folds + scarce + (wide ? 90 + 36 * rows : 0);
}

/** The number at the central values with its range. */
export function range(e: Estimate | null | undefined): Range {
  const point = e?.central ?? e?.median;
  if (!e || point === null || point === undefined) return null;
  return [e.low ?? point, point, e.high ?? point];
}

const toneOf = (view: View, firm: string): string => view.firms.find((f) => f.name === firm)?.tone ?? "f9";

/** Largest losses first, entrants on top. */
function ordered(found: Found): FirmOutcome[] {
  const point = (f: FirmOutcome): number => range(f.units.change)?.[1] ?? 0;
  const sells = (f: FirmOutcome): boolean => (range(f.units.before)?.[1] ?? 0) > 0 || (range(f.units.after)?.[1] ?? 0) > 0;
  const all = found.outcome.firms.filter(sells).sort((a, b) => Number(b.entrant) - Number(a.entrant) || point(a) - point(b));
  return all.slice(0, FIRMS);
}

/** The numbers to see at a glance: of the entrant, or of whoever the page is about. */
export function tiles(view: View, found: Found, study: Found | null): HTMLElement {
  const entrant = found.outcome.firms.find((f) => f.entrant && (range(f.units.after)?.[1] ?? 0) > 0);
  const list = el("dl", { class: "tiles" });
  if (entrant) list.append(...ofEntrant(view, entrant, found, study));
  else list.append(...[...ordered(found)].slice(0, 3).map((f) => lossTile(view, f)));
  return list;
}

function ofEntrant(view: View, f: FirmOutcome, found: Found, study: Found | null): HTMLElement[] {
  const before = study?.outcome.firms.find((s) => s.firm === f.firm);
  const name = visible(f.firm);
  const all = [
    tile(view, f.firm, `${name} sells a period`, f.units.after, before?.units.after, "count"),
    tile(view, f.firm, `Share of units sold`, f.unit_share.after, before?.unit_share.after, "share"),
    tile(view, f.firm, "Profit a period", f.profit.after, before?.profit.after, "money"),
  ];
  const worth = found.worth;
  if (worth && worth.firm === f.firm) {
    const label = `Worth over ${worth.periods} such periods, entry paid`;
    all.push(tile(view, f.firm, label, worth.value, study?.worth?.value, "money"));
  }
  return all;
}

function lossTile(view: View, f: FirmOutcome): HTMLElement {
  return tile(view, f.firm, `${visible(f.firm)}: units`, f.units.change, undefined, "count", true);
}

function tile(view: View, firm: string, label: string, e: Estimate, study: Estimate | undefined, unit: Unit, signed = false): HTMLElement {
  const now = range(e);
  const spread = now && now[0] !== now[2] ? inWords(now, unit, view.money, signed).replace(/^[^(]*/, "").replace(/[()]/g, "") : "";
  const was = range(study);
  const notes = [spread, was ? `study: ${medianOf(was, unit, view.money, signed)}` : ""].filter(Boolean);
  const strong = el("strong", {}, medianOf(now, unit, view.money, signed));
  const number = el("dd", {}, strong, ...notes.map((n) => el("small", {}, n)));
  return el("div", { class: `tile ${toneOf(view, firm)}` }, el("dt", {}, label), number);
}

/** Change of units of every firm. */
export function chart(view: View, found: Found, width: number): Element {
  const rows: Row[] = ordered(found).map((f) => ({
    label: visible(f.firm),
    tone: toneOf(view, f.firm),
    range: range(f.units.change),
    strong: f.entrant,
  }));
  const layout = { width, unit: "count" as Unit, money: view.money, signed: true, bars: true, describe: "Change of units of each firm" };
  return intervals(rows, layout);
}

/** The numbers behind it. */
export function firmTable(view: View, found: Found): HTMLElement {
  const row = (f: FirmOutcome): HTMLElement[] => [
    head(f.firm, toneOf(view, f.firm)),
    cell(medianOf(range(f.units.change), "count", view.money, true)),
    cell(f.entrant ? "new" : medianOf(range(f.units.relative), "share", view.money, true)),
    cell(arrow(range(f.price.before), range(f.price.after), view.money)),
    cell(inWords(range(f.profit.change), "money", view.money, true)),
  ];
  const rows = ordered(found).map(row);
  return table("Firms: change against today", ["Firm", "Units", "Units, %", "Average price", "Profit a period"], rows);
}

/** Prices of the products that sell most, and of those that come in. */
export function productTable(view: View, found: Found): HTMLElement {
  const size = (p: ProductOutcome): number => Math.max(range(p.units.before)?.[1] ?? 0, range(p.units.after)?.[1] ?? 0);
  const shown = found.outcome.products.filter((p) => p.on_sale || !p.entrant).sort((a, b) => Number(b.entrant) - Number(a.entrant) || size(b) - size(a));
  const row = (p: ProductOutcome): HTMLElement[] => [
    head(p.product, toneOf(view, p.firm)),
    cell(arrow(range(p.price.before), range(p.price.after), view.money)),
    cell(p.entrant ? "new" : medianOf(range(p.price.relative), "share", view.money, true)),
    cell(medianOf(range(p.units.after), "count", view.money)),
    cell(medianOf(range(p.units.change), "count", view.money, true)),
  ];
  return table("Products: prices and units", ["Product", "Price", "Price, %", "Units", "Change"], shown.slice(0, 60).map(row));
}

/** How full capacities are, and what one more unit of each would earn; null where there are none. */
export function capacityTable(view: View, found: Found): HTMLElement | null {
  const all = found.outcome.capacities ?? [];
  const row = (c: CapacityOutcome): HTMLElement[] => [
    head(`${c.firm}: ${c.products.join(", ")}`, toneOf(view, c.firm)),
    cell(medianOf(range(c.used), "share", view.money)),
    cell(inWords(range(c.shadow_price), "price", view.money)),
  ];
  return all.length ? table("Capacities", ["What it is of", "Used", "Worth of one more unit"], all.map(row)) : null;
}

function arrow(before: Range, after: Range, money: string): string {
  const say = (r: Range): string => medianOf(r, "price", money);
  if (!before) return say(after);
  if (!after) return `${say(before)} → gone`;
  return say(before) === say(after) ? say(after) : `${say(before)} → ${say(after)}`;
}

const head = (text: string, tone: string): HTMLElement => {
  const made = el("th", {}, el("i", { class: `swatch ${tone}` }), visible(text));
  made.setAttribute("scope", "row");
  return made;
};
const cell = (text: string): HTMLElement => el("td", { class: "n" }, text);

function table(caption: string, columns: string[], rows: HTMLElement[][]): HTMLElement {
  const heads = columns.map((c, i) => {
    const made = el("th", i ? { class: "n" } : {}, c);
    made.setAttribute("scope", "col");
    return made;
  });
  const body = el("tbody", {}, ...rows.map((r) => el("tr", {}, ...r)));
  const made = el("table", {}, el("caption", {}, caption), el("thead", {}, el("tr", {}, ...heads)), body);
  return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, made);
}

/** The result in a line, for screens that show the controls alone. */
export function brief(view: View, found: Found): string {
  const [first, ...others] = ordered(found);
  const says = (f: FirmOutcome): string => {
    const e = f.entrant ? f.units.after : f.units.change;
    return `${visible(f.firm)} ${medianOf(range(e), "count", view.money, !f.entrant)}`;
  };
  const rivals = others.slice(0, 2).map(says);
  return first ? [says(first), ...rivals].join(" · ") : NONE;
}

/** The result in a sentence, for those who hear it. */
export function sentence(view: View, found: Found): string {
  const firms = ordered(found);
  const entrant = firms.find((f) => f.entrant);
  const worst = firms.find((f) => !f.entrant);
  const says = (f: FirmOutcome, e: Estimate, signed: boolean): string => `${visible(f.firm)}: ${inWords(range(e), "count", view.money, signed)} units`;
  const parts = [entrant && says(entrant, entrant.units.after, false), worst && says(worst, worst.units.change, true)];
  return parts.filter(Boolean).join("; ") || NONE;
}
