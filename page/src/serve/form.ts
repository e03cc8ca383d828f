// The study as a form: a field for each number, choice and switch that is written in the text, and
// folded below them one for each key that its table may have and has not.
import { el } from "../dom";
import { visible } from "../format";
import { freshId, input, labelled, select } from "./parts";
import type { Addition, Field } from "./types";

type Change = (path: string, value: Field["value"]) => void;
type Control = HTMLInputElement | HTMLSelectElement;

export class Form {
  private readonly body = el("div", { class: "form-body" });
  private readonly find = input("search");
  private readonly note = el("p", { class: "form-note", role: "status" });
  private controls = new Map<string, Control>();
  private shown = new Map<string, Field["value"]>();
  private shape = "";

  constructor(private readonly change: Change) {
    this.find.addEventListener("input", () => this.filter());
  }

  element(): HTMLElement {
    const find = labelled("Find a field", this.find);
    return el("section", { class: "form-side", "aria-label": "Form" }, el("h2", {}, "Form"), find, this.note, this.body);
  }

  /** Shows the fields of a text; where it is no TOML, the last ones stay and rest. */
  show(fields: Field[], more: Addition[], readable: boolean): void {
    this.note.textContent = readable ? "" : "The text cannot be read: the form follows once it can.";
    this.body.toggleAttribute("inert", !readable);
    if (!readable) return;
    const shape = JSON.stringify([fields.map((f) => [f.path, f.name, f.choices, typeof f.value]), more.map((m) => m.path)]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(fields, more);
    }
    for (const f of fields) this.refresh(f);
  }

  private build(fields: Field[], more: Addition[]): void {
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((d) => (d as HTMLElement).dataset.group));
    const focused = [...this.controls].find(([, c]) => c === document.activeElement)?.[0];
    this.controls = new Map();
    this.shown = new Map();
    const groups = new Map<string, [Field[], Addition[]]>();
    const of = (group: string): [Field[], Addition[]] => groups.get(group) ?? groups.set(group, [[], []]).get(group)!;
    for (const f of fields) of(f.group)[0].push(f);
    for (const m of more) of(m.group)[1].push(m);
    this.body.replaceChildren(...[...groups].map(([group, [all, rest]]) => this.group(group, all, rest, open)));
    this.filter();
    if (focused) this.controls.get(focused)?.focus();
  }

  private group(group: string, fields: Field[], more: Addition[], open: Set<string | undefined>): HTMLElement {
    const rows = fields.map((f) => this.row(f));
    if (group === "") return el("div", { class: "rows" }, ...rows);
    const details = el("details", { class: "group" }) as HTMLDetailsElement;
    details.dataset.group = group;
    details.open = open.has(group) || OPEN.includes(group);
    const name = fields[0]?.name ?? more[0]?.name ?? "";
    const title = name ? `${group.replace(/\[\d+\]$/, "")}: ${visible(name)}` : group;
    details.append(el("summary", {}, title, el("small", {}, ` ${rows.length}`)), el("div", { class: "rows" }, ...rows));
    if (more.length) {
      const rest = el("details", { class: "group more-keys" }) as HTMLDetailsElement;
      rest.dataset.group = `${group} more`;
      rest.open = open.has(rest.dataset.group);
      const fresh = more.map((m) => this.freshRow(m));
      rest.append(el("summary", {}, "Not written", el("small", {}, ` ${more.length}`)), el("div", { class: "rows" }, ...fresh));
      details.append(rest);
    }
    return details;
  }

  /** A key that is not written: empty, with what holds instead as its placeholder. */
  private freshRow(m: Addition): HTMLElement {
    const usual = m.default === null ? "not written" : `not written: ${String(m.default)}`;
    const row = this.laid(m, this.freshControl(m, usual), "row fresh");
    return row;
  }

  private freshControl(m: Addition, usual: string): Control {
    const choices = m.kind === "switch" ? ["true", "false"] : m.choices;
    if (m.kind !== "number") {
      const field = select([["", usual], ...choices.map((c): [string, string] => [c, c])], "");
      field.addEventListener("change", () => {
        if (field.value !== "") this.change(m.path, m.kind === "switch" ? field.value === "true" : field.value);
      });
      return field;
    }
    const field = input("text");
    field.inputMode = "decimal";
    field.placeholder = m.default === null ? "" : String(m.default);
    field.addEventListener("change", () => {
      const value = numberIn(field, true);
      if (value !== null) this.change(m.path, value);
    });
    return field;
  }

  private row(f: Field): HTMLElement {
    return this.laid(f, this.control(f), typeof f.value === "boolean" ? "row tick" : "row");
  }

  /** A control below its name, with what it means. */
  private laid(f: Field | Addition, control: Control, kind: string): HTMLElement {
    this.controls.set(f.path, control);
    const inside = f.path.startsWith(`${f.group}.`) ? f.path.slice(f.group.length + 1) : f.path;
    const row = labelled(inside, control, kind);
    row.dataset.find = `${f.path} ${f.name} ${f.help}`.toLowerCase();
    if (f.help) {
      const help = el("small", {}, visible(f.help));
      help.id = freshId();
      control.setAttribute("aria-describedby", help.id);
      row.append(help);
    }
    return row;
  }

  private control(f: Field): Control {
    if (f.choices.length > 0) {
      const field = select(f.choices.map((c) => [c, c]), String(f.value));
      field.addEventListener("change", () => this.change(f.path, field.value));
      return field;
    }
    const kind = typeof f.value === "boolean" ? "checkbox" : "text";
    const field = input(kind);
    if (typeof f.value === "number") field.inputMode = "decimal";
    field.addEventListener("change", () => {
      if (typeof f.value === "boolean") return this.change(f.path, field.checked);
      if (typeof f.value === "string") return this.change(f.path, field.value);
      const value = numberIn(field);
      if (value !== null) this.change(f.path, value);
    });
    return field;
  }

  /** Follows a value that has changed in the text; what is being typed here stays otherwise. */
  private refresh(f: Field): void {
    const control = this.controls.get(f.path);
    if (!control || this.shown.get(f.path) === f.value) return;
    this.shown.set(f.path, f.value);
    if (control instanceof HTMLInputElement && control.type === "checkbox") control.checked = f.value === true;
    else if (control.value.trim() === "" || Number(control.value) !== f.value) control.value = String(f.value);
    control.removeAttribute("aria-invalid");
    control.setCustomValidity("");
  }

  private filter(): void {
    const words = this.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of this.body.querySelectorAll<HTMLElement>(".row")) {
      row.hidden = !words.every((w) => row.dataset.find?.includes(w));
      if (!row.hidden) found += 1;
    }
    for (const group of this.body.querySelectorAll<HTMLDetailsElement>("details.group")) {
      const any = group.querySelector(".row:not([hidden])") !== null;
      group.hidden = !any;
      if (words.length > 0) group.open = any;
    }
    if (words.length > 0) this.note.textContent = found === 1 ? "1 field" : `${found} fields`;
    else if (/field/.test(this.note.textContent ?? "")) this.note.textContent = "";
  }
}

/** The number in a field; what is none is marked, unless it may be empty. */
function numberIn(field: HTMLInputElement, optional = false): number | null {
  const text = field.value.trim();
  const value = Number(text);
  const empty = text === "";
  const bad = (empty && !optional) || !Number.isFinite(value);
  field.setAttribute("aria-invalid", String(bad));
  field.setCustomValidity(bad ? "a number, such as 0.25 or 1e6" : "");
  if (bad) field.reportValidity();
  return bad || empty ? null : value;
}

/** Tables that are open at first. */
const OPEN = ["settings", "merger"];
