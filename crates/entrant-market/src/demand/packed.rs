//! First-order conditions of flat demand and of demand with one nest, eight consumer types at once.

use entrant_numeric::lanes::{Eight, WIDTH, ZERO};
use entrant_numeric::packs::{self, Factors, Groups, NEAR, Rows, Sums};

use super::{Demand, Response};
use crate::supply::Ownership;

/// Demand as the kernels of [`packs`] read it, in buffers that are used again. It says the same as
/// [`super::response`], but for rounding.
#[derive(Debug)]
pub(crate) struct Packed {
    /// `(delta_j + mu_ij) / (1 - rho)` (packs x products).
    base: Vec<Eight>,
    /// `alpha_i / (1 - rho)` and weights (packs).
    slope: Vec<Eight>,
    weight: Vec<Eight>,
    /// Products next to each other of one firm: which, and where they end.
    runs: Vec<(usize, usize)>,
    conduct: Vec<f64>,
    firms: usize,
    keep: f64,
    /// Largest `|alpha_i| / (1 - rho)`.
    steepest: f64,
    moved: Vec<f64>,
    /// Exponentials at prices `anchor` (packs x products), what is left for buying nothing (packs),
    /// and exponentials of a tile near there.
    e: Vec<Eight>,
    rest: Vec<Eight>,
    anchor: Vec<f64>,
    near: Vec<Eight>,
    work: Factors,
}

/// Cells of a tile: what fits in a second-level cache.
const TILE: usize = 16_384;
/// Largest utility over `1 - rho` by which exponentials are taken together.
const LARGEST: f64 = 600.0;

impl Packed {
    /// `None` with several nests, and where utilities are so far apart that types had better be
    /// taken one by one.
    pub(crate) fn new(demand: &Demand, ownership: &Ownership) -> Option<Self> {
        let (n, keep) = (demand.products(), 1.0 - demand.rho);
        let far = |v: &f64| v.is_finite() && v.abs() > LARGEST * keep;
        let alike = demand.rho == 0.0 || demand.nests == 1;
        let together = alike && demand.bends.is_none();
        if n == 0 || !together || demand.taste.iter().chain(&demand.mean).any(far) {
            return None;
        }
        let count = packs::packs(demand.types());
        let mut base = vec![ZERO; count * n];
        for i in 0..demand.types() {
            let pack = &mut base[i / WIDTH * n..];
            let row = demand.mean.iter().zip(demand.taste_of(i));
            pack.iter_mut()
                .zip(row)
                .for_each(|(b, (mean, taste))| b[i % WIDTH] = (mean + taste) / keep);
        }
        let slope: Vec<f64> = demand.slope.iter().map(|a| a / keep).collect();
        Some(Packed {
            base,
            weight: by_pack(&demand.weight),
            steepest: slope.iter().fold(0.0, |m, a| m.max(a.abs())),
            slope: by_pack(&slope),
            runs: runs(&ownership.firm),
            conduct: ownership.conduct().to_vec(),
            firms: ownership.firms(),
            keep,
            moved: vec![0.0; n],
            e: vec![ZERO; count * n],
            rest: vec![ZERO; count],
            anchor: Vec::new(),
            near: Vec::new(),
            work: Factors::default(),
        })
    }

    /// Shares, `lambda` and `cross` at prices and margins.
    pub(crate) fn response(&mut self, price: &[f64], margin: &[f64]) -> Response {
        let n = price.len();
        let mut out = Response {
            share: vec![0.0; n],
            lambda: vec![0.0; n],
            cross: vec![0.0; n],
        };
        let reach = self.steepest * self.move_to(price);
        let near = reach <= NEAR;
        if !near {
            self.anchor.clear();
            self.anchor.extend_from_slice(price);
            self.moved.copy_from_slice(price);
        }
        let step = (TILE / (WIDTH * n)).max(1);
        for from in (0..self.slope.len()).step_by(step) {
            let to = (from + step).min(self.slope.len());
            self.add_tile((from, to), near.then_some(reach), margin, &mut out);
        }
        out
    }

    /// How far prices are from where exponentials are known, into `moved`; the largest distance.
    fn move_to(&mut self, price: &[f64]) -> f64 {
        if self.anchor.is_empty() {
            return f64::INFINITY;
        }
        let mut most = 0.0_f64;
        for ((out, p), old) in self.moved.iter_mut().zip(price).zip(&self.anchor) {
            *out = p - old;
            most = most.max(out.abs());
        }
        most
    }

