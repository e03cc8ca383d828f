//! Readings of a country into shares and units with draws.

use std::collections::BTreeMap;

use entrant_data::Quarter;
use entrant_data::result::Estimate;
use entrant_data::result::tracker::Disagreement;
use entrant_numeric::random::Stream;

use crate::Settings;
use crate::pooling::{Reading, Series, Spread};
use crate::readings::{Figure, Readings};
use crate::spread::Spreads;
use crate::value::Value;

/// Share at which disagreement is told.
const TYPICAL: f64 = 0.25;
/// Shares from which and to which errors are proportional to the square root of `s (1 - s)`.
const ENDS: (f64, f64) = (1e-3, 1.0 - 1e-3);
/// Spread at which figures are weighted where sources cannot be compared.
const UNKNOWN: Spread = Spread {
    persistent: 0.05,
    passing: 0.05,
};

/// A country's readings as series of the model.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) readings: Readings,
    /// One series a vendor, on the scale on which errors are alike.
    pub(crate) shares: Vec<Scaled>,
    /// The size of the market, in logarithms.
    pub(crate) total: Scaled,
}

/// A series, the quarter of each cell, and the unit in which it is measured.
#[derive(Debug, Default)]
pub(crate) struct Scaled {
    pub(crate) series: Series,
    quarters: Vec<usize>,
    unit: Vec<f64>,
}

/// Spreads and whose comparisons they rest on.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    pub(crate) spreads: Option<Spreads>,
    pub(crate) from: &'static str,
}

/// Shares and units of a country.
#[derive(Debug)]
pub(crate) struct Country {
    pub(crate) quarters: Vec<Quarter>,
    /// By quarter, the vendors with their shares.
    pub(crate) shares: Vec<BTreeMap<usize, Value>>,
    /// By quarter, the share of everybody else.
    pub(crate) unnamed: Vec<Value>,
    /// By quarter.
    pub(crate) total: Vec<Option<Value>>,
    /// Quarters in which named shares had to be scaled down to 100 percent, with their sum.
    pub(crate) overfull: Vec<(Quarter, f64)>,
}

/// The series of a country.
pub(crate) fn prepare(readings: Readings) -> Prepared {
    let vendor = |v: usize| {
        let cells = readings.shares.range((v, 0)..=(v, usize::MAX));
        Scaled::shares(cells.map(|((_, t), figures)| (*t, figures.as_slice())))
    };
    let shares = (0..readings.vendors.len()).map(vendor).collect();
    let totals = readings.totals.iter();
    let total = Scaled::logarithms(totals.map(|(t, figures)| (*t, figures.as_slice())));
    Prepared {
        readings,
        shares,
        total,
    }
}

