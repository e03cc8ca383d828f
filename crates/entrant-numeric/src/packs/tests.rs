//! Packs against the formulas, row by row and entry by entry.

use super::*;

const ROWS: usize = 11;
const COLUMNS: usize = 7;
const COUNT: usize = 3;
const RUNS: [(usize, usize); 4] = [(0, 2), (1, 4), (0, 5), (2, 7)];

/// A mixture of eleven rows, with columns in three groups of which one is split.
struct Made {
    base: Vec<Vec<f64>>,
    slope: Vec<f64>,
    weight: Vec<f64>,
    moved: Vec<f64>,
    value: Vec<f64>,
    keep: f64,
}

struct Found {
    factors: Factors,
    e: Vec<Eight>,
    rest: Vec<Eight>,
}

fn wave(k: usize, by: f64) -> f64 {
    (k as f64 * by).sin()
}

fn made(spread: f64) -> Made {
    Made {
        base: (0..ROWS)
            .map(|i| {
                (0..COLUMNS)
                    .map(|j| wave(i * COLUMNS + j, 0.7) * spread - 1.0)
                    .collect()
            })
            .collect(),
        slope: (0..ROWS)
            .map(|i| -1.5 - 0.4 * spread * wave(i, 1.1))
            .collect(),
        weight: (0..ROWS).map(|i| 0.06 + 0.005 * i as f64).collect(),
        moved: (0..COLUMNS).map(|j| 0.2 * wave(j, 2.3)).collect(),
        value: (0..COLUMNS).map(|j| 0.9 + 0.2 * wave(j, 0.9)).collect(),
        keep: 1.0,
    }
}

fn group_of(j: usize) -> usize {
    RUNS.iter().find(|(_, end)| j < *end).expect("a run").0
}

fn packed(v: &[f64]) -> Vec<Eight> {
    let mut out = vec![ZERO; packs(v.len())];
    for (i, v) in v.iter().enumerate() {
        out[i / WIDTH][i % WIDTH] = *v;
    }
    out
}

impl Made {
    fn with<T>(
        &self,
        conduct: &[f64],
        work: impl FnOnce(&mut Found, Rows<'_>, Groups<'_>) -> T,
    ) -> T {
        let mut base = vec![ZERO; packs(ROWS) * COLUMNS];
        for (i, row) in self.base.iter().enumerate() {
            for (j, v) in row.iter().enumerate() {
                base[i / WIDTH * COLUMNS + j][i % WIDTH] = *v;
            }
        }
        let rows = Rows {
            base: &base,
            slope: &packed(&self.slope),
            weight: &packed(&self.weight),
            moved: &self.moved,
            keep: self.keep,
        };
        let groups = Groups {
            runs: &RUNS,
            conduct,
            count: COUNT,
            value: &self.value,
        };
        let mut found = Found {
            factors: Factors::default(),
            e: vec![ZERO; base.len()],
            rest: vec![ZERO; packs(ROWS)],
        };
        softmax(
            &mut found.factors,
            &mut found.e,
            &mut found.rest,
            rows,
            groups,
        );
        work(&mut found, rows, groups)
    }

    /// Probabilities of a row.
    fn q(&self, i: usize) -> Vec<f64> {
        let e: Vec<f64> = (0..COLUMNS)
            .map(|j| (self.base[i][j] + self.slope[i] * self.moved[j]).exp())
            .collect();
        let sum: f64 = e.iter().sum();
        let together = sum.powf(self.keep) / (1.0 + sum.powf(self.keep));
        e.iter().map(|e| together * (e / sum)).collect()
    }

    /// What the worth of a row's group is multiplied by.
    fn pull(&self, q: &[f64]) -> f64 {
        self.keep + (1.0 - self.keep) / q.iter().sum::<f64>()
    }

    /// What a row is worth to the group of column `j`.
    fn worth(&self, full: &[f64], q: &[f64], j: usize) -> f64 {
        let one = |k: usize| full[group_of(j) * COUNT + group_of(k)] * q[k] * self.value[k];
        (0..COLUMNS).map(one).sum()
    }
}

const FULL: [f64; 9] = [1.0, 0.3, 0.0, 0.0, 0.8, 0.1, 0.2, 0.0, 1.0];
const DIAGONAL: [f64; 3] = [1.0, 0.8, 1.0];
const APART: [f64; 9] = [1.0, 0.0, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0, 1.0];

