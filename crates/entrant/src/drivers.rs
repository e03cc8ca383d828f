//! Which inputs drive the width of the answer.

use entrant_data::result::{Driver, DriverTable, MarkShare};
use entrant_data::spec::Study;
use entrant_data::{Draws, Mark};
use entrant_numeric::sensitivity::{direction, explained_by_scalar, explained_by_vector};
use entrant_scenario::{MarketDraw, ScenarioDraws, firm_profit};

use crate::answer;
use crate::inputs::Inputs;

/// Inputs below this share of the variance are not listed.
const SMALLEST: f64 = 0.005;
/// Longest list of drivers.
const LONGEST: usize = 12;

/// One table per outcome of the headline scenario: the entrant's share of units sold and profit,
/// and the change of units of each focus firm.
pub fn tables(
    study: &Study,
    scenario: &str,
    views: &[ScenarioDraws<'_>],
    inputs: &Inputs,
) -> Vec<DriverTable> {
    let Some(view) = views.first() else {
        return Vec::new();
    };
    let mut outcomes: Vec<(String, Draws)> = Vec::new();
    let entrant = answer::entrant(study);
    if view.products.iter().any(|p| p.firm == entrant && p.on_sale) {
        outcomes.push((
            format!("{entrant}: share of units sold"),
            unit_share_after(view, &entrant),
        ));
        outcomes.push((
            format!("{entrant}: variable profit"),
            firm_profit(view, &entrant),
        ));
    }
    for firm in answer::focus_of(study, view) {
        outcomes.push((
            format!("{firm}: change of units"),
            units_change(view, &firm),
        ));
    }
    outcomes.push((
        "consumer surplus: change".into(),
        view.draws_of(|d| d.size * (d.surplus_after - d.surplus_before)),
    ));
    outcomes
        .into_iter()
        .map(|(name, draws)| table(scenario, name, &draws, inputs))
        .collect()
}

fn sum_of(view: &ScenarioDraws<'_>, firm: &str, values: &[f64]) -> f64 {
    view.products
        .iter()
        .zip(values)
        .filter(|(p, _)| p.firm == firm)
        .map(|(_, v)| v)
        .sum()
}

fn unit_share_after(view: &ScenarioDraws<'_>, firm: &str) -> Draws {
    view.draws_of(|d: &MarketDraw| {
        sum_of(view, firm, &d.share_after) / d.share_after.iter().sum::<f64>()
    })
}

fn units_change(view: &ScenarioDraws<'_>, firm: &str) -> Draws {
    view.draws_of(|d| {
        d.size * (sum_of(view, firm, &d.share_after) - sum_of(view, firm, &d.share_before))
    })
}

fn table(scenario: &str, outcome: String, y: &Draws, inputs: &Inputs) -> DriverTable {
    let mut drivers: Vec<Driver> = inputs
        .uncertain()
        .map(|(name, mark, width, x)| Driver {
            input: name.to_owned(),
            title: inputs.title_of(name).to_owned(),
            share: if width == 1 {
                explained_by_scalar(x, y.values())
            } else {
                explained_by_vector(x, width, y.values())
            },
            direction: if width == 1 {
                direction(x, y.values())
            } else {
                0
            },
            mark,
        })
        .filter(|d| d.share.is_finite())
        .collect();
    // Estimated shares of independent inputs can sum to a little over one by sampling error.
    let total: f64 = drivers.iter().map(|d| d.share).sum();
    let scale = if total > 1.0 { 1.0 / total } else { 1.0 };
    for d in &mut drivers {
        d.share *= scale;
    }
    drivers.sort_by(|a, b| {
        b.share
            .total_cmp(&a.share)
            .then_with(|| a.input.cmp(&b.input))
    });
    let marks = marks(&drivers, inputs);
    drivers.retain(|d| d.share >= SMALLEST);
    drivers.truncate(LONGEST);
    DriverTable {
        scenario: scenario.to_owned(),
        outcome,
        drivers,
        unexplained: (1.0 - total).max(0.0),
        marks,
    }
}

fn marks(drivers: &[Driver], inputs: &Inputs) -> Vec<MarkShare> {
    let total: f64 = drivers.iter().map(|d| d.share).sum();
    let one = |mark: Mark| {
        let share: f64 = drivers
            .iter()
            .filter(|d| d.mark == mark)
            .map(|d| d.share)
            .sum();
        MarkShare {
            mark,
            share: if total > 0.0 { share / total } else { 0.0 },
            inputs: inputs.marks().filter(|m| *m == mark).count(),
        }
    };
    Mark::ALL.into_iter().map(one).collect()
}
