// Elements, built one by one: text is only ever text, and only these attributes are set.

const ATTRIBUTES = ["class", "type", "role", "aria-label", "aria-pressed", "data-tone", "tabindex"] as const;

type Attributes = Partial<Record<(typeof ATTRIBUTES)[number], string>>;

/** A new element with attributes and children. */
export function el(tag: string, attributes: Attributes, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(tag);
  for (const name of ATTRIBUTES) {
    const value = attributes[name];
    if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A row of buttons of which one is pressed; pressing another calls back. */
export function choices(label: string, names: string[], chosen: number, choose: (i: number) => void): HTMLElement {
  const buttons = names.map((name, i) => {
    const button = el("button", { type: "button", "aria-pressed": String(i === chosen) }, name);
    button.addEventListener("click", () => {
      press(buttons, i);
      choose(i);
    });
    return button;
  });
  const row = el("div", { class: "choices", role: "group", "aria-label": label }, ...buttons);
  return el("div", { class: "control" }, el("span", { class: "control-label" }, label), row);
}

function press(buttons: HTMLElement[], chosen: number): void {
  buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(i === chosen)));
  buttons[chosen]?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** A legend: names with their colours. */
export function legend(entries: { name: string; tone: string }[]): HTMLElement {
  const items = entries.map((e) => el("li", {}, el("i", { class: `swatch ${e.tone}` }), e.name));
  return el("ul", { class: "legend" }, ...items);
}
