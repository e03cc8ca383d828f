//! Distribution functions for tests and intervals, accurate in both tails.
//!
//! A p-value is a survival function, computed as such and never as one minus a distribution
//! function. Relative errors are below 1e-12 up to some thousand degrees of freedom and grow
//! in proportion beyond (1e-9 at a million). Everything is `NaN` where an argument is, where a
//! probability lies outside \[0, 1\], or where degrees of freedom are not positive.

use libm::{erfc, exp, log};
use statrs::function::{beta::checked_beta_reg, gamma};

use crate::random::normal_quantile;
use crate::root::decreasing_root;

/// Probability that a standard normal is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// Probability that a standard normal exceeds `x`.
pub fn normal_survival(x: f64) -> f64 {
    normal_cdf(-x)
}

/// Probability that a chi-square variable with `degrees` of freedom is at most `x`.
pub fn chi_square_cdf(x: f64, degrees: f64) -> f64 {
    on_positive(x, degrees, 0.0, |x| lower_gamma(0.5 * degrees, 0.5 * x))
}

/// Probability that a chi-square variable with `degrees` of freedom exceeds `x`.
pub fn chi_square_survival(x: f64, degrees: f64) -> f64 {
    on_positive(x, degrees, 1.0, |x| upper_gamma(0.5 * degrees, 0.5 * x))
}

/// The value that a chi-square variable with `degrees` of freedom exceeds with probability
/// `1 - p`.
pub fn chi_square_quantile(p: f64, degrees: f64) -> f64 {
    let cdf = |x| chi_square_cdf(x, degrees);
    positive_quantile(p, degrees, cdf, |x| chi_square_survival(x, degrees))
}

/// Probability that a Student t variable with `degrees` of freedom is at most `x`.
pub fn student_cdf(x: f64, degrees: f64) -> f64 {
    student_survival(-x, degrees)
}

/// Probability that a Student t variable with `degrees` of freedom exceeds `x`; infinite
/// degrees are the standard normal.
pub fn student_survival(x: f64, degrees: f64) -> f64 {
    if x.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        return f64::NAN;
    }
    if degrees.is_infinite() {
        return normal_survival(x);
    }
    let square = x * x;
    let beyond = if square < degrees.min(1.0) {
        0.5 - 0.5 * f_cdf(square, 1.0, degrees)
    } else {
        0.5 * f_survival(square, 1.0, degrees)
    };
    if x >= 0.0 { beyond } else { 1.0 - beyond }
}

/// The value that a Student t variable with `degrees` of freedom exceeds with probability
/// `1 - p`.
pub fn student_quantile(p: f64, degrees: f64) -> f64 {
    if degrees.is_infinite() && degrees > 0.0 && p > 0.0 && p < 1.0 {
        return normal_quantile(p);
    }
    let tail = p.min(1.0 - p);
    let within = |x: f64| f_cdf(x * x, 1.0, degrees);
    let outside = |x: f64| f_survival(x * x, 1.0, degrees);
    let size = magnitude(2.0 * (0.5 - tail), 2.0 * tail, degrees, within, outside);
    if p < 0.5 { -size } else { size }
}

/// Probability that an F variable with these degrees of freedom is at most `x`.
pub fn f_cdf(x: f64, numerator: f64, denominator: f64) -> f64 {
    on_positive(x, numerator.min(denominator), 0.0, |x| {
        if denominator.is_infinite() {
            return chi_square_cdf(numerator * x, numerator);
        }
        let part = numerator / (numerator + denominator / x);
        incomplete_beta(0.5 * numerator, 0.5 * denominator, part)
    })
}

/// Probability that an F variable with these degrees of freedom exceeds `x`.
pub fn f_survival(x: f64, numerator: f64, denominator: f64) -> f64 {
    on_positive(x, numerator.min(denominator), 1.0, |x| {
        if denominator.is_infinite() {
            return chi_square_survival(numerator * x, numerator);
        }
        let part = denominator / (numerator * x + denominator);
        incomplete_beta(0.5 * denominator, 0.5 * numerator, part)
    })
}

/// The value that an F variable with these degrees of freedom exceeds with probability `1 - p`.
pub fn f_quantile(p: f64, numerator: f64, denominator: f64) -> f64 {
    let cdf = |x| f_cdf(x, numerator, denominator);
    let survival = |x| f_survival(x, numerator, denominator);
    positive_quantile(p, numerator.min(denominator), cdf, survival)
}

/// Regularised lower incomplete gamma function.
fn lower_gamma(a: f64, x: f64) -> f64 {
    gamma::checked_gamma_lr(a, x).unwrap_or(f64::NAN)
}

/// Regularised upper incomplete gamma function.
fn upper_gamma(a: f64, x: f64) -> f64 {
    gamma::checked_gamma_ur(a, x).unwrap_or(f64::NAN)
}

