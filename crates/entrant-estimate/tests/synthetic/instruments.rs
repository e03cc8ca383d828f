//! Optimal instruments against a reference program, the closed form at zero, and published
//! Monte Carlo results.

use entrant_data::spec::{Algorithm, CostForm, StartMatrix};
use entrant_estimate::blp::Serial;
use entrant_estimate::optimal::{
    Expectation, OptimalInstruments, OptimalSettings, optimal_instruments,
};
use entrant_estimate::simulate::{Experiment, Heterogeneity, Synthetic};
use entrant_numeric::dense::Matrix;

use crate::support::{bound, distance, fitted, numbers, settings, small};

/// What `PyBLP` 1.3.0 gave for `small`, at the starting values: sums of absolute values of the
/// columns of `demand_instruments` and `supply_instruments`, `inverse_covariance_matrix`, and the
/// sum of `expected_prices` (0 where it was not printed).
struct Reference {
    demand: &'static [f64],
    supply: &'static [f64],
    inverse: &'static [f64],
    prices: f64,
}

fn at_start(synthetic: &Synthetic) -> OptimalInstruments {
    let (problem, columns) = bound(synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::Return));
    optimal_instruments(
        &problem,
        &columns,
        &fit,
        &OptimalSettings::default(),
        &Serial,
    )
}

fn sizes(m: &Matrix) -> Vec<f64> {
    (0..m.columns)
        .map(|c| m.column(c).iter().map(|v| v.abs()).sum())
        .collect()
}

fn agree(found: &OptimalInstruments, reference: &Reference) {
    let close = |a: &[f64], b: &[f64], tolerance: f64| {
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
        }
    };
    close(&sizes(&found.demand), reference.demand, 1e-9);
    close(&sizes(&found.supply), reference.supply, 1e-9);
    // Printed with nine digits.
    close(&found.inverse_covariance.data, reference.inverse, 2e-7);
    close(&[found.prices.iter().sum()], &[reference.prices], 1e-12);
    assert!(found.at_boundary.is_empty() && found.reverted.is_empty());
}

#[test]
fn with_supply_instruments_are_those_of_pyblp() {
    let reference = Reference {
        demand: &[404.728_550_835_327_44, 3_703.661_816_790_71],
        supply: &[7.296_470_824_410_624_4, 2_897.547_174_802_854_4],
        inverse: &[6.470_518_75, -0.174_490_34, -0.174_490_34, 4.561_781_84],
        prices: 590.127_815_446_267_4,
    };
    agree(&at_start(&small(Heterogeneity::Simple, true)), &reference);
}

#[test]
fn with_nests_instruments_are_those_of_pyblp() {
    let reference = Reference {
        demand: &[
            492.287_195_187_769_84,
            3_758.343_951_654_057_5,
            2_931.980_803_325_638,
        ],
        supply: &[
            30.834_310_124_371_818,
            1_196.569_931_808_897_8,
            1_305.780_165_892_188_3,
        ],
        inverse: &[5.966_073_71, -0.406_606_86, -0.406_606_86, 4.531_537_57],
        prices: 514.225_496_363_353_7,
    };
    agree(&at_start(&small(Heterogeneity::Nested, true)), &reference);
}

#[test]
fn with_absorbed_effects_and_no_supply_they_are_those_of_pyblp() {
    let mut synthetic = small(Heterogeneity::Complex, false);
    synthetic.spec.demand.linear = "0 + x + price | market".to_owned();
    let reference = Reference {
        demand: &[300.218_037_535_514_84, 538.423_231_248_765_8],
        supply: &[],
        inverse: &[4.839_476_77],
        prices: 608.900_845_990_610_8,
    };
    agree(&at_start(&synthetic), &reference);
}

#[test]
fn with_logarithms_of_price_and_cost_they_are_those_of_pyblp() {
    let mut synthetic = small(Heterogeneity::Simple, true);
    let demand = &mut synthetic.spec.demand;
    demand.random = Some("0 + x + log(price)".to_owned());
    demand.sigma = Some(StartMatrix::Diagonal(vec![2.0, 0.3]));
    demand.beta.insert("price".to_owned(), -1.5);
    if let Some(supply) = &mut synthetic.spec.supply {
        supply.form = CostForm::Log;
    }
    let reference = Reference {
        demand: &[
            260.955_570_706_824_3,
            190.836_801_417_549_62,
            3_017.746_391_205_773_3,
        ],
        supply: &[
            681.579_870_125_859_2,
            354.482_203_154_623_9,
            7_099.494_689_733_93,
        ],
        inverse: &[5.871_706_02, -15.637_551_67, -15.637_551_67, 77.076_488_36],
        prices: 584.407_156_356_091_3,
    };
    agree(&at_start(&synthetic), &reference);
}

