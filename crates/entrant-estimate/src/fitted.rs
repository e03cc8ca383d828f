//! What a calibrated market says about each target.

use entrant_data::spec::{TargetKind, TargetSpec};
use entrant_market::demand::{Row, aggregate_elasticity, diversion_ratio, own_elasticities};
use entrant_market::{Demand, Market};

/// Fitted value of a target; `None` when it names nothing in this market.
pub fn fitted(target: &TargetSpec, market: &Market, demand: &Demand, share: &[f64]) -> Option<f64> {
    let price = market.prices();
    let chosen = selected(market, &target.of);
    let any = chosen.iter().any(|c| *c);
    match target.kind {
        TargetKind::Margin => any.then(|| margin(market, share, &chosen, true)),
        TargetKind::MarginLevel => any.then(|| margin(market, share, &chosen, false)),
        TargetKind::Elasticity => {
            let j = market.products.iter().position(|p| p.id == target.of)?;
            Some(own_elasticities(demand, &price)[j])
        }
        TargetKind::AggregateElasticity => Some(aggregate_elasticity(demand, &price)),
        TargetKind::Diversion if target.to == "outside" => {
            any.then(|| diversion_ratio(demand, &price, &chosen, None))
        }
        TargetKind::Diversion => {
            let to = selected(market, &target.to);
            (any && to.iter().any(|c| *c))
                .then(|| diversion_ratio(demand, &price, &chosen, Some(&to)))
        }
        TargetKind::Retention => retention(market, demand, &price, &target.of),
    }
}

/// Products with this id, brand or firm (in this order of precedence).
pub fn selected(market: &Market, name: &str) -> Vec<bool> {
    let by = |f: &dyn Fn(&entrant_market::Product) -> bool| -> Vec<bool> {
        market.products.iter().map(f).collect()
    };
    let candidates = [
        by(&|p| p.id == name),
        by(&|p| p.brand == name),
        by(&|p| p.firm == name),
    ];
    candidates
        .iter()
        .find(|c| c.iter().any(|x| *x))
        .unwrap_or(&candidates[0])
        .clone()
}

/// Margin over price, revenue-weighted; or in currency, units-weighted.
fn margin(market: &Market, share: &[f64], chosen: &[bool], relative: bool) -> f64 {
    let (mut earned, mut base) = (0.0, 0.0);
    for (j, p) in market
        .products
        .iter()
        .enumerate()
        .filter(|(j, _)| chosen[*j])
    {
        earned += share[j] * (p.price - p.cost);
        base += share[j] * if relative { p.price } else { 1.0 };
    }
    earned / base
}

/// Of the consumers who own the group and buy, the share who buy it again.
fn retention(market: &Market, demand: &Demand, price: &[f64], group: &str) -> Option<f64> {
    let types = &market.population.types;
    let sets = demand.types() / types.len();
    let (mut again, mut buyers) = (0.0, 0.0);
    let mut row = Row::new(demand);
    for i in 0..demand.types() {
        // `Market::demand` crosses types with choice sets, types outermost.
        if types[i / sets].owns.as_deref() != Some(group) {
            continue;
        }
        row.fill(demand, i, price);
        buyers += demand.weight[i] * (1.0 - row.outside);
        let own = |j: &usize| market.products[*j].group.as_deref() == Some(group);
        again += demand.weight[i]
            * (0..row.share.len())
                .filter(own)
                .map(|j| row.share[j])
                .sum::<f64>();
    }
    (buyers > 0.0).then(|| again / buyers)
}
