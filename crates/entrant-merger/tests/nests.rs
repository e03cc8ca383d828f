//! Nests: odds between them under AIDS demand, parameters of their own and an unknown outside
//! share under nested logit.

use entrant_data::Status;
use entrant_data::result::Identification;
use entrant_merger::pressure::{diversion, elasticities};
use entrant_merger::{Change, Demand, DemandKind, Observed, Unknown, calibrate};

use crate::support::{close, market, merger, parameter, product, rises, run};

/// Four products in two nests under AIDS demand, with an own elasticity of the first.
fn two_nests(between: f64) -> Observed {
    let shares = [0.15, 0.25, 0.2, 0.4];
    let each = (0..4).map(|j| {
        let mut p = product(&format!("p{j}"), &format!("f{j}"), 1.0, shares[j], None);
        p.nest = Some(if j < 2 { "premium" } else { "economy" }.into());
        p
    });
    let mut out = market(DemandKind::Aids, each.collect());
    out.products[0].elasticity = Some(-3.0);
    out.market_elasticity = Some(-1.0);
    out.nest_strength = Unknown::Known(between);
    out
}

/// Epstein and Rubinfeld 2002, appendix: with odds `w_jk` between nests the own coefficients are
/// `b_jj = (r_j / r_1) (sum_(k != j) w_jk r_k) / (sum_(k != 1) w_1k r_k) b_11`, and what a product
/// loses goes to others as `w_jk r_k`. Written out with loops, against elasticities by formula.
#[test]
fn nested_pcaids_has_the_coefficients_of_its_definition() {
    let between = 0.4;
    let observed = two_nests(between);
    let found = calibrate(&observed).expect("parameters");
    assert_eq!(found.identification, Identification::Exact);
    let r = [0.15, 0.25, 0.2, 0.4];
    let odds = |j: usize, k: usize| if (j < 2) == (k < 2) { 1.0 } else { between };
    let rivals = |j: usize| -> f64 { (0..4).filter(|k| *k != j).map(|k| odds(j, k) * r[k]).sum() };
    // At a market elasticity of -1, e_jj = b_jj / r_j - 1 and e_kj = b_kj / r_k.
    let first = r[0] * (-3.0 + 1.0);
    let own = |j: usize| r[j] / r[0] * rivals(j) / rivals(0) * first;
    let mut wanted = Vec::new();
    for k in 0..4 {
        for j in 0..4 {
            let b = if j == k {
                own(j)
            } else {
                -own(j) * odds(j, k) * r[k] / rivals(j)
            };
            wanted.push(b / r[k] - f64::from(u8::from(j == k)));
        }
    }
    let prices = found.model.prices();
    let e = elasticities(&found.model, &prices).expect("slopes");
    close(&e.data, &wanted, 1e-14);
    // All prices move together: nothing moves but spending, which a market elasticity of -1 keeps.
    for k in 0..4 {
        let sum: f64 = (0..4).map(|j| e.at(k, j)).sum();
        close(&[sum], &[-1.0], 1e-14);
    }
    let d = diversion(&found.model, &prices).expect("slopes");
    close(&[d.at(0, 2) / d.at(0, 1)], &[between * 0.2 / 0.25], 1e-13);
}

#[test]
fn odds_of_one_are_diversion_by_share() {
    let nested = run(&two_nests(1.0), &[merger("f0", "f1")]).1;
    let mut flat = two_nests(1.0);
    flat.products.iter_mut().for_each(|p| p.nest = None);
    let flat = run(&flat, &[merger("f0", "f1")]).1;
    assert_eq!(rises(&nested), rises(&flat));
    // A merger within a nest does more the less its products have to do with the other.
    let closer = run(&two_nests(0.3), &[merger("f0", "f1")]).1;
    assert!(rises(&closer)[0] > rises(&nested)[0]);
    let apart = run(&two_nests(0.3), &[merger("f0", "f2")]).1;
    let near = run(&two_nests(1.0), &[merger("f0", "f2")]).1;
    assert!(rises(&apart)[0] < rises(&near)[0]);
}

