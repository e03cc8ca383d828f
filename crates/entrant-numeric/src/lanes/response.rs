//! How mixtures answer when coefficients of rows move.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use super::{Eight, dots, rows_of, run_of};
use crate::simd::{self, Simd, fused, kernel, load, splat};

kernel!(
    /// `out_ik = sum_j p_ij x_kj` (rows x k), for `p` (rows x columns) and `x` (k x columns).
    pub row_means, row_means_body, (out: &mut [Eight], p: &[Eight], x: &[Eight], columns: usize)
);

#[inline(always)]
pub(super) fn row_means_body<S: Simd>(
    simd: S,
    out: &mut [Eight],
    p: &[Eight],
    x: &[Eight],
    columns: usize,
) {
    let terms = x.len() / columns.max(1);
    let rows = out.len() / terms.max(1);
    let mut i = 0;
    while i < rows {
        let run = run_of::<S>(rows - i);
        let p = &p[i * columns..(i + run) * columns];
        let out = &mut out[i * terms..(i + run) * terms];
        for (k, x) in x.chunks_exact(columns).enumerate() {
            match run {
                8 => means_of::<S, 8>(simd, out, p, x, (k, terms)),
                4 => means_of::<S, 4>(simd, out, p, x, (k, terms)),
                _ => means_of::<S, 1>(simd, out, p, x, (k, terms)),
            }
        }
        i += run;
    }
}

/// The means of one x under some rows.
#[inline(always)]
fn means_of<S: Simd, const RUN: usize>(
    simd: S,
    out: &mut [Eight],
    p: &[Eight],
    x: &[Eight],
    (k, terms): (usize, usize),
) {
    let sum = dots(simd, rows_of::<RUN>(p, x.len()), x);
    for r in 0..RUN {
        sum[r].store_array(&mut out[r * terms + k]);
    }
}

kernel!(
    /// Minus the derivative of the mixture when rows' coefficients move: for each parameter c that
    /// moves coefficient `of[c]` of row i by `u_ci`, `out_jc = sum_i w_i u_ci p_ij (mean_ik - x_kj)`
    /// (columns x parameters). `u` are the numbers of each parameter (rows); `rows` are p and the
    /// weights, `values` are x (k x columns) and its means by row from [`row_means`]; `work` (rows, and
    /// again) is memory.
    pub response, response_body,
    (
        out: &mut [Eight], rows: (&[Eight], &[Eight]), values: (&[Eight], &[Eight]),
        u: &[&[Eight]], of: &[Option<usize>], work: &mut [Eight]
    )
);

#[inline(always)]
pub(super) fn response_body<S: Simd>(
    simd: S,
    out: &mut [Eight],
    (p, weight): (&[Eight], &[Eight]),
    (x, mean): (&[Eight], &[Eight]),
    u: &[&[Eight]],
    of: &[Option<usize>],
    work: &mut [Eight],
) {
    let (rows, parameters) = (weight.len(), of.len());
    let columns = p.len() / rows.max(1);
    let terms = x.len() / columns.max(1);
    let (push, pull) = work.split_at_mut(rows);
    for (c, (k, u)) in of.iter().zip(u).enumerate() {
        let Some(k) = *k else { continue };
        let each = push.iter_mut().zip(pull.iter_mut());
        let by = weight.iter().zip(*u).zip(mean[k..].iter().step_by(terms));
        for ((push, pull), ((w, u), mean)) in each.zip(by) {
            let u = load(simd, w) * load(simd, u);
            u.store_array(push);
            (u * load(simd, mean)).store_array(pull);
        }
        let x = &x[k * columns..(k + 1) * columns];
        let mut j = 0;
        while j < columns {
            let out = (&mut out[j * parameters + c..], parameters);
            let by = (&*push, &*pull);
            j += match columns - j {
                8.. if simd::long::<S>() => moved::<S, 8>(simd, out, by, (p, columns, j), x),
                3.. => moved::<S, 3>(simd, out, by, (p, columns, j), x),
                _ => moved::<S, 1>(simd, out, by, (p, columns, j), x),
            };
        }
    }
}

/// `RUN` columns of [`response`], from column j on, and `RUN`.
#[inline(always)]
fn moved<S: Simd, const RUN: usize>(
    simd: S,
    (out, apart): (&mut [Eight], usize),
    (push, pull): (&[Eight], &[Eight]),
    (p, columns, j): (&[Eight], usize, usize),
    x: &[Eight],
) -> usize {
    let mut moved = [splat(simd, 0.0); RUN];
    let mut pulled = moved;
    let rows = push.iter().zip(pull).zip(p.chunks_exact(columns));
    for ((push, pull), row) in rows {
        let (push, pull) = (load(simd, push), load(simd, pull));
        let p = &row[j..j + RUN];
        for r in 0..RUN {
            let p = load(simd, &p[r]);
            moved[r] = fused(push, p, moved[r]);
            pulled[r] = fused(pull, p, pulled[r]);
        }
    }
    for r in 0..RUN {
        let x = load(simd, &x[j + r]);
        fused(-moved[r], x, pulled[r]).store_array(&mut out[r * apart]);
    }
    RUN
}

kernel!(
    /// `out_r += by_r x_r` for every `apart`-th number of `out`: one coefficient of every row.
    pub add_term, add_term_body, (out: &mut [Eight], apart: usize, by: f64, x: &[Eight])
);

#[inline(always)]
fn add_term_body<S: Simd>(simd: S, out: &mut [Eight], apart: usize, by: f64, x: &[Eight]) {
    let by = splat(simd, by);
    for (o, x) in out.iter_mut().step_by(apart).zip(x) {
        (load(simd, o) + by * load(simd, x)).store_array(o);
    }
}
