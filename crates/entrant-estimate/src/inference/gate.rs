//! The gate before intervals: what must hold before a standard error may be shown.

use entrant_data::Finding;
use entrant_data::spec::{CoefficientKind, ErrorStructure};
use entrant_numeric::vector::exp;

use super::first_stage::{FirstStage, Regressor};
use super::hansen::specification;
use super::linear;
use super::outcome::TestStatus;
use crate::blp::{Kind, MarketData, Parameter, Problem, Theta};
use crate::gmm::{EstimationSettings, Fit, FitStatus};

/// Condition number above which estimates lose half their digits, and above which they lose all.
const CONDITION: [f64; 2] = [1e8, 1e14];
/// Clusters below which clustered errors are too small, and below which they mean nothing.
const CLUSTERS: [usize; 2] = [40, 10];
/// Independent units that there should be for each moment.
const UNITS_PER_MOMENT: usize = 4;
/// Standard errors within which a spread of tastes is near zero.
const NEAR_ZERO: f64 = 1.0;

/// Findings about an estimation with its [`first_stage`](super::first_stage::first_stage). An error
/// blocks intervals: standard errors would not say how wrong the estimates may be.
pub fn diagnose(
    problem: &Problem,
    fit: &Fit,
    settings: &EstimationSettings,
    stage: Option<&FirstStage>,
) -> Vec<Finding> {
    let mut found = vec![
        converged(fit, settings),
        inverted(fit, settings),
        identified(fit),
        moments(problem, settings),
        markets(problem),
    ];
    found.extend(few_clusters(problem, settings));
    if let Some(stage) = stage {
        let regressors = stage.regressors.iter();
        found.extend(regressors.map(|r| strength(problem, stage, r)));
    }
    found.extend(at_edges(problem, fit));
    found.extend(price_signs(problem, fit));
    found.extend(overidentification(problem, fit));
    found
}

fn converged(fit: &Fit, settings: &EstimationSettings) -> Finding {
    let message = format!(
        "search ended {}: largest projected gradient element {:.1e} (limit {:.1e})",
        match fit.status {
            FitStatus::Converged => "at a minimum",
            FitStatus::Almost => "without further progress",
            FitStatus::LimitReached => "at its evaluation limit",
            FitStatus::Interrupted => "when it was stopped",
            FitStatus::NotIdentified => "with parameters that are not identified",
            FitStatus::Failed => "without a value",
            FitStatus::Evaluated => "before it began: parameters are the starting values",
        },
        fit.projected_gradient,
        settings.gradient_tolerance,
    );
    match fit.status {
        FitStatus::Converged => Finding::ok("search", message),
        FitStatus::Evaluated if fit.values.is_empty() => Finding::ok("search", message),
        FitStatus::Almost => Finding::warning(
            "search",
            message,
            "compare with further starts; a tighter inversion tolerance makes the gradient more exact",
        ),
        _ => Finding::error(
            "search",
            message,
            "allow more evaluations, or start elsewhere",
        ),
    }
}

fn inverted(fit: &Fit, settings: &EstimationSettings) -> Finding {
    let (residual, limit) = (fit.at.residual, settings.inversion_tolerance);
    let message =
        format!("largest |ln observed - ln fitted| share {residual:.1e} (limit {limit:.1e})");
    if residual <= limit {
        Finding::ok("inversion", message)
    } else {
        Finding::error(
            "inversion",
            message,
            "look for shares that are tiny, or an outside share near zero",
        )
    }
}

fn identified(fit: &Fit) -> Finding {
    let (i, parameters) = (&fit.inference, fit.inference.g.columns);
    let message = format!(
        "rank of G'WG {} of {parameters} parameters, condition number {:.1e} (limit {:.0e})",
        i.rank, i.condition, CONDITION[0]
    );
    let advice = "fix or drop a parameter, or add instruments that tell the parameters apart";
    if i.rank < parameters || i.condition.is_nan() || i.condition > CONDITION[1] {
        Finding::error("identification", message, advice)
    } else if i.condition > CONDITION[0] {
        Finding::warning("identification", message, advice)
    } else {
        Finding::ok("identification", message)
    }
}

fn clustered(problem: &Problem, settings: &EstimationSettings) -> bool {
    settings.errors == ErrorStructure::Clustered && !problem.clusters.is_empty()
}

