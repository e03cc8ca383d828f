//! Factors rows, eight at once, one in each lane of a vector, with columns in groups.
//!
//! [`crate::lanes`] has eight problems in its lanes; here they are eight rows of one problem, a
//! *pack*. A row has a term of its own besides its columns, as in [`crate::mixture`]; no sum over
//! columns crosses lanes, so that groups may be as small as one column. The last pack is filled up
//! with rows of weight zero.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use crate::lanes::{Eight, WIDTH, ZERO};
use crate::simd::{self, Simd, Vector, fused, kernel, load, pair, splat};

/// Packs that hold so many rows.
pub fn packs(rows: usize) -> usize {
    rows.div_ceil(WIDTH)
}

/// Columns in groups, and what a unit of each column is worth.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    /// Columns next to each other of one group: which group, and where they end.
    pub runs: &'a [(usize, usize)],
    /// What the group of the row makes of a sum over the group of the column (groups x groups);
    /// its diagonal alone (groups) when it has no other entries.
    pub conduct: &'a [f64],
    /// Number of groups.
    pub count: usize,
    /// Worth of each column (columns).
    pub value: &'a [f64],
}

/// Some packs of rows whose column j stands at `base_ij + slope_i moved_j`.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// Where columns stand before they are moved (packs x columns).
    pub base: &'a [Eight],
    /// How far a row follows (packs).
    pub slope: &'a [Eight],
    /// Weight of each row (packs).
    pub weight: &'a [Eight],
    /// How far each column is moved (columns).
    pub moved: &'a [f64],
    /// Below one, all columns of a row stand together in a nest: they share what the row's own term
    /// leaves to `S^keep`, with S the sum of their exponentials, in proportion to those.
    pub keep: f64,
}

/// What turns exponentials of some packs into probabilities and sums, in memory that is used again.
#[derive(Debug, Default, Clone)]
pub struct Factors {
    /// What exponentials are multiplied by: for probabilities, these times weights, these times
    /// slopes (packs), and these times what they are worth (packs x groups).
    scale: Vec<Eight>,
    weighted: Vec<Eight>,
    moved: Vec<Eight>,
    pulled: Vec<Eight>,
    /// What probabilities times values sum to, weighted by `conduct` (packs x groups).
    worth: Vec<Eight>,
    own: Vec<Eight>,
}

/// Sums over rows, of each column: with probabilities `q_ij`, values `v_j` and `V_ig`, the sum of
/// `q_ij v_j` over group g after `conduct`, in a nest times `keep + (1 - keep) / sum_j q_ij`.
#[derive(Debug)]
pub struct Sums<'a> {
    /// `sum_i w_i q_ij` (columns).
    pub mean: &'a mut [f64],
    /// `sum_i w_i slope_i q_ij` (columns).
    pub response: &'a mut [f64],
    /// `sum_i w_i slope_i q_ij V_ig` for the group g of j (columns).
    pub pulled: &'a mut [f64],
}

kernel!(
    /// Fills one pack of `base` (columns): `common_j + sum_k coefficient_k x_kj`, for `coefficient`
    /// (k) of the eight rows and `x` (k x at least as many columns as `base` has).
    pub fill_base, fill_base_body,
    (base: &mut [Eight], common: &[f64], coefficient: &[Eight], x: &[f64])
);

#[inline(always)]
fn fill_base_body<S: Simd>(
    simd: S,
    base: &mut [Eight],
    common: &[f64],
    coefficient: &[Eight],
    x: &[f64],
) {
    let stride = x.len() / coefficient.len().max(1);
    for (j, (v, c)) in base.iter_mut().zip(common).enumerate() {
        let mut sum = splat(simd, *c);
        for (k, by) in coefficient.iter().enumerate() {
            sum = fused(load(simd, by), splat(simd, x[k * stride + j]), sum);
        }
        sum.store_array(v);
    }
}

/// `|slope_i moved_j|` up to which [`softmax_near`] is as good as [`softmax`].
pub const NEAR: f64 = 1.0 / 16.0;
/// The same for fewer terms.
const VERY_NEAR: f64 = 1.0 / 256.0;

kernel!(
    /// Exponentials `e` of the rows (packs x columns) and `rest` of their own terms (packs), and
    /// the factors that make probabilities of them.
    pub softmax, softmax_body,
    (
        work: &mut Factors, e: &mut [Eight], rest: &mut [Eight], rows: Rows<'_>,
        groups: Groups<'_>
    )
);

