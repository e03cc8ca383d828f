//! What one market says at given parameters.

use entrant_data::draws::quantile;
use entrant_data::result::conclusions::{MARKET_NUMBERS, PRODUCT_NUMBERS, Ranged};
use entrant_estimate::post::{
    Ownership, PanelMarket, Variable, concentration, elasticities_of, profits,
};
use entrant_numeric::dense::Matrix;

use crate::estimation::words::known;

/// Rise of all prices behind the aggregate elasticity.
const RISE: f64 = 0.1;

/// Which numbers there can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Whether the data say which firm sells what.
    pub(super) firms: bool,
    /// Whether every pair of products is wanted.
    pub(super) pairs: bool,
    /// Whether second choices are.
    pub(super) second_choices: bool,
}

/// Numbers of one market; `NaN` where there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct MarketNumbers {
    /// Shares (products).
    pub(super) share: Vec<f64>,
    /// Products x [`PRODUCT_NUMBERS`], product by product.
    pub(super) products: Vec<f64>,
    /// [`MARKET_NUMBERS`].
    pub(super) market: Vec<f64>,
    pub(super) pairs: Option<Pairs>,
}

/// Matrices of one market (products x products).
#[derive(Debug, Clone)]
pub(super) struct Pairs {
    pub(super) elasticity: Matrix,
    pub(super) diversion: Matrix,
    pub(super) second_choice: Option<Matrix>,
    pub(super) passthrough: Option<Matrix>,
}

/// Everything that is asked for in a market at its observed prices.
pub(super) fn of_market(m: &mut PanelMarket<'_>, asked: Asked) -> Option<MarketNumbers> {
    let share = m.shares();
    let jacobian = m.share_jacobian(Variable::Price)?;
    let margins = Margins::new(m, &share, asked);
    let elasticity = elasticities_of(&jacobian, m.price(), &share);
    let outside = |j: usize| jacobian.column(j).iter().sum::<f64>() / jacobian.at(j, j);
    let product = |j: usize| {
        let mut out = [f64::NAN; PRODUCT_NUMBERS.len()];
        (out[0], out[1]) = (elasticity.at(j, j), outside(j));
        out[2..].copy_from_slice(&margins.of(m, j));
        out
    };
    let market: [f64; MARKET_NUMBERS.len()] = [
        m.aggregate_elasticity(RISE),
        margins.concentration,
        m.surplus().mean,
        margins.profit.iter().sum(),
    ];
    let pairs = asked.pairs.then(|| Pairs {
        diversion: diversion(&jacobian),
        second_choice: asked.second_choices.then(|| m.second_choices()),
        passthrough: margins.passthrough.clone(),
        elasticity: elasticity.clone(),
    });
    Some(MarketNumbers {
        products: (0..share.len()).flat_map(product).collect(),
        market: market.to_vec(),
        pairs,
        share,
    })
}

/// Of those who leave the product of the row, the part that goes to the one of the column; on the
/// diagonal to nothing ([`PanelMarket::diversion`], from derivatives that are known).
fn diversion(jacobian: &Matrix) -> Matrix {
    let mut out = jacobian.transpose();
    for j in 0..out.rows {
        let own = jacobian.at(j, j);
        let outside: f64 = -out.row(j).iter().sum::<f64>();
        out.set(j, j, outside);
        out.row_mut(j).iter_mut().for_each(|v| *v /= -own);
    }
    out
}

/// What needs to know who sells what.
struct Margins {
    cost: Vec<f64>,
    profit: Vec<f64>,
    passthrough: Option<Matrix>,
    concentration: f64,
}

impl Margins {
    fn new(m: &PanelMarket<'_>, share: &[f64], asked: Asked) -> Self {
        let nothing = vec![f64::NAN; share.len()];
        if !asked.firms {
            return Margins {
                profit: nothing.clone(),
                cost: nothing,
                passthrough: None,
                concentration: f64::NAN,
            };
        }
        let owners = Ownership::observed(m.data);
        let cost = m.costs(&owners).unwrap_or(nothing);
        let determined = cost.iter().all(|c| c.is_finite());
        Margins {
            profit: profits(m.price(), &cost, share),
            passthrough: determined.then(|| m.passthrough(&owners, &cost)).flatten(),
            concentration: concentration(&owners, share),
            cost,
        }
    }

    /// Cost, markup, Lerner index, profit, own pass-through.
    fn of(&self, m: &PanelMarket<'_>, j: usize) -> [f64; PRODUCT_NUMBERS.len() - 2] {
        let (price, cost) = (m.price()[j], self.cost[j]);
        let own = self.passthrough.as_ref().map_or(f64::NAN, |p| p.at(j, j));
        [
            cost,
            price - cost,
            (price - cost) / price,
            self.profit[j],
            own,
        ]
    }
}

/// A number with its spread over draws; only the number when there are no draws.
pub(super) fn ranged(value: f64, draws: Vec<f64>, level: f64) -> Ranged {
    let mut usable: Vec<f64> = draws.into_iter().filter(|v| v.is_finite()).collect();
    if usable.len() < 2 || !value.is_finite() {
        return Ranged {
            value: known(value),
            ..Ranged::default()
        };
    }
    let n = usable.len() as f64;
    let mean = usable.iter().sum::<f64>() / n;
    let squares: f64 = usable.iter().map(|v| (v - mean).powi(2)).sum();
    usable.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    Ranged {
        value: known(value),
        error: known((squares / (n - 1.0)).sqrt()),
        low: known(quantile(&usable, tail)),
        high: known(quantile(&usable, 1.0 - tail)),
    }
}
