//! One market, drawn by every forecaster.

use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::result::backtest::DrawnEstimates;
use entrant_data::{Draws, Status};
use entrant_estimate::bootstrap::{Draw, parametric};
use entrant_estimate::forecast::{Carry, Forecast, Left, LogLinear, Outlook, Rule, Trained};
use entrant_numeric::random::Stream;
use rayon::prelude::*;

use super::Settings;
use super::fitted::{Fitted, drawn};
use super::forecasters::Who;
use super::split::Split;
use crate::observer::Observer;

/// Draws of one market.
pub(super) struct Made {
    /// Draws by forecaster; none where it could not forecast.
    pub(super) by: Vec<(Who, Vec<Option<Forecast>>)>,
    pub(super) drawn: DrawnEstimates,
    /// Pairs of markets whose changes are drawn.
    pub(super) changes: usize,
    pub(super) elasticity: Option<f64>,
}

impl Made {
    pub(super) fn who(&self) -> Vec<Who> {
        self.by.iter().map(|(who, _)| *who).collect()
    }

    /// What prices in equilibrium were found to be, by draw.
    pub(super) fn statuses(&self) -> impl Iterator<Item = Status> + '_ {
        let model = self.by.iter().filter(|(who, _)| *who == Who::Model);
        let lost = Status::NotConverged;
        model.flat_map(move |(_, draws)| {
            draws
                .iter()
                .map(move |d| d.as_ref().map_or(lost, |f| f.status))
        })
    }

    /// A number of the market over draws, `NaN` where a draw has no usable answer; `None` where
    /// the forecaster says nothing of it.
    pub(super) fn over(
        &self,
        forecaster: usize,
        number: impl Fn(&Forecast) -> Option<f64>,
    ) -> Option<Draws> {
        let draws = &self.by[forecaster].1;
        let mut silent = true;
        let one = |d: &Option<Forecast>| {
            let usable = d.as_ref().filter(|f| is_usable(f.status));
            let value = usable.and_then(&number);
            silent = silent && usable.is_some() && value.is_none();
            value.unwrap_or(f64::NAN)
        };
        let values: Vec<f64> = draws.iter().map(one).collect();
        let says = values.iter().any(|v| v.is_finite());
        (says && !values.is_empty()).then(|| Draws::new(values))
    }
}

/// Whether prices may be used as a forecast. That first-order conditions alone hold where some
/// consumers do not mind a price is no equilibrium.
fn is_usable(status: Status) -> bool {
    status.is_usable()
}

/// Every forecaster's draws of a market; `None` when the observer asked to stop.
pub(super) fn market(
    split: &Split<'_>,
    target: usize,
    fitted: &Fitted,
    who: &[Who],
    settings: Settings,
    observer: &dyn Observer,
) -> Option<Made> {
    let here = Here {
        split,
        target,
        settings,
    };
    let mut made = Made {
        by: who
            .iter()
            .map(|w| (*w, vec![None; settings.draws]))
            .collect(),
        drawn: DrawnEstimates::default(),
        changes: 0,
        elasticity: None,
    };
    let (Some(problem), Some(columns)) = (&fitted.problem, &fitted.columns) else {
        return Some(made);
    };
    let trained = Trained {
        problem,
        columns,
        at: &fitted.at,
        rows: split.names.len(),
    };
    for (w, draws) in &mut made.by {
        match w {
            Who::Proportional => *draws = here.rule(Rule::Proportional, *w, trained),
            Who::NoChange => *draws = here.rule(Rule::NoChange, *w, trained),
            Who::Elasticity => {
                let line = LogLinear::fit(problem);
                made.elasticity = Some(line.elasticity);
                *draws = here.line(&line, trained);
            }
            Who::Model | Who::ModelAtPrices => {}
        }
    }
    let pairs = 1..target;
    let linked = |t: &usize| split.chain.incumbents(*t).next().is_some();
    made.changes = pairs.filter(linked).count();
    let Some(fit) = fitted
        .fit
        .as_deref()
        .filter(|_| fitted.status().is_usable())
    else {
        return Some(made);
    };
    let estimates = parametric(problem, fit, settings.estimates, settings.seed);
    made.drawn = drawn(&estimates);
    let mut points = estimates.draws;
    if points.is_empty() {
        points.push(Draw {
            values: fit.values.clone(),
            linear: fit.linear.clone(),
            clipped: Vec::new(),
        });
    }
    let found = here.model(trained, &points, observer)?;
    made.drawn.failed = found.iter().filter(|f| f.is_none()).count();
    made.drawn.bounded = found.iter().flatten().next().map_or(0, |f| f.bounded);
    for (e, at_point) in found.into_iter().enumerate() {
        for (k, pair) in at_point.into_iter().flat_map(|a| a.draws).enumerate() {
            let d = e + k * points.len();
            for (w, draws) in &mut made.by {
                match w {
                    Who::Model => draws[d].clone_from(&pair.0),
                    Who::ModelAtPrices => draws[d] = Some(pair.1.clone()),
                    _ => {}
                }
            }
        }
    }
    Some(made)
}

