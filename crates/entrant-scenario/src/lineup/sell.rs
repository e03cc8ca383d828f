//! The market with one assortment.

use entrant_data::Status;
use entrant_market::Market;
use entrant_market::demand::consumer_surplus;
use entrant_market::equilibrium::Effort;

/// What firms earn with an assortment, at the prices that it leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Sold {
    /// What the prices are. Everything else is `NaN` where they cannot be used.
    pub status: Status,
    /// Prices (products); `NaN` for what is not on sale.
    pub price: Vec<f64>,
    /// Shares of potential buyers (products).
    pub share: Vec<f64>,
    /// Variable profit per period of each firm, in the order of [`Market::firms`].
    pub profit: Vec<f64>,
    /// Consumer surplus per potential buyer.
    pub surplus: f64,
}

/// Solves a market in which only the products of `on_sale` (products) are sold, from `start`
/// (products), with first- and second-order certificate.
pub fn sell(market: &Market, on_sale: &[bool], start: &[f64]) -> Sold {
    let mut market = market.clone();
    for (product, sold) in market.products.iter_mut().zip(on_sale) {
        product.on_sale = *sold;
    }
    let (demand, ownership) = (market.demand(), market.ownership());
    let found = market.equilibrium(&demand, start, Effort::Local);
    if !found.status.is_usable() {
        return Sold::nothing(found.status, &market);
    }
    let share = demand.shares(&found.price);
    let mut profit = vec![0.0; market.firms().len()];
    let firm_of = market.firm_of_owner();
    for (j, owner) in ownership.firm.iter().enumerate() {
        // A product that is not sold has no share, whatever stands for its price.
        if on_sale[j] {
            profit[firm_of[*owner]] +=
                market.size * share[j] * market.products[j].earned(found.price[j]);
        }
    }
    Sold {
        status: found.status,
        surplus: consumer_surplus(&demand, &found.price),
        price: shown(&found.price, on_sale),
        share,
        profit,
    }
}

fn shown(price: &[f64], on_sale: &[bool]) -> Vec<f64> {
    let one = |(p, sold): (&f64, &bool)| if *sold { *p } else { f64::NAN };
    price.iter().zip(on_sale).map(one).collect()
}

impl Sold {
    fn nothing(status: Status, market: &Market) -> Self {
        let unknown = vec![f64::NAN; market.products.len()];
        Sold {
            status,
            price: unknown.clone(),
            share: unknown,
            profit: vec![f64::NAN; market.firms().len()],
            surplus: f64::NAN,
        }
    }
}
