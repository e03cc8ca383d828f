//! Worth, benchmarks and back-test against their formulas.

use entrant::data::result::{Results, ScenarioOutcome};

use crate::support::{KNOWN, UNCERTAIN, gap, load, proven, results};

fn scenario<'a>(r: &'a Results, id: &str) -> &'a ScenarioOutcome {
    r.scenarios.iter().find(|s| s.id == id).expect("a scenario")
}

/// Products and quotients of a handful of numbers.
const ARITHMETIC: f64 = 1e-12;

#[test]
fn worth_is_profit_over_the_horizon_less_the_fixed_cost() {
    let r = results(&load(&KNOWN), 3);
    for id in ["entry", "late"] {
        let s = scenario(&r, id);
        let w = s.worth.as_ref().expect("X enters");
        let x = s.markets[0]
            .firms
            .iter()
            .find(|f| f.firm == "X")
            .expect("X sells");
        assert!(x.entrant && proven(x.profit.after.status));
        assert!(gap(w.profit.median, x.profit.after.median) < ARITHMETIC);
        let p = s.markets[0]
            .products
            .iter()
            .find(|p| p.product == "x")
            .expect("x sells");
        let by_hand = p.units.after.median * (p.price.after.median - 280.0);
        assert!(gap(w.profit.median, by_hand) < ARITHMETIC * 10.0);
        let annuity: f64 = (1..=4).map(|t| 1.1_f64.powi(-t)).sum();
        assert!(gap(w.break_even.median, w.profit.median * annuity) < ARITHMETIC);
        assert!(gap(w.value.median, w.break_even.median - 1e6) < ARITHMETIC);
        let loses = f64::from(u8::from(w.value.median < 0.0));
        assert!((w.loss_probability - loses).abs() < ARITHMETIC);
    }
}

/// Products add up to firms, firms to the market, and sources to the entrant's units.
#[test]
fn money_adds_up_over_products_and_firms() {
    let r = results(&load(&KNOWN), 2);
    for s in &r.scenarios {
        let m = &s.markets[0];
        let units: f64 = m.products.iter().map(|p| p.units.after.median).sum();
        assert!(gap(m.units.after.median, units) < ARITHMETIC);
        let shares: f64 = m.firms.iter().map(|f| f.unit_share.after.median).sum();
        assert!((shares - 1.0).abs() < ARITHMETIC);
        let profit = |firm: &str| -> f64 {
            let own = m.products.iter().filter(|p| p.firm == firm);
            own.map(|p| p.profit.after.median).sum()
        };
        for f in &m.firms {
            assert!(gap(f.profit.after.median, profit(&f.firm)) < ARITHMETIC);
        }
        let sold: f64 = m.volume_source.iter().map(|v| v.units.median).sum();
        let x = m.firms.iter().find(|f| f.firm == "X").expect("X sells");
        // Differences of shares a hundred times as large.
        assert!(gap(sold, x.units.after.median) < ARITHMETIC * 1e3);
        let source: f64 = m.volume_source.iter().map(|v| v.share.median).sum();
        assert!((source - 1.0).abs() < ARITHMETIC * 10.0);
    }
}

#[test]
fn benchmarks_compare_intervals() {
    let r = results(&load(&UNCERTAIN), 20);
    let verdict = |name: &str| {
        let b = r
            .benchmarks
            .iter()
            .find(|b| b.name == name)
            .expect("a benchmark");
        b.verdict.clone()
    };
    assert_eq!(verdict("low"), "above");
    assert_eq!(verdict("high"), "below");
    assert_eq!(verdict("around"), "inside");
    let x = scenario(&r, "entry").markets[0]
        .firms
        .iter()
        .find(|f| f.firm == "X");
    assert_eq!(
        Some(r.benchmarks[0].forecast),
        x.map(|f| f.unit_share.after)
    );
}

#[test]
fn proportional_substitution_is_the_hand_formula() {
    let r = results(&load(&KNOWN), 2);
    let test = r.backtest.as_ref().expect("the study has one");
    let names: Vec<&str> = test.scores.iter().map(|s| s.forecaster.as_str()).collect();
    assert_eq!(names, ["entry", "proportional", "no change"]);
    let units = [("A", 110.0), ("B", 100.0), ("C", 110.0), ("X", 0.0)];
    for (brand, sold) in units {
        let row = test
            .rows
            .iter()
            .find(|b| b.brand == brand)
            .expect("observed");
        let before = 100.0 * sold / 320.0;
        let by_hand = if brand == "A" {
            31.0
        } else {
            before * (100.0 - 31.0) / (100.0 - 100.0 * 110.0 / 320.0)
        };
        assert!((row.forecasts[1].median - by_hand).abs() < 1e-10, "{brand}");
        assert!((row.forecasts[2].median - before).abs() < 1e-10, "{brand}");
        assert!((row.before - before).abs() < 1e-10, "{brand}");
    }
    let observed = [31.0, 33.0, 30.0, 6.0];
    let errors: Vec<f64> = test
        .rows
        .iter()
        .zip(observed)
        .map(|(row, o)| (row.forecasts[2].median - o).abs())
        .collect();
    let mean = errors.iter().sum::<f64>() / 4.0;
    assert!(gap(test.scores[2].mean_absolute_error, mean) < 1e-10);
    let others = errors[1..].iter().sum::<f64>() / 3.0;
    assert!(gap(test.scores[2].mean_absolute_error_others, others) < 1e-10);
    // With known inputs all draws agree, and the score is the absolute error.
    assert!(gap(test.scores[2].crps, mean) < 1e-10);
}
