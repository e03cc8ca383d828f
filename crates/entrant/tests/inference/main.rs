//! Tests and first-stage diagnostics on the fake cereal data, against `PyBLP` 1.3.0 and
//! linearmodels 7.1.

mod compared;

use std::path::{Path, PathBuf};

use entrant_data::spec::{Algorithm, ErrorStructure, GmmMethod};
use entrant_estimate::blp::{Problem, Serial, Source};
use entrant_estimate::gmm::{Estimation, EstimationSettings, Fit, Progress, Recorded, estimate};
use entrant_estimate::inference::{
    AndersonRubin, TestStatus, first_stage, hansen, iia, price_set, score, spread_starts, wald,
};
use entrant_numeric::dense::Matrix;

struct Silent;

impl Estimation for Silent {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }
    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }
    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

enum Kind {
    Logit,
    Nested,
    Random,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies/nevo-cereal")
}

fn cereal(kind: &Kind) -> Problem {
    let loaded = entrant_io::read_estimation(&folder()).expect("the study");
    let mut spec = loaded.study.estimate.clone();
    let mut columns = loaded.study.data.columns.clone();
    columns.cluster = Some("city_ids".to_owned());
    if !matches!(kind, Kind::Random) {
        spec.demand.random = None;
        spec.demand.demographics = None;
        spec.demand.sigma = None;
        spec.demand.sigma_bounds = None;
        spec.demand.pi = None;
    }
    if matches!(kind, Kind::Nested) {
        "0 + prices".clone_into(&mut spec.demand.linear);
        columns.nest = Some("mushy".to_owned());
        spec.demand.rho = vec![0.7];
    }
    let random = matches!(kind, Kind::Random);
    Problem::bind(&Source {
        spec: &spec,
        columns: &columns,
        products: &loaded.products,
        consumers: loaded.consumers.as_ref().filter(|_| random),
    })
    .expect("a problem")
}

fn settings(errors: ErrorStructure) -> EstimationSettings {
    EstimationSettings {
        method: GmmMethod::TwoStep,
        weighting: ErrorStructure::Robust,
        errors,
        center: true,
        initial_update: false,
        algorithm: Algorithm::Return,
        gradient_tolerance: 1e-6,
        evaluations: 100,
        inversion_tolerance: 1e-13,
        start: None,
        weighting_matrix: None,
        inversion: None,
    }
}

fn fit(problem: &Problem, settings: &EstimationSettings) -> Fit {
    estimate(problem, settings, &Serial, &mut Silent).expect("an estimate")
}

fn near(got: f64, want: f64, relative: f64) {
    assert!((got / want - 1.0).abs() < relative, "{got} is not {want}");
}

/// `run_hansen_test` and `run_wald_test` of `PyBLP` 1.3.0, logit in two steps.
#[test]
fn tests_of_a_logit_are_pyblps() {
    let (p, s) = (cereal(&Kind::Logit), settings(ErrorStructure::Robust));
    let f = fit(&p, &s);
    let j = hansen(&f, &s);
    near(j.statistic, 187.455_512_975_582_62, 1e-9);
    assert_eq!((j.degrees, j.status), (19, TestStatus::Rejected));
    let r = [f.linear.beta[0] + 29.0];
    let w = wald(&r, &Matrix::identity(1), &f.inference.covariance);
    near(w.statistic, 1.077_830_557_118_692_1, 1e-8);
    near(w.p_value, 0.299_184, 1e-5);
}

/// The same with random coefficients at the tutorial's starting values, weighting matrix updated
/// there, and `run_lm_test`.
#[test]
fn tests_with_random_coefficients_are_pyblps() {
    let (p, s) = (cereal(&Kind::Random), settings(ErrorStructure::Robust));
    let f = fit(&p, &s);
    near(hansen(&f, &s).statistic, 46.900_538_815_009_284, 1e-8);
    assert_eq!(hansen(&f, &s).degrees, 6);
    near(score(&p, &f, 13, &s).statistic, 43.286_345_673_463_12, 1e-6);
    // PyBLP's order of parameters: the first of sigma, then the last, the price coefficient.
    let mut pick = Matrix::zeros(2, 14);
    pick.set(0, 0, 1.0);
    pick.set(1, 13, 1.0);
    let r = [f.values[0] - 0.1, f.linear.beta[0] + 30.0];
    let w = wald(&r, &pick, &f.inference.covariance);
    near(w.statistic, 6.531_200_823_069_033_5, 1e-6);
    assert_eq!(w.degrees, 2);
}