    fn add_tile(
        &mut self,
        (from, to): (usize, usize),
        near: Option<f64>,
        margin: &[f64],
        out: &mut Response,
    ) {
        let n = margin.len();
        let cells = from * n..to * n;
        let groups = Groups {
            runs: &self.runs,
            conduct: &self.conduct,
            count: self.firms,
            value: margin,
        };
        let rows = Rows {
            base: &self.base[cells.clone()],
            slope: &self.slope[from..to],
            weight: &self.weight[from..to],
            moved: &self.moved,
            keep: self.keep,
        };
        let (e, rest) = (&mut self.e[cells], &mut self.rest[from..to]);
        let mut sums = Sums {
            mean: &mut out.share,
            response: &mut out.lambda,
            pulled: &mut out.cross,
        };
        if let Some(reach) = near {
            self.near.resize(e.len().max(self.near.len()), ZERO);
            let there = &mut self.near[..e.len()];
            packs::softmax_near(&mut self.work, (there, e, rest), rows, groups, reach);
            packs::add_sums(&mut sums, &self.work, there, groups);
        } else {
            packs::softmax(&mut self.work, e, rest, rows, groups);
            packs::add_sums(&mut sums, &self.work, e, groups);
        }
    }
}

/// Products next to each other of one firm: which, and where they end.
fn runs(firm: &[usize]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (j, f) in firm.iter().enumerate() {
        match out.last_mut() {
            Some((last, end)) if last == f => *end = j + 1,
            _ => out.push((*f, j + 1)),
        }
    }
    out
}

/// One number of each type, eight in the lanes of one (packs); zeros past the last.
fn by_pack(values: &[f64]) -> Vec<Eight> {
    let mut out = vec![ZERO; packs::packs(values.len())];
    for (i, v) in values.iter().enumerate() {
        out[i / WIDTH][i % WIDTH] = *v;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demand::response;
    use entrant_numeric::random::Stream;

    const PRODUCTS: usize = 7;
    const TYPES: usize = 21;

    fn market(rho: f64, seed: u64) -> Demand {
        let mut rng = Stream::new(seed, "packed", 0);
        let mut taste: Vec<f64> = (0..TYPES * PRODUCTS).map(|_| 2.0 * rng.normal()).collect();
        taste[3] = f64::NEG_INFINITY;
        // Nobody can sell to this type.
        taste[5 * PRODUCTS..6 * PRODUCTS].fill(f64::NEG_INFINITY);
        Demand {
            weight: vec![1.0 / TYPES as f64; TYPES],
            slope: (0..TYPES).map(|_| -(0.4 * rng.normal()).exp()).collect(),
            taste,
            mean: (0..PRODUCTS).map(|_| rng.normal()).collect(),
            nest: vec![0; PRODUCTS],
            nests: 1,
            rho,
            rho_of: Vec::new(),
            bends: None,
        }
    }

    #[test]
    fn packs_and_single_types_agree() {
        let mut stakes = Ownership::separate(vec![0, 0, 1, 2, 1, 1, 3]);
        stakes.set_weight(0, 2, 0.4);
        for owners in [Ownership::separate(vec![0, 0, 1, 2, 1, 1, 3]), stakes] {
            for (seed, rho) in [(1, 0.0), (2, 0.3), (3, 0.85)] {
                let demand = market(rho, seed);
                let mut packed = Packed::new(&demand, &owners).expect("one nest");
                let mut price = vec![1.5, 2.0, 1.0, 3.0, 2.5, 1.7, 2.2];
                // Far from, near, and very near to where exponentials were computed.
                for by in [0.0, 0.4, 0.003, 0.0001] {
                    price
                        .iter_mut()
                        .enumerate()
                        .for_each(|(j, p)| *p += by * (j as f64 - 2.0));
                    let margin: Vec<f64> = price.iter().map(|p| p - 0.8).collect();
                    let (a, b) = (
                        packed.response(&price, &margin),
                        response(&demand, &owners, &price, &margin),
                    );
                    for (x, y) in [
                        (&a.share, &b.share),
                        (&a.lambda, &b.lambda),
                        (&a.cross, &b.cross),
                    ] {
                        for (x, y) in x.iter().zip(y) {
                            assert!((x - y).abs() <= 2e-14 * y.abs().max(1e-3), "{rho}: {x} {y}");
                        }
                    }
                }
            }
        }
    }
}
