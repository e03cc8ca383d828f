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
        &[1.482363, 1.709577, 1.673102],
        6e-7,
    );
    close(&before.quantities, &[0.2242812, 0.2061096, 0.1908020], 6e-8);
    let prices: Vec<f64> = after.products.iter().map(|p| p.price[1]).collect();
    // Its solver stops at residuals of 1e-6: published prices are right to 2e-5 only.
    close(&prices, &[1.793086, 2.053067, 1.705423], 2e-5);
    close(
        &prices,
        &[1.7930808204835609, 2.0530808204835607, 1.705424907578953],
        1e-12,
    );
    let units: Vec<f64> = after.products.iter().map(|p| p.quantity[1]).collect();
    close(
        &units,
        &[0.19160127673621452, 0.1709577635251144, 0.20941268002346694],
        1e-12,
    );
}

#[test]
fn vignette_of_mergersim_auction_and_bargaining() {
    let auction = vignette(Conduct::Auction);
    let after = simulate(&auction, &[merger("A", "B")]).expect("a merger");
    // Published with seven digits; all of them here.
    close(&rises(&after), &[0.2582731, 0.2402088, 0.0], 5e-8);
    close(
        &rises(&after),
        &[0.2582731260518989, 0.24020880149445634, 0.0],
        1e-13,
    );
    assert_eq!(after.status, Status::Exact);
    let bargaining = vignette(Conduct::Bargaining(0.5));
    close(
        &bargaining.model.prices(),
        &[0.7543970, 0.9968632, 0.9731435],
        6e-8,
    );
    let exact = [0.7543970473743826, 0.9968631894144822, 0.9731435400933888];
    close(&bargaining.model.prices(), &exact, 1e-13);
    let after = simulate(&bargaining, &[merger("A", "B")]).expect("a merger");
    let prices: Vec<f64> = after.products.iter().map(|p| p.price[1]).collect();
    close(
        &prices,
        &[1.0196606324796962, 1.2848833439878504, 0.9907291074119531],
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
    let exact = [0.1376386080025631, 0.10753896909316607, 0.04059589367133842];
    close(&rises(&after), &exact, 1e-12);
    let cmcr: Vec<f64> = after.products.iter().map(|p| p.cmcr).collect();
    close(&cmcr, &[1.0 / 6.0, 8.0 / 63.0, 0.0], 1e-14);
    observed.market_elasticity = Some(-1.4);
    let (_, after) = run(&observed, &[merger("A", "B")]);
    let exact = [
        0.10580120568877782,
        0.08146135708625124,
        0.022366616835873154,
    ];
    close(&rises(&after), &exact, 1e-12);
}

#[test]
fn beer_with_one_margin() {
    let (calibration, after) = run(&beer(&[0]), &[merger("BUD", "OLD STYLE")]);
    assert_eq!(calibration.identification, Identification::Exact);
    close(
        &[parameter(&calibration, "price coefficient")],
        &[-63.389271449481015],
        1e-12,
    );
    let exact = [
        0.07627345054040258,
        0.036627267872654246,
        0.00879574632079283,
        0.009084495568697726,
        0.0017484012913164815,
        0.0033698451513608507,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[0.0006109038504979337], 1e-15);
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
    close(&[alpha], &[-73.25143202792982], 1e-11);
    let loss = |alpha: f64| -> f64 {
        let observed = beer(&all);
        let each = observed.products.iter().zip(&calibration.earned);
        each.map(|(p, e)| {
            (p.margin.unwrap_or(f64::NAN) * p.price - e * alpha_over(alpha, &calibration)).powi(2)
        })
        .sum()
    };
    close(&[loss(alpha)], &[2.3913749701754364e-05], 1e-16);
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
        0.09495277371591393,
        0.13341431217745248,
        0.009531660123140995,
        0.009531660123140995,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[74.79080787361421], 1e-10);
    // Input against fitted: both numbers are met.
    assert!(
        calibration
            .fitted
            .iter()
            .all(|f| (f.input - f.fitted).abs() < 1e-13)
    );
    let (one, after) = run(&app_table(0), &[merger("Firm1", "Firm2")]);
    close(&[parameter(&one, "outside share")], &[0.375], 1e-14);
    close(&[after.consumer_harm], &[74.61341944973734], 1e-10);
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
    close(&[g], &[2.7340861759324575], 1e-14);
    let exact = [
        0.06053086023182841,
        0.030351007657589024,
        0.004226542483843021,
        0.004226542483843021,
        0.0006888435768264145,
        0.0023408022477822144,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[0.010609422856125539], 1e-15);
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
        0.15300943731745864,
        0.10446166008428404,
        0.033981968708441945,
    ];
    close(&rises(&after), &exact, 1e-13);
    close(&[after.consumer_harm], &[750.0350894015753], 1e-9);
    let mut log = each(DemandKind::LogLinear);
    log.total = 3449.0;
    let (_, after) = run(&log, &[merger("1", "2")]);
    close(
        &rises(&after),
        &[0.4163105081425549, 0.5927288682669127, 0.0],
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
        0.9910953959766359,
        1.0981261284658215,
        0.8333575062861936,
        1.1501667673176863,
        0.9833575062861937,
    ];
    let share = [
        0.169471491827404,
        0.20125279268729426,
        0.1385094070437791,
        0.10602778687490799,
        0.13850940704377906,
    ];
    let firms = ["a", "b", "c", "a", "d"];
    let known = [0.3946092349578987, 0.3625504558588717, 0.40001740402121155];
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
            0.9998168762279901,
            1.1259699961054284,
            0.8761534350228943,
            1.1564633688539736,
            0.9890699685580334,
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
        &[-0.024095548290848617],
        1e-16,
    );
    close(
        &rises(&after),
        &[0.0, 0.10741182031709694, 0.2479868326014243, 0.0],
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
