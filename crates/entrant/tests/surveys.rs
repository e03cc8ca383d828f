//! Petrin's minivans with his survey, as a study: every number is `PyBLP` 1.3.0's at the same
//! parameters (its tutorial's problem, evaluated at the starting values: step 0, then step 1).

use std::path::Path;

use entrant::estimation::{self, Pool};
use entrant_data::spec::{Algorithm, GmmMethod};
use entrant_estimate::blp::{Problem, Serial, Workers};
use entrant_estimate::gmm::{
    self, Estimation, EstimationSettings, Fit, GivenWeighting, Progress, Recorded,
};

struct Quiet;

impl Estimation for Quiet {
    fn proceed(&mut self, _: &Progress) -> bool {
        true
    }

    fn recall(&mut self, _: usize, _: &[f64]) -> Option<Recorded> {
        None
    }

    fn record(&mut self, _: usize, _: &[f64], _: &Recorded) {}
}

fn study() -> (Problem, EstimationSettings) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies/petrin-surveys");
    let loaded = entrant_io::read_estimation(&folder).expect("the study is read");
    let settings = EstimationSettings {
        method: GmmMethod::OneStep,
        algorithm: Algorithm::Return,
        ..estimation::settings(&loaded.study.estimate)
    };
    (
        Problem::bind(&estimation::source(&loaded)).expect("the study binds"),
        settings,
    )
}

fn evaluated(problem: &Problem, settings: &EstimationSettings, workers: &dyn Workers) -> Fit {
    gmm::estimate(problem, settings, workers, &mut Quiet).expect("an evaluation")
}

fn close(what: &str, have: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(have.len(), want.len(), "{what}");
    for (h, w) in have.iter().zip(want) {
        assert!(
            (h - w).abs() <= tolerance * w.abs(),
            "{what}: {h}, wanted {w}"
        );
    }
}

#[test]
fn the_study_is_the_reference_programs_at_its_start() {
    let (problem, settings) = study();
    assert_eq!((problem.moments(), problem.level_moments()), (73, 63));
    let fit = evaluated(&problem, &settings, &Serial);
    close("step 1", &[fit.objective], &[308.294_047_068_7], 1e-9);
    // As the study lists them: age and family size of buyers, then parts who buy.
    let values = [
        0.771_455_309_9,
        0.706_620_044_7,
        0.725_331_172_7,
        0.743_273_787_8,
        3.782_469_281_2,
        3.300_897_403_9,
        3.139_730_892_8,
        3.595_210_890_4,
        0.073_371_037_0,
        0.175_691_965_2,
    ];
    close("findings", &fit.at.micro.values, &values, 1e-9);
    let variances = [
        1.134_609_747_856_29e-3,
        1.009_252_647_346_43e-3,
        8.970_209_786_836_05e-4,
        6.324_363_885_362_91e-3,
        1.478_512_068_644_45e-2,
        1.238_289_186_259_99e-2,
        9.739_821_561_820_99e-3,
        8.867_389_038_300_3e-2,
        7.131_951_506_885_04e-6,
        1.454_276_836_304_55e-5,
    ];
    let spread = &fit.errors.micro;
    let diagonal: Vec<f64> = (0..10).map(|m| spread.at(m, m)).collect();
    close("variances", &diagonal, &variances, 1e-8);
    let gradient = [
        10.459_354_279_8,
        7.849_924_524_3,
        -29.240_382_345,
        -22.997_192_418_6,
        36.865_988_573_7,
        4.141_848_071_8,
        25.603_896_849_1,
        5.136_217_516_1,
        -3.336_291_648_3,
        -27.108_093_997,
        32.970_232_078_2,
        41.007_121_405_5,
        0.313_280_823_7,
    ];
    // Spreads come first there. Steps of 1e-13 in the reference's inversion leave the seventh digit
    // open.
    let mut sorted: Vec<(String, f64)> = (problem.parameters.free.iter())
        .zip(&fit.gradient)
        .map(|(p, g)| (p.name.clone(), *g))
        .collect();
    sorted.sort_by_key(|(name, _)| usize::from(name.starts_with("pi")));
    let ours: Vec<f64> = sorted.iter().map(|(_, g)| *g).collect();
    close("gradient", &ours, &gradient, 2e-6);
    let gamma_errors = [
        0.125_617_653_873_91,
        0.047_220_418_446_69,
        0.068_702_325_969_19,
        0.061_125_232_274_37,
        0.019_745_724_024_82,
        0.016_123_734_663_2,
        0.002_419_294_202_44,
        0.024_983_137_436_23,
        0.036_662_505_575_68,
        0.003_069_167_035_09,
        0.003_907_031_056_61,
        0.006_409_222_043_63,
    ];
    let errors = &fit.inference.errors;
    close(
        "errors of cost",
        &errors[errors.len() - 12..],
        &gamma_errors,
        1e-7,
    );

    // Before findings have a weight only the moments of errors count.
    let first = GivenWeighting {
        w: gmm::first_weighting(&problem).0,
        estimated: false,
    };
    let zero = EstimationSettings {
        weighting_matrix: Some(first),
        initial_update: false,
        ..settings.clone()
    };
    let threads = Pool::new(Some(3)).expect("threads");
    let zero = evaluated(&problem, &zero, &threads);
    close("step 0", &[zero.objective], &[3_992.180_402_594_6], 1e-9);
    // Threads change no bit.
    assert_eq!(zero.at.delta, fit.at.delta);
    assert_eq!(zero.at.micro, fit.at.micro);
    assert_eq!(zero.errors.micro, fit.errors.micro);
}
