// Charts out of sight are drawn later; until then an empty frame of the same size stands for each.

const SPACE = "http://www.w3.org/2000/svg";

const waiting = new WeakMap<Element, () => Element>();
let framing = false;

/** Whatever is drawn in `make` is a frame at first. */
export function framed<T>(make: () => T): T {
  framing = true;
  try {
    return make();
  } finally {
    framing = false;
  }
}

/** The drawing, or its frame. */
export function orFrame(width: number, height: number, describe: string, drawing: () => Element): Element {
  if (!framing) return drawing();
  const frame = document.createElementNS(SPACE, "svg");
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const looks = { class: "plot", role: "img", "aria-label": describe };
  for (const [name, value] of Object.entries({ ...looks, ...size })) frame.setAttribute(name, String(value));
  waiting.set(frame, drawing);
  return frame;
}

/** Draws the first frame in a place; false where there is none. */
export function drawNext(place: Element): boolean {
  const frame = [...place.querySelectorAll("svg")].find((s) => waiting.has(s));
  const drawing = frame && waiting.get(frame);
  if (!frame || !drawing) return false;
  waiting.delete(frame);
  frame.replaceWith(drawing());
  return true;
}

/** Draws all frames in a place. */
export function drawAll(place: Element): void {
  while (drawNext(place));
}
