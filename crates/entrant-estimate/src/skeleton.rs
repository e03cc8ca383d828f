//! A market without its unknowns: everything of a study that does not depend on the parameters.

use std::collections::BTreeMap;

use entrant_data::Quantity;
use entrant_data::panel::{MarketPanel, ProductRow};
use entrant_data::spec::{Model, Study};
use entrant_market::{Conduct, ConsumerType, Levy, Market, Population, PriceRule, Product, Reach};
use entrant_numeric::quadrature::{Rule, product_rule};
use entrant_numeric::vector::exp;

use crate::parameters::{Theta, owner_shares};
use crate::shares::ObservedMarket;

/// Builds markets at given parameters from one resolved study and one market's panel.
#[derive(Debug, Clone)]
pub struct Skeleton<'a> {
    study: &'a Study,
    products: Vec<Product>,
    segments: Vec<f64>,
    owners: Vec<(Option<String>, f64)>,
    rule: Rule,
    has_spread: bool,
    id: String,
    size: f64,
}

impl<'a> Skeleton<'a> {
    /// Reads products, segments, owners and quadrature once.
    pub fn new(
        study: &'a Study,
        panel: &MarketPanel,
        characteristics: &[String],
        seen: &ObservedMarket,
    ) -> Self {
        let has_spread = study.demand.model == Model::RandomCoefficients;
        let tastes = if has_spread {
            study.demand.taste.len()
        } else {
            0
        };
        Skeleton {
            study,
            products: panel
                .products
                .iter()
                .map(|p| product(study, p, characteristics))
                .collect(),
            segments: segment_shares(study),
            owners: owner_shares(&study.demand),
            rule: product_rule(study.demand.nodes, usize::from(has_spread) + tastes),
            has_spread,
            id: panel.id.clone(),
            size: seen.size,
        }
    }

    /// The market at these parameters, mean utilities and costs still zero.
    pub fn market(&self, theta: &Theta) -> Market {
        let stakes = self
            .study
            .supply
            .stake
            .iter()
            .map(|s| (s.owner.clone(), s.of.clone(), s.weight))
            .collect();
        Market {
            id: self.id.clone(),
            size: self.size,
            products: self.products.clone(),
            population: Population {
                types: self.types(theta),
                segments: self.segments.clone(),
                loyalty: theta.loyalty,
            },
            rho: theta.rho,
            stakes,
            capacities: Vec::new(),
            rho_of: BTreeMap::new(),
            conduct: Conduct::Firms,
        }
    }

    fn types(&self, theta: &Theta) -> Vec<ConsumerType> {
        let width = self.rule.dimensions;
        let spread_width = usize::from(self.has_spread);
        let mut types = Vec::with_capacity(self.rule.weights.len() * self.owners.len());
        for (k, w) in self.rule.weights.iter().enumerate() {
            let z = &self.rule.nodes[k * width..(k + 1) * width];
            let shift = if self.has_spread {
                theta.spread * z[0]
            } else {
                0.0
            };
            let taste: Vec<f64> = z[spread_width..]
                .iter()
                .zip(&theta.taste)
                .map(|(z, s)| z * s)
                .collect();
            for (owns, share) in self.owners.iter().filter(|(_, s)| *s > 0.0) {
                types.push(ConsumerType {
                    weight: w * share,
                    slope: -theta.sensitivity * exp(shift),
                    owns: owns.clone(),
                    taste: taste.clone(),
                    bend: Vec::new(),
                });
            }
        }
        types
    }
}

/// Segment shares normalised to one; one segment when the study has none.
fn segment_shares(study: &Study) -> Vec<f64> {
    if study.segment.is_empty() {
        return vec![1.0];
    }
    let raw: Vec<f64> = study
        .segment
        .iter()
        .map(|s| s.share.value().max(0.0))
        .collect();
    let total: f64 = raw.iter().sum();
    raw.iter().map(|s| s / total).collect()
}

fn product(study: &Study, row: &ProductRow, characteristics: &[String]) -> Product {
    let label = |column: &str| row.labels.get(column).cloned();
    let x = |column: &String| {
        characteristics
            .iter()
            .position(|c| c == column)
            .map_or(0.0, |k| row.x[k])
    };
    let given = study.supply.given.iter().any(|g| g.firm == row.firm);
    Product {
        id: row.id.clone(),
        firm: row.firm.clone(),
        brand: row.brand.clone(),
        mean_utility: 0.0,
        price: row.price,
        cost: 0.0,
        levy: Levy::default(),
        rule: if given {
            PriceRule::Given
        } else {
            PriceRule::Optimal
        },
        reach: Reach {
            segments: study.segment_mask(&row.segments),
            aware: row.aware,
        },
        nest: study.demand.nest.as_ref().and_then(|n| n.label(label)),
        group: study.demand.loyalty.as_ref().and_then(|l| label(&l.column)),
        x: study.demand.taste.iter().map(|t| x(&t.column)).collect(),
        entrant: false,
        on_sale: true,
        bend: Vec::new(),
    }
}

/// Margin share given by the study for a firm that does not price optimally.
pub fn given_margin(study: &Study, firm: &str) -> Option<f64> {
    study
        .supply
        .given
        .iter()
        .find(|g| g.firm == firm)
        .map(|g| &g.margin)
        .map(Quantity::value)
}
