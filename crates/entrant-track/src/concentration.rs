//! Concentration, with what unnamed vendors may add to it.

use std::collections::BTreeMap;

use entrant_data::result::tracker::Concentration;

use crate::value::Value;

/// A list of this many vendors is taken to have the largest ones in it.
pub(crate) const LIST: usize = 3;
/// Largest unnamed share with which concentration is told.
const UNNAMED: f64 = 0.5;

/// Concentration of a quarter; none where too few vendors are named.
pub(crate) fn concentration(
    shares: &BTreeMap<usize, Value>,
    unnamed: &Value,
    level: f64,
) -> Option<Concentration> {
    if shares.len() < LIST || unnamed.central > UNNAMED {
        return None;
    }
    let over = |of: &dyn Fn(&[f64], f64) -> f64| {
        let pick = |get: &dyn Fn(&Value) -> f64| {
            let all: Vec<f64> = shares.values().map(get).collect();
            of(&all, get(unnamed))
        };
        Value {
            central: pick(&|v| v.central),
            draws: (0..unnamed.draws.len())
                .map(|d| pick(&|v| v.draws[d]))
                .collect(),
        }
        .estimate(level)
    };
    Some(Concentration {
        least: over(&|all, _| herfindahl(all)),
        most: over(&|all, rest| herfindahl(all) + added(all, rest)),
        three: over(&|all, _| largest(all).iter().sum()),
    })
}

/// Sum of squared shares in percent, 0 to 10,000.
fn herfindahl(shares: &[f64]) -> f64 {
    1e4 * shares.iter().map(|s| s * s).sum::<f64>()
}

/// What unnamed vendors add when each is as large as the third-largest named one, or one has
/// all of the rest where that is less.
fn added(shares: &[f64], rest: f64) -> f64 {
    let third = largest(shares).last().copied().unwrap_or(0.0);
    1e4 * rest * rest.min(third)
}

/// The largest shares, largest first.
fn largest(shares: &[f64]) -> Vec<f64> {
    let mut sorted = shares.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    sorted.truncate(LIST);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(shares: &[f64]) -> BTreeMap<usize, Value> {
        let value = |x: &f64| Value {
            central: *x,
            draws: vec![*x],
        };
        shares.iter().map(value).enumerate().collect()
    }

    #[test]
    fn equal_firms_have_ten_thousand_over_their_number() {
        let none = exact(&[0.0])[&0].clone();
        let all = concentration(&exact(&[0.25; 4]), &none, 0.9).expect("four vendors");
        for e in [all.least, all.most] {
            assert!((e.point() - 2500.0).abs() < 1e-9 && (e.high - 2500.0).abs() < 1e-9);
        }
        assert!((all.three.point() - 0.75).abs() < 1e-15);
    }

    #[test]
    fn what_is_unnamed_adds_at_most_vendors_like_the_third() {
        // 40, 20, 20 and 20 unnamed: 2400 at least, one more of 20 at most.
        let rest = exact(&[0.2])[&0].clone();
        let all = concentration(&exact(&[0.4, 0.2, 0.2]), &rest, 0.9).expect("three vendors");
        assert!((all.least.point() - 2400.0).abs() < 1e-9);
        assert!((all.most.point() - 2800.0).abs() < 1e-9);
    }

    #[test]
    fn two_vendors_or_half_the_market_say_nothing() {
        let rest = exact(&[0.55])[&0].clone();
        assert!(concentration(&exact(&[0.2, 0.15, 0.1]), &rest, 0.9).is_none());
        let rest = exact(&[0.3])[&0].clone();
        assert!(concentration(&exact(&[0.4, 0.3]), &rest, 0.9).is_none());
    }
}
