//! Documented examples of others, and where they are wrong.
//!
//! Inputs and numbers called published are in the manuals and papers named. Numbers with more
//! digits are from `parity/merger_examples.py`, which shares no code with this crate (scipy, and
//! slopes of the bare demand function by complex steps).

use entrant_data::Status;
use entrant_data::result::Identification;
use entrant_merger::demand::Logit;
use entrant_merger::{
    Calibration, Conduct, Demand, DemandKind, Model, Product, Tax, Unknown, simulate,
};

use crate::support::{app_table, beer, close, market, merger, parameter, product, rises, run};

/// The market of the vignette of the R package mergersim (0.2.0): true parameters.
fn vignette(conduct: Conduct) -> Calibration {
    let cost = [0.05, 0.31, 0.30];
    let demand = Logit {
        slope: -0.9,
        quality: vec![0.81, 0.93, 0.82],
        outside: 1.0,
        size: 1.0,
    };
    let each = cost.iter().zip(["A", "B", "C"]).map(|(cost, id)| Product {
        id: id.into(),
        firm: id.into(),
        price: cost + 1.0,
        cost: *cost,
        tax: Tax::default(),
        capacity: None,
        on_sale: true,
    });
    let mut model = Model {
        demand: Demand::Logit(demand),
        conduct,
        products: each.collect(),
        stakes: Vec::new(),
        rising_cost: false,
    };
    let found = entrant_merger::equilibrium::solve(&model);
    assert!(found.status.is_usable() && found.residual < 1e-13);
    for (p, price) in model.products.iter_mut().zip(&found.prices) {
        p.price = *price;
    }
    Calibration {
        model,
        quantities: found.quantities,
        earned: found.earned,
        identification: Identification::Given,
        parameters: Vec::new(),
        fitted: Vec::new(),
        residual: found.residual,
        status: found.status,
    }
}

#[test]
fn vignette_of_mergersim_bertrand() {
    let before = vignette(Conduct::Bertrand);
    let after = simulate(&before, &[merger("A", "B")]).expect("a merger");
    // Published.
    close(
        &before.model.prices(),
        &[1.482_363, 1.709_577, 1.673_102],
        6e-7,
    );
    close(
        &before.quantities,
        &[0.224_281_2, 0.206_109_6, 0.190_802_0],
        6e-8,
    );
    let prices: Vec<f64> = after.products.iter().map(|p| p.price[1]).collect();
    // Its solver stops at residuals of 1e-6: published prices are right to 2e-5 only.
    close(&prices, &[1.793_086, 2.053_067, 1.705_423], 2e-5);
    close(
        &prices,
        &[
            1.793_080_820_483_560_9,
            2.053_080_820_483_560_7,
            1.705_424_907_578_953,
        ],
        1e-12,
    );
    let units: Vec<f64> = after.products.iter().map(|p| p.quantity[1]).collect();
    close(
        &units,
        &[
            0.191_601_276_736_214_52,
            0.170_957_763_525_114_4,
            0.209_412_680_023_466_94,
        ],
        1e-12,
    );
}

#[test]
fn vignette_of_mergersim_auction_and_bargaining() {
    let auction = vignette(Conduct::Auction);
    let after = simulate(&auction, &[merger("A", "B")]).expect("a merger");
    // Published with seven digits; all of them here.
    close(&rises(&after), &[0.258_273_1, 0.240_208_8, 0.0], 5e-8);
    close(
        &rises(&after),
        &[0.258_273_126_051_898_9, 0.240_208_801_494_456_34, 0.0],
        1e-13,
    );
    assert_eq!(after.status, Status::Exact);
    let bargaining = vignette(Conduct::Bargaining(0.5));
    close(
        &bargaining.model.prices(),
        &[0.754_397_0, 0.996_863_2, 0.973_143_5],
        6e-8,
    );
    let exact = [
        0.754_397_047_374_382_6,
        0.996_863_189_414_482_2,
        0.973_143_540_093_388_8,
    ];
    close(&bargaining.model.prices(), &exact, 1e-13);
    let after = simulate(&bargaining, &[merger("A", "B")]).expect("a merger");
    let prices: Vec<f64> = after.products.iter().map(|p| p.price[1]).collect();
    close(
        &prices,
        &[
            1.019_660_632_479_696_2,
            1.284_883_343_987_850_4,
            0.990_729_107_411_953_1,
        ],
        1e-12,
    );
}

