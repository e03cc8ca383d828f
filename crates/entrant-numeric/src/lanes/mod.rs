//! Eight small problems of one size at once, one in each lane of a vector.
//!
//! A number is eight numbers, one for each problem, and every operation is done lane by lane: what
//! a lane holds never depends on its neighbours, so that a problem has the same bits alone and in
//! any company. Sums add their terms one after the other. Where columns are few this leaves
//! nothing of a vector unused. The formulas are those of [`crate::mixture`].
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

mod anderson;
mod triangular;

use crate::elementary::{exp_below, exp_body, fused, ln_body};
use crate::vector::dispatched;

pub use anderson::Anderson;
pub use triangular::{cholesky, solve};

/// Problems that are computed at once.
pub const WIDTH: usize = 8;

/// One number of each problem.
pub type Eight = [f64; WIDTH];

/// Eight zeros.
pub const ZERO: Eight = [0.0; WIDTH];

#[inline(always)]
fn add_times(sum: &mut Eight, a: &Eight, b: &Eight) {
    for l in 0..WIDTH {
        sum[l] = fused(a[l], b[l], sum[l]);
    }
}

#[inline(always)]
fn times(a: &Eight, b: &Eight) -> Eight {
    let mut out = ZERO;
    for l in 0..WIDTH {
        out[l] = a[l] * b[l];
    }
    out
}

dispatched!(
    /// Fills `e` (rows x columns) with `exp(v_ij - c_i)` for
    /// `v_ij = base_j + sum_k coefficient_ik x_kj`, where `c_i = max(0, max_j v_ij)`, and `rest`
    /// (rows) with `exp(-c_i)`. `coefficient` is rows x k and `x` is k x columns.
    exponentials, exponentials_body,
    (e: &mut [Eight], rest: &mut [Eight], base: &[Eight], coefficient: &[Eight], x: &[Eight])
);

#[inline(always)]
fn exponentials_body(
    e: &mut [Eight],
    rest: &mut [Eight],
    base: &[Eight],
    coefficient: &[Eight],
    x: &[Eight],
) {
    let columns = base.len();
    let terms = x.len() / columns.max(1);
    for (i, (row, rest)) in e.chunks_exact_mut(columns).zip(rest).enumerate() {
        row.copy_from_slice(base);
        for k in 0..terms {
            let c = coefficient[i * terms + k];
            for (v, x) in row.iter_mut().zip(&x[k * columns..(k + 1) * columns]) {
                add_times(v, &c, x);
            }
        }
        let mut shift = ZERO;
        for v in row.iter() {
            for l in 0..WIDTH {
                shift[l] = if v[l] > shift[l] { v[l] } else { shift[l] };
            }
        }
        for v in row.iter_mut() {
            for l in 0..WIDTH {
                v[l] = exp_below(v[l] - shift[l]);
            }
        }
        for l in 0..WIDTH {
            rest[l] = exp_below(-shift[l]);
        }
    }
}

dispatched!(
    /// `out = exp(a - b)`, element by element.
    exp_of_difference, exp_of_difference_body, (out: &mut [Eight], a: &[Eight], b: &[Eight])
);

#[inline(always)]
fn exp_of_difference_body(out: &mut [Eight], a: &[Eight], b: &[Eight]) {
    for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
        for l in 0..WIDTH {
            o[l] = exp_body(a[l] - b[l]);
        }
    }
}

dispatched!(
    /// Natural logarithms, element by element.
    logarithms, logarithms_body, (out: &mut [Eight], x: &[Eight])
);

#[inline(always)]
fn logarithms_body(out: &mut [Eight], x: &[Eight]) {
    for (o, x) in out.iter_mut().zip(x) {
        for l in 0..WIDTH {
            o[l] = ln_body(x[l]);
        }
    }
}

dispatched!(
    /// `out = target - ln x`, element by element; the value is the largest absolute one of each
    /// problem, infinite where one is not a number.
    log_gap, log_gap_body, (out: &mut [Eight], target: &[Eight], x: &[Eight]) -> Eight
);

