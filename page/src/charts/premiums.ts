// What features and brands are worth: willingness to pay, value, what remains, and a map.
import * as Plot from "@observablehq/plot";
import { choices, el, legend } from "../dom";
import { short } from "../format";
import type { Choice, MapPoint, Premiums, View } from "../types";
import { draw, firmOf, intervals, nothing, type Row, tone } from "./base";

const none = (): Element[] => [nothing("The study asks for no premiums.")];

/** Willingness to pay, and the hedonic premium below it. */
export function premiumWorth(view: View, _: Choice, width: number): Element[] {
  const p = view.premiums;
  if (!p) return none();
  const rows = p.subjects.flatMap((s): Row[] => [
    { label: s.title, tone: "f1", range: s.worth, strong: true },
    ...(s.hedonic ? [{ label: "in prices", tone: "f9", range: s.hedonic, hollow: true }] : []),
  ]);
  return [intervals(rows, { width, unit: "price", money: view.money, describe: "Willingness to pay and hedonic premium, by feature and brand" })];
}

type Pair = { full: (v: Value) => Row["range"]; hollow: (v: Value) => Row["range"]; said: string };
type Value = Premiums["places"][number]["values"][number];

/** Full and hollow dots of one place, which the reader chooses. */
function pairs(view: View, width: number, { full, hollow, said }: Pair, describe: string): Element[] {
  const p = view.premiums;
  if (!p) return none();
  const places = p.places.filter((at) => at.values.some(full));
  const first = places[0];
  if (!first) return [nothing("There is no number to draw.")];
  const body = el("div", {});
  const redraw = (place: Premiums["places"][number]): void => {
    const colour = firmOf(view, place.firm).tone;
    const rows = place.values.filter(full).flatMap((v): Row[] => [
      { label: p.subjects[v.subject]?.title ?? "", tone: colour, range: full(v), strong: true },
      { label: said, tone: "f9", range: hollow(v), hollow: true },
    ]);
    body.replaceChildren(intervals(rows, { width, unit: "money", money: view.money, signed: true, describe: `${describe}: ${place.name}` }));
  };
  const pick = choices("Of", places.map((at) => short(at.name, 40)), 0, (i) => redraw(places[i] ?? first));
  redraw(first);
  return places.length > 1 ? [pick, body] : [body];
}

/** What each adds to profit in equilibrium, and what buyers would pay for it. */
export function premiumValue(view: View, _: Choice, width: number): Element[] {
  const pair = { full: (v: Value) => v.profit, hollow: (v: Value) => v.naive, said: "worth × units" };
  return pairs(view, width, pair, "Profit with the feature less without it");
}

/** What it adds before and after the budget line has it. */
export function premiumErosion(view: View, _: Choice, width: number): Element[] {
  const pair = { full: (v: Value) => (v.after ? v.before : null), hollow: (v: Value) => v.after, said: "budget line has it" };
  return pairs(view, width, pair, "What the feature adds to profit, before and after");
}

/** The products in a plane. */
export function premiumMap(view: View, _: Choice, width: number): Element[] {
  const points = view.premiums?.map ?? [];
  if (!points.length) return [nothing("The products cannot be placed.")];
  const firms = [...new Set(points.map((p) => p.firm))].sort((a, b) => (a ?? 99) - (b ?? 99));
  const paint = (p: MapPoint): string => tone(firmOf(view, p.firm).tone);
  const range = (of: (p: MapPoint) => number): [number, number] => {
    const all = points.map(of);
    const [from, to] = [Math.min(...all), Math.max(...all)];
    const pad = (to - from) * 0.1 || 1;
    return [from - pad, to + pad];
  };
  const radius = (p: MapPoint): number => 3 + 22 * Math.sqrt(p.share);
  const named = points.filter((p) => p.focus || p.share > 0.03);
  const title = (p: MapPoint): string => `${short(p.name, 60)}\n${short(firmOf(view, p.firm).name, 40)}, ${(100 * p.share).toFixed(1)}% of units${p.budget ? "\nbudget line" : ""}`;
  const chart = draw(
    {
      width,
      height: Math.min(460, Math.max(280, width * 0.6)),
      margin: 14,
      x: { domain: range((p) => p.x), axis: null },
      y: { domain: range((p) => p.y), axis: null },
      marks: [
        Plot.frame({ strokeOpacity: 0.2 }),
        Plot.dot(points, { x: "x", y: "y", r: radius, fill: paint, fillOpacity: (p: MapPoint) => (p.budget ? 0.25 : 0.75), stroke: paint, strokeWidth: (p: MapPoint) => (p.focus ? 3 : 1) }),
        Plot.text(named, { x: "x", y: "y", text: (p: MapPoint) => short(p.name, 22), dy: (-14) as number, stroke: "var(--paper)", strokeWidth: 3, fill: "currentColor", fontSize: 11 }),
        Plot.tip(points, Plot.pointer({ x: "x", y: "y", title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
      ],
    },
    "Products in a plane, near where buyers of one would take the other",
  );
  return [legend(firms.map((f) => firmOf(view, f))), chart];
}
