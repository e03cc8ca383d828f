// Who loses what, and the scenarios side by side.
import { choices, el } from "../dom";
import { type Unit } from "../format";
import type { Choice, FirmCase, Range, View } from "../types";
import { firmOf, fits, intervals, NARROW, nothing, type Row, TWO_LINES, unsolved } from "./base";

type Measure = { name: string; of: (f: FirmCase) => Range; unit: Unit };

const MEASURES: Measure[] = [
  { name: "Units", of: (f) => f.units, unit: "count" },
  { name: "Units, %", of: (f) => f.relative, unit: "share" },
  { name: "Share, pp", of: (f) => f.points, unit: "points" },
  { name: "Revenue", of: (f) => f.revenue, unit: "money" },
  { name: "Profit", of: (f) => f.profit, unit: "money" },
];

let measure = 0;

/** Change by firm, in the measure that the reader chooses. */
export function losers(view: View, choice: Choice, width: number): Element[] {
  const place = el("div", {});
  const redraw = (): void => place.replaceChildren(plot(view, choice, width));
  const names = MEASURES.map((m) => m.name);
  const pick = choices("Measure", names, measure, (i) => {
    measure = i;
    redraw();
  });
  redraw();
  return [pick, place];
}

function plot(view: View, choice: Choice, width: number): Element {
  const firms = view.cases[choice.scenario]?.[choice.market]?.firms ?? [];
  const { name, of, unit } = MEASURES[measure] ?? MEASURES[0]!;
  const order = (f: FirmCase): number => (f.entrant ? 1e9 : 0) + (f.firm ?? 1e8);
  const sorted = [...firms].sort((a, b) => order(a) - order(b));
  const rows = sorted.map((f) => firmRow(view, f, of(f))).filter((r) => unit !== "share" || r.range);
  if (!rows.length) return nothing("No firm sells anything in this scenario.");
  if (rows.every((r) => !r.range)) return unsolved(view, choice);
  const describe = `${name}: change by firm, ${view.scenarios[choice.scenario]}`;
  return intervals(rows, { width, unit, money: view.money, signed: true, describe });
}

function firmRow(view: View, f: FirmCase, range: Range): Row {
  const { name, tone } = firmOf(view, f.firm);
  return { label: f.entrant ? `${name} (new)` : name, tone, range, hollow: f.entrant };
}

/** One small chart for the entrant's share and one for each focus firm. */
export function scenarios(view: View, choice: Choice, width: number): Element[] {
  const panels = panelsOf(view);
  const columns = width < NARROW ? 1 : Math.min(3, panels.length);
  const gutterOf = columns > 1 ? Math.min(230, width * 0.3) : 0;
  // Names of scenarios that are too long for the margin have two lines, in all panels.
  const wrapped = columns > 1 && view.scenarios.some((name) => [...name].length > fits(gutterOf - 14));
  return panels.map((p, i) => {
    const first = i % columns === 0;
    const gutter = gutterOf;
    const body = Math.floor((width - gutter - 16 * (columns - 1)) / columns);
    const room = columns === 1 ? width : body + (first ? gutter : 0);
    const rows = view.scenarios.map((name, s) => scenarioRow(view, choice, p, name, s));
    const layout = { width: room, unit: "share" as Unit, money: view.money, signed: p.signed, labels: first, beside: columns > 1, ...(wrapped ? { row: TWO_LINES } : {}), ...(gutter ? { gutter } : {}) };
    const chart = intervals(rows, { ...layout, values: columns === 1, describe: `${p.title}, by scenario` });
    const offset = first && columns > 1 ? "panel first" : "panel";
    return el("div", { class: offset }, el("p", { class: "panel-title" }, p.title), chart);
  });
}

type Panel = { title: string; firm: number; of: (f: FirmCase) => Range; signed: boolean };

function panelsOf(view: View): Panel[] {
  const focus = view.focus.map((firm) => ({
    title: `${firmOf(view, firm).name}: change of units`,
    firm,
    of: (f: FirmCase) => f.relative,
    signed: true,
  }));
  if (view.entrant === null) return focus;
  const title = `${firmOf(view, view.entrant).name}: share of units sold`;
  return [{ title, firm: view.entrant, of: (f: FirmCase) => f.share, signed: false }, ...focus];
}

function scenarioRow(view: View, choice: Choice, panel: Panel, label: string, s: number): Row {
  const firm = view.cases[s]?.[choice.market]?.firms.find((f) => f.firm === panel.firm);
  const strong = s === choice.scenario;
  return { label, tone: firmOf(view, panel.firm).tone, range: firm ? panel.of(firm) : null, strong, hollow: !strong };
}
