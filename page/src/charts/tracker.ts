// Shares by quarter: what several sources say, reconciled.
import * as Plot from "@observablehq/plot";
import { choices, el, legend } from "../dom";
import { inWords, short, visible } from "../format";
import type { Choice, Tracked, TrackedVendor, View } from "../types";
import { draw, NARROW, nothing, tone } from "./base";

type Point = { name: string; tone: string; at: number; low: number; mid: number; high: number; rank: number; run: string };
type Said = { tone: string; at: number; share: number };

let country = 0;

/** Lines with bands by vendor, for the country that the reader chooses. */
export function tracker(view: View, _: Choice, width: number): Element[] {
  const all = view.tracker;
  if (!all.length) return [nothing("No source says anything about shares.")];
  const place = el("div", {});
  const redraw = (): void => place.replaceChildren(...lines(view, all[country] ?? all[0]!, width));
  redraw();
  if (all.length < 2) return [place];
  const pick = choices("Country", all.map((c) => visible(c.name)), country, (i) => {
    country = i;
    redraw();
  });
  return [pick, place];
}

function lines(view: View, c: Tracked, width: number): Element[] {
  const points = c.vendors.flatMap(pointsOf);
  const said: Said[] = c.vendors.flatMap((v) => v.sources.map(([at, share]) => ({ tone: v.tone, at, share })));
  const quarters = points.map((p) => p.at);
  const [first, last] = [Math.min(...quarters), Math.max(...quarters)];
  const ends = c.vendors.flatMap((v) => pointsOf(v).slice(-1)).filter((p) => p.at === last);
  const top = Math.max(...points.map((p) => p.high), ...said.map((s) => s.share));
  const narrow = width < NARROW;
  const figure = draw(
    {
      width,
      height: narrow ? 300 : 400,
      marginLeft: 46,
      marginRight: narrow ? 16 : 96,
      marginTop: 16,
      marginBottom: 34,
      x: { domain: [first - 0.4, last + 0.4] },
      y: { domain: [0, Math.min(1, top * 1.06)] },
      marks: [
        Plot.gridY({ ticks: 6, strokeOpacity: 0.12 }),
        Plot.axisX({ ticks: ticksOf(first, last, narrow ? 5 : 12), tickFormat: quarterOf, tickSize: 0, label: null, fillOpacity: 0.75 }),
        Plot.axisY({ ticks: 6, tickFormat: (p: number) => `${Math.round(p * 100)}%`, tickSize: 0, label: null, fillOpacity: 0.75 }),
        Plot.areaY(points, { x: "at", y1: "low", y2: "high", z: "run", fill: paint, fillOpacity: 0.14 }),
        Plot.ruleX(points, { x: "at", y1: "low", y2: "high", stroke: paint, strokeOpacity: 0.4, strokeWidth: 3, strokeLinecap: "round" }),
        Plot.lineY(points, { x: "at", y: "mid", z: "run", stroke: paint, strokeWidth: 2.2 }),
        Plot.dot(points, { x: "at", y: "mid", r: 3.6, fill: paint, stroke: "var(--paper)", strokeWidth: 1 }),
        Plot.dot(said, { x: "at", y: "share", symbol: "times", r: 3, stroke: paint, strokeWidth: 1.2, strokeOpacity: 0.9 }),
        narrow ? null : Plot.text(apart(ends, top), { x: last, dx: 14, y: "y", text: (p: Point) => short(p.name, 12), textAnchor: "start", fill: paint, fontWeight: "600" }),
        Plot.tip(points, Plot.pointer({ x: "at", y: "mid", title: (p: Point) => words(view, p), fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
      ],
    },
    `Shares of units by vendor and quarter in ${visible(c.name)}`,
  );
  return [legend(c.vendors.map((v) => ({ name: visible(v.name), tone: v.tone }))), figure];
}

const paint = (p: { tone: string }): string => tone(p.tone);

/** A vendor's points; a new run starts after each quarter of which nothing is known. */
function pointsOf(v: TrackedVendor): Point[] {
  let run = 0;
  return v.points.map(([at, low, mid, high, rank], i) => {
    const before = v.points[i - 1]?.[0];
    if (before !== undefined && at - before > 1) run += 1;
    return { name: v.name, tone: v.tone, at, low, mid, high, rank, run: `${v.name} ${run}` };
  });
}

/** Labels at the end of lines, moved until none covers another. */
function apart(ends: Point[], top: number): (Point & { y: number })[] {
  const least = top * 0.052;
  const sorted = [...ends].sort((a, b) => b.mid - a.mid).map((p) => ({ ...p, y: p.mid }));
  sorted.forEach((p, i) => {
    const above = sorted[i - 1];
    if (above && above.y - p.y < least) p.y = above.y - least;
  });
  return sorted;
}

const quarterOf = (at: number): string => `${Math.floor(at / 4)}Q${(((at % 4) + 4) % 4) + 1}`;

function ticksOf(first: number, last: number, most: number): number[] {
  const step = [1, 2, 4, 8, 20, 40].find((s) => (last - first) / s < most) ?? 80;
  const from = Math.ceil(first / step) * step;
  return Array.from({ length: Math.floor((last - from) / step) + 1 }, (_, i) => from + i * step);
}

function words(view: View, p: Point): string {
  const rank = p.rank ? `, rank ${p.rank}` : "";
  return `${short(p.name, 40)}, ${quarterOf(p.at)}${rank}\n${inWords([p.low, p.mid, p.high], "share", view.money)}`;
}
