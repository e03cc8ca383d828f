//! Parameters that made the numbers come back, and models are what their limits say.

use entrant_merger::{Conduct, DemandKind, Unknown, calibrate};

use crate::support::{app_table, beer, close, merger, parameter, rises, run};

#[test]
fn a_nest_parameter_of_one_is_the_flat_logit() {
    let flat = beer(&[0]);
    let mut nested = flat.clone();
    nested.demand = DemandKind::NestedLogit;
    for (p, nest) in nested
        .products
        .iter_mut()
        .zip(["R", "R", "R", "L", "L", "R"])
    {
        p.nest = Some(nest.into());
    }
    let change = [merger("BUD", "OLD STYLE")];
    let (a, flat) = run(&flat, &change);
    let (b, one) = run(&nested, &change);
    close(&rises(&one), &rises(&flat), 1e-13);
    let name = "price coefficient";
    assert!((parameter(&a, name) / parameter(&b, name) - 1.0).abs() < 1e-14);
    assert!((one.consumer_harm / flat.consumer_harm - 1.0).abs() < 1e-11);
    // Nests of one product each are the flat logit too, whatever the parameter... of one margin.
    nested.nest_strength = Unknown::Known(0.6);
    let (_, closer) = run(&nested, &change);
    assert!(rises(&closer)[0] > 1.2 * rises(&flat)[0]);
}

#[test]
fn bargaining_without_power_of_buyers_is_price_setting() {
    let change = [merger("BUD", "OLD STYLE")];
    let mut observed = beer(&[0]);
    let (_, bertrand) = run(&observed, &change);
    observed.conduct = Conduct::Bargaining(0.0);
    let (_, none) = run(&observed, &change);
    close(&rises(&none), &rises(&bertrand), 1e-13);
    observed.conduct = Conduct::Auction;
    let (_, auction) = run(&observed, &change);
    observed.conduct = Conduct::AuctionBargaining(0.0);
    let (_, none) = run(&observed, &change);
    close(&rises(&none), &rises(&auction), 1e-15);
    // The margin that calibrates takes power into account: the same margins follow.
    observed.conduct = Conduct::AuctionBargaining(0.4);
    let (_, some) = run(&observed, &change);
    close(&rises(&some), &rises(&auction), 1e-14);
}

#[test]
fn every_conduct_meets_its_numbers_with_an_unknown_outside_share() {
    for conduct in [
        Conduct::Bertrand,
        Conduct::Cournot,
        Conduct::Auction,
        Conduct::Bargaining(0.4),
        Conduct::AuctionBargaining(0.2),
    ] {
        for known in [0, 2] {
            let mut observed = app_table(known);
            observed.conduct = conduct;
            let c = calibrate(&observed).expect("parameters");
            assert!(c.residual < 1e-12, "{conduct:?}: {:e}", c.residual);
            for f in &c.fitted {
                assert!((f.input - f.fitted).abs() < 1e-12, "{conduct:?} {f:?}");
            }
        }
    }
}

#[test]
fn two_margins_give_the_outside_share_as_well() {
    let one = calibrate(&app_table(2)).expect("parameters");
    let mut observed = app_table(2);
    observed.market_elasticity = None;
    observed.products[0].margin = Some(one.earned[0] / 10.0);
    let two = calibrate(&observed).expect("parameters");
    let wanted = parameter(&one, "outside share");
    close(&[parameter(&two, "outside share")], &[wanted], 1e-12);
    // A third margin over-identifies; margins that agree leave everything as it is.
    observed.products[1].margin = Some(one.earned[1] / 10.0);
    let three = calibrate(&observed).expect("parameters");
    close(&[parameter(&three, "outside share")], &[wanted], 1e-6);
}

#[test]
fn ces_with_the_elasticity_of_the_market() {
    let mut observed = beer(&[2]);
    observed.demand = DemandKind::Ces;
    observed.outside = Unknown::Calibrate;
    observed.market_elasticity = Some(-1.2);
    let c = calibrate(&observed).expect("parameters");
    assert!(
        c.fitted.iter().all(|f| (f.input - f.fitted).abs() < 1e-13),
        "{:?}",
        c.fitted
    );
    // By differences: all prices one part in ten thousand higher and lower.
    let model = &c.model;
    let total = |by: f64| -> f64 {
        let p: Vec<f64> = model.prices().iter().map(|p| p * by).collect();
        let q = model.demand.quantities(&p).expect("quantities");
        // Units of every product fall alike.
        q[0]
    };
    let h: f64 = 1e-4;
    let e = (total(1.0 + h).ln() - total(1.0 - h).ln()) / ((1.0 + h).ln() - (1.0 - h).ln());
    close(&[e], &[-1.2], 1e-8);
}

#[test]
fn aids_by_margins_is_aids_by_elasticities() {
    let mut observed = beer(&[]);
    observed.demand = DemandKind::Aids;
    observed.products[0].elasticity = Some(-4.0);
    observed.market_elasticity = Some(-1.3);
    let known = calibrate(&observed).expect("parameters");
    let margin = |j: usize| known.earned[j] / known.model.products[j].price;
    observed.products[0].elasticity = None;
    observed.products[2].margin = Some(margin(2));
    let one = calibrate(&observed).expect("parameters");
    observed.market_elasticity = None;
    observed.products[5].margin = Some(margin(5));
    let two = calibrate(&observed).expect("parameters");
    for found in [one, two] {
        for name in ["price sensitivity", "market elasticity"] {
            let (a, b) = (parameter(&found, name), parameter(&known, name));
            assert!((a / b - 1.0).abs() < 1e-12, "{name}: {a} {b}");
        }
    }
}

#[test]
fn what_is_missing_or_impossible_is_said() {
    let text = |observed: &entrant_merger::Observed| {
        let e = calibrate(observed).expect_err("a mistake");
        format!("{} {}", e.message, e.hint)
    };
    assert!(text(&beer(&[])).contains("one margin"));
    let mut observed = beer(&[0]);
    observed.conduct = Conduct::Cournot;
    assert!(text(&observed).contains("outside_share"));
    assert_eq!(
        calibrate(&observed).expect_err("a mistake").path,
        "outside_share"
    );
    observed.demand = DemandKind::Ces;
    assert!(text(&observed).contains("Cournot"));
    let mut observed = beer(&[0]);
    observed.demand = DemandKind::Linear;
    assert!(text(&observed).contains("every product"));
    let mut observed = beer(&[1]);
    observed.demand = DemandKind::Ces;
    observed.outside = Unknown::Calibrate;
    observed.market_elasticity = Some(-3.0);
    assert!(text(&observed).contains("elasticity of substitution"));
    let mut observed = app_table(0);
    observed.market_elasticity = Some(-3.0);
    assert!(text(&observed).contains("outside"));
}
