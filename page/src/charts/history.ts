// The forecast beside history, and the back-test.
import * as Plot from "@observablehq/plot";
import { legend } from "../dom";
import { inWords, short, visible } from "../format";
import type { Backtest, Choice, Range, View } from "../types";
import { axis, draw, fits, firmOf, gutter, intervals, nothing, tone } from "./base";

/** Bands of history with the forecast's interval over them. */
export function history(view: View, _: Choice, width: number): Element[] {
  const entrant = firmOf(view, view.entrant).tone;
  const rows = view.benchmarks.map((b) => ({
    label: visible(b.name),
    tone: view.entrant === null ? "f1" : entrant,
    range: b.forecast,
    band: b.history,
  }));
  const numbers = rows.flatMap((r) => [...(r.range ?? []), ...r.band]);
  const least = Math.min(...numbers);
  const log = least > 0 && Math.max(...numbers) / least > 20;
  const describe = "Forecast share of units beside historical entries";
  return [intervals(rows, { width, unit: "share", money: view.money, log, describe, gutter: width * 0.36 })];
}

const TONES = ["f0", "f2", "f9", "f4", "f3", "f6"];

type Forecast = { brand: number; way: number; range: Range };

/** Observed and forecast shares, one group of lines a brand. */
export function backtest(view: View, _: Choice, width: number): Element[] {
  const test = view.backtest;
  if (!test) return [nothing("The study has no back-test.")];
  const ways = test.forecasters.map((name, i) => ({ name: visible(name), tone: TONES[i % TONES.length]! }));
  return [legend(ways), groups(view, test, width)];
}

function groups(view: View, test: Backtest, width: number): Element {
  const ways = test.forecasters.length;
  const left = gutter(test.rows.map((r) => r.brand), width);
  const forecasts = test.rows.flatMap((r, brand) => r.forecasts.map((range, way) => ({ brand, way, range })));
  const shown = forecasts.filter((f) => f.range);
  const numbers = [...test.rows.flatMap((r) => [r.before, r.observed]), ...shown.flatMap((f) => f.range ?? [])];
  const extent: [number, number] = [0, Math.max(1, ...numbers) * 1.04];
  const end = (k: 0 | 1 | 2) => (f: Forecast) => f.range?.[k] ?? NaN;
  const y = (f: Forecast): number => f.brand * (ways + 1) + f.way;
  const middle = (i: number): number => i * (ways + 1) + (ways - 1) / 2;
  const paint = (f: Forecast): string => tone(TONES[f.way % TONES.length]!);
  const title = (f: Forecast): string =>
    `${short(test.rows[f.brand]?.brand ?? "", 40)}: ${short(test.forecasters[f.way] ?? "", 40)}\n${inWords(f.range, "percent", view.money)}`;
  const last = test.rows.length * (ways + 1) - 1;
  const half = ways / 2 + 0.1;
  return draw(
    {
      width,
      height: test.rows.length * (ways + 1) * 15 + 44,
      marginLeft: left,
      marginRight: 16,
      marginTop: 26,
      marginBottom: 8,
      x: { domain: extent },
      y: { domain: [-0.9, last], reverse: true, axis: null },
      marks: [
        axis(extent, "percent", view.money, width - left),
        Plot.text(test.rows, { frameAnchor: "left", y: (_: unknown, i: number) => middle(i), text: (r: { brand: string }) => short(r.brand, fits(left - 14)), dx: -10, textAnchor: "end" }),
        Plot.ruleX(test.rows, { x: "observed", y1: (_: unknown, i: number) => middle(i) - half, y2: (_: unknown, i: number) => middle(i) + half, strokeWidth: 3 }),
        Plot.dot(test.rows, { x: "before", y: (_: unknown, i: number) => middle(i), r: 5, strokeWidth: 1.5, stroke: "currentColor", fill: "var(--paper)" }),
        Plot.ruleY(shown, { x1: end(0), x2: end(2), y, stroke: paint, strokeWidth: 3.5, strokeOpacity: 0.4, strokeLinecap: "round" }),
        Plot.dot(shown, { x: end(1), y, r: 4.5, fill: paint }),
        Plot.tip(shown, Plot.pointer({ x: end(1), y, title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
      ],
    },
    "Observed and forecast shares by brand",
  );
}
