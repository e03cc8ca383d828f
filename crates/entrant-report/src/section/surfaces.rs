//! What a firm earns by prices that it commits to, over a grid of them.

use entrant_data::result::{SurfaceAxis, SurfaceOutcome, SurfacePoint};

use super::{Block, Cell, Chart, Folded, Section, Table};
use crate::format::{self, Unit};
use crate::story::Story;

/// Columns of a table of profits that a page can hold.
const COLUMNS: usize = 16;

/// The surfaces; nothing where the study has none.
pub fn section(story: &Story<'_>) -> Option<Section> {
    let surfaces = &story.results.surfaces;
    if surfaces.is_empty() {
        return None;
    }
    let tables = surfaces.iter().flat_map(|s| tables(story, s)).collect();
    let mut blocks = vec![Block::Chart(Chart {
        name: "surface",
        title: "Profit per period by the prices that are committed to".into(),
        note: "Each cell is a market in which rivals have answered those prices. The ring marks the best point of the grid, the cross the best between its points.".into(),
        tables,
    })];
    blocks.extend(surfaces.iter().map(|s| Block::Table(best(story, s))));
    Some(Section {
        id: "surfaces",
        title: "Prices to commit to",
        short: "Own prices",
        lead: surfaces.iter().map(|s| answer(story, s)).collect(),
        blocks,
    })
}

/// A value of an axis in words: a price, or a multiple.
pub fn value(axis: &SurfaceAxis, x: f64, money: &str) -> String {
    if axis.relative {
        format!("{} × list", (x * 1000.0).round() / 1000.0)
    } else {
        format::number(x, Unit::Price(money), false)
    }
}

/// What a surface comes to, in sentences.
pub fn answer(story: &Story<'_>, s: &SurfaceOutcome) -> String {
    let Some(best) = s.ranking.first().map(|k| &s.points[*k]) else {
        return format!(
            "{}: at none of these prices is there an equilibrium of rivals' prices.",
            s.title
        );
    };
    let peak = s.refined.as_ref().unwrap_or(best);
    let money = Unit::Money(&story.money);
    let first = format!(
        "{}: {} earns most per period, {}, at {}; rivals' prices then stand {} against today.",
        s.title,
        s.firm,
        format::estimate(&peak.profit, money, false),
        at_words(story, s, &peak.at),
        format::estimate(&peak.answer, Unit::Share, true),
    );
    let together = s.simultaneous.as_ref().map_or_else(String::new, |together| {
        let gain = peak.central_profit - together.central_profit;
        let bundled = gain < 0.0 && s.axes.iter().any(|a| a.products.len() > 1);
        format!(
            " At the central values that is {} {} than with the same prices set at the same time as rivals' ({}){}.",
            format::number(gain.abs(), money, false),
            if gain < 0.0 { "less" } else { "more" },
            at_words(story, s, &together.at),
            if bundled {
                ", each product by itself where an axis moves several together"
            } else {
                ""
            }
        )
    });
    let parts = [
        first,
        together,
        spread(story, s, best),
        edge(s, peak),
        doubts(s),
    ];
    parts.concat()
}

/// Which point is best in draws.
fn spread(story: &Story<'_>, s: &SurfaceOutcome, best: &SurfacePoint) -> String {
    if !best.best.is_finite() {
        return String::new();
    }
    let ranges = s.axes.iter().zip(&s.best).map(|(axis, e)| {
        let [low, high] = [e.low, e.high].map(|x| value(axis, x, &story.money));
        if low == high {
            format!("{} at {low}", axis.title)
        } else {
            format!("{} from {low} to {high}", axis.title)
        }
    });
    format!(
        " Of the grid, {} is best in {} of {} draws; the best point has {}.",
        at_words(story, s, &best.at),
        format::number(best.best, Unit::Chance, false),
        format::count(s.draws),
        ranges.collect::<Vec<_>>().join(" and "),
    )
}

/// Says so where profit may still rise beyond the grid.
fn edge(s: &SurfaceOutcome, peak: &SurfacePoint) -> String {
    let at_end = |(axis, x): (&SurfaceAxis, &f64)| {
        let ends = [axis.values.first(), axis.values.last()];
        let is_end = ends.into_iter().flatten().any(|v| v.total_cmp(x).is_eq());
        (axis.values.len() > 1 && is_end).then(|| axis.title.clone())
    };
    let all: Vec<String> = s.axes.iter().zip(&peak.at).filter_map(at_end).collect();
    if all.is_empty() {
        String::new()
    } else {
        format!(
            " That is the edge of the grid for {}: profit may rise beyond it.",
            all.join(" and ")
        )
    }
}

fn doubts(s: &SurfaceOutcome) -> String {
    let solved = format::count(s.points.len());
    let all = s.axes.iter().map(|a| a.values.len()).product();
    let said = [
        (
            s.undecided > 0,
            format!(
                " {} of {solved} points have no equilibrium of rivals' prices.",
                format::count(s.undecided)
            ),
        ),
        (
            !s.exhaustive,
            format!(
                " A local search looked at {solved} of {} points; a better one may be elsewhere.",
                format::count(all)
            ),
        ),
    ];
    let said = said.into_iter().filter(|(holds, _)| *holds);
    said.map(|(_, words)| words).collect()
}

