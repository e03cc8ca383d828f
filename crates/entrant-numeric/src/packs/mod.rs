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

use crate::elementary::{exp_below, exp_body, fused, ln_body};
use crate::lanes::{Eight, WIDTH, ZERO};
use crate::vector::{dispatched, fold};

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

#[inline(always)]
fn zip2(a: &Eight, b: &Eight, f: impl Fn(f64, f64) -> f64) -> Eight {
    let mut out = ZERO;
    for l in 0..WIDTH {
        out[l] = f(a[l], b[l]);
    }
    out
}

#[inline(always)]
fn times(a: &Eight, b: &Eight) -> Eight {
    zip2(a, b, |x, y| x * y)
}

#[inline(always)]
fn add_times(sum: &mut Eight, a: &Eight, b: &Eight) {
    for l in 0..WIDTH {
        sum[l] = fused(a[l], b[l], sum[l]);
    }
}

dispatched!(
    /// Fills one pack of `base` (columns): `common_j + sum_k coefficient_k x_kj`, for `coefficient`
    /// (k) of the eight rows and `x` (k x at least as many columns as `base` has).
    fill_base, fill_base_body,
    (base: &mut [Eight], common: &[f64], coefficient: &[Eight], x: &[f64])
);

#[inline(always)]
fn fill_base_body(base: &mut [Eight], common: &[f64], coefficient: &[Eight], x: &[f64]) {
    let stride = x.len() / coefficient.len().max(1);
    for (j, (v, c)) in base.iter_mut().zip(common).enumerate() {
        let mut sum = [*c; WIDTH];
        for (k, by) in coefficient.iter().enumerate() {
            let x = x[k * stride + j];
            for l in 0..WIDTH {
                sum[l] = fused(by[l], x, sum[l]);
            }
        }
        *v = sum;
    }
}

/// `|slope_i moved_j|` up to which [`softmax_near`] is as good as [`softmax`].
pub const NEAR: f64 = 1.0 / 16.0;
/// The same for fewer terms.
const VERY_NEAR: f64 = 1.0 / 256.0;

dispatched!(
    /// Exponentials `e` of the rows (packs x columns) and `rest` of their own terms (packs), and
    /// the factors that make probabilities of them.
    softmax, softmax_body,
    (
        work: &mut Factors, e: &mut [Eight], rest: &mut [Eight], rows: Rows<'_>,
        groups: Groups<'_>
    )
);

#[inline(always)]
fn softmax_body(
    work: &mut Factors,
    e: &mut [Eight],
    rest: &mut [Eight],
    rows: Rows<'_>,
    groups: Groups<'_>,
) {
    let n = rows.moved.len();
    work.resize(rows.slope.len(), groups.count);
    for (t, slope) in rows.slope.iter().enumerate() {
        let base = &rows.base[t * n..(t + 1) * n];
        let mut top = ZERO;
        for (b, m) in base.iter().zip(rows.moved) {
            for l in 0..WIDTH {
                let v = fused(slope[l], *m, b[l]);
                top[l] = if v > top[l] { v } else { top[l] };
            }
        }
        for l in 0..WIDTH {
            rest[t][l] = exp_below(-rows.keep * top[l]);
        }
        let mut total = if rows.keep < 1.0 { ZERO } else { rest[t] };
        work.own.fill(ZERO);
        let mut begin = 0;
        for (group, end) in groups.runs {
            let mut own = work.own[*group];
            let columns = base[begin..*end].iter().zip(&rows.moved[begin..*end]);
            let e = &mut e[t * n + begin..t * n + end];
            for (((b, m), v), e) in columns.zip(&groups.value[begin..*end]).zip(e) {
                let mut here = ZERO;
                for l in 0..WIDTH {
                    here[l] = exp_below(fused(slope[l], *m, b[l]) - top[l]);
                }
                for l in 0..WIDTH {
                    total[l] += here[l];
                    own[l] = fused(here[l], *v, own[l]);
                }
                *e = here;
            }
            work.own[*group] = own;
            begin = *end;
        }
        finish(work, t, (&total, &rest[t]), rows, groups.conduct);
    }
}

dispatched!(
    /// The same near where [`softmax`] gave `e.1` and `e.2` for the same rows, into `e.0`:
    /// `rows.moved` is counted from there, no `|slope_i moved_j|` is above `reach`, and that is at
    /// most [`NEAR`]; `base` is not read.
    softmax_near, softmax_near_body,
    (
        work: &mut Factors, e: (&mut [Eight], &[Eight], &[Eight]), rows: Rows<'_>,
        groups: Groups<'_>, reach: f64
    )
);

