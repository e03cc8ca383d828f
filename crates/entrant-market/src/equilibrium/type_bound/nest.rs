//! The best margins within one nest for one consumer type at a given profit level.

use entrant_numeric::root::decreasing_root;
use entrant_numeric::vector::{exp, ln};

use super::MarginBox;

/// What a nest holds, with exponentials taken at `v / (1 - rho)` less `shift`.
#[derive(Debug, Clone, Default)]
pub struct NestPart {
    /// Products that move, by their place in the box.
    pub own: Vec<usize>,
    /// Nesting parameter.
    pub rho: f64,
    /// Subtracted from every exponent.
    pub shift: f64,
    /// Sum of exponentials of products that do not move.
    pub rival: f64,
    /// The same weighted by the owner's margin on them.
    pub rival_profit: f64,
}

/// A nest seen from a profit level R. Every own product wants the same margin `w`, clipped to
/// its box, so the nest's contribution `S^(1 - rho) (mean margin - R)` is maximised along a curve
/// in `w`, on which its derivative has the sign of [`View::gap`].
pub struct View<'a> {
    pub part: &'a NestPart,
    /// Utility of each own product at margin zero.
    pub utility: &'a [f64],
    pub bounds: &'a MarginBox,
    /// R.
    pub level: f64,
    pub rho: f64,
    /// `|alpha|`.
    pub steepness: f64,
}

impl View<'_> {
    /// The wanted margin that is best.
    pub fn best(&self) -> f64 {
        if self.rho == 0.0 {
            return self.level + 1.0 / self.steepness;
        }
        let (low, high) = self.bracket();
        if self.has_one_optimum() {
            return decreasing_root(|w| self.gap(w), low, high);
        }
        let mut best = (f64::NEG_INFINITY, high);
        for piece in self.monotone_pieces(low, high).windows(2) {
            if self.gap(piece[0]) >= 0.0 && self.gap(piece[1]) <= 0.0 {
                let w = decreasing_root(|w| self.gap(w), piece[0], piece[1]);
                best = if self.contribution(w) > best.0 {
                    (self.contribution(w), w)
                } else {
                    best
                };
            }
        }
        best.1
    }

    /// Sum of exponentials and owner-weighted margin sum when every own product wants `w`.
    pub fn at(&self, w: f64) -> (f64, f64) {
        let (mut sum, mut profit) = (self.part.rival, self.part.rival_profit);
        for a in &self.part.own {
            let m = w.clamp(self.bounds.low[*a], self.bounds.high[*a]);
            let e = self.weight(*a, m);
            if e > 0.0 {
                sum += e;
                profit += e * m;
            }
        }
        (sum, profit)
    }

    fn weight(&self, a: usize, margin: f64) -> f64 {
        if self.utility[a] == f64::NEG_INFINITY {
            return 0.0;
        }
        exp((self.utility[a] - self.steepness * margin) / self.keep() - self.part.shift)
    }

    fn keep(&self) -> f64 {
        1.0 - self.rho
    }

    /// Mean of `m - R` at the margins that `w` gives, less the mean that asks for `w`.
    fn gap(&self, w: f64) -> f64 {
        let (sum, profit) = self.at(w);
        let asked = (w - self.level - self.keep() / self.steepness) / self.rho;
        if sum > 0.0 {
            profit / sum - self.level - asked
        } else {
            -1.0
        }
    }

    fn contribution(&self, w: f64) -> f64 {
        let (sum, profit) = self.at(w);
        if sum > 0.0 {
            exp(-self.rho * ln(sum)) * (profit - self.level * sum)
        } else {
            0.0
        }
    }

    fn rival_mean(&self) -> f64 {
        if self.part.rival > 0.0 {
            self.part.rival_profit / self.part.rival
        } else {
            0.0
        }
    }

    /// Below the first wanted margin `gap` is positive, above the second it is negative: a mean
    /// lies between the smallest and the largest of its terms.
    fn bracket(&self) -> (f64, f64) {
        let own = || self.part.own.iter();
        let lowest = own()
            .map(|a| self.bounds.high[*a])
            .fold(self.rival_mean().min(0.0), f64::min);
        let highest = own()
            .map(|a| self.bounds.low[*a])
            .fold(self.rival_mean(), f64::max);
        (
            lowest.min(self.level),
            highest.max(self.level + 1.0 / self.steepness),
        )
    }

    /// With no product held above `R + 1 / |alpha|`, the derivative changes sign once, below it.
    fn has_one_optimum(&self) -> bool {
        let usual = self.level + 1.0 / self.steepness;
        self.rival_mean() <= usual && self.part.own.iter().all(|a| self.bounds.low[*a] <= usual)
    }

    /// Ends of pieces of `[low, high]` on each of which the derivative changes sign at most once.
    fn monotone_pieces(&self, low: f64, high: f64) -> Vec<f64> {
        let own = self.part.own.iter();
        let mut ends: Vec<f64> = own
            .flat_map(|a| [self.bounds.low[*a], self.bounds.high[*a]])
            .collect();
        ends.retain(|e| *e > low && *e < high);
        ends.extend([low, high]);
        ends.sort_by(f64::total_cmp);
        let turns: Vec<f64> = ends
            .windows(2)
            .flat_map(|end| self.turns(end[0], end[1]))
            .collect();
        ends.extend(turns);
        ends.sort_by(f64::total_cmp);
        ends
    }

    /// Between two ends of boxes, with E the products that move and S those that do not, and
    /// `y = |alpha| (w - R) / (1 - rho)`, the derivative of profit over its positive factors is
    /// `-h(y)`, with `h' = S - E e^-y ((1 - rho) (y - 1) - 1)`. The last term rises to its peak
    /// at `y = 2 + 1 / (1 - rho)` and falls: h turns twice or never.
    fn turns(&self, from: f64, to: f64) -> Vec<f64> {
        let keep = self.keep();
        let (middle, scale) = (f64::midpoint(from, to), keep / self.steepness);
        let moves = |a: usize| self.bounds.low[a] <= middle && middle <= self.bounds.high[a];
        let (mut moving, mut still) = (0.0, self.part.rival);
        for a in &self.part.own {
            let held = self.weight(*a, middle.clamp(self.bounds.low[*a], self.bounds.high[*a]));
            if moves(*a) {
                moving += held;
            } else {
                still += held;
            }
        }
        let excess = |w: f64| {
            let y = (w - self.level) / scale;
            moving * exp((middle - w) / scale) * (keep * (y - 1.0) - 1.0) - still
        };
        let peak = (self.level + (2.0 + 1.0 / keep) * scale).clamp(from, to);
        if excess(peak) <= 0.0 {
            return Vec::new();
        }
        vec![
            decreasing_root(|w| -excess(w), from, peak),
            decreasing_root(excess, peak, to),
        ]
    }
}
