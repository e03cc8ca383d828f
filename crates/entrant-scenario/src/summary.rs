//! From draws to intervals.

use std::collections::BTreeMap;

use entrant_data::draws::quantile;
use entrant_data::result::{
    Certificate, Change, DiversionTable, Estimate, FirmDeviation, FirmOutcome, MarketOutcome,
    PricingPressure, ProductOutcome, StatusCount, VolumeSource,
};
use entrant_data::{Draws, Status};
use entrant_market::{Market, PriceRule};

use crate::capacities;
use crate::pressure::Pressure;
use crate::run::MarketDraw;

/// What is the same about a product in every draw.
#[derive(Debug, Clone, PartialEq)]
pub struct ProductFacts {
    /// Id.
    pub id: String,
    /// Firm after the scenario.
    pub firm: String,
    /// Firm before it; differs after a merger.
    pub firm_before: String,
    /// Brand.
    pub brand: String,
    /// Whether it was not on sale before.
    pub entrant: bool,
    /// Whether it is on sale after.
    pub on_sale: bool,
    /// How its price is set.
    pub rule: &'static str,
}

impl ProductFacts {
    /// Facts of every product of a market after a scenario. Products of the market before come
    /// first, in the same order.
    pub fn of(before: &Market, after: &Market) -> Vec<ProductFacts> {
        let firm_before = |j: usize| before.products.get(j).map(|p| p.firm.clone());
        let one = |(j, p): (usize, &entrant_market::Product)| ProductFacts {
            firm_before: firm_before(j).unwrap_or_else(|| p.firm.clone()),
            id: p.id.clone(),
            firm: p.firm.clone(),
            brand: p.brand.clone(),
            entrant: p.entrant,
            on_sale: p.on_sale,
            rule: match p.rule {
                PriceRule::Optimal => "optimal",
                PriceRule::Given => "given",
                PriceRule::Held => "held",
            },
        };
        after.products.iter().enumerate().map(one).collect()
    }
}

/// All draws of one market under one scenario.
#[derive(Debug, Clone, Copy)]
pub struct ScenarioDraws<'a> {
    /// Market id.
    pub market: &'a str,
    /// Products, as in every draw.
    pub products: &'a [ProductFacts],
    /// The run at the central values of the inputs, with full effort.
    pub central: &'a MarketDraw,
    /// The draws.
    pub draws: &'a [MarketDraw],
    /// Level of the intervals.
    pub level: f64,
    /// Whether each number also says what it is in the central run: where that stands at estimates.
    pub centred: bool,
}

/// Share of draws without an equilibrium above which no number is called certified.
const DROPPED_LIMIT: f64 = 0.01;

impl ScenarioDraws<'_> {
    /// The central run as the only draw.
    pub fn at_the_centre(&self) -> Self {
        ScenarioDraws {
            draws: std::slice::from_ref(self.central),
            ..*self
        }
    }

    /// Status of every number that rests on all draws: the worst usable one, unless too many
    /// draws ended without an equilibrium.
    pub fn status(&self) -> Status {
        let counts = self.counts();
        let dropped: usize = counts
            .iter()
            .filter(|c| !c.status.is_usable())
            .map(|c| c.draws)
            .sum();
        if dropped as f64 > DROPPED_LIMIT * self.draws.len() as f64 {
            return counts
                .iter()
                .filter(|c| !c.status.is_usable())
                .max_by_key(|c| c.draws)
                .map_or(Status::NotConverged, |c| c.status);
        }
        counts
            .iter()
            .filter(|c| c.status.is_usable())
            .map(|c| c.status)
            .fold(self.central.status, Status::worst)
    }

    /// How many draws ended with which status.
    pub fn counts(&self) -> Vec<StatusCount> {
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for d in self.draws {
            *counts.entry(d.status).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .map(|(status, draws)| StatusCount { status, draws })
            .collect()
    }

    /// A number per draw; `NaN` for draws without an equilibrium.
    pub fn draws_of(&self, f: impl Fn(&MarketDraw) -> f64) -> Draws {
        Draws::new(
            self.draws
                .iter()
                .map(|d| if d.status.is_usable() { f(d) } else { f64::NAN })
                .collect(),
        )
    }

    pub(crate) fn estimate(&self, draws: &Draws, central: f64) -> Estimate {
        let found = draws.estimate(self.level, self.status());
        if self.centred {
            found.at_estimates(central)
        } else {
            found
        }
    }

    /// A number with its interval.
    pub(crate) fn number(&self, f: impl Fn(&MarketDraw) -> f64) -> Estimate {
        self.estimate(&self.draws_of(&f), f(self.central))
    }

    /// A number before and after.
    pub(crate) fn change(
        &self,
        before: impl Fn(&MarketDraw) -> f64,
        after: impl Fn(&MarketDraw) -> f64,
    ) -> Change {
        let central = [before(self.central), after(self.central)];
        self.change_of(&self.draws_of(before), &self.draws_of(after), central)
    }

    /// A number before and after, over draws and in the central run.
    pub(crate) fn change_of(&self, before: &Draws, after: &Draws, [b, a]: [f64; 2]) -> Change {
        let relative = before
            .values()
            .iter()
            .any(|b| *b > 0.0)
            .then(|| self.estimate(&before.zip(after, |b, a| (a - b) / b), (a - b) / b));
        Change {
            change: self.estimate(&before.zip(after, |b, a| a - b), a - b),
            before: self.estimate(before, b),
            after: self.estimate(after, a),
            relative,
        }
    }

    /// Sums over the products of a firm (or any set), before and after.
    fn total(&self, chosen: &[bool], before: Value, after: Value) -> Change {
        let sum = |d: &MarketDraw, v: Value| {
            (0..chosen.len())
                .filter(|j| chosen[*j])
                .map(|j| v(d, j))
                .sum::<f64>()
        };
        self.change(|d| sum(d, before), |d| sum(d, after))
    }
}

