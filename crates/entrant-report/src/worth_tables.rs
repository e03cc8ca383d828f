//! Tables of what an entry is worth over time, and of its timing, in long form.

use entrant_data::result::{Estimate, Expected, Results, ScenarioOutcome, TimingReport, Worth};

use crate::csv::{Csv, Sheet};
use crate::tables::{long, row};

fn asked(results: &Results) -> impl Iterator<Item = (&ScenarioOutcome, &Worth)> {
    let all = results.scenarios.iter();
    all.filter_map(|s| Some((s, s.worth.as_ref()?)))
}

/// Worth by scenario.
pub(crate) fn worth(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "firm", "quantity"]);
    let plain = |x: f64| Estimate::exact(x, results.settings.level);
    for (scenario, w) in asked(results) {
        let mut all = vec![
            ("profit", w.profit),
            ("break_even", w.break_even),
            ("fixed_cost", w.fixed_cost),
            ("value", w.value),
            ("loss_probability", plain(w.loss_probability)),
        ];
        all.extend(w.running_cost.map(|e| ("running_cost", e)));
        all.extend(w.together.map(|e| ("incumbents_loss", e)));
        all.extend(w.payback.map(|t| ("payback_period", plain(f64::from(t)))));
        for (name, x) in [("never_paid_back", w.never), ("outbid", w.outbid)] {
            all.extend(x.is_finite().then(|| (name, plain(x))));
        }
        for (name, e) in &all {
            row(&mut csv, &[&scenario.id, &w.firm, name], e);
        }
    }
    csv.sheet()
}

/// Chance of covering a fixed cost.
pub(crate) fn curve(results: &Results) -> Sheet {
    let mut csv = Csv::new(&["scenario", "firm", "fixed_cost", "probability"]);
    for (scenario, w) in asked(results) {
        for p in &w.curve {
            csv.texts(&[&scenario.id, &w.firm])
                .number(p.fixed_cost)
                .number(p.probability)
                .end();
        }
    }
    csv.sheet()
}

/// Worth period by period.
pub(crate) fn periods(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "firm", "period", "quantity"]);
    for (scenario, w) in asked(results) {
        for p in &w.flow {
            let period = p.period.to_string();
            let paid = Estimate::exact(p.paid_back, results.settings.level);
            for (name, e) in [
                ("reach", &p.reach),
                ("units", &p.units),
                ("profit", &p.profit),
                ("cash", &p.cash),
                ("position", &p.position),
                ("paid_back", &paid),
            ] {
                row(&mut csv, &[&scenario.id, &w.firm, &period, name], e);
            }
        }
    }
    csv.sheet()
}

/// What the newcomer costs each of the others.
pub(crate) fn incumbents(results: &Results) -> Sheet {
    let mut csv = long(&["scenario", "entrant", "firm", "quantity"]);
    for (scenario, w) in asked(results) {
        for k in &w.incumbents {
            row(&mut csv, &[&scenario.id, &w.firm, &k.firm, "loss"], &k.loss);
        }
    }
    csv.sheet()
}

/// Options of when to enter.
pub(crate) fn timing(timing: &TimingReport) -> Sheet {
    let mut csv = Csv::new(&["option", "quantity", "mean", "standard_error"]);
    let mut line = |option: &str, name: &str, e: &Expected| {
        csv.texts(&[option, name])
            .number(e.mean)
            .number(e.error)
            .end();
    };
    let certain = |mean: f64| Expected { mean, error: 0.0 };
    for o in &timing.options {
        line(&o.id, "committed", &o.expected);
        line(&o.id, "flexible", &o.flexible_expected);
        line(&o.id, "perfect", &o.perfect);
        line(&o.id, "loss_probability", &certain(o.loss_probability));
        line(&o.id, "best", &certain(o.best));
    }
    for (name, e) in [
        ("worth_now", &timing.worth_now),
        ("worth", &timing.worth),
        ("waiting", &timing.waiting),
        ("waiting_blind", &timing.waiting_blind),
        ("perfect", &timing.perfect),
        ("stay_out_is_best", &certain(timing.out)),
    ] {
        line("", name, e);
    }
    csv.sheet()
}

/// What is done at each step of each option.
pub(crate) fn steps(timing: &TimingReport) -> Sheet {
    let head = [
        "option", "step", "scenario", "start", "goes", "stays", "leaves",
    ];
    let mut csv = Csv::new(&head);
    for o in &timing.options {
        for (k, s) in o.steps.iter().enumerate() {
            csv.text(&o.id)
                .count(k + 1)
                .text(&s.scenario)
                .count(s.start as usize)
                .number(s.goes)
                .number(s.stays)
                .number(s.leaves)
                .end();
        }
    }
    csv.sheet()
}
