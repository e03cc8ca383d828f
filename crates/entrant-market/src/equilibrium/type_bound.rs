//! What a firm could earn at most if it could price to each consumer type separately.
//!
//! No single price vector earns more than the sum of these, so they bound what any deviation
//! can gain. Per type and box of prices the problem is solved exactly: at profit level R every
//! free product wants the margin `R + rho q_h + (1 - rho) / |alpha|`, clipped to its box, with
//! `q_h` the mean of `m - R` in its nest (the uniform-markup property; Nocke and Schutz 2018,
//! proposition 1), and R solves a one-dimensional fixed point (Dinkelbach 1967).

mod nest;

use nest::NestPart;

use entrant_numeric::vector::{exp, ln};

use super::PriceProblem;

/// A box of margins for the free products of one firm.
#[derive(Debug, Clone, PartialEq)]
pub struct MarginBox {
    /// Lower ends, in the order of the firm's free products.
    pub low: Vec<f64>,
    /// Upper ends.
    pub high: Vec<f64>,
}

/// Upper bound on the owner-weighted profit of firm `f`, per potential buyer, over all prices
/// of its free products with margins in `bounds`, rivals and fixed prices held at `price`.
pub fn type_profit_bound(problem: &PriceProblem<'_>, f: usize, price: &[f64], bounds: &MarginBox) -> f64 {
    let own = problem.free_products(f);
    let mut scratch = TypeProblem::new(problem, f, price, &own);
    let mut total = 0.0;
    for i in 0..problem.demand.types() {
        scratch.load(i);
        total += problem.demand.weight[i] * scratch.best(bounds);
    }
    total
}

/// A range that holds every margin of every best response of firm `f` to the other prices.
///
/// At a best response each margin is an average over types of
/// `(1 - rho) (profit_i + 1 / |alpha_i|) + rho mean_ih`, with `mean_ih` the mean margin within the
/// nest. Above, `profit_i` is at most what pricing to type i alone earns; below, it is not
/// negative unless the firm has a stake in products sold under cost. A single product without
/// such stakes is better placed: its range is that of the type-by-type optima.
///
/// `(inf, -inf)` when nobody can buy from the firm.
pub fn uniform_markup_range(problem: &PriceProblem<'_>, f: usize, price: &[f64]) -> (f64, f64) {
    let own = problem.free_products(f);
    let (n, keep) = (own.len(), 1.0 - problem.demand.rho);
    let everything = MarginBox { low: vec![f64::NEG_INFINITY; n], high: vec![f64::INFINITY; n] };
    let mut scratch = TypeProblem::new(problem, f, price, &own);
    let (worst_stake, best_stake) = scratch.stakes();
    let alone = n == 1 && worst_stake == 0.0 && best_stake == 0.0;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..problem.demand.types() {
        scratch.load(i);
        if scratch.utility.iter().all(|u| *u == f64::NEG_INFINITY) {
            continue;
        }
        let level = scratch.best(&everything);
        let patience = 1.0 / -problem.demand.slope[i];
        let (least, most) =
            if alone { (scratch.margin[0], scratch.margin[0]) } else { (keep * patience, level + patience) };
        (low, high) = (low.min(least + worst_stake), high.max(most));
    }
    let nested_stake = problem.demand.rho > 0.0 && high.is_finite();
    (low, if nested_stake { high.max(best_stake) } else { high })
}

/// One consumer type facing one firm.
struct TypeProblem<'a> {
    problem: &'a PriceProblem<'a>,
    f: usize,
    price: &'a [f64],
    own: &'a [usize],
    others: Vec<usize>,
    alpha: f64,
    /// Utility of each own product at margin zero.
    utility: Vec<f64>,
    nests: Vec<NestPart>,
    /// Margins at the optimum, of own products.
    margin: Vec<f64>,
}