#[inline(always)]
fn log_gap_body(out: &mut [Eight], target: &[Eight], x: &[Eight]) -> Eight {
    let mut largest = ZERO;
    for ((o, t), x) in out.iter_mut().zip(target).zip(x) {
        for l in 0..WIDTH {
            o[l] = t[l] - ln_body(x[l]);
            let size = if o[l].is_nan() {
                f64::INFINITY
            } else {
                o[l].abs()
            };
            largest[l] = if size > largest[l] { size } else { largest[l] };
        }
    }
    largest
}

dispatched!(
    /// The weighted mean of the rows' probabilities, `sum_i w_i E_ij f_j / (rest_i + sum_k E_ik f_k)`,
    /// into `out` (columns), and that of the choice outside as the value; `scale` (rows) gets
    /// `1 / (rest_i + sum)`.
    mixture, mixture_body,
    (
        e: &[Eight], factor: &[Eight], rest: &[Eight], weight: &[Eight], scale: &mut [Eight],
        out: &mut [Eight]
    ) -> Eight
);

#[inline(always)]
fn mixture_body(
    e: &[Eight],
    factor: &[Eight],
    rest: &[Eight],
    weight: &[Eight],
    scale: &mut [Eight],
    out: &mut [Eight],
) -> Eight {
    let n = factor.len();
    out.fill(ZERO);
    let mut outside = ZERO;
    let pairs = e.chunks_exact(2 * n).zip(scale.chunks_exact_mut(2));
    for ((pair, scale), (rest, weight)) in pairs.zip(rest.chunks(2).zip(weight.chunks(2))) {
        let (a, b) = pair.split_at(n);
        let (mut sa, mut sb) = (ZERO, ZERO);
        for ((a, b), f) in a.iter().zip(b).zip(factor) {
            add_times(&mut sa, a, f);
            add_times(&mut sb, b, f);
        }
        scale[0] = inverse_of_sum(&rest[0], &sa);
        scale[1] = inverse_of_sum(&rest[1], &sb);
        let (ca, cb) = (times(&weight[0], &scale[0]), times(&weight[1], &scale[1]));
        add_times(&mut outside, &ca, &rest[0]);
        add_times(&mut outside, &cb, &rest[1]);
        for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
            add_times(o, &ca, a);
            add_times(o, &cb, b);
        }
    }
    if rest.len() % 2 == 1 {
        let i = rest.len() - 1;
        let row = &e[i * n..(i + 1) * n];
        let mut sum = ZERO;
        for (a, f) in row.iter().zip(factor) {
            add_times(&mut sum, a, f);
        }
        scale[i] = inverse_of_sum(&rest[i], &sum);
        let c = times(&weight[i], &scale[i]);
        add_times(&mut outside, &c, &rest[i]);
        for (o, a) in out.iter_mut().zip(row) {
            add_times(o, &c, a);
        }
    }
    for (o, f) in out.iter_mut().zip(factor) {
        *o = times(o, f);
    }
    outside
}

#[inline(always)]
fn inverse_of_sum(a: &Eight, b: &Eight) -> Eight {
    let mut out = ZERO;
    for l in 0..WIDTH {
        out[l] = 1.0 / (a[l] + b[l]);
    }
    out
}

dispatched!(
    /// Probabilities `p_ij = E_ij f_j scale_i` (rows x columns).
    probabilities, probabilities_body,
    (p: &mut [Eight], e: &[Eight], factor: &[Eight], scale: &[Eight])
);

#[inline(always)]
fn probabilities_body(p: &mut [Eight], e: &[Eight], factor: &[Eight], scale: &[Eight]) {
    let n = factor.len();
    for ((out, row), s) in p.chunks_exact_mut(n).zip(e.chunks_exact(n)).zip(scale) {
        for ((o, x), f) in out.iter_mut().zip(row).zip(factor) {
            for l in 0..WIDTH {
                o[l] = x[l] * (f[l] * s[l]);
            }
        }
    }
}

