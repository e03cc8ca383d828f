//! Analytic derivatives against differences.

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_estimate::blp::{Evaluation, Problem, Serial, Wanted, evaluate};
use entrant_estimate::gmm::{self, Estimation, EstimationSettings, Fit, Progress, Recorded};

use crate::panels::{made, shapes};

fn at(problem: &Problem, values: &[f64], jacobian: bool) -> Evaluation {
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian,
    };
    evaluate(problem, values, wanted, &Serial)
}

/// Fourth-order central difference of a vector-valued function.
pub(crate) fn difference(mut f: impl FnMut(f64) -> Vec<f64>, h: f64) -> Vec<f64> {
    let (a, b, c, d) = (f(2.0 * h), f(h), f(-h), f(-2.0 * h));
    (0..a.len())
        .map(|i| (8.0 * (b[i] - c[i]) - (a[i] - d[i])) / (12.0 * h))
        .collect()
}

fn close(name: &str, what: &str, analytic: f64, numeric: f64, scale: f64) {
    assert!(
        (analytic - numeric).abs() <= 2e-9 * scale,
        "{name}, {what}: {analytic} by formula, {numeric} by differences"
    );
}

#[test]
fn mean_utilities_and_costs_answer_to_parameters_as_differences_say() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(3, json, nests, availability).problem();
        let values = problem.parameters.starts();
        let here = at(&problem, &values, true);
        assert!(here.failure.is_none(), "{name}: {:?}", here.failure);
        for (c, parameter) in problem.parameters.free.iter().enumerate() {
            let moved = |by: f64| {
                let mut v = values.clone();
                v[c] += by;
                at(&problem, &v, false)
            };
            if c < here.d_delta.columns {
                let numeric = difference(|h| moved(h).delta, 1e-3);
                let analytic = here.d_delta.column(c);
                let scale = analytic.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
                for (a, n) in analytic.iter().zip(&numeric) {
                    close(name, &format!("delta by {}", parameter.name), *a, *n, scale);
                }
            }
            if here.d_cost.columns > 0 {
                let numeric = difference(|h| moved(h).cost, 1e-3);
                let analytic = here.d_cost.column(c);
                let scale = analytic.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
                for (a, n) in analytic.iter().zip(&numeric) {
                    close(name, &format!("cost by {}", parameter.name), *a, *n, scale);
                }
            }
        }
    }
}

pub(crate) struct Quiet;

impl Estimation for Quiet {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }

    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }

    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

fn evaluated(problem: &Problem, values: &[f64]) -> Fit {
    let settings = EstimationSettings {
        method: GmmMethod::OneStep,
        weighting: ErrorStructure::Robust,
        errors: ErrorStructure::Robust,
        center: true,
        initial_update: false,
        algorithm: Algorithm::Return,
        gradient_tolerance: 1e-8,
        evaluations: 100,
        inversion_tolerance: 1e-13,
        start: Some(values.to_vec()),
        weighting_matrix: None,
        inversion: None,
    };
    gmm::estimate(problem, &settings, &Serial, &mut Quiet).expect("an evaluation")
}

#[test]
fn the_gradient_of_the_objective_is_its_difference() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(4, json, nests, availability).problem();
        let values = problem.parameters.starts();
        let here = evaluated(&problem, &values);
        let largest = here.gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        for (c, parameter) in problem.parameters.free.iter().enumerate() {
            let moved = |by: f64| {
                let mut v = values.clone();
                v[c] += by;
                vec![evaluated(&problem, &v).objective]
            };
            let numeric = difference(moved, 1e-3)[0];
            close(name, &parameter.name, here.gradient[c], numeric, largest);
        }
    }
}

/// `G` of the moments of the errors' product: solved coefficients moved by themselves, searched
/// parameters with the solved ones held.
#[test]
fn moments_answer_to_every_parameter_alone_as_differences_say() {
    for (name, json, nests, availability) in shapes() {
        let problem = made(6, json, nests, availability).problem();
        let values = problem.parameters.starts();
        let here = evaluated(&problem, &values);
        let moments = gmm::Moments::new(&problem);
        let mean = |values: &[f64], linear: &gmm::Linear| {
            let at = at(&problem, values, false);
            moments.held(&problem, values, linear, &at).mean
        };
        let free = values.len();
        let g = &here.inference.g;
        assert_eq!(g.rows, problem.moments(), "{name}");
        for c in 0..g.columns {
            let moved = |by: f64| {
                let (mut v, mut l) = (values.clone(), here.linear.clone());
                match c.checked_sub(free) {
                    None => v[c] += by,
                    Some(k) if k < l.beta.len() => l.beta[k] += by,
                    Some(k) => l.gamma[k - here.linear.beta.len()] += by,
                }
                mean(&v, &l)
            };
            let analytic = g.column(c);
            let scale = analytic.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
            for (a, n) in analytic.iter().zip(difference(moved, 1e-3)) {
                close(name, &format!("moments by {c}"), *a, n, scale);
            }
        }
    }
}

/// The fast formulas without nests and the general ones agree: a demographic that differs by
/// product in name only asks for the general ones.
#[test]
fn fast_and_general_formulas_agree() {
    let (_, json, ..) = shapes()[1];
    let mut panel = made(5, json, false, false);
    let fast = panel.problem();
    let general = {
        for j in 0..crate::panels::PRODUCTS {
            panel.consumers.names.push(format!("none{j}"));
            let zeros = vec![0.0; panel.consumers.rows()];
            panel
                .consumers
                .columns
                .push(entrant_data::table::Column::Numbers(zeros));
        }
        panel.spec.demand.demographics = Some("0 + income + age + none".into());
        let rows = panel.spec.demand.pi.take();
        let Some(entrant_data::spec::StartMatrix::Rows(mut rows)) = rows else {
            panic!("rows expected")
        };
        for row in &mut rows {
            row.push(0.5);
        }
        panel.spec.demand.pi = Some(entrant_data::spec::StartMatrix::Rows(rows));
        panel.problem()
    };
    let (a, b) = (
        at(&fast, &fast.parameters.starts(), true),
        at(&general, &general.parameters.starts(), true),
    );
    for (c, parameter) in fast.parameters.free.iter().enumerate() {
        let same = general
            .parameters
            .free
            .iter()
            .position(|p| p.name == parameter.name);
        let other = same.expect("the same parameter");
        for i in 0..fast.rows() {
            let (x, y) = (a.d_cost.at(i, c), b.d_cost.at(i, other));
            assert!(
                (x - y).abs() <= 1e-12 * (1.0 + x.abs()),
                "{}: {x} {y}",
                parameter.name
            );
        }
    }
}
