//! Rows of a few numbers, a whole number of vectors long.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use crate::simd::{Simd, fused, kernel, load, splat};
use crate::vector::LANES;

kernel!(
    /// `out_i = (m_i u_i, 2 m_i t_i - u_i y_i)` for every row, where `m_i` is the number at `at` in
    /// `y_i`.
    ///
    /// `y`, `u` and `t` are rows x `wide`, `out` is rows x twice that; `wide` is a multiple of eight.
    pub pulls, pulls_body,
    (out: &mut [f64], y: &[f64], u: &[f64], t: &[f64], wide: usize, at: usize)
);

#[inline(always)]
fn pulls_body<S: Simd>(
    simd: S,
    out: &mut [f64],
    y: &[f64],
    u: &[f64],
    t: &[f64],
    wide: usize,
    at: usize,
) {
    let each = y.chunks_exact(wide).zip(u.chunks_exact(wide));
    let each = each.zip(t.chunks_exact(wide));
    for (out, ((y, u), t)) in out.chunks_exact_mut(2 * wide).zip(each) {
        let m = splat(simd, y[at]);
        let twice = m + m;
        let (first, second) = out.split_at_mut(wide);
        let of = [y, u, t].map(|v| v.as_chunks::<LANES>().0);
        let into = first.as_chunks_mut::<LANES>().0.iter_mut();
        for (c, (a, b)) in into.zip(second.as_chunks_mut::<LANES>().0).enumerate() {
            let [y, u, t] = of.map(|v| load(simd, &v[c]));
            (m * u).store_array(a);
            fused(twice, t, -(u * y)).store_array(b);
        }
    }
}

kernel!(
    /// `out_i = w_i x_i` for every row: the first `wide` numbers of each `apart`; `wide` is a multiple
    /// of eight.
    pub weighted, weighted_body,
    (out: &mut [f64], x: &[f64], weight: &[f64], wide: usize, apart: usize)
);

#[inline(always)]
fn weighted_body<S: Simd>(
    simd: S,
    out: &mut [f64],
    x: &[f64],
    weight: &[f64],
    wide: usize,
    apart: usize,
) {
    let rows = out.chunks_exact_mut(wide).zip(x.chunks_exact(apart));
    for ((out, x), w) in rows.zip(weight) {
        let w = splat(simd, *w);
        let each = out.as_chunks_mut::<LANES>().0.iter_mut();
        for (o, x) in each.zip(x.as_chunks::<LANES>().0) {
            (w * load(simd, x)).store_array(o);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_definitions() {
        let (rows, wide, at) = (5, 16, 3);
        let number = |i: usize| (i as f64 * 0.7).sin();
        let [y, u, t] = [0, 1, 2]
            .map(|s| -> Vec<f64> { (0..rows * wide).map(|i| number(i + 1_000 * s)).collect() });
        let mut out = vec![0.0; 2 * rows * wide];
        pulls(&mut out, &y, &u, &t, wide, at);
        let weight: Vec<f64> = (0..rows).map(|i| 0.5 + i as f64).collect();
        let mut scaled = vec![0.0; rows * wide];
        weighted(&mut scaled, &out, &weight, wide, 2 * wide);
        for i in 0..rows {
            let m = y[i * wide + at];
            for c in 0..wide {
                let (y, u, t) = (y[i * wide + c], u[i * wide + c], t[i * wide + c]);
                let (a, b) = (out[2 * i * wide + c], out[(2 * i + 1) * wide + c]);
                assert!((a - m * u).abs() <= 1e-16 && (b - (2.0 * m * t - u * y)).abs() <= 5e-16);
                assert!((scaled[i * wide + c] - weight[i] * a).abs() <= 1e-15);
            }
        }
    }
}
