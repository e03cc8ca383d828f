//! What firms can sell at most.

use entrant_data::result::{CapacityOutcome, Estimate};
use entrant_data::spec::{CapacitySpec, ScenarioSpec};
use entrant_data::{InputError, Quantity};
use entrant_market::equilibrium::{Equilibrium, Limit};
use entrant_market::{Capacity, Conduct, Market};

use crate::run::MarketDraw;
use crate::summary::ScenarioDraws;

const PATH: &str = "scenario.capacity";

/// Writes a scenario's capacities into `after`, whose products have the firms and brands by which
/// changes select them; `today` is the market before. They are a set: of two for the same products the
/// smaller one counts.
///
/// # Errors
/// A capacity that is not positive, or a multiple of what nobody buys today.
pub(crate) fn set(
    after: &mut Market,
    today: &Market,
    scenario: &ScenarioSpec,
) -> Result<(), InputError> {
    let mut sold: Option<Vec<f64>> = None;
    for change in &scenario.capacity {
        if !change.markets.is_empty() && !change.markets.contains(&after.id) {
            continue;
        }
        let selector = change.selector();
        let all = after.products.iter().enumerate();
        let chosen = all.filter(|(_, p)| selector.matches(&p.id, &p.firm, &p.brand));
        let products: Vec<usize> = chosen.map(|(j, _)| j).collect();
        if products.is_empty() {
            continue;
        }
        let now = || {
            let sold = sold.get_or_insert_with(|| units(today));
            let of = products.iter().filter_map(|j| sold.get(*j));
            of.sum::<f64>()
        };
        let units = amount(change, now)?;
        after.capacities.push(Capacity { products, units });
    }
    let mut all = std::mem::take(&mut after.capacities);
    all.sort_by(|a, b| {
        let products = a.products.cmp(&b.products);
        products.then(a.units.total_cmp(&b.units))
    });
    all.dedup_by(|later, kept| later.products == kept.products);
    after.capacities = all;
    Ok(())
}

/// Units of each product (products).
fn units(market: &Market) -> Vec<f64> {
    let share = market.demand().shares(&market.prices());
    share.iter().map(|s| market.size * s).collect()
}

/// Units of a capacity, of which `now` are sold today.
fn amount(change: &CapacitySpec, now: impl FnOnce() -> f64) -> Result<f64, InputError> {
    let units = change.units.as_ref().map(Quantity::value);
    let times = change.times_today.as_ref().map(Quantity::value);
    let units = match (units, times) {
        (Some(units), _) => units,
        (None, Some(times)) => {
            let now = now();
            if now <= 0.0 {
                let message = "`times_today` is about products of which nothing is sold today";
                return Err(InputError::at(PATH, message).hint("give `units`"));
            }
            times * now
        }
        (None, None) => return Err(InputError::at(PATH, "give `units` or `times_today`")),
    };
    if units > 0.0 && units.is_finite() {
        return Ok(units);
    }
    let message = "a capacity must be above zero";
    let mistake = InputError::at(PATH, message).value(units.to_string());
    Err(mistake.hint("take products that cannot be sold off the market with `exit`"))
}

/// Drops capacities of which nothing is on sale, and checks that one firm, in which no other has a
/// stake, chooses the prices of each.
///
/// # Errors
/// Otherwise: it is then not said whose shadow price it is, or there is none.
pub(crate) fn settle(market: &mut Market) -> Result<(), InputError> {
    let products = &market.products;
    let sold = |c: &Capacity| c.products.iter().any(|j| products[*j].on_sale);
    market.capacities.retain(sold);
    if market.capacities.is_empty() {
        return Ok(());
    }
    if market.conduct == Conduct::Costs {
        let message = "a capacity needs firms that set prices, and under perfect competition prices are marginal costs";
        return Err(InputError::at(PATH, message).value(&market.id));
    }
    let ownership = market.ownership();
    for capacity in &market.capacities {
        let sold = capacity.products.iter().copied();
        let sold: Vec<usize> = sold.filter(|j| products[*j].on_sale).collect();
        let first = &products[sold[0]];
        if let Some(j) = sold.iter().find(|j| products[**j].firm != first.firm) {
            let other = &products[*j];
            let message = format!(
                "`{}` of {} and `{}` of {} have one capacity together",
                first.id, first.firm, other.id, other.firm
            );
            return Err(InputError::at(PATH, message)
                .hint("a capacity is of one firm after the scenario; give each firm its own"));
        }
        let one_owner = sold
            .iter()
            .all(|j| ownership.firm[*j] == ownership.firm[sold[0]]);
        if !one_owner {
            let message = format!(
                "the products of {} have one capacity together, but each is priced as if it were its only one",
                first.firm
            );
            return Err(InputError::at(PATH, message).hint("give each product its own capacity"));
        }
        let (all, of) = (0..products.len(), ownership.firm[sold[0]]);
        let counts = |j: &usize| ownership.firm[*j] != of && ownership.weight(*j, sold[0]) != 0.0;
        if let Some(j) = all.filter(|j| products[*j].on_sale).find(counts) {
            let message = format!(
                "{} has a capacity and {} a stake in it",
                first.firm, products[j].firm
            );
            return Err(InputError::at(PATH, message).hint(
                "what its owner earns by sending buyers to a full firm is not known; end the stake or drop the capacity",
            ));
        }
    }
    Ok(())
}

