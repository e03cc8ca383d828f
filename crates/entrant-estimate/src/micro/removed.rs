//! What goes with a first choice, where it is a part of a nest.
//!
//! Without the part `E` of nest `h`, whose consumers' shares are `e` of `S`, the nest attracts
//! `S q^(1 - rho)` with `q = (S - e) / S`, everything else `1 - S` as before. With their sum `T`, a
//! choice k of another nest is made with `s_k / T`, one that is left in the nest with
//! `s_k q^(-rho) / T`. Those who chose j of `E` go to k with the part `s_j / e` of what k gains, so
//!
//! `s_jk = s_j s_k F`, `F = (1 / T - 1) / e`, and in the nest `s_j s_k H`, `H = (q^(-rho) / T - 1) / e`.
//!
//! At `rho = 0` both are `1 / (1 - e)`, as they are where whole nests go.

use std::ops::Range;

/// The nest that a group is a part of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Inside {
    /// Products of the nest.
    pub(super) nest: Range<usize>,
    /// Which nesting parameter it has.
    pub(super) rho: usize,
}

/// A number, and its derivatives with respect to `S`, `e` and `rho`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Moved {
    pub(super) value: f64,
    pub(super) by_nest: f64,
    pub(super) by_group: f64,
    pub(super) by_rho: f64,
}

/// `F` and `H` of one group.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Removed {
    /// For choices of other nests.
    pub(super) far: Moved,
    /// For what is left of the nest.
    pub(super) near: Moved,
}

impl Removed {
    /// Of a group of whole nests: `others` is what is left, `1 - e`.
    pub(super) fn whole(others: f64) -> Self {
        let rest = if others > 0.0 { 1.0 / others } else { 0.0 };
        Removed {
            far: Moved {
                value: rest,
                by_group: rest * rest,
                ..Moved::default()
            },
            near: Moved::default(),
        }
    }

    /// Of a part of a nest: `e` is chosen of the group, `left` of the rest of its nest, `others` of
    /// everything else.
    pub(super) fn part(e: f64, left: f64, others: f64, rho: f64) -> Self {
        if left <= 0.0 || e <= 0.0 {
            return Removed::whole(others + left);
        }
        let s = e + left;
        let ln_q = if e < left {
            (-e / s).ln_1p()
        } else {
            (left / s).ln()
        };
        let power = ((1.0 - rho) * ln_q).exp();
        let raised = (-rho * ln_q).exp();
        let t = others + s * power;
        let t_nest = rho * power + (1.0 - rho) * raised - 1.0;
        let t_group = -(1.0 - rho) * raised;
        let t_rho = -s * power * ln_q;
        let lost = -s * ((1.0 - rho) * ln_q).exp_m1();
        let far = lost / (t * e);
        let gain = (-rho * ln_q - t.ln()).exp();
        let near = if others > 0.0 && t > 0.5 {
            (-rho * ln_q - (-lost).ln_1p()).exp_m1() / e
        } else {
            (gain - 1.0) / e
        };
        Removed {
            far: Moved {
                value: far,
                by_nest: -t_nest / (t * t * e),
                by_group: (-t_group / (t * t) - far) / e,
                by_rho: -t_rho / (t * t * e),
            },
            near: Moved {
                value: near,
                by_nest: gain * (-rho * e / (s * left) - t_nest / t) / e,
                by_group: (gain * (rho / left - t_group / t) - near) / e,
                by_rho: gain * (-ln_q - t_rho / t) / e,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `F` and `H` by utilities: the group's exponentials are taken out of the nest's sum.
    fn by_hand(group: f64, rest: f64, others: f64, rho: f64) -> (f64, [f64; 2]) {
        let total = |sum: f64| sum.powf(1.0 - rho) + others;
        let (before, after) = (total(group + rest), total(rest));
        let nest = |sum: f64, total: f64| sum.powf(1.0 - rho) / total;
        let e = nest(group + rest, before) * group / (group + rest);
        let far = before / after - 1.0;
        let own = |sum: f64, total: f64| nest(sum, total) / sum;
        let near = own(rest, after) / own(group + rest, before) - 1.0;
        (e, [far / e, near / e])
    }

    #[test]
    fn what_choices_gain_is_what_utilities_say() {
        for rho in [0.0, 0.1, 0.6, 0.9] {
            for (group, rest, others) in [(0.5_f64, 2.0, 1.0), (3.0, 0.1, 1.5), (1e-3, 1.0, 4.0)] {
                let (e, wanted) = by_hand(group, rest, others, rho);
                let whole = (group + rest).powf(1.0 - rho);
                let s = whole / (whole + others);
                let found = Removed::part(e, s - e, 1.0 - s, rho);
                for (found, wanted) in [found.far, found.near].iter().zip(wanted) {
                    assert!(
                        (found.value / wanted - 1.0).abs() < 1e-11,
                        "{found:?} {wanted}"
                    );
                }
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_differences() {
        let (e, s, rho, step) = (0.12, 0.4, 0.3, 1e-5);
        let at = |s: f64, e: f64, rho: f64| Removed::part(e, s - e, 1.0 - s, rho);
        let slope = |up: Removed, down: Removed| {
            [
                up.far.value - down.far.value,
                up.near.value - down.near.value,
            ]
            .map(|d| d / (2.0 * step))
        };
        let found = at(s, e, rho);
        let all = [
            (
                slope(at(s + step, e, rho), at(s - step, e, rho)),
                [found.far.by_nest, found.near.by_nest],
            ),
            (
                slope(at(s, e + step, rho), at(s, e - step, rho)),
                [found.far.by_group, found.near.by_group],
            ),
            (
                slope(at(s, e, rho + step), at(s, e, rho - step)),
                [found.far.by_rho, found.near.by_rho],
            ),
        ];
        for (wanted, found) in all {
            for (w, f) in wanted.iter().zip(found) {
                assert!((w - f).abs() < 1e-8 * w.abs().max(1.0), "{f} {w}");
            }
        }
    }
}
