//! From a study with known numbers to what the simulators take.

use entrant_data::spec::{MergerConduct, MergerDemand, MergerScenario, MergerStudy, MergerTax};
use entrant_data::{InputError, Parameter, Quantity};
use entrant_merger::{Change, Conduct, DemandKind, Observation, Observed, Tax, Unknown};

/// Shares that sum to one within this leave nothing outside.
const ROUNDED: f64 = 1e-6;

pub(super) fn observed(study: &MergerStudy) -> Result<Observed, InputError> {
    let spec = &study.merger;
    let number = |q: &Option<Quantity>| q.as_ref().map(Quantity::value);
    let products = study.product.iter().map(|p| Observation {
        id: p.id.clone(),
        firm: p.firm.clone().unwrap_or_else(|| p.id.clone()),
        price: number(&p.price).unwrap_or(1.0),
        amount: amount(study, p),
        margin: number(&p.margin),
        elasticity: number(&p.elasticity),
        nest: p.nest.clone(),
        capacity: p.capacity,
        tax: Tax {
            part_of_price: number(&p.tax).unwrap_or(0.0),
            per_unit: number(&p.unit_tax).unwrap_or(0.0),
        },
    });
    let products: Vec<Observation> = products.collect();
    let sum: f64 = products.iter().map(|p| p.amount).sum();
    let by_share = study.product.iter().all(|p| p.share.is_some());
    let left = if by_share && (1.0 - sum).abs() > ROUNDED {
        1.0 - sum
    } else {
        0.0
    };
    if left < 0.0 {
        return Err(InputError::at(
            "product",
            "shares sum to more than one in this draw",
        ));
    }
    let total = spec.total.unwrap_or(if by_share { 1.0 } else { sum });
    Ok(Observed {
        demand: kind(spec.demand),
        conduct: conduct(spec.conduct, number(&spec.bargaining_power).unwrap_or(0.5)),
        outside: unknown(spec.outside_share.as_ref(), left),
        market_elasticity: number(&spec.market_elasticity),
        nest_strength: unknown(spec.nest_strength.as_ref(), 1.0),
        nest_strengths: spec
            .nest_strengths
            .iter()
            .map(|(nest, q)| (nest.clone(), q.value()))
            .collect(),
        diversion: diversion(
            study,
            &products,
            unknown_outside(spec.outside_share.as_ref(), left),
        ),
        total,
        stakes: study
            .stake
            .iter()
            .map(|s| (s.owner.clone(), s.of.clone(), s.share.value()))
            .collect(),
        rising_cost: spec.rising_cost,
        products,
    })
}

/// The share outside, where it is known.
fn unknown_outside(parameter: Option<&Parameter>, left: f64) -> f64 {
    match unknown(parameter, left) {
        Unknown::Known(share) => share,
        Unknown::Calibrate => 0.0,
    }
}

/// Known diversion, row by row; what is left of a row goes to all others, nothing included, by
/// share. `None` where none is known.
fn diversion(study: &MergerStudy, products: &[Observation], outside: f64) -> Option<Vec<f64>> {
    if study.diversion.is_empty() {
        return None;
    }
    let sum: f64 = products.iter().map(|p| p.amount).sum();
    let share = |p: &Observation| p.amount / sum * (1.0 - outside);
    let row = |from: &Observation| -> Vec<f64> {
        let known = |to: &Observation| {
            let mut all = study.diversion.iter();
            let found = all.find(|d| d.from == from.id && d.to == to.id);
            found.map(|d| d.part.value())
        };
        let given: f64 = products.iter().filter_map(known).sum();
        let open = |to: &&Observation| to.id != from.id && known(to).is_none();
        let rest: f64 = products.iter().filter(open).map(share).sum::<f64>() + outside;
        let one = |to: &Observation| match known(to) {
            Some(part) => part,
            None if to.id == from.id => -1.0,
            None => (1.0 - given) * share(to) / rest,
        };
        products.iter().map(one).collect()
    };
    Some(products.iter().flat_map(row).collect())
}

/// Units or a share; spending where shares are of spending and quantities are given.
fn amount(study: &MergerStudy, p: &entrant_data::spec::MergerProduct) -> f64 {
    let value = |q: &Option<Quantity>| q.as_ref().map_or(f64::NAN, Quantity::value);
    let spending = matches!(study.merger.demand, MergerDemand::Ces | MergerDemand::Aids);
    match &p.share {
        Some(share) => share.value(),
        None if spending => value(&p.quantity) * value(&p.price),
        None => value(&p.quantity),
    }
}

