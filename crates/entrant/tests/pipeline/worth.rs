//! Worth over time: every number again from scenarios that are run one by one.

use entrant::data::InputError;
use entrant::data::result::{Results, ScenarioOutcome, Worth};

use crate::support::{self, Folder, KNOWN, Recipe, UNCERTAIN, gap, options};
use entrant::{Silent, run};

/// Equilibria are solved to residuals of 1e-10 of a price.
const SOLVED: f64 = 1e-8;

fn scenario<'a>(r: &'a Results, id: &str) -> &'a ScenarioOutcome {
    r.scenarios.iter().find(|s| s.id == id).expect("a scenario")
}

fn worth<'a>(r: &'a Results, id: &str) -> &'a Worth {
    scenario(r, id).worth.as_ref().expect("X enters")
}

/// Profit per period of a firm after a scenario.
fn profit(r: &Results, id: &str, firm: &str) -> f64 {
    let firms = &scenario(r, id).markets[0].firms;
    let found = firms.iter().find(|f| f.firm == firm);
    found.expect("the firm").profit.after.median
}

fn before(r: &Results, firm: &str) -> f64 {
    let firms = &scenario(r, "entry").markets[0].firms;
    let found = firms.iter().find(|f| f.firm == firm);
    found.expect("the firm").profit.before.median
}

fn raised(x: f64, times: u32) -> f64 {
    (0..times).fold(1.0, |all, _| all * x)
}

fn entry(id: &str, aware: f64, rest: &str) -> String {
    format!(
        "\n[[scenario]]\nid = \"{id}\"\ntitle = \"{id}\"\n[[scenario.enter]]\nproducts = [\"x\"]\naware = {aware}\n{rest}"
    )
}

const PATH: &str = "\n[worth.path]\ngiven = [0.4, 0.7, 1.3]\n";

/// The scenario of `entry` has half of all buyers know X.
fn steps() -> String {
    let each = [(1, 0.2), (2, 0.35), (3, 0.65)];
    each.iter()
        .map(|(k, aware)| entry(&format!("r{k}"), *aware, ""))
        .collect()
}

#[test]
fn each_period_is_a_scenario_of_its_own() {
    let recipe = Recipe {
        fixed: "1e6\nyearly_cost = 4e5\ngrowth = 0.02",
        ..KNOWN
    };
    let folder = Folder::with(&recipe, &format!("{PATH}{}", steps()));
    let r = support::results(&folder.read().expect("a study"), 3);
    let w = worth(&r, "entry");
    // The last value of the path holds on.
    let each = ["r1", "r2", "r3", "r3"];
    let factor = |t: u32| raised(1.02, t) / raised(1.1, t + 1);
    let (mut position, mut paid) = (-1e6, None);
    for (t, id) in (0_u32..).zip(each) {
        let earned = profit(&r, id, "X") * raised(1.02, t);
        let p = &w.flow[t as usize];
        assert_eq!(p.period, t + 1);
        assert!(gap(p.profit.median, earned) < SOLVED);
        assert!(gap(p.cash.median, earned - 1e5) < SOLVED);
        position += (earned - 1e5) / raised(1.1, t + 1);
        assert!((p.position.median - position).abs() < SOLVED * 1e6);
        if position >= 0.0 && paid.is_none() {
            paid = Some(t + 1);
        }
        let units = scenario(&r, id).markets[0].products.iter();
        let units = units
            .filter(|p| p.product == "x")
            .map(|p| p.units.after.median);
        assert!(gap(p.units.median, units.sum::<f64>() * raised(1.02, t)) < SOLVED);
    }
    assert!((w.value.median - position).abs() < SOLVED * 1e6);
    assert!(gap(w.break_even.median, position + 1e6) < SOLVED);
    assert_eq!(w.payback, paid);
    assert!((w.never - f64::from(u8::from(paid.is_none()))).abs() < 1e-15);
    let mut total = 0.0;
    for k in &w.incumbents {
        let lost =
            |(t, id): (u32, &str)| factor(t) * (before(&r, &k.firm) - profit(&r, id, &k.firm));
        let by_hand: f64 = (0_u32..).zip(each).map(lost).sum();
        assert!(by_hand > 0.0, "{}", k.firm);
        assert!(
            (k.loss.median - by_hand).abs() < 1e-9 * before(&r, &k.firm),
            "{}",
            k.firm
        );
        total += by_hand;
    }
    assert_eq!(w.incumbents.len(), 3);
    assert!(gap(w.together.expect("a sum").median, total) < 1e-7);
    let outbid = w.value.median > 0.0 && total > w.value.median;
    assert!((w.outbid - f64::from(u8::from(outbid))).abs() < 1e-15);
    let solved = w.solved.expect("a certificate");
    assert_eq!((solved.draws, solved.lost, solved.equilibria), (3, 0, 4));
    assert!(solved.worst_residual < 1e-10 && solved.worst_curvature < 0.0);
}

