//! How well each forecaster did.

use std::collections::BTreeMap;

use entrant_data::result::backtest::{ForecastScore, Scored};
use entrant_data::{Draws, Status};
use entrant_numeric::score::crps;

use super::draw::Made;
use super::forecasters::Who;
use super::split::Split;

/// Sums of scores.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    items: usize,
    missing: usize,
    bias: f64,
    error: f64,
    level_error: f64,
    crps: f64,
    covered: usize,
}

/// Sums of scores by what is scored and forecaster.
pub(super) struct Tallies(BTreeMap<(Scored, usize), Tally>);

/// Scores of one market.
pub(super) fn of_market(split: &Split<'_>, target: usize, made: &Made, level: f64) -> Tallies {
    let mut out = Tallies(BTreeMap::new());
    let (share, price) = split.truth(target);
    let rows = &split.chain.rows[target];
    for k in 0..made.by.len() {
        let mut add = |of: Scored, truth: f64, unit: f64, draws: Option<Draws>| {
            let tally = out.0.entry((of, k)).or_default();
            if let Some(draws) = draws {
                tally.add(truth, unit, &draws, level);
            }
        };
        for (j, row) in rows.iter().enumerate() {
            let stays = split.chain.before[*row].is_some();
            let (shares, prices) = if stays {
                (Scored::StayingShares, Scored::StayingPrices)
            } else {
                (Scored::NewShares, Scored::NewPrices)
            };
            add(
                shares,
                share[j],
                100.0,
                made.over(k, |f| f.share.get(j).copied()),
            );
            add(
                prices,
                price[j],
                1.0,
                made.over(k, |f| f.price.get(j).copied()),
            );
        }
        for (_, of_firm) in firms(split, target) {
            let sum = |v: &[f64]| of_firm.iter().map(|j| v[*j]).sum::<f64>();
            let draws = made.over(k, |f| Some(sum(&f.share)));
            add(Scored::FirmShares, sum(share), 100.0, draws);
        }
        let draws = made.over(k, |f| Some(f.share.iter().sum()));
        add(Scored::TotalShare, share.iter().sum(), 100.0, draws);
    }
    out
}

/// Products of each firm of a market.
fn firms(split: &Split<'_>, target: usize) -> BTreeMap<u32, Vec<usize>> {
    let mut of: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (j, row) in split.chain.rows[target].iter().enumerate() {
        of.entry(split.chain.firm[*row]).or_default().push(j);
    }
    of
}

impl Tally {
    fn add(&mut self, truth: f64, unit: f64, draws: &Draws, level: f64) {
        let logs = draws.map(f64::ln);
        let (middle, e) = (truth.ln(), logs.estimate(level, Status::Exact));
        if !(e.median.is_finite() && middle.is_finite()) {
            self.missing += 1;
            return;
        }
        self.items += 1;
        self.bias += e.median - middle;
        self.error += (e.median - middle).abs();
        self.level_error += unit * (e.median.exp() - truth).abs();
        self.crps += crps(logs.values(), middle);
        self.covered += usize::from((e.low..=e.high).contains(&middle));
    }

    fn plus(&mut self, other: &Tally) {
        self.items += other.items;
        self.missing += other.missing;
        self.bias += other.bias;
        self.error += other.error;
        self.level_error += other.level_error;
        self.crps += other.crps;
        self.covered += other.covered;
    }

    fn report(&self, of: Scored, forecaster: &str) -> ForecastScore {
        let n = self.items as f64;
        let mean = |sum: f64| (self.items > 0).then(|| sum / n);
        ForecastScore {
            of,
            forecaster: forecaster.into(),
            items: self.items,
            missing: self.missing,
            bias: mean(self.bias),
            error: mean(self.error),
            level_error: mean(self.level_error),
            crps: mean(self.crps),
            coverage: mean(self.covered as f64),
        }
    }
}

impl Tallies {
    pub(super) fn new(_: &[Who]) -> Self {
        Tallies(BTreeMap::new())
    }

    pub(super) fn add(&mut self, other: &Tallies) {
        for (key, tally) in &other.0 {
            self.0.entry(*key).or_default().plus(tally);
        }
    }

    /// Scores of what was forecast at all.
    pub(super) fn report(&self, who: &[Who]) -> Vec<ForecastScore> {
        let one = |((of, k), tally): (&(Scored, usize), &Tally)| tally.report(*of, who[*k].name());
        let said = self.0.iter().filter(|(_, t)| t.items + t.missing > 0);
        said.map(one).collect()
    }
}
