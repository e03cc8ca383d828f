//! Approximate Cholesky factor of the graph of two effects (Gao, Kyng and Spielman 2023, "Robust
//! and practical solution of Laplacian equations by approximate elimination", algorithm AC).
//!
//! Levels of the main effect and of the largest other one are vertices, rows are edges. Vertices
//! of least degree go first. Where elimination would join all neighbours of a vertex with each
//! other, each is joined with one of those behind it, drawn in proportion to their weights, so
//! that the expected graph is the right one. On trees, chains and cycles nothing is drawn and
//! the factor is exact.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::layout::Layout;
use crate::random::Stream;

/// Elimination steps in order, and what they do to right-hand sides.
#[derive(Debug, Clone)]
pub(super) struct Factor {
    /// Vertices in the order of elimination.
    order: Vec<u32>,
    /// Weight that each vertex had when it was eliminated, in that order.
    pivots: Vec<f64>,
    /// Neighbours of step `s` are `starts[s]..starts[s + 1]`.
    starts: Vec<usize>,
    /// Neighbours, and the part of the weight that goes to each.
    parts: Vec<(u32, f64)>,
    /// Number of main levels: vertices from here on are levels of the other effect.
    groups: usize,
    /// Where the other effect's levels lie among those of all others.
    first: usize,
}

impl Factor {
    /// Factorises the graph of the main effect and the largest other one.
    pub fn new(layout: &Layout) -> Self {
        let q = layout.others.len();
        let second = (0..q).fold(0, |m, o| {
            if layout.others[o].levels > layout.others[m].levels {
                o
            } else {
                m
            }
        });
        let mut graph = Graph::new(layout, second);
        let mut factor = Factor {
            order: Vec::new(),
            pivots: Vec::new(),
            starts: vec![0],
            parts: Vec::new(),
            groups: layout.groups(),
            first: layout.others[second].first,
        };
        while let Some(v) = graph.least() {
            factor.push(v, &graph.eliminate(v));
        }
        factor
    }

    fn push(&mut self, v: u32, neighbours: &[(u32, f64)]) {
        let weight: f64 = neighbours.iter().map(|n| n.1).sum();
        self.order.push(v);
        self.pivots.push(weight);
        let parts = neighbours.iter().map(|(u, w)| (*u, w / weight));
        self.parts.extend(parts);
        self.starts.push(self.parts.len());
    }

    /// Overwrites the other effect's part of `z` with an approximate solution for its part of
    /// `r`, the main effect eliminated.
    pub fn solve<const K: usize>(&self, r: &[[f64; K]], z: &mut [[f64; K]]) {
        let second = self.first..self.first + self.order.len() - self.groups;
        let mut x = vec![[0.0; K]; self.groups];
        x.extend_from_slice(&r[second.clone()]);
        for s in 0..self.order.len() {
            self.forward(s, &mut x);
        }
        for s in (0..self.order.len()).rev() {
            self.backward(s, &mut x);
        }
        z[second].copy_from_slice(&x[self.groups..]);
    }

    fn forward<const K: usize>(&self, s: usize, x: &mut [[f64; K]]) {
        let value = x[self.order[s] as usize];
        for (u, part) in &self.parts[self.starts[s]..self.starts[s + 1]] {
            for c in 0..K {
                x[*u as usize][c] += part * value[c];
            }
        }
        let pivot = self.pivots[s];
        // The last vertex of a component has no weight left: the constant is free, and 0.
        x[self.order[s] as usize] = value.map(|v| if pivot > 0.0 { v / pivot } else { 0.0 });
    }

    fn backward<const K: usize>(&self, s: usize, x: &mut [[f64; K]]) {
        let mut value = x[self.order[s] as usize];
        for (u, part) in &self.parts[self.starts[s]..self.starts[s + 1]] {
            for c in 0..K {
                value[c] += part * x[*u as usize][c];
            }
        }
        x[self.order[s] as usize] = value;
    }
}

