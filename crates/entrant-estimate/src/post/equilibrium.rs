//! Equilibrium prices.

use entrant_data::Status;
use entrant_numeric::accelerator::Accelerator;
use entrant_numeric::{dense, vector};

use super::foc::Conditions;
use super::market::PanelMarket;
use super::ownership::Ownership;
use super::packed::Packed;

/// How prices are looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceSettings {
    /// Largest accepted `|p - c - zeta(p)| / |p|` of a product; not scaled by shares.
    pub tolerance: f64,
    /// Evaluations of the first-order conditions after which the search ends.
    pub evaluations: usize,
    /// Whether second-order conditions are checked at the answer. Without, no answer is better
    /// than [`Status::Almost`].
    pub second_order: bool,
}

impl Default for PriceSettings {
    fn default() -> Self {
        PriceSettings {
            tolerance: 1e-12,
            evaluations: 1000,
            second_order: true,
        }
    }
}

/// Prices, and what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceSolution {
    /// Prices (products).
    pub price: Vec<f64>,
    /// Shares there (products).
    pub share: Vec<f64>,
    /// Largest `|p - c - zeta(p)| / |p|` there.
    pub residual: f64,
    /// Evaluations of the first-order conditions.
    pub evaluations: usize,
    /// Newton steps among the moves.
    pub newton_steps: usize,
    /// Weight of consumers who do not mind a higher price.
    pub without_sensitivity: f64,
    /// Whether second-order conditions hold; `None` when not checked.
    pub second_order: Option<bool>,
    /// What the prices are. [`Status::Certified`]: first and second order hold (no search for
    /// large deviations is made). [`Status::LocalOnly`]: first order holds, but the second does
    /// not or some consumers do not mind a higher price, so that a large deviation gains.
    /// [`Status::NoEquilibrium`]: such consumers, and no solution of the first order was found.
    pub status: Status,
}

/// Steps that Anderson remembers.
const MEMORY: usize = 8;
/// Evaluations without progress after which the past is forgotten, and after which Newton steps
/// take over.
const PATIENCE: [usize; 2] = [8, 24];
/// Newton steps need products x products matrices.
const NEWTON_PRODUCTS: usize = 2000;
/// Newton steps at most, and halvings of one.
const NEWTON_STEPS: usize = 40;
const HALVINGS: usize = 12;
/// Plain steps at most, where nothing else has found an answer.
const PLAIN_STEPS: usize = 5000;
/// Plain steps in a row whose residual falls to this part of the one before or less, and the
/// residual after them, from which acceleration goes on.
const CONTRACTION: f64 = 0.99;
const STEADY: usize = 30;
const CLOSE: f64 = 1e-3;
/// Residual above the tolerance that still counts as almost an answer.
const ALMOST: f64 = 1e-8;

impl PanelMarket<'_> {
    /// Bertrand-Nash prices for given owners and costs (products), from `start`; the market then
    /// stands at them.
    ///
    /// Iterates `p <- c + zeta(p)` with Anderson acceleration (Morrow and Skerlos 2011, equation
    /// 13), then Newton steps on the derivatives of profits where that makes no progress. One
    /// evaluation is one pass over products x consumers. The residual is recomputed at the prices
    /// returned.
    pub fn equilibrium(
        &mut self,
        owners: &Ownership,
        cost: &[f64],
        start: &[f64],
        settings: PriceSettings,
    ) -> PriceSolution {
        let mut search = Search::new(owners, cost, start, settings);
        search.packed = Packed::new(self, owners);
        search.iterate(self, start);
        let quick = search.packed.take();
        let found = search.best_residual <= settings.tolerance;
        if search.check(self) > settings.tolerance {
            if quick.is_some() && found {
                search.iterate(self, start);
            }
            if cost.len() <= NEWTON_PRODUCTS {
                search.newton(self);
            }
            let careful = self.mass_without_price_sensitivity() == 0.0;
            if search.check(self) > ALMOST && careful {
                search.persist(self, start);
            }
        }
        search.finish(self, quick)
    }

    /// What given prices are (products); nothing is searched, and the market then stands at them.
    pub fn judge(
        &mut self,
        owners: &Ownership,
        cost: &[f64],
        price: &[f64],
        settings: PriceSettings,
    ) -> PriceSolution {
        let mut search = Search::new(owners, cost, price, settings);
        search.check(self);
        search.finish(self, None)
    }

    /// One step of `p <- c + zeta(p)` from `price` (products), at which the market then stands; `None`
    /// where a characteristic does not exist there.
    pub fn price_step(
        &mut self,
        owners: &Ownership,
        cost: &[f64],
        price: &[f64],
    ) -> Option<PriceStep> {
        let mut search = Search::new(owners, cost, price, PriceSettings::default());
        search.evaluate(self, price);
        let n = price.len();
        let filled = search.conditions.share.len() >= n;
        filled.then(|| PriceStep {
            price: price.iter().zip(&search.step).map(|(p, s)| p + s).collect(),
            slope: search.conditions.lambda[..n].to_vec(),
            share: search.conditions.share[..n].to_vec(),
        })
    }
}

