//! What a back-test says, in sentences and diagnostics.

use entrant_data::Finding;
use entrant_data::result::backtest::{ForecastScore, MarketBacktest, PanelBacktest, Scored};

use super::split::Split;

/// How numbers are to be read.
pub(super) fn notes(split: &Split<'_>) -> Vec<String> {
    let by = split
        .spec
        .product
        .as_ref()
        .unwrap_or(&split.loaded.study.data.columns.product);
    vec![
        format!("A product is new where the market before has none of the same `{by}`; a new model of an old name is a new product if its `{by}` is."),
        "What is known of a predicted market: which products are sold by whom, their characteristics, and its consumers. Shares and prices are not.".into(),
        "Scores are of logarithms: an error of 0.1 is about ten percent.".into(),
    ]
}

/// What came out, by what is scored.
pub(super) fn sentences(panel: &PanelBacktest, level: f64) -> Vec<String> {
    let mut out = Vec::new();
    for of in [
        Scored::NewShares,
        Scored::StayingShares,
        Scored::TotalShare,
        Scored::NewPrices,
        Scored::StayingPrices,
    ] {
        let scores: Vec<&ForecastScore> = panel.scores.iter().filter(|s| s.of == of).collect();
        out.extend(sentence(of, &scores, level));
    }
    out
}

fn sentence(of: Scored, scores: &[&ForecastScore], level: f64) -> Option<String> {
    // The first forecaster that does not know prices, or else the first.
    let model = scores.first()?;
    let crps = |s: &&&ForecastScore| s.crps.unwrap_or(f64::INFINITY);
    let others = scores.iter().filter(|s| !s.forecaster.starts_with("model"));
    let best = others.min_by(|a, b| crps(a).total_cmp(&crps(b)))?;
    let (own, other) = (model.crps?, best.crps?);
    let verdict = if own < other {
        "better than"
    } else {
        "not better than"
    };
    let ratio = 100.0 * (own / other - 1.0);
    Some(format!(
        "{}: the {} scores {own:.3} (CRPS), {verdict} the best of the others, {} with {other:.3} ({ratio:+.0}%); its {:.0}% intervals held {:.0}% of {}.",
        capital(of.words()),
        model.forecaster,
        best.forecaster,
        100.0 * level,
        100.0 * model.coverage?,
        model.items,
    ))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// Diagnostics over all markets.
pub(super) fn findings(panel: &PanelBacktest, level: f64) -> Vec<Finding> {
    let mut out = vec![fits(panel)];
    out.extend(left_out(panel));
    out.extend(equilibria(panel));
    out.extend(changes(panel));
    out.extend(drawn(panel));
    out.extend(without_errors(panel));
    out.extend(coverage(panel, level));
    out
}

fn named<'a>(markets: impl Iterator<Item = &'a MarketBacktest>) -> String {
    let ids: Vec<&str> = markets.map(|m| m.market.as_str()).collect();
    ids.join(", ")
}

fn fits(panel: &PanelBacktest) -> Finding {
    let bad = || panel.markets.iter().filter(|m| !m.status.is_usable());
    let (lost, all) = (bad().count(), panel.markets.len());
    let message = format!("{} of {all} estimations converged", all - lost);
    if lost == 0 {
        return Finding::ok("backtest-fits", message);
    }
    let why = bad().map(|m| m.failure.as_str()).next().unwrap_or_default();
    let advice = format!("the model forecasts nothing for {} ({why})", named(bad()));
    if lost < all {
        Finding::warning("backtest-fits", message, advice)
    } else {
        Finding::error("backtest-fits", message, advice)
    }
}

/// Instruments that repeat others where there are few markets.
fn left_out(panel: &PanelBacktest) -> Option<Finding> {
    let some: Vec<&MarketBacktest> = panel
        .markets
        .iter()
        .filter(|m| !m.left_out.is_empty())
        .collect();
    let most = some.iter().map(|m| m.left_out.len()).max()?;
    let message = format!(
        "instruments that others explain in the markets before were left out for {} (most: {most})",
        named(some.iter().copied())
    );
    let advice = "the estimates of these markets rest on fewer moments; `left_out` of each market names them";
    Some(Finding::warning("backtest-fits", message, advice))
}

