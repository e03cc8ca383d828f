//! What a firm could earn at most if it could price to each consumer type separately.
//!
//! No single price vector earns more than the sum of these, so they bound what any deviation
//! can gain. Per type and box of prices the problem is solved exactly: at profit level R every
//! free product wants the margin `R + rho q_h + (1 - rho) / |alpha|`, clipped to its box, with
//! `q_h` the mean of `m - R` in its nest (the uniform-markup property; Nocke and Schutz 2018,
//! proposition 1), and R solves a one-dimensional fixed point (Dinkelbach 1967).

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

/// Smallest and largest margin that any type-by-type optimum uses: every best response of a
/// single-product firm lies in this range, and searches elsewhere are pointless.
pub fn uniform_markup_range(problem: &PriceProblem<'_>, f: usize, price: &[f64]) -> (f64, f64) {
    let own = problem.free_products(f);
    let n = own.len();
    let everything = MarginBox { low: vec![f64::NEG_INFINITY; n], high: vec![f64::INFINITY; n] };
    let mut scratch = TypeProblem::new(problem, f, price, &own);
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for i in 0..problem.demand.types() {
        scratch.load(i);
        scratch.best(&everything);
        for j in (0..n).filter(|j| scratch.utility[*j] > f64::NEG_INFINITY) {
            low = low.min(scratch.margin[j]);
            high = high.max(scratch.margin[j]);
        }
    }
    (low, high)
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
    /// Nests that hold an own product, and all others as one.
    nests: Vec<NestPart>,
    /// Margins at the optimum, of own products.
    margin: Vec<f64>,
}

/// What a nest holds, with exponentials taken at `v / (1 - rho)` less `shift`.
#[derive(Debug, Clone, Default)]
struct NestPart {
    own: Vec<usize>,
    shift: f64,
    /// Sum of exponentials of products that do not move.
    rival: f64,
    /// The same weighted by the owner's margin on them.
    rival_profit: f64,
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
        let rho = self.problem.demand.rho;
        if self.nests[h].own.is_empty() {
            return (self.nests[h].rival, self.nests[h].rival_profit);
        }
        if rho == 0.0 {
            return self.nest_at(h, level, 0.0, bounds);
        }
        // q -> mean of (m - level) at the margins that q asks for; its slope is below one.
        let gap = |this: &mut Self, q: f64| {
            let (sum, profit) = this.nest_at(h, level, q, bounds);
            if sum > 0.0 { profit / sum - level - q } else { -1.0 }
        };
        let (mut low, mut high) = (-level.abs() - 1.0 / -self.alpha, 1.0 / -self.alpha);
        while gap(self, low) < 0.0 && low > -1e12 / -self.alpha {
            low *= 4.0;
        }
        while gap(self, high) > 0.0 && high < 1e12 / -self.alpha {
            high *= 4.0;
        }
        let q = entrant_numeric::root::decreasing_root(|q| gap(self, q), low, high);
        self.nest_at(h, level, q, bounds)
    }

    fn nest_at(&mut self, h: usize, level: f64, q: f64, bounds: &MarginBox) -> (f64, f64) {
        let rho = self.problem.demand.rho;
        let keep = 1.0 - rho;
        let wanted = level + rho * q + keep / -self.alpha;
        let nest = &self.nests[h];
        let (mut sum, mut profit) = (nest.rival, nest.rival_profit);
        for a in &nest.own {
            let m = wanted.clamp(bounds.low[*a], bounds.high[*a]);
            self.margin[*a] = m;
            if self.utility[*a] > f64::NEG_INFINITY {
                let e = exp((self.utility[*a] + self.alpha * m) / keep - nest.shift);
                sum += e;
                profit += e * m;
            }
        }
        (sum, profit)
    }
}
