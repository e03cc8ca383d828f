//! Exponentials and logarithms that vectorise inside loops, with the same bits everywhere.

use crate::vector::dispatched;

pub(crate) const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2 split so that `k * LN2_HIGH` is exact for the exponents that occur.
pub(crate) const LN2_HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
pub(crate) const LN2_LOW: f64 = f64::from_bits(0x3DEA_39EF_3579_3C76);
/// Adding and subtracting 1.5 * 2^52 rounds to the nearest integer.
pub(crate) const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this the result is flushed to zero.
pub(crate) const EXP_MIN: f64 = -708.0;
pub(crate) const EXP_MAX: f64 = 709.0;
/// Bits of the square root of one half.
pub(crate) const ROOT_HALF: u64 = 0x3FE6_A09E_667F_3BCD;
/// Bits of `2^52`: a small integer ored into them is that integer above `2^52`.
pub(crate) const TWO_52: u64 = 0x4330_0000_0000_0000;
/// `2^54`.
pub(crate) const TWO_54: f64 = 18_014_398_509_481_984.0;
/// Minimax coefficients of the series of [`ln_body`], of even powers and of odd ones.
pub(crate) const LN_EVEN: [f64; 3] = [
    0.399_999_999_994_094_2,
    0.222_221_984_321_497_84,
    0.153_138_376_992_093_73,
];
pub(crate) const LN_ODD: [f64; 4] = [
    0.666_666_666_666_673_5,
    0.285_714_287_436_623_9,
    0.181_835_721_616_180_5,
    0.147_981_986_051_165_86,
];

/// `a b + c`, rounded once: one instruction where the machine has it, and the same bits from the
/// system's library where it has not. In a browser, where that would be slow, it is rounded twice.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn fused(a: f64, b: f64, c: f64) -> f64 {
    if cfg!(target_arch = "wasm32") {
        a * b + c
    } else {
        a.mul_add(b, c)
    }
}

dispatched!(
    /// `e^x` in double precision, at most 1 ulp or so off; zero below -708, `inf` above 709.
    exp, exp_body, (x: f64) -> f64
);

/// [`exp`] for loops.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
pub(crate) fn exp_body(x: f64) -> f64 {
    let clamped = x.clamp(EXP_MIN, EXP_MAX);
    let shifted = fused(clamped, LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = fused(k, -LN2_LOW, fused(k, -LN2_HIGH, clamped));
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
    let pair = |high: f64, low: f64| fused(r, high, low);
    let a = fused(r2, pair(1.0 / 6.0, 0.5), 1.0 + r);
    let b = fused(
        r2,
        pair(1.0 / 5_040.0, 1.0 / 720.0),
        pair(1.0 / 120.0, 1.0 / 24.0),
    );
    let c = fused(
        r2,
        pair(1.0 / 39_916_800.0, 1.0 / 3_628_800.0),
        pair(1.0 / 362_880.0, 1.0 / 40_320.0),
    );
    let d = pair(1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0);
    fused(r8, fused(r4, d, c), fused(r4, b, a))
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
    let even = fused(w, LN_EVEN[2], LN_EVEN[1]);
    let even = w * fused(w, even, LN_EVEN[0]);
    let odd = fused(w, LN_ODD[3], LN_ODD[2]);
    let odd = fused(w, odd, LN_ODD[1]);
    let odd = fused(w, odd, LN_ODD[0]);
    let half = 0.5 * f * f;
    let low = fused(s, half + fused(z, odd, even), k * LN2_LOW);
    let value = fused(k, LN2_HIGH, f - (half - low));
    let value = if x > 0.0 { value } else { f64::NAN };
    let value = if x == 0.0 { f64::NEG_INFINITY } else { value };
    if x == f64::INFINITY { x } else { value }
}
