// Small parts of the page.
import { el } from "../dom";
import { visible } from "../format";

let count = 0;

/** A name for an element that another points to. */
export function freshId(): string {
  count += 1;
  return `s-${count}`;
}

/** A button that does something. */
export function button(text: string, act: () => void, kind = ""): HTMLButtonElement {
  const b = el("button", { type: "button", class: kind }, text) as HTMLButtonElement;
  b.addEventListener("click", act);
  return b;
}

/** A field under its label. */
export function labelled(text: string, field: HTMLElement, kind = "labelled"): HTMLElement {
  field.id ||= freshId();
  const label = document.createElement("label");
  label.htmlFor = field.id;
  label.textContent = visible(text);
  return el("div", { class: kind }, label, field);
}

/** A field for text or numbers. */
export function input(type: string, value = ""): HTMLInputElement {
  const field = document.createElement("input");
  field.type = type;
  if (type === "checkbox") field.checked = value === "true";
  else field.value = value;
  field.autocomplete = "off";
  field.spellcheck = false;
  return field;
}

/** A choice of one; `options` are values with their words. */
export function select(options: [string, string][], chosen: string): HTMLSelectElement {
  const field = document.createElement("select");
  fill(field, options, chosen);
  return field;
}

/** The options of a choice, and the one chosen if it is among them. */
export function fill(field: HTMLSelectElement, options: [string, string][], chosen: string): void {
  const made = options.map(([value, text]) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = visible(text);
    return option;
  });
  field.replaceChildren(...made);
  field.value = options.some(([value]) => value === chosen) ? chosen : (options[0]?.[0] ?? "");
}

/** A button that asks once more before it acts. */
export function twice(text: string, sure: string, act: () => void): HTMLButtonElement {
  let asked = false;
  const b = button(text, () => {
    if (asked) return act();
    asked = true;
    b.textContent = sure;
  });
  b.addEventListener("blur", () => {
    asked = false;
    b.textContent = text;
  });
  return b;
}

/** A table with its caption; the first cell of a row is its head. */
export function table(caption: string, head: string[], rows: (Node | string)[][], numeric: number[] = []): HTMLElement {
  const kind = (i: number): string => (numeric.includes(i) ? "n" : "");
  const cell = (tag: string, i: number, content: Node | string, scope = ""): HTMLElement => {
    const made = el(tag, { class: kind(i) }, content);
    if (scope) made.setAttribute("scope", scope);
    return made;
  };
  const top = el("tr", {}, ...head.map((h, i) => cell("th", i, h, "col")));
  const body = rows.map((row) => el("tr", {}, ...row.map((c, i) => (i === 0 ? cell("th", i, c, "row") : cell("td", i, c)))));
  const title = document.createElement("caption");
  title.textContent = caption;
  const made = el("table", {}, title, el("thead", {}, top), el("tbody", {}, ...body));
  return el("div", { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" }, made);
}

/** Tabs with their panels: arrows move between tabs, as in the pattern of ARIA. */
export class Tabs {
  private readonly tabs: HTMLElement[];
  chosen = 0;

  constructor(
    names: string[],
    private readonly panels: HTMLElement[],
    private readonly shown: (i: number) => void,
  ) {
    this.tabs = names.map((name, i) => {
      const tab = button(name, () => this.show(i));
      const panel = panels[i] as HTMLElement;
      tab.id = freshId();
      panel.id = freshId();
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("keydown", (e) => this.key(e, i));
      return tab;
    });
  }

  /** The row of tabs. */
  row(): HTMLElement {
    return el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the page" }, ...this.tabs);
  }

  show(i: number): void {
    this.chosen = i;
    this.tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === i));
      tab.tabIndex = k === i ? 0 : -1;
    });
    this.panels.forEach((panel, k) => (panel.hidden = k !== i));
    this.shown(i);
  }

  private key(event: KeyboardEvent, i: number): void {
    const last = this.tabs.length - 1;
    const to = { ArrowRight: i === last ? 0 : i + 1, ArrowLeft: i === 0 ? last : i - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.show(to);
    this.tabs[to]?.focus();
  }
}
