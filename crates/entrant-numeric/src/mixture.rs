//! Mixtures of softmax rows with a term of its own in each row's sum.
//!
//! A block has `rows` rows of `stride` columns, `stride` a multiple of eight; columns past the
//! last hold zeros. Row i stands for `E_ij = exp(v_ij - c_i)` with a shift `c_i >= 0`, and
//! `rest_i = exp(-c_i)` is the term of the choice that is not in the block. Scaling column j by
//! a factor `f_j` moves `v_ij` by `ln f_j` without another exponential per cell; this is what
//! makes repeated evaluation cheap.

use crate::elementary::{exp_below, exp_body, fused, ln_body};
use crate::vector::{self, dispatched};

/// Columns of a padded row: the next multiple of the virtual vector width.
pub fn padded(columns: usize) -> usize {
    columns.div_ceil(vector::LANES) * vector::LANES
}

dispatched!(
    /// Fills `e` (rows x stride) with `exp(v_ij - c_i)` for
    /// `v_ij = base_j + sum_k coefficient_ik x_kj`, where `c_i = max(0, max_j v_ij)`, and `rest`
    /// (rows) with `exp(-c_i)`.
    ///
    /// `coefficient` is rows x k and `x` is k x stride; `base` (stride) is `-inf` in columns past
    /// the last. With `more`, `e` holds what is added to `v_ij`; otherwise it is not read.
    exponentials, exponentials_body,
    (e: &mut [f64], rest: &mut [f64], base: &[f64], coefficient: &[f64], x: &[f64], more: bool)
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn exponentials_body(
    e: &mut [f64],
    rest: &mut [f64],
    base: &[f64],
    coefficient: &[f64],
    x: &[f64],
    more: bool,
) {
    let stride = base.len();
    let terms = x.len() / stride.max(1);
    for (i, (row, rest)) in e.chunks_exact_mut(stride).zip(rest.iter_mut()).enumerate() {
        let by = &coefficient[i * terms..(i + 1) * terms];
        fill_row(row, base, by, x, more);
        let shift = vector::max_body(row).max(0.0);
        for v in row.iter_mut() {
            *v = exp_below(*v - shift);
        }
        *rest = exp_below(-shift);
    }
}

/// `base_j + sum_k by_k x_kj` into `row`, with `more` added to what is there.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn fill_row(row: &mut [f64], base: &[f64], by: &[f64], x: &[f64], more: bool) {
    if more {
        for (v, b) in row.iter_mut().zip(base) {
            *v += b;
        }
    } else {
        row.copy_from_slice(base);
    }
    for (c, x) in by.iter().zip(x.chunks_exact(base.len())) {
        for (v, x) in row.iter_mut().zip(x) {
            *v = fused(*c, *x, *v);
        }
    }
}