/// The graph that is left.
struct Graph {
    edges: Vec<Vec<(u32, f64)>>,
    /// Live edges of each vertex, those to one neighbour counted apart; `NONE` once eliminated.
    degrees: Vec<usize>,
    queue: BinaryHeap<Reverse<(usize, u32)>>,
    stream: Stream,
}

const NONE: usize = usize::MAX;

impl Graph {
    fn new(layout: &Layout, second: usize) -> Self {
        let groups = layout.groups();
        let other = &layout.others[second];
        let mut edges = vec![Vec::new(); groups + other.levels];
        for (g, run) in layout.runs() {
            for row in run {
                let level = layout.links_of(row)[second] as usize - other.first;
                edges[g].push((index(groups + level), 1.0));
                edges[groups + level].push((index(g), 1.0));
            }
        }
        let degrees: Vec<usize> = edges.iter_mut().map(merge).collect();
        let queue = (0..).zip(&degrees).map(|(v, d)| Reverse((*d, v))).collect();
        Graph {
            edges,
            degrees,
            queue,
            stream: Stream::new(0, "approximate elimination", 0),
        }
    }

    /// A vertex of least degree, the first of them.
    fn least(&mut self) -> Option<u32> {
        while let Some(Reverse((degree, v))) = self.queue.pop() {
            if self.degrees[v as usize] == degree {
                return Some(v);
            }
        }
        None
    }

    /// Takes a vertex out, joins its neighbours, and returns them with their weights.
    fn eliminate(&mut self, v: u32) -> Vec<(u32, f64)> {
        let mut neighbours = std::mem::take(&mut self.edges[v as usize]);
        neighbours.retain(|(u, _)| self.degrees[*u as usize] != NONE);
        for (u, _) in &neighbours {
            self.degrees[*u as usize] -= 1;
        }
        self.degrees[v as usize] = NONE;
        merge(&mut neighbours);
        neighbours.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        self.join(&neighbours);
        for (u, _) in &neighbours {
            self.queue.push(Reverse((self.degrees[*u as usize], *u)));
        }
        neighbours
    }

    /// Joins each neighbour, lightest first, with one behind it.
    fn join(&mut self, neighbours: &[(u32, f64)]) {
        let behind = behind(neighbours);
        let Some(total) = behind.first().map(|b| b + neighbours[0].1) else {
            return;
        };
        for (i, (u, w)) in neighbours.iter().enumerate().take(neighbours.len() - 1) {
            let target = self.stream.uniform() * behind[i];
            // `behind` falls: the neighbour behind which less than the target is left.
            let j = i + 1 + behind[i + 1..].partition_point(|b| *b > target);
            let weight = w * behind[i] / total;
            self.connect(*u, neighbours[j.min(neighbours.len() - 1)].0, weight);
        }
    }

    fn connect(&mut self, a: u32, b: u32, weight: f64) {
        for (from, to) in [(a, b), (b, a)] {
            self.edges[from as usize].push((to, weight));
            self.degrees[from as usize] += 1;
        }
    }
}

/// Weight of all neighbours behind each.
fn behind(neighbours: &[(u32, f64)]) -> Vec<f64> {
    let mut behind = vec![0.0; neighbours.len()];
    for i in (1..neighbours.len()).rev() {
        behind[i - 1] = behind[i] + neighbours[i].1;
    }
    behind
}

/// Adds up edges to one neighbour; how many there are then.
fn merge(edges: &mut Vec<(u32, f64)>) -> usize {
    edges.sort_by_key(|a| a.0);
    edges.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    edges.len()
}

/// Vertices are numbered in 32 bits: there are at most 2 * (16 * 2^31 + 1024) codes, and rows,
/// which bound the levels with rows, are fewer than 2^31.
fn index(v: usize) -> u32 {
    u32::try_from(v).unwrap_or(u32::MAX)
}
