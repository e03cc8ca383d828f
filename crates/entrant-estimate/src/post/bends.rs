//! How utility moves with prices, as functions that the market of a scenario can keep.

use entrant_data::formula::Curve;

use super::market::PanelMarket;

/// How utility moves with prices: a price coefficient of each consumer, and what is beyond that.
#[derive(Debug)]
pub(super) struct PriceEffects {
    /// Price coefficients (consumers).
    pub(super) slopes: Vec<f64>,
    /// What mean utility alone adds to each; only without terms.
    pub(super) base: f64,
    /// Random characteristics that move with the price.
    pub(super) priced: Vec<usize>,
    /// Functions of the price beyond the price coefficient; the first is that of mean utility.
    pub(super) terms: usize,
    /// Tastes for them (consumers x terms).
    taste: Vec<f64>,
    /// The functions (products x terms).
    curves: Vec<Curve>,
}

impl PriceEffects {
    /// Utility linear in price, with the same slope for all products.
    pub(super) fn linear(slopes: Vec<f64>, base: f64, priced: Vec<usize>) -> Self {
        PriceEffects {
            slopes,
            base,
            priced,
            terms: 0,
            taste: Vec::new(),
            curves: Vec::new(),
        }
    }

    /// Tastes of consumer `i` (terms).
    pub(super) fn taste_of(&self, i: usize) -> &[f64] {
        &self.taste[i * self.terms..(i + 1) * self.terms]
    }

    /// Functions of the price of product `j` (terms).
    pub(super) fn curves_of(&self, j: usize) -> &[Curve] {
        &self.curves[j * self.terms..(j + 1) * self.terms]
    }
}

impl PanelMarket<'_> {
    /// Price effects of any form, from the formulas; `None` without formulas.
    ///
    /// The price coefficient of a consumer is what money is worth to it at the present prices. The last
    /// function is the price itself, whose taste takes that out of utility again: what is left is what
    /// the formulas say, and nothing else.
    pub(super) fn price_effects(&self) -> Option<PriceEffects> {
        let formulas = self.economy.problem.formulas.as_ref()?;
        let (m, random) = (self.data, formulas.random.as_ref());
        let moves = |k: &usize| random.is_some_and(|d| d.depends_on(*k, &formulas.price));
        let priced: Vec<usize> = (0..m.coefficients()).filter(moves).collect();
        let by_product = &self.tastes.by_product;
        let own: Vec<_> = by_product
            .iter()
            .filter(|o| priced.contains(&o.k))
            .collect();
        let n = m.products();
        let terms = 2 + priced.len() + own.len() * n;
        let worth = self.worth_of_money();
        let mut taste = Vec::with_capacity(worth.len() * terms);
        for (i, worth) in worth.iter().enumerate() {
            let of = &self.tastes.coefficient[i * m.coefficients()..];
            taste.push(1.0);
            taste.extend(priced.iter().map(|k| of[*k] / self.scale()));
            for differing in &own {
                let row = &differing.coefficient[i * m.stride..i * m.stride + n];
                taste.extend(row.iter().map(|c| c / self.scale()));
            }
            taste.push(*worth);
        }
        let mut curves = Vec::with_capacity(n * terms);
        for j in 0..n {
            let (linear, of_random) = self.curves(m.rows.start + j, &priced)?;
            curves.push(linear);
            let place = |k: usize| priced.iter().position(|p| *p == k);
            let alone: Vec<Curve> = own
                .iter()
                .flat_map(|o| {
                    let curve = place(o.k).map(|at| of_random[at].clone());
                    let mut row = vec![Curve::default(); n];
                    row[j] = curve.unwrap_or_default();
                    row
                })
                .collect();
            curves.extend(of_random);
            curves.extend(alone);
            curves.push(Curve::line(1.0));
        }
        Some(PriceEffects {
            slopes: worth.iter().map(|w| -w).collect(),
            base: 0.0,
            priced,
            terms,
            taste,
            curves,
        })
    }

    /// What the price of a row does to mean utility, in units of the shock, and to the random
    /// characteristics in `priced`.
    fn curves(&self, row: usize, priced: &[usize]) -> Option<(Curve, Vec<Curve>)> {
        let formulas = self.economy.problem.formulas.as_ref()?;
        let linear = formulas
            .linear
            .curve(row, &formulas.price, self.utility.beta());
        let random = formulas.random.as_ref();
        let one = |k: &usize| {
            let design = random?;
            let mut only = vec![0.0; design.columns()];
            only[*k] = 1.0;
            Some(design.curve(row, &formulas.price, &only))
        };
        Some((linear, priced.iter().map(one).collect::<Option<Vec<_>>>()?))
    }
}
