//! Profits over time: a scenario's markets in the conditions of each period.

use entrant_data::Status;
use entrant_data::spec::{PathSpec, WorthSpec};
use entrant_market::equilibrium::Effort;
use entrant_market::{Market, PriceRule, Product};
use entrant_numeric::vector::{exp, ln};

/// What differs between periods, as multiples of what the scenario says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conditions {
    /// Awareness of the firm's entrants.
    pub reach: f64,
    /// Given prices of the firm's entrants.
    pub price: f64,
    /// Marginal costs of the firm's entrants.
    pub cost: f64,
    /// Marginal costs of all other products.
    pub rivals_cost: f64,
    /// Number of moves that others have made, which are in the market already.
    pub moves: usize,
}

impl Conditions {
    /// As the scenario says.
    pub const SCENARIO: Conditions = Conditions {
        reach: 1.0,
        price: 1.0,
        cost: 1.0,
        rivals_cost: 1.0,
        moves: 0,
    };

    /// The conditions in period `calendar` from now for a firm with this reach; periods count
    /// from 1.
    pub fn of(spec: &WorthSpec, calendar: u32, reach: f64) -> Self {
        let left = |q: &Option<entrant_data::Quantity>| {
            let erosion = q.as_ref().map_or(0.0, entrant_data::Quantity::value);
            compounded(-erosion, calendar)
        };
        Conditions {
            reach,
            price: left(&spec.price_erosion),
            cost: left(&spec.cost_erosion),
            rivals_cost: left(&spec.rivals_cost_erosion),
            moves: spec.moved_by(calendar).len(),
        }
    }
}

/// `(1 + rate)^(period - 1)`, exactly one for a rate of zero.
pub fn compounded(rate: f64, period: u32) -> f64 {
    (1..period).fold(1.0, |x, _| x * (1.0 + rate))
}

/// Awareness in a period since the entry, as a multiple of the scenario's; periods count from 1.
pub fn reach(path: Option<&PathSpec>, period: u32) -> f64 {
    let Some(path) = path else {
        return 1.0;
    };
    let known = |q: &Option<entrant_data::Quantity>, otherwise: f64| {
        q.as_ref().map_or(otherwise, entrant_data::Quantity::value)
    };
    let at = (period as usize).min(path.given.len());
    if at > 0 {
        return path.given[at - 1].value();
    }
    let (start, end) = (known(&path.start, 0.0), known(&path.end, 1.0));
    let steps = (f64::from(period) - known(&path.midpoint, f64::NAN)) / known(&path.rise, f64::NAN);
    start + (end - start) / (1.0 + exp(-steps * ln(81.0)))
}

/// A market in the conditions of a period; `firm` is the one that enters.
///
/// Awareness ends at one: everybody. Who reaches nobody does not sell.
pub fn in_conditions(after: &Market, firm: &str, at: Conditions) -> Market {
    let mut market = after.clone();
    for p in &mut market.products {
        if is_entrant(p, firm) {
            p.reach.aware = (p.reach.aware * at.reach).min(1.0);
            p.on_sale = p.on_sale && p.reach.aware > 0.0;
            p.scale_cost(at.cost);
            if p.rule == PriceRule::Given {
                p.price *= at.price;
            }
        } else {
            p.scale_cost(at.rivals_cost);
        }
    }
    market
}

/// A market with everything that the scenario brings but the firm's entrants.
pub fn without_entry(after: &Market, firm: &str) -> Market {
    let mut market = after.clone();
    let entrants = market.products.iter_mut().filter(|p| is_entrant(p, firm));
    entrants.for_each(|p| p.on_sale = false);
    market
}

/// Whether a product is one that the firm enters with.
pub fn is_entrant(p: &Product, firm: &str) -> bool {
    p.entrant && p.firm == firm
}

/// What firms earn in one period.
#[derive(Debug, Clone, PartialEq)]
pub struct Sales {
    /// Worst status of a market.
    pub status: Status,
    /// Variable profit of each firm asked for.
    pub profit: Vec<f64>,
    /// Units of the entrants.
    pub units: f64,
    /// Prices (markets x products), to start from elsewhere.
    pub price: Vec<Vec<f64>>,
    /// Largest first-order residual.
    pub residual: f64,
    /// Largest curvature.
    pub curvature: f64,
}

/// Solves markets from `start` (markets x products), with first- and second-order certificate,
/// and adds up what each of `firms` earns and what the entrants of the first of them sell.
/// Everything is `NaN` where a market has no usable equilibrium.
pub fn sales(markets: &[Market], firms: &[String], start: &[Vec<f64>]) -> Sales {
    let mut all = Sales {
        status: Status::Exact,
        profit: vec![0.0; firms.len()],
        units: 0.0,
        price: Vec::with_capacity(markets.len()),
        residual: 0.0,
        curvature: f64::NEG_INFINITY,
    };
    for (market, start) in markets.iter().zip(start) {
        add(&mut all, market, firms, start);
    }
    if !all.status.is_usable() {
        all.profit = vec![f64::NAN; firms.len()];
        all.units = f64::NAN;
    }
    all
}

fn add(all: &mut Sales, market: &Market, firms: &[String], start: &[f64]) {
    let (demand, free) = (market.demand(), market.free());
    let given = market.products.iter().zip(start).zip(&free);
    let start: Vec<f64> = given
        .map(|((p, s), free)| if *free { *s } else { p.price })
        .collect();
    let found = market.equilibrium(&demand, &start, Effort::Local);
    all.status = all.status.worst(found.status);
    all.residual = all.residual.max(found.local.residual);
    all.curvature = all.curvature.max(found.local.curvature);
    let share = demand.shares(&found.price);
    for (j, p) in market
        .products
        .iter()
        .enumerate()
        .filter(|(_, p)| p.on_sale)
    {
        let units = market.size * share[j];
        if let Some(f) = firms.iter().position(|f| *f == p.firm) {
            all.profit[f] += units * p.earned(found.price[j]);
        }
        if firms.first().is_some_and(|f| is_entrant(p, f)) {
            all.units += units;
        }
    }
    all.price.push(found.price);
}
