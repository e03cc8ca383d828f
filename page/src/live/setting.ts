// What the reader has set, and the scenario that says the same.
import type { EnterSpec, LiveMarket, LiveModel, Quantity, ScenarioSpec } from "./types";

/** Changes to a scenario of the study; absent means as in the study. */
export interface Setting {
  /** Scenario of the study, by position. */
  base: number;
  market: number;
  /** Entrants left out. */
  off: string[];
  /** Given prices of entrants. */
  price: Record<string, number>;
  /** Whether the entering firm chooses its prices. */
  optimal?: boolean;
  /** Share of consumers who know of the entrants. */
  aware?: number;
  /** Channels in which they are sold. */
  segments?: string[];
  /** Whether those already there keep their prices. */
  still: boolean;
  /** Firms that may not sell, beside the study's. */
  ban: string[];
  /** Products taken off the market, beside the study's. */
  drop: string[];
}

export const unchanged = (base: number, market: number): Setting => ({
  base, market, off: [], price: {}, still: false, ban: [], drop: [],
});

export function isUnchanged(s: Setting): boolean {
  const lists = s.off.length + s.ban.length + s.drop.length + Object.keys(s.price).length;
  return lists === 0 && !s.still && s.optimal === undefined && s.aware === undefined && s.segments === undefined;
}

/** The market and the scenario that a setting starts from. */
export class Ground {
  readonly market: LiveMarket;
  readonly base: ScenarioSpec;

  constructor(readonly model: LiveModel, setting: Pick<Setting, "base" | "market">) {
    this.market = model.markets[setting.market] as LiveMarket;
    this.base = model.scenarios[setting.base] as ScenarioSpec;
  }

  /** Changes by which somebody enters this market. */
  entries(): EnterSpec[] {
    const here = (e: EnterSpec): boolean => !e.markets?.length || e.markets.includes(this.market.id);
    return (this.base.enter ?? []).filter(here);
  }

  /** Entrants of the scenario in this market. */
  entrants(): string[] {
    return [...new Set(this.entries().flatMap((e) => e.products))];
  }

  /** The study's own price of an entrant at the central values. */
  ownPrice(id: string): number {
    const given = this.entries().find((e) => e.products.includes(id))?.price;
    const priced = given === undefined || given === "optimal" ? NaN : this.central(given);
    const k = this.market.entrants.findIndex((e) => e.id === id);
    return Number.isFinite(priced) ? priced : this.market.central.entrants[k]?.[1] ?? NaN;
  }

  /** Whether the study lets the entering firm choose its prices. */
  optimal(): boolean {
    const chosen = (e: EnterSpec): boolean =>
      e.price === "optimal" ||
      (e.price === undefined && e.products.every((id) => this.market.entrants.find((p) => p.id === id)?.optimal));
    const entries = this.entries();
    return entries.length > 0 && entries.every(chosen);
  }

  /** Share of consumers who know of the entrants, at the central values. */
  aware(): number {
    const aware = this.entries()[0]?.aware;
    return aware === undefined ? 1 : this.central(aware);
  }

  /** Whether some input behind the entrants' awareness is uncertain. */
  segments(): string[] {
    return this.entries()[0]?.segments ?? this.model.segments;
  }

  central(q: Quantity): number {
    return typeof q === "number" ? q : this.model.inputs.find((i) => i.name === q)?.central ?? NaN;
  }

  /** Firms that sell something today and that the scenario does not ban. */
  firms(): string[] {
    const banned = (this.base.ban ?? []).map((b) => b.firm);
    const firms = [...new Set(this.market.products.map((p) => p.firm))];
    return firms.filter((f) => !banned.includes(f));
  }
}

/** The scenario that a setting says, as a study would write it. */
export function scenarioOf(model: LiveModel, setting: Setting): ScenarioSpec {
  const ground = new Ground(model, setting);
  const base = structuredClone(ground.base);
  const kept = ground.entrants().filter((id) => !setting.off.includes(id));
  const gone = goneWith(ground, setting);
  const scenario: ScenarioSpec = { ...base, id: freeId(model), title: titleOf(base, setting) };
  delete scenario.note;
  scenario.enter = (base.enter ?? []).map((e) => entryOf(e, kept, setting)).filter((e) => e.products.length > 0);
  const prices = kept.filter((id) => setting.optimal !== true && setting.price[id] !== undefined);
  scenario.price = [
    ...(base.price ?? []).filter((p) => !p.products?.some((id) => prices.includes(id) || gone.products.has(id))),
    ...prices.map((id) => ({ products: [id], price: setting.price[id] as number })),
  ];
  scenario.ban = [...(base.ban ?? []), ...setting.ban.map((firm) => ({ firm }))];
  const drop = setting.drop.filter((id) => !gone.products.has(id));
  scenario.exit = [...(base.exit ?? []), ...(drop.length ? [{ products: drop }] : [])];
  scenario.hold = (base.hold ?? []).filter((f) => !gone.firms.has(f));
  if (setting.still) {
    scenario.reprice = [];
    scenario.hold = [];
  }
  return tidy(scenario);
}

function entryOf(e: EnterSpec, kept: string[], setting: Setting): EnterSpec {
  const entry: EnterSpec = { ...e, products: e.products.filter((id) => kept.includes(id)) };
  if (setting.aware !== undefined) entry.aware = setting.aware;
  if (setting.segments !== undefined) entry.segments = setting.segments;
  if (setting.optimal === true) entry.price = "optimal";
  if (setting.optimal === false && entry.price === "optimal") delete entry.price;
  return entry;
}

/** Products and firms that are gone by themselves: of firms that may not sell. */
function goneWith(ground: Ground, setting: Setting): { products: Set<string>; firms: Set<string> } {
  const firms = new Set([...setting.ban, ...(ground.base.ban ?? []).map((b) => b.firm)]);
  const off = (ground.base.exit ?? []).flatMap((e) => e.products);
  const products = ground.market.products.filter((p) => firms.has(p.firm)).map((p) => p.id);
  return { products: new Set([...products, ...off]), firms };
}

function titleOf(base: ScenarioSpec, setting: Setting): string {
  const name = base.title || base.id;
  return isUnchanged(setting) ? name : `${name}, changed`;
}

function freeId(model: LiveModel): string {
  const taken = model.scenarios.map((s) => s.id);
  for (let k = 1; ; k += 1) {
    const id = k === 1 ? "what-if" : `what-if-${k}`;
    if (!taken.includes(id)) return id;
  }
}

/** Without lists that say nothing; an empty `reprice` says that nobody does. */
function tidy(scenario: ScenarioSpec): ScenarioSpec {
  const says = ([key, value]: [string, unknown]): boolean =>
    key === "reprice" || !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(scenario).filter(says)) as ScenarioSpec;
}
