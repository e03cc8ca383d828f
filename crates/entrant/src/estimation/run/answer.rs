//! The short answer of an estimated study, in sentences.

use entrant_data::result::{Estimate, FirmOutcome, MarketOutcome, Results, ScenarioOutcome};
use entrant_data::spec::{ScenarioSpec, Study};
use entrant_report::format::{Unit, count, currency_prefix, estimate, level, number};

use crate::answer as shared;

/// Rivals that the first sentence names at most.
const RIVALS: usize = 3;

/// Entrant firm of the headline; empty when no firm enters in it.
pub(super) fn entrant(study: &Study) -> String {
    let enters = headline(study).is_some_and(|s| !s.enter.is_empty());
    if enters {
        shared::entrant(study)
    } else {
        String::new()
    }
}

fn headline(study: &Study) -> Option<&ScenarioSpec> {
    let id = shared::headline(study);
    study.scenario.iter().find(|s| s.id == id)
}

/// Firms of the first sentence: the study's; or the firms that merge and their largest rivals; or
/// the largest firms.
pub(super) fn focus(study: &Study, results: &Results) -> Vec<String> {
    if !study.report.focus.is_empty() {
        return study.report.focus.clone();
    }
    let Some((_, market)) = lead(results) else {
        return Vec::new();
    };
    let mut firms: Vec<&FirmOutcome> = market.firms.iter().filter(|f| !f.entrant).collect();
    firms.sort_by(|a, b| b.units.before.point().total_cmp(&a.units.before.point()));
    let merged = |f: &&FirmOutcome| merges(study, &f.firm);
    let (first, others): (Vec<_>, Vec<_>) = firms.into_iter().partition(merged);
    let room = if first.is_empty() { 2 } else { RIVALS };
    let others = others.into_iter().take(room);
    first
        .into_iter()
        .chain(others)
        .map(|f| f.firm.clone())
        .collect()
}

/// Whether a firm is one that merges in the headline, under its new name.
fn merges(study: &Study, firm: &str) -> bool {
    let merge = headline(study).map_or(&[][..], |s| &s.merge);
    let parts: Vec<&str> = firm.split(" + ").collect();
    merge
        .iter()
        .any(|m| parts.len() > 1 && m.firms.iter().any(|f| parts.contains(&f.as_str())))
}

/// The headline scenario in all markets together, or in the only one.
fn lead(results: &Results) -> Option<(&ScenarioOutcome, &MarketOutcome)> {
    let scenario = results
        .scenarios
        .iter()
        .find(|s| s.id == results.headline)?;
    let market = scenario.together.as_ref().or(scenario.markets.first())?;
    Some((scenario, market))
}

/// The short answer; the first sentence is the headline.
pub(super) fn sentences(results: &Results, study: &Study) -> Vec<String> {
    let Some((scenario, market)) = lead(results) else {
        return vec!["The study has no scenario.".into()];
    };
    if !market.status.is_usable() {
        return vec![format!(
            "Scenario `{}` has no certified answer: {}.",
            scenario.title, market.status
        )];
    }
    let spec = headline(study);
    let mut out = if spec.is_some_and(|s| !s.merge.is_empty()) {
        vec![merger(results, study, scenario, market)]
    } else {
        let first = shared::first(results, scenario, market);
        vec![format!("{first} {}", surplus(results, market))]
    };
    out.extend(
        rivals(results, study, market).filter(|_| spec.is_some_and(|s| !s.merge.is_empty())),
    );
    out.push(money(results, study, market));
    out.extend(products(scenario));
    out.extend(shared::source(market));
    out.extend(width(results));
    out.push(estimates(results));
    out.push(certainty(scenario));
    out
}

/// A relative change with its range.
fn relative(e: Option<&Estimate>) -> String {
    e.map_or_else(|| "no number".into(), |r| estimate(r, Unit::Share, true))
}

/// `firm 2`, or a name that says that it is one.
fn named(firm: &str) -> String {
    if !firm.starts_with(|c: char| c.is_ascii_digit()) {
        return firm.to_owned();
    }
    let word = if firm.contains(" + ") {
        "firms"
    } else {
        "firm"
    };
    format!("{word} {}", firm.replace(" + ", " and "))
}

/// What a merger does to the firms that merge and to buyers.
fn merger(
    results: &Results,
    study: &Study,
    scenario: &ScenarioOutcome,
    market: &MarketOutcome,
) -> String {
    let own: Vec<String> = named_firms(results, market)
        .filter(|f| merges(study, &f.firm))
        .map(|f| {
            format!(
                "prices of {} change by {} and their profit by {}",
                named(&f.firm),
                relative(f.price.relative.as_ref()),
                relative(f.profit.relative.as_ref())
            )
        })
        .collect();
    format!(
        "{}: {}, and consumer surplus by {} ({}{}).",
        scenario.title,
        shared::join(&own),
        relative(market.consumer_surplus.relative.as_ref()),
        place(scenario, market),
        ranges(results)
    )
}

/// How rivals of firms that merge answer.
fn rivals(results: &Results, study: &Study, market: &MarketOutcome) -> Option<String> {
    let answers: Vec<String> = named_firms(results, market)
        .filter(|f| !merges(study, &f.firm))
        .map(|f| {
            format!(
                "{} by {}",
                named(&f.firm),
                relative(f.price.relative.as_ref())
            )
        })
        .collect();
    (!answers.is_empty()).then(|| {
        format!(
            "Rivals answer with prices that change: {}.",
            shared::join(&answers)
        )
    })
}