fn unknown(parameter: Option<&Parameter>, otherwise: f64) -> Unknown {
    match parameter {
        Some(Parameter::Calibrate) => Unknown::Calibrate,
        Some(Parameter::Given(q)) => Unknown::Known(q.value()),
        None => Unknown::Known(otherwise),
    }
}

fn kind(demand: MergerDemand) -> DemandKind {
    match demand {
        MergerDemand::Logit => DemandKind::Logit,
        MergerDemand::NestedLogit => DemandKind::NestedLogit,
        MergerDemand::Ces => DemandKind::Ces,
        MergerDemand::Linear => DemandKind::Linear,
        MergerDemand::LogLinear => DemandKind::LogLinear,
        MergerDemand::Aids => DemandKind::Aids,
        MergerDemand::HomogeneousLinear => DemandKind::HomogeneousLinear,
        MergerDemand::HomogeneousConstantElasticity => DemandKind::HomogeneousConstantElasticity,
    }
}

fn conduct(conduct: MergerConduct, power: f64) -> Conduct {
    match conduct {
        MergerConduct::Bertrand => Conduct::Bertrand,
        MergerConduct::Cournot => Conduct::Cournot,
        MergerConduct::Auction => Conduct::Auction,
        MergerConduct::Bargaining => Conduct::Bargaining(power),
        MergerConduct::AuctionBargaining => Conduct::AuctionBargaining(power),
    }
}

/// The changes of a scenario in their order, each with its place in it.
pub(super) fn changes(scenario: &MergerScenario) -> Vec<(String, Change)> {
    let s = scenario;
    let mut out = Vec::new();
    for (i, d) in s.divest.iter().enumerate() {
        let (products, to) = (d.products.clone(), d.to.clone());
        out.push((format!("divest[{i}]"), Change::Divest { products, to }));
    }
    for (i, m) in s.merge.iter().enumerate() {
        let first = m.firms.first().cloned().unwrap_or_default();
        let into = m.into.clone().unwrap_or(first);
        let firms = m.firms.clone();
        out.push((format!("merge[{i}]"), Change::Merge { firms, into }));
    }
    for (i, k) in s.stake.iter().enumerate() {
        let (owner, of, share) = (k.owner.clone(), k.of.clone(), k.share.value());
        out.push((format!("stake[{i}]"), Change::Stake { owner, of, share }));
    }
    for (i, c) in s.cost.iter().enumerate() {
        let change = Change::Cost {
            products: c.products.clone(),
            factor: c.factor.as_ref().map_or(1.0, Quantity::value),
            add: c.add.as_ref().map_or(0.0, Quantity::value),
        };
        out.push((format!("cost[{i}]"), change));
    }
    for (i, c) in s.currency.iter().enumerate() {
        let change = Change::Currency {
            products: c.products.clone(),
            part: c.part_of_cost.value(),
            change: c.change.value(),
        };
        out.push((format!("currency[{i}]"), change));
    }
    for (i, t) in s.tax.iter().enumerate() {
        let (products, tax) = (t.products.clone(), tax(t));
        out.push((format!("tax[{i}]"), Change::Tax { products, tax }));
    }
    if !s.exit.is_empty() {
        let products = s.exit.clone();
        out.push(("exit".into(), Change::Exit { products }));
    }
    for (i, e) in s.enter.iter().enumerate() {
        let change = Change::Enter {
            id: e.id.clone(),
            firm: e.firm.clone().unwrap_or_else(|| e.id.clone()),
            like: e.like.clone(),
            plus: e.plus.as_ref().map_or(0.0, Quantity::value),
            cost: e.cost.value(),
        };
        out.push((format!("enter[{i}]"), change));
    }
    out
}

/// A tariff t on what the seller receives is the part t / (1 + t) of the price.
fn tax(t: &MergerTax) -> Tax {
    let value = |q: &Option<Quantity>| q.as_ref().map(Quantity::value);
    let tariff = value(&t.tariff).map(|t| t / (1.0 + t));
    Tax {
        part_of_price: value(&t.of_price).or(tariff).unwrap_or(0.0),
        per_unit: value(&t.per_unit).unwrap_or(0.0),
    }
}