/// Numbers that a known market implies give its parameters back.
#[test]
fn odds_are_recovered_from_two_numbers() {
    let truth = calibrate(&two_nests(0.35)).expect("parameters");
    let t = parameter(&truth, "price sensitivity");
    let margin = |j: usize| truth.earned[j];
    let e = elasticities(&truth.model, &truth.model.prices()).expect("slopes");
    let know = |change: &dyn Fn(&mut Observed)| {
        let mut observed = two_nests(0.35);
        observed.nest_strength = Unknown::Calibrate;
        observed.products[0].elasticity = None;
        change(&mut observed);
        let found = calibrate(&observed).expect("parameters");
        assert_eq!(found.identification, Identification::Exact);
        close(
            &[
                parameter(&found, "nest parameter"),
                parameter(&found, "price sensitivity"),
            ],
            &[0.35, t],
            1e-10,
        );
        assert!(found.fitted.iter().all(|f| f.used));
        found
    };
    know(&|o| {
        o.products[0].margin = Some(margin(0));
        o.products[3].margin = Some(margin(3));
    });
    know(&|o| {
        o.products[1].elasticity = Some(e.at(1, 1));
        o.products[2].elasticity = Some(e.at(2, 2));
    });
    know(&|o| {
        o.products[1].elasticity = Some(e.at(1, 1));
        o.products[3].margin = Some(margin(3));
    });
    let mut observed = two_nests(0.35);
    observed.nest_strength = Unknown::Calibrate;
    let mistake = calibrate(&observed).expect_err("one number for two parameters");
    assert!(mistake.hint.contains("two margins"), "{mistake:?}");
}

/// A product that leaves is one whose price nobody pays: the price at which its share is zero is
/// found by bisection, of two products in turn until both stand.
#[test]
fn exit_is_a_price_that_nobody_pays() {
    let mut observed = two_nests(0.4);
    observed.total = 100.0;
    let found = calibrate(&observed).expect("parameters");
    let Demand::Aids(all) = &found.model.demand else {
        panic!("AIDS demand");
    };
    let gone = [false, true, true, false];
    let smaller = found.model.demand.without(&gone).expect("defined");
    let mut prices = vec![1.05, 1.0, 1.0, 0.93];
    for _ in 0..200 {
        for j in [1, 2] {
            let (mut low, mut high) = (0.5, 50.0);
            for _ in 0..200 {
                prices[j] = f64::midpoint(low, high);
                let share = all.shares_at(&prices).expect("positive")[j];
                if share > 0.0 {
                    low = prices[j];
                } else {
                    high = prices[j];
                }
            }
        }
    }
    let brute = found.model.demand.quantities(&prices).expect("quantities");
    let exact = smaller.quantities(&prices).expect("quantities");
    close(&[exact[0], exact[3]], &[brute[0], brute[3]], 1e-10);
    close(&[exact[1], exact[2], brute[1], brute[2]], &[0.0; 4], 1e-10);
    let harm = found.model.demand.harm(&[1.0; 4], &smaller, &prices);
    let brute = found
        .model
        .demand
        .harm(&[1.0; 4], &found.model.demand, &prices);
    close(&[harm], &[brute], 1e-9);
}

/// Three nests of a nested logit at known parameters, with everything that it implies.
struct Truth {
    observed: Observed,
    /// What sellers earn on a unit over the price.
    margin: Vec<f64>,
    elasticity: f64,
    parameters: [f64; 3],
}

fn truth(own: &[(String, f64)]) -> Truth {
    let price = [4.0, 5.0, 3.5, 6.0, 4.5];
    let amount = [0.20, 0.15, 0.25, 0.22, 0.18];
    let firm = ["A", "A", "B", "C", "C"];
    let nest = ["x", "y", "x", "y", "z"];
    let each = (0..5).map(|j| {
        let mut p = product(&format!("p{j}"), firm[j], price[j], amount[j], None);
        p.nest = Some(nest[j].into());
        p
    });
    let mut observed = market(DemandKind::NestedLogit, each.collect());
    observed.products[0].margin = Some(0.31);
    observed.nest_strength = Unknown::Known(0.6);
    observed.nest_strengths = own.to_vec();
    observed.outside = Unknown::Known(0.35);
    observed.total = 500.0;
    let found = calibrate(&observed).expect("parameters");
    assert_eq!(found.status, Status::Certified);
    // The elasticity of the market by differences of all that is sold.
    let sold = |by: f64| -> f64 {
        let prices: Vec<f64> = price.iter().map(|p| p * (1.0 + by)).collect();
        found
            .model
            .demand
            .quantities(&prices)
            .expect("quantities")
            .iter()
            .sum()
    };
    let h = 1e-3;
    let by_differences =
        (8.0 * (sold(h) - sold(-h)) - (sold(2.0 * h) - sold(-2.0 * h))) / (12.0 * h) / 500.0;
    let slope = parameter(&found, "price coefficient");
    let mean: f64 = (0..5).map(|j| amount[j] * price[j]).sum();
    let elasticity = slope * 0.35 * mean;
    close(&[by_differences], &[elasticity], 1e-9);
    Truth {
        margin: (0..5).map(|j| found.earned[j] / price[j]).collect(),
        elasticity,
        parameters: [slope, 0.6, 0.35],
        observed,
    }
}

