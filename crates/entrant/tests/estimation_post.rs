//! What an estimated panel says, end to end on two studies of the repository: every number is
//! `PyBLP` 1.3.0's at the same parameters (its own optimum to ten digits).

use std::path::Path;

use entrant_data::Status;
use entrant_estimate::blp::{Kind, Problem, Serial, Source, Wanted, evaluate};
use entrant_estimate::gmm::{Moments, first_weighting};
use entrant_estimate::post::{
    Ownership, PanelEconomy, PanelMarket, PriceSettings, Variable, concentration, profits,
};

fn problem(study: &str) -> Problem {
    scaled(study, 1.0)
}

/// A study with taste shocks of another scale.
fn scaled(study: &str, scale: f64) -> Problem {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies");
    let mut loaded = entrant_io::read_estimation(&folder.join(study)).expect("the study is read");
    loaded.study.estimate.epsilon_scale = scale;
    Problem::bind(&Source {
        spec: &loaded.study.estimate,
        columns: &loaded.study.data.columns,
        products: &loaded.products,
        consumers: loaded.consumers.as_ref(),
    })
    .expect("the study binds")
}

fn economy<'a>(problem: &'a Problem, values: &[f64]) -> PanelEconomy<'a> {
    let wanted = Wanted {
        tolerance: 1e-13,
        jacobian: false,
    };
    let at = evaluate(problem, values, wanted, &Serial);
    assert_eq!(at.failure, None);
    let moments = Moments::new(problem);
    let weighting = moments.weighting(first_weighting(problem).0);
    let point = moments.point(problem, &weighting, values, &at);
    let linear = point.linear;
    PanelEconomy::new(problem, values, &linear, &at)
}