impl Scaled {
    /// Shares in units of `sqrt(s (1 - s))`, as if each source had counted so many phones.
    fn shares<'a>(cells: impl Iterator<Item = (usize, &'a [Figure])>) -> Self {
        let mut scaled = Scaled::default();
        for (t, figures) in cells {
            let mean = figures.iter().map(|f| f.shown.value).sum::<f64>() / figures.len() as f64;
            let mean = mean.clamp(ENDS.0, ENDS.1);
            let unit = (mean * (1.0 - mean)).sqrt();
            scaled.push(t, unit, figures, |f| {
                (f.shown.value / unit, f.variance / (unit * unit))
            });
        }
        scaled
    }

    fn logarithms<'a>(cells: impl Iterator<Item = (usize, &'a [Figure])>) -> Self {
        let mut scaled = Scaled::default();
        for (t, figures) in cells {
            let relative = |f: &Figure| f.variance / (f.shown.value * f.shown.value);
            scaled.push(t, 1.0, figures, |f| (f.shown.value.ln(), relative(f)));
        }
        scaled
    }

    fn push(
        &mut self,
        quarter: usize,
        unit: f64,
        figures: &[Figure],
        of: impl Fn(&Figure) -> (f64, f64),
    ) {
        let cell = self.series.cells;
        self.series.cells += 1;
        self.quarters.push(quarter);
        self.unit.push(unit);
        self.series.readings.extend(figures.iter().map(|f| {
            let (value, rounding) = of(f);
            Reading {
                cell,
                source: f.source,
                value,
                rounding,
            }
        }));
    }

    /// The cells by quarter, in units.
    fn values(&self, spreads: Option<&Spreads>, draws: &Draws<'_>) -> BTreeMap<usize, Value> {
        let mut cells = vec![Value::default(); self.series.cells];
        if let Some(spreads) = spreads {
            self.central(spreads, &mut cells);
            self.draw(spreads, draws, &mut cells);
            self.widen(spreads, &mut cells);
        } else {
            let means = self.series.pool(UNKNOWN).map(|p| p.means());
            for (cell, mean) in cells.iter_mut().zip(means.unwrap_or_default()) {
                cell.central = mean;
            }
        }
        let cells = cells.into_iter().zip(&self.unit);
        let cells = cells.map(|(cell, unit)| cell.map(|x| x * unit));
        self.quarters.iter().copied().zip(cells).collect()
    }

    fn central(&self, spreads: &Spreads, cells: &mut [Value]) {
        for (spread, weight) in spreads.nodes.iter().zip(&spreads.weights) {
            let Some(pooled) = self.series.pool(*spread) else {
                continue;
            };
            for (cell, mean) in cells.iter_mut().zip(pooled.means()) {
                cell.central += weight * mean;
            }
        }
    }

    /// Widens the draws of cells on which sources are further apart than they usually are, by
    /// the square root of chi-square over its degrees of freedom (Birge 1932).
    fn widen(&self, spreads: &Spreads, cells: &mut [Value]) {
        let whole = spreads.mean(|s| s.persistent.powi(2) + s.passing.powi(2));
        let mut sums = vec![(0.0, 0.0, 0.0, 0.0); cells.len()];
        for r in &self.series.readings {
            let weight = 1.0 / (whole + r.rounding);
            let sum = &mut sums[r.cell];
            sum.0 += weight;
            sum.1 += weight * r.value;
            sum.2 += weight * r.value * r.value;
            sum.3 += 1.0;
        }
        for (cell, (weight, first, second, n)) in cells.iter_mut().zip(sums) {
            let ratio: f64 = (second - first * first / weight) / (n - 1.0);
            if n > 1.0 && ratio > 1.0 {
                let (factor, central) = (ratio.sqrt(), cell.central);
                for d in &mut cell.draws {
                    *d = central + factor * (*d - central);
                }
            }
        }
    }

    fn draw(&self, spreads: &Spreads, draws: &Draws<'_>, cells: &mut [Value]) {
        for cell in cells.iter_mut() {
            cell.draws = vec![f64::NAN; draws.picks.len()];
        }
        let mut by_node: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (d, node) in draws.picks.iter().enumerate() {
            by_node.entry(*node).or_default().push(d);
        }
        for (node, of_node) in by_node {
            let Some(pooled) = self.series.pool(spreads.nodes[node]) else {
                continue;
            };
            for d in of_node {
                let mut stream = Stream::new(draws.seed, &draws.name, d as u64);
                for (cell, x) in cells.iter_mut().zip(pooled.draw(&mut stream)) {
                    cell.draws[d] = x;
                }
            }
        }
    }
}

/// Where draws come from.
struct Draws<'a> {
    seed: u64,
    name: String,
    picks: &'a [usize],
}

impl Basis {
    /// From the country's own comparisons when there are enough, else from everybody's.
    pub(crate) fn of(own: &[&Series], all: &[&Series]) -> Self {
        if let Some(spreads) = Spreads::posterior(own) {
            return Basis {
                spreads: Some(spreads),
                from: "country",
            };
        }
        let spreads = Spreads::posterior(all);
        let from = if spreads.is_some() {
            "all countries"
        } else {
            "none"
        };
        Basis { spreads, from }
    }

