// The chance that discounted profit covers a fixed cost.
import * as Plot from "@observablehq/plot";
import { ticks, writer } from "../format";
import type { Choice, View, Worth } from "../types";
import { draw, NARROW, nothing } from "./base";

/** The curve, with the study's own fixed cost and the break-even in it. */
export function worth(view: View, choice: Choice, width: number): Element[] {
  const w = view.worth[choice.scenario];
  if (!w || !w.curve.length) return [nothing("The worth of this scenario was not asked for.")];
  return [curve(view, w, width)];
}

function curve(view: View, w: Worth, width: number): Element {
  const largest = Math.max(...w.curve.map((p) => p[0]), w.fixed_cost?.[2] ?? 0);
  const money = ticks("money", [largest], view.money);
  const count = Math.max(3, Math.floor(width / 110));
  return draw(
    {
      width,
      height: width < NARROW ? 250 : 320,
      marginLeft: 46,
      marginRight: 20,
      marginTop: 34,
      marginBottom: 44,
      x: { domain: [0, largest] },
      y: { domain: [0, 1] },
      marks: [
        Plot.gridY({ ticks: 5, strokeOpacity: 0.12 }),
        Plot.axisX({ ticks: count, tickFormat: money, tickSize: 0, label: "Fixed cost", labelAnchor: "center", labelArrow: "none", fillOpacity: 0.75 }),
        Plot.axisY({ ticks: 5, tickFormat: (p: number) => `${Math.round(p * 100)}%`, tickSize: 0, label: null, fillOpacity: 0.75 }),
        ...costMarks(view, w),
        Plot.areaY(w.curve, { x: "0", y: "1", fill: "var(--f0)", fillOpacity: 0.12 }),
        Plot.lineY(w.curve, { x: "0", y: "1", stroke: "var(--f0)", strokeWidth: 2.5 }),
        ...breakEven(view, w, largest),
        Plot.ruleY([0], { strokeOpacity: 0.45 }),
        Plot.tip(w.curve, tipOf(view)),
      ],
    },
    "Chance that discounted profit covers a fixed cost, falling as the cost rises",
  );
}

function costMarks(view: View, w: Worth): Plot.Markish[] {
  if (!w.fixed_cost) return [];
  const [low, median, high] = w.fixed_cost;
  const write = writer("money", [median, low, high], view.money);
  return [
    Plot.rectX([0], { x1: low, x2: high, fill: "var(--band)", fillOpacity: 0.7 }),
    Plot.ruleX([median], { strokeDasharray: "5 4", strokeWidth: 1.5 }),
    Plot.text([median], { x: [median], frameAnchor: "top", text: [`fixed cost ${write(median)}`], dy: -12, fontWeight: 600 }),
  ];
}

/** The break-even: where the chance is one half. */
function breakEven(view: View, w: Worth, largest: number): Plot.Markish[] {
  if (!w.break_even) return [];
  const median = w.break_even[1];
  const write = writer("money", [median], view.money);
  const side = median > largest * 0.45 ? { dx: -12, dy: 12, textAnchor: "end" as const } : { dx: 12, textAnchor: "start" as const };
  const label = `break-even in the median ${write(median)}`;
  return [
    Plot.dot([median], { x: [median], y: [0.5], r: 5.5, fill: "var(--paper)", stroke: "var(--f0)", strokeWidth: 2 }),
    Plot.text([median], { x: [median], y: [0.5], text: [label], dy: -10, ...side }),
  ];
}

function tipOf(view: View): Plot.TipOptions {
  const title = ([cost, chance]: [number, number]): string =>
    `covers ${writer("money", [cost], view.money)(cost)} in ${Math.round(chance * 100)}% of draws`;
  return Plot.pointerX({ x: "0", y: "1", title, fontSize: 12 } as Plot.TipOptions);
}
