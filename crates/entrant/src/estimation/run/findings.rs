//! What is to be said about scenarios of an estimated study: number, threshold, meaning, advice.

use entrant_data::result::estimation::{EstimateStatus, EstimationReport};
use entrant_data::result::{Estimate, MarketOutcome, Results, ScenarioOutcome};
use entrant_data::{Finding, Level, Status};
use entrant_estimate::bootstrap::Draws;
use entrant_market::equilibrium::{Deviation, LocalCertificate};

use super::chosen::MOST;
use super::source::Source;
use crate::error::RunError;

/// Ids that a message names at most.
const NAMED: usize = 5;

/// Estimates that may be used.
///
/// # Errors
/// The end of an estimation that gives no estimates.
pub(super) fn require_usable(report: &EstimationReport) -> Result<(), RunError> {
    match report.status {
        s if s.is_usable() => Ok(()),
        EstimateStatus::Interrupted => Err(RunError::EstimationInterrupted),
        status => Err(RunError::NotEstimated { status }),
    }
}

/// Whether something blocks intervals: standard errors would not say how wrong estimates may be.
pub(super) fn blocks_intervals(report: &EstimationReport) -> bool {
    !blocking(report).is_empty()
        || report
            .covariance
            .values
            .iter()
            .flatten()
            .any(Option::is_none)
}

/// Codes of the diagnostics that failed.
fn blocking(report: &EstimationReport) -> Vec<&str> {
    let failed = report.findings.iter().filter(|f| f.level == Level::Error);
    let mut codes: Vec<&str> = failed.map(|f| f.code.as_str()).collect();
    codes.dedup();
    codes
}

/// Which markets.
pub(super) fn markets(source: &Source<'_>) -> Finding {
    let (here, all) = source.markets();
    let count = here.len();
    if count == all {
        return Finding::ok(
            "markets",
            format!("scenarios are solved in all {all} markets"),
        );
    }
    let message = format!(
        "scenarios are solved in {count} of {all} markets: {}",
        some(&here)
    );
    if source.says_markets() {
        Finding::ok("markets", message + ", as the study says")
    } else {
        let advice = "say in `markets` which ones the study is about";
        Finding::warning("markets", format!("{message} (the last {MOST})"), advice)
    }
}

fn some(ids: &[&str]) -> String {
    let mut shown: Vec<String> = ids.iter().take(NAMED).map(|id| (*id).to_owned()).collect();
    if ids.len() > NAMED {
        shown.push(format!("and {} more", ids.len() - NAMED));
    }
    shown.join(", ")
}

/// How large markets are taken to be.
pub(super) fn sizes(source: &Source<'_>) -> Option<Finding> {
    (!source.knows_sizes()).then(|| {
        Finding::ok(
            "market-size",
            "sizes of markets are not known: units and money are per million potential buyers, and each market counts the same (`data.columns.size` would say)",
        )
    })
}

/// Why there are no intervals, or what is odd about draws of the estimates.
pub(super) fn intervals(results: &Results, drawn: &Draws, draws: usize) -> Option<Finding> {
    let report = results.estimation.as_ref()?;
    if draws == 0 {
        let codes: Vec<String> = blocking(report).iter().map(|c| format!("`{c}`")).collect();
        let why = if codes.is_empty() {
            "some parameters have no standard error".to_owned()
        } else {
            format!("the estimation fails {}", codes.join(", "))
        };
        let message = format!(
            "no intervals: {why}, so that draws of the estimates would not say how wrong they may be"
        );
        let advice = "read the estimation's diagnostics; numbers shown are those at the estimates";
        return Some(Finding::warning("intervals", message, advice));
    }
    let message = format!(
        "{draws} draws of the estimates: in {} a consumer likes a higher price, {} have a parameter moved to a bound (limit 1%)",
        drawn.upward, drawn.clipped
    );
    let odd = drawn.upward.max(drawn.clipped);
    Some(if odd * 100 <= draws {
        Finding::ok("intervals", message)
    } else {
        let advice = "the normal approximation reaches values that demand cannot have: read tails of intervals with care; a lognormal price coefficient keeps its sign";
        Finding::warning("intervals", message, advice)
    })
}

/// A market at its observed prices.
pub(super) struct Baseline {
    pub(super) market: String,
    pub(super) firms: Vec<String>,
    pub(super) local: LocalCertificate,
    pub(super) deviations: Vec<Deviation>,
}

/// Gain, as a share of profit, above which a deviation counts.
const GAIN: f64 = 1e-9;

impl Baseline {
    /// The firm that gains most by leaving the observed prices alone, and what it gains of its
    /// profit.
    fn leaves(&self) -> Option<(&str, f64)> {
        let gains = self.deviations.iter().map(|d| (d.firm, d.gain_found()));
        let (firm, gain) = gains.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let name = self.firms.get(firm).map_or("", String::as_str);
        (gain > GAIN).then_some((name, gain))
    }

    fn holds(&self) -> bool {
        self.local.status <= Status::Certified && self.leaves().is_none()
    }
}

