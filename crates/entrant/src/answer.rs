//! The short answer, in sentences.

use entrant_data::Status;
use entrant_data::result::{
    Change, Driver, DriverTable, FirmOutcome, MarketOutcome, Results, ScenarioOutcome,
};
use entrant_data::spec::Study;
use entrant_report::format::{Unit, currency_prefix, estimate, interval, level, median, number};
use entrant_scenario::ScenarioDraws;

/// Scenario of the first sentence.
pub fn headline(study: &Study) -> String {
    if study.report.headline.is_empty() {
        study
            .scenario
            .first()
            .map(|s| s.id.clone())
            .unwrap_or_default()
    } else {
        study.report.headline.clone()
    }
}

/// Entrant firm of the first sentence; empty when no firm enters.
pub fn entrant(study: &Study) -> String {
    if study.report.entrant.is_empty() {
        study
            .entrant
            .first()
            .map(|e| e.firm.clone())
            .unwrap_or_default()
    } else {
        study.report.entrant.clone()
    }
}

/// Firms of the first sentence: the study's, or the two largest incumbents.
pub fn focus(study: &Study, results: &Results) -> Vec<String> {
    if !study.report.focus.is_empty() {
        return study.report.focus.clone();
    }
    let market = results
        .scenarios
        .iter()
        .find(|s| s.id == results.headline)
        .and_then(|s| s.markets.first());
    let mut firms: Vec<&FirmOutcome> = market
        .map(|m| m.firms.iter().filter(|f| !f.entrant).collect())
        .unwrap_or_default();
    firms.sort_by(|a, b| b.units.before.point().total_cmp(&a.units.before.point()));
    firms.into_iter().take(2).map(|f| f.firm.clone()).collect()
}

/// As [`focus`], before results exist.
pub fn focus_of(study: &Study, view: &ScenarioDraws<'_>) -> Vec<String> {
    if !study.report.focus.is_empty() {
        return study.report.focus.clone();
    }
    let mut firms: Vec<(String, f64)> = Vec::new();
    for (p, s) in view
        .products
        .iter()
        .zip(&view.central.share_before)
        .filter(|(p, _)| !p.entrant)
    {
        match firms.iter_mut().find(|(f, _)| *f == p.firm) {
            Some((_, total)) => *total += s,
            None => firms.push((p.firm.clone(), *s)),
        }
    }
    firms.sort_by(|a, b| b.1.total_cmp(&a.1));
    firms.into_iter().take(2).map(|(f, _)| f).collect()
}

/// The short answer; the first sentence is the headline.
pub fn sentences(results: &Results) -> Vec<String> {
    let Some(scenario) = results.scenarios.iter().find(|s| s.id == results.headline) else {
        return vec!["The study has no scenario.".into()];
    };
    let Some(market) = scenario.markets.first() else {
        return Vec::new();
    };
    if !market.status.is_usable() {
        return vec![format!(
            "Scenario `{}` has no certified answer: {}.",
            scenario.title, market.status
        )];
    }
    let mut out = vec![first(results, scenario, market)];
    out.extend(rivals_answer(results, market));
    out.extend(source(market));
    out.extend(worth(results, scenario));
    out.extend(history(results));
    out.extend(backtest(results));
    out.extend(width(results));
    out.push(certainty(market));
    out
}

fn firm<'a>(market: &'a MarketOutcome, name: &str) -> Option<&'a FirmOutcome> {
    market.firms.iter().find(|f| f.firm == name)
}

/// A relative change with its range: `-1.3% (-2.5% to -0.6%)`.
fn relative(c: &Change) -> String {
    c.relative
        .as_ref()
        .map_or_else(|| "no number".into(), |r| estimate(r, Unit::Share, true))
}

pub(crate) fn first(
    results: &Results,
    scenario: &ScenarioOutcome,
    market: &MarketOutcome,
) -> String {
    let losses: Vec<String> = results
        .focus
        .iter()
        .filter_map(|name| {
            firm(market, name).map(|f| format!("{name}'s units change by {}", relative(&f.units)))
        })
        .collect();
    let losses = join(&losses);
    match firm(market, &results.entrant).filter(|f| f.units.after.point() > 0.0) {
        Some(e) => format!(
            "{}: {} sells {} of all units, range {}; {losses} ({} intervals).",
            scenario.title,
            results.entrant,
            median(&e.unit_share.after, Unit::Share, false),
            interval(&e.unit_share.after, Unit::Share, false),
            level(results.settings.level),
        ),
        None => format!(
            "{}: {losses} ({} intervals).",
            scenario.title,
            level(results.settings.level)
        ),
    }
}

fn rivals_answer(results: &Results, market: &MarketOutcome) -> Option<String> {
    let moves: Vec<String> = results
        .focus
        .iter()
        .filter_map(|name| {
            let largest = market
                .products
                .iter()
                .filter(|p| p.firm == *name && p.on_sale && !p.entrant)
                .filter_map(|p| p.price.relative.as_ref().map(|r| (p, r)))
                .max_by(|a, b| a.1.point().abs().total_cmp(&b.1.point().abs()))?;
            let profit = firm(market, name)?;
            Some(format!(
                "{name}'s largest price move is {} at the median ({}), and its profit changes by {}",
                number(largest.1.point(), Unit::Share, true),
                largest.0.product,
                relative(&profit.profit)
            ))
        })
        .collect();
    (!moves.is_empty()).then(|| format!("How the incumbents answer: {}.", join(&moves)))
}

