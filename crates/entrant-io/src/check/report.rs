//! The report and the back-test.

use entrant_data::InputError;
use entrant_data::spec::{BacktestSpec, ReportSpec, Study};

use super::keep;
use super::known::{Known, reference};
use crate::bind::Observed;
use crate::problems::Problems;

/// Checks everything that these sections refer to.
pub(crate) fn check(
    study: &Study,
    known: &Known<'_>,
    observed: Option<&Observed>,
    problems: &mut Problems,
) {
    check_report(&study.report, known, problems);
    if let Some(backtest) = &study.backtest {
        check_backtest(backtest, known, observed, problems);
    }
}

fn scenario(path: &str, id: &str, known: &Known<'_>) -> Result<(), InputError> {
    reference(path, "scenario", id, || known.scenarios.iter().copied())
}

/// Checks what the report refers to.
pub(crate) fn check_report(report: &ReportSpec, known: &Known<'_>, problems: &mut Problems) {
    if !report.headline.is_empty() {
        keep(
            scenario("report.headline", &report.headline, known),
            problems,
        );
    }
    for (i, firm) in report.focus.iter().enumerate() {
        keep(known.firm(&format!("report.focus[{i}]"), firm), problems);
    }
    if !report.entrant.is_empty() {
        keep(
            known.entering_firm("report.entrant", &report.entrant),
            problems,
        );
    }
    for (i, benchmark) in report.benchmark.iter().enumerate() {
        let path = format!("report.benchmark[{i}].scenario");
        keep(scenario(&path, &benchmark.scenario, known), problems);
    }
}

fn check_backtest(
    backtest: &BacktestSpec,
    known: &Known<'_>,
    observed: Option<&Observed>,
    problems: &mut Problems,
) {
    if !backtest.market.is_empty() {
        let markets = || known.markets.iter().copied();
        keep(
            reference("backtest.market", "market", &backtest.market, markets),
            problems,
        );
    }
    if backtest.scenarios.is_empty() {
        problems.at("backtest.scenarios", "name at least one scenario to score");
    }
    for (i, id) in backtest.scenarios.iter().enumerate() {
        keep(
            scenario(&format!("backtest.scenarios[{i}]"), id, known),
            problems,
        );
    }
    if let Some(observed) = observed {
        check_observed(backtest, known, observed, problems);
    }
}

fn check_observed(
    backtest: &BacktestSpec,
    known: &Known<'_>,
    observed: &Observed,
    problems: &mut Problems,
) {
    let seen = || observed.brands.iter().map(|b| b.brand.as_str());
    let conditioning = "backtest.conditioning";
    keep(
        reference(conditioning, "observed brand", &backtest.conditioning, seen),
        problems,
    );
    for brand in &observed.brands {
        let found = known.brand("column brand", &brand.brand);
        let place = |e: InputError| e.in_file(&backtest.observed, Some(brand.line));
        keep(found.map_err(place), problems);
    }
}
