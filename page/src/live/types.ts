// The markets that the page carries (crates/entrant-data/src/result/live.rs), and what the engine
// says about them (crates/entrant-wasm/src/session.rs).

/** A number, or the name of an input. */
export type Quantity = number | string;

export interface EnterSpec {
  products: string[];
  markets?: string[];
  segments?: string[];
  aware?: Quantity;
  price?: Quantity;
}

export interface PriceSpec {
  products?: string[];
  firm?: string;
  brand?: string;
  price?: Quantity;
  margin?: Quantity;
}

/** A what-if as a study writes it; what the panel does not touch is passed on. */
export interface ScenarioSpec {
  id: string;
  title: string;
  note?: string;
  hold?: string[];
  reprice?: string[];
  enter?: EnterSpec[];
  exit?: { products: string[] }[];
  ban?: { firm: string }[];
  price?: PriceSpec[];
  characteristic?: { product: string; column: string; value: number }[];
  capacity?: unknown[];
  [other: string]: unknown;
}

export interface LiveInput {
  name: string;
  text: string;
  central: number;
}

export interface LiveProduct {
  id: string;
  firm: string;
  optimal: boolean;
  values: (number | null)[];
}

export interface LiveMarket {
  id: string;
  products: LiveProduct[];
  entrants: LiveProduct[];
  central: { entrants: [number, number, number][]; products: [number, number, number][] };
  draws: unknown[];
}

export interface LiveModel {
  level: number;
  segments: string[];
  columns: { name: string; taste: number | null }[];
  inputs: LiveInput[];
  scenarios: ScenarioSpec[];
  markets: LiveMarket[];
}

export interface Estimate {
  low: number | null;
  median: number | null;
  high: number | null;
  central?: number;
}

export interface Change {
  before: Estimate;
  after: Estimate;
  change: Estimate;
  relative: Estimate | null;
}

export interface FirmOutcome {
  firm: string;
  entrant: boolean;
  price: Change;
  unit_share: Change;
  units: Change;
  revenue: Change;
  profit: Change;
}

export interface ProductOutcome {
  product: string;
  firm: string;
  entrant: boolean;
  on_sale: boolean;
  price: Change;
  units: Change;
  profit: Change;
}

/** What a firm can sell at most. */
export interface CapacityOutcome {
  firm: string;
  products: string[];
  used: Estimate;
  shadow_price: Estimate;
}

export interface MarketOutcome {
  status: string;
  capacities?: CapacityOutcome[];
  products: ProductOutcome[];
  firms: FirmOutcome[];
  units: Change;
}

export interface Worth {
  firm: string;
  periods: number;
  period: Estimate;
  discounted: Estimate;
  value: Estimate;
}

/** What the engine found so far. */
export interface Found {
  done: number;
  of: number;
  outcome: MarketOutcome;
  worth: Worth | null;
}

/** What the worker says. */
export type Said =
  | { kind: "ready" }
  | { kind: "failed"; why: string }
  | { kind: "found"; ask: number; found: Found; ms: number; whole: boolean }
  | { kind: "refused"; ask: number; why: string };

/** What the worker is told. */
export type Told =
  | { kind: "open"; engine: string; model: string }
  | { kind: "ask"; ask: number; market: number; scenario: ScenarioSpec };