fn at_words(story: &Story<'_>, s: &SurfaceOutcome, at: &[f64]) -> String {
    let each = s.axes.iter().zip(at);
    let each = each.map(|(axis, x)| format!("{} {}", axis.title, value(axis, *x, &story.money)));
    each.collect::<Vec<_>>().join(", ")
}

/// The best points, the one between them, and prices set together with rivals'.
fn best(story: &Story<'_>, s: &SurfaceOutcome) -> Table {
    let mut head: Vec<&str> = s.axes.iter().map(|a| a.title.as_str()).collect();
    head.extend([
        "Profit per period",
        "Units",
        "Rivals' prices",
        "Best in draws",
        "",
    ]);
    let ranked = s.ranking.iter().map(|k| (&s.points[*k], ""));
    let between = s.refined.iter().map(|p| (p, "between points of the grid"));
    let together = s.simultaneous.iter();
    let together = together.map(|p| (p, "set with rivals', anew in each draw"));
    let rows = between.chain(ranked).chain(together);
    let rows = rows.map(|(p, remark)| row(story, s, p, remark));
    Table::new(format!("{}: the best points", s.title), &head).with(rows)
}

fn row(story: &Story<'_>, s: &SurfaceOutcome, p: &SurfacePoint, remark: &str) -> Vec<Cell> {
    let at = s.axes.iter().zip(&p.at);
    let mut cells: Vec<Cell> = at
        .map(|(axis, x)| Cell::number(value(axis, *x, &story.money)))
        .collect();
    let often = if p.best.is_finite() {
        format::number(p.best, Unit::Chance, false)
    } else {
        format::NONE.to_owned()
    };
    cells.extend([
        Cell::estimate(&p.profit, Unit::Money(&story.money), false),
        Cell::estimate(&p.units, Unit::Count, false),
        Cell::estimate(&p.answer, Unit::Share, true),
        Cell::number(often),
        Cell::text(if remark.is_empty() {
            format::status_words(p.status)
        } else {
            remark
        }),
    ]);
    cells
}

/// The tables behind the chart: profit over the grid, and how each rival answers.
fn tables(story: &Story<'_>, s: &SurfaceOutcome) -> Vec<Folded> {
    let mut out = Vec::new();
    if let [rows, columns] = &s.axes[..]
        && columns.values.len() <= COLUMNS
        && s.exhaustive
    {
        let table = matrix(story, s, rows, columns);
        out.push(Folded::plain(
            format!("Profit in numbers: {}", s.title),
            table,
        ));
    } else if s.exhaustive && s.axes.len() == 1 {
        let mut head = vec![s.axes[0].title.as_str()];
        head.extend([
            "Profit per period",
            "Units",
            "Rivals' prices",
            "Best in draws",
            "",
        ]);
        let rows = s.points.iter().map(|p| row(story, s, p, ""));
        let table = Table::new(format!("{}: all points", s.title), &head).with(rows);
        out.push(Folded::plain(
            format!("Profit in numbers: {}", s.title),
            table,
        ));
    }
    if !s.rivals.is_empty() {
        let table = answers(story, s);
        let summary = format!("How each rival answers: {}", s.title);
        out.push(Folded::plain(summary, table));
    }
    out
}

fn matrix(
    story: &Story<'_>,
    s: &SurfaceOutcome,
    rows: &SurfaceAxis,
    columns: &SurfaceAxis,
) -> Table {
    let names: Vec<String> = std::iter::once(format!("{} \\ {}", rows.title, columns.title))
        .chain(
            columns
                .values
                .iter()
                .map(|x| value(columns, *x, &story.money)),
        )
        .collect();
    let head: Vec<&str> = names.iter().map(String::as_str).collect();
    let best = s.ranking.first();
    let width = columns.values.len();
    let line = |(r, x): (usize, &f64)| {
        let mut cells = vec![Cell::text(value(rows, *x, &story.money))];
        for c in 0..width {
            let k = r * width + c;
            let cell = Cell::estimate(&s.points[k].profit, Unit::Money(&story.money), false);
            cells.push(if best == Some(&k) {
                cell.classed("n best")
            } else {
                cell
            });
        }
        cells
    };
    Table::new(format!("{}: profit per period", s.title), &head)
        .with(rows.values.iter().enumerate().map(line))
}

/// Prices of each rival at the best point of the grid and inside it, at the central values.
fn answers(story: &Story<'_>, s: &SurfaceOutcome) -> Table {
    let best = s.ranking.first().map(|k| &s.points[*k]);
    let shown = [
        ("best of the grid", best),
        ("best between", s.refined.as_ref()),
        ("set together", s.simultaneous.as_ref()),
    ];
    let shown: Vec<_> = shown
        .into_iter()
        .filter_map(|(name, p)| Some((name, p?)))
        .collect();
    let mut head = vec!["Rival"];
    head.extend(shown.iter().map(|(name, _)| *name));
    let row = |(i, firm): (usize, &String)| {
        let mut cells = vec![Cell::firm(story, firm)];
        cells.extend(shown.iter().map(|(_, p)| {
            let x = p.answers.get(i).copied().unwrap_or(f64::NAN);
            Cell::number(format::number(x, Unit::Share, true))
        }));
        cells
    };
    let caption = format!("{}: change of each rival's prices against today", s.title);
    Table::new(caption, &head).with(s.rivals.iter().enumerate().map(row))
}
