// The study as a form: a field for each number, choice and switch that is written in the text.
import { el } from "../dom";
import { visible } from "../format";
import { freshId, input, labelled, select } from "./parts";
import type { Field } from "./types";

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
  show(fields: Field[], readable: boolean): void {
    this.note.textContent = readable ? "" : "The text cannot be read: the form follows once it can.";
    this.body.toggleAttribute("inert", !readable);
    if (!readable) return;
    const shape = JSON.stringify(fields.map((f) => [f.path, f.name, f.choices, typeof f.value]));
    if (shape !== this.shape) {
      this.shape = shape;
      this.build(fields);
    }
    for (const f of fields) this.refresh(f);
  }

  private build(fields: Field[]): void {
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((d) => (d as HTMLElement).dataset.group));
    this.controls = new Map();
    this.shown = new Map();
    const groups = new Map<string, Field[]>();
    for (const f of fields) groups.set(f.group, [...(groups.get(f.group) ?? []), f]);
    this.body.replaceChildren(...[...groups].map(([group, all]) => this.group(group, all, open.has(group))));
    this.filter();
  }

  private group(group: string, fields: Field[], open: boolean): HTMLElement {
    const rows = fields.map((f) => this.row(f));
    if (group === "") return el("div", { class: "rows" }, ...rows);
    const details = el("details", { class: "group" }) as HTMLDetailsElement;
    details.dataset.group = group;
    details.open = open || OPEN.includes(group);
    const name = fields[0]?.name ?? "";
    const title = name ? `${group.replace(/\[\d+\]$/, "")}: ${visible(name)}` : group;
    details.append(el("summary", {}, title, el("small", {}, ` ${rows.length}`)), el("div", { class: "rows" }, ...rows));
    return details;
  }

  private row(f: Field): HTMLElement {
    const control = this.control(f);
    this.controls.set(f.path, control);
    const inside = f.path.startsWith(`${f.group}.`) ? f.path.slice(f.group.length + 1) : f.path;
    const row = labelled(inside, control, typeof f.value === "boolean" ? "row tick" : "row");
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
      const value = Number(field.value.trim());
      const bad = field.value.trim() === "" || !Number.isFinite(value);
      field.setAttribute("aria-invalid", String(bad));
      field.setCustomValidity(bad ? "a number, such as 0.25 or 1e6" : "");
      if (bad) field.reportValidity();
      else this.change(f.path, value);
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

/** Tables that are open at first. */
const OPEN = ["settings", "merger"];