impl<'a> TypeProblem<'a> {
    fn new(problem: &'a PriceProblem<'a>, f: usize, price: &'a [f64], own: &'a [usize]) -> Self {
        let mut nests = vec![NestPart::default(); problem.demand.nests];
        for (a, j) in own.iter().enumerate() {
            nests[problem.demand.nest[*j]].own.push(a);
        }
        let others = (0..price.len()).filter(|k| !own.contains(k)).collect();
        let n = own.len();
        TypeProblem { problem, f, price, own, others, alpha: -1.0, utility: vec![0.0; n], nests, margin: vec![0.0; n] }
    }

    /// Smallest (at most 0) and largest (at least 0) weighted margin of products that do not move.
    fn stakes(&self) -> (f64, f64) {
        let ends = |(low, high): (f64, f64), k: &usize| {
            let weighted = self.problem.ownership.weight_of_firm(self.f, *k) * (self.price[*k] - self.problem.cost[*k]);
            (low.min(weighted), high.max(weighted))
        };
        self.others.iter().fold((0.0, 0.0), ends)
    }

    fn load(&mut self, i: usize) {
        let demand = self.problem.demand;
        let taste = demand.taste_of(i);
        let keep = 1.0 - demand.rho;
        self.alpha = demand.slope[i];
        for (a, j) in self.own.iter().enumerate() {
            self.utility[a] = demand.mean[*j] + taste[*j] + self.alpha * self.problem.cost[*j];
        }
        for nest in &mut self.nests {
            nest.shift = nest.own.iter().map(|a| self.utility[*a] / keep).fold(f64::NEG_INFINITY, f64::max);
            (nest.rival, nest.rival_profit) = (0.0, 0.0);
        }
        let value = |k: usize| (demand.mean[k] + taste[k] + self.alpha * self.price[k]) / keep;
        for k in &self.others {
            let nest = &mut self.nests[demand.nest[*k]];
            nest.shift = nest.shift.max(value(*k));
        }
        for k in &self.others {
            let nest = &mut self.nests[demand.nest[*k]];
            let e = if value(*k) == f64::NEG_INFINITY { 0.0 } else { exp(value(*k) - nest.shift) };
            let margin = self.problem.ownership.weight_of_firm(self.f, *k) * (self.price[*k] - self.problem.cost[*k]);
            nest.rival += e;
            nest.rival_profit += e * margin;
        }
    }

    /// Highest owner-weighted profit from this type over the box; leaves the margins behind.
    fn best(&mut self, bounds: &MarginBox) -> f64 {
        let mut level = 0.0;
        for _ in 0..80 {
            let next = self.profit_at_level(level, bounds);
            let done = (next - level).abs() <= 1e-14 * next.abs().max(1e-300);
            level = next;
            if done {
                break;
            }
        }
        level
    }

    /// Profit when every nest sets the margins that are best at profit level `level`.
    fn profit_at_level(&mut self, level: f64, bounds: &MarginBox) -> f64 {
        let keep = 1.0 - self.problem.demand.rho;
        let mut parts: Vec<(f64, f64)> = Vec::with_capacity(self.nests.len());
        for h in 0..self.nests.len() {
            if self.nests[h].shift > f64::NEG_INFINITY {
                let (sum, profit) = self.best_nest(h, level, bounds);
                if sum > 0.0 {
                    parts.push((keep * (self.nests[h].shift + ln(sum)), profit / sum));
                }
            }
        }
        let top = parts.iter().map(|p| p.0).fold(0.0, f64::max);
        let total = exp(-top) + parts.iter().map(|p| exp(p.0 - top)).sum::<f64>();
        parts.iter().map(|p| exp(p.0 - top) * p.1).sum::<f64>() / total
    }

    /// Sum of exponentials and owner-weighted margin sum of a nest at its best margins.
    fn best_nest(&mut self, h: usize, level: f64, bounds: &MarginBox) -> (f64, f64) {
        let nest = &self.nests[h];
        if nest.own.is_empty() {
            return (nest.rival, nest.rival_profit);
        }
        let view = nest::View {
            part: nest,
            utility: &self.utility,
            bounds,
            level,
            rho: self.problem.demand.rho,
            steepness: -self.alpha,
        };
        let wanted = view.best();
        for a in &nest.own {
            self.margin[*a] = wanted.clamp(bounds.low[*a], bounds.high[*a]);
        }
        view.at(wanted)
    }
}