#[inline(always)]
fn softmax_near_body(
    work: &mut Factors,
    e: (&mut [Eight], &[Eight], &[Eight]),
    rows: Rows<'_>,
    groups: Groups<'_>,
    reach: f64,
) {
    if reach <= VERY_NEAR {
        follow(work, e, rows, groups, |x| {
            let x2 = x * x;
            let high = fused(
                x2,
                fused(x, 1.0 / 120.0, 1.0 / 24.0),
                fused(x, 1.0 / 6.0, 0.5),
            );
            fused(x2, high, 1.0 + x)
        });
    } else {
        follow(work, e, rows, groups, |x| {
            let x2 = x * x;
            let x4 = x2 * x2;
            let high = fused(
                x2,
                fused(x, 1.0 / 5_040.0, 1.0 / 720.0),
                fused(x, 1.0 / 120.0, 1.0 / 24.0),
            );
            let low = fused(x2, fused(x, 1.0 / 6.0, 0.5), 1.0 + x);
            fused(x4, fused(x4, 1.0 / 40_320.0, high), low)
        });
    }
}

/// Exponentials by a Taylor polynomial from where they are known.
#[inline(always)]
fn follow(
    work: &mut Factors,
    (near, e, rest): (&mut [Eight], &[Eight], &[Eight]),
    rows: Rows<'_>,
    groups: Groups<'_>,
    exp: impl Fn(f64) -> f64,
) {
    let n = rows.moved.len();
    work.resize(rows.slope.len(), groups.count);
    for (t, slope) in rows.slope.iter().enumerate() {
        let mut total = if rows.keep < 1.0 { ZERO } else { rest[t] };
        work.own.fill(ZERO);
        let mut begin = 0;
        for (group, end) in groups.runs {
            let mut own = work.own[*group];
            let cells = t * n + begin..t * n + end;
            let e = e[cells.clone()].iter().zip(&mut near[cells]);
            let columns = rows.moved[begin..*end]
                .iter()
                .zip(&groups.value[begin..*end]);
            for ((m, v), (e, near)) in columns.zip(e) {
                let mut here = ZERO;
                for l in 0..WIDTH {
                    here[l] = e[l] * exp(slope[l] * m);
                }
                for l in 0..WIDTH {
                    total[l] += here[l];
                    own[l] = fused(here[l], *v, own[l]);
                }
                *near = here;
            }
            work.own[*group] = own;
            begin = *end;
        }
        finish(work, t, (&total, &rest[t]), rows, groups.conduct);
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
fn finish(
    work: &mut Factors,
    t: usize,
    (total, rest): (&Eight, &Eight),
    rows: Rows<'_>,
    conduct: &[f64],
) {
    let (weight, slope) = (&rows.weight[t], &rows.slope[t]);
    let mut scale = ZERO;
    let mut pull = [1.0; WIDTH];
    for l in 0..WIDTH {
        scale[l] = 1.0 / total[l];
    }
    if rows.keep < 1.0 {
        for l in 0..WIDTH {
            let nest = exp_body(rows.keep * ln_body(total[l]));
            let together = nest / (nest + rest[l]);
            let some = together > 0.0;
            scale[l] = if some { together * scale[l] } else { 0.0 };
            pull[l] = if some {
                rows.keep + (1.0 - rows.keep) / together
            } else {
                0.0
            };
        }
    }
    let weighted = times(weight, &scale);
    let moved = times(slope, &weighted);
    let groups = work.own.len();
    let here = t * groups..(t + 1) * groups;
    let worth = &mut work.worth[here.clone()];
    weigh(worth, &work.own, &scale, conduct);
    for (pulled, worth) in work.pulled[here].iter_mut().zip(worth) {
        *pulled = times(&times(&moved, worth), &pull);
    }
    (work.scale[t], work.weighted[t], work.moved[t]) = (scale, weighted, moved);
}

/// `worth = scale * (conduct own)`.
#[inline(always)]
fn weigh(worth: &mut [Eight], own: &[Eight], scale: &Eight, conduct: &[f64]) {
    let count = own.len();
    for (g, worth) in worth.iter_mut().enumerate() {
        let mut sum = ZERO;
        if conduct.len() == count {
            for l in 0..WIDTH {
                sum[l] = conduct[g] * own[g][l];
            }
        } else {
            for (by, own) in conduct[g * count..(g + 1) * count].iter().zip(own) {
                for l in 0..WIDTH {
                    sum[l] = fused(*by, own[l], sum[l]);
                }
            }
        }
        *worth = times(&sum, scale);
    }
}

dispatched!(
    /// Adds rows to the sums, given their exponentials and what makes probabilities of them.
    add_sums, add_sums_body,
    (sums: &mut Sums<'_>, work: &Factors, e: &[Eight], groups: Groups<'_>)
);

#[inline(always)]
fn add_sums_body(sums: &mut Sums<'_>, work: &Factors, e: &[Eight], groups: Groups<'_>) {
    let (n, count) = (sums.mean.len(), groups.count);
    let mut begin = 0;
    for (group, end) in groups.runs {
        for j in begin..*end {
            let (mut mean, mut response, mut pulled) = (ZERO, ZERO, ZERO);
            let factors = work.weighted.iter().zip(&work.moved);
            let factors = factors.zip(work.pulled[*group..].iter().step_by(count));
            for (e, ((a, b), c)) in e[j..].iter().step_by(n).zip(factors) {
                add_times(&mut mean, a, e);
                add_times(&mut response, b, e);
                add_times(&mut pulled, c, e);
            }
            sums.mean[j] += fold(mean);
            sums.response[j] += fold(response);
            sums.pulled[j] += fold(pulled);
        }
        begin = *end;
    }
}

/// Part of what is added up that rounding may cost.
const ROUNDING: f64 = 1e-9;

dispatched!(
    /// Adds what rows leave of a diagonal over the rest, given their exponentials: with
    /// `y_ij = (1 + h) / 2 + slope_i (h v_j - V_ig)`, h the group's own weight in `conduct`, the
    /// symmetric matrix of each group with the entries
    /// `-sum_i w_i slope_i q_ij [(j = l) (y_ij + (1 + h) / 2) - q_il (y_ij + y_il)]` is positive
    /// definite if `left` (columns) is positive after all rows (without nests): every diagonal entry then exceeds
    /// the absolute values of the others in its row (Gershgorin), with room for rounding.
    add_dominance, add_dominance_body,
    (
        left: &mut [f64], work: &Factors, e: &[Eight], rows: Rows<'_>, groups: Groups<'_>
    )
);

#[inline(always)]
fn add_dominance_body(
    left: &mut [f64],
    work: &Factors,
    e: &[Eight],
    rows: Rows<'_>,
    groups: Groups<'_>,
) {
    let (n, count) = (rows.moved.len(), groups.count);
    let own_weight = |g: usize| {
        let diagonal = groups.conduct.len() == count;
        groups.conduct[if diagonal { g } else { g * count + g }]
    };
    let (mut all, mut bent) = (vec![ZERO; count], vec![ZERO; count]);
    for (t, (weight, slope)) in rows.weight.iter().zip(rows.slope).enumerate() {
        let (e, scale) = (&e[t * n..(t + 1) * n], &work.scale[t]);
        all.fill(ZERO);
        bent.fill(ZERO);
        each_column(groups.runs, |g, j| {
            let (h, v) = (own_weight(g), groups.value[j]);
            let worth = &work.worth[t * count + g];
            for l in 0..WIDTH {
                let q = e[j][l] * scale[l];
                let y = fused(slope[l], fused(h, v, -worth[l]), 0.5 * (1.0 + h));
                all[g][l] += q;
                bent[g][l] = fused(q, y.abs(), bent[g][l]);
            }
        });
        each_column(groups.runs, |g, j| {
            let (h, v) = (own_weight(g), groups.value[j]);
            let (worth, all, bent) = (&work.worth[t * count + g], &all[g], &bent[g]);
            let mut sum = ZERO;
            for l in 0..WIDTH {
                let q = e[j][l] * scale[l];
                let half = 0.5 * (1.0 + h);
                let y = fused(slope[l], fused(h, v, -worth[l]), half);
                let by = weight[l] * slope[l] * q;
                let diagonal = -by * fused(-2.0 * q, y, y + half);
                let others = fused(y.abs(), all[l] - q, fused(-q, y.abs(), bent[l]));
                let lost = fused(ROUNDING, half + y.abs(), others);
                sum[l] = fused(-by.abs(), lost, diagonal);
            }
            left[j] += fold(sum);
        });
    }
}

#[inline(always)]
fn each_column(runs: &[(usize, usize)], mut work: impl FnMut(usize, usize)) {
    let mut begin = 0;
    for (group, end) in runs {
        for j in begin..*end {
            work(*group, j);
        }
        begin = *end;
    }
}

#[cfg(test)]
mod tests;
