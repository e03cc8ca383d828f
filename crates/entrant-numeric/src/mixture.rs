//! Mixtures of softmax rows with a term of its own in each row's sum.
//!
//! A block has `rows` rows of `stride` columns, `stride` a multiple of eight; columns past the
//! last hold zeros. Row i stands for `E_ij = exp(v_ij - c_i)` with a shift `c_i`, which is zero where
//! nothing is large, and
//! `rest_i = exp(-c_i)` is the term of the choice that is not in the block. Scaling column j by
//! a factor `f_j` moves `v_ij` by `ln f_j` without another exponential per cell; this is what
//! makes repeated evaluation cheap.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

mod linear;

use fearless_simd::prelude::*;

use linear::Linear;

use crate::elementary::{exp_body, ln_body};
use crate::simd::{self, Simd, fused, kernel, load, splat};

/// Numbers in a vector.
const WIDTH: usize = 8;
/// Logarithms up to here are exponentiated as they are: sums, and squares of what is divided by
/// them, stay far from the ends of the range.
pub(crate) const HIGH: f64 = 200.0;

/// Columns of a padded row: the next multiple of the virtual vector width.
pub fn padded(columns: usize) -> usize {
    columns.div_ceil(WIDTH) * WIDTH
}

kernel!(
    /// Fills `e` (rows x stride) with `exp(v_ij - c_i)` for
    /// `v_ij = base_j + sum_k coefficient_ik x_kj`, and `rest` (rows) with `exp(-c_i)`, where `c_i`
    /// is `max_j v_ij` if that is above 200, and zero otherwise: no sum of a row overflows then.
    ///
    /// `coefficient` is rows x k and `x` is k x stride; `base` (stride) is `-inf` in columns past
    /// the last. With `more`, `e` holds what is added to `v_ij`; otherwise it is not read.
    pub exponentials, exponentials_body,
    (e: &mut [f64], rest: &mut [f64], base: &[f64], coefficient: &[f64], x: &[f64], more: bool)
);

#[inline(always)]
fn exponentials_body<S: Simd>(
    simd: S,
    e: &mut [f64],
    rest: &mut [f64],
    base: &[f64],
    coefficient: &[f64],
    x: &[f64],
    more: bool,
) {
    let of = Linear::new(base, coefficient, x);
    let rows = e.chunks_exact_mut(base.len()).zip(rest.iter_mut());
    for (i, (row, rest)) in rows.enumerate() {
        let row = row.as_chunks_mut().0;
        if !more && of.exponentials(simd, i, row) {
            *rest = 1.0;
            continue;
        }
        of.fill(simd, i, row, more);
        let mut top = splat(simd, 0.0);
        for v in &*row {
            top = simd::larger(load(simd, v), top);
        }
        let top = simd::largest(top);
        let shift = splat(simd, if top > HIGH { top } else { 0.0 });
        for v in row {
            simd::exp_below(load(simd, v) - shift).store_array(v);
        }
        *rest = simd::exp_below(-shift)[0];
    }
}

kernel!(
    /// The weighted mean of the rows' probabilities, `sum_i w_i E_ij f_j / (rest_i + sum_k E_ik f_k)`,
    /// into `out` (stride), and that of the choice outside the block as the value.
    ///
    /// `factor` (stride), `rest` and `weight` (rows); `scale` (rows) gets `1 / (rest_i + sum)`.
    pub mixture, mixture_body,
    (
        e: &[f64], factor: &[f64], rest: &[f64], weight: &[f64], scale: &mut [f64],
        out: &mut [f64]
    ) -> f64
);