/// Firms that the headline names.
fn named_firms<'a>(
    results: &'a Results,
    market: &'a MarketOutcome,
) -> impl Iterator<Item = &'a FirmOutcome> {
    let firm = |name: &String| market.firms.iter().find(|f| f.firm == *name);
    results.focus.iter().filter_map(firm)
}

/// Where the numbers are of.
fn place(scenario: &ScenarioOutcome, market: &MarketOutcome) -> String {
    if scenario.together.is_some() {
        format!("{}, weighted by units", market.market)
    } else {
        format!("market {}", market.market)
    }
}

fn ranges(results: &Results) -> String {
    if results.settings.draws == 0 {
        "; no intervals".into()
    } else {
        format!("; {} intervals", level(results.settings.level))
    }
}

fn surplus(results: &Results, market: &MarketOutcome) -> String {
    format!(
        "Consumer surplus changes by {} ({}{}).",
        relative(market.consumer_surplus.relative.as_ref()),
        market.market,
        ranges(results)
    )
}

/// Changes in money.
fn money(results: &Results, study: &Study, market: &MarketOutcome) -> String {
    let prefix = currency_prefix(&results.currency);
    let unit = Unit::Money(&prefix);
    let firms = results.focus.iter().filter(|f| {
        let first = results.focus.first() == Some(*f);
        merges(study, f) || first
    });
    let profit: Vec<String> = firms
        .filter_map(|name| market.firms.iter().find(|f| f.firm == *name))
        .map(|f| {
            let change = estimate(&f.profit.change, unit, true);
            format!("profit of {} by {change}", named(&f.firm))
        })
        .collect();
    let per = if results.findings.iter().any(|f| f.code == "market-size") {
        "Per million potential buyers"
    } else {
        "In money"
    };
    let parts: Vec<String> = std::iter::once(format!(
        "consumer surplus changes by {}",
        estimate(&market.consumer_surplus.change, unit, true)
    ))
    .chain(profit)
    .collect();
    format!(
        "{per}, {}; the index of concentration (HHI) moves from {} to {}.",
        shared::join(&parts),
        number(market.hhi.before.point(), Unit::Count, false),
        number(market.hhi.after.point(), Unit::Count, false),
    )
}

/// The largest price move of any product in any market.
fn products(scenario: &ScenarioOutcome) -> Option<String> {
    let all = scenario.markets.iter().flat_map(|m| {
        let moves = m.products.iter().filter(|p| p.on_sale && !p.entrant);
        moves.filter_map(move |p| Some((m, p, p.price.relative.as_ref()?)))
    });
    let moves = all.filter(|(_, _, r)| r.point().is_finite());
    let (m, p, r) = moves.max_by(|a, b| a.2.point().abs().total_cmp(&b.2.point().abs()))?;
    Some(format!(
        "The largest price move of a product is {} ({} of {} in {}).",
        estimate(r, Unit::Share, true),
        p.product,
        named(&p.firm),
        m.market
    ))
}

/// Which parameters the width of the answer rests on.
fn width(results: &Results) -> Option<String> {
    let table = results.drivers.first()?;
    let named = shared::strongest(table);
    (!named.is_empty()).then(|| {
        format!(
            "What the range of “{}” rests on: {}.",
            table.outcome,
            shared::join(&named)
        )
    })
}

/// What the numbers rest on.
fn estimates(results: &Results) -> String {
    let Some(r) = results.estimation.as_ref() else {
        return String::new();
    };
    let draws = match results.settings.draws {
        0 => {
            "there are no intervals, because the estimation does not say how wrong it may be".into()
        }
        n => format!(
            "intervals are over {} draws of the estimates, and the numbers before them stand at the estimates themselves{}",
            count(n),
            lost(results)
        ),
    };
    format!(
        "Demand is estimated from {} products in {} markets ({}, objective {:.4}); marginal costs are those at which observed prices are optimal; {draws}.",
        count(r.data.rows),
        count(r.data.markets),
        r.status.meaning(),
        r.objective.unwrap_or(f64::NAN),
    )
}

/// Draws that are left out.
fn lost(results: &Results) -> String {
    let Some((_, market)) = lead(results) else {
        return String::new();
    };
    let bad = market.draws.iter().filter(|c| !c.status.is_usable());
    match bad.map(|c| c.draws).sum::<usize>() {
        0 => String::new(),
        n => format!(
            "; {} of the draws are left out, because prices have no equilibrium in some market, as where a consumer likes a higher price",
            count(n)
        ),
    }
}

/// What certifies the equilibria.
fn certainty(scenario: &ScenarioOutcome) -> String {
    let lead = scenario.together.as_ref().or(scenario.markets.first());
    let Some(lead) = lead else {
        return String::new();
    };
    if scenario.together.is_none() {
        return shared::certainty(lead);
    }
    let good = |m: &&MarketOutcome| {
        m.status.worst(m.certificate.status) <= entrant_data::Status::Certified
    };
    let certified = scenario.markets.iter().filter(good).count();
    let gain = lead.certificate.deviations.iter().map(|d| d.gain_bound);
    format!(
        "Certificate: a certified equilibrium in {certified} of {} markets, largest first-order residual {:.0e}; a search over all prices of each firm found none that gains by deviating alone, {}.",
        scenario.markets.len(),
        lead.certificate.residual,
        shared::bounded(gain.fold(0.0, f64::max), " of its profit in any of them"),
    )
}