/// Whether numbers at the estimates lie in their own intervals.
pub(super) fn centre(results: &Results, draws: usize) -> Option<Finding> {
    let lead = |s: &'_ ScenarioOutcome| s.together.clone().or(s.markets.first().cloned());
    let (mut all, mut outside) = (0, Vec::new());
    for (s, m) in results.scenarios.iter().filter_map(|s| Some((s, lead(s)?))) {
        let surplus = ("consumer surplus".to_owned(), m.consumer_surplus.change);
        let firms = m.firms.iter().flat_map(|f| {
            let name = |what: &str| format!("{what} of {}", f.firm);
            [
                (name("price"), f.price.change),
                (name("units"), f.units.change),
                (name("profit"), f.profit.change),
            ]
        });
        for (name, e) in firms.chain([surplus]) {
            all += 1;
            let Some(central) = e.central.filter(|_| e.low < e.high) else {
                continue;
            };
            if central < e.low || central > e.high {
                outside.push(format!("{}: {name}", s.id));
            }
        }
    }
    if draws == 0 || outside.is_empty() {
        return None;
    }
    let names: Vec<&str> = outside.iter().map(String::as_str).collect();
    Some(Finding::warning(
        "intervals",
        format!(
            "{} of {all} changes of firms and of surplus lie outside their own interval at the estimates ({})",
            outside.len(),
            some(&names)
        ),
        "draws of the estimates are off centre, as where a spread of tastes is near zero: the normal approximation is poor",
    ))
}

/// Markets at their observed prices, which must be equilibria.
pub(super) fn baseline(all: &[Baseline]) -> Finding {
    let residual = all.iter().map(|e| e.local.residual).fold(0.0, f64::max);
    let bad: Vec<&str> = all
        .iter()
        .filter(|b| !b.holds())
        .map(|b| b.market.as_str())
        .collect();
    let message = format!(
        "observed prices are an equilibrium of the estimated demand and its costs in {} of {} markets, largest residual {residual:.0e}",
        all.len() - bad.len(),
        all.len()
    );
    if bad.is_empty() {
        return Finding::ok("baseline", message);
    }
    let leaving = all.iter().filter_map(|b| Some((b, b.leaves()?)));
    let most = leaving.max_by(|a, b| a.1.1.total_cmp(&b.1.1));
    let most = most.map_or(String::new(), |(b, (firm, gain))| {
        format!(
            "; firm {firm} could gain {:.2}% of its profit in {} by prices far from those it asks",
            100.0 * gain,
            b.market
        )
    });
    Finding::error(
        "baseline",
        format!("{message}; not in {}{most}", some(&bad)),
        "there the model does not explain observed prices, and a change from them mixes that with the scenario: leave these markets out with `markets`",
    )
}

/// Solved scenarios, all markets in one line each.
pub(super) fn scenarios(outcomes: &[ScenarioOutcome], draws: usize) -> Vec<Finding> {
    let mut found = Vec::new();
    for s in outcomes {
        found.push(equilibria(s));
        if draws > 0 {
            found.push(dropped(s));
        }
    }
    found
}

fn equilibria(s: &ScenarioOutcome) -> Finding {
    let status = |m: &MarketOutcome| m.status.worst(m.certificate.status);
    let worst = s
        .markets
        .iter()
        .map(status)
        .fold(Status::Exact, Status::worst);
    let bad = s.markets.iter().filter(|m| status(m) > Status::Certified);
    let bad: Vec<&str> = bad.map(|m| m.market.as_str()).collect();
    let residual = s.markets.iter().map(|m| m.certificate.residual);
    let message = format!(
        "{}: certified in {} of {} markets, largest residual {:.0e}",
        s.id,
        s.markets.len() - bad.len(),
        s.markets.len(),
        residual.fold(0.0, f64::max)
    );
    if bad.is_empty() {
        return Finding::ok("equilibrium", message);
    }
    let message = format!("{message}; not in {}", some(&bad));
    if worst.is_usable() {
        let advice = "the answer is the continuation of observed prices; see the certificates";
        Finding::warning("equilibrium", message, advice)
    } else {
        Finding::error("equilibrium", message, "do not use this scenario's numbers")
    }
}

/// Draws without an equilibrium in some market.
fn dropped(s: &ScenarioOutcome) -> Finding {
    let lost = |m: &MarketOutcome| -> usize {
        let bad = m.draws.iter().filter(|c| !c.status.is_usable());
        bad.map(|c| c.draws).sum()
    };
    let lead = s.together.as_ref().or(s.markets.first());
    let total: usize = lead.map_or(0, |m| m.draws.iter().map(|c| c.draws).sum());
    let any = lead.map_or(0, lost);
    let most = s.markets.iter().max_by_key(|m| lost(m));
    let most = most.map_or(String::new(), |m| {
        format!(", {} of them in {}", lost(m), m.market)
    });
    let message = format!(
        "{}: {any} of {total} draws of the estimates have no usable equilibrium in some market{most} (limit 1%)",
        s.id
    );
    if any == 0 {
        return Finding::ok("draws", message);
    }
    let advice = "they are left out: intervals are those of draws in which prices are an equilibrium everywhere";
    if any * 100 <= total || lead.is_some_and(has_numbers) {
        Finding::warning("draws", message, advice)
    } else {
        Finding::error("draws", message, advice)
    }
}

fn has_numbers(m: &MarketOutcome) -> bool {
    let known = |e: &Estimate| e.low.is_finite() && e.high.is_finite();
    known(&m.consumer_surplus.change)
}