pub(crate) fn source(market: &MarketOutcome) -> Option<String> {
    let mut rows: Vec<_> = market
        .volume_source
        .iter()
        .filter(|v| v.share.point().is_finite())
        .collect();
    rows.sort_by(|a, b| b.share.point().total_cmp(&a.share.point()));
    let named: Vec<String> = rows
        .iter()
        .take(5)
        .map(|v| {
            let from = if v.from == "outside" {
                "people who would have bought nothing"
            } else {
                v.from.as_str()
            };
            format!("{:.0} from {from}", 100.0 * v.share.point())
        })
        .collect();
    (!named.is_empty()).then(|| format!("Of 100 units that entrants sell, {}.", join(&named)))
}

fn worth(results: &Results, scenario: &ScenarioOutcome) -> Option<String> {
    let w = scenario.worth.as_ref()?;
    let prefix = currency_prefix(&results.currency);
    let money = Unit::Money(&prefix);
    let costs = if w.running_cost.is_some() {
        "after running costs and before the cost of entering"
    } else {
        "before fixed costs"
    };
    let others = w.together.as_ref().filter(|e| e.point().is_finite());
    let others = others.map_or(String::new(), |e| {
        format!(
            " It costs the others together {} over that time.",
            estimate(e, money, false)
        )
    });
    Some(format!(
        "Over {} periods the entry earns {} {costs}, the most that {} may spend to break even; at the study's fixed cost of {} it loses money in {} of draws.{others}",
        w.periods,
        estimate(&w.break_even, money, false),
        w.firm,
        median(&w.fixed_cost, money, false),
        number(w.loss_probability, Unit::Share, false)
    ))
}

fn history(results: &Results) -> Option<String> {
    let rows: Vec<String> = results
        .benchmarks
        .iter()
        .map(|b| {
            let known = if b.low < b.high {
                format!(
                    "{} to {}",
                    number(b.low, Unit::Share, false),
                    number(b.high, Unit::Share, false)
                )
            } else {
                number(b.low, Unit::Share, false)
            };
            let relation = match b.verdict.as_str() {
                "above" => "lies above",
                "below" => "lies below",
                "inside" => "lies inside",
                _ => "overlaps",
            };
            format!(
                "the forecast for `{}`, {}, {relation} {} ({known})",
                b.scenario,
                estimate(&b.forecast, Unit::Share, false),
                b.name
            )
        })
        .collect();
    (!rows.is_empty()).then(|| format!("Against history: {}.", join(&rows)))
}

fn backtest(results: &Results) -> Option<String> {
    let b = results.backtest.as_ref()?;
    let rows: Vec<String> = b
        .scores
        .iter()
        .map(|s| {
            let told = if s.conditional {
                format!(", told {}'s share", b.conditioning)
            } else {
                String::new()
            };
            format!(
                "{:.1} by `{}`{told}",
                s.mean_absolute_error_others, s.forecaster
            )
        })
        .collect();
    Some(format!(
        "Against what happened, in points of share of units, the mean absolute error over brands other than {} is {}.",
        b.conditioning,
        join(&rows)
    ))
}

/// The inputs that the width of an outcome rests on most, with their shares of it.
pub(crate) fn strongest(table: &DriverTable) -> Vec<String> {
    let worded = |d: &Driver| format!("{} ({:.0}%)", d.words(), 100.0 * d.share);
    table.drivers.iter().take(3).map(worded).collect()
}

fn width(results: &Results) -> Option<String> {
    let table = results.drivers.first()?;
    let named = strongest(table);
    let soft: f64 = table
        .marks
        .iter()
        .filter(|m| m.mark > entrant_data::Mark::Derived)
        .map(|m| m.share)
        .sum();
    (!named.is_empty()).then(|| {
        format!(
            "What the range of “{}” rests on: {}; {:.0}% of what inputs explain comes from recalled or assumed figures.",
            table.outcome,
            join(&named),
            100.0 * soft
        )
    })
}

pub(crate) fn certainty(market: &MarketOutcome) -> String {
    let total: usize = market.draws.iter().map(|c| c.draws).sum();
    let certified: usize = market
        .draws
        .iter()
        .filter(|c| c.status <= Status::Certified)
        .map(|c| c.draws)
        .sum();
    let gain = market
        .certificate
        .deviations
        .iter()
        .map(|d| d.gain_bound)
        .fold(0.0, f64::max);
    format!(
        "Certificate: {certified} of {total} draws end in a certified equilibrium; at the central values the largest first-order residual is {:.0e}, {} found from {} starting points, a search over all prices of each firm found none that gains by deviating alone, {}.",
        market.certificate.residual,
        equilibria(market.certificate.equilibria),
        market.certificate.starts,
        bounded(gain, ""),
    )
}

/// What a deviation could gain at most, as a share of profit.
pub(crate) fn bounded(gain: f64, more: &str) -> String {
    if gain.is_finite() {
        let most = number(gain, Unit::Share, false);
        format!("and the bound says that none can gain more than {most}{more}")
    } else {
        "and no bound is known, as utility is not linear in price".into()
    }
}

fn equilibria(count: usize) -> String {
    if count == 1 {
        "1 equilibrium was".into()
    } else {
        format!("{count} equilibria were")
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn join(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}
