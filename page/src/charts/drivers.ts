// What drives the uncertainty, and how firm that is.
import * as Plot from "@observablehq/plot";
import { choices, el, legend } from "../dom";
import { short, visible } from "../format";
import type { Choice, Drivers, View } from "../types";
import { draw, fits, gutter, intervals, NARROW, tone } from "./base";

const MARKS = ["verified", "derived", "recalled", "assumed"];
const markTone = (mark: string): string => `m${Math.max(0, MARKS.indexOf(mark))}`;
const ARROWS: Record<string, string> = { "1": "▲", "-1": "▼", "0": "" };

let table = 0;

/** A driver table in words. */
function named(view: View, t: Drivers): string {
  const scenario = t.scenario === null ? "" : view.scenarios[t.scenario];
  const other = t.scenario !== null && t.scenario !== view.headline;
  return visible(other ? `${t.outcome} (${scenario})` : t.outcome);
}

/** Bars by input for the outcome that the reader chooses. */
export function drivers(view: View, _: Choice, width: number): Element[] {
  const place = el("div", {});
  const redraw = (): void => place.replaceChildren(bars(view, width));
  redraw();
  const key = legend(MARKS.map((name, i) => ({ name, tone: `m${i}` })));
  if (view.drivers.length < 2) return [key, place];
  const pick = choices("Outcome", view.drivers.map((t) => named(view, t)), table, (i) => {
    table = i;
    redraw();
  });
  return [pick, key, place];
}

function bars(view: View, width: number): Element {
  const t = view.drivers[table] ?? view.drivers[0]!;
  const rows = t.drivers.map(([input, share, direction, mark]) => ({
    label: `${visible(input)} ${ARROWS[String(direction)] ?? ""}`.trim(),
    tone: markTone(mark),
    range: [share, share, share] as [number, number, number],
  }));
  rows.push({ label: "no single input", tone: "fx", range: [t.unexplained, t.unexplained, t.unexplained] });
  const describe = `Share of the variance of ${t.outcome} by input`;
  return intervals(rows, { width, unit: "chance", money: view.money, bars: true, describe });
}

type Part = { y: number; mark: string; from: number; to: number };

/** One stacked bar an outcome: the explained variance by mark of the inputs. */
export function marks(view: View, _: Choice, width: number): Element[] {
  const names = view.drivers.map((t) => named(view, t));
  const left = gutter(names, width);
  const parts = view.drivers.flatMap((t, y) => stacked(t, y));
  const wide = parts.filter((p) => (p.to - p.from) * (width - left) > 40);
  return [
    legend(MARKS.map((name, i) => ({ name, tone: `m${i}` }))),
    draw(
      {
        width,
        height: names.length * 34 + 12,
        marginLeft: left,
        marginRight: width < NARROW ? 8 : 16,
        marginTop: 6,
        marginBottom: 6,
        x: { domain: [0, 1], axis: null },
        y: { domain: names.map((_, i) => i), type: "band", padding: 0.25, axis: null },
        marks: [
          Plot.text(names, { frameAnchor: "left", y: (_: string, i: number) => i, text: (n: string) => short(n, fits(left - 14)), dx: -10, textAnchor: "end" }),
          Plot.barX(parts, { x1: "from", x2: "to", y: "y", fill: (p: Part) => tone(markTone(p.mark)), insetRight: 1 }),
          Plot.text(wide, { x: (p: Part) => (p.from + p.to) / 2, y: "y", text: (p: Part) => `${Math.round((p.to - p.from) * 100)}%`, fill: "var(--on-mark)", fontWeight: 600 }),
        ],
      },
      "Share of the explained variance by how firm the inputs are",
    ),
  ];
}

function stacked(t: Drivers, y: number): Part[] {
  const total = t.marks.reduce((sum, [, share]) => sum + share, 0) || 1;
  let from = 0;
  return t.marks.map(([mark, share]) => {
    const part = { y, mark, from, to: from + share / total };
    from = part.to;
    return part;
  });
}
