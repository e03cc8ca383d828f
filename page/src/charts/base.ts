// What every chart shares: the frame, and rows of intervals.
import * as Plot from "@observablehq/plot";
import { el } from "../dom";
import { inWords, medianOf, short, ticks, type Unit } from "../format";
import type { Choice, Range, View } from "../types";
import { orFrame } from "./later";

/** Whether charts are drawn for paper, where none may be taller than a page. */
export const paper = { on: false };

/** Height of a row, of so many with room for other things above, that a page of A4 or Letter holds. */
export function rowHeight(usual: number, rows: number): number {
  return paper.on ? Math.min(usual, Math.max(12, Math.floor(730 / Math.max(1, rows)))) : usual;
}

/** Narrower than this, a chart drops what a phone cannot show. */
export const NARROW = 560;

const ROW = 28;

/** A row of an interval chart. */
export interface Row {
  label: string;
  tone: string;
  range: Range;
  /** A second band behind the interval. */
  band?: [number, number];
  hollow?: boolean;
  strong?: boolean;
}

export interface Layout {
  width: number;
  unit: Unit;
  money: string;
  describe: string;
  signed?: boolean;
  bars?: boolean;
  log?: boolean;
  labels?: boolean;
  values?: boolean;
  domain?: [number, number];
  /** Widest margin for labels. */
  gutter?: number;
  /** Whether the chart stands beside others whose rows it must meet. */
  beside?: boolean;
  /** Height of a row, where it is not the usual one. */
  row?: number;
}

/** A colour of the style sheet. */
export const tone = (name: string): string => `var(--${name})`;

/** Name and colour of a firm, or of nobody. */
export function firmOf(view: View, firm: number | null): { name: string; tone: string } {
  return (firm === null ? undefined : view.firms[firm]) ?? { name: "no purchase", tone: "fx" };
}

/** Draws a plot, or the frame for it. Its size is said, so that the frame has it too. */
export function draw(options: Plot.PlotOptions & { width: number; height: number }, describe: string): Element {
  return orFrame(options.width, options.height, describe, () => plotted(options, describe));
}

/**
 * Plot puts a style element into its figure, which the page's content policy
 * forbids; what it says stands in the page's own style sheet, so it goes before it is shown.
 */
function plotted(options: Plot.PlotOptions, describe: string): Element {
  const figure = Plot.plot({ className: "plot", ariaLabel: describe, ...options });
  figure.querySelectorAll("style").forEach((style) => style.remove());
  figure.setAttribute("role", "img");
  // Parts of an image have no names of their own.
  figure.querySelectorAll("[aria-label]").forEach((part) => part.removeAttribute("aria-label"));
  return figure;
}

/** Says why there is no chart. */
export function nothing(why: string): Element {
  return el("p", { class: "nothing" }, why);
}

/** Says what became of a case that has no numbers. */
export function unsolved(view: View, choice: Choice): Element {
  const status = view.cases[choice.scenario]?.[choice.market]?.status ?? "not solved";
  return nothing(`There is nothing to draw here: ${status}.`);
}

/** Characters of a label that fit into a margin. */
export const fits = (pixels: number): number => Math.max(6, Math.floor(pixels / 6.9));

/** Margin for labels: as wide as the longest, at most a part of the chart. */
export function gutter(labels: string[], width: number): number {
  const longest = Math.max(0, ...labels.map((l) => [...l].length));
  return Math.min(longest * 7.3 + 16, width * (width < NARROW ? 0.36 : 0.3));
}

/** Rows of this height hold labels of two lines. */
export const TWO_LINES = 34;

/** A label in at most two lines of so many characters, broken between words. */
function lines(label: string, most: number): string {
  if ([...label].length <= most) return short(label, most);
  const words = label.split(" ");
  let first = words.shift() ?? "";
  while (words.length && [...first].length + 1 + [...(words[0] ?? "")].length <= most) first += ` ${words.shift()}`;
  return [first, words.join(" ")].filter(Boolean).map((part) => short(part, most)).join("\n");
}

