//! One draw of everything that changes over time.

use std::collections::BTreeMap;

use entrant_data::spec::{OptionSpec, WorthSpec};
use entrant_data::{InputError, Quantity, Status};
use entrant_market::Market;
use entrant_scenario::stream::{
    Conditions, Sales, in_conditions, is_entrant, reach, sales, without_entry,
};
use entrant_scenario::{MarketDraw, Terms};

use super::timing::OptionDraw;
use super::{Horizon, LISTED, conditions};
use crate::economy::Economy;

/// One draw of everything that changes over time.
#[derive(Debug, Clone)]
pub(crate) struct HorizonDraw {
    /// Discount, growth and costs.
    pub(super) terms: Terms,
    /// Awareness as a multiple of the scenario's (listed periods).
    pub(super) reach: Vec<f64>,
    /// Profits of each scenario in which the firm enters.
    pub(super) streams: Vec<Option<Stream>>,
    /// Options of when to enter.
    pub(super) options: Vec<OptionDraw>,
}

/// Profits over time in one scenario, before the market grows. The last period stands for all
/// later ones.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    /// Worst status of a period.
    pub(super) status: Status,
    /// Profit of each firm (periods x firms).
    pub(super) with: Vec<Vec<f64>>,
    /// Profit of each firm without the entry (periods x firms).
    pub(super) without: Vec<Vec<f64>>,
    /// Units of the entrants (periods).
    pub(super) units: Vec<f64>,
    /// Largest first-order residual of a period.
    pub(super) residual: f64,
    /// Largest curvature of a period.
    pub(super) curvature: f64,
    /// Number of different equilibria in each market.
    pub(super) equilibria: usize,
    /// What the entry adds to the firm's profit in the conditions of the scenario; nothing where the
    /// firm sells nothing else, so that its profit is what it adds.
    pub(super) added: Option<f64>,
}

impl HorizonDraw {
    /// Solves every period of every scenario in which the firm enters; `found` are the scenarios
    /// of this draw (scenarios x markets).
    ///
    /// # Errors
    /// A change that contradicts itself at this draw.
    pub(crate) fn solve(
        horizon: &Horizon,
        economy: &Economy,
        found: &[Vec<MarketDraw>],
    ) -> Result<Option<Self>, InputError> {
        let Some(spec) = &economy.resolved.study.worth else {
            return Ok(None);
        };
        if !economy.places.iter().all(|p| p.status.is_usable()) {
            return Ok(None);
        }
        let mut solver = Solver::new(horizon, economy, found)?;
        let periods = conditions(spec, spec.periods);
        let mut stream = |s: usize| {
            let enters = horizon.firms[s].is_some();
            enters.then(|| solver.stream(s, &periods))
        };
        let streams = (0..horizon.firms.len()).map(&mut stream).collect();
        let study = &economy.resolved.study;
        let options = study.timing.as_ref().map_or(Vec::new(), |timing| {
            let one = |o: &OptionSpec| solver.option(study, spec, timing, o);
            timing.option.iter().map(one).collect()
        });
        Ok(Some(HorizonDraw {
            terms: terms(spec),
            reach: (1..=spec.periods.min(LISTED))
                .map(|t| reach(spec.path.as_ref(), t))
                .collect(),
            streams,
            options,
        }))
    }
}

/// What the money of an entry depends on beside profits, where every quantity is known.
pub(crate) fn terms(spec: &WorthSpec) -> Terms {
    let known = |q: &Option<Quantity>| q.as_ref().map_or(0.0, Quantity::value);
    Terms {
        discount: spec.discount.value(),
        growth: known(&spec.growth),
        running: per_period(spec, known(&spec.yearly_cost)),
        fixed_cost: spec.fixed_cost.value(),
    }
}

/// A cost per year, per period.
pub(super) fn per_period(spec: &WorthSpec, yearly: f64) -> f64 {
    yearly / f64::from(spec.year.max(1))
}

/// Equilibria of one draw, each solved once.
pub(super) struct Solver<'a> {
    horizon: &'a Horizon,
    found: &'a [Vec<MarketDraw>],
    /// Markets of each scenario in which the firm enters, after each number of moves of others
    /// (moves x scenarios x markets).
    markets: Vec<Vec<Vec<Market>>>,
    /// Everything solved so far.
    pub(super) solved: Vec<Sales>,
    /// Where a scenario (or, without the entry, a base) in some conditions is in `solved`.
    at: BTreeMap<(bool, usize, [u64; 5]), usize>,
    /// Where the last of a scenario or a base is, to start from.
    last: BTreeMap<(bool, usize), usize>,
}

impl<'a> Solver<'a> {
    fn new(
        horizon: &'a Horizon,
        economy: &'a Economy,
        found: &'a [Vec<MarketDraw>],
    ) -> Result<Self, InputError> {
        let markets = |s: usize, moves: usize| match horizon.firms[s] {
            Some(_) => super::markets(economy, s, moves),
            None => Ok(Vec::new()),
        };
        let after = |moves: usize| {
            let all = 0..horizon.firms.len();
            all.map(|s| markets(s, moves)).collect::<Result<_, _>>()
        };
        Ok(Solver {
            markets: (0..=horizon.moves.len())
                .map(after)
                .collect::<Result<_, _>>()?,
            horizon,
            found,
            solved: Vec::new(),
            at: BTreeMap::new(),
            last: BTreeMap::new(),
        })
    }

