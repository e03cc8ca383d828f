// The list of runs, and two of them side by side.
import { el } from "../dom";
import { inWords, visible, type Unit } from "../format";
import { button, fill, labelled, select, table, twice } from "./parts";
import { act, look, words } from "./server";
import type { Differences, Line, Run, Summary } from "./types";

/** What the list asks the page to do. */
export interface Asks {
  report(id: number): void;
  text(id: number): void;
  failed(message: string): void;
}

const ENDS: Record<Run["end"], [string, string]> = {
  done: ["good", "done"],
  unusable: ["bad", "do not use"],
  failed: ["bad", "failed"],
  stopped: ["fair", "stopped"],
};

/** What a run is called. */
export function runName(run: Run): string {
  return run.label ? `${run.id}: ${run.label}` : `${run.id}`;
}

export function hasReport(run: Run): boolean {
  return run.end === "done" || run.end === "unusable";
}

export class Runs {
  private readonly list = el("div", { class: "run-list" });
  private readonly compared = new Compared();
  private shape = "";

  constructor(private readonly asks: Asks) {}

  element(): HTMLElement[] {
    return [el("h2", {}, "Runs"), this.list, this.compared.element()];
  }

  show(runs: Run[]): void {
    const shape = JSON.stringify(runs);
    if (shape === this.shape) return;
    this.shape = shape;
    const rows = [...runs].reverse().map((run) => this.row(run));
    const head = ["Run", "Began", "Took", "Draws", "Outcome", "Actions"];
    const shown = runs.length ? table("Runs of this study, the last one first", head, rows, [2, 3]) : el("p", { class: "nothing" }, "There are no runs yet: press Run.");
    this.list.replaceChildren(shown);
    this.compared.offer(runs.filter(hasReport));
  }

  private row(run: Run): (Node | string)[] {
    const [tone, word] = ENDS[run.end];
    const message = run.message ? el("small", {}, visible(run.message)) : "";
    const began = new Date(run.started * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
    const actions = el("div", { class: "actions" });
    if (hasReport(run)) {
      actions.append(this.named("Report", run, () => this.asks.report(run.id)));
    }
    // A failed run leaves nothing behind.
    if (run.end !== "failed") actions.append(this.named("Edit its text", run, () => this.asks.text(run.id)), this.remover(run));
    const outcome = el("span", {}, el("span", { class: `badge ${tone}` }, word), message);
    return [visible(runName(run)), began, `${run.seconds.toFixed(1)} s`, run.draws ? run.draws.toLocaleString("en-GB") : "", outcome, actions];
  }

  private named(text: string, run: Run, act: () => void): HTMLElement {
    const b = button(text, act);
    b.setAttribute("aria-label", `${text}, run ${visible(runName(run))}`);
    return b;
  }

  private remover(run: Run): HTMLElement {
    return twice("Remove", "Really remove?", () => {
      act("api/forget", { id: run.id }).catch((e: unknown) => this.asks.failed(words(e)));
    });
  }
}

/** Two runs side by side. */
class Compared {
  private readonly first = select([], "");
  private readonly second = select([], "");
  private readonly scenario = select([], "");
  private readonly measure = select([], "");
  private readonly out = el("div", { class: "compared" });
  private readonly kept = new Map<string, Promise<Summary>>();
  private readonly apart = new Map<string, Promise<Differences>>();
  private readonly whole = el("section", { class: "compare", "aria-label": "Compare two runs" });
  private turn = 0;

  element(): HTMLElement {
    const choosers = [labelled("Run A", this.first), labelled("Run B", this.second), labelled("Scenario", this.scenario), labelled("Number", this.measure)];
    for (const field of [this.first, this.second, this.scenario, this.measure]) field.addEventListener("change", () => void this.draw());
    this.whole.append(el("h2", {}, "Compare"), el("div", { class: "choosers" }, ...choosers), this.out);
    this.whole.hidden = true;
    return this.whole;
  }

  offer(runs: Run[]): void {
    this.whole.hidden = runs.length < 2;
    const options = [...runs].reverse().map((r): [string, string] => [String(r.id), runName(r)]);
    const known = new Set(options.map(([id]) => id));
    const keep = (field: HTMLSelectElement, instead: number): string => (known.has(field.value) ? field.value : (options[instead]?.[0] ?? ""));
    const fresh = options[0]?.[0] !== this.newest;
    this.newest = options[0]?.[0] ?? "";
    // A new run is what one wants to see: beside the one before it.
    fill(this.first, options, fresh ? (options[1]?.[0] ?? "") : keep(this.first, 1));
    fill(this.second, options, fresh ? this.newest : keep(this.second, 0));
    if (runs.length > 1) void this.draw();
  }

  private newest = "";

  private summary(id: string): Promise<Summary> {
    const found = this.kept.get(id) ?? look<Summary>(`api/summary/${id}`);
    this.kept.set(id, found);
    found.catch(() => this.kept.delete(id));
    return found;
  }

