//! Prices that a firm commits to: the same numbers as scenarios, and leadership by brute force.

use entrant::data::InputError;
use entrant::data::result::{Results, SurfaceOutcome, SurfacePoint};
use entrant::{Silent, run};

use crate::support::{self, Folder, KNOWN, UNCERTAIN};

const SCENARIOS: &str = r#"
[[scenario]]
id = "given"
title = "X comes in at 380"
[[scenario.enter]]
products = ["x"]
aware = 0.5
price = 380

[[scenario]]
id = "free"
title = "X comes in at its best price"
[[scenario.enter]]
products = ["x"]
aware = 0.5
price = "optimal"

[[scenario]]
id = "apart"
title = "X comes in, B commits"
[[scenario.enter]]
products = ["x"]
aware = 0.5
[[scenario.price]]
products = ["b1"]
price = 675
[[scenario.price]]
products = ["b2"]
price = 330
"#;

const SURFACE: &str = r#"
[[surface]]
id = "one"
title = "What X asks"
firm = "X"
scenario = "entry"
[[surface.axis]]
products = ["x"]
from = 300
to = 600
count = 16

[[surface]]
id = "two"
title = "What B asks"
firm = "B"
scenario = "entry"
[[surface.axis]]
title = "the dear one"
products = ["b1"]
relative = true
values = [0.9, 1.0, 1.1]
[[surface.axis]]
products = ["b2"]
values = [290, 330]
"#;

fn results() -> Results {
    let folder = Folder::with(&KNOWN, &format!("{SCENARIOS}{SURFACE}"));
    support::results(&folder.read().expect("a study"), 2)
}

/// Profit per period of a firm after a scenario, and prices of a product.
fn after(results: &Results, scenario: &str, firm: &str, product: &str) -> [f64; 2] {
    let found = results.scenarios.iter().find(|s| s.id == scenario);
    let market = &found.expect("the scenario").markets[0];
    let firm = market.firms.iter().find(|f| f.firm == firm);
    let product = market.products.iter().find(|p| p.product == product);
    [
        firm.expect("the firm").profit.after.median,
        product.expect("the product").price.after.median,
    ]
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-8 * a.abs().max(b.abs()), "{a} {b}");
}

fn at<'a>(s: &'a SurfaceOutcome, at: &[f64]) -> &'a SurfacePoint {
    let near = |p: &&SurfacePoint| p.at.iter().zip(at).all(|(a, b)| (a - b).abs() < 1e-9);
    s.points.iter().find(near).expect("a point of the grid")
}

#[test]
fn points_are_scenarios_with_those_prices() {
    let results = results();
    let [one, two] = &results.surfaces[..] else {
        panic!("two surfaces")
    };
    let [profit, _] = after(&results, "given", "X", "x");
    close(at(one, &[380.0]).profit.median, profit);
    let [profit, _] = after(&results, "apart", "B", "b1");
    // 675 is 0.9 times the price of 750.
    close(at(two, &[0.9, 330.0]).profit.median, profit);
    let [profit, price] = after(&results, "free", "X", "x");
    let together = one.simultaneous.as_ref().expect("an equilibrium");
    close(together.profit.median, profit);
    close(together.at[0], price);
    assert_eq!((one.points.len(), two.points.len()), (16, 6));
    assert!(one.exhaustive && two.exhaustive && one.undecided + two.undecided == 0);
}

#[test]
fn rivals_answer_as_in_the_scenario() {
    let results = results();
    let point = at(&results.surfaces[0], &[380.0]);
    let found = results.scenarios.iter().find(|s| s.id == "given");
    let market = &found.expect("the scenario").markets[0];
    // Prices weighted by units before, as the index of each firm.
    for (firm, answer) in results.surfaces[0].rivals.iter().zip(&point.answers) {
        let mut sums = [0.0; 2];
        for p in market.products.iter().filter(|p| p.firm == *firm) {
            sums[0] += p.units.before.median * p.price.before.median;
            sums[1] += p.units.before.median * p.price.after.median;
        }
        assert!((sums[1] / sums[0] - 1.0 - answer).abs() < 1e-9, "{firm}");
    }
}

