//! One number with its interval in each row, on a common axis.

use super::drawing::{Anchor, Drawing, Ink, Mark};
use super::metrics::{Face, clipped, width};
use crate::format::{self, Unit};
use crate::visible::visible;

/// Width of a chart.
const WIDTH: f64 = 483.0;
/// Height of a row and of the axis below the rows.
const ROW: f64 = 17.0;
const AXIS: f64 = 22.0;
/// Size of the type.
const SIZE: f64 = 8.5;
/// Room between the columns.
const GAP: f64 = 10.0;
/// Longest label, number in words and number of the axis.
const LABEL: f64 = 170.0;
const VALUE: f64 = 190.0;
const TICK: f64 = 64.0;

/// A row of a chart.
#[derive(Debug)]
pub(super) struct Row {
    /// What the number is of.
    pub label: String,
    /// Colour, a class of the style sheet.
    pub tone: &'static str,
    /// Low, middle, high; low and high may not be known.
    pub range: [f64; 3],
    /// A number to compare with, drawn as a ring.
    pub before: Option<f64>,
    /// The number in words, on the right.
    pub value: String,
}

/// Draws rows; `None` where there is nothing to draw.
pub(super) fn draw(rows: &[Row], unit: Unit<'_>, signed: bool) -> Option<Drawing> {
    let rows: Vec<&Row> = rows.iter().filter(|r| r.range[1].is_finite()).collect();
    if rows.is_empty() {
        return None;
    }
    let axis = Axis::over(&rows, signed)?;
    let label = longest(rows.iter().map(|r| &r.label)).min(LABEL);
    let value = longest(rows.iter().map(|r| &r.value)).min(VALUE);
    // Half a number of the axis stands beyond each of its ends.
    let left = (label + GAP).max(TICK / 2.0);
    let right = WIDTH - (value + GAP).max(TICK / 2.0);
    let height = ROW.mul_add(
        f64::from(u32::try_from(rows.len()).unwrap_or(u32::MAX)),
        AXIS,
    );
    let scale = Scale { axis, left, right };
    let mut marks = Vec::new();
    grid(&scale, height - AXIS, unit, signed, &mut marks);
    let mut middle = ROW / 2.0;
    for row in rows {
        draw_row(row, &scale, middle, &mut marks);
        middle += ROW;
    }
    Some(Drawing {
        width: WIDTH,
        height,
        marks,
    })
}

/// Where a number stands on the paper.
struct Scale {
    axis: Axis,
    left: f64,
    right: f64,
}

impl Scale {
    fn at(&self, x: f64) -> f64 {
        let part = (x - self.axis.low) / (self.axis.high - self.axis.low);
        (self.right - self.left).mul_add(part, self.left)
    }
}

/// An axis with round numbers.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
}

impl Axis {
    /// From what is drawn, with zero where numbers are changes.
    fn over(rows: &[&Row], signed: bool) -> Option<Axis> {
        let all = rows
            .iter()
            .flat_map(|r| r.range.into_iter().chain(r.before));
        let all = all.chain(signed.then_some(0.0)).filter(|x| x.is_finite());
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| {
            (a.min(x), b.max(x))
        });
        let spread = high - low;
        if !spread.is_finite() {
            return None;
        }
        let spread = if spread > 0.0 {
            spread
        } else {
            high.abs().max(1.0)
        };
        let step = round_step(spread / 4.0);
        let axis = Axis {
            low: (low / step).floor() * step,
            high: (high / step).ceil().max((low / step).floor() + 1.0) * step,
            step,
        };
        // Numbers so small or large that they have no round ones beside them have no axis.
        let drawn = axis.high - axis.low;
        (step.is_normal() && drawn.is_normal()).then_some(axis)
    }

    fn ticks(&self) -> Vec<f64> {
        let first = (self.low / self.step).round();
        let ticks = (0..12).map(|k| (first + f64::from(k)) * self.step);
        ticks
            .take_while(|t| *t <= self.high + 0.01 * self.step)
            .collect()
    }
}

/// The next of 1, 2, 2.5 and 5 times a power of ten.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let times = [1.0, 2.0, 2.5, 5.0];
    let fits = times.into_iter().find(|t| t * power >= least);
    fits.unwrap_or(10.0) * power
}

fn grid(scale: &Scale, bottom: f64, unit: Unit<'_>, signed: bool, marks: &mut Vec<Mark>) {
    let ticks = scale.axis.ticks();
    let names = format::series(&ticks, scale.axis.step, unit, signed);
    for (tick, name) in ticks.iter().zip(names) {
        let x = scale.at(*tick);
        let zero = signed && tick.abs() < 1e-9 * scale.axis.step;
        marks.push(Mark::Line {
            from: (x, 0.0),
            to: (x, bottom),
            width: if zero { 1.0 } else { 0.5 },
            ink: if zero { Ink::QUIET } else { Ink::GRID },
        });
        marks.push(Mark::Text {
            at: (x, bottom + 12.0),
            size: SIZE - 1.0,
            anchor: Anchor::Middle,
            ink: Ink::QUIET,
            text: clipped(&name, TICK, Face::Plain, SIZE - 1.0),
        });
    }
}

fn draw_row(row: &Row, scale: &Scale, y: f64, marks: &mut Vec<Mark>) {
    let ink = Ink::of(row.tone);
    let base = y + SIZE * 0.35;
    let text = |x, anchor, text: &str| Mark::Text {
        at: (x, base),
        size: SIZE,
        anchor,
        ink: Ink::TEXT,
        text: text.to_owned(),
    };
    let label = clipped(&visible(&row.label), scale.left - GAP, Face::Plain, SIZE);
    marks.push(text(scale.left - GAP, Anchor::End, &label));
    let value = clipped(&row.value, VALUE, Face::Plain, SIZE);
    marks.push(text(WIDTH, Anchor::End, &value));
    let [low, mid, high] = row.range;
    if low.is_finite() && high.is_finite() && high > low {
        marks.push(Mark::Line {
            from: (scale.at(low), y),
            to: (scale.at(high), y),
            width: 2.2,
            ink,
        });
    }
    if let Some(before) = row.before.filter(|b| b.is_finite()) {
        marks.push(Mark::Dot {
            at: (scale.at(before), y),
            radius: 3.4,
            ink,
            hollow: true,
        });
    }
    marks.push(Mark::Dot {
        at: (scale.at(mid), y),
        radius: 3.4,
        ink,
        hollow: false,
    });
}

fn longest<'a>(texts: impl Iterator<Item = &'a String>) -> f64 {
    texts.map(|t| wide(&visible(t))).fold(0.0, f64::max)
}

fn wide(text: &str) -> f64 {
    width(text, Face::Plain, SIZE)
}
