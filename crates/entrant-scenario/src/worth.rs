//! What an entry is worth.

use entrant_data::result::WorthPoint;
use entrant_data::{Draws, Status};

use crate::summary::ScenarioDraws;

/// Variable profit per period of one firm after the scenario, per draw.
pub fn firm_profit(s: &ScenarioDraws<'_>, firm: &str) -> Draws {
    s.draws_of(|d| {
        let own = |j: &usize| s.products[*j].firm == firm && s.products[*j].on_sale;
        let one = |j: usize| d.size * d.share_after[j] * d.earned(j);
        (0..s.products.len()).filter(own).map(one).sum()
    })
}

/// What the money of an entry depends on beside profits; one draw of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    /// Discount rate per period.
    pub discount: f64,
    /// Growth of the market from one period to the next.
    pub growth: f64,
    /// Cost of being there, per period.
    pub running: f64,
    /// Cost of entering, at the start.
    pub fixed_cost: f64,
}

/// The money of an entry over time; one draw of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// Variable profit (listed periods).
    pub profit: Vec<f64>,
    /// Variable profit less running cost (listed periods).
    pub cash: Vec<f64>,
    /// Everything until the end of the period, discounted, the fixed cost included (listed periods).
    pub position: Vec<f64>,
    /// Discounted money of all periods, without the fixed cost.
    pub break_even: f64,
    /// First period at whose end the position is not below zero.
    pub payback: Option<u32>,
}

/// Adds up the money of an entry, each period's at its end. `profit` has one number per period
/// before the market grows, the last of which stands for all later ones; it is not empty.
/// The first `listed` periods are kept one by one.
pub fn ledger(profit: &[f64], terms: Terms, periods: u32, listed: u32) -> Ledger {
    let mut book = Ledger::default();
    let (mut factor, mut size) = (1.0, 1.0);
    for t in 1..=periods {
        factor /= 1.0 + terms.discount;
        let earned = size * profit[(t as usize).min(profit.len()) - 1];
        let cash = earned - terms.running;
        book.break_even += factor * cash;
        let position = book.break_even - terms.fixed_cost;
        if position >= 0.0 && book.payback.is_none() {
            book.payback = Some(t);
        }
        if t <= listed {
            book.profit.push(earned);
            book.cash.push(cash);
            book.position.push(position);
        }
        size *= 1.0 + terms.growth;
    }
    book
}

/// Discounted profit of all periods, as in [`ledger`] without running cost.
pub fn present_value(profit: &[f64], terms: Terms, periods: u32) -> f64 {
    let free = Terms {
        running: 0.0,
        fixed_cost: 0.0,
        ..terms
    };
    ledger(profit, free, periods, 0).break_even
}

/// What one unit at the end of each period is worth now: `sum_{t=1..n} (1 + r)^-t`.
pub fn present_value_factor(rate: f64, periods: u32) -> f64 {
    let mut factor = 1.0;
    let mut total = 0.0;
    for _ in 0..periods {
        factor /= 1.0 + rate;
        total += factor;
    }
    total
}

/// Probability of covering a fixed cost, on a grid from zero past both the largest discounted
/// profit and the largest fixed cost that draws show.
pub fn covering_curve(discounted: &Draws, fixed_cost: &Draws) -> Vec<WorthPoint> {
    let largest = |d: &Draws| d.estimate(0.98, Status::Exact).high;
    let top = largest(discounted).max(largest(fixed_cost)) * 1.1;
    if !(top > 0.0 && top.is_finite()) {
        return Vec::new();
    }
    let point = |k: u32| {
        let fixed_cost = top * f64::from(k) / 60.0;
        WorthPoint {
            fixed_cost,
            probability: discounted.probability(|v| v >= fixed_cost),
        }
    };
    (0..=60).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms {
        discount: 0.025,
        growth: 0.0,
        running: 0.0,
        fixed_cost: 0.0,
    };

    #[test]
    fn annuity_matches_its_closed_form() {
        let r: f64 = 0.025;
        let annuity = (1.0 - (1.0 + r).powi(-8)) / r;
        assert!((present_value_factor(r, 8) - annuity).abs() < 1e-13);
        assert!((present_value_factor(0.0, 4) - 4.0).abs() < 1e-15);
        assert!((present_value(&[3.0], TERMS, 8) - 3.0 * annuity).abs() < 1e-13);
    }

    /// `sum g^(t-1) q^t = q (1 - (g q)^n) / (1 - g q)`, with `q = 1 / (1 + r)`.
    #[test]
    fn growth_is_a_geometric_series() {
        let terms = Terms {
            growth: 0.01,
            ..TERMS
        };
        let (q, g, n) = (1.0_f64 / 1.025, 1.01, 12);
        let series = q * (1.0 - (g * q).powi(n)) / (1.0 - g * q);
        assert!((present_value(&[7.0], terms, 12) / (7.0 * series) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn a_ledger_adds_up_by_hand() {
        let terms = Terms {
            discount: 0.0,
            growth: 1.0,
            running: 1.0,
            fixed_cost: 10.0,
        };
        // Profits 3, 2 x 4, 4 x 5, 8 x 5, each less 1.
        let book = ledger(&[3.0, 4.0, 5.0], terms, 4, 3);
        assert_eq!(book.profit, [3.0, 8.0, 20.0]);
        assert_eq!(book.cash, [2.0, 7.0, 19.0]);
        assert_eq!(book.position, [-8.0, -1.0, 18.0]);
        assert_eq!(book.payback, Some(3));
        assert!((book.break_even - 67.0).abs() < 1e-12);
        let dear = Terms {
            fixed_cost: 67.1,
            ..terms
        };
        assert_eq!(ledger(&[3.0, 4.0, 5.0], dear, 4, 0).payback, None);
    }
}
