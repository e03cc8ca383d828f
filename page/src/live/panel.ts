// The live panel: the reader sets, the engine solves, the numbers move.
import { NARROW } from "../charts/base";
import { el } from "../dom";
import type { View } from "../types";
import { controls } from "./controls";
import { type Engine, taken } from "./engine";
import { fragment, settingOf } from "./link";
import { brief, capacityTable, chart, firmTable, productTable, roomFor, sentence, tiles } from "./results";
import { isUnchanged, scenarioOf, type Setting, unchanged } from "./setting";
import { toml } from "./toml";
import type { Found, LiveModel, Said } from "./types";
import { button, folded } from "./widgets";

/** Statuses of prices that may be shown. */
const USABLE = ["exact", "certified", "almost", "multiple"];

/** Puts the panel into the page, when it carries markets and an engine; says when to draw again. */
export function panel(view: View): (() => void) | null {
  const place = document.getElementById("what-if");
  const model = document.getElementById("live")?.textContent;
  if (!place || !model) return null;
  const made = new Panel(place, view, JSON.parse(model) as LiveModel);
  return made.open() ? () => made.draw() : null;
}

class Panel {
  private setting: Setting;
  private engine: Engine | null = null;
  private asked = 0;
  private waiting = false;
  private studyAsk = 0;
  private study: Found | null = null;
  private found: Found | null = null;
  private readonly form = el("form", { class: "live-controls", "aria-label": "What would you change?" });
  private readonly shown = el("div", { class: "live-results" });
  private readonly state = el("p", { class: "live-state" });
  private readonly said = el("p", { class: "heard", role: "status" });
  private readonly note = el("p", { class: "live-note", role: "status" });
  private readonly brief = el("p", { class: "live-brief" });
  private readonly copied = document.createElement("textarea");