/// Regularised incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(f64::NAN)
}

/// `value(x)` for `x > 0`, `at_zero` below.
fn on_positive(x: f64, degrees: f64, at_zero: f64, value: impl Fn(f64) -> f64) -> f64 {
    if x.is_nan() || degrees.is_nan() || degrees <= 0.0 {
        f64::NAN
    } else if x <= 0.0 {
        at_zero
    } else if x.is_infinite() {
        1.0 - at_zero
    } else {
        value(x)
    }
}

fn positive_quantile(
    p: f64,
    degrees: f64,
    cdf: impl Fn(f64) -> f64,
    survival: impl Fn(f64) -> f64,
) -> f64 {
    magnitude(p, 1.0 - p, degrees, cdf, survival)
}

/// The positive `x` with `cdf(x) = p` and `survival(x) = q`, `p + q = 1`, found through the
/// smaller of the two on logarithmic scales.
fn magnitude(
    p: f64,
    q: f64,
    degrees: f64,
    cdf: impl Fn(f64) -> f64,
    survival: impl Fn(f64) -> f64,
) -> f64 {
    let sound = p >= 0.0 && q >= 0.0 && degrees > 0.0 && degrees.is_finite();
    if !sound {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if q == 0.0 {
        return f64::INFINITY;
    }
    let gap = |at: f64| {
        let x = exp(at);
        let gap = if p < q {
            log(p) - log(cdf(x))
        } else {
            log(survival(x)) - log(q)
        };
        gap.clamp(-1e3, 1e3)
    };
    exp(decreasing_root(
        gap,
        reach(&gap, -1.0, 1.0),
        reach(&gap, 1.0, -1.0),
    ))
}

/// Doubles `at` until the gap has the wanted sign, or the exponential leaves the numbers.
fn reach(gap: &impl Fn(f64) -> f64, at: f64, sign: f64) -> f64 {
    let mut at = at;
    while gap(at) * sign <= 0.0 && at.abs() < 800.0 {
        at *= 2.0;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ours against theirs, relative.
    fn agree(cases: &[(f64, f64)], tolerance: f64) {
        for (ours, theirs) in cases {
            let miss = (ours / theirs - 1.0).abs();
            assert!(miss <= tolerance, "{ours:e} {theirs:e}: {miss:e}");
        }
    }

    // The numbers of the next five tests are SciPy 1.17.1's (`scipy.stats`, cdf, sf, ppf).

    #[test]
    fn normal_as_scipy() {
        agree(
            &[
                (normal_cdf(1.0), 0.841_344_746_068_542_9),
                (normal_cdf(0.1), 0.539_827_837_277_029),
                (normal_survival(1.96), 0.024_997_895_148_220_435),
                (normal_cdf(-5.0), 2.866_515_718_791_933e-7),
                (normal_cdf(-10.0), 7.619_853_024_160_47e-24),
                (normal_survival(37.0), 5.725_571_222_523_926_6e-300),
            ],
            5e-14,
        );
    }

    #[test]
    fn chi_square_as_scipy() {
        let (cdf, survival) = (chi_square_cdf, chi_square_survival);
        agree(
            &[
                (survival(3.841, 1.0), 0.050_013_683_763_956_804),
                (survival(100.0, 1.0), 1.523_970_604_832_099_5e-23),
                (survival(14.07, 7.0), 0.049_950_250_317_479_475),
                (survival(200.0, 7.0), 1.147_781_224_014_262e-39),
                (cdf(1e-3, 0.5), 0.164_959_750_768_412_85),
                (cdf(20.0, 60.0), 2.509_951_201_527_959e-7),
                (survival(400.0, 60.0), 9.818_469_937_150_823e-52),
                (survival(2200.0, 2000.0), 0.001_059_323_253_929_977_3),
            ],
            1e-12,
        );
        let quantile = chi_square_quantile;
        agree(
            &[
                (quantile(0.95, 1.0), 3.841_458_820_694_124),
                (quantile(0.01, 7.0), 1.239_042_305_567_929_8),
                (quantile(0.999_999, 7.0), 40.521_831_234_114_72),
                (quantile(0.5, 60.0), 59.334_666_276_442_46),
                (quantile(1e-10, 1.0), 1.570_796_326_794_896e-20),
            ],
            2e-14,
        );
    }

    #[test]
    fn student_as_scipy() {
        let survival = student_survival;
        agree(
            &[
                (survival(1.0, 1.0), 0.25),
                (survival(1e6, 1.0), 3.183_098_861_836_845_5e-7),
                (survival(2.015, 5.0), 0.050_003_086_163_403_18),
                (student_cdf(-3.0, 5.0), 0.015_049_623_948_731_293),
                (survival(-3.0, 5.0), 0.984_950_376_051_268_7),
                (survival(8.0, 30.0), 3.132_911_237_850_379_5e-9),
                (survival(40.0, 30.0), 6.863_022_597_203_209e-28),
                (survival(20.0, 2.5), 0.000_399_694_122_251_216_9),
            ],
            1e-12,
        );
        agree(&[(survival(5.0, 1e6), 2.866_998_935_445_372_3e-7)], 1e-9);
        let quantile = student_quantile;
        agree(
            &[
                (quantile(0.975, 1.0), 12.706_204_736_174_694),
                (quantile(0.975, 5.0), 2.570_581_835_636_314_6),
                (quantile(1e-8, 30.0), -7.556_534_651_885_402),
                (quantile(0.999, 2.5), 13.822_193_110_865_96),
                (quantile(0.6, 1000.0), 0.253_414_515_839_498_76),
            ],
            1e-12,
        );
    }

    #[test]
    fn f_as_scipy() {
        let survival = f_survival;
        agree(
            &[
                (survival(4.96, 1.0, 10.0), 0.050_087_650_566_468_15),
                (survival(2.71, 5.0, 20.0), 0.050_054_689_562_044_26),
                (survival(60.0, 5.0, 20.0), 2.363_321_119_333_072_6e-11),
                (survival(10.0, 8.0, 2000.0), 9.530_502_119_855_105e-14),
                (f_cdf(0.1, 20.0, 5.0), 6.552_183_141_595_506e-5),
            ],
            1e-12,
        );
        agree(
            &[(survival(50.0, 3.0, 1e6), 2.649_578_834_383_115_7e-32)],
            2e-9,
        );
        let quantile = f_quantile;
        agree(
            &[
                (quantile(0.95, 1.0, 10.0), 4.964_602_743_730_711),
                (quantile(0.99, 5.0, 20.0), 4.102_684_630_584_732),
                (quantile(0.01, 20.0, 5.0), 0.243_742_839_151_025_65),
                (quantile(0.999_999, 8.0, 2000.0), 5.386_853_244_644_63),
            ],
            2e-14,
        );
    }

    #[test]
    fn closed_forms() {
        // Chi-square with two degrees is exponential with mean two; t with one is Cauchy, with
        // two has a closed form; F with (2, d) is (1 + 2x/d)^(-d/2).
        for x in [1e-9_f64, 0.3, 4.0, 90.0, 700.0] {
            let cauchy = (1.0_f64).atan2(x) / std::f64::consts::PI;
            let root = (2.0 + x * x).sqrt();
            agree(
                &[
                    (chi_square_survival(x, 2.0), (-0.5 * x).exp()),
                    (student_survival(x, 1.0), cauchy),
                    (student_survival(x, 2.0), 1.0 / (root * (root + x))),
                    (f_survival(x, 2.0, 8.0), (1.0 + 0.25 * x).powi(-4)),
                    (f_survival(x, 2.0, f64::INFINITY), (-x).exp()),
                    (
                        student_survival(x / 20.0, f64::INFINITY),
                        normal_survival(x / 20.0),
                    ),
                ],
                1e-13,
            );
        }
    }

    #[test]
    fn quantiles_invert_and_edges_are_named() {
        for p in [1e-300, 1e-12, 0.3, 0.5, 0.9] {
            agree(
                &[
                    (chi_square_cdf(chi_square_quantile(p, 9.0), 9.0), p),
                    (f_cdf(f_quantile(p, 4.0, 7.0), 4.0, 7.0), p),
                    (student_cdf(student_quantile(p, 6.0), 6.0), p),
                ],
                1e-11,
            );
        }
        assert!(student_quantile(0.5, 4.0) == 0.0 && student_quantile(1.0, 4.0) == f64::INFINITY);
        assert!(chi_square_quantile(0.0, 4.0) == 0.0 && f_quantile(1.0, 2.0, 3.0).is_infinite());
        let certain = [
            chi_square_survival(-1.0, 3.0),
            f_cdf(f64::INFINITY, 1.0, 1.0),
        ];
        assert!(certain[..] == [1.0, 1.0]);
        let nowhere = [
            chi_square_cdf(1.0, 0.0),
            chi_square_survival(f64::NAN, 1.0),
            chi_square_quantile(1.5, 2.0),
            chi_square_quantile(0.5, f64::INFINITY),
            student_survival(0.0, -1.0),
            student_quantile(f64::NAN, 3.0),
            f_survival(1.0, f64::NAN, 2.0),
            f_quantile(-0.1, 1.0, 2.0),
        ];
        assert!(nowhere.iter().all(|v| v.is_nan()), "{nowhere:?}");
    }
}