#[test]
fn the_second_stage_is_that_of_pyblp() {
    let synthetic = small(Heterogeneity::Nested, true);
    let (problem, columns) = bound(&synthetic);
    let mut settings = settings(&synthetic.spec, Algorithm::Return);
    let first = fitted(&problem, &settings);
    let found = optimal_instruments(
        &problem,
        &columns,
        &first,
        &OptimalSettings::default(),
        &Serial,
    );
    let better = found
        .problem(&problem, &columns)
        .expect("instruments are independent");
    let names = &better.demand.z_names[..4];
    assert_eq!(
        names,
        [
            "optimal sigma[x]",
            "optimal rho",
            "optimal beta[price]",
            "w"
        ]
    );
    settings.algorithm = Algorithm::TrustRegion;
    let fit = fitted(&better, &settings);
    // PyBLP 1.3.0: Problem.solve on OptimalInstrumentResults.to_problem(), method='1s', BFGS.
    assert!((fit.objective - 0.322_653_342_900_945_7).abs() < 1e-9);
    let all: Vec<f64> = fit
        .values
        .iter()
        .chain(&fit.linear.beta)
        .chain(&fit.linear.gamma)
        .copied()
        .collect();
    let theirs = [
        3.136_361_12,
        0.459_937_18,
        -0.811_240_33,
        -7.842_292_75,
        5.961_956_34,
        1.781_944_66,
        1.064_003_15,
        0.232_146_06,
    ];
    assert!(distance(&all, &theirs) < 1e-6, "{all:?}");
    let errors = [
        0.413_236_6,
        0.047_168_37,
        0.246_590_37,
        0.899_893_85,
        0.328_007_97,
        0.266_448_18,
        0.142_297_69,
        0.114_600_26,
    ];
    assert!(
        distance(&fit.inference.errors, &errors) < 1e-6,
        "{:?}",
        fit.inference.errors
    );
}

#[test]
fn a_spread_at_zero_has_the_instrument_of_its_variance() {
    let synthetic = small(Heterogeneity::Simple, false);
    let (problem, columns) = bound(&synthetic);
    let mut settings = settings(&synthetic.spec, Algorithm::Return);
    settings.start = Some(vec![0.0]);
    let fit = fitted(&problem, &settings);
    let found = optimal_instruments(
        &problem,
        &columns,
        &fit,
        &OptimalSettings::default(),
        &Serial,
    );
    assert_eq!(found.at_boundary, [0]);
    // Salanie and Wolak (2019): -K_j = -(x_j / 2 - e) x_j with e the share-weighted sum of x.
    let x: Vec<f64> = {
        let x = numbers(&synthetic.products, "x");
        problem.order.iter().map(|r| x[*r]).collect()
    };
    let mut expected = vec![0.0; x.len()];
    for m in &problem.markets {
        let e: f64 = m.rows.clone().map(|r| found.shares[r] * x[r]).sum();
        for r in m.rows.clone() {
            expected[r] = -(x[r] / 2.0 - e) * x[r];
        }
    }
    // The derivative is taken at a spread of 1e-3, with an error of the order of its square.
    let off = distance(&found.d_xi.column(0), &expected);
    assert!(off < 2e-6, "{off}");
    found
        .problem(&problem, &columns)
        .expect("the instrument is no zero column");
}

#[test]
fn expectations_over_draws_stay_near_the_approximation_and_do_not_depend_on_each_other() {
    let synthetic = small(Heterogeneity::Simple, true);
    let (problem, columns) = bound(&synthetic);
    let fit = fitted(&problem, &settings(&synthetic.spec, Algorithm::Return));
    let with = |expectation| {
        let settings = OptimalSettings {
            expectation,
            prices: None,
        };
        optimal_instruments(&problem, &columns, &fit, &settings, &Serial)
    };
    let plain = with(Expectation::Approximate);
    let (one, two) = (
        with(Expectation::Normal { draws: 1, seed: 1 }),
        with(Expectation::Normal { draws: 2, seed: 1 }),
    );
    assert!(one.prices != two.prices);
    // Draws spread, their mean does not: 40 draws of prices whose errors are about one half.
    let many = with(Expectation::Empirical { draws: 40, seed: 1 });
    let gap: f64 = many
        .prices
        .iter()
        .zip(&plain.prices)
        .map(|(a, b)| a - b)
        .sum();
    let rows = problem.rows() as f64;
    assert!((gap / rows).abs() < 0.1, "{}", gap / rows);
    let zero = (0..problem.rows()).all(|r| (plain.d_xi.at(r, 1) + plain.prices[r]).abs() < 1e-12);
    assert!(zero, "d xi / d alpha is minus the expected price");
}

/// Published median bias and median absolute error of the spread and of price sensitivity with
/// demand, supply and optimal instruments (Conlon and Gortmaker 2020, table 5).
const PUBLISHED: [(f64, f64); 2] = [(0.012, 0.171), (0.005, 0.170)];

#[test]
fn bias_is_the_published_one_within_monte_carlo_error() {
    let sets = 24;
    let mut misses = [Vec::new(), Vec::new()];
    for number in 0..sets {
        let experiment = Experiment::new(Heterogeneity::Simple, true, 1, number);
        let synthetic = experiment.make().expect("the data set has an equilibrium");
        let (problem, columns) = bound(&synthetic);
        let settings = settings(&synthetic.spec, Algorithm::TrustRegion);
        let first = fitted(&problem, &settings);
        let found = optimal_instruments(
            &problem,
            &columns,
            &first,
            &OptimalSettings::default(),
            &Serial,
        );
        let better = found
            .problem(&problem, &columns)
            .expect("instruments are independent");
        let fit = fitted(&better, &settings);
        misses[0].push(fit.values[0].abs() - 3.0);
        misses[1].push(fit.values[1] + 1.0);
    }
    for (miss, (bias, error)) in misses.iter_mut().zip(PUBLISHED) {
        miss.sort_by(f64::total_cmp);
        let median = f64::midpoint(miss[miss.len() / 2 - 1], miss[miss.len() / 2]);
        // A median absolute error is 0.6745 standard deviations of a normal; the standard error of
        // a median is 1.2533 of them by root n. Four of those.
        let allowed = 4.0 * 1.2533 * error / 0.6745 / (sets as f64).sqrt();
        assert!((median - bias).abs() < allowed, "{median} against {bias}");
    }
}