type Value = fn(&MarketDraw, usize) -> f64;

/// Zero for a product that is not there, whose price is `NaN`.
fn or_zero(v: f64) -> f64 {
    if v.is_nan() { 0.0 } else { v }
}

const SHARE: (Value, Value) = (|d, j| d.share_before[j], |d, j| d.share_after[j]);
const UNITS: (Value, Value) = (
    |d, j| d.size * d.share_before[j],
    |d, j| d.size * d.share_after[j],
);
const UNIT_SHARE: (Value, Value) = (
    |d, j| d.share_before[j] / d.share_before.iter().sum::<f64>(),
    |d, j| d.share_after[j] / d.share_after.iter().sum::<f64>(),
);
const REVENUE: (Value, Value) = (
    |d, j| or_zero(d.size * d.share_before[j] * d.price_before[j]),
    |d, j| or_zero(d.size * d.share_after[j] * d.price_after[j]),
);
const PROFIT: (Value, Value) = (
    |d, j| or_zero(d.size * d.share_before[j] * (d.price_before[j] - d.cost_before[j])),
    |d, j| or_zero(d.size * d.share_after[j] * d.earned(j)),
);

/// Summarises all draws of one market under one scenario.
pub fn summarise(s: &ScenarioDraws<'_>) -> MarketOutcome {
    let firms = firms_of(s.products);
    let everything = vec![true; s.products.len()];
    MarketOutcome {
        market: s.market.to_owned(),
        status: s.central.status,
        draws: s.counts(),
        products: (0..s.products.len()).map(|j| product(s, j)).collect(),
        firms: firms.iter().map(|f| firm(s, f)).collect(),
        consumer_surplus: s.change(|d| d.size * d.surplus_before, |d| d.size * d.surplus_after),
        merger_hhi: changes_hands(s).then(|| s.number(|d| merger_hhi(s.products, d))),
        hhi: s.change(|d| hhi_before(s.products, d), |d| hhi_after(s.products, d)),
        units: s.total(&everything, UNITS.0, UNITS.1),
        capacities: capacities::outcomes(s),
        government: taxed(s).then(|| s.number(government)),
        diversion: diversion(s),
        volume_source: volume_source(s, &firms),
        certificate: certificate(s, &firms),
    }
}

/// Firms in order of first appearance.
pub(crate) fn firms_of(products: &[ProductFacts]) -> Vec<String> {
    let mut firms: Vec<String> = Vec::new();
    for p in products {
        if !firms.contains(&p.firm) {
            firms.push(p.firm.clone());
        }
    }
    firms
}

