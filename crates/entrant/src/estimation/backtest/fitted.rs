//! The estimation on the markets before the one that is predicted.

use entrant_data::result::StatusCount;
use entrant_data::result::backtest::{BacktestParameter, DrawnEstimates, MarketBacktest};
use entrant_data::result::estimation::EstimateStatus;
use entrant_estimate::blp::Problem;
use entrant_estimate::gmm::Fit;
use entrant_estimate::simulate::Columns;

use super::draw::Made;
use super::split::Split;
use crate::error::RunError;
use crate::estimation::journal::Journal;
use crate::estimation::words;
use crate::estimation::workers::Pool;
use crate::estimation::{again, bind, search, source};
use crate::observer::Observer;

/// The markets before one, and the estimates from them.
pub(super) struct Fitted {
    /// The problem of the earlier markets; `None` where they do not make one.
    pub(super) problem: Option<Problem>,
    pub(super) columns: Option<Columns>,
    /// Row of the whole table behind each row of the problem.
    pub(super) at: Vec<usize>,
    /// Estimates, where anything could be evaluated.
    pub(super) fit: Option<Box<Fit>>,
    /// Why there are none.
    pub(super) failure: String,
}

/// Estimates the study on the markets before `target`, from earlier estimates on.
///
/// # Errors
/// Columns of formulas that the earlier markets do not have.
pub(super) fn fit(
    split: &Split<'_>,
    target: usize,
    last: Option<&Fitted>,
    workers: &Pool,
    observer: &dyn Observer,
) -> Result<Fitted, RunError> {
    let (part, rows) = split.before(target);
    let mut out = Fitted {
        problem: None,
        columns: None,
        at: Vec::new(),
        fit: None,
        failure: String::new(),
    };
    let mut problem = match bind(&part) {
        Ok(problem) => problem,
        Err(e) => {
            out.failure = e.to_string();
            return Ok(out);
        }
    };
    let columns = Columns::new(&source(&part), &problem).map_err(RunError::Input)?;
    same_columns(split, &problem)?;
    out.at = problem.order.iter().map(|r| rows[*r]).collect();
    if let Some(fit) = last.and_then(|l| l.fit.as_ref()) {
        again::start_at(&mut problem, fit);
    }
    let starts = again::starts(&part.study.estimate.optimizer);
    let starts = starts + again::wanted(&part.study.estimate);
    let fingerprints = || crate::estimation::fingerprint::Fingerprints::of(&part);
    let journal = Journal::open(None, fingerprints, starts, observer)?;
    match search(&part, problem.clone(), workers, journal) {
        Ok(searches) => {
            out.fit = Some(searches.fit);
            out.problem = Some(searches.problem);
        }
        Err(RunError::NotStarted { market, detail }) => {
            out.failure = format!("market `{market}`: {detail}");
            out.problem = Some(problem);
        }
        Err(other) => return Err(other),
    }
    out.columns = Some(columns);
    Ok(out)
}

/// The earlier markets must have every column that the predicted one is explained by.
fn same_columns(split: &Split<'_>, problem: &Problem) -> Result<(), RunError> {
    let sides = |p: &Problem| {
        let supply = p.supply.as_ref().map(|s| s.side.x_names.clone());
        (p.demand.x_names.clone(), p.random_names.clone(), supply)
    };
    if sides(&split.whole) == sides(problem) {
        return Ok(());
    }
    let message = "the formulas make other columns of the earlier markets than of all";
    let hint = "categories that only later markets have cannot be predicted: absorb them after `|`, or leave them out";
    Err(super::mistake("estimate.demand.linear", message, hint))
}

impl Fitted {
    pub(super) fn status(&self) -> EstimateStatus {
        let of = |f: &Fit| words::status(f);
        self.fit.as_deref().map_or(EstimateStatus::Failed, of)
    }

    /// Itself, when the next estimation may start at its estimates.
    pub(super) fn usable(self) -> Option<Self> {
        (self.status().is_usable() && self.fit.is_some()).then_some(self)
    }

    /// The market that was predicted, but for its scores and events.
    pub(super) fn report(&self, split: &Split<'_>, target: usize, made: &Made) -> MarketBacktest {
        let fit = self.fit.as_deref();
        MarketBacktest {
            market: split.id(target).to_owned(),
            before: split.id(target - 1).to_owned(),
            markets: target,
            status: self.status(),
            failure: self.why(),
            evaluations: fit.map_or(0, |f| f.evaluations),
            objective: fit.and_then(|f| words::known(f.objective)),
            parameters: self.parameters(),
            elasticity: made.elasticity.and_then(words::known),
            products: split.chain.rows[target].len(),
            new: split.chain.entries(target).count(),
            gone: split.chain.exits(target).len(),
            draws: counts(made),
            drawn: made.drawn,
            changes: made.changes,
            total: None,
            scores: Vec::new(),
            entries: Vec::new(),
            exits: Vec::new(),
            owners: Vec::new(),
            followed: Vec::new(),
        }
    }

    fn why(&self) -> String {
        let status = self.status();
        if self.failure.is_empty() && !status.is_usable() {
            return format!("the estimates are not used: {}", status.meaning());
        }
        self.failure.clone()
    }

    fn parameters(&self) -> Vec<BacktestParameter> {
        let (Some(problem), Some(fit)) = (&self.problem, &self.fit) else {
            return Vec::new();
        };
        let free = problem.parameters.free.iter().enumerate();
        let one = |(k, p): (usize, &entrant_estimate::blp::Parameter)| BacktestParameter {
            name: p.name.clone(),
            estimate: fit.values[k],
            error: words::known(fit.inference.errors[k]),
        };
        free.map(one).collect()
    }
}

/// What draws ended as, in order of statuses.
fn counts(made: &Made) -> Vec<StatusCount> {
    let mut counts: Vec<StatusCount> = Vec::new();
    for status in made.statuses() {
        match counts.iter_mut().find(|c| c.status == status) {
            Some(count) => count.draws += 1,
            None => counts.push(StatusCount { status, draws: 1 }),
        }
    }
    counts.sort_by_key(|c| c.status);
    counts
}

/// What is said of draws of the estimates.
pub(super) fn drawn(draws: &entrant_estimate::bootstrap::Draws) -> DrawnEstimates {
    DrawnEstimates {
        draws: draws.draws.len(),
        clipped: draws.clipped,
        upward: draws.upward,
        failed: draws.failed,
        bounded: 0,
    }
}