/// One step of the map whose fixed point are equilibrium prices.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceStep {
    /// `c + zeta(p)` (products).
    pub price: Vec<f64>,
    /// `lambda`, by which `p - c - zeta(p)` becomes the derivative of profits (products).
    pub slope: Vec<f64>,
    /// Shares at `p` (products).
    pub share: Vec<f64>,
}

struct Search<'a> {
    owners: &'a Ownership,
    cost: &'a [f64],
    settings: PriceSettings,
    conditions: Conditions,
    /// The market for quick evaluations, which leave it where it stands.
    packed: Option<Packed>,
    /// `p - c` (products).
    margin: Vec<f64>,
    /// `c + zeta(p) - p` (products).
    step: Vec<f64>,
    evaluations: usize,
    newton_steps: usize,
    best: Vec<f64>,
    best_residual: f64,
}

impl<'a> Search<'a> {
    fn new(owners: &'a Ownership, cost: &'a [f64], start: &[f64], settings: PriceSettings) -> Self {
        Search {
            owners,
            cost,
            settings,
            conditions: Conditions::default(),
            packed: None,
            margin: vec![0.0; cost.len()],
            step: vec![0.0; cost.len()],
            evaluations: 0,
            newton_steps: 0,
            best: start.to_vec(),
            best_residual: f64::INFINITY,
        }
    }

    /// First-order conditions at `price`: fills the step, and returns the residual, infinite where
    /// there is none.
    fn evaluate(&mut self, market: &mut PanelMarket<'_>, price: &[f64]) -> f64 {
        self.evaluations += 1;
        if !price.iter().all(|p| p.is_finite()) {
            return f64::INFINITY;
        }
        for (m, (p, c)) in self.margin.iter_mut().zip(price.iter().zip(self.cost)) {
            *m = p - c;
        }
        if let Some(packed) = &mut self.packed {
            packed.fill(&mut self.conditions, price, &self.margin);
        } else if market.set_price(price) {
            self.conditions.fill(market, self.owners, &self.margin);
        } else {
            return f64::INFINITY;
        }
        let mut residual: f64 = 0.0;
        for (j, p) in price.iter().enumerate() {
            self.step[j] = self.conditions.zeta(j, self.margin[j]) - self.margin[j];
            let own = self.step[j].abs() / p.abs().max(f64::MIN_POSITIVE);
            residual = if own.is_finite() {
                residual.max(own)
            } else {
                f64::INFINITY
            };
        }
        if residual < self.best_residual {
            self.best_residual = residual;
            self.best.copy_from_slice(price);
        }
        residual
    }

    /// Accelerated fixed-point steps.
    fn iterate(&mut self, market: &mut PanelMarket<'_>, start: &[f64]) {
        let mut price = if self.best_residual.is_finite() {
            self.best.clone()
        } else {
            start.to_vec()
        };
        let mut accelerator = Accelerator::default();
        accelerator.begin(price.len(), MEMORY);
        let mut stale = 0;
        let limit = self.evaluations + self.settings.evaluations;
        while self.evaluations < limit {
            let before = self.best_residual;
            let residual = self.evaluate(market, &price);
            if residual <= self.settings.tolerance {
                return;
            }
            stale = if residual < 0.9 * before {
                0
            } else {
                stale + 1
            };
            if stale > PATIENCE[1] {
                return;
            }
            if !residual.is_finite() {
                accelerator.restart();
                self.halve_towards_best(&mut price, start);
            } else if stale > PATIENCE[0] {
                accelerator.restart();
                vector::add_scaled(&mut price, 1.0, &self.step);
            } else {
                accelerator.advance(&mut price, &self.step);
            }
        }
    }

