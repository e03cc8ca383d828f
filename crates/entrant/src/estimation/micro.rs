//! Surveys of individual consumers: what cannot be asked together with them, and what is told.

use entrant_data::InputError;
use entrant_data::result::estimation::MicroMomentReport;
use entrant_data::spec::{BootstrapKind, EstimateSpec, RobustSets};
use entrant_estimate::blp::Problem;
use entrant_estimate::gmm::Fit;

use super::words::known;

/// What is not there yet together with surveys.
pub(super) fn check(spec: &EstimateSpec, audit: bool) -> Vec<InputError> {
    if spec.micro.is_empty() {
        return Vec::new();
    }
    let report = &spec.report;
    let resampled = matches!(
        report.bootstrap,
        BootstrapKind::Score | BootstrapKind::Markets
    );
    let asked = [
        ("estimate.importance", spec.importance.is_some()),
        ("estimate.optimal", spec.optimal.is_some()),
        ("estimate.test", !spec.test.is_empty()),
        (
            "estimate.report.robust",
            report.robust == RobustSets::Always,
        ),
        ("estimate.report.bootstrap", resampled),
        ("estimate.report.audit", audit),
    ];
    let mistake = |key: &str| {
        let message = "not there yet together with `estimate.micro`";
        InputError::at(key, message).hint("leave it out, or leave the surveys out")
    };
    let asked = asked.into_iter().filter(|(_, asked)| *asked);
    asked.map(|(key, _)| mistake(key)).collect()
}

/// What surveys found beside what the estimates say.
pub(super) fn moments(problem: &Problem, fit: &Fit) -> Vec<MicroMomentReport> {
    let Some(micro) = &problem.micro else {
        return Vec::new();
    };
    let values = &fit.at.micro.values;
    let one = |(k, m): (usize, &entrant_estimate::micro::Moment)| MicroMomentReport {
        survey: micro.datasets[micro.parts[m.parts[0]].dataset].name.clone(),
        title: m.name.clone(),
        observed: m.value,
        estimated: values.get(k).copied().and_then(known),
        sampling_error: (k < fit.errors.micro.rows)
            .then(|| fit.errors.micro.at(k, k).sqrt())
            .and_then(known),
    };
    micro.moments.iter().enumerate().map(one).collect()
}