/// Nevo's estimates, parameter by parameter.
fn nevo(problem: &Problem) -> Vec<f64> {
    let sigma = [
        0.558_093_562_6,
        3.312_488_854_5,
        -0.005_783_551_8,
        0.093_414_469_8,
    ];
    let pi = [
        [2.291_971_460_9, 0.0, 1.284_432_013_8, 0.0],
        [588.325_089_38, -30.192_012_773, 0.0, 11.054_628_071],
        [-0.384_954_073_18, 0.0, 0.052_234_270_489, 0.0],
        [0.748_372_299_48, 0.0, -1.353_393_231_0, 0.0],
    ];
    let of = |kind: Kind| match kind {
        Kind::Sigma { row, .. } => sigma[row],
        Kind::Pi { row, column } => pi[row][column],
        other => panic!("{other:?} is not searched for"),
    };
    problem.parameters.free.iter().map(|p| of(p.kind)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[track_caller]
fn close(name: &str, got: f64, want: f64, relative: f64) {
    let off = (got - want).abs() / want.abs();
    assert!(
        off <= relative,
        "{name}: {got:.15e} is not {want:.15e}, off by {off:.1e}"
    );
}

fn main_diagonal(m: &entrant_numeric::dense::Matrix) -> Vec<f64> {
    (0..m.rows).map(|j| m.at(j, j)).collect()
}

/// One number per product, all markets in order.
fn rows(
    economy: &PanelEconomy<'_>,
    f: impl Fn(&mut PanelMarket<'_>) -> Vec<f64> + Sync,
) -> Vec<f64> {
    economy.each(&Serial, f).concat()
}

fn observed(m: &PanelMarket<'_>) -> Ownership {
    Ownership::observed(m.data)
}

fn ratio(m: &PanelMarket<'_>, price: &[f64]) -> Vec<f64> {
    let one = |(new, old): (&f64, &f64)| new / old - 1.0;
    price.iter().zip(m.price()).map(one).collect()
}

/// Substitution: elasticities, diversion.
struct Substitution {
    own: f64,
    all: f64,
    mean_utility: f64,
    aggregate: f64,
    outside: f64,
    squares: f64,
    second_outside: f64,
    second_squares: f64,
}

fn check_substitution(economy: &PanelEconomy<'_>, want: &Substitution) {
    let size = |v: &[f64]| v.iter().map(|x| x.abs()).sum::<f64>();
    let square = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
    let elasticity = |variable| {
        economy.each(&Serial, |m| {
            m.elasticities(variable, &[]).expect("in the formulas")
        })
    };
    let prices = elasticity(Variable::Price);
    let own: Vec<f64> = prices.iter().flat_map(main_diagonal).collect();
    close("own", mean(&own), want.own, 1e-10);
    let all: f64 = prices.iter().map(|e| size(&e.data)).sum();
    close("all", all, want.all, 1e-10);
    let all = elasticity(Variable::MeanUtility);
    let all: f64 = all.iter().map(|e| size(&e.data)).sum();
    close("mean utility", all, want.mean_utility, 1e-9);
    let aggregate = economy.each(&Serial, |m| m.aggregate_elasticity(0.1));
    close("aggregate", mean(&aggregate), want.aggregate, 1e-10);
    let d = economy.each(&Serial, |m| {
        m.diversion(Variable::Price).expect("has prices")
    });
    let outside: Vec<f64> = d.iter().flat_map(main_diagonal).collect();
    close("outside", mean(&outside), want.outside, 1e-10);
    close(
        "squares",
        d.iter().map(|d| square(&d.data)).sum(),
        want.squares,
        1e-10,
    );
    let d = economy.each(&Serial, |m| m.second_choices());
    let outside: Vec<f64> = d.iter().flat_map(main_diagonal).collect();
    close("second outside", mean(&outside), want.second_outside, 1e-10);
    let squares = d.iter().map(|d| square(&d.data)).sum();
    close("second squares", squares, want.second_squares, 1e-10);
}

/// Costs and what follows from them.
struct Costs {
    cost: f64,
    negative: usize,
    lerner: f64,
    median: f64,
    concentration: f64,
    profit: f64,
    surplus: f64,
    own_passthrough: f64,
    passthrough_squares: f64,
}

fn costs(m: &PanelMarket<'_>) -> Vec<f64> {
    m.costs(&observed(m)).expect("regular")
}

fn check_costs(economy: &PanelEconomy<'_>, want: &Costs) {
    let cost = rows(economy, |m| costs(m));
    close("cost", mean(&cost), want.cost, 1e-10);
    assert_eq!(cost.iter().filter(|c| **c < 0.0).count(), want.negative);
    let mut lerner = rows(economy, |m| m.lerner(&costs(m)));
    close("lerner", mean(&lerner), want.lerner, 1e-10);
    lerner.sort_by(f64::total_cmp);
    let half = lerner.len() / 2;
    let median = 0.5 * (lerner[half] + lerner[(lerner.len() - 1) / 2]);
    close("median", median, want.median, 1e-9);
    let hhi = economy.each(&Serial, |m| concentration(&observed(m), &m.shares()));
    close("concentration", mean(&hhi), want.concentration, 1e-12);
    let profit = rows(economy, |m| profits(m.price(), &costs(m), &m.shares()));
    close("profit", mean(&profit), want.profit, 1e-10);
    let surplus = economy.each(&Serial, |m| m.surplus().mean);
    close("surplus", mean(&surplus), want.surplus, 1e-10);
    let pass = economy.each(&Serial, |m| {
        m.passthrough(&observed(m), &costs(m)).expect("regular")
    });
    let own: Vec<f64> = pass.iter().flat_map(main_diagonal).collect();
    close("passthrough", mean(&own), want.own_passthrough, 1e-9);
    let squares: f64 = pass.iter().flat_map(|p| &p.data).map(|v| v * v).sum();
    close(
        "passthrough squares",
        squares,
        want.passthrough_squares,
        1e-8,
    );
}

/// A merger.
struct Merger {
    firms: [&'static str; 2],
    approximate: f64,
    price: f64,
    change: f64,
    largest: f64,
    concentration: f64,
    markup: f64,
    profit: f64,
    surplus: f64,
}

fn check_merger(economy: &PanelEconomy<'_>, want: &Merger) {
    let owners = |m: &PanelMarket<'_>| Ownership::merger(m.data, &want.firms);
    let approximate = rows(economy, |m| {
        let p = m
            .approximate_prices(&owners(m), &costs(m))
            .expect("regular");
        ratio(m, &p)
    });
    close("approximate", mean(&approximate), want.approximate, 1e-9);
    let solved = economy.each(&Serial, |m| {
        let (cost, start) = (costs(m), m.price().to_vec());
        let (before, surplus) = (m.shares(), m.surplus().mean);
        let lerner = m.lerner(&cost);
        let found = m.equilibrium(&owners(m), &cost, &start, PriceSettings::default());
        assert_eq!(found.status, Status::Certified, "{found:?}");
        assert!(found.residual <= 1e-12);
        let after = profits(&found.price, &cost, &found.share);
        let was = profits(&start, &cost, &before);
        let difference =
            |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let change: Vec<f64> = found
            .price
            .iter()
            .zip(&start)
            .map(|(a, b)| a / b - 1.0)
            .collect();
        let hhi = concentration(&owners(m), &found.share) - concentration(&observed(m), &before);
        (
            [
                found.price.clone(),
                change,
                difference(&m.lerner(&cost), &lerner),
                difference(&after, &was),
            ],
            [hhi, m.surplus().mean - surplus],
        )
    });
    let by_row = |k: usize| -> Vec<f64> { solved.iter().flat_map(|s| s.0[k].clone()).collect() };
    let by_market = |k: usize| -> Vec<f64> { solved.iter().map(|s| s.1[k]).collect() };
    close("price", mean(&by_row(0)), want.price, 1e-10);
    close("change", mean(&by_row(1)), want.change, 1e-9);
    close(
        "largest",
        by_row(1).into_iter().fold(0.0, f64::max),
        want.largest,
        1e-9,
    );
    close("markup", mean(&by_row(2)), want.markup, 1e-9);
    close("profit", mean(&by_row(3)), want.profit, 1e-8);
    close(
        "concentration",
        mean(&by_market(0)),
        want.concentration,
        1e-9,
    );
    close("surplus", mean(&by_market(1)), want.surplus, 1e-9);
}

#[test]
fn nevo_cereals() {
    let problem = problem("nevo-cereal");
    let economy = economy(&problem, &nevo(&problem));
    close("alpha", economy.beta[0], -62.729_895_116_041_78, 1e-10);
    check_substitution(
        &economy,
        &Substitution {
            own: -3.618_105_303_679_012,
            all: 13_135.439_542_834_994,
            mean_utility: 25_003.962_862_589_266,
            aggregate: -0.596_740_434_356_637_8,
            outside: 0.365_820_329_860_856_5,
            squares: 438.001_311_830_978_86,
            second_outside: 0.333_201_221_316_109_74,
            second_squares: 389.597_824_758_215_67,
        },
    );
    check_costs(
        &economy,
        &Costs {
            cost: 0.082_358_505_994_757_86,
            negative: 4,
            lerner: 0.363_866_025_136_934_6,
            median: 0.337_079_102_444_338_2,
            concentration: 3_408.193_797_469_032,
            profit: 0.000_887_961_491_201_44,
            surplus: 0.034_246_702_951_191_39,
            own_passthrough: 1.101_199_799_327_074_6,
            passthrough_squares: 2_818.118_730_254_972_4,
        },
    );
    check_merger(
        &economy,
        &Merger {
            firms: ["1", "2"],
            approximate: 0.138_828_227_234_711_9,
            price: 0.137_899_196_824_191_4,
            change: 0.101_551_687_447_757_54,
            largest: 1.093_781_480_299_614,
            concentration: 1_790.833_679_289_815_8,
            markup: 0.051_806_716_248_066_834,
            profit: 7.385_085_266_695_411e-5,
            surplus: -0.004_661_551_361_915_453,
        },
    );
}

/// `Problem(..., epsilon_scale=1.3)`, but for surplus: `PyBLP` divides the price coefficient by the
/// scale and not the utilities in the logarithm of their sum. Ours is against its mean utilities put
/// into the formula with `NumPy`.
/// Nor does it divide the derivative by mean utilities: its elasticities in them are 1.3 times what
/// the same economy in other units has.
#[test]
fn nevo_cereals_with_larger_taste_shocks() {
    let problem = scaled("nevo-cereal", 1.3);
    let economy = economy(&problem, &nevo(&problem));
    check_substitution(
        &economy,
        &Substitution {
            own: -3.632_549_901_859_063,
            all: 13_002.958_000_833_76,
            mean_utility: 27_634.425_291_667_318 / 1.3,
            aggregate: -0.630_121_042_620_061_4,
            outside: 0.389_883_424_516_227,
            squares: 464.078_456_978_404_8,
            second_outside: 0.361_713_513_998_046_96,
            second_squares: 419.227_071_826_147_04,
        },
    );
    check_costs(
        &economy,
        &Costs {
            cost: 0.083_246_147_040_126_2,
            negative: 4,
            lerner: 0.357_132_160_511_381_3,
            median: 0.335_356_834_389_393_23,
            concentration: 3_408.193_797_469_032,
            profit: 0.000_873_757_359_972_537_9,
            surplus: 0.030_534_484_316_426_462,
            own_passthrough: 1.064_328_321_434_649,
            passthrough_squares: 2_601.818_496_181_4,
        },
    );
    check_merger(
        &economy,
        &Merger {
            firms: ["1", "2"],
            approximate: 0.127_879_404_370_278_84,
            price: 0.136_464_027_335_793_27,
            change: 0.089_875_570_933_721_63,
            largest: 0.678_945_322_119_836_3,
            concentration: 1_858.244_572_007_094_8,
            markup: 0.047_477_579_733_964_99,
            profit: 6.413_752_498_349_473e-5,
            surplus: -0.004_212_840_095_206_436,
        },
    );
}

#[test]
fn elasticities_with_respect_to_a_characteristic() {
    let problem = problem("nevo-cereal");
    let economy = economy(&problem, &nevo(&problem));
    let sugar = &problem.random_names;
    let place = sugar
        .iter()
        .position(|n| n == "sugar")
        .expect("a random coefficient");
    let all = economy.each(&Serial, |m| {
        let sugar = m.data.x2(place)[..m.data.products()].to_vec();
        let e = m.elasticities(Variable::Column("sugar"), &sugar);
        e.expect("in the formulas")
            .data
            .iter()
            .map(|v| v.abs())
            .sum::<f64>()
    });
    close("sugar", all.iter().sum(), 3_585.620_224_507_888, 1e-10);
    let market = economy.market(0);
    assert_eq!(
        market.share_jacobian(Variable::Column("no such column")),
        None
    );
}

#[test]
fn blp_autos() {
    let problem = problem("blp-autos");
    let sigma = [
        2.025_353_664_2,
        0.0,
        6.100_351_612_3,
        3.955_529_909_5,
        0.253_510_515_3,
        1.908_469_794_6,
    ];
    let of = |kind: Kind| match kind {
        Kind::Sigma { row, .. } => sigma[row],
        Kind::Pi { .. } => -44.842_955_475_5,
        other => panic!("{other:?} is not searched for"),
    };
    let values: Vec<f64> = problem.parameters.free.iter().map(|p| of(p.kind)).collect();
    let economy = economy(&problem, &values);
    check_substitution(
        &economy,
        &Substitution {
            own: -3.927_629_378_362_902,
            all: 15_402.586_175_051_18,
            mean_utility: 5_435.305_583_093_125,
            aggregate: -0.082_864_628_688_673_24,
            outside: 0.162_491_672_439_873_64,
            squares: 122.848_530_749_337_97,
            second_outside: 0.126_980_709_013_258_34,
            second_squares: 96.223_286_366_710_77,
        },
    );
    check_costs(
        &economy,
        &Costs {
            cost: 7.857_190_897_377_254,
            negative: 0,
            lerner: 0.316_496_360_600_535_7,
            median: 0.300_937_236_377_246_3,
            concentration: 2_648.220_056_443_831,
            profit: 0.002_761_061_320_912_051_3,
            surplus: 2.732_840_314_497_593_2,
            own_passthrough: 1.967_647_774_790_847_2,
            passthrough_squares: 18_326.519_561_201_55,
        },
    );
    check_merger(
        &economy,
        &Merger {
            firms: ["18", "19"],
            approximate: 0.073_374_072_919_333_97,
            price: 12.590_348_724_070_738,
            change: 0.079_115_801_675_925_57,
            largest: 1.591_794_824_295_440_7,
            concentration: 522.519_298_301_489_5,
            markup: 0.036_892_971_315_217_72,
            profit: 0.000_383_274_611_706_180_1,
            surplus: -0.096_624_278_973_954_95,
        },
    );
}
