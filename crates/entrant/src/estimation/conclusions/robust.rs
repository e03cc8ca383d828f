//! Sets that hold however weak the instruments are.

use entrant_data::result::conclusions::{
    Conclusions, RobustSetReport, SetShape, Standing, ZeroSpreadReport,
};
use entrant_data::spec::RobustSets;
use entrant_estimate::blp::{Evaluation, Kind, MarketData, Problem};
use entrant_estimate::gmm::{EstimationSettings, Linear};
use entrant_estimate::inference::{
    AndersonRubin, ConfidenceSet, Coordinate, Edge, Reference, ScalarSet, Search, SetStatus,
    Target, price_set, zero_spread,
};
use entrant_estimate::post::mean_own_elasticity;

use super::{Wanted, hypotheses, standing};
use crate::estimation::report::Made;
use crate::estimation::words::known;
use crate::observer::{Observer, Stage};

/// Name of the mean elasticity among the sets.
const ELASTICITY: &str = "mean own-price elasticity";
/// Most consumer choices, times parameters squared, for which sets are made unasked: a few seconds.
const QUICK: usize = 150_000;

/// Sets of coefficients on price, and tests of spreads near zero. Whether to stop is asked between
/// them.
pub(super) fn fill(
    made: &Made<'_>,
    wanted: &Wanted<'_>,
    observer: &dyn Observer,
    out: &mut Conclusions,
) {
    let settings = crate::estimation::settings(&made.loaded.study.estimate);
    if wanted.spec.robust == RobustSets::Never || !may_have(made.problem) {
        return;
    }
    if let Some(set) = price_set(made.problem, &settings, made.workers) {
        linear(made, &settings, &set, out);
        return;
    }
    let weak = out.doubts.iter().any(|d| d.code == "weak-instruments");
    let asked = wanted.spec.robust == RobustSets::Always;
    let needed = weak && out.standing == Standing::Withheld;
    if !(asked || needed || work(made) <= QUICK) {
        return;
    }
    searched(made, wanted, &settings, observer, out);
    let spreads = standing::small_spreads(made);
    for (done, k) in spreads.iter().enumerate() {
        observer.progress(Stage::Examining, done, spreads.len());
        if observer.should_stop() {
            return;
        }
        spread(made, &settings, *k, out);
    }
}

/// These sets know of the moments of errors alone, and take what is solved for out as if nothing of it
/// were endogenous: costs that depend on quantities are.
fn may_have(problem: &Problem) -> bool {
    let supply = problem.supply.as_ref();
    problem.micro.is_none() && !supply.is_some_and(|s| s.side.x_with_share)
}

fn work(made: &Made<'_>) -> usize {
    let of = |m: &MarketData| m.products() * m.consumers().max(1);
    let choices: usize = made.problem.markets.iter().map(of).sum();
    let parameters = made.problem.parameters.free.len() + 1;
    choices.saturating_mul(parameters * parameters)
}

/// The exact set of a plain logit, in which elasticities are multiples of the coefficient.
fn linear(
    made: &Made<'_>,
    settings: &EstimationSettings,
    set: &ConfidenceSet,
    out: &mut Conclusions,
) {
    let ar = AndersonRubin::new(made.problem, settings, made.workers);
    let (Some(only), [alpha]) = (ar.coordinates().first(), &ar.point_of(made.fit)[..]) else {
        return;
    };
    let elasticity = mean(made, &made.fit.values, &made.fit.linear, &made.fit.at);
    out.robust_sets
        .push(exact(&ar, name_of(only), set, 1.0, *alpha));
    let by = elasticity / alpha;
    if by.is_finite() {
        out.robust_sets
            .push(exact(&ar, ELASTICITY.into(), set, by, *alpha));
    }
}

fn exact(
    ar: &AndersonRubin<'_>,
    name: String,
    set: &ConfidenceSet,
    by: f64,
    alpha: f64,
) -> RobustSetReport {
    let end = |v: f64| known(v * by);
    let order = |i: &[f64; 2]| {
        if by < 0.0 {
            [end(i[1]), end(i[0])]
        } else {
            [end(i[0]), end(i[1])]
        }
    };
    let (shape, mut intervals) = match set {
        ConfidenceSet::Empty => (SetShape::Empty, Vec::new()),
        ConfidenceSet::Everything => (SetShape::Unbounded, vec![[None, None]]),
        ConfidenceSet::Intervals(all) => {
            let infinite = all.iter().flatten().any(|v| v.is_infinite());
            let shape = match (infinite, all.len()) {
                (true, _) => SetShape::Unbounded,
                (_, 1) => SetShape::Interval,
                _ => SetShape::Union,
            };
            (shape, all.iter().map(order).collect::<Vec<_>>())
        }
    };
    if by < 0.0 {
        intervals.reverse();
    }
    RobustSetReport {
        name,
        shape,
        intervals,
        estimate: known(alpha * by),
        least: ar.statistic(&[alpha]).and_then(known),
        threshold: threshold(ar.degrees()),
        degrees: ar.degrees(),
        evaluations: 0,
    }
}