/// Moments against what is independent.
fn moments(problem: &Problem, settings: &EstimationSettings) -> Finding {
    let (units, what) = if clustered(problem, settings) {
        (linear::clusters(problem), "clusters")
    } else {
        (problem.rows(), "rows")
    };
    let count = problem.moments();
    let message = format!(
        "{count} moments for {units} {what} in {} markets (limit {})",
        problem.markets.len(),
        units / UNITS_PER_MOMENT
    );
    let advice = "leave out instruments, or replace them by optimal ones: with many, two-stage least squares is biased like least squares";
    if count >= units {
        Finding::error("moments", message, advice)
    } else if count * UNITS_PER_MOMENT > units {
        Finding::warning("moments", message, advice)
    } else {
        Finding::ok("moments", message)
    }
}

/// Something to average over. What is common to all products of a market, above all its outside
/// share, enters every error of it: products of one market are no independent draws.
fn markets(problem: &Problem) -> Finding {
    let count = problem.markets.len();
    let message = format!("{count} market(s) (limit 2)");
    let advice = "add markets: with one, standard errors would take its products for independent";
    if count < 2 {
        Finding::error("markets", message, advice)
    } else {
        Finding::ok("markets", message)
    }
}

fn few_clusters(problem: &Problem, settings: &EstimationSettings) -> Option<Finding> {
    let count = clustered(problem, settings).then(|| linear::clusters(problem))?;
    let message = format!("{count} clusters (limit {})", CLUSTERS[0]);
    let advice = "cluster more finely where that is credible, or take the robust set's width rather than a standard error";
    Some(if count < CLUSTERS[1] {
        Finding::error("clusters", message, advice)
    } else if count < CLUSTERS[0] {
        Finding::warning("clusters", message, advice)
    } else {
        Finding::ok("clusters", message)
    })
}

/// Strength of the instruments of one regressor.
fn strength(problem: &Problem, stage: &FirstStage, r: &Regressor) -> Finding {
    let [_, ten, _, thirty] = r.effective_critical;
    let message = format!(
        "{}: effective first-stage F {:.2} with {} instruments (limit {ten:.2} for a bias of 10%, {thirty:.2} for 30%), partial R2 {:.3}",
        r.name, r.effective_f, stage.instruments, r.partial_r2,
    );
    let advice = format!(
        "report the Anderson-Rubin set instead of a standard error; {}",
        what_may_help(problem)
    );
    if r.effective_f > ten {
        Finding::ok("weak-instruments", message)
    } else if r.effective_f > thirty || problem.supply.is_some() {
        Finding::warning("weak-instruments", message, advice)
    } else {
        Finding::error("weak-instruments", message, advice)
    }
}

/// What would make instruments of demand stronger.
fn what_may_help(problem: &Problem) -> String {
    let Some(supply) = &problem.supply else {
        return "add cost shifters or a supply side".to_owned();
    };
    let (side, demand) = (&supply.side, &problem.demand);
    // What cost may be regressed on without instruments is exogenous.
    let names = side.x_names.iter().filter(|n| side.z_names.contains(n));
    let unused: Vec<&str> = names
        .filter(|n| !demand.z_names.contains(n))
        .map(String::as_str)
        .collect();
    if unused.is_empty() {
        return "add cost shifters".to_owned();
    }
    format!(
        "what moves cost and not utility is an instrument of demand, and these are not among them: {}",
        unused.join(", ")
    )
}

/// Parameters at a bound or near zero where zero is the boundary.
fn at_edges(problem: &Problem, fit: &Fit) -> Vec<Finding> {
    let one = |(k, p): (usize, &Parameter)| {
        let (value, error) = (fit.values[k], fit.inference.errors[k]);
        let diagonal = matches!(p.kind, Kind::Sigma { row, column } if row == column);
        let advice = "give the one-sided interval of the score test, or the robust set";
        if value <= p.lower || value >= p.upper {
            let message = format!(
                "{} = {value:.4} is at a bound ({} to {}): its standard error means nothing",
                p.name, p.lower, p.upper
            );
            Some(Finding::warning("boundary", message, advice))
        } else if diagonal && value.abs() <= NEAR_ZERO * error {
            let message = format!(
                "{} = {value:.4} is within {NEAR_ZERO} standard error ({error:.4}) of zero, where the objective is flat in it",
                p.name
            );
            Some(Finding::warning("boundary", message, advice))
        } else {
            None
        }
    };
    let free = problem.parameters.free.iter().enumerate();
    let found: Vec<Finding> = free.filter_map(one).collect();
    if found.is_empty() && !problem.parameters.free.is_empty() {
        let message = format!(
            "no parameter at a bound, no spread of tastes within {NEAR_ZERO} standard error of zero"
        );
        return vec![Finding::ok("boundary", message)];
    }
    found
}

