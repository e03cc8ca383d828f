//! Integration audit: does the answer move when consumers are integrated over more finely?

use entrant_data::Finding;
use entrant_data::result::Results;
use entrant_data::spec::Model;
use entrant_market::equilibrium::Effort;
use entrant_scenario::{Before, MarketDraw, RunSettings};

use crate::draw::{Calibrated, calibrate_all};
use crate::economy::{Economy, Solved, solve_scenario};
use crate::inputs::Resolved;

/// Largest move of a headline number, as a share of its interval's width, that passes.
const LIMIT: f64 = 0.1;
/// How many times more nodes the audit takes, up to the finest rule.
const FINER: usize = 3;
const FINEST: usize = 45;

/// Calibrates and solves the headline scenario again with three times the nodes, at the central
/// values of the inputs, and compares each firm's units after with the interval over draws.
///
/// `None` where nothing is integrated, or the headline has no usable answer.
pub fn integration(
    central: &Resolved,
    markets: &[Calibrated],
    solved: &[Vec<Solved>],
    results: &Results,
) -> Option<Finding> {
    let s = central
        .study
        .scenario
        .iter()
        .position(|s| s.id == results.headline)?;
    let mut finer = central.clone();
    if finer.study.demand.model != Model::RandomCoefficients {
        return None;
    }
    finer.study.demand.nodes = (FINER * finer.study.demand.nodes).min(FINEST);
    let again = calibrate_all(&finer, Some(markets)).ok()?;
    let (market, coarse) = (again.first()?, solved.get(s)?.first()?);
    if !market.calibration.status.is_usable() || !coarse.draw.status.is_usable() {
        return None;
    }
    let before = Before::new(&market.calibration.market);
    let settings = RunSettings {
        effort: Effort::Local,
        diversion: false,
    };
    let nodes = finer.study.demand.nodes;
    let economy = Economy::calibrated(finer, &again);
    let fine = solve_scenario(
        &economy.context(0),
        &economy.places[0].market,
        &before,
        &economy.resolved.study.scenario[s],
        Some(coarse),
        settings,
    )
    .ok()?;
    let moved = largest_move(coarse, &fine.draw, results, s)?;
    Some(finding(moved, central.study.demand.nodes, nodes))
}

/// Largest move of a firm's change of units, over the width of its interval.
fn largest_move(coarse: &Solved, fine: &MarketDraw, results: &Results, s: usize) -> Option<f64> {
    let outcome = results.scenarios.get(s)?.markets.first()?;
    let change = |d: &MarketDraw, firm: &str| -> f64 {
        let own = coarse
            .after
            .products
            .iter()
            .enumerate()
            .filter(|(_, p)| p.firm == firm);
        own.map(|(j, _)| d.size * (d.share_after[j] - d.share_before[j]))
            .sum()
    };
    let named = |f: &&entrant_data::result::FirmOutcome| {
        f.firm == results.entrant || results.focus.contains(&f.firm)
    };
    outcome
        .firms
        .iter()
        .filter(named)
        .map(|f| {
            let width = f.units.change.high - f.units.change.low;
            (change(&coarse.draw, &f.firm) - change(fine, &f.firm)).abs() / width
        })
        .filter(|m| m.is_finite())
        .reduce(f64::max)
}

fn finding(moved: f64, nodes: usize, finer: usize) -> Finding {
    let message = format!(
        "with {finer} in place of {nodes} nodes per random coefficient, no headline change of units moves by more than {:.1}% of its interval's width (limit {:.0}%)",
        100.0 * moved,
        100.0 * LIMIT
    );
    if moved <= LIMIT {
        Finding::ok("integration", message)
    } else {
        Finding::warning("integration", message, "raise `demand.nodes`")
    }
}
