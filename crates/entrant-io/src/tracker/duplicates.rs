//! A source may revise what it said, but cannot say two things in one publication.

use std::collections::BTreeMap;

use entrant_data::InputError;
use entrant_data::table::Table;
use entrant_data::tracker::{Measure, Statement, Subject};

use crate::problems::Problems;

/// Refuses statements of one source about one figure with the same date of publication, and
/// shares of one publication that add up to more than 100 percent and their rounding.
pub(super) fn check(table: &Table, statements: &[Statement], problems: &mut Problems) {
    said_twice(table, statements, problems);
    too_much(table, statements, problems);
}

fn said_twice(table: &Table, statements: &[Statement], problems: &mut Problems) {
    let mut seen: BTreeMap<_, usize> = BTreeMap::new();
    for s in statements {
        let what = (&s.country, s.quarter, &s.subject, s.measure);
        let who = (&s.source, &s.basis, &s.published);
        if let Some(first) = seen.insert((what, who), s.line) {
            let message = format!(
                "`{}` says this twice, in lines {first} and {}",
                s.source, s.line
            );
            let hint = "keep one, or fill in `published`: the later one then counts as a revision";
            let found = InputError::at("column source", message).value(&s.source);
            problems.push(found.in_file(&table.file, Some(s.line)).hint(hint));
        }
    }
}

/// Sum of shares, of what rounding may have added to them, and the last line.
#[derive(Default)]
struct Sum {
    shares: f64,
    rounding: f64,
    line: usize,
}

fn too_much(table: &Table, statements: &[Statement], problems: &mut Problems) {
    let mut sums: BTreeMap<_, Sum> = BTreeMap::new();
    let parts = statements
        .iter()
        .filter(|s| s.measure == Measure::Share && s.subject != Subject::Total);
    for s in parts {
        let key = (&s.country, s.quarter, &s.source, &s.basis, &s.published);
        let sum = sums.entry(key).or_default();
        sum.shares += s.value;
        sum.rounding += 0.5 * s.rounding;
        sum.line = s.line;
    }
    for ((country, quarter, source, ..), sum) in sums {
        if sum.shares > 1.0 + sum.rounding + 1e-9 {
            let percent = 100.0 * sum.shares;
            let message = format!(
                "the shares of `{source}` in {country}, {quarter}, add up to {percent:.1} percent"
            );
            let hint = "a share is of all units sold; does a vendor stand in another's total?";
            let found = InputError::at("column value", message);
            problems.push(found.in_file(&table.file, Some(sum.line)).hint(hint));
        }
    }
}
