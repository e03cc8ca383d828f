//! Ways of estimating and robust sets that the tutorials do not show, against `NumPy` (from the
//! definitions, product dummies written out) and linearmodels 7.1.

use entrant_data::spec::{Algorithm, ErrorStructure, EstimateSupply, GmmMethod};
use entrant_estimate::blp::{Problem, Serial, Source};
use entrant_estimate::inference::{
    AndersonRubin, Reference, Restriction, Search, SetStatus, Target, TestStatus, distance_test,
    lagrange_multiplier,
};

use super::{Kind, cereal, fit, folder, near, settings};

/// Errors that are correlated within cities and within products, `center` or not.
/// linearmodels: `IV2SLS(...).fit(cov_type="clustered", clusters=two columns, debiased=False)`.
#[test]
fn two_ways_of_clustering_are_linearmodels() {
    let loaded = entrant_io::read_estimation(&folder()).expect("the study");
    let mut spec = loaded.study.estimate.clone();
    let mut columns = loaded.study.data.columns.clone();
    columns.cluster = Some("city_ids".to_owned());
    columns.cluster_too = Some("product_ids".to_owned());
    spec.demand.random = None;
    spec.demand.demographics = None;
    spec.demand.sigma = None;
    spec.demand.sigma_bounds = None;
    spec.demand.pi = None;
    let p = Problem::bind(&Source {
        spec: &spec,
        columns: &columns,
        products: &loaded.products,
        consumers: None,
    })
    .expect("a problem");
    let mut s = settings(ErrorStructure::Clustered);
    s.method = GmmMethod::OneStep;
    let f = fit(&p, &s);
    near(f.linear.beta[0], -30.097_755_182_664_454, 1e-11);
    near(f.inference.errors[0], 1.073_290_946_038_3, 1e-10);
}

/// `NumPy`: two-stage least squares, then the weighting matrix is updated two hundred times.
#[test]
fn iterated_steps_go_on_until_estimates_settle() {
    let p = cereal(&Kind::Logit);
    let mut s = settings(ErrorStructure::Robust);
    let two = fit(&p, &s);
    near(two.linear.beta[0], -30.047_102_894_018_803, 1e-11);
    s.method = GmmMethod::Iterated;
    let f = fit(&p, &s);
    assert!((4..20).contains(&f.steps.len()), "{}", f.steps.len());
    near(f.linear.beta[0], -30.042_243_905_965_17, 1e-8);
    near(f.objective, 187.487_883_977_926_15, 1e-8);
}

/// `NumPy`: `delta - rho ln s_j|h - alpha p` on all twenty instruments.
#[test]
fn anderson_rubin_with_nests_is_numpys() {
    let p = cereal(&Kind::Nested);
    for (errors, first, second) in [
        (
            ErrorStructure::Robust,
            6_730.083_231_728_991,
            4_428.428_075_192_955,
        ),
        (
            ErrorStructure::Clustered,
            635.117_225_695_983_5,
            707.807_021_979_529_5,
        ),
    ] {
        let s = settings(errors);
        let ar = AndersonRubin::new(&p, &s, &Serial);
        assert_eq!(ar.coordinates().len(), 2);
        near(ar.statistic(&[0.7, -5.0]).expect("a value"), first, 1e-8);
        near(ar.statistic(&[0.5, -10.0]).expect("a value"), second, 1e-8);
    }
}

fn with_supply() -> Problem {
    let loaded = entrant_io::read_estimation(&folder()).expect("the study");
    let mut spec = loaded.study.estimate.clone();
    let mut columns = loaded.study.data.columns.clone();
    columns.cluster = Some("city_ids".to_owned());
    spec.demand.random = None;
    spec.demand.demographics = None;
    spec.demand.sigma = None;
    spec.demand.sigma_bounds = None;
    spec.demand.pi = None;
    spec.demand.beta = [("prices".to_owned(), -30.0)].into();
    let instruments = (0..5).map(|k| format!("demand_instruments{k}"));
    spec.supply = Some(EstimateSupply {
        cost: "1 + sugar + mushy".to_owned(),
        form: entrant_data::spec::CostForm::Linear,
        instruments: instruments.collect(),
        built: Vec::new(),
        covariance_instruments: Vec::new(),
        constant_costs: false,
        covariance_mean: 0.0,
        cost_bounds: None,
        gamma: std::collections::BTreeMap::new(),
        gamma_bounds: std::collections::BTreeMap::new(),
        stakes: Vec::new(),
        conduct: entrant_data::spec::ConductKind::Bertrand,
    });
    Problem::bind(&Source {
        spec: &spec,
        columns: &columns,
        products: &loaded.products,
        consumers: None,
    })
    .expect("a problem")
}

/// `NumPy`: costs of a logit are `p - 1 / (-alpha (1 - s_f))`; moments of both equations with
/// their joint covariance.
#[test]
fn anderson_rubin_with_supply_is_numpys() {
    let p = with_supply();
    for (errors, at_30, at_25) in [
        (
            ErrorStructure::Robust,
            234.728_873_499_358_9,
            265.903_741_662_691_6,
        ),
        (
            ErrorStructure::Clustered,
            131.824_501_315_087_08,
            190.205_775_359_383_4,
        ),
    ] {
        let s = settings(errors);
        let ar = AndersonRubin::new(&p, &s, &Serial);
        assert_eq!(ar.degrees(), 25);
        near(ar.statistic(&[-30.0]).expect("a value"), at_30, 1e-8);
        near(ar.statistic(&[-25.0]).expect("a value"), at_25, 1e-8);
    }
    let s = settings(ErrorStructure::Robust);
    let ar = AndersonRubin::new(&p, &s, &Serial);
    let set = ar.scalar_set(
        Target::Coordinate(0),
        &[-30.0],
        Reference::Projection,
        Search::default(),
    );
    // No coefficient is compatible with all moments of both equations.
    assert_eq!(set.status, SetStatus::Empty);
}

/// `NumPy`: the objective under the restriction less the one without, at the weighting matrix of
/// the second step without.
#[test]
fn distance_tests_are_numpys() {
    let (p, s) = (cereal(&Kind::Logit), settings(ErrorStructure::Robust));
    let by = |name: &str, value: f64| {
        [Restriction {
            name: name.to_owned(),
            value,
        }]
    };
    let f = fit(&p, &s);
    let t = distance_test(&p, &f, &by("beta[prices]", -29.0), &s, &Serial);
    near(t.statistic, 1.077_694_015_709_710_1, 1e-8);
    assert_eq!((t.degrees, t.status), (1, TestStatus::Kept));
    let p = cereal(&Kind::Nested);
    let mut s = settings(ErrorStructure::Robust);
    s.algorithm = Algorithm::TrustRegion;
    let f = fit(&p, &s);
    near(f.linear.beta[0], -7.752_248_18, 1e-6);
    near(f.objective, 694.982_740_028_883_7, 1e-8);
    let rho = by(&p.parameters.free[0].name, 0.7);
    let t = distance_test(&p, &f, &rho, &s, &Serial);
    near(t.statistic, 98.704_132_024_534_37, 1e-7);
    assert_eq!((t.degrees, t.status), (1, TestStatus::Rejected));
    // The same restriction by the slope of the objective at the restricted estimates.
    let t = lagrange_multiplier(&p, &f, &rho, &s, &Serial);
    near(t.statistic, 51.325_190_188_318_594, 1e-8);
}
