// A chart as it is seen, as an SVG that stands by itself.
import { drawAll } from "../charts/later";

const SPACE = "http://www.w3.org/2000/svg";
const MARGIN = 16;
const LINE = 20;

/** What a style sheet may say of a mark, and what holds where it says nothing. */
const LOOKS: Record<string, string> = {
  fill: "rgb(0, 0, 0)",
  "fill-opacity": "1",
  stroke: "none",
  "stroke-width": "1px",
  "stroke-opacity": "1",
  "stroke-dasharray": "none",
  "stroke-linecap": "butt",
  "stroke-linejoin": "miter",
  "paint-order": "normal",
  opacity: "1",
  display: "inline",
  "font-size": "",
  "font-weight": "400",
  "font-variant-numeric": "normal",
  "text-anchor": "start",
};

/** Every part of a chart with its looks written out. */
function still(chart: SVGSVGElement): SVGSVGElement {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const parts = [...chart.querySelectorAll("*")];
  const copies = [...copy.querySelectorAll("*")];
  parts.forEach((part, i) => write(getComputedStyle(part), copies[i]));
  // What shows under the pointer is no part of the chart.
  copies.forEach((part) => part.getAttribute("aria-label") === "tip" && part.remove());
  return copy;
}

/** Looks are inherited, so each part says all that is not the default. */
function write(looks: CSSStyleDeclaration, part: Element | undefined): void {
  if (!part) return;
  for (const [name, usual] of Object.entries(LOOKS)) {
    const value = looks.getPropertyValue(name);
    if (value && (value !== usual || part.hasAttribute(name))) part.setAttribute(name, value);
  }
  part.removeAttribute("class");
  part.removeAttribute("style");
}

function make(tag: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  return element;
}

/** Text that is as wide as it looks. */
function widthOf(text: string): number {
  const pen = document.createElement("canvas").getContext("2d");
  if (!pen) return text.length * 7;
  pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

/** The names and colours above a chart, in as many lines as they need. */
function legendLines(place: HTMLElement, ink: string, room: number): { parts: SVGElement[]; height: number } {
  const parts: SVGElement[] = [];
  let [x, y] = [0, 0];
  const entries = [...place.querySelectorAll<HTMLElement>(".legend li")];
  for (const entry of entries) {
    const name = entry.textContent ?? "";
    const wide = widthOf(name) + 32;
    if (x > 0 && x + wide > room) [x, y] = [0, y + LINE];
    const swatch = entry.querySelector(".swatch");
    const fill = swatch ? getComputedStyle(swatch).backgroundColor : ink;
    parts.push(make("rect", { x: x + MARGIN, y: y + 2, width: 10, height: 10, rx: 2, fill }));
    parts.push(make("text", { x: x + MARGIN + 16, y: y + 12, "font-size": 13, fill: ink }, name));
    x += wide;
  }
  return { parts, height: entries.length ? y + LINE + 6 : 0 };
}

/** All charts of a figure as they stand on the page, with its title and legend above. */
export function drawing(place: HTMLElement, title: string): SVGSVGElement | null {
  drawAll(place);
  const charts = [...place.querySelectorAll("svg")].filter((c) => !c.parentElement?.closest("svg"));
  if (!charts.length) return null;
  const body = getComputedStyle(document.body);
  const boxes = charts.map((c) => c.getBoundingClientRect());
  const left = Math.min(...boxes.map((b) => b.left));
  const top = Math.min(...boxes.map((b) => b.top));
  const width = Math.max(...boxes.map((b) => b.right)) - left + 2 * MARGIN;
  const legend = legendLines(place, body.color, width - 2 * MARGIN);
  const below = MARGIN + 28 + legend.height;
  const height = below + Math.max(...boxes.map((b) => b.bottom)) - top + MARGIN;
  const size = { viewBox: `0 0 ${width} ${height}`, width, height };
  const root = make("svg", { xmlns: SPACE, role: "img", ...size, "font-family": body.fontFamily, color: body.color }) as SVGSVGElement;
  root.append(make("title", {}, title));
  const back = make("rect", { width: "100%", height: "100%", fill: body.backgroundColor });
  const head = make("text", { x: MARGIN, y: MARGIN + 12, "font-size": 15, "font-weight": 600, fill: body.color }, title);
  const names = make("g", { transform: `translate(0 ${MARGIN + 28})` });
  names.append(...legend.parts);
  root.append(back, head, names);
  charts.forEach((chart, i) => {
    const box = boxes[i] ?? chart.getBoundingClientRect();
    const part = still(chart);
    const spot = { x: box.left - left + MARGIN, y: box.top - top + below, width: box.width, height: box.height };
    const looks = { "font-size": getComputedStyle(chart).fontSize, fill: "currentColor" };
    for (const [name, value] of Object.entries({ ...spot, ...looks })) part.setAttribute(name, String(value));
    ["class", "style", "role", "aria-label"].forEach((name) => part.removeAttribute(name));
    root.append(part);
  });
  return root;
}

/** The drawing as a file. */
export function svgFile(root: SVGSVGElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(root)}\n`;
}

/** The drawing as a picture, two pixels for each of the screen's. */
export async function pngFile(root: SVGSVGElement): Promise<Blob | null> {
  const [width, height] = [root.width.baseVal.value, root.height.baseVal.value];
  const picture = new Image(width, height);
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgFile(root))}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * width, 2 * height];
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}
