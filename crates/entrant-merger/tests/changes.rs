//! Divestiture, stakes, taxes, currencies, exit and entry.

use entrant_data::Status;
use entrant_merger::demand::Logit;
use entrant_merger::equilibrium::solve;
use entrant_merger::{
    Change, Conduct, Demand, DemandKind, Model, Product, Tax, Unknown, calibrate, simulate,
};

use crate::support::{app_table, beer, close, market, merger, product, rises, run};

fn all(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).into()).collect()
}

fn tax(products: &[&str], part_of_price: f64, per_unit: f64) -> Change {
    Change::Tax {
        products: all(products),
        tax: Tax {
            part_of_price,
            per_unit,
        },
    }
}

#[test]
fn a_tax_on_one_product_of_a_firm_as_computed_elsewhere() {
    // `trade` in parity/merger_examples.py; the R package trade refuses different taxes within a
    // firm.
    let cost = [0.5, 0.6, 0.4, 0.7];
    let demand = Logit {
        slope: -2.0,
        quality: vec![1.0, 1.2, 0.8, 1.1],
        outside: 1.0,
        size: 100.0,
    };
    let each = (0..4).map(|j| Product {
        id: j.to_string(),
        firm: ["a", "a", "b", "c"][j].into(),
        price: cost[j] + 0.5,
        cost: cost[j],
        tax: Tax::default(),
        capacity: None,
        on_sale: true,
    });
    let mut model = Model {
        demand: Demand::Logit(demand),
        conduct: Conduct::Bertrand,
        products: each.collect(),
        stakes: Vec::new(),
        rising_cost: false,
    };
    let before = [
        1.169_367_073_206_981,
        1.269_367_073_206_980_8,
        0.987_547_785_630_167_5,
        1.265_241_311_101_808_4,
    ];
    close(&solve(&model).prices, &before, 1e-13);
    model.products[0].tax.part_of_price = 0.1;
    model.products[1].tax.per_unit = 0.05;
    let found = solve(&model);
    let after = [
        1.220_856_898_838_922_8,
        1.298_771_208_955_030_5,
        0.989_327_157_099_385,
        1.266_582_127_176_814_7,
    ];
    close(&found.prices, &after, 1e-13);
    let revenue = model.revenue_of_government(&found.prices, &found.quantities);
    close(&[revenue], &[2.031_366_055_076_919], 1e-12);
}

#[test]
fn a_tax_on_the_price_is_a_rise_of_cost() {
    // On all products of a firm, profit ((1 - t) p - c) q is (1 - t) times (p - c / (1 - t)) q.
    for conduct in [
        Conduct::Bertrand,
        Conduct::Auction,
        Conduct::Bargaining(0.3),
    ] {
        let mut observed = beer(&[0]);
        observed.conduct = conduct;
        let own = ["MILLER", "MILLER-LITE"];
        let (_, taxed) = run(&observed, &[tax(&own, 0.2, 0.0)]);
        let dearer = Change::Cost {
            products: all(&own),
            factor: 1.25,
            add: 0.0,
        };
        let (_, dear) = run(&observed, &[dearer]);
        close(&rises(&taxed), &rises(&dear), 1e-12);
        let spent: f64 = taxed.products[2..4]
            .iter()
            .map(|p| p.price[1] * p.quantity[1])
            .sum();
        close(&[taxed.government[1]], &[0.2 * spent], 1e-15);
        assert!((taxed.consumer_harm / dear.consumer_harm - 1.0).abs() < 1e-11);
    }
    // A tax per unit is a cost.
    let (_, unit) = run(&beer(&[0]), &[tax(&["OTHER-LITE"], 0.0, 0.002)]);
    let cost = Change::Cost {
        products: all(&["OTHER-LITE"]),
        factor: 1.0,
        add: 0.002,
    };
    close(&rises(&unit), &rises(&run(&beer(&[0]), &[cost]).1), 1e-13);
}

