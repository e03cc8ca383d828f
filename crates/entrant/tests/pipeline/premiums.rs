//! Premiums: the numbers of scenarios, of statsmodels, and of identities.

use entrant::data::InputError;
use entrant::data::result::{PremiumReport, PremiumSubject, PremiumValue, Results};
use entrant::data::{Level, Status};
use entrant::{Silent, run};

use crate::support::{self, Folder, KNOWN, Recipe, UNCERTAIN, gap};

const PREMIUMS: &str = r#"
[premiums]
focus = ["a1", "b1"]
brands = ["A"]
budget = { below = 260 }
draws = 12

[[premiums.feature]]
column = "memory"
title = "64 more"
step = 64
LEVEL

[[premiums.feature]]
column = "screen"
step = 0.5
"#;

const SCENARIOS: &str = r#"
[[scenario]]
id = "without"
title = "a1 has less memory"
[[scenario.characteristic]]
product = "a1"
column = "memory"
value = 64

[[scenario]]
id = "budget"
title = "The budget line has the memory"
[[scenario.characteristic]]
product = "c1"
column = "memory"
value = 128
[[scenario.characteristic]]
product = "c2"
column = "memory"
value = 128

[[scenario]]
id = "both"
title = "It has and a1 has not"
[[scenario.characteristic]]
product = "c1"
column = "memory"
value = 128
[[scenario.characteristic]]
product = "c2"
column = "memory"
value = 128
[[scenario.characteristic]]
product = "a1"
column = "memory"
value = 64
"#;

fn folder(recipe: &Recipe, level: &str) -> Folder {
    let extra = format!("{SCENARIOS}{}", PREMIUMS.replace("LEVEL", level));
    Folder::with(recipe, &extra)
}

fn results(recipe: &Recipe, level: &str, draws: usize) -> Results {
    support::results(&folder(recipe, level).read().expect("a study"), draws)
}

fn report(results: &Results) -> &PremiumReport {
    results.premiums.as_deref().expect("premiums")
}

fn subject<'a>(report: &'a PremiumReport, of: &str) -> &'a PremiumSubject {
    report
        .subjects
        .iter()
        .find(|s| s.of == of)
        .expect("the subject")
}

fn at<'a>(subject: &'a PremiumSubject, name: &str) -> &'a PremiumValue {
    subject
        .values
        .iter()
        .find(|v| v.name == name)
        .expect("the place")
}

/// Price of a product, its units and its firm's profit in a scenario.
fn in_scenario(results: &Results, id: &str, product: &str) -> [f64; 3] {
    let scenario = results
        .scenarios
        .iter()
        .find(|s| s.id == id)
        .expect("the scenario");
    let market = &scenario.markets[0];
    let p = market
        .products
        .iter()
        .find(|p| p.product == product)
        .expect("the product");
    let f = market
        .firms
        .iter()
        .find(|f| f.firm == p.firm)
        .expect("the firm");
    [
        p.price.after.median,
        p.units.after.median,
        f.profit.after.median,
    ]
}

fn same(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-7 * a.abs().max(b.abs()), "{a} {b}");
}

/// With and without are the markets of scenarios that change the characteristic, draw by draw.
#[test]
fn values_are_those_of_scenarios() {
    let results = results(&UNCERTAIN, "", 12);
    let found = report(&results);
    assert_eq!((found.draws, found.status), (12, Status::Certified));
    assert_eq!(found.budget, ["c1", "c2"]);
    let v = at(subject(found, "memory"), "a1");
    let without = in_scenario(&results, "without", "a1");
    for (c, expected) in [&v.price, &v.units, &v.profit].iter().zip(without) {
        same(c.before.median, expected);
    }
    let e = v.erosion.as_ref().expect("the budget line can have it");
    for (c, expected) in [&e.price, &e.units, &e.profit]
        .iter()
        .zip(in_scenario(&results, "budget", "a1"))
    {
        same(c.after.median, expected);
    }
}

/// What remains is the difference with the feature on the budget line over that without it.
#[test]
fn what_remains_is_a_ratio_of_scenarios() {
    let results = results(&KNOWN, "", 1);
    let v = at(subject(report(&results), "memory"), "a1");
    let e = v.erosion.as_ref().expect("the budget line can have it");
    let [without, with, both] =
        ["without", "budget", "both"].map(|s| in_scenario(&results, s, "a1"));
    let today = [
        v.price.after.median,
        v.units.after.median,
        v.profit.after.median,
    ];
    same(e.profit_premium.before.median, today[2] - without[2]);
    same(e.profit_premium.after.median, with[2] - both[2]);
    let remains = (with[2] - both[2]) / (today[2] - without[2]);
    assert!(gap(e.profit_remains.median, remains) < 1e-6 && remains < 1.0);
    same(e.price_premium.before.median, v.price.change.median);
    // Its whole lead in memory is gone: everybody at or below has as much.
    assert!(e.gap.before.median > 0.0);
    assert!(
        v.profit.change.median < v.naive.median,
        "rivals answer and one price is for all"
    );
    assert!(v.profit.change.median > 0.0 && v.alone.median > 0.0);
}