  private differences(pair: string): Promise<Differences> {
    const found = this.apart.get(pair) ?? look<Differences>(`api/differences/${pair}`);
    this.apart.set(pair, found);
    found.catch(() => this.apart.delete(pair));
    return found;
  }

  private async draw(): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    try {
      const pair = `${this.first.value}-${this.second.value}`;
      const [a, b, d] = await Promise.all([this.summary(this.first.value), this.summary(this.second.value), this.differences(pair)]);
      if (turn === this.turn) this.put(a, b, d);
    } catch (error) {
      if (turn === this.turn) this.out.replaceChildren(el("p", { class: "nothing" }, words(error)));
    }
  }

  private put(a: Summary, b: Summary, d: Differences): void {
    const titles = new Map([...a.scenarios, ...b.scenarios]);
    fill(this.scenario, [...titles], this.scenario.value || b.headline);
    const all = joined(a, b).filter((p) => p.scenario === this.scenario.value);
    const measures = [...new Set(all.map((p) => p.measure))];
    fill(this.measure, measures.map((m) => [m, m]), this.measure.value || (measures.includes("Profit, change") ? "Profit, change" : ""));
    const rows = all.filter((p) => p.measure === this.measure.value);
    const markets = new Set(rows.map((p) => p.market)).size > 1;
    const name = (p: Pair): string => visible(markets && p.market ? `${p.who}, ${p.market}` : p.who);
    const apart = new Map(d.lines.map(([key, range]) => [JSON.stringify(key), range]));
    const ranged = rows.filter((p) => apart.has(keyOf(p))).length;
    const cells = rows.map((p) => [name(p), said(p.a, a.money), said(p.b, b.money), difference(p, a.money, b.money, apart.get(keyOf(p)))]);
    const level = `${Math.round(100 * b.level)}% ranges`;
    const caption = `${visible(titles.get(this.scenario.value) ?? "")}: ${this.measure.value}`;
    const paired = `The last column has the median and the ${level} of the difference in the ${d.draws.toLocaleString("en-GB")} draws that both runs kept: draws of the same seed and number are the same state of the world in both.`;
    const apartWhy = d.why ? `: ${visible(d.why)}` : "";
    const alone = `The last column is the difference of the two middle numbers; it has no range${apartWhy}.`;
    const note = `Each number with its ${level}. ${ranged ? paired : alone}${ranged && ranged < rows.length ? " Where it has no range, it is the difference of the two middle numbers." : ""}`;
    const head = ["Who", `Run A: ${label(this.first)}`, `Run B: ${label(this.second)}`, "B less A"];
    this.out.replaceChildren(table(caption, head, cells, [1, 2, 3]), el("p", { class: "note" }, note));
  }
}

function label(field: HTMLSelectElement): string {
  return field.selectedOptions[0]?.textContent ?? "";
}

/** A number in two runs; one of them may lack it. */
interface Pair {
  scenario: string;
  market: string;
  who: string;
  measure: string;
  a: Line | undefined;
  b: Line | undefined;
}

const keyOf = (l: Pick<Line, "scenario" | "market" | "who" | "measure">): string => JSON.stringify([l.scenario, l.market, l.who, l.measure]);

function joined(a: Summary, b: Summary): Pair[] {
  const key = keyOf;
  const pairs = new Map<string, Pair>();
  for (const l of b.lines) pairs.set(key(l), { ...l, a: undefined, b: l });
  for (const l of a.lines) {
    const pair = pairs.get(key(l));
    if (pair) pair.a = l;
    else pairs.set(key(l), { ...l, a: l, b: undefined });
  }
  return [...pairs.values()];
}

const unitOf = (line: Line): Unit => (line.unit === "plain" ? "count" : line.unit);

function said(line: Line | undefined, money: string): string {
  return line ? inWords(line.value, unitOf(line), money, line.signed) : "not there";
}

/** The difference with its range, where draws belong together; else that of the middle numbers. */
function difference({ a, b }: Pair, moneyA: string, moneyB: string, range: [number, number, number] | undefined): string {
  if (!a?.value || !b?.value || a.unit !== b.unit || moneyA !== moneyB) return "";
  const unit = unitOf(b) === "share" ? "points" : unitOf(b);
  // What is left of two sums of the same numbers is no difference.
  const size = Math.max(...[...a.value, ...b.value].map(Math.abs));
  const plain = (d: number): number => (Math.abs(d) <= 1e-9 * size ? 0 : d);
  const gap = plain(b.value[1] - a.value[1]);
  const [low, middle, high] = range ? range.map(plain) : [gap, gap, gap];
  if (!low && !middle && !high) return "0";
  return inWords([low ?? gap, middle ?? gap, high ?? gap], unit, moneyB, true);
}
