//! Screens of a merger that need no new prices: what diversion is worth to the new partners, and
//! the cost reductions that would keep prices where they are.

use entrant_market::Market;
use entrant_market::demand::price_slopes;
use entrant_market::supply::Ownership;
use entrant_numeric::linalg;

/// Screens of one product, at the prices, shares and costs before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pressure {
    /// Upward pricing pressure, in currency per unit: diversion to products whose profit newly
    /// counts, times what they earn (Farrell and Shapiro 2010), gross of efficiencies.
    pub upward: f64,
    /// The same over the price (GUPPI).
    pub gross: f64,
    /// Reduction of marginal cost, as a part of it, at which the price would stay where it is if
    /// all products of the firms that merge had theirs (Werden 1996).
    pub compensating: f64,
}

impl Pressure {
    /// No numbers: nothing new counts when its price is set.
    pub const NONE: Pressure = Pressure {
        upward: f64::NAN,
        gross: f64::NAN,
        compensating: f64::NAN,
    };
}

/// Screens of each product that is priced for more, or less, than before: of firms that merge, by
/// the owners of `after`; [`Pressure::NONE`] for the others (products of `after`). Empty where
/// nothing changes hands.
pub fn pressure(before: &Market, after: &Market) -> Vec<Pressure> {
    let firms = before.products.iter().zip(&after.products);
    if before.stakes == after.stakes && firms.into_iter().all(|(a, b)| a.firm == b.firm) {
        return Vec::new();
    }
    let owners = [before.ownership(), new_owners(before, after).ownership()];
    let products = before.products.len();
    let moved = |j: &usize| {
        let changes = |k: usize| owners[1].weight(*j, k) - owners[0].weight(*j, k) != 0.0;
        before.products[*j].on_sale && (0..products).any(changes)
    };
    let rows: Vec<usize> = (0..products).filter(moved).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let found = Screens::new(before, &owners, &rows);
    let mut out = vec![Pressure::NONE; after.products.len()];
    for (r, j) in rows.iter().enumerate() {
        out[*j] = found.of(r);
    }
    out
}

/// The market before with the owners after.
fn new_owners(before: &Market, after: &Market) -> Market {
    let mut market = before.clone();
    for (old, new) in market.products.iter_mut().zip(&after.products) {
        old.firm.clone_from(&new.firm);
    }
    market.stakes.clone_from(&after.stakes);
    market
}

/// What the screens are made of.
struct Screens<'a> {
    market: &'a Market,
    owners: &'a [Ownership; 2],
    rows: &'a [usize],
    /// `ds_k/dp_j` (rows x products).
    slopes: Vec<f64>,
    /// Price less cost (products).
    margin: Vec<f64>,
    /// Price less cost at which prices stay, of the rows.
    wanted: Option<Vec<f64>>,
}

impl<'a> Screens<'a> {
    fn new(market: &'a Market, owners: &'a [Ownership; 2], rows: &'a [usize]) -> Self {
        let (demand, price) = (market.demand(), market.prices());
        let mut out = Screens {
            market,
            owners,
            rows,
            slopes: price_slopes(&demand, &price, rows),
            margin: market.products.iter().map(|p| p.price - p.cost).collect(),
            wanted: None,
        };
        out.wanted = out.margins_that_keep_prices(&demand.shares(&price));
        out
    }

    fn slope(&self, r: usize, k: usize) -> f64 {
        self.slopes[r * self.margin.len() + k]
    }

    /// Solves `s_j + sum_k H_jk m_k ds_k/dp_j = 0` with the new owners for the margins of the rows,
    /// all other margins as they are.
    fn margins_that_keep_prices(&self, share: &[f64]) -> Option<Vec<f64>> {
        let new = &self.owners[1];
        let entry = |r: usize, k: usize| new.weight(self.rows[r], k) * self.slope(r, k);
        let n = self.rows.len();
        let cells = (0..n).flat_map(|r| self.rows.iter().map(move |k| (r, *k)));
        let matrix: Vec<f64> = cells.map(|(r, k)| entry(r, k)).collect();
        let right = |r: usize| {
            let others = (0..self.margin.len()).filter(|k| !self.rows.contains(k));
            let others: f64 = others.map(|k| entry(r, k) * self.margin[k]).sum();
            -share[self.rows[r]] - others
        };
        linalg::solve(&matrix, &(0..n).map(right).collect::<Vec<f64>>())
    }

    fn of(&self, r: usize) -> Pressure {
        let j = self.rows[r];
        let p = &self.market.products[j];
        let newly = |k: usize| self.owners[1].weight(j, k) - self.owners[0].weight(j, k);
        let diverted = |k: usize| -self.slope(r, k) / self.slope(r, j);
        let others = (0..self.margin.len()).filter(|k| *k != j);
        let upward: f64 = others
            .map(|k| newly(k) * diverted(k) * self.margin[k])
            .sum();
        let wanted = self.wanted.as_ref().map_or(f64::NAN, |w| w[r]);
        Pressure {
            upward,
            gross: upward / p.price,
            compensating: (wanted - self.margin[j]) / p.cost,
        }
    }
}
