//! A chart as a file of its own.

use std::fmt::Write as _;

use super::Figure;
use super::drawing::{Anchor, Ink, Mark};
use super::metrics::{Face, clipped};

/// Height of the title above the chart.
const TITLE: f64 = 24.0;

/// The chart with its title, dark on white, with a text for who cannot see it.
pub(super) fn write(figure: &Figure) -> String {
    let (w, h) = (figure.drawing.width, figure.drawing.height + TITLE);
    let title = escaped(&figure.title);
    let note = escaped(&figure.note);
    let heading = escaped(&clipped(&figure.title, w, Face::Bold, 11.0));
    let ink = Ink::TEXT.hex();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" \
         font-family=\"Helvetica, Arial, sans-serif\">\n<title>{title}</title>\n<desc>{note}</desc>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n\
         <text x=\"0\" y=\"13\" font-size=\"11\" font-weight=\"bold\" fill=\"{ink}\">{heading}</text>\n\
         <g transform=\"translate(0 {TITLE})\">\n"
    );
    for mark in &figure.drawing.marks {
        out.push_str(&drawn(mark));
        out.push('\n');
    }
    let _ = write!(out, "</g>\n</svg>\n");
    out
}

fn drawn(mark: &Mark) -> String {
    match mark {
        Mark::Line {
            from,
            to,
            width,
            ink,
        } => format!(
            "<line x1=\"{:.2}\" y1=\"{:.2}\" x2=\"{:.2}\" y2=\"{:.2}\" stroke=\"{}\" stroke-width=\"{width}\"/>",
            from.0,
            from.1,
            to.0,
            to.1,
            ink.hex()
        ),
        Mark::Dot {
            at,
            radius,
            ink,
            hollow,
        } => {
            let ink = ink.hex();
            let fill = if *hollow { "#ffffff" } else { &ink };
            format!(
                "<circle cx=\"{:.2}\" cy=\"{:.2}\" r=\"{radius}\" fill=\"{fill}\" stroke=\"{ink}\" stroke-width=\"1.4\"/>",
                at.0, at.1
            )
        }
        Mark::Text {
            at,
            size,
            anchor,
            ink,
            text,
        } => {
            let anchor = match anchor {
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            format!(
                "<text x=\"{:.2}\" y=\"{:.2}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
                at.0,
                at.1,
                ink.hex(),
                escaped(text)
            )
        }
    }
}

/// Text that is no markup; hidden characters are spelled out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in crate::visible::visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if u32::from(c) & 0xfffe == 0xfffe => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
