//! Vectors of eight numbers for kernels that name them, with the same bits on every machine.
//!
//! A compiler that vectorises loops by itself does so where it thinks fit, by scattered loads where
//! eight numbers stand next to each other. Kernels here say what a vector is, and are compiled for
//! each instruction set; which one a machine has is seen once. Every operation has one rounding, so
//! that it does not matter which: a machine without fused multiply-adds takes longer to the same
//! bits. Only a browser, which has no such instruction at all, rounds twice.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;
use fearless_simd::{Level, f64x8, u64x8};

use crate::elementary::{
    EXP_MAX, EXP_MIN, LN_EVEN, LN_ODD, LN2_HIGH, LN2_LOW, LOG2_E, ROOT_HALF, ROUND, TWO_52, TWO_54,
};

/// Eight numbers in a register, or in two.
pub(crate) type Vector<S> = f64x8<S>;

/// Instructions that kernels are compiled for.
pub(crate) trait Simd: fearless_simd::Simd {
    /// `a b + c` with one rounding, but in a browser.
    fn fused<V: SimdFloat<Self, Element = f64>>(a: V, b: V, c: V) -> V;
}

/// Instruction sets with a fused multiply-add.
macro_rules! fusing {
    ($($set:ident),*) => {$(
        impl Simd for fearless_simd::$set {
            #[inline(always)]
            fn fused<V: SimdFloat<Self, Element = f64>>(a: V, b: V, c: V) -> V {
                a.mul_add_precise(b, c)
            }
        }
    )*};
}

#[cfg(target_arch = "x86_64")]
fusing!(Avx2, Avx512);

#[cfg(target_arch = "aarch64")]
fusing!(Neon);

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
impl Simd for fearless_simd::WasmSimd128 {
    #[inline(always)]
    fn fused<V: SimdFloat<Self, Element = f64>>(a: V, b: V, c: V) -> V {
        a * b + c
    }
}

/// Instruction sets without: the system's library has the same bits.
macro_rules! slow {
    ($set:ident) => {
        impl Simd for fearless_simd::$set {
            #[inline(never)]
            fn fused<V: SimdFloat<Self, Element = f64>>(a: V, b: V, c: V) -> V {
                let mut out = c;
                for (l, out) in out.as_mut_slice().iter_mut().enumerate() {
                    *out = crate::elementary::fused(a[l], b[l], *out);
                }
                out
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
slow!(Sse2);

#[cfg(not(any(
    target_arch = "x86_64",
    target_arch = "aarch64",
    all(target_arch = "wasm32", target_feature = "simd128")
)))]
slow!(Fallback);

/// The best instructions of this machine.
#[inline]
pub(crate) fn level() -> Level {
    Level::new()
}

/// Evaluates an expression compiled for this machine's instructions, of which it gets the token.
///
/// Unlike the library's own macro it has no copy for machines between the oldest and those of AVX2.
macro_rules! on_this_machine {
    ($simd:ident => $work:expr) => {
        match $crate::simd::level() {
            #[cfg(target_arch = "x86_64")]
            fearless_simd::Level::Avx512($simd) => $crate::simd::on!($simd => $work),
            #[cfg(target_arch = "x86_64")]
            fearless_simd::Level::Avx2($simd) => $crate::simd::on!($simd => $work),
            #[cfg(target_arch = "x86_64")]
            old => {
                let $simd = $crate::simd::oldest(old);
                $crate::simd::on!($simd => $work)
            }
            #[cfg(target_arch = "aarch64")]
            fearless_simd::Level::Neon($simd) => $crate::simd::on!($simd => $work),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            fearless_simd::Level::WasmSimd128($simd) => $crate::simd::on!($simd => $work),
            #[cfg(not(any(
                target_arch = "x86_64",
                target_arch = "aarch64",
                all(target_arch = "wasm32", target_feature = "simd128")
            )))]
            fearless_simd::Level::Fallback($simd) => $crate::simd::on!($simd => $work),
            #[cfg(not(target_arch = "x86_64"))]
            other => unreachable!("{other:?} is no level of this machine"),
        }
    };
}

macro_rules! on {
    ($simd:ident => $work:expr) => {
        fearless_simd::Simd::vectorize(
            $simd,
            #[inline(always)]
            || $work,
        )
    };
}

pub(crate) use {on, on_this_machine};

/// What every machine of the architecture has.
#[cfg(target_arch = "x86_64")]
pub(crate) fn oldest(level: Level) -> fearless_simd::Sse2 {
    let Some(token) = level.as_sse2() else {
        unreachable!("SSE2 belongs to x86-64")
    };
    token
}

