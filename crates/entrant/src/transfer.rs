//! A brand effect from other countries: an input of the study, and what it changes.

use entrant_data::panel::{MarketPanel, Panel};
use entrant_data::result::{TransferForecast, TransferReport};
use entrant_data::spec::{Study, TransferSpec};
use entrant_data::tracker::Statement;
use entrant_data::{Draws, Mark, Status};
use entrant_scenario::{MarketDraw, TransferDraw};
use entrant_track::Settings;
use entrant_track::transfer::{Transferred, transfer};

use crate::economy::{Economy, Solved, in_draw, over_draws};
use crate::error::RunError;
use crate::inputs::{Inputs, Resolved};
use crate::observer::Observer;

/// What a study says about a transfer, whatever its economy comes from.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// `[transfer]`.
    pub(crate) spec: Option<&'a TransferSpec>,
    /// Shares by country.
    pub(crate) statements: Option<&'a Vec<Statement>>,
    /// Markets of the study.
    pub(crate) panel: &'a Panel,
    /// Level of intervals.
    pub(crate) level: f64,
}

/// The transferred brand effect of a study; nothing where it asks for none.
///
/// # Errors
/// A table without the brand, the country or a rival in both.
pub(crate) fn transferred(
    asked: Asked<'_>,
    draws: usize,
    seed: u64,
) -> Result<Option<Transferred>, RunError> {
    let (Some(spec), Some(statements)) = (asked.spec, asked.statements) else {
        return Ok(None);
    };
    let level = asked.level;
    let settings = Settings { draws, seed, level };
    let found = transfer(spec, statements, settings)?;
    for (k, rival) in found.rivals.iter().enumerate() {
        let sold = |m: &MarketPanel| m.products.iter().any(|p| p.brand == *rival);
        if !asked.panel.markets.iter().all(sold) {
            let message = format!("`{rival}` is no brand on sale in every market of the study");
            let e = entrant_data::InputError::at(format!("transfer.rivals[{k}]"), message)
                .value(rival)
                .hint("name the rivals that are on sale in `transfer.rivals`");
            return Err(RunError::from(e));
        }
    }
    Ok(Some(found))
}

/// Adds the lead to the inputs of a study.
pub(crate) fn add(inputs: &mut Inputs, found: &Transferred) {
    let r = &found.report;
    inputs.add_transfer(
        TransferDraw {
            brand: r.brand.clone(),
            rivals: found.rivals.clone(),
            lead: found.central,
        },
        found.lead.clone(),
        Mark::Derived,
    );
}

/// The economy at a draw of a study that was changed first; `None` where it cannot be had.
type Again<'a> = dyn Fn(usize, &dyn Fn(&mut Resolved)) -> Option<Economy> + Sync + 'a;

/// A run whose scenarios are solved.
#[derive(Clone, Copy)]
pub(crate) struct Ran<'a> {
    /// The study.
    pub(crate) study: &'a Study,
    /// Scenarios at the central values (scenarios x markets).
    pub(crate) solved: &'a [Vec<Solved>],
    /// Scenarios in each draw (draws x scenarios x markets).
    pub(crate) draws: &'a [&'a [Vec<MarketDraw>]],
    /// Economies of draws.
    pub(crate) again: &'a Again<'a>,
}

/// The report, with what each scenario that uses the transfer would come to without it.
///
/// # Errors
/// An interruption.
pub(crate) fn report(
    found: Transferred,
    ran: Ran<'_>,
    observer: &dyn Observer,
) -> Result<TransferReport, RunError> {
    let Ran {
        study,
        solved,
        draws,
        again,
    } = ran;
    let uses = |s: &entrant_data::spec::ScenarioSpec| {
        let valued = |id: &String| {
            study
                .entrant
                .iter()
                .any(|e| e.id == *id && e.quality.transfer)
        };
        s.enter.iter().any(|e| e.products.iter().any(valued))
    };
    let chosen: Vec<usize> = (0..study.scenario.len())
        .filter(|s| uses(&study.scenario[*s]))
        .collect();
    if chosen.is_empty() || draws.is_empty() {
        return Ok(found.report);
    }
    let near: Vec<Vec<Solved>> = chosen.iter().map(|s| solved[*s].clone()).collect();
    let without = over_draws(draws.len(), observer, |d| {
        let lost = || crate::economy::lost(&near, Status::NotConverged);
        let economy = again(d, &|resolved| {
            let all = std::mem::take(&mut resolved.study.scenario);
            resolved.study.scenario = chosen.iter().map(|s| all[*s].clone()).collect();
            if let Some(t) = &mut resolved.quality.transfer {
                t.lead = found.unknown[d];
            }
        });
        let solved = economy.map(|e| in_draw(&e, &near, false));
        solved.and_then(Result::ok).unwrap_or_else(lost)
    })?;
    let mut out = found.report;
    let level = study.settings.level;
    for (k, s) in chosen.iter().enumerate() {
        let with: Vec<[f64; 2]> = draws
            .iter()
            .map(|d| entry(&d[*s], &solved[*s], &out.brand))
            .collect();
        let none: Vec<[f64; 2]> = without
            .iter()
            .map(|d| entry(&d[k], &solved[*s], &out.brand))
            .collect();
        let estimate = |of: &[[f64; 2]], i: usize| {
            Draws::new(of.iter().map(|x| x[i]).collect()).estimate(level, Status::Certified)
        };
        out.forecasts.push(TransferForecast {
            scenario: study.scenario[*s].id.clone(),
            title: study.scenario[*s].title.clone(),
            unit_share: estimate(&with, 0),
            profit: estimate(&with, 1),
            unknown_unit_share: estimate(&none, 0),
            unknown_profit: estimate(&none, 1),
        });
    }
    Ok(out)
}

/// Share of units and profit of a brand's new products, all markets together.
fn entry(markets: &[MarketDraw], solved: &[Solved], brand: &str) -> [f64; 2] {
    let (mut own, mut all, mut profit) = (0.0, 0.0, 0.0);
    for (m, s) in markets.iter().zip(solved) {
        if !m.status.is_usable() {
            return [f64::NAN; 2];
        }
        for (j, p) in s.after.products.iter().enumerate() {
            let units = m.size * m.share_after[j];
            all += units;
            if p.entrant && p.on_sale && p.brand == brand {
                own += units;
                profit += units * m.earned(j);
            }
        }
    }
    [own / all, profit]
}
