//! Prices that a firm commits to before rivals answer: its profit over a grid of them, at the
//! central values and in draws, and the best between the points of the grid.

mod field;
mod summary;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use entrant_data::InputError;
use entrant_data::result::SurfaceOutcome;
use entrant_scenario::surface::{Grid, climb, refine};
use rayon::prelude::*;

use self::field::{Field, Priced};
use self::summary::{Made, OneDraw};
use crate::economy::{Economies, Economy, over_draws};
use crate::error::RunError;
use crate::observer::{Observer, Stage};

/// Draws where a surface does not say how many.
const DRAWS: usize = 50;
/// Axes with which all points of the grid are solved.
const WHOLE: usize = 2;
/// Points that are solved again in every draw, the best at the central values.
const DRAWN: usize = 2_500;

/// Every surface of the study.
///
/// # Errors
/// A scenario that contradicts itself, and an interruption.
pub(crate) fn surfaces(
    economies: &Economies<'_>,
    observer: &dyn Observer,
) -> Result<Vec<SurfaceOutcome>, RunError> {
    let count = economies.central.resolved.study.surface.len();
    (0..count)
        .map(|s| surface(economies, s, observer))
        .collect()
}

/// What was found at the central values.
struct Found {
    /// What was solved, by point; `None` where there is no usable equilibrium.
    solved: BTreeMap<usize, Option<Priced>>,
    /// Whether every point was.
    exhaustive: bool,
    /// The best inside the box.
    refined: Option<Priced>,
    /// Prices set at the same time as rivals'.
    simultaneous: Option<Priced>,
}

fn surface(
    economies: &Economies<'_>,
    s: usize,
    observer: &dyn Observer,
) -> Result<SurfaceOutcome, RunError> {
    let spec = &economies.central.resolved.study.surface[s];
    let axes = spec.axis.iter().map(entrant_data::spec::AxisSpec::grid);
    let Some(grid) = Grid::new(axes.collect()) else {
        let mistake = InputError::at(format!("surface[{s}].axis"), "an axis has no value");
        return Err(mistake.into());
    };
    let field = Field::new(economies.central, s)?;
    let found = at_the_centre(&field, &grid, observer);
    let count = spec.draws.unwrap_or(DRAWS).min(economies.draws);
    if observer.should_stop() {
        return Err(RunError::Interrupted {
            done: 0,
            total: count,
        });
    }
    let points = found.best_first(DRAWN);
    let draws = over_draws(count, observer, |d| {
        let economy = (economies.again)(d);
        one_draw(economy.as_ref(), s, &grid, &found, &points)
    })?;
    let made = Made {
        economies,
        grid: &grid,
        found: &found,
        points: &points,
        draws: &draws,
        rivals: field.rivals(),
    };
    Ok(summary::outcome(
        &made,
        &economies.central.resolved.study,
        s,
    ))
}

/// The grid at the central values, all of it or what a climb looks at; then the best inside.
fn at_the_centre(field: &Field<'_>, grid: &Grid, observer: &dyn Observer) -> Found {
    let first = field.simultaneous(None);
    let done = AtomicUsize::new(0);
    let solve = |point: &usize| {
        if observer.should_stop() {
            return None;
        }
        let found = field.price(&grid.at(*point), first.as_ref());
        let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
        observer.progress(Stage::Choosing, finished, grid.points());
        found
    };
    let mut solved: BTreeMap<usize, Option<Priced>> = BTreeMap::new();
    let mut worth = |points: &[usize]| -> Vec<Option<f64>> {
        let found: Vec<Option<Priced>> = points.par_iter().map(solve).collect();
        let profit = found.iter().map(|p| p.as_ref().map(|p| p.profit)).collect();
        solved.extend(points.iter().copied().zip(found));
        profit
    };
    let exhaustive = field.axes() <= WHOLE;
    if exhaustive {
        let all: Vec<usize> = (0..grid.points()).collect();
        worth(&all);
    } else {
        climb(grid, &mut worth);
    }
    let mut found = Found {
        solved,
        exhaustive,
        refined: None,
        simultaneous: first,
    };
    if let Some(best) = found.best_first(1).first().copied() {
        found.refined = inside(field, grid, best, found.solved[&best].as_ref());
    }
    found
}

/// The best near the best point of the grid, inside its box.
fn inside(field: &Field<'_>, grid: &Grid, best: usize, near: Option<&Priced>) -> Option<Priced> {
    let mut worth = |at: &[f64]| field.price(at, near).map(|p| p.profit);
    let (at, value) = refine(grid, best, &mut worth);
    value.and_then(|_| field.price(&at, near))
}

impl Found {
    /// Points that have a profit, the highest first; of equals the first.
    fn best_first(&self, most: usize) -> Vec<usize> {
        let profit = |k: &usize| self.solved[k].as_ref().map(|p| p.profit);
        let mut all: Vec<usize> = self.solved.keys().copied().collect();
        all.retain(|k| profit(k).is_some_and(f64::is_finite));
        let value = |k: &usize| profit(k).unwrap_or(f64::NEG_INFINITY);
        all.sort_by(|a, b| value(b).total_cmp(&value(a)).then(a.cmp(b)));
        all.truncate(most);
        all
    }
}

/// The points at one draw.
fn one_draw(
    economy: Option<&Economy>,
    s: usize,
    grid: &Grid,
    found: &Found,
    points: &[usize],
) -> OneDraw {
    let field = economy.and_then(|e| Field::new(e, s).ok());
    let Some(field) = field else {
        return OneDraw::nothing(points.len());
    };
    let near = |k: &usize| found.solved[k].as_ref();
    let again = |p: &Option<Priced>| {
        let p = p.as_ref()?;
        field.price(&p.at, Some(p))
    };
    OneDraw {
        priced: points
            .iter()
            .map(|k| field.price(&grid.at(*k), near(k)))
            .collect(),
        refined: again(&found.refined),
        simultaneous: field.simultaneous(found.simultaneous.as_ref()),
    }
}