#[test]
fn pcaids_as_published() {
    // Epstein and Rubinfeld 2001 and 2004: shares 20, 30, 50; own elasticity -3, market -1.
    let mut observed = market(
        DemandKind::Aids,
        vec![
            product("A", "A", 1.0, 0.2, None),
            product("B", "B", 1.0, 0.3, None),
            product("C", "C", 1.0, 0.5, None),
        ],
    );
    observed.products[0].elasticity = Some(-3.0);
    observed.market_elasticity = Some(-1.0);
    let (calibration, after) = run(&observed, &[merger("A", "B")]);
    assert_eq!(calibration.identification, Identification::Exact);
    let prices = calibration.model.prices();
    let e = entrant_merger::pressure::elasticities(&calibration.model, &prices).expect("slopes");
    // Published elasticities.
    let published = [-3.0, 0.75, 1.25, 0.5, -2.75, 1.25, 0.5, 0.75, -2.25];
    close(&e.data, &published, 1e-14);
    // Published price effects: 13.8 and 10.8 percent.
    close(&rises(&after)[..2], &[0.138, 0.108], 5e-4);
    let exact = [
        0.137_638_608_002_563_1,
        0.107_538_969_093_166_07,
        0.040_595_893_671_338_42,
    ];
    close(&rises(&after), &exact, 1e-12);
    let cmcr: Vec<f64> = after.products.iter().map(|p| p.cmcr).collect();
    close(&cmcr, &[1.0 / 6.0, 8.0 / 63.0, 0.0], 1e-14);
    observed.market_elasticity = Some(-1.4);
    let (_, after) = run(&observed, &[merger("A", "B")]);
    let exact = [
        0.105_801_205_688_777_82,
        0.081_461_357_086_251_24,
        0.022_366_616_835_873_154,
    ];
    close(&rises(&after), &exact, 1e-12);
}