    /// Plain steps from `start`, then accelerated ones from where they lead.
    ///
    /// Where two solutions have just vanished the map all but stands still, and whatever looks for
    /// a smaller residual stays there. Plain steps walk past, slowly, to the solution that is left.
    fn persist(&mut self, market: &mut PanelMarket<'_>, start: &[f64]) {
        let before = (self.best.clone(), self.best_residual);
        let mut price = start.to_vec();
        let (mut last, mut falling) = (f64::INFINITY, 0);
        for _ in 0..PLAIN_STEPS {
            let residual = self.evaluate(market, &price);
            if !residual.is_finite() {
                break;
            }
            // Past the narrow place residuals fall at a steady rate.
            falling = if residual < CONTRACTION * last {
                falling + 1
            } else {
                0
            };
            last = residual;
            if falling > STEADY && residual < CLOSE {
                self.best.clone_from(&price);
                self.best_residual = residual;
                self.iterate(market, start);
                break;
            }
            vector::add_scaled(&mut price, 1.0, &self.step);
        }
        if self.check(market) > self.settings.tolerance && before.1 < self.best_residual {
            (self.best, _) = before;
            self.check(market);
        }
    }

    fn halve_towards_best(&self, price: &mut [f64], start: &[f64]) {
        for (j, p) in price.iter_mut().enumerate() {
            let far = if p.is_finite() { *p } else { start[j] };
            *p = 0.5 * (far + self.best[j]);
        }
    }

    /// Newton steps from the best prices so far, halved until the residual falls.
    fn newton(&mut self, market: &mut PanelMarket<'_>) {
        let n = self.cost.len();
        let all: Vec<usize> = (0..n).collect();
        while self.newton_steps < NEWTON_STEPS && self.best_residual > self.settings.tolerance {
            let (from, before) = (self.best.clone(), self.best_residual);
            if !self.evaluate(market, &from).is_finite() {
                return;
            }
            let mut b = self.conditions.gradient(&self.margin);
            let mut a = market.condition_jacobian(self.owners, self.cost, &all).data;
            let mut pivot = vec![0; n];
            if !dense::lu(&mut a, &mut pivot, n) {
                return;
            }
            dense::lu_solve(&a, &pivot, &mut b, n, 1);
            self.newton_steps += 1;
            let mut by = 1.0;
            for _ in 0..HALVINGS {
                let mut price = from.clone();
                vector::add_scaled(&mut price, -by, &b);
                if self.evaluate(market, &price) < before {
                    break;
                }
                by *= 0.5;
            }
            if self.best_residual >= before {
                return;
            }
        }
    }

    /// The residual at the best prices, computed in the way that serves every market; the market
    /// then stands there.
    fn check(&mut self, market: &mut PanelMarket<'_>) -> f64 {
        let price = self.best.clone();
        self.best_residual = f64::INFINITY;
        self.best_residual = self.evaluate(market, &price);
        self.best_residual
    }

    /// What the best prices are.
    fn finish(self, market: &PanelMarket<'_>, mut quick: Option<Packed>) -> PriceSolution {
        let (price, residual) = (self.best, self.best_residual);
        let mut share = self.conditions.share.clone();
        share.resize(price.len(), f64::NAN);
        let mut out = PriceSolution {
            share,
            residual,
            evaluations: self.evaluations,
            newton_steps: self.newton_steps,
            without_sensitivity: market.mass_without_price_sensitivity(),
            second_order: None,
            status: Status::NotConverged,
            price,
        };
        if residual <= ALMOST && self.settings.second_order {
            let dominant = quick
                .as_mut()
                .is_some_and(|m| m.is_dominant(&out.share, &out.price, &self.margin));
            out.second_order = Some(dominant || market.second_order_holds(self.owners, self.cost));
        }
        out.status = out.judged(self.settings.tolerance);
        out
    }
}

impl PriceSolution {
    fn judged(&self, tolerance: f64) -> Status {
        let careless = self.without_sensitivity > 0.0;
        if self.residual > ALMOST.max(tolerance) || self.residual.is_nan() {
            return if careless {
                Status::NoEquilibrium
            } else {
                Status::NotConverged
            };
        }
        if careless || self.second_order == Some(false) {
            Status::LocalOnly
        } else if self.residual > tolerance || self.second_order.is_none() {
            Status::Almost
        } else {
            Status::Certified
        }
    }
}
