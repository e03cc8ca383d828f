//! From what was solved to the outcome of a surface.

use entrant_data::Status;
use entrant_data::result::{Estimate, SurfaceAxis, SurfaceOutcome, SurfacePoint};
use entrant_data::spec::{AxisSpec, Study};
use entrant_scenario::surface::Grid;

use super::Found;
use super::field::Priced;
use crate::economy::Economies;

/// Points that are named as the best ones.
const RANKED: usize = 10;

/// What was found in one draw.
#[derive(Debug, Clone)]
pub(super) struct OneDraw {
    /// The drawn points.
    pub(super) priced: Vec<Option<Priced>>,
    /// The point inside the box that is best at the central values.
    pub(super) refined: Option<Priced>,
    /// Prices set at the same time as rivals'.
    pub(super) simultaneous: Option<Priced>,
}

impl OneDraw {
    /// A draw in which nothing could be solved.
    pub(super) fn nothing(points: usize) -> Self {
        OneDraw {
            priced: vec![None; points],
            refined: None,
            simultaneous: None,
        }
    }

    /// Which of the drawn points is best in it.
    fn best(&self) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (k, priced) in self.priced.iter().enumerate() {
            if let Some(p) = priced
                && best.is_none_or(|(_, value)| p.profit > value)
            {
                best = Some((k, p.profit));
            }
        }
        best.map(|(k, _)| k)
    }
}

/// Everything that was found about a surface.
pub(super) struct Made<'a> {
    /// How numbers are made of draws.
    pub(super) economies: &'a Economies<'a>,
    /// The grid.
    pub(super) grid: &'a Grid,
    /// What was found at the central values.
    pub(super) found: &'a Found,
    /// Points that were solved in every draw, the best first.
    pub(super) points: &'a [usize],
    /// The draws.
    pub(super) draws: &'a [OneDraw],
    /// Firms that answer.
    pub(super) rivals: &'a [String],
}

/// The outcome of surface `s` of a study.
pub(super) fn outcome(made: &Made<'_>, study: &Study, s: usize) -> SurfaceOutcome {
    let spec = &study.surface[s];
    let scenario = study
        .scenario
        .iter()
        .find(|x| spec.scenario.as_ref() == Some(&x.id));
    let bests: Vec<usize> = made.draws.iter().filter_map(OneDraw::best).collect();
    let shown: Vec<usize> = made.found.solved.keys().copied().collect();
    let position = |k: &usize| shown.iter().position(|p| p == k);
    SurfaceOutcome {
        id: spec.id.clone(),
        title: spec.title.clone(),
        note: spec.note.clone(),
        scenario: scenario.map_or_else(String::new, |x| x.title.clone()),
        firm: spec.firm.clone(),
        draws: made.draws.len(),
        axes: spec.axis.iter().map(axis).collect(),
        exhaustive: made.found.exhaustive,
        undecided: made.found.solved.values().filter(|p| p.is_none()).count(),
        rivals: made.rivals.to_vec(),
        points: shown.iter().map(|k| made.of_grid(*k, &bests)).collect(),
        ranking: made
            .points
            .iter()
            .take(RANKED)
            .filter_map(position)
            .collect(),
        refined: made.alone(made.found.refined.as_ref(), |d| d.refined.as_ref()),
        simultaneous: made.alone(made.found.simultaneous.as_ref(), |d| {
            d.simultaneous.as_ref()
        }),
        best: (0..spec.axis.len())
            .map(|a| made.best_value(a, &bests))
            .collect(),
    }
}

fn axis(spec: &AxisSpec) -> SurfaceAxis {
    SurfaceAxis {
        title: spec.name(),
        products: spec.products.clone(),
        relative: spec.relative,
        values: spec.grid(),
    }
}

impl Made<'_> {
    /// A point of the grid; `bests` are the drawn points that are best, one for each draw.
    fn of_grid(&self, k: usize, bests: &[usize]) -> SurfacePoint {
        let central = self.found.solved[&k].as_ref();
        let at = self.points.iter().position(|p| *p == k);
        let won = bests.iter().filter(|b| Some(**b) == at).count();
        let draws = self.draws.iter().filter(|_| at.is_some());
        let drawn = draws.map(|d| at.and_then(|at| d.priced[at].as_ref()));
        SurfacePoint {
            at: self.grid.at(k),
            best: if bests.is_empty() {
                f64::NAN
            } else {
                won as f64 / bests.len() as f64
            },
            ..self.point(central, &drawn.collect::<Vec<_>>())
        }
    }

    /// A point that is none of the grid's.
    fn alone<'d>(
        &'d self,
        central: Option<&Priced>,
        of: impl Fn(&'d OneDraw) -> Option<&'d Priced>,
    ) -> Option<SurfacePoint> {
        let found = central?;
        let drawn: Vec<Option<&Priced>> = self.draws.iter().map(of).collect();
        Some(self.point(Some(found), &drawn))
    }

    fn point(&self, central: Option<&Priced>, drawn: &[Option<&Priced>]) -> SurfacePoint {
        let status = central.map_or(Status::NotConverged, |c| c.status);
        let number = |of: &dyn Fn(&Priced) -> f64| -> Estimate {
            let draws = drawn.iter().map(|p| p.map_or(f64::NAN, of)).collect();
            let centre = central.map_or(f64::NAN, of);
            self.economies.estimate(draws, centre, status)
        };
        SurfacePoint {
            at: central.map_or_else(Vec::new, |c| c.at.clone()),
            status,
            profit: number(&|p| p.profit),
            central_profit: central.map_or(f64::NAN, |p| p.profit),
            units: number(&|p| p.units),
            answer: number(&|p| p.answer),
            answers: central.map_or_else(Vec::new, |c| c.answers.clone()),
            best: f64::NAN,
        }
    }

    /// Value of an axis at the best point, over draws.
    fn best_value(&self, a: usize, bests: &[usize]) -> Estimate {
        let value = |k: usize| self.grid.at(k)[a];
        let central = self.points.first().map_or(f64::NAN, |k| value(*k));
        let draws = bests.iter().map(|b| value(self.points[*b])).collect();
        self.economies.estimate(draws, central, Status::Exact)
    }
}