/// How many consumers like a higher price.
fn price_signs(problem: &Problem, fit: &Fit) -> Option<Finding> {
    let by_product = |m: &MarketData| !m.consumers.by_product.is_empty();
    if problem.markets.iter().any(by_product) || fit.linear.beta.is_empty() && fit.values.is_empty()
    {
        return None;
    }
    let theta = Theta::new(&problem.parameters, &fit.values);
    let masses = problem
        .markets
        .iter()
        .map(|m| positive(problem, m, fit, &theta));
    let mass = masses.sum::<f64>() / problem.rows() as f64;
    let message = format!(
        "{:.2}% of consumers like a product better for a higher price (limit 0%)",
        100.0 * mass
    );
    let advice = "prices have no equilibrium in such an economy: take a lognormal price coefficient, or one that falls with income";
    Some(if mass == 0.0 {
        Finding::ok("price-coefficient", message)
    } else if mass < 0.5 {
        Finding::warning("price-coefficient", message, advice)
    } else {
        Finding::error("price-coefficient", message, advice)
    })
}

/// Weight of consumers whose utility does not fall with price, summed over products.
fn positive(problem: &Problem, m: &MarketData, fit: &Fit, theta: &Theta) -> f64 {
    let solved = problem
        .parameters
        .solved_beta
        .iter()
        .copied()
        .zip(fit.linear.beta.iter().copied());
    let beta: Vec<(usize, f64)> = solved.chain(theta.beta.iter().copied()).collect();
    let common: Vec<f64> = (0..m.products())
        .map(|j| beta.iter().map(|(c, b)| b * m.x1_price(*c)[j]).sum())
        .collect();
    let moving: Vec<usize> = (0..m.coefficients())
        .filter(|k| m.x2_price(*k).iter().any(|v| *v != 0.0))
        .collect();
    if moving.is_empty() {
        return common.iter().filter(|c| **c >= 0.0).count() as f64;
    }
    let total: f64 = m.consumers.weight.iter().sum();
    let mut mass = 0.0;
    for (i, weight) in m.consumers.weight.iter().enumerate() {
        let own: Vec<f64> = moving
            .iter()
            .map(|k| coefficient(problem, m, theta, *k, i))
            .collect();
        for (j, base) in common.iter().enumerate() {
            let tastes = moving.iter().zip(&own).map(|(k, b)| b * m.x2_price(*k)[j]);
            if base + tastes.sum::<f64>() >= 0.0 {
                mass += weight / total;
            }
        }
    }
    mass
}

/// Random coefficient `k` of consumer `i`.
fn coefficient(problem: &Problem, m: &MarketData, theta: &Theta, k: usize, i: usize) -> f64 {
    let p = &problem.parameters;
    let used = p.node.iter().flatten().count();
    let nodes = p.node.iter().enumerate().filter_map(|(c, node)| {
        let node = (*node)?;
        Some(theta.sigma[k * p.random + c] * m.consumers.nodes[i * used + node])
    });
    let demographics = (0..p.demographics).map(|d| {
        theta.pi[k * p.demographics + d] * m.consumers.demographics[i * p.demographics + d]
    });
    let index = nodes.sum::<f64>() + demographics.sum::<f64>();
    match problem.coefficients[k] {
        CoefficientKind::Linear => index,
        CoefficientKind::Lognormal => exp(index),
        CoefficientKind::NegativeLognormal => -exp(index),
        CoefficientKind::Logit => 1.0 / (1.0 + exp(-index)),
    }
}

fn overidentification(problem: &Problem, fit: &Fit) -> Option<Finding> {
    let test = specification(problem, fit);
    let message = format!(
        "overidentifying restrictions: {:.2} with {} degrees of freedom, p = {:.4} (limit 0.05)",
        test.statistic, test.degrees, test.p_value
    );
    match test.status {
        TestStatus::Undefined => None,
        TestStatus::Kept => Some(Finding::ok("overidentification", message)),
        TestStatus::Rejected => Some(Finding::warning(
            "overidentification",
            message,
            "an instrument knows the error, or the model is wrong: drop suspect instruments and compare",
        )),
    }
}
