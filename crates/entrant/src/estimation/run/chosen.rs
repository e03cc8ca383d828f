//! Which markets scenarios are solved in.

use entrant_data::spec::names_market;
use entrant_estimate::blp::Problem;

/// Most markets that are taken when the study does not say which.
pub(super) const MOST: usize = 200;

/// Positions of the markets that the patterns name, in the order of the problem; without patterns
/// all, or the last [`MOST`] of more.
pub(super) fn chosen(problem: &Problem, patterns: &[String]) -> Vec<usize> {
    let count = problem.markets.len();
    if patterns.is_empty() {
        return (count.saturating_sub(MOST)..count).collect();
    }
    let named = |t: &usize| {
        let id = problem.markets[*t].id.as_str();
        let last = t + 1 == count;
        patterns.iter().any(|p| names_market(p, id, last))
    };
    (0..count).filter(named).collect()
}
