//! Tables of surfaces, in long form.

use entrant_data::result::{Results, SurfaceOutcome, SurfacePoint};

use crate::csv::{Csv, Sheet};
use crate::tables::ESTIMATE;

/// Every point of every surface: one row for each quantity, with the value of up to six axes.
pub(crate) fn points(results: &Results) -> Sheet {
    let most = results.surfaces.iter().map(|s| s.axes.len()).max();
    let axes: Vec<String> = (1..=most.unwrap_or(0)).map(|k| format!("at_{k}")).collect();
    let mut head = vec!["surface", "firm", "point", "rank"];
    head.extend(axes.iter().map(String::as_str));
    head.extend(["central_profit", "best_in_draws", "quantity"]);
    head.extend(ESTIMATE);
    let mut csv = Csv::new(&head);
    for s in &results.surfaces {
        for (k, p) in s.points.iter().enumerate() {
            let rank = s.ranking.iter().position(|r| *r == k).map(|r| r + 1);
            one(&mut csv, s, "grid", rank, p, axes.len());
        }
        for (name, p) in [("between", &s.refined), ("simultaneous", &s.simultaneous)] {
            if let Some(p) = p {
                one(&mut csv, s, name, None, p, axes.len());
            }
        }
    }
    csv.sheet()
}

fn one(
    csv: &mut Csv,
    s: &SurfaceOutcome,
    point: &str,
    rank: Option<usize>,
    p: &SurfacePoint,
    axes: usize,
) {
    let all = [
        ("profit", &p.profit),
        ("units", &p.units),
        ("rivals_prices", &p.answer),
    ];
    for (quantity, e) in all {
        csv.texts(&[&s.id, &s.firm, point]);
        csv.text(&rank.map_or_else(String::new, |r| r.to_string()));
        for a in 0..axes {
            csv.number(p.at.get(a).copied().unwrap_or(f64::NAN));
        }
        csv.number(p.central_profit);
        csv.number(p.best).text(quantity).estimate(e).end();
    }
}

/// What axes are about.
pub(crate) fn axes(results: &Results) -> Sheet {
    let mut csv = Csv::new(&["surface", "axis", "title", "product", "relative"]);
    for s in &results.surfaces {
        for (k, axis) in s.axes.iter().enumerate() {
            for product in &axis.products {
                csv.text(&s.id)
                    .count(k + 1)
                    .texts(&[&axis.title, product])
                    .flag(axis.relative)
                    .end();
            }
        }
    }
    csv.sheet()
}