fn equilibria(panel: &PanelBacktest) -> Option<Finding> {
    let counts = panel.markets.iter().filter(|m| m.status.is_usable());
    let all: Vec<_> = counts.flat_map(|m| &m.draws).collect();
    let total: usize = all.iter().map(|c| c.draws).sum();
    let usable = all.iter().filter(|c| c.status.is_usable());
    let usable: usize = usable.map(|c| c.draws).sum();
    let lost = total - usable;
    let message =
        format!("{lost} of {total} draws have no usable prices in equilibrium (limit 5%)");
    let limit = total.div_ceil(20);
    (total > 0).then(|| match lost {
        0 => Finding::ok("backtest-draws", message),
        n if n <= limit => {
            Finding::warning("backtest-draws", message, "they are left out of the intervals")
        }
        _ => Finding::error(
            "backtest-draws",
            message,
            "intervals rest on the draws that are left, which are not any: look at `draws` of each market in the JSON",
        ),
    })
}

/// Pairs of markets below which changes say little about how far the next may go.
const FEW: usize = 5;

fn changes(panel: &PanelBacktest) -> Option<Finding> {
    let few: Vec<&MarketBacktest> = panel.markets.iter().filter(|m| m.changes < FEW).collect();
    let least = few.iter().map(|m| m.changes).min()?;
    let message = format!(
        "changes shared by all products are drawn from fewer than {FEW} earlier ones in {} (fewest: {least})",
        named(few.iter().copied())
    );
    let advice =
        "intervals of these markets say little about how far all products together may move";
    Some(Finding::warning("backtest-changes", message, advice))
}

fn drawn(panel: &PanelBacktest) -> Option<Finding> {
    let sum = |f: fn(&MarketBacktest) -> usize| panel.markets.iter().map(f).sum::<usize>();
    let all = sum(|m| m.drawn.draws);
    let (clipped, upward) = (sum(|m| m.drawn.clipped), sum(|m| m.drawn.upward));
    let failed = sum(|m| m.drawn.failed);
    let message = format!(
        "of {all} draws of the estimates {clipped} were moved to a bound, {upward} have consumers who like higher prices, {failed} could not be evaluated"
    );
    (all > 0).then(|| {
        if clipped + upward + failed == 0 {
            Finding::ok("backtest-estimates", message)
        } else {
            let advice = "those with consumers who like higher prices have no equilibrium and are left out, which narrows the intervals";
            Finding::warning("backtest-estimates", message, advice)
        }
    })
}

/// Estimates without a standard error stay as they are in every draw.
fn without_errors(panel: &PanelBacktest) -> Option<Finding> {
    let lacks = |m: &&MarketBacktest| {
        m.status.is_usable() && m.parameters.iter().any(|p| p.error.is_none())
    };
    let held: Vec<&MarketBacktest> = panel.markets.iter().filter(lacks).collect();
    let message = format!(
        "some parameters have no standard error, and are the same in every draw, in {}",
        named(held.iter().copied())
    );
    let advice = "intervals of these markets leave out how uncertain those parameters are";
    (!held.is_empty()).then(|| Finding::warning("backtest-estimates", message, advice))
}

/// Least part of the level that intervals should hold.
const SHORT: f64 = 0.9;

fn coverage(panel: &PanelBacktest, level: f64) -> Vec<Finding> {
    let first = panel.forecasters.first().map(|f| f.name.as_str());
    let own = panel
        .scores
        .iter()
        .filter(|s| Some(s.forecaster.as_str()) == first);
    let one = |s: &ForecastScore| {
        let held = s.coverage?;
        let message = format!(
            "{}: intervals of {:.0}% held {:.0}% of {} numbers (least {:.0}%)",
            s.of.words(),
            100.0 * level,
            100.0 * held,
            s.items,
            100.0 * SHORT * level
        );
        Some(if held >= SHORT * level {
            Finding::ok("backtest-coverage", message)
        } else {
            Finding::warning(
                "backtest-coverage",
                message,
                "the model is surer than it should be: read its intervals as too narrow",
            )
        })
    };
    own.filter_map(one).collect()
}
