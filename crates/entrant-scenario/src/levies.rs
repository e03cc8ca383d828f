//! What a unit costs: cost changes, tariffs, currencies, taxes and subsidies.
//!
//! A part `t` of the price and money `d` per unit leave a seller `(1 - t) p - d - c`, which is
//! `(1 - t) (p - (c + d) / (1 - t))`: with one `t` for all products of a firm its best prices are those
//! at costs `(c + d) / (1 - t)` (Anderson, de Palma and Kreider 2001), so that a market with taxes is
//! solved and certified as one without.

use entrant_data::spec::{ScenarioSpec, Selector};
use entrant_data::{InputError, Quantity};
use entrant_market::{Levy, Market};

/// Numbers of one kind, with the products that they are about. They are taken from the smallest
/// up, so that their order in the study does not change a bit.
struct Numbers(Vec<(Selector, f64)>);

impl Numbers {
    fn new(of: impl Iterator<Item = (Selector, f64)>) -> Self {
        let mut all: Vec<(Selector, f64)> = of.collect();
        all.sort_by(|a, b| a.1.total_cmp(&b.1));
        Numbers(all)
    }

    fn of<'a>(&'a self, p: &'a entrant_market::Product) -> impl Iterator<Item = f64> + 'a {
        let mine = |(s, _): &&(Selector, f64)| s.matches(&p.id, &p.firm, &p.brand);
        self.0.iter().filter(mine).map(|(_, v)| *v)
    }
}

/// Cost times all factors and currencies, plus all that is added, times one plus each tariff, plus
/// taxes per unit; all of it over the part of the price that is kept.
pub(crate) fn change_costs(market: &mut Market, scenario: &ScenarioSpec) {
    let value = |q: &Option<Quantity>| q.as_ref().map(Quantity::value);
    let with = |s: Selector, v: Option<f64>| v.map(|v| (s, v));
    let cost = || scenario.cost.iter();
    let factors = Numbers::new(cost().filter_map(|c| with(c.selector(), value(&c.factor))));
    let adds = Numbers::new(cost().filter_map(|c| with(c.selector(), value(&c.add))));
    let currency = scenario.currency.iter().map(|c| {
        let factor = 1.0 + c.part_of_cost.value() * c.change.value();
        (c.selector(), factor)
    });
    let currency = Numbers::new(currency);
    let tariff = scenario.tariff.iter();
    let rates = Numbers::new(tariff.map(|c| (c.selector(), c.rate.value())));
    let tax = || scenario.tax.iter();
    let parts = Numbers::new(tax().filter_map(|c| with(c.selector(), value(&c.of_price))));
    let money = Numbers::new(tax().filter_map(|c| with(c.selector(), value(&c.per_unit))));
    for p in &mut market.products {
        let cost = factors.of(p).fold(p.cost, |c, f| c * f);
        let cost = currency.of(p).fold(cost, |c, f| c * f);
        let cost = adds.of(p).fold(cost, |c, a| c + a);
        let dutied = rates.of(p).fold(cost, |c, t| c * (1.0 + t));
        p.levy = Levy {
            of_price: parts.of(p).fold(0.0, |all, t| all + t),
            of_cost: dutied - cost,
            per_unit: money.of(p).fold(0.0, |all, t| all + t),
        };
        p.cost = (dutied + p.levy.per_unit) / p.levy.kept();
    }
}

/// Checks that each firm has one tax on the price for all that it sells, and that something of the
/// price is left; and gives stakes their weight in money after taxes.
///
/// # Errors
/// Otherwise: a firm would then weigh the profits of its own products differently, and its prices
/// are not those of a market without taxes.
pub(crate) fn settle(market: &mut Market) -> Result<(), InputError> {
    if market.products.iter().all(|p| p.levy.of_price == 0.0) {
        return Ok(());
    }
    let path = "scenario.tax";
    let mut kept: Vec<(String, f64)> = Vec::new();
    for p in market.products.iter().filter(|p| p.on_sale) {
        let own = p.levy.kept();
        if own.is_nan() || own <= 0.0 {
            let message = format!("taxes leave nothing of the price of `{}`", p.id);
            return Err(InputError::at(path, message)
                .value(p.levy.of_price.to_string())
                .hint("the parts of one price that go to the government must sum to less than 1"));
        }
        match kept.iter().find(|(firm, _)| *firm == p.firm) {
            None => kept.push((p.firm.clone(), own)),
            Some((_, k)) if k.to_bits() == own.to_bits() => {}
            Some(_) => {
                let message = format!(
                    "the products of `{}` have different taxes `of_price`",
                    p.firm
                );
                return Err(InputError::at(path, message)
                    .value(&p.id)
                    .hint("name all products of the firm, or tax them `per_unit`"));
            }
        }
    }
    let of = |firm: &str| kept.iter().find(|(f, _)| f == firm).map(|(_, k)| *k);
    for (owner, other, weight) in &mut market.stakes {
        if let (Some(own), Some(its)) = (of(owner), of(other)) {
            *weight *= its / own;
        }
    }
    Ok(())
}
