// A firm's profit by prices that it commits to: a line, or a map of cells.
import * as Plot from "@observablehq/plot";
import { choices, el } from "../dom";
import { inWords, short, ticks, writer } from "../format";
import type { Choice, Range, Surface, SurfaceAxis, View } from "../types";
import { draw, NARROW, nothing } from "./base";

type Cell = { x: number; y: number; range: Range; best: boolean };

/** The chosen surface. */
export function surface(view: View, _: Choice, width: number): Element[] {
  const all = view.surfaces.filter((s) => s.axes.length === 1 || s.axes.length === 2);
  const first = all[0];
  if (!first) return [nothing("There is no surface with one or two prices to draw; the tables have the points.")];
  const body = el("div", {});
  const redraw = (s: Surface): void => body.replaceChildren(s.axes.length === 1 ? line(view, s, width) : map(view, s, width));
  const pick = choices("Of", all.map((s) => short(s.title, 40)), 0, (i) => redraw(all[i] ?? first));
  redraw(first);
  return all.length > 1 ? [pick, body] : [body];
}

/** Writes a value of an axis: a price, or a multiple of it. */
function valueOf(axis: SurfaceAxis, view: View): (x: number) => string {
  const write = axis.relative ? (x: number): string => `${Number(x.toPrecision(3))}×` : ticks("price", axis.values, view.money);
  return write;
}

