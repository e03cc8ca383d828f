//! Rank of the dummies, and coefficients made comparable by connected components.

use std::ops::Range;

use super::layout::{Layout, Other};

/// Rank of the dummies of all effects together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The rank when `exact`, otherwise a number that it does not exceed.
    pub rank: usize,
    /// Whether it is the rank itself.
    pub exact: bool,
}

/// Prime of the arithmetic of [`rank_of_matrix`]: 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Largest matrix whose rank is computed by elimination.
const LARGEST_MATRIX: usize = 400;

/// As [`super::Effects::degrees_of_freedom`].
pub(super) fn rank(layout: &Layout) -> Rank {
    let mut core = Core::new(layout);
    if layout.others.len() < 2 {
        let rank = core.pairwise_bound();
        return Rank { rank, exact: true };
    }
    let peeled = core.peel();
    let others = core.others();
    let exact = others.len() <= LARGEST_MATRIX;
    let rest = if exact {
        core.levels_of(0).len() + rank_of_matrix(core.schur(&others))
    } else {
        core.pairwise_bound()
    };
    let rank = peeled + rest;
    Rank { rank, exact }
}

/// Rows that remain, with the level of every effect counted through all effects, main first.
struct Core {
    rows: Vec<Vec<usize>>,
    alive: Vec<bool>,
    /// Levels of effect `d` are `firsts[d]..firsts[d + 1]`.
    firsts: Vec<usize>,
    counts: Vec<usize>,
}

impl Core {
    fn new(layout: &Layout) -> Self {
        let groups = layout.groups();
        let mut rows = Vec::with_capacity(layout.rows);
        for (g, run) in layout.runs() {
            rows.extend(run.map(|row| {
                let links = layout.links_of(row).iter().map(|l| groups + *l as usize);
                std::iter::once(g).chain(links).collect::<Vec<_>>()
            }));
        }
        let mut firsts = vec![0, groups];
        firsts.extend(layout.others.iter().map(|o| groups + o.first + o.levels));
        let mut counts = vec![0; groups + layout.counts.len()];
        for level in rows.iter().flatten() {
            counts[*level] += 1;
        }
        Core {
            alive: vec![true; rows.len()],
            rows,
            firsts,
            counts,
        }
    }

    fn effects(&self) -> usize {
        self.firsts.len() - 1
    }

    /// Levels of an effect that still have rows.
    fn levels_of(&self, effect: usize) -> Vec<usize> {
        let all = self.firsts[effect]..self.firsts[effect + 1];
        all.filter(|l| self.counts[*l] > 0).collect()
    }

    fn others(&self) -> Vec<usize> {
        (1..self.effects())
            .flat_map(|d| self.levels_of(d))
            .collect()
    }

    fn live_rows(&self) -> impl Iterator<Item = &Vec<usize>> {
        let alive = self.rows.iter().zip(&self.alive);
        alive.filter(|(_, alive)| **alive).map(|(row, _)| row)
    }

    /// Removes every row that holds a level which no other row has, until there is none. Each is
    /// one to the rank, because that level's dummy is a pivot.
    fn peel(&mut self) -> usize {
        let mut only = vec![0; self.counts.len()];
        for (row, levels) in self.rows.iter().enumerate() {
            for level in levels {
                only[*level] ^= row;
            }
        }
        let mut queue: Vec<usize> = (0..only.len()).filter(|l| self.counts[*l] == 1).collect();
        let mut peeled = 0;
        while let Some(level) = queue.pop() {
            if self.counts[level] == 1 {
                let row = only[level];
                peeled += 1;
                self.alive[row] = false;
                for level in &self.rows[row] {
                    self.counts[*level] -= 1;
                    only[*level] ^= row;
                    if self.counts[*level] == 1 {
                        queue.push(*level);
                    }
                }
            }
        }
        peeled
    }

    /// Levels, less for every effect after the first the most components that it forms with one
    /// before it.
    fn pairwise_bound(&self) -> usize {
        let least = |d: usize| (0..d).map(|e| self.components(e, d)).max().unwrap_or(0);
        (0..self.effects())
            .map(|d| self.levels_of(d).len() - least(d))
            .sum()
    }

    /// Connected components of the graph of two effects.
    fn components(&self, a: usize, b: usize) -> usize {
        let mut forest = Forest::new(self.counts.len());
        let rows = self.live_rows();
        let joined = rows.filter(|row| forest.join(row[a], row[b])).count();
        self.levels_of(a).len() + self.levels_of(b).len() - joined
    }

    /// `D'(I - P) D` of the other effects modulo the prime, `P` the projection on the main one.
    fn schur(&self, others: &[usize]) -> Vec<Vec<u64>> {
        let mut place = vec![usize::MAX; self.counts.len()];
        for (at, level) in others.iter().enumerate() {
            place[*level] = at;
        }
        let mut matrix = vec![vec![0; others.len()]; others.len()];
        let mut run: Vec<&Vec<usize>> = Vec::new();
        for row in self.live_rows() {
            if run.first().is_some_and(|r| r[0] != row[0]) {
                add_group(&mut matrix, &place, &run);
                run.clear();
            }
            run.push(row);
        }
        add_group(&mut matrix, &place, &run);
        matrix
    }
}