#[inline(always)]
fn mixture_body<S: Simd>(
    simd: S,
    e: &[f64],
    factor: &[f64],
    rest: &[f64],
    weight: &[f64],
    scale: &mut [f64],
    out: &mut [f64],
) -> f64 {
    const RUN: usize = 4;
    let (stride, rows) = (factor.len(), rest.len());
    let (factor, out) = (factor.as_chunks().0, out.as_chunks_mut().0);
    out.fill([0.0; WIDTH]);
    let mut outside = 0.0;
    let mut i = 0;
    while i < rows {
        let run = if rows - i >= RUN { RUN } else { 1 };
        let block = &e[i * stride..(i + run) * stride];
        let of = (block, &rest[i..], &weight[i..]);
        let into = (&mut scale[i..], &mut *out);
        outside = if run == RUN {
            mix::<S, RUN>(simd, of, factor, into, outside)
        } else {
            mix::<S, 1>(simd, of, factor, into, outside)
        };
        i += run;
    }
    for (o, f) in out.iter_mut().zip(factor) {
        (load(simd, o) * load(simd, f)).store_array(o);
    }
    outside
}

/// Some rows of a mixture, so that each mean is loaded and stored once for all; the choice outside
/// with theirs.
#[inline(always)]
fn mix<S: Simd, const RUN: usize>(
    simd: S,
    (e, rest, weight): (&[f64], &[f64], &[f64]),
    factor: &[[f64; WIDTH]],
    (scale, out): (&mut [f64], &mut [[f64; WIDTH]]),
    mut outside: f64,
) -> f64 {
    let stride = factor.len();
    let e = e.as_chunks::<WIDTH>().0;
    let mut row = [e; RUN];
    for r in 0..RUN {
        row[r] = &e[r * stride..(r + 1) * stride];
    }
    let mut sum = [splat(simd, 0.0); RUN];
    for (j, f) in factor.iter().enumerate() {
        let f = load(simd, f);
        for r in 0..RUN {
            sum[r] = fused(load(simd, &row[r][j]), f, sum[r]);
        }
    }
    let mut by = sum;
    for r in 0..RUN {
        scale[r] = 1.0 / (rest[r] + simd::fold(sum[r]));
        let c = weight[r] * scale[r];
        by[r] = splat(simd, c);
        outside = crate::elementary::fused(c, rest[r], outside);
    }
    for (j, o) in out.iter_mut().enumerate() {
        let mut mean = load(simd, o);
        for r in 0..RUN {
            mean = fused(by[r], load(simd, &row[r][j]), mean);
        }
        mean.store_array(o);
    }
    outside
}

kernel!(
    /// Probabilities `p_ij = E_ij f_j scale_i` (rows x stride).
    pub probabilities, probabilities_body,
    (p: &mut [f64], e: &[f64], factor: &[f64], scale: &[f64])
);

#[inline(always)]
fn probabilities_body<S: Simd>(simd: S, p: &mut [f64], e: &[f64], factor: &[f64], scale: &[f64]) {
    let n = factor.len();
    let factor = factor.as_chunks().0;
    for ((out, row), s) in p.chunks_exact_mut(n).zip(e.chunks_exact(n)).zip(scale) {
        let s = splat(simd, *s);
        let columns = out.as_chunks_mut().0.iter_mut().zip(row.as_chunks().0);
        for ((o, x), f) in columns.zip(factor) {
            (load(simd, x) * (load(simd, f) * s)).store_array(o);
        }
    }
}

kernel!(
    /// `out_ij = w_i p_ij t_ij` with `t_ij = base_j + sum_k coefficient_ik x_kj` (rows x stride),
    /// and their sums over rows into `total` (stride).
    ///
    /// `of` is `p` (rows x stride) and `w` (rows); the rest as in [`exponentials`].
    pub tilted, tilted_body,
    (
        out: (&mut [f64], &mut [f64]), of: (&[f64], &[f64]), base: &[f64], coefficient: &[f64],
        x: &[f64], more: bool
    )
);

#[inline(always)]
fn tilted_body<S: Simd>(
    simd: S,
    (out, total): (&mut [f64], &mut [f64]),
    (p, weight): (&[f64], &[f64]),
    base: &[f64],
    coefficient: &[f64],
    x: &[f64],
    more: bool,
) {
    let stride = base.len();
    let of = Linear::new(base, coefficient, x);
    total.fill(0.0);
    let total = total.as_chunks_mut().0;
    let rows = out.chunks_exact_mut(stride).zip(p.chunks_exact(stride));
    for (i, ((row, p), w)) in rows.zip(weight).enumerate() {
        let w = splat(simd, *w);
        let row = row.as_chunks_mut().0;
        of.fill(simd, i, row, more);
        for ((o, p), total) in row.iter_mut().zip(p.as_chunks().0).zip(total.iter_mut()) {
            let value = load(simd, o) * (w * load(simd, p));
            value.store_array(o);
            (load(simd, total) + value).store_array(total);
        }
    }
}