fn recovered(truth: &Truth, change: &dyn Fn(&mut Observed)) {
    let mut observed = truth.observed.clone();
    observed.outside = Unknown::Calibrate;
    observed.products[0].margin = None;
    change(&mut observed);
    let found = calibrate(&observed).expect("parameters");
    let names = ["price coefficient", "nest parameter", "outside share"];
    let values: Vec<f64> = names.iter().map(|n| parameter(&found, n)).collect();
    close(&values, &truth.parameters, 1e-9);
    assert_eq!(found.status, Status::Certified);
}

#[test]
fn an_unknown_outside_share_is_recovered() {
    for own in [vec![], vec![("y".to_owned(), 0.9)]] {
        let truth = truth(&own);
        recovered(&truth, &|o| {
            o.market_elasticity = Some(truth.elasticity);
            o.products[2].margin = Some(truth.margin[2]);
        });
        recovered(&truth, &|o| {
            o.products[1].margin = Some(truth.margin[1]);
            o.products[2].margin = Some(truth.margin[2]);
        });
        // More margins than parameters, all of them right. Sums of squares are flat at their
        // smallest, so that the share is known to the root of rounding only.
        let mut observed = truth.observed.clone();
        observed.outside = Unknown::Calibrate;
        for (p, m) in observed.products.iter_mut().zip(&truth.margin) {
            p.margin = Some(*m);
        }
        let found = calibrate(&observed).expect("parameters");
        assert_eq!(found.identification, Identification::Over);
        close(&[parameter(&found, "outside share")], &[0.35], 1e-6);
        // The nest parameter as well.
        recovered(&truth, &|o| {
            o.nest_strength = Unknown::Calibrate;
            o.market_elasticity = Some(truth.elasticity);
            o.products[0].margin = Some(truth.margin[0]);
            o.products[2].margin = Some(truth.margin[2]);
        });
        let mut observed = truth.observed.clone();
        observed.outside = Unknown::Calibrate;
        let mistake = calibrate(&observed).expect_err("one number for two parameters");
        assert_eq!(mistake.path, "outside_share");
    }
}

#[test]
fn a_market_elasticity_alone_gives_the_price_coefficient() {
    let truth = truth(&[]);
    let mut observed = truth.observed.clone();
    observed.products[0].margin = None;
    observed.market_elasticity = Some(truth.elasticity);
    let found = calibrate(&observed).expect("parameters");
    close(
        &[parameter(&found, "price coefficient")],
        &truth.parameters[..1],
        1e-13,
    );
}

/// Shares written out nest by nest.
#[test]
fn each_nest_has_its_own_parameter() {
    let own = vec![("x".to_owned(), 0.3), ("y".to_owned(), 0.9)];
    let found = calibrate(&truth(&own).observed).expect("parameters");
    let Demand::NestedLogit(d) = &found.model.demand else {
        panic!("nested logit");
    };
    assert_eq!(d.strengths, [0.3, 0.9, 0.6]);
    let prices = [4.3, 4.8, 3.9, 5.5, 4.4];
    let nests: [(&[usize], f64); 3] = [(&[0, 2], 0.3), (&[1, 3], 0.9), (&[4], 0.6)];
    let v = |j: usize| d.quality[j] + d.slope * prices[j];
    let inclusive =
        |(own, s): &(&[usize], f64)| -> f64 { own.iter().map(|j| (v(*j) / s).exp()).sum::<f64>() };
    let total: f64 = 1.0 + nests.iter().map(|n| inclusive(n).powf(n.1)).sum::<f64>();
    let mut wanted = [0.0; 5];
    for n in &nests {
        for j in n.0 {
            let within = (v(*j) / n.1).exp() / inclusive(n);
            wanted[*j] = d.size * within * inclusive(n).powf(n.1) / total;
        }
    }
    let found_quantities = found.model.demand.quantities(&prices).expect("quantities");
    close(&found_quantities, &wanted, 1e-10);
    // An entrant is in the nest of the product that it is like.
    let enter = Change::Enter {
        id: "n".into(),
        firm: "N".into(),
        like: "p1".into(),
        plus: 0.0,
        cost: 2.0,
    };
    let after = entrant_merger::change::apply(&found.model, &[enter]).expect("fits");
    assert_eq!(
        entrant_merger::equilibrium::solve(&after).status,
        Status::Certified
    );
    let mut observed = truth(&own).observed;
    observed.nest_strengths.push(("w".into(), 0.5));
    let mistake = calibrate(&observed).expect_err("no such nest");
    assert_eq!((&*mistake.path, &*mistake.value), ("nest_strengths", "w"));
}