  constructor(private readonly place: HTMLElement, private readonly view: View, private readonly model: LiveModel) {
    this.setting = settingOf(location.hash, model) ?? unchanged(view.headline, 0);
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Shows the panel, and asks the engine once it is ready. False where none is under way. */
  open(): boolean {
    this.engine = taken((said) => this.hear(said));
    if (!this.engine) return false;
    this.lay();
    this.place.hidden = false;
    this.controls();
    this.state.textContent = "The engine starts.";
    const { products } = this.model.markets[this.setting.market] ?? { products: [] };
    const firms = new Set(products.map((p) => p.firm)).size + 1;
    const capacities = this.model.scenarios[this.setting.base]?.capacity?.length ?? 0;
    this.shown.style.minHeight = `${roomFor(firms, capacities, this.shown.clientWidth)}px`;
    // A link to a setting leads here.
    if (!isUnchanged(this.setting)) this.place.scrollIntoView();
    return true;
  }

  private hear(said: Said): void {
    if (said.kind === "ready") return this.begin();
    if (said.kind === "failed") return this.fail(said.why);
    if (said.ask === this.studyAsk && said.kind === "found") this.study = said.found;
    if (said.ask !== this.asked) return;
    if (this.waiting && said.kind === "found") {
      if (!said.whole) return;
      this.waiting = false;
      return this.ask();
    }
    if (said.kind === "refused") {
      this.state.textContent = `This cannot be solved: ${said.why}`;
      return;
    }
    this.found = said.found;
    this.place.dataset[said.whole ? "msBands" : "msCentre"] = said.ms.toFixed(2);
    this.place.dataset.state = said.whole ? "whole" : "centre";
    this.draw(said.whole);
    // Tests compare these with the command line.
    this.place.dispatchEvent(new CustomEvent("found", { detail: said }));
  }

  private begin(): void {
    const opened = this.setting;
    if (isUnchanged(opened)) return this.ask();
    // What the study says comes first, to stand beside what the link says.
    this.setting = unchanged(opened.base, opened.market);
    this.ask();
    this.setting = opened;
    this.waiting = true;
  }

  private fail(why: string): void {
    console.warn(`the engine stopped: ${why}`);
    this.state.textContent = "The engine stopped; reload the page to go on.";
  }

  /** What never changes. */
  private lay(): void {
    const actions = [
      button("Reset", () => this.change(unchanged(this.setting.base, this.setting.market), true)),
      button("Copy as scenario", () => void this.copy(this.scenarioText(), "Copied: paste it into study.toml.")),
      button("Copy link", () => void this.copy(this.link(), "Copied: the link opens this page with these settings.")),
    ];
    this.copied.hidden = true;
    this.copied.readOnly = true;
    this.copied.setAttribute("aria-label", "Text to copy");
    const left = el("div", { class: "live-left" }, this.form, el("div", { class: "live-actions" }, ...actions), this.note, this.copied, this.brief);
    const right = el("div", { class: "live-right" }, this.state, this.shown, this.said);
    this.place.querySelector(".live-body")?.replaceChildren(left, right);
  }

  private controls(): void {
    const focused = (document.activeElement as HTMLElement | null)?.id;
    const order = focused ? [...this.form.querySelectorAll("input, select")].findIndex((f) => f.id === focused) : -1;
    const open = [...this.form.querySelectorAll("details")].map((d) => d.open);
    this.form.replaceChildren(...controls(this.model, this.setting, this.view.money, (next, again) => this.change(next, again)));
    this.form.querySelectorAll("details").forEach((d, i) => (d.open ||= open[i] ?? false));
    (this.form.querySelectorAll("input, select")[order] as HTMLElement | undefined)?.focus();
  }

  private change(next: Partial<Setting>, again = false): void {
    this.waiting = false;
    // Of a change that starts anew, what it does not say is as in the study.
    this.setting = "base" in next ? (next as Setting) : Object.assign(this.setting, next);
    this.note.textContent = "";
    this.copied.hidden = true;
    if (again) this.controls();
    this.ask();
  }

  private ask(): void {
    if (!this.engine) return;
    const scenario = scenarioOf(this.model, this.setting);
    const fresh = isUnchanged(this.setting);
    this.asked = this.engine.ask(this.setting.market, scenario);
    this.place.dataset.state = "asked";
    if (fresh) {
      this.study = null;
      this.studyAsk = this.asked;
    }
  }

  /** Shows what was found. */
  draw(whole = true): void {
    const { found, view } = this;
    if (!found) return;
    const usable = USABLE.includes(found.outcome.status);
    this.state.replaceChildren(el("span", { class: `badge ${usable ? "good" : "bad"}` }, usable ? "prices solved" : "no usable prices"), this.words(found, whole));
    this.brief.textContent = usable ? brief(view, found) : "no usable prices";
    if (!usable) return this.shown.replaceChildren();
    const changed = !isUnchanged(this.setting);
    const open = [...this.shown.querySelectorAll("details")].map((d) => d.open);
    const width = Math.max(280, this.shown.clientWidth);
    const scarce = capacityTable(view, found);
    this.shown.replaceChildren(
      tiles(view, found, changed ? this.study : null),
      el("h3", {}, "Units a period, against today"),
      chart(view, found, width),
      folded("Firms in numbers", open[0] ?? width > NARROW, firmTable(view, found)),
      folded("Products: prices and units", open[1] ?? false, productTable(view, found)),
      ...(scarce ? [folded("Capacities", open[2] ?? width > NARROW, scarce)] : []),
    );
    if (whole) this.said.textContent = sentence(view, found);
  }

  private words(found: Found, whole: boolean): string {
    const draws = whole ? `ranges over ${found.done} draws` : `solving ${found.of} draws for the ranges`;
    const percent = Math.round(this.model.level * 100);
    return `At the central values of the inputs; ${draws} (${percent}%).`;
  }

  private scenarioText(): string {
    return toml(scenarioOf(this.model, this.setting), this.model.inputs);
  }

  private link(): string {
    return `${String(location).replace(/#.*$/, "")}#${fragment(this.setting)}`;
  }

  /** To the clipboard, and to a field for browsers that do not let a page write there. */
  private async copy(text: string, done: string): Promise<void> {
    this.copied.value = text;
    this.copied.rows = Math.min(14, text.split("\n").length + 1);
    this.copied.hidden = false;
    try {
      await navigator.clipboard.writeText(text);
      this.note.textContent = done;
    } catch {
      this.note.textContent = "Copy the text below.";
      this.copied.select();
    }
  }
}