/// A function of slices from a body that is generic over instruction sets, which must be
/// `#[inline(always)]`, as must all that it calls.
macro_rules! kernel {
    ($(#[$doc:meta])* $visible:vis $name:ident, $body:path, ($($arg:ident : $type:ty),* $(,)?) $(-> $ret:ty)?) => {
        $(#[$doc])*
        $visible fn $name($($arg: $type),*) $(-> $ret)? {
            $crate::simd::on_this_machine!(simd => $body(simd, $($arg),*))
        }
    };
}

pub(crate) use kernel;

/// Whether eight numbers fill one register: then there are registers for many sums at once.
#[inline(always)]
pub(crate) fn long<S: Simd>() -> bool {
    <S::f64s as SimdBase<S>>::LEN >= 8
}

#[inline(always)]
pub(crate) fn splat<S: Simd>(simd: S, x: f64) -> Vector<S> {
    f64x8::splat(simd, x)
}

#[inline(always)]
pub(crate) fn load<S: Simd>(simd: S, x: &[f64; 8]) -> Vector<S> {
    f64x8::load_array_ref(simd, x)
}

/// `a b + c`, rounded once but in a browser.
#[inline(always)]
pub(crate) fn fused<S: Simd>(a: Vector<S>, b: Vector<S>, c: Vector<S>) -> Vector<S> {
    S::fused(a, b, c)
}

/// The sum of eight numbers, as a balanced tree by halves.
#[inline(always)]
pub(crate) fn fold<S: Simd>(x: Vector<S>) -> f64 {
    let (low, high) = x.split();
    let (low, high) = (low + high).split();
    let pair = low + high;
    pair[0] + pair[1]
}

/// The largest of eight numbers, none of which is none.
#[inline(always)]
pub(crate) fn largest<S: Simd>(x: Vector<S>) -> f64 {
    x.iter()
        .fold(f64::NEG_INFINITY, |m, x| if *x > m { *x } else { m })
}

/// The larger of two; `b` where `a` is not a number.
#[inline(always)]
pub(crate) fn larger<S: Simd>(a: Vector<S>, b: Vector<S>) -> Vector<S> {
    a.simd_gt(b).select(a, b)
}

/// [`crate::elementary::exp_body`] of eight numbers.
#[inline(always)]
pub(crate) fn exp<S: Simd>(x: Vector<S>) -> Vector<S> {
    let simd = x.simd;
    let (low, high) = (splat(simd, EXP_MIN), splat(simd, EXP_MAX));
    let above = x.simd_gt(high);
    let value = exp_below(above.select(high, x));
    let value = x.simd_lt(low).select(splat(simd, 0.0), value);
    above.select(splat(simd, f64::INFINITY), value)
}

/// [`exp`] of eight numbers of which none is above zero, with the same bits for fewer steps.
#[inline(always)]
pub(crate) fn exp_below<S: Simd>(x: Vector<S>) -> Vector<S> {
    let simd = x.simd;
    let low = splat(simd, EXP_MIN);
    let under = x.simd_lt(low);
    let clamped = under.select(low, x);
    let round = splat(simd, ROUND);
    let shifted = fused(clamped, splat(simd, LOG2_E), round);
    let k = shifted - round;
    let r = fused(k, splat(simd, -LN2_HIGH), clamped);
    let r = fused(k, splat(simd, -LN2_LOW), r);
    let bits: u64x8<S> = shifted.bitcast();
    let one = u64x8::splat(simd, 0x3FF0_0000_0000_0000);
    let scale: Vector<S> = ((bits << 52) + one).bitcast();
    under.select(splat(simd, 0.0), taylor(r) * scale)
}

/// The polynomial of [`crate::elementary`].
#[inline(always)]
fn taylor<S: Simd>(r: Vector<S>) -> Vector<S> {
    let simd = r.simd;
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let a = fused(r2, pair(r, 1.0 / 6.0, 0.5), splat(simd, 1.0) + r);
    let b = fused(
        r2,
        pair(r, 1.0 / 5_040.0, 1.0 / 720.0),
        pair(r, 1.0 / 120.0, 1.0 / 24.0),
    );
    let c = fused(
        r2,
        pair(r, 1.0 / 39_916_800.0, 1.0 / 3_628_800.0),
        pair(r, 1.0 / 362_880.0, 1.0 / 40_320.0),
    );
    let d = pair(r, 1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0);
    fused(r8, fused(r4, d, c), fused(r4, b, a))
}

/// `high x + low`.
#[inline(always)]
pub(crate) fn pair<S: Simd>(x: Vector<S>, high: f64, low: f64) -> Vector<S> {
    fused(x, splat(x.simd, high), splat(x.simd, low))
}

/// [`crate::elementary::ln_body`] of eight numbers.
#[inline(always)]
pub(crate) fn ln<S: Simd>(x: Vector<S>) -> Vector<S> {
    let simd = x.simd;
    let (zero, half) = (splat(simd, 0.0), splat(simd, 0.5));
    let tiny = x.simd_lt(splat(simd, f64::MIN_POSITIVE));
    let scaled = tiny.select(x * splat(simd, TWO_54), x);
    let bits: u64x8<S> = scaled.bitcast();
    let whole = u64x8::splat(simd, 1024 << 52);
    let biased = (bits - u64x8::splat(simd, ROOT_HALF) + whole) >> 52;
    let above: Vector<S> = (biased | u64x8::splat(simd, TWO_52)).bitcast();
    let k = above - splat(simd, 4_503_599_627_370_496.0 + 1024.0);
    let k = tiny.select(k - splat(simd, 54.0), k);
    let m: Vector<S> = (bits - ((biased - u64x8::splat(simd, 1024)) << 52)).bitcast();
    let f = m - splat(simd, 1.0);
    let s = f / (splat(simd, 2.0) + f);
    let z = s * s;
    let w = z * z;
    let even = pair(w, LN_EVEN[2], LN_EVEN[1]);
    let even = w * fused(w, even, splat(simd, LN_EVEN[0]));
    let odd = pair(w, LN_ODD[3], LN_ODD[2]);
    let odd = fused(w, odd, splat(simd, LN_ODD[1]));
    let odd = fused(w, odd, splat(simd, LN_ODD[0]));
    let square = half * f * f;
    let low = fused(s, square + fused(z, odd, even), k * splat(simd, LN2_LOW));
    let value = fused(k, splat(simd, LN2_HIGH), f - (square - low));
    let value = x.simd_gt(zero).select(value, splat(simd, f64::NAN));
    let value = x
        .simd_eq(zero)
        .select(splat(simd, f64::NEG_INFINITY), value);
    x.simd_eq(splat(simd, f64::INFINITY)).select(x, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elementary::{exp_body, ln_body};

    /// Of eight numbers, of one, and of which.
    type Trio = (fn(&mut [f64; 8]), fn(f64) -> f64, fn(f64) -> bool);

    kernel!(exp_all, exp_all_body, (v: &mut [f64; 8]));
    kernel!(below_all, below_all_body, (v: &mut [f64; 8]));
    kernel!(ln_all, ln_all_body, (v: &mut [f64; 8]));

    #[inline(always)]
    fn exp_all_body<S: Simd>(simd: S, v: &mut [f64; 8]) {
        exp(load(simd, v)).store_array(v);
    }

    #[inline(always)]
    fn below_all_body<S: Simd>(simd: S, v: &mut [f64; 8]) {
        exp_below(load(simd, v)).store_array(v);
    }

    #[inline(always)]
    fn ln_all_body<S: Simd>(simd: S, v: &mut [f64; 8]) {
        ln(load(simd, v)).store_array(v);
    }

    /// Eight numbers next to each other have the bits that each has alone.
    #[test]
    fn vectors_have_the_bits_of_their_numbers() {
        let edges = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            1e-310,
            5e-324,
            -708.0,
            -708.1,
            709.0,
            709.1,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            0.1,
        ];
        let many = (0..40_000).map(|i| (f64::from(i) - 20_000.0) * 0.037_1);
        let large = (0..8_000).map(|i| (f64::from(i) * 0.17 - 680.0).exp());
        let x: Vec<f64> = edges.into_iter().chain(many).chain(large).collect();
        let pairs: [Trio; 3] = [
            (exp_all, exp_body, |_| true),
            (below_all, exp_body, |x| x.is_nan() || x <= 0.0),
            (ln_all, ln_body, |_| true),
        ];
        for (all, one, holds) in pairs {
            for eight in x.chunks_exact(8) {
                let mut v: [f64; 8] = eight.try_into().expect("eight");
                all(&mut v);
                for (x, v) in eight.iter().zip(v).filter(|(x, _)| holds(**x)) {
                    let same = v.to_bits() == one(*x).to_bits() || (v.is_nan() && one(*x).is_nan());
                    assert!(same, "{x}: {v} {}", one(*x));
                }
            }
        }
    }
}