fn product(s: &ScenarioDraws<'_>, j: usize) -> ProductOutcome {
    let facts = &s.products[j];
    let only: Vec<bool> = (0..s.products.len()).map(|k| k == j).collect();
    ProductOutcome {
        product: facts.id.clone(),
        firm: facts.firm.clone(),
        brand: facts.brand.clone(),
        entrant: facts.entrant,
        on_sale: facts.on_sale,
        price_rule: facts.rule.into(),
        price: s.change(|d| d.price_before[j], |d| d.price_after[j]),
        cost: s.number(|d| d.cost_after[j]),
        share: s.total(&only, SHARE.0, SHARE.1),
        unit_share: s.total(&only, UNIT_SHARE.0, UNIT_SHARE.1),
        units: s.total(&only, UNITS.0, UNITS.1),
        revenue: s.total(&only, REVENUE.0, REVENUE.1),
        profit: s.total(&only, PROFIT.0, PROFIT.1),
        shadow_price: capacities::shadow_price(s, j),
        pressure: pressure(s, j),
    }
}

/// Screens of a product that changes hands.
fn pressure(s: &ScenarioDraws<'_>, j: usize) -> Option<PricingPressure> {
    let of = |d: &MarketDraw| d.pressure.get(j).copied().unwrap_or(Pressure::NONE);
    of(s.central).upward.is_finite().then(|| PricingPressure {
        upward: s.number(|d| of(d).upward),
        gross: s.number(|d| of(d).gross),
        compensating: s.number(|d| of(d).compensating),
    })
}

/// Whether some product on sale before has another owner after.
fn changes_hands(s: &ScenarioDraws<'_>) -> bool {
    let all = s.products.iter();
    all.filter(|p| !p.entrant).any(|p| p.firm != p.firm_before)
}

/// Whether something that is sold is taxed or subsidised.
fn taxed(s: &ScenarioDraws<'_>) -> bool {
    let levies = s.central.kept.iter().zip(&s.central.duty);
    levies
        .zip(s.products)
        .any(|((kept, duty), p)| p.on_sale && (1.0 - kept != 0.0 || *duty != 0.0))
}

/// What taxes bring the government, subsidies cost it.
fn government(d: &MarketDraw) -> f64 {
    let one = |j: usize| or_zero(d.size * d.share_after[j] * d.taken(j));
    (0..d.share_after.len()).map(one).sum()
}

/// What new owners add to concentration at the shares before.
pub(crate) fn merger_hhi(products: &[ProductFacts], d: &MarketDraw) -> f64 {
    hhi(products, |p| &p.firm, &d.share_before) - hhi_before(products, d)
}

fn firm(s: &ScenarioDraws<'_>, name: &str) -> FirmOutcome {
    let own: Vec<bool> = s.products.iter().map(|p| p.firm == name).collect();
    let entrant = s.products.iter().all(|p| p.firm != name || p.entrant);
    let mean = |d: &MarketDraw, value: Value, units: Value| {
        let total = |v: Value| {
            (0..own.len())
                .filter(|j| own[*j])
                .map(|j| v(d, j))
                .sum::<f64>()
        };
        total(value) / total(units)
    };
    FirmOutcome {
        firm: name.to_owned(),
        entrant,
        price: s.change(
            |d| mean(d, REVENUE.0, UNITS.0),
            |d| mean(d, REVENUE.1, UNITS.1),
        ),
        share: s.total(&own, SHARE.0, SHARE.1),
        unit_share: s.total(&own, UNIT_SHARE.0, UNIT_SHARE.1),
        units: s.total(&own, UNITS.0, UNITS.1),
        revenue: s.total(&own, REVENUE.0, REVENUE.1),
        profit: s.total(&own, PROFIT.0, PROFIT.1),
    }
}

/// [`hhi`] at the owners and shares before.
pub(crate) fn hhi_before(products: &[ProductFacts], d: &MarketDraw) -> f64 {
    hhi(products, |p| &p.firm_before, &d.share_before)
}

/// [`hhi`] at the owners and shares after.
pub(crate) fn hhi_after(products: &[ProductFacts], d: &MarketDraw) -> f64 {
    hhi(products, |p| &p.firm, &d.share_after)
}

/// Herfindahl-Hirschman index of units by firm, 0 to 10,000, at the owners of the time.
fn hhi(products: &[ProductFacts], firm: impl Fn(&ProductFacts) -> &String, share: &[f64]) -> f64 {
    let total: f64 = share.iter().sum();
    let mut units: BTreeMap<&String, f64> = BTreeMap::new();
    for (p, s) in products.iter().zip(share) {
        *units.entry(firm(p)).or_insert(0.0) += s;
    }
    units.values().map(|u| (100.0 * u / total).powi(2)).sum()
}

