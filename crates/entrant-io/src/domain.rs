//! Which numbers a quantity may be.

use entrant_data::{Distribution, Quantity};

use crate::numbers::{rounded, written};

/// Normal and lognormal distributions count as staying within this many standard deviations:
/// fewer than one draw in ten thousand is beyond.
const DEVIATIONS: f64 = 4.0;

/// An interval, with or without its ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Domain {
    low: f64,
    high: f64,
    /// Whether the lower and the upper end belong to it.
    ends: (bool, bool),
    /// What a number in it is, after `must be`.
    words: &'static str,
}

impl Domain {
    const fn new(low: f64, high: f64, ends: (bool, bool), words: &'static str) -> Self {
        Domain {
            low,
            high,
            ends,
            words,
        }
    }

    pub(crate) const ANY: Domain = Domain::new(f64::MIN, f64::MAX, (true, true), "finite");
    pub(crate) const POSITIVE: Domain = Domain::new(0.0, f64::MAX, (false, true), "above 0");
    pub(crate) const NOT_NEGATIVE: Domain = Domain::new(0.0, f64::MAX, (true, true), "at least 0");
    pub(crate) const NEGATIVE: Domain = Domain::new(f64::MIN, 0.0, (true, false), "below 0");
    pub(crate) const BELOW_ONE: Domain = Domain::new(f64::MIN, 1.0, (true, false), "below 1");
    pub(crate) const ABOVE_MINUS_ONE: Domain =
        Domain::new(-1.0, f64::MAX, (false, true), "above -1");
    pub(crate) const INSIDE: Domain = Domain::new(0.0, 1.0, (false, false), "above 0 and below 1");
    /// Of logarithms of shares: a looser one would be felt in every estimate.
    pub(crate) const TOLERANCE: Domain =
        Domain::new(0.0, 1e-6, (false, true), "above 0 and at most 1e-6");
    pub(crate) const REACH: Domain = Domain::new(0.0, 1.0, (false, true), "above 0 and at most 1");
    pub(crate) const STRENGTH: Domain =
        Domain::new(0.0, 1.0, (true, false), "at least 0 and below 1");
    pub(crate) const PART: Domain = Domain::new(0.0, 1.0, (true, true), "from 0 to 1");

    /// Whether a number is in it.
    pub(crate) fn contains(&self, v: f64) -> bool {
        let above = v > self.low || (self.ends.0 && v >= self.low);
        let below = v < self.high || (self.ends.1 && v <= self.high);
        above && below
    }

    /// What is wrong with a number, after its name.
    pub(crate) fn misfit(&self, v: f64) -> Option<String> {
        (!self.contains(v)).then(|| format!("is {}, must be {}", written(v), self.words))
    }

    /// What is wrong with a quantity, after its name: no part of its support may lie outside.
    /// Names of inputs are looked up by the caller.
    pub(crate) fn misfit_of(&self, quantity: &Quantity) -> Option<String> {
        if let Distribution::Known(v) = quantity.distribution {
            return self.misfit(v);
        }
        let (low, high) = support(quantity)?;
        let fits = self.contains(low) && self.contains(high);
        (!fits).then(|| {
            let (low, high) = (rounded(low), rounded(high));
            format!("ranges from {low} to {high}, must be {}", self.words)
        })
    }
}

/// Lowest and highest value, for normal and lognormal distributions within four standard
/// deviations; `None` for the name of an input and for draws that are not read yet.
pub(crate) fn support(quantity: &Quantity) -> Option<(f64, f64)> {
    let spread = |x: f64, s: f64| (x - DEVIATIONS * s, x + DEVIATIONS * s);
    match &quantity.distribution {
        Distribution::Known(v) => Some((*v, *v)),
        Distribution::Normal { mean, sd } => Some(spread(*mean, *sd)),
        Distribution::Lognormal { median, sigma } => {
            let (low, high) = spread(median.ln(), *sigma);
            Some((low.exp(), high.exp()))
        }
        Distribution::Uniform { low, high } | Distribution::Triangular { low, high, .. } => {
            Some((*low, *high))
        }
        Distribution::Table { values, .. } => values
            .iter()
            .map(|v| (*v, *v))
            .reduce(|(l, h), (v, _)| (l.min(v), h.max(v))),
        Distribution::Input(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(distribution: Distribution) -> Quantity {
        Quantity {
            distribution,
            ..Quantity::known(0.0)
        }
    }

    #[test]
    fn ends_belong_or_not() {
        for (domain, inside, outside) in [
            (
                Domain::ANY,
                vec![0.0, -1e300],
                vec![f64::NAN, f64::INFINITY],
            ),
            (Domain::POSITIVE, vec![1e-9], vec![0.0, -1.0]),
            (Domain::NOT_NEGATIVE, vec![0.0], vec![-1e-9]),
            (Domain::NEGATIVE, vec![-1e-9], vec![0.0]),
            (Domain::BELOW_ONE, vec![-3.0, 0.99], vec![1.0]),
            (Domain::ABOVE_MINUS_ONE, vec![0.0], vec![-1.0]),
            (Domain::INSIDE, vec![0.5], vec![0.0, 1.0]),
            (Domain::REACH, vec![1.0], vec![0.0, 1.1]),
            (Domain::STRENGTH, vec![0.0], vec![1.0]),
            (Domain::PART, vec![0.0, 1.0], vec![1.1]),
        ] {
            assert!(inside.iter().all(|v| domain.contains(*v)), "{domain:?}");
            assert!(outside.iter().all(|v| !domain.contains(*v)), "{domain:?}");
        }
    }

    #[test]
    fn the_whole_support_counts() {
        for (distribution, fits) in [
            (
                Distribution::Uniform {
                    low: 0.1,
                    high: 0.9,
                },
                true,
            ),
            (
                Distribution::Uniform {
                    low: 0.1,
                    high: 1.1,
                },
                false,
            ),
            (Distribution::Normal { mean: 0.5, sd: 0.1 }, true),
            (Distribution::Normal { mean: 0.5, sd: 0.2 }, false),
            (
                Distribution::Lognormal {
                    median: 0.5,
                    sigma: 0.1,
                },
                true,
            ),
            (
                Distribution::Lognormal {
                    median: 0.5,
                    sigma: 0.5,
                },
                false,
            ),
        ] {
            let found = Domain::INSIDE.misfit_of(&quantity(distribution.clone()));
            assert_eq!(found.is_none(), fits, "{distribution:?}");
        }
    }
}