#[test]
fn lifting_a_tax_that_was_there_undoes_it() {
    let mut observed = beer(&[0]);
    observed.products[0].tax.part_of_price = 0.15;
    let (calibration, lifted) = run(&observed, &[tax(&["BUD"], 0.0, 0.0)]);
    assert!(lifted.government[0] > 0.0 && lifted.government[1] == 0.0);
    assert!(lifted.price_rise < 0.0 && lifted.consumer_harm < 0.0);
    let mut free = calibration.model.clone();
    for (p, o) in free.products.iter_mut().zip(&lifted.products) {
        p.price = o.price[1];
        p.tax = Tax::default();
    }
    free.products[0].tax.part_of_price = 0.15;
    close(&solve(&free).prices, &calibration.model.prices(), 1e-12);
}

#[test]
fn divesting_all_that_was_bought_undoes_a_merger() {
    let undo = Change::Divest {
        products: all(&["OLD STYLE"]),
        to: "OLD STYLE".into(),
    };
    let (_, outcome) = run(&beer(&[0]), &[merger("BUD", "OLD STYLE"), undo]);
    close(&rises(&outcome), &[0.0; 6], 1e-13);
    close(&outcome.hhi, &[outcome.hhi[0]; 3], 1e-9);
    assert!(
        outcome
            .products
            .iter()
            .all(|p| p.upp == 0.0 && p.cmcr == 0.0)
    );
}

#[test]
fn stakes_lie_between_nothing_and_a_merger() {
    let stake = |owner: &str, of: &str, share: f64| Change::Stake {
        owner: owner.into(),
        of: of.into(),
        share,
    };
    let both = |share| {
        [
            stake("BUD", "OLD STYLE", share),
            stake("OLD STYLE", "BUD", share),
        ]
    };
    let (_, none) = run(&beer(&[0]), &both(0.0));
    close(&rises(&none), &[0.0; 6], 1e-13);
    let (_, full) = run(&beer(&[0]), &both(1.0));
    let (_, merged) = run(&beer(&[0]), &[merger("BUD", "OLD STYLE")]);
    close(&rises(&full), &rises(&merged), 1e-12);
    close(&full.hhi, &merged.hhi, 1e-8);
    let (_, part) = run(&beer(&[0]), &[stake("BUD", "OLD STYLE", 0.25)]);
    assert!(rises(&part)[0] > 0.0 && rises(&part)[0] < rises(&merged)[0]);
    // Only the owner of the stake is pressed: a quarter of what a merger presses on it.
    close(
        &[part.products[0].upp],
        &[0.25 * merged.products[0].upp],
        1e-17,
    );
    assert!(part.products[1].upp == 0.0);
}

#[test]
fn a_dearer_currency_moves_its_part_of_cost() {
    let currency = Change::Currency {
        products: all(&["OTHER-REG"]),
        part: 0.6,
        change: 0.25,
    };
    let cost = Change::Cost {
        products: all(&["OTHER-REG"]),
        factor: 1.15,
        add: 0.0,
    };
    let (_, a) = run(&beer(&[0]), &[currency]);
    let (_, b) = run(&beer(&[0]), &[cost]);
    close(&rises(&a), &rises(&b), 1e-14);
}

#[test]
fn exit_is_the_market_without_the_product() {
    // antitrust 0.99.29 stops with an error here.
    let calibration = calibrate(&app_table(0)).expect("parameters");
    let exit = Change::Exit {
        products: all(&["Prod4"]),
    };
    let outcome = simulate(&calibration, &[exit]).expect("an exit");
    assert_eq!(outcome.status, Status::Certified);
    let Demand::Logit(d) = &calibration.model.demand else {
        panic!("logit");
    };
    let mut without = calibration.model.clone();
    without.products.pop();
    without.demand = Demand::Logit(Logit {
        quality: d.quality[..3].to_vec(),
        ..d.clone()
    });
    let prices: Vec<f64> = outcome.products[..3].iter().map(|p| p.price[1]).collect();
    close(&solve(&without).prices, &prices, 1e-12);
    let gone = &outcome.products[3];
    assert!(gone.price[1].is_nan() && gone.quantity[1] == 0.0 && outcome.consumer_harm > 0.0);
    // A price at which nobody buys is the same for rivals (antitrust 0.99.26: +501 percent).
    let mut dear = calibration.model.clone();
    dear.products[3].cost = 1e4;
    dear.products[3].price = 1e4;
    close(&solve(&dear).prices[..3], &prices, 1e-10);
}