#[test]
fn erosion_changes_prices_and_costs() {
    let recipe = Recipe {
        fixed: "1e6\nprice_erosion = 0.1\ncost_erosion = 0.2\nrivals_cost_erosion = 0.05",
        ..KNOWN
    };
    let cheaper = |part: &str| -> String {
        let one = |f: &str| format!("[[scenario.cost]]\nfirm = \"{f}\"\nfactor = 0.95\n");
        let others: String = ["A", "B", "C"].map(one).concat();
        format!("{others}{part}")
    };
    let own = "[[scenario.cost]]\nfirm = \"X\"\nfactor = 0.8\n";
    let with = entry("e2", 0.5, &format!("price = 360\n{}", cheaper(own)));
    let without = format!(
        "\n[[scenario]]\nid = \"c2\"\ntitle = \"c2\"\n{}",
        cheaper("")
    );
    let folder = Folder::with(&recipe, &format!("{with}{without}"));
    folder.edit("study.toml", "periods = 4", "periods = 2");
    let r = support::results(&folder.read().expect("a study"), 2);
    let w = worth(&r, "entry");
    let (first, second) = (profit(&r, "entry", "X"), profit(&r, "e2", "X"));
    assert!(gap(w.flow[0].profit.median, first) < SOLVED);
    assert!(gap(w.flow[1].profit.median, second) < SOLVED);
    assert!(gap(w.break_even.median, first / 1.1 + second / 1.21) < SOLVED);
    for k in &w.incumbents {
        let now = before(&r, &k.firm) - profit(&r, "entry", &k.firm);
        let later = profit(&r, "c2", &k.firm) - profit(&r, "e2", &k.firm);
        let by_hand = now / 1.1 + later / 1.21;
        assert!(
            (k.loss.median - by_hand).abs() < 1e-9 * before(&r, &k.firm),
            "{}",
            k.firm
        );
    }
}

/// Others move in period 2 and another maker comes in period 3; every period is again a scenario that
/// has it all.
#[test]
fn others_move_meanwhile() {
    let dearer = "[[scenario.cost]]\nfirm = \"A\"\nfactor = 1.2\n";
    let newcomer = "[[scenario.enter]]\nproducts = [\"y\"]\naware = 0.6\n";
    let alone =
        |id: &str, part: &str| format!("\n[[scenario]]\nid = \"{id}\"\ntitle = \"{id}\"\n{part}");
    let entrant = "\n[[entrant]]\nid = \"y\"\nfirm = \"Y\"\nprice = \"optimal\"\ncost = { known = 250 }\nquality = { like = \"b2\" }\ncharacteristics = { memory = 64, screen = 5.5 }\n";
    let both = format!("{dearer}{newcomer}");
    let extra = [
        // Moves stand in any order.
        "\n[[worth.rival]]\nscenario = \"y in\"\nfrom = 3\n".to_owned(),
        "\n[[worth.rival]]\nscenario = \"a dearer\"\nfrom = 2\n".to_owned(),
        entrant.to_owned(),
        alone("a dearer", dearer),
        alone("y in", newcomer),
        alone("both", &both),
        entry("with dearer", 0.5, dearer),
        entry("with both", 0.5, &both),
    ];
    let folder = Folder::with(&KNOWN, &extra.concat());
    let r = support::results(&folder.read().expect("a study"), 2);
    let w = worth(&r, "entry");
    let moves: Vec<(&str, u32)> = w.rivals.iter().map(|m| (&*m.scenario, m.from)).collect();
    assert_eq!(moves, [("a dearer", 2), ("y in", 3)]);
    let each = ["entry", "with dearer", "with both", "with both"];
    let mut total = 0.0;
    for (t, id) in (1_u32..).zip(each) {
        let earned = profit(&r, id, "X");
        assert!(
            gap(w.flow[t as usize - 1].profit.median, earned) < SOLVED,
            "{t}"
        );
        total += earned / raised(1.1, t);
    }
    assert!(gap(w.break_even.median, total) < SOLVED);
    let after = |id: &str, firm: &str| {
        let firms = &scenario(&r, id).markets[0].firms;
        let found = firms.iter().find(|f| f.firm == firm);
        found.map_or(0.0, |f| f.profit.after.median)
    };
    for k in &w.incumbents {
        let without = [before_or_none(&r, &k.firm), after("a dearer", &k.firm)];
        let without = [
            without[0],
            without[1],
            after("both", &k.firm),
            after("both", &k.firm),
        ];
        let lost = |(t, (a, b)): (u32, (&f64, &str))| (a - after(b, &k.firm)) / raised(1.1, t);
        let by_hand: f64 = (1_u32..).zip(without.iter().zip(each)).map(lost).sum();
        assert!((k.loss.median - by_hand).abs() < 1e-9 * total, "{}", k.firm);
    }
    assert!(w.incumbents.iter().any(|k| k.firm == "Y"));
    assert_eq!(w.solved.expect("a certificate").equilibria, 6);
}