#[test]
fn sums_are_those_of_the_rows() {
    for (spread, keep) in [
        (1.0, 1.0),
        (30.0, 1.0),
        (600.0, 1.0),
        (1.0, 0.4),
        (30.0, 0.15),
    ] {
        let made = Made {
            keep,
            ..made(spread)
        };
        for (conduct, full) in [(&FULL[..], FULL), (&DIAGONAL[..], APART)] {
            let mut found = vec![vec![0.0; COLUMNS]; 3];
            made.with(conduct, |work, _, groups| {
                let [mean, response, pulled] = &mut found[..] else {
                    unreachable!()
                };
                let mut sums = Sums {
                    mean,
                    response,
                    pulled,
                };
                add_sums(&mut sums, &work.factors, &work.e, groups);
            });
            for j in 0..COLUMNS {
                let mut want = [0.0; 3];
                for i in 0..ROWS {
                    let q = made.q(i);
                    let w = made.weight[i] * q[j];
                    want[0] += w;
                    want[1] += w * made.slope[i];
                    want[2] += w * made.slope[i] * made.worth(&full, &q, j) * made.pull(&q);
                }
                for (have, want) in found.iter().zip(want) {
                    let off = (have[j] - want).abs();
                    assert!(
                        off <= 1e-14 * want.abs().max(1e-3),
                        "{spread} {j}: {have:?} {want}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_near_is_what_it_would_be_from_the_start() {
    for (by, keep) in [(0.02, 1.0), (0.001, 1.0), (0.02, 0.3)] {
        let made = Made { keep, ..made(1.0) };
        let moved: Vec<f64> = (0..COLUMNS).map(|j| by * wave(j, 1.7)).collect();
        let most = |v: &[f64]| v.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let reach = most(&made.slope) * most(&moved);
        let there = Made {
            moved: made.moved.iter().zip(&moved).map(|(a, b)| a + b).collect(),
            keep,
            ..self::made(1.0)
        };
        let sums = |work: &mut Found, _: Rows<'_>, groups: Groups<'_>| {
            let [mut mean, mut response, mut pulled] = [[0.0; COLUMNS]; 3];
            let mut sums = Sums {
                mean: &mut mean,
                response: &mut response,
                pulled: &mut pulled,
            };
            add_sums(&mut sums, &work.factors, &work.e, groups);
            [mean, response, pulled]
        };
        let whole = there.with(&FULL, sums);
        let near = made.with(&FULL, |work, rows, groups| {
            let rows = Rows {
                moved: &moved,
                ..rows
            };
            let start = work.e.clone();
            let e = (&mut work.e[..], &start[..], &work.rest[..]);
            softmax_near(&mut work.factors, e, rows, groups, reach);
            sums(work, rows, groups)
        });
        for (a, b) in whole.iter().flatten().zip(near.iter().flatten()) {
            assert!((a - b).abs() <= 2e-15 * a.abs().max(0.1), "{by}: {a} {b}");
        }
    }
}

#[test]
fn a_base_is_linear_in_its_terms() {
    let coefficient = [packed(&[0.5, -1.0, 2.0])[0], packed(&[1.0, 1.5, 0.0])[0]];
    let x = [1.0, 2.0, 3.0, 0.0, -1.0, 0.5, 0.25, 0.0];
    let mut base = [ZERO; 3];
    fill_base(&mut base, &[0.1, 0.2, 0.3], &coefficient, &x);
    for (i, (a, b)) in [(0.5, 1.0), (-1.0, 1.5), (2.0, 0.0)]
        .into_iter()
        .enumerate()
    {
        for j in 0..3 {
            let want = 0.1 * (j + 1) as f64 + a * x[j] + b * x[4 + j];
            assert!((base[j][i] - want).abs() < 1e-15);
        }
    }
}

/// The matrix in the documentation of [`add_dominance`].
fn matrix(made: &Made, full: &[f64]) -> Vec<Vec<f64>> {
    let mut a = vec![vec![0.0; COLUMNS]; COLUMNS];
    for i in 0..ROWS {
        let q = made.q(i);
        let half = |j: usize| 0.5 * (1.0 + full[group_of(j) * (COUNT + 1)]);
        let y: Vec<f64> = (0..COLUMNS)
            .map(|j| {
                let own = full[group_of(j) * (COUNT + 1)] * made.value[j];
                half(j) + made.slope[i] * (own - made.worth(full, &q, j))
            })
            .collect();
        for j in 0..COLUMNS {
            for l in (0..COLUMNS).filter(|l| group_of(*l) == group_of(j)) {
                let one = if j == l { y[j] + half(j) } else { 0.0 };
                let by = made.weight[i] * made.slope[i] * q[j];
                a[j][l] -= by * (one - q[l] * (y[j] + y[l]));
            }
        }
    }
    a
}

#[test]
fn what_is_left_is_never_more_than_dominance() {
    let mut dominant = 0;
    for (conduct, full) in [(&FULL[..], FULL), (&DIAGONAL[..], APART)] {
        for spread in [0.01, 0.3, 1.0, 2.0, 5.0] {
            let made = made(spread);
            let mut left = [0.0; COLUMNS];
            made.with(conduct, |work, rows, groups| {
                add_dominance(&mut left, &work.factors, &work.e, rows, groups);
            });
            let a = matrix(&made, &full);
            for j in 0..COLUMNS {
                let others: f64 = (0..COLUMNS)
                    .filter(|l| *l != j)
                    .map(|l| a[j][l].abs())
                    .sum();
                let exact = a[j][j] - others;
                assert!(left[j] < exact, "{spread} {j}: {} {exact}", left[j]);
                dominant += usize::from(left[j] > 0.0);
            }
        }
    }
    assert!(dominant >= 35, "{dominant}");
}
