//! When to enter, and what waiting is worth.

use entrant_data::result::{Expected, RivalMove, TimingOption, TimingReport, TimingStep};

use super::{Block, Cell, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// The options; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let timing = story.results.timing.as_deref()?;
    Some(Section {
        id: "timing",
        title: "When to enter",
        short: "Timing",
        lead: sentences(story, timing),
        blocks: vec![
            Block::Table(options(story, timing)),
            Block::Folded(Folded::plain("What is done at each step", steps(timing))),
        ],
    })
}

/// What it comes to, in sentences.
pub fn sentences(story: &Story<'_>, timing: &TimingReport) -> Vec<String> {
    let money = |e: &Expected| expected(story, e, false);
    let name = |id: &Option<String>| {
        let found = timing.options.iter().find(|o| Some(&o.id) == id.as_ref());
        found.map_or("staying out".to_owned(), |o| format!("“{}”", o.title))
    };
    let learns = if timing.learns.is_empty() {
        "nothing is learnt meanwhile".to_owned()
    } else {
        format!("meanwhile it learns {}", timing.learns.join(" and "))
    };
    let mut all = vec![
        format!(
            "{} decides when to enter a market that is there for {} periods; {learns}. Decided now \
             and once and for all, the best is {}, with an expected worth of {}.",
            timing.firm,
            timing.periods,
            name(&timing.best_now),
            money(&timing.worth_now)
        ),
        format!(
            "With later steps decided by what is known then, the best is {}, with {}: waiting is \
             worth {}, of which {} is there without learning anything.",
            name(&timing.best),
            money(&timing.worth),
            money(&timing.waiting),
            money(&timing.waiting_blind)
        ),
        format!(
            "Who knew everything before deciding anything would have {}, which no way of learning \
             can exceed. Staying out is best in {} of draws.",
            money(&timing.perfect),
            chance(timing.out)
        ),
    ];
    all.extend(rivals(&timing.rivals));
    if timing.waiting.mean.abs() < 2.0 * timing.waiting.error {
        all.push("The value of waiting is within two standard errors of zero.".to_owned());
    }
    all
}

/// What others do later; nothing where they do nothing.
pub(super) fn rivals(moves: &[RivalMove]) -> Option<String> {
    let one = |m: &RivalMove| format!("“{}” from period {} on", m.title, m.from);
    let all: Vec<String> = moves.iter().map(one).collect();
    (!all.is_empty()).then(|| {
        format!(
            "Others move meanwhile, whether it enters or not: {}.",
            all.join(", ")
        )
    })
}

/// A mean with its standard error.
fn expected(story: &Story<'_>, e: &Expected, signed: bool) -> String {
    let money = Unit::Money(&story.money);
    if e.error > 0.0 {
        let [mean, error] = [(e.mean, signed), (e.error, false)]
            .map(|(x, signed)| format::number(x, money, signed));
        format!("{mean} (standard error {error})")
    } else {
        format::number(e.mean, money, signed)
    }
}

fn chance(x: f64) -> String {
    format::number(x, Unit::Chance, false)
}

const COLUMNS: [&str; 6] = [
    "Option",
    "Expected worth, followed to its end",
    "Loses money in",
    "Expected worth, decided step by step",
    "Expected worth, everything known",
    "Best in",
];

fn options(story: &Story<'_>, timing: &TimingReport) -> Table {
    let money = Unit::Money(&story.money);
    let mean = |e: &Expected| {
        let error = format::number(e.error, money, false);
        Cell::number(format::number(e.mean, money, true)).noted(format!("standard error {error}"))
    };
    let row = |o: &TimingOption| {
        vec![
            Cell::text(o.title.as_str()).noted(starts(o)),
            mean(&o.expected),
            Cell::number(chance(o.loss_probability)),
            mean(&o.flexible_expected),
            mean(&o.perfect),
            Cell::number(chance(o.best)),
        ]
    };
    let out = vec![
        Cell::text("Stay out"),
        Cell::number(format::number(0.0, money, true)),
        Cell::number(chance(0.0)),
        Cell::number(format::number(0.0, money, true)),
        Cell::number(format::number(0.0, money, true)),
        Cell::number(chance(timing.out)),
    ];
    let caption = format!(
        "Worth of each option over {} periods, {} draws",
        timing.periods, timing.draws
    );
    Table::new(caption, &COLUMNS)
        .with(timing.options.iter().map(row))
        .with([out])
}

fn starts(o: &TimingOption) -> String {
    let all: Vec<String> = o.steps.iter().map(|s| s.start.to_string()).collect();
    match &all[..] {
        [one] => format!("from period {one}"),
        several => format!("steps in periods {}", several.join(", ")),
    }
}

fn steps(timing: &TimingReport) -> Table {
    let head = [
        "Option",
        "Step",
        "Period",
        "Taken in",
        "Stays with the step before in",
        "Leaves or never comes in",
    ];
    let row = |o: &TimingOption, s: &TimingStep| {
        vec![
            Cell::text(o.title.as_str()),
            Cell::text(s.scenario.as_str()),
            Cell::number(s.start.to_string()),
            Cell::number(chance(s.goes)),
            Cell::number(chance(s.stays)),
            Cell::number(chance(s.leaves)),
        ]
    };
    let rows = timing.options.iter();
    let rows = rows.flat_map(|o| o.steps.iter().map(move |s| row(o, s)));
    Table::new(
        "Share of draws in which each step is taken, decided by what is known then",
        &head,
    )
    .with(rows)
}
