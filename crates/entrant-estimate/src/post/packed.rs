//! First-order conditions where each consumer minds all prices alike, eight consumers at once.

use std::ops::Range;

use entrant_numeric::lanes::{Eight, WIDTH, ZERO};
use entrant_numeric::packs::{self, Factors, Groups, Rows, Sums};

use super::foc::{Conditions, firm_runs};
use super::market::PanelMarket;
use super::ownership::Ownership;

/// One market as the kernels of [`packs`] read it: utility is `base_ij + alpha_i (p_j - p0_j)`,
/// p0 the prices at which the market stood when this was made.
///
/// It says the same as [`Conditions::fill`] does of any market, but for rounding.
#[derive(Debug)]
pub(super) struct Packed {
    /// Utilities at p0 of all packs, or of one tile where that would not stay in cache (packs x
    /// products).
    base: Vec<Eight>,
    /// Random coefficients, from which utilities are made again; empty when all are kept (packs x
    /// coefficients).
    coefficient: Vec<Eight>,
    /// Mean utilities at p0 (products), and characteristics there (coefficients x stride).
    delta: Vec<f64>,
    x2: Vec<f64>,
    price: Vec<f64>,
    /// `alpha_i` and weights (packs).
    slope: Vec<Eight>,
    weight: Vec<Eight>,
    runs: Vec<(usize, usize)>,
    /// Weights between firms, their diagonal alone where there is nothing else.
    conduct: Vec<f64>,
    /// Weight of the own profit in each price (products).
    own: Vec<f64>,
    firms: usize,
    moved: Vec<f64>,
    /// Largest `|alpha_i|`.
    steepest: f64,
    /// Exponentials where they were computed last: of the market where they are kept, else of a
    /// tile (packs x products); the outside good's (packs), and prices there.
    e: Vec<Eight>,
    rest: Vec<Eight>,
    anchor: Vec<f64>,
    /// Exponentials of a tile near there.
    near: Vec<Eight>,
    work: Factors,
}

/// Cells of a tile: what fits in a second-level cache.
const TILE: usize = 32_768;
/// Cells of which utilities are kept rather than made again.
const KEPT: usize = 65_536;
/// Cells of which exponentials are kept, so that those at prices nearby cost little.
const KEPT_EXPONENTIALS: usize = 1 << 21;

impl Packed {
    /// The market at its present prices; `None` where it has nests, characteristics that are not
    /// linear in price, or consumers who mind the prices of different products differently.
    pub(super) fn new(market: &PanelMarket<'_>, owners: &Ownership) -> Option<Self> {
        let m = market.data;
        let n = m.products();
        if n == 0 || !m.nests.is_empty() || market.utility.is_curved() {
            return None;
        }
        let alpha = market.common_slopes(&market.utility.slope)?;
        let firms = owners.firms;
        let conduct = if owners.is_separate() {
            (0..firms).map(|f| owners.conduct[f * firms + f]).collect()
        } else {
            owners.conduct.clone()
        };
        let mut packed = Packed {
            base: Vec::new(),
            coefficient: by_pack(&market.tastes.coefficient, m.coefficients()),
            delta: market.utility.delta[..n].to_vec(),
            x2: market.utility.x2.clone(),
            price: market.price().to_vec(),
            slope: by_pack(&alpha, 1),
            weight: by_pack(&m.consumers.weight, 1),
            runs: firm_runs(&owners.firm),
            conduct,
            own: (0..n).map(|j| owners.weight(j, j)).collect(),
            firms,
            moved: vec![0.0; n],
            steepest: alpha.iter().fold(0.0, |m, a| m.max(a.abs())),
            e: Vec::new(),
            rest: Vec::new(),
            anchor: Vec::new(),
            near: Vec::new(),
            work: Factors::default(),
        };
        let extra =
            !m.consumers.log_availability.is_empty() || !market.tastes.by_product.is_empty();
        if extra || n * m.consumers() <= KEPT {
            packed.keep_base(market, extra);
        }
        Some(packed)
    }

    /// Makes utilities of all packs, with what differs by product if there is such.
    fn keep_base(&mut self, market: &PanelMarket<'_>, extra: bool) {
        let (n, stride) = (self.price.len(), market.data.stride);
        let mut base = Vec::new();
        let (packs, tastes) = (
            self.slope.len(),
            (&self.delta[..], &self.coefficient[..], &self.x2[..]),
        );
        fill_base(&mut base, tastes, packs, 0..packs);
        if extra {
            let mut row = vec![0.0; stride];
            for i in 0..market.data.consumers() {
                market.fill_extra(i..i + 1, &mut row);
                let pack = &mut base[i / WIDTH * n..];
                pack.iter_mut()
                    .zip(&row)
                    .take(n)
                    .for_each(|(b, x)| b[i % WIDTH] += x);
            }
        }
        self.base = base;
        self.coefficient.clear();
    }