function line(view: View, s: Surface, width: number): Element {
  const axis = s.axes[0] as SurfaceAxis;
  const points = axis.values.flatMap((x, i) => {
    const range = s.profit[i];
    return range ? [{ x, low: range[0], mid: range[1], high: range[2], best: i === s.best }] : [];
  });
  if (!points.length) return nothing("No point has an equilibrium of rivals' prices.");
  const write = valueOf(axis, view);
  const ends = points.flatMap((p) => [p.low, p.high]);
  const title = (p: (typeof points)[number]): string => `${axis.title} ${write(p.x)}\n${inWords([p.low, p.mid, p.high], "money", view.money)}`;
  return draw(
    {
      width,
      height: width < NARROW ? 250 : 320,
      marginLeft: 64,
      marginBottom: 44,
      x: { domain: [Math.min(...axis.values), Math.max(...axis.values)] },
      marks: [
        Plot.gridY({ ticks: 6, strokeOpacity: 0.12 }),
        Plot.axisX({ ticks: width < NARROW ? 4 : 8, tickFormat: write, tickSize: 0, label: short(axis.title, 40), labelAnchor: "center", labelArrow: "none", fillOpacity: 0.75 }),
        Plot.axisY({ ticks: 6, tickFormat: ticks("money", ends, view.money), tickSize: 0, label: null, fillOpacity: 0.75 }),
        Plot.areaY(points, { x: "x", y1: "low", y2: "high", fill: "var(--f0)", fillOpacity: 0.14 }),
        Plot.lineY(points, { x: "x", y: "mid", stroke: "var(--f0)", strokeWidth: 2.5 }),
        Plot.dot(points.filter((p) => p.best), { x: "x", y: "mid", r: 7, stroke: "currentColor", strokeWidth: 2 }),
        s.refined ? Plot.ruleX([s.refined[0] as number], { stroke: "currentColor", strokeDasharray: "3 3", strokeOpacity: 0.6 }) : null,
        Plot.tip(points, Plot.pointerX({ x: "x", y: "mid", title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
      ],
    },
    `Profit by ${axis.title}`,
  );
}

/** Half-way points between values, so that cells of uneven grids touch. */
function edges(values: number[]): [number, number][] {
  const gap = (i: number): number => (values[i + 1] as number) - (values[i] as number);
  const last = values.length - 1;
  return values.map((v, i) => [v - (i > 0 ? gap(i - 1) : last ? gap(0) : 1) / 2, v + (i < last ? gap(i) : last ? gap(last - 1) : 1) / 2]);
}

function map(view: View, s: Surface, width: number): Element {
  const [down, across] = s.axes as [SurfaceAxis, SurfaceAxis];
  const [rows, columns] = [edges(down.values), edges(across.values)];
  const cells: Cell[] = s.profit.map((range, k) => ({
    x: k % across.values.length,
    y: Math.floor(k / across.values.length),
    range,
    best: k === s.best,
  }));
  const known = cells.filter((c) => c.range);
  if (!known.length) return nothing("No point has an equilibrium of rivals' prices.");
  const middle = known.map((c) => (c.range as [number, number, number])[1]);
  const [from, to] = [Math.min(...middle), Math.max(...middle)];
  const part = (c: Cell): number => ((c.range as [number, number, number])[1] - from) / (to - from || 1);
  const narrow = width < NARROW;
  const [writeX, writeY] = [valueOf(across, view), valueOf(down, view)];
  const money = writer("money", [to, from], view.money);
  const small = width / across.values.length < 52 || down.values.length > 20;
  const at = (c: Cell): [number, number] => [across.values[c.x] as number, down.values[c.y] as number];
  const title = (c: Cell): string => `${short(down.title, 30)} ${writeY(at(c)[1])}\n${short(across.title, 30)} ${writeX(at(c)[0])}\n${inWords(c.range, "money", view.money)}`;
  const points = (v: number[] | null): [number, number][] => (v && v.length === 2 ? [[v[1] as number, v[0] as number]] : []);
  const inside = points(s.refined);
  const every = Math.ceil((across.values.length * 48) / Math.max(1, width - 84));
  return draw(
    {
      width,
      height: Math.min(560, Math.max(260, rows.length * (narrow ? 26 : 34) + 80)),
      marginLeft: 64,
      marginBottom: 46,
      marginTop: 26,
      x: { domain: [(columns[0] as [number, number])[0], (columns[columns.length - 1] as [number, number])[1]] },
      y: { domain: [(rows[0] as [number, number])[0], (rows[rows.length - 1] as [number, number])[1]] },
      marks: [
        Plot.rect(known, {
          x1: (c: Cell) => (columns[c.x] as [number, number])[0],
          x2: (c: Cell) => (columns[c.x] as [number, number])[1],
          y1: (c: Cell) => (rows[c.y] as [number, number])[0],
          y2: (c: Cell) => (rows[c.y] as [number, number])[1],
          fill: "var(--f0)",
          fillOpacity: (c: Cell) => 0.05 + 0.5 * part(c) ** 2,
          inset: 0.5,
        }),
        small ? null : Plot.text(known, { x: (c: Cell) => at(c)[0], y: (c: Cell) => at(c)[1], text: (c: Cell) => money((c.range as [number, number, number])[1]), fill: "currentColor", fontSize: 11.5 }),
        Plot.dot(known.filter((c) => c.best), { x: (c: Cell) => at(c)[0], y: (c: Cell) => at(c)[1], r: small ? 7 : 18, stroke: "currentColor", strokeWidth: 2 }),
        Plot.dot(inside, { x: (p: [number, number]) => p[0], y: (p: [number, number]) => p[1], symbol: "times", r: 5, stroke: "currentColor", strokeWidth: 2.2 }),
        Plot.axisX(across.values.filter((_, i) => i % every === 0), { tickFormat: writeX, tickSize: 0, label: short(across.title, 40), labelAnchor: "center", labelArrow: "none", fillOpacity: 0.75 }),
        Plot.axisY(down.values, { tickFormat: writeY, tickSize: 0, label: short(down.title, narrow ? 26 : 40), labelAnchor: "top", labelArrow: "none", fillOpacity: 0.75 }),
        Plot.tip(known, Plot.pointer({ x: (c: Cell) => at(c)[0], y: (c: Cell) => at(c)[1], title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
      ],
    },
    `Profit by ${down.title} and ${across.title}`,
  );
}
