//! The parameters drawn again.

use entrant_data::result::conclusions::{BootstrapParameter, BootstrapReport, DrawsReport};
use entrant_data::result::estimation::EstimationReport;
use entrant_data::spec::BootstrapKind;
use entrant_estimate::bootstrap::{Draws, Multipliers, parametric, resample, score};

use super::Wanted;
use super::numbers::ranged;
use crate::estimation::report::Made;
use crate::observer::{Observer, Stage};

/// The bootstrap that the study asks for. The ones that rest on the estimates' covariance, or on
/// what it rests on, are left out where standard errors are withheld.
pub(super) fn bootstrap(
    made: &Made<'_>,
    report: &EstimationReport,
    wanted: &Wanted<'_>,
    sound: bool,
    observer: &dyn Observer,
) -> Option<BootstrapReport> {
    let kind = wanted.spec.bootstrap;
    if kind == BootstrapKind::None || (!sound && kind != BootstrapKind::Markets) {
        return None;
    }
    let drawn = draw(made, wanted, observer);
    let value = |k: usize| report.parameters[k].estimate;
    let column = |k: usize| -> Vec<f64> {
        let all = drawn.draws.iter().filter_map(|d| {
            let linear = d.linear.beta.iter().chain(&d.linear.gamma);
            d.values.iter().chain(linear).nth(k).copied()
        });
        all.collect()
    };
    let names = report.covariance.names.iter().enumerate();
    let parameters = names.map(|(k, name)| BootstrapParameter {
        name: name.clone(),
        value: ranged(value(k).unwrap_or(f64::NAN), column(k), wanted.level),
    });
    Some(BootstrapReport {
        parameters: parameters.collect(),
        draws: told(word(kind), wanted.spec.bootstrap_draws, wanted, &drawn),
    })
}

fn draw(made: &Made<'_>, wanted: &Wanted<'_>, observer: &dyn Observer) -> Draws {
    let (problem, fit) = (made.problem, made.fit);
    let (draws, seed) = (wanted.spec.bootstrap_draws, wanted.seed);
    match wanted.spec.bootstrap {
        BootstrapKind::None => Draws::default(),
        BootstrapKind::Parametric => parametric(problem, fit, draws, seed),
        BootstrapKind::Score => score(problem, fit, Multipliers::default(), draws, seed),
        BootstrapKind::Markets => {
            let settings = crate::estimation::settings(&made.loaded.study.estimate);
            let mut proceed = |done: usize| {
                observer.progress(Stage::Drawing, done, draws);
                !observer.should_stop()
            };
            resample(
                problem,
                fit,
                &settings,
                (draws, seed),
                made.workers,
                &mut proceed,
            )
        }
    }
}

fn word(kind: BootstrapKind) -> &'static str {
    match kind {
        BootstrapKind::None => "none",
        BootstrapKind::Parametric => "parametric",
        BootstrapKind::Score => "score",
        BootstrapKind::Markets => "markets",
    }
}

/// What is to be said about draws.
pub(super) fn told(kind: &str, draws: usize, wanted: &Wanted<'_>, all: &Draws) -> DrawsReport {
    DrawsReport {
        kind: kind.into(),
        draws,
        seed: wanted.seed,
        level: wanted.level,
        clipped: all.clipped,
        upward: all.upward,
        failed: all.failed,
    }
}