fn before_or_none(r: &Results, firm: &str) -> f64 {
    let firms = &scenario(r, "entry").markets[0].firms;
    let found = firms.iter().find(|f| f.firm == firm);
    found.map_or(0.0, |f| f.profit.before.median)
}

/// A firm that sells already gains by new products what it earns more, all its products together.
#[test]
fn a_firm_that_sells_already_counts_what_the_entry_adds() {
    let cheaper = "[[scenario.cost]]\nfirm = \"A\"\nfactor = 0.9\n";
    let extra = [
        entry("cheap", 0.5, cheaper),
        format!("\n[[scenario]]\nid = \"none\"\ntitle = \"none\"\n{cheaper}"),
    ];
    let folder = Folder::with(&KNOWN, &extra.concat());
    folder.edit(
        "study.toml",
        "firm = \"X\"\nprice",
        "firm = \"A\"\nbrand = \"X\"\nprice",
    );
    folder.edit(
        "study.toml",
        "firm = \"X\"\nperiods",
        "firm = \"A\"\nperiods",
    );
    let r = support::results(&folder.read().expect("a study"), 2);
    let annuity: f64 = (1..=4).map(|t| 1.0 / raised(1.1, t)).sum();
    let added = profit(&r, "entry", "A") - before(&r, "A");
    assert!(added > 0.0 && added < 0.5 * profit(&r, "entry", "A"));
    let w = worth(&r, "entry");
    assert!(gap(w.profit.median, added) < 1e-7);
    assert!(gap(w.break_even.median, annuity * added) < 1e-7);
    // The same costs with and without the entry.
    let w = worth(&r, "cheap");
    let added = profit(&r, "cheap", "A") - profit(&r, "none", "A");
    assert!(gap(w.profit.median, added) < 1e-7);
    assert!(gap(w.break_even.median, annuity * added) < 1e-7);
}

/// A path that stays at one is no path.
#[test]
fn a_flat_path_is_the_annuity() {
    let plain = support::results(&Folder::new(&UNCERTAIN).read().expect("a study"), 12);
    for path in ["given = [1]", "start = 1\nmidpoint = 2\nrise = 3"] {
        let folder = Folder::with(&UNCERTAIN, &format!("\n[worth.path]\n{path}\n"));
        let r = support::results(&folder.read().expect("a study"), 12);
        for id in ["entry", "late"] {
            assert_eq!(worth(&r, id), worth(&plain, id), "{path}");
        }
    }
}

/// With dollars counted in cents every sum of money is a hundred times as large.
#[test]
fn units_of_money_change_nothing_else() {
    let study = |times: u32| {
        let folder = Folder::with(&KNOWN, PATH);
        if times > 1 {
            for p in [900, 600, 750, 300, 250, 150] {
                let (from, to) = (format!(",{p},"), format!(",{},", p * times));
                folder.edit("products.csv", &from, &to);
            }
            for (from, to) in [
                ("price = 400", "price = 40000"),
                ("known = 280", "known = 28000"),
                ("plus = -150", "plus = -15000"),
                ("fixed_cost = 1e6", "fixed_cost = 1e8"),
            ] {
                folder.edit("study.toml", from, to);
            }
        }
        support::results(&folder.read().expect("a study"), 2)
    };
    let (dollars, cents) = (study(1), study(100));
    let (a, b) = (worth(&dollars, "entry"), worth(&cents, "entry"));
    assert!(gap(b.value.median, 100.0 * a.value.median) < 1e-7);
    for (x, y) in a.flow.iter().zip(&b.flow) {
        assert!(gap(y.position.median, 100.0 * x.position.median) < 1e-7);
        assert!(gap(y.units.median, x.units.median) < 1e-7);
    }
    for (x, y) in a.incumbents.iter().zip(&b.incumbents) {
        assert!(gap(y.loss.median, 100.0 * x.loss.median) < 1e-6);
    }
    assert_eq!(a.payback, b.payback);
}

