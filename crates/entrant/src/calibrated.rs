//! Calibrations over draws, for the report; and the certificate of the market as it is.

use std::collections::BTreeMap;

use entrant_data::result::{
    CalibrationReport, Estimate, ParameterReport, StatusCount, TargetReport,
};
use entrant_data::{Draws, Status};
use entrant_estimate::Calibration;
use entrant_market::equilibrium::{Effort, Equilibrium, PriceProblem, find};

use crate::draw::{Calibrated, OneDraw};

/// One report per market: central values, with intervals over draws.
pub fn report(markets: &[Calibrated], draws: &[OneDraw], level: f64) -> Vec<CalibrationReport> {
    markets
        .iter()
        .enumerate()
        .map(|(t, m)| one_report(m, &OverDraws::new(draws, t, level)))
        .collect()
}

/// All draws of one market's calibration.
struct OverDraws<'a> {
    draws: Vec<&'a Calibrated>,
    level: f64,
    status: Status,
}

impl<'a> OverDraws<'a> {
    fn new(draws: &'a [OneDraw], t: usize, level: f64) -> Self {
        let draws: Vec<&Calibrated> = draws.iter().map(|d| &d.markets[t]).collect();
        let status = status_of(&draws);
        OverDraws {
            draws,
            level,
            status,
        }
    }

    fn of(&self, f: impl Fn(&Calibrated) -> f64) -> Estimate {
        let one = |d: &&Calibrated| {
            if d.calibration.status.is_usable() {
                f(d)
            } else {
                f64::NAN
            }
        };
        Draws::new(self.draws.iter().map(one).collect()).estimate(self.level, self.status)
    }

    fn counts(&self) -> Vec<StatusCount> {
        let mut counts: BTreeMap<Status, usize> = BTreeMap::new();
        for d in &self.draws {
            *counts.entry(d.calibration.status).or_insert(0) += 1;
        }
        counts
            .into_iter()
            .map(|(status, draws)| StatusCount { status, draws })
            .collect()
    }
}

/// Status of a number that rests on all draws: the worst usable one, unless more than 1% of the
/// draws could not be calibrated.
fn status_of(draws: &[&Calibrated]) -> Status {
    let all = || draws.iter().map(|d| d.calibration.status);
    let lost = all().filter(|s| !s.is_usable()).count();
    let counts = |s: &Status| lost * 100 > draws.len() || s.is_usable();
    all().filter(counts).fold(Status::Exact, Status::worst)
}

fn one_report(m: &Calibrated, over: &OverDraws<'_>) -> CalibrationReport {
    let c = &m.calibration;
    let products = 0..c.market.products.len();
    CalibrationReport {
        market: c.market.id.clone(),
        status: c.status,
        identification: c.identification,
        method: c.method.into(),
        parameters: (0..c.parameters.len())
            .map(|k| parameter(c, k, over))
            .collect(),
        targets: (0..c.targets.len()).map(|k| target(c, k, over)).collect(),
        share_residual: c.share_residual,
        size: over.of(|d| d.calibration.observed.size),
        outside_share: over.of(|d| d.calibration.observed.outside()),
        average_price: over.of(|d| d.calibration.observed.average_price()),
        aggregate_elasticity: over.of(|d| d.aggregate),
        costs: products
            .clone()
            .map(|j| over.of(|d| d.calibration.market.products[j].cost))
            .collect(),
        elasticities: products
            .clone()
            .map(|j| over.of(|d| d.elasticity[j]))
            .collect(),
        margins: products
            .map(|j| over.of(|d| margin(&d.calibration, j)))
            .collect(),
        products: c.market.products.iter().map(|p| p.id.clone()).collect(),
        draws: over.counts(),
    }
}

fn margin(c: &Calibration, j: usize) -> f64 {
    let p = &c.market.products[j];
    1.0 - p.cost / p.price
}

fn parameter(c: &Calibration, k: usize, over: &OverDraws<'_>) -> ParameterReport {
    let p = &c.parameters[k];
    ParameterReport {
        name: p.name.clone(),
        meaning: p.meaning.clone(),
        calibrated: p.calibrated,
        central: p.value,
        value: over.of(|d| d.calibration.parameters[k].value),
    }
}

fn target(c: &Calibration, k: usize, over: &OverDraws<'_>) -> TargetReport {
    let t = &c.targets[k];
    TargetReport {
        name: t.name.clone(),
        input: t.input,
        fitted: t.fitted,
        value: over.of(|d| d.calibration.targets[k].fitted),
    }
}

/// Certificate of the calibrated market at its observed prices.
pub fn base_certificate(m: &Calibrated, boxes: usize) -> Equilibrium {
    let market = &m.calibration.market;
    let demand = market.demand();
    let (ownership, cost, free) = (market.ownership(), market.costs(), market.free());
    let problem = PriceProblem {
        demand: &demand,
        ownership: &ownership,
        cost: &cost,
        free: &free,
    };
    find(&problem, &market.prices(), Effort::Full { boxes })
}

/// Why the targets do not determine the parameters.
pub fn why_not_identified(c: &Calibration) -> String {
    let free: Vec<&str> = c
        .parameters
        .iter()
        .filter(|p| p.calibrated)
        .map(|p| p.name.as_str())
        .collect();
    let targets = c.targets.len();
    if targets < free.len() {
        format!(
            "{} to calibrate ({}), {targets} targets",
            free.len(),
            free.join(", ")
        )
    } else {
        format!(
            "the targets move together: ratio of singular values {:.1e}",
            c.conditioning
        )
    }
}

/// Why a market could not be calibrated.
pub fn why_not_solved(c: &Calibration) -> String {
    let targets: Vec<String> = c
        .targets
        .iter()
        .map(|t| format!("{} = {:.4}", t.name, t.input))
        .collect();
    let targets = targets.join(", ");
    match c.status {
        Status::LocalOnly => format!(
            "the market at its observed prices is no equilibrium: some firm's profit is not at a maximum ({targets}); lower the spread of price sensitivity"
        ),
        Status::NoEquilibrium => {
            "some consumers do not dislike higher prices, so no equilibrium in prices exists".into()
        }
        _ => format!("no parameters of the right sign meet the targets together ({targets})"),
    }
}
