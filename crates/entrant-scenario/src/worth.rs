//! What an entry is worth.

use entrant_data::result::{Worth, WorthPoint};
use entrant_data::{Draws, Status};

use crate::summary::ScenarioDraws;

/// Variable profit per period of one firm after the scenario, per draw.
pub fn firm_profit(s: &ScenarioDraws<'_>, firm: &str) -> Draws {
    s.draws_of(|d| {
        let own = |j: &usize| s.products[*j].firm == firm && s.products[*j].on_sale;
        let one = |j: usize| d.size * d.share_after[j] * (d.price_after[j] - d.cost_after[j]);
        (0..s.products.len()).filter(own).map(one).sum()
    })
}

/// Discounted variable profit over the horizon against the fixed cost.
///
/// Every period earns the profit of the scenario, at its end. `discount` and `fixed_cost` have
/// one value per draw, like `profit`.
pub fn entry_worth(
    firm: &str,
    periods: u32,
    profit: &Draws,
    discount: &Draws,
    fixed_cost: &Draws,
    level: f64,
    status: Status,
) -> Worth {
    let annuity = discount.map(|r| present_value_factor(r, periods));
    let discounted = profit.zip(&annuity, |p, a| p * a);
    let value = discounted.zip(fixed_cost, |d, c| d - c);
    Worth {
        firm: firm.to_owned(),
        periods,
        profit: profit.estimate(level, status),
        break_even: discounted.estimate(level, status),
        fixed_cost: fixed_cost.estimate(level, status),
        loss_probability: value.probability(|v| v < 0.0),
        value: value.estimate(level, status),
        curve: curve(&discounted, fixed_cost),
    }
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
fn curve(discounted: &Draws, fixed_cost: &Draws) -> Vec<WorthPoint> {
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

    #[test]
    fn annuity_matches_its_closed_form() {
        let r: f64 = 0.025;
        assert!((present_value_factor(r, 8) - (1.0 - (1.0 + r).powi(-8)) / r).abs() < 1e-13);
        assert!((present_value_factor(0.0, 4) - 4.0).abs() < 1e-15);
    }

    #[test]
    fn loss_probability_counts_draws() {
        let profit = Draws::new(vec![10.0, 20.0, 30.0, 40.0]);
        let zero = Draws::new(vec![0.0; 4]);
        let cost = Draws::new(vec![25.0; 4]);
        let worth = entry_worth("X", 1, &profit, &zero, &cost, 0.9, Status::Certified);
        assert!((worth.loss_probability - 0.5).abs() < 1e-15);
        assert!((worth.value.median - 0.0).abs() < 1e-12);
    }
}