#[test]
fn beer_with_one_margin() {
    let (calibration, after) = run(&beer(&[0]), &[merger("BUD", "OLD STYLE")]);
    assert_eq!(calibration.identification, Identification::Exact);
    close(
        &[parameter(&calibration, "price coefficient")],
        &[-63.389_271_449_481_015],
        1e-12,
    );
    let exact = [
        0.076_273_450_540_402_58,
        0.036_627_267_872_654_246,
        0.008_795_746_320_792_83,
        0.009_084_495_568_697_726,
        0.001_748_401_291_316_481_5,
        0.003_369_845_151_360_850_7,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(
        &[after.consumer_harm],
        &[0.000_610_903_850_497_933_7],
        1e-15,
    );
    assert_eq!(after.status, Status::Certified);
}

#[test]
fn beer_with_all_margins_where_antitrust_stops_early() {
    let all = [0, 1, 2, 3, 4, 5];
    let (calibration, after) = run(&beer(&all), &[merger("BUD", "OLD STYLE")]);
    assert_eq!(calibration.identification, Identification::Over);
    let alpha = parameter(&calibration, "price coefficient");
    // The objective of antitrust, squared errors of level margins, is smallest here; 0.99.29
    // stops at -63.4, the coefficient of the first margin alone.
    close(&[alpha], &[-73.251_432_027_929_82], 1e-11);
    let loss = |alpha: f64| -> f64 {
        let observed = beer(&all);
        let each = observed.products.iter().zip(&calibration.earned);
        each.map(|(p, e)| {
            (p.margin.unwrap_or(f64::NAN) * p.price - e * alpha_over(alpha, &calibration)).powi(2)
        })
        .sum()
    };
    close(&[loss(alpha)], &[2.391_374_970_175_436_4e-05], 1e-16);
    assert!(loss(-63.4) > 7.6e-5 && loss(-73.2) > loss(alpha) && loss(-73.3) > loss(alpha));
    // Observed shares stay what they are, unlike in antitrust 0.99.26.
    close(
        &calibration.quantities,
        &[0.066, 0.172, 0.253, 0.187, 0.099, 0.223],
        1e-15,
    );
    assert!(after.status == Status::Certified);
}

/// How earnings scale when the price coefficient is another one.
fn alpha_over(alpha: f64, calibration: &Calibration) -> f64 {
    parameter(calibration, "price coefficient") / alpha
}

#[test]
fn unknown_outside_share_where_antitrust_is_wrong() {
    // The margin is that of a firm with two products: antitrust 0.99.29 compares it with every
    // element of the inverse elasticity matrix, finds prices up by 10.9 percent, and harm of
    // 85.7, and warns of nothing.
    let (calibration, after) = run(&app_table(2), &[merger("Firm1", "Firm2")]);
    close(
        &[parameter(&calibration, "price coefficient")],
        &[-17.0 / 70.0],
        1e-14,
    );
    close(
        &[parameter(&calibration, "outside share")],
        &[7.0 / 17.0],
        1e-14,
    );
    let exact = [
        0.094_952_773_715_913_93,
        0.133_414_312_177_452_48,
        0.009_531_660_123_140_995,
        0.009_531_660_123_140_995,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[74.790_807_873_614_21], 1e-10);
    // Input against fitted: both numbers are met.
    assert!(
        calibration
            .fitted
            .iter()
            .all(|f| (f.input - f.fitted).abs() < 1e-13)
    );
    let (one, after) = run(&app_table(0), &[merger("Firm1", "Firm2")]);
    close(&[parameter(&one, "outside share")], &[0.375], 1e-14);
    close(&[after.consumer_harm], &[74.613_419_449_737_34], 1e-10);
}

#[test]
fn ces_with_one_margin() {
    let share = [0.071, 0.137, 0.251, 0.179, 0.093, 0.269];
    let mut observed = beer(&[0]);
    observed.demand = DemandKind::Ces;
    for (p, r) in observed.products.iter_mut().zip(share) {
        p.amount = r;
    }
    let (calibration, after) = run(&observed, &[merger("BUD", "OLD STYLE")]);
    let g = parameter(&calibration, "elasticity of substitution");
    close(&[g], &[2.734_086_175_932_457_5], 1e-14);
    let exact = [
        0.060_530_860_231_828_41,
        0.030_351_007_657_589_024,
        0.004_226_542_483_843_021,
        0.004_226_542_483_843_021,
        0.000_688_843_576_826_414_5,
        0.002_340_802_247_782_214_4,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[0.010_609_422_856_125_539], 1e-15);
    // Shares of spending are the observed ones: where several margins are known antitrust
    // returns 0.167 for 0.137.
    for (p, m) in observed
        .products
        .iter_mut()
        .zip([0.383, 0.5515, 0.5421, 0.5557, 0.4453, 0.3769])
    {
        p.margin = Some(m);
    }
    let (calibration, _) = run(&observed, &[]);
    let model = calibration.model;
    let q = model
        .demand
        .quantities(&model.prices())
        .expect("quantities");
    let spent: Vec<f64> = q.iter().zip(model.prices()).map(|(q, p)| q * p).collect();
    close(&spent, &share, 1e-15);
}

#[test]
fn linear_and_log_linear_by_share() {
    let each = |kind| {
        market(
            kind,
            vec![
                product("1", "1", 2.9, 650.0, Some(0.435)),
                product("2", "2", 3.4, 998.0, Some(0.417)),
                product("3", "3", 2.2, 1801.0, Some(0.370)),
            ],
        )
    };
    let mut linear = each(DemandKind::Linear);
    linear.total = 3449.0;
    let (_, after) = run(&linear, &[merger("1", "2")]);
    let exact = [
        0.153_009_437_317_458_64,
        0.104_461_660_084_284_04,
        0.033_981_968_708_441_945,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[750.035_089_401_575_3], 1e-9);
    let mut log = each(DemandKind::LogLinear);
    log.total = 3449.0;
    let (_, after) = run(&log, &[merger("1", "2")]);
    close(
        &rises(&after),
        &[0.416_310_508_142_554_9, 0.592_728_868_266_912_7, 0.0],
        1e-12,
    );
    // Rivals with constant elasticities never move their prices.
    assert!(rises(&after)[2].abs() < 1e-14);
}

#[test]
fn true_nested_logit_where_antitrust_is_wrong() {
    // Prices, shares and margins of a nested logit with a = -2 and parameter 0.5; antitrust
    // returns a = -3.33 and a parameter of 1, all versions since 2019.
    let price = [
        0.991_095_395_976_635_9,
        1.098_126_128_465_821_5,
        0.833_357_506_286_193_6,
        1.150_166_767_317_686_3,
        0.983_357_506_286_193_7,
    ];
    let share = [
        0.169_471_491_827_404,
        0.201_252_792_687_294_26,
        0.138_509_407_043_779_1,
        0.106_027_786_874_907_99,
        0.138_509_407_043_779_06,
    ];
    let firms = ["a", "b", "c", "a", "d"];
    let known = [
        0.394_609_234_957_898_7,
        0.362_550_455_858_871_7,
        0.400_017_404_021_211_55,
    ];
    let build = |margins: usize| {
        let each = (0..5).map(|j| {
            let mut p = product(&j.to_string(), firms[j], price[j], share[j], None);
            p.nest = Some(if j < 2 { "x" } else { "y" }.into());
            p.margin = (j < margins).then(|| known[j]);
            p
        });
        let mut out = market(DemandKind::NestedLogit, each.collect());
        out.outside = Unknown::Known(1.0 - share.iter().sum::<f64>());
        out.nest_strength = Unknown::Calibrate;
        out.total = share.iter().sum();
        out
    };
    for margins in [2, 3] {
        let (calibration, after) = run(&build(margins), &[merger("b", "c")]);
        // A minimum is known to the root of rounding only.
        let tolerance = if margins == 2 { 1e-13 } else { 2e-8 };
        close(
            &[parameter(&calibration, "nest parameter")],
            &[0.5],
            tolerance,
        );
        close(
            &[parameter(&calibration, "price coefficient")],
            &[-2.0],
            4.0 * tolerance,
        );
        let prices: Vec<f64> = after.products.iter().map(|p| p.price[1]).collect();
        let exact = [
            0.999_816_876_227_990_1,
            1.125_969_996_105_428_4,
            0.876_153_435_022_894_3,
            1.156_463_368_853_973_6,
            0.989_069_968_558_033_4,
        ];
        close(&prices, &exact, tolerance.max(1e-12));
    }
}

#[test]
fn miller_auction() {
    // Miller 2014, data as in the manual of antitrust, in thousands of dollars.
    let price = [35.53, 154.0, 84.08, 53.16];
    let share = [0.29, 0.40, 0.28, 0.03];
    let each = (0..4).map(|j| {
        let margin = (j == 1).then_some(53.0 / 154.0);
        product(
            &(j + 1).to_string(),
            &(j + 1).to_string(),
            price[j],
            share[j],
            margin,
        )
    });
    let mut observed = market(DemandKind::Logit, each.collect());
    observed.conduct = Conduct::Auction;
    let (calibration, after) = run(&observed, &[merger("2", "3")]);
    close(
        &[parameter(&calibration, "price coefficient")],
        &[-0.024_095_548_290_848_617],
        1e-16,
    );
    close(
        &rises(&after),
        &[0.0, 0.107_411_820_317_096_94, 0.247_986_832_601_424_3, 0.0],
        1e-13,
    );
    // In dollars nothing but the unit of money changes; the manual of antitrust warns that its
    // results differ.
    for p in &mut observed.products {
        p.price *= 1e3;
    }
    let (_, dollars) = run(&observed, &[merger("2", "3")]);
    close(&rises(&dollars), &rises(&after), 1e-15);
}
