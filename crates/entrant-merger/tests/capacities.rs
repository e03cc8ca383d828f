//! Capacity constraints: complementarity, by brute force.

use entrant_data::Status;
use entrant_merger::equilibrium::solve;
use entrant_merger::{Change, Demand, calibrate};

use crate::support::{beer, close, merger, run};

/// The example of `logit.cap` in the manual of antitrust: two products sell all they can.
fn constrained() -> entrant_merger::Observed {
    let mut observed = beer(&[0, 1, 2, 3, 4, 5]);
    observed.total = 1000.0;
    let capacity = [66.0, 200.0, 300.0, 200.0, 99.0, 300.0];
    for (p, c) in observed.products.iter_mut().zip(capacity) {
        p.capacity = Some(c);
    }
    observed
}

#[test]
fn shadow_prices_are_complementary_to_slack() {
    let observed = constrained();
    let (calibration, outcome) = run(&observed, &[merger("BUD", "OLD STYLE")]);
    assert_eq!(outcome.status, Status::Certified);
    let Demand::Logit(d) = &calibration.model.demand else {
        panic!("logit");
    };
    for (p, seen) in outcome.products.iter().zip(&observed.products) {
        let slack = seen.capacity.expect("one") - p.quantity[1];
        assert!(
            slack > -1e-7 && p.shadow >= 0.0,
            "{}: {slack} {}",
            p.id,
            p.shadow
        );
        assert!(slack < 1e-7 || p.shadow == 0.0, "{}", p.id);
    }
    assert!(outcome.products.iter().any(|p| p.shadow > 0.0));
    // What a firm earns beyond shadow prices is the same for all its products: 1/(-a (1 - S)).
    for firm in ["BUD", "MILLER", "OTHER-LITE", "OTHER-REG"] {
        let own: Vec<_> = outcome
            .products
            .iter()
            .filter(|p| p.firm_after == firm)
            .collect();
        let share: f64 = own.iter().map(|p| p.quantity[1] / 1000.0).sum();
        for p in own {
            let earned = p.price[1] - p.cost[1] - p.shadow;
            close(&[earned], &[-1.0 / (d.slope * (1.0 - share))], 1e-12);
        }
    }
}

#[test]
fn nothing_changes_without_a_change() {
    let calibration = calibrate(&constrained()).expect("parameters");
    let found = solve(&calibration.model);
    close(&found.prices, &calibration.model.prices(), 1e-12);
}

#[test]
fn a_wide_capacity_is_none() {
    let mut wide = beer(&[0]);
    let (_, free) = run(&wide, &[merger("BUD", "OLD STYLE")]);
    wide.products
        .iter_mut()
        .for_each(|p| p.capacity = Some(0.9));
    let (_, other) = run(&wide, &[merger("BUD", "OLD STYLE")]);
    assert_eq!(free, other);
}

#[test]
fn a_capacity_that_rivals_cannot_exceed_keeps_prices_up() {
    // Rivals take what the merged firm gives up; where they cannot, prices rise by more.
    let mut tight = beer(&[0, 1, 2, 3, 4, 5]);
    for j in 2..6 {
        tight.products[j].capacity = Some(tight.products[j].amount * 1.001);
    }
    let free = run(&beer(&[0, 1, 2, 3, 4, 5]), &[merger("BUD", "OLD STYLE")]).1;
    let bound = run(&tight, &[merger("BUD", "OLD STYLE")]).1;
    assert!(bound.price_rise > free.price_rise);
    let cheaper = Change::Cost {
        products: vec!["BUD".into()],
        factor: 0.9,
        add: 0.0,
    };
    assert_eq!(run(&tight, &[cheaper]).1.status, Status::Certified);
}