    /// Calls `work` with probabilities at `price` of all packs, a tile at a time.
    fn each_tile(
        &mut self,
        price: &[f64],
        margin: &[f64],
        mut work: impl FnMut(&Factors, &[Eight], Rows<'_>, Groups<'_>),
    ) {
        let (n, packs) = (price.len(), self.slope.len());
        let groups = Groups {
            runs: &self.runs,
            conduct: &self.conduct,
            count: self.firms,
            value: margin,
        };
        let step = (TILE / (WIDTH * n)).max(1);
        let reach = self.steepest * move_from(&self.anchor, price, &mut self.moved);
        let is_near = reach <= packs::NEAR;
        if !is_near {
            move_from(&self.price, price, &mut self.moved);
        }
        let keeps = packs * WIDTH * n <= KEPT_EXPONENTIALS;
        let room = if keeps { packs } else { step.min(packs) };
        self.e.resize(room * n, ZERO);
        self.rest.resize(room, ZERO);
        for from in (0..packs).step_by(step) {
            let tile = from..(from + step).min(packs);
            let place = if keeps { tile.clone() } else { 0..tile.len() };
            let cells = place.start * n..place.end * n;
            let (e, rest) = (&mut self.e[cells], &mut self.rest[place]);
            let mut rows = Rows {
                base: &[],
                slope: &self.slope[tile.clone()],
                weight: &self.weight[tile.clone()],
                moved: &self.moved,
                keep: 1.0,
            };
            if is_near {
                self.near.resize(e.len().max(self.near.len()), ZERO);
                let near = &mut self.near[..e.len()];
                packs::softmax_near(&mut self.work, (near, e, rest), rows, groups, reach);
                work(&self.work, near, rows, groups);
                continue;
            }
            rows.base = if self.coefficient.is_empty() {
                &self.base[tile.start * n..tile.end * n]
            } else {
                let tastes = (&self.delta[..], &self.coefficient[..], &self.x2[..]);
                fill_base(&mut self.base, tastes, packs, tile);
                &self.base
            };
            packs::softmax(&mut self.work, e, rest, rows, groups);
            work(&self.work, e, rows, groups);
        }
        if keeps && !is_near {
            self.anchor.clear();
            self.anchor.extend_from_slice(price);
        }
    }

    /// Fills shares, `lambda` and `gamma` at `price`.
    pub(super) fn fill(&mut self, out: &mut Conditions, price: &[f64], margin: &[f64]) {
        let n = price.len();
        for v in [&mut out.share, &mut out.lambda, &mut out.gamma] {
            v.clear();
            v.resize(n, 0.0);
        }
        self.each_tile(price, margin, |factors, e, _, groups| {
            let mut sums = Sums {
                mean: &mut out.share,
                response: &mut out.lambda,
                pulled: &mut out.gamma,
            };
            packs::add_sums(&mut sums, factors, e, groups);
        });
        for (lambda, own) in out.lambda.iter_mut().zip(&self.own) {
            *lambda *= own;
        }
    }

    /// Whether the Hessian of every firm's profit in the prices of what it sells is diagonally
    /// dominant and so negative definite. Where it is not, it may be definite all the same.
    pub(super) fn is_dominant(&mut self, share: &[f64], price: &[f64], margin: &[f64]) -> bool {
        let mut left = vec![0.0; price.len()];
        self.each_tile(price, margin, |factors, e, rows, groups| {
            packs::add_dominance(&mut left, factors, e, rows, groups);
        });
        left.iter().zip(share).all(|(l, s)| *l > 0.0 || *s <= 0.0)
    }
}

/// Utilities at p0 of some of the packs, from mean utilities, coefficients and characteristics.
fn fill_base(
    base: &mut Vec<Eight>,
    (delta, coefficient, x2): (&[f64], &[Eight], &[f64]),
    packs: usize,
    tile: Range<usize>,
) {
    let (n, k) = (delta.len(), coefficient.len() / packs.max(1));
    base.resize(tile.len() * n, ZERO);
    for (t, out) in tile.zip(base.chunks_exact_mut(n)) {
        packs::fill_base(out, delta, &coefficient[t * k..(t + 1) * k], x2);
    }
}

/// How far each price has moved; the largest move, infinite from nowhere.
fn move_from(old: &[f64], price: &[f64], moved: &mut [f64]) -> f64 {
    if old.is_empty() {
        return f64::INFINITY;
    }
    let mut most = 0.0_f64;
    for (out, (p, old)) in moved.iter_mut().zip(price.iter().zip(old)) {
        *out = p - old;
        most = most.max(out.abs());
    }
    most
}

/// Rows of `columns` numbers, eight rows in the lanes of one (packs x columns); zeros past the
/// last row.
fn by_pack(rows: &[f64], columns: usize) -> Vec<Eight> {
    let count = rows.len() / columns.max(1);
    let mut out = vec![ZERO; packs::packs(count) * columns];
    for (i, row) in rows.chunks_exact(columns.max(1)).enumerate() {
        let pack = &mut out[i / WIDTH * columns..];
        pack.iter_mut()
            .zip(row)
            .for_each(|(o, v)| o[i % WIDTH] = *v);
    }
    out
}