#[inline(always)]
fn softmax_body<S: Simd>(
    simd: S,
    work: &mut Factors,
    e: &mut [Eight],
    rest: &mut [Eight],
    rows: Rows<'_>,
    groups: Groups<'_>,
) {
    let n = rows.moved.len();
    work.resize(rows.slope.len(), groups.count);
    for (t, slope) in rows.slope.iter().enumerate() {
        let slope = load(simd, slope);
        let base = &rows.base[t * n..(t + 1) * n];
        let mut top = splat(simd, 0.0);
        for (b, m) in base.iter().zip(rows.moved) {
            let v = fused(slope, splat(simd, *m), load(simd, b));
            top = simd::larger(v, top);
        }
        let own_term = simd::exp_below(splat(simd, -rows.keep) * top);
        own_term.store_array(&mut rest[t]);
        let alone = rows.keep < 1.0;
        let mut total = if alone { splat(simd, 0.0) } else { own_term };
        work.own.fill(ZERO);
        let mut begin = 0;
        for (group, end) in groups.runs {
            let mut own = load(simd, &work.own[*group]);
            let columns = base[begin..*end].iter().zip(&rows.moved[begin..*end]);
            let e = &mut e[t * n + begin..t * n + end];
            for (((b, m), v), e) in columns.zip(&groups.value[begin..*end]).zip(e) {
                let v_ij = fused(slope, splat(simd, *m), load(simd, b));
                let here = simd::exp_below(v_ij - top);
                total += here;
                own = fused(here, splat(simd, *v), own);
                here.store_array(e);
            }
            own.store_array(&mut work.own[*group]);
            begin = *end;
        }
        finish(work, t, (total, own_term), rows, groups.conduct);
    }
}

kernel!(
    /// The same near where [`softmax`] gave `e.1` and `e.2` for the same rows, into `e.0`:
    /// `rows.moved` is counted from there, no `|slope_i moved_j|` is above `reach`, and that is at
    /// most [`NEAR`]; `base` is not read.
    pub softmax_near, softmax_near_body,
    (
        work: &mut Factors, e: (&mut [Eight], &[Eight], &[Eight]), rows: Rows<'_>,
        groups: Groups<'_>, reach: f64
    )
);

#[inline(always)]
fn softmax_near_body<S: Simd>(
    simd: S,
    work: &mut Factors,
    e: (&mut [Eight], &[Eight], &[Eight]),
    rows: Rows<'_>,
    groups: Groups<'_>,
    reach: f64,
) {
    if reach <= VERY_NEAR {
        follow::<S, true>(simd, work, e, rows, groups);
    } else {
        follow::<S, false>(simd, work, e, rows, groups);
    }
}

/// The Taylor polynomial of `e^x`, of degree 5 up to [`VERY_NEAR`] and of degree 8 up to [`NEAR`].
#[inline(always)]
fn exp_near<S: Simd, const VERY: bool>(x: Vector<S>) -> Vector<S> {
    let x2 = x * x;
    let one = splat(x.simd, 1.0);
    if VERY {
        let high = fused(
            x2,
            pair(x, 1.0 / 120.0, 1.0 / 24.0),
            pair(x, 1.0 / 6.0, 0.5),
        );
        return fused(x2, high, one + x);
    }
    let x4 = x2 * x2;
    let high = fused(
        x2,
        pair(x, 1.0 / 5_040.0, 1.0 / 720.0),
        pair(x, 1.0 / 120.0, 1.0 / 24.0),
    );
    let low = fused(x2, pair(x, 1.0 / 6.0, 0.5), one + x);
    fused(x4, fused(x4, splat(x.simd, 1.0 / 40_320.0), high), low)
}

/// Exponentials by a Taylor polynomial from where they are known.
#[inline(always)]
fn follow<S: Simd, const VERY: bool>(
    simd: S,
    work: &mut Factors,
    (near, e, rest): (&mut [Eight], &[Eight], &[Eight]),
    rows: Rows<'_>,
    groups: Groups<'_>,
) {
    let n = rows.moved.len();
    work.resize(rows.slope.len(), groups.count);
    for (t, slope) in rows.slope.iter().enumerate() {
        let slope = load(simd, slope);
        let own_term = load(simd, &rest[t]);
        let alone = rows.keep < 1.0;
        let mut total = if alone { splat(simd, 0.0) } else { own_term };
        work.own.fill(ZERO);
        let mut begin = 0;
        for (group, end) in groups.runs {
            let mut own = load(simd, &work.own[*group]);
            let cells = t * n + begin..t * n + end;
            let e = e[cells.clone()].iter().zip(&mut near[cells]);
            let columns = rows.moved[begin..*end]
                .iter()
                .zip(&groups.value[begin..*end]);
            for ((m, v), (e, near)) in columns.zip(e) {
                let here = load(simd, e) * exp_near::<S, VERY>(slope * splat(simd, *m));
                total += here;
                own = fused(here, splat(simd, *v), own);
                here.store_array(near);
            }
            own.store_array(&mut work.own[*group]);
            begin = *end;
        }
        finish(work, t, (total, own_term), rows, groups.conduct);
    }
}

