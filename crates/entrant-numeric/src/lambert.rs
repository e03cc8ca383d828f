//! Lambert's W function, the closed form behind logit markups.

use crate::vector::{exp, ln};

/// Principal branch of Lambert's W for `x >= 0`: the `w` with `w e^w = x`.
///
/// Halley's iteration (Corless et al. 1996, equation 5.9) from a logarithmic start; about 1e-15
/// relative. `inf` for `inf`.
pub fn lambert_w(x: f64) -> f64 {
    if x == 0.0 || x.is_infinite() {
        return x;
    }
    if x > 1e200 {
        return lambert_w_of_exp(ln(x));
    }
    let mut w = if x < 1.0 {
        x * (1.0 - x * (1.0 - 1.5 * x) / (1.0 + 2.0 * x))
    } else {
        start(ln(x))
    };
    for _ in 0..40 {
        let e = exp(w);
        let f = w * e - x;
        let step = f / (e * (w + 1.0) - (w + 2.0) * f / (2.0 * w + 2.0));
        w -= step;
        if step.abs() <= 4e-16 * w.abs() {
            break;
        }
    }
    w
}

/// `W(e^y)`, without overflow for large `y`: the `w` with `w + ln w = y`.
pub fn lambert_w_of_exp(y: f64) -> f64 {
    if y < 400.0 {
        return lambert_w(exp(y));
    }
    let mut w = start(y);
    for _ in 0..40 {
        let step = (w + ln(w) - y) / (1.0 + 1.0 / w);
        w -= step;
        if step.abs() <= 4e-16 * w {
            break;
        }
    }
    w
}

fn start(log_x: f64) -> f64 {
    let l = log_x.max(0.3);
    (l - ln(l.max(1.0))).max(0.3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn satisfies_its_definition() {
        for x in [
            1e-12,
            1e-3,
            0.1,
            0.5,
            1.0,
            std::f64::consts::E,
            10.0,
            1e5,
            1e100,
        ] {
            let w = lambert_w(x);
            assert!((w * w.exp() / x - 1.0).abs() < 1e-13, "W({x}) = {w}");
        }
        assert!((lambert_w(1.0) - 0.567_143_290_409_783_8).abs() < 1e-15);
        let w = lambert_w_of_exp(1000.0);
        assert!((w + w.ln() - 1000.0).abs() < 1e-12);
    }
}
