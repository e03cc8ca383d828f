//! Plain logit identified by one number: no search.

use entrant_data::spec::{Model, Study, TargetKind, TargetSpec};
use entrant_market::Market;

use crate::fitted::selected;
use crate::shares::ObservedMarket;

/// Price sensitivity of a plain logit from one target, where it has a closed form.
///
/// With `S_f` the firm's share and `M_f` its unit margin, `alpha = 1 / (M_f (1 - S_f))` (Werden
/// and Froeb 1994); with the elasticity of total units `e`, `alpha = -e / (mean price * s_0)`;
/// with the own elasticity of j, `alpha = -e / (p_j (1 - s_j))`. `None` where the study is not a
/// plain logit with one such target, separate owners and one consumer segment.
pub fn sensitivity(
    study: &Study,
    market: &Market,
    target: &TargetSpec,
    seen: &ObservedMarket,
) -> Option<f64> {
    if !is_plain(study, market) {
        return None;
    }
    let chosen = selected(market, &target.of);
    let alpha = match target.kind {
        TargetKind::AggregateElasticity => {
            -target.value.value() / (seen.average_price() * seen.outside())
        }
        TargetKind::Elasticity => {
            let j = market.products.iter().position(|p| p.id == target.of)?;
            -target.value.value() / (seen.price[j] * (1.0 - seen.share[j]))
        }
        TargetKind::Margin | TargetKind::MarginLevel => margin_rule(market, &chosen, target, seen)?,
        TargetKind::Diversion | TargetKind::Retention => return None,
    };
    (alpha > 0.0 && alpha.is_finite()).then_some(alpha)
}

fn is_plain(study: &Study, market: &Market) -> bool {
    let everywhere = market
        .products
        .iter()
        .all(|p| p.reach.segments.iter().all(|s| *s) && p.reach.aware >= 1.0);
    study.demand.model == Model::Logit && study.supply.stake.is_empty() && everywhere
}

fn margin_rule(
    market: &Market,
    chosen: &[bool],
    target: &TargetSpec,
    seen: &ObservedMarket,
) -> Option<f64> {
    let firm = &market.products.get(chosen.iter().position(|c| *c)?)?.firm;
    let one_firm = market
        .products
        .iter()
        .zip(chosen)
        .all(|(p, c)| !c || p.firm == *firm);
    let optimal = market
        .products
        .iter()
        .filter(|p| p.firm == *firm)
        .all(|p| p.rule == entrant_market::PriceRule::Optimal);
    if !(one_firm && optimal) {
        return None;
    }
    let firm_share: f64 = (0..chosen.len())
        .filter(|j| market.products[*j].firm == *firm)
        .map(|j| seen.share[j])
        .sum();
    let units: f64 = (0..chosen.len())
        .filter(|j| chosen[*j])
        .map(|j| seen.share[j])
        .sum();
    let revenue: f64 = (0..chosen.len())
        .filter(|j| chosen[*j])
        .map(|j| seen.share[j] * seen.price[j])
        .sum();
    let mean_price = revenue / units;
    let level = if target.kind == TargetKind::Margin {
        target.value.value() * mean_price
    } else {
        target.value.value()
    };
    Some(1.0 / (level * (1.0 - firm_share)))
}
