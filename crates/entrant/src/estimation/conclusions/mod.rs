//! What is told beside the estimates: whether their errors hold, tests, robust sets, and what
//! follows for substitution, margins and welfare.

mod audited;
mod following;
mod hypotheses;
mod numbers;
mod resampled;
mod robust;
mod standing;
mod strength;

use entrant_data::Finding;
use entrant_data::result::conclusions::{Conclusions, FollowingTables, Standing};
use entrant_data::result::estimation::EstimationReport;
use entrant_data::spec::ConclusionsSpec;

use super::report::Made;
use crate::observer::Observer;

pub(super) use hypotheses::check;
pub(super) use standing::withhold;

/// What is asked for, the study's settings and the caller's together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) spec: &'a ConclusionsSpec,
    pub(super) draws: usize,
    pub(super) audit: bool,
    pub(super) seed: u64,
    pub(super) level: f64,
    /// Whether tables of products, markets and pairs are wanted.
    pub(super) tables: bool,
}

/// Everything beside the estimates.
pub(super) struct Concluded {
    pub(super) report: Conclusions,
    pub(super) tables: FollowingTables,
    /// Whether the observer asked to stop before all was done.
    pub(super) stopped: bool,
    /// Diagnostics of what was asked for.
    pub(super) findings: Vec<Finding>,
}

/// Draws conclusions; `report` is the document so far, with its findings.
pub(super) fn conclude(
    made: &Made<'_>,
    report: &EstimationReport,
    wanted: &Wanted<'_>,
    observer: &dyn Observer,
) -> Concluded {
    let doubts = standing::doubts(made, report);
    let standing = standing::overall(&doubts);
    let sound = standing != Standing::Withheld || wanted.spec.ungated;
    let mut out = Concluded {
        report: Conclusions {
            standing,
            first_stage: made.first_stage.as_ref().map(strength::report),
            tests: hypotheses::tests(made, report, sound),
            doubts,
            ..Conclusions::default()
        },
        tables: FollowingTables::default(),
        stopped: false,
        findings: Vec::new(),
    };
    if !report.status.is_usable() {
        return out;
    }
    robust::fill(made, wanted, observer, &mut out.report);
    let intervals = if sound {
        Ok(wanted.draws)
    } else {
        Err(standing::reason(&out.report.doubts))
    };
    let (means, tables) = following::follow(made, wanted, intervals, observer);
    (out.report.means, out.tables) = (Some(means), tables);
    out.report.bootstrap = resampled::bootstrap(made, report, wanted, sound, observer);
    out.report.audit = audited::audit(made, report, wanted);
    out.findings = out.report.audit.iter().map(audited::finding).collect();
    out.stopped = observer.should_stop();
    out
}
