//! What rows are exponentials of: sums of a few terms.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use super::{HIGH, WIDTH};
use crate::simd::{self, Simd, Vector, fused, load, splat};

/// What makes utilities: `base_j + sum_k coefficient_ik x_kj`, eight columns in a vector.
#[derive(Clone, Copy)]
pub(super) struct Linear<'a> {
    base: &'a [[f64; WIDTH]],
    coefficient: &'a [f64],
    x: &'a [[f64; WIDTH]],
}

impl<'a> Linear<'a> {
    #[inline(always)]
    pub(super) fn new(base: &'a [f64], coefficient: &'a [f64], x: &'a [f64]) -> Self {
        Linear {
            base: base.as_chunks().0,
            coefficient,
            x: x.as_chunks().0,
        }
    }

    /// Row i of it into `row`, with `more` added to what is there.
    #[inline(always)]
    pub(super) fn fill<S: Simd>(self, simd: S, i: usize, row: &mut [[f64; WIDTH]], more: bool) {
        const RUN: usize = 4;
        let n = self.base.len();
        let terms = self.x.len() / n;
        let by = &self.coefficient[i * terms..(i + 1) * terms];
        let mut j = 0;
        while j < n {
            if n - j >= RUN {
                self.fill_some::<S, RUN>(simd, by, &mut row[j..j + RUN], j, more);
                j += RUN;
            } else {
                self.fill_some::<S, 1>(simd, by, &mut row[j..=j], j, more);
                j += 1;
            }
        }
    }

    /// Some columns of it.
    #[inline(always)]
    fn fill_some<S: Simd, const RUN: usize>(
        self,
        simd: S,
        by: &[f64],
        row: &mut [[f64; WIDTH]],
        j: usize,
        more: bool,
    ) {
        let mut sum = self.bases::<S, RUN>(simd, j);
        if more {
            for r in 0..RUN {
                sum[r] = load(simd, &row[r]) + sum[r];
            }
        }
        let sum = self.and_terms(simd, by, j, sum);
        for r in 0..RUN {
            sum[r].store_array(&mut row[r]);
        }
    }

    /// The bases of some columns.
    #[inline(always)]
    fn bases<S: Simd, const RUN: usize>(self, simd: S, j: usize) -> [Vector<S>; RUN] {
        let base = &self.base[j..j + RUN];
        let mut out = [splat(simd, 0.0); RUN];
        for r in 0..RUN {
            out[r] = load(simd, &base[r]);
        }
        out
    }

    /// `sum` with the terms of some columns.
    #[inline(always)]
    fn and_terms<S: Simd, const RUN: usize>(
        self,
        simd: S,
        by: &[f64],
        j: usize,
        mut sum: [Vector<S>; RUN],
    ) -> [Vector<S>; RUN] {
        let n = self.base.len();
        for (by, x) in by.iter().zip(self.x.chunks_exact(n)) {
            let by = splat(simd, *by);
            let x = &x[j..j + RUN];
            for r in 0..RUN {
                sum[r] = fused(by, load(simd, &x[r]), sum[r]);
            }
        }
        sum
    }

    /// Exponentials of row i of it into `row`, in one pass; `false` where one of its numbers is
    /// above [`HIGH`], and `row` is of no use.
    #[inline(always)]
    pub(super) fn exponentials<S: Simd>(self, simd: S, i: usize, row: &mut [[f64; WIDTH]]) -> bool {
        const RUN: usize = 4;
        let n = self.base.len();
        let terms = self.x.len() / n;
        let by = &self.coefficient[i * terms..(i + 1) * terms];
        let mut top = splat(simd, 0.0);
        let mut j = 0;
        while j < n {
            if n - j >= RUN {
                top = self.exp_some::<S, RUN>(simd, by, &mut row[j..j + RUN], j, top);
                j += RUN;
            } else {
                top = self.exp_some::<S, 1>(simd, by, &mut row[j..=j], j, top);
                j += 1;
            }
        }
        !top.simd_gt(splat(simd, HIGH)).any_true()
    }

    /// Exponentials of some columns; the larger of what they are of and `top`.
    #[inline(always)]
    fn exp_some<S: Simd, const RUN: usize>(
        self,
        simd: S,
        by: &[f64],
        row: &mut [[f64; WIDTH]],
        j: usize,
        mut top: Vector<S>,
    ) -> Vector<S> {
        let sum = self.and_terms(simd, by, j, self.bases::<S, RUN>(simd, j));
        for r in 0..RUN {
            top = simd::larger(sum[r], top);
            simd::exp_below(sum[r]).store_array(&mut row[r]);
        }
        top
    }
}
