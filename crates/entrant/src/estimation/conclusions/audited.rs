//! Whether estimates depend on the consumers with whom integrals are taken.

use entrant_data::Finding;
use entrant_data::result::conclusions::{AuditMove, IntegrationAudit};
use entrant_data::result::estimation::EstimationReport;
use entrant_data::spec::{IntegrationRule, IntegrationSpec};
use entrant_estimate::audit::{Audit, THRESHOLD, by_halves, by_rule};
use entrant_estimate::blp::rule;

use super::Wanted;
use crate::estimation::report::Made;

/// Nodes of a finer rule, in times of the study's own.
const FINER: usize = 10;
/// Points that a finer quadrature has more in each dimension.
const LEVELS: usize = 4;

/// The audit, when it is asked for and there are consumers.
pub(super) fn audit(
    made: &Made<'_>,
    report: &EstimationReport,
    wanted: &Wanted<'_>,
) -> Option<IntegrationAudit> {
    if !wanted.audit || made.problem.random_names.is_empty() {
        return None;
    }
    let demand = &made.loaded.study.estimate.demand;
    let own = made.loaded.consumers.is_some() || made.problem.parameters.demographics > 0;
    let (consumers, found) = match &demand.integration {
        Some(spec) if !own => finer(made, spec, wanted.seed),
        _ => (
            "a random half of the consumers of each market, then the other half".into(),
            by_halves(made.problem, made.fit, wanted.seed, made.workers),
        ),
    };
    Some(match found {
        Ok(found) => told(report, consumers, &found),
        Err(failure) => failed(consumers, failure),
    })
}

/// What the audit amounts to.
pub(super) fn finding(audit: &IntegrationAudit) -> Finding {
    let advice = "take more draws, or a rule of integration with more points";
    if !audit.failure.is_empty() {
        let message = format!("integrals could not be audited: {}", audit.failure);
        return Finding::warning("audit", message, advice);
    }
    let known = audit.moves.iter().filter_map(|m| m.relative);
    let largest = known.fold(0.0, f64::max);
    let message = format!(
        "with other consumers the estimates move by at most {largest:.2} standard errors (limit {THRESHOLD})"
    );
    if largest <= THRESHOLD {
        Finding::ok("audit", message)
    } else {
        Finding::warning("audit", message, advice)
    }
}

fn finer(made: &Made<'_>, spec: &IntegrationSpec, seed: u64) -> (String, Result<Audit, String>) {
    let quadrature = matches!(
        spec.rule,
        IntegrationRule::Product
            | IntegrationRule::NestedProduct
            | IntegrationRule::Grid
            | IntegrationRule::NestedGrid
    );
    let (rule, size) = if quadrature {
        // Product rules of Gauss and Hermite exist at every level.
        (rule(IntegrationRule::Product), spec.size + LEVELS)
    } else {
        (rule(spec.rule), FINER * spec.size)
    };
    let what = if quadrature {
        format!("a product rule with {size} points in each dimension")
    } else {
        format!("{size} nodes of the same rule from another seed")
    };
    let found = by_rule(
        made.problem,
        made.fit,
        (rule, size, seed.wrapping_add(1)),
        made.workers,
    );
    (what, found)
}

fn told(report: &EstimationReport, consumers: String, found: &Audit) -> IntegrationAudit {
    let of = |f: fn(&entrant_estimate::audit::Recheck) -> f64, at: f64| -> Vec<f64> {
        std::iter::once(at)
            .chain(found.rechecks.iter().map(f))
            .collect()
    };
    let moves = report.covariance.names.iter().enumerate().map(|(k, name)| {
        let error = report.parameters[k].error;
        let size = found.bias[k].abs().max(found.noise[k]);
        AuditMove {
            name: name.clone(),
            bias: found.bias[k],
            noise: found.noise[k],
            relative: error.map(|e| size / e).filter(|v| v.is_finite()),
        }
    });
    IntegrationAudit {
        consumers,
        objective: of(|r| r.objective, found.objective),
        elasticity: of(|r| r.elasticity, found.elasticity),
        moves: moves.collect(),
        largest: found.largest,
        threshold: THRESHOLD,
        failure: String::new(),
    }
}

fn failed(consumers: String, failure: String) -> IntegrationAudit {
    IntegrationAudit {
        consumers,
        objective: Vec::new(),
        elasticity: Vec::new(),
        moves: Vec::new(),
        largest: 0.0,
        threshold: THRESHOLD,
        failure,
    }
}