/// Brought to a level that it has already, the budget line changes nothing.
#[test]
fn nothing_erodes_where_the_budget_line_has_it() {
    let results = results(&UNCERTAIN, "level = 16", 6);
    for v in &subject(report(&results), "memory").values {
        let e = v.erosion.as_ref().expect("a feature");
        for c in [&e.price, &e.units, &e.profit, &e.gap] {
            assert!(c.change.low == 0.0 && c.change.high == 0.0, "{}", v.name);
        }
        for bound in [e.profit_remains.low, e.profit_remains.high] {
            assert!((bound - 1.0).abs() <= 1e-12, "{bound}");
        }
    }
}

/// Worth is step times slope over sensitivity, so groups differ by sensitivity alone, and a double
/// step is worth double.
#[test]
fn worth_is_linear_in_the_step() {
    let one = results(&UNCERTAIN, "", 8);
    let extra = PREMIUMS
        .replace("LEVEL", "")
        .replace("step = 64", "step = 128");
    let folder = Folder::with(&UNCERTAIN, &extra);
    let two = support::results(&folder.read().expect("a study"), 8);
    let (one, two) = (
        subject(report(&one), "memory"),
        subject(report(&two), "memory"),
    );
    for (a, b) in one.worth.iter().zip(&two.worth) {
        assert!(gap(b.median, 2.0 * a.median) < 1e-12 && gap(b.low, 2.0 * a.low) < 1e-12);
    }
    // The least sensitive third would pay most.
    let group = |k: usize| one.worth[k].median;
    assert!(group(1) > group(2) && group(2) > group(3));
    same(group(0), (group(1) + group(2) + group(3)) / 3.0);
}

/// Numbers of statsmodels 0.15.0, `OLS(log(price), [1, memory, screen, A]).fit(cov_type="HC1")`,
/// with scipy's t quantile, at the mean focus price of 825.
#[test]
fn the_hedonic_regression_is_that_of_statsmodels() {
    let results = results(&KNOWN, "", 1);
    let found = report(&results);
    let hedonic = found.hedonic.as_ref().expect("a regression");
    assert_eq!(
        (hedonic.products, hedonic.columns, hedonic.at_price),
        (6, 4, 825.0)
    );
    assert!(gap(hedonic.r_squared, 0.950_330_874_445_606) < 1e-10);
    let memory = subject(found, "memory");
    let h = memory.hedonic.as_ref().expect("a premium");
    assert!(gap(h.coefficient, 0.051_069_288_019_461_645) < 1e-9);
    assert!(gap(h.error, 0.369_843_681_319_969) < 1e-9);
    assert!(gap(h.premium.median, 41.074_415_343_703_98) < 1e-9);
    assert!(gap(h.premium.low, -749.507_858_687_730_7) < 1e-8);
    assert!(gap(h.premium.high, 434.694_344_243_602_8) < 1e-8);
    assert!(gap(memory.inflation.expect("a feature"), 22.101_936_799_184_5) < 1e-9);
    let brand = subject(found, "A").hedonic.as_ref().expect("a premium");
    assert!(gap(brand.premium.median, 82.703_060_359_479_31) < 1e-9);
    let bundle = found
        .subjects
        .iter()
        .find(|s| s.kind == "bundle")
        .expect("both");
    let bundle = bundle.hedonic.as_ref().expect("a premium");
    assert!(gap(bundle.coefficient, 0.671_844_342_556_221_7) < 1e-9);
    assert!(gap(bundle.error, 0.133_501_870_813_977_8) < 1e-9);
    // Memory and screen move together: the study says so.
    let said = results.findings.iter().any(|f| {
        f.code == "premiums"
            && f.level == Level::Warning
            && f.message.contains("`memory` moves with")
    });
    assert!(said);
}