dispatched!(
    /// The weighted mean of the rows' probabilities, `sum_i w_i E_ij f_j / (rest_i + sum_k E_ik f_k)`,
    /// into `out` (stride), and that of the choice outside the block as the value.
    ///
    /// `factor` (stride), `rest` and `weight` (rows); `scale` (rows) gets `1 / (rest_i + sum)`.
    mixture, mixture_body,
    (
        e: &[f64], factor: &[f64], rest: &[f64], weight: &[f64], scale: &mut [f64],
        out: &mut [f64]
    ) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn mixture_body(
    e: &[f64],
    factor: &[f64],
    rest: &[f64],
    weight: &[f64],
    scale: &mut [f64],
    out: &mut [f64],
) -> f64 {
    let stride = factor.len();
    out.fill(0.0);
    let rows = rest.len();
    let mut outside = 0.0;
    let mut i = 0;
    // Four rows at a time, so that each sum is loaded once for four.
    while i + 4 <= rows {
        let block = &e[i * stride..(i + 4) * stride];
        let (a, b) = block.split_at(2 * stride);
        let ((e0, e1), (e2, e3)) = (a.split_at(stride), b.split_at(stride));
        let mut c = [0.0; 4];
        for (r, row) in block.chunks_exact(stride).enumerate() {
            scale[i + r] = 1.0 / (rest[i + r] + vector::dot_body(row, factor));
            c[r] = weight[i + r] * scale[i + r];
            outside = fused(c[r], rest[i + r], outside);
        }
        for ((((o, x0), x1), x2), x3) in out.iter_mut().zip(e0).zip(e1).zip(e2).zip(e3) {
            *o = fused(
                c[3],
                *x3,
                fused(c[2], *x2, fused(c[1], *x1, fused(c[0], *x0, *o))),
            );
        }
        i += 4;
    }
    while i < rows {
        let row = &e[i * stride..(i + 1) * stride];
        scale[i] = 1.0 / (rest[i] + vector::dot_body(row, factor));
        let c = weight[i] * scale[i];
        outside = fused(c, rest[i], outside);
        for (o, x) in out.iter_mut().zip(row) {
            *o = fused(c, *x, *o);
        }
        i += 1;
    }
    for (o, f) in out.iter_mut().zip(factor) {
        *o *= f;
    }
    outside
}

dispatched!(
    /// Probabilities `p_ij = E_ij f_j scale_i` (rows x stride).
    probabilities, probabilities_body, (p: &mut [f64], e: &[f64], factor: &[f64], scale: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn probabilities_body(p: &mut [f64], e: &[f64], factor: &[f64], scale: &[f64]) {
    let n = factor.len();
    for ((out, row), s) in p.chunks_exact_mut(n).zip(e.chunks_exact(n)).zip(scale) {
        for ((o, x), f) in out.iter_mut().zip(row).zip(factor) {
            *o = x * (f * s);
        }
    }
}

dispatched!(
    /// `out_ij = w_i p_ij t_ij` with `t_ij = base_j + sum_k coefficient_ik x_kj` (rows x stride),
    /// and their sums over rows into `total` (stride).
    ///
    /// `of` is `p` (rows x stride) and `w` (rows); the rest as in [`exponentials`].
    tilted, tilted_body,
    (
        out: (&mut [f64], &mut [f64]), of: (&[f64], &[f64]), base: &[f64], coefficient: &[f64],
        x: &[f64], more: bool
    )
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn tilted_body(
    (out, total): (&mut [f64], &mut [f64]),
    (p, weight): (&[f64], &[f64]),
    base: &[f64],
    coefficient: &[f64],
    x: &[f64],
    more: bool,
) {
    let stride = base.len();
    let terms = x.len() / stride.max(1);
    total.fill(0.0);
    let rows = out.chunks_exact_mut(stride).zip(p.chunks_exact(stride));
    for (i, ((row, p), w)) in rows.zip(weight).enumerate() {
        let by = &coefficient[i * terms..(i + 1) * terms];
        fill_row(row, base, by, x, more);
        for ((o, p), total) in row.iter_mut().zip(p).zip(total.iter_mut()) {
            *o *= w * p;
            *total += *o;
        }
    }
}

dispatched!(
    /// `out_j = exp(a_j - b_j)`, element by element.
    exp_of_difference, exp_of_difference_body, (out: &mut [f64], a: &[f64], b: &[f64])
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn exp_of_difference_body(out: &mut [f64], a: &[f64], b: &[f64]) {
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        *o = exp_body(a - b);
    }
}

dispatched!(
    /// `out_j = target_j - ln x_j`, element by element; the value is the largest absolute one,
    /// `NaN` or infinite when one is.
    log_gap, log_gap_body, (out: &mut [f64], target: &[f64], x: &[f64]) -> f64
);

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]
fn log_gap_body(out: &mut [f64], target: &[f64], x: &[f64]) -> f64 {
    for ((o, t), x) in out.iter_mut().zip(target).zip(x) {
        *o = t - ln_body(*x);
    }
    out.iter().fold(
        0.0,
        |m: f64, g| {
            if g.is_nan() { f64::NAN } else { m.max(g.abs()) }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixture_is_the_weighted_mean_of_softmax_rows() {
        let (rows, columns) = (7, 11);
        let stride = padded(columns);
        let x: Vec<f64> = (0..2 * stride).map(|i| (i as f64 * 0.7).sin()).collect();
        let coefficient: Vec<f64> = (0..2 * rows)
            .map(|i| (i as f64 * 1.3).cos() * 3.0)
            .collect();
        let mut base = vec![f64::NEG_INFINITY; stride];
        for (j, b) in base.iter_mut().enumerate().take(columns) {
            *b = j as f64 * 0.1 - 1.0;
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
            let v: Vec<f64> = (0..columns)
                .map(|j| {
                    let mu: f64 = (0..2)
                        .map(|k| coefficient[2 * i + k] * x[k * stride + j])
                        .sum();
                    (base[j] + mu + move_by[j]).exp()
                })
                .collect();
            let total = 1.0 + v.iter().sum::<f64>();
            for j in 0..columns {
                want[j] += weight[i] * v[j] / total;
            }
            want_outside += weight[i] / total;
        }
        for (o, w) in out.iter().zip(&want) {
            assert!((o - w).abs() <= 4e-16, "{o} {w}");
        }
        assert!((outside - want_outside).abs() <= 4e-16);
        let mut p = e.clone();
        probabilities(&mut p, &e, &factor, &scale);
        let total: f64 =
            p.iter().sum::<f64>() + scale.iter().zip(&rest).map(|(s, r)| s * r).sum::<f64>();
        assert!((total - rows as f64).abs() < 1e-14);
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
        assert!(log_gap(&mut [0.0], &[0.0], &[-1.0]).is_nan());
    }
}
