//! When to enter, against annuities and against each other.

use entrant::data::InputError;
use entrant::data::result::{Results, TimingOption, TimingReport};
use entrant::{Silent, run};

use crate::support::{self, Folder, KNOWN, UNCERTAIN, gap, options};

const TIMING: &str = r#"
[inputs]
fee = { dist = "normal", mean = MEAN, sd = SD }

[timing]
periods = 6
LEARN

[[timing.option]]
id = "now"
title = "Now"
[[timing.option.step]]
scenario = "entry"
start = 1
fixed_cost = "fee"

[[timing.option]]
id = "wait"
title = "Wait"
[[timing.option.step]]
scenario = "entry"
start = 3
fixed_cost = "fee"

[[timing.option]]
id = "steps"
title = "Steps"
[[timing.option.step]]
scenario = "entry"
start = 1
fixed_cost = 1e5
[[timing.option.step]]
scenario = "late"
start = 4
fixed_cost = "fee"
yearly_cost = 4e5
"#;

fn report(r: &Results) -> &TimingReport {
    r.timing.as_deref().expect("asked for")
}

fn option<'a>(t: &'a TimingReport, id: &str) -> &'a TimingOption {
    t.options.iter().find(|o| o.id == id).expect("an option")
}

/// Everything but the fee known; it is about as large as what there is to earn from period 3 on.
fn results(mean: f64, learn: &str, draws: usize) -> Results {
    let extra = TIMING
        .replace("MEAN", &format!("{mean}"))
        .replace("SD", &format!("{}", mean / 5.0))
        .replace("LEARN", learn);
    support::results(
        &Folder::with(&KNOWN, &extra).read().expect("a study"),
        draws,
    )
}

/// `sum 1.1^-t` over periods `from` to `to`.
fn annuity(from: i32, to: i32) -> f64 {
    (from..=to).map(|t| 1.1_f64.powi(-t)).sum()
}

fn profit(r: &Results, s: usize) -> f64 {
    let firms = &r.scenarios[s].markets[0].firms;
    let x = firms.iter().find(|f| f.firm == "X").expect("X sells");
    x.profit.after.median
}

fn mean_fee(r: &Results) -> f64 {
    // From the option itself: what is earned is known.
    let t = report(r);
    profit(r, 0) * annuity(1, 6) - option(t, "now").expected.mean
}

/// Others move in period 3, whenever the firm comes.
#[test]
fn others_move_while_it_waits() {
    let dearer = "[[scenario.cost]]\nfirm = \"B\"\nfactor = 1.3\n";
    let moved = format!(
        "\n[[worth.rival]]\nscenario = \"b\"\nfrom = 3\n[[scenario]]\nid = \"b\"\ntitle = \"B becomes dear\"\n{dearer}[[scenario]]\nid = \"then\"\ntitle = \"then\"\n{dearer}[[scenario.enter]]\nproducts = [\"x\"]\naware = 0.5\n"
    );
    let extra = TIMING
        .replace("MEAN", "5e5")
        .replace("SD", "1e5")
        .replace("LEARN", "");
    let folder = Folder::with(&KNOWN, &format!("{extra}{moved}"));
    let r = support::results(&folder.read().expect("a study"), 60);
    let t = report(&r);
    assert_eq!((t.rivals.len(), &*t.rivals[0].title), (1, "B becomes dear"));
    let s = r.scenarios.iter().position(|s| s.id == "then");
    let (now, then) = (profit(&r, 0), profit(&r, s.expect("there")));
    assert!(then > now);
    let earned = now * annuity(1, 2) + then * annuity(3, 6);
    let fee = earned - option(t, "now").expected.mean;
    let wait = then * annuity(3, 6) - fee * 1.1_f64.powi(-2);
    assert!((option(t, "wait").expected.mean - wait).abs() < 1e-3);
    let plain = results(5e5, "", 60);
    assert!(mean_fee(&plain) - fee < 1e-3);
}

#[test]
fn options_are_annuities() {
    let r = results(5e5, "", 60);
    let t = report(&r);
    let (early, late, fee) = (profit(&r, 0), profit(&r, 1), mean_fee(&r));
    let wait = early * annuity(3, 6) - fee * 1.1_f64.powi(-2);
    assert!((option(t, "wait").expected.mean - wait).abs() < 1e-3);
    let steps = early * annuity(1, 3) + (late - 1e5) * annuity(4, 6) - 1e5 - fee * 1.1_f64.powi(-3);
    assert!((option(t, "steps").expected.mean - steps).abs() < 1e-8 * late);
    // Nothing is learnt: whoever decides later decides as now.
    for o in &t.options {
        assert!(o.flexible_expected.mean <= o.perfect.mean);
        for s in &o.steps {
            assert!((s.goes + s.stays + s.leaves - 1.0).abs() < 1e-12);
            let all = [s.goes, s.stays, s.leaves];
            assert!(all.iter().all(|x| x.min(1.0 - x).abs() < 1e-12));
        }
    }
    assert_eq!(t.waiting, t.waiting_blind);
    let chances: f64 = t.options.iter().map(|o| o.best).sum();
    assert!((chances + t.out - 1.0).abs() < 1e-12);
}

