//! Worth, games and surfaces of an estimated study, where plain logit gives them by formula.

use entrant::data::Quantity;
use entrant::data::result::Results;
use entrant::data::spec::{
    AxisSpec, GameSpec, MoveSpec, PlayerSpec, QualitySpec, SurfaceSpec, WorthSpec,
};
use entrant::io::LoadedEstimation;

use super::logit::{Panel, entry, estimate, logit, share_of_new};
use super::{close, run};

/// What an entry costs once, in the units of the study: money per million buyers and market.
const FIXED: f64 = 1500.0;
const PERIODS: u32 = 6;
const RATE: f64 = 0.05;

/// A maker may enter two markets in which nobody answers.
fn study() -> LoadedEstimation {
    let mut loaded = logit("1 + prices + sugar", &["C01*"]);
    let like = QualitySpec {
        like: Some("F1B04".into()),
        ..QualitySpec::default()
    };
    entry(&mut loaded, like, None);
    let study = &mut loaded.study;
    study.worth = Some(WorthSpec {
        firm: "9".into(),
        periods: PERIODS,
        discount: Quantity::known(RATE),
        fixed_cost: Quantity::known(FIXED),
        yearly_cost: None,
        year: 4,
        price_erosion: None,
        cost_erosion: None,
        rivals_cost_erosion: None,
        growth: None,
        path: None,
        rival: Vec::new(),
        draws: None,
    });
    let moved = |id: &str, products: &[&str], price: Option<f64>| MoveSpec {
        id: id.into(),
        products: products.iter().map(ToString::to_string).collect(),
        prices: price.into_iter().map(|x| ("N1".into(), x)).collect(),
        fixed_cost: Some(Quantity::known(if products.is_empty() {
            0.0
        } else {
            FIXED
        })),
    };
    study.game = vec![GameSpec {
        id: "enters".into(),
        title: "Whether it enters".into(),
        note: String::new(),
        scenario: Some("entry".into()),
        periods: PERIODS,
        discount: Quantity::known(RATE),
        ban: Vec::new(),
        draws: None,
        player: vec![PlayerSpec {
            firm: "9".into(),
            moves: vec![
                moved("out", &[], None),
                moved("in", &["N1"], None),
                moved("in, dear", &["N1"], Some(0.2)),
            ],
            candidate: Vec::new(),
        }],
    }];
    study.surface = vec![SurfaceSpec {
        id: "price".into(),
        title: "What it asks".into(),
        note: String::new(),
        firm: "9".into(),
        scenario: Some("entry".into()),
        draws: None,
        axis: vec![AxisSpec {
            products: vec!["N1".into()],
            from: Some(0.06),
            to: Some(0.2),
            count: Some(8),
            ..AxisSpec::default()
        }],
    }];
    loaded
}

/// Profit per period by the formula: both markets have a million buyers.
fn profit(loaded: &LoadedEstimation, results: &Results, price: f64) -> f64 {
    let [alpha, _] = estimate(results, "beta[prices]");
    let one = |market: &str| {
        let panel = Panel::of(loaded, market);
        let twin = panel.product.iter().position(|p| p == "F1B04");
        let twin = twin.expect("there");
        let delta = panel.delta()[twin] + alpha * (price - panel.price[twin]);
        1e6 * (price - 0.05) * share_of_new(&panel, delta)
    };
    one("C01Q1") + one("C01Q2")
}

#[test]
fn formulas_of_plain_logit() {
    let loaded = study();
    let results = run(&loaded, 30, 2).expect("a run");
    let annuity: f64 = (1..=PERIODS)
        .map(|t| (1.0 + RATE).powf(-f64::from(t)))
        .sum();
    let surface = &results.surfaces[0];
    assert_eq!((surface.points.len(), surface.draws), (8, 30));
    for point in &surface.points {
        let found = point.profit.central.expect("at the estimates");
        close("point", found, profit(&loaded, &results, point.at[0]), 1e-9);
        assert!(point.profit.low < found && found < point.profit.high);
        // Nobody answers.
        assert!(point.answer.point().abs() < 1e-12);
    }
    // Nobody answers, so that the order of moves does not matter: the best price between points is
    // that of the firm alone, `p = c + 1 / (-alpha (1 - s))` in each market, here in both at once.
    let refined = surface.refined.as_ref().expect("a best point");
    let peak = profit(&loaded, &results, refined.at[0]);
    for step in [-1e-3, 1e-3] {
        assert!(profit(&loaded, &results, refined.at[0] + step) < peak);
    }
    let game = &results.games[0];
    let payoff = |id: &str| {
        let row = game.rows.iter().find(|r| r.moves == [id]);
        row.expect("a row").payoff[0].point()
    };
    let known = annuity * profit(&loaded, &results, 0.12) - FIXED;
    close("payoff", payoff("in"), known, 1e-9);
    let dear = annuity * profit(&loaded, &results, 0.2) - FIXED;
    close("dear", payoff("in, dear"), dear, 1e-9);
    assert!(payoff("out").abs() < 1e-300);
    let worth = results.scenarios[0].worth.as_ref().expect("worth");
    close("value", worth.value.central.expect("a number"), known, 1e-9);
    assert!(worth.value.low < known && known < worth.value.high);
    close(
        "flow",
        worth.flow[0].profit.point(),
        profit(&loaded, &results, 0.12),
        1e-9,
    );
}

#[test]
fn the_same_on_any_number_of_threads_and_without_draws() {
    let loaded = study();
    let [one, two] = [1, 2].map(|threads| run(&loaded, 4, threads).expect("a run"));
    assert_eq!(format!("{:?}", one.surfaces), format!("{:?}", two.surfaces));
    assert_eq!(format!("{:?}", one.games), format!("{:?}", two.games));
    let none = run(&loaded, 0, 1).expect("a run");
    let value = |r: &Results| r.scenarios[0].worth.as_ref().expect("worth").value.point();
    close("value", value(&none), value(&one), 1e-12);
    let best = |r: &Results| {
        r.surfaces[0]
            .refined
            .as_ref()
            .expect("a point")
            .profit
            .point()
    };
    close("best", best(&none), best(&one), 1e-12);
}
