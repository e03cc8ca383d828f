//! The estimation on the markets before the one that is predicted.

use entrant_data::result::StatusCount;
use entrant_data::result::backtest::{BacktestParameter, DrawnEstimates, MarketBacktest};
use entrant_data::result::estimation::EstimateStatus;
use entrant_estimate::blp::{Problem, redundant_instruments};
use entrant_estimate::gmm::Fit;
use entrant_estimate::simulate::Columns;
use entrant_io::LoadedEstimation;

use super::draw::Made;
use super::split::Split;
use crate::error::RunError;
use crate::estimation::journal::Journal;
use crate::estimation::words;
use crate::estimation::workers::Pool;
use crate::estimation::{again, bind, search, source, starts};
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
    /// Instruments that others explain.
    pub(super) left_out: Vec<String>,
}

/// Estimates the study on the markets before `target`, from its own starting values and from
/// earlier estimates, whichever ends better.
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
    let (mut part, rows) = split.before(target);
    let mut out = Fitted {
        problem: None,
        columns: None,
        at: Vec::new(),
        fit: None,
        failure: String::new(),
        left_out: leave_out(&mut part),
    };
    let problem = match bind(&part) {
        Ok(problem) => problem,
        Err(e) => {
            out.failure = e.to_string();
            return Ok(out);
        }
    };
    out.columns = Some(Columns::new(&source(&part), &problem).map_err(RunError::Input)?);
    same_columns(split, &problem)?;
    out.at = problem.order.iter().map(|r| rows[*r]).collect();
    let mut starts = vec![problem.clone()];
    if let Some(fit) = last.and_then(|l| l.fit.as_ref()) {
        again::start_at(&mut starts[0], fit);
        starts.push(problem.clone());
    }
    out.problem = Some(problem);
    for start in starts {
        out.search(&part, start, workers, observer)?;
    }
    Ok(out)
}

/// Leaves out instruments that others explain, and says which.
fn leave_out(part: &mut LoadedEstimation) -> Vec<String> {
    // What else is wrong is found when the problem is bound.
    let (demand, supply) = redundant_instruments(&source(part)).unwrap_or_default();
    let estimate = &mut part.study.estimate;
    let mut out = Vec::new();
    let mut leave = |listed: &mut Vec<String>, names: &[String]| {
        out.extend(listed.iter().filter(|n| names.contains(n)).cloned());
        listed.retain(|n| !names.contains(n));
    };
    leave(&mut estimate.demand.instruments, &demand);
    if let Some(own) = &mut estimate.supply {
        leave(&mut own.instruments, &supply);
    }
    out
}

impl Fitted {
    /// Searches once more, and keeps what ends better.
    fn search(
        &mut self,
        part: &LoadedEstimation,
        start: Problem,
        workers: &Pool,
        observer: &dyn Observer,
    ) -> Result<(), RunError> {
        let spec = &part.study.estimate;
        let count = again::starts(&spec.optimizer) + again::wanted(spec);
        let fingerprints = || crate::estimation::fingerprint::Fingerprints::of(part);
        let journal = Journal::open(None, fingerprints, count, observer)?;
        match search(part, start, workers, journal) {
            Ok(found) => {
                let better = |own: &Fit| starts::beats(&found.fit, own);
                if self.fit.as_deref().is_none_or(better) {
                    self.fit = Some(found.fit);
                    self.problem = Some(found.problem);
                }
                self.failure.clear();
                Ok(())
            }
            Err(RunError::NotStarted { market, detail }) => {
                if self.fit.is_none() {
                    self.failure = format!("market `{market}`: {detail}");
                }
                Ok(())
            }
            Err(other) => Err(other),
        }
    }
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
            left_out: self.left_out.clone(),
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
