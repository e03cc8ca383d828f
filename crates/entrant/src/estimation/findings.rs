//! Diagnostics of an estimation: number, threshold, meaning, advice.

use entrant_data::Finding;
use entrant_data::result::estimation::{EstimateStatus, EstimationReport};
use entrant_data::spec::CoefficientKind;
use entrant_estimate::blp::{Parameter, Problem};

/// Condition number of a matrix of unit diagonal above which digits are lost.
const ILL_CONDITIONED: f64 = 1e12;
/// Probability below which the overidentifying restrictions are rejected.
const REJECTED: f64 = 0.05;
/// Relative difference of parameters at which two ends are the same.
const SAME_END: f64 = 1e-3;
/// How far the weights of importance sampling may sum from one.
const NOISY_WEIGHTS: f64 = 0.1;
/// Eigenvalues of the Hessian may be negative by this, relative to the largest: rounding.
const CURVATURE: f64 = 1e-9;

/// Every check of a document, and what was odd about the tables.
pub(super) fn findings(report: &EstimationReport, of_tables: &[Finding]) -> Vec<Finding> {
    let checks = [
        Some(identification(report)),
        Some(inversion(report)),
        importance(report),
        optimum(report),
        curvature(report),
        starts(report),
        bounds(report),
        weighting(report),
        overidentification(report),
        costs(report),
        covariance(report),
    ];
    let own = checks.into_iter().flatten();
    of_tables.iter().cloned().chain(own).collect()
}

fn identification(r: &EstimationReport) -> Finding {
    let (rank, n) = (r.moments.information_rank, r.moments.information_asked);
    let condition = r.moments.information_condition.unwrap_or(f64::INFINITY);
    let (weighted, moments) = (r.moments.weighting_rank, r.moments.count());
    if weighted < n {
        let message = format!(
            "the weighting matrix has rank {weighted} with {moments} moments: too little for {n} parameters"
        );
        let advice = "use more clusters, or `method = \"one-step\"`: the covariance of moments has no larger rank than there are clusters";
        return Finding::error("identification", message, advice);
    }
    if r.status == EstimateStatus::NotIdentified || rank < n {
        let message = format!("the moments determine {rank} of {n} parameters");
        let advice = "add instruments, or fix parameters that the data do not tell apart";
        return Finding::error("identification", message, advice);
    }
    let message = format!(
        "the moments determine all {n} parameters; condition number {condition:.1e}, limit {ILL_CONDITIONED:.0e}"
    );
    if condition <= ILL_CONDITIONED {
        return Finding::ok("identification", message);
    }
    let advice = "standard errors have lost digits: fix a parameter, or add instruments";
    Finding::warning("identification", message, advice)
}

fn inversion(r: &EstimationReport) -> Finding {
    let (residual, limit) = (
        r.certificate.inversion_residual,
        r.certificate.inversion_tolerance,
    );
    let message = format!(
        "largest log difference of a share and the model's {residual:.1e}, limit {limit:.0e}"
    );
    if residual <= limit {
        return Finding::ok("inversion", message);
    }
    let advice = "look for shares that are tiny, or start nearer to plausible values";
    Finding::error("inversion", message, advice)
}

/// Weights of consumers that were drawn anew should sum to one.
fn importance(r: &EstimationReport) -> Option<Finding> {
    let [low, high] = r.importance.as_ref()?.weights;
    let message = format!(
        "weights of consumers drawn anew sum to {low:.3} to {high:.3}, expected 1 within {NOISY_WEIGHTS}"
    );
    if (low - 1.0).abs().max((high - 1.0).abs()) <= NOISY_WEIGHTS {
        return Some(Finding::ok("importance", message));
    }
    let advice = "draw more consumers, or do without: some of them hardly ever buy, and weigh much when drawn";
    Some(Finding::warning("importance", message, advice))
}

/// Nothing is to be said where nothing was searched for.
fn optimum(r: &EstimationReport) -> Option<Finding> {
    let gradient = r.projected_gradient?;
    if r.gradient.is_empty() || r.status == EstimateStatus::Evaluated {
        return None;
    }
    let limit = r.certificate.gradient_tolerance;
    let message = format!("projected gradient {gradient:.1e}, limit {limit:.0e}");
    let message = format!("{}; {message}", r.status.meaning());
    Some(match r.status {
        EstimateStatus::Converged => Finding::ok("optimum", message),
        EstimateStatus::LimitReached => {
            let advice = "raise `estimate.optimizer.evaluations`, or start elsewhere";
            Finding::error("optimum", message, advice)
        }
        EstimateStatus::Interrupted => {
            let advice = "run it again with the same `--checkpoint` to continue";
            Finding::error("optimum", message, advice)
        }
        _ => {
            let advice = "raise `estimate.optimizer.gradient_tolerance` if the objective is large, or start elsewhere";
            Finding::error("optimum", message, advice)
        }
    })
}

