//! Tables that break over pages.

use super::flow::{Flow, MEASURE, Style, lines};
use crate::figure::{Face, Ink, width};
use crate::paper::parts::rows;
use crate::section::{Cell, Table};
use crate::visible::visible;

const CELL: Style = Style {
    face: Face::Plain,
    size: 8.0,
    ink: Ink::TEXT,
    above: 0.0,
    keep: 0.0,
};
const NOTE: Style = Style {
    size: 6.8,
    ink: Ink::QUIET,
    ..CELL
};
const HEAD: Style = Style {
    face: Face::Bold,
    ink: Ink::QUIET,
    size: 7.5,
    ..CELL
};
/// Room between columns and between rows.
const GAP: f64 = 7.0;
const PAD: f64 = 2.6;

/// A line of a cell, set in its style.
type Set = (String, Style);

pub(super) fn write(flow: &mut Flow, table: &Table) {
    flow.text(&table.caption, Style::CAPTION);
    let columns: Vec<(&str, bool)> = table.columns().collect();
    let room = MEASURE - GAP * (count(columns.len()) - 1.0).max(0.0);
    let widths: Vec<f64> = column_parts(table).iter().map(|p| p * room).collect();
    let numeric: Vec<bool> = columns.iter().map(|(_, n)| *n).collect();
    let head: Vec<Vec<Set>> = columns
        .iter()
        .zip(&widths)
        .map(|((name, _), w)| set(&visible(name), HEAD, *w))
        .collect();
    row(flow, &head, &widths, &numeric, true);
    for cells in rows(table) {
        let cells: Vec<Vec<Set>> = cells
            .iter()
            .zip(&widths)
            .map(|(c, w)| both(c, *w))
            .collect();
        if !flow.fits(height(&cells)) {
            flow.keep(f64::INFINITY);
            row(flow, &head, &widths, &numeric, true);
        }
        row(flow, &cells, &widths, &numeric, false);
    }
    flow.space(4.0);
}

/// What part of the width each column gets: all fit where they can, else the widest give way.
pub(in crate::paper) fn column_parts(table: &Table) -> Vec<f64> {
    let columns = table.head.len();
    let room = MEASURE - GAP * (count(columns) - 1.0).max(0.0);
    let wanted: Vec<f64> = (0..columns).map(|c| wanted(table, c)).collect();
    // The limit at which columns cut to it fill the width.
    let (mut low, mut high) = (0.0, room);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let filled: f64 = wanted.iter().map(|w| w.min(middle)).sum();
        if filled > room {
            high = middle;
        } else {
            low = middle;
        }
    }
    let cut: Vec<f64> = wanted.iter().map(|w| w.min(high)).collect();
    let all: f64 = cut.iter().sum();
    cut.iter().map(|w| w / all).collect()
}

/// Width that a column would like.
fn wanted(table: &Table, c: usize) -> f64 {
    let head = table.head.get(c).map_or("", String::as_str);
    let longest = head.split(' ').map(|w| width(w, HEAD.face, HEAD.size));
    let cells = rows(table).iter().filter_map(|row| row.get(c));
    let cell = |cell: &Cell| {
        let text = width(&visible(&cell.text), CELL.face, CELL.size);
        text.max(width(&visible(&cell.note), NOTE.face, NOTE.size))
    };
    let widest = cells.map(cell).fold(0.0, f64::max);
    widest.max(longest.fold(12.0, f64::max)) + 0.5
}

fn row(flow: &mut Flow, cells: &[Vec<Set>], widths: &[f64], numeric: &[bool], head: bool) {
    let top = flow.down(0.0);
    let mut x = 0.0;
    for ((cell, wide), numeric) in cells.iter().zip(widths).zip(numeric) {
        let mut y = top - PAD;
        for (text, style) in cell {
            y -= style.leading();
            let at = if *numeric {
                x + wide - width(text, style.face, style.size)
            } else {
                x
            };
            flow.line(text, at, y + style.size * 0.3, *style);
        }
        x += wide + GAP;
    }
    let y = flow.down(height(cells));
    let (wide, ink) = if head {
        (0.8, Ink::QUIET)
    } else {
        (0.4, Ink::GRID)
    };
    flow.stroke((0.0, y), (MEASURE, y), wide, ink);
}

fn height(cells: &[Vec<Set>]) -> f64 {
    let of = |cell: &Vec<Set>| cell.iter().map(|(_, s)| s.leading()).sum::<f64>();
    2.0f64.mul_add(PAD, cells.iter().map(of).fold(0.0, f64::max))
}

fn both(cell: &Cell, wide: f64) -> Vec<Set> {
    let mut out = set(&visible(&cell.text), CELL, wide);
    out.extend(set(&visible(&cell.note), NOTE, wide));
    out
}

fn set(text: &str, style: Style, wide: f64) -> Vec<Set> {
    let lines = lines(text, style, wide);
    lines.into_iter().map(|line| (line, style)).collect()
}

fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
