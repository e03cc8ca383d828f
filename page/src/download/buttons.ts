// Buttons below each chart that save it, and the numbers behind it.
import { el } from "../dom";
import { csvFile, tablesOf } from "./csv";
import { drawing, pngFile, svgFile } from "./figure";

/** A file name that says the study and the chart. */
function fileName(chart: string, ending: string): string {
  const words = `${document.title} ${chart}`.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["chart"];
  return `${words.join("-").slice(0, 80)}.${ending}`;
}

function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Makes a file of a chart. */
type Make = (figure: Element, place: HTMLElement, title: string) => Promise<Blob | null> | Blob | null;

const svg: Make = (_, place, title) => {
  const root = drawing(place, title);
  return root && new Blob([svgFile(root)], { type: "image/svg+xml" });
};

const png: Make = (_, place, title) => {
  const root = drawing(place, title);
  return root && pngFile(root);
};

// The mark at the start tells spreadsheets that the text is Unicode.
const csv: Make = (figure) => new Blob([`\ufeff${csvFile(figure)}`], { type: "text/csv" });

function button(kind: string, make: Make, figure: Element, place: HTMLElement): HTMLElement {
  const title = figure.querySelector("figcaption strong")?.textContent ?? "chart";
  const element = el("button", { type: "button", "aria-label": `Save as ${kind}: ${title}` }, kind);
  element.addEventListener("click", () => {
    const name = fileName(place.dataset.chart ?? "chart", kind.toLowerCase());
    void Promise.resolve(make(figure, place, title)).then((content) => content && save(content, name));
  });
  return element;
}

/** Adds the buttons to every chart of the page; says how to follow what is in sight. */
export function downloads(): () => void {
  const follow: (() => void)[] = [];
  for (const place of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    const figure = place.closest("figure");
    if (!figure) continue;
    const kinds: [string, Make][] = [["SVG", svg], ["PNG", png], ["CSV", csv]];
    const buttons = kinds.map(([kind, make]) => button(kind, make, figure, place));
    const row = el("p", { class: "saves" }, el("span", {}, "Save"), ...buttons);
    place.after(row);
    follow.push(() => {
      const [drawn, told] = [place.querySelector("svg") !== null, tablesOf(figure).length > 0];
      buttons.forEach((b, i) => (b.hidden = kinds[i]?.[0] === "CSV" ? !told : !drawn));
      row.hidden = !drawn && !told;
    });
  }
  const all = (): void => follow.forEach((one) => one());
  all();
  return all;
}
