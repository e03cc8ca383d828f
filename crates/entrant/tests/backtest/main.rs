//! Back-tests where the truth is known: the model where it is true, forecasters by hand, threads.

mod panel;

use entrant::data::result::backtest::{ForecastScore, PanelBacktest, Scored};
use entrant::estimation::{Backtested, backtest};
use entrant::io::LoadedEstimation;
use entrant::{RunOptions, Silent};
use tempfile::TempDir;

fn study() -> LoadedEstimation {
    let dir = TempDir::new().expect("a folder");
    panel::study(dir.path(), 20_021)
}

fn run(loaded: &LoadedEstimation, threads: usize, draws: usize) -> Backtested {
    let options = RunOptions {
        threads: Some(threads),
        draws: Some(draws),
        seed: None,
    };
    backtest(loaded, options, &Silent).expect("a back-test")
}

fn panel_of(made: &Backtested) -> &PanelBacktest {
    made.document.panel.as_ref().expect("a panel")
}

fn score<'a>(panel: &'a PanelBacktest, of: Scored, who: &str) -> &'a ForecastScore {
    let mut all = panel.scores.iter();
    let found = all.find(|s| s.of == of && s.forecaster == who);
    found.unwrap_or_else(|| panic!("no score of {who}"))
}

/// Where the model is true its intervals hold about what they say, and nobody who knows less
/// forecasts better. 112 products are predicted; those of a market share a change, so that
/// coverage varies more than it would with as many independent ones.
#[test]
fn where_the_model_is_true_it_wins_and_its_intervals_hold() {
    let made = run(&study(), 2, 200);
    let panel = panel_of(&made);
    assert!(panel.markets.iter().all(|m| m.status.is_usable()));
    assert!(
        panel
            .markets
            .iter()
            .all(|m| m.draws.iter().all(|c| c.status.is_usable()))
    );
    for of in [
        Scored::NewShares,
        Scored::StayingShares,
        Scored::NewPrices,
        Scored::StayingPrices,
    ] {
        let model = score(panel, of, "model");
        let held = model.coverage.expect("a number");
        assert!((0.8..=0.99).contains(&held), "{of:?}: {held}");
        for who in ["proportional draw", "constant elasticity", "no change"] {
            let mut all = panel.scores.iter();
            let Some(other) = all.find(|s| s.of == of && s.forecaster == who) else {
                assert!(who == "proportional draw");
                continue;
            };
            assert!(
                model.crps < other.crps,
                "{of:?}: {who} has {:?}",
                other.crps
            );
        }
        assert!(model.items > 20 && model.missing == 0);
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let loaded = study();
    let mut short = loaded.clone();
    if let Some(spec) = &mut short.study.backtest {
        spec.first = "15".into();
    }
    let (one, two) = (run(&short, 1, 12), run(&short, 3, 12));
    assert_eq!(one.document, two.document);
    assert_eq!(one.products, two.products);
}

/// With one market before it nothing has changed yet: products that stay are forecast to have
/// exactly the share and price that they had, or the share of a plain logit whose new products are
/// drawn from all others.
#[test]
fn after_one_market_everything_stays() {
    let mut loaded = study();
    let spec = loaded.study.backtest.as_mut().expect("the study has one");
    (spec.first, spec.last) = ("2".into(), Some("2".into()));
    let made = run(&loaded, 2, 8);
    let panel = panel_of(&made);
    let at = |who: &str| {
        let found = panel.forecasters.iter().position(|f| f.name == who);
        found.expect("the forecaster")
    };
    let (same, rule) = (at("no change"), at("proportional draw"));
    assert_eq!(panel.markets[0].changes, 0);
    let outside = |k: usize, draw: fn(f64) -> f64| {
        let total = panel.markets[0].total.as_ref().expect("a total");
        draw(total.forecasts[k].expect("said").median)
    };
    assert!(outside(rule, |t| t) < 100.0);
    let mut staying = 0;
    for p in made.products.iter().filter(|p| !p.new) {
        staying += 1;
        for (number, what) in [(&p.share, "share"), (&p.price, "price")] {
            let was = number.before.expect("it was there");
            let said = number.forecasts[same].expect("said");
            assert!((said.low / was - 1.0).abs() < 1e-12, "{what}");
            assert!((said.high / was - 1.0).abs() < 1e-12, "{what}");
        }
    }
    assert!(staying > 8);
    // All that stay lose or gain in proportion.
    let ratios: Vec<f64> = made
        .products
        .iter()
        .filter(|p| !p.new)
        .map(|p| p.share.forecasts[rule].expect("said").median / p.share.before.expect("there"))
        .collect();
    assert!(ratios.iter().all(|r| (r / ratios[0] - 1.0).abs() < 1e-12));
}