impl Factors {
    #[inline(always)]
    fn resize(&mut self, packs: usize, groups: usize) {
        for v in [&mut self.scale, &mut self.weighted, &mut self.moved] {
            v.resize(packs, ZERO);
        }
        self.own.resize(groups, ZERO);
        self.worth.resize(packs * groups, ZERO);
        self.pulled.resize(packs * groups, ZERO);
    }
}

/// Factors of a pack whose exponentials sum to `total`; without a nest, that has the row's own term
/// in it.
#[inline(always)]
fn finish<S: Simd>(
    work: &mut Factors,
    t: usize,
    (total, rest): (Vector<S>, Vector<S>),
    rows: Rows<'_>,
    conduct: &[f64],
) {
    let simd = total.simd;
    let (zero, one) = (splat(simd, 0.0), splat(simd, 1.0));
    let mut scale = one / total;
    let mut pull = one;
    if rows.keep < 1.0 {
        let nest = simd::exp(splat(simd, rows.keep) * simd::ln(total));
        let together = nest / (nest + rest);
        let some = together.simd_gt(zero);
        scale = some.select(together * scale, zero);
        let pulled = splat(simd, rows.keep) + splat(simd, 1.0 - rows.keep) / together;
        pull = some.select(pulled, zero);
    }
    let weighted = load(simd, &rows.weight[t]) * scale;
    let moved = load(simd, &rows.slope[t]) * weighted;
    let groups = work.own.len();
    let here = t * groups..(t + 1) * groups;
    let (worth, pulled) = (&mut work.worth[here.clone()], &mut work.pulled[here]);
    for (g, (worth, pulled)) in worth.iter_mut().zip(pulled).enumerate() {
        let value = weighed(simd, &work.own, conduct, g) * scale;
        value.store_array(worth);
        (moved * value * pull).store_array(pulled);
    }
    scale.store_array(&mut work.scale[t]);
    weighted.store_array(&mut work.weighted[t]);
    moved.store_array(&mut work.moved[t]);
}

/// `(conduct own)_g`.
#[inline(always)]
fn weighed<S: Simd>(simd: S, own: &[Eight], conduct: &[f64], g: usize) -> Vector<S> {
    let count = own.len();
    if conduct.len() == count {
        return splat(simd, conduct[g]) * load(simd, &own[g]);
    }
    let mut sum = splat(simd, 0.0);
    for (by, own) in conduct[g * count..(g + 1) * count].iter().zip(own) {
        sum = fused(splat(simd, *by), load(simd, own), sum);
    }
    sum
}

kernel!(
    /// Adds rows to the sums, given their exponentials and what makes probabilities of them.
    pub add_sums, add_sums_body,
    (sums: &mut Sums<'_>, work: &Factors, e: &[Eight], groups: Groups<'_>)
);

#[inline(always)]
fn add_sums_body<S: Simd>(
    simd: S,
    sums: &mut Sums<'_>,
    work: &Factors,
    e: &[Eight],
    groups: Groups<'_>,
) {
    const RUN: usize = 2;
    let mut j = 0;
    for (group, end) in groups.runs {
        while j < *end {
            if end - j >= RUN {
                add_columns::<S, RUN>(simd, sums, work, e, (*group, groups.count, j));
                j += RUN;
            } else {
                add_columns::<S, 1>(simd, sums, work, e, (*group, groups.count, j));
                j += 1;
            }
        }
    }
}

/// Sums of some columns of one group, from column j on.
#[inline(always)]
fn add_columns<S: Simd, const RUN: usize>(
    simd: S,
    sums: &mut Sums<'_>,
    work: &Factors,
    e: &[Eight],
    (group, count, j): (usize, usize, usize),
) {
    let n = sums.mean.len();
    let mut mean = [splat(simd, 0.0); RUN];
    let (mut response, mut pulled) = (mean, mean);
    let factors = work.weighted.iter().zip(&work.moved);
    let factors = factors.zip(work.pulled[group..].iter().step_by(count));
    for (row, ((a, b), c)) in e.chunks_exact(n).zip(factors) {
        let (a, b, c) = (load(simd, a), load(simd, b), load(simd, c));
        let row = &row[j..j + RUN];
        for r in 0..RUN {
            let e = load(simd, &row[r]);
            mean[r] = fused(a, e, mean[r]);
            response[r] = fused(b, e, response[r]);
            pulled[r] = fused(c, e, pulled[r]);
        }
    }
    for r in 0..RUN {
        sums.mean[j + r] += simd::fold(mean[r]);
        sums.response[j + r] += simd::fold(response[r]);
        sums.pulled[j + r] += simd::fold(pulled[r]);
    }
}

