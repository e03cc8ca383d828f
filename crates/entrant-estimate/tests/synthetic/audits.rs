//! Audits find what too few consumers do, and nothing where there are enough.

use entrant_data::spec::{Algorithm, IntegrationRule};
use entrant_estimate::audit::{by_halves, by_rule};
use entrant_estimate::blp::Serial;
use entrant_estimate::simulate::{Experiment, Heterogeneity, Synthetic};
use entrant_numeric::integration::Rule;

use crate::support::{bound, fitted, settings};

fn data() -> Synthetic {
    let experiment = Experiment {
        markets: 8,
        ..Experiment::new(Heterogeneity::Simple, true, 11, 0)
    };
    experiment.make().expect("the data set has an equilibrium")
}

fn with(rule: IntegrationRule, size: usize) -> Synthetic {
    let mut synthetic = data();
    if let Some(spec) = &mut synthetic.spec.demand.integration {
        spec.rule = rule;
        spec.size = size;
    }
    synthetic
}

const FINE: (Rule, usize, u64) = (Rule::Tensor, 21, 0);

#[test]
fn a_coarse_rule_is_flagged_and_the_step_leads_to_the_fine_estimate() {
    let estimate = |size| {
        let synthetic = with(IntegrationRule::Product, size);
        let (problem, _) = bound(&synthetic);
        let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::TrustRegion));
        (problem, fit)
    };
    let (problem, fit) = estimate(3);
    let coarse = by_rule(&problem, &fit, FINE, &Serial).expect("the rule can be built");
    assert!(coarse.flagged.contains(&0), "{:?}", coarse.bias);
    let (fine_problem, fine_fit) = estimate(15);
    let before = (fit.values[0] - fine_fit.values[0]).abs();
    let after = (fit.values[0] + coarse.bias[0] - fine_fit.values[0]).abs();
    assert!(after < before, "{before} to {after}");
    let fine = by_rule(&fine_problem, &fine_fit, FINE, &Serial).expect("the rule can be built");
    assert!(fine.flagged.is_empty(), "{:?}", fine.bias);
    assert!(fine.largest < coarse.largest / 2.0);
    assert!((fine.rechecks[0].elasticity - fine.elasticity).abs() < 2e-2);
}

#[test]
fn the_same_consumers_change_nothing() {
    let synthetic = with(IntegrationRule::Product, 9);
    let (problem, _) = bound(&synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::TrustRegion));
    let same = by_rule(&problem, &fit, (Rule::Tensor, 9, 0), &Serial).expect("the same rule");
    assert!(same.largest < 1e-5, "{}", same.largest);
    let found = &same.rechecks[0];
    assert!((found.objective - fit.objective).abs() < 1e-9 * fit.objective);
    assert!(found.linear.iter().all(|c| c.abs() < 1e-9));
    assert!((found.elasticity - same.elasticity).abs() < 1e-12);
}

#[test]
fn halves_of_few_draws_disagree_and_of_many_agree_more() {
    let noise = |size| {
        let synthetic = with(IntegrationRule::MonteCarlo, size);
        let (problem, _) = bound(&synthetic);
        let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::TrustRegion));
        by_halves(&problem, &fit, 1, &Serial).expect("there are consumers")
    };
    let (few, many) = (noise(40), noise(1_000));
    assert!(!few.flagged.is_empty());
    let size = |a: &entrant_estimate::audit::Audit| {
        a.noise.iter().sum::<f64>() + a.bias.iter().map(|b| b.abs()).sum::<f64>()
    };
    assert!(
        size(&many) < size(&few),
        "{} and {}",
        size(&many),
        size(&few)
    );
}
