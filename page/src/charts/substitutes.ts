// Who competes with whom, by firm.
import * as Plot from "@observablehq/plot";
import { short, visible } from "../format";
import type { Choice, View } from "../types";
import { draw, firmOf, fits, gutter, NARROW, nothing } from "./base";

type Cell = { row: number; column: number; share: number };

/** A heat map: from the row's firm to the column's. */
export function substitutes(view: View, _: Choice, width: number): Element[] {
  const d = view.substitutes;
  if (!d) return [nothing("No second choices are known.")];
  const rows = d.firms.map((f) => visible(firmOf(view, f).name));
  const columns = [...rows, "no purchase"];
  const cells = d.share.flatMap((line, row) => line.flatMap((share, column) => (share === null ? [] : [{ row, column, share }])));
  const left = gutter(rows, width);
  const wide = (width - left - 12) / columns.length;
  const tilted = width < NARROW || wide < 74;
  const right = tilted ? 44 : 12;
  const room = (width - left - right) / columns.length;
  const top = tilted ? Math.min(92, gutter(columns, 240) * 0.8 + 10) : 24;
  const height = Math.max(26, Math.min(34, room));
  const largest = Math.max(0.01, ...cells.map((c) => c.share));
  const shade = (c: Cell): number => 0.06 + 0.9 * (c.share / largest);
  const percent = (c: Cell): string => (room < 34 ? `${Math.round(c.share * 100)}` : `${(c.share * 100).toFixed(c.share < 0.0995 ? 1 : 0)}%`);
  const dark = (c: Cell): string => (c.share / largest > 0.78 ? "var(--on-heat)" : "currentColor");
  const said = (c: Cell): string => `${rows[c.row]} → ${columns[c.column]}\n${(c.share * 100).toFixed(1)}%`;
  return [
    draw(
      {
        width,
        height: rows.length * height + top + 10,
        marginLeft: left,
        marginRight: right,
        marginTop: top,
        marginBottom: 4,
        x: { domain: columns.map((_, i) => i), type: "band", padding: 0.04 },
        y: { domain: rows.map((_, i) => i), type: "band", padding: 0.06, axis: null },
        marks: [
          Plot.axisX({ anchor: "top", tickSize: 0, label: null, tickFormat: (i: number) => short(columns[i] ?? "", tilted ? 14 : fits(room)), tickRotate: tilted ? -50 : 0, ...(tilted ? { textAnchor: "start" } : {}) }),
          Plot.text(rows, { frameAnchor: "left", y: (_: string, i: number) => i, text: (n: string) => short(n, fits(left - 14)), dx: -10, textAnchor: "end" }),
          Plot.cell(cells, { x: "column", y: "row", fill: "var(--heat)", fillOpacity: shade, rx: 3 }),
          Plot.text(cells, { x: "column", y: "row", text: percent, fill: dark }),
          Plot.tip(cells, Plot.pointer({ x: "column", y: "row", title: said, fontSize: 12, lineHeight: 1.35 } as Plot.TipOptions)),
        ],
      },
      "Share of a firm's buyers who would choose another firm",
    ),
  ];
}
