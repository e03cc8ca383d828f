//! Markets that are computed together, and what of them never changes.

use std::sync::OnceLock;

use entrant_numeric::lanes::{self, Eight, WIDTH, ZERO};

use crate::blp::market::MarketData;
use crate::blp::parameters::{Kind, Parameters};
use crate::blp::response::is_flat;

/// Largest number of products, and of products times consumers, that lanes are quicker with.
const PRODUCTS: usize = 40;
const CELLS: usize = 6000;

/// Up to eight markets of one size that follow each other, or one that fits no lane.
#[derive(Debug, Default)]
pub(in crate::blp) struct Group {
    /// Which.
    pub(in crate::blp) markets: Vec<usize>,
    /// Whether they fit lanes.
    pub(in crate::blp) fits: bool,
    sorted: OnceLock<Sorted>,
}

impl Group {
    /// All markets in groups, in order.
    pub(in crate::blp) fn all(markets: &[MarketData]) -> Vec<Group> {
        let size = |t: usize| {
            let m = &markets[t];
            fits(m).then(|| (m.products(), m.consumers(), m.coefficients()))
        };
        let mut groups: Vec<Group> = Vec::new();
        for t in 0..markets.len() {
            match groups.last_mut() {
                Some(last)
                    if last.fits
                        && size(last.markets[0]) == size(t)
                        && last.markets.len() < WIDTH =>
                {
                    last.markets.push(t);
                }
                _ => groups.push(Group {
                    markets: vec![t],
                    fits: size(t).is_some(),
                    sorted: OnceLock::new(),
                }),
            }
        }
        groups
    }

    /// What never changes of them, lane by lane; the last one fills lanes that are left.
    pub(super) fn sorted(&self, markets: &[MarketData]) -> &Sorted {
        let own: [&MarketData; WIDTH] = std::array::from_fn(|l| {
            let last = self.markets.len() - 1;
            &markets[self.markets[l.min(last)]]
        });
        self.sorted.get_or_init(|| Sorted::new(own))
    }
}

/// Whether a market may stand in a lane.
fn fits(m: &MarketData) -> bool {
    let cells = m.products() * m.consumers();
    is_flat(m)
        && m.consumers.log_availability.is_empty()
        && (1..=PRODUCTS).contains(&m.products())
        && (1..=CELLS).contains(&cells)
}

/// Data of eight markets, lane by lane.
#[derive(Debug)]
pub(super) struct Sorted {
    pub(super) products: usize,
    pub(super) consumers: usize,
    pub(super) coefficients: usize,
    /// Characteristics (coefficients x products).
    pub(super) x: Vec<Eight>,
    /// Weights (consumers).
    pub(super) weight: Vec<Eight>,
    /// Observed shares, and their logarithms (products).
    pub(super) share: Vec<Eight>,
    pub(super) target: Vec<Eight>,
    /// Logarithm of the share of the outside good.
    pub(super) outside: Eight,
    /// Normal draws (columns x consumers).
    nodes: Vec<Eight>,
    /// Demographics (demographics x consumers).
    demographics: Vec<Eight>,
    /// What parameters multiply that move nothing (consumers).
    zeros: Vec<Eight>,
}

impl Sorted {
    fn new(markets: [&MarketData; WIDTH]) -> Self {
        let m = markets[0];
        let (products, consumers) = (m.products(), m.consumers());
        let coefficients = m.coefficients();
        let put = |of: &dyn Fn(&MarketData) -> Vec<f64>| -> Vec<Eight> {
            let columns = markets.map(of);
            let each = 0..columns[0].len();
            each.map(|i| std::array::from_fn(|l| columns[l][i]).into())
                .collect()
        };
        let by_column = |all: &[f64]| -> Vec<f64> {
            let columns = all.len() / consumers;
            let one = |c: usize| all[c..].iter().step_by(columns);
            (0..columns).flat_map(one).copied().collect()
        };
        let share = put(&|m| m.share.clone());
        let mut target = vec![ZERO; products];
        lanes::logarithms(&mut target, &share);
        let mut outside = [ZERO];
        lanes::logarithms(&mut outside, &[markets.map(MarketData::outside).into()]);
        Sorted {
            products,
            consumers,
            coefficients,
            x: put(&|m| {
                let row = |k: usize| m.x2(k)[..products].to_vec();
                (0..coefficients).flat_map(row).collect()
            }),
            weight: put(&|m| m.consumers.weight.clone()),
            share,
            target,
            outside: outside[0],
            nodes: put(&|m| by_column(&m.consumers.nodes)),
            demographics: put(&|m| by_column(&m.consumers.demographics)),
            zeros: vec![ZERO; consumers],
        }
    }

    /// Normal draws of a column (consumers).
    pub(super) fn node(&self, column: usize) -> &[Eight] {
        &self.nodes[column * self.consumers..(column + 1) * self.consumers]
    }

    /// A demographic (consumers).
    pub(super) fn demographic(&self, column: usize) -> &[Eight] {
        &self.demographics[column * self.consumers..(column + 1) * self.consumers]
    }

    /// What a parameter multiplies in the index of its coefficient (consumers).
    pub(super) fn draws(&self, parameters: &Parameters, kind: Kind) -> &[Eight] {
        match kind {
            Kind::Sigma { column, .. } => {
                parameters.node[column].map_or(&self.zeros, |node| self.node(node))
            }
            Kind::Pi { column, .. } => self.demographic(column),
            _ => &self.zeros,
        }
    }
}
