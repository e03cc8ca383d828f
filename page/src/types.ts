// The page's data, as `entrant-report` writes it (crates/entrant-report/src/view.rs).

/** Low, median and high; null where there is no number. */
export type Range = [number, number, number] | null;

export interface Firm {
  name: string;
  tone: string;
}

export interface FirmCase {
  firm: number | null;
  entrant: boolean;
  units: Range;
  relative: Range;
  revenue: Range;
  profit: Range;
  share: Range;
  points: Range;
}

export interface ProductCase {
  name: string;
  firm: number | null;
  entrant: boolean;
  before: Range;
  after: Range;
  change: Range;
  relative: Range;
}

export interface SourceCase {
  firm: number | null;
  share: Range;
  units: Range;
}

export interface Case {
  status: string;
  badge: string;
  firms: FirmCase[];
  products: ProductCase[];
  source: SourceCase[];
}

export interface Worth {
  break_even: Range;
  fixed_cost: Range;
  curve: [number, number][];
  position: [period: number, range: [number, number, number]][];
}

export interface Drivers {
  scenario: number | null;
  outcome: string;
  drivers: [input: string, share: number, direction: number, mark: string][];
  unexplained: number;
  marks: [mark: string, share: number][];
}

export interface Benchmark {
  name: string;
  scenario: string;
  history: [number, number];
  forecast: Range;
  verdict: string;
}

export interface Backtest {
  forecasters: string[];
  rows: { brand: string; before: number; observed: number; forecasts: Range[] }[];
}

/** A vendor: quarters are counted from year 0. */
export interface TrackedVendor {
  name: string;
  tone: string;
  points: [quarter: number, low: number, share: number, high: number, rank: number][];
  sources: [quarter: number, share: number, source: string][];
}

export interface Tracked {
  name: string;
  vendors: TrackedVendor[];
}

/** A product in a plane. */
export interface MapPoint {
  name: string;
  firm: number | null;
  x: number;
  y: number;
  share: number;
  focus: boolean;
  budget: boolean;
}

/** What features and brands are worth. */
export interface Premiums {
  subjects: { title: string; worth: Range; hedonic: Range }[];
  places: {
    name: string;
    firm: number | null;
    values: { subject: number; profit: Range; naive: Range; before: Range; after: Range }[];
  }[];
  map: MapPoint[];
}

export interface SurfaceAxis {
  title: string;
  relative: boolean;
  values: number[];
}

/** Profit over a grid of prices, the last axis running fastest. */
export interface Surface {
  title: string;
  firm: number | null;
  axes: SurfaceAxis[];
  profit: Range[];
  best: number | null;
  refined: number[] | null;
  together: number[] | null;
}

export interface View {
  money: string;
  level: number;
  firms: Firm[];
  markets: string[];
  scenarios: string[];
  headline: number;
  entrant: number | null;
  focus: number[];
  cases: (Case | null)[][];
  worth: (Worth | null)[];
  drivers: Drivers[];
  benchmarks: Benchmark[];
  backtest: Backtest | null;
  tracker: Tracked[];
  premiums: Premiums | null;
  surfaces: Surface[];
  substitutes: { firms: number[]; share: (number | null)[][] } | null;
}

/** What the reader has chosen. */
export interface Choice {
  scenario: number;
  market: number;
}