/// All that is unknown is the fee: who learns it before paying it has what perfect information
/// about this option is worth.
#[test]
fn learning_all_there_is_to_learn() {
    let probe = results(5e5, "", 2);
    let fee = profit(&probe, 0) * annuity(3, 6) * 1.21;
    let blind = results(fee, "", 200);
    let knows = results(fee, "[timing.learn]\ninputs = [\"fee\"]\n", 200);
    let (before, after) = (report(&blind), report(&knows));
    let [a, b] = [before, after].map(|t| option(t, "wait"));
    assert_eq!(a.committed, b.committed);
    assert!((b.flexible_expected.mean - b.perfect.mean).abs() < 1e-3 * b.perfect.mean);
    // Half of all fees are too high: `sd / sqrt(2 pi)` of a centred normal, two periods later.
    let exact = fee / 5.0 / (2.0 * std::f64::consts::PI).sqrt() / 1.21;
    assert!(b.flexible_expected.mean > a.flexible_expected.mean + 0.5 * exact);
    assert!((b.perfect.mean - exact).abs() < 4.0 * b.perfect.error);
    assert!((b.steps[0].goes + b.steps[0].leaves - 1.0).abs() < 1e-12);
    assert!(after.waiting.mean >= before.waiting.mean - 1e-6);
    assert!(after.worth.mean <= after.perfect.mean);
}

#[test]
fn now_is_what_the_worth_is() {
    let extra = r#"
[timing]
[[timing.option]]
id = "now"
title = "Now"
[[timing.option.step]]
scenario = "entry"
start = 1
fixed_cost = 1e6
[worth.path]
start = 0.2
midpoint = 2
rise = 3
"#;
    let folder = Folder::with(&KNOWN, extra);
    let r = support::results(&folder.read().expect("a study"), 2);
    let worth = r.scenarios[0].worth.as_ref().expect("X enters");
    let now = option(report(&r), "now");
    assert!(gap(now.expected.mean, worth.value.median) < 1e-9);
}

#[test]
fn threads_do_not_change_a_bit() {
    let learn = "[timing.learn]\nsales = 0.3\ninputs = [\"fee\"]\n";
    let extra = TIMING
        .replace("MEAN", "5e5")
        .replace("SD", "1e5")
        .replace("LEARN", learn);
    let study = Folder::with(&UNCERTAIN, &extra).read().expect("a study");
    let on = |threads| run(&study, options(24, threads), &Silent).expect("results");
    let (one, two) = (on(1), on(2));
    assert_eq!(one.timing, two.timing);
    let t = report(&one);
    assert_eq!((t.draws, t.periods, t.learns.len()), (24, 6, 2));
    assert!(t.waiting.error > 0.0 && t.worth.mean <= t.perfect.mean);
}

fn mistake(from: &str, to: &str) -> InputError {
    let text = TIMING
        .replace("MEAN", "5e5")
        .replace("SD", "1e5")
        .replace("LEARN", "[timing.learn]\ninputs = [\"fee\"]");
    assert!(text.contains(from), "{from}");
    let folder = Folder::with(&KNOWN, &text.replacen(from, to, 1));
    folder.read().expect_err("a mistake").remove(0)
}

#[test]
fn mistakes_are_named() {
    for (from, to, path, message) in [
        (
            "scenario = \"late\"",
            "scenario = \"lat\"",
            "timing.option[2].step[1].scenario",
            "no scenario `lat`",
        ),
        (
            "start = 4",
            "start = 1",
            "timing.option[2].step[1].start",
            "the one before in 1",
        ),
        (
            "start = 4",
            "start = 7",
            "timing.option[2].step[1].start",
            "from 1 to 6",
        ),
        (
            "id = \"wait\"",
            "id = \"now\"",
            "timing.option[1].id",
            "already",
        ),
        (
            "inputs = [\"fee\"]",
            "inputs = [\"fees\"]",
            "timing.learn.inputs[0]",
            "no entry `fees`",
        ),
        (
            "inputs = [\"fee\"]",
            "sales = -1",
            "timing.learn.sales",
            "-1",
        ),
        ("periods = 6", "periods = 0", "timing.periods", "0"),
        (
            "fixed_cost = 1e5",
            "fixed_cost = -1",
            "timing.option[2].step[0].fixed_cost",
            "-1",
        ),
    ] {
        let found = mistake(from, to);
        assert_eq!(found.path, path, "{found:?}");
        let said = found.message.contains(message) || found.value.contains(message);
        assert!(said, "{found:?}");
        assert!(found.line.is_some(), "{found:?}");
    }
}
