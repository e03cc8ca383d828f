// Controls: each is a label with a native input, so that keyboards and readers know them.
import { el } from "../dom";
import { visible } from "../format";

let count = 0;

/** A name for an element that another points to. */
export function freshId(): string {
  count += 1;
  return `live-${count}`;
}

function input(type: string, id: string): HTMLInputElement {
  const field = document.createElement("input");
  field.type = type;
  field.id = id;
  return field;
}

function label(text: string, field: HTMLElement): HTMLLabelElement {
  const name = document.createElement("label");
  name.htmlFor = field.id;
  name.textContent = visible(text);
  return name;
}

/** A box to tick. */
export function tick(text: string, on: boolean, turn: (on: boolean) => void): HTMLElement {
  const box = input("checkbox", freshId());
  box.checked = on;
  box.addEventListener("change", () => turn(box.checked));
  return el("div", { class: "tick" }, box, label(text, box));
}

/** A group of controls under a heading. */
export function group(title: string, ...children: Node[]): HTMLElement {
  const set = document.createElement("fieldset");
  const legend = document.createElement("legend");
  legend.textContent = title;
  set.append(legend, ...children);
  return set;
}

/** What a slider moves over. */
export interface Scale {
  /** Value at a place between 0 and 1. */
  at(place: number): number;
  /** Place of a value. */
  of(value: number): number;
  /** The value in words. */
  words(value: number): string;
}

const STEPS = 200;

/** A slider; `study` is where the study has it. */
export function slider(text: string, value: number, scale: Scale, off: boolean, move: (value: number) => void): HTMLElement {
  const field = input("range", freshId());
  const said = document.createElement("output");
  said.htmlFor.add(field.id);
  Object.assign(field, { min: "0", max: String(STEPS), step: "1", disabled: off });
  field.value = String(Math.round(scale.of(value) * STEPS));
  const say = (v: number): void => {
    said.textContent = scale.words(v);
    field.setAttribute("aria-valuetext", scale.words(v));
  };
  say(value);
  field.addEventListener("input", () => {
    const moved = scale.at(Number(field.value) / STEPS);
    say(moved);
    move(moved);
  });
  return el("div", { class: "slider" }, label(text, field), said, field);
}

/** A list of which one is chosen. */
export function chooser(text: string, names: string[], chosen: number, choose: (i: number) => void): HTMLElement {
  const list = document.createElement("select");
  list.id = freshId();
  names.forEach((name, i) => list.append(new Option(visible(name), String(i), i === chosen, i === chosen)));
  list.addEventListener("change", () => choose(Number(list.value)));
  return el("div", { class: "chooser" }, label(text, list), list);
}

/** A button that does something. */
export function button(text: string, act: () => void): HTMLButtonElement {
  const made = el("button", { type: "button" }, text) as HTMLButtonElement;
  made.addEventListener("click", act);
  return made;
}

/** What is folded away until somebody looks. */
export function folded(summary: string, open: boolean, ...children: Node[]): HTMLElement {
  const fold = document.createElement("details");
  const head = document.createElement("summary");
  head.textContent = summary;
  fold.open = open;
  fold.append(head, ...children);
  return fold;
}