/// Money in hundredths: worths and profits a hundred times, shares and parts the same.
#[test]
fn money_has_no_unit() {
    let usual = results(&KNOWN, "", 1);
    let folder = folder(&KNOWN, "");
    folder.change(
        "products.csv",
        &[
            (",900,", ",90000,"),
            (",600,", ",60000,"),
            (",750,", ",75000,"),
            (",300,", ",30000,"),
            (",250,", ",25000,"),
            (",150,", ",15000,"),
        ],
    );
    folder.change(
        "study.toml",
        &[
            ("price = 400", "price = 40000"),
            ("known = 280", "known = 28000"),
            ("plus = -150", "plus = -15000"),
            ("below = 260", "below = 26000"),
        ],
    );
    let cents = support::results(&folder.read().expect("a study"), 1);
    let (a, b) = (report(&usual), report(&cents));
    for (s, t) in a.subjects.iter().zip(&b.subjects) {
        assert!(
            gap(t.median_consumer.median, 100.0 * s.median_consumer.median) < 1e-6,
            "{}",
            s.title
        );
        for (v, w) in s.values.iter().zip(&t.values) {
            assert!(
                gap(w.profit.change.median, 100.0 * v.profit.change.median) < 1e-5,
                "{}",
                s.title
            );
            let parts = v.erosion.as_ref().zip(w.erosion.as_ref());
            assert!(
                parts.is_none_or(
                    |(e, f)| gap(f.profit_remains.median, e.profit_remains.median) < 1e-5
                )
            );
        }
    }
    let map = |r: &PremiumReport| r.map.as_ref().expect("a map").points.clone();
    for (p, q) in map(a).iter().zip(map(b)) {
        assert!(
            (p.x - q.x).abs() < 1e-5 && (p.y - q.y).abs() < 1e-5,
            "{}",
            p.product
        );
    }
}

#[test]
fn threads_change_nothing() {
    let study = folder(&UNCERTAIN, "").read().expect("a study");
    let found = [1, 3].map(|threads| {
        run(&study, support::options(6, threads), &Silent)
            .expect("solvable")
            .premiums
    });
    assert_eq!(found[0], found[1]);
    assert!(found[0].is_some());
}

/// Substitutes of a product add up with buying nothing where all are listed.
#[test]
fn substitutes_are_second_choices() {
    let results = results(&KNOWN, "", 1);
    let found = report(&results);
    for s in &found.substitutes {
        let all: f64 = s.nearest.iter().map(|n| n.diversion.median).sum();
        same(all + s.outside.median, 1.0);
        assert!(
            s.nearest
                .is_sorted_by(|a, b| a.diversion.median >= b.diversion.median)
        );
    }
    let map = found.map.as_ref().expect("a map");
    assert!(map.points.len() == 6 && map.apart == 0 && map.explained > 0.0 && map.explained <= 1.0);
}

fn mistakes(from: &str, to: &str) -> Vec<InputError> {
    let folder = folder(&KNOWN, "");
    folder.change("study.toml", &[(from, to)]);
    folder.read().expect_err("a mistake")
}

#[test]
fn mistakes_are_told_with_place_and_hint() {
    for (from, to, place, said, hint) in [
        (
            r#"focus = ["a1", "b1"]"#,
            r#"focus = ["a1", "b9"]"#,
            "premiums.focus[1]",
            "no product `b9`",
            "b1",
        ),
        (
            r#"brands = ["A"]"#,
            r#"brands = ["Z"]"#,
            "premiums.brands[0]",
            "no brand on sale `Z`",
            "A",
        ),
        (
            "column = \"screen\"\nstep",
            "column = \"scren\"\nstep",
            "premiums.feature[1].column",
            "`scren`",
            "screen",
        ),
        (
            "step = 0.5",
            "step = 0",
            "premiums.feature[1].step",
            "a step of nothing",
            "below zero",
        ),
        (
            "budget = { below = 260 }",
            "budget = {}",
            "premiums.budget",
            "give one of",
            "",
        ),
        (
            "budget = { below = 260 }",
            "budget = { below = -1 }",
            "premiums.budget.below",
            "",
            "",
        ),
        ("draws = 12", "draws = 0", "premiums.draws", "from 1 to", ""),
        (
            "draws = 12",
            "reference = [\"A\"]",
            "premiums.reference[0]",
            "compared with itself",
            "leave it out",
        ),
        (
            "draws = 12",
            "scenario = \"none\"",
            "premiums.scenario",
            "no scenario `none`",
            "",
        ),
    ] {
        let found = mistakes(from, to);
        let about =
            |e: &&InputError| e.path == place && e.message.contains(said) && e.hint.contains(hint);
        assert!(found.iter().any(|e| about(&e)), "{to}: {found:?}");
    }
}

#[test]
fn what_the_market_does_not_have_is_refused() {
    for (from, to, place) in [
        ("below = 260", "below = 100", "premiums.budget"),
        ("below = 260", "below = 800", "premiums.budget"),
        (
            r#"focus = ["a1", "b1"]"#,
            r#"focus = ["a1", "x"]"#,
            "premiums.focus[1]",
        ),
    ] {
        let folder = folder(&KNOWN, "");
        folder.change("study.toml", &[(from, to)]);
        let study = folder.read().expect("a study");
        let Err(entrant::RunError::Input(found)) = run(&study, support::options(1, 1), &Silent)
        else {
            panic!("{to} must be refused");
        };
        assert!(
            found[0].path == place && !found[0].hint.is_empty(),
            "{found:?}"
        );
    }
}