#[test]
fn a_leader_earns_no_less_and_what_is_best_is_best() {
    let results = results();
    let one = &results.surfaces[0];
    let refined = one.refined.as_ref().expect("a best point");
    let together = one.simultaneous.as_ref().expect("an equilibrium");
    // The leader could commit to the prices of the equilibrium, which lie inside the box.
    assert!(refined.profit.median >= together.profit.median);
    // Rivals' prices rise with its own, so that it asks more (Gal-Or 1985).
    assert!(refined.at[0] > together.at[0]);
    for p in &one.points {
        assert!(refined.profit.median >= p.profit.median);
    }
    let best = &one.points[one.ranking[0]];
    assert!((best.at[0] - refined.at[0]).abs() <= 20.0);
    let order: Vec<f64> = one
        .ranking
        .iter()
        .map(|k| one.points[*k].profit.median)
        .collect();
    assert!(order.windows(2).all(|w| w[0] >= w[1]) && order.len() == 10);
    // A grid a hundred times as fine around it finds nothing better.
    let fine = SURFACE
        .replace("from = 300", &format!("from = {}", refined.at[0] - 4.0))
        .replace("to = 600", &format!("to = {}", refined.at[0] + 4.0))
        .replace("count = 16", "count = 81");
    let folder = Folder::with(&KNOWN, &format!("{SCENARIOS}{fine}"));
    let again = support::results(&folder.read().expect("a study"), 1);
    let top = &again.surfaces[0].points[again.surfaces[0].ranking[0]];
    assert!((top.at[0] - refined.at[0]).abs() <= 0.1, "{:?}", top.at);
    assert!(top.profit.median <= refined.profit.median * (1.0 + 1e-9));
}

#[test]
fn draws_and_threads() {
    let folder = Folder::with(&UNCERTAIN, &format!("{SCENARIOS}{SURFACE}"));
    let study = folder.read().expect("a study");
    let on = |threads| run(&study, support::options(8, threads), &Silent).expect("results");
    let (one, two) = (on(1), on(2));
    // Missing shares are no numbers, which equal nothing.
    assert_eq!(format!("{:?}", one.surfaces), format!("{:?}", two.surfaces));
    for s in &one.surfaces {
        assert_eq!(s.draws, 8);
        assert!((s.points.iter().map(|p| p.best).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(s.points.iter().all(|p| p.profit.low < p.profit.high));
    }
    // The same draws as the scenario's.
    let found = one.scenarios.iter().find(|s| s.id == "given");
    let firms = &found.expect("the scenario").markets[0].firms;
    let x = firms.iter().find(|f| f.firm == "X").expect("X");
    let point = at(&one.surfaces[0], &[380.0]);
    close(point.profit.low, x.profit.after.low);
    close(point.profit.high, x.profit.after.high);
}

#[test]
fn mistakes_are_named() {
    for (from, to, path, message) in [
        ("firm = \"X\"", "firm = \"Y\"", "surface[0].firm", "no firm"),
        (
            "scenario = \"entry\"",
            "scenario = \"entri\"",
            "surface[0].scenario",
            "no scenario",
        ),
        (
            "[\"x\"]",
            "[\"b1\"]",
            "surface[0].axis[0].products[0]",
            "not a product of `X`",
        ),
        (
            "[\"x\"]",
            "[\"y\"]",
            "surface[0].axis[0].products[0]",
            "no product",
        ),
        (
            "[\"x\"]",
            "[]",
            "surface[0].axis[0].products",
            "needs a product",
        ),
        (
            "[\"b2\"]",
            "[\"b1\"]",
            "surface[1].axis[1].products[0]",
            "set already",
        ),
        ("from = 300\n", "", "surface[0].axis[0].to", "only together"),
        ("from = 300", "from = 700", "surface[0].axis[0]", "rise"),
        ("from = 300", "from = -3", "surface[0].axis[0]", "above 0"),
        (
            "count = 16",
            "count = 1",
            "surface[0].axis[0].count",
            "two values",
        ),
        (
            "count = 16",
            "count = 16\nvalues = [1]",
            "surface[0].axis[0]",
            "only one of",
        ),
        ("[290, 330]", "[330, 290]", "surface[1].axis[1]", "rise"),
        ("id = \"two\"", "id = \"one\"", "surface[1].id", "already"),
        (
            "firm = \"X\"",
            "firm = \"X\"\ndraws = 0",
            "surface[0].draws",
            "must be from 1",
        ),
    ] {
        let found = mistake(from, to);
        assert_eq!(found.path, path, "{found:?}");
        assert!(
            found.message.contains(message) || found.value.contains(message),
            "{found:?}"
        );
        assert!(found.line.is_some());
    }
}

fn mistake(from: &str, to: &str) -> InputError {
    assert!(SURFACE.contains(from), "{from}");
    let extra = format!("{SCENARIOS}{}", SURFACE.replacen(from, to, 1));
    let folder = Folder::with(&KNOWN, &extra);
    folder.read().expect_err("a mistake").remove(0)
}