/// `IV2SLS(...).first_stage.diagnostics` of linearmodels 7.1 with `debiased=True`, product dummies
/// written out; its chi-square statistics are 20 times F statistics.
#[test]
fn the_first_stage_of_a_logit_is_linearmodels() {
    let p = cereal(&Kind::Logit);
    let robust = first_stage(&p, &settings(ErrorStructure::Robust)).expect("a first stage");
    assert_eq!((robust.degrees, robust.instruments), (2212, 20));
    let r = &robust.regressors[0];
    near(r.partial_r2, 0.968_167_531_224_430_7, 1e-9);
    near(r.f, 3_363.839_911_632_739, 1e-9);
    near(r.robust_f, 55_801.045_709_518_32 / 20.0, 1e-7);
    let clustered = first_stage(&p, &settings(ErrorStructure::Clustered)).expect("a first stage");
    near(
        clustered.regressors[0].robust_f,
        65_863.024_713_167_8 / 20.0,
        1e-6,
    );
}

/// Made with `NumPy` and `SciPy` from the definitions: 20 instruments, price and the share within
/// nests by `mushy`, no fixed effects.
#[test]
fn the_first_stage_of_a_nested_logit() {
    let p = cereal(&Kind::Nested);
    let stage = first_stage(&p, &settings(ErrorStructure::Robust)).expect("a first stage");
    near(stage.minimum_eigenvalue, 33.188_798_965_036_426, 1e-8);
    let known = [
        (
            30_520.462_507_319_546,
            36.253_797_224_616_75,
            22_322.318_541_717_355,
        ),
        (
            886.377_539_297_751_8,
            34.935_756_213_739_765,
            841.720_170_947_121,
        ),
    ];
    for (r, (f, conditional, effective)) in stage.regressors.iter().zip(known) {
        near(r.f, f, 1e-8);
        near(r.conditional_f, conditional, 1e-6);
        near(r.effective_f, effective, 1e-8);
    }
    let [five, ten, twenty, thirty] = stage.regressors[1].effective_critical;
    near(five, 25.342_597_335_177_01, 1e-6);
    near(ten, 14.129_221_984_801_049, 1e-6);
    near(twenty, 8.277_529_739_901_931, 1e-6);
    near(thirty, 6.237_339_739_817_652, 1e-6);
}

/// `IV2SLS` of linearmodels 7.1 with the first five instruments among the regressors, robust.
#[test]
fn the_iia_test_is_linearmodels() {
    let p = cereal(&Kind::Logit);
    let t = iia(&p, &settings(ErrorStructure::Robust), &[0, 1, 2, 3, 4]);
    near(t.statistic, 67.709_550_323_686_27, 1e-7);
    assert_eq!((t.degrees, t.status), (5, TestStatus::Rejected));
}

/// Made with `NumPy`: `N gbar' S^-1 gbar` with product dummies projected out. No price coefficient
/// is compatible with all twenty instruments: the smallest statistic is 187.
#[test]
fn anderson_rubin_statistics_are_numpys() {
    let p = cereal(&Kind::Logit);
    for (errors, at_30, at_25) in [
        (
            ErrorStructure::Robust,
            187.513_647_595_207_7,
            209.032_422_940_239_43,
        ),
        (
            ErrorStructure::Unadjusted,
            232.680_341_077_036_22,
            257.179_846_919_132_9,
        ),
        (
            ErrorStructure::Clustered,
            61.087_912_327_741_45,
            124.093_920_216_004_5,
        ),
    ] {
        let s = settings(errors);
        let ar = AndersonRubin::new(&p, &s, &Serial);
        near(ar.statistic(&[-30.0]).expect("a value"), at_30, 1e-8);
        near(ar.statistic(&[-25.0]).expect("a value"), at_25, 1e-8);
        let set = price_set(&p, &s, &Serial);
        assert_eq!(set, Some(entrant_estimate::inference::ConfidenceSet::Empty));
    }
}

/// `IV2SLS` of linearmodels 7.1 on prices and the four curvatures, robust.
#[test]
fn starting_values_are_linearmodels() {
    let p = cereal(&Kind::Random);
    let starts = spread_starts(&p, &settings(ErrorStructure::Robust)).expect("starting values");
    near(starts.price[0], -22.403_666_766_655_77, 1e-6);
    let known = [
        (-4.076_815_146_101_368, 1.407_464_072_079_661),
        (-97.258_406_573_603_38, 80.398_512_905_292_75),
        (0.026_293_682_162_393_95, 0.007_285_613_396_709_945),
        (-7.266_604_837_471_763, 2.055_695_953_470_163_8),
    ];
    for (k, (variance, error)) in known.into_iter().enumerate() {
        near(starts.variance[k], variance, 1e-6);
        near(starts.error[k], error, 1e-6);
    }
}
