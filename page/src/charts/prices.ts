// Prices before and after, by product.
import * as Plot from "@observablehq/plot";
import { el, legend } from "../dom";
import { inWords, short } from "../format";
import type { Choice, ProductCase, Range, View } from "../types";
import { axis, draw, firmOf, fits, gutter, NARROW, nothing, rowHeight, tone, unsolved } from "./base";

const ROW = 22;

type Line = ProductCase & { i: number; tone: string; firmName: string };

/** Levels on the left, relative changes on the right, one line a product. */
export function prices(view: View, choice: Choice, width: number): Element[] {
  const products = view.cases[choice.scenario]?.[choice.market]?.products ?? [];
  const lines = products.map((p, i) => lineOf(view, p, i));
  if (!lines.length) return [nothing("No product is on sale in this scenario.")];
  if (lines.every((l) => !l.after && !l.before)) return [unsolved(view, choice)];
  const firms = [...new Set(lines.map((l) => l.firm))].sort((a, b) => (a ?? 99) - (b ?? 99));
  const names = legend(firms.map((f) => firmOf(view, f)));
  const half = width < NARROW ? width : Math.round(width * 0.58);
  const levels = el("div", { class: "panel first" }, title("Price"), level(view, lines, half));
  const rest = width < NARROW ? width : width - half - 16;
  const changes = el("div", { class: "panel" }, title("Change in %"), change(view, lines, rest, width < NARROW));
  return [names, levels, changes];
}

const title = (text: string): HTMLElement => el("p", { class: "panel-title" }, text);

function lineOf(view: View, p: ProductCase, i: number): Line {
  const firm = firmOf(view, p.firm);
  return { ...p, i, tone: firm.tone, firmName: firm.name };
}

const median = (range: Range): number => range?.[1] ?? NaN;
const paint = (l: Line): string => tone(l.tone);

function frame(lines: Line[], width: number, left: number): Plot.PlotOptions & { width: number; height: number } {
  return {
    width,
    height: lines.length * rowHeight(ROW, lines.length) + 34,
    marginLeft: left,
    marginRight: 16,
    marginTop: 26,
    marginBottom: 8,
    y: { domain: lines.map((l) => l.i), type: "band", padding: 0.2, axis: null },
  };
}

function names(lines: Line[], left: number): Plot.Markish {
  return Plot.text(lines, {
    frameAnchor: "left",
    y: "i",
    text: (l: Line) => fitting(l, fits(left - 14)),
    dx: -10,
    textAnchor: "end",
  });
}

/** A product's name in so many characters; where it is too long, its firm is said by the colour alone. */
function fitting(l: Line, most: number): string {
  const whole = l.entrant ? `${l.name} (new)` : l.name;
  const bare = l.name.startsWith(`${l.firmName} `) ? l.name.slice(l.firmName.length + 1) : l.name;
  if ([...whole].length <= most) return short(whole, most);
  return short(l.entrant && [...bare].length + 6 <= most ? `${bare} (new)` : bare, most);
}

const labels = (lines: Line[]): string[] => lines.map((l) => (l.entrant ? `${l.name} (new)` : l.name));

function level(view: View, lines: Line[], width: number): Element {
  const left = gutter(labels(lines), width * 1.25);
  const numbers = lines.flatMap((l) => [median(l.before), median(l.after)]).filter(Number.isFinite);
  const extent: [number, number] = [0, Math.max(1, ...numbers) * 1.04];
  const moved = lines.filter((l) => l.before && l.after);
  const before = lines.filter((l) => l.before);
  const after = lines.filter((l) => l.after && !l.entrant);
  const fresh = lines.filter((l) => l.after && l.entrant);
  const x = { before: (l: Line) => median(l.before), after: (l: Line) => median(l.after) };
  return draw(
    {
      ...frame(lines, width, left),
      x: { domain: extent },
      marks: [
        axis(extent, "price", view.money, width - left),
        Plot.ruleX([0], { strokeOpacity: 0.45 }),
        names(lines, left),
        Plot.ruleY(moved, { x1: x.before, x2: x.after, y: "i", stroke: paint, strokeWidth: 2 }),
        Plot.dot(before, { x: x.before, y: "i", r: 6, fill: "var(--paper)", stroke: paint, strokeWidth: 1.5 }),
        Plot.dot(after, { x: x.after, y: "i", r: 3.2, fill: paint }),
        Plot.dot(fresh, { x: x.after, y: "i", r: 5.5, fill: paint, symbol: "diamond" }),
        Plot.tip(lines, tipOf(view, (l) => (Number.isFinite(x.after(l)) ? x.after(l) : x.before(l)))),
      ],
    },
    "Price of each product before and after",
  );
}

function change(view: View, lines: Line[], width: number, named: boolean): Element {
  const left = named ? gutter(labels(lines), width) : 12;
  const shown = lines.filter((l) => l.relative && !l.entrant);
  const numbers = shown.flatMap((l) => l.relative ?? []);
  const [from, to] = [Math.min(0, ...numbers), Math.max(0, ...numbers)];
  const pad = (to - from) * 0.06 || 0.01;
  const extent: [number, number] = [from - pad, to + pad];
  const end = (k: 0 | 1 | 2) => (l: Line) => l.relative?.[k] ?? NaN;
  const ends = { x1: end(0), x2: end(2), y: "i", stroke: paint };
  return draw(
    {
      ...frame(lines, width, left),
      x: { domain: extent },
      marks: [
        axis(extent, "share", view.money, width - left),
        Plot.ruleX([0], { strokeOpacity: 0.45 }),
        named ? names(lines, left) : null,
        Plot.ruleY(shown, { ...ends, strokeWidth: 3.5, strokeOpacity: 0.35, strokeLinecap: "round" }),
        Plot.dot(shown, { x: end(1), y: "i", r: 4, fill: paint }),
        Plot.tip(shown, tipOf(view, end(1))),
      ],
    },
    "Change of each product's price in percent",
  );
}

function tipOf(view: View, x: (l: Line) => number): Plot.TipOptions {
  return Plot.pointerY({ x, y: "i", title: (l: Line) => said(view, l), fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions);
}

function said(view: View, l: Line): string {
  const money = (range: Range, signed = false): string => inWords(range, "price", view.money, signed);
  const lines = [`${short(l.name, 60)}, ${short(l.firmName, 40)}`];
  if (l.before) lines.push(`before ${money(l.before)}`);
  lines.push(l.after ? `after ${money(l.after)}` : "gone after");
  if (l.relative && !l.entrant) lines.push(`change ${money(l.change, true)}`);
  return lines.join("\n");
}