#[test]
fn exit_under_linear_and_aids_demand_is_a_price_at_which_nobody_buys() {
    for kind in [DemandKind::Linear, DemandKind::Aids] {
        let mut observed = market(
            kind,
            vec![
                product("1", "1", 2.9, 0.2, Some(0.435)),
                product("2", "2", 3.4, 0.3, Some(0.417)),
                product("3", "3", 2.2, 0.5, Some(0.370)),
            ],
        );
        if kind == DemandKind::Aids {
            observed.market_elasticity = Some(-1.1);
            observed.products[1].margin = None;
            observed.products[2].margin = None;
        } else {
            observed.outside = Unknown::Known(0.2);
        }
        let exit = Change::Exit {
            products: all(&["1"]),
        };
        let (calibration, outcome) = run(&observed, &[exit]);
        assert!(outcome.status.is_usable(), "{kind:?} {:?}", outcome.status);
        let demand = &calibration.model.demand;
        let at = |price: f64| {
            let p = [
                price,
                outcome.products[1].price[1],
                outcome.products[2].price[1],
            ];
            (demand.quantities(&p).expect("quantities"), p)
        };
        // The price at which nobody buys, by bisection on the full demand.
        let (mut low, mut high) = (2.9, 300.0);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            if at(middle).0[0] > 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let (q, p) = at(low);
        close(
            &q[1..],
            &[
                outcome.products[1].quantity[1],
                outcome.products[2].quantity[1],
            ],
            1e-10,
        );
        let harm = demand.harm(&calibration.model.prices(), demand, &p);
        assert!(
            (harm / outcome.consumer_harm - 1.0).abs() < 1e-9,
            "{kind:?}"
        );
    }
    let mut log = market(
        DemandKind::LogLinear,
        vec![
            product("1", "1", 2.9, 0.2, Some(0.435)),
            product("2", "2", 3.4, 0.3, Some(0.417)),
        ],
    );
    log.total = 1.0;
    let calibration = calibrate(&log).expect("parameters");
    let exit = Change::Exit {
        products: all(&["1"]),
    };
    let mistake = simulate(&calibration, &[exit]).expect_err("no exit");
    assert!(mistake.message.contains("never ends"));
}

#[test]
fn a_clone_enters_like_its_original() {
    let observed = app_table(0);
    let calibration = calibrate(&observed).expect("parameters");
    let cost = calibration.model.products[0].cost;
    let enter = Change::Enter {
        id: "new".into(),
        firm: "new".into(),
        like: "Prod1".into(),
        plus: 0.0,
        cost,
    };
    let outcome = simulate(&calibration, &[enter]).expect("an entry");
    assert_eq!(outcome.status, Status::Certified);
    let (old, new) = (&outcome.products[0], &outcome.products[4]);
    close(
        &[new.price[1], new.quantity[1]],
        &[old.price[1], old.quantity[1]],
        1e-11,
    );
    assert!(outcome.consumer_harm < 0.0 && new.price[0].is_nan());
    // And leaves as if it had never been there.
    let exit = Change::Exit {
        products: all(&["new"]),
    };
    let enter = Change::Enter {
        id: "new".into(),
        firm: "new".into(),
        like: "Prod1".into(),
        plus: 1.0,
        cost,
    };
    let outcome = simulate(&calibration, &[enter, exit]).expect("both");
    close(&rises(&outcome)[..4], &[0.0; 4], 1e-13);
}

#[test]
fn names_that_are_not_there_are_named() {
    let calibration = calibrate(&beer(&[0])).expect("parameters");
    let mistake = |change: Change| {
        let e = simulate(&calibration, &[change]).expect_err("a mistake");
        (e.path, e.value, e.hint)
    };
    let (path, value, hint) = mistake(merger("BUD", "OLDSTYLE"));
    assert_eq!(
        (path.as_str(), value.as_str()),
        ("change[0].firms", "OLDSTYLE")
    );
    assert!(hint.contains("OLD STYLE"), "{hint}");
    let exit = Change::Exit {
        products: all(&["BUDD"]),
    };
    assert!(mistake(exit).2.contains("`BUD`"));
}