    /// How far sources are apart, in the unit of `scale`.
    fn disagreement(&self, comparisons: usize, scale: f64, settings: Settings) -> Disagreement {
        let picks = |s: &Spreads| s.picks(settings.seed, "tracker disagreement", settings.draws);
        let value = |of: &dyn Fn(&Spread) -> f64| match &self.spreads {
            None => Value {
                central: f64::NAN,
                draws: Vec::new(),
            },
            Some(spreads) => Value {
                central: scale * spreads.mean(of),
                draws: picks(spreads)
                    .into_iter()
                    .map(|i| scale * of(&spreads.nodes[i]))
                    .collect(),
            },
        };
        let show = |of: &dyn Fn(&Spread) -> f64| -> Estimate { value(of).estimate(settings.level) };
        Disagreement {
            comparisons,
            from: self.from.into(),
            typical: show(&|s| (2.0 * (s.persistent.powi(2) + s.passing.powi(2))).sqrt()),
            persistent: show(&|s| s.persistent),
        }
    }

    /// Of shares.
    pub(crate) fn of_shares(&self, p: &Prepared, settings: Settings) -> Disagreement {
        let comparisons = p.shares.iter().map(|s| s.series.comparisons()).sum();
        let scale = (TYPICAL * (1.0 - TYPICAL)).sqrt();
        self.disagreement(comparisons, scale, settings)
    }

    /// Of the size of the market.
    pub(crate) fn of_totals(&self, p: &Prepared, settings: Settings) -> Disagreement {
        self.disagreement(p.total.series.comparisons(), 1.0, settings)
    }
}

/// Reconciles a country.
pub(crate) fn reconcile(
    p: &Prepared,
    shares: &Basis,
    totals: &Basis,
    settings: Settings,
) -> Country {
    let readings = &p.readings;
    let country = &readings.country;
    let picks = |basis: &Basis, what: &str| {
        let spreads = basis.spreads.as_ref();
        spreads.map_or_else(Vec::new, |s| {
            let name = format!("tracker {what} of {country}");
            s.picks(settings.seed, &name, settings.draws)
        })
    };
    let of_shares = picks(shares, "shares");
    let of_totals = picks(totals, "totals");
    let mut by_quarter = vec![BTreeMap::new(); readings.quarters.len()];
    for (v, scaled) in p.shares.iter().enumerate() {
        let draws = Draws {
            seed: settings.seed,
            name: format!("tracker {country} {}", readings.vendors[v]),
            picks: &of_shares,
        };
        for (t, value) in scaled.values(shares.spreads.as_ref(), &draws) {
            by_quarter[t].insert(v, value);
        }
    }
    let draws = Draws {
        seed: settings.seed,
        name: format!("tracker units of {country}"),
        picks: &of_totals,
    };
    let mut total = p.total.values(totals.spreads.as_ref(), &draws);
    let quarters = readings.quarters.clone();
    let mut overfull = Vec::new();
    let mut unnamed = Vec::new();
    for (t, vendors) in by_quarter.iter_mut().enumerate() {
        let (rest, sum) = feasible(vendors);
        unnamed.push(rest);
        if sum > 1.0 + 1e-9 {
            overfull.push((quarters[t], sum));
        }
    }
    Country {
        total: (0..quarters.len())
            .map(|t| total.remove(&t).map(|v| v.map(f64::exp)))
            .collect(),
        quarters,
        shares: by_quarter,
        unnamed,
        overfull,
    }
}

/// Makes shares at least 0 and their sum at most 1, in the middle and in every draw. Returns
/// what is left for everybody else, and the sum in the middle as it was.
fn feasible(vendors: &mut BTreeMap<usize, Value>) -> (Value, f64) {
    let draws = vendors.values().map(|v| v.draws.len()).min().unwrap_or(0);
    let sum_of = |get: &dyn Fn(&Value) -> f64, all: &BTreeMap<usize, Value>| -> f64 {
        all.values().map(|v| get(v).max(0.0)).sum()
    };
    let sum = sum_of(&|v| v.central, vendors);
    let mut rest = Value {
        central: (1.0 - sum).max(0.0),
        draws: vec![0.0; draws],
    };
    for d in 0..draws {
        let sum = sum_of(&|v| v.draws[d], vendors);
        rest.draws[d] = (1.0 - sum).max(0.0);
        let scale = sum.max(1.0);
        for v in vendors.values_mut() {
            v.draws[d] = v.draws[d].max(0.0) / scale;
        }
    }
    for v in vendors.values_mut() {
        v.central = v.central.max(0.0) / sum.max(1.0);
    }
    (rest, sum)
}