    /// A scenario in which the firm enters, period by period.
    fn stream(&mut self, s: usize, periods: &[Conditions]) -> Stream {
        let pairs: Vec<(usize, usize)> = periods
            .iter()
            .map(|at| (self.with(s, *at), self.without(s, *at)))
            .collect();
        let added = self.sells_already(s).then(|| {
            let with = self.with(s, Conditions::SCENARIO);
            let without = self.without(s, Conditions::SCENARIO);
            self.solved[with].profit[0] - self.solved[without].profit[0]
        });
        let mut used: Vec<usize> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        used.sort_unstable();
        used.dedup();
        let all = used.iter().map(|k| &self.solved[*k]);
        let profit = |k: usize| self.solved[k].profit.clone();
        Stream {
            status: all
                .clone()
                .map(|x| x.status)
                .fold(Status::Exact, Status::worst),
            with: pairs.iter().map(|(a, _)| profit(*a)).collect(),
            without: pairs.iter().map(|(_, b)| profit(*b)).collect(),
            units: pairs.iter().map(|(a, _)| self.solved[*a].units).collect(),
            residual: all.clone().map(|x| x.residual).fold(0.0, f64::max),
            curvature: all.map(|x| x.curvature).fold(f64::NEG_INFINITY, f64::max),
            equilibria: used.len(),
            added,
        }
    }

    /// Whether the firm sells something beside what it enters with.
    fn sells_already(&self, s: usize) -> bool {
        let firm = &self.horizon.firm;
        let mut all = self.markets[0][s].iter().flat_map(|m| &m.products);
        all.any(|p| p.firm == *firm && p.on_sale && !is_entrant(p, firm))
    }

    /// The scenario in these conditions.
    pub(super) fn with(&mut self, s: usize, at: Conditions) -> usize {
        let key = (true, s, bits(at));
        if let Some(k) = self.at.get(&key) {
            return *k;
        }
        let found = if at == Conditions::SCENARIO {
            self.as_found(s)
        } else {
            let firm = &self.horizon.firm;
            let here = &self.markets[at.moves][s];
            let here = here.iter().map(|m| in_conditions(m, firm, at));
            let here: Vec<Market> = here.collect();
            let start = self.start(true, s, &here);
            sales(&here, self.firms(s), &start)
        };
        self.keep(key, found)
    }

    /// The scenario without the firm's entry in these conditions.
    pub(super) fn without(&mut self, s: usize, at: Conditions) -> usize {
        let base = self.horizon.base[s];
        let only_costs = Conditions {
            rivals_cost: at.rivals_cost,
            moves: at.moves,
            ..Conditions::SCENARIO
        };
        let key = (false, base, bits(only_costs));
        if let Some(k) = self.at.get(&key) {
            return *k;
        }
        let firm = &self.horizon.firm;
        let left = |m: &Market| in_conditions(&without_entry(m, firm), firm, only_costs);
        let here: Vec<Market> = self.markets[at.moves][s].iter().map(left).collect();
        let start = self.start(false, base, &here);
        let found = sales(&here, self.firms(s), &start);
        self.keep(key, found)
    }

    fn keep(&mut self, key: (bool, usize, [u64; 5]), found: Sales) -> usize {
        let k = self.solved.len();
        self.solved.push(found);
        self.at.insert(key, k);
        self.last.insert((key.0, key.1), k);
        k
    }

    fn firms(&self, s: usize) -> &'a [String] {
        self.horizon.firms[s].as_deref().unwrap_or_default()
    }

    /// Prices of the last usable equilibrium nearby; today's prices without one, and for products
    /// that have come in since.
    fn start(&self, with: bool, s: usize, here: &[Market]) -> Vec<Vec<f64>> {
        let near = self.last.get(&(with, s)).map(|k| &self.solved[*k]);
        let drawn = &self.found[s];
        let known: Vec<&[f64]> = if let Some(near) = near.filter(|x| x.status.is_usable()) {
            near.price.iter().map(Vec::as_slice).collect()
        } else if with && drawn.iter().all(|d| d.status.is_usable()) {
            drawn.iter().map(|d| &d.equilibrium.price[..]).collect()
        } else {
            Vec::new()
        };
        let known = known.into_iter().chain(std::iter::repeat(&[][..]));
        let one = |(market, known): (&Market, &[f64])| {
            let mut price = market.prices();
            price.iter_mut().zip(known).for_each(|(p, k)| *p = *k);
            price
        };
        here.iter().zip(known).map(one).collect()
    }

    /// The scenario as it was solved already.
    fn as_found(&self, s: usize) -> Sales {
        let (drawn, firms) = (&self.found[s], self.firms(s));
        let mut all = Sales {
            status: Status::Exact,
            profit: vec![0.0; firms.len()],
            units: 0.0,
            price: drawn.iter().map(|d| d.equilibrium.price.clone()).collect(),
            residual: 0.0,
            curvature: f64::NEG_INFINITY,
        };
        for (market, d) in self.markets[0][s].iter().zip(drawn) {
            all.status = all.status.worst(d.status);
            all.residual = all.residual.max(d.equilibrium.local.residual);
            all.curvature = all.curvature.max(d.equilibrium.local.curvature);
            let products = market.products.iter().enumerate();
            for (j, p) in products.filter(|(_, p)| p.on_sale) {
                let units = d.size * d.share_after[j];
                if let Some(f) = firms.iter().position(|f| *f == p.firm) {
                    all.profit[f] += units * d.earned(j);
                }
                if is_entrant(p, &self.horizon.firm) {
                    all.units += units;
                }
            }
        }
        all
    }
}

fn bits(at: Conditions) -> [u64; 5] {
    let [a, b, c, d] = [at.reach, at.price, at.cost, at.rivals_cost].map(f64::to_bits);
    [a, b, c, d, at.moves as u64]
}
