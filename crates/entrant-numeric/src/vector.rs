//! Kernels on slices, compiled for the widest vectors of the machine with equal bits.
//!
//! Each kernel is scalar Rust with eight explicit accumulators, and its multiply-adds are fused
//! where it says so and nowhere else, so every instruction set performs the same roundings: a
//! machine without that instruction takes longer to the same bits (Muller et al., Handbook of
//! Floating-Point Arithmetic, 2nd ed., 10). Only a browser, which has no such instruction at all,
//! rounds twice.

pub use crate::elementary::{exp, exp_m1, ln, ln_1p};
use crate::elementary::{exp_body, fused, ln_body};

/// Lanes of the virtual vector; reductions always add in this pattern.
pub(crate) const LANES: usize = 8;

macro_rules! dispatched {
    ($(#[$doc:meta])* $name:ident, $body:ident, ($($arg:ident : $type:ty),*) $(-> $ret:ty)?) => {
        $(#[$doc])*
        pub fn $name($($arg: $type),*) $(-> $ret)? {
            $crate::simd::on_this_machine!(simd => $body($($arg),*))
        }
    };
}

pub(crate) use dispatched;

dispatched!(
    /// Turns utilities into choice probabilities of a logit with an outside good of utility 0.
    ///
    /// On return `v[j]` is `exp(v_j) / (1 + sum exp(v))`; the value is the probability of the
    /// outside good and the log of the sum: `(p_0, ln(1 + sum exp(v)))`. Safe against overflow;
    /// `-inf` is a choice that is not there.
    logit_row, logit_row_body, (v: &mut [f64]) -> (f64, f64)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn logit_row_body(v: &mut [f64]) -> (f64, f64) {
    let top = max_body(v).max(0.0);
    let total = exp_shifted_body(v, top) + exp_body(-top);
    let scale = 1.0 / total;
    for x in v.iter_mut() {
        *x *= scale;
    }
    (exp_body(-top) * scale, top + ln(total))
}

dispatched!(
    /// Replaces each `v[j]` by `exp(v[j] - shift)` and returns their sum.
    exp_shifted, exp_shifted_body, (v: &mut [f64], shift: f64) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn exp_shifted_body(v: &mut [f64], shift: f64) -> f64 {
    for x in v.iter_mut() {
        *x = exp_body(*x - shift);
    }
    sum_body(v)
}

dispatched!(
    /// Sum in the fixed pattern of eight accumulators.
    sum, sum_body, (v: &[f64]) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn sum_body(v: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = v.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] += chunk[l];
        }
    }
    fold(lanes) + rest.iter().sum::<f64>()
}

dispatched!(
    /// Inner product in the fixed pattern of eight accumulators.
    dot, dot_body, (a: &[f64], b: &[f64]) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn dot_body(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mut lanes = [0.0; LANES];
    for (x, y) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for l in 0..LANES {
            lanes[l] = fused(x[l], y[l], lanes[l]);
        }
    }
    let tail = n - n % LANES;
    let rest = a[tail..].iter().zip(&b[tail..]);
    rest.fold(fold(lanes), |sum, (x, y)| fused(*x, *y, sum))
}

dispatched!(
    /// `y += scale * x`, element by element.
    add_scaled, add_scaled_body, (y: &mut [f64], scale: f64, x: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn add_scaled_body(y: &mut [f64], scale: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y = fused(scale, *x, *y);
    }
}

dispatched!(
    /// `y += sum_i scale_i x_i` for the rows `x_i` of a matrix (scales x elements), one after the other.
    add_scaled_rows, add_scaled_rows_body, (y: &mut [f64], scale: &[f64], x: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn add_scaled_rows_body(y: &mut [f64], scale: &[f64], x: &[f64]) {
    for (scale, x) in scale.iter().zip(x.chunks_exact(y.len().max(1))) {
        add_scaled_body(y, *scale, x);
    }
}

dispatched!(
    /// `out = a * b`, element by element.
    multiply, multiply_body, (out: &mut [f64], a: &[f64], b: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn multiply_body(out: &mut [f64], a: &[f64], b: &[f64]) {
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        *o = a * b;
    }
}

dispatched!(
    /// Three products with what is left of `own` after `part`, element by element:
    /// `out.0 = a (own - part)`, `out.1 = b (own - part)` and `out.2 = b (own - 2 part)`.
    left_over, left_over_body,
    (
        out: (&mut [f64], &mut [f64], &mut [f64]), own: &[f64], part: &[f64],
        by: (&[f64], &[f64])
    )
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn left_over_body(
    out: (&mut [f64], &mut [f64], &mut [f64]),
    own: &[f64],
    part: &[f64],
    (a, b): (&[f64], &[f64]),
) {
    let n = own.len();
    let (x, y, z) = out;
    let (x, y, z) = (&mut x[..n], &mut y[..n], &mut z[..n]);
    let (part, a, b) = (&part[..n], &a[..n], &b[..n]);
    for j in 0..n {
        let left = own[j] - part[j];
        x[j] = a[j] * left;
        y[j] = b[j] * left;
        z[j] = b[j] * (left - part[j]);
    }
}

dispatched!(
    /// `out = a * b`, element by element, and the sum of the products.
    multiply_sum, multiply_sum_body, (out: &mut [f64], a: &[f64], b: &[f64]) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn multiply_sum_body(out: &mut [f64], a: &[f64], b: &[f64]) -> f64 {
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        *o = a * b;
    }
    sum_body(out)
}

dispatched!(
    /// `out = exp((v - shift) * scale)`, element by element, and the sum of the exponentials.
    exp_scaled, exp_scaled_body, (out: &mut [f64], v: &[f64], shift: f64, scale: f64) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn exp_scaled_body(out: &mut [f64], v: &[f64], shift: f64, scale: f64) -> f64 {
    for (o, v) in out.iter_mut().zip(v) {
        *o = exp_body((*v - shift) * scale);
    }
    sum_body(out)
}

dispatched!(
    /// Replaces each `v[j]` by `exp((v[j] - shift) * scale)`.
    exp_shifted_scaled, exp_shifted_scaled_body, (v: &mut [f64], shift: f64, scale: f64)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn exp_shifted_scaled_body(v: &mut [f64], shift: f64, scale: f64) {
    for x in v.iter_mut() {
        *x = exp_body((*x - shift) * scale);
    }
}

dispatched!(
    /// Replaces each `v[j]`, which must be above zero, by `v[j]` to the power `exponent`.
    powers, powers_body, (v: &mut [f64], exponent: f64)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn powers_body(v: &mut [f64], exponent: f64) {
    for x in v.iter_mut() {
        *x = exp_body(exponent * ln_body(*x));
    }
}

dispatched!(
    /// `out = scale * v`, element by element.
    scaled, scaled_body, (out: &mut [f64], scale: f64, v: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn scaled_body(out: &mut [f64], scale: f64, v: &[f64]) {
    for (o, v) in out.iter_mut().zip(v) {
        *o = scale * v;
    }
}

dispatched!(
    /// Largest element; `-inf` when empty.
    max, max_body, (v: &[f64]) -> f64
);

dispatched!(
    /// `v = a + b + slope * x`, element by element.
    affine_row, affine_row_body, (v: &mut [f64], a: &[f64], b: &[f64], slope: f64, x: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn affine_row_body(v: &mut [f64], a: &[f64], b: &[f64], slope: f64, x: &[f64]) {
    for (((v, a), b), x) in v.iter_mut().zip(a).zip(b).zip(x) {
        *v = fused(slope, *x, a + b);
    }
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn max_body(v: &[f64]) -> f64 {
    let mut lanes = [f64::NEG_INFINITY; LANES];
    let chunks = v.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for l in 0..LANES {
            lanes[l] = if chunk[l] > lanes[l] {
                chunk[l]
            } else {
                lanes[l]
            };
        }
    }
    rest.iter()
        .chain(&lanes)
        .fold(f64::NEG_INFINITY, |m, x| if *x > m { *x } else { m })
}

/// A matrix in memory: its entries, and how far apart rows and columns are.
type Strided<'a> = (&'a [f64], (usize, usize));

/// `out = a * b + keep * out` for `a` (m x k), `b` (k x n) and `out` (m x n, row-major without
/// gaps), with `size = (m, k, n)`.
///
/// # Panics
///
/// When a slice is too short for its size and strides.
pub(crate) fn matmul(
    size: (usize, usize, usize),
    a: Strided<'_>,
    b: Strided<'_>,
    keep: f64,
    out: &mut [f64],
) {
    let (m, k, n) = size;
    if m == 0 || n == 0 {
        return;
    }
    let last = |rows: usize, columns: usize, (r, c): (usize, usize)| {
        rows.saturating_sub(1) * r + columns.saturating_sub(1) * c
    };
    assert!(out.len() >= m * n, "the product does not fit its place");
    assert!(
        k == 0 || last(m, k, a.1) < a.0.len(),
        "left factor too short"
    );
    assert!(
        k == 0 || last(k, n, b.1) < b.0.len(),
        "right factor too short"
    );
    let step = |s: usize| isize::try_from(s).unwrap_or(isize::MAX);
    let ((ar, ac), (br, bc)) = (a.1, b.1);
    #[expect(unsafe_code, reason = "the library's products take pointers")]
    // SAFETY: the three assertions above keep every entry that is read or written within its
    // slice, and `out` is borrowed mutably, so it overlaps neither factor.
    unsafe {
        matrixmultiply::dgemm(
            m,
            k,
            n,
            1.0,
            a.0.as_ptr(),
            step(ar),
            step(ac),
            b.0.as_ptr(),
            step(br),
            step(bc),
            keep,
            out.as_mut_ptr(),
            step(n),
            1,
        );
    }
}

/// Adds eight lanes as a balanced tree, by halves.
///
/// The lanes pass through memory: otherwise the compiler arranges the loop that made them for these
/// few sums, in vectors of two.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn fold(l: [f64; LANES]) -> f64 {
    let l = std::hint::black_box(l);
    ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_agree_with_the_platform() {
        let mut v: Vec<f64> = (0..40).map(|k| 10f64.powi(k * 15 - 300)).collect();
        let known: Vec<f64> = v.iter().map(|x| x.powf(-0.85)).collect();
        powers(&mut v, -0.85);
        for (x, known) in v.iter().zip(known) {
            // Rounding of the logarithm counts as often as the result has digits before the point.
            assert!((x / known - 1.0).abs() < 2e-13, "{x} {known}");
        }
        let mut one = [3.0, 1e-300];
        powers(&mut one, 0.0);
        assert!(one.iter().all(|x| x.to_bits() == 1.0f64.to_bits()));
    }

    #[test]
    fn exp_agrees_with_the_platform_to_two_units_in_the_last_place() {
        let mut x = -707.9;
        while x < 709.0 {
            let (ours, theirs) = (exp(x), x.exp());
            assert!(
                (ours - theirs).abs() <= 2.5 * f64::EPSILON * theirs,
                "exp({x}) = {ours}, platform {theirs}"
            );
            x += 0.003_717;
        }
        assert!(exp(f64::NEG_INFINITY) == 0.0 && exp(-709.0) == 0.0 && exp(800.0).is_infinite());
        assert!(
            exp(0.0).to_bits() == 1.0_f64.to_bits()
                && exp(f64::NAN).is_nan()
                && exp(709.1).is_infinite()
        );
    }

    #[test]
    fn probabilities_match_the_textbook_formula() {
        let mut v = vec![
            0.3,
            -1.0,
            2.0,
            f64::NEG_INFINITY,
            0.0,
            0.1,
            0.2,
            0.3,
            0.4,
            -3.0,
        ];
        let e: Vec<f64> = v.iter().map(|x: &f64| x.exp()).collect();
        let total = 1.0 + e.iter().sum::<f64>();
        let (outside, log_sum) = logit_row(&mut v);
        assert!((outside - 1.0 / total).abs() < 1e-15 && (log_sum - total.ln()).abs() < 1e-14);
        for (p, e) in v.iter().zip(&e) {
            assert!((p - e / total).abs() < 1e-15);
        }
    }

    #[test]
    fn large_utilities_do_not_overflow() {
        let mut v = vec![2000.0, 1999.0];
        let (outside, log_sum) = logit_row(&mut v);
        assert!(outside == 0.0 && (v[0] - 0.731_058_578_630_005).abs() < 1e-14 && log_sum > 2000.0);
    }

    #[test]
    fn dispatched_and_plain_kernels_agree_to_the_bit() {
        let a: Vec<f64> = (0..101).map(|i| f64::from(i) * 0.37 - 9.0).collect();
        let mut wide = a.clone();
        let mut plain = a.clone();
        assert_eq!(
            logit_row(&mut wide).0.to_bits(),
            logit_row_body(&mut plain).0.to_bits()
        );
        assert!(
            wide.iter()
                .zip(&plain)
                .all(|(x, y)| x.to_bits() == y.to_bits())
        );
        assert_eq!(dot(&a, &wide).to_bits(), dot_body(&a, &wide).to_bits());
    }
}
