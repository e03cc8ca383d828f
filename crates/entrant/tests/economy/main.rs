//! Scenarios of estimated studies: numbers of a reference program and of formulas, intervals from
//! another way of computing them, and what is refused.

mod beyond;
mod choices;
mod live;
mod logit;
mod nevo;
mod premiums;
mod refused;
mod scale;
mod transfer;

use std::path::Path;

use entrant::data::result::{MarketOutcome, ProductOutcome, Results};
use entrant::io::LoadedEstimation;
use entrant::{RunError, RunOptions, Silent};

fn study(name: &str) -> LoadedEstimation {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../studies");
    entrant::io::read_estimation(&folder.join(name)).expect("the study is read")
}

/// Nevo's study in these markets, with the merger alone.
fn cereal(markets: &[&str]) -> LoadedEstimation {
    let mut loaded = study("nevo-cereal");
    loaded.study.markets = markets.iter().map(|m| (*m).to_owned()).collect();
    loaded.study.scenario.retain(|s| s.id == "merger");
    loaded.study.entrant.clear();
    loaded
}

fn run(loaded: &LoadedEstimation, draws: usize, threads: usize) -> Result<Results, RunError> {
    let options = RunOptions {
        draws: Some(draws),
        seed: Some(1),
        threads: Some(threads),
    };
    entrant::estimation::run(loaded, options, None, &Silent)
}

fn market<'a>(results: &'a Results, scenario: usize, id: &str) -> &'a MarketOutcome {
    let mut markets = results.scenarios[scenario].markets.iter();
    markets.find(|m| m.market == id).expect("a market")
}

fn product<'a>(market: &'a MarketOutcome, id: &str) -> &'a ProductOutcome {
    let mut products = market.products.iter();
    products.find(|p| p.product == id).expect("a product")
}

#[track_caller]
fn close(name: &str, found: f64, known: f64, tolerance: f64) {
    let off = (found - known).abs() / known.abs();
    assert!(
        off <= tolerance,
        "{name}: {found} is not {known}: {off:.1e}"
    );
}
