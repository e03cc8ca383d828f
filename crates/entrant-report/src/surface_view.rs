//! What the chart of surfaces draws.

use entrant_data::result::{SurfaceAxis, SurfaceOutcome};
use serde::Serialize;

use crate::story::Story;
use crate::view::{Range, five_digits, range};

/// Cells that a chart can show.
const CELLS: usize = 2_500;

/// A surface with one axis or two.
#[derive(Debug, Serialize)]
pub(crate) struct SurfaceView<'a> {
    title: &'a str,
    firm: Option<usize>,
    axes: Vec<AxisView<'a>>,
    /// Profit at each point, the last axis running fastest.
    profit: Vec<Range>,
    best: Option<usize>,
    refined: Option<Vec<f64>>,
    together: Option<Vec<f64>>,
}

#[derive(Debug, Serialize)]
struct AxisView<'a> {
    title: &'a str,
    relative: bool,
    values: Vec<f64>,
}

/// Surfaces that can be drawn.
pub(crate) fn surfaces<'a>(story: &Story<'a>) -> Vec<SurfaceView<'a>> {
    let drawn = |s: &&SurfaceOutcome| s.exhaustive && s.points.len() <= CELLS;
    let all = story.results.surfaces.iter().filter(drawn);
    all.map(|s| view(story, s)).collect()
}

fn view<'a>(story: &Story<'a>, s: &'a SurfaceOutcome) -> SurfaceView<'a> {
    let axis = |a: &'a SurfaceAxis| AxisView {
        title: &a.title,
        relative: a.relative,
        values: a.values.iter().copied().map(five_digits).collect(),
    };
    let at = |v: &Vec<f64>| v.iter().copied().map(five_digits).collect();
    SurfaceView {
        title: &s.title,
        firm: story.firm(&s.firm),
        axes: s.axes.iter().map(axis).collect(),
        profit: s.points.iter().map(|p| range(&p.profit)).collect(),
        best: s.ranking.first().copied(),
        refined: s.refined.as_ref().map(|p| at(&p.at)),
        together: s.simultaneous.as_ref().map(|p| at(&p.at)),
    }
}
