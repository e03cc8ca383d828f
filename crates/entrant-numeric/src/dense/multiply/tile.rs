//! What a product reads of its left factor, and adds to the tiles of its result.
#![expect(
    clippy::inline_always,
    reason = "must inline into each target-feature copy to vectorise"
)]

use fearless_simd::prelude::*;

use super::ROWS;
use crate::dense::View;
use crate::simd::Simd;

/// A tile of the result, of vectors V.
pub(in crate::dense) type Tile<V> = [V; ROWS];

/// Where the left factor of a product is read.
#[derive(Clone, Copy, PartialEq)]
pub(in crate::dense) enum Place {
    /// From a packed copy.
    Packed,
    /// Where it stands, rows being contiguous.
    Rows,
}

/// Some terms of the left factor.
#[derive(Clone, Copy)]
pub(in crate::dense) struct Left<'a> {
    pub(in crate::dense) place: Place,
    pub(in crate::dense) packed: &'a [f64],
    pub(in crate::dense) a: View<'a>,
    /// The first term, and how many there are.
    pub(in crate::dense) from: usize,
    pub(in crate::dense) depth: usize,
}

impl<'a> Left<'a> {
    /// Adds the products of [`ROWS`] entries of each term, from row `row` on, with the right
    /// factors'.
    #[inline(always)]
    pub(in crate::dense) fn add<S: Simd, V: SimdFloat<S, Element = f64>, const N: usize>(
        self,
        simd: S,
        row: usize,
        right: [&[f64]; N],
        sums: &mut [Tile<V>; N],
    ) {
        match self.place {
            Place::Packed => add_terms(simd, self.tile(row), right, sums),
            Place::Rows => add_terms(simd, self.rows(row), right, sums),
        }
    }

    /// The same for twice as many rows.
    #[inline(always)]
    pub(in crate::dense) fn add_pair<S: Simd, V: SimdFloat<S, Element = f64>>(
        self,
        simd: S,
        row: usize,
        right: &[f64],
        sums: [&mut Tile<V>; 2],
    ) {
        let other = row + ROWS;
        match self.place {
            Place::Packed => add_pairs(simd, (self.tile(row), self.tile(other)), right, sums),
            Place::Rows => add_pairs(simd, (self.rows(row), self.rows(other)), right, sums),
        }
    }

    #[inline(always)]
    fn tile(self, row: usize) -> Packed<'a> {
        let packed = &self.packed[row * self.depth..(row + ROWS) * self.depth];
        Packed(packed.as_chunks().0)
    }

    #[inline(always)]
    fn rows(self, row: usize) -> Rows<'a> {
        let data = &self.a.data[row * self.a.row_stride + self.from..];
        let line = |r: usize| &data[r * self.a.row_stride..][..self.depth];
        Rows([line(0), line(1), line(2), line(3)])
    }
}

/// [`ROWS`] entries of each term of the left factor.
trait Terms: Copy {
    fn at(self, t: usize) -> [f64; ROWS];
}

/// Terms of a packed copy.
#[derive(Clone, Copy)]
struct Packed<'a>(&'a [[f64; ROWS]]);

/// Terms in rows.
#[derive(Clone, Copy)]
struct Rows<'a>([&'a [f64]; ROWS]);

impl Terms for Packed<'_> {
    #[inline(always)]
    fn at(self, t: usize) -> [f64; ROWS] {
        self.0[t]
    }
}

impl Terms for Rows<'_> {
    #[inline(always)]
    fn at(self, t: usize) -> [f64; ROWS] {
        [self.0[0][t], self.0[1][t], self.0[2][t], self.0[3][t]]
    }
}

/// Adds the products of the left factor's terms with those of the right. The sums are copies
/// meanwhile, which stay in registers: nothing else can see them.
#[inline(always)]
fn add_terms<S: Simd, V: SimdFloat<S, Element = f64>, const N: usize>(
    simd: S,
    left: impl Terms,
    right: [&[f64]; N],
    sums: &mut [Tile<V>; N],
) {
    let (first, last) = (right[0], right[N - 1]);
    let mut own = (sums[0], sums[N - 1]);
    if N > 1 {
        for (t, b) in first.chunks_exact(V::LEN).enumerate() {
            let a = left.at(t);
            add_outer(simd, &mut own.0, &a, V::from_slice(simd, b));
            let c = &last[t * V::LEN..(t + 1) * V::LEN];
            add_outer(simd, &mut own.1, &a, V::from_slice(simd, c));
        }
        sums[N - 1] = own.1;
    } else {
        for (t, b) in first.chunks_exact(V::LEN).enumerate() {
            add_outer(simd, &mut own.0, &left.at(t), V::from_slice(simd, b));
        }
    }
    sums[0] = own.0;
}

/// The same for twice as many rows.
#[inline(always)]
fn add_pairs<S: Simd, V: SimdFloat<S, Element = f64>>(
    simd: S,
    (left, other): (impl Terms, impl Terms),
    right: &[f64],
    [sums, more]: [&mut Tile<V>; 2],
) {
    let (mut one, mut two) = (*sums, *more);
    for (t, b) in right.chunks_exact(V::LEN).enumerate() {
        let b = V::from_slice(simd, b);
        add_outer(simd, &mut one, &left.at(t), b);
        add_outer(simd, &mut two, &other.at(t), b);
    }
    (*sums, *more) = (one, two);
}

/// `sum_r += a_r b`.
#[inline(always)]
pub(in crate::dense) fn add_outer<S: Simd, V: SimdFloat<S, Element = f64>>(
    simd: S,
    sum: &mut Tile<V>,
    a: &[f64; ROWS],
    b: V,
) {
    for r in 0..ROWS {
        sum[r] = S::fused(V::splat(simd, a[r]), b, sum[r]);
    }
}

/// Four numbers of a slice.
#[inline(always)]
pub(in crate::dense) fn four(v: &[f64], at: usize) -> [f64; ROWS] {
    [v[at], v[at + 1], v[at + 2], v[at + 3]]
}
