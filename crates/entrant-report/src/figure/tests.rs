use super::drawing::{Anchor, Drawing, Ink, Mark};
use super::metrics::{Face, clipped, width, windows};
use super::plot::{Row, draw};
use crate::format::Unit;

/// Widths that `stringWidth` of reportlab gives at a size of 10.
#[test]
fn text_is_as_wide_as_other_programs_say() {
    let known = [
        ("Xiaomi: share of units sold", 117.27, 127.81),
        ("Škoda – €5, “new”", 81.15, 87.26),
        ("WAVE fi 0.05%", 68.36, 70.02),
    ];
    for (text, plain, bold) in known {
        assert!(
            (width(text, Face::Plain, 10.0) - plain).abs() < 1e-9,
            "{text}"
        );
        assert!(
            (width(text, Face::Bold, 10.0) - bold).abs() < 1e-9,
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_said_is_a_question_mark_and_known() {
    assert_eq!(windows("Mi−x €5"), (b"Mi\x96x \x805".to_vec(), true));
    assert_eq!(windows("小米"), (b"??".to_vec(), false));
    assert_eq!(clipped("Samsung", 20.0, Face::Plain, 10.0), "S…");
}

#[test]
fn colours_are_those_of_the_page() {
    let css = include_str!("../../assets/page.css");
    let daylight = css.split("prefers-color-scheme").next().unwrap_or_default();
    for tone in [
        "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "fx",
    ] {
        let said = format!("--{tone}: {};", Ink::of(tone).hex());
        assert!(daylight.contains(&said), "{said}");
    }
    for (name, ink) in [
        ("ink", Ink::TEXT),
        ("soft", Ink::QUIET),
        ("line", Ink::GRID),
    ] {
        let said = format!("--{name}: {};", ink.hex());
        assert!(daylight.contains(&said), "{said}");
    }
}

fn row(label: &str, low: f64, mid: f64, high: f64) -> Row {
    Row {
        label: label.into(),
        tone: "f1",
        range: [low, mid, high],
        before: None,
        value: format!("{mid}"),
    }
}

/// Everything lies on the paper.
fn inside(drawing: &Drawing) {
    let (w, h) = (drawing.width, drawing.height);
    let on =
        |(x, y): (f64, f64)| (-0.01..=w + 0.01).contains(&x) && (-0.01..=h + 0.01).contains(&y);
    for mark in &drawing.marks {
        let fits = match mark {
            Mark::Line { from, to, .. } => on(*from) && on(*to),
            Mark::Dot { at, .. } => on(*at),
            Mark::Text {
                at,
                size,
                anchor,
                text,
                ..
            } => {
                let wide = width(text, Face::Plain, *size);
                let start = match anchor {
                    Anchor::Middle => at.0 - wide / 2.0,
                    Anchor::End => at.0 - wide,
                };
                on((start, at.1)) && start + wide <= w + 0.01
            }
        };
        assert!(fits, "{mark:?}");
    }
}

#[test]
fn a_chart_stays_on_its_paper_at_any_size_of_numbers() {
    let long = "a name of a product that no column of labels could ever hold in full";
    for size in [1e-9, 3e-3, 1.0, 7e4, 9.99e11] {
        let rows = [
            row("small", -2.0 * size, -size, 0.3 * size),
            row(long, size, 2.4 * size, 7.1 * size),
            row("unknown", f64::NAN, f64::NAN, f64::NAN),
            row("no interval", f64::NAN, size, f64::NAN),
        ];
        for unit in [Unit::Count, Unit::Money("$"), Unit::Share, Unit::Price("€")] {
            let drawing = draw(&rows, unit, true).expect("there are numbers");
            let dots = drawing
                .marks
                .iter()
                .filter(|m| matches!(m, Mark::Dot { .. }));
            assert_eq!(dots.count(), 3);
            inside(&drawing);
        }
    }
}

/// Dots stand where the axis says: two ticks give the scale, independent of how it was made.
#[test]
fn dots_stand_where_the_axis_says() {
    let rows = [row("a", 0.0, 10.0, 40.0), row("b", 5.0, 25.0, 30.0)];
    let drawing = draw(&rows, Unit::Count, false).expect("there are numbers");
    let tick = |name: &str| {
        let found = drawing.marks.iter().find_map(|m| match m {
            Mark::Text {
                at,
                text,
                anchor: Anchor::Middle,
                ..
            } if text == name => Some(at.0),
            _ => None,
        });
        found.expect("the axis has this number")
    };
    let (zero, forty) = (tick("0"), tick("40"));
    let dots: Vec<f64> = drawing
        .marks
        .iter()
        .filter_map(|m| match m {
            Mark::Dot { at, .. } => Some((at.0 - zero) / (forty - zero) * 40.0),
            _ => None,
        })
        .collect();
    assert!(
        (dots[0] - 10.0).abs() < 1e-9 && (dots[1] - 25.0).abs() < 1e-9,
        "{dots:?}"
    );
}

/// Numbers at the ends of what a number can be: a chart on its paper, or none.
#[test]
fn extreme_numbers_are_drawn_or_left_out() {
    let ends = [5e-324, 1e-310, f64::MIN_POSITIVE, 1e15, 1e300, f64::MAX];
    for a in ends {
        for b in ends {
            let rows = [
                row("a", -a, a, a),
                row("b", b, b, b),
                row("c", a, b, f64::INFINITY),
            ];
            for signed in [false, true] {
                if let Some(drawing) = draw(&rows, Unit::Count, signed) {
                    inside(&drawing);
                }
            }
        }
    }
}

#[test]
fn nothing_to_draw_is_no_chart() {
    assert!(draw(&[], Unit::Count, true).is_none());
    let unknown = [row("x", f64::NAN, f64::NAN, f64::NAN)];
    assert!(draw(&unknown, Unit::Count, false).is_none());
    let same = [row("x", 5.0, 5.0, 5.0)];
    assert!(draw(&same, Unit::Count, false).is_some());
}
