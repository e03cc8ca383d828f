//! Surfaces on a terminal: what they come to, and a small table of profits.

use std::fmt::Write as _;

use entrant_data::result::{SurfaceAxis, SurfaceOutcome};

use crate::format::{self, Unit};
use crate::section::{surface_value, surface_words};
use crate::story::Story;
use crate::terminal::{Lines, ascii, name, short};

/// Width of a column.
const CELL: usize = 9;
/// Width of the names of rows.
const NAME: usize = 14;
/// Most rows.
const ROWS: usize = 13;

/// Every surface.
pub(crate) fn surfaces(story: &Story<'_>, lines: &mut Lines) {
    for s in &story.results.surfaces {
        lines.gap();
        lines.wrapped(&plain(&surface_words(story, s)), 2);
        if let ([rows, columns], true) = (&s.axes[..], s.exhaustive) {
            matrix(story, s, rows, columns, lines);
        }
        lines.blank();
    }
}

fn plain(text: &str) -> String {
    ascii(text).replace('×', "x")
}

/// Profit at every few points, so that the table fits; the best point's row and column are in it.
fn matrix(
    story: &Story<'_>,
    s: &SurfaceOutcome,
    rows: &SurfaceAxis,
    columns: &SurfaceAxis,
    lines: &mut Lines,
) {
    let width = columns.values.len();
    let room = lines.width.saturating_sub(NAME) / CELL;
    let Some(best) = s.ranking.first().copied() else {
        return;
    };
    let across = thinned(width, room, best % width);
    let down = thinned(rows.values.len(), ROWS, best / width);
    let title = |axis: &SurfaceAxis| axis.title.clone();
    lines.wrapped(
        &format!(
            "Profit per period: {} down, {} across; * the best point.",
            title(rows),
            title(columns)
        ),
        0,
    );
    let heading =
        |axis: &SurfaceAxis, k: usize| plain(&surface_value(axis, axis.values[k], &story.money));
    let short_value = |axis: &SurfaceAxis, k: usize| heading(axis, k).replace(" x list", "x");
    let mut head = name("", NAME);
    for c in &across {
        let _ = write!(head, "{:>CELL$}", short_value(columns, *c));
    }
    lines.line(&head);
    for r in down {
        let mut line = name(&short_value(rows, r), NAME);
        for c in &across {
            let k = r * width + c;
            let star = if k == best { "*" } else { "" };
            let profit = short(&s.points[k].profit, Unit::Money(&story.money), false);
            let _ = write!(line, "{:>CELL$}", format!("{star}{profit}"));
        }
        lines.line(&line);
    }
    let all = s.points.len();
    lines.wrapped(
        &format!(
            "All {} points with their ranges: tables/surfaces.csv.",
            format::count(all)
        ),
        0,
    );
}

/// At most `room` of `count` positions, evenly spaced, `kept` among them.
fn thinned(count: usize, room: usize, kept: usize) -> Vec<usize> {
    let step = count.div_ceil(room.max(1)).max(1);
    (kept % step..count).step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::thinned;

    #[test]
    fn the_kept_position_is_among_few() {
        for (count, room, kept) in [(11, 7, 3), (3, 7, 0), (100, 6, 99), (1, 1, 0), (8, 4, 5)] {
            let found = thinned(count, room, kept);
            assert!(found.contains(&kept) && found.len() <= room, "{found:?}");
            assert!(found.iter().all(|k| *k < count));
        }
    }
}
