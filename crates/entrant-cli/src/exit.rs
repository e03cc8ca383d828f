//! How the program ends, as a number that scripts can rely on.

use std::process::ExitCode;

use entrant::data::result::estimation::{EstimateStatus, EstimationReport};
use entrant::data::result::{CalibrationReport, MarketOutcome, Results};
use entrant::data::{Finding, Level, Status};

/// Diagnostics whose failure says that the data do not determine the answer, or how far it may be
/// off.
const UNDETERMINED: [&str; 5] = [
    "identification",
    "moments",
    "markets",
    "clusters",
    "weak-instruments",
];

/// How the program ends. `entrant --help` prints this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done; after `run` and `fit`: and every number has a usable status.
    Certified = 0,
    /// A mistake in the study, its tables or the command line, or a file that cannot be read
    /// or written.
    BadInput = 2,
    /// The data do not determine the parameters, or how far estimates may be off.
    NotIdentified = 3,
    /// A market could not be calibrated, or a scenario has no usable equilibrium.
    NotSolved = 4,
    /// Threads, memory or disk space ran out.
    Resource = 5,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// What the statuses and diagnostics of a run amount to.
    pub fn of_results(results: &Results) -> Self {
        let outcomes = results.scenarios.iter().flat_map(|s| &s.markets);
        let solved = outcomes.map(|m| Exit::of_status(status(m)));
        let worst = solved.max().unwrap_or(Exit::Certified);
        Exit::of_fit(&results.calibration, &results.findings).max(worst)
    }

    /// What the statuses and diagnostics of a calibration amount to.
    pub fn of_fit(calibration: &[CalibrationReport], findings: &[Finding]) -> Self {
        let statuses = calibration.iter().map(|c| Exit::of_status(c.status));
        let findings = findings.iter().map(Exit::of_finding);
        // A market that is not identified comes first: nothing behind it means anything.
        let all: Vec<Exit> = statuses.chain(findings).collect();
        if all.contains(&Exit::NotIdentified) {
            return Exit::NotIdentified;
        }
        all.into_iter().max().unwrap_or(Exit::Certified)
    }

    /// What a status amounts to.
    pub fn of_status(status: Status) -> Self {
        match status {
            s if s.is_usable() => Exit::Certified,
            Status::NotIdentified => Exit::NotIdentified,
            _ => Exit::NotSolved,
        }
    }

    /// What the end of an estimation amounts to.
    pub fn of_estimate(status: EstimateStatus) -> Self {
        match status {
            s if s.is_usable() => Exit::Certified,
            EstimateStatus::NotIdentified => Exit::NotIdentified,
            EstimateStatus::Interrupted => Exit::Interrupted,
            _ => Exit::NotSolved,
        }
    }

    /// What the end of an estimation and its diagnostics amount to.
    pub fn of_estimation(report: &EstimationReport) -> Self {
        let own = Exit::of_estimate(report.status);
        if own != Exit::Certified {
            return own;
        }
        // Without identification nothing else means anything.
        let worst = report.findings.iter().map(Exit::of_finding);
        let failed = worst.filter(|e| *e != Exit::Certified);
        failed.min().unwrap_or(Exit::Certified)
    }

    /// What a diagnostic amounts to: an error means that the answer must not be used.
    pub fn of_finding(finding: &Finding) -> Self {
        match (finding.level, finding.code.as_str()) {
            (Level::Ok | Level::Warning, _) => Exit::Certified,
            (Level::Error, code) if UNDETERMINED.contains(&code) => Exit::NotIdentified,
            (Level::Error, _) => Exit::NotSolved,
        }
    }
}

/// Status of an outcome: its own and its certificate's.
pub(crate) fn status(market: &MarketOutcome) -> Status {
    market.status.worst(market.certificate.status)
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_usable_statuses_are_certified() {
        assert_eq!(Exit::of_status(Status::Multiple), Exit::Certified);
        assert_eq!(Exit::of_status(Status::LocalOnly), Exit::NotSolved);
        assert_eq!(Exit::of_status(Status::NotIdentified), Exit::NotIdentified);
        assert_eq!(Exit::of_status(Status::NoEquilibrium), Exit::NotSolved);
    }

    #[test]
    fn an_unidentified_market_outranks_an_unsolved_one() {
        let findings = [
            Finding::error("draws", "", ""),
            Finding::error("identification", "", ""),
        ];
        assert_eq!(Exit::of_fit(&[], &findings), Exit::NotIdentified);
        assert_eq!(Exit::of_fit(&[], &findings[..1]), Exit::NotSolved);
        assert_eq!(
            Exit::of_fit(&[], &[Finding::warning("draws", "", "")]),
            Exit::Certified
        );
    }
}