/// What is drawn at one draw of the estimates.
struct AtPoint {
    /// In equilibrium, and at the prices that were set.
    draws: Vec<(Option<Forecast>, Forecast)>,
    bounded: usize,
}

#[derive(Clone, Copy)]
struct Here<'a> {
    split: &'a Split<'a>,
    target: usize,
    settings: Settings,
}

impl Here<'_> {
    /// Market of the problem.
    fn market(&self) -> usize {
        self.split.order[self.target]
    }

    /// A stream of its own for each market, forecaster and draw.
    fn stream(&self, who: Who, d: usize) -> Stream {
        let name = format!("backtest {} {}", self.split.id(self.target), who.name());
        Stream::new(self.settings.seed, &name, d as u64)
    }

    fn carried(
        &self,
        left: &[Left],
        who: Who,
        work: impl Fn(&[Left]) -> Forecast,
    ) -> Vec<Option<Forecast>> {
        let chain = &self.split.chain;
        let size = vec![0.0; left.len()];
        let carry = Carry::new(chain, self.target, left, &size);
        let draw = |d: usize| {
            let mut stream = self.stream(who, d);
            Some(work(&carry.draw(
                chain,
                self.target,
                (left, &size),
                &mut stream,
            )))
        };
        (0..self.settings.draws).map(draw).collect()
    }

    fn rule(&self, rule: Rule, who: Who, trained: Trained<'_>) -> Vec<Option<Forecast>> {
        let left = rule.left(trained.problem, trained.at, trained.rows);
        self.carried(&left, who, |left| rule.forecast(left))
    }

    fn line(&self, line: &LogLinear, trained: Trained<'_>) -> Vec<Option<Forecast>> {
        let left = line.left(trained.problem, trained.columns, trained.at, trained.rows);
        self.carried(&left, Who::Elasticity, |left| {
            line.forecast(&self.split.whole, &self.split.columns, self.market(), left)
        })
    }

    /// The model at each draw of the estimates, `None` where it cannot be evaluated; `None` for
    /// all when the observer asked to stop.
    fn model(
        &self,
        trained: Trained<'_>,
        points: &[Draw],
        observer: &dyn Observer,
    ) -> Option<Vec<Option<AtPoint>>> {
        let stopped = AtomicUsize::new(0);
        let one = |e: usize| {
            if observer.should_stop() {
                stopped.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            self.at_point(trained, points, e)
        };
        let found: Vec<Option<AtPoint>> = (0..points.len()).into_par_iter().map(one).collect();
        (stopped.into_inner() == 0).then_some(found)
    }

    fn at_point(&self, trained: Trained<'_>, points: &[Draw], e: usize) -> Option<AtPoint> {
        let (split, point) = (self.split, &points[e]);
        let tolerance = split.loaded.study.estimate.inversion_tolerance.max(1e-13);
        let found = trained.left(&point.values, &point.linear, tolerance)?;

        let (values, linear) = (&point.values, &point.linear);
        let outlook = Outlook::new(&split.whole, &split.columns, self.market(), values, linear);
        let size = outlook.sizes(&found.explained, &split.chain.rows[self.target]);
        let carry = Carry::new(&split.chain, self.target, &found.left, &size);
        let draw = |d: usize| {
            let mut stream = self.stream(Who::Model, d);
            let known = (&found.left[..], &size[..]);
            let left = carry.draw(&split.chain, self.target, known, &mut stream);
            let solved = found
                .over_cost
                .and_then(|by| outlook.in_equilibrium(&left, by));
            (solved, outlook.at_observed_prices(&left))
        };
        let draws = (e..self.settings.draws).step_by(points.len()).map(draw);
        Some(AtPoint {
            draws: draws.collect(),
            bounded: found.bounded,
        })
    }
}