#[test]
fn threads_and_draws() {
    let extra = "\n[worth.path]\nstart = 0.2\nend = { dist = \"uniform\", low = 1, high = 2 }\nmidpoint = 2\nrise = 3\n";
    let recipe = Recipe {
        fixed: "1e6\ndraws = 10",
        ..UNCERTAIN
    };
    let study = Folder::with(&recipe, extra).read().expect("a study");
    let on = |threads| run(&study, options(16, threads), &Silent).expect("results");
    let (one, two) = (on(1), on(2));
    let w = worth(&one, "entry");
    assert_eq!(w, worth(&two, "entry"));
    assert_eq!(w.solved.expect("a certificate").draws, 10);
    assert!(w.flow[0].reach.low < w.flow[3].reach.low);
    assert!(w.flow[3].reach.low < w.flow[3].reach.high);
    assert!(w.flow.windows(2).all(|p| p[0].paid_back <= p[1].paid_back));
    let inputs = |name: &str| one.inputs.iter().any(|i| i.name == name && i.uncertain);
    assert!(inputs("awareness path: end"));
}

/// Awareness that grows beyond everybody is everybody, and nobody's is no entry.
#[test]
fn awareness_ends_at_everybody() {
    let extra = format!(
        "\n[worth.path]\ngiven = [0, 2, 5]\n{}",
        entry("all", 1.0, "")
    );
    let r = support::results(&Folder::with(&KNOWN, &extra).read().expect("a study"), 2);
    let w = worth(&r, "entry");
    assert!(w.flow[0].profit.median.abs() < 1e-300 && w.flow[0].units.median.abs() < 1e-300);
    for t in [1, 2, 3] {
        assert!(gap(w.flow[t].profit.median, profit(&r, "all", "X")) < SOLVED);
    }
}

fn mistake(fixed: &'static str, extra: &str) -> InputError {
    let folder = Folder::with(&Recipe { fixed, ..KNOWN }, extra);
    folder.read().expect_err("a mistake").remove(0)
}

#[test]
fn mistakes_are_named() {
    for (fixed, extra, path, message) in [
        ("1e6\nyearly_cost = -1", "", "worth.yearly_cost", "-1"),
        (
            "1e6\nprice_erosion = 1",
            "",
            "worth.price_erosion",
            "below 1",
        ),
        ("1e6\ngrowth = -1", "", "worth.growth", "above -1"),
        ("1e6\nyear = 0", "", "worth.year", "0"),
        ("1e6\ndraws = 0", "", "worth.draws", "0"),
        (
            "1e6",
            "\n[worth.path]\nend = 2\nmidpoint = 3\n",
            "worth.path",
            "needs `rise`",
        ),
        ("1e6", "\n[worth.path]\n", "worth.path", "needs `midpoint`"),
        (
            "1e6",
            "\n[[worth.rival]]\nscenario = \"entry\"\nfrom = 2\n",
            "worth.rival[0].scenario",
            "`X` enters in this scenario",
        ),
        (
            "1e6",
            "\n[[worth.rival]]\nscenario = \"nowhere\"\nfrom = 2\n",
            "worth.rival[0].scenario",
            "no scenario",
        ),
        (
            "1e6",
            "\n[[worth.rival]]\nscenario = \"b\"\nfrom = 0\n[[scenario]]\nid = \"b\"\ntitle = \"b\"\n",
            "worth.rival[0].from",
            "0",
        ),
        (
            "1e6",
            "\n[worth.path]\nmidpoint = 1\nrise = 0\n",
            "worth.path.rise",
            "above 0",
        ),
        (
            "1e6",
            "\n[worth.path]\ngiven = [1]\nend = 2\n",
            "worth.path.end",
            "belongs to a curve",
        ),
        (
            "1e6",
            "\n[worth.path]\ngiven = [1, -1]\n",
            "worth.path.given[1]",
            "at least 0",
        ),
        (
            "1e6",
            "\n[worth.path]\ngiven = [1,1,1,1,1]\n",
            "worth.path.given",
            "5 values for 4",
        ),
    ] {
        let found = mistake(fixed, extra);
        assert_eq!(found.path, path, "{found:?}");
        let said = found.message.contains(message) || found.value.contains(message);
        assert!(said, "{found:?}");
        assert!(found.line.is_some(), "{found:?}");
    }
    let folder = Folder::with(&KNOWN, "\n[worth.path]\nmidpoint = 3\nrise = 2\n");
    folder.edit("study.toml", "periods = 4", "periods = 201");
    let found = folder.read().expect_err("too many").remove(0);
    assert_eq!(found.path, "worth.periods");
    assert!(found.hint.contains("given"), "{found:?}");
}
