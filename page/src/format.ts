// Numbers for people, in the same style as the tables (crates/entrant-report/src/format.rs).
import type { Range } from "./types";

export const NONE = "—";

/** What a number counts. */
export type Unit = "count" | "money" | "price" | "share" | "percent" | "points" | "chance";

/** Writes one number. */
export type Write = (x: number) => string;

/** Characters that hide or reorder text, spelled out: names in data are never trusted. */
export function visible(text: string): string {
  return text.replace(HIDDEN, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

const HIDDEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A visible name of at most `length` characters. */
export function short(text: string, length: number): string {
  const letters = [...visible(text)];
  return letters.length <= length ? letters.join("") : `${letters.slice(0, length - 1).join("")}…`;
}

/** How to write numbers as large as these, in one unit. */
export function writer(unit: Unit, values: number[], money: string, signed = false): Write {
  const sizes = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  const [factor, suffix] = scaleOf(unit, largest);
  const decimals = decimalsOf(unit, (sizes[0] ?? 0) / factor, largest / factor);
  const prefix = unit === "money" || unit === "price" ? money : "";
  return (x) => {
    if (!Number.isFinite(x)) return NONE;
    const digits = grouped(Math.abs(x / factor).toFixed(decimals));
    const zero = !/[1-9]/.test(digits);
    const sign = zero ? "" : x < 0 ? "−" : signed ? "+" : "";
    return `${sign}${prefix}${digits}${suffix}`;
  };
}

/** Median with its interval. */
export function inWords(range: Range, unit: Unit, money: string, signed = false): string {
  if (!range) return NONE;
  const [low, median, high] = range;
  const write = writer(unit, [median, low, high], money, signed);
  return low === high ? write(median) : `${write(median)} (${write(low)} to ${write(high)})`;
}

/** Median alone. */
export function medianOf(range: Range, unit: Unit, money: string, signed = false): string {
  return range ? writer(unit, [range[1], range[0], range[2]], money, signed)(range[1]) : NONE;
}

/** Writes the ticks of an axis, with no more decimals than they need. */
export function ticks(unit: Unit, values: number[], money: string): Write {
  const [factor, suffix] = scaleOf(unit, Math.max(0, ...values.map(Math.abs)));
  const prefix = unit === "money" || unit === "price" ? money : "";
  return (x) => {
    const digits = grouped(String(Number(Math.abs(x / factor).toPrecision(4))));
    return `${x < 0 ? "−" : ""}${prefix}${digits}${digits === "0" && factor > 1 ? "" : suffix}`;
  };
}

function scaleOf(unit: Unit, largest: number): [number, string] {
  if (unit === "share" || unit === "chance") return [0.01, "%"];
  if (unit === "points") return [0.01, "\u00a0pp"];
  if (unit === "percent") return [1, "%"];
  if (unit === "price") return [1, ""];
  if (largest >= 1e9) return [1e9, "bn"];
  if (largest >= 1e6) return [1e6, "M"];
  return largest >= 1e4 ? [1e3, "k"] : [1, ""];
}

function decimalsOf(unit: Unit, first: number, largest: number): number {
  const wide = digitsAfterPoint(unit, largest);
  return first > 0 ? Math.min(Math.max(digitsAfterPoint(unit, first), wide), wide + 1) : wide;
}

function digitsAfterPoint(unit: Unit, x: number): number {
  const whole = [1, 10, 100].filter((limit) => x >= limit).length;
  if (unit === "chance") return 0;
  if (unit === "price") return whole === 3 ? 0 : 2;
  if (whole === 0) return 1 + [1, 0.1, 0.01].filter((limit) => x > 0 && x < limit).length;
  if (unit === "share" || unit === "percent" || unit === "points") return whole === 3 ? 0 : 1;
  return whole === 1 ? 1 : 0;
}

function grouped(digits: string): string {
  const [whole = "", rest] = digits.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest === undefined ? commas : `${commas}.${rest}`;
}
