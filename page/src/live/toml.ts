// A scenario as lines for study.toml.
import type { LiveInput, ScenarioSpec } from "./types";

/** The scenario's table with its changes; quantities of the study as the study writes them. */
export function toml(scenario: ScenarioSpec, inputs: LiveInput[]): string {
  const plain = Object.entries(scenario).filter(([, v]) => !isTables(v));
  const tables = Object.entries(scenario).filter(([, v]) => isTables(v));
  const head = ["[[scenario]]", ...plain.map(([k, v]) => `${k} = ${value(k, v, inputs)}`)];
  const one = (key: string) => (change: Record<string, unknown>): string[] => {
    const lines = Object.entries(change).filter(([, v]) => v !== null && v !== undefined);
    return ["", `[[scenario.${key}]]`, ...lines.map(([k, v]) => `${k} = ${value(k, v, inputs)}`)];
  };
  const changes = tables.flatMap(([k, v]) => (v as Record<string, unknown>[]).flatMap(one(k)));
  return [...head, ...changes, ""].join("\n");
}

/** Quantities; a text there names an input. */
const QUANTITIES = ["aware", "price", "margin", "add", "factor", "rate"];

function isTables(v: unknown): boolean {
  return Array.isArray(v) && v.length > 0 && typeof v[0] === "object";
}

function value(key: string, v: unknown, inputs: LiveInput[]): string {
  if (Array.isArray(v)) return `[${v.map((x) => value(key, x, inputs)).join(", ")}]`;
  if (typeof v !== "string") return String(v);
  const input = QUANTITIES.includes(key) ? inputs.find((i) => i.name === v) : undefined;
  return input?.text ?? quoted(v);
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(/\u007f/g, "\\u007f");
}
