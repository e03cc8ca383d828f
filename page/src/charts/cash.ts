// Discounted money of the entry, period by period.
import * as Plot from "@observablehq/plot";
import { inWords, ticks } from "../format";
import type { Choice, View } from "../types";
import { draw, NARROW, nothing } from "./base";

type Point = { t: number; low: number; mid: number; high: number };

/** The position until the end of each period, with its band and the line of zero. */
export function cash(view: View, choice: Choice, width: number): Element[] {
  const w = view.worth[choice.scenario];
  if (!w || !w.position.length) return [nothing("The worth of this scenario was not asked for.")];
  const cost = w.fixed_cost;
  const start: Point[] = cost ? [{ t: 0, low: -cost[2], mid: -cost[1], high: -cost[0] }] : [];
  const points = [...start, ...w.position.map(([t, [low, mid, high]]) => ({ t, low, mid, high }))];
  const numbers = [0, ...points.flatMap((p) => [p.low, p.high])];
  const [from, to] = [Math.min(...numbers), Math.max(...numbers)];
  const pad = (to - from) * 0.05 || 1;
  const last = points[points.length - 1]?.t ?? 1;
  const narrow = width < NARROW;
  return [
    draw(
      {
        width,
        height: narrow ? 250 : 320,
        marginLeft: 64,
        marginRight: 20,
        marginTop: 16,
        marginBottom: 44,
        x: { domain: [0, last] },
        y: { domain: [from - pad, to + pad] },
        marks: [
          Plot.gridY({ ticks: 6, strokeOpacity: 0.12 }),
          Plot.axisX({ ticks: wholes(last, narrow ? 6 : 12), tickFormat: (t: number) => String(t), tickSize: 0, label: "Period", labelAnchor: "center", labelArrow: "none", fillOpacity: 0.75 }),
          Plot.axisY({ ticks: 6, tickFormat: ticks("money", [from, to], view.money), tickSize: 0, label: null, fillOpacity: 0.75 }),
          Plot.areaY(points, { x: "t", y1: "low", y2: "high", fill: "var(--f0)", fillOpacity: 0.14 }),
          Plot.ruleY([0], { strokeOpacity: 0.55 }),
          Plot.lineY(points, { x: "t", y: "mid", stroke: "var(--f0)", strokeWidth: 2.5 }),
          Plot.dot(points, { x: "t", y: "mid", r: 3.4, fill: "var(--f0)", stroke: "var(--paper)", strokeWidth: 1 }),
          Plot.tip(points, tipOf(view)),
        ],
      },
      "Discounted money of the entry until the end of each period, the fixed cost at the start",
    ),
  ];
}

/** Whole numbers from zero, at most so many steps. */
function wholes(last: number, most: number): number[] {
  const step = [1, 2, 3, 4, 6, 8, 12, 20, 24, 40].find((s) => last / s <= most) ?? 80;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step);
}

function tipOf(view: View): Plot.TipOptions {
  const title = (p: Point): string =>
    `${p.t ? `until the end of period ${p.t}` : "at the start"}\n${inWords([p.low, p.mid, p.high], "money", view.money, true)}`;
  return Plot.pointerX({ x: "t", y: "mid", title, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions);
}