/// Part of what is added up that rounding may cost.
const ROUNDING: f64 = 1e-9;

kernel!(
    /// Adds what rows leave of a diagonal over the rest, given their exponentials: with
    /// `y_ij = (1 + h) / 2 + slope_i (h v_j - V_ig)`, h the group's own weight in `conduct`, the
    /// symmetric matrix of each group with the entries
    /// `-sum_i w_i slope_i q_ij [(j = l) (y_ij + (1 + h) / 2) - q_il (y_ij + y_il)]` is positive
    /// definite if `left` (columns) is positive after all rows (without nests): every diagonal entry then exceeds
    /// the absolute values of the others in its row (Gershgorin), with room for rounding.
    pub add_dominance, add_dominance_body,
    (
        left: &mut [f64], work: &Factors, e: &[Eight], rows: Rows<'_>, groups: Groups<'_>
    )
);

#[inline(always)]
fn add_dominance_body<S: Simd>(
    simd: S,
    left: &mut [f64],
    work: &Factors,
    e: &[Eight],
    rows: Rows<'_>,
    groups: Groups<'_>,
) {
    let (n, count) = (rows.moved.len(), groups.count);
    let (mut all, mut bent) = (vec![ZERO; count], vec![ZERO; count]);
    for (t, (weight, slope)) in rows.weight.iter().zip(rows.slope).enumerate() {
        let e = &e[t * n..(t + 1) * n];
        let row = Row {
            slope: load(simd, slope),
            scale: load(simd, &work.scale[t]),
        };
        all.fill(ZERO);
        bent.fill(ZERO);
        let mut begin = 0;
        for (g, end) in groups.runs {
            let own = Own::of(simd, groups, *g, &work.worth[t * count + g]);
            let (mut sum, mut size) = (load(simd, &all[*g]), load(simd, &bent[*g]));
            for (e, v) in e[begin..*end].iter().zip(&groups.value[begin..*end]) {
                let (q, y) = row.bend(load(simd, e), &own, *v);
                sum += q;
                size = fused(q, y.abs(), size);
            }
            sum.store_array(&mut all[*g]);
            size.store_array(&mut bent[*g]);
            begin = *end;
        }
        let by = load(simd, weight) * row.slope;
        let mut begin = 0;
        for (g, end) in groups.runs {
            let own = Own::of(simd, groups, *g, &work.worth[t * count + g]);
            let (all, bent) = (load(simd, &all[*g]), load(simd, &bent[*g]));
            for j in begin..*end {
                let (q, y) = row.bend(load(simd, &e[j]), &own, groups.value[j]);
                let by = by * q;
                let diagonal = -by * fused(splat(simd, -2.0) * q, y, y + own.half);
                let others = fused(y.abs(), all - q, fused(-q, y.abs(), bent));
                let lost = fused(splat(simd, ROUNDING), own.half + y.abs(), others);
                left[j] += simd::fold(fused(-by.abs(), lost, diagonal));
            }
            begin = *end;
        }
    }
}

/// What columns of a group have in common in [`add_dominance`], h and V.
struct Own<S: Simd> {
    h: f64,
    half: Vector<S>,
    worth: Vector<S>,
}

impl<S: Simd> Own<S> {
    #[inline(always)]
    fn of(simd: S, groups: Groups<'_>, g: usize, worth: &Eight) -> Self {
        let diagonal = groups.conduct.len() == groups.count;
        let h = groups.conduct[if diagonal { g } else { g * groups.count + g }];
        Own {
            h,
            half: splat(simd, 0.5 * (1.0 + h)),
            worth: load(simd, worth),
        }
    }
}

/// What columns of a pack have in common.
struct Row<S: Simd> {
    slope: Vector<S>,
    scale: Vector<S>,
}

impl<S: Simd> Row<S> {
    /// `q_ij` and `y_ij`.
    #[inline(always)]
    fn bend(&self, e: Vector<S>, own: &Own<S>, v: f64) -> (Vector<S>, Vector<S>) {
        let simd = e.simd;
        let worth = fused(splat(simd, own.h), splat(simd, v), -own.worth);
        (e * self.scale, fused(self.slope, worth, own.half))
    }
}

#[cfg(test)]
mod tests;