/** Where labels stand: in the margin, or above their row where the margin would cut them. */
interface Place {
  left: number;
  above: boolean;
  /** Whether some label above its row needs two lines. */
  two: boolean;
  row: number;
  shift: number;
}

function placeOf(rows: Row[], layout: Layout): Place {
  const { width, labels = true } = layout;
  const row = rowHeight(layout.row ?? ROW, rows.length);
  if (!labels) return { left: 8, above: false, two: false, row, shift: 0 };
  const longest = Math.max(...rows.map((r) => [...r.label].length));
  const above = !layout.beside && width < NARROW && longest * 7.3 + 16 > width * 0.36;
  const two = longest > fits(width - 20);
  if (above) return { left: 10, above, two, row: rowHeight(two ? 56 : 42, rows.length), shift: two ? 15 : 9 };
  const left = Math.min(longest * 7.3 + 16, layout.gutter ?? gutter(rows.map((r) => r.label), width));
  return { left, above, two: false, row, shift: 0 };
}

/** Rows of dots or bars with their intervals, and the numbers in words at the end. */
export function intervals(rows: Row[], layout: Layout): Element {
  const { width, unit, money, signed = false, labels = true, values = true } = layout;
  const place = placeOf(rows, layout);
  const shown = rows.map((r, i) => ({ ...r, i })).filter((r) => r.range);
  const words = (r: Row): string =>
    width < NARROW ? medianOf(r.range, unit, money, signed) : inWords(r.range, unit, money, signed);
  const right = values ? Math.max(58, ...rows.map((r) => [...words(r)].length * 7.5 + 8)) : 14;
  const extent = layout.domain ?? domainOf(rows, layout);
  return draw(
    {
      width,
      height: rows.length * place.row + 34,
      marginLeft: place.left,
      marginRight: right,
      marginTop: 26,
      marginBottom: 8,
      x: { domain: extent, type: layout.log ? "log" : "linear" },
      y: { domain: rows.map((_, i) => i), type: "band", padding: 0.3, axis: null },
      marks: [
        axis(extent, unit, money, width - place.left - right, layout.log),
        layout.log ? null : Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.45 }),
        labels ? labelMark(rows, place, width) : null,
        bandMark(rows, place),
        ...(layout.bars ? barMarks(shown, place) : dotMarks(shown, place)),
        values ? valueMark(rows, words, place) : null,
        Plot.tip(shown, tipOf(layout)),
      ],
    },
    layout.describe,
  );
}

type Placed = Row & { i: number };

const weight = (r: Row): string => (r.strong ? "700" : "400");

function labelMark(rows: Row[], place: Place, width: number): Plot.Markish {
  const pair = [rows.filter((r) => !r.strong), rows.filter((r) => r.strong)];
  const room = place.above ? width - 20 : place.left - 14;
  const spot = place.above
    ? { dx: 4, dy: place.two ? -12 : -11, textAnchor: "start" as const, stroke: "var(--paper)", strokeWidth: 4, fill: "currentColor" }
    : { dx: -10, textAnchor: "end" as const };
  return pair.map((some) =>
    Plot.text(some, {
      frameAnchor: "left",
      y: (r: Row) => rows.indexOf(r),
      text: (r: Row) => (place.row >= TWO_LINES ? lines(r.label, fits(room)) : short(r.label, fits(room))),
      fontWeight: some[0] ? weight(some[0]) : "400",
      ...spot,
    }),
  );
}

function valueMark(rows: Row[], words: (r: Row) => string, place: Place): Plot.Markish {
  return Plot.text(rows, {
    frameAnchor: "right",
    y: (_: Row, i: number) => i,
    text: words,
    dx: 10,
    dy: place.shift,
    textAnchor: "start",
    fillOpacity: 0.85,
  });
}

