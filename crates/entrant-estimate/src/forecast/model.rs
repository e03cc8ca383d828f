//! The estimated model as a forecaster.

use entrant_data::Status;
use entrant_data::spec::CostForm;
use entrant_numeric::vector;

use super::{Forecast, Left};
use crate::blp::{Problem, Serial, Wanted, evaluate};
use crate::gmm::Linear;
use crate::post::{Ownership, PanelEconomy, PriceSettings};
use crate::simulate::{Columns, coefficients};

/// Markets that a model was estimated on.
#[derive(Debug, Clone, Copy)]
pub struct Trained<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// Its formulas.
    pub columns: &'a Columns,
    /// Row of the whole table behind each row of the problem.
    pub at: &'a [usize],
    /// Rows of the whole table.
    pub rows: usize,
}

/// What a model leaves over in the markets it was estimated on.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// Structural errors of demand and supply, fixed effects included, by row of the table;
    /// `NaN` in other markets, and where a cost had to be moved to a bound.
    pub left: Vec<Left>,
    /// Explained cost or its logarithm, by row of the table; zeros without supply.
    pub explained: Vec<f64>,
    /// How many costs had to be moved to a bound.
    pub bounded: usize,
    /// Median of price over marginal cost; `None` without supply.
    pub over_cost: Option<f64>,
}

impl Trained<'_> {
    /// What is left over at given estimates. `None` where shares cannot be inverted, or costs not
    /// be computed, at them.
    pub fn left(&self, values: &[f64], linear: &Linear, tolerance: f64) -> Option<Leftover> {
        let problem = self.problem;
        let wanted = Wanted {
            tolerance,
            jacobian: false,
        };
        let at = evaluate(problem, values, wanted, &Serial);
        if at.failure.is_some() {
            return None;
        }
        let (beta, gamma) = coefficients(problem, values, linear);
        let mut out = Leftover {
            left: vec![[f64::NAN; 2]; self.rows],
            explained: vec![0.0; self.rows],
            bounded: 0,
            over_cost: None,
        };
        let mut ratios = Vec::new();
        for r in 0..problem.rows() {
            let xi = at.delta[r] - vector::dot(self.columns.linear().row(r), &beta);
            let omega = match (&problem.supply, self.columns.cost()) {
                (Some(side), Some(design)) => {
                    let cost = level(side.form, at.cost[r]);
                    let explained = vector::dot(design.row(r), &gamma);
                    out.explained[self.at[r]] = explained;
                    ratios.push(problem.price[r] / cost);
                    if is_bound(cost, side.bounds) {
                        out.bounded += 1;
                        continue;
                    }
                    at.cost[r] - explained
                }
                _ => 0.0,
            };
            out.left[self.at[r]] = [xi, omega];
        }
        ratios.sort_by(f64::total_cmp);
        out.over_cost = ratios.get(ratios.len() / 2).copied();
        Some(out)
    }
}

fn level(form: CostForm, cost: f64) -> f64 {
    match form {
        CostForm::Linear => cost,
        CostForm::Log => vector::exp(cost),
    }
}

/// Whether a cost stands at a bound, but for the rounding of its logarithm.
fn is_bound(cost: f64, bounds: [f64; 2]) -> bool {
    let at = |b: f64| b.is_finite() && (cost - b).abs() <= 1e-12 * b.abs();
    bounds.into_iter().any(at)
}

/// One market at given estimates, before it is known what is left over in it.
#[derive(Debug, Clone)]
pub struct Outlook<'a> {
    economy: PanelEconomy<'a>,
    market: usize,
    /// Explained mean utility at the observed prices (products).
    utility: Vec<f64>,
    /// Explained cost or its logarithm (products); `None` without supply.
    cost: Option<Vec<f64>>,
}

impl<'a> Outlook<'a> {
    /// Market `t` of a problem with the formulas `columns`, at estimates from elsewhere.
    pub fn new(
        problem: &'a Problem,
        columns: &Columns,
        t: usize,
        values: &[f64],
        linear: &Linear,
    ) -> Self {
        let (beta, gamma) = coefficients(problem, values, linear);
        let rows = problem.markets[t].rows.clone();
        let explained = |r: usize| vector::dot(columns.linear().row(r), &beta);
        let cost = problem.supply.as_ref().and(columns.cost());
        let cost = cost.map(|w| {
            rows.clone()
                .map(|r| vector::dot(w.row(r), &gamma))
                .collect()
        });
        Outlook {
            economy: PanelEconomy::at(problem, values, linear, vec![0.0; problem.rows()]),
            market: t,
            utility: rows.map(explained).collect(),
            cost,
        }
    }

    /// Sizes of products by row of the table: explained costs of the markets before, and of this
    /// market, whose rows of the table are `rows`.
    pub fn sizes(&self, before: &[f64], rows: &[usize]) -> Vec<f64> {
        let mut out = before.to_vec();
        for (row, cost) in rows.iter().zip(self.cost.iter().flatten()) {
            out[*row] = *cost;
        }
        out
    }

    /// Shares at the prices that were set, with what is left over of mean utility.
    pub fn at_observed_prices(&self, left: &[Left]) -> Forecast {
        let economy = self.with(left);
        Forecast {
            share: economy.market(self.market).shares(),
            price: Vec::new(),
            status: Status::Exact,
        }
    }

    /// Prices in equilibrium and shares there, with what is left over of mean utility and cost.
    /// The search starts at `over_cost` times cost and so knows nothing of the prices that were
    /// set. `None` without supply.
    pub fn in_equilibrium(&self, left: &[Left], over_cost: f64) -> Option<Forecast> {
        let explained = self.cost.as_ref()?;
        let side = self.economy.problem.supply.as_ref()?;
        let cost = |(w, left): (&f64, &Left)| {
            level(side.form, w + left[1]).clamp(side.bounds[0], side.bounds[1])
        };
        let cost: Vec<f64> = explained.iter().zip(left).map(cost).collect();
        let start: Vec<f64> = cost.iter().map(|c| over_cost * c.abs()).collect();
        let economy = self.with(left);
        let mut market = economy.market(self.market);
        let owners = Ownership::observed(market.data);
        let found = market.equilibrium(&owners, &cost, &start, PriceSettings::default());
        Some(Forecast {
            share: found.share,
            price: found.price,
            status: found.status,
        })
    }

    fn with(&self, left: &[Left]) -> PanelEconomy<'a> {
        let mut economy = self.economy.clone();
        let rows = economy.problem.markets[self.market].rows.clone();
        for ((r, u), left) in rows.zip(&self.utility).zip(left) {
            economy.delta[r] = u + left[0];
        }
        economy
    }
}
