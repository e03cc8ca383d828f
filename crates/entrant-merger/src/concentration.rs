//! Concentration of a market.

use crate::ownership::Ownership;

/// Herfindahl-Hirschman index of these amounts by owner, from 0 to 10,000; with stakes the
/// modified index of O'Brien and Salop (2000), in which whoever sets a price controls it.
pub fn hhi(ownership: &Ownership, amounts: &[f64]) -> f64 {
    let total: f64 = amounts.iter().sum();
    let shares: Vec<f64> = amounts.iter().map(|a| 100.0 * a / total).collect();
    let sums = ownership.sums(&shares);
    shares.iter().zip(sums).map(|(s, t)| s * t).sum()
}