fn threshold(degrees: usize) -> Option<f64> {
    let level = 1.0 - entrant_estimate::inference::LEVEL;
    known(entrant_numeric::distribution::chi_square_quantile(
        level,
        degrees as f64,
    ))
}

fn mean(made: &Made<'_>, values: &[f64], linear: &Linear, at: &Evaluation) -> f64 {
    mean_own_elasticity(made.problem, values, linear, at)
}

/// Sets that are searched for, one number at a time.
fn searched(
    made: &Made<'_>,
    wanted: &Wanted<'_>,
    settings: &EstimationSettings,
    observer: &dyn Observer,
    out: &mut Conclusions,
) {
    let ar = AndersonRubin::new(made.problem, settings, made.workers);
    if ar.degrees() == 0 {
        return;
    }
    let start = ar.point_of(made.fit);
    let all = on_price(made.problem, ar.coordinates());
    let total = all.len() + usize::from(wanted.spec.robust_elasticity);
    for (done, c) in all.into_iter().enumerate() {
        observer.progress(Stage::Examining, done, total);
        if observer.should_stop() {
            return;
        }
        let coordinate = &ar.coordinates()[c];
        let search = Search {
            step: (0.1 * start[c].abs()).max(0.01),
            ..Search::default()
        };
        let set = ar.scalar_set(Target::Coordinate(c), &start, Reference::Projection, search);
        out.robust_sets.push(report(name_of(coordinate), &set));
    }
    if wanted.spec.robust_elasticity && !observer.should_stop() {
        let h = |values: &[f64], linear: &Linear, at: &Evaluation| mean(made, values, linear, at);
        let now = mean(made, &made.fit.values, &made.fit.linear, &made.fit.at);
        let search = Search {
            step: (0.1 * now.abs()).max(0.01),
            ..Search::default()
        };
        let set = ar.scalar_set(Target::Function(&h), &start, Reference::Projection, search);
        out.robust_sets.push(report(ELASTICITY.into(), &set));
    }
}

/// Coefficients on price in mean utility; without any, effects of demographics on tastes for it.
fn on_price(problem: &Problem, all: &[Coordinate]) -> Vec<usize> {
    let linear: Vec<usize> = (0..all.len())
        .filter(|c| all[*c].column.is_some())
        .collect();
    if !linear.is_empty() {
        return linear;
    }
    let moves = |row: usize| {
        let of = |m: &MarketData| m.x2_price(row).iter().any(|v| *v != 0.0);
        problem.markets.iter().any(of)
    };
    let free = &problem.parameters.free;
    let is = |c: &usize| {
        let kind = all[*c].free.map(|k| free[k].kind);
        matches!(kind, Some(Kind::Pi { row, .. }) if moves(row))
    };
    (0..all.len()).filter(is).collect()
}

/// The name in the table of parameters.
fn name_of(coordinate: &Coordinate) -> String {
    match coordinate.free {
        Some(_) => coordinate.name.clone(),
        None => format!("beta[{}]", coordinate.name),
    }
}

fn report(name: String, set: &ScalarSet) -> RobustSetReport {
    let end = |e: &Edge| match e {
        Edge::At(v) | Edge::Bound(v) => known(*v),
        Edge::Unbounded { .. } => None,
    };
    let both = vec![[end(&set.lower), end(&set.upper)]];
    let (shape, intervals) = match set.status {
        SetStatus::Bounded => (SetShape::Interval, both),
        SetStatus::Gaps => (SetShape::Union, both),
        SetStatus::Unbounded => (SetShape::Unbounded, both),
        SetStatus::Empty => (SetShape::Empty, Vec::new()),
        SetStatus::Failed => (SetShape::Failed, Vec::new()),
    };
    RobustSetReport {
        name,
        shape,
        intervals,
        estimate: known(set.estimate),
        least: known(set.least),
        threshold: known(set.threshold),
        degrees: set.degrees,
        evaluations: set.evaluations,
    }
}

fn spread(made: &Made<'_>, settings: &EstimationSettings, k: usize, out: &mut Conclusions) {
    let name = &made.problem.parameters.free[k].name;
    let Some(found) = zero_spread(made.problem, made.fit, settings, made.workers, k) else {
        return;
    };
    out.tests.push(hypotheses::report(
        format!("{name} = 0"),
        "score",
        &found.score,
    ));
    let upper = match found.upper {
        Edge::At(v) | Edge::Bound(v) => known(v),
        Edge::Unbounded { .. } => None,
    };
    out.zero_spreads.push(ZeroSpreadReport {
        name: name.clone(),
        variance: known(found.variance),
        error: known(found.error),
        upper,
    });
}
