// Where the entrants' units come from.
import type { Choice, View } from "../types";
import { firmOf, intervals, nothing, unsolved } from "./base";

/** Bars by source, largest first, people who would have bought nothing last. */
export function volume(view: View, choice: Choice, width: number): Element[] {
  const source = view.cases[choice.scenario]?.[choice.market]?.source ?? [];
  if (!source.length) return [nothing("Nobody enters in this scenario.")];
  if (source.every((s) => !s.share)) return [unsolved(view, choice)];
  const size = (s: { firm: number | null; share: [number, number, number] | null }): number =>
    s.firm === null ? -1 : (s.share?.[1] ?? 0);
  const sorted = [...source].sort((a, b) => size(b) - size(a));
  const rows = sorted.map((s) => {
    const { name, tone } = firmOf(view, s.firm);
    return { label: name, tone, range: s.share };
  });
  const describe = "Share of the entrants' units by where they come from";
  return [intervals(rows, { width, unit: "share", money: view.money, bars: true, describe })];
}