dispatched!(
    /// On and above the diagonal of `a` (columns x columns): the derivative of the mixture with
    /// respect to the logarithms of factors, `diag(mean) - sum_i w_i p_i p_i'`.
    derivative, derivative_body,
    (a: &mut [Eight], p: &[Eight], weight: &[Eight], mean: &[Eight])
);

#[inline(always)]
fn derivative_body(a: &mut [Eight], p: &[Eight], weight: &[Eight], mean: &[Eight]) {
    const RUN: usize = 4;
    let n = mean.len();
    for j in 0..n {
        let line = &mut a[j * n..(j + 1) * n];
        let mut k = j;
        while k < n {
            let run = RUN.min(n - k);
            let mut sum = [ZERO; RUN];
            for (row, w) in p.chunks_exact(n).zip(weight) {
                let by = times(w, &row[j]);
                if run == RUN {
                    for r in 0..RUN {
                        add_times(&mut sum[r], &by, &row[k + r]);
                    }
                } else {
                    for r in 0..run {
                        add_times(&mut sum[r], &by, &row[k + r]);
                    }
                }
            }
            for r in 0..run {
                for l in 0..WIDTH {
                    line[k + r][l] = -sum[r][l];
                }
            }
            k += run;
        }
        for l in 0..WIDTH {
            line[j][l] += mean[j][l];
        }
    }
}

dispatched!(
    /// `out_ik = sum_j p_ij x_kj` (rows x k), for `p` (rows x columns) and `x` (k x columns).
    row_means, row_means_body, (out: &mut [Eight], p: &[Eight], x: &[Eight], columns: usize)
);

#[inline(always)]
fn row_means_body(out: &mut [Eight], p: &[Eight], x: &[Eight], columns: usize) {
    let terms = x.len() / columns.max(1);
    for (row, out) in p.chunks_exact(columns).zip(out.chunks_exact_mut(terms)) {
        for (x, o) in x.chunks_exact(columns).zip(out) {
            let mut sum = ZERO;
            for (p, x) in row.iter().zip(x) {
                add_times(&mut sum, p, x);
            }
            *o = sum;
        }
    }
}

dispatched!(
    /// Minus the derivative of the mixture when rows' coefficients move: for each parameter c that
    /// moves coefficient `of[c]` of row i by `u_ci`, `out_jc = sum_i w_i u_ci p_ij (mean_ik - x_kj)`
    /// (columns x parameters). `u` is parameters x rows; `rows` are p and the
    /// weights, `values` are x (k x columns) and its means by row from [`row_means`].
    response, response_body,
    (
        out: &mut [Eight], rows: (&[Eight], &[Eight]), values: (&[Eight], &[Eight]),
        u: &[Eight], of: &[Option<usize>]
    )
);

#[inline(always)]
fn response_body(
    out: &mut [Eight],
    (p, weight): (&[Eight], &[Eight]),
    (x, mean): (&[Eight], &[Eight]),
    u: &[Eight],
    of: &[Option<usize>],
) {
    let (rows, parameters) = (weight.len(), of.len());
    let columns = p.len() / rows.max(1);
    let terms = x.len() / columns.max(1);
    for (c, k) in of.iter().enumerate() {
        let Some(k) = *k else { continue };
        let u = &u[c * rows..(c + 1) * rows];
        for j in 0..columns {
            let (mut moved, mut pulled) = (ZERO, ZERO);
            for i in 0..rows {
                let by = times(&times(&weight[i], &u[i]), &p[i * columns + j]);
                for l in 0..WIDTH {
                    moved[l] += by[l];
                }
                add_times(&mut pulled, &by, &mean[i * terms + k]);
            }
            for l in 0..WIDTH {
                out[j * parameters + c][l] = fused(-moved[l], x[k * columns + j][l], pulled[l]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
