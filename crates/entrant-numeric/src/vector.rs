//! Kernels on slices, compiled for the widest vectors of the machine with equal bits.
//!
//! Each kernel is scalar Rust with eight explicit accumulators and no fused multiply-add, so
//! every instruction set performs the same roundings: AVX2, plain x86-64 and a browser agree
//! to the bit (`reference`: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., 10).

/// Lanes of the virtual vector; reductions always add in this pattern.
pub(crate) const LANES: usize = 8;

const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2 split so that `k * LN2_HIGH` is exact for the exponents that occur.
const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
/// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this the result is flushed to zero.
const EXP_MIN: f64 = -708.0;
const EXP_MAX: f64 = 709.0;

/// `e^x` in double precision, at most 1 ulp or so off; zero below -708, `inf` above 709.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub fn exp(x: f64) -> f64 {
    let clamped = x.clamp(EXP_MIN, EXP_MAX);
    let shifted = clamped * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (clamped - k * LN2_HIGH) - k * LN2_LOW;
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(0x3FF0_0000_0000_0000));
    let value = taylor(r) * scale;
    // Two selects and no branch, so that the loop around it vectorises.
    let value = if x < EXP_MIN { 0.0 } else { value };
    if x > EXP_MAX { f64::INFINITY } else { value }
}

/// Taylor polynomial of `e^r` of degree 13 for |r| <= ln(2)/2: truncation below 5e-18.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn taylor(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let a = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6.0));
    let b = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let c = (1.0 / 40_320.0 + r * (1.0 / 362_880.0))
        + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let d = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    (a + r4 * b) + r8 * (c + r4 * d)
}

/// Natural logarithm, the same bits on every platform.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// `ln(1 + x)`, accurate for small `x`, the same bits on every platform.
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// `e^x - 1`, accurate for small `x`, the same bits on every platform.
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// `e^x` for loops of other kernels.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn exp_body(x: f64) -> f64 {
    exp(x)
}

/// Natural logarithm for loops: no branch, at most 1 ulp or so off; `-inf` at zero, `NaN` below.
///
/// The argument is `2^k m` with `m` within a factor of root two of one, and `ln m` is the series
/// in `s = (m - 1) / (m + 1)` with the minimax coefficients of the classical C library
/// (`s^14` at most, error below `2^-58`).
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn ln_body(x: f64) -> f64 {
    /// Bits of the square root of one half.
    const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
    /// Bits of `2^52`: a small integer ored into them is that integer above `2^52`.
    const TWO_52: u64 = 0x4330_0000_0000_0000;
    const TWO_54: f64 = 18_014_398_509_481_984.0;
    let tiny = x < f64::MIN_POSITIVE;
    let scaled = if tiny { x * TWO_54 } else { x };
    let bits = scaled.to_bits();
    let biased = bits.wrapping_sub(ROOT_HALF).wrapping_add(1024 << 52) >> 52;
    let k = f64::from_bits(TWO_52 | biased) - (4_503_599_627_370_496.0 + 1024.0);
    let k = if tiny { k - 54.0 } else { k };
    let m = f64::from_bits(bits.wrapping_sub(biased.wrapping_sub(1024) << 52));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w
        * (0.399_999_999_994_094_2 + w * (0.222_221_984_321_497_84 + w * 0.153_138_376_992_093_73));
    let odd = z
        * (0.666_666_666_666_673_5
            + w * (0.285_714_287_436_623_9
                + w * (0.181_835_721_616_180_5 + w * 0.147_981_986_051_165_86)));
    let half = 0.5 * f * f;
    let value = k * LN2_HIGH - ((half - (s * (half + (even + odd)) + k * LN2_LOW)) - f);
    let value = if x > 0.0 { value } else { f64::NAN };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x == f64::INFINITY { x } else { value }
}

macro_rules! dispatched {
    ($(#[$doc:meta])* $name:ident, $body:ident, ($($arg:ident : $type:ty),*) $(-> $ret:ty)?) => {
        $(#[$doc])*
        #[inline]
        pub fn $name($($arg: $type),*) $(-> $ret)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide($($arg: $type),*) $(-> $ret)? {
                    $body($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    #[expect(unsafe_code, reason = "AVX2 was detected on the line above")]
                    // SAFETY: the only requirement of `wide` is AVX2, detected just above.
                    return unsafe { wide($($arg),*) };
                }
            }
            $body($($arg),*)
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
    let total = exp_shifted_body(v, top) + exp(-top);
    let scale = 1.0 / total;
    for x in v.iter_mut() {
        *x *= scale;
    }
    (exp(-top) * scale, top + ln(total))
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
        *x = exp(*x - shift);
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
            lanes[l] += x[l] * y[l];
        }
    }
    let tail = n - n % LANES;
    let rest: f64 = a[tail..].iter().zip(&b[tail..]).map(|(x, y)| x * y).sum();
    fold(lanes) + rest
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
fn add_scaled_body(y: &mut [f64], scale: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += scale * x;
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
        *o = exp((*v - shift) * scale);
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
        *x = exp((*x - shift) * scale);
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
        *v = (a + b) + slope * x;
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
pub(crate) fn product(
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

/// Adds eight lanes as a balanced tree.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn fold(l: [f64; LANES]) -> f64 {
    ((l[0] + l[1]) + (l[2] + l[3])) + ((l[4] + l[5]) + (l[6] + l[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

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
