//! The merger of the reference program's tutorial.

use entrant::data::Status;
use entrant::data::spec::{Algorithm, StartMatrix};
use entrant_estimate::blp::Serial;
use entrant_estimate::post::{Ownership, PanelEconomy, PriceSettings};

use super::{cereal, close, market, product, run};

/// Prices after `merger_ids = firm_ids.replace(2, 1)` at fixed costs: `PyBLP` 1.3.0, `compute_prices`
/// at its optimum.
const C01Q1: [(&str, f64); 24] = [
    ("F1B04", 0.085_376_078_039_243_66),
    ("F1B06", 0.127_054_526_650_074_13),
    ("F1B07", 0.147_482_246_139_940_04),
    ("F1B09", 0.145_308_739_942_371_84),
    ("F1B11", 0.171_441_777_859_332_32),
    ("F1B13", 0.152_690_976_809_579_83),
    ("F1B17", 0.159_206_175_002_855_6),
    ("F1B30", 0.143_386_487_629_177_27),
    ("F1B45", 0.165_795_478_763_543_67),
    ("F2B05", 0.116_394_922_051_602_57),
    ("F2B08", 0.139_607_709_529_962_15),
    ("F2B15", 0.120_738_023_777_262_43),
    ("F2B16", 0.123_851_598_906_423_3),
    ("F2B19", 0.116_532_283_439_151_63),
    ("F2B26", 0.134_611_289_373_489_37),
    ("F2B28", 0.183_849_087_056_778_1),
    ("F2B40", 0.141_244_650_783_023_87),
    ("F2B48", 0.155_897_841_646_300_8),
    ("F3B06", 0.110_144_950_871_724_07),
    ("F3B14", 0.137_138_348_008_093_16),
    ("F4B02", 0.175_382_765_305_454_02),
    ("F4B10", 0.135_805_162_480_047_84),
    ("F4B12", 0.135_437_028_111_653_45),
    ("F6B18", 0.143_748_303_326_606_85),
];
/// In the market where one price doubles.
const C43Q2: [(&str, f64); 3] = [
    ("F1B04", 0.070_881_682_102_457_43),
    ("F2B16", 0.369_008_613_407_839_75),
    ("F6B18", 0.130_036_563_968_304_76),
];
/// Consumer surplus per potential buyer before and after, `compute_consumer_surpluses`.
const SURPLUS: [[f64; 2]; 2] = [
    [0.023_672_221_348_572_06, 0.020_547_132_532_862_95],
    [0.105_706_813_251_193_34, 0.094_805_025_944_161_24],
];
/// Largest relative difference: their iteration of prices stops at 1e-14.
const TOLERANCE: f64 = 1e-9;
/// Their estimates to ten digits.
const SIGMA: [f64; 4] = [
    0.558_093_562_6,
    3.312_488_854_5,
    -0.005_783_551_8,
    0.093_414_469_8,
];
const PI: [[f64; 4]; 4] = [
    [2.291_971_460_9, 0.0, 1.284_432_013_8, 0.0],
    [588.325_089_38, -30.192_012_773, 0.0, 11.054_628_071],
    [-0.384_954_073_18, 0.0, 0.052_234_270_489, 0.0],
    [0.748_372_299_48, 0.0, -1.353_393_231_0, 0.0],
];

#[test]
fn the_merger_is_that_of_the_reference_program() {
    let mut loaded = cereal(&["C01Q1", "C43Q2"]);
    let demand = &mut loaded.study.estimate.demand;
    demand.sigma = Some(StartMatrix::Diagonal(SIGMA.to_vec()));
    demand.pi = Some(StartMatrix::Rows(PI.iter().map(|r| r.to_vec()).collect()));
    loaded.study.estimate.optimizer.algorithm = Algorithm::Return;
    let results = run(&loaded, 3, 2).expect("a run");
    for (id, prices) in [("C01Q1", &C01Q1[..]), ("C43Q2", &C43Q2[..])] {
        let found = market(&results, 0, id);
        assert_eq!(found.status, Status::Certified);
        for (name, price) in prices {
            let after = product(found, name).price.after.central.expect("a number");
            close(name, after, *price, TOLERANCE);
        }
    }
    for (id, [before, after]) in ["C01Q1", "C43Q2"].into_iter().zip(SURPLUS) {
        // Per million potential buyers.
        let surplus = market(&results, 0, id).consumer_surplus;
        let number = |e: entrant::data::result::Estimate| e.central.expect("a number") / 1e6;
        close(id, number(surplus.before), before, TOLERANCE);
        close(id, number(surplus.after), after, TOLERANCE);
    }
    // Every market counts the same: the whole is the mean.
    let together = results.scenarios[0].together.as_ref().expect("two markets");
    let mean = f64::midpoint(SURPLUS[0][1], SURPLUS[1][1]);
    let whole = together.consumer_surplus.after.central.expect("a number");
    close("together", whole / 1e6, mean, TOLERANCE);
    let units: f64 = ["C01Q1", "C43Q2"]
        .iter()
        .map(|id| {
            market(&results, 0, id)
                .units
                .after
                .central
                .expect("a number")
        })
        .sum();
    let all = together.units.after.central.expect("a number");
    close("units", all, units / 2.0, 1e-12);
}

/// The same parameters in the other code that solves for prices, which knows the panel.
#[test]
fn scenarios_agree_with_post_estimation_at_the_same_estimates() {
    let loaded = cereal(&["C01*"]);
    let results = run(&loaded, 1, 1).expect("a run");
    let options = entrant::estimation::EstimationOptions::default();
    let fitted = entrant::estimation::fit(&loaded, &options, &entrant::Silent).expect("a fit");
    let fit = &fitted.fit;
    let panel = PanelEconomy::new(&fitted.problem, &fit.values, &fit.linear, &fit.at);
    let found = panel.each(&Serial, |m| {
        let cost = m.costs(&Ownership::observed(m.data)).expect("regular");
        let start = m.price().to_vec();
        let owners = Ownership::merger(m.data, &["2", "1"]);
        let solved = m.equilibrium(&owners, &cost, &start, PriceSettings::default());
        (m.data.id.clone(), solved.price)
    });
    assert_eq!(results.scenarios[0].markets.len(), 2, "C01Q1 and C01Q2");
    for outcome in &results.scenarios[0].markets {
        let (_, prices) = found
            .iter()
            .find(|(id, _)| *id == outcome.market)
            .expect("the market");
        assert_eq!(prices.len(), outcome.products.len());
        for (p, price) in outcome.products.iter().zip(prices) {
            let after = p.price.after.central.expect("a number");
            close(&p.product, after, *price, 1e-10);
        }
    }
}

#[test]
fn draws_without_an_equilibrium_are_counted_and_said() {
    // In some draws a consumer of this market likes a higher price.
    let loaded = cereal(&["C43Q2"]);
    let results = run(&loaded, 24, 2).expect("a run");
    let counts = &market(&results, 0, "C43Q2").draws;
    assert_eq!(counts.iter().map(|c| c.draws).sum::<usize>(), 24);
    let lost: usize = counts
        .iter()
        .filter(|c| !c.status.is_usable())
        .map(|c| c.draws)
        .sum();
    assert!(lost > 0, "{counts:?}");
    let said = format!("{lost} of the draws are left out");
    assert!(
        results.answer.iter().any(|s| s.contains(&said)),
        "{:?}",
        results.answer
    );
    let finding = results.findings.iter().find(|f| f.code == "draws");
    assert!(finding.is_some_and(|f| f.message.contains(&format!("{lost} of 24 draws"))));
}