/// How full a capacity is.
#[derive(Debug, Clone, PartialEq)]
pub struct Full {
    /// Its products, those on sale.
    pub products: Vec<usize>,
    /// Units per period that can be sold.
    pub units: f64,
    /// Units that are.
    pub sold: f64,
    /// What one more unit of it would earn its firm, after taxes, at rivals' prices: its shadow price.
    pub shadow: f64,
}

impl Full {
    /// Share of it that is sold: all where it has a shadow price, to the gap that the certificate says.
    fn used(&self) -> f64 {
        if self.shadow > 0.0 {
            1.0
        } else {
            self.sold / self.units
        }
    }

    /// The same capacity where nothing could be solved.
    pub(crate) fn unknown(&self) -> Self {
        Full {
            products: self.products.clone(),
            units: f64::NAN,
            sold: f64::NAN,
            shadow: f64::NAN,
        }
    }
}

/// Part of the price that the firm of a capacity keeps.
fn kept(market: &Market, limit: &Limit) -> f64 {
    let first = limit.products.first();
    first.map_or(1.0, |j| market.products[*j].levy.kept())
}

/// How full the capacities of a market are at an equilibrium with these shares (products).
pub(crate) fn full(market: &Market, found: &Equilibrium, share: &[f64]) -> Vec<Full> {
    let limits = market.limits();
    let all = market.capacities.iter().zip(limits).zip(&found.shadow);
    let one = |((capacity, limit), shadow): ((&Capacity, Limit), &f64)| Full {
        units: capacity.units,
        sold: market.size * limit.sold(share),
        // Costs are over the part of the price that is kept, one for each firm, and so are these.
        shadow: kept(market, &limit) * shadow,
        products: limit.products,
    };
    let found: Vec<Full> = all.map(one).collect();
    if share.iter().any(|s| s.is_nan()) {
        return found.iter().map(Full::unknown).collect();
    }
    found
}

/// How full each capacity of a scenario is, over its draws.
pub(crate) fn outcomes(s: &ScenarioDraws<'_>) -> Vec<CapacityOutcome> {
    (0..s.central.capacity.len())
        .map(|c| outcome(s, c))
        .collect()
}

fn outcome(s: &ScenarioDraws<'_>, c: usize) -> CapacityOutcome {
    let products = &s.central.capacity[c].products;
    let of = |d: &MarketDraw, f: fn(&Full) -> f64| d.capacity.get(c).map_or(f64::NAN, f);
    let usable = s.draws.iter().filter(|d| d.status.is_usable());
    let full = usable.clone().filter(|d| of(d, |c| c.shadow) > 0.0);
    let firm = products.first().map(|j| s.products[*j].firm.clone());
    CapacityOutcome {
        firm: firm.unwrap_or_default(),
        products: products.iter().map(|j| s.products[*j].id.clone()).collect(),
        units: s.number(|d| of(d, |c| c.units)),
        used: s.number(|d| of(d, Full::used)),
        shadow_price: s.number(|d| of(d, |c| c.shadow)),
        full: full.count() as f64 / usable.count().max(1) as f64,
    }
}

/// Shadow prices of the capacities that a product needs; nothing where it needs none.
pub(crate) fn shadow_price(s: &ScenarioDraws<'_>, j: usize) -> Option<Estimate> {
    let needs = |c: &&Full| c.products.contains(&j);
    s.central.capacity.iter().any(|c| needs(&c)).then(|| {
        s.number(|d| {
            let own = d.capacity.iter().filter(needs);
            own.map(|c| c.shadow).sum()
        })
    })
}
