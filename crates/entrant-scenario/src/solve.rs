//! A scenario's market, solved near a solution that is known.

use entrant_data::Status;
use entrant_market::{Market, PriceRule, Product};

use crate::capacities::Full;
use crate::pressure::Pressure;
use crate::run::{Before, MarketDraw, RunSettings, run_market};

/// A scenario in one market: the market after it, and its solution.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// Market after the changes.
    pub after: Market,
    /// Solution and measurements.
    pub draw: MarketDraw,
}

/// Solves the market after a scenario. `near` is its solution at other draws: it gives a better
/// place to start from than today's prices.
pub fn solve_after(
    before: &Before,
    after: Market,
    near: Option<&Solved>,
    settings: RunSettings,
) -> Solved {
    let start = starting_prices(&after, near);
    let draw = run_market(before, &after, &start, settings);
    Solved { after, draw }
}

/// Today's prices, moved in proportion to how the neighbouring solution moved them.
fn starting_prices(after: &Market, near: Option<&Solved>) -> Vec<f64> {
    let Some(near) = near.filter(|n| n.draw.status.is_usable()) else {
        return after.prices();
    };
    let moved = |(p, (q, x)): (&Product, (&Product, &f64))| {
        if p.rule == PriceRule::Optimal && x.is_finite() {
            p.price * x / q.price
        } else {
            p.price
        }
    };
    let solution = near.after.products.iter().zip(&near.draw.price_after);
    after.products.iter().zip(solution).map(moved).collect()
}

impl Solved {
    /// A draw in which nothing could be solved, shaped like `like`.
    pub fn failed(like: &MarketDraw, status: Status) -> MarketDraw {
        let nothing = |v: &[f64]| vec![f64::NAN; v.len()];
        MarketDraw {
            status,
            price_before: nothing(&like.price_before),
            price_after: nothing(&like.price_after),
            cost_before: nothing(&like.cost_before),
            cost_after: nothing(&like.cost_after),
            kept: nothing(&like.kept),
            duty: nothing(&like.duty),
            share_before: nothing(&like.share_before),
            share_after: nothing(&like.share_after),
            surplus_before: f64::NAN,
            surplus_after: f64::NAN,
            source: nothing(&like.source),
            diversion: Vec::new(),
            pressure: vec![Pressure::NONE; like.pressure.len()],
            capacity: like.capacity.iter().map(Full::unknown).collect(),
            ..like.clone()
        }
    }
}