/// Adds the part of the rows of one main level.
fn add_group(matrix: &mut [Vec<u64>], place: &[usize], run: &[&Vec<usize>]) {
    let mut sums: Vec<usize> = Vec::new();
    for row in run {
        for a in &row[1..] {
            sums.push(place[*a]);
            for b in &row[1..] {
                let entry = &mut matrix[place[*a]][place[*b]];
                *entry = add(*entry, 1);
            }
        }
    }
    let minus = PRIME - inverse((run.len() as u64).max(1));
    for a in &sums {
        for b in &sums {
            let entry = &mut matrix[*a][*b];
            *entry = add(*entry, minus);
        }
    }
}

/// Rank by Gaussian elimination modulo the prime.
fn rank_of_matrix(mut matrix: Vec<Vec<u64>>) -> usize {
    let n = matrix.len();
    let mut rank = 0;
    for column in 0..n {
        let Some(pivot) = (rank..n).find(|r| matrix[*r][column] != 0) else {
            continue;
        };
        matrix.swap(rank, pivot);
        let (above, below) = matrix.split_at_mut(rank + 1);
        eliminate(&above[rank], below, column);
        rank += 1;
    }
    rank
}

fn eliminate(pivot: &[u64], below: &mut [Vec<u64>], column: usize) {
    let inverse = inverse(pivot[column]);
    for row in below.iter_mut().filter(|r| r[column] != 0) {
        let minus = PRIME - multiply(row[column], inverse);
        for c in column..pivot.len() {
            row[c] = add(row[c], multiply(minus, pivot[c]));
        }
    }
}

fn add(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

fn multiply(a: u64, b: u64) -> u64 {
    let wide = u128::from(a) * u128::from(b);
    let low = u64::try_from(wide & u128::from(PRIME)).unwrap_or(0);
    let high = u64::try_from(wide >> 61).unwrap_or(0);
    add(low, high)
}

/// `a^(p - 2)`, the inverse by Fermat's little theorem.
fn inverse(a: u64) -> u64 {
    let (mut power, mut base, mut left) = (1, a, PRIME - 2);
    while left > 0 {
        if left & 1 == 1 {
            power = multiply(power, base);
        }
        base = multiply(base, base);
        left >>= 1;
    }
    power
}

/// Sets that merge (union by path halving).
struct Forest {
    parent: Vec<usize>,
}

impl Forest {
    fn new(n: usize) -> Self {
        Forest {
            parent: (0..n).collect(),
        }
    }

    fn root(&mut self, mut v: usize) -> usize {
        while self.parent[v] != v {
            self.parent[v] = self.parent[self.parent[v]];
            v = self.parent[v];
        }
        v
    }

    /// Merges two sets; whether they were apart. The lower root stays.
    fn join(&mut self, a: usize, b: usize) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
        a != b
    }
}

/// Coefficients by effect in the order given, normalised as [`super::Recovered`] says.
pub(super) fn normalised(layout: &Layout, main: &[f64], others: &[[f64; 1]]) -> Vec<Vec<f64>> {
    let mut values = main.to_vec();
    values.extend(others.iter().map(|o| o[0]));
    let core = Core::new(layout);
    let roots = joint_components(&core);
    let ranges = ranges_as_given(layout);
    for range in &ranges[1..] {
        move_means(&core.counts, &roots, range, &ranges[0], &mut values);
    }
    ranges.iter().map(|r| values[r.clone()].to_vec()).collect()
}

/// A representative of the rows' connected component for every level.
fn joint_components(core: &Core) -> Vec<usize> {
    let mut forest = Forest::new(core.counts.len());
    for row in &core.rows {
        for level in &row[1..] {
            forest.join(row[0], *level);
        }
    }
    (0..core.counts.len()).map(|l| forest.root(l)).collect()
}

/// Where each effect, in the order given, lies among levels counted main effect first.
fn ranges_as_given(layout: &Layout) -> Vec<Range<usize>> {
    let groups = layout.groups();
    let other = |o: &Other| groups + o.first..groups + o.first + o.levels;
    let mut ranges: Vec<Range<usize>> = layout.others.iter().map(other).collect();
    ranges.insert(layout.main, 0..groups);
    ranges
}

/// Moves the mean over rows, in each component, from the levels of one effect to those of another.
fn move_means(
    counts: &[usize],
    roots: &[usize],
    from: &Range<usize>,
    to: &Range<usize>,
    values: &mut [f64],
) {
    let mut sums = vec![(0.0, 0.0); counts.len()];
    for level in from.clone() {
        let (sum, rows) = &mut sums[roots[level]];
        *sum += counts[level] as f64 * values[level];
        *rows += counts[level] as f64;
    }
    for level in from.clone().chain(to.clone()).filter(|l| counts[*l] > 0) {
        let (sum, rows) = sums[roots[level]];
        let sign = if to.contains(&level) { 1.0 } else { -1.0 };
        values[level] += sign * sum / rows;
    }
}