kernel!(
    /// `out_j = exp(a_j - b_j)`, element by element.
    pub exp_of_difference, exp_of_difference_body, (out: &mut [f64], a: &[f64], b: &[f64])
);

#[inline(always)]
fn exp_of_difference_body<S: Simd>(simd: S, out: &mut [f64], a: &[f64], b: &[f64]) {
    let ((out, last), (a, end), (b, tail)) = (out.as_chunks_mut(), a.as_chunks(), b.as_chunks());
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        simd::exp(load(simd, a) - load(simd, b)).store_array(o);
    }
    for ((o, a), b) in last.iter_mut().zip(end).zip(tail) {
        *o = exp_body(a - b);
    }
}

kernel!(
    /// `out_j = target_j - ln x_j`, element by element; the value is the largest absolute one,
    /// infinite where one is not a number.
    pub log_gap, log_gap_body, (out: &mut [f64], target: &[f64], x: &[f64]) -> f64
);

#[inline(always)]
fn log_gap_body<S: Simd>(simd: S, out: &mut [f64], target: &[f64], x: &[f64]) -> f64 {
    let ((o8, last), (t8, end), (x8, tail)) =
        (out.as_chunks_mut(), target.as_chunks(), x.as_chunks());
    let infinite = splat(simd, f64::INFINITY);
    let mut top = splat(simd, 0.0);
    for ((o, t), x) in o8.iter_mut().zip(t8).zip(x8) {
        let gap = load(simd, t) - simd::ln(load(simd, x));
        gap.store_array(o);
        let size = gap.simd_eq(gap).select(gap.abs(), infinite);
        top = simd::larger(size, top);
    }
    let mut largest = simd::largest(top);
    for ((o, t), x) in last.iter_mut().zip(end).zip(tail) {
        *o = t - ln_body(*x);
        let size = if o.is_nan() { f64::INFINITY } else { o.abs() };
        largest = largest.max(size);
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether nothing is large, one column is by itself, or none could be summed unshifted.
    #[test]
    fn a_mixture_is_the_weighted_mean_of_softmax_rows() {
        for lift in [0.0, 199.0, 900.0] {
            a_mixture_is_right(lift);
        }
    }

    fn a_mixture_is_right(lift: f64) {
        let (rows, columns) = (7, 11);
        let stride = padded(columns);
        let x: Vec<f64> = (0..2 * stride).map(|i| (i as f64 * 0.7).sin()).collect();
        let coefficient: Vec<f64> = (0..2 * rows)
            .map(|i| (i as f64 * 1.3).cos() * 3.0)
            .collect();
        let mut base = vec![f64::NEG_INFINITY; stride];
        for (j, b) in base.iter_mut().enumerate().take(columns) {
            *b = j as f64 * 0.1 - 1.0 + if j % 3 == 0 { lift } else { 0.0 };
        }
        let weight: Vec<f64> = (0..rows).map(|i| 0.1 + i as f64 * 0.01).collect();
        let move_by: Vec<f64> = (0..stride).map(|j| 0.3 - j as f64 * 0.05).collect();
        let factor: Vec<f64> = move_by.iter().map(|m| m.exp()).collect();
        let (mut e, mut rest) = (vec![0.0; rows * stride], vec![0.0; rows]);
        exponentials(&mut e, &mut rest, &base, &coefficient, &x, false);
        let (mut scale, mut out) = (vec![0.0; rows], vec![0.0; stride]);
        let outside = mixture(&e, &factor, &rest, &weight, &mut scale, &mut out);
        let (mut want, mut want_outside) = (vec![0.0; stride], 0.0);
        for i in 0..rows {
            let mu = |j: usize| -> f64 {
                let terms = (0..2).map(|k| coefficient[2 * i + k] * x[k * stride + j]);
                base[j] + terms.sum::<f64>() + move_by[j]
            };
            let top = (0..columns).map(mu).fold(0.0, f64::max);
            let v: Vec<f64> = (0..columns).map(|j| (mu(j) - top).exp()).collect();
            let total = (-top).exp() + v.iter().sum::<f64>();
            for j in 0..columns {
                want[j] += weight[i] * v[j] / total;
            }
            want_outside += weight[i] * (-top).exp() / total;
        }
        // Logarithms of the size of the lift have roundings of that size.
        let bound = 4e-16 * (1.0 + lift);
        for (o, w) in out.iter().zip(&want) {
            assert!((o - w).abs() <= bound, "{o} {w}");
        }
        assert!((outside - want_outside).abs() <= bound);
        let mut p = e.clone();
        probabilities(&mut p, &e, &factor, &scale);
        let total: f64 =
            p.iter().sum::<f64>() + scale.iter().zip(&rest).map(|(s, r)| s * r).sum::<f64>();
        assert!((total - rows as f64).abs() < 1e-14);
    }

    /// Every instruction set of this machine makes the same bits.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn machines_do_not_differ() {
        fn bits<S: Simd>(simd: S) -> Vec<u64> {
            let (rows, columns) = (7, 21);
            let stride = padded(columns);
            let x: Vec<f64> = (0..2 * stride).map(|i| (i as f64 * 0.7).sin()).collect();
            let coefficient: Vec<f64> = (0..2 * rows).map(|i| (i as f64).cos() * 9.0).collect();
            let mut base = vec![f64::NEG_INFINITY; stride];
            for (j, b) in base.iter_mut().enumerate().take(columns) {
                *b = j as f64 * 0.1 - 1.0;
            }
            let (mut e, mut rest) = (vec![0.0; rows * stride], vec![0.0; rows]);
            exponentials_body(simd, &mut e, &mut rest, &base, &coefficient, &x, false);
            let factor: Vec<f64> = (0..stride).map(|j| 1.0 + 0.01 * j as f64).collect();
            let weight = vec![1.0 / rows as f64; rows];
            let (mut scale, mut mean) = (vec![0.0; rows], vec![0.0; stride]);
            let outside = mixture_body(simd, &e, &factor, &rest, &weight, &mut scale, &mut mean);
            let mut gap = vec![0.0; columns];
            let largest = log_gap_body(simd, &mut gap, &base[..columns], &mean[..columns]);
            let all = [e, rest, scale, mean, gap, vec![outside, largest]].concat();
            all.iter().map(|v| v.to_bits()).collect()
        }
        let level = simd::level();
        let known = bits(simd::oldest(level));
        if let Some(simd) = level.as_avx2() {
            assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
        }
        if let Some(simd) = level.as_avx512() {
            assert_eq!(fearless_simd::Simd::vectorize(simd, || bits(simd)), known);
        }
    }

    #[test]
    fn logarithms_agree_with_the_platform() {
        let x: Vec<f64> = (0..4000)
            .map(|i| ((f64::from(i) - 2000.0) * 0.35).exp())
            .collect();
        let mut out = vec![0.0; x.len()];
        log_gap(&mut out, &vec![0.0; x.len()], &x);
        for (o, x) in out.iter().zip(&x) {
            assert!(
                (o + x.ln()).abs() <= 2.0 * f64::EPSILON * x.ln().abs().max(1e-3),
                "{x}"
            );
        }
        for x in [
            0.0,
            5e-324,
            1e-310,
            f64::MIN_POSITIVE,
            1.0,
            f64::MAX,
            f64::INFINITY,
        ] {
            let mut o = [0.0];
            log_gap(&mut o, &[0.0], &[x]);
            assert!(
                (-o[0]).to_bits() == x.ln().to_bits()
                    || (o[0] + x.ln()).abs() <= 1e-15 * x.ln().abs(),
                "{x} {o:?}"
            );
        }
        for n in [1, 2, 8, 11] {
            let mut x = vec![1.0; n];
            x[0] = -1.0;
            assert!(log_gap(&mut vec![0.0; n], &vec![0.0; n], &x).is_infinite());
        }
    }
}