fn curvature(r: &EstimationReport) -> Option<Finding> {
    let values = &r.certificate.hessian_eigenvalues;
    let (low, high) = (*values.first()?, *values.last()?);
    if r.status == EstimateStatus::Evaluated {
        return None;
    }
    let message = format!("eigenvalues of the Hessian from {low:.1e} to {high:.1e}");
    if low >= -CURVATURE * high {
        return Some(Finding::ok("curvature", message));
    }
    let advice = "the point is no minimum: use several starts (`estimate.optimizer.starts`)";
    Some(Finding::warning("curvature", message, advice))
}

fn starts(r: &EstimationReport) -> Option<Finding> {
    let usable = r.starts.iter().filter(|s| s.status.is_usable());
    let (mut same, mut count) = (0, 0);
    for start in usable {
        count += 1;
        same += usize::from(start.distance.is_some_and(|d| d <= SAME_END));
    }
    let all = r.starts.len();
    if all < 2 {
        return None;
    }
    let message = format!("{same} of {all} starts ended at the best point, {count} converged");
    if same == all {
        return Some(Finding::ok("starts", message));
    }
    let advice = "compare the objectives in `starts`; more starts tell whether a lower one is left";
    Some(Finding::warning("starts", message, advice))
}

fn bounds(r: &EstimationReport) -> Option<Finding> {
    let at: Vec<&str> = r
        .parameters
        .iter()
        .filter(|p| p.at_bound.is_some())
        .map(|p| p.name.as_str())
        .collect();
    if at.is_empty() {
        return None;
    }
    let message = format!("at a bound: {}", at.join(", "));
    let advice = "standard errors do not hold there: widen the bound, or fix the parameter";
    Some(Finding::warning("bounds", message, advice))
}

fn weighting(r: &EstimationReport) -> Option<Finding> {
    let all = r.moments.count();
    let rank = r.moments.weighting_rank;
    if rank < all {
        let message = format!("the weighting matrix has rank {rank} of {all}");
        let advice = "some instruments repeat others: they count once; remove them";
        return Some(Finding::warning("weighting", message, advice));
    }
    let condition = r.moments.weighting_condition?;
    let message = format!("condition number of the weighting matrix {condition:.1e}");
    if condition <= ILL_CONDITIONED {
        return Some(Finding::ok("weighting", message));
    }
    let advice = "instruments nearly repeat one another: remove some, or take differences";
    Some(Finding::warning("weighting", message, advice))
}

fn overidentification(r: &EstimationReport) -> Option<Finding> {
    let test = &r.overidentification;
    let (statistic, p) = (test.statistic?, test.p_value?);
    let degrees = test.degrees;
    let message = format!(
        "J = {statistic:.3} on {degrees} degrees of freedom, p = {p:.1e}, limit {REJECTED}"
    );
    if p >= REJECTED {
        return Some(Finding::ok("overidentification", message));
    }
    let advice = "the moments contradict one another: an instrument is not valid, or the model is too simple";
    Some(Finding::warning("overidentification", message, advice))
}

fn costs(r: &EstimationReport) -> Option<Finding> {
    let n = r.work.bounded_costs;
    if n == 0 {
        return None;
    }
    let message = format!("{n} marginal costs were moved to a bound");
    let advice = "demand is not elastic enough at those prices for them to be best responses";
    Some(Finding::warning("costs", message, advice))
}

/// What moments of the errors' product do not enter.
fn covariance(r: &EstimationReport) -> Option<Finding> {
    let n = r.moments.covariance.len();
    let message = format!(
        "{n} moments of the product of both errors enter the search; coefficients that are solved for and robust sets do not use them"
    );
    (n > 0).then(|| Finding::ok("covariance-moments", message))
}

/// Whether a scale of taste shocks says anything: utility over the scale is that of the usual
/// logit with every parameter over the scale, so that it does only where a parameter is given or
/// tastes are not linear in parameters.
pub(super) fn scale(problem: &Problem) -> Option<Finding> {
    let scale = problem.scale;
    if scale.to_bits() == 1.0_f64.to_bits() {
        return None;
    }
    let p = &problem.parameters;
    let ends = |q: &Parameter| [q.lower, q.upper];
    let bound = |v: &f64| v.is_finite() && *v != 0.0;
    let given =
        p.fixed.iter().any(|q| q.start != 0.0) || p.free.iter().flat_map(ends).any(|v| bound(&v));
    let linear = |k: &CoefficientKind| *k == CoefficientKind::Linear;
    if given || !problem.coefficients.iter().all(linear) {
        let message = format!("taste shocks have scale {scale}");
        return Some(Finding::ok("epsilon-scale", message));
    }
    let message = format!(
        "taste shocks have scale {scale}, which here only sets units: every parameter of demand is {scale} times what it is at scale 1, and nothing else differs"
    );
    let advice = "leave `epsilon_scale` out; or give a parameter (equal bounds), or take a transformed coefficient, for the scale to say something";
    Some(Finding::warning("epsilon-scale", message, advice))
}