fn volume_source(s: &ScenarioDraws<'_>, firms: &[String]) -> Vec<VolumeSource> {
    let entering = |p: &ProductFacts| p.entrant && p.on_sale;
    if !s.products.iter().any(entering) {
        return Vec::new();
    }
    let gained = |d: &MarketDraw| d.source.iter().sum::<f64>();
    let row = |from: &str, taken: &dyn Fn(&MarketDraw) -> f64| VolumeSource {
        from: from.to_owned(),
        share: s.number(|d| taken(d) / gained(d)),
        units: s.number(|d| d.size * taken(d)),
    };
    let incumbent = |f: &&String| s.products.iter().any(|p| p.firm == **f && !p.entrant);
    let mut rows: Vec<VolumeSource> = firms
        .iter()
        .filter(incumbent)
        .map(|f| {
            row(f, &|d| {
                s.products
                    .iter()
                    .zip(&d.source)
                    .filter(|(p, _)| p.firm == *f)
                    .map(|(_, x)| x)
                    .sum()
            })
        })
        .collect();
    rows.push(row("outside", &|d| d.source[s.products.len()]));
    rows
}

fn diversion(s: &ScenarioDraws<'_>) -> DiversionTable {
    let n = s.products.len();
    let kept: Vec<&MarketDraw> = s.draws.iter().filter(|d| !d.diversion.is_empty()).collect();
    let kept = if kept.is_empty() && !s.central.diversion.is_empty() {
        vec![s.central]
    } else {
        kept
    };
    let tail = (1.0 - s.level) / 2.0;
    if kept.is_empty() && s.central.status.is_usable() {
        return nothing_diverted(s);
    }
    let mut table = DiversionTable {
        products: s.products.iter().map(|p| p.id.clone()).collect(),
        low: Vec::new(),
        median: Vec::new(),
        high: Vec::new(),
        level: s.level,
        status: s.status(),
    };
    for j in 0..n {
        let cells: Vec<Vec<f64>> = (0..=n)
            .map(|k| sorted(kept.iter().map(|d| d.diversion[j * (n + 1) + k])))
            .collect();
        let row = |p: f64| {
            cells
                .iter()
                .map(|c| some_rounded(quantile(c, p)))
                .collect::<Vec<_>>()
        };
        table.low.push(row(tail));
        table.median.push(row(0.5));
        table.high.push(row(1.0 - tail));
    }
    table
}

/// The table of a run in which no diversion was computed.
fn nothing_diverted(s: &ScenarioDraws<'_>) -> DiversionTable {
    DiversionTable {
        products: Vec::new(),
        low: Vec::new(),
        median: Vec::new(),
        high: Vec::new(),
        level: s.level,
        status: s.status(),
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut v: Vec<f64> = values.collect();
    v.sort_by(f64::total_cmp);
    v
}

/// Six decimals keep the table small; it is a table of shares.
fn some_rounded(v: f64) -> Option<f64> {
    v.is_finite().then(|| (v * 1e6).round() / 1e6)
}

fn certificate(s: &ScenarioDraws<'_>, firms: &[String]) -> Certificate {
    let e = &s.central.equilibrium;
    let worst = |f: &dyn Fn(&MarketDraw) -> f64| {
        s.draws
            .iter()
            .filter(|d| d.status.is_usable())
            .map(f)
            .fold(f64::NEG_INFINITY, f64::max)
    };
    // The solver counts before the part of prices that goes to the government, one for each firm.
    let kept = |firm: usize| {
        let sold = s.products.iter().zip(&s.central.kept);
        let own = |(p, _): &(&ProductFacts, &f64)| p.on_sale && firms.get(firm) == Some(&p.firm);
        sold.into_iter().find(own).map_or(1.0, |(_, k)| *k)
    };
    let deviation = |d: &entrant_market::equilibrium::Deviation| FirmDeviation {
        firm: firms.get(d.firm).cloned().unwrap_or_default(),
        profit: d.profit * s.central.size * kept(d.firm),
        gain_found: d.gain_found(),
        gain_bound: d.gain_bound(),
    };
    Certificate {
        status: e.status,
        residual: e.local.residual,
        gradient: e.local.gradient,
        curvature: e.local.curvature,
        capacity: (!e.shadow.is_empty()).then_some(e.local.capacity),
        deviations: e.deviations.iter().map(deviation).collect(),
        equilibria: usize::from(e.status.is_usable()) + e.others.len(),
        starts: e.starts,
        iterations: e.iterations,
        worst_residual: worst(&|d| d.equilibrium.local.residual),
        worst_curvature: worst(&|d| d.equilibrium.local.curvature),
    }
}
