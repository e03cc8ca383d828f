//! The unit of money, order and size change nothing.

use entrant_merger::{Conduct, DemandKind, Observed, Outcome, Unknown};

use crate::support::{app_table, beer, close, merger, rises, run};

/// Markets of several kinds, with the firms that merge.
fn kinds() -> Vec<(Observed, [&'static str; 2])> {
    let all = [0, 1, 2, 3, 4, 5];
    let with = |demand: DemandKind, margins: &[usize]| {
        let mut out = beer(margins);
        out.demand = demand;
        out
    };
    let mut nested = with(DemandKind::NestedLogit, &[0]);
    nested.nest_strength = Unknown::Known(0.7);
    let mut aids = with(DemandKind::Aids, &[0]);
    aids.market_elasticity = Some(-1.3);
    let mut auction = beer(&[0]);
    auction.conduct = Conduct::Auction;
    let mut bargaining = beer(&[0]);
    bargaining.conduct = Conduct::Bargaining(0.4);
    let beers = [
        beer(&[0]),
        beer(&all),
        nested,
        aids,
        with(DemandKind::Ces, &[0]),
        with(DemandKind::Linear, &all),
        auction,
        bargaining,
    ];
    let mut out: Vec<_> = beers.map(|b| (b, ["BUD", "OLD STYLE"])).into();
    let mut cournot = app_table(0);
    cournot.conduct = Conduct::Cournot;
    out.push((cournot, ["Firm1", "Firm2"]));
    out.push((app_table(2), ["Firm1", "Firm2"]));
    out
}

fn merged(observed: &Observed, [a, b]: [&str; 2]) -> Outcome {
    run(observed, &[merger(a, b)]).1
}

#[test]
fn the_unit_of_money_changes_nothing() {
    for (observed, firms) in kinds() {
        let plain = merged(&observed, firms);
        assert!(plain.status.is_usable(), "{:?}", observed.demand);
        // Powers of two only move exponents; others round. Prices in the hundreds stop antitrust
        // 0.99.29 with an error.
        for by in [1024.0, 100.0, 1e-3] {
            let mut other = observed.clone();
            other.products.iter_mut().for_each(|p| p.price *= by);
            let found = merged(&other, firms);
            let tolerance = 1e-12;
            close(&rises(&found), &rises(&plain), tolerance);
            let spending = matches!(observed.demand, DemandKind::Ces | DemandKind::Aids);
            let money = if spending { 1.0 } else { by };
            let harm = found.consumer_harm / (money * plain.consumer_harm);
            assert!((harm - 1.0).abs() < 1e-9, "{:?} {harm}", observed.demand);
            close(&found.hhi, &plain.hhi, 1e-8);
        }
    }
}

#[test]
fn order_and_size_change_nothing() {
    for (observed, firms) in kinds() {
        let plain = merged(&observed, firms);
        let mut other = observed.clone();
        other.products.reverse();
        other.total *= 7.0;
        let found = merged(&other, firms);
        let mut turned = rises(&found);
        turned.reverse();
        close(&turned, &rises(&plain), 1e-12);
        let harm = found.consumer_harm / (7.0 * plain.consumer_harm);
        assert!((harm - 1.0).abs() < 1e-9, "{:?} {harm}", observed.demand);
    }
}