function bandMark(rows: Row[], place: Place): Plot.Markish {
  const banded = rows.map((r, i) => ({ ...r, i })).filter((r) => r.band);
  return Plot.ruleY(banded, {
    x1: (r: Placed) => r.band?.[0],
    x2: (r: Placed) => r.band?.[1],
    y: "i",
    dy: place.shift,
    stroke: "var(--band)",
    strokeWidth: 16,
    strokeLinecap: "round",
  });
}

const low = (r: Row): number => r.range?.[0] ?? NaN;
const mid = (r: Row): number => r.range?.[1] ?? NaN;
const high = (r: Row): number => r.range?.[2] ?? NaN;

function dotMarks(shown: Placed[], place: Place): Plot.Markish[] {
  const dy = place.shift;
  const ends = { x1: low, x2: high, y: "i", dy, stroke: (r: Row) => tone(r.tone) };
  const paint = (r: Row): string => tone(r.tone);
  const back = (r: Row): string => (r.hollow ? "var(--paper)" : tone(r.tone));
  return [
    Plot.ruleY(shown, { ...ends, strokeWidth: 4, strokeOpacity: 0.35, strokeLinecap: "round" }),
    Plot.dot(shown, { x: mid, y: "i", dy, r: 5.5, fill: back, stroke: paint, strokeWidth: 2 }),
  ];
}

function barMarks(shown: Placed[], place: Place): Plot.Markish[] {
  const unsure = shown.filter((r) => low(r) !== high(r));
  const insetTop = place.above ? 14 : 0;
  const whisker = { stroke: "currentColor", strokeWidth: 1.5, marker: "tick" as const };
  return [
    Plot.barX(shown, { x1: 0, x2: mid, y: "i", fill: (r: Row) => tone(r.tone), insetTop, rx2: 2 }),
    Plot.ruleY(unsure, { x1: low, x2: high, y: "i", dy: insetTop / 2, ...whisker }),
  ];
}

function tipOf(layout: Layout): Plot.TipOptions {
  const { unit, money, signed } = layout;
  const title = (r: Row): string => `${short(r.label, 60)}\n${inWords(r.range, unit, money, signed)}`;
  return Plot.pointerY({ x: mid, y: "i", title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions);
}

/** The axis on top, with as many ticks as there is room for. */
export function axis(extent: [number, number], unit: Unit, money: string, room: number, log = false): Plot.Markish {
  const count = Math.max(2, Math.floor(room / 86));
  const format = ticks(unit, extent, money);
  const where = log ? decades(extent, count) : count;
  return [
    Plot.gridX({ ticks: where, strokeOpacity: 0.12 }),
    Plot.axisX({ anchor: "top", ticks: where, tickSize: 0, label: null, tickFormat: format, fillOpacity: 0.7 }),
  ];
}

/** Round numbers of a logarithmic axis: 1, 2 and 5 of each decade, or fewer where it is narrow. */
function decades([from, to]: [number, number], count: number): number[] {
  const powers = Array.from({ length: 40 }, (_, i) => 10 ** (i - 20));
  const round = (digits: number[]): number[] =>
    powers.flatMap((p) => digits.map((d) => d * p)).filter((x) => x >= from && x <= to);
  return [[1, 2, 5], [1, 3]].map(round).find((all) => all.length <= count) ?? round([1]);
}

/** Everything in sight, with zero in it unless the axis is logarithmic. */
function domainOf(rows: Row[], layout: Layout): [number, number] {
  const numbers = rows.flatMap((r) => [...(r.range ?? []), ...(r.band ?? [])]).filter(Number.isFinite);
  if (!layout.log) numbers.push(0);
  const [from, to] = [Math.min(...numbers), Math.max(...numbers)];
  if (layout.log) return [from * 0.8, to * 1.25];
  const pad = (to - from) * 0.04 || 1;
  return [from < 0 ? from - pad : from, to > 0 ? to + pad : to];
}
